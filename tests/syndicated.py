"""Feeds as publishers write them, with what a test is about put in, and what is understood.

Knows how a feed is put together. Must never know what a test expects of it.
"""

from feeds.draft import Document, Draft, Habits, Parsed, Refused
from feeds.parse import syndication
from feeds.taxonomy import Taxonomy

URL = "https://www.example.org/news/feed"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "atom": "http://www.w3.org/2005/Atom",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "media": "http://search.yahoo.com/mrss/",
    }.items()
)

#: Everything RSS says of an item, and what does not belong there.
FULL = """
<item>
  <title>Police officers trained in &lt;em&gt;digital&lt;/em&gt; investigations</title>
  <link>/mission/100</link>
  <guid isPermaLink="false">node-100</guid>
  <pubDate>Fri, 20 Nov 2026 23:30:00 -0500</pubDate>
  <dc:creator>OSCE Secretariat</dc:creator>
  <category>Policing</category><category>something nobody knows</category>
  <category domain="https://www.example.org/fields">Night schools</category>
  <description>&lt;p&gt;Twenty officers &amp;amp; a judge.&lt;/p&gt;</description>
  <content:encoded><![CDATA[<p>Twenty officers &amp; a judge.</p>
    <p onclick="x()">The course was <a href="more">long</a>.<script>alert(1)</script></p>]]>
  </content:encoded>
  <enclosure url="/guide.pdf" type="application/pdf" length="1024"/>
</item>"""


def rss(items: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" {NAMESPACES}><channel>'
        f"<title>News</title><link>https://www.example.org/</link>{head}{items}</channel></rss>"
    ).encode()


def item(inner: str) -> bytes:
    return rss(f"<item><title>A title</title>{inner}</item>")


def atom(entries: str, head: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        'xml:lang="en-GB"><id>tag:example.org,2026:feed</id><title>All <![CDATA[& news]]></title>'
        f"<updated>2026-11-20T12:00:00Z</updated>{head}{entries}</feed>"
    ).encode()


def entry(inner: str) -> bytes:
    return atom(f"<entry><id>tag:example.org,2026:1</id><title>A title</title>{inner}</entry>")


def understood(
    body: bytes | str, taxonomy: Taxonomy, media_type: str | None = None, url: str | None = URL
) -> Parsed | Refused:
    document = Document(
        source="test",
        name="feed",
        body=body.encode() if isinstance(body, str) else body,
        url=url,
        media_type=media_type,
    )
    return syndication.parse(document, taxonomy, Habits())


def parsed(
    body: bytes | str, taxonomy: Taxonomy, media_type: str | None = None, url: str | None = URL
) -> Parsed:
    found = understood(body, taxonomy, media_type, url)
    assert isinstance(found, Parsed), str(found)
    return found


def refused(body: bytes | str, taxonomy: Taxonomy) -> Refused:
    found = understood(body, taxonomy)
    assert isinstance(found, Refused), found
    return found


def only(body: bytes | str, taxonomy: Taxonomy, url: str | None = URL) -> Draft:
    [draft] = parsed(body, taxonomy, url=url).drafts
    return draft
