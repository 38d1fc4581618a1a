"""A push is read once, judged once and stored in one transaction, or leaves no trace."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from feeds.ingest import pipeline, read, worker
from feeds.parse import push
from feeds.storage import recall
from feeds.storage.database import Database
from feeds.storage.origins import pushes
from feeds.storage.tables import metadata
from feeds.taxonomy import Taxonomy
from tests.pushing import Changes, Publisher, a_push_api, an_entry, an_item

COUNTED: dict[str, tuple[object, str]] = {
    "decode": (push, "loaded"),
    "reading": (worker, "understand"),
    "recall": (recall, "recall"),
    "digest": (read, "digest_of"),
    "judgement": (pipeline, "judge"),
    "transaction": (Database, "writing"),
    "lock": (Database, "exclusive"),
}
#: And no snapshot to read from, as all is read in the transaction.
ONCE = Counter(COUNTED.keys())


@pytest.fixture
def publisher(database: Database, osce: Taxonomy) -> Iterator[Publisher]:
    with a_push_api(database, osce, Changes()) as base:
        yield Publisher(base)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, publisher: Publisher) -> Counter[str]:
    """How often what costs something is called from now on; snapshots too."""
    counted: Counter[str] = Counter()

    def counting(name: str, called: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            counted[name] += 1
            return called(*arguments, **options)

        return call

    for name, (owner, attribute) in {**COUNTED, "snapshot": (Database, "reading")}.items():
        monkeypatch.setattr(owner, attribute, counting(name, getattr(owner, attribute)))
    return counted


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def test_a_post_is_read_and_judged_and_stored_once(
    publisher: Publisher, calls: Counter[str]
) -> None:
    assert publisher.post(an_item(), **{"Idempotency-Key": "a1"}).status_code == 201
    assert calls == ONCE


def test_so_are_a_put_and_an_entry(publisher: Publisher, calls: Counter[str]) -> None:
    assert publisher.put("press-417", an_item(id=None)).status_code == 201
    assert calls == ONCE
    calls.clear()
    assert publisher.post_entry(an_entry(title="Else", content="Else")).status_code == 201
    assert calls == ONCE - Counter(["decode"])


def test_a_document_with_faults_takes_no_lock(publisher: Publisher, calls: Counter[str]) -> None:
    assert publisher.post(an_item(title="")).status_code == 422
    assert calls == Counter(["decode", "reading"])


def test_a_withdrawal_is_one_transaction(publisher: Publisher, calls: Counter[str]) -> None:
    publisher.post(an_item())
    calls.clear()
    assert publisher.delete("press-417").status_code == 200
    assert calls == Counter(["transaction", "lock"])


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_refusal_leaves_no_trace(
    publisher: Publisher, database: Database, *, withdrawn: bool
) -> None:
    publisher.post(an_item())
    if withdrawn:
        publisher.delete("press-417")
    before = everything(database)
    refused = publisher.post(an_item(title="Another title"), **{"Idempotency-Key": "a1"})
    assert refused.status_code == 409
    assert everything(database) == before


def test_an_item_is_stored_with_its_receipt_or_not_at_all(
    publisher: Publisher, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(database)

    def fails(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(pushes, "record", fails)
    body = json.dumps(an_item()).encode()
    answer = publisher.send("POST", "/api/items", body, **{"Idempotency-Key": "a1"})
    assert answer.status_code == 500
    assert everything(database) == before
