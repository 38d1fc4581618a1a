"""What tests of planning and delivery start from: stored news, readers, a full outbox.

Knows rows and builders. Must never know what a test expects of them.
"""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from config.values import primary_language
from feeds.model import Fresh, Item, TopicRef
from feeds.storage.database import Database, last_number
from feeds.storage.engines import upsert
from feeds.storage.tables import changes, counters, item_topics, items
from notifier.digest.contents import Contents, Render
from notifier.errors import MessageRefused
from notifier.mail.ledger import Ledger
from notifier.mail.lines import WholeLines, encoded, slot
from notifier.mail.message import Sender, build, fill
from notifier.model import DeliveryState, Skip, Subscriber, message_id
from notifier.storage import deliveries, subscribers
from notifier.storage.deliveries import Delivery
from notifier.storage.sending import Claimed
from notifier.storage.subscribers import Wanted
from notifier.storage.suppressions import Keyed
from notifier.storage.tables import deliveries as deliveries_table
from notifier.subscribers.links import MailLinks
from tests.builders import SEEN_AT, a_subscriber

#: Noon before the digests of the builders' reader are due.
NOW = SEEN_AT
KEYED = Keyed(b"a secret of tests, thirty-two bytes")
LINKS = MailLinks(
    base_url="https://news.example.org", secret=b"another secret, for links, of tests"
)
SENDER = Sender(
    name="Fieldfare",
    address="digest@news.example.org",
    list_id="digest.news.example.org",
    site_title="Fieldfare",
    site_url="https://news.example.org",
)
GIVE_UP_AFTER = timedelta(hours=108)


def store(database: Database, *news: Item, fresh: Fresh = Fresh.NEWS) -> None:
    """The items are in the store under their own numbers, each by its own change."""
    with database.writing() as connection:
        for item in news:
            connection.execute(insert(items), _item(item, fresh))
            connection.execute(insert(item_topics), _topics(item))
            if fresh is Fresh.NEWS:
                connection.execute(insert(changes), _change(item))
        last = max([last_number(connection, "changes"), *(item.change for item in news)])
        upsert(connection, counters, [{"name": "changes", "value": last}])


def _change(item: Item) -> dict[str, object]:
    texts = f"{item.title}\0{item.summary}\0{item.body}"
    return {
        "number": item.change,
        "item": item.number,
        "places": " ".join(map(str, sorted(item.topics))),
        "language": item.language,
        "texts": zlib.compress(texts.encode()),
        "at": item.updated_at,
        "is_again": False,
    }


def _item(item: Item, fresh: Fresh) -> dict[str, object]:
    issued = item.issued
    return {
        "number": item.number,
        "change": item.change,
        "uid": item.uid,
        "slug": item.slug,
        "source": item.source,
        "title": item.title,
        "summary": item.summary,
        "body": item.summary,
        "url": item.url,
        "issued_on": issued.day if issued else None,
        "issued_at": issued.at if issued else None,
        "issued_from": issued.origin if issued else None,
        "language": item.language,
        "freshness": fresh,
        "content_hash": item.content_hash,
        "revision": item.revision,
        "first_seen_at": item.first_seen_at,
        "updated_at": item.updated_at,
        "news_at": item.updated_at,
    }


def _topics(item: Item) -> list[dict[str, object]]:
    printed: list[tuple[str, str, str | None]]
    printed = [(label.kind, label.text, label.slug) for label in item.labels]
    implied = [(topic.kind, topic.slug, topic.slug) for topic in sorted(item.topics)]
    language = [("language", item.language, primary_language(item.language))]
    return [
        {
            "item": item.number,
            "position": position,
            "kind": kind,
            "label": label,
            "slug": slug,
            "direct": slug is None,
            "updated_at": NOW,
            "news_at": NOW,
        }
        for position, (kind, label, slug) in enumerate([*printed, *implied, *language])
    ]


