"""Atom 1.0 (RFC 4287), its entry documents, and Atom 0.3.

Knows their elements. Must never know topics or drafts.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from feeds.draft import LONGEST_RIGHTS_CHARS, Alternate
from feeds.model import NO_RIGHTS, Author, Enclosure, Provenance, Rights
from feeds.parse.sanitise import paragraphs
from feeds.parse.syndication import entry_pictures, feed_dates
from feeds.parse.syndication.elements import (
    Groups,
    base_of,
    entries,
    first,
    grouped,
    hub,
    inner,
    language_of,
    language_of_words,
    local,
    next_page,
    own_address,
    states_languages,
    text_of,
    with_media,
    written,
)
from feeds.parse.syndication.feed_entries import (
    MOST_ENTRIES,
    NO_WORDS,
    RawCategory,
    RawEntry,
    RawFeed,
    TextConstruct,
    absolute,
    base_of_links,
    enclosure,
    html_words,
    identifier,
    items_only,
    language_tag,
    once,
)
from feeds.parse.syndication.people import authors_of
from feeds.parse.xml import Element, Tree

_ATOM = "atom:"
# "created" and "issued" are of Atom 0.3. "updated" is no date of issue: an entry that has nothing
# else was issued nobody knows when.
_ISSUED = ("published", "issued", "created", "dcterms:issued", "dc:date", "dcterms:created")
_CHANGED = ("updated", "modified", "dcterms:modified", "atom:updated")
_WORDS = ("content", "summary", "title")
# What no plain text holds, though many that state no type are not (RFC 4287, 3.1.1).
_MARKED_UP = re.compile(r"</(?:a|b|div|em|i|li|p|span|strong)>|<br ?/?>", re.IGNORECASE)
# A relation may be written as an address in IANA's registry (RFC 4287, 4.2.7.2).
_REGISTRY = "http://www.iana.org/assignments/relation/"
_PLAIN = frozenset({"text", "text/plain", "plain"})
_PAGES = frozenset({"", "text/html", "application/xhtml+xml"})
# Of an entry that stands alone.
_NOWHERE = Provenance(entry_id="", feed_id="", feed_title="")


def read(tree: Tree, url: str | None) -> RawFeed:
    """What a feed or an entry document says; ``url`` is where it was found."""
    root = tree.root
    url = url or own_address(root.iterchildren("{*}link"))
    base, worded = base_of(root, url), _WORDS if states_languages(tree, root) else ()
    if local(root, _ATOM) == "entry":
        language = language_tag(language_of(root))
        entry = _entry(root, base, None, None, feed=None, spoken=language, worded=worded)
        return RawFeed(form="atom-entry", entries=iter((entry,)), language=language)
    groups = grouped(root, _ATOM)
    links = groups.get("link", [])
    homes = (each.get("href") for each in links if each.get("rel", "alternate") == "alternate")
    home = absolute(next(homes, None), base)
    base = base_of_links(base, home, url)
    source = _source(groups, base)
    language = language_tag(language_of(root) or first(groups, ("dc:language",)))
    return RawFeed(
        form="atom",
        entries=(
            _entry(each, base, home, url, feed=source, spoken=language, worded=worded)
            for each in entries(root)[:MOST_ENTRIES]
        ),
        language=language,
        authors=source.feed_authors,
        pictures=entry_pictures.stated(groups, base),
        hub=hub(links, url, base),
        next_page=next_page(links, base),
    )


def _entry(
    element: Element,
    feed_base: str | None,
    home: str | None,
    found_at: str | None,
    *,
    feed: Provenance | None,
    spoken: str | None,
    worded: Iterable[str],
) -> RawEntry:
    """An entry of a feed, whose base, home, description and language count where it has none; it
    may be ``worded`` in elements that state theirs.
    """
    groups = with_media(grouped(element, _ATOM))
    base = base_of(element, feed_base)
    source = _source_of(groups["source"][0], base) if "source" in groups else feed
    by_rel = _by_rel(groups.get("link", ()))
    own, content = by_rel.get("alternate", []), groups.get("content", [])
    stated = (language_of_words(groups, worded) or language_of(element)) if worded else None
    language = language_tag(stated or first(groups, ("dc:language",)))
    guid, date = identifier(first(groups, ("id",))), first(groups, _ISSUED)
    origin = absolute(first(groups, ("feedburner:origlink",)), base)
    words = _construct([each for each in content if not each.get("src")], base)
    addresses = (origin, *_pages(own, base), *_src(content, base))
    if not any(addresses) and guid and guid.startswith(("http://", "https://")):
        addresses = (absolute(guid, None),)
    return RawEntry(
        title=_construct(groups.get("title") or groups.get("media:title"), base),
        summary=_summary(groups, words, base),
        content=words,
        guid=guid,
        urls=items_only(addresses, home, found_at),
        alternates=tuple(_alternates(own, base, language)),
        issued=feed_dates.issued(date, language or spoken) if date else None,
        updated=first(groups, _CHANGED),
        language=language,
        categories=tuple(_categories(groups)),
        authors=_authors(groups, base) or (source.feed_authors if source else ()),
        enclosures=_enclosures(by_rel.get("enclosure", ()), content, (base, *addresses)),
        pictures=entry_pictures.stated(groups, base, *addresses),
        rights=_rights(groups, by_rel.get("license", ()), base),
        provenance=_of_entry(source or _NOWHERE, guid) if guid else None,
    )


def _rights(groups: Groups, licences: Iterable[Element], base: str | None) -> Rights:
    """What is said of them (RFC 4287, 4.2.10), and the address of the licence (RFC 4946)."""
    if not ("rights" in groups or licences):
        return NO_RIGHTS
    words = _plain(_construct(groups.get("rights"), None))
    addresses = (absolute(each.get("href"), base) for each in licences)
    licence = next(filter(None, addresses), "")
    return Rights(" ".join(words.split())[:LONGEST_RIGHTS_CHARS], licence)


def _summary(groups: Groups, content: TextConstruct, base: str | None) -> TextConstruct:
    """The summary; what is said of a picture is the lead of an entry that says nothing else."""
    captions = () if content else groups.get("media:description", ())
    return _construct([*groups.get("summary", ()), *captions], base)


def _construct(elements: list[Element] | None, base: str | None) -> TextConstruct:
    """A text construct or the content (RFC 4287, 3.1 and 4.1.3), HTML where its type says so; the
    first of several that holds words.
    """
    for element in elements or ():
        if (words := _words(element, base)).text:
            return words
    return NO_WORDS


def _words(element: Element, base: str | None) -> TextConstruct:
    if not element.keys() and not len(element):
        text = (element.text or "").strip()
        is_html = "<" in text and _MARKED_UP.search(text) is not None
        return html_words(text, base) if is_html else TextConstruct(text)
    base, said = base_of(element, base), element.get("type")
    if said == "html" and not len(element):
        return html_words((element.text or "").strip(), base)
    return _of_kind((said or "text").strip().lower(), element, base)


def _of_kind(kind: str, element: Element, base: str | None) -> TextConstruct:
    if kind.endswith(("xhtml", "xhtml+xml")) or element.get("mode") == "xml":
        return TextConstruct(inner(element).strip(), is_html=True, base=base)
    if kind == "application/octet-stream" or element.get("mode") == "base64":
        return TextConstruct(_in_base64(text_of(element)), is_html=True, base=base)
    if kind in {"html", "text/html"} or element.get("mode") == "escaped":
        text = inner(element).strip() if _is_marked_up(element) else text_of(element)
        return html_words(text, base)
    # Other media types are no words.
    return TextConstruct(text_of(element)) if kind in _PLAIN else NO_WORDS


def _is_marked_up(element: Element) -> bool:
    """Whether the markup of HTML words are elements; a mere div around those that are written as
    text is none of it.
    """
    is_wrapper = len(element) == 1 and not len(element[0]) and local(element[0]) == "xhtml:div"
    return len(element) > 0 and not (is_wrapper and "<" in text_of(element))


def _in_base64(text: str) -> str:
    """Words that were packed as Atom 0.3 allows, "" for anything else."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except ValueError:
        return ""


