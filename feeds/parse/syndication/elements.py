"""The elements of feeds by names of our own, whichever namespace they came in.

Knows the vocabularies that feeds are written in and how they are misspelt. Must never know what
is made of them.
"""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from html import escape

from lxml import etree

from feeds.draft import Hub
from feeds.parse.syndication.feed_entries import absolute
from feeds.parse.syndication.people import person as person_of
from feeds.parse.xml import Element, Tree

#: The children of one element, by name.
Groups = dict[str, list[Element]]

_ATOM = "www.w3.org/2005/atom"
# Namespaces as they are compared: without scheme, case, and the last slash or hash.
_PREFIXES = {
    "": "",
    "backend.userland.com/rss2": "",
    "blogs.law.harvard.edu/tech/rss": "",
    "cyber.law.harvard.edu/rss": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "channel.netscape.com/rdf/simple/0.9": "",
    "my.netscape.com/publish/formats/rss-0.91.dtd": "",
    "purl.org/rss/1.0": "",
    "purl.org/net/rss1.1": "",
    _ATOM: "atom:",
    "purl.org/atom/ns": "atom:",
    "purl.org/dc/elements/1.1": "dc:",
    "purl.org/dc/elements/1.0": "dc:",
    "purl.org/dc/terms": "dcterms:",
    "purl.org/rss/1.0/modules/content": "content:",
    "search.yahoo.com/mrss": "media:",
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "prismstandard.org/namespaces/basic/2.0": "prism:",
    "prismstandard.org/namespaces/1.2/basic": "prism:",
    "www.w3.org/1999/02/22-rdf-syntax-ns": "rdf:",
    "www.w3.org/1999/xhtml": "xhtml:",
    "backend.userland.com/creativecommonsrssmodule": "creativecommons:",
    "cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativecommons:",
    "creativecommons.org/ns": "cc:",
    "web.resource.org/cc": "cc:",
    "news.yandex.ru": "yandex:",
    "turbo.yandex.ru": "turbo:",
}
# The namespace that the root of each dialect is in.
_DIALECTS = {"rss": "", "rdf": "", "channel": "", "feed": _ATOM, "entry": _ATOM}
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_WORDS = frozenset({"title", "description", "summary", "content", "content:encoded"})
#: Entries of whatever namespace.
ANY_ENTRY = ("{*}item", "{*}entry", "{*}ITEM", "{*}ENTRY", "{*}Item", "{*}Entry")
_ENTRIES = frozenset(each.removeprefix("{*}") for each in ANY_ENTRY)
_NAMES = frozenset({"name", "atom:name", "?name"})
_XHTML = "{http://www.w3.org/1999/xhtml}"


def of_its_dialect(root: Element) -> None:
    """The elements of a namespace that is none of its dialect's are those of the dialect: who
    writes a feed gives it any namespace by default.
    """
    namespace, brace, name = str(root.tag).rpartition("}")
    meant = _DIALECTS.get(name.lower())
    known = _PREFIXES.get(_compared(namespace[1:]))
    if brace and meant is not None and known not in {_PREFIXES[meant], "rdf:"}:
        own = f"{{http://{meant}}}" if meant else ""
        for each in root.iter(f"{namespace}}}*"):
            _rename(each, own + str(each.tag).rpartition("}")[2])


def _rename(element: Element, name: str) -> None:
    # A parser that mends a document leaves names that are none: "<tps:".
    with suppress(ValueError):
        element.tag = name


def grouped(element: Element, default: str = "") -> Groups:
    """The children of an element by name; those with the prefix ``default`` have none."""
    groups: Groups = {}
    for child in element:
        name = _name(child.tag)
        if default:
            name = name.removeprefix(default)
        if name in groups:
            groups[name].append(child)
        else:
            groups[name] = [child]
    return groups


def local(element: Element, default: str = "") -> str:
    """The name of one element."""
    return _name(element.tag).removeprefix(default)


def with_media(groups: Groups) -> Groups:
    """The same with what Media RSS says, in a group, of the film or picture that an entry is, or
    in the content of an entry that says nothing else.
    """
    if "media:group" in groups:
        own = grouped(groups["media:group"][0])
        return with_media({"media:content": own.pop("media:content", [])}) | own | groups
    contents = groups.get("media:content")
    is_all = contents and _WORDS.isdisjoint(groups)
    return grouped(contents[0]) | groups if contents and is_all else groups


def first(groups: Groups, names: Iterable[str]) -> str:
    """The text of the first of these elements that has any."""
    for name in names:
        for element in groups.get(name, ()):
            if text := text_of(element):
                return text
    return ""


def text_of(element: Element) -> str:
    """All text within an element, without the white space around it."""
    if len(element):
        return "".join(map(str, element.itertext())).strip()
    return (element.text or "").strip()


def named(person: Element) -> str:
    """The name of who wrote something: the part that is their name, or else all words."""
    return person_of(written(person, None)[0])


