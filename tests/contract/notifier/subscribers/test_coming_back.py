"""Whoever left stays who they are until they confirm that they come back, whoever asks."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.model import DeliveryState, Settlement, SubscriberState
from notifier.notices.notices import CONFIRM_WITHIN
from notifier.storage import senders, sending, subscribers
from notifier.storage.consent import requests
from notifier.subscribers.leaving import take_back
from notifier.subscribers.links import Claim, LinkScope
from notifier.subscribers.own_data import erase_left
from notifier.subscribers.sign_up import NotConfirmed, SignUp, SignUpAnswer
from tests.builders import a_subscriber
from tests.contract.notifier.subscribers.test_sign_up import (
    ANNA,
    NOW,
    VIENNA,
    a_door,
    ask,
    claim_in,
    mails,
    person,
    the_mail,
)
from tests.outbox import KEYED, outbox, subscribe


@pytest.fixture
def door(database: Database, osce: Taxonomy) -> SignUp:
    return a_door(database, osce)


def who_left(database: Database, at: datetime = NOW) -> Any:
    """Anna, who was subscribed until then."""
    subscribe(database, a_subscriber(address=ANNA, public_id="id-anna_example_org"))
    with database.writing() as connection:
        subscribers.leave(connection, "id-anna_example_org", at)
    return person(database)


def test_a_strangers_request_leaves_the_way_back_to_who_just_left(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    left = who_left(database)
    assert ask(door, now=NOW + timedelta(minutes=1)) is SignUpAnswer.CHECK_MAIL
    assert person(database) == left
    undo = Claim(scope=LinkScope.UNDO, public_id=left.public_id, epoch=left.epoch)
    [mail] = mails(database, osce, now=NOW + timedelta(minutes=1))
    assert isinstance(mail, EmailMessage)
    assert take_back(database, undo, VIENNA, now=NOW + timedelta(minutes=2))
    back = person(database)
    assert (back.state, back.epoch) == (SubscriberState.ACTIVE, left.epoch)
    assert door.confirm(claim_in(mail), now=NOW + timedelta(minutes=3)) is NotConfirmed.OVER


def test_who_left_comes_back_by_any_of_the_mails_they_asked_for(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    """By none from before they left."""
    ask(door)
    before = claim_in(the_mail(database, osce))
    left = who_left(database)
    for minutes in (1, 2):
        ask(door, now=NOW + timedelta(minutes=minutes))
    later = NOW + timedelta(minutes=3)
    assert door.confirm(before, now=later) is NotConfirmed.OVER
    for mail in mails(database, osce, now=later)[-2:]:
        assert isinstance(mail, EmailMessage)
        assert not isinstance(door.confirm(claim_in(mail), now=later), NotConfirmed)
    assert person(database).epoch == left.epoch + 1
    assert door.confirm(before, now=later) is NotConfirmed.OVER


def test_who_left_and_asks_again_gets_the_mail_that_a_server_wanted_later(
    door: SignUp, database: Database
) -> None:
    """Though what is of the time before they left is not offered again."""
    who_left(database)
    ask(door, now=NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=2)
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        [one] = sending.claim(connection, lease, "one", later, 1)
        wait = Settlement(
            delivery=one.id, state=DeliveryState.DEFERRED, reply="450", again_at=later
        )
        sending.settle(connection, lease, later, [wait], KEYED)
    assert [each.state for each in outbox(database)] == [DeliveryState.DEFERRED]


def test_who_left_and_says_no_again_is_not_asked(door: SignUp, database: Database) -> None:
    """By an old link, as somebody else typed their address."""
    left = who_left(database)
    ask(door, now=NOW + timedelta(minutes=1))
    with database.writing() as connection:
        assert not subscribers.leave(connection, left.public_id, NOW + timedelta(minutes=2))
    assert [each.state for each in outbox(database)] == [DeliveryState.SUPPRESSED]
    assert person(database) == left


def test_no_stranger_keeps_what_is_known_of_who_left(door: SignUp, database: Database) -> None:
    who_left(database)
    later = NOW + timedelta(days=29)
    ask(door, now=later)
    assert erase_left(database, later - timedelta(days=28), KEYED, now=later) == 1
    assert person(database).state is SubscriberState.ERASED
    # Nor is who was erased known by their request for longer than that may be confirmed.
    later += timedelta(days=1)
    ask(door, now=later)
    assert person(database).address == ANNA
    after = later + CONFIRM_WITHIN + timedelta(seconds=1)
    with database.writing() as connection:
        requests.forget(connection, after - CONFIRM_WITHIN)
    assert erase_left(database, after - timedelta(days=28), KEYED, now=after) == 1
    assert person(database).state is SubscriberState.ERASED