def _pages(own: list[Element], base: str | None) -> Iterator[str | None]:
    """Addresses of the entry itself: pages first, then alternates of other types."""
    plain = [each for each in own if not each.get("hreflang")] or own[:1]
    if len(plain) > 1:
        plain = [each for each in plain if each.get("type", "").lower() in _PAGES] or plain[:1]
    for link in plain:
        # Some write the address as text.
        address = link.get("href") or text_of(link)
        yield absolute(address, None) or absolute(address, base_of(link, base))


def _by_rel(links: Iterable[Element]) -> dict[str, list[Element]]:
    groups: dict[str, list[Element]] = {}
    for link in links:
        rel = link.get("rel", "alternate").lower().removeprefix(_REGISTRY)
        groups.setdefault(rel, []).append(link)
    return groups


def _src(content: Iterable[Element], base: str | None) -> Iterator[str | None]:
    # Content out of line (RFC 4287, 4.1.3.2) is where the entry can be read.
    return (absolute(each.get("src"), base) for each in content if each.get("src"))


def _alternates(
    own: Iterable[Element], base: str | None, language: str | None
) -> Iterator[Alternate]:
    for link in own:
        if stated := link.get("hreflang"):
            tag, url = language_tag(stated), absolute(link.get("href"), base_of(link, base))
            if tag and url and tag != language:
                yield Alternate(tag, url)


