"""Planning: everybody who is due gets their digest into the outbox, or a reason why not.

Knows in which order the store is asked and written, chunk by chunk. Must never know how a digest
is composed, how it looks, or that it will be sent by mail.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event

import structlog

from feeds.model import Progress
from feeds.storage.database import Database
from notifier.digest.compose import Shelf
from notifier.digest.drafting import Desk, Draft, Press
from notifier.model import Skip, Subscriber, Window
from notifier.storage import agenda, deliveries, digests, news, subscribers, suppressions
from notifier.storage.subscribers import Broken
from notifier.storage.suppressions import Keyed

__all__ = ["PlanReport", "plan"]

#: Few enough that one transaction takes a fraction of a second, enough to make commits cheap.
CHUNK = 500

log = structlog.get_logger(__name__)


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


def plan(
    database: Database,
    press: Press,
    keyed: Keyed,
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
    with database.reading() as connection:
        upto = news.latest(connection)
        due = agenda.due(connection, now, upto)
        fresh = news.read(connection, Window(after=due.after, upto=upto), press.site_url)
    desk = Desk(press, Shelf.of(fresh), upto=upto, now=now)
    run = _Run(database, desk, keyed, now=now, dry_run=dry_run)
    for start in range(0, len(due.ids), CHUNK):
        if stopping is not None and stopping.is_set():
            break
        some = due.ids[start : start + CHUNK]
        run.take(some)
        if progress is not None:
            progress(start + len(some), len(due.ids))
    return PlanReport(
        due=len(due.ids), planned=run.planned, skipped=dict(run.skipped), broken=run.broken
    )


class _Run:
    """Takes chunk after chunk of those who are due, and counts what became of them."""

    def __init__(
        self, database: Database, desk: Desk, keyed: Keyed, *, now: datetime, dry_run: bool
    ) -> None:
        self._database = database
        self._desk = desk
        self._keyed = keyed
        self._now = now
        self._dry_run = dry_run
        self.planned = 0
        self.broken = 0
        self.skipped = Counter[Skip]()

    def take(self, ids: Sequence[int]) -> None:
        """One read before, one transaction after."""
        with self._database.reading() as connection:
            people = subscribers.read(connection, ids)
            hashes = {
                person.id: self._keyed(person.address)
                for person in people
                if isinstance(person, Subscriber)
            }
            barred = suppressions.among(connection, list(hashes.values()))
        self._commit(
            [
                draft
                for person in people
                if (draft := self._draft(person, is_suppressed=hashes.get(person.id) in barred))
            ]
        )

    def _draft(self, person: Subscriber | Broken, *, is_suppressed: bool) -> Draft | None:
        """None for somebody no digest can be made for; the others do not suffer for it."""
        if isinstance(person, Broken):
            self.broken += 1
            log.error("subscriber unusable", subscriber=person.id, problem=person.problem)
            return None
        try:
            return self._desk.draft(person, is_suppressed=is_suppressed)
        except Exception:
            self.broken += 1
            log.exception("digest not composed", subscriber=person.id)
            return None

    def _commit(self, drafts: Sequence[Draft]) -> None:
        with self._database.writing() as connection:
            unchanged = agenda.unchanged(connection, [draft.person for draft in drafts])
            drafts = [draft for draft in drafts if draft.person.id in unchanged]
            new = digests.record(connection, [one.planned for one in drafts if one.is_kept])
            queued = [one.queued for one in drafts if one.queued and one.person.id in new]
            templates = self._desk.pending(one.rendering for one in queued)
            digests.keep(connection, templates, self._now)
            deliveries.queue(connection, queued, self._now)
            agenda.advance(connection, [_move(draft, new) for draft in drafts])
            if self._dry_run:
                connection.rollback()
        if not self._dry_run:
            self._desk.stored(templates)
        self.planned += len(queued)
        self.skipped.update(reason for one in drafts if (reason := _skipped(one, new)))


def _move(draft: Draft, new: frozenset[int]) -> agenda.Move:
    """What was not put into a digest now stays for the next one."""
    was_planned = draft.is_kept and draft.person.id not in new
    return agenda.Move(
        subscriber=draft.person.id,
        cursor=draft.person.cursor if was_planned else draft.planned.window.upto,
        due_at=draft.due_again_at,
    )


def _skipped(draft: Draft, new: frozenset[int]) -> Skip | None:
    if draft.is_kept and draft.person.id not in new:
        return Skip.ALREADY_PLANNED
    return draft.planned.skipped
