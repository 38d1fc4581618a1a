"""How fast feeds become drafts, sanitising included, beside feedparser and fastfeedparser.

Run it with ``python -m tests.bench.bench_feeds [ENTRIES]``. One core, the same bytes for each; the
entries differ in every word that could be remembered. Peers do less: no topics, no paragraphs.
"""

import io
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import fastfeedparser
import feedparser

from feeds.draft import Document, Parsed
from feeds.parse import understand
from feeds.taxonomy import Taxonomy

ROOT = Path(__file__).parents[2]
ENTRIES = 2_000
ROUNDS = 5

#: What is asked for, in entries a second, of feeds with short summaries.
LIMIT = 20_000

START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = "officers practised how to secure evidence in a course held by the mission in".split()
FIELDS = ("Policing", "Human rights", "Elections", "Youth", "Migration")


def sentence(number: int) -> str:
    return f"In course {number} {' '.join(WORDS)} place {number}, &amp; a report {number * 7} followed."  # noqa: E501


def rss(count: int, *, html: bool = False, full: bool = False) -> bytes:
    items = "".join(_item(number, html=html, full=full) for number in range(count))
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>'
        "<link>https://news.example.org/</link><description>All news</description>"
        f"<language>en-GB</language>{items}</channel></rss>"
    ).encode()


def _item(number: int, *, html: bool, full: bool) -> str:
    url = f"https://news.example.org/mission/{number}"
    text = (
        f'<p>{sentence(number)} <a href="/more/{number}">More</a></p>' if html else sentence(number)
    )
    content = "".join(f"<p>{sentence(number + step)}</p>" for step in range(10)) if full else ""
    return (
        f"<item><title>Course {number} on evidence ends in place {number}</title>"
        f"<link>{url}</link><guid isPermaLink='false'>node-{number}</guid>"
        f"<description><![CDATA[{text}]]></description>"
        f"<pubDate>{format_datetime(START + timedelta(minutes=number))}</pubDate>"
        f"<dc:creator>OSCE Secretariat</dc:creator><category>{FIELDS[number % 5]}</category>"
        f"<category>tag {number % 40}</category>"
        + (f"<content:encoded><![CDATA[{content}]]></content:encoded>" if full else "")
        + "</item>"
    )


def atom(count: int) -> bytes:
    entries = "".join(
        f"<entry><id>tag:news.example.org,2026:{number}</id><title>Course {number} ends</title>"
        f"<link rel='alternate' type='text/html' href='https://news.example.org/m/{number}'/>"
        f"<published>{(START + timedelta(minutes=number)).isoformat()}</published>"
        f"<updated>{(START + timedelta(minutes=number)).isoformat()}</updated>"
        f"<author><name>OSCE Secretariat</name></author>"
        f"<category term='policing' scheme='https://news.example.org/field' label='Policing'/>"
        f"<summary type='html'>&lt;p&gt;{sentence(number)}&lt;/p&gt;</summary></entry>"
        for number in range(count)
    )
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><id>tag:news.example.org,2026:f</id>'  # noqa: E501
        f"<title>News</title><updated>2026-01-02T00:00:00Z</updated>{entries}</feed>"
    ).encode()


def ours(body: bytes, taxonomy: Taxonomy) -> int:
    document = Document(source="bench", name="feed", body=body, url="https://news.example.org/rss")
    parsed = understand(document, taxonomy)
    assert isinstance(parsed, Parsed), parsed
    return len(parsed.drafts)


def of_feedparser(body: bytes) -> int:
    return len(feedparser.parse(io.BytesIO(body)).entries)


def of_fastfeedparser(body: bytes) -> int:
    return len(fastfeedparser.parse(body).entries)


def per_second(read: Callable[[], int], count: int, rounds: int) -> float:
    best = 0.0
    for _ in range(rounds):
        started = time.process_time()
        assert read() == count
        best = max(best, count / (time.process_time() - started))
    return best


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    taxonomy = Taxonomy.from_toml((ROOT / "config/taxonomies/osce.toml").read_text("utf-8"))
    bodies = {
        "RSS, plain summaries": rss(count),
        "RSS, HTML summaries": rss(count, html=True),
        "Atom, HTML summaries": atom(count),
        "RSS, full content": rss(count, html=True, full=True),
    }
    for what, body in bodies.items():
        rate = per_second(partial(ours, body, taxonomy), count, ROUNDS)
        slow = per_second(partial(of_feedparser, body), count, 1)
        fast = per_second(partial(of_fastfeedparser, body), count, 1)
        print(
            f"{what:<22}{rate:>9,.0f} entries/s{rate / LIMIT:>6.2f} x the {LIMIT:,} asked for"
            f"{rate / slow:>7.1f} x feedparser ({slow:,.0f}/s)"
            f"{rate / fast:>6.2f} x fastfeedparser ({fast:,.0f}/s)"
        )


if __name__ == "__main__":
    main()
