"""Items that are handed to us: one document through the ordinary way, and what came of it.

Knows the order of calls. Must never know HTTP, or how items are judged and kept.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import assert_never

from pydantic import TypeAdapter

from feeds.draft import Document, Refused
from feeds.identity.ids import Identity
from feeds.ingest.pipeline import Rules, ingest
from feeds.ingest.report import IngestReport
from feeds.parse import push as form
from feeds.parse import understand
from feeds.parse.push.values import ID_CHARS, is_id
from feeds.push.receipt import (
    AlreadyThere,
    Faults,
    KeyReused,
    NotThere,
    Outcome,
    Push,
    Receipt,
    Unreadable,
    Verdict,
    Withdrawn,
)
from feeds.push.source import PushedSource
from feeds.sources import Gone
from feeds.storage import pushes
from feeds.storage.database import Database
from feeds.storage.pushes import Answered, Filed
from feeds.taxonomy import Taxonomy

__all__ = ["Counter", "look", "receive", "take", "withdraw"]

#: As long as an ingest waits for another one.
_PATIENCE_SECONDS = 10.0

_RECEIPT = TypeAdapter(Receipt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where items are handed in: the store, and what it takes to understand and judge them."""

    database: Database
    taxonomy: Callable[[], Taxonomy]
    identity: Identity
    rules: Callable[[str], Rules]
    now: Callable[[], datetime]


def receive(counter: Counter, push: Push) -> Verdict:
    """The item is stored as the push says, or nothing is changed and the verdict says why.

    Repeating a push with its key gives the same receipt, whatever happened to the item meanwhile.
    A crash just before the receipt is noted makes the repetition one of a push without a key.
    Raises StoreError; StoreBusy while another ingest or push of the source is at it.
    """
    read = _read(counter, push)
    if not isinstance(read, Document):
        return read
    digest = _digest(push, read.name)
    with _alone(counter, push.source):
        if push.key and (answered := _answered(counter, push.source, push.key)):
            is_same = answered.digest == digest
            return _RECEIPT.validate_json(answered.answer) if is_same else KeyReused()
        verdict = _stored(counter, push, read)
        if push.key and isinstance(verdict, Receipt):
            _remember(counter, push, push.key, digest, verdict)
    return verdict


def withdraw(counter: Counter, source: str, name: str) -> Verdict:
    """The item under this id is withdrawn. Raises StoreError, StoreBusy."""
    with _alone(counter, source):
        before = look(counter, source, name)
        if isinstance(before, Receipt):
            take(counter, source, Gone(name))
            return _receipt(counter, source, name, Outcome.WITHDRAWN)
    return before


def look(counter: Counter, source: str, name: str) -> Receipt | NotThere | Withdrawn:
    """The item under this id. Raises StoreError."""
    filed = _filed(counter, source, name)
    if filed is None:
        return NotThere()
    return Withdrawn() if filed.withdrawn else _shown(filed, name, None)


def take(
    counter: Counter, source: str, pushed: Document | Gone, *, dry_run: bool = False
) -> IngestReport:
    """The store holds what the document says, as if the source had shown it alone.

    Raises StoreError; StoreBusy while another ingest is at it.
    """
    return ingest(
        counter.database,
        PushedSource(name=source, pushed=pushed),
        counter.taxonomy(),
        now=counter.now(),
        identity=counter.identity,
        rules=counter.rules(source),
        dry_run=dry_run,
    )


# -- Understanding ---------------------------------------------------------------------------------


def _read(counter: Counter, push: Push) -> Document | Unreadable | Faults:
    """The document under the name of its one item, or what is wrong with it."""
    is_json = push.media_type == form.MEDIA_TYPE
    name = _named_in_json(push.body) if is_json else _named_in_entry(counter, push)
    if isinstance(name, Unreadable | Faults):
        return name
    if name and push.id and name != push.id:
        return Faults((form.Fault("/id", "must be the id in the address, or be left out"),))
    if not (known_as := name or push.id):
        return Faults((form.Fault("/id", "is missing"),))
    return _document(counter, push, known_as)


