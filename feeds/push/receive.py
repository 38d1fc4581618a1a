"""Items that publishers hand in: read once, judged once, stored in one transaction or not at all.

Knows the order of calls, and which problem is told instead. Must never know requests, or how items
are judged and kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from http import HTTPStatus

from feeds.draft import Document, Reason, Refused
from feeds.identity.decide import Added, Unchanged
from feeds.ingest import Terms
from feeds.ingest.handed_in import Receiver, fetched
from feeds.ingest.judge import Judged
from feeds.ingest.pipeline import keep, withdraw
from feeds.ingest.read import ReadDocument, as_understood, understood
from feeds.parse.push import MEDIA_TYPE, Faulty
from feeds.parse.push.pushed_item import ID_CHARS, Fault, is_id
from feeds.push.problems import Problem
from feeds.push.receipt import ItemShown, NameShown, Outcome, Receipt, TopicShown
from feeds.storage import Connection, pushes
from feeds.storage.pushes import Answered, Filed


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """An item as handed over by ``source``, its ``media_type`` one of those of the form.

    ``id`` is the one in the address, None where the document alone names the item. ``replaces``
    says whether what is known under the id may change. ``key`` is the Idempotency-Key.
    """

    source: str
    body: bytes
    media_type: str
    id: str | None = None
    replaces: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedItems:
    """The items publishers push; ``page_of`` gives the address of an item's page by its slug.

    Whatever is asked of it raises StoreError; StoreBusy while the source is ingested.
    """

    receiver: Receiver
    page_of: Callable[[str], str]

    def receive(self, push: Push) -> Receipt:
        """The item is stored as the push says.

        Repeating a push with its key gives the same receipt, whatever happened to the item
        meanwhile. Raises Problem, and then nothing is changed.
        """
        terms = self.receiver.terms(push.source)
        reading = _read(push, terms)
        name = reading.sighting.name
        digest = _digest(push, name)
        with self.receiver.deciding(push.source) as connection:
            if push.key and (answered := pushes.answered(connection, push.source, push.key)):
                if answered.digest != digest:
                    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, _KEY_REUSED)
                return Receipt.model_validate_json(answered.answer)
            before = pushes.filed(connection, push.source, name)
            (judged,) = keep(connection, [reading], terms)
            is_other = not isinstance(judged.decision, Unchanged)
            if before and not push.replaces and (before.withdrawn or is_other):
                raise Problem(HTTPStatus.CONFLICT, _WITHDRAWN if before.withdrawn else _OTHER)
            item = self._item(connection, push.source, name)
            receipt = Receipt(**dict(item), outcome=_outcome(before, judged))
            if push.key:
                answer = Answered(
                    source=push.source,
                    key=push.key,
                    digest=digest,
                    answer=receipt.model_dump_json(),
                    at=terms.now,
                )
                pushes.record(connection, answer)
        return receipt

    def withdraw(self, source: str, name: str) -> Receipt:
        """The item under this id is withdrawn. Raises Problem: 404, 410."""
        terms = self.receiver.terms(source)
        with self.receiver.deciding(source) as connection:
            item = self._item(connection, source, name)
            withdraw(connection, [name], terms)
        return Receipt(**dict(item), outcome=Outcome.WITHDRAWN)

    def look(self, source: str, name: str) -> ItemShown:
        """The item under this id. Raises Problem: 404, 410."""
        with self.receiver.database.reading() as connection:
            return self._item(connection, source, name)

    def _item(self, connection: Connection, source: str, name: str) -> ItemShown:
        # Nothing has another name, which the store might refuse to look for.
        filed = pushes.filed(connection, source, name) if is_id(name) else None
        if filed is None:
            raise Problem(HTTPStatus.NOT_FOUND, "You have pushed no item under this id.")
        if filed.withdrawn:
            raise Problem(HTTPStatus.GONE, _GONE)
        item = filed.item
        return ItemShown(
            id=name,
            uid=item.uid,
            page=self.page_of(item.slug),
            title=item.title,
            revision=item.revision,
            updated_at=item.updated_at,
            topics=[
                TopicShown(kind=label.kind, slug=label.slug, label=label.text)
                for label in item.labels
                if label.slug
            ],
            unknown_topics=[
                NameShown(kind=label.kind, label=label.text)
                for label in item.labels
                if not label.slug
            ],
        )


_KEY_REUSED = "This Idempotency-Key was another request's; a new request needs a new one."
_OTHER = "An item with this id is there and says something else; PUT /items/{id} revises it."
_WITHDRAWN = "The item with this id was withdrawn; PUT /items/{id} brings it back."
_GONE = "The item under this id was withdrawn; PUT brings it back."
_ENTRY_ID = f"must be an atom:id of 1 to {ID_CHARS} characters, none of them a control character"


def _read(push: Push, terms: Terms) -> ReadDocument:
    """The document under the name of its one item. Raises Problem with all that is wrong with it.

    A document tells its item's id, which is its name: it is named once it is understood.
    """
    document = Document(
        source=push.source,
        name=push.id or "",
        body=push.body,
        media_type=push.media_type,
    )
    read = understood(document, terms.taxonomy, terms.rules.habits)
    if isinstance(read, Refused):
        raise _refused(push, read)
    name = read.drafts[0].guid or ""
    if push.media_type != MEDIA_TYPE and not is_id(name):
        raise Problem.of_faults(Fault(field="/id", problem=_ENTRY_ID))
    if not name:
        raise Problem.of_faults(Fault(field="/id", problem="is missing"))
    if name != (push.id or name):
        problem = "must be the id in the address, or be left out"
        raise Problem.of_faults(Fault(field="/id", problem=problem))
    return as_understood(fetched(replace(document, name=name)), read, terms)


def _refused(push: Push, refused: Refused) -> Problem:
    if isinstance(refused, Faulty):
        return Problem.of_faults(*refused.faults)
    if push.media_type != MEDIA_TYPE or refused.reason is Reason.FAILED:
        return Problem.of_faults(Fault(field="", problem=str(refused)))
    problem = refused.evidence or str(refused)
    return Problem(HTTPStatus.BAD_REQUEST, problem[:1].upper() + problem[1:] + ".")


def _outcome(before: Filed | None, judged: Judged) -> Outcome:
    if before is None:
        return Outcome.CREATED if isinstance(judged.decision, Added) else Outcome.LINKED
    if before.withdrawn:
        return Outcome.RESTORED
    return Outcome.UNCHANGED if isinstance(judged.decision, Unchanged) else Outcome.REVISED


def _digest(push: Push, name: str) -> str:
    """Equal for two requests that ask for the same."""
    said = f"{push.replaces}\0{push.media_type}\0{name}\0".encode()
    return sha256(said + push.body).hexdigest()
