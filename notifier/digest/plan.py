"""Planning: everybody who is due gets their digest into the outbox, or a reason why not.

Knows in which order the store is asked and written, chunk by chunk, and what is the same for all
who are alike. Must never know how a digest looks, or that it will be sent by mail.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import format_datetime
from hashlib import sha256
from threading import Event
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from feeds.model import Item, Progress, TopicRef
from feeds.storage import read_items
from feeds.storage.database import Database
from notifier.digest.compose import by_topic, compose
from notifier.digest.schedule import latest_due, next_due, period
from notifier.model import Digest, Frequency, Planned, Skip, Subscriber, Window, mailbox
from notifier.storage import deliveries, digests, subscribers, suppressions
from notifier.storage.subscribers import Broken
from notifier.storage.suppressions import Keyed
from notifier.subscribers.links import MailLinks

#: Few enough that one transaction takes a fraction of a second, enough to make commits cheap.
CHUNK = 500

log = structlog.get_logger(__name__)


class Render(Protocol):
    """Makes the message that everybody who gets this digest shares, its slots still open.

    The same local day, topics, frequency and language give the same bytes.
    """

    def __call__(
        self,
        digest: Digest,
        *,
        topics: tuple[TopicRef, ...],
        frequency: Frequency,
        day: date,
        language: str,
    ) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """How many were due, for how many a delivery was planned, and why not for the others.

    ``broken`` counts those whose digest could not be made: they stay due. Whoever is in none of
    these counts was planned for, or changed, by somebody else meanwhile.
    """

    due: int
    planned: int
    skipped: Mapping[Skip, int]
    broken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans the digests of an installation; ``domain`` is the right half of every Message-ID.

    ``moved`` tells what topics are by now that were renamed or merged: who follows one gets what it
    is, and items are told by that whenever they were filed. ``zone`` is the site's, for whom their
    own is none any more.
    """

    database: Database
    moved: Mapping[TopicRef, TopicRef]
    render: Render
    links: MailLinks
    keyed: Keyed
    domain: str
    max_items: int
    zone: ZoneInfo

    def plan(
        self,
        *,
        now: datetime,
        dry_run: bool = False,
        stopping: Event | None = None,
        progress: Progress | None = None,
    ) -> PlanReport:
        """Everybody due at ``now`` has a delivery or a reason on record, and is due again later.

        One digest covers all since the last one, however many moments were missed. Nobody is
        planned for twice in a period, however many planners run. With ``dry_run`` nothing changes.
        ``progress`` hears how many of those who are due are done.
        """
        with self.database.reading() as connection:
            upto = read_items.latest_number(connection)
            due = digests.due(connection, now, upto)
            covered = Window(after=min([upto, *due.values()]), upto=upto)
            fresh = read_items.news(connection, covered.after, covered.upto)
        run = _Planning(self, fresh, upto=upto, now=now, dry_run=dry_run)
        ids = list(due)
        for start in range(0, len(ids), CHUNK):
            if stopping is not None and stopping.is_set():
                break
            some = ids[start : start + CHUNK]
            run.take(some)
            if progress is not None:
                progress(start + len(some), len(ids))
        return PlanReport(
            due=len(ids), planned=run.planned, skipped=dict(run.skipped), broken=run.broken
        )


