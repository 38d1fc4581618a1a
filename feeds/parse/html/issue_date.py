"""When a page was issued: by its metadata, or by the visible date that can mean it.

Knows which dates of a page say when it was published, and the labels they stand with. Must never
know dates of the text itself: those are of events.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from feeds.draft import DateStyle
from feeds.model import Issued, IssuedFrom
from feeds.parse import dates
from feeds.parse.html.printed import (
    LONGEST_DAY_CHARS,
    LONGEST_DAY_LABEL_CHARS,
    are_of_appointment,
    in_line,
    in_sentence,
    label_at_end,
)
from feeds.parse.html.tree import (
    Node,
    Tree,
    ancestors,
    attribute,
    find,
    names,
    one_line,
    said,
)

_OFFSET = re.compile(r"([T ]\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*([+-]\d\d):?(\d\d)$")
_FRACTION = re.compile(r"\.\d+(?=Z$)")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# What may hold a date by itself.
_SURE = _HEADINGS.union("time small cite dd td footer".split())
_DATE_CLASS = re.compile(
    r"date|publish|posted|byline|submitted|meta|info|time|datum|fecha|\Adata|data\Z|dato|tarih"
)
_CHANGE_CLASS = re.compile("modif|updat|chang")
# What its page calls an element that holds another kind of date.
_OTHER_DATES = re.compile(
    r"(?<!pr)event(?!ual|h)|agenda|when|start(?!-?up|er)|end-?date|deadline|upcoming|related|"
    r"(?<!icon-)(?<!fa-)(?:calendar|clock(?!wise))|recommend|teaser|modified|updated?(?!d?-?by)|"
    r"changed|comment(?!ary|ator)|sidebar|archive|latest|copyright|today|weather|current-?date"
)
_PUBLISHED = re.compile(r"(?<!re)publi(?:sh|c[aeé])|entry-date")
# What parts of other words look like one for a date: "mandate", "metal", "sentiment".
_OTHER_WORDS = re.compile(
    r"(?:candi|man|vali|consoli|liqui|accommo|out)dat(?:e|o)|soldat|predator|datenschutz|database|"
    r"metal|metab|metaph|metamo|metave|cometa|reinfo|infogra|multimedia|sentiment|maritime|"
    r"centime|lifetime|victime|investime|(?:com|sign|ri)posted|fechad"
)
_WORDS = re.compile(
    r"date|publish|posted|byline|submitted|meta|info|time|datum|fecha|data|dato|tarih"
)
_DATED = frozenset({"time", "abbr", "small", "cite", "dd", "td"})
# No word that only begins so, "metal-prices", or ends so.
_OWN = re.compile(r"meta(?:data|info|box|text|line|bar|s)?(?![a-z])|(?<![a-z])posted")
# A date and a few words, with what indents them.
_LONGEST_RAW_CHARS = 600
# Templates say in a sentence when an article was posted, and much besides.
_LONGEST_SENTENCE_CHARS = 1_000
_DIGIT = re.compile(r"\d")
_VALUES = ("content", "datetime", "title", "data-datetime", "data-date")
_MOST_PLACES = 400
# No more of a text is remembered; nobody writes a date in so many.
_LONGEST_DATE_CHARS = 250
_ABOVE = 8
_NEAR = 4
_NEAR_FOOT = 6
_LEVELS_OF_A_LINE = 3
_DEEPEST = 200


def stated(
    texts: Iterable[str], style: DateStyle, origin: IssuedFrom, latest: date | None = None
) -> Issued | None:
    """The first day some texts name that news can be of, not behind the ``latest``; an instant
    only where it is named with its offset.
    """
    for text in texts:
        issued = _of(text[:_LONGEST_DATE_CHARS], style, origin) if text else None
        if issued is not None and dates.is_sane(issued.day, latest):
            return issued
    return None


def is_in_utc(issued: Issued) -> bool:
    """Whether an instant may have been written in UTC: its day is the one there."""
    return issued.at is not None and issued.day == issued.at.date()


def as_printed(issued: Issued, shown: Issued | None, in_address: Issued | None = None) -> Issued:
    """The day a page prints, or else its address, where it states the instant in UTC and is in
    another zone; of a mere day, the other one that both of them say.
    """
    told = shown or in_address
    if told is None or abs(told.day - issued.day) != timedelta(days=1):
        return issued
    is_agreed = shown is not None and in_address is not None and shown.day == in_address.day
    if not (is_in_utc(issued) if issued.at else is_agreed):
        return issued
    return Issued(day=told.day, at=issued.at, origin=issued.origin)


class DatePlaces(NamedTuple):
    """The elements of a page that may hold its date, its headings among them, and those that it
    calls a change's.
    """

    dated: list[Node]
    changed: list[Node]


def places(tree: Tree) -> DatePlaces:
    """Where dates may stand on a page, in its order."""
    found = DatePlaces([], [])
    # The same names come again and again: to look for words in each takes longer.
    for node in tree.root.traverse() if tree.root is not None else ():
        tag, told = node.tag, node.attributes
        if not told:
            if tag in _SURE:
                found.dated.append(node)
            continue
        of = told.get
        kind = _kind_of(tag, of("class"), of("id"), of("itemprop"), of("property"))
        if kind[0] or (tag == "abbr" and "title" in told):
            found.dated.append(node)
        if kind[1]:
            found.changed.append(node)
    return found


@lru_cache(maxsize=1_024)
def _kind_of(
    tag: str, classes: str | None, name: str | None, item: str | None, said_of: str | None
) -> tuple[bool, bool]:
    """Whether an element may hold a date, and whether its page calls it a change's."""
    called, told = (classes or "").lower(), (said_of or "").lower()
    properties = (item or "").split()
    may_be_dated = (
        tag in _SURE
        or _DATE_CLASS.search(called) is not None
        or "datePublished" in properties
        or "date" in (name or "").lower()
        or told.startswith("dc:")
        or "datepublished" in told
    )
    return may_be_dated, "dateModified" in properties or bool(_CHANGE_CLASS.search(called))


