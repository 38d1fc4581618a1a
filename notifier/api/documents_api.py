"""What comes in, for programs of the team: sources asked at once, quarantine, unknown names.

Knows what is asked for and shown. Must never decide what a document or a name means.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, Field

from config.scopes import Scope
from feeds.model import TopicKind
from feeds.parse.push.members import Strict, printable, some_words
from feeds.storage import overview
from feeds.storage.overview import Held
from feeds.storage.topics import Unknown
from notifier.api.keyset import Cursor, Limit, ListPart, key_in, number, part_of
from notifier.api.operations import Doing, Name, Reading
from notifier.team.document_deeds import DocumentDeeds, HeldDocument
from notifier.team.noted import Came, TeamAct

_Printable = Annotated[str, Field(min_length=1, max_length=4_000), AfterValidator(printable)]
_Asked = Annotated[str, Query(min_length=1, max_length=4_000), AfterValidator(printable)]
_Line = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(some_words)]


class DocumentNamed(Strict):
    """A document in quarantine."""

    source: _Printable = Field(description="The source it is of.")
    document: _Printable = Field(description="Its name, as the list has it.")


class NamesMapped(Strict):
    """Which topic names stand for."""

    topic: _Line = Field(description="The topic, by its slug (field:policing) or its name.")
    names: Annotated[list[_Line], Field(min_length=1, max_length=50)] = Field(
        description="The names, as documents print them."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedTopic:
    """A topic that a name may stand for."""

    topic: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownName:
    """A name nobody knows, how many items bear it, and what it may stand for, the likeliest
    first.
    """

    kind: TopicKind
    name: str
    items: int
    suggestions: Sequence[SuggestedTopic]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsApi:
    """The requests; ``unknown`` are the names nobody knows, the most frequent first."""

    deeds: DocumentDeeds
    unknown: Callable[[], Sequence[Unknown]]

    def operations(self) -> Sequence[Reading | Doing]:
        held, names, act = "/admin/quarantine", "/admin/names", TeamAct
        looking = partial(Doing, scope=Scope.SOURCES_WRITE, subject="source")
        holding = partial(Reading, scope=Scope.QUARANTINE_READ)
        deciding = partial(
            Doing,
            scope=Scope.QUARANTINE_WRITE,
            body=DocumentNamed,
            subject="document",
            detail="source",
        )
        mapping = partial(
            Doing, scope=Scope.NAMES_WRITE, body=NamesMapped, subject="names", detail="topic"
        )
        return (
            looking("/admin/sources/{source}/look", "lookAtSource", self.look, act.LOOKED),
            holding(held, "listQuarantine", self.quarantine, list[Held]),
            holding(f"{held}/document", "readDocument", self.document, HeldDocument),
            deciding(f"{held}/promote", "promoteDocument", self.promote, act.PROMOTED),
            deciding(f"{held}/dismiss", "dismissDocument", self.dismiss, act.DISMISSED),
            Reading(names, "listNames", self.names, list[UnknownName], Scope.ITEMS_READ),
            mapping(f"{names}/map", "mapNames", self.map, act.MAPPED),
        )

    def look(self, source: Name) -> Came:
        """Have a source asked at once, whatever pause it had."""
        return self.deeds.look(source)

    def quarantine(self, limit: Limit = 50, cursor: Cursor = "") -> ListPart[Held]:
        """List the documents that were refused, each with the reason."""
        after = key_in(cursor, printable, printable)
        with self.deeds.database.reading() as connection:
            found = overview.quarantine(connection, most=limit + 1, after=after)
        return part_of(found, limit, lambda each: [each.source, each.document])

    def document(self, source: _Asked, document: _Asked) -> HeldDocument:
        """Show a document in quarantine: why it is there, and the first of it as text."""
        return self.deeds.held(source, document)

    def promote(self, said: DocumentNamed) -> Came:
        """Vouch for a document in quarantine: it is read as an item, now and from now on."""
        return self.deeds.vouch(said.source, said.document)

    def dismiss(self, said: DocumentNamed) -> Came:
        """Put a document in quarantine aside: it is listed again only when it changes."""
        return self.deeds.dismiss(said.source, said.document)

    def names(self, limit: Limit = 50, cursor: Cursor = "") -> ListPart[UnknownName]:
        """List the names nobody knows, the most frequent first, with what each may stand for."""
        every, key = (
            sorted(self.unknown(), key=_place),
            key_in(cursor, number, printable, printable),
        )
        after = [each for each in every if key is None or _place(each) > (-key[0], *key[1:])]
        part = part_of(
            after[: limit + 1], limit, lambda each: [str(each.items), each.kind, each.label]
        )
        return ListPart(rows=[*map(self._named, part.rows)], cursor=part.cursor)

    def _named(self, unknown: Unknown) -> UnknownName:
        near = self.deeds.near(unknown)
        return UnknownName(
            kind=unknown.kind,
            name=unknown.label,
            items=unknown.items,
            suggestions=[SuggestedTopic(topic=str(each.ref), label=each.label) for each in near],
        )

    def map(self, said: NamesMapped) -> Came:
        """Say which topic names stand for: what is stored is filed anew; nobody is mailed of it."""
        return self.deeds.map(said.names, said.topic)


def _place(unknown: Unknown) -> tuple[int, str, str]:
    """Where it stands in the list, by which the next part goes on."""
    return -unknown.items, unknown.kind, unknown.label
