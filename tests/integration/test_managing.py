"""Changing one's mind: the page behind the link in a mail, and the way to a new link."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import httpx2
import pytest

from feeds.model import TopicKind, TopicRef
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.digest.named import Named
from notifier.mail.lines import WholeLines
from notifier.model import Frequency, Subscriber, SubscriberState
from notifier.notices.notices import Notices
from notifier.storage import senders, sending, subscribers, suppressions
from notifier.storage.consent import requests
from notifier.storage.suppressions import Suppression
from notifier.subscribers.links import MailLinks
from notifier.web.forms import minted
from notifier.web.view import opened, part
from tests.builders import DAILY, POLICING, a_subscriber
from tests.outbox import KEYED, SENDER, outbox, queue, subscribe
from tests.serving import NOW, SECRET, SITE, Clock
from tests.statements import worked

LINKS = MailLinks(base_url="", secret=SECRET)
SECRETARIAT = TopicRef(TopicKind.ISSUER, "secretariat")


@pytest.fixture
def anna(database: Database) -> Subscriber:
    person = a_subscriber(topics=(POLICING, SECRETARIAT), address="anna@example.org")
    [known] = subscribe(database, person)
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


def link(person: Subscriber, until: timedelta = timedelta(days=7), **changes: Any) -> str:
    whose = replace(person, **changes)
    return LINKS.manage(whose.public_id, whose.epoch, NOW + until)


def typed(clock: Clock, **changes: object) -> dict[str, object]:
    """The form as Anna finds it."""
    return {
        "select": ["field=policing", "issuer=secretariat"],
        "often": ["daily", "daily"],
        "place": ["1", "2"],
        "often_added": "daily",
        "hour": "07:00",
        "days": list("0123456"),
        "weekday": "0",
        "zone": "Europe/Vienna",
        "language": "en",
        "pause": "",
        "token": minted(SECRET, clock.now),
        **changes,
    }


def known(database: Database) -> Subscriber:
    with database.reading() as connection:
        found = subscribers.by_address(connection, "anna@example.org", SITE.timezone)
    assert found is not None
    return found


def followed(person: Subscriber) -> list[tuple[str, str]]:
    return [(each.selection.query, each.frequency) for each in person.followed]


def test_the_page_shows_what_one_gets_and_when_next(
    client: httpx2.Client, anna: Subscriber
) -> None:
    page = client.get(link(anna))
    assert page.status_code == 200
    assert "Policing" in page.text
    assert "a…@example.org" in page.text
    assert "anna@" not in page.text
    assert "Next digest: Tuesday 24 November, 07:00 (Europe/Vienna)" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_no_digest_is_promised_to_whom_no_mail_may_go(
    client: httpx2.Client, database: Database, anna: Subscriber
) -> None:
    barred = Suppression(address_hash=KEYED(anna.address), reason="hard", detail="", since=NOW)
    with database.writing() as connection:
        suppressions.add(connection, [barred])
    page = client.get(link(anna)).text
    assert "Nothing is sent to this address at present" in page
    assert "Next digest:" not in page


def test_saved_as_it_is_nothing_changes(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    before = known(database)
    done = client.post(link(anna), data=typed(clock))
    assert (done.status_code, done.headers["location"]) == (303, f"{link(anna)}?saved")
    assert known(database) == before
    with database.reading() as connection:
        assert requests.consents_of(connection, [anna.id]) == {}


def test_all_of_it_is_changed_at_once_and_the_next_digest_is_told(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    sent = typed(
        clock,
        often=["weekly", "daily"],
        place=["2", "1"],
        add="field=human-rights",
        often_added="immediate",
        hour="06:30",
        days=["0", "3"],
        weekday="4",
        zone="Asia/Bishkek",
        language="de",
    )
    done = client.post(link(anna), data=sent, follow_redirects=True)
    assert "Gespeichert." in done.text
    assert "Nächste Mail: Donnerstag, 26. November, 06:30 Uhr (Asia/Bishkek)" in done.text
    assert "Jeden Montag und Donnerstag um 06:30 Uhr (Asia/Bishkek)" in done.text
    assert "Jeden Freitag um 06:30 Uhr (Asia/Bishkek)" in done.text
    changed = known(database)
    assert followed(changed) == [
        ("issuer=secretariat", "daily"),
        ("field=policing", "weekly"),
        ("field=human-rights", "immediate"),
    ]
    daily, weekly = changed.cadences[Frequency.DAILY], changed.cadences[Frequency.WEEKLY]
    assert (daily.minute, daily.weekdays) == (390, frozenset({0, 3}))
    assert (weekly.minute, weekly.weekdays) == (390, frozenset({4}))
    with database.reading() as connection:
        [(consent, _)] = requests.consents_of(connection, [anna.id])[anna.id]
    assert (consent.how, consent.source) == ("confirmed", "manage page")


def test_a_pause_is_made_and_ended(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    client.post(link(anna), data=typed(clock, pause="2026-12-24"))
    paused = known(database)
    assert paused.paused_until == date(2026, 12, 24)
    assert paused.due[Frequency.DAILY] == datetime(2026, 12, 24, 6, tzinfo=NOW.tzinfo)
    assert 'value="2026-12-24"' in client.get(link(anna)).text
    client.post(link(anna), data=typed(clock))
    assert known(database).paused_until is None
    assert known(database).due == anna.due


def test_one_of_several_ends_and_what_was_muted_may_be_no_more(
    client: httpx2.Client, database: Database, clock: Clock
) -> None:
    person = a_subscriber(
        topics=(POLICING, SECRETARIAT), address="anna@example.org", muted=(POLICING, SECRETARIAT)
    )
    [anna] = subscribe(database, person)
    sent = typed(clock, often=["never", "daily"], muted=["issuer:secretariat", "field:youth"])
    client.post(link(anna), data=sent)
    assert followed(known(database)) == [("issuer=secretariat", "daily")]
    assert known(database).muted == (SECRETARIAT,)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"often": ["never", "never"]}, ("select", "Choose at least one topic, or unsubscribe")),
        ({"often": ["yearly", "daily"]}, ("select", "Choose how often")),
        ({"hour": "25:00"}, ("hour", "Enter an hour")),
        ({"days": []}, ("days", "Choose at least one day.")),
        ({"weekday": "9"}, ("weekday", "Choose a day of the week.")),
        ({"zone": "Mars/Olympus"}, ("zone", "Choose a time zone")),
        ({"language": "tlh"}, ("language", "Choose a language")),
        ({"pause": "2026-11-23"}, ("pause", "Enter a day to come")),
        ({"pause": "soon"}, ("pause", "Enter a day to come")),
        ({"pause": "9999-12-31"}, ("pause", "Enter a day to come")),
        ({"token": "x.1"}, ("send", "Press the button once more")),
    ],
)
def test_a_fault_is_said_beside_its_field_and_what_was_typed_is_kept(
    client: httpx2.Client,
    anna: Subscriber,
    clock: Clock,
    changes: dict[str, object],
    fault: tuple[str, str],
) -> None:
    before = client.get(link(anna)).text
    field, said = fault
    answer = client.post(link(anna), data=typed(clock, **{"place": ["7", "8"], **changes}))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'aria-describedby="{field}-fault"' in answer.text
    assert said in answer.text
    assert 'value="7"' in answer.text
    assert client.get(link(anna)).text == before


def test_what_was_sent_is_listed_and_can_be_read_again(
    client: httpx2.Client, database: Database, anna: Subscriber
) -> None:
    queue(database, known=[anna], now=NOW - timedelta(days=1), period="2026-11-23")
    queue(database, known=[anna], now=NOW - timedelta(days=31), period="2026-10-23")
    page = client.get(link(anna)).text
    assert "Monday 23 November" in page
    assert "on its way" in page
    assert "October" not in page


def test_all_that_is_kept_is_a_file_to_be_kept(client: httpx2.Client, anna: Subscriber) -> None:
    answer = client.get(f"{link(anna)}/data")
    assert answer.headers["content-disposition"] == 'attachment; filename="subscription.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert json.loads(answer.text)["address"] == "anna@example.org"


def test_whoever_wants_to_be_erased_is_by_a_second_button(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    place = f"{link(anna)}/erase"
    assert "Erase all that is kept about you?" in client.get(place).text
    assert client.post(place, data={"token": "x.1"}).status_code == 200
    assert known(database) == anna
    done = client.post(place, data={"token": minted(SECRET, clock.now)}, follow_redirects=True)
    assert "You are erased" in done.text
    with database.reading() as connection:
        assert subscribers.by_address(connection, anna.address, SITE.timezone) is None
    assert client.get(link(anna)).status_code == 410


@pytest.mark.parametrize("below", ["", "/data", "/erase"])
def test_a_link_that_does_not_count_leads_to_a_new_one(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock, below: str
) -> None:
    over = link(anna, until=timedelta(0))
    earlier = link(anna, epoch=0)
    nobodys = link(anna, public_id="nobody")
    other = LINKS.unsubscribe(anna.public_id, anna.epoch).replace("/u/", "/manage/")
    damaged = link(anna)[:-1] + "9"
    for place, status in (
        (over, 410),
        (earlier, 410),
        (nobodys, 410),
        (other, 404),
        (damaged, 404),
    ):
        page = client.get(place + below)
        assert page.status_code == status
        assert "Mail me the link" in page.text
        if below != "/data":
            assert client.post(place + below, data=typed(clock)).status_code == status
    assert known(database) == anna


def test_a_link_that_is_over_says_so_in_its_readers_language(
    client: httpx2.Client, anna: Subscriber, clock: Clock
) -> None:
    client.post(link(anna), data=typed(clock, language="de"))
    page = client.get(link(anna, until=timedelta(0)))
    assert (page.status_code, '<html lang="de">' in page.text) == (410, True)
    sent = {"address": "x", "read": "de", "token": minted(SECRET, clock.now)}
    again = client.post("/manage", data=sent)
    assert (again.status_code, '<html lang="de">' in again.text) == (422, True)
    done = client.post("/manage", data=sent | {"address": "anna@example.org"})
    assert '<html lang="de">' in client.get(done.headers["location"]).text


def test_who_left_changes_nothing_by_a_link(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    with database.writing() as connection:
        subscribers.leave(connection, anna.public_id, NOW)
    assert client.get(link(anna)).status_code == 410
    assert client.post(link(anna), data=typed(clock)).status_code == 410
    assert known(database).state is SubscriberState.LEFT


def test_a_page_of_another_site_changes_nothing(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    for place in (link(anna), f"{link(anna)}/erase", "/manage"):
        foreign = {"sec-fetch-site": "cross-site"}
        answer = client.post(place, data=typed(clock, often=["never", "daily"]), headers=foreign)
        assert answer.status_code == 403
    assert known(database) == anna


# -- The way to a new link -------------------------------------------------------------------------


def asked(client: httpx2.Client, clock: Clock, address: str) -> httpx2.Response:
    return client.post("/manage", data={"address": address, "token": minted(SECRET, clock.now)})


def test_a_link_is_mailed_to_whoever_has_the_address_and_to_nobody_else(
    client: httpx2.Client,
    notices: Notices,
    anna: Subscriber,
    clock: Clock,
    woken: list[None],
) -> None:
    database = notices.database
    answers = [asked(client, clock, each) for each in ("Anna@example.org", "ben@example.org")]
    assert {(each.status_code, each.headers["location"]) for each in answers} == {
        (303, "/manage/sent?language=en")
    }
    assert len({each.text for each in answers}) == 1
    assert len(woken) == 2
    assert "Check your mail" in client.get("/manage/sent").text
    [mail] = outbox(database)
    assert (mail.notice, mail.recipient) == ("link", "anna@example.org")
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        claimed = sending.claim(connection, lease, "one", NOW, 10)
    [content] = notices.compose(claimed)
    assert isinstance(content, WholeLines)
    text = part(opened(content), "plain") or ""
    found = re.search(r"/manage/\S+", text)
    assert found
    assert client.get(found[0]).status_code == 200
    clock.now = NOW + timedelta(hours=1)
    assert client.get(found[0]).status_code == 410


def test_nobody_gets_more_links_than_a_mailbox_may(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    for _ in range(9):
        clock.now += timedelta(seconds=1)
        assert asked(client, clock, anna.address).status_code == 303
    assert len(outbox(database)) == 3


def test_who_left_gets_no_link(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    with database.writing() as connection:
        subscribers.leave(connection, anna.public_id, NOW)
    assert asked(client, clock, anna.address).status_code == 303
    assert outbox(database) == []


@pytest.mark.parametrize(
    ("address", "said"),
    [("", "Enter your email address."), ("anna", "Enter an email address in the form")],
)
def test_what_is_no_address_is_said_beside_it(
    client: httpx2.Client, clock: Clock, address: str, said: str
) -> None:
    answer = asked(client, clock, address)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{address}"' in answer.text


def test_a_form_that_nobody_was_shown_mails_nothing(
    client: httpx2.Client, database: Database, anna: Subscriber
) -> None:
    answer = client.post("/manage", data={"address": anna.address, "token": "x.1"})
    assert answer.status_code == 422
    assert outbox(database) == []


def test_a_weekly_reader_finds_their_day_in_the_form(
    client: httpx2.Client, database: Database
) -> None:
    thursdays = replace(DAILY, frequency=Frequency.WEEKLY, weekdays=frozenset({3}))
    [ben] = subscribe(database, a_subscriber(cadence=thursdays))
    assert '<option value="3" selected>Thursday' in client.get(link(ben)).text


def test_the_same_is_done_whoever_has_the_address(
    client: httpx2.Client, clock: Clock, database: Database, anna: Subscriber
) -> None:
    """So that no time tells who is subscribed, or whose mail came back."""
    subscribe(database, a_subscriber(address="ben@example.org", public_id="ben"))
    barred = Suppression(address_hash=KEYED("ben@example.org"), reason="hard", detail="", since=NOW)
    with database.writing() as connection:
        suppressions.add(connection, [barred])
    # The first of an hour begins its counts.
    asked(client, clock, "other@example.org")
    for _ in range(4):
        steps = []
        for address in ("new@example.org", anna.address, "ben@example.org"):
            with worked(database) as done:
                asked(client, clock, address)
            steps.append(done)
        assert steps[0] == steps[1] == steps[2] != []
        clock.now += timedelta(seconds=1)
    assert Counter(one.recipient for one in outbox(database)) == {
        anna.address: 3,
        "ben@example.org": 1,
    }


def test_a_token_that_was_altered_opens_nothing(
    client: httpx2.Client, database: Database, anna: Subscriber, clock: Clock
) -> None:
    whole = link(anna)
    for place in range(len("/manage/"), len(whole)):
        other = "A" if whole[place] != "A" else "B"
        forged = f"{whole[:place]}{other}{whole[place + 1 :]}"
        assert client.get(forged).status_code in {404, 429}
    assert known(database) == anna
