"""What an installation holds, as rows that people and their programs read.

Knows how things are named in reports. Must never change anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from feeds.model import TopicKind
from feeds.publish.select import FeedRef, feeds_of
from feeds.storage import overview, topic_names
from feeds.storage.topic_names import Unknown
from notifier.app import origins
from notifier.app.house import App
from notifier.model import DeliveryState, Frequency, Subscriber, SubscriberState
from notifier.storage import agenda, deliveries
from notifier.storage import subscribers as people
from notifier.storage.subscribers import Broken
from notifier.web.health import Vitals

__all__ = [
    "Status",
    "ToldSubscriber",
    "ToldTopic",
    "Unknown",
    "status",
    "subscribers",
    "told",
    "topics",
    "unknown",
    "vitals",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldTopic:
    """A topic as KIND:SLUG, with how many items it has and where its feed is, if it has one."""

    topic: str
    kind: TopicKind
    slug: str
    label: str
    parent: str | None
    closed: bool
    items: int
    feed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldSubscriber:
    """A subscriber as reports name them; ``at`` is the local time of day, None for immediate."""

    id: int
    address: str
    state: str
    frequency: str
    at: str | None
    weekday: int | None
    timezone: str
    language: str
    topics: tuple[str, ...]
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of an installation in numbers; ``daemon`` is the process that runs it."""

    store: str
    authority: str
    items: int
    quarantined: int
    feeds: int
    subscribers: Mapping[SubscriberState, int]
    deliveries: Mapping[DeliveryState, int]
    daemon: str | None


def topics(app: App, kind: TopicKind | None) -> list[ToldTopic]:
    """Every topic of the taxonomy, or those of one kind, in its order."""
    with app.database.reading() as connection:
        counts = overview.topic_counts(connection)
    return [
        ToldTopic(
            topic=str(topic.ref),
            kind=topic.ref.kind,
            slug=topic.ref.slug,
            label=topic.label,
            parent=str(topic.parent) if topic.parent else None,
            closed=topic.closed,
            items=counts.get(topic.ref, 0),
            feed=f"{app.site.url}/{feed.atom}" if (feed := FeedRef.of(topic.ref)) else None,
        )
        for topic in app.taxonomy.topics
        if kind in (None, topic.ref.kind)
    ]


def unknown(app: App, kind: TopicKind | None) -> list[Unknown]:
    """The names nobody knows, or those of one kind, the most frequent first."""
    with app.database.reading() as connection:
        rows = topic_names.unknown_topics(connection)
    return [row for row in rows if kind in (None, row.kind)]


def subscribers(app: App) -> list[ToldSubscriber]:
    """Everybody who ever subscribed, in the order they came."""
    with app.database.reading() as connection:
        everybody = people.everybody(connection)
    return [told(person) for person in everybody if not isinstance(person, Broken)]


def told(person: Subscriber) -> ToldSubscriber:
    cadence = person.cadence
    hour, minute = divmod(cadence.minute, 60)
    return ToldSubscriber(
        id=person.id,
        address=person.address,
        state=person.state,
        frequency=cadence.frequency,
        at=None if cadence.frequency is Frequency.IMMEDIATE else f"{hour:02}:{minute:02}",
        weekday=cadence.weekday,
        timezone=cadence.zone.key,
        language=person.language,
        topics=tuple(map(str, person.topics)),
        due_at=person.due_at,
    )


def vitals(app: App) -> Vitals:
    """The numbers a supervisor watches."""
    with app.database.reading() as connection:
        return Vitals(
            items=overview.item_count(connection),
            quarantined=overview.quarantined(connection),
            deliveries=deliveries.counts(connection),
            subscribers=agenda.counts(connection),
            sources=origins.states(app, connection),
        )


def status(app: App, *, daemon: str | None) -> Status:
    """The state of an installation; ``daemon`` is the process that runs its daemon, if one does."""
    numbers = vitals(app)
    return Status(
        store=app.database.name,
        authority=app.identity.authority,
        items=numbers.items,
        quarantined=numbers.quarantined,
        feeds=len(feeds_of(topic.ref for topic in app.taxonomy.topics)),
        subscribers=numbers.subscribers,
        deliveries=numbers.deliveries,
        daemon=daemon,
    )
