"""RSS 0.90 to 2.0, and RSS 1.0 in RDF.

Knows their elements and the modules entries are written with. Must never know topics or drafts.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from feeds.draft import LONGEST_RIGHTS_CHARS
from feeds.model import NO_RIGHTS, Author, Enclosure, Rights
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
    named,
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

_DATES = (
    "pubdate",
    "dcterms:issued",
    "dc:date",
    "dcterms:created",
    "prism:publicationdate",
    "atom:published",
    "published",
    "date",
)
_CHANGED = ("atom:updated", "updated", "dcterms:modified")
_RIGHTS = ("dc:rights", "dcterms:rights", "copyright", "media:copyright")
_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_LICENCES = ("creativecommons:license", "cc:license", "dcterms:license", "media:license")
_AUTHORS = ("dc:creator", "author", "atom:author", "creator")
# Who made a programme, not the one part of it, unless nobody else is named.
_AUTHORS_LAST = ("itunes:author",)
# Who may have issued an entry, and wrote none: no author of a feed is that of its entries
# (RSS 2.0, "managingEditor").
_OTHERS = ("dc:publisher", "itunes:author", "media:credit")
_TITLES = ("title", "dc:title", "atom:title", "media:title", "itunes:title")
_IDS = ("guid", "dc:identifier", "atom:id", "id")
_OF_THE_FEED = ("dc:creator", "dc:publisher", "managingeditor", "author", "itunes:author")
_CONTENTS = (
    "content:encoded",
    "encoded",
    "content",
    "atom:content",
    "xhtml:body",
    "body",
    "fullitem",
    "yandex:full-text",
    "turbo:content",
)
# "abstract", HREF and LASTMOD are of the Channel Definition Format.
_SUMMARIES = (
    "summary",
    "atom:summary",
    "description",
    "dc:description",
    "itunes:summary",
    "itunes:subtitle",
    "media:description",
    "abstract",
)
# Where the language of an item is stated (xml:lang).
_WORDS = ("content:encoded", "description", "title")
# What an entry is filed under, each with the attribute that says in which facet.
_FACETS = {"category": "domain", "dc:subject": "scheme", "media:category": "scheme"}
_KNOWN = frozenset(
    (
        *_TITLES, *_SUMMARIES, *_CONTENTS, *_IDS, *_DATES, *_CHANGED, *_AUTHORS, *_AUTHORS_LAST,
        *_OTHERS, *_RIGHTS, *_LICENCES, *_FACETS, "dc:language", "language", "source",
    )
)  # fmt: skip


class _Telling(NamedTuple):
    """The elements of an entry, by name, that may tell each thing, the surest first."""

    titles: tuple[str, ...]
    summaries: tuple[str, ...]
    contents: tuple[str, ...]
    ids: tuple[str, ...]
    dates: tuple[str, ...]
    changed: tuple[str, ...]
    languages: tuple[str, ...]
    authors: tuple[str, ...]
    authors_last: tuple[str, ...]
    others: tuple[str, ...]
    sources: tuple[str, ...]
    rights: tuple[str, ...]
    licences: tuple[str, ...]
    facets: tuple[str, ...]
    addresses: tuple[str, ...]


# Of all those an entry has few, and most entries of a feed have the same ones.
@lru_cache(maxsize=64)
def _telling(names: tuple[str, ...]) -> _Telling:
    contents = (*_CONTENTS, "description") if "summary" in names else _CONTENTS
    asked = (
        _TITLES, _SUMMARIES, contents, _IDS, _DATES, _CHANGED, ("dc:language", "language"),
        _AUTHORS, _AUTHORS_LAST, _OTHERS, ("source",), _RIGHTS, _LICENCES, _FACETS,
        ("atom:id", "id"),
    )  # fmt: skip
    return _Telling(*(tuple(filter(names.__contains__, each)) for each in asked))


def read(tree: Tree, url: str | None) -> RawFeed:
    """What the feed says; ``url`` is where it was found."""
    root = tree.root
    channel = next((each for each in root if local(each) == "channel"), root)
    head = grouped(channel)
    links = head.get("atom:link", [])
    url = url or own_address(links)
    base = base_of(channel, base_of(root, url))
    home = absolute(_link(head), base)
    base = base_of_links(base, home, url)
    stated = language_of(channel) or language_of(root) or first(head, ("language", "dc:language"))
    language = language_tag(stated)
    worded = _WORDS if states_languages(tree, root, channel) else ()
    return RawFeed(
        form="rdf" if local(root).startswith("rdf") else "rss",
        entries=(
            _entry(each, base, home, url, language, worded=worded)
            for each in entries(root)[:MOST_ENTRIES]
        ),
        language=language,
        others=_names(head, _OF_THE_FEED),
        pictures=entry_pictures.stated(head, base),
        hub=hub(links, url, base),
        next_page=next_page(links, base),
    )


def _link(groups: Groups) -> str:
    """The address in a link; some stand in an attribute, as in Atom."""
    return first(groups, ("link",)) or next(
        (address for each in groups.get("link", ()) if (address := each.get("href"))), ""
    )


def _entry(
    item: Element,
    feed_base: str | None,
    home: str | None,
    found_at: str | None,
    spoken: str | None,
    *,
    worded: Iterable[str],
) -> RawEntry:
    """An item of a feed, whose base, home and language count where it has none; it may be
    ``worded`` in elements that state theirs.
    """
    groups = with_media(grouped(item))
    telling = _telling(tuple(filter(_KNOWN.__contains__, groups)))
    base = base_of(item, feed_base)
    summary = _wording(groups, telling.summaries, base)
    urls = items_only(_urls(groups, item, telling.addresses, base), home, found_at)
    date = first(groups, telling.dates)
    changed = first(groups, telling.changed) if telling.changed else ""
    stated = (language_of_words(groups, worded) or language_of(item)) if worded else None
    language = language_tag(stated or first(groups, telling.languages))
    authors = _authors(groups, telling.authors, base)
    authors = authors or _authors(groups, telling.authors_last, base)
    others = _names(groups, telling.others) if telling.others else ()
    return RawEntry(
        title=_wording(groups, telling.titles, base),
        summary=summary,
        content=_wording(groups, telling.contents, urls[0] if urls else base),
        guid=identifier(first(groups, telling.ids) or _about(item)),
        urls=urls,
        issued=feed_dates.issued(date, language or spoken) if date else None,
        updated=changed or item.get("LASTMOD", ""),
        language=language,
        categories=tuple(_categories(groups, telling.facets)),
        authors=authors,
        others=others or (() if authors else _names(groups, telling.sources)),
        enclosures=_files(groups, base or next(iter(urls), None)),
        pictures=entry_pictures.stated(groups, base, *urls),
        rights=_rights(groups, telling) if telling.rights or telling.licences else NO_RIGHTS,
    )


def _rights(groups: Groups, telling: _Telling) -> Rights:
    words = " ".join(first(groups, telling.rights).split())[:LONGEST_RIGHTS_CHARS]
    return Rights(words, next(_licences(groups, telling.licences), ""))


def _licences(groups: Groups, names: Iterable[str]) -> Iterator[str]:
    """The addresses of licences: what an element says, or what it leads to as RDF and Media RSS
    write it.
    """
    for each in (each for name in names for each in groups[name]):
        stated = each.get(_RESOURCE) or each.get("href") or text_of(each)
        if address := absolute(stated, None):
            yield address


def _wording(groups: Groups, names: Iterable[str], base: str | None) -> TextConstruct:
    for name in names:
        for element in groups[name]:
            text = inner(element).strip() if len(element) else (element.text or "").strip()
            if text:
                return html_words(text, base)
    return NO_WORDS


def _urls(
    groups: Groups, item: Element, ids: Iterable[str], base: str | None
) -> Iterator[str | None]:
    if "feedburner:origlink" in groups:
        yield absolute(first(groups, ("feedburner:origlink",)), base)
    yield absolute(_link(groups) or item.get("HREF"), base)
    for guid in groups.get("guid", ()):
        # RSS 2.0: a permalink unless it says that it is none; many that say nothing are none.
        says = guid.get("isPermaLink") or guid.get("ispermalink") or ""
        if says.strip().lower() != "false" and (text := text_of(guid)).startswith("http"):
            yield absolute(text, None)
    for link in groups.get("atom:link", ()):
        if link.get("rel", "alternate") == "alternate":
            yield absolute(link.get("href"), base)
    for name in (_about(item), first(groups, ids)):
        if name.startswith(("http://", "https://")):
            yield absolute(name, None)


def _about(item: Element) -> str:
    # rdf:about, also where its prefix was never declared.
    for name, text in item.items():
        if str(name).endswith("about"):
            return str(text).strip()
    return ""


def _categories(groups: Groups, facets: Iterable[str]) -> Iterator[RawCategory]:
    for name in facets:
        for element in groups[name]:
            yield RawCategory(text_of(element), "", element.get(_FACETS[name], ""))
    for element in groups.get("atom:category", ()):
        label = element.get("label", "")
        yield RawCategory(element.get("term", ""), label, element.get("scheme", ""))


def _authors(groups: Groups, names: Iterable[str], base: str | None) -> tuple[Author, ...]:
    elements = [each for name in names for each in groups[name]]
    return authors_of([written(each, base) for each in elements]) if elements else ()


def _names(groups: Groups, names: Iterable[str]) -> tuple[str, ...]:
    elements = [each for name in filter(groups.__contains__, names) for each in groups[name]]
    return tuple(dict.fromkeys(filter(None, map(named, elements)))) if elements else ()


def _files(groups: Groups, base: str | None) -> tuple[Enclosure | None, ...]:
    """The files of an RSS item, each address once."""
    if not ("enclosure" in groups or "media:content" in groups or "media:group" in groups):
        return ()
    return once(_found_files(groups, base))


def _found_files(groups: Groups, base: str | None) -> Iterator[Enclosure | None]:
    for element in groups.get("enclosure", ()):
        address = element.get("url") or element.get("href")
        yield enclosure(address, base, element.get("type"), element.get("length"))
    for element in entry_pictures.media(groups):
        yield enclosure(element.get("url"), base, element.get("type"), element.get("fileSize"))