def of_changes(nodes: Sequence[Node], style: DateStyle) -> frozenset[date]:
    """The days in elements that their page calls those of a change."""
    others = [node for node in nodes[:_MOST_PLACES] if _is_called_other(node)]
    texts = (text for node in others for text in (attribute(node, "datetime"), said(node)))
    days = (dates.only_day(text, style) for text in texts if 0 < len(text) <= LONGEST_DAY_CHARS)
    return frozenset(day for day in days if day is not None)


def shown(
    nodes: Sequence[Node],
    title: str,
    style: DateStyle,
    others: frozenset[date],
    *,
    near: Issued | None,
    month: date | None,
) -> Issued | None:
    """The day that stands with the title, or at the article's foot with its label; None where
    there is none or more than one. Where its address tells a day, that one or the next, or one
    with a label; where it tells a ``month``, a day printed without a year is of that.
    """
    found = list(_candidates(nodes[:_MOST_PLACES], title, style, others, month))
    if near is not None:
        if any(issued.day == near.day for issued, *_ in found):
            return _exact(found, near.day)
        found = [
            each
            for each in found
            if each[1] == "marked" or each[2] or abs(each[0].day - near.day) <= timedelta(days=1)
        ]
    ranks = (("marked", False), ("below", True), ("below", False), ("above", False), ("foot", True))
    for place, must_be_labelled in ranks:
        days = [
            issued
            for issued, stands, is_labelled in found
            if stands == place and (is_labelled or not must_be_labelled)
        ]
        if len({issued.day for issued in days}) == 1:
            return _exact(found, days[0].day)
    return None


def _exact(found: Sequence[tuple[Issued, str, bool]], day: date) -> Issued:
    """What says a day, with its instant if possible."""
    same = [issued for issued, *_ in found if issued.day == day]
    return next((issued for issued in same if issued.at), same[0])


