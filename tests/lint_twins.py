"""What RSS 2.0 and JSON Feed 1.1 must be beside an Atom feed: perfect each, and the same as it.

Knows the formats, what the W3C's validator warns of, and what feed readers stumble over. Must never
know who made a feed.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import fastjsonschema
from lxml import etree

from tests.lint import html_faults, is_absolute

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_SCHEMA = Path(__file__).parent / "schema" / "jsonfeed-1.1.json"

# RFC 822 with a year of four digits, as RFC 2822 has it (and the W3C's validator without warning).
_RFC_822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d"
    r" (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d (?:GMT|[+-]\d{4})"
)
# As the W3C's validator knows them (RFC 2396); what RFC 3986 has more is in none of ours.
_URI = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\])?[\w;/?:@&=+$.\-!~*'()%,#]+", re.ASCII)
_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;.*)?", re.ASCII)
UNKNOWN_TYPE = "application/octet-stream"


def lint_rss(feed: bytes, address: str) -> tuple[str, ...]:
    """Every fault of an RSS document in words; ``address`` is where it is served from."""
    try:
        root = etree.fromstring(feed)
    except etree.XMLSyntaxError as problem:
        return (f"not well-formed: {problem}",)
    if (root.tag, root.get("version"), len(root)) != ("rss", "2.0", 1):
        return (f"the root is {root.tag} {root.get('version')} with {len(root)} channels",)
    return tuple(_rss_faults(root[0], address))


def _rss_faults(channel: etree._Element, address: str) -> Iterator[str]:
    items = channel.findall("item")
    yield from _once(channel, "title", "link", "description", "language", "lastBuildDate")
    selves = _links(channel, "self")
    if [(link.get("href"), link.get("type")) for link in selves] != [
        (address, "application/rss+xml")
    ]:
        yield f"the self links are {[link.get('href') for link in selves]}, the feed is {address}"
    if items and list(channel)[-len(items) :] != items:
        yield "what the feed says of itself stands after an item"
    for item in items:
        name = item.findtext("guid") or etree.tostring(item, encoding="unicode")[:200]
        yield from (f"{name}: {fault}" for fault in _rss_item_faults(item))
    yield from _repeated("guid", (item.findtext("guid") or "" for item in items))
    yield from _repeated("updated", (item.findtext(f"{_ATOM}updated") or "" for item in items))
    yield from _rss_dates(channel)
    yield from _rss_texts(channel)


def _rss_dates(channel: etree._Element) -> Iterator[str]:
    newest = _rfc_822(channel.findtext("lastBuildDate") or "")
    for element in channel.iter("pubDate", "lastBuildDate"):
        moment = _rfc_822(element.text or "")
        if moment is None or newest is None:
            yield f"{element.text} is no date"
        elif moment > newest:
            yield f"{element.text} is newer than the feed"


def _rss_texts(channel: etree._Element) -> Iterator[str]:
    for element in channel.iter():
        if not len(element) and not element.attrib and not (element.text or "").strip():
            yield f"an empty {element.tag}"
        for name in ("href", "url", "domain"):
            if (text := element.get(name)) is not None and not is_absolute(text):
                yield f"the {name} {text!r} is relative"
            elif text and name != "domain" and not _URI.fullmatch(text):
                yield f"the {name} {text!r} is no URI"


def _rss_item_faults(item: etree._Element) -> Iterator[str]:
    yield from _once(item, "title", "link", "guid", f"{_ATOM}updated")
    guid = item.find("guid")
    if guid is None or guid.get("isPermaLink") != "false":
        yield "a guid that is said to be a link"
    for name in ("description", _CONTENT, "pubDate", "enclosure", "source"):
        if (count := len(item.findall(name))) > 1:
            yield f"{count} times {name}"
    if not item.get(_LANGUAGE):
        yield "no xml:lang"
    if not item.findall(_CREATOR):
        yield "no author"
    yield from _rss_content(item)
    published, updated = item.findtext("pubDate"), item.findtext(f"{_ATOM}updated")
    moment = _rfc_822(published or "")
    if moment and moment > datetime.fromisoformat(updated or ""):
        yield "published after it was updated"
    yield from _rss_files(item)
    if not _URI.fullmatch(item.findtext("link") or ""):
        yield "a link that is no URI"


def _rss_content(item: etree._Element) -> Iterator[str]:
    children = [child.tag for child in item]
    if _CONTENT in children and "description" not in children[: children.index(_CONTENT)]:
        yield "content without a description before it"
    for name in ("description", _CONTENT):
        yield from html_faults(item.findtext(name) or "")


def _rss_files(item: etree._Element) -> Iterator[str]:
    for enclosure in item.findall("enclosure"):
        if not (enclosure.get("length") or "").isdecimal():
            yield f"an enclosure of {enclosure.get('length')} bytes"
        if not _TYPE.fullmatch(enclosure.get("type") or ""):
            yield f"an enclosure of the type {enclosure.get('type')}"
        if not (enclosure.get("url") or "").startswith(("http://", "https://")):
            yield f"an enclosure at {enclosure.get('url')}"


def lint_json(feed: bytes, address: str) -> tuple[str, ...]:
    """Every fault of a JSON Feed document in words; ``address`` is where it is served from."""
    try:
        document = json.loads(feed.decode("utf-8"), object_pairs_hook=_without_twins)
        schema()(document)
    except (ValueError, fastjsonschema.JsonSchemaException) as problem:
        return (str(problem),)
    return tuple(_json_faults(document, address))


@cache
def schema() -> Callable[[object], object]:
    """The schema of JSON Feed 1.1, as what raises JsonSchemaException."""
    made: Callable[[object], object] = fastjsonschema.compile(
        json.loads(_SCHEMA.read_text("utf-8")), formats={"absolute": is_absolute}
    )
    return made


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError(f"a name twice among {[name for name, _ in pairs]}")
    return dict(pairs)


def _json_faults(document: dict[str, Any], address: str) -> Iterator[str]:
    if document["feed_url"] != address:
        yield f"the feed is said to be {document['feed_url']}, and is {address}"
    items = document["items"]
    for name in ("id", "date_modified"):
        yield from _repeated(name, (item[name] for item in items))
    newest = datetime.fromisoformat(document["_atom"]["updated"])
    for item in items:
        modified = datetime.fromisoformat(item["date_modified"])
        published = datetime.fromisoformat(item.get("date_published", item["date_modified"]))
        if not published <= modified <= newest:
            yield f"{item['id']}: {published}, {modified} and {newest} in no order"
        yield from (f"{item['id']}: {fault}" for fault in html_faults(item.get("content_html", "")))


# -- The same in three forms -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What a reader gets to know of an entry, whatever the format: dates to the second where RSS
    has no more, and nothing where it has no word.
    """

    id: str
    title: str
    link: str
    summary: str
    content: str
    language: str
    published: datetime | None
    updated: datetime
    authors: tuple[str, ...]
    categories: tuple[tuple[str, str], ...]
    enclosures: tuple[tuple[str, str, int], ...]


