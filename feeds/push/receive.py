"""Items that publishers hand in: read once, judged once, stored in one transaction or not at all.

Knows the order of calls, and what is answered. Must never know requests, or how items are judged
and kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Self

from pydantic import BaseModel, Field

from feeds.draft import Document, Reason, Refused
from feeds.identity.decide import Added, Unchanged
from feeds.ingest import Terms
from feeds.ingest.judge import Judged
from feeds.ingest.pipeline import keep, withdraw
from feeds.ingest.read import ReadDocument, as_understood, understood
from feeds.ingest.single_document import Receiver
from feeds.model import Item, TopicKind
from feeds.parse.push import FORM, JSON, Faulty
from feeds.parse.push.members import Fault
from feeds.parse.push.pushed_item import ID_RULE, is_id
from feeds.push.push_problems import PushProblem
from feeds.storage import Connection
from feeds.storage.origins import pushes
from feeds.storage.origins.pushes import Answered
from feeds.web.problems import CommonProblem, Problem


class Outcome(StrEnum):
    """What a push did."""

    CREATED = "created"
    LINKED = "linked"
    REVISED = "revised"
    RESTORED = "restored"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"


class TopicShown(BaseModel):
    """A topic the item belongs to."""

    kind: TopicKind
    slug: str
    label: str = Field(description="The name it was given by.")


class NameShown(BaseModel):
    """A name that stands for no topic we know; it is kept with the item."""

    kind: TopicKind
    label: str


class ItemShown(BaseModel):
    """An item as it stands."""

    id: str = Field(description="Your id.")
    uid: str = Field(description="Its permanent id in feeds (atom:id).")
    page: str = Field(description="The address of its page.")
    title: str
    revision: int = Field(ge=1, description="1 when it was new; one more with every change.")
    updated_at: datetime = Field(description="When it last changed significantly.")
    topics: list[TopicShown] = Field(description="The topics understood.")
    unknown_topics: list[NameShown] = Field(description="The names nobody knows.")

    @classmethod
    def of(cls, item: Item, name: str, page: str) -> Self:
        """The item as its pusher, who calls it ``name``, is shown it."""
        known = [label for label in item.labels if label.slug]
        unknown = [label for label in item.labels if not label.slug]
        return cls(
            id=name,
            uid=item.uid,
            page=page,
            title=item.title,
            revision=item.revision,
            updated_at=item.updated_at,
            topics=[TopicShown(kind=each.kind, slug=each.slug, label=each.text) for each in known],
            unknown_topics=[NameShown(kind=each.kind, label=each.text) for each in unknown],
        )


class Receipt(ItemShown):
    """An item as it stands, and what the request did to it."""

    outcome: Outcome = Field(
        description="`linked` says that the same item was known from another source already."
    )

    @property
    def is_new(self) -> bool:
        """Whether the pusher's id stands for something since now."""
        return self.outcome in (Outcome.CREATED, Outcome.LINKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedItems:
    """The items publishers push; ``page_of`` gives the address of an item's page by its slug.

    Whatever is asked of it raises StoreError; StoreBusy while the source is ingested; Problem
    where it cannot be done. Then nothing is changed.
    """

    receiver: Receiver
    page_of: Callable[[str], str]
    clock: Callable[[], datetime]

    def receive(self, document: Document, key: str | None = None) -> Receipt:
        """The item is stored as the document says.

        The document's name is its item's id in the address; without one the item may only be new.
        Repeating a request with its Idempotency-Key ``key`` gives the same receipt, whatever
        happened to the item meanwhile.
        """
        source, terms = document.source, self.receiver.terms(document.source)
        reading = _read(document, terms)
        asked = f"{document.name}\0{document.media_type}\0{reading.sighting.digest}"
        digest = sha256(asked.encode()).hexdigest()
        with self.receiver.deciding(source) as connection:
            # Who waited for another's turn comes after it.
            terms = replace(terms, now=self.clock())
            if key and (answered := pushes.answered(connection, source, key)):
                if answered.digest != digest:
                    raise Problem(PushProblem.KEY_REUSED)
                return Receipt.model_validate_json(answered.answer)
            before = pushes.item_called(connection, source, reading.sighting.name)
            (judged,) = keep(connection, [reading], terms)
            outcome = _outcome(before, judged)
            if before and not document.name and outcome is not Outcome.UNCHANGED:
                gone = before.is_withdrawn
                raise Problem(PushProblem.WITHDRAWN if gone else PushProblem.OTHER_ITEM)
            item = self._item(connection, source, reading.sighting.name)
            receipt = Receipt(**dict(item), outcome=outcome)
            if key:
                told = receipt.model_dump_json()
                answer = Answered(source=source, key=key, digest=digest, answer=told, at=terms.now)
                pushes.record(connection, answer)
        return receipt

    def withdraw(self, source: str, name: str) -> Receipt:
        """The item under this id is withdrawn."""
        with self.receiver.deciding(source) as connection:
            item = self._item(connection, source, name)
            withdraw(connection, [name], self.receiver.terms(source))
        return Receipt(**dict(item), outcome=Outcome.WITHDRAWN)

    def look(self, source: str, name: str) -> ItemShown:
        """The item under this id."""
        with self.receiver.database.reading() as connection:
            return self._item(connection, source, name)

    def _item(self, connection: Connection, source: str, name: str) -> ItemShown:
        # Nothing has another name, which the store might refuse to look for.
        item = pushes.item_called(connection, source, name) if is_id(name) else None
        if item is None:
            raise Problem(PushProblem.NO_ITEM)
        if item.is_withdrawn:
            raise Problem(PushProblem.GONE)
        return ItemShown.of(item, name, self.page_of(item.slug))


def _read(document: Document, terms: Terms) -> ReadDocument:
    """The document under the name of its one item. Raises Problem with all that is wrong with it.

    A document tells its item's id, which is its name: it is named once it is understood.
    """
    habits = replace(terms.habits, form=FORM)
    read = understood(document, replace(terms, habits=habits))
    if isinstance(read, Refused):
        raise _refusal(document, read)
    name, problem = read.drafts[0].guid or "", ""
    if document.media_type != JSON and not is_id(name):
        problem = f"must be an atom:id of {ID_RULE}"
    elif not name:
        problem = "is missing"
    elif name != (document.name or name):
        problem = "must be the id in the address, or be left out"
    if problem:
        raise Problem.of_faults(Fault(field="/id", problem=problem))
    return as_understood(replace(document, name=name), read, terms)


def _refusal(document: Document, refused: Refused) -> Problem:
    match refused:
        case Faulty(faults=faults):
            return Problem.of_faults(*faults)
        case Refused(reason=Reason.MALFORMED, evidence=why) if document.media_type == JSON:
            return Problem(CommonProblem.NO_STRICT_JSON, f"{why[:1].upper()}{why[1:]}.")
        case _:
            return Problem.of_faults(Fault(field="", problem=str(refused)))


def _outcome(before: Item | None, judged: Judged) -> Outcome:
    if before is None:
        return Outcome.CREATED if isinstance(judged.decision, Added) else Outcome.LINKED
    if before.is_withdrawn:
        return Outcome.RESTORED
    return Outcome.UNCHANGED if isinstance(judged.decision, Unchanged) else Outcome.REVISED
