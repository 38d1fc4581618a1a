"""What is kept of one person is told to them, and gone where they say so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.model import DeliveryState, SubscriberState
from notifier.storage import subscribers, suppressions, tables
from notifier.storage.consent import erasure
from notifier.storage.subscribers import everybody
from notifier.subscribers.own_data import OwnData, erase, erase_left, own_data
from notifier.subscribers.preferences import Assumed, Preferences
from notifier.subscribers.subscribe import VOUCHED, subscribe
from tests.outbox import KEYED, outbox, queue

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
ANNA = "anna@example.org"
ASSUMED = Assumed(zone=VIENNA, language="en", languages=("en", "de"))


@pytest.fixture
def ask(database: Database, osce: Taxonomy) -> Any:
    def asked(address: str = ANNA, *, public_id: str = "id-anna", **wanted: Any) -> Any:
        preferred = Preferences(topics=("field:policing",), **wanted)
        how: dict[str, Any] = {"consent": VOUCHED, "keyed": KEYED, "public_id": public_id}
        return subscribe(database, osce, address, preferred, ASSUMED, **how, now=NOW)

    return asked


def told(database: Database) -> OwnData:
    with database.reading() as connection:
        return own_data(connection, subscribers.known(connection, ANNA, VIENNA), KEYED)


def rows(database: Database) -> dict[str, int]:
    """How many there are in each table that says something of people."""
    names = ("consents", "coverage", "mutes", "requests", "subscriptions", "transitions")
    with database.reading() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(tables.metadata.tables[name]))
            or 0
            for name in names
        }


def test_all_that_is_kept_of_somebody_is_told(database: Database, ask: Any) -> None:
    anna = ask(muted=("issuer:secretariat",))
    queue(database, known=[anna], now=NOW)
    kept = told(database)
    assert (kept.address, kept.state, kept.known_since) == (ANNA, "active", NOW)
    [gets] = kept.gets
    assert (gets.selections, gets.at) == (("field=policing",), "07:00")
    assert gets.next == datetime(2026, 11, 25, 6, tzinfo=UTC)
    assert (kept.muted, kept.suppressed) == (("issuer:secretariat",), None)
    assert [each.consent.how for each in kept.consents] == ["vouched"]
    assert [mail.period for mail in kept.mails] == ["2026-11-24"]


def test_of_who_is_erased_a_keyed_hash_is_left(database: Database, ask: Any) -> None:
    queue(database, known=[ask(muted=("issuer:secretariat",))], now=NOW)
    assert erase(database, "Anna@Example.org", KEYED, VIENNA, now=NOW)
    assert set(rows(database).values()) == {0}
    [mail] = outbox(database)
    assert (mail.state, mail.recipient, mail.reply) == (DeliveryState.SUPPRESSED, "", None)
    with database.reading() as connection:
        text = str(connection.execute(select(tables.subscribers)).all())
        assert "anna" not in text.replace("id-anna", "").lower()
        assert everybody(connection, VIENNA) == []
        no = suppressions.of(connection, KEYED(ANNA))
        assert no is not None
        assert (no.reason, no.since) == ("erased", NOW)
    assert not erase(database, ANNA, KEYED, VIENNA, now=NOW)


def test_an_old_link_says_no_for_who_was_erased_and_came_back(database: Database, ask: Any) -> None:
    first = ask()
    erase(database, ANNA, KEYED, VIENNA, now=NOW)
    back = ask(public_id="another")
    assert (back.id, back.public_id, back.state) == (first.id, "id-anna", SubscriberState.ACTIVE)
    assert back.epoch > first.epoch
    assert (back.language, back.zone, back.problem) == ("en", VIENNA, "")
    with database.writing() as connection:
        assert subscribers.leave(connection, first.public_id, NOW)


def test_who_has_an_address_that_another_had_is_erased_too(database: Database, ask: Any) -> None:
    ask()
    erase(database, ANNA, KEYED, VIENNA, now=NOW)
    other = ask("other@example.org", public_id="id-other")
    with database.writing() as connection:
        address = replace(other, address=ANNA).address
        moved = tables.subscribers.update().where(tables.subscribers.c.id == other.id)
        connection.execute(moved.values(address=address, address_key=address))
    assert ask().id == other.id
    assert erase(database, ANNA, KEYED, VIENNA, now=NOW)
    assert ask().id == other.id


def test_those_who_left_long_ago_are_known(database: Database, ask: Any) -> None:
    anna = ask()
    ask("ben@example.org", public_id="id-ben")
    with database.writing() as connection:
        subscribers.leave(connection, "id-anna", NOW)
        assert erasure.left_before(connection, NOW, 10) == []
        assert erasure.left_before(connection, NOW + timedelta(seconds=1), 10) == [anna.id]
    ask()
    with database.writing() as connection:
        assert erasure.left_before(connection, NOW + timedelta(days=1), 10) == []


def test_who_left_long_ago_is_forgotten_and_no_list_brings_them_back(
    database: Database, ask: Any
) -> None:
    ask()
    ask("ben@example.org", public_id="id-ben")
    with database.writing() as connection:
        subscribers.leave(connection, "id-anna", NOW)
    assert erase_left(database, NOW, KEYED, now=NOW) == 0
    later = NOW + timedelta(days=28)
    assert erase_left(database, NOW + timedelta(seconds=1), KEYED, now=later) == 1
    assert erase_left(database, later, KEYED, now=later) == 0
    with database.reading() as connection:
        assert [each.address for each in everybody(connection, VIENNA)] == ["ben@example.org"]
        no = suppressions.of(connection, KEYED(ANNA))
    assert no is not None
    assert (no.reason, no.since) == ("left", later)
