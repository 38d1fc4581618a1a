"""What search engines are told: which addresses there are (sitemaps.org 0.9), and where to ask.

Knows the protocol's documents and robots.txt (RFC 9309). Must never know which items there are.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from lxml import etree

from feeds.publish.site import Site

#: What robots.txt begins with where we wrote it; an operator's own stays as it is.
OURS = b"# Fieldfare\n"

INDEX_FILE = "sitemap.xml"
PAGES_FILE = "sitemap-pages.xml"

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"

#: An address, and when what is there last changed, where that is known.
Listed = tuple[str, datetime | None]


def part_file(part: int) -> str:
    """The path of one part of the items, relative to the address of the site: the parts stand
    beside all they name, as the protocol wants it.
    """
    return f"sitemap-items-{part}.xml"


def index_bytes(site: Site, parts: Iterable[tuple[int, datetime]]) -> bytes:
    """The list of all parts, with when each last changed; that of the feeds' pages never tells."""
    listed: list[Listed] = [(PAGES_FILE, None), *((part_file(part), at) for part, at in parts)]
    return _document("sitemapindex", "sitemap", ((f"{site.url}/{path}", at) for path, at in listed))


def part_bytes(listed: Iterable[Listed]) -> bytes:
    """One part, by the addresses of its pages."""
    return _document("urlset", "url", listed)


def robots_bytes(site: Site) -> bytes:
    """What robots may ask for: all but searches, which have no end, and where all is listed."""
    lines = ("User-agent: *", "Disallow: /feeds/select", f"Sitemap: {site.url}/{INDEX_FILE}", "")
    return OURS + "\n".join(lines).encode("ascii")


def _document(root: str, each: str, listed: Iterable[Listed]) -> bytes:
    document = etree.Element(root, xmlns=_NAMESPACE)
    for address, at in listed:
        entry = etree.SubElement(document, each)
        etree.SubElement(entry, "loc").text = address
        if at:
            moment = at.astimezone(UTC).isoformat(timespec="seconds")
            etree.SubElement(entry, "lastmod").text = moment
    etree.indent(document, "")
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8") + b"\n"
