"""Items: found by words, shown as they are stored, merged and split.

Knows what the page shows, and each of its buttons. Must never change an item itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.routing import Route

from feeds.ingest import edit
from feeds.ingest.edit import Editor
from feeds.selection import canonical_words
from feeds.storage import overview
from feeds.storage.read_items import whole_items
from notifier.account import TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest, View
from notifier.team.item_deeds import ItemDeeds, found
from notifier.team.noted import Came, TeamAct

_MOST: Final = 50
#: What an editor may say of an item, as a publisher may push it.
_MEMBERS: Final = ("title", "summary", "text", "issued", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsPage:
    """The list and each item, with what can be done to it."""

    deeds: ItemDeeds

    def routes(self, gate: Gate) -> Sequence[Route]:
        buttons = {
            "correct": Button(self._correct, TeamAct.CORRECTED, "item", "reason"),
            "release": Button(self._release, TeamAct.RELEASED, "item", "reason"),
            "withdraw": Button(self._withdraw, TeamAct.WITHDREW, "item", "reason"),
            "restore": Button(self._restore, TeamAct.RESTORED, "item", "reason"),
            "merge": Button(self._merge, TeamAct.MERGED, "item", "into"),
            "split": Button(self._split, TeamAct.SPLIT, "item", "reason"),
        }
        its = "/items/{item}"
        return (
            gate.page("/items", TeamRole.EDITOR, self._show),
            gate.page(its, TeamRole.EDITOR, self._show_one),
            *(gate.form(f"{its}/{at}", TeamRole.EDITOR, each) for at, each in buttons.items()),
        )

    def _show(self, asked: TeamRequest) -> View:
        words, hidden = canonical_words(asked.value("q")), bool(asked.value("hidden"))
        with self.deeds.database.reading() as connection:
            if words:
                listed = [overview.listed(each) for each in found(connection, words, _MOST).items]
            else:
                listed = [*self.deeds.latest(connection, None, _MOST, hidden=hidden)]
        return View("items.html", "Items", {"items": listed, "typed": words, "hidden": hidden})

    def _show_one(self, asked: TeamRequest) -> View:
        with self.deeds.database.reading() as connection:
            history = edit.history(connection, asked.value("item"), self.deeds.clock())
            [item] = whole_items(connection, [history.number])
        return View("team_item.html", item.title, {"item": item, "history": history})

    def _by(self, asked: TeamRequest) -> Editor:
        return Editor(who=asked.account.name, reason=asked.value("reason"))

    def _correct(self, asked: TeamRequest) -> Done:
        """What is left empty stays as the item's sources say it."""
        item = asked.value("item")
        members = {name: asked.value(name) or None for name in _MEMBERS}
        added, removed = asked.value("add").split(), asked.value("remove").split()
        came = self.deeds.correct(item, members, added, removed, self._by(asked))
        return Done(came.said, f"/items/{item}")

    def _release(self, asked: TeamRequest) -> Done:
        return self._done(asked, self.deeds.release)

    def _withdraw(self, asked: TeamRequest) -> Done:
        return self._done(asked, self.deeds.withdraw)

    def _restore(self, asked: TeamRequest) -> Done:
        return self._done(asked, self.deeds.restore)

    def _split(self, asked: TeamRequest) -> Done:
        return self._done(asked, self.deeds.split)

    def _done(self, asked: TeamRequest, do: Callable[[str, Editor], Came]) -> Done:
        item = asked.value("item")
        return Done(do(item, self._by(asked)).said, f"/items/{item}")

    def _merge(self, asked: TeamRequest) -> Done:
        item, into = asked.value("item"), asked.value("into")
        return Done(self.deeds.merge(item, into, self._by(asked)).said, f"/items/{item}")
