"""Atom 1.0 (RFC 4287) as bytes: entries once a revision, feeds as joins of them.

Knows feedgen, and is the only module that does. Must never know HTML, files or rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.model import Enclosure, Provenance
from feeds.publish.entry import PublishedEntry
from feeds.publish.feed import ATOM, PublishedFeed
from feeds.publish.past.archive import NEWEST, Position
from feeds.storage.entries import Tombstone

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_END = b"</feed>"
# A document that readers need not ask for again (RFC 5005, section 4.2).
_ARCHIVE = b'<fh:archive xmlns:fh="http://purl.org/syndication/history/1.0"/>'


class LinkedEntry(FeedEntry):  # type: ignore[misc]  # feedgen ships no types
    """A FeedEntry whose links keep their attributes, which feedgen 1.0.0 forgets.

    https://github.com/lkiesow/python-feedgen/issues/135, /143: without rel an enclosure becomes
    a second alternate.
    """

    def atom_entry(self, extensions: bool = True) -> etree._Element:  # noqa: FBT001, FBT002
        element: etree._Element = super().atom_entry(extensions)
        for link, values in zip(element.findall("link"), self.link() or (), strict=True):
            link.attrib.update({name: values[name] for name in sorted(values)})
        return element


def entry_bytes(entry: PublishedEntry, content: str) -> bytes:
    """One entry element, to stand inside a feed: it declares no namespace of its own.

    ``content`` is HTML; it is escaped here, once.
    """
    made = LinkedEntry()
    made.id(entry.id)
    made.title(entry.title)
    made.updated(entry.updated)
    if entry.published:
        made.published(entry.published)
    made.author([asdict(each) for each in entry.authors])
    made.category(
        [
            {"term": each.term, "scheme": each.scheme, "label": each.label}
            for each in entry.categories
        ]
    )
    if entry.summary:
        made.summary(entry.summary)
    if content:
        made.content(content, type="html")
    if entry.rights.words:
        made.rights(entry.rights.words)
    made.link(list(_links(entry)))
    element = made.atom_entry()
    element.set(_LANGUAGE, entry.language)
    # A label is in a language (RFC 4287, section 4.2.2.3), which is that of the entry or its own.
    for category, each in zip(element.findall("category"), entry.categories, strict=True):
        if each.language and each.language != entry.language:
            category.set(_LANGUAGE, each.language)
    if licence := entry.rights.licence:
        # RFC 4946; feedgen knows no such relation.
        etree.SubElement(element, "link", href=licence, rel="license")
    if entry.provenance:
        element.append(_source(entry.provenance))
    return etree.tostring(element, encoding="unicode").encode()


def deleted_bytes(tombstone: Tombstone) -> bytes:
    """One at:deleted-entry element (RFC 6721, section 3), to stand inside a feed."""
    known = {"ref": tombstone.uid, "when": tombstone.at.isoformat()}
    element = etree.Element(f"{{{_TOMBSTONES}}}deleted-entry", known, nsmap={"at": _TOMBSTONES})
    return etree.tostring(element)


def without_content(entry: bytes) -> bytes:
    """An entry of ours without its text, which is where its first link leads."""
    before, begins, rest = entry.partition(b"<content")
    return before + rest.partition(b"</content>")[2] if begins else entry


def updated_of(entry: bytes) -> datetime:
    """When an entry of ours was updated."""
    _, _, rest = entry.partition(b"<updated>")
    return datetime.fromisoformat(rest.partition(b"<")[0].decode("ascii"))


def feed_bytes(
    feed: PublishedFeed,
    updated: datetime,
    entries: Sequence[bytes],
    position: Position = NEWEST,
) -> bytes:
    """A whole feed document: feedgen's head with the entries, newest first, put inside."""
    made = FeedGenerator()
    made.id(feed.id)
    made.title(feed.title)
    made.subtitle(feed.sentence)
    made.updated(updated)
    made.author({"name": feed.author, "uri": feed.home})
    made.language(feed.language)
    made.generator("Fieldfare")
    made.link(
        [
            {"href": feed.at(ATOM, position.page), "rel": "self", "type": ATOM.media_type},
            *({"href": hub, "rel": "hub"} for hub in feed.hubs),
            {"href": feed.page, "rel": "alternate", "type": "text/html"},
            *_history(feed, position),
        ]
    )
    document: bytes = made.atom_str()
    marks = (_ARCHIVE,) if position.page else ()
    return b"\n".join((document.removesuffix(_END), *marks, *entries, _END + b"\n"))


def _history(feed: PublishedFeed, position: Position) -> Iterable[dict[str, str]]:
    """Where the rest is (RFC 5005, sections 4.1 and 4.2)."""
    places = {"prev-archive": position.previous, "next-archive": position.next}
    for rel, page in places.items():
        if page:
            yield {"href": feed.at(ATOM, page), "rel": rel, "type": ATOM.media_type}
    if position.page:
        yield {"href": feed.address, "rel": "current", "type": ATOM.media_type}


def _links(entry: PublishedEntry) -> Iterable[dict[str, str]]:
    """The page to read comes first: some readers open the first link, whatever it is."""
    page = {"type": "text/html", "hreflang": entry.language}
    yield {"href": entry.address, "rel": "alternate", **page}
    if entry.page != entry.address:
        yield {"href": entry.page, "rel": "related", **page}
    yield from map(_enclosure, entry.enclosures)


def _enclosure(enclosure: Enclosure) -> dict[str, str]:
    """A file, with what is known of it (RFC 4287, section 4.2.7.2)."""
    length = str(enclosure.length) if enclosure.length else ""
    known = {"type": enclosure.media_type, "length": length, "title": enclosure.title}
    return {"href": enclosure.url, "rel": "enclosure"} | {
        name: value for name, value in known.items() if value
    }


def _source(provenance: Provenance) -> etree._Element:
    """The feed an entry was copied from (RFC 4287, section 4.2.11)."""
    source = etree.Element("source")
    updated = provenance.feed_updated
    texts = {
        "id": provenance.feed_id,
        "title": provenance.feed_title,
        "updated": updated and updated.isoformat(),
        "rights": provenance.feed_rights,
    }
    for name, text in texts.items():
        if text:
            etree.SubElement(source, name).text = text
    for author in provenance.feed_authors:
        person = etree.SubElement(source, "author")
        for name, text in asdict(author).items():
            if text:
                etree.SubElement(person, name).text = text
    links = {"alternate": provenance.feed_home, "self": provenance.feed_self}
    for rel, address in links.items():
        if address:
            etree.SubElement(source, "link", href=address, rel=rel)
    return source