@lru_cache(maxsize=1_024)
def _of(text: str, style: DateStyle, origin: IssuedFrom) -> Issued | None:
    text = text.strip()
    at = None
    if ":" in text:
        text = _FRACTION.sub("", _OFFSET.sub(r"\1\2:\3", text))
        at = dates.instant(text)
    day = dates.only_day(text, style=style)
    return Issued(day=day, at=at, origin=origin) if day else None


def _candidates(
    nodes: Sequence[Node],
    title: str,
    style: DateStyle,
    others: frozenset[date],
    month: date | None,
) -> Iterator[tuple[Issued, str, bool]]:
    """Dates that may be of issue, where each stands, and whether a label says so."""
    heading = _heading_of(nodes, title)
    holders = _ids(heading, _DEEPEST) if heading is not None else frozenset()
    around = _ids(heading, _NEAR) if heading is not None else frozenset()
    is_behind = is_own = False
    for node in nodes:
        if node.tag in _HEADINGS:
            is_title = heading is not None and node.mem_id == heading.mem_id
            # Some sites print the day as a heading below the title's.
            is_own = is_title or (is_own and find(node, "time") is not None)
            is_behind = is_behind or is_title
            called = names(node)
            if "date" not in called or "date" not in _OTHER_WORDS.sub("", called):
                continue
        issued, is_labelled = _read(node, holders, style, others, month)
        if issued is not None:
            side = "above" if not is_behind else "below" if is_own else "foot"
            yield issued, _place(node, side, around, holders), is_labelled


def _place(node: Node, side: str, around: frozenset[int], holders: frozenset[int]) -> str:
    """Where a date stands on its side of the title's heading."""
    within = [each for each, _ in zip(ancestors(node), range(_NEAR_FOOT), strict=False)]
    if side != "foot" and all(each.tag != "footer" for each in (node, *within)):
        if _is_marked(node):
            return "marked"
        if not around or not around.isdisjoint(_ids(node, _NEAR + 1)):
            return side
    own = {each.mem_id for each in within}
    return "elsewhere" if side == "above" or own.isdisjoint(holders) else "foot"


def _heading_of(nodes: Sequence[Node], title: str) -> Node | None:
    """The heading that says the title, or else the first of the first level."""
    headings = [(node, said(node)) for node in nodes if node.tag in _HEADINGS]
    named = [node for node, text in headings if text == title]
    # A rubric or a day may stand in it, too.
    named += [node for node, text in headings if title and title in text]
    return next(iter((*named, *(node for node, _ in headings if node.tag == "h1"))), None)


def _ids(node: Node, most: int) -> frozenset[int]:
    return frozenset(each.mem_id for each, _ in zip(ancestors(node), range(most), strict=False))


def _read(
    node: Node,
    holders: frozenset[int],
    style: DateStyle,
    others: frozenset[date],
    month: date | None,
) -> tuple[Issued | None, bool]:
    """The day of issue an element says, in its text or attributes, and whether a label does."""
    raw, told = node.text(separator=" "), node.attributes
    values = [one_line(told[name]) for name in _VALUES if name in told]
    # Of most elements that may hold a date, neither the text nor an attribute has a digit.
    is_long = len(raw) > _LONGEST_RAW_CHARS
    if (is_long and not _tells_of(node)) or not _DIGIT.search(" ".join((*values, raw))):
        return None, False
    text = one_line(raw[:_LONGEST_SENTENCE_CHARS])
    if len(text) > LONGEST_DAY_CHARS:
        is_own = _tells_of(node) and not _is_of_other(node, holders)
        return (in_sentence(text, style), True) if is_own else (None, False)
    # Its label stands before what is printed, which may be in another order or lack a year.
    as_it_stands = text
    text = dates.of_leaf(text) or (dates.in_year(text, month, style) if month else "") or text
    found = dates.mentions(text, style)
    exact = stated(values, style, IssuedFrom.PAGE)
    if (not found and exact is None) or is_misnamed(node) or _is_of_other(node, holders):
        return None, False
    before = _before(node, as_it_stands, style)
    label = label_at_end(f"{before} {text[: found[0].start if found else None]}")
    if label != "published" and _is_of_appointment(node):
        return None, False
    if _is_marked(node):
        # Changed on the day it was published.
        others = frozenset()
    line = f"{before} {text}" if before else text
    printed, is_labelled = in_line(line, style, len(line) - len(text), others)
    if exact is not None and len(found) <= 1:
        printed = None if label == "other" else as_printed(exact, printed)
        is_labelled = bool(label)
    # A cell of a table that is no frame of the page says what it is.
    is_cell = any(each.tag == "table" and each.mem_id not in holders for each in ancestors(node))
    return (None, False) if is_cell and not is_labelled else (printed, is_labelled)


