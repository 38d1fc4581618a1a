"""Polling: all sources are asked for news, each by itself, so that none delays another.

Knows the order of calls and where a source's standing is kept. Must never know what a source is
made of, or what its documents mean.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from threading import Event, Lock

from feeds.errors import SourceError, StoreBusy
from feeds.ingest import Terms
from feeds.ingest.pipeline import ingest
from feeds.ingest.report import IngestReport, merged
from feeds.model import Progress, SourceKind
from feeds.sources import Source
from feeds.sources.folder import FolderSource
from feeds.sources.website import WebSource
from feeds.standing import Standing, is_first_look, looked_at
from feeds.storage.database import Database
from feeds.storage.origins import standings

# Sources asked together; each waits for its host most of the time.
_AT_ONCE = 8


def poll(
    database: Database,
    sources: Sequence[Source],
    terms: Callable[[str], Terms],
    *,
    dry_run: bool = False,
    stopping: Event | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """What is new or changed at the sources is stored; ``terms`` are what holds for each now.

    A source that cannot be read is a problem in the report, and delays no other.
    Raises StoreBusy while the only one is polled already.
    """
    together = _JointProgress(progress, len(sources)) if progress else None
    asked = partial(_asked, database, dry_run=dry_run, stopping=stopping)

    def ask(number: int) -> IngestReport:
        source = sources[number]
        if together is None:
            return asked(source, terms(source.name), progress=None)
        with together.share(number) as its_progress:
            return asked(source, terms(source.name), progress=its_progress)

    def ask_aside(number: int) -> IngestReport:
        try:
            return ask(number)
        except StoreBusy as busy:
            return _failed(SourceError(sources[number].name, str(busy)))

    if len(sources) == 1:
        return ask(0)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="source") as pool:
        return merged([*pool.map(ask_aside, range(len(sources)))])


def _asked(
    database: Database,
    source: Source,
    terms: Terms,
    *,
    dry_run: bool,
    stopping: Event | None,
    progress: Progress | None,
) -> IngestReport:
    before = source.standing if isinstance(source, WebSource) else None
    if isinstance(source, WebSource):
        # A website had its archive before us; what somebody puts into a folder is meant to be read.
        terms = replace(terms, is_first_look=is_first_look(before, source.url))
    problem = ""
    try:
        report = ingest(
            database, source, terms, dry_run=dry_run, stopping=stopping, progress=progress
        )
        report = replace(report, problems=_problems(source, before), unread=_unread(source))
    except SourceError as error:
        report, problem = _failed(error), error.problem
    finally:
        # One that did not change may be older than what another poll recorded meanwhile.
        if isinstance(source, WebSource) and source.standing is not before and not dry_run:
            _record(database, source.standing)
    if isinstance(source, FolderSource) and not dry_run:
        _note(database, source, problem, terms.now)
    return report


def _note(database: Database, source: FolderSource, problem: str, now: datetime) -> None:
    """How a folder does; of a path on the command line nobody asks later."""
    if source.only is not None or SourceKind.of(source.name) is SourceKind.PATH:
        return
    with database.reading() as connection:
        before = standings.of(connection, source.name)
    after = looked_at(before, source.name, str(source.root), problem, now)
    if after != before:
        _record(database, after)


def _record(database: Database, standing: Standing | None) -> None:
    if standing is not None:
        with database.writing() as connection:
            standings.record(connection, standing)


def _failed(error: SourceError) -> IngestReport:
    return IngestReport(problems=(str(error),))


def _problems(source: Source, before: Standing | None) -> tuple[str, ...]:
    """What could not be had of a website that could be had as a whole, in the poll it just had."""
    after = source.standing if isinstance(source, WebSource) else None
    if after is None or after is before or not after.problem:
        return ()
    return (str(SourceError(source.name, after.problem)),)


def _unread(source: Source) -> tuple[str, ...]:
    met = source.met if isinstance(source, WebSource) else ""
    text = f"there is more than one look takes, which ended after {met}"
    return (str(SourceError(source.name, text)),) if met else ()


class _JointProgress:
    """What several sources tell of their progress, as sums: the total once all of them know it."""

    def __init__(self, progress: Progress, count: int) -> None:
        self._progress = progress
        self._done = [0] * count
        self._totals: list[int | None] = [None] * count
        self._lock = Lock()

    @contextmanager
    def share(self, number: int) -> Iterator[Progress]:
        """For one source to tell of itself; after it, what it did is all it had to do."""
        try:
            yield partial(self._tell, number)
        finally:
            self._tell(number, self._done[number], self._done[number])

    def _tell(self, number: int, done: int, total: int | None) -> None:
        with self._lock:
            self._done[number], self._totals[number] = done, total
            known = [total for total in self._totals if total is not None]
            is_known = len(known) == len(self._totals)
            self._progress(sum(self._done), sum(known) if is_known else None)
