"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/) as bytes, a twin of Atom: entries once a
revision, feeds as joins of them.

Knows JSON and what JSON Feed has words for. Must never know HTML, files or rows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from feeds.model import Enclosure, Provenance
from feeds.publish.entry import PublishedEntry
from feeds.publish.feed import JSON_FEED, PublishedFeed
from feeds.publish.past.archive import NEWEST, Position

_VERSION = "https://jsonfeed.org/version/1.1"
_END = b"]}\n"

# Who does not know what a file is says so (RFC 2046, section 4.5.1): an attachment has a type.
_UNKNOWN_TYPE = "application/octet-stream"


def entry_bytes(entry: PublishedEntry, content: str) -> bytes:
    """One item object, to stand inside a feed. ``content`` is HTML.

    A title alone is the text too: an item without content is none to JSON Feed.
    """
    return _json(
        {
            "id": entry.id,
            "url": entry.address,
            "title": entry.title,
            "content_html": content,
            "content_text": "" if content else entry.title,
            "summary": entry.summary,
            "image": entry.picture and entry.picture.address,
            "date_published": entry.published and entry.published.isoformat(),
            "date_modified": entry.updated.isoformat(),
            "authors": [_known({"name": each.name, "url": each.uri}) for each in entry.authors],
            # Two topics may be called the same.
            "tags": list(dict.fromkeys(each.label for each in entry.categories)),
            "language": entry.language,
            "attachments": [_attachment(each) for each in entry.enclosures],
            "_atom": _atom(entry),
        }
    )


def feed_bytes(
    feed: PublishedFeed,
    updated: datetime,
    entries: Sequence[bytes],
    position: Position = NEWEST,
) -> bytes:
    """A whole feed document with the items, newest first, put inside."""
    head = _json(
        {
            "version": _VERSION,
            "title": feed.title,
            "home_page_url": feed.page,
            "feed_url": feed.at(JSON_FEED, position.page),
            "next_url": position.previous and feed.at(JSON_FEED, position.previous),
            "description": feed.sentence,
            "language": feed.language,
            "authors": [{"name": feed.author, "url": feed.home}],
            "hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs],
            "_atom": {"id": feed.id, "updated": updated.isoformat()},
        }
    )
    return b"".join((head.removesuffix(b"}"), b',"items":[\n', b",\n".join(entries), _END))


def _atom(entry: PublishedEntry) -> Mapping[str, object]:
    """What Atom says of an entry and JSON Feed has no word for, by Atom's names: an extension, as
    JSON Feed names them.
    """
    page = {"href": entry.page, "rel": "related", "type": "text/html"}
    licence = {"href": entry.rights.licence, "rel": "license"}
    categories = [
        {"term": each.term, "scheme": each.scheme, "label": each.label} for each in entry.categories
    ]
    return _known(
        {
            "category": categories,
            "link": [page] * (entry.page != entry.address) + [licence] * bool(entry.rights.licence),
            "rights": entry.rights.words,
            "source": _source(entry.provenance) if entry.provenance else {},
        }
    )


def _source(provenance: Provenance) -> Mapping[str, object]:
    """The feed an entry was copied from (RFC 4287, section 4.2.11)."""
    updated = provenance.feed_updated
    links = {"alternate": provenance.feed_home, "self": provenance.feed_self}
    return _known(
        {
            "id": provenance.feed_id,
            "title": provenance.feed_title,
            "updated": updated and updated.isoformat(),
            "rights": provenance.feed_rights,
            "author": [_known(asdict(each)) for each in provenance.feed_authors],
            "link": [{"href": href, "rel": rel} for rel, href in links.items() if href],
        }
    )


def _attachment(enclosure: Enclosure) -> Mapping[str, object]:
    return _known(
        {
            "url": enclosure.url,
            "mime_type": enclosure.media_type or _UNKNOWN_TYPE,
            "title": enclosure.title,
            "size_in_bytes": enclosure.length,
        }
    )


def _known(values: Mapping[str, object]) -> Mapping[str, object]:
    """Nothing is empty in a feed: what is not known is not there."""
    return {name: value for name, value in values.items() if value}


def _json(values: Mapping[str, object]) -> bytes:
    return json.dumps(_known(values), ensure_ascii=False, separators=(",", ":")).encode()
