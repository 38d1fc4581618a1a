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
from feeds.model import Item
from feeds.parse.push import MEDIA_TYPE, Faulty
from feeds.parse.push.pushed_item import ID_CHARS, Fault, is_id
from feeds.push.problems import Problem
from feeds.push.receipt import ItemShown, NameShown, Outcome, Receipt, TopicShown
from feeds.storage import Connection, pushes
from feeds.storage.pushes import Answered


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedItems:
    """The items publishers push; ``page_of`` gives the address of an item's page by its slug.

    Whatever is asked of it raises StoreError; StoreBusy while the source is ingested.
    """

    receiver: Receiver
    page_of: Callable[[str], str]

    def receive(self, document: Document, key: str | None = None) -> Receipt:
        """The item is stored as the document says.

        The document's name is its item's id in the address; without one the item may only be new.
        Repeating a request with its Idempotency-Key ``key`` gives the same receipt, whatever
        happened to the item meanwhile. Raises Problem, and then nothing is changed.
        """
        terms = self.receiver.terms(document.source)
        reading = _read(document, terms)
        source, name = document.source, reading.sighting.name
        digest = _digest(document, name)
        with self.receiver.deciding(source) as connection:
            # Who waited for another's turn comes after it.
            terms = replace(terms, now=self.receiver.clock())
            if key and (answered := pushes.answered(connection, source, key)):
                if answered.digest != digest:
                    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, _KEY_REUSED)
                return Receipt.model_validate_json(answered.answer)
            before = pushes.filed(connection, source, name)
            (judged,) = keep(connection, [reading], terms)
            outcome = _outcome(before, judged)
            if before and not document.name and outcome is not Outcome.UNCHANGED:
                raise Problem(HTTPStatus.CONFLICT, _WITHDRAWN if before.is_withdrawn else _OTHER)
            receipt = Receipt(**dict(self._item(connection, source, name)), outcome=outcome)
            if key:
                answer = receipt.model_dump_json()
                pushes.record(
                    connection,
                    Answered(source=source, key=key, digest=digest, answer=answer, at=terms.now),
                )
        return receipt

    def withdraw(self, source: str, name: str) -> Receipt:
        """The item under this id is withdrawn. Raises Problem: 404, 410."""
        if not is_id(name):
            raise Problem(HTTPStatus.NOT_FOUND, _UNKNOWN)
        with self.receiver.deciding(source) as connection:
            terms = self.receiver.terms(source)
            item = self._item(connection, source, name)
            withdraw(connection, [name], terms)
        return Receipt(**dict(item), outcome=Outcome.WITHDRAWN)

    def look(self, source: str, name: str) -> ItemShown:
        """The item under this id. Raises Problem: 404, 410."""
        with self.receiver.database.reading() as connection:
            return self._item(connection, source, name)

    def _item(self, connection: Connection, source: str, name: str) -> ItemShown:
        # Nothing has another name, which the store might refuse to look for.
        item = pushes.filed(connection, source, name) if is_id(name) else None
        if item is None:
            raise Problem(HTTPStatus.NOT_FOUND, _UNKNOWN)
        if item.is_withdrawn:
            raise Problem(HTTPStatus.GONE, _GONE)
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


_UNKNOWN = "You have pushed no item under this id."
_KEY_REUSED = "This Idempotency-Key was another request's; a new request needs a new one."
_OTHER = "An item with this id is there and says something else; PUT /items/{id} revises it."
_WITHDRAWN = "The item with this id was withdrawn; PUT /items/{id} brings it back."
_GONE = "The item under this id was withdrawn; PUT brings it back."
_ENTRY_ID = f"must be an atom:id of 1 to {ID_CHARS} characters, none of them a control character"


def _read(document: Document, terms: Terms) -> ReadDocument:
    """The document under the name of its one item. Raises Problem with all that is wrong with it.

    A document tells its item's id, which is its name: it is named once it is understood.
    """
    read = understood(document, terms.taxonomy, terms.habits)
    if isinstance(read, Refused):
        raise _refused(document, read)
    name = read.drafts[0].guid or ""
    if document.media_type != MEDIA_TYPE and not is_id(name):
        raise Problem.of_faults(Fault(field="/id", problem=_ENTRY_ID))
    if not name:
        raise Problem.of_faults(Fault(field="/id", problem="is missing"))
    if name != (document.name or name):
        problem = "must be the id in the address, or be left out"
        raise Problem.of_faults(Fault(field="/id", problem=problem))
    return as_understood(fetched(replace(document, name=name)), read, terms)


def _refused(document: Document, refused: Refused) -> Problem:
    if isinstance(refused, Faulty):
        return Problem.of_faults(*refused.faults)
    if document.media_type != MEDIA_TYPE or refused.reason is Reason.FAILED:
        return Problem.of_faults(Fault(field="", problem=str(refused)))
    problem = refused.evidence or str(refused)
    return Problem(HTTPStatus.BAD_REQUEST, problem[:1].upper() + problem[1:] + ".")


def _outcome(before: Item | None, judged: Judged) -> Outcome:
    if before is None:
        return Outcome.CREATED if isinstance(judged.decision, Added) else Outcome.LINKED
    if before.is_withdrawn:
        return Outcome.RESTORED
    return Outcome.UNCHANGED if isinstance(judged.decision, Unchanged) else Outcome.REVISED


def _digest(document: Document, name: str) -> str:
    """Equal for two requests that ask for the same."""
    said = f"{document.name}\0{document.media_type}\0{name}\0".encode()
    return sha256(said + document.body).hexdigest()
