"""What a perfect Atom feed must be, beyond what its schema can say.

Knows RFC 4287 and what feed readers stumble over. Must never know who made a feed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# RFC 3339 with a zone, as RFC 4287 3.3 asks.
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
# RFC 4151: an authority and the date on which it was the minter's.
_TAG = re.compile(r"tag:[^,:]+,\d{4}(?:-\d\d){0,2}:.+")
_IN_HTML = re.compile(r"""\b(?:href|src)\s*=\s*["']?([^"'\s>]*)""", re.IGNORECASE)
_ESCAPED_TWICE = re.compile(r"\s*&lt;/?[a-z]+[\s/]*&gt;", re.IGNORECASE)


def lint(feed: bytes, address: str | None = None) -> tuple[str, ...]:
    """Every fault of a feed document in words, none if it is perfect.

    ``address`` is where the document is served from.
    """
    try:
        root = etree.fromstring(feed)
    except etree.XMLSyntaxError as problem:
        return (f"not well-formed: {problem}",)
    if root.tag != f"{_ATOM}feed":
        return (f"the root is {root.tag}, not an Atom feed",)
    return tuple(_faults(root, address))


def _faults(root: etree._Element, address: str | None) -> Iterator[str]:
    entries = root.findall(f"{_ATOM}entry")
    yield from _of_head(root, entries, address)
    for name in ("id", "updated"):
        yield from _repeated(name, entries)
    newest = _instant(root, "updated")
    for number, entry in enumerate(entries, start=1):
        name = _text(entry, "id") or f"entry {number}"
        yield from (f"{name}: {fault}" for fault in _of_entry(entry, newest))
    yield from _addresses(root)


def _of_head(
    root: etree._Element, entries: list[etree._Element], address: str | None
) -> Iterator[str]:
    yield from _counts(root, exactly_one=("id", "title", "updated"), at_most_one=("subtitle",))
    yield from _dates(root)
    yield from _links(root)
    if root.find(f"{_ATOM}author") is None:
        without = sum(1 for entry in entries if entry.find(f"{_ATOM}author") is None)
        if without or not entries:
            yield "no author, and not every entry has one"
    selves = [link.get("href") for link in _rel(root, "self")]
    if len(selves) != 1:
        yield f"{len(selves)} self links instead of one"
    elif address is not None and selves[0] != address:
        yield f"the self link is {selves[0]}, but the feed is at {address}"


def _of_entry(entry: etree._Element, newest: datetime | None) -> Iterator[str]:
    yield from _counts(
        entry,
        exactly_one=("id", "title", "updated"),
        at_most_one=("published", "content", "summary", "source"),
    )
    yield from _dates(entry)
    yield from _links(entry)
    yield from _order(entry, newest)
    yield from _categories(entry)
    if not entry.get(_LANGUAGE):
        yield "no xml:lang"
    content = entry.find(f"{_ATOM}content")
    if content is None and not _rel(entry, "alternate"):
        yield "neither an alternate link nor content"
    if content is not None and content.get("type") == "html":
        yield from html_faults(content.text or "")


def _counts(
    element: etree._Element, *, exactly_one: Iterable[str], at_most_one: Iterable[str]
) -> Iterator[str]:
    for name in exactly_one:
        if (count := len(element.findall(f"{_ATOM}{name}"))) != 1:
            yield f"{count} times {name} instead of once"
        elif not _text(element, name):
            yield f"an empty {name}"
    for name in at_most_one:
        if (count := len(element.findall(f"{_ATOM}{name}"))) > 1:
            yield f"{count} times {name}, at most one is allowed"
    for title in element.findall(f"{_ATOM}title"):
        if title.get("type", "text") != "text":
            yield "a title that is not plain text"
    identifier = _text(element, "id")
    if identifier.startswith("tag:") and not _TAG.fullmatch(identifier):
        yield f"the id {identifier} is no tag: URI with authority and date"


def _dates(element: etree._Element) -> Iterator[str]:
    for name in ("updated", "published"):
        text = _text(element, name)
        if text and _instant(element, name) is None:
            yield f"{name} {text} is no date with a time and a zone"


def _order(entry: etree._Element, newest: datetime | None) -> Iterator[str]:
    published, updated = _instant(entry, "published"), _instant(entry, "updated")
    if published and updated and published > updated:
        yield "published after it was updated"
    if newest and updated and updated > newest:
        yield "newer than its feed"


def _links(element: etree._Element) -> Iterator[str]:
    alternates = _rel(element, "alternate")
    kinds = Counter((link.get("type"), link.get("hreflang")) for link in alternates)
    yield from (f"{n} alternates of {kind}" for kind, n in kinds.items() if n > 1)
    pages = [link.get("type") == "text/html" for link in alternates]
    if any(pages) and not pages[-1]:
        yield "the text/html alternate is not the last"
    # Some readers open the first link of an entry, whatever it is.
    first = element.find(f"{_ATOM}link")
    if element.tag == f"{_ATOM}entry" and alternates and first is not alternates[0]:
        yield "the first link is no alternate"
    for link in _rel(element, "enclosure"):
        length = link.get("length", "1")
        if not (length.isdecimal() and int(length)):
            yield f"the enclosure {link.get('href')} is {length!r} bytes long"


def _categories(entry: etree._Element) -> Iterator[str]:
    for category in entry.findall(f"{_ATOM}category"):
        missing = [name for name in ("scheme", "term", "label") if not category.get(name)]
        if missing:
            yield f"a category without {' and '.join(missing)}"


def html_faults(text: str) -> Iterator[str]:
    """What is wrong with HTML within a feed."""
    if _ESCAPED_TWICE.match(text):
        yield "its HTML is escaped twice"
    for address in _IN_HTML.findall(text):
        if not is_absolute(address):
            yield f"the address {address!r} within its HTML is relative"


def _addresses(root: etree._Element) -> Iterator[str]:
    for element in root.iter(f"{_ATOM}link", f"{_ATOM}category", f"{_ATOM}generator"):
        for name in ("href", "scheme", "uri"):
            if (address := element.get(name)) is not None and not is_absolute(address):
                yield f"the {name} {address!r} is relative"
    for element in root.iter(*(f"{_ATOM}{name}" for name in ("id", "uri", "icon", "logo"))):
        if element.text and not is_absolute(element.text):
            yield f"the {etree.QName(element).localname} {element.text!r} is relative"


def _repeated(name: str, entries: Iterable[etree._Element]) -> Iterator[str]:
    counts = Counter(_text(entry, name) for entry in entries)
    yield from (f"{n} entries with the {name} {text}" for text, n in counts.items() if n > 1)


def _rel(element: etree._Element, rel: str) -> list[etree._Element]:
    links = element.findall(f"{_ATOM}link")
    return [link for link in links if link.get("rel", "alternate") == rel]


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(f"{_ATOM}{name}") or "").strip()


def _instant(element: etree._Element, name: str) -> datetime | None:
    text = _text(element, name)
    try:
        return datetime.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def is_absolute(address: str) -> bool:
    """Whether an address stands for itself."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path))
