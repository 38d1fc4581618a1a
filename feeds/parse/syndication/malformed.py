"""Feeds that are no XML even after mending, read by feedparser.

Knows what that library makes of them. Must never know topics or drafts, and never be asked first:
it is a hundred times slower.
"""

import io
import warnings
from collections.abc import Iterator
from typing import Any

from feeds.parse.syndication import feed_dates
from feeds.parse.syndication.feed_entries import (
    MOST_ENTRIES,
    RawCategory,
    RawEntry,
    RawFeed,
    TextConstruct,
    absolute,
    enclosure,
    html_words,
    identifier,
    items_only,
    language_tag,
    once,
)
from feeds.parse.syndication.people import authors_of, person
from feeds.parse.xml import untyped

# It reads some 300 kB a second, and its loose parser may look at the same text more than once.
_MOST_BYTES = 200_000


def read(text: bytes, url: str | None, known: int) -> RawFeed | None:
    """What it finds in a feed; None where it finds no more than the entries that are ``known``, or
    would take too long.
    """
    if len(text) > _MOST_BYTES:
        return None
    # It replaces entities, each as often as it is told to, so it sees none that are declared.
    # A tenth of a second and its warnings, for feeds that hardly ever come.
    import feedparser  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Bytes in a stream: a string would be taken for an address or a file's name.
        stream = io.BytesIO(untyped(text))
        try:
            found = feedparser.parse(stream, sanitize_html=False, resolve_relative_uris=False)
        except Exception:  # noqa: BLE001 - what it fails on differs with its parsers
            return None
    if len(found.entries) <= known:
        return None
    head = found.feed
    spoken = language_tag(head.get("language"))
    home = absolute(head.get("link"), url)
    url = url or home
    return RawFeed(
        form="atom" if found.version.startswith("atom") else "rss",
        entries=(_entry(each, url, home, spoken) for each in found.entries[:MOST_ENTRIES]),
        language=spoken,
        others=tuple(filter(None, (person(head.get("author") or ""),))),
        is_guessed=True,
    )


def _entry(entry: Any, base: str | None, home: str | None, spoken: str | None) -> RawEntry:
    guid = entry.get("id", "")
    urls = items_only((absolute(entry.get("link"), base),), home, base)
    contents = entry.get("content") or [{}]
    date = entry.get("published", "")
    return RawEntry(
        title=_words(entry.get("title_detail"), base),
        summary=_words(entry.get("summary_detail"), base),
        content=_words(contents[0], base),
        guid=identifier(guid),
        urls=urls,
        issued=feed_dates.issued(date, spoken) if date else None,
        # Asked as any dict's: feedparser answers with "published" where there is none.
        updated=dict.get(entry, "updated", ""),
        language=language_tag((entry.get("title_detail") or {}).get("language")),
        categories=tuple(_categories(entry)),
        authors=authors_of([(entry.get("author") or "", None)]),
        enclosures=once(
            enclosure(each.get("href"), base, each.get("type"), each.get("length"))
            for each in entry.get("enclosures", ())
        ),
    )


def _words(detail: Any, base: str | None) -> TextConstruct:
    return html_words(str((detail or {}).get("value") or "").strip(), base)


def _categories(entry: Any) -> Iterator[RawCategory]:
    for tag in entry.get("tags", ()):
        term, label, scheme = (tag.get(name) or "" for name in ("term", "label", "scheme"))
        yield RawCategory(term, label, scheme)