def subscribe(database: Database, *people: Subscriber) -> list[Subscriber]:
    """The people are subscribed as the builder says; returns them as the store knows them."""
    found = []
    for person in people:
        with database.writing() as connection:
            known = subscribers.by_address(connection, person.address, person.zone, lock=True)
            put = partial(subscribers.put, connection, wanted(person), now=NOW)
            found.append(put(public_id=person.public_id, known=known))
    assert all(found)
    return [each for each in found if each]


def wanted(person: Subscriber) -> Wanted:
    """All that this person asked for."""
    return Wanted(
        address=person.address,
        language=person.language,
        zone=person.zone,
        followed=person.followed,
        cadences=person.cadences,
        due={often: person.due.get(often) for often in person.cadences},
        muted=person.muted,
        paused_until=person.paused_until,
    )


def people(count: int, **changes: Any) -> list[Subscriber]:
    """So many readers, alike but for their address."""
    return [
        a_subscriber(public_id=f"reader{n}", address=f"reader{n}@example.org", **changes)
        for n in range(1, count + 1)
    ]


def queue(
    database: Database,
    count: int = 1,
    *,
    now: datetime = NOW,
    period: str = "2026-11-24",
    known: Sequence[Subscriber] = (),
) -> list[Delivery]:
    """So many messages to be sent, one to each of as many readers, or of those that are known."""
    add(database, known or subscribe(database, *people(count)), period, now=now)
    return outbox(database)


def add(
    database: Database, readers: Sequence[Subscriber], period: str, *, now: datetime = NOW
) -> None:
    """The same, of which there may be a million: none is read."""
    with database.writing() as connection:
        connection.execute(insert(deliveries_table), [_queued(one, period, now) for one in readers])


def _queued(reader: Subscriber, period: str, now: datetime) -> dict[str, object]:
    return {
        "subscriber": reader.id,
        "period": period,
        "windows": '{"daily":[0,1]}',
        "state": DeliveryState.QUEUED,
        "due_at": now,
        "attempts": 0,
        "in_doubt": 0,
        "created_at": now,
    }


def a_ledger(database: Database, *, now: datetime = NOW, **changes: Any) -> Ledger:
    """The books of a run at ``now``, of a node that sends once more what is in doubt."""
    how = {
        "node": "one",
        "sender": SENDER.address,
        "give_up_after": GIVE_UP_AFTER,
        "doubts": 1,
        "clock": lambda: now,
        "jitter": lambda: 0.0,
        "compose": letters,
        **changes,
    }
    return Ledger(database=database, keyed=KEYED, **how)


def contents(
    database: Database,
    render: Render = lambda digest, **_: template(),
    moved: Mapping[TopicRef, TopicRef] = MappingProxyType({}),
) -> Contents:
    """What makes digests, all the same where nothing renders them."""
    return Contents(
        database=database,
        render=render,
        links=LINKS,
        keyed=KEYED,
        sender=SENDER.address,
        moved=moved,
        zone=ZoneInfo("Europe/Vienna"),
        max_items=50,
        notices=letters,
    )


def template() -> bytes:
    """A message whose slots are open."""
    html = f'<p>News</p><a href="{slot("unsubscribe_url")}">Unsubscribe</a>'
    return build(
        SENDER,
        subject="News",
        language="en",
        text=[encoded("News\n.dot\n")],
        html=[encoded(html)],
    )


def letters(claimed: Sequence[Claimed]) -> list[WholeLines | Skip | MessageRefused]:
    """The same message to each of these, to be sent."""
    return [fill(template(), personal(one)) for one in claimed]


def personal(one: Claimed) -> dict[str, str]:
    """The values of the slots of somebody's message."""
    return {
        "recipient": one.recipient,
        "message_id": message_id(one.public_id, one.period, SENDER.address),
        "date": format_datetime(one.created_at),
        "unsubscribe_url": LINKS.unsubscribe(one.public_id, one.epoch),
        "view_url": LINKS.view(one.public_id, one.epoch, one.period),
        "manage_url": LINKS.manage(one.public_id, one.epoch, one.created_at + LINKS.manage_for),
    }


def outbox(database: Database) -> list[Delivery]:
    """Every delivery there is, in the order they were planned."""
    with database.reading() as connection:
        return deliveries.latest(connection, 1_000_000)[::-1]
