"""What comes in, as the team looks after it: sources asked at once, quarantine, unknown names.

Knows the order of calls, and what is said of each. Must never decide what a document or name means.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from feeds.errors import SourceError, UnknownDocument, UnknownTopic
from feeds.ingest import retag
from feeds.ingest.report import IngestReport
from feeds.model import Topic
from feeds.storage import documents, overview
from feeds.storage.database import Database
from feeds.storage.origins import standings
from feeds.storage.overview import Held
from feeds.storage.topics import Unknown
from feeds.taxonomy import Taxonomy
from notifier.team.noted import Came

#: More than anybody reads to know what it is.
_MOST_BYTES: Final = 60_000
_MOST_NEAR: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDocument:
    """A document in quarantine, of so many bytes, the first of them as text."""

    held: Held
    size: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDeeds:
    """What an editor sees and does; what is mapped is published at once. ``promote`` reads a
    document in quarantine as an item.
    """

    database: Database
    taxonomy: Taxonomy
    promote: Callable[[str, str], IngestReport]
    publish: Callable[[], int]
    clock: Callable[[], datetime]

    def look(self, source: str) -> Came:
        """The next beat of its job asks the source, whatever pause it had. Raises SourceError."""
        with self.database.writing() as connection:
            if not standings.look_now(connection, source):
                raise SourceError(source, "is asked at every beat, or never was; nothing to hasten")
        return Came("It is asked within a minute, where a daemon runs.")

    def held(self, source: str, name: str) -> HeldDocument:
        """A document in quarantine. Raises UnknownDocument."""
        with self.database.reading() as connection:
            held = overview.quarantine(connection, source, name)
            body = documents.latest(connection, source, name) or b""
        if not held:
            raise UnknownDocument(source, name)
        return HeldDocument(held=held[0], size=len(body), text=_text(body))

    def vouch(self, source: str, name: str) -> Came:
        """A document in quarantine is an item, as somebody says so, now and from now on.

        Raises UnknownDocument, SourceError where nothing of it was ever had, StoreBusy.
        """
        report = self.promote(source, name)
        if report.quarantine:
            why = report.quarantine[0].reason
            return Came(f"It could not be read all the same: {why}", changed=False)
        return Came(f"{report.added} items added, {report.revised} revised.")

    def dismiss(self, source: str, name: str) -> Came:
        """A document in quarantine is listed no more. Raises UnknownDocument."""
        with self.database.writing() as connection:
            if not documents.dismiss(connection, source, name):
                raise UnknownDocument(source, name)
        return Came("It is listed again only when it changes.")

    def near(self, unknown: Unknown) -> Iterator[Topic]:
        """The topics of its kind whose names are most like it, the most alike first."""
        try:
            self.taxonomy.find(f"{unknown.kind}:{unknown.label}")
        except UnknownTopic as error:
            alike = (self.taxonomy.find(name) for name in error.near)
            yield from [each for each in alike if each.ref.kind is unknown.kind][:_MOST_NEAR]

    def map(self, names: Sequence[str], topic: str) -> Came:
        """Names stand for a topic: what is stored is filed anew. Raises UnknownTopic."""
        done = retag.map_names(
            self.database,
            self.taxonomy,
            topic,
            names,
            now=self.clock(),
            publish=self.publish,
        )
        return Came(f"It stands for {topic}: {done.items} items are filed anew.")


def _text(body: bytes) -> str:
    """What can be read of it; what moves a cursor or turns the writing direction is a mark."""
    text = body[:_MOST_BYTES].decode("utf-8", "replace")
    return "".join(each if each.isprintable() or each in "\n\t" else "�" for each in text)
