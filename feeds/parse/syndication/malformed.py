"""Feeds that are no XML even after mending, read by feedparser.

Knows what that library makes of them. Must never know topics or drafts, and never be asked first:
it is a hundred times slower.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
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
    spoken = language_tag(_text(head, "language"))
    home = absolute(_text(head, "link"), url)
    url = url or home
    return RawFeed(
        form="atom" if found.version.startswith("atom") else "rss",
        entries=(_entry(each, url, home, spoken) for each in found.entries[:MOST_ENTRIES]),
        language=spoken,
        others=tuple(filter(None, (person(_text(head, "author")),))),
        is_guessed=True,
    )


def _entry(entry: Any, base: str | None, home: str | None, spoken: str | None) -> RawEntry:
    titles, summaries, contents = (
        _parts(entry, name) for name in ("title_detail", "summary_detail", "content")
    )
    date = _text(entry, "published")
    return RawEntry(
        title=_words(titles, base),
        summary=_words(summaries, base),
        content=_words(contents, base),
        guid=identifier(_text(entry, "id")),
        urls=items_only((absolute(_text(entry, "link"), base),), home, base),
        issued=feed_dates.issued(date, spoken) if date else None,
        updated=_text(entry, "updated"),
        language=language_tag(_text(titles[0], "language")) if titles else None,
        categories=tuple(_categories(entry)),
        authors=authors_of([(_text(entry, "author"), None)]),
        enclosures=once(
            enclosure(_text(link, "href"), base, _text(link, "type"), _text(link, "length"))
            for link in _parts(entry, "links")
            if _text(link, "rel") == "enclosure"
        ),
    )


def _text(told: Any, name: str) -> str:
    """What is told of that name; "" where nothing is. Asked as any dict's: feedparser answers with
    what it has of another name.
    """
    value = dict.get(told, name)
    return value if isinstance(value, str) else ""


def _parts(told: Any, name: str) -> list[Any]:
    """The one thing of that name, or those there are; an element of a feed may have the name, too,
    and is a text then.
    """
    value = dict.get(told, name)
    return [
        each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)
    ]


def _words(details: Sequence[Any], base: str | None) -> TextConstruct:
    return html_words(_text(details[0], "value").strip() if details else "", base)


def _categories(entry: Any) -> Iterator[RawCategory]:
    for tag in _parts(entry, "tags"):
        term, label, scheme = (_text(tag, name) for name in ("term", "label", "scheme"))
        yield RawCategory(term, label, scheme)