def written(person: Element, base: str | None) -> tuple[str, str | None]:
    """Who wrote something, as the part that is their name says it, or else all words; and the
    address of a page of theirs.
    """
    if not len(person):
        return text_of(person), None
    name = uri = None
    for part in person:
        called = _name(part.tag)
        if called in _NAMES and name is None:
            name = text_of(part)
        # "url" is of Atom 0.3.
        elif called in {"uri", "atom:uri", "url", "atom:url"} and uri is None:
            uri = text_of(part)
    return name or "", absolute(uri, base)


def set_apart(root: Element) -> None:
    """An entry within another, which a parser that mends put there, stands behind that one."""
    last: dict[Element, Element] = {}
    for each in list(root.iter(*ANY_ENTRY)):
        around = list(each.iterancestors(*ANY_ENTRY))
        if around and around[-1] is not root:
            last.get(around[-1], around[-1]).addnext(each)
            last[around[-1]] = each


def entries(root: Element) -> list[Element]:
    """The entries of a feed, wherever it holds them and in whatever namespace, with those that
    stand within another, as that one was closed too late.
    """
    # Most stand in one element, so that is asked about once.
    known: dict[Element | None, bool] = {}
    found: list[Element] = []
    for each in root.iterdescendants(*ANY_ENTRY):
        parent = each.getparent()
        if parent not in known:
            around = filter(is_entry, each.iterancestors())
            known[parent] = next(around, None) in {None, parent}
        if known[parent]:
            found.append(each)
    # Beside those of the feed's own, others are what an extension calls an item.
    if len(set(map(_namespace, found))) < 2:
        return found
    own = {"", root.nsmap.get(None) or "", _namespace(root)}
    return [each for each in found if _namespace(each) in own] or found


def is_entry(element: Element) -> bool:
    """Whether an element is an entry, of whatever namespace."""
    return str(element.tag).rpartition("}")[2] in _ENTRIES


def _namespace(element: Element) -> str:
    """The namespace of an element; "" for none, and for one whose prefix nobody declares: that
    stands in its name, which is none to lxml.
    """
    return str(element.tag).rpartition("}")[0][1:]


def inner(element: Element) -> str:
    """The markup within an element, as HTML: prefixes of XHTML gone."""
    for each in element.iter(f"{_XHTML}*"):
        _rename(each, str(each.tag)[len(_XHTML) :])
    children = (etree.tostring(each, encoding="unicode", method="html") for each in element)
    return "".join((escape(element.text or ""), *children))


def language_of(element: Element) -> str | None:
    """xml:lang as it stands on an element itself."""
    # To look for a name in a namespace takes ten times as long, and most elements have none at all.
    return element.get(_LANGUAGE) if element.keys() else None


def states_languages(tree: Tree, *around: Element) -> bool:
    """Whether any elements but those around all entries state theirs: in most feeds none do, and to
    ask each takes time.
    """
    stated = tree.text.count(b"xml:lang")
    return stated > 0 and stated > sum(
        language_of(each) is not None for each in dict.fromkeys(around)
    )


def language_of_words(groups: Groups, names: Iterable[str]) -> str | None:
    """xml:lang as it stands on the first of these elements that has one."""
    for name in filter(groups.__contains__, names):
        for element in groups[name]:
            if tag := language_of(element):
                return tag
    return None


def base_of(element: Element, around: str | None) -> str | None:
    """The address that relative ones within an element count from (XML Base)."""
    own = element.get(_BASE) if element.keys() else None
    return (absolute(own, around) or around) if own else around


def own_address(links: Iterable[Element]) -> str | None:
    """The address that a feed says it has, which counts where nobody knows where it was found."""
    own = (each.get("href") for each in links if each.get("rel", "").lower() == "self")
    return next(filter(None, (absolute(address, None) for address in own)), None)


def hub(links: Iterable[Element], url: str | None, base: str | None) -> Hub | None:
    """Where a feed announces its changes, and the address it has there (WebSub, section 4)."""
    by_rel = {each.get("rel", "").lower(): each.get("href") for each in reversed(list(links))}
    address, topic = absolute(by_rel.get("hub"), base), absolute(by_rel.get("self"), base) or url
    return Hub(address, topic) if address and topic else None


def next_page(links: Iterable[Element], base: str | None) -> str | None:
    """The older part of a feed (RFC 5005, sections 3 and 4)."""
    by_rel = {each.get("rel", "").lower(): each.get("href") for each in reversed(list(links))}
    return absolute(by_rel.get("next"), base) or absolute(by_rel.get("prev-archive"), base)


def _compared(namespace: str) -> str:
    return namespace.lower().partition("://")[2].rstrip("/#")


@lru_cache(maxsize=4096)
def _name(tag: object) -> str:
    # Of a reference that the parser left as it is, the tag is no string.
    namespace, brace, name = str(tag).rpartition("}")
    name = name.lower()
    if brace:
        prefix = _PREFIXES.get(_compared(namespace[1:]))
        name = f"?{name}" if prefix is None else f"{prefix}{name}"
    return name
