"""An organisation's own website subscribes people, over real HTTP: asked, or vouched for."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.model import Consent, ConsentKind, Frequency, NoticeKind, Subscriber, SubscriberState
from notifier.storage import subscribers, suppressions, tables
from notifier.storage.consent import erasure, requests
from notifier.storage.suppressions import Suppression
from tests.builders import a_subscriber, some_news
from tests.outbox import KEYED, outbox, store, subscribe
from tests.own_website import (
    ASKING,
    SOURCE,
    TEXT,
    VOUCHING,
    Website,
    a_subscribers_api,
    somebody,
)
from tests.pushing import bearer
from tests.serving import BOUNDS, NOW, SITE, Clock

ANNA = "anna@example.org"
POLICING = "field=policing"


@pytest.fixture
def website(
    database: Database, osce: Taxonomy, clock: Clock, woken: list[None]
) -> Iterator[Website]:
    with a_subscribers_api(database, osce, clock, lambda: woken.append(None)) as asking:
        yield asking


def person(database: Database, address: str = ANNA) -> Subscriber | None:
    with database.reading() as connection:
        return subscribers.by_address(connection, address, SITE.timezone)


def consents(database: Database) -> list[Consent]:
    known = person(database)
    assert known is not None
    with database.reading() as connection:
        found = requests.consents_of(connection, [known.id])
    return [consent for consent, _ in found.get(known.id, ())]


# -- Asked to confirm ------------------------------------------------------------------------------


def test_somebody_is_asked_to_confirm_and_what_they_saw_is_kept(
    website: Website, database: Database, woken: list[None]
) -> None:
    answer = website.post()
    assert (answer.status_code, answer.json()) == (202, {"outcome": "asked"})
    anna = person(database)
    assert anna is not None
    assert (anna.state, anna.followed, anna.due) == (SubscriberState.PENDING, (), {})
    [mail] = outbox(database)
    assert mail.period.startswith(NoticeKind.CONFIRM)
    with database.reading() as connection:
        [request] = requests.of_owner(connection, anna.id)
    asked, shown = request.asked, request.shown
    assert (asked.queries, asked.frequency, asked.minute) == ((POLICING,), Frequency.WEEKLY, 390)
    assert (asked.weekdays, asked.timezone, asked.language) == (
        frozenset({3}),
        "Europe/Vienna",
        "de",
    )
    assert (shown.page, shown.text, shown.version) == (SOURCE, TEXT, "3")
    assert shown.network == KEYED.of("network\x00192.0.2.7")
    assert len(woken) == 1


def test_what_is_not_said_is_as_it_is_usual(website: Website, database: Database) -> None:
    said: dict[str, Any] = dict.fromkeys(
        ("frequency", "at", "on", "timezone", "language", "network")
    )
    assert website.post(**said).status_code == 202
    anna = person(database)
    assert anna is not None
    with database.reading() as connection:
        [request] = requests.of_owner(connection, anna.id)
    asked = request.asked
    assert (asked.frequency, asked.minute) == (Frequency.DAILY, 420)
    assert asked.weekdays == frozenset(range(7))
    assert (asked.timezone, asked.language) == ("Europe/Vienna", "en")
    assert request.shown.network is None


@pytest.mark.parametrize(
    ("named", "queries"),
    [
        ({"topics": ["Policing", "field:elections"]}, {POLICING, "field=elections"}),
        ({"topics": [], "selections": ["field=policing&q=border"]}, {"field=policing&q=border"}),
        ({"topics": [], "everything": True}, {""}),
    ],
    ids=["by name and slug", "a selection", "all"],
)
def test_anything_can_be_named_that_has_a_page(
    website: Website, database: Database, named: dict[str, Any], queries: set[str]
) -> None:
    assert website.vouch(**named).status_code == 201
    anna = person(database)
    assert anna is not None
    assert {each.selection.query for each in anna.followed} == queries


def test_nobody_learns_who_is_subscribed(website: Website, database: Database) -> None:
    subscribe(database, a_subscriber(address="known@example.org", public_id="id-known"))
    known, unknown = (
        website.post(address="known@example.org"),
        website.post(address="new@example.org"),
    )
    shown = [
        (each.status_code, each.content, {**each.headers, "date": ""}) for each in (known, unknown)
    ]
    assert shown[0] == shown[1]
    kinds = {one.recipient: one.period.partition("-")[0] for one in outbox(database)}
    assert kinds == {
        "known@example.org": NoticeKind.MANAGE,
        "new@example.org": NoticeKind.CONFIRM,
    }


def test_the_same_once_more_does_nothing_new(
    website: Website, database: Database, clock: Clock, woken: list[None]
) -> None:
    """A program sends again what was not answered; who asks again later wants a new mail."""
    answers = [website.post() for _ in range(5)]
    assert {each.status_code for each in answers} == {202}
    assert len({each.content for each in answers}) == len(outbox(database)) == len(woken) == 1
    website.post(topics=["Elections"])
    assert len(outbox(database)) == 2
    clock.now = NOW + timedelta(hours=2)
    website.post()
    assert len(outbox(database)) == 3


def test_it_is_repeated_to_who_is_subscribed_no_more_often(
    website: Website, database: Database
) -> None:
    subscribe(database, a_subscriber(address=ANNA, public_id="id-anna"))
    for _ in range(3):
        assert website.post().status_code == 202
    assert len(outbox(database)) == 1


def test_who_left_meanwhile_is_asked_anew(website: Website, database: Database) -> None:
    website.post()
    anna = person(database)
    assert anna is not None
    with database.writing() as connection:
        subscribers.leave(connection, anna.public_id, NOW)
    assert website.post().status_code == 202
    now = person(database)
    assert now is not None
    assert (now.state, now.epoch) == (SubscriberState.LEFT, anna.epoch)
    assert [one.state for one in outbox(database)] == ["suppressed", "queued"]


def test_a_mailbox_gets_as_many_as_by_the_page(website: Website, database: Database) -> None:
    for number in range(6):
        answer = website.post(address=f"an.na+{number}@example.org", network=f"192.0.2.{number}")
        assert answer.status_code == 202
    assert len(outbox(database)) == BOUNDS.per_address


def test_one_network_and_all_together_ask_so_often(website: Website) -> None:
    """A website asks for many networks, and each is counted as its readers' own."""
    said = [
        website.post(address=f"r{number}@example.org").status_code
        for number in range(BOUNDS.per_network + 1)
    ]
    assert said == [202] * BOUNDS.per_network + [429]
    again = website.post(address="other@example.org", network="2001:db8::1")
    assert again.status_code == 202
    many = BOUNDS.per_hour - BOUNDS.per_network - 1
    for number in range(many):
        network = f"2001:db8:{number:x}::1"
        assert website.post(address=f"s{number}@example.org", network=network).status_code == 202
    refused = website.post(address="t@example.org", network="198.51.100.1")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "3600"
    assert refused.headers["content-type"] == "application/problem+json"


