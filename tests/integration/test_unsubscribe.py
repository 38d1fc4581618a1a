"""Leaving: by the button of a page, and by the button of a mail program (RFC 8058)."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import pytest
from playwright.sync_api import Browser
from sqlalchemy import delete, update

from feeds.errors import StoreError
from feeds.model import TopicRef
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.model import (
    Cadence,
    DeliveryState,
    Frequency,
    Subscriber,
    SubscriberState,
)
from notifier.storage import deliveries, subscribers, tables
from notifier.subscribers.links import MailLinks
from tests import outbox
from tests.builders import a_subscriber, some_news
from tests.serving import NOW, SECRET, a_web_app, serving

ADDRESS = "reader.of.news@example.org"
PUBLIC_ID = "a1b2c3d4e5f6"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
VIENNA = ZoneInfo("Europe/Vienna")
DAILY = Cadence(frequency=Frequency.DAILY, minute=7 * 60, zone=VIENNA)
WEEKLY = Cadence(frequency=Frequency.WEEKLY, minute=450, zone=VIENNA, weekdays=frozenset({4}))
IMMEDIATE = Cadence(frequency=Frequency.IMMEDIATE, minute=0, zone=VIENNA)


@pytest.fixture
def address(database: Database, osce: Taxonomy, tmp_path: Path) -> Iterator[str]:
    subscribe(database)
    with serving(a_web_app(database, osce, tmp_path / "public")) as base_url:
        yield base_url


@pytest.fixture
def client(address: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=address) as asking:
        yield asking


def subscribe(database: Database, cadence: Cadence = DAILY, topic: str = "field:policing") -> None:
    topics = (TopicRef.parse(topic), TopicRef.parse("issuer:transnational-threats-department"))
    reader = a_subscriber(
        public_id=PUBLIC_ID,
        address=ADDRESS,
        cadence=cadence,
        topics=topics,
        due_at=NOW + timedelta(hours=1),
    )
    outbox.subscribe(database, reader)


def person(database: Database) -> Subscriber:
    with database.reading() as connection:
        found = subscribers.by_public_id(connection, PUBLIC_ID, VIENNA)
    assert found is not None
    return found


def path(epoch: int = 1) -> str:
    return MailLinks(base_url="", secret=SECRET).unsubscribe(PUBLIC_ID, epoch)


def test_the_page_says_what_ends_and_offers_one_button(client: httpx2.Client) -> None:
    answer = client.get(path())
    assert answer.status_code == 200
    assert answer.text.count("<button") == 1
    assert '<form method="post">' in answer.text
    for word in ("Policing", "Transnational Threats Department", "every day at 07:00"):
        assert word in answer.text


def test_the_page_does_not_give_the_address_away(client: httpx2.Client) -> None:
    page = client.get(path()).text
    assert "r…@example.org" in page
    assert "reader.of.news" not in page


def test_looking_changes_nothing(client: httpx2.Client, database: Database) -> None:
    """Link scanners of mail providers follow every GET."""
    before = person(database)
    assert client.get(path()).status_code == 200
    head = client.head(path())
    assert (head.status_code, head.content) == (200, b"")
    assert person(database) == before


@pytest.mark.parametrize(
    ("cadence", "words"),
    [
        (WEEKLY, "every Friday at 07:30 (Europe/Vienna)"),
        (IMMEDIATE, "as soon as there is any"),
    ],
)
def test_each_rhythm_is_said_in_words(
    client: httpx2.Client, database: Database, cadence: Cadence, words: str
) -> None:
    subscribe(database, cadence)
    assert words in client.get(path()).text


def test_a_topic_that_left_the_taxonomy_is_named_all_the_same(
    client: httpx2.Client, database: Database
) -> None:
    subscribe(database, topic="field:basket-weaving")
    assert "basket-weaving" in client.get(path()).text


def test_one_click_unsubscribes_at_once(client: httpx2.Client, database: Database) -> None:
    """RFC 8058 3.2: no cookie, no login, no redirect."""
    answer = client.post(path(), data=ONE_CLICK)
    assert answer.status_code == 200
    assert "You will get no more mail" in answer.text
    assert "set-cookie" not in answer.headers
    left = person(database)
    assert (left.state, left.due) == (SubscriberState.LEFT, {})


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (b"--b\r\nno proper multipart", "multipart/form-data; boundary=b"),
        (b"", "text/plain"),
        (b"\xff\x00", "application/x-www-form-urlencoded"),
        (b"x" * 1_000_000, "application/x-www-form-urlencoded"),
    ],
)
def test_no_spelling_of_the_body_goes_wrong(
    client: httpx2.Client, database: Database, content: bytes, media_type: str
) -> None:
    answer = client.post(path(), content=content, headers={"Content-Type": media_type})
    assert answer.status_code == 200
    assert person(database).state is SubscriberState.LEFT


def test_a_connection_serves_on_after_a_body_nobody_read(client: httpx2.Client) -> None:
    for _ in range(3):
        assert client.post(path(), content=b"x" * 20_000).status_code == 200
    assert client.get(path()).status_code == 200


def test_leaving_twice_is_leaving_once(client: httpx2.Client, database: Database) -> None:
    first = client.post(path(), data=ONE_CLICK)
    before = person(database)
    again = client.post(path(), data=ONE_CLICK)
    assert (again.status_code, again.text) == (first.status_code, first.text)
    assert person(database) == before


def test_who_left_sees_that_they_did(client: httpx2.Client) -> None:
    client.post(path(), data=ONE_CLICK)
    page = client.get(path())
    assert page.status_code == 200
    assert "You will get no more mail" in page.text
    assert 'action="/u/' not in page.text


def test_what_was_queued_is_not_sent(client: httpx2.Client, database: Database) -> None:
    states = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.ACCEPTED)
    _deliveries_in(database, states)
    client.post(path(), data=ONE_CLICK)
    with database.reading() as connection:
        found = {one.period: one.state for one in deliveries.latest(connection, 10)}
    assert found == {
        "queued": DeliveryState.SUPPRESSED,
        "deferred": DeliveryState.SUPPRESSED,
        "accepted": DeliveryState.ACCEPTED,
    }


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_damaged_link_is_refused(client: httpx2.Client, database: Database, method: str) -> None:
    view = MailLinks(base_url="", secret=SECRET).view(PUBLIC_ID, 1, "2026-11-24")
    for damaged in (path()[:-1], path() + "0", "/u/x", view.replace("/d/", "/u/")):
        answer = client.request(method, damaged)
        assert answer.status_code == 404
        assert method == "HEAD" or "This link does not work" in answer.text
    assert person(database).state is SubscriberState.ACTIVE


def test_a_link_of_an_earlier_subscription_ends_a_later_one_too(
    client: httpx2.Client, database: Database
) -> None:
    """A mail program says "unsubscribed" whatever is answered: it is to be true."""
    client.post(path(epoch=1), data=ONE_CLICK)
    subscribe(database)
    shown = client.get(path(epoch=1))
    assert (shown.status_code, "<li>" in shown.text) == (200, False)
    assert person(database).state is SubscriberState.ACTIVE
    assert client.post(path(epoch=1), data=ONE_CLICK).status_code == 200
    assert person(database).state is SubscriberState.LEFT


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_was_erased_gets_no_more_mail_either(
    client: httpx2.Client, database: Database, method: str
) -> None:
    with database.writing() as connection:
        for table in (tables.subscriptions, tables.coverage, tables.subscribers):
            connection.execute(delete(table))
    answer = client.request(method, path())
    assert answer.status_code == 200
    assert "You will get no more mail" in answer.text


def test_nothing_of_a_personal_page_is_kept_indexed_or_handed_on(client: httpx2.Client) -> None:
    headers = client.get(path()).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_nothing_else_can_be_done_with_a_link(client: httpx2.Client) -> None:
    answer = client.put(path())
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_a_store_that_does_not_answer_is_no_success(
    client: httpx2.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever posts for the reader must learn that it has to be tried again."""

    def refuse(_self: Database, **_: object) -> AbstractContextManager[None]:
        raise StoreError("the store is away")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "writing", refuse)
        answer = client.post(path(), data=ONE_CLICK)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert "away" not in answer.text


