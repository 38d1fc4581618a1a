"""What is stored is read again from what was kept, by what reads documents now.

Knows which of a source's documents can be, and how many are read at a time. Must never decide what
becomes of an item: an ingest does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import structlog

from config.values import is_web_address
from feeds.errors import StoreBusy
from feeds.model import SourceKind
from notifier.app import sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from config.settings import SourceSettings
    from feeds.ingest import Terms
    from feeds.ingest.report import IngestReport
    from feeds.model import Progress
    from feeds.sources.kept import KeptDocument
    from feeds.storage.database import Database
    from notifier.app.house import House

#: Held at once, bytes and all; and read of each source at a beat: seconds of work.
_AT_ONCE = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadReport:
    """What came of reading so many ``documents`` again, while so many others cannot be: they are
    lists whose pages are kept, or their bytes were never had.
    """

    documents: int
    not_kept: int
    ingested: IngestReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Rereading:
    """Reads what was read by other parsers, another taxonomy or other settings of its source: of
    each source so many documents at ``most``, until it is ``stopping``.
    """

    house: House
    stopping: Event
    most: int | None = None
    dry_run: bool = False
    progress: Progress | None = None

    def run(self, names: Sequence[str] = ()) -> RereadReport:
        """The items of these sources, or of all that settings name, are as they are read now.

        Nothing of it is news, so that nobody is mailed. Raises SourceError for a name that is none;
        StoreBusy, StoreError.
        """
        from feeds.errors import SourceError
        from feeds.ingest.report import merged

        known = {each.name: each for each in self.house.settings.sources}
        if strange := [name for name in names if name not in known]:
            raise SourceError(strange[0], "is none that settings name; see `fieldfare sources`")
        done = [self._of(known[name]) for name in names or known if not self.stopping.is_set()]
        return RereadReport(
            documents=sum(each.documents for each in done),
            not_kept=sum(each.not_kept for each in done),
            ingested=merged([each.ingested for each in done]),
        )

    def _of(self, source: SourceSettings) -> RereadReport:
        from feeds.ingest.report import IngestReport
        from feeds.storage import documents
        from feeds.storage.database import set_value, value_of

        terms, are_pages = self._terms(source), _are_pages(source)
        mark = f"read by {source.name}"
        with self.house.database.reading() as connection:
            if value_of(connection, mark) == terms.recipe:
                return RereadReport(documents=0, not_kept=0, ingested=IngestReport())
            again, lost = documents.count_outdated(
                connection, source.name, terms.recipe, are_pages=are_pages
            )
        number = again if self.most is None else min(again, self.most)
        report = self._ingested(terms, number, are_pages=are_pages)
        if number == again and not self.dry_run and not self.stopping.is_set():
            # Asked at every beat: what is done is known without counting.
            with self.house.database.writing() as connection:
                set_value(connection, mark, terms.recipe)
        return RereadReport(documents=number, not_kept=lost, ingested=report)

    def _terms(self, source: SourceSettings) -> Terms:
        from feeds.parse.push import FORM

        house = self.house
        made = sources.terms(
            house.settings,
            source.name,
            house.mapped_taxonomy(),
            house.identity,
            house.clock(),
            reader=house.workers,
        )
        # What is found out late is no news; what was pushed does not tell that by its bytes.
        is_pushed = SourceKind(source.kind) is SourceKind.PUSH
        habits = replace(made.habits, form=FORM) if is_pushed else made.habits
        return replace(made, backfill=True, habits=habits)

    def _ingested(self, terms: Terms, number: int, *, are_pages: bool) -> IngestReport:
        from feeds.ingest.pipeline import ingest
        from feeds.ingest.report import IngestReport
        from feeds.sources.kept import KeptSource

        if not number:
            return IngestReport()
        self.house.workers.start()
        some = partial(_kept, self.house.database, terms, are_pages=are_pages)
        return ingest(
            self.house.database,
            KeptSource(name=terms.source, some=some, expected=number),
            terms,
            dry_run=self.dry_run,
            stopping=self.stopping,
            progress=self.progress,
        )


def reread_some(house: House, publish: Callable[[Event], object], stopping: Event) -> None:
    """A little of what would be read otherwise by now is, so that news waits for none of it; what
    is of a source that is being looked at waits itself.
    """
    rereading = Rereading(house=house, stopping=stopping, most=_AT_ONCE)
    for source in house.settings.sources:
        try:
            report = rereading.run([source.name])
        except StoreBusy as busy:
            log.debug("left to another", problem=str(busy))
            continue
        if report.documents:
            revised, added = report.ingested.revised, report.ingested.added
            counts = {"documents": report.documents, "revised": revised, "added": added}
            log.info("read again", source=source.name, **counts)
        if report.ingested.items:
            publish(stopping)


def _are_pages(source: SourceSettings) -> bool:
    """Whether what lists say of its items is in these, as each has a page of its own."""
    return SourceKind(source.kind) is SourceKind.WEB and source.follow


def _kept(
    database: Database, terms: Terms, after: str, *, are_pages: bool
) -> Sequence[KeptDocument]:
    from feeds.parse.push import FORM
    from feeds.sources.kept import KeptDocument
    from feeds.storage import documents, recall

    is_pushed = terms.habits.form == FORM

    with database.reading() as connection:
        found = documents.outdated(
            connection, terms.source, terms.recipe, after, _AT_ONCE, are_pages=are_pages
        )
        numbers = {each.item for each in found if each.item is not None}
        known = recall.knowns(connection, numbers, terms.now)
    return [
        KeptDocument(
            name=each.name,
            signature=each.signature,
            body=each.body,
            # A document of a website is named by its address.
            url=each.name if is_web_address(each.name) and not is_pushed else None,
            media_type=each.media_type or None,
            known=None if each.item is None else known[each.item].draft,
        )
        for each in found
    ]
