"""Documents made to do harm, each with what may become of it.

Knows how attackers and broken programs write. Must never know how a parser defends itself.
"""

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from feeds.draft import Reason

__all__ = ["ATTACKS", "Attack"]

_DEEP = 200_000
_MEGABYTE = 1_000_000
_LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
_HARMLESS_RSS = (
    "<rss version='2.0'><channel><title>News</title><link>https://press.example.org/</link>"
    "<item><title>{title}</title><link>{link}</link><guid>{guid}</guid>"
    "<description>{text}</description></item></channel></rss>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """How the bytes are made, and the reasons they may be refused for.

    Without reasons the document must be understood, its poison drawn.
    """

    body: Callable[[], bytes]
    reasons: frozenset[Reason] = frozenset()


def _refused(body: Callable[[], bytes], *reasons: Reason) -> Attack:
    return Attack(body=body, reasons=frozenset(reasons))


def _feed(**values: str) -> bytes:
    harmless = {
        "title": "A course",
        "link": "https://press.example.org/1",
        "guid": "1",
        "text": "Twenty officers took part in a course on electronic evidence.",
    }
    return _HARMLESS_RSS.format(**harmless | values).encode("utf-8", "surrogatepass")


def _page(title: str, text: str) -> bytes:
    paragraphs = f"<p>{text}</p>" * 3
    head = f"<head><title>{title}</title><meta property='og:type' content='article'></head>"
    body = f"<article><h1>{title}</h1><time datetime='2025-01-22'></time>{paragraphs}</article>"
    return f"<!DOCTYPE html><html lang='en'>{head}<body>{body}</body></html>".encode(
        "utf-8", "surrogatepass"
    )


def _zip_bomb() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.txt", b"\0" * 50 * _MEGABYTE)
    return archive.getvalue()


def _billion_laughs() -> bytes:
    return (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{_LAUGHS}]>'
        "<rss version='2.0'><channel><item><title>&l9;</title></item></channel></rss>"
    ).encode()


def _blow_up() -> bytes:
    return (
        f'<!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]><rss version="2.0"><channel><item>'
        f"<title>{'&a;' * 50_000}</title></item></channel></rss>"
    ).encode()


def _accents() -> bytes:
    return ("News Item\nA" + "\u0301\u0327" * 200_000).encode()


_SENTENCE = "Twenty officers took part in a course on electronic evidence in the capital. "
_XML = (Reason.HOSTILE, Reason.MALFORMED)
_NO_ITEM = (Reason.TOO_LARGE, Reason.NOT_NEWS, Reason.INCOMPLETE, Reason.MENU_ONLY, Reason.HOSTILE)

ATTACKS: Mapping[str, Attack] = {
    "billion laughs": Attack(body=_billion_laughs),
    "quadratic blow-up": Attack(body=_blow_up),
    "external entity": Attack(
        body=lambda: (
            b'<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed'
            b' xmlns="http://www.w3.org/2005/Atom"><entry><title>&x;</title></entry></feed>'
        ),
    ),
    "parameter entity": Attack(
        body=lambda: (
            b'<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>'
            b"<rss version='2.0'><channel><item><title>%x;</title></item></channel></rss>"
        ),
    ),
    "deep XML": _refused(
        lambda: b"<rss version='2.0'><channel>" + b"<a>" * _DEEP + b"</a>" * _DEEP, *_XML
    ),
    "deep HTML": _refused(
        lambda: b"<html><body>" + b"<div>" * _DEEP + b"text" + b"</div>" * _DEEP,
        Reason.HOSTILE,
        Reason.NOT_NEWS,
    ),
    "deep JSON": _refused(
        lambda: b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * _DEEP, *_XML
    ),
    "20 MB of text": _refused(lambda: _SENTENCE.encode() * 260_000, *_NO_ITEM),
    "20 MB of elements": _refused(
        lambda: b"<rss version='2.0'><channel>" + b"<item/>" * 2_800_000, *_XML, Reason.NOT_NEWS
    ),
    "20 MB of one line": _refused(lambda: b"a" * 20 * _MEGABYTE, *_NO_ITEM),
    "20 MB of tags": _refused(
        lambda: b"<html><body>" + b"<p>a" * 5_000_000, Reason.HOSTILE, *_NO_ITEM
    ),
    "zip bomb": _refused(_zip_bomb, Reason.BINARY),
    "gzip bomb": _refused(lambda: gzip.compress(b"\0" * 50 * _MEGABYTE), Reason.BINARY),
    "NUL": _refused(lambda: b"News Item\0\0\0\0\nA title\0\0\0\nText\0", Reason.BINARY),
    "only control characters": _refused(lambda: b"\x01\x02\x03" * 500, Reason.BINARY),
    "accents without end": _refused(_accents, *_NO_ITEM),
    "brackets without end": _refused(lambda: b"<" * _MEGABYTE, *_NO_ITEM, Reason.MALFORMED),
    "guillemets without end": Attack(body=lambda: _page("A course", _SENTENCE + "«" * 300_000)),
    "ampersands without end": Attack(body=lambda: _page("A course", _SENTENCE + "&" * 600_000)),
    "comments in a document type": _refused(
        lambda: b"<!DOCTYPE rss [" + b"<!--" * 500_000 + b"]><rss><channel/></rss>",
        *_XML,
        Reason.NOT_NEWS,
    ),
    "lines before a feed": _refused(
        lambda: b"\n" * 2 * _MEGABYTE + b"<rss version='2.0'><channel><item>", Reason.NOT_NEWS
    ),
    "1 MB title in a feed": Attack(body=lambda: _feed(title="A title " * 125_000)),
    "CR LF in a title": Attack(body=lambda: _feed(title="A title&#13;&#10;Bcc: all@example.org")),
    "lone surrogate": Attack(body=lambda: _feed(title="A \ud800 title")),
    "script in a feed": Attack(
        body=lambda: _feed(text="&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;Text&lt;/b&gt;")
    ),
    "javascript link": Attack(
        body=lambda: _feed(
            link="javascript:alert(1)",
            text="&lt;a href='javascript:alert(1)'&gt;Read&lt;/a&gt; all of the text.",
        )
    ),
    "script in a page": Attack(
        body=lambda: _page("A course", f"{_SENTENCE}<script>alert(1)</script>")
    ),
    "handlers in a page": Attack(
        body=lambda: _page("A course", f"{_SENTENCE}<img src=x onerror='alert(1)'>")
    ),
    "lone surrogate in a page": Attack(body=lambda: _page("A \ud800 course", _SENTENCE)),
}
