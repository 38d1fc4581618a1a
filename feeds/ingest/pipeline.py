"""Ingest: what a source shows becomes items in the store, and every document gets a verdict.

Knows the order of calls. Must never know how documents are found, understood, judged or kept.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property
from threading import Event
from time import monotonic

from feeds.draft import Refused
from feeds.identity.candidates import distinguished
from feeds.identity.decide import REMEMBERED, Postponed
from feeds.identity.duplicates import Memory
from feeds.ingest import Terms
from feeds.ingest.doubtful import Doubtful, kept_to_feeds
from feeds.ingest.judge import Judged, judge
from feeds.ingest.read import ReadDocument, read_all
from feeds.ingest.repeats import Pages
from feeds.ingest.report import (
    DroppedParts,
    IngestReport,
    ItemOutcome,
    merged,
    quarantined,
    reported,
    withdrawn,
)
from feeds.ingest.store import store
from feeds.model import Item, Progress
from feeds.sources import Absent, Fetched, Gone, LeadOnly, Same, Shown, Source, Unlisted, Waiting
from feeds.storage import Connection, documents, recall, write_items
from feeds.storage.database import Database, next_numbers
from feeds.storage.documents import Sighting

#: A batch is held at once, so it is bounded in bytes too.
_BATCH_BYTES = 32_000_000
#: An archive may hold any number of items; who takes one in reads the counts.
_MOST_ITEMS_TOLD = 10_000
#: What a slow source showed is stored by then, whatever else it has.
_BATCH_SECONDS = 5.0

#: Another ingest of the source is waited for this long: more than a tick of the daemon's needs.
_PATIENCE_SECONDS = 10.0


def ingest(
    database: Database,
    source: Source,
    terms: Terms,
    *,
    dry_run: bool = False,
    stopping: Event | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """The store holds what ``source`` shows, one transaction a batch.

    Repeating it changes nothing, after a crash too. A dry run reports the same and writes nothing.
    ``stopping`` ends it after the document in hand. ``progress`` hears how many documents are done
    and of about how many. Raises SourceError, StoreError; StoreBusy while it is ingested already.
    """
    with nullcontext() if dry_run else alone(database, terms.source):
        run = _Run(database, source, terms, dry_run=dry_run)
        stop = stopping or Event()
        reports = []
        for batch in run.batches(stop):
            reports.append(run.take(batch, stop))
            if progress is not None:
                progress(run.done, source.expected)
        if not stop.is_set():
            # What was held back: no page of this look is to come.
            reports.append(replace(run.take((), stop), absent=run.absent))
            run.forget_gone()
        return merged(reports)


#: A list, and what `taken_off` tells of it.
_Shrunk = tuple[Sighting, tuple[str, Collection[str], Collection[int]]]


class _Run:
    """One ingest of one source."""

    def __init__(self, database: Database, source: Source, terms: Terms, *, dry_run: bool) -> None:
        self._database = database
        self._source = source
        self._dry_run = dry_run
        self._memory = Memory(terms.taxonomy)
        self._told = 0
        self._unlisted: set[str] = set()
        self.absent = 0
        self._pages = Pages()
        # Whether what this look showed is an item, or a list.
        self._shown: dict[str, bool] = {}
        self._has_doubts = False
        # Lists that showed what they show no more, with what: another document may yet show it.
        self._shrunk: list[_Shrunk] = []
        self._due: list[_Shrunk] = []
        # What a dry run met, by number; and whether something is still being written.
        self._met: set[int] = set()
        self._waits = False
        self.done = 0
        with database.reading() as connection:
            self._signatures = documents.signatures(connection, source.name, terms.recipe)
            refusals = documents.refusals(connection, source.name)
            promoted = documents.promoted(connection, source.name)
        self._terms = replace(terms, promoted=promoted)
        self._refusals = {sighting.name: sighting for sighting in refusals}
        self._unseen = set(self._refusals)

    def batches(self, stopping: Event) -> Iterator[Sequence[Shown]]:
        """What the source shows, some documents at a time, or as many as came in time."""
        batch: list[Shown] = []
        size, since = 0, monotonic()
        for seen in self._source.scan(self._signatures, self._terms.now):
            if isinstance(seen, Absent):
                self.absent += 1
                continue
            if isinstance(seen, Unlisted):
                self._unlisted.add(seen.name)
                continue
            since = since if batch else monotonic()
            batch.append(seen)
            size += _size(seen)
            is_full = len(batch) >= self._terms.batch or size >= _BATCH_BYTES
            if stopping.is_set() or is_full or monotonic() - since >= _BATCH_SECONDS:
                yield batch
                batch, size = [], 0
            if stopping.is_set():
                return
        if batch:
            yield batch

    def take(self, batch: Sequence[Shown], stopping: Event) -> IngestReport:
        """Every document of the batch has its verdict, stored; what that came to.

        Once it is stopping, what was not read by then is left for the next time.
        """
        to_read = [seen for seen in batch if not isinstance(seen, Same | Waiting | Gone)]
        readings: Sequence[ReadDocument] = read_all(
            to_read, self._terms, stopping, pages=self._pages
        )
        if any(one.is_complete and not one.is_feed for one in readings):
            readings = kept_to_feeds(self._database, readings, self._terms, self._refusals)
        if len(readings) < len(to_read):
            batch = batch[: batch.index(to_read[len(readings)])]
        for seen in batch:
            if isinstance(seen, Same) and seen.name not in self._unlisted:
                self._shown[seen.name] = seen.name not in self._refusals
        self._shown.update((one.sighting.name, not one.sighting.refused) for one in readings)
        if self._has_doubts or any(one.is_doubtful for one in readings):
            self._has_doubts = True
            # What a list leads to comes before the list itself is known to be read.
            is_page = [isinstance(seen, Fetched) and seen.is_page for seen in to_read]
            readings = self._doubtful.sorted(
                list(zip(to_read, readings, strict=False)),
                self._shown,
                is_at_its_end=not all(is_page) or not batch,
            )
        self._waits = self._waits or any(isinstance(seen, Waiting) for seen in batch)
        self._due = [] if batch or self._waits else self._shrunk
        gone = [seen.name for seen in batch if isinstance(seen, Gone)]
        refuted = self._doubtful.refuted() if self._has_doubts else {}
        put_off = self._doubtful.put_off() if self._has_doubts else ()
        if self._dry_run:
            judged, hidden = self._rehearse(readings, [*gone, *refuted])
        else:
            same = (seen for seen in batch if isinstance(seen, Same))
            renewed = {seen.name: seen.signature for seen in same if seen.signature}
            judged, hidden = self._write(readings, gone, renewed, refuted, put_off)
        self.done += len(batch)
        self._unseen.difference_update(seen.name for seen in batch)
        return self._report(batch, readings, judged, hidden)

    @cached_property
    def _doubtful(self) -> Doubtful:
        return Doubtful(self._database, self._terms, self._pages, self._refusals)

    def forget_gone(self) -> None:
        """What was in quarantine and is not there any more is out of it."""
        if self._unseen and self._source.is_whole and not self._dry_run:
            with self._database.writing() as connection:
                documents.forget(connection, self._source.name, self._unseen)

    def _rehearse(
        self, readings: Sequence[ReadDocument], gone: Sequence[str]
    ) -> tuple[Sequence[Judged], Sequence[Item]]:
        with self._database.reading() as connection:
            # What a dry run decided is stored nowhere, so it is remembered.
            judged = _judge(
                connection, readings, self._memory, self._terms, [*gone, *self._unlisted]
            )
            hidden = [*write_items.leaving(connection, self._source.name, gone)]
            self._met.update(each.item.number for each in judged)
            for one in readings:
                if one.is_complete and one.candidates:
                    self._shrunk.append((one.sighting, taken_off(connection, one, judged)))
            for _, its in self._due:
                left = write_items.leaving(connection, *its)
                hidden += (item for item in left if item.number not in self._met)
            return judged, hidden

    def _write(
        self,
        readings: Sequence[ReadDocument],
        gone: Sequence[str],
        renewed: Mapping[str, str],
        refuted: Mapping[str, Refused],
        put_off: Sequence[ReadDocument],
    ) -> tuple[Sequence[Judged], Sequence[Item]]:
        news = [one for one in readings if one.candidates or not self._is_known(one.sighting)]
        if not (news or gone or renewed or refuted or put_off or self._due):
            return [], ()
        with deciding(self._database) as connection:
            judged = keep(connection, news, self._terms, [*gone, *self._unlisted])
            if put_off:
                keep_unread(connection, put_off)
            documents.renew(connection, self._source.name, renewed)
            hidden = [*withdraw(connection, gone, self._terms)] if gone else []
            for one in news:
                if one.is_complete and one.candidates:
                    its = taken_off(connection, one, judged)
                    if write_items.leaving(connection, *its):
                        # Until then it is as good as unread, should this look be killed.
                        unread = replace(one.sighting, signature="")
                        put = (each for each in judged if isinstance(each.decision, Postponed))
                        is_put_off = any(each.candidate.document == unread.name for each in put)
                        self._shrunk.append((unread if is_put_off else one.sighting, its))
                        documents.record(connection, [unread])
                    else:
                        write_items.leave(connection, *its, now=self._terms.now)
            for sighting, its in self._due:
                hidden += write_items.leave(connection, *its, now=self._terms.now)
                documents.record(connection, [sighting])
            none_after_all = refute(connection, refuted, self._terms) if refuted else ()
            return judged, [*hidden, *none_after_all]

    def _is_known(self, sighting: Sighting) -> bool:
        """Whether it was refused before, for the same reason."""
        before = self._refusals.get(sighting.name)
        return before is not None and replace(before, seen_at=sighting.seen_at) == sighting

    def _report(
        self,
        batch: Sequence[Shown],
        readings: Sequence[ReadDocument],
        judged: Sequence[Judged],
        hidden: Sequence[Item],
    ) -> IngestReport:
        """What a batch came to; the items that were ``hidden`` are shown no more."""
        minted = self._terms.identity.item
        told = [(one, reported(one, one.item.uid or minted(one.item.slug))) for one in judged]
        items = [item for _, item in told if item]
        outcomes = Counter(item.outcome for item in items)
        copies = outcomes[ItemOutcome.COPY]
        same = [seen.name for seen in batch if isinstance(seen, Same)]
        # A document that has the signature it had is an item's, or one in quarantine.
        kept = [self._refusals[name] for name in same if name in self._refusals]
        refused = [reading.sighting for reading in readings if reading.sighting.refused]
        labels = (label for one, item in told if item for label in one.item.draft.labels)
        items += map(withdrawn, hidden)
        left = _MOST_ITEMS_TOLD - self._told
        self._told += len(items[:left])
        return IngestReport(
            added=outcomes[ItemOutcome.ADDED],
            revised=outcomes[ItemOutcome.REVISED],
            unchanged=len(same) - len(kept) + len(judged) - outcomes.total() + copies,
            quarantined=len(kept) + len(refused),
            waiting=sum(isinstance(seen, Waiting) for seen in batch),
            items=tuple(items[:left]),
            quarantine=tuple(
                quarantined(each, self._refusals.get(each.name)) for each in (*kept, *refused)
            ),
            unknown_topics=tuple(dict.fromkeys(label for label in labels if not label.slug)),
            withdrawn=len(hidden),
            restored=outcomes[ItemOutcome.RESTORED],
            copies=copies,
            dropped=tuple(filter(None, map(_dropped, readings))),
            contested=sum(one.candidate.is_contested for one in judged),
        )


def _dropped(one: ReadDocument) -> DroppedParts | None:
    if not (one.silent_entries or one.lost_files):
        return None
    name, entries = one.sighting.name, one.silent_entries
    return DroppedParts(document=name, entries=entries, files=one.lost_files)


def alone(database: Database, source: str) -> AbstractContextManager[None]:
    """Nobody else ingests the source meanwhile. Raises StoreBusy where another does for long."""
    if not source.replace("-", "").replace("_", "").isalnum():
        # It becomes the name of a file, and a source may be a path.
        source = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return database.exclusive(f"ingest-{source}", _PATIENCE_SECONDS)


@contextmanager
def deciding(database: Database) -> Iterator[Connection]:
    """A transaction to judge in: nobody else decides about any item until it ends.

    Two who ingest at once would otherwise both add what both see for the first time.
    """
    with database.writing() as connection:
        # Whoever numbers changes holds their order to the commit.
        next_numbers(connection, "changes", 0)
        yield connection


def keep(
    connection: Connection,
    readings: Sequence[ReadDocument],
    terms: Terms,
    gone: Collection[str] = (),
) -> Sequence[Judged]:
    """What was read is judged and stored, every item with its id, as `deciding` allows.

    Documents that are ``gone``, or on no list any more, make room for what was moved.
    """
    judged = _judge(connection, readings, Memory(terms.taxonomy), terms, gone)
    had = ((one.sighting.digest, one.body) for one in readings)
    bodies = {digest: body for digest, body in had if digest and body is not None}
    documents.keep(connection, bodies)
    uids = store(connection, judged, terms)
    # One put off is left open, so that it is read again.
    put_off = {one.candidate.document for one in judged if isinstance(one.decision, Postponed)}
    seen = (one.sighting for one in readings)
    latest = {one.name: replace(one, signature="") if one.name in put_off else one for one in seen}
    documents.record(connection, latest.values())
    return [
        one if one.item.uid else replace(one, item=replace(one.item, uid=uids[one.item.slug]))
        for one in judged
    ]


def keep_unread(connection: Connection, readings: Sequence[ReadDocument]) -> None:
    """What waits to be judged is as good as unread: where this look is killed before that, the next
    one reads it again, and asks for none of it.
    """
    bodies = {one.sighting.digest or "": one.body or b"" for one in readings}
    documents.keep(connection, bodies)
    waiting = (one.sighting for one in readings)
    documents.record(
        connection, [replace(one, refused=None, is_unread=True, recipe="") for one in waiting]
    )


def withdraw(
    connection: Connection, documents_gone: Collection[str], terms: Terms
) -> Sequence[Item]:
    """These documents of the source are not there any more, nor the items nobody else shows."""
    hidden = write_items.leave(connection, terms.source, documents_gone, now=terms.now)
    documents.forget(connection, terms.source, documents_gone)
    return hidden


def taken_off(
    connection: Connection, one: ReadDocument, judged: Sequence[Judged]
) -> tuple[str, Collection[str], Collection[int]]:
    """The source and name of a list, and the items it showed and shows no more, as they were
    ``judged``: one that has another name now stays.
    """
    source, name = one.sighting.source, one.sighting.name
    keys = {key for each in one.candidates for key in each.keys}
    shown = {each.item.number for each in judged if each.candidate.document == name}
    left = documents.left(connection, source, name, keys)
    return source, [name], [number for number in left if number not in shown]


def refute(connection: Connection, refusals: Mapping[str, Refused], terms: Terms) -> Sequence[Item]:
    """These documents of the source are in quarantine, the items nobody else shows withdrawn."""
    hidden = write_items.leave(connection, terms.source, refusals, now=terms.now)
    documents.refuse(connection, terms.source, refusals, terms.recipe)
    return hidden


def _judge(
    connection: Connection,
    readings: Sequence[ReadDocument],
    memory: Memory,
    terms: Terms,
    gone: Collection[str],
) -> list[Judged]:
    candidates = distinguished([one for reading in readings for one in reading.candidates])
    if not candidates:
        return []
    since = terms.now - REMEMBERED
    recall.recall(connection, memory, terms.source, candidates, since)
    memory.look(candidates, gone)
    return [judge(each, memory, terms.now, terms.ownership) for each in candidates]


def _size(seen: Shown) -> int:
    if isinstance(seen, Fetched):
        return len(seen.document.body)
    return len(seen.listing.body) if isinstance(seen, LeadOnly) else 0
