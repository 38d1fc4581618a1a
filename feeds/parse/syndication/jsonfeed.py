"""JSON Feed 1.0 and 1.1.

Knows their members, and that any of them may hold anything. Must never know topics or drafts.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from feeds.draft import Hub, Reason, Refused
from feeds.model import Author
from feeds.parse.bytes import of_windows
from feeds.parse.syndication import feed_dates
from feeds.parse.syndication.feed_entries import (
    MOST_ENTRIES,
    NO_PICTURES,
    RawCategory,
    RawEntry,
    RawFeed,
    StatedPictures,
    TextConstruct,
    absolute,
    base_of_links,
    enclosure,
    identifier,
    items_only,
    language_tag,
    once,
)
from feeds.parse.syndication.people import authors_of
from feeds.pictures import Picture

_Members = dict[str, Any]

# Each value takes up to 200 bytes once read: a document of 20 MB stays below 300 MB.
_MOST_VALUES = 1_000_000
_ITEMS = re.compile(r'"items"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


def read(text: str, url: str | None) -> RawFeed | Refused:
    """What the feed says; of one that is cut off, what its whole items say."""
    if sum(map(text.count, ",:[{")) > _MOST_VALUES:
        evidence = f"it holds more than {_MOST_VALUES:,} values"
        return Refused(reason=Reason.HOSTILE, evidence=evidence)
    try:
        members, is_cut = _loaded(text)
    except RecursionError:
        return Refused(reason=Reason.HOSTILE, evidence="its values are nested too deep")
    except ValueError as error:
        return Refused(reason=Reason.MALFORMED, evidence=str(error)[:200])
    if not isinstance(members, dict) or not isinstance(members.get("items"), list):
        return Refused(reason=Reason.NOT_NEWS, evidence="it is JSON without a list of items")
    feed = _feed(members, url)
    return replace(feed, is_cut=True, half_entries=1) if is_cut else feed


def _loaded(text: str) -> tuple[object, bool]:
    """What a text says, and whether its end is missing."""
    # Not strict: line breaks within strings are a fault anybody can read.
    decoder = json.JSONDecoder(strict=False)
    try:
        return decoder.raw_decode(text)[0], False
    except json.JSONDecodeError:
        items = _ITEMS.search(text)
        if items is None:
            raise
        end = _end_of_items(text, items.end(), decoder)
        if end == items.end():
            raise
        return decoder.raw_decode(f"{text[:end]}]}}")[0], True


def _end_of_items(text: str, start: int, decoder: json.JSONDecoder) -> int:
    """Where the last whole item of a list ends that nobody closed."""
    end = start
    while True:
        found = _BETWEEN.match(text, end)
        try:
            end = decoder.raw_decode(text, found.end() if found else end)[1]
        except json.JSONDecodeError:
            return end


def _feed(members: _Members, url: str | None) -> RawFeed:
    # What is no entry is one that says nothing.
    items = (each if isinstance(each, dict) else {} for each in members["items"][:MOST_ENTRIES])
    url = url or absolute(_text(members.get("feed_url")), None)
    home = absolute(_text(members.get("home_page_url")), url)
    base, language = base_of_links(url, home, url), language_tag(_text(members.get("language")))
    return RawFeed(
        form="json",
        entries=(_entry(item, base, home, url, language) for item in items),
        language=language,
        authors=_authors(members, base),
        pictures=_pictures(members, ("icon", "favicon"), base),
        hub=_hub(members, url),
        next_page=absolute(_text(members.get("next_url")), url),
    )


def _entry(
    item: _Members, base: str | None, home: str | None, found_at: str | None, spoken: str | None
) -> RawEntry:
    guid = _text(item.get("id"))
    url = _text(item.get("url")) or _text(item.get("external_url"))
    addresses = (url, guid if guid.startswith("http") else "")
    urls = items_only((absolute(address, base) for address in addresses), home, found_at)
    content_html, content_text = _text(item.get("content_html")), _text(item.get("content_text"))
    date, language = _text(item.get("date_published")), language_tag(_text(item.get("language")))
    return RawEntry(
        title=TextConstruct(_text(item.get("title"))),
        summary=TextConstruct(_text(item.get("summary"))),
        content=TextConstruct(
            content_html or content_text,
            is_html=bool(content_html),
            base=urls[0] if urls else base,
        ),
        guid=identifier(guid),
        urls=urls,
        issued=feed_dates.issued(date, language or spoken) if date else None,
        updated=_text(item.get("date_modified")),
        language=language,
        categories=tuple(RawCategory(tag) for each in _list(item, "tags") if (tag := _text(each))),
        authors=_authors(item, base),
        enclosures=once(_attachments(item, base or next(iter(urls), None))),
        pictures=_pictures(item, ("image", "banner_image"), base or next(iter(urls), None)),
    )


def _authors(members: _Members, base: str | None) -> tuple[Author, ...]:
    # "author" is of version 1.0.
    people = [*_list(members, "authors"), members.get("author")]
    told = (each for each in people if isinstance(each, dict))
    named = ((each.get("name"), each.get("url")) for each in told)
    return authors_of(
        (name, absolute(url if isinstance(url, str) else "", base))
        for name, url in named
        if isinstance(name, str)
    )


def _attachments(item: _Members, base: str | None) -> Iterator[Any]:
    for each in _list(item, "attachments"):
        if isinstance(each, dict):
            kind, length = _text(each.get("mime_type")), _text(each.get("size_in_bytes"))
            yield enclosure(_text(each.get("url")), base, kind, length, _text(each.get("title")))


def _pictures(members: _Members, names: Iterable[str], base: str | None) -> StatedPictures:
    """The first of them."""
    addresses = (absolute(_text(members.get(name)), base) for name in names)
    found = next(filter(None, addresses), None)
    return StatedPictures((Picture(address=found),)) if found else NO_PICTURES


def _hub(members: _Members, url: str | None) -> Hub | None:
    topic = absolute(_text(members.get("feed_url")), url) or url
    hubs = (each for each in _list(members, "hubs") if isinstance(each, dict))
    by_type = {_text(each.get("type")).lower(): _text(each.get("url")) for each in hubs}
    address = absolute(by_type.get("websub"), url)
    return Hub(address, topic) if address and topic else None


def _list(members: _Members, name: str) -> Iterable[Any]:
    value = members.get(name)
    return value if isinstance(value, list) else ()


def _text(value: object) -> str:
    """A string without halves of characters, a number as it is written, or nothing."""
    if isinstance(value, str):
        return of_windows(value.encode("utf-8", "ignore").decode()).strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
