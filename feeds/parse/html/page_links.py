"""The addresses a page names: its own, others it has, its languages, its hub, its next page.

Knows the relations of links (RFC 8288, WebSub 4), and the words and numbers that lead on to older
entries. Must never know what else stands on the page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from urllib.parse import parse_qsl, urlsplit

from config.values import are_related, canonical_language, host_of
from feeds.draft import Alternate, Draft, Hub
from feeds.parse.html.tree import Node, Tree, absolute, attribute, find_all, said
from feeds.parse.words import plain, starts

#: Relation, address and language of one link.
PageLink = tuple[str, str, str]

# Most of a head's links are to styles and scripts.
_ASKED_FOR = frozenset({"alternate", "amphtml", "canonical", "hub", "self", "shortlink"})
# Around what links to older entries say.
_ARROWS = " \t\n\r\xa0›»>→…."
_LAST_PAGE_LINKS = 200
# Where systems keep their lists.
_LISTS = frozenset({"author", "categories", "category", "search", "tag", "tags", "topic", "topics"})
_LONGEST_NEXT_CHARS = 60


def placed(draft: Draft, links: Sequence[PageLink], found_at: str | None) -> Draft:
    """A draft with the addresses of its page, which was found at one."""
    said_own = (url for rel, url, _ in links if rel == "canonical")
    url = next((url for url in said_own if _is_plausible(url, found_at)), None) or found_at
    others = (url for rel, url, _ in links if rel in {"shortlink", "amphtml"})
    known = [other for other in dict.fromkeys([found_at, *others]) if other and other != url]
    languages: dict[str, str] = {}
    for rel, address, language in links:
        tag = canonical_language(language)
        is_own = found_at is None or are_related(host_of(address), host_of(found_at))
        if rel == "alternate" and is_own and tag and address not in {url, found_at}:
            languages.setdefault(address, tag)
    alternates = tuple(Alternate(tag, address) for address, tag in languages.items())
    return replace(draft, url=url, also_at=tuple(known), alternates=alternates)


def base_of(tree: Tree, found_at: str | None) -> str | None:
    """What relative addresses of a page are relative to: of one that was saved, the place it says
    it is at.
    """
    at = found_at or _said_place(tree)
    bases = find_all(tree, "base[href]")
    return (absolute(at, attribute(bases[0], "href")) if bases else None) or at


def _said_place(tree: Tree) -> str | None:
    links = (attribute(each, "href") for each in find_all(tree, 'link[rel~="canonical" i][href]'))
    metas = (attribute(each, "content") for each in find_all(tree, 'meta[property="og:url" i]'))
    said_own = (absolute(None, text) for text in chain(links, metas))
    return next((url for url in said_own if url and _is_plausible(url, None)), None)


def read(tree: Tree, base: str | None) -> list[PageLink]:
    """What a page's head links to, by the relations that are asked for."""
    found = []
    for node in find_all(tree, "link[rel][href]"):
        relations = _ASKED_FOR.intersection(attribute(node, "rel").casefold().split())
        if relations and (url := absolute(base, attribute(node, "href"))):
            language = attribute(node, "hreflang")
            found += [(relation, url, language) for relation in relations]
    return found


def _is_plausible(url: str, found_at: str | None) -> bool:
    """Of the same registrable domain, where one publisher speaks; and neither its front page nor a
    list: what a broken template names for every page.
    """
    if found_at is None:
        return not _is_front(url)
    opens, opened = (urlsplit(each).path.split("/")[1:2] for each in (url, found_at))
    is_list = opens != opened and not _LISTS.isdisjoint(opens)
    return (
        are_related(host_of(url), host_of(found_at))
        and not is_list
        and (not _is_front(url) or _is_front(found_at))
    )


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    segments = [part for part in parts.path.split("/") if part]
    return not parts.query and (not segments or (len(segments) == 1 and len(segments[0]) == 2))


def hub(links: Sequence[PageLink], found_at: str | None) -> Hub | None:
    """Where a page's changes can be subscribed to (WebSub 4)."""
    address = next((url for rel, url, _ in links if rel == "hub"), None)
    topic = next((url for rel, url, _ in links if rel == "self"), found_at)
    return Hub(address, topic) if address and topic else None


def next_page(tree: Tree, base: str | None) -> str | None:
    """The page a listing goes on with, None where it is the last one."""
    related = find_all(tree, '[rel~="next"][href]')
    marked = [node for node in related if node.tag in {"a", "link"}]
    for node in chain(marked, _onward(tree)):
        if (url := absolute(base, attribute(node, "href"))) and url != base:
            return url
    return _by_number(tree, base)


def _onward(tree: Tree) -> Iterator[Node]:
    """The links at the end of a page that say they lead on."""
    nodes = find_all(tree, "a[href]")[-_LAST_PAGE_LINKS:]
    # No text of a tree holds a NUL, so all are folded at once.
    texts = "\0".join([node.text() for node in nodes]).casefold().split("\0")
    # Most links are told by two letters.
    known = starts("next", 2, str.casefold)
    for node, text in zip(nodes, texts, strict=False):
        words = text.strip(_ARROWS) if len(text) <= _LONGEST_NEXT_CHARS else None
        if words is not None and (len(words) < 2 or words[:2] in known) and _leads_on(node, words):
            yield node


def _leads_on(node: Node, words: str) -> bool:
    if len(words) > 1:
        return " ".join(words.split()) in plain("next", str.casefold)
    # An arrow alone, or a picture of one, is named for those who do not see it.
    names = (attribute(node, "title"), attribute(node, "aria-label"))
    return any(name.casefold().strip(_ARROWS) in plain("next", str.casefold) for name in names)


def _by_number(tree: Tree, base: str | None) -> str | None:
    """The link to a page with the number behind that of this one (the first is 0 or 1)."""
    if base is None:
        return None
    here = _numbers(base)
    for node in find_all(tree, 'a[href*="="]')[-_LAST_PAGE_LINKS:]:
        number = said(node)
        url = absolute(base, attribute(node, "href")) if number.isdecimal() else None
        if url is None or urlsplit(url).path != urlsplit(base).path:
            continue
        for key, page in _numbers(url).items():
            first = 0 if number == str(page + 1) else 1
            if page == here.get(key, first) + 1:
                return url
    return None


def _numbers(url: str) -> dict[str, int]:
    pairs = parse_qsl(urlsplit(url).query)
    return {
        key: int(value)
        for key, value in pairs
        if key.casefold() in plain("page_parameters") and value.isdecimal() and len(value) < 6
    }
