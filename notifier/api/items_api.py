"""Items for programs of the team: found, shown, corrected, withdrawn, merged, split.

Knows what is asked for and shown. Must never change an item itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Annotated, Final

from fastapi import Query
from pydantic import AfterValidator, Field

from config.scopes import Scope
from feeds.ingest import edit
from feeds.ingest.edit import Editor, ItemHistory
from feeds.model import Item, TopicKind
from feeds.parse.push.members import Fault, Strict, printable, some_words
from feeds.selection import canonical_words
from feeds.storage import overview
from feeds.storage.overview import Listed
from feeds.web.problems import Problem
from notifier.api.keyset import Cursor, Limit, ListPart, cursor_of, key_in, moment, part_of
from notifier.api.operations import Doing, Name, Reading
from notifier.storage import digests
from notifier.storage.digests import Telling
from notifier.team.item_deeds import ItemDeeds, found
from notifier.team.noted import Came, TeamAct

_LONGEST: Final = 500
_Line = Annotated[str, Field(min_length=1, max_length=_LONGEST), AfterValidator(some_words)]
_Text = Annotated[str, AfterValidator(printable)]
_Topics = Annotated[list[_Line], Field(max_length=50)]
#: What an editor may say of an item, as a publisher may push it.
_MEMBERS: Final = ("title", "summary", "text", "issued", "language")
_ALONE: Final = Fault(field="query/q", problem="stands alone: leave out topic and hidden")


class Reasoned(Strict):
    """Why somebody decides it."""

    reason: _Line = Field(description="Why; it stands in the history of the item.")


class CorrectedItem(Reasoned):
    """What an editor says of an item; what is left out stays as its sources say it."""

    title: _Text | None = None
    summary: _Text | None = None
    text: _Text | None = Field(default=None, description="Paragraphs, a blank line between two.")
    issued: _Line | None = Field(default=None, description="A day or a moment (ISO 8601).")
    language: _Line | None = None
    add: _Topics = Field(default=[], description="Topics it is filed under, by slug or name.")
    remove: _Topics = Field(default=[], description="Topics it is no longer filed under.")


class MergedItem(Strict):
    """Which item tells the same, and stays."""

    into: _Line = Field(description="The other item, by its slug, id or address.")
    reason: _Text = ""
    third_party: bool = Field(
        default=False, description="Even behind the words of who does not own its host."
    )


class SplitItem(Strict):
    """What is an item by itself."""

    document: _Text = Field(
        default="",
        description="A document that was taken for a copy of it, as its history names it; without"
        " one the item itself, which is merged into another.",
    )
    reason: _Text = "it tells something else"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTopic:
    """A name that an item bears, and the topic it stands for, if it is known."""

    kind: TopicKind
    label: str
    slug: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord:
    """An item as it is stored; ``topics`` are all it belongs to, parents too."""

    number: int
    uid: str
    slug: str
    page: str
    source: str
    url: str | None
    title: str
    summary: str
    body: str
    issued: str | None
    issued_from: str | None
    language: str
    names: Sequence[NamedTopic]
    topics: Sequence[str]
    revision: int
    first_seen_at: datetime
    updated_at: datetime
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldHistory:
    """The history of an item, and the digests in which it went out."""

    history: ItemHistory
    mails: Sequence[Telling]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsApi:
    """The requests; ``page`` is the address of the page of a slug."""

    deeds: ItemDeeds
    page: Callable[[str], str] = field(repr=False)

    def operations(self) -> Sequence[Reading | Doing]:
        its = "/admin/items/{item}"
        reading = partial(Reading, scope=Scope.ITEMS_READ)
        doing = partial(Doing, scope=Scope.ITEMS_WRITE, subject="item", detail="reason")
        why = partial(doing, body=Reasoned)
        into = partial(doing, body=MergedItem, detail="into")
        act = TeamAct
        return (
            reading("/admin/items", "listItems", self.listed, list[Listed]),
            reading(its, "readItem", self.record, ItemRecord),
            reading(f"{its}/history", "readItemHistory", self.history, ToldHistory),
            doing(f"{its}/correct", "correctItem", self.correct, act.CORRECTED, body=CorrectedItem),
            why(f"{its}/release", "releaseItem", self.release, act.RELEASED),
            why(f"{its}/withdraw", "hideItem", self.withdraw, act.WITHDREW),
            why(f"{its}/restore", "restoreItem", self.restore, act.RESTORED),
            into(f"{its}/merge", "mergeItem", self.merge, act.MERGED),
            doing(f"{its}/split", "splitItem", self.split, act.SPLIT, body=SplitItem),
        )

    def listed(
        self,
        *,
        q: Annotated[
            str,
            Query(max_length=200, description="Words, or the slug, id or address of an item."),
            AfterValidator(printable),
        ] = "",
        topic: Annotated[
            str, Query(max_length=200, description="Only this topic, by its slug or name.")
        ] = "",
        hidden: Annotated[bool, Query(description="Those withdrawn or merged.")] = False,
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> ListPart[Listed]:
        """List items, those that changed last first; with words, those that are new there."""
        words, key = canonical_words(q), key_in(cursor, moment)
        if words and (topic or hidden):
            raise Problem.of_faults(_ALONE)
        before = key[0] if key else None
        ref = self.deeds.taxonomy.find(topic).ref if topic else None
        with self.deeds.database.reading() as connection:
            if words:
                there = found(connection, words, limit, before)
                more = cursor_of([there.last.isoformat()]) if there.last else ""
                return ListPart(rows=[overview.listed(each) for each in there.items], cursor=more)
            rows = self.deeds.latest(connection, ref, limit + 1, hidden=hidden, before=before)
        return part_of(rows, limit, lambda each: [each.updated_at.isoformat()])

    def record(self, item: Name) -> ItemRecord:
        """Show an item as it is stored."""
        known, is_shown = self.deeds.known(item)
        return self._record(known, is_shown=is_shown)

    def _record(self, item: Item, *, is_shown: bool) -> ItemRecord:
        issued = item.issued
        return ItemRecord(
            number=item.number,
            uid=item.uid,
            slug=item.slug,
            page=self.page(item.slug),
            source=item.source,
            url=item.url,
            title=item.title,
            summary=item.summary,
            body=item.body,
            issued=(issued.at or issued.day).isoformat() if issued else None,
            issued_from=issued.origin if issued else None,
            language=item.language,
            names=[
                NamedTopic(kind=each.kind, label=each.text, slug=each.slug) for each in item.labels
            ],
            topics=sorted(map(str, item.topics)),
            revision=item.revision,
            first_seen_at=item.first_seen_at,
            updated_at=item.updated_at,
            is_shown=is_shown,
        )

    def history(self, item: Name) -> ToldHistory:
        """Show what was done to an item, by whom and why, and in which digests it went out."""
        with self.deeds.database.reading() as connection:
            history = edit.history(connection, item, self.deeds.clock())
            mails = digests.tellings(connection, history.number)
        return ToldHistory(history=history, mails=mails)

    # -- What an editor does -----------------------------------------------------------------------

    def correct(self, item: Name, who: str, said: CorrectedItem) -> Came:
        """Correct what an item says, above all that its sources say."""
        members = {name: getattr(said, name) for name in _MEMBERS}
        return self.deeds.correct(item, members, said.add, said.remove, _by(who, said.reason))

    def release(self, item: Name, who: str, said: Reasoned) -> Came:
        """Have an item say again what its sources do."""
        return self.deeds.release(item, _by(who, said.reason))

    def withdraw(self, item: Name, who: str, said: Reasoned) -> Came:
        """Withdraw an item: it is nowhere shown, whatever its sources show."""
        return self.deeds.withdraw(item, _by(who, said.reason))

    def restore(self, item: Name, who: str, said: Reasoned) -> Came:
        """Show an item again, whoever withdrew it."""
        return self.deeds.restore(item, _by(who, said.reason))

    def merge(self, item: Name, who: str, said: MergedItem) -> Came:
        """Hide an item, as another tells the same."""
        by = _by(who, said.reason)
        return self.deeds.merge(item, said.into, by, third_party=said.third_party)

    def split(self, item: Name, who: str, said: SplitItem) -> Came:
        """Show an item by itself, or a document that was taken for a copy of it."""
        return self.deeds.split(item, _by(who, said.reason), said.document)


def _by(who: str, reason: str) -> Editor:
    return Editor(who=who, reason=reason)
