"""What one process notices of what is wrong: logged as it begins and ends, held, and written down.

Knows memory, the log, and when the store takes it. Must never know how anything is found out.

What cannot be written while the store is away is held until it can, and counts meanwhile: whoever
asks here is told all of it.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from threading import Lock, RLock
from time import monotonic
from typing import TYPE_CHECKING

from feeds.errors import BucketError, FeedsError, PublishError, StoreBusy, StoreError
from notifier.errors import NotifierError
from notifier.incidents.incident import (
    CALM,
    MEANINGS,
    Incident,
    IncidentKey,
    IncidentKind,
    Noticed,
    Trouble,
    merged,
)
from notifier.storage.watched import incidents

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger as BoundLogger

if TYPE_CHECKING:
    from feeds.storage import Connection
    from feeds.storage.database import Database


#: The job of this name, whose end says that publishing works.
PUBLISH = "publish"
#: What is met again is written down so often, not each time.
_EVERY_SECONDS = 60
#: Nobody waits for longer until it is written: it is held.
_PATIENCE_SECONDS = 5
#: Who asks while it is away tries it so often.
_AGAIN_SECONDS = 5
#: What was over for so long is told to nobody any more.
RECENT = timedelta(days=1)
#: Some things fail in other words each time.
_MOST_WORDS = 3
#: What lasts is logged once more after so long at first, and after twice as long each time.
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 60, 6 * 3600


@dataclass(slots=True)
class _Said:
    """In which words it was said what is wrong, and how often it was met since the last line."""

    problems: set[str]
    again_at: float
    pause: float = _FIRST_PAUSE_SECONDS
    unsaid: int = 0


class Repeats:
    """Which of the failures that are met again and again are worth a line, by any key; ``clock``
    counts seconds and is set by nobody.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._said: dict[object, _Said] = {}

    def heard(self, key: object, problem: str) -> int:
        """How many times it was met since the last line, this one too; 0 where none is due.

        One is due at first, where it fails in new words, of which a few are told, and then after
        growing pauses.
        """
        now, said = self._clock(), self._said.get(key)
        if said is None:
            said = self._said[key] = _Said(set(), now)
        said.unsaid += 1
        is_new = problem not in said.problems and len(said.problems) < _MOST_WORDS
        if is_new:
            said.problems.add(problem)
            said.pause = _FIRST_PAUSE_SECONDS
        elif now < said.again_at:
            return 0
        else:
            said.pause = min(2 * said.pause, _LONGEST_PAUSE_SECONDS)
        said.again_at = now + said.pause
        times, said.unsaid = said.unsaid, 0
        return times

    def ended(self, key: object) -> bool:
        """Whether a line told of it, whose end is worth another."""
        return self._said.pop(key, None) is not None


