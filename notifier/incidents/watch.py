"""What is looked at every few seconds, as nobody who fails would tell of it: ages, disks, clocks.

Knows what is too old, too full and too far off. Must never know how anybody is told.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from feeds.errors import StoreError
from feeds.standing import exhausts
from feeds.storage.database import store_seconds
from feeds.storage.origins import standings
from feeds.storage.websub import hubs
from notifier.incidents.incident import OF_RELAYS, IncidentKind, Trouble, is_past
from notifier.storage import deliveries, senders
from notifier.storage.watched import relay_standings

if TYPE_CHECKING:
    from feeds.storage import Connection
    from feeds.storage.database import Database
    from notifier.incidents.journal import Journal
    from notifier.webhooks.hook_standing import ToldHook

#: A disk whose files are counted holds no more of them, however many bytes are free.
_LEAST_FILES: Final = 1_000
#: Who set the clock to what it should be is told of it for so long.
_SET_FOR: Final = timedelta(hours=1)

_OF_STORE: Final = (
    *OF_RELAYS,
    IncidentKind.QUEUE,
    IncidentKind.NODE,
    IncidentKind.HUB,
    IncidentKind.WEBHOOK,
)
_OF_NODE: Final = (
    IncidentKind.DISK,
    IncidentKind.CLOCK,
    IncidentKind.JOB_LATE,
    IncidentKind.WEB_PROCESS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long, how full and how far off is not yet wrong."""

    queue: timedelta
    source: timedelta
    disk_free_bytes: int
    clock_off: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How the parts of a daemon do: its ``jobs``, those that no longer beat, how many of the
    processes that answer are missing, and how many ever had to be started anew.
    """

    jobs: Collection[str]
    stuck: Collection[str]
    missing: int
    ended: int


@dataclass(kw_only=True)
class Watch:
    """What looks after a store, its ``sources`` by name with their addresses where they are asked
    here, the ``folders`` of this node, each by the setting that names it, and the ``webhooks``
    where there are any.
    """

    database: "Database"
    journal: "Journal"
    patience: Patience
    sources: Mapping[str, str]
    folders: Mapping[str, Path]
    clock: Callable[[], datetime]
    webhooks: "Callable[[Connection], Sequence[ToldHook]] | None" = None
    #: How far the clock was ahead of one that nobody sets, and since when it was set.
    _ahead: float = field(init=False)
    _set_at: float | None = field(default=None, init=False)
    _ended: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._ahead = self.clock().timestamp() - monotonic()

    def look(self, running: Running) -> None:
        """What is wrong is in the journal, and written down where the store takes it."""
        self._look_here(running)
        self.look_at_store()
        self.journal.flush()

    def look_at_store(self) -> None:
        """What the store tells is in the journal, for all nodes alike."""
        node = self.journal.node
        try:
            is_current = self.database.is_current()
            waits = () if is_current else (Trouble(kind=IncidentKind.MIGRATION, node=node),)
            self.journal.only((IncidentKind.MIGRATION,), waits, node)
            if not is_current:
                return
            with self.database.reading() as connection:
                found = [*self._found(connection), *self._untold(connection)]
                asked = [*self._failing(connection)]
        except StoreError as error:
            self.journal.away(error)
            return
        self.journal.only(_OF_STORE, found, "")
        self.journal.only((IncidentKind.SOURCE,), asked, "", among=self.sources)
        for one in self.journal.lasting():
            if is_past(one, self.clock()):
                self.journal.well(one.kind, one.subject, one.node)

    def _found(self, connection: "Connection") -> Iterator[Trouble]:
        for relay, standing in relay_standings.every(connection).items():
            kind = IncidentKind.RELAY_REFUSES if standing.refusals else IncidentKind.RELAY_AWAY
            yield Trouble(kind=kind, subject=relay, problem=standing.problem)
        # What somebody stopped waits as it is to.
        halt = senders.halted(connection)
        oldest = None if halt else deliveries.oldest_due(connection)
        if oldest and self.clock() - oldest >= self.patience.queue:
            yield Trouble(
                kind=IncidentKind.QUEUE,
                problem=f"one was to leave at {oldest:%Y-%m-%d %H:%M}Z",
                since=oldest,
            )
        for node in senders.every_node(connection):
            if not node.is_alive:
                said = f"{node.holder} said nothing since {node.beat_at:%Y-%m-%d %H:%M}Z"
                yield Trouble(kind=IncidentKind.NODE, subject=node.name, problem=said)

    def _failing(self, connection: "Connection") -> Iterator[Trouble]:
        """Whom this node asks, and has done so for long enough."""
        now, patience = self.clock(), self.patience.source
        for name, one in standings.every(connection).items():
            if one.address == self.sources.get(name) and exhausts(one, patience, now):
                since = one.since
                yield Trouble(
                    kind=IncidentKind.SOURCE, subject=name, problem=one.problem, since=since
                )

    def _untold(self, connection: "Connection") -> Iterator[Trouble]:
        """Which hubs and webhooks have not been told for long enough."""
        now, patience = self.clock(), self.patience.source
        for hub in hubs.rows(connection):
            if hub.since and now - hub.since >= patience:
                since, problem = hub.since, hub.problem
                yield Trouble(kind=IncidentKind.HUB, subject=hub.hub, problem=problem, since=since)
        for one in self.webhooks(connection) if self.webhooks else ():
            if one.ended_at or (one.since and now - one.since >= patience):
                kind, problem = IncidentKind.WEBHOOK, one.problem
                yield Trouble(kind=kind, subject=one.name, problem=problem, since=one.since)

    # -- Of this node ------------------------------------------------------------------------------

    def _look_here(self, running: Running) -> None:
        node = self.journal.node
        found = [
            *(self._late(job) for job in running.stuck),
            *self._missing(running),
            *self._full(),
            *self._off(),
        ]
        self.journal.only(_OF_NODE, found, node)
        for one in self.journal.lasting():
            is_ours = one.kind is IncidentKind.JOB and one.node == node
            if is_ours and one.subject not in running.jobs:
                self.journal.well(*one.key)

    def _late(self, job: str) -> Trouble:
        return Trouble(kind=IncidentKind.JOB_LATE, subject=job, node=self.journal.node)

    def _missing(self, running: Running) -> Iterator[Trouble]:
        """One that ends again and again may be there at each look."""
        before, self._ended = self._ended, running.ended
        if running.missing or running.ended > before:
            problem = f"{running.missing} are missing, {running.ended} were started anew so far"
            node = self.journal.node
            yield Trouble(kind=IncidentKind.WEB_PROCESS, problem=problem, node=node)

    def _full(self) -> Iterator[Trouble]:
        disks: defaultdict[object, list[str]] = defaultdict(list)
        for setting, folder in self.folders.items():
            disks[_disk_of(folder)].append(setting)
        for settings in disks.values():
            folder = self.folders[settings[0]]
            if problem := disk_problem(folder, self.patience.disk_free_bytes):
                yield Trouble(
                    kind=IncidentKind.DISK,
                    subject=", ".join(settings),
                    problem=problem,
                    node=self.journal.node,
                )

    def _off(self) -> Iterator[Trouble]:
        if problem := self._clock_problem():
            yield Trouble(
                kind=IncidentKind.CLOCK,
                subject="this machine",
                problem=problem,
                node=self.journal.node,
            )

    def _clock_problem(self) -> str:
        """By how much it differs from the store's, or was set, where that is too much."""
        most = self.patience.clock_off.total_seconds()
        if not self.database.is_embedded:
            try:
                with self.database.reading() as connection:
                    before = self.clock().timestamp()
                    theirs = store_seconds(connection)
                    ours = (before + self.clock().timestamp()) / 2
            except StoreError as error:
                self.journal.away(error)
                return ""
            return (
                f"it is {_ahead(ours - theirs)} that of the store"
                if _is(ours - theirs, most)
                else ""
            )
        at = monotonic()
        ahead = self.clock().timestamp() - at
        if self._set_at is not None and at - self._set_at > _SET_FOR.total_seconds():
            self._ahead, self._set_at = ahead, None
        moved = ahead - self._ahead
        if not _is(moved, most):
            self._set_at = None
            return ""
        self._set_at = at if self._set_at is None else self._set_at
        return f"it is {_ahead(moved)} what it was when this daemon began, as somebody set it"