def _categories(groups: Groups) -> Iterator[RawCategory]:
    for element in groups.get("category", ()):
        term = element.get("term") or text_of(element)
        yield RawCategory(term.strip(), element.get("label", ""), element.get("scheme", ""))
    for element in groups.get("dc:subject", ()):
        yield RawCategory(text_of(element))


def _authors(groups: Groups, base: str | None) -> tuple[Author, ...]:
    if "author" not in groups and "dc:creator" not in groups:
        return ()
    people = (*groups.get("author", ()), *groups.get("dc:creator", ()))
    return authors_of([written(each, base) for each in people])


def _enclosures(
    links: Sequence[Element], content: Iterable[Element], bases: Iterable[str | None]
) -> tuple[Enclosure | None, ...]:
    base = next(filter(None, bases), None)
    files = [
        enclosure(each.get("src"), base, each.get("type"), None)
        for each in content
        if each.get("src") and each.get("type", "").lower() not in _PAGES
    ]
    if not (links or files):
        return ()
    linked = (
        enclosure(
            each.get("href"), base, each.get("type"), each.get("length"), each.get("title", "")
        )
        for each in links
    )
    return once(chain(linked, files))


def _source_of(element: Element, base: str | None) -> Provenance:
    return _source(grouped(element, _ATOM), base_of(element, base))


def _source(groups: Groups, base: str | None) -> Provenance:
    """The feed an entry came from, or that it is in, with all that is to be told of it (RFC 4287,
    4.2.11); the id of the entry is missing.
    """
    by_rel = _by_rel(groups.get("link", ()))
    own = (_plain(_construct(groups.get(name), None)) for name in ("title", "rights"))
    title, rights = (" ".join(text.split())[:LONGEST_RIGHTS_CHARS] for text in own)
    return Provenance(
        entry_id="",
        feed_id=identifier(first(groups, ("id",))) or "",
        feed_title=title,
        feed_updated=feed_dates.instant(first(groups, ("updated", "modified"))),
        feed_authors=_authors(groups, base),
        feed_home=next(filter(None, _pages(by_rel.get("alternate", []), base)), ""),
        # Where it was found may have a key in it that is nobody else's.
        feed_self=next(filter(None, _pages(by_rel.get("self", []), base)), ""),
        feed_rights=rights,
    )


def _of_entry(source: Provenance, guid: str) -> Provenance:
    """The same of an entry (which takes half the time that replacing a member of it does)."""
    return Provenance(
        entry_id=guid,
        feed_id=source.feed_id,
        feed_title=source.feed_title,
        feed_updated=source.feed_updated,
        feed_authors=source.feed_authors,
        feed_home=source.feed_home,
        feed_self=source.feed_self,
        feed_rights=source.feed_rights,
    )


def _plain(words: TextConstruct) -> str:
    return " ".join(paragraphs(words.text)) if words.is_html else words.text