class _Planning:
    """Takes chunk after chunk of those who are due, and counts what became of them."""

    def __init__(
        self, planner: Planner, fresh: Sequence[Item], *, upto: int, now: datetime, dry_run: bool
    ) -> None:
        self._planner = planner
        self._numbers = sorted(item.number for item in fresh)
        moved = planner.moved
        self._news = by_topic(
            replace(item, topics=frozenset(moved.get(topic, topic) for topic in item.topics))
            for item in fresh
        )
        self._upto = upto
        self._now = now
        self._date = format_datetime(now)
        self._dry_run = dry_run
        #: Of all who are alike, the name of their message; how many items each tells of; and those
        #: that nobody has needed yet.
        self._renderings: dict[tuple[object, ...], str | None] = {}
        self._items: dict[str, int] = {}
        self._unstored: dict[str, bytes] = {}
        self.planned = 0
        self.broken = 0
        self.skipped = Counter[Skip]()

    def take(self, ids: Sequence[int]) -> None:
        """One read before, one transaction after."""
        with self._planner.database.reading() as connection:
            people = subscribers.read(connection, ids, self._planner.zone)
            hashes = {
                person.id: self._planner.keyed(person.address)
                for person in people
                if isinstance(person, Subscriber)
            }
            barred = suppressions.among(connection, list(hashes.values()))
        planned = (
            self._plan_or_log(person, is_suppressed=hashes.get(person.id) in barred)
            for person in people
        )
        self._commit([one for one in planned if one])

    def _plan_or_log(self, person: Subscriber | Broken, *, is_suppressed: bool) -> Planned | None:
        """None for somebody no digest can be made for; the others do not suffer for it."""
        try:
            if isinstance(person, Subscriber):
                if not self._planner.moved.keys().isdisjoint(person.topics):
                    person = self._following(person)
                return self._plan(person, is_suppressed=is_suppressed)
            log.error("subscriber unusable", subscriber=person.id, problem=person.problem)
        except Exception:
            log.exception("digest not composed", subscriber=person.id)
        self.broken += 1
        return None

    def _following(self, person: Subscriber) -> Subscriber:
        """The same, who follows what their topics are by now, each since they did first."""
        late = dict(person.late)
        since: dict[TopicRef, int] = {}
        for topic in person.topics:
            now = self._planner.moved.get(topic, topic)
            started = late.get(topic, person.cursor)
            since[now] = min(started, since.get(now, started))
        return replace(
            person,
            topics=tuple(since),
            late=frozenset(each for each in since.items() if each[1] > person.cursor),
        )

    def _plan(self, person: Subscriber, *, is_suppressed: bool) -> Planned:
        """What this person gets, or why nothing."""
        due = latest_due(person.cadence, self._now)
        if due is None:
            return self._not_yet(person)
        covers = period(person.cadence, due, self._upto)
        # A store brought back from a backup may know fewer items than a cursor counts.
        window = Window(after=min(person.cursor, self._upto), upto=self._upto)
        rendering = None if is_suppressed else self._rendering(person, window, due)
        nothing = Skip.SUPPRESSED if is_suppressed else Skip.NOTHING_NEW
        return Planned(
            subscriber=person,
            period=covers,
            window=window,
            items=self._items[rendering] if rendering else 0,
            skipped=None if rendering else nothing,
            rendering=rendering,
            personal=self._personal(person, covers) if rendering else {},
            cursor=self._upto,
            due_again_at=self._again(person, was_mailed=rendering is not None),
        )

    def _again(self, person: Subscriber, *, was_mailed: bool) -> datetime | None:
        """Where nothing was new at once, what comes next is not to wait for quiet."""
        waits = was_mailed or person.cadence.frequency is not Frequency.IMMEDIATE
        return next_due(person.cadence, self._now) if waits else person.due_at

    def _not_yet(self, person: Subscriber) -> Planned:
        """The first day of somebody's cadence is still to come; what they miss waits for it."""
        cursor = min(person.cursor, self._upto)
        return Planned(
            subscriber=person,
            period="",
            window=Window(after=cursor, upto=cursor),
            items=0,
            skipped=Skip.PAUSED,
            rendering=None,
            personal={},
            cursor=person.cursor,
            due_again_at=next_due(person.cadence, self._now),
        )

    def _rendering(self, person: Subscriber, window: Window, due: datetime) -> str | None:
        """Composed and rendered once for all who get the same; None where nothing is new."""
        cadence, language = person.cadence, person.language
        day = due.astimezone(cadence.zone).date()
        # Cursors between the same two news make the same digest.
        seen = bisect_right(self._numbers, window.after)
        key = (person.topics, person.late, seen, cadence.frequency, day, language)
        if key in self._renderings:
            return self._renderings[key]
        digest = compose(
            person.topics, self._news, window, limit=self._planner.max_items, late=person.late
        )
        rendering = None
        if digest is not None:
            message = self._planner.render(
                digest,
                topics=person.topics,
                frequency=cadence.frequency,
                day=day,
                language=language,
            )
            rendering = sha256(message).hexdigest()
            self._items[rendering] = digest.total
            self._unstored[rendering] = message
        self._renderings[key] = rendering
        return rendering

    def _personal(self, person: Subscriber, covers: str) -> dict[str, str]:
        """The values of the slots of a message (`notifier.mail.message`).

        The Message-ID is the same for this person and period whoever plans it, and tells nobody
        who it is.
        """
        links = self._planner.links
        minted = sha256(f"{person.public_id}\n{covers}".encode()).hexdigest()[:32]
        return {
            "recipient": mailbox(person.address),
            "message_id": f"<{covers}.{minted}@{self._planner.domain}>",
            "date": self._date,
            "unsubscribe_url": links.unsubscribe(person.public_id, person.epoch),
            "view_url": links.view(person.public_id, person.epoch, covers),
        }

    def _commit(self, planned: Sequence[Planned]) -> None:
        with self._planner.database.writing(dry_run=self._dry_run) as connection:
            unchanged = digests.unchanged(connection, [one.subscriber for one in planned])
            planned = [one for one in planned if one.subscriber.id in unchanged]
            kept = [one for one in planned if _is_kept(one)]
            known = {one.subscriber.id for one in kept} - digests.record(
                connection, kept, self._now
            )
            planned = [_known(one) if one.subscriber.id in known else one for one in planned]
            queued = [one for one in planned if one.rendering]
            names = {one.rendering for one in queued if one.rendering in self._unstored}
            messages = {name: self._unstored[name] for name in names}
            digests.keep(connection, messages, self._now)
            deliveries.queue(connection, queued, self._now)
            digests.advance(connection, planned)
        if not self._dry_run:
            for name in messages:
                del self._unstored[name]
        self.planned += len(queued)
        self.skipped.update(one.skipped for one in planned if one.skipped)


def _is_kept(planned: Planned) -> bool:
    """Who gets mail at once needs no row for each item of others, who is paused none for a day."""
    is_immediate = planned.subscriber.cadence.frequency is Frequency.IMMEDIATE
    return bool(planned.rendering) or not (is_immediate or planned.skipped is Skip.PAUSED)


def _known(planned: Planned) -> Planned:
    """This period is on record already: what was not put into its digest stays for the next."""
    return replace(
        planned,
        skipped=Skip.ALREADY_PLANNED,
        rendering=None,
        cursor=planned.subscriber.cursor,
    )
