"""Stores with as many items as a bench wants, written straight into the tables.

Knows what rows publishing reads. Must never know how long anything takes.
"""

import os
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path

from sqlalchemy import insert

from feeds.draft import Draft
from feeds.publish.build import SiteBuilder
from feeds.publish.feed import feeds_of
from feeds.publish.history import all_of
from feeds.publish.past.archive import NO_PAGES
from feeds.publish.site import Site
from feeds.storage import entries
from feeds.storage.database import Database
from feeds.storage.entries import PastMonths
from feeds.storage.tables import counters, item_topics, items, touched
from feeds.taxonomy import Taxonomy
from tests.items import NOON
from tests.pages import TRAINING, draft_of

ROOT = Path(__file__).parents[2]
TOPICS_OF_AN_ITEM = 5
# So many of the latest have whole texts; the archive before them only has to be there.
_READ = 5_000


@cache
def osce() -> Taxonomy:
    """The taxonomy that is delivered."""
    return Taxonomy.from_toml((ROOT / "config/taxonomies/osce.toml").read_text("utf-8"))


def many_topics(count: int) -> str:
    """A taxonomy file with so many topics, half of them fields, half issuers."""
    halves = (("field", count // 2), ("issuer", count - count // 2))
    return "\n".join(
        f'[[{kind}]]\nslug = "{kind}-{number}"\nlabel = "The {kind} number {number}"\n'
        for kind, size in halves
        for number in range(size)
    )


def opened(folder: Path) -> closing[Database]:
    """A new store in a new folder, closed when the block ends."""
    folder.mkdir()
    database = Database.open(f"sqlite:///{folder / 'store.db'}")
    database.migrate()
    return closing(database)


def fill(database: Database, taxonomy: Taxonomy, count: int) -> None:
    """Stores items straight into the tables, texts of the seeds' size, five topics each.

    Returns once the disk has them, so that it has nothing else to do while times are taken.
    """
    fill_items(database, count)
    with database.writing() as connection:
        for rows in _in_parts(_topic_rows(count, taxonomy)):
            connection.execute(insert(item_topics), rows)
    os.sync()


def fill_items(database: Database, count: int) -> None:
    """The same without topics."""
    with database.writing() as connection:
        for rows in _in_parts(_item_rows(count, draft_of(TRAINING, osce()))):
            connection.execute(insert(items), rows)
        values = [{"name": name, "value": count} for name in ("items", "changes")]
        connection.execute(insert(counters), values)


def _in_parts(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    while part := list(islice(rows, 10_000)):
        yield part


def _topic_rows(count: int, taxonomy: Taxonomy) -> Iterator[dict[str, object]]:
    topics = [topic for topic in taxonomy.topics if topic.ref.kind in {"field", "issuer"}]
    for place in range(count * TOPICS_OF_AN_ITEM):
        topic = topics[place % len(topics)]
        number, position = divmod(place, TOPICS_OF_AN_ITEM)
        if not position:
            yield _filed(number + 1, TOPICS_OF_AN_ITEM, "language", "en", "en")
        yield _filed(number + 1, position, topic.ref.kind, topic.ref.slug, topic.label)


def _filed(number: int, position: int, kind: str, slug: str, label: str) -> dict[str, object]:
    return {
        "item": number,
        "position": position,
        "kind": kind,
        "label": label,
        "slug": slug,
        "direct": True,
        "updated_at": updated_of(number),
        "news_at": updated_of(number),
    }


def _item_rows(count: int, draft: Draft) -> Iterator[dict[str, object]]:
    words = draft.body.split(" ")
    chance = random.Random(2)
    for number in range(1, count + 1):
        length = len(words) if number > count - _READ else 40
        yield {
            "number": number,
            "group": number,
            "change": number,
            "uid": f"tag:news.example.org,2026-01-01:item/{number:016}",
            "slug": f"{number:016}",
            "source": "own",
            "title": f"{draft.title}, course {number}",
            "summary": draft.summary,
            "body": " ".join(chance.sample(words, length)),
            "language": "en",
            "freshness": "news",
            "content_hash": str(number),
            "revision": 1,
            "first_seen_at": NOON,
            "updated_at": updated_of(number),
            "news_at": updated_of(number),
        }


def updated_of(number: int) -> datetime:
    """When an item of these became news."""
    # One an hour: a feed holds all of its last two days, which are to be no more than it would.
    return NOON - timedelta(days=14_000) + timedelta(hours=number, microseconds=number)


def touch(database: Database, taxonomy: Taxonomy) -> None:
    """Every feed is to be made anew."""
    names = [("all", ""), *((topic.ref.kind.value, topic.ref.slug) for topic in taxonomy.topics)]
    with database.writing() as connection:
        rows = [{"kind": kind, "slug": slug, "month": "", "change": 1} for kind, slug in names]
        connection.execute(insert(touched), rows)


def settle(database: Database, taxonomy: Taxonomy, site: Site) -> None:
    """What is stored counts as published, so that no archive of pages has to be written first."""
    with database.writing() as connection:
        done = entries.outstanding(connection)
        for feed in feeds_of((topic.ref for topic in taxonomy.topics), ["en"]):
            chain = all_of(connection, feed.selection, NO_PAGES, site.entries_per_feed).chain
            past = PastMonths(size=chain.size, months=chain.months)
            entries.keep_histories(connection, {feed.kept_as: past})
        entries.settle(connection, done, SiteBuilder(site, taxonomy).fingerprint)
