"""What tests of planning and delivery start from: stored news, readers, a full outbox.

Knows rows and builders. Must never know what a test expects of them.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from config.values import primary_language
from feeds.model import Fresh, Item
from feeds.storage.database import Database
from feeds.storage.tables import item_topics, items
from notifier.digest.contents import Contents
from notifier.mail.ledger import Ledger
from notifier.mail.lines import encoded, slot
from notifier.mail.message import Sender, build
from notifier.model import Planned, Subscriber
from notifier.storage import deliveries, digests, subscribers
from notifier.storage.deliveries import Delivery
from notifier.storage.subscribers import Subscription
from notifier.storage.suppressions import Keyed
from notifier.subscribers.links import MailLinks
from tests.builders import SEEN_AT, a_plan, a_subscriber

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
    """The items are in the store under their own numbers."""
    with database.writing() as connection:
        for item in news:
            connection.execute(insert(items), _item(item, fresh))
            connection.execute(insert(item_topics), _topics(item))


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
    with database.writing() as connection:
        return [
            subscribers.add_or_update(
                connection,
                Subscription(
                    address=person.address,
                    language=person.language,
                    cadence=person.cadence,
                    topics=person.topics,
                    due_at=person.due_at or NOW,
                ),
                public_id=person.public_id,
                now=NOW,
            )
            for person in people
        ]


def people(count: int, **changes: Any) -> list[Subscriber]:
    """So many readers, alike but for their address."""
    return [
        a_subscriber(public_id=f"reader{n}", address=f"reader{n}@example.org", **changes)
        for n in range(1, count + 1)
    ]


def queue(database: Database, count: int = 1, *, now: datetime = NOW) -> list[Delivery]:
    """So many messages to be sent, one to each of as many readers."""
    readers = subscribe(database, *people(count))
    with database.writing() as connection:
        digests.keep(connection, {"template": template()}, now)
        deliveries.queue(connection, [message(reader) for reader in readers], now)
    return outbox(database)


def a_ledger(database: Database, *, now: datetime = NOW, **changes: Any) -> Ledger:
    """The books of a run at ``now``, of a node that sends once more what is in doubt."""
    how = {
        "node": "one",
        "sender": SENDER.address,
        "give_up_after": GIVE_UP_AFTER,
        "doubts": 1,
        "clock": lambda: now,
        "jitter": lambda: 0.0,
        "compose": Contents(database=database).compose,
        **changes,
    }
    return Ledger(database=database, keyed=KEYED, **how)


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


def message(reader: Subscriber, period: str = "2026-11-24") -> Planned:
    """The delivery of a reader's digest of one period."""
    planned = a_plan(reader, period)
    links = {
        "date": "Tue, 24 Nov 2026 06:00:00 +0000",
        "unsubscribe_url": LINKS.unsubscribe(reader.public_id, reader.epoch),
        "view_url": LINKS.view(reader.public_id, reader.epoch, period),
    }
    return replace(planned, personal={**planned.personal, **links})


def outbox(database: Database) -> list[Delivery]:
    """Every delivery there is, in the order they were planned."""
    with database.reading() as connection:
        return deliveries.latest(connection, 1_000_000)[::-1]