class Journal:
    """What this process, at ``node``, notices; nobody is told of what is over within ``wait``.
    ``steady`` counts seconds and is set by nobody.
    """

    def __init__(
        self,
        database: "Database",
        node: str,
        clock: Callable[[], datetime],
        *,
        wait: timedelta,
        steady: Callable[[], float] = monotonic,
    ) -> None:
        self.node = node
        self.wait = wait
        self.database = database
        self._clock = clock
        self._lock, self._writing = RLock(), Lock()
        self._noticed: dict[IncidentKey, Noticed] = {}
        self._met: Counter[IncidentKind] = Counter()
        self._told: dict[IncidentKey, Incident] = {}
        self._ends: dict[str, datetime] = {}
        self._known: dict[IncidentKey, Incident] | None = None
        self._steady, self._written_at, self._tried_at = steady, -inf, -inf
        self.repeats = Repeats(steady)

    # -- What is noticed ---------------------------------------------------------------------------

    def note(self, trouble: Trouble, *, bug: Exception | None = None) -> None:
        """It was met once more. A ``bug`` of ours is logged with all there is to know."""
        self._add(trouble, times=1, bug=bug)

    def only(
        self,
        kinds: Collection[IncidentKind],
        troubles: Iterable[Trouble],
        node: str,
        among: Collection[str] | None = None,
    ) -> None:
        """Of these kinds, at the ``node`` or of all alike (""), exactly these hold at present; of
        others than the subjects ``among`` which they are, nothing is known.
        """
        wrong = {each.key: each for each in troubles}
        if self._known is None:
            self.lasting()
        for key in self._open():
            is_known = among is None or key.subject in among
            if key.kind in kinds and key.node == node and is_known and key not in wrong:
                self._end(key)
        for key, each in wrong.items():
            # It lasts: it is met where it begins.
            self._add(each, times=0 if self._is_open(key) else 1)

    def away(self, error: StoreError) -> None:
        """The store cannot be used, as whoever looked found."""
        trouble = Trouble(kind=IncidentKind.STORE, problem=str(error), node=self.node)
        self._add(trouble, times=0 if self._is_open(trouble.key) else 1)

    def well(self, kind: IncidentKind, subject: str = "", node: str = "") -> None:
        """Nothing is wrong there, or no longer."""
        key = IncidentKey(kind, subject, node)
        if self._known is None or self._is_open(key):
            self._end(key)

    @contextmanager
    def working(self, job: str) -> Iterator[None]:
        """How the work of a job ends within is known from now on: it is raised again."""
        try:
            yield
        except StoreBusy:
            # Another is at it, who tells how that ends.
            raise
        except Exception as error:
            is_bug = not isinstance(error, FeedsError | NotifierError)
            self.note(self._of(job, error), bug=error if is_bug else None)
            raise
        self.well(IncidentKind.JOB, job, self.node)
        if job == PUBLISH:
            self.well(IncidentKind.PUBLISHING, "", self.node)
            self.only((IncidentKind.BUCKET,), (), "")
        with self._lock:
            self._ends[job] = self._clock()

    def _of(self, job: str, error: Exception) -> Trouble:
        """What is wrong where a job failed so."""
        if isinstance(error, StoreError):
            return Trouble(kind=IncidentKind.STORE, problem=str(error), node=self.node)
        if isinstance(error, BucketError):
            # All else of that run worked.
            self.well(IncidentKind.PUBLISHING, "", self.node)
            return Trouble(kind=IncidentKind.BUCKET, subject=error.bucket, problem=str(error))
        if isinstance(error, PublishError):
            return Trouble(kind=IncidentKind.PUBLISHING, problem=str(error), node=self.node)
        is_told = isinstance(error, FeedsError | NotifierError)
        problem = str(error) if is_told else f"{type(error).__name__}: {error}"
        return Trouble(kind=IncidentKind.JOB, subject=job, problem=problem, node=self.node)

    def _add(self, trouble: Trouble, *, times: int, bug: Exception | None = None) -> None:
        now, key = self._clock(), trouble.key
        with self._lock:
            before = self._noticed.get(key) or Noticed(first=now, last=now, times=0, problem="")
            self._noticed[key] = before.again(trouble, now, times=times)
            if times:
                self._met[key.kind] += times
            if key.kind is IncidentKind.STORE:
                self._tried_at = self._steady()
            said = self.repeats.heard(key, trouble.problem)
        if said and (log := _log()):
            meaning = MEANINGS[key.kind]
            log.log(
                logging.ERROR if meaning.is_critical else logging.WARNING,
                meaning.what.format(subject=key.subject),
                incident=key.kind.value,
                problem=trouble.problem,
                action=meaning.action.format(subject=key.subject),
                times=said,
                exc_info=bug,
            )

    def _end(self, key: IncidentKey) -> None:
        now = self._clock()
        with self._lock:
            before = self._noticed.get(key) or Noticed(first=now, last=now, times=0, problem="")
            if before.is_over:
                return
            self._noticed[key] = replace(before, last=now, is_over=True)
            is_worth_a_line = self.repeats.ended(key)
        if is_worth_a_line and (log := _log()):
            what = MEANINGS[key.kind].what.format(subject=key.subject)
            log.info("over", what=what, incident=key.kind.value)

    def _is_open(self, key: IncidentKey) -> bool:
        with self._lock:
            if noticed := self._noticed.get(key):
                return not noticed.is_over
            return bool(self._known and key in self._known and self._known[key].until is None)

    def _open(self) -> list[IncidentKey]:
        with self._lock:
            keys = {*self._noticed, *(self._known or ())}
        return [key for key in keys if self._is_open(key)]

    # -- What is known -----------------------------------------------------------------------------

    def since(self, moment: datetime) -> list[Incident]:
        """What is wrong, and what was so since then, a day ago at the latest, as far as anybody
        knows: what the store has, or had when it last answered, and what is not yet written.
        """
        is_away = self._is_open(IncidentKey(IncidentKind.STORE, "", self.node))
        if is_away and self._steady() - self._tried_at >= _AGAIN_SECONDS:
            # In a process that answers nobody else looks whether it is back.
            self.flush()
        try:
            with self.database.reading(patience_seconds=_PATIENCE_SECONDS) as connection:
                found = incidents.since(connection, min(moment, self._clock() - RECENT))
        except StoreError as error:
            self.away(error)
            found = [*(self._known or {}).values()]
        with self._lock:
            self._known = {each.key: each for each in found}
            last = self._merged(self._known, self._noticed)
        before = [each for each in found if each.since != last[each.key].since]
        found = [*before, *last.values()]
        return [each for each in found if each.until is None or each.until >= moment]

    def lasting(self) -> list[Incident]:
        """What is wrong at present."""
        return [one for one in self.since(self._clock()) if one.until is None]

    def told(self, incident: Incident) -> None:
        """Somebody was told so of it."""
        with self._lock:
            self._told[incident.key] = incident

    def close(self) -> None:
        """All that was noticed is written down, where the store takes it: there is no next time."""
        self._written_at = -inf
        self.flush()

    def flush(self) -> None:
        """What was noticed is written down where the store takes it, and held where not.

        What is only met again is so once a minute.
        """
        with self._writing:
            self._tried_at = self._steady()
            try:
                self._flush()
                if self._is_open(IncidentKey(IncidentKind.STORE, "", self.node)):
                    self.well(IncidentKind.STORE, "", self.node)
                    self._flush()
            except StoreError as error:
                self.away(error)

    def _flush(self) -> None:
        """Raises StoreError."""
        with self.database.reading(patience_seconds=_PATIENCE_SECONDS) as connection:
            known = self._read(connection)
        now = self._steady()
        with self._lock:
            self._known = known
            self._drop_idle(known)
            changed = self._changed(known)
            is_due = now - self._written_at >= _EVERY_SECONDS
            is_more = bool(changed or self._ends)
            if not (is_due and is_more) and not any(_is_news(known, each) for each in changed):
                return
            noticed, told = dict(self._noticed), dict(self._told)
            met, ends = Counter(self._met), dict(self._ends)
        with self.database.writing(patience_seconds=_PATIENCE_SECONDS) as connection:
            incidents.alone(connection)
            fresh = self._read(connection)
            after = self._merged(fresh, noticed, told)
            changed = [each for key, each in after.items() if fresh.get(key) != each]
            incidents.keep(connection, changed, met)
            incidents.note_ends(connection, self.node, ends)
        with self._lock:
            self._known = after
            self._written_at = now
            self._forget(noticed, told, met, ends)

    def _drop_idle(self, known: Mapping[IncidentKey, Incident]) -> None:
        """That all is well where nothing was wrong is held no longer: it may be by then."""
        for key, each in tuple(self._noticed.items()):
            before = known.get(key)
            if each.is_over and not each.times and (before is None or before.until):
                del self._noticed[key]

    def _forget(
        self,
        noticed: Mapping[IncidentKey, Noticed],
        told: Mapping[IncidentKey, Incident],
        met: Counter[IncidentKind],
        ends: Mapping[str, datetime],
    ) -> None:
        """What was written is held no more; what came meanwhile is."""
        for key, each in noticed.items():
            held = self._noticed[key]
            if held == each:
                del self._noticed[key]
            else:
                self._noticed[key] = replace(held, first=held.last, times=held.times - each.times)
        self._told = {key: one for key, one in self._told.items() if told.get(key) != one}
        self._met -= met
        self._ends = {job: at for job, at in self._ends.items() if ends.get(job) != at}

    def _read(self, connection: "Connection") -> dict[IncidentKey, Incident]:
        """The last incident of each trouble, where that is not long over."""
        found = incidents.since(connection, self._clock() - RECENT)
        return {each.key: each for each in found}

    def _changed(self, known: Mapping[IncidentKey, Incident]) -> list[Incident]:
        after = self._merged(known, self._noticed, self._told)
        return [each for key, each in after.items() if known.get(key) != each]

    def _merged(
        self,
        known: Mapping[IncidentKey, Incident],
        noticed: Mapping[IncidentKey, Noticed],
        told: Mapping[IncidentKey, Incident] | None = None,
    ) -> dict[IncidentKey, Incident]:
        after = dict(known)
        for key, each in noticed.items():
            if found := merged(key, known.get(key), each, CALM * self.wait):
                after[key] = found
        for key, one in (self._told if told is None else told).items():
            if key in after and after[key].since == one.since:
                after[key] = replace(after[key], told_at=one.told_at, over_told_at=one.over_told_at)
        return after


def _is_news(known: Mapping[IncidentKey, Incident], found: Incident) -> bool:
    """Whether it began, ended, or was told, and was not only met again."""
    before = known.get(found.key)
    if before is None:
        return True
    parts = ("since", "until", "told_at", "over_told_at")
    return any(getattr(before, part) != getattr(found, part) for part in parts)


def _log() -> "BoundLogger | None":
    """Where it is told; nowhere by a command that only reports, and loads nothing for that."""
    import structlog  # noqa: PLC0415 - a fifth of what such a command takes

    return structlog.get_logger(__name__) if structlog.is_configured() else None