def _named_in_json(body: bytes) -> str | Unreadable | Faults | None:
    read = form.reading(body)
    match read:
        case form.Broken(problem=problem):
            return Unreadable(problem)
        case form.Faulty(faults=faults):
            return Faults(faults)
        case form.PushedItem(id=name):
            return name
        case _:
            assert_never(read)


def _named_in_entry(counter: Counter, push: Push) -> str | Faults:
    understood = understand(_document(counter, push, ""), counter.taxonomy())
    if isinstance(understood, Refused):
        return Faults((form.Fault("", str(understood)),))
    name = understood.drafts[0].guid
    if not name or not is_id(name):
        return Faults((form.Fault("/id", _ENTRY_ID),))
    return name


_ENTRY_ID = f"must be an atom:id of 1 to {ID_CHARS} characters, none of them a control character"


def _document(counter: Counter, push: Push, name: str) -> Document:
    return Document(
        source=push.source,
        name=name,
        body=push.body,
        fetched_at=counter.now(),
        media_type=push.media_type,
    )


# -- Storing ---------------------------------------------------------------------------------------


def _stored(counter: Counter, push: Push, document: Document) -> Verdict:
    before = _filed(counter, push.source, document.name)
    # What would come of it, so that nothing is half done and a refusal leaves no trace.
    foreseen = take(counter, push.source, document, dry_run=True)
    if foreseen.quarantine:
        return Faults(tuple(form.Fault("", held.reason) for held in foreseen.quarantine))
    if before and not push.replaces and (before.withdrawn or foreseen.items):
        return AlreadyThere(document.name, before.withdrawn)
    report = take(counter, push.source, document)
    return _receipt(counter, push.source, document.name, _outcome(before, report))


def _outcome(before: Filed | None, report: IngestReport) -> Outcome:
    if before is None:
        return Outcome.CREATED if report.added else Outcome.LINKED
    if before.withdrawn:
        return Outcome.RESTORED
    return Outcome.REVISED if report.items else Outcome.UNCHANGED


def _receipt(counter: Counter, source: str, name: str, outcome: Outcome) -> Receipt:
    filed = _filed(counter, source, name)
    if filed is None:
        raise AssertionError(f"{source} pushed {name!r}, and it is not known by that key")
    return _shown(filed, name, outcome)


def _shown(filed: Filed, name: str, outcome: Outcome | None) -> Receipt:
    return Receipt(
        id=name,
        uid=filed.item.uid,
        slug=filed.item.slug,
        title=filed.item.title,
        revision=filed.item.revision,
        updated_at=filed.item.updated_at,
        labels=tuple(filed.item.labels),
        outcome=outcome,
    )


def _filed(counter: Counter, source: str, name: str) -> Filed | None:
    with counter.database.reading() as connection:
        return pushes.filed(connection, source, name)


# -- Repeating -------------------------------------------------------------------------------------


def _alone(counter: Counter, source: str) -> AbstractContextManager[None]:
    """Between a look at an item and its change, no other push of the source comes."""
    return counter.database.exclusive(f"push-{source}", _PATIENCE_SECONDS)


def _digest(push: Push, name: str) -> str:
    """Equal for two requests that ask for the same."""
    said = f"{push.replaces}\0{push.media_type}\0{name}\0".encode()
    return sha256(said + push.body).hexdigest()


def _answered(counter: Counter, source: str, key: str) -> Answered | None:
    with counter.database.reading() as connection:
        return pushes.answered(connection, source, key)


def _remember(counter: Counter, push: Push, key: str, digest: str, receipt: Receipt) -> None:
    answer = Answered(
        source=push.source,
        key=key,
        digest=digest,
        answer=_RECEIPT.dump_json(receipt).decode(),
        at=counter.now(),
    )
    with counter.database.writing() as connection:
        pushes.record(connection, answer)
