"""What an installation holds and how its sources do, as rows that people and their programs read.

Knows how things are named in reports. Must never change anything.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from config.values import host_of
from feeds.model import SourceKind, TopicKind
from feeds.standing import HubStanding
from notifier.incidents.incident import Incident
from notifier.model import (
    Cadence,
    DeliveryState,
    Frequency,
    Node,
    Subscriber,
    SubscriberState,
    Totals,
)
from notifier.storage.senders import Halt

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from config.settings import SourceSettings
    from feeds.standing import Standing, State
    from feeds.storage import Connection
    from feeds.storage.database import Database
    from feeds.storage.topics import Unknown
    from feeds.taxonomy import Taxonomy
    from notifier.app.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRow:
    """A topic as KIND:SLUG, with how many items it has and where its feed is."""

    topic: str
    kind: TopicKind
    slug: str
    label: str
    parent: str | None
    closed: bool
    items: int
    feed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRow:
    """The digests of one frequency, as reports name them: ``at`` which local time of day, None for
    immediate ones, of what, by the queries of selections.

    ``due_at`` is when the next one is, None where an item is what makes it due.
    """

    frequency: str
    at: str | None
    weekdays: tuple[str, ...]
    quiet_minutes: int
    selections: tuple[str, ...]
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberRow:
    """A subscriber as reports name them; ``problem`` says what in their row makes no sense, and
    ``suppressed`` that no mail may go to the address, so that no digest is promised.
    """

    id: int
    address: str
    state: str
    timezone: str
    language: str
    digests: tuple[DigestRow, ...]
    muted: tuple[str, ...]
    paused_until: date | None
    suppressed: bool
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionRow:
    """An address that must not be mailed; ``address`` is None where nobody here has it."""

    address: str | None
    address_hash: str
    reason: str
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of an installation in numbers, and the hubs that it tells of changed feeds:
    ``halt`` is who stopped mail, if anybody did, and ``held`` counts the items that wait for their
    first mail, the first of which may leave from ``mailed_from`` on; ``suppressed`` counts
    addresses that must not be mailed, ``returned`` what came back of mails within a day, by domain
    and kind, ``returned_by`` which way, ``paused`` until when digests to a domain wait for that;
    ``incidents`` say what is wrong, or was so since a moment that was asked for, ``last_success``
    when each job last came to its end, on any node; ``not_rendered`` are the slugs of items that
    could not be, and are published nowhere, ``feed_subscriptions`` counts those of its own hub,
    ``daemon`` is the process that runs it; ``nodes`` are the daemons that share the store;
    ``lost_zones`` are what active subscribers named and is no time zone any more, and how many did.
    """

    store: str
    authority: str
    items: int
    quarantined: int
    not_rendered: Sequence[str]
    feeds: int
    subscribers: Mapping[SubscriberState, int]
    lost_zones: Mapping[str, int]
    deliveries: Mapping[DeliveryState, int]
    halt: Halt | None
    held: int
    mailed_from: datetime | None
    suppressed: int
    returned: Mapping[str, Mapping[str, int]]
    returned_by: Mapping[str, int]
    paused: Mapping[str, datetime]
    incidents: Sequence[Incident]
    last_success: Mapping[str, datetime]
    hubs: Sequence[HubStanding]
    feed_subscriptions: int
    daemon: str | None
    nodes: Sequence[Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source as reports name it; ``state`` is None where nothing was asked so far, or ever is.

    ``problem`` says what is wrong in this state ``since`` when; ``items`` counts those that have
    its words, ``contested`` those of them at an address that is another's to speak of.
    """

    name: str
    kind: str
    address: str
    state: str | None = None
    since: datetime | None = None
    problem: str = ""
    failures: int = 0
    moved_to: str | None = None
    last_success: datetime | None = None
    next_look: datetime | None = None
    items: int
    contested: int


def topics(
    database: "Database", taxonomy: "Taxonomy", kind: TopicKind | None, url: str
) -> list[TopicRow]:
    """Every topic of the taxonomy, or those of one kind, in its order; ``url`` is the site's."""
    from feeds.publish.feed import FeedRef
    from feeds.storage import overview

    with database.reading() as connection:
        counts = overview.topic_counts(connection)
    return [
        TopicRow(
            topic=str(topic.ref),
            kind=topic.ref.kind,
            slug=topic.ref.slug,
            label=topic.label,
            parent=str(topic.parent) if topic.parent else None,
            closed=topic.closed,
            items=counts.get(topic.ref, 0),
            feed=f"{url}/{FeedRef.of(topic.ref).atom}",
        )
        for topic in taxonomy.topics
        if kind in (None, topic.ref.kind)
    ]


def unknown(database: "Database", taxonomy: "Taxonomy", kind: TopicKind | None) -> "list[Unknown]":
    """The names nobody knows, or those of one kind, the most frequent first."""
    from feeds.storage.topics import in_use, unknown_topics

    with database.reading() as connection:
        lost = [ref for ref in in_use(connection) if taxonomy.current(ref) is None]
        rows = unknown_topics(connection, lost)
    return [row for row in rows if kind in (None, row.kind)]


def subscribers(
    database: "Database", zone: "ZoneInfo", keyed: Callable[[str], str]
) -> list[SubscriberRow]:
    """Everybody who ever subscribed, in the order they came; ``zone`` is the site's."""
    from notifier.storage.subscribers import everybody

    with database.reading() as connection:
        people = everybody(connection, zone)
    return told(database, people, keyed)


def told(
    database: "Database", people: Sequence[Subscriber], keyed: Callable[[str], str]
) -> list[SubscriberRow]:
    """People as reports name them; to whom no mail may go, by their ``keyed`` address, no digest is
    promised.
    """
    from notifier.storage import suppressions

    hashes = [keyed(person.address) for person in people]
    with database.reading() as connection:
        barred = suppressions.among(connection, hashes)
    return [
        _row(person, is_suppressed=each in barred)
        for person, each in zip(people, hashes, strict=True)
    ]


def _row(person: Subscriber, *, is_suppressed: bool) -> SubscriberRow:
    digests = tuple(_digest(person, each) for each in person.cadences.values())
    return SubscriberRow(
        id=person.id,
        address=person.address,
        state=person.state,
        timezone=person.zone.key,
        language=person.language,
        digests=tuple(replace(each, due_at=None) for each in digests) if is_suppressed else digests,
        muted=tuple(map(str, person.muted)),
        paused_until=person.paused_until,
        suppressed=is_suppressed,
        problem=person.problem,
    )


def _digest(person: Subscriber, cadence: Cadence) -> DigestRow:
    from notifier.subscribers.preferences import named_days, spelt_hour

    is_immediate = cadence.frequency is Frequency.IMMEDIATE
    followed = (each for each in person.followed if each.frequency is cadence.frequency)
    return DigestRow(
        frequency=cadence.frequency,
        at=None if is_immediate else spelt_hour(cadence.minute),
        weekdays=named_days(cadence.weekdays),
        quiet_minutes=cadence.quiet_minutes,
        selections=tuple(each.selection.query for each in followed),
        due_at=None if is_immediate and not cadence.first else person.due.get(cadence.frequency),
    )


def suppressed(database: "Database", keyed: Callable[[str], str]) -> list[SuppressionRow]:
    """The addresses that must not be mailed, the latest first; of those that subscribed, which."""
    from notifier.storage import subscribers, suppressions

    with database.reading() as connection:
        barred = suppressions.every(connection)
        hashes = {each.address_hash for each in barred}
        known = {}
        for address in subscribers.addresses(connection) if hashes else ():
            if (hashed := keyed(address)) in hashes:
                known[hashed] = address
    return [SuppressionRow(address=known.get(each.address_hash), **asdict(each)) for each in barred]


def totals(database: "Database", settings: "Sequence[SourceSettings]", now: datetime) -> Totals:
    """The numbers a supervisor watches."""
    from feeds.storage import overview
    from feeds.storage.websub import hubs, subscriptions
    from notifier.storage import deliveries, returns, senders, subscribers, suppressions
    from notifier.storage.watched import incidents

    with database.reading() as connection:
        return Totals(
            items=overview.item_count(connection),
            quarantined=overview.quarantined(connection),
            deliveries=deliveries.counts(connection),
            subscribers=subscribers.counts(connection),
            sources=_states(connection, settings),
            hubs=hubs.rows(connection),
            feed_subscriptions=subscriptions.count(connection, now),
            suppressed=suppressions.count(connection),
            returned=returns.counts(connection, now - timedelta(days=1)),
            returned_by=returns.ways(connection, now - timedelta(days=1)),
            paused={name: one.until for name, one in returns.paused(connection, now).items()},
            failures=incidents.failures(connection),
            job_ends=incidents.ends(connection),
            oldest_due=deliveries.oldest_due(connection),
            is_halted=senders.halted(connection) is not None,
        )


def status(house: "House", *, daemon: str | None, wrong: Sequence[Incident]) -> Status:
    """The state of an installation; ``daemon`` is the process that runs its daemon, if one does,
    and so much is ``wrong``.
    """
    from feeds.publish.feed import feeds_of
    from feeds.storage import entries
    from notifier.storage import matches, senders, subscribers

    database, settings, now = house.database, house.settings, house.clock()
    hold = timedelta(minutes=settings.mail.hold_minutes)
    topics = (topic.ref for topic in house.taxonomy.topics)
    with database.reading() as connection:
        halt, held = senders.halted(connection), matches.held(connection, hold, now)
        languages, not_rendered = entries.languages(connection), entries.left_out(connection)
        lost_zones, nodes = subscribers.lost_zones(connection), senders.every_node(connection)
    numbers = totals(database, settings.sources, now)
    ends = numbers.job_ends
    return Status(
        **{name: getattr(numbers, name) for name in _COUNTED},
        store=database.name,
        authority=house.identity.authority,
        not_rendered=not_rendered,
        feeds=len(settings.selections) + len(feeds_of(topics, languages)),
        lost_zones=lost_zones,
        halt=halt,
        held=len(held),
        mailed_from=next(iter(held.values()), None),
        incidents=wrong,
        last_success={job: at for at, (job, _) in sorted((at, end) for end, at in ends.items())},
        daemon=daemon,
        nodes=nodes,
    )


#: What a status has of the numbers that a supervisor watches.
_COUNTED = tuple(
    {each.name for each in fields(Status)}.intersection(each.name for each in fields(Totals))
)


def sources(database: "Database", settings: "Sequence[SourceSettings]") -> list[SourceRow]:
    """Every source of the settings, in their order."""
    from feeds.storage.origins import standings
    from notifier.app.sources import ownership

    owners = ownership(settings)
    with database.reading() as connection:
        known = standings.every(connection)
        counts = standings.item_counts(connection)
        contested = Counter(
            source
            for source, url in standings.addresses(connection)
            if not owners.may_speak(source, host_of(url))
        )
    return [
        _told(each, known.get(each.name), counts.get(each.name, 0), contested[each.name])
        for each in settings
    ]


def _states(
    connection: "Connection", settings: "Sequence[SourceSettings]"
) -> "Mapping[State, int]":
    """How many sources of the settings are in which state."""
    from feeds.storage.origins import standings

    known = standings.every(connection)
    places = {source.name: address_of(source) for source in settings}
    return Counter(one.state for name, one in known.items() if one.address == places.get(name))


def address_of(source: "SourceSettings") -> str:
    """Where a source is, as its standing has it."""
    is_website = SourceKind(source.kind) is SourceKind.WEB
    return source.url if is_website else str(source.path or "")


def _told(
    source: "SourceSettings", found: "Standing | None", items: int, contested: int
) -> SourceRow:
    row = SourceRow(
        name=source.name,
        kind=source.kind,
        address=address_of(source),
        items=items,
        contested=contested,
    )
    if found is None or found.address != row.address:
        # The standing of another address says how the source did there.
        return row
    return replace(
        row,
        state=found.state.value,
        since=found.since,
        problem=found.problem,
        failures=found.failures,
        moved_to=found.moved_to,
        last_success=found.last_success_at,
        next_look=found.next_look_at,
    )
