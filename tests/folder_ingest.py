"""What tests of ingest start from: a folder of pages, a store, and the way between them.

Knows how pages of form A look. Must never know what a test expects of them.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from feeds.draft import Habits
from feeds.identity.ids import Identity
from feeds.identity.ownership import NOBODYS
from feeds.ingest import Terms
from feeds.ingest.pipeline import ingest
from feeds.ingest.report import IngestReport
from feeds.sources.folder import FolderSource
from feeds.storage import documents
from feeds.storage.database import Database
from feeds.storage.tables import items, metadata
from feeds.taxonomy import Taxonomy

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IDENTITY = Identity("example.org", date(2026, 1, 1))
HABITS = Habits()

PAGE = """\
News Item
{title}
{summary}
- Issued on:
- Issued by:
- {issuers}
- Fields of work:
- {fields}
{summary}
{body}
Read more on this topic
"""


def a_page(title: str = "Officers trained", **changes: str) -> str:
    """An item of form A as a page shows it."""
    page = {
        "summary": f"{title} in Vienna.",
        "issuers": "OSCE Secretariat, Transnational Threats Department",
        "fields": "Policing",
        "body": "The course lasted five days.",
    }
    return PAGE.format(title=title, **page | changes)


class FolderIngest:
    """A folder, a store, and the way from one to the other, one source named ``own``."""

    def __init__(self, database: Database, folder: Path, taxonomy: Taxonomy) -> None:
        self.database = database
        self.folder = folder
        self.taxonomy = taxonomy

    def write(self, name: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)

    def source(self, **changes: Any) -> FolderSource:
        settings: dict[str, Any] = {"pattern": "*.txt", "max_bytes": 10_000, "settle_seconds": 0}
        return FolderSource(name="own", root=self.folder, **settings | changes)

    def ingest(
        self,
        *,
        now: datetime = NOW,
        batch: int = 500,
        habits: Habits = HABITS,
        **options: Any,
    ) -> IngestReport:
        source = options.pop("source", self.source())
        terms = Terms(
            source=source.name,
            taxonomy=self.taxonomy,
            identity=IDENTITY,
            now=now,
            zone=UTC,
            batch=batch,
            archive_after_days=7,
            habits=habits,
            backfill=options.pop("backfill", False),
            ownership=options.pop("ownership", NOBODYS),
        )
        return ingest(self.database, source, terms, **options)

    def items(self) -> list[Row[Any]]:
        with self.database.reading() as connection:
            return list(connection.execute(select(items).order_by(items.c.number)))

    def item(self) -> Row[Any]:
        (item,) = self.items()
        return item

    def refused(self) -> list[str]:
        """The names of the documents in quarantine."""
        with self.database.reading() as connection:
            return [sighting.name for sighting in documents.refusals(connection, "own")]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables, in an order that does not change."""
        with self.database.reading() as connection:
            return {
                table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
                for table in metadata.sorted_tables
            }


def counts(report: IngestReport) -> tuple[int, int, int, int, int]:
    return (
        report.added,
        report.revised,
        report.unchanged,
        report.quarantined,
        report.waiting,
    )
