"""The addresses a page names: its own, others it has, its languages, its hub.

Knows the relations of links (RFC 8288, WebSub 4). Must never know what stands on the page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from config.values import is_language_tag
from feeds.draft import Alternate, Draft, Hub
from feeds.parse.html.tree import Tree, absolute, attribute, find_all

#: Relation, address and language of one link.
PageLink = tuple[str, str, str]


def placed(draft: Draft, links: Sequence[PageLink], found_at: str | None) -> Draft:
    """A draft with the addresses of its page, which was found at one."""
    said_own = (url for rel, url, _ in links if rel == "canonical")
    url = next((url for url in said_own if _is_plausible(url, found_at)), None) or found_at
    others = (url for rel, url, _ in links if rel in {"shortlink", "amphtml"})
    known = [other for other in dict.fromkeys([found_at, *others]) if other and other != url]
    alternates = tuple(_alternates(links, url, found_at))
    return replace(draft, url=url, also_at=tuple(known), alternates=alternates)


def base_of(tree: Tree, found_at: str | None) -> str | None:
    """What relative addresses of a page are relative to."""
    bases = find_all(tree, "base[href]")
    return (absolute(found_at, attribute(bases[0], "href")) if bases else None) or found_at


def read(tree: Tree, base: str | None) -> list[PageLink]:
    """What a page's head links to."""
    found = []
    for node in find_all(tree, "link[rel][href]"):
        if url := absolute(base, attribute(node, "href")):
            language = attribute(node, "hreflang")
            found += [(rel, url, language) for rel in attribute(node, "rel").casefold().split()]
    return found


def _is_plausible(url: str, found_at: str | None) -> bool:
    """Of the same site, and not its front page: what a broken template names for every page."""
    if found_at is None:
        return not _is_front(url)
    return _site(url) == _site(found_at) and (not _is_front(url) or _is_front(found_at))


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    segments = [part for part in parts.path.split("/") if part]
    return not parts.query and (not segments or (len(segments) == 1 and len(segments[0]) == 2))


def _site(url: str) -> str:
    """The last two labels of a host, enough to tell another site's address."""
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])


def _alternates(
    links: Sequence[PageLink], url: str | None, found_at: str | None
) -> Iterator[Alternate]:
    seen = {url, found_at}
    for rel, address, language in links:
        tag = language.replace("_", "-")
        if rel == "alternate" and is_language_tag(tag) and address not in seen:
            seen.add(address)
            yield Alternate(tag, address)


def hub(links: Sequence[PageLink], found_at: str | None) -> Hub | None:
    """Where a page's changes can be subscribed to (WebSub 4)."""
    address = next((url for rel, url, _ in links if rel == "hub"), None)
    topic = next((url for rel, url, _ in links if rel == "self"), found_at)
    return Hub(address, topic) if address and topic else None
