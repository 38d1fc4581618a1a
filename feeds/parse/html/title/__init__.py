"""The title of an item's page: what its window, metadata, lead and headings agree on.

Knows how sites add their names to titles, and what stands for a site or one of its sections. Must
never know the text below a title.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from config.values import is_web_address
from feeds.draft import Document, Habits
from feeds.parse.html.listing import listed_entry
from feeds.parse.html.metadata import Metadata
from feeds.parse.html.title import headline
from feeds.parse.html.tree import (
    Node,
    Tree,
    absolute,
    ancestors,
    attribute,
    find,
    find_all,
    names,
    said,
)
from feeds.parse.sanitise import Block
from feeds.taxonomy.naming import fold

# Names of the site stand in these, and what leads elsewhere.
_ASIDE = frozenset({"nav", "aside", "footer"})
_ARTICLE = frozenset({"article", "main"})
_SITE = re.compile(r"logo|brand|mast-?head|site-?(?:name|title)")
# What is printed like a heading where a site uses no element for it.
_LIKE_HEADINGS = '[class*="title" i], [class*="head" i], td, b, strong'
_MOST_HEADINGS = 200
_LONGEST_CHARS = 400
_ABOVE = 6
_HOME = (
    'a[href="/"], a[href="./"], a[rel~="home"], a[href$="index.php"], a[href*="index.htm"], '
    'a[href*="index.asp"], a[href*="default.asp" i]'
)
# The name of a site's front page.
_FRONT = re.compile(
    r"(?:^|/)(?:index|default)\.(?:php[345]?|x?html?|aspx?|jsp|shtml)$", re.IGNORECASE
)
_ENDING = re.compile(r"\s*(?:[|\uff5c»·•]|::|(?<=\s)[-–—/](?=\s))\s*(?P<site>[^|\uff5c]{1,60})$")
_CUT = re.compile(r"\s*(?:…|\.\.\.?)$")
_SHORTEST_CUT_CHARS = 12
# Names of sites and sections have no more, most titles do. Bytes of UTF-8, as a Chinese character
# says as much as three letters.
_MOST_WORDS_OF_A_NAME = 4
_LONGEST_NAME_BYTES = 60
_ALIKE = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u00b4\u0060\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"')
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def title_of(
    tree: Tree, known: Metadata, base: str | None, document: Document, habits: Habits
) -> str:
    """The title without the name of its site, "" where there is none.

    What a feed says comes first, in the words of the page's heading where they agree; then what
    two places of the page agree on, one statement in its metadata, its layout.
    """
    if chosen := said(find(tree, habits.page_title)):
        return chosen
    lead, here = document.lead, _Here(base=base, urls=(document.url or base or "", known.url))
    nodes = _headings(tree)
    of_site = {node.mem_id for at, node in enumerate(nodes) if _is_of_site(node, here, at)}
    sites = {_even(said(node)) for node in nodes if node.mem_id in of_site}
    links = [link for link in find_all(tree, _HOME)[:_MOST_HEADINGS] if _leads_home(link, here)]
    sites |= {_even(name) for name in (*known.sites, *map(said, links)) if name}
    own = [(node.tag, said(node)) for node in nodes if _even(said(node)) not in sites]
    printed, shown = [text for _, text in own], [text for tag, text in own if tag == "h1"]
    stated = [text for text in (*known.titles, said(find(tree, "title"))) if text]
    # A feed that names nothing but an address has not named its item.
    is_promised = lead is not None and lead.title and not is_web_address(lead.title)
    promised = [lead.title] if lead is not None and is_promised else []
    voices = [*promised, *stated]
    agreed = _most_said(printed, voices)
    if not agreed and all(map(_is_name, shown)):
        agreed = _most_said(_less_headings(tree, sites), voices)
    agreed = agreed or next(_said_twice(voices, sites), "")
    for title in promised:
        # "Loading..." twice is no better name for what a listing told in a headline, nor the site's
        # name for one that the page says, too.
        is_listed = lead is not None and lead.form == listed_entry.FORM
        is_said = not _is_name(title) or any(_says(voice, title) for voice in stated)
        is_listed = is_listed and (not _is_name(agreed) or not is_said)
        if not (agreed and (is_listed or _says(title, agreed) or _says(agreed, title))):
            return title
    if agreed:
        return _without_namespace(agreed, here)
    text = _of_one_place(stated, shown, sites)
    is_sure = len(shown) == 1 if text in shown else not _is_name(text)
    return text if is_sure else _by_the_text(tree, text, sites, here, habits) or text


def _by_the_text(
    tree: Tree, named: str, sites: AbstractSet[str], here: "_Here", habits: Habits
) -> str:
    """The line above the text that is most like a title, none that every page of the site has."""
    if tree.body is None:
        return ""
    window = _even(said(find(tree, "title")))
    return headline.over_the_text(
        tree.body,
        habits.date_style,
        is_own=here.is_named_by,
        is_name=_is_name,
        is_of_site=lambda line: (
            _even(line) in sites or _even(line) == _even(named) or _begins_with(line, window)
        ),
    )


def _begins_with(line: str, window: str) -> bool:
    """Whether a line is what the window is called, or more of a name of two words or more."""
    is_more = " " in window and _is_name(window) and _even(line).startswith(f"{window} ")
    return is_more or _even(line) == window


def is_in(line: str, named: str) -> bool:
    """Whether a line is a title, with the namespace of a wiki in front or without."""
    said, text = fold(line), fold(named)
    return said == text or (bool(text) and said.endswith(f":{text}"))


def lines_of(block: Block) -> list[str]:
    """The lines of a block, as old pages break menu, title and text; those of a heading as one."""
    return [block.line] if block.tag in _HEADINGS else block.text.split("\n")


def _is_name(text: str) -> bool:
    """Whether a text is as short as the names of sites and sections are."""
    return len(text.split()) <= _MOST_WORDS_OF_A_NAME and _bytes(text) <= _LONGEST_NAME_BYTES


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


# -- What stands on the page -----------------------------------------------------------------------


def _headings(tree: Tree) -> list[Node]:
    """The headings of a page, without those of a menu, a side or the foot."""
    nodes = find_all(tree, "h1, h2, h3, h4")[:_MOST_HEADINGS]
    return [node for node in nodes if _around(node) is not None and said(node)]


def _around(node: Node) -> list[Node] | None:
    """The elements around a heading; None for one of a menu, a side or the foot."""
    around = [each for each, _ in zip(ancestors(node), range(_ABOVE), strict=False)]
    return None if any(each.tag in _ASIDE for each in around) else around


def _is_of_site(node: Node, here: "_Here", at: int) -> bool:
    around = _around(node) or []
    links = [*find_all(node, "a[href]"), *(each for each in around[:2] if each.tag == "a")]
    if any(_leads_home(link, here) for link in links):
        return True
    tags = {each.tag for each in around}
    if not tags.isdisjoint(_ARTICLE):
        return False
    if not at and any(here.leads_up(attribute(link, "href")) for link in links):
        return True
    return "header" in tags or any(_SITE.search(names(each)) for each in (node, *around[:2]))


def _leads_home(link: Node, here: "_Here") -> bool:
    return "home" in attribute(link, "rel") or here.is_home(attribute(link, "href"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    """Where a page stands: what its links are joined to, and its addresses."""

    base: str | None
    urls: tuple[str, ...]

    def is_home(self, href: str) -> bool:
        """Whether an address is that of the site, by its path or the name of a front page."""
        address = absolute(self.base, href)
        if address is None:
            return href in {"/", "./"}
        parts = urlsplit(address)
        is_front = parts.path in {"", "/"} or _FRONT.search(parts.path) is not None
        return is_front and not parts.query and not self.is_named_by(href)

    def is_named_by(self, href: str) -> bool:
        """Whether an address is the page's own."""
        address = absolute(self.base, href)
        return address is not None and _path(address) in {_path(url) for url in self.urls if url}

    def leads_up(self, href: str) -> bool:
        """Whether an address is that of a folder the page stands in."""
        address = absolute(self.base, href)
        if address is None or self.is_named_by(href):
            return False
        path, query = _path(address)
        folder = path.rstrip("/") + "/"
        own, asked = _path(self.urls[0])
        return (own.startswith(folder) and not query) or (own == path and asked != query != "")