def _is(seconds: float, most: float) -> bool:
    return abs(seconds) > most


def _ahead(seconds: float) -> str:
    """How far a clock is before another, for people."""
    span = timedelta(seconds=round(abs(seconds)))
    return f"{span} {'ahead of' if seconds > 0 else 'behind'}"


def disk_free(folder: Path) -> int | None:
    """How many bytes are free on the disk of a folder, if that can be said."""
    try:
        disk = os.statvfs(_there(folder))
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize


def _disk_of(folder: Path) -> object:
    """What is one for all folders of a disk; the folder itself where nobody can say."""
    try:
        return _there(folder).stat().st_dev
    except OSError:
        return folder


def _there(folder: Path) -> Path:
    """The folder, or the next above that is there."""
    return next((each for each in (folder, *folder.parents) if each.exists()), folder)


def disk_problem(folder: Path, least_bytes: int) -> str:
    """What is wrong with the disk of a folder, if anything."""
    place = _there(folder)
    try:
        disk = os.statvfs(place)
    except OSError as error:
        return f"{place}: {error.strerror}"
    free = disk.f_bavail * disk.f_frsize
    if free < least_bytes:
        return f"{free / 1e6:.0f} MB are free at {place}"
    if disk.f_files and disk.f_favail < _LEAST_FILES:
        return f"{disk.f_favail} more files are all that it takes at {place}"
    return ""
