"""When a page was issued: by its metadata, or by the one visible date that can mean it.

Knows which dates of a page say when it was published. Must never know dates of the text itself:
those are of events.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from feeds.draft import DateOrder
from feeds.model import Issued, IssuedFrom
from feeds.parse import dates
from feeds.parse.html.tree import (
    Node,
    Tree,
    ancestors,
    attribute,
    find,
    find_all,
    names,
    said,
)
from feeds.parse.words import any_of

_OFFSET = re.compile(r"(T\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*([+-]\d\d):?(\d\d)$")
_FRACTION = re.compile(r"\.\d+(?=Z$)")
_PLACES = (
    'time, [class*="date" i], [class*="publish" i], [class*="posted" i], [class*="byline" i], '
    '[itemprop~="datePublished"]'
)
# What its page calls an element that holds another kind of date.
_OTHER_DATES = re.compile(
    r"event|agenda|when|start|end-?date|deadline|upcoming|calendar|related|recommend|teaser|"
    r"modified|updated?(?!d?-?by)|changed|comment|sidebar|footer|archive|latest|copyright|validate|candidate|mandate"
)
# A date, and a word or two around it; a sentence holds dates of events.
_LONGEST_CHARS = 120
_MOST_PLACES = 200
# No more of a text is remembered; nobody writes a date in so many.
_LONGEST_DATE_CHARS = 250
_ABOVE = 8


@cache
def _other() -> re.Pattern[str]:
    return re.compile(rf"{any_of('other_date', str)}\b", re.IGNORECASE)


def stated(texts: Iterable[str], order: DateOrder | None, origin: IssuedFrom) -> Issued | None:
    """The first of some texts that names a day; an instant only where it names its offset."""
    for text in texts:
        if text and (issued := _of(text[:_LONGEST_DATE_CHARS], order, origin)):
            return issued
    return None


def shown(tree: Tree, order: DateOrder | None) -> Issued | None:
    """The day in the head of the article; None where there is none or more than one."""
    heading = find(tree, "h1") or _titled(tree)
    found = [(node, issued) for node, issued in _candidates(tree, order)]
    for near in (_is_marked, lambda node: heading is not None and _stands_by(node, heading)):
        days = {issued.day: issued for node, issued in reversed(found) if near(node)}
        if len(days) == 1:
            [issued] = days.values()
            exact = [each for _, each in found if each.day == issued.day and each.at]
            return exact[0] if exact else issued
    return None


def _titled(tree: Tree) -> Node | None:
    """The heading that the window's title names, on a page without a first-level one."""
    window = said(find(tree, "title"))
    headings = find_all(tree, "h2, h3")[:_MOST_PLACES]
    return next((node for node in headings if (text := said(node)) and text in window), None)


@lru_cache(maxsize=1_024)
def _of(text: str, order: DateOrder | None, origin: IssuedFrom) -> Issued | None:
    text = text.strip()
    at = None
    if ":" in text:
        text = _FRACTION.sub("", _OFFSET.sub(r"\1\2:\3", text))
        at = dates.instant(text)
    day = dates.only_day(text, order=order)
    return Issued(day=day, at=at, origin=origin) if day else None


def _candidates(tree: Tree, order: DateOrder | None) -> Iterator[tuple[Node, Issued]]:
    for node in find_all(tree, _PLACES)[:_MOST_PLACES]:
        text = said(node)
        if len(text) > _LONGEST_CHARS or _other().match(text) or _is_of_other(node):
            continue
        texts = (attribute(node, "content"), attribute(node, "datetime"), text)
        if issued := stated(texts, order, IssuedFrom.PAGE):
            yield node, issued


def _is_of_other(node: Node) -> bool:
    above = [node, *(each for each, _ in zip(ancestors(node), range(_ABOVE), strict=False))]
    for each in above:
        if each.tag in {"body", "html", "main"}:
            return False
        if each.tag in {"aside", "footer", "nav", "table"} or _OTHER_DATES.search(names(each)):
            return True
        if each.tag == "li" and (find(each, "a[href]") or _other().match(said(each))):
            return True
        # Within a sentence.
        if each.tag == "p" and len(each.text()) > _LONGEST_CHARS:
            return True
    return False


def _is_marked(node: Node) -> bool:
    return "pubdate" in node.attributes or "datepublished" in attribute(node, "itemprop").casefold()


def _stands_by(node: Node, heading: Node) -> bool:
    """Whether a date stands with the title: in the same part, before or after it."""
    around = [each.mem_id for each, _ in zip(ancestors(heading), range(4), strict=False)]
    mine = [each.mem_id for each, _ in zip(ancestors(node), range(5), strict=False)]
    return not set(around).isdisjoint(mine)
