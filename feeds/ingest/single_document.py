"""Single documents that are handed to us: read, judged and stored in one transaction.

Knows how one document is taken in by itself. Must never know who hands it over, or how.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from config.values import is_web_address
from feeds.draft import Document
from feeds.errors import SourceError, UnknownDocument
from feeds.ingest import Terms
from feeds.ingest.pipeline import alone, deciding, ingest
from feeds.ingest.report import IngestReport
from feeds.sources import Fetched, Seen
from feeds.storage import Connection, documents
from feeds.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Takes documents in; ``terms`` are what holds for one that comes from a source now."""

    database: Database
    terms: Callable[[str], Terms]

    @contextmanager
    def deciding(self, source: str) -> Iterator[Connection]:
        """The transaction to judge a document of the source in. Raises StoreBusy, StoreError."""
        with alone(self.database, source), deciding(self.database) as connection:
            yield connection

    def take(self, document: Document) -> IngestReport:
        """The store holds what the document says, as if its source had shown it alone.

        Raises StoreError; StoreBusy while the source is ingested already.
        """
        return ingest(self.database, _SingleDocument(document), self.terms(document.source))

    def promote(self, source: str, name: str) -> IngestReport:
        """A document in quarantine is an item, as a person vouches for it.

        Raises UnknownDocument, SourceError where its bytes were never had, StoreBusy.
        """
        with self.database.writing() as connection:
            if not documents.promote(connection, source, name):
                raise UnknownDocument(source, name)
        return self.read_again(source, name)

    def read_again(self, source: str, name: str) -> IngestReport:
        """A document is taken in once more, as it was last seen.

        Raises SourceError where its bytes were never had; StoreBusy.
        """
        with self.database.reading() as connection:
            body = documents.latest(connection, source, name)
        if body is None:
            raise SourceError(source, f"of the document {name!r} nothing was ever read")
        document = Document(
            source=source,
            name=name,
            body=body,
            # A document of a website is named by its address.
            url=name if is_web_address(name) else None,
        )
        return self.take(document)


@dataclass(frozen=True, slots=True)
class _SingleDocument:
    """The source of a document, at a moment when it shows nothing else."""

    document: Document

    @property
    def name(self) -> str:
        return self.document.source

    @property
    def is_whole(self) -> bool:
        """False: it has other documents, which are still there."""
        return False

    @property
    def expected(self) -> int:
        return 1

    def scan(self, known: Mapping[str, str], now: datetime) -> Iterator[Seen]:  # noqa: ARG002
        yield Fetched(document=self.document)