def _path(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.path or "/", parts.query


def _less_headings(tree: Tree, sites: AbstractSet[str]) -> list[str]:
    nodes = find_all(tree, _LIKE_HEADINGS)[: 2 * _MOST_HEADINGS]
    texts = dict.fromkeys(said(node) for node in nodes if _around(node) is not None)
    return [
        text
        for text in texts
        if len(text) <= _LONGEST_CHARS and not _is_name(text) and _even(text) not in sites
    ]


# -- What is said of it ----------------------------------------------------------------------------


def _most_said(headings: Iterable[str], voices: Sequence[str]) -> str:
    """The heading most voices say, of several the longest: names are short; "" without a voice."""
    votes = {text: sum(_says(voice, text) for voice in voices) for text in headings}
    best = max(votes, key=lambda text: (votes[text], len(text)), default="")
    return best if votes.get(best) else ""


def _says(voice: str, heading: str) -> bool:
    """Whether a title says a heading: the same, cut, or with the names of sites around it."""
    text, name = _even(voice), _even(heading)
    if text == name:
        return True
    start = _CUT.sub("", text)
    if len(start) >= _SHORTEST_CUT_CHARS and name.startswith(start):
        return True
    at = text.find(name) if name else -1
    return (
        at >= 0
        and _is_apart(text[:at].rstrip()[-1:])
        and _is_apart(text[at + len(name) :].lstrip()[:1])
    )


def _without_namespace(title: str, here: "_Here") -> str:
    """A title without what stands before it in the page's address too, as in a wiki's."""
    space, _, rest = title.partition(":")
    if not rest or rest[0].isspace() or " " in space:
        return title
    is_addressed = any(_even(f"{space}:") in _even(unquote(url)) for url in here.urls)
    return rest if is_addressed else title


def _is_apart(mark: str) -> bool:
    return not mark.isalnum()


def _said_twice(voices: Sequence[str], sites: AbstractSet[str]) -> Iterator[str]:
    """What two titles share that no heading says, without the site's name."""
    for at, voice in enumerate(voices):
        bare = _without_site(voice, sites)
        others = (*voices[:at], *voices[at + 1 :])
        if not _is_name(bare) and any(_says(other, bare) for other in others):
            yield bare


def _of_one_place(stated: Sequence[str], shown: Sequence[str], sites: AbstractSet[str]) -> str:
    """The first title that is no mere name, or the first one."""
    whole = (*stated[:-1], *shown, *stated[-1:])
    bare = [text for each in whole if (text := _without_site(each, sites))]
    own = [text for text in bare if _even(text) not in sites]
    return next((text for text in own if not _is_name(text)), own[0] if own else "")


def _without_site(title: str, sites: AbstractSet[str]) -> str:
    found = _ENDING.search(title)
    if found is None or found.start() == 0:
        return title
    is_bar = found[0].lstrip()[:1] in "|\uff5c:"
    return title[: found.start()] if is_bar or _even(found["site"]) in sites else title


@lru_cache(maxsize=512)
def _even(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_ALIKE).casefold().split())
