"""Another address: asked for on the page, confirmed at the new one, told to the old one."""

import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.digest.named import Named
from notifier.mail.lines import WholeLines
from notifier.model import DeliveryState, Settlement, Subscriber, SubscriberState
from notifier.notices.notices import Notices
from notifier.storage import senders, sending, subscribers, suppressions, tables
from notifier.storage.consent import erasure, requests
from notifier.storage.suppressions import Suppression
from notifier.subscribers.links import MailLinks
from notifier.subscribers.own_data import erase
from notifier.web.forms import minted
from notifier.web.view import opened, part
from tests.builders import a_subscriber
from tests.outbox import KEYED, SENDER, outbox, queue, subscribe
from tests.serving import NOW, SECRET, SITE, Clock

OLD, NEW = "anna@example.org", "anna@example.net"
LINKS = MailLinks(base_url="", secret=SECRET)


@pytest.fixture
def anna(database: Database) -> Subscriber:
    [known] = subscribe(database, a_subscriber(address=OLD))
    return known


@pytest.fixture
def notices(database: Database, osce: Taxonomy) -> Notices:
    return Notices(
        database=database,
        sender=SENDER,
        named=Named(SITE, osce),
        links=MailLinks(base_url=SITE.url, secret=SECRET),
        keyed=KEYED,
        zone=SITE.timezone,
        page_of=str,
        shows_latest=False,
    )


def manage(person: Subscriber) -> str:
    return LINKS.manage(person.public_id, person.epoch, NOW + timedelta(days=7))


def asked(client: httpx2.Client, person: Subscriber, clock: Clock, address: str) -> httpx2.Response:
    sent = {"address": address, "token": minted(SECRET, clock.now)}
    return client.post(f"{manage(person)}/address", data=sent)


def leaving(notices: Notices) -> list[tuple[str, str, str]]:
    """To whom the mails go that leave at present, their subjects and texts."""
    with notices.database.writing() as connection:
        lease = senders.begin(connection, "one")
        claimed = sending.claim(connection, lease, "one", NOW + timedelta(days=9), 100)
    made = [opened(each) for each in notices.compose(claimed) if isinstance(each, WholeLines)]
    return [(str(one["to"]), str(one["subject"]), part(one, "plain") or "") for one in made]


def link_in(notices: Notices) -> str:
    [(to, _, text)] = leaving(notices)
    assert to == NEW
    found = re.search(r"/address/\S+", text)
    assert found
    return found[0]


def person(database: Database, public_id: str = "a1b2c3d4e5f6") -> Subscriber:
    with database.reading() as connection:
        found = subscribers.by_public_id(connection, public_id, SITE.timezone)
    assert found is not None
    return found


def test_it_is_confirmed_at_the_new_one_and_told_to_the_old_one(
    client: httpx2.Client, notices: Notices, anna: Subscriber, clock: Clock
) -> None:
    database = notices.database
    done = asked(client, anna, clock, NEW)
    assert (done.status_code, done.headers["location"]) == (303, f"{manage(anna)}?address_asked")
    assert "link to confirm the new address" in client.get(done.headers["location"]).text
    link = link_in(notices)
    assert "a…@example.net" in client.get(link).text
    assert person(database) == anna
    moved = client.post(link, follow_redirects=True)
    assert "Your address is changed" in moved.text
    now = person(database)
    assert (now.address, now.followed, now.due) == (NEW, anna.followed, anna.due)
    [(to, subject, text)] = leaving(notices)
    assert (to, subject) == (OLD, "Your mails from Fieldfare go to another address")
    assert NEW not in text
    assert LINKS.unsubscribe(anna.public_id, now.epoch) in text
    with database.reading() as connection:
        [(consent, _)] = requests.consents_of(connection, [anna.id])[anna.id]
    assert consent.source == "new address"


@pytest.mark.parametrize("how", ["leave", "erase", "a dead address"])
def test_the_old_one_is_told_whatever_becomes_of_the_new_one(
    client: httpx2.Client, notices: Notices, anna: Subscriber, clock: Clock, how: str
) -> None:
    """Whoever took somebody's mails may want nobody to hear of it."""
    database = notices.database
    asked(client, anna, clock, NEW)
    client.post(link_in(notices))
    if how == "leave":
        with database.writing() as connection:
            subscribers.leave(connection, anna.public_id, NOW)
    elif how == "erase":
        erase(database, NEW, KEYED, SITE.timezone, now=NOW)
    else:
        queue(database, known=[anna])
        with database.writing() as connection:
            lease = senders.begin(connection, "one")
            digest = sending.claim(connection, lease, "one", NOW, 9)[-1]
            dead: dict[str, Any] = {"state": DeliveryState.FAILED, "reply": "550", "dead": NEW}
            sending.settle(connection, lease, NOW, [Settlement(delivery=digest.id, **dead)], KEYED)
            senders.end(connection, lease)
    [(to, _, text)] = leaving(notices)
    assert to == OLD
    assert LINKS.unsubscribe(anna.public_id, 0).rpartition("/")[0] in text