# -- Vouched for -----------------------------------------------------------------------------------


def test_whoever_is_vouched_for_is_subscribed_at_once(website: Website, database: Database) -> None:
    answer = website.vouch()
    assert (answer.status_code, answer.json()) == (201, {"outcome": "subscribed"})
    anna = person(database)
    assert anna is not None
    assert anna.state is SubscriberState.ACTIVE
    assert [(each.selection.query, each.frequency) for each in anna.followed] == [
        (POLICING, Frequency.WEEKLY)
    ]
    assert outbox(database) == []
    [consent] = consents(database)
    assert (consent.how, consent.source) == (ConsentKind.VOUCHED, SOURCE)
    assert (consent.shown.text, consent.shown.version) == (TEXT, "3")


def test_vouched_for_again_nothing_changes_and_more_is_more(
    website: Website, database: Database
) -> None:
    website.vouch()
    before = person(database)
    again = website.vouch()
    assert (again.status_code, again.json()) == (200, {"outcome": "unchanged"})
    assert person(database) == before
    assert len(consents(database)) == 1
    more = website.vouch(topics=["Policing", "Elections"])
    assert (more.status_code, more.json()) == (200, {"outcome": "changed"})
    anna = person(database)
    assert anna is not None
    assert len(anna.followed) == len(consents(database)) == 2


def test_who_was_asked_and_has_not_confirmed_is_subscribed_by_it(
    website: Website, database: Database
) -> None:
    website.post()
    assert website.vouch().json() == {"outcome": "changed"}
    anna = person(database)
    assert anna is not None
    assert anna.state is SubscriberState.ACTIVE


@pytest.mark.parametrize("how", ["left", "erased", "suppressed", "ended"])
def test_nobody_is_brought_back_by_it(website: Website, database: Database, how: str) -> None:
    website.vouch(topics=["Policing", "Elections"])
    anna = person(database)
    assert anna is not None
    store(database, some_news(number=1), some_news(number=2))
    with database.writing() as connection:
        match how:
            case "left":
                subscribers.leave(connection, anna.public_id, NOW)
            case "erased":
                erasure.erase(connection, anna.id, KEYED, NOW)
            case "suppressed":
                barred = Suppression(
                    address_hash=KEYED(ANNA), reason="hard", detail="550", since=NOW
                )
                suppressions.add(connection, [barred])
            case _:
                # A digest reached what was new, and then they ended it.
                connection.execute(tables.coverage.update().values(cursor=2))
                subscribers.follow_only(connection, anna, anna.followed[1:], NOW)
    before = person(database)
    answer = website.vouch(address="Anna@Example.org")
    assert answer.status_code == 409, answer.text
    assert "double opt-in" in answer.json()["detail"]
    assert person(database) == before
    asked = website.post()
    assert asked.status_code == 202


def test_only_a_token_that_is_for_it_vouches(website: Website, database: Database) -> None:
    answer = website.post(ASKING, double_opt_in=False)
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]
    assert person(database) is None
    assert website.post(VOUCHING).json() == {"outcome": "asked"}


# -- At once --------------------------------------------------------------------------------------


def test_several_at_once_are_one_request(website: Website, database: Database) -> None:
    """A button that is pressed twice gives no second mail."""

    def asked(number: int) -> int:
        return website.post(address=f"r{number // 4}@example.org").status_code

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(asked, range(32))) == {202}
    assert len(outbox(database)) == 8


def test_several_at_once_make_one_subscriber(website: Website, database: Database) -> None:
    body = json.dumps(somebody(double_opt_in=False)).encode()
    headers = {"Content-Type": "application/json", **bearer(VOUCHING)}
    with httpx2.Client(base_url=website.base) as client, ThreadPoolExecutor(4) as threads:
        answers = threads.map(
            lambda _: client.post("/api/subscribers", content=body, headers=headers), range(8)
        )
        said = sorted(answer.status_code for answer in answers)
    assert said == [200] * 7 + [201]
    assert len(consents(database)) == 1
