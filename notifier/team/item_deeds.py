"""Items as the team finds and changes them: corrected, withdrawn, merged, split.

Knows the order of calls, and what is said of each. Must never change an item itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feeds import search
from feeds.errors import UnknownItem
from feeds.identity.correction import Correction
from feeds.identity.ownership import NOBODYS, Ownership
from feeds.ingest import edit
from feeds.ingest.edit import Editor
from feeds.ingest.report import IngestReport
from feeds.model import Item, TopicRef
from feeds.selection import Selection
from feeds.storage import Connection, overview
from feeds.storage.database import Database
from feeds.storage.overview import Listed
from feeds.storage.read_items import number_named, shown, whole_items
from feeds.taxonomy import Taxonomy
from notifier.storage import matches
from notifier.team.noted import Came


def found(
    connection: Connection, words: str, limit: int, before: datetime | None = None
) -> "FoundItems":
    """The items with all of these words, the latest first, or the one that an id or address names;
    ``before`` continues behind the last of those given before, by its moment.
    """
    if number := number_named(connection, words):
        return FoundItems(items=whole_items(connection, [number]), last=None)
    latest = search.latest(connection, Selection(words=words), limit, before)
    known = {item.number: item for item in shown(connection, [each.item for each in latest])}
    items = [known[each.item] for each in latest if each.item in known]
    return FoundItems(items=items, last=latest[-1].news_at if len(latest) == limit else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItems:
    """Some items; there may be more behind the ``last`` one, which became news at that moment."""

    items: Sequence[Item]
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDeeds:
    """What an editor does; what is changed is published at once. ``read_again`` takes in a document
    of a source once more; ``hold`` passes between an item's arrival and its first mail.
    """

    database: Database
    taxonomy: Taxonomy
    ownership: Ownership
    read_again: Callable[[str, str], IngestReport]
    publish: Callable[[], int]
    hold: timedelta
    clock: Callable[[], datetime]

    def latest(
        self,
        connection: Connection,
        topic: TopicRef | None,
        limit: int,
        *,
        hidden: bool,
        before: datetime | None = None,
    ) -> Sequence[Listed]:
        """The items that changed last, each with when it may first be mailed, where it is held."""
        held = matches.held(connection, self.hold, self.clock())
        return overview.item_list(connection, topic, limit, held, hidden=hidden, before=before)

    def known(self, item: str) -> tuple[Item, bool]:
        """The item of that id, slug or address, and whether it is shown. Raises UnknownItem."""
        with self.database.reading() as connection:
            number = number_named(connection, item)
            if number is None:
                raise UnknownItem(item)
            [known] = whole_items(connection, [number])
            return known, bool(shown(connection, [number]))

    def correct(
        self,
        item: str,
        members: Mapping[str, str | None],
        added: Sequence[str],
        removed: Sequence[str],
        by: Editor,
    ) -> Came:
        """What is None stays as the item's sources say it. Raises NotEdited, UnknownTopic."""
        return self._said(item, edit.statement(self.taxonomy, item, members, added, removed), by)

    def release(self, item: str, by: Editor) -> Came:
        """The item says what its sources do. Raises NotEdited."""
        return self._said(item, None, by)

    def _said(self, item: str, said: Correction | None, by: Editor) -> Came:
        done = edit.correct(
            self.database,
            item,
            said,
            by=by,
            taxonomy=self.taxonomy,
            now=self.clock(),
            publish=self.publish,
        )
        changed = ", ".join(done.changes) or "nothing"
        return Came(f"It says something else: {changed}.", done.is_done)

    def withdraw(self, item: str, by: Editor) -> Came:
        """The item is nowhere shown. Raises NotEdited."""
        now, publish = self.clock(), self.publish
        done = edit.withdraw(self.database, item, by=by, now=now, publish=publish)
        return Came("It is shown no more.", done.is_done)

    def restore(self, item: str, by: Editor) -> Came:
        """The item is shown, whoever withdrew it. Raises NotEdited."""
        now, publish = self.clock(), self.publish
        done = edit.withdraw(self.database, item, by=by, now=now, publish=publish, back=True)
        return Came("It is shown again.", done.is_done)

    def merge(self, item: str, into: str, by: Editor, *, third_party: bool = False) -> Came:
        """The item is hidden, as another tells the same. Raises NotEdited, also where the words
        that stay are a ``third_party``'s, unless that is meant.
        """
        edit.merge(
            self.database,
            item,
            into,
            by=by,
            now=self.clock(),
            publish=self.publish,
            ownership=NOBODYS if third_party else self.ownership,
        )
        return Came(f"It is hidden, as {into} tells the same.")

    def split(self, item: str, by: Editor, document: str = "") -> Came:
        """The item is shown by itself, or a document that was taken for a copy of it becomes one.

        Raises NotEdited, SourceError, StoreBusy.
        """
        if not document:
            now, publish = self.clock(), self.publish
            done = edit.split(self.database, item, by=by, now=now, publish=publish)
            return Came("It stands for itself.", done.is_done)
        source = edit.set_apart(self.database, item, document, by=by, now=self.clock())
        self.read_again(source, document)
        self.publish()
        return Came(f"{document} of {source} is an item by itself.")
