"""Whoever leaves, or is erased, as what became of their mails is put on record: no two wait for
each other, and nothing is sent afterwards.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.model import DeliveryState, Settlement, SubscriberState
from notifier.returns.returned import Claims, ReturnedMail, ReturnKind
from notifier.storage import senders, sending, subscribers, suppressions
from notifier.subscribers.links import Claim, LinkScope
from notifier.subscribers.moving import Moving
from notifier.subscribers.own_data import erase
from tests.at_once import with_another
from tests.contract.notifier.returns.test_pausing import taking
from tests.contract.notifier.subscribers.test_sign_up import a_door, ask
from tests.outbox import KEYED, NOW, add, outbox, people, queue, subscribe

READER = "reader1@example.org"
LATER = {"state": DeliveryState.DEFERRED, "reply": "450", "again_at": NOW + timedelta(minutes=5)}
DEAD = {"state": DeliveryState.FAILED, "reply": "550 5.1.1", "dead": READER}

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def leave(database: Database) -> None:
    with database.writing() as connection:
        subscribers.leave(connection, "reader1", NOW)


def forgotten(database: Database) -> None:
    erase(database, READER, KEYED, ZoneInfo("Europe/Vienna"), now=NOW)


def claimed(database: Database, *, is_marked: bool) -> tuple[int, int]:
    """The lease and number of one of two mails that somebody is to get."""
    reader = subscribe(database, *people(1))
    add(database, reader, "2026-11-23", now=NOW - timedelta(days=1))
    add(database, reader, "2026-11-24")
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        [one] = sending.claim(connection, lease, "one", NOW, 1)
        if is_marked:
            sending.mark(connection, lease, [one.id])
    return lease, one.id


@pytest.mark.parametrize("is_marked", [False, True])
@pytest.mark.parametrize("how", [LATER, DEAD], ids=["later", "dead"])
@pytest.mark.parametrize(
    ("go", "before"),
    [
        (leave, "UPDATE deliveries SET state"),
        # By then what is on the wire was seen as that, and left alone.
        (leave, "INSERT INTO transitions"),
        (forgotten, "UPDATE deliveries SET state"),
        (forgotten, "UPDATE deliveries SET recipient"),
    ],
)
def test_what_became_of_a_mail_is_on_record_as_its_reader_goes(
    database: Database,
    go: Callable[[Database], None],
    before: str,
    how: dict[str, Any],
    is_marked: bool,
) -> None:
    lease, number = claimed(database, is_marked=is_marked)

    def settle() -> None:
        with database.writing() as connection:
            settled = Settlement(delivery=number, **how)
            sending.settle(connection, lease, NOW, [settled], KEYED)

    with_another(database, partial(go, database), before, settle)
    states = {one.state for one in outbox(database)}
    assert states <= {DeliveryState.SUPPRESSED, DeliveryState.FAILED}


@pytest.mark.parametrize("go", [leave, forgotten])
@pytest.mark.parametrize("before", ["UPDATE deliveries SET state", "INSERT INTO transitions"])
def test_what_a_crash_left_is_not_sent_again_as_its_reader_goes(
    database: Database, go: Callable[[Database], None], before: str
) -> None:
    claimed(database, is_marked=True)
    with database.writing() as connection:
        senders.begin(connection, "one")

    def recover() -> None:
        with database.writing() as connection:
            sending.recover(connection, NOW, doubts=1)

    with_another(database, partial(go, database), before, recover)
    assert {one.state for one in outbox(database)} == {DeliveryState.SUPPRESSED}


@pytest.mark.parametrize("before", ["INSERT INTO suppressions", "UPDATE subscribers"])
def test_a_complaint_is_heeded_as_its_reader_is_erased(database: Database, before: str) -> None:
    [one] = queue(database)
    complaint = ReturnedMail(
        key="1",
        kind=ReturnKind.COMPLAINT,
        recipient=READER,
        status="",
        diagnostic="",
        claims=Claims(delivery=one.id),
    )
    heed = partial(taking(database).heed, complaint)
    with_another(database, heed, before, partial(forgotten, database))
    with database.reading() as connection:
        assert suppressions.of(connection, KEYED(READER)) is not None
        assert subscribers.counts(connection)[SubscriberState.ERASED] == 1


def test_who_asks_for_another_address_waits_for_nobody_who_types_theirs(
    database: Database, osce: Taxonomy
) -> None:
    [reader] = subscribe(database, *people(1))
    door = a_door(database, osce)
    until = NOW + timedelta(days=1)
    claim = Claim(
        scope=LinkScope.MANAGE, public_id=reader.public_id, epoch=reader.epoch, until=until
    )
    move = partial(Moving(sign_up=door).ask, claim, "new@example.org", "", now=NOW)
    asking = partial(ask, door, READER, now=NOW)
    assert with_another(database, move, "INSERT INTO limits", asking)
    assert sorted(str(one.notice) for one in outbox(database)) == ["address", "manage"]