def told_by_atom(feed: bytes) -> list[Told]:
    root = etree.fromstring(feed)
    return [
        Told(
            id=_text(entry, f"{_ATOM}id"),
            title=_text(entry, f"{_ATOM}title"),
            link=_links(entry, "alternate")[0].get("href") or "",
            summary=_text(entry, f"{_ATOM}summary"),
            content=_text(entry, f"{_ATOM}content"),
            language=entry.get(_LANGUAGE) or "",
            published=_rfc_3339(_text(entry, f"{_ATOM}published")),
            updated=datetime.fromisoformat(_text(entry, f"{_ATOM}updated")),
            authors=tuple(_text(each, f"{_ATOM}name") for each in entry.findall(f"{_ATOM}author")),
            categories=tuple(
                (each.get("scheme") or "", each.get("label") or "")
                for each in entry.findall(f"{_ATOM}category")
            ),
            enclosures=tuple(_enclosure(link) for link in _links(entry, "enclosure")),
        )
        for entry in root.findall(f"{_ATOM}entry")
    ]


def told_by_rss(feed: bytes) -> list[Told]:
    root = etree.fromstring(feed)
    return [_told_by_item(item) for item in root[0].findall("item")]


def _told_by_item(item: etree._Element) -> Told:
    description, content = _text(item, "description"), _text(item, _CONTENT)
    first = [
        (each.get("url") or "", each.get("type") or "", int(each.get("length") or 0))
        for each in item.findall("enclosure")
    ]
    return Told(
        id=_text(item, "guid"),
        title=_text(item, "title"),
        link=_text(item, "link"),
        summary=unescape(description) if content else "",
        content=content or description,
        language=item.get(_LANGUAGE) or "",
        published=_rfc_822(_text(item, "pubDate")),
        updated=datetime.fromisoformat(_text(item, f"{_ATOM}updated")),
        authors=tuple(each.text or "" for each in item.findall(_CREATOR)),
        categories=tuple(
            (each.get("domain") or "", each.text or "") for each in item.findall("category")
        ),
        enclosures=(*first, *(_enclosure(link) for link in _links(item, "enclosure"))),
    )


def told_by_json(feed: bytes) -> list[Told]:
    return [
        Told(
            id=item["id"],
            title=item["title"],
            link=item["url"],
            summary=item.get("summary", ""),
            content=item.get("content_html", ""),
            language=item["language"],
            published=_rfc_3339(item.get("date_published", "")),
            updated=datetime.fromisoformat(item["date_modified"]),
            authors=tuple(each["name"] for each in item["authors"]),
            categories=tuple(
                (each["scheme"], each["label"]) for each in item["_atom"].get("category", ())
            ),
            enclosures=tuple(
                (each["url"], each["mime_type"], each.get("size_in_bytes", 0))
                for each in item.get("attachments", ())
            ),
        )
        for item in json.loads(feed)["items"]
    ]


# -- What they share -------------------------------------------------------------------------------


def _once(element: etree._Element, *names: str) -> Iterator[str]:
    for name in names:
        if len(found := element.findall(name)) != 1 or not (found[0].text or "").strip():
            yield f"{name} {len(found)} times, or empty"


def _repeated(name: str, texts: Iterable[str]) -> Iterator[str]:
    yield from (f"{n} items with the {name} {text}" for text, n in Counter(texts).items() if n > 1)


def _links(element: etree._Element, rel: str) -> list[etree._Element]:
    return [link for link in element.findall(f"{_ATOM}link") if link.get("rel") == rel]


def _enclosure(link: etree._Element) -> tuple[str, str, int]:
    kind, length = link.get("type") or UNKNOWN_TYPE, int(link.get("length") or 0)
    return (link.get("href") or "", kind, length)


def _text(element: etree._Element, name: str) -> str:
    return element.findtext(name) or ""


def _rfc_3339(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(microsecond=0) if text else None


def _rfc_822(text: str) -> datetime | None:
    found = _RFC_822.fullmatch(text)
    moment = parsedate_to_datetime(text) if found else None
    return moment if found and moment and f"{moment:%a}" == found[1] else None
