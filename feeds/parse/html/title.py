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
from urllib.parse import urlsplit

from config.values import is_web_address
from feeds.draft import Draft
from feeds.parse.html.listing import listed_entry
from feeds.parse.html.metadata import Metadata
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
from feeds.parse.prose import prose
from feeds.parse.sanitise import Block

# Names of the site stand in these, and what leads elsewhere.
_ASIDE = frozenset({"nav", "aside", "footer"})
_ARTICLE = frozenset({"article", "main"})
_SITE = re.compile(r"logo|brand|mast-?head|site-?(?:name|title)")
# What is printed like a heading where a site uses no element for it.
_LIKE_HEADINGS = '[class*="title" i], [class*="head" i], td, b, strong'
_MOST_HEADINGS = 200
_LONGEST_CHARS = 400
_ABOVE = 6
_HOME = 'a[href="/"], a[href="./"], a[rel~="home"]'
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
# The first line of so many is prose; its heading stands no farther above it.
_PROSE_BYTES = 120
_MOST_LINES_ABOVE = 6
_HEADED = frozenset({"h2", "h3"})
_HEADINGS = frozenset({"h1", *_HEADED, "h4", "h5", "h6"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A page's title, "" where it has none; ``is_shown`` where a heading or two places name it."""

    text: str
    is_shown: bool


def title_of(
    tree: Tree, known: Metadata, base: str | None, lead: Draft | None, selector: str
) -> Title:
    """The title without the name of its site.

    What a feed says comes first, in the words of the page's heading where they agree; then what
    two places of the page agree on, one statement in its metadata, its layout.
    """
    if chosen := said(find(tree, selector)):
        return Title(text=chosen, is_shown=True)
    nodes = _headings(tree)
    of_site = {node.mem_id for node in nodes if _is_of_site(node, base)}
    sites = {_even(said(node)) for node in nodes if node.mem_id in of_site}
    links = find_all(tree, _HOME)[:_MOST_HEADINGS]
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
        # "Loading..." twice is no better name for what a listing told in a headline.
        is_listed = lead is not None and lead.form == listed_entry.FORM
        is_listed = is_listed and (not _is_name(agreed) or _is_name(title))
        if not (agreed and (is_listed or _says(title, agreed) or _says(agreed, title))):
            return Title(text=title, is_shown=True)
    if agreed:
        return Title(text=agreed, is_shown=True)
    text = _of_one_place(stated, shown, sites)
    return Title(text=text, is_shown=text in shown)


def by_the_text(named: Title, blocks: Sequence[Block]) -> str:
    """A title, or the line above the first prose that is most like one, whatever it is printed
    in, where a page is called by a mere name that it does not print.
    """
    if named.is_shown or not _is_name(named.text):
        return named.text
    lines = [(line, block.tag) for block in blocks for line in lines_of(block)]
    first = next((at for at, (line, _) in enumerate(lines) if _bytes(line) >= _PROSE_BYTES), 0)
    votes = {
        line: (tag in _HEADED, len(line))
        for line, tag in lines[max(0, first - _MOST_LINES_ABOVE) : first]
        if not prose([line])
    }
    own = [line for line in votes if not _is_name(line)]
    return max(own or votes, key=votes.__getitem__, default=named.text)


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


def _is_of_site(node: Node, base: str | None) -> bool:
    around = _around(node) or []
    links = [*find_all(node, "a[href]"), *(each for each in around[:2] if each.tag == "a")]
    if any(_is_home(attribute(link, "href"), base) for link in links):
        return True
    tags = {each.tag for each in around}
    if not tags.isdisjoint(_ARTICLE):
        return False
    return "header" in tags or any(_SITE.search(names(each)) for each in (node, *around[:2]))


def _is_home(href: str, base: str | None) -> bool:
    address = absolute(base, href)
    if address is None:
        return href in {"/", "./"}
    parts = urlsplit(address)
    is_here = base is None or urlsplit(base).path == parts.path
    return parts.path in {"", "/"} and not parts.query and not is_here


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
