"""The title of a page's article, as its readers see it.

Knows where titles stand and what sites add to them. Must never know the text below.
"""

import re
from collections.abc import Iterator

from feeds.parse.html.metadata import Metadata
from feeds.parse.html.tree import Tree, find, find_all, said
from feeds.taxonomy.naming import fold

_MARKS = r"(?:\||::|»|·|•)|(?<=\s)[-–—](?=\s)"
_ENDING = re.compile(rf"\s*(?:{_MARKS})\s*(?P<site>[^|]{{1,60}})$")
_MOST_LOWER = 50
_CUT = re.compile(r"\s*(?:…|\.\.\.?)$")


def of(tree: Tree, metadata: Metadata, selector: str) -> str:
    """The title without the name of its site, "" where the page has none.

    Metadata name it, but often with an ending or cut; the printed heading mends that.
    """
    if chosen := said(find(tree, selector)):
        return chosen
    headings = [text for text in map(said, find_all(tree, "h1")[:5]) if text]
    window = said(find(tree, "title"))
    headings = headings or list(_lower(tree, window))
    sites = {fold(site) for site in (metadata.site, *_sites(window, headings)) if site}
    for title in (metadata.title, *headings, window):
        whole = _as_printed(title, headings)
        bare = whole if whole in headings else _without_site(whole, sites)
        if bare and fold(bare) not in sites:
            return bare
    return ""


def _lower(tree: Tree, window: str) -> Iterator[str]:
    """The lower headings which the window's title says, and the name of a site behind them."""
    for text in map(said, find_all(tree, "h2, h3")[:_MOST_LOWER]):
        if text and window.startswith(text) and _ENDING.fullmatch(window, len(text)):
            yield text


def _as_printed(title: str, headings: list[str]) -> str:
    """The heading that says the same as a title, without its ending or in full."""
    start = fold(_CUT.sub("", title))
    for heading in headings:
        folded = fold(heading)
        if title and (folded.startswith(start) or _has_ending(fold(title), folded)):
            return heading
    return title


def _has_ending(title: str, heading: str) -> bool:
    rest = title.removeprefix(heading)
    return rest != title and not rest[:1].isalnum() and len(heading) > 2


def _sites(window: str, headings: list[str]) -> Iterator[str]:
    """What follows the heading in the window's title."""
    for heading in headings:
        if window.startswith(heading) and (found := _ENDING.search(window[len(heading) :])):
            yield found["site"].strip()


def _without_site(title: str, sites: set[str]) -> str:
    found = _ENDING.search(title)
    if found is None or found.start() == 0:
        return title
    is_bar = "|" in found[0] or "::" in found[0]
    return title[: found.start()] if is_bar or fold(found["site"]) in sites else title
