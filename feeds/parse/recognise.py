"""Which family of forms a document belongs to, told by its first bytes.

Knows how files of each family begin. Must never know what is in them.
"""

import codecs
import re
from dataclasses import replace
from enum import StrEnum

from config.values import media_type
from feeds.draft import Document, Draft
from feeds.model import Enclosure


class Family(StrEnum):
    """Families of forms; the values are those of the setting ``form``."""

    TEXT = "text"
    HTML = "html"
    FEED = "feed"
    SITEMAP = "sitemap"
    #: Never recognised and no setting: who takes a push says so.
    PUSH = "push"


# Behind all that may stand in front of it the first element begins within so many bytes.
_HEAD_BYTES = 4_096
# No server writes more in front of a document; a pattern below looks at each byte of it once.
_PREAMBLE_BYTES = 1_000_000
#: A document type, with what it declares: comments, and texts in quotation marks that hold
#: anything.
DOCTYPE = re.compile(
    rb"<!DOCTYPE\b[^\[>]*+(?:\[(?>(?:[^\]\"'<]++|<!--.*?(?:-->|\Z)|\"[^\"]*+\"|'[^']*+'|<)*)\]?\s*+)?>?",
    re.IGNORECASE | re.DOTALL,
)
# Blank lines, comments, a document type, a style sheet's address.
_PREAMBLE = re.compile(
    rb"(?>(?:\s++|<\?.*?\?>|<!--.*?-->|" + DOCTYPE.pattern + rb")*)", re.DOTALL | re.IGNORECASE
)
_FIRST_ELEMENT = re.compile(rb"<(?:[a-z][\w.-]*:)?([a-z][\w.-]*)([^>]*)", re.IGNORECASE)
# What a program complained of, in plain words or in markup, may stand before a feed. A page that
# shows one begins as pages do.
_ROOT = re.compile(
    rb"<(?:!doctype\s+)?(?:[a-z][\w.-]{0,40}:)?(rss|rdf|feed|urlset|sitemapindex)(?=[\s>])",
    re.IGNORECASE,
)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|pre|code)\b", re.IGNORECASE)
_HTML = frozenset(
    b"html head body title meta link script style div main article section header footer nav aside "
    b"h1 h2 h3 h4 h5 h6 p a b i br hr em strong span font center ul ol li dl table tbody tr td img "
    b"form iframe pre blockquote".split()
)
_FEEDS = frozenset({b"rss", b"rdf", b"feed", b"entry", b"channel"})
_SITEMAPS = frozenset({b"urlset", b"sitemapindex"})
_MARKUP = re.compile(
    rb"<(?:!doctype html|html|head|body|meta|div|article|main|h1|p|ul|table)\b", re.IGNORECASE
)
_JSON_FEED = re.compile(rb'\A\s*\{.{0,2000}?"(?:version|items)"\s*:', re.DOTALL)
# A list of addresses in plain text (sitemaps.org).
_ADDRESS = re.compile(rb"https?://[^\s<>]{4,2000}", re.IGNORECASE)
_FEWEST_ADDRESSES = 2
_ADDRESSES_FOR_ANOTHER = 2
_LIST_BYTES = 4_000
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<", b"{\0", b"\0{")
_BY_MEDIA_TYPE = (
    ("html", Family.HTML),
    ("rss", Family.FEED),
    ("atom", Family.FEED),
    ("feed+json", Family.FEED),
    ("rdf", Family.FEED),
)

# How files begin that are no pages, whatever their names and servers say.
_FILES = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
    (b"\xd0\xcf\x11\xe0", "application/msword"),
    (b"{\\rtf", "application/rtf"),
)
_STARTS = tuple(start for start, _ in _FILES)
# The first entry of an OpenDocument names what it is (ODF 1.3 part 2, 3.3).
_OPEN_DOCUMENT = re.compile(
    rb".{26}\x08\0\0\0mimetype(application/vnd\.oasis[a-z.-]{1,60})", re.DOTALL
)
_PAGE_TYPE = re.compile(r"text/|application/(?:.{0,40}\+)?(?:xml|json|xhtml|octet-stream)")


def file_type(body: bytes, content_type: str | None) -> str | None:
    """The media type of a file that holds no page, such as a PDF, an office document, a picture.

    Its first bytes say so, and the server what it is in particular; None for everything else.
    """
    if not body.startswith(_STARTS):
        return None
    found = next(kind for start, kind in _FILES if body.startswith(start))
    if within := _OPEN_DOCUMENT.match(body):
        return within[1].decode()
    named = media_type(content_type)
    return found if _PAGE_TYPE.match(named) else named or found


def with_file(draft: Draft, document: Document, url: str) -> Draft:
    """What tells of an item whose page is a file, with that file as its enclosure."""
    kind = file_type(document.body, document.media_type) or media_type(document.media_type)
    file = Enclosure(url=url, media_type=kind, length=len(document.body))
    return enclosing(draft, file)


def enclosing(draft: Draft, file: Enclosure) -> Draft:
    """The draft with a file first among its enclosures, once."""
    others = (each for each in draft.enclosures if each.url not in {file.url, draft.url})
    return replace(draft, enclosures=(file, *others))


def is_file_type(content_type: str | None) -> bool:
    """Whether a Content-Type names a file that holds no page."""
    named = media_type(content_type)
    return bool(named) and (_PAGE_TYPE.match(named) is None or named.endswith("/octet-stream"))


def family_of(body: bytes, content_type: str | None) -> Family:
    """The family of a document; plain text where nothing speaks for another.

    XML in a vocabulary nobody knows is of the family of feeds, which refuses it.
    """
    head, start = _head(body)
    rest = head[start:]
    element = _FIRST_ELEMENT.match(rest)
    if family := _known(element) or _known(_behind_junk(head, start)):
        return family
    if element:
        is_declared = b"<?xml" in head[:start] or b"xmlns" in element[2]
        is_other_xml = is_declared and element[1].lower() not in _HTML
        return Family.FEED if is_other_xml else _of_media_type(content_type, Family.HTML)
    return _without_element(rest, content_type)


def _without_element(rest: bytes, content_type: str | None) -> Family:
    if _JSON_FEED.match(rest):
        return Family.FEED
    if b"://" in rest[:_LIST_BYTES] and _is_of_addresses(rest[:_LIST_BYTES]):
        return Family.SITEMAP
    if _MARKUP.search(rest):
        return Family.HTML
    # A text of ours opens with a menu, whatever its server calls it.
    is_menu = rest.startswith((b"-", b"*"))
    return Family.TEXT if is_menu else _of_media_type(content_type, Family.TEXT)


def _is_of_addresses(text: bytes) -> bool:
    """Whether nearly all lines are addresses: remarks, and a line that is none, spoil no list."""
    lines = [line for each in text.splitlines() if (line := each.strip())]
    found = sum(_ADDRESS.fullmatch(line) is not None for line in lines)
    others = sum(not line.startswith(b"#") for line in lines) - found
    return found >= _FEWEST_ADDRESSES and _ADDRESSES_FOR_ANOTHER * others < found


def behind_preamble(text: bytes) -> int:
    """Where a text begins behind blank lines, comments, instructions and document types."""
    found = _PREAMBLE.match(text, 0, _PREAMBLE_BYTES)
    return found.end() if found else 0


def _head(body: bytes) -> tuple[bytes, int]:
    """What a document begins with, and where its first element does in that."""
    start = behind_preamble(body)
    head = body[: start + _HEAD_BYTES]
    if head.lstrip().startswith(_UTF_16):
        # Every second byte is NUL in the markup that is looked for here.
        head = head.removeprefix(codecs.BOM_UTF16_LE).removeprefix(codecs.BOM_UTF16_BE)
        head = head.replace(b"\0", b"")
    elif not head.startswith(codecs.BOM_UTF8):
        return head, start
    head = head.removeprefix(codecs.BOM_UTF8)
    return head, behind_preamble(head)


def _known(element: re.Match[bytes] | None) -> Family | None:
    name = element[1].lower() if element else b""
    if name in _FEEDS:
        return Family.FEED
    return Family.SITEMAP if name in _SITEMAPS else None


def _behind_junk(head: bytes, start: int) -> re.Match[bytes] | None:
    # Most pages begin so, and are not looked through.
    if _PAGE.match(head, start):
        return None
    root = _ROOT.search(head, start)
    return root if root and not _PAGE.search(head, 0, root.start()) else None


def _of_media_type(content_type: str | None, otherwise: Family) -> Family:
    named = media_type(content_type)
    return next((family for part, family in _BY_MEDIA_TYPE if part in named), otherwise)