def is_misnamed(node: Node) -> bool:
    """Whether an element has a name like one of a date's in a part of another word alone."""
    if not _is_misnaming(names(node)) or node.tag in _DATED:
        return False
    return node.attributes.keys().isdisjoint(("itemprop", "property", "datetime"))


@lru_cache(maxsize=1_024)
def _is_misnaming(called: str) -> bool:
    told = _OTHER_WORDS.sub("", called)
    return told != called and not _WORDS.search(told)


def _is_of_appointment(node: Node) -> bool:
    for outer, _ in zip(ancestors(node), range(_LEVELS_OF_A_LINE), strict=False):
        raw = outer.text(separator="\n", strip=True)
        if len(raw) > _LONGEST_RAW_CHARS:
            break
        if are_of_appointment(raw.split("\n")):
            return True
    return False


def _tells_of(node: Node) -> bool:
    """Whether what an element says is of the article, however long it is."""
    return bool(_OWN.search(names(node)))


def _before(node: Node, text: str, style: DateStyle) -> str:
    """What stands before an element on its line, behind other dates, or in the element before."""
    line, inner = text, node
    for outer, _ in zip(ancestors(node), range(_LEVELS_OF_A_LINE), strict=False):
        whole = _spaced(outer)
        if len(whole) > LONGEST_DAY_CHARS:
            break
        line, inner = whole, outer
    before = line[: max(line.find(text), 0)]
    if not before:
        earlier = inner.prev
        while earlier is not None and not said(earlier):
            earlier = earlier.prev
        label = _spaced(earlier) if earlier is not None else ""
        before = label if len(label) <= LONGEST_DAY_LABEL_CHARS else ""
    ends = [mention.end for mention in dates.mentions(before, style)]
    return before[max(ends, default=0) :]


def _spaced(node: Node) -> str:
    """The text of an element on one line, with a blank where another element begins."""
    return one_line(node.text(separator=" "))


def _is_of_other(node: Node, holders: frozenset[int]) -> bool:
    """Whether an element belongs to something that stands beside the article."""
    is_foot = False
    for each in (node, *(each for each, _ in zip(ancestors(node), range(_ABOVE), strict=False))):
        if each.mem_id in holders:
            # The foot of an article is its own.
            return is_foot and each.tag != "article"
        is_foot = is_foot or each.tag == "footer"
        if each.tag in {"aside", "nav"} or _is_called_other(each):
            return True
        if each.tag == "li" and find(each, "a[href]") and len(said(each)) > 2 * len(said(node)):
            return True
        # Within a sentence.
        if each.tag == "p" and len(each.text()) > LONGEST_DAY_CHARS and not _tells_of(each):
            return True
    return is_foot


def _is_called_other(node: Node) -> bool:
    told = node.attributes
    # Most elements around one have no name.
    if not told:
        return False
    called = names(node)
    if "itemprop" in told or "property" in told:
        marks = f"{told.get('itemprop') or ''} {told.get('property') or ''}"
        called = f"{called} {marks.casefold()}"
    return _is_other(called) and not _is_marked(node)


@lru_cache(maxsize=1_024)
def _is_other(called: str) -> bool:
    return bool(_OTHER_DATES.search(called)) and not _PUBLISHED.search(called)


def _is_marked(node: Node) -> bool:
    told = node.attributes
    marks = f"{told.get('itemprop') or ''} {told.get('property') or ''}"
    return "pubdate" in told or "datepublished" in marks.casefold()