def test_who_was_told_of_somebody_erased_is_known_no_more_once_they_are(
    client: httpx2.Client, notices: Notices, anna: Subscriber, clock: Clock
) -> None:
    database = notices.database
    asked(client, anna, clock, NEW)
    client.post(link_in(notices))
    erase(database, NEW, KEYED, SITE.timezone, now=NOW)
    told = tables.deliveries.c.recipient
    for state, known in ((DeliveryState.QUEUED, [OLD]), (DeliveryState.ACCEPTED, [])):
        with database.writing() as connection:
            is_told = update(tables.deliveries).where(tables.deliveries.c.notice == "moved")
            connection.execute(is_told.values(state=state))
            erasure.disown(connection)
            addresses = select(told).where(told.is_not(None))
            assert connection.scalars(addresses).all() == known


def test_a_link_moves_once_and_mails_to_the_old_one_change_nothing_any_more(
    client: httpx2.Client, notices: Notices, anna: Subscriber, clock: Clock
) -> None:
    asked(client, anna, clock, NEW)
    link = link_in(notices)
    client.post(link)
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410
    assert client.get(manage(anna)).status_code == 410
    ended = client.post(LINKS.unsubscribe(anna.public_id, anna.epoch))
    assert ended.status_code == 200
    assert person(notices.database).state is SubscriberState.LEFT


@pytest.mark.parametrize("later", [timedelta(hours=72), timedelta(days=9)])
def test_it_is_confirmed_within_three_days(
    client: httpx2.Client, notices: Notices, anna: Subscriber, clock: Clock, later: timedelta
) -> None:
    asked(client, anna, clock, NEW)
    link = link_in(notices)
    clock.now = NOW + later
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410
    assert person(notices.database) == anna


def test_what_is_no_link_for_that_moves_nobody(
    client: httpx2.Client, notices: Notices, anna: Subscriber, clock: Clock
) -> None:
    asked(client, anna, clock, NEW)
    link = link_in(notices)
    foreign = {"sec-fetch-site": "cross-site"}
    assert client.post(link, headers=foreign).status_code == 403
    others = LINKS.confirm(anna.public_id, anna.epoch, "1", NOW + timedelta(days=3))
    nobodys = LINKS.address("nobody", 1, "1", NOW + timedelta(days=3))
    none = LINKS.address(anna.public_id, anna.epoch, "x", NOW + timedelta(days=3))
    for wrong in (link[:-1] + "9", others.replace("/confirm/", "/address/"), nobodys, none):
        assert client.post(wrong).status_code in {404, 410}
    assert client.post(link.replace("/address/", "/confirm/")).status_code == 404
    assert person(notices.database) == anna


def test_an_address_that_gets_mails_of_its_own_is_left_alone(
    client: httpx2.Client, notices: Notices, anna: Subscriber, clock: Clock
) -> None:
    subscribe(notices.database, a_subscriber(public_id="ben", address=NEW))
    asked(client, anna, clock, NEW)
    answer = client.post(link_in(notices))
    assert answer.status_code == 409
    assert "gets mails of its own" in answer.text
    assert person(notices.database) == anna


def test_who_had_the_address_and_left_is_forgotten(
    client: httpx2.Client, notices: Notices, anna: Subscriber, clock: Clock
) -> None:
    database = notices.database
    subscribe(database, a_subscriber(public_id="ben", address=NEW))
    with database.writing() as connection:
        subscribers.leave(connection, "ben", NOW)
        barred = Suppression(address_hash=KEYED(NEW), reason="refused", detail="550", since=NOW)
        suppressions.add(connection, [barred])
    asked(client, anna, clock, NEW)
    client.post(link_in(notices))
    assert person(database).address == NEW
    assert person(database, "ben").state is SubscriberState.ERASED
    with database.reading() as connection:
        assert suppressions.of(connection, KEYED(NEW)) is None


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "Enter your email address."),
        ("anna", "Enter an email address in the form"),
        ("postmaster@example.net", "belongs to a role"),
        ("Anna@Example.org", "come to this address already"),
    ],
)
def test_a_fault_is_said_beside_the_field(
    client: httpx2.Client, anna: Subscriber, clock: Clock, address: str, said: str
) -> None:
    answer = asked(client, anna, clock, address)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'type="email" value="{address}"' in answer.text


def test_a_form_that_nobody_was_shown_asks_for_nothing(
    client: httpx2.Client, database: Database, anna: Subscriber
) -> None:
    place = f"{manage(anna)}/address"
    assert client.post(place, data={"address": NEW, "token": "x.1"}).status_code == 422
    assert client.get(place).headers["location"] == manage(anna)
    assert outbox(database) == []


def test_nobody_is_flooded_by_it(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    for _ in range(9):
        assert asked(client, anna, clock, NEW).status_code == 303
    assert [mail.recipient for mail in outbox(database)] == [NEW] * 3


def test_a_new_address_that_is_dead_costs_the_old_one_nothing(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    asked(client, anna, clock, NEW)
    queue(database, known=[anna])
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        [notice, digest] = sending.claim(connection, lease, "one", NOW, 2)
        dead: dict[str, Any] = {"state": DeliveryState.FAILED, "reply": "550 5.1.1", "dead": NEW}
        failed = Settlement(delivery=notice.id, **dead)
        assert sending.settle(connection, lease, NOW, [failed], KEYED) == ()
        released = update(tables.deliveries).where(tables.deliveries.c.id == digest.id)
        connection.execute(released.values(lease=None))
    assert [one.state for one in outbox(database)] == ["failed", "queued"]
    with database.reading() as connection:
        assert suppressions.of(connection, KEYED(OLD)) is None
        assert suppressions.of(connection, KEYED(NEW)) is not None