def test_a_person_leaves_with_one_press(address: str, database: Database, browser: Browser) -> None:
    """Without script: the page must work in a browser that runs none."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + path())
    assert page.title() == "Unsubscribe · Fieldfare"
    assert person(database).state is SubscriberState.ACTIVE
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You will get no more mail").wait_for()
    context.close()
    assert person(database).state is SubscriberState.LEFT


# -- Taking it back --------------------------------------------------------------------------------


def undo(until: timedelta = timedelta(hours=1), epoch: int = 1) -> str:
    return MailLinks(base_url="", secret=SECRET).undo(PUBLIC_ID, epoch, NOW + until)


def followed(database: Database) -> list[tuple[str, str]]:
    return [(each.selection.query, each.frequency) for each in person(database).followed]


def test_who_left_by_mistake_takes_it_back_and_misses_nothing(
    client: httpx2.Client, database: Database
) -> None:
    before = person(database)
    _deliveries_in(database, (DeliveryState.QUEUED, DeliveryState.ACCEPTED))
    page = client.post(path(), data=ONE_CLICK).text
    assert f'action="{undo()}"' in page
    done = client.post(undo(), data={})
    assert (done.status_code, done.headers["location"]) == (303, undo())
    assert person(database) == before
    told = client.get(undo())
    assert "You are subscribed" in told.text
    assert "Next digest:" in told.text
    with database.reading() as connection:
        states = {one.period: one.state for one in deliveries.latest(connection, 10)}
    assert states == {"queued": DeliveryState.QUEUED, "accepted": DeliveryState.ACCEPTED}


def test_what_is_new_meanwhile_is_in_the_next_digest(
    client: httpx2.Client, database: Database
) -> None:
    with database.reading() as connection:
        before = subscribers.followed(connection, [person(database).id])
    client.post(path(), data=ONE_CLICK)
    outbox.store(database, some_news(number=7))
    client.post(undo(), data={})
    with database.reading() as connection:
        assert subscribers.followed(connection, [person(database).id]) == before


def test_fewer_mails_are_those_of_some_topics_once_a_week(
    client: httpx2.Client, database: Database
) -> None:
    page = client.post(path(), data=ONE_CLICK).text
    assert "/feeds/fields/policing.atom" in page
    client.post(undo(), data={"fewer": "1", "select": "field=policing"})
    assert followed(database) == [("field=policing", "weekly")]
    weekly = person(database).cadences[Frequency.WEEKLY]
    assert (weekly.minute, weekly.weekdays) == (7 * 60, frozenset({0}))


def test_fewer_than_one_topic_are_none(client: httpx2.Client, database: Database) -> None:
    client.post(path(), data=ONE_CLICK)
    answer = client.post(undo(), data={"fewer": "1", "select": "field=youth"})
    assert answer.status_code == 422
    assert 'aria-describedby="select-fault"' in answer.text
    assert person(database).state is SubscriberState.LEFT


def test_it_is_taken_back_for_an_hour_alone(
    database: Database, osce: Taxonomy, tmp_path: Path
) -> None:
    subscribe(database)
    moment = [NOW]
    app = a_web_app(database, osce, tmp_path / "public", clock=lambda: moment[0])
    with serving(app) as base_url, httpx2.Client(base_url=base_url) as client:
        client.post(path(), data=ONE_CLICK)
        moment[0] = NOW + timedelta(hours=1)
        assert "/undo/" not in client.get(path()).text
        assert client.get(undo()).status_code == 410
        assert client.post(undo(), data={}, follow_redirects=True).status_code == 410
        longer = undo(timedelta(hours=2))
        assert client.post(longer, data={}, follow_redirects=True).status_code == 410
    assert person(database).state is SubscriberState.LEFT


def test_what_was_not_left_is_not_taken_back(client: httpx2.Client, database: Database) -> None:
    before = person(database)
    for place in (undo(epoch=0), undo()[:-1], path().replace("/u/", "/undo/")):
        assert client.post(place, data={}, follow_redirects=True).status_code in {404, 410}
    assert person(database) == before
    client.post(path(), data=ONE_CLICK)
    foreign = {"sec-fetch-site": "cross-site"}
    assert client.post(undo(), data={}, headers=foreign).status_code == 403
    assert client.post(undo(epoch=0), data={}, follow_redirects=True).status_code == 410
    assert person(database).state is SubscriberState.LEFT


def _deliveries_in(database: Database, states: tuple[DeliveryState, ...]) -> None:
    for state in states:
        outbox.queue(database, known=[person(database)], period=state.value)
    with database.writing() as connection:
        for state in states:
            rows = update(tables.deliveries).where(tables.deliveries.c.period == state.value)
            connection.execute(rows.values(state=state))
