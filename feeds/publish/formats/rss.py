"""RSS 2.0 (https://www.rssboard.org/rss-specification) as bytes, a twin of Atom: entries once a
revision, feeds as joins of them.

Knows feedgen's item and what it lacks. Must never know HTML, files or rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape

from feedgen.entry import FeedEntry
from lxml import etree

from feeds.model import Enclosure
from feeds.publish.entry import PublishedEntry
from feeds.publish.feed import ATOM, RSS, PublishedFeed
from feeds.publish.past.archive import NEWEST, Position
from feeds.times import http_date

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
# Under the names that validators know them by.
_NAMES = {"atom": _ATOM, "content": "http://purl.org/rss/1.0/modules/content/", "dc": _DC}
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

# Around an item, so that it declares no namespace of its own.
_BEGINNING = etree.tostring(etree.Element("rss", version="2.0", nsmap=_NAMES))[: -len("/>")] + b">"
_END = b"</channel></rss>"

# Who does not know what a file is says so (RFC 2046, section 4.5.1): an enclosure has a type.
_UNKNOWN_TYPE = "application/octet-stream"
_UNKNOWN_LENGTH = "0"


def entry_bytes(entry: PublishedEntry, content: str) -> bytes:
    """One item element, to stand inside a feed: it declares no namespace of its own.

    ``content`` is HTML; it is escaped here, once. A summary is plain text, and the description
    that holds it HTML. Where there is no summary the content is the description: an item with
    ``content:encoded`` alone is empty to who does not know that.
    """
    made = FeedEntry()
    made.id(entry.id)
    made.title(entry.title)
    made.link({"href": entry.address, "rel": "alternate"})
    if content:
        made.content(content)
    if entry.summary:
        made.description(escape(entry.summary, quote=False), isSummary=True)
    made.category(
        [
            {"term": each.term, "scheme": each.scheme, "label": each.label}
            for each in entry.categories
        ]
    )
    item = made.rss_entry()
    item.set(_LANGUAGE, entry.language)
    item.extend(_beside(entry))
    root = etree.Element("rss", version="2.0", nsmap=_NAMES)
    root.append(item)
    written = etree.tostring(root, encoding="unicode").encode()
    return written.removeprefix(_BEGINNING).removesuffix(b"</rss>")


def feed_bytes(
    feed: PublishedFeed,
    updated: datetime,
    entries: Sequence[bytes],
    position: Position = NEWEST,
) -> bytes:
    """A whole feed document with the items, newest first, put inside. The pages of its history are
    those of Atom.

    Without ``ttl``: how long an answer may be kept is told by HTTP, and hubs tell of news at once.
    """
    root = etree.Element("rss", version="2.0", nsmap=_NAMES)
    channel = etree.SubElement(root, "channel")
    texts = {
        "title": feed.title,
        "link": feed.page,
        "description": feed.sentence,
        "language": feed.language,
        f"{{{_DC}}}creator": feed.author,
        # RFC 822 with a year of four digits, in English whatever the locale.
        "lastBuildDate": http_date(int(updated.timestamp())),
        "generator": "Fieldfare",
        "docs": "https://www.rssboard.org/rss-specification",
    }
    for name, text in texts.items():
        etree.SubElement(channel, name).text = text
    links = [{"href": feed.at(RSS), "rel": "self", "type": RSS.media_type}]
    links += [{"href": hub, "rel": "hub"} for hub in feed.hubs]
    if position.previous:
        archive = {"href": feed.at(ATOM, position.previous), "type": ATOM.media_type}
        links.append(archive | {"rel": "prev-archive"})
    for link in links:
        etree.SubElement(channel, f"{{{_ATOM}}}link", link)
    head: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return b"\n".join((head.removesuffix(_END), *entries, _END + b"\n"))


def _beside(entry: PublishedEntry) -> Iterator[etree._Element]:
    """What feedgen leaves out, or writes with the locale of the process changed (dates)."""
    for author in entry.authors:
        yield _element(f"{{{_DC}}}creator", author.name)
    updated = entry.updated.isoformat()
    if entry.published:
        yield _element("pubDate", http_date(int(entry.published.timestamp())))
    else:
        # By which readers put an item in its place where they know no day of publication.
        yield _element(f"{{{_DC}}}date", updated)
    yield _element(f"{{{_ATOM}}}updated", updated)
    if entry.provenance and entry.provenance.feed_self:
        yield _element("source", entry.provenance.feed_title, url=entry.provenance.feed_self)
    if entry.rights.words:
        yield _element(f"{{{_DC}}}rights", entry.rights.words)
    if entry.rights.licence:
        # RFC 4946.
        yield etree.Element(f"{{{_ATOM}}}link", href=entry.rights.licence, rel="license")
    yield from _enclosures(entry.enclosures)


def _enclosures(enclosures: Iterable[Enclosure]) -> Iterator[etree._Element]:
    """The first as RSS has it: readers and validators know one, with type and length. Others are
    links, as in Atom.
    """
    for place, each in enumerate(enclosures):
        kind, length = each.media_type, str(each.length or "")
        if place == 0:
            known = {"length": length or _UNKNOWN_LENGTH, "type": kind or _UNKNOWN_TYPE}
            yield etree.Element("enclosure", {"url": each.url} | known)
        else:
            known = {"type": kind, "length": length, "title": each.title}
            told = {name: text for name, text in known.items() if text}
            yield etree.Element(f"{{{_ATOM}}}link", {"href": each.url, "rel": "enclosure"} | told)


def _element(name: str, text: str, **attributes: str) -> etree._Element:
    element = etree.Element(name, attributes)
    element.text = text
    return element
