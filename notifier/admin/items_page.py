"""Items: found by words, shown as they are stored, merged and split.

Knows what the page shows, and each of its buttons. Must never change an item itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from starlette.routing import Route

from feeds import search
from feeds.identity.correction import Correction
from feeds.identity.ownership import Ownership
from feeds.ingest import edit
from feeds.ingest.edit import Editor
from feeds.model import Item
from feeds.selection import Selection, canonical_words
from feeds.storage import Connection, overview
from feeds.storage.database import Database
from feeds.storage.read_items import number_named, shown, whole_items
from feeds.taxonomy import Taxonomy
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View

_MOST: Final = 50
#: What an editor may say of an item, as a publisher may push it.
_MEMBERS: Final = ("title", "summary", "text", "issued", "language")


class ItemLine(NamedTuple):
    """An item in a list."""

    slug: str
    title: str
    issued: date | None
    source: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsPage:
    """The list and each item; what is changed is published at once."""

    database: Database
    taxonomy: Taxonomy
    ownership: Ownership
    publish: Callable[[], int]
    clock: Callable[[], datetime]

    def routes(self, gate: Gate) -> Sequence[Route]:
        buttons = {
            "correct": Button(self._correct, "corrected an item", "item", "reason"),
            "release": Button(self._release, "gave an item back to its sources", "item", "reason"),
            "withdraw": Button(self._withdraw, "withdrew an item", "item", "reason"),
            "restore": Button(self._restore, "restored an item", "item", "reason"),
            "merge": Button(self._merge, "merged an item into another", "item", "into"),
            "split": Button(self._split, "showed an item by itself", "item", "reason"),
        }
        its = "/items/{item}"
        return (
            gate.page("/items", TeamRole.EDITOR, self._show),
            gate.page(its, TeamRole.EDITOR, self._show_one),
            *(gate.form(f"{its}/{at}", TeamRole.EDITOR, each) for at, each in buttons.items()),
        )

    def _show(self, asked: TeamRequest) -> View:
        words, hidden = canonical_words(asked.value("q")), bool(asked.value("hidden"))
        with self.database.reading() as connection:
            if words:
                found = [_row(item) for item in self._found(connection, words)]
            else:
                latest = overview.item_list(connection, None, _MOST, hidden=hidden)
                found = [
                    ItemLine(each.slug, each.title, each.issued, each.source, each.language)
                    for each in latest
                ]
        return View("items.html", "Items", {"items": found, "typed": words, "hidden": hidden})

    def _found(self, connection: Connection, words: str) -> Sequence[Item]:
        """Those with all of the words, the latest first; or the one that an id or address names."""
        if number := number_named(connection, words):
            return whole_items(connection, [number])
        latest = search.latest(connection, Selection(words=words), _MOST)
        known = {item.number: item for item in shown(connection, [each.item for each in latest])}
        return [known[each.item] for each in latest if each.item in known]

    def _show_one(self, asked: TeamRequest) -> View:
        with self.database.reading() as connection:
            history = edit.history(connection, asked.value("item"), self.clock())
            [item] = whole_items(connection, [history.number])
        return View("team_item.html", item.title, {"item": item, "history": history})

    def _by(self, asked: TeamRequest) -> Editor:
        return Editor(who=asked.account.name, reason=asked.value("reason"))

    def _correct(self, asked: TeamRequest) -> Done:
        """What is left empty stays as the item's sources say it."""
        item = asked.value("item")
        members = {name: asked.value(name) or None for name in _MEMBERS}
        topics = [asked.value("add").split(), asked.value("remove").split()]
        said = edit.statement(self.taxonomy, item, members, *topics)
        return self._said(asked, said)

    def _release(self, asked: TeamRequest) -> Done:
        return self._said(asked, None)

    def _said(self, asked: TeamRequest, said: Correction | None) -> Done:
        item = asked.value("item")
        done = edit.correct(
            self.database,
            item,
            said,
            by=self._by(asked),
            taxonomy=self.taxonomy,
            now=self.clock(),
            publish=self.publish,
        )
        changed = ", ".join(done.changes) or "nothing"
        return Done(f"It says something else: {changed}.", f"/items/{item}")

    def _withdraw(self, asked: TeamRequest) -> Done:
        return self._hidden(asked, back=False)

    def _restore(self, asked: TeamRequest) -> Done:
        return self._hidden(asked, back=True)

    def _hidden(self, asked: TeamRequest, *, back: bool) -> Done:
        item = asked.value("item")
        edit.withdraw(
            self.database,
            item,
            by=self._by(asked),
            now=self.clock(),
            publish=self.publish,
            back=back,
        )
        return Done("It is shown again." if back else "It is shown no more.", f"/items/{item}")

    def _merge(self, asked: TeamRequest) -> Done:
        item, into = asked.value("item"), asked.value("into")
        edit.merge(
            self.database,
            item,
            into,
            by=self._by(asked),
            now=self.clock(),
            publish=self.publish,
            ownership=self.ownership,
        )
        return Done(f"It is hidden, as {into} tells the same.", f"/items/{item}")

    def _split(self, asked: TeamRequest) -> Done:
        item = asked.value("item")
        edit.split(self.database, item, by=self._by(asked), now=self.clock(), publish=self.publish)
        return Done("It stands for itself.", f"/items/{item}")


def _row(item: Item) -> ItemLine:
    day = item.issued.day if item.issued else None
    return ItemLine(item.slug, item.title, day, item.source, item.language)
