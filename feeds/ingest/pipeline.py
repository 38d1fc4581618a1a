"""Ingest: what a source shows becomes items in the store, and every document gets a verdict.

Knows the order of calls. Must never know how documents are found, understood, judged or kept.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event

from feeds.ids import Identity
from feeds.ingest.judge import Judged, Memory, judge
from feeds.ingest.reading import Reading, read
from feeds.ingest.report import IngestReport, Tally
from feeds.ingest.sources import Fetched, Refusal, Same, Seen, Source, Waiting
from feeds.ingest.store import Terms, store
from feeds.model import Progress
from feeds.storage import documents, recall
from feeds.storage.database import Database
from feeds.storage.documents import Sighting
from feeds.taxonomy import Taxonomy

__all__ = ["IngestReport", "Rules", "ingest"]

#: A batch is held at once, so it is bounded in bytes too.
_BATCH_BYTES = 32_000_000

#: Another ingest of this store is waited for this long: more than a tick of the daemon's needs.
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a source is ingested.

    ``batch`` documents make a transaction. What was issued more than ``archive_after_days`` ago is
    no news. ``language`` is that of documents that do not tell theirs.
    """

    batch: int
    archive_after_days: int
    language: str


def ingest(
    database: Database,
    source: Source,
    taxonomy: Taxonomy,
    *,
    now: datetime,
    identity: Identity,
    rules: Rules,
    backfill: bool = False,
    dry_run: bool = False,
    stopping: Event | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """The store holds what ``source`` shows, one transaction a batch.

    Repeating it changes nothing, after a crash too. A dry run reports the same and writes nothing.
    ``stopping`` ends it after the batch in hand. ``progress`` hears how many documents are done
    and of how many. Raises SourceError, StoreError; StoreBusy while another ingest is at it.
    """
    terms = Terms(
        source=source.name,
        identity=identity,
        taxonomy=taxonomy,
        language=rules.language,
        archive_after_days=rules.archive_after_days,
        backfill=backfill,
        now=now,
    )
    alone = nullcontext() if dry_run else database.exclusive("ingest", _PATIENCE_SECONDS)
    with alone:
        run = _Run(database, source, terms, dry_run=dry_run)
        total = source.count() if progress is not None else None
        for batch in run.batches(rules.batch):
            run.take(batch)
            if progress is not None:
                progress(run.done, total)
            if stopping is not None and stopping.is_set():
                return run.tally.report()
        run.forget_gone()
        return run.tally.report()


class _Run:
    """One ingest of one source."""

    def __init__(self, database: Database, source: Source, terms: Terms, *, dry_run: bool) -> None:
        self._database = database
        self._source = source
        self._terms = terms
        self._dry_run = dry_run
        self._memory = Memory()
        self.tally = Tally()
        self.done = 0
        with database.reading() as connection:
            self._signatures = documents.signatures(connection, source.name)
            refusals = documents.refusals(connection, source.name)
        self._refusals = {sighting.name: sighting for sighting in refusals}
        self._unseen = set(self._refusals)

    def batches(self, most: int) -> Iterator[Sequence[Seen]]:
        """What the source shows, ``most`` documents at a time."""
        batch: list[Seen] = []
        size = 0
        for seen in self._source.scan(self._signatures, self._terms.now):
            batch.append(seen)
            size += len(seen.document.body) if isinstance(seen, Fetched) else 0
            if len(batch) >= most or size >= _BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def take(self, batch: Sequence[Seen]) -> None:
        """Every document of the batch has its verdict, stored."""
        terms = self._terms
        readings = [
            read(seen, terms.source, terms.taxonomy, terms.now)
            for seen in batch
            if isinstance(seen, Fetched | Refusal)
        ]
        judged = self._judge(readings)
        if not self._dry_run:
            self._write(readings, judged)
        self._count(batch, readings, judged)

    def forget_gone(self) -> None:
        """What was in quarantine and is not there any more is out of it."""
        if self._unseen and self._source.is_whole and not self._dry_run:
            with self._database.writing() as connection:
                documents.forget(connection, self._source.name, self._unseen)

    def _judge(self, readings: Sequence[Reading]) -> list[Judged]:
        candidates = [one for reading in readings for one in reading.candidates]
        if not candidates:
            return []
        # What a dry run decided is stored nowhere, so it is remembered.
        memory = self._memory if self._dry_run else Memory()
        with self._database.reading() as connection:
            memory.recall(
                recall.by_key(connection, self._source.name, {one.key for one in candidates}),
                recall.by_hash(connection, {one.content_hash for one in candidates}),
            )
        return [judge(candidate, memory) for candidate in candidates]

    def _write(self, readings: Sequence[Reading], judged: Sequence[Judged]) -> None:
        news = [reading for reading in readings if not self._is_known(reading.sighting)]
        if not news:
            return
        with self._database.writing() as connection:
            documents.keep(connection, [one.original for one in news if one.original])
            store(connection, judged, self._terms)
            documents.record(connection, [one.sighting for one in news])

    def _is_known(self, sighting: Sighting) -> bool:
        """Whether it was refused before, for the same reason."""
        before = self._refusals.get(sighting.name)
        return before is not None and replace(before, seen_at=sighting.seen_at) == sighting

    def _count(
        self, batch: Sequence[Seen], readings: Sequence[Reading], judged: Sequence[Judged]
    ) -> None:
        self.done += len(batch)
        self._unseen.difference_update(seen.name for seen in batch)
        self.tally.unchanged += sum(isinstance(seen, Same) for seen in batch)
        self.tally.waiting += sum(isinstance(seen, Waiting) for seen in batch)
        for sighting in (reading.sighting for reading in readings):
            if sighting.refused:
                is_new = not self._is_known(sighting)
                self.tally.refuse(sighting.name, sighting.refused, is_new=is_new)
        for one in judged:
            self.tally.judge(one, self._terms.identity)
