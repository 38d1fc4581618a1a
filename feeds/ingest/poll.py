"""Looking at sources: each by itself, so that one that is slow or broken delays no other.

Knows the order of calls and where a source's standing is kept. Must never know what a source is
made of, or what its documents mean.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, partial
from threading import Event, Lock

from feeds.draft import Document
from feeds.errors import SourceError, StoreBusy
from feeds.fetch import Fetcher
from feeds.identity.ids import Identity
from feeds.ingest.handed_in import Receiver
from feeds.ingest.pipeline import Rules, ingest
from feeds.ingest.report import IngestReport, merged
from feeds.model import Progress
from feeds.sources import Source
from feeds.sources.folder import FolderSource
from feeds.sources.website import WebSource
from feeds.standing import Standing, State, looked_at
from feeds.storage import documents, standings, topic_names
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.websub.subscriber import Callbacks, RenewReport, renew

__all__ = ["PATHS", "Fetching", "Gathering", "Hubs", "Look"]

#: The family of sources named by a path on the command line: the operator's own documents.
PATHS = "path"

# A document of a website is named by its address.
_WEB = ("http://", "https://")
# Sources looked at together; each waits for its host most of the time.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How sources are looked at this time.

    A ``backfill`` takes all of an archive, as far back as ``since``. ``only_due`` leaves out the
    websites whose time has not come.
    """

    backfill: bool = False
    since: date | None = None
    dry_run: bool = False
    only_due: bool = False
    stopping: Event = field(default_factory=Event)
    progress: Progress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hubs:
    """The sources whose hubs shall tell us of news, and where they reach us."""

    wanted: Sequence[str]
    callbacks: Callbacks


Fetching = Callable[[], Fetcher]


# Without slots, for the fetcher: one that all websites share, made once one is asked.
@dataclass(frozen=True, kw_only=True)
class Gathering:
    """The sources of one installation; ``written`` is the taxonomy as its file has it."""

    database: Database
    written: Taxonomy
    identity: Identity
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    sources: Callable[[Sequence[str], Look, Taxonomy, Fetching], Iterator[Source]]
    rules: Callable[[str], Rules]
    connected: Fetching
    hubs: Hubs

    def look(self, names: Sequence[str], how: Look) -> IngestReport:
        """What is new or changed at the sources is stored; all of them where none is named.

        A source that cannot be read is a problem in the report, and delays no other.
        Raises SourceError for a name that is neither a source nor a path, before anything is read;
        StoreBusy while the only one is looked at already.
        """
        taxonomy = self.taxonomy
        sources = [*self.sources(names, how, taxonomy, lambda: self.fetcher)]
        together = _Together(how.progress, len(sources))

        def look(number: int) -> IngestReport | SourceError:
            with together.share(number) as progress:
                return self._look_at(sources[number], replace(how, progress=progress), taxonomy)

        def look_aside(number: int) -> IngestReport | SourceError:
            try:
                return look(number)
            except StoreBusy as busy:
                return SourceError(sources[number].name, str(busy))

        if len(sources) <= 1:
            return merged([*map(look, range(len(sources)))])
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="source") as pool:
            return merged([*pool.map(look_aside, range(len(sources)))])

    def promote(self, source: str, name: str) -> IngestReport:
        """A document in quarantine is an item, as a person vouches for it.

        Raises SourceError where there is no such document, or its bytes were never had.
        """
        with self.database.writing() as connection:
            known = documents.promote(connection, source, name)
            body = documents.latest(connection, source, name)
        if not known or body is None:
            problem = f"holds no document {name!r} to promote; see `fieldfare quarantine`"
            raise SourceError(source, problem)
        document = Document(
            source=source,
            name=name,
            body=body,
            fetched_at=self.clock(),
            url=name if name.startswith(_WEB) else None,
        )
        return self.receiver.take(document)

    def renew(self, stopping: Event) -> RenewReport:
        """Hubs know that we want to hear of the sources that offer one. Raises StoreBusy."""
        return renew(
            self.database,
            self.fetcher,
            self.hubs.wanted,
            self.hubs.callbacks,
            now=self.clock(),
            jitter=self.jitter,
            stopping=stopping,
        )

    @cached_property
    def receiver(self) -> Receiver:
        """What takes in the documents that publishers and hubs hand over."""
        return Receiver(
            database=self.database,
            taxonomy=lambda: self.taxonomy,
            identity=self.identity,
            rules=self.rules,
            clock=self.clock,
        )

    @property
    def taxonomy(self) -> Taxonomy:
        """The taxonomy with the names that were mapped to its topics since."""
        with self.database.reading() as connection:
            return self.written.known_as(topic_names.mapped_names(connection))

    @cached_property
    def fetcher(self) -> Fetcher:
        return self.connected()

    def close(self) -> None:
        """No website is connected any more."""
        if "fetcher" in vars(self):
            self.fetcher.close()

    def _look_at(self, source: Source, how: Look, taxonomy: Taxonomy) -> IngestReport | SourceError:
        before = source.standing if isinstance(source, WebSource) else None
        try:
            report = ingest(
                self.database,
                source,
                taxonomy,
                now=self.clock(),
                identity=self.identity,
                rules=self.rules(source.name),
                backfill=how.backfill,
                dry_run=how.dry_run,
                stopping=how.stopping,
                progress=how.progress,
            )
            self._note(source, how, "")
            return replace(report, problems=_problems(source, before))
        except SourceError as error:
            self._note(source, how, error.problem)
            return error
        finally:
            # One that did not change may be older than what another look recorded meanwhile.
            if isinstance(source, WebSource) and source.standing is not before and not how.dry_run:
                self._record(source.standing)

    def _note(self, source: Source, how: Look, problem: str) -> None:
        """How a folder does; of a path on the command line nobody asks later."""
        if how.dry_run or not isinstance(source, FolderSource) or source.only is not None:
            return
        if source.name.startswith(f"{PATHS}:"):
            return
        with self.database.reading() as connection:
            before = standings.of(connection, source.name)
        after = looked_at(before, source.name, str(source.root), problem, self.clock())
        if after != before:
            self._record(after)

    def _record(self, standing: Standing | None) -> None:
        if standing is not None:
            with self.database.writing() as connection:
                standings.record(connection, standing)


def _problems(source: Source, before: Standing | None) -> tuple[str, ...]:
    """What could not be had of a website that could be had as a whole, in the look it just had."""
    after = source.standing if isinstance(source, WebSource) else None
    if after is None or after is before or after.state is not State.FAILING:
        return ()
    return (str(SourceError(source.name, after.problem)),)


class _Together:
    """What several sources tell of their progress, as sums: the total once all of them know it."""

    def __init__(self, progress: Progress | None, count: int) -> None:
        self._progress = progress
        self._done = [0] * count
        self._totals: list[int | None] = [None] * count
        self._lock = Lock()

    @contextmanager
    def share(self, number: int) -> Iterator[Progress | None]:
        """For one source to tell of itself; after it, what it did is all it had to do."""
        if self._progress is None:
            yield None
            return
        try:
            yield partial(self._tell, number)
        finally:
            self._tell(number, self._done[number], self._done[number])

    def _tell(self, number: int, done: int, total: int | None) -> None:
        with self._lock:
            self._done[number], self._totals[number] = done, total
            known = [total for total in self._totals if total is not None]
            is_known = len(known) == len(self._totals)
            if self._progress is not None:
                self._progress(sum(self._done), sum(known) if is_known else None)
