"""Which family a document belongs to, by its bytes first."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.parse.recognise import Family, family_of, file_type, is_file_type


@pytest.mark.parametrize(
    ("body", "family"),
    [
        (b"News Item\nA title\n", Family.TEXT),
        (b"- Heading\n<b>not markup", Family.TEXT),
        (b"<!DOCTYPE html><html><body>", Family.HTML),
        (b"  <!-- saved --> <HTML lang=en>", Family.HTML),
        (b"\xef\xbb\xbf<html>", Family.HTML),
        (codecs.BOM_UTF16_LE + "<html>".encode("utf-16-le"), Family.HTML),
        (b"A line of warning\n<div><p>text", Family.HTML),
        (b"<?xml version='1.0'?>\n<rss version='2.0'>", Family.FEED),
        (b"<?xml version='1.0'?><?xml-stylesheet href='a'?><feed xmlns='x'>", Family.FEED),
        (b"<!DOCTYPE rss PUBLIC 'x' 'y' [<!ENTITY a 'b'>]>\n<rss>", Family.FEED),
        (b"<!DOCTYPE rss [<!ENTITY a '" + b"a" * 5000 + b"'>]><rss>", Family.FEED),
        (b"<?xml version='1.0'?><!--" + b" <html> " * 5000 + b"--><rss>", Family.FEED),
        (b"<?xml version='1.0'?>" + b"<?cached x?>" * 1000 + b"<feed xmlns='x'>", Family.FEED),
        (b"\n" * 66_000 + b"<rss version='2.0'>", Family.FEED),
        (b"<?xml version='1.0'?>" + b"\n" * 66_000 + b"<urlset>", Family.SITEMAP),
        (b"<rdf:RDF xmlns:rdf='x'>", Family.FEED),
        (b"<atom:entry xmlns:atom='x'>", Family.FEED),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', Family.FEED),
        (b"<urlset xmlns='x'>", Family.SITEMAP),
        (b"<sitemapindex>", Family.SITEMAP),
        (b"<strange>", Family.HTML),
        (b"<br />\n<b>Notice</b>: Undefined index in <b>a.php</b>\n<?xml version='1.0'?><rss>", Family.FEED),  # noqa: E501
        (b"Warning: Cannot modify header information in a.php\n<feed xmlns='x'>", Family.FEED),
        (b"<div class='error'>Slow query</div><rdf:RDF xmlns:rdf='x'>", Family.FEED),
        (b"Notice: x\n<urlset xmlns='x'>", Family.SITEMAP),
        ("<?xml version='1.0'?><rss>".encode("utf-16-le"), Family.FEED),
        ("<urlset>".encode("utf-16-be"), Family.SITEMAP),
        ('{"version": "1", "items": []}'.encode("utf-16-le"), Family.FEED),
        (b"<html><body>Write &lt;rss> or <pre><rss version='2.0'></pre>", Family.HTML),
        (b"<div><script>var a = '<rss version=2>';</script>", Family.HTML),
        (b"<!DOCTYPE html><p><feed>", Family.HTML),
        (b"<?xml version='1.0'?><!DOCTYPE html><html xmlns='x'>", Family.HTML),
        (b"<?xml version='1.0'?><OpenSearchDescription>", Family.FEED),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", Family.FEED),
        (b"# Pages\nhttps://e.test/1\n\nhttps://e.test/2", Family.SITEMAP),
        (b"https://e.test/1\nOne address above a text, and two\nlines of it.", Family.TEXT),
    ],
)  # fmt: skip
def test_the_bytes_tell_the_family(body: bytes, family: Family) -> None:
    """Whatever the server says of them."""
    assert family_of(body, None) is family


@pytest.mark.parametrize(
    ("body", "media_type", "family"),
    [
        (b"<rss version='2.0'>", "text/html", Family.FEED),
        (b"<html>", "application/rss+xml", Family.FEED),
        (b"garbage first", "application/atom+xml; charset=utf-8", Family.FEED),
        (b"plain words", "text/html", Family.HTML),
        (b"- a menu", "text/html", Family.TEXT),
        (b"plain words", "text/plain", Family.TEXT),
    ],
)
def test_the_media_type_decides_what_the_bytes_leave_open(
    body: bytes, media_type: str, family: Family
) -> None:
    """Servers often have it wrong."""
    assert family_of(body, media_type) is family


@given(st.binary(max_size=200), st.none() | st.text(max_size=30))
def test_every_document_has_a_family(body: bytes, media_type: str | None) -> None:
    """Nothing raises; and what was pushed is known to who took it alone."""
    assert family_of(body, media_type) in {*Family} - {Family.PUSH}


@pytest.mark.parametrize(
    ("begins", "named", "kind"),
    [
        (b"%PDF-1.7", "text/html", "application/pdf"),
        (
            b"PK\x03\x04"
            + bytes(22)
            + b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.text",
            "application/zip",
            "application/vnd.oasis.opendocument.text",
        ),
        (b"PK\x03\x04", "application/vnd.ms-excel", "application/vnd.ms-excel"),
        (b"PK\x03\x04", None, "application/zip"),
        (b"<html>", "application/pdf", None),
    ],
)
def test_a_file_says_what_it_is_and_its_server_what_in_particular(
    begins: bytes, named: str | None, kind: str | None
) -> None:
    assert file_type(begins, named) == kind


@pytest.mark.parametrize(
    ("content_type", "is_file"),
    [
        ("application/pdf", True),
        ("application/octet-stream", True),
        ("video/mp4; codecs=x", True),
        ("text/html; charset=utf-8", False),
        ("application/rss+xml", False),
        ("", False),
        (None, False),
    ],
)
def test_a_type_tells_a_file_from_a_page(content_type: str | None, *, is_file: bool) -> None:
    assert is_file_type(content_type) is is_file
