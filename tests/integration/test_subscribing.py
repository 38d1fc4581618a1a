"""Coming: from a published page to the confirmed subscription, and what keeps others out of it."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from feeds import search
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.digest.named import Named
from notifier.mail.lines import WholeLines
from notifier.model import Frequency, NoticeKind, Subscriber, SubscriberState
from notifier.notices.notices import CONFIRM_WITHIN, Notices
from notifier.storage import senders, sending, subscribers, suppressions
from notifier.storage.consent import requests
from notifier.storage.suppressions import Suppression
from notifier.subscribers.links import MailLinks
from notifier.web.forms import minted
from notifier.web.view import opened, part
from tests.builders import a_subscriber, some_news
from tests.outbox import KEYED, SENDER, outbox, store, subscribe
from tests.serving import NOW, SECRET, SITE, Clock, a_web_app, serving
from tests.statements import worked

ANNA = "anna@example.org"
POLICING = "field=policing"


@pytest.fixture
def site(
    database: Database, osce: Taxonomy, tmp_path: Path, clock: Clock, woken: list[None]
) -> Iterator[str]:
    app = a_web_app(
        database, osce, tmp_path / "public", clock=clock, wake=lambda: woken.append(None)
    )
    with serving(app) as base_url:
        yield base_url


@pytest.fixture
def client(site: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=site) as asking:
        yield asking


def token(clock: Clock, *, ago: float = 30) -> str:
    return minted(SECRET, clock.now - timedelta(seconds=ago))


def filled(clock: Clock, **changes: object) -> dict[str, object]:
    return {
        "address": ANNA,
        "select": POLICING,
        "often": "weekly",
        "hour": "06:30",
        "weekday": "3",
        "zone": "Europe/Vienna",
        "language": "en",
        "website": "",
        "page": "/feeds/fields/policing/",
        "token": token(clock),
        **changes,
    }


def ask(client: httpx2.Client, clock: Clock, **changes: object) -> httpx2.Response:
    return client.post("/subscribe", data=filled(clock, **changes))


def mails(database: Database, osce: Taxonomy) -> list[tuple[str, str]]:
    """The subject and the text of what leaves at present."""
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        claimed = sending.claim(connection, lease, "one", NOW + timedelta(days=1), 100)
    notices = Notices(
        database=database,
        sender=SENDER,
        named=Named(SITE, osce),
        links=MailLinks(base_url=SITE.url, secret=SECRET),
        keyed=KEYED,
        zone=SITE.timezone,
        page_of=lambda slug: f"{SITE.url}/items/{slug}/",
        shows_latest=True,
    )
    found = [opened(each) for each in notices.compose(claimed) if isinstance(each, WholeLines)]
    return [(str(each["subject"]), part(each, "plain") or "") for each in found]


def link_in(text: str, scope: str = "confirm") -> str:
    found = re.search(rf"/{scope}/\S+", text)
    assert found
    return found[0]


def person(database: Database) -> Subscriber | None:
    with database.reading() as connection:
        return subscribers.by_address(connection, ANNA, SITE.timezone)


# -- The way in ------------------------------------------------------------------------------------


def test_the_form_says_what_will_come_and_how_much_of_it(
    client: httpx2.Client, database: Database
) -> None:
    store(database, *(some_news(number=number) for number in range(1, 37)))
    search.follow(database)
    page = client.get("/subscribe", params={"select": POLICING})
    assert page.status_code == 200
    assert "Policing" in page.text
    assert "about 3 items a week" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_what_is_kept_of_it_is_what_they_read(
    client: httpx2.Client, database: Database, clock: Clock
) -> None:
    """And not what it would be in the language they chose for their mails."""
    store(database, *(some_news(number=number) for number in range(1, 37)))
    search.follow(database)
    page = client.get("/subscribe", params={"select": POLICING, "language": "de"})
    assert 'name="read" value="de"' in page.text
    ask(client, clock, language="en", read="de")
    with database.reading() as connection:
        [request] = requests.among_requests(connection, range(1, 9)).values()
    amount, when, consent = request.shown.text.splitlines()
    assert amount == "Polizeiarbeit: etwa 3 Meldungen pro Woche"
    assert when.startswith("Jeden Donnerstag um 06:30 Uhr (Europe/Vienna)")
    assert consent in page.text
    assert request.asked.language == "en"


def test_the_short_form_of_a_published_page_leads_to_the_whole_one(client: httpx2.Client) -> None:
    sent = {"address": ANNA, "often": "weekly", "select": POLICING, "page": "/feeds/x/"}
    page = client.post("/subscribe", data=sent)
    assert page.status_code == 200
    assert f'value="{ANNA}"' in page.text
    assert 'value="weekly" checked' in page.text
    assert 'value="/feeds/x/"' in page.text


def test_from_the_form_to_the_confirmed_subscription(
    client: httpx2.Client, database: Database, osce: Taxonomy, clock: Clock, woken: list[None]
) -> None:
    answer = ask(client, clock)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/subscribe/sent?language=en",
    )
    assert "Check your mail" in client.get(answer.headers["location"]).text
    assert len(woken) == 1
    [(subject, text)] = mails(database, osce)
    assert subject == "Confirm your subscription to Fieldfare"
    assert "Every Thursday at 06:30 (Europe/Vienna)" in text
    link = link_in(text)
    shown = client.get(link)
    assert shown.text.count("<button") == 1
    for word in ("Policing", "Every Thursday at 06:30"):
        assert word in shown.text
    found = person(database)
    assert found is not None
    assert found.state is SubscriberState.PENDING
    confirmed = client.post(link)
    assert (confirmed.status_code, confirmed.headers["location"]) == (303, link)
    done = client.get(link)
    assert "You are subscribed" in done.text
    assert "Next digest: Thursday 26 November, 06:30 (Europe/Vienna)" in done.text
    found = person(database)
    assert found is not None
    assert found.state is SubscriberState.ACTIVE
    assert [each.frequency for each in found.followed] == [Frequency.WEEKLY]


def test_pages_are_in_the_language_that_was_chosen(
    client: httpx2.Client, database: Database, osce: Taxonomy, clock: Clock
) -> None:
    answer = ask(client, clock, language="de")
    assert 'lang="de"' in client.get(answer.headers["location"]).text
    [(subject, text)] = mails(database, osce)
    assert subject == "Bestätigen Sie Ihr Abonnement von Fieldfare"
    assert 'lang="de"' in client.get(link_in(text)).text


def test_looking_confirms_nothing(
    client: httpx2.Client, database: Database, osce: Taxonomy, clock: Clock
) -> None:
    """Programs that look for malware follow every link."""
    ask(client, clock)
    [(_, text)] = mails(database, osce)
    for _ in range(3):
        assert client.get(link_in(text)).status_code == 200
    found = person(database)
    assert found is not None
    assert found.state is SubscriberState.PENDING


# -- What is wrong is said beside it ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"address": ""}, "Enter your email address."),
        ({"address": "anna"}, "in the form name@example.org"),
        ({"address": "anna@example.org\r\nBcc: b@example.org"}, "Enter your email address."),
        ({"address": "postmaster@example.org"}, "belongs to a role"),
        ({"address": "Abuse+x@example.org"}, "belongs to a role"),
        ({"select": "field=nothing-of-ours"}, "Choose at least one topic."),
        ({"select": "%%%"}, "Choose at least one topic."),
        ({"often": "hourly"}, "Choose how often"),
        ({"hour": "25:00"}, "in the form 07:00"),
        ({"hour": "٠٧:٠٠"}, "in the form 07:00"),
        ({"weekday": "9"}, "Choose a day of the week."),
        ({"zone": "Europe/Nowhere"}, "Choose a time zone"),
        ({"language": "tlh"}, "Choose a language"),
    ],
)
def test_each_fault_is_said_beside_its_field_and_nothing_is_lost(
    client: httpx2.Client, clock: Clock, database: Database, changes: dict[str, str], said: str
) -> None:
    answer = ask(client, clock, **changes)
    assert answer.status_code == 422
    assert answer.text.count(said) == 2
    [field] = re.findall(r'aria-describedby="(\w+)-fault"', answer.text)
    assert f'id="{field}"' in answer.text
    assert 'value="06:30"' in answer.text or "hour" in changes
    assert outbox(database) == []


# -- Who is kept out -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("", id="none"),
        pytest.param("x.1", id="made up"),
        pytest.param("é.1", id="no ASCII"),
        pytest.param(".9" * 400, id="long"),
    ],
)
def test_a_form_that_was_not_made_here_asks_for_nothing(
    client: httpx2.Client, clock: Clock, database: Database, wrong: str
) -> None:
    answer = ask(client, clock, token=wrong)
    assert answer.status_code == 422
    assert "Press the button once more" in answer.text
    assert outbox(database) == []


@pytest.mark.parametrize("ago", [0, 1, 25 * 3600, -60])
def test_a_form_that_is_too_new_or_too_old_asks_for_nothing_yet(
    client: httpx2.Client, clock: Clock, database: Database, ago: float
) -> None:
    assert ask(client, clock, token=token(clock, ago=ago)).status_code == 422
    assert outbox(database) == []


def test_a_program_that_fills_in_what_nobody_sees_is_told_what_it_wants_to_hear(
    client: httpx2.Client, clock: Clock, database: Database
) -> None:
    assert ask(client, clock, website="https://example.com").status_code == 303
    assert outbox(database) == []


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}],
    ids=str,
)
def test_a_page_of_another_site_asks_for_nothing(
    client: httpx2.Client,
    clock: Clock,
    database: Database,
    osce: Taxonomy,
    headers: dict[str, str],
) -> None:
    answer = client.post("/subscribe", data=filled(clock), headers=headers)
    assert answer.status_code == 403
    assert outbox(database) == []
    ask(client, clock)
    [(_, text)] = mails(database, osce)
    assert client.post(link_in(text), headers=headers).status_code == 403


def test_a_long_form_is_refused_unread(client: httpx2.Client) -> None:
    assert client.post("/subscribe", content=b"a=" + b"x" * 100_000).status_code == 413


def test_whoever_asks_too_often_is_told_so(client: httpx2.Client, clock: Clock) -> None:
    """From one network: the 50 that it may."""
    client.headers["X-Forwarded-For"] = "198.51.100.7"
    said = [ask(client, clock, address=f"reader{n}@example.org") for n in range(52)]
    assert [each.status_code for each in said] == [303] * 50 + [429] * 2
    assert "Try again in an hour." in said[-1].text


def test_nobody_learns_whether_an_address_is_known(
    client: httpx2.Client, clock: Clock, database: Database
) -> None:
    """Not by words, status or header fields."""
    subscribe(database, a_subscriber(address=ANNA, public_id="id-anna"))
    known, unknown = ask(client, clock), ask(client, clock, address="new@example.org")
    varying = {"date"}
    first, second = (
        {name: text for name, text in each.headers.items() if name not in varying}
        for each in (known, unknown)
    )
    assert (known.status_code, known.content, first) == (
        unknown.status_code,
        unknown.content,
        second,
    )
    kinds = {one.recipient: one.period.partition("-")[0] for one in outbox(database)}
    assert kinds == {ANNA: NoticeKind.MANAGE, "new@example.org": NoticeKind.CONFIRM}


def test_the_same_is_done_whoever_asks(
    client: httpx2.Client, clock: Clock, database: Database
) -> None:
    """So that no time tells who is subscribed, or whose mail came back; a mail goes to each."""
    subscribe(database, a_subscriber(address=ANNA, public_id="id-anna"))
    back = "ben@example.org"
    barred = Suppression(address_hash=KEYED(back), reason="hard", detail="", since=NOW)
    with database.writing() as connection:
        suppressions.add(connection, [barred])
    # The first of an hour begins its counts.
    ask(client, clock, address="other@example.org")
    for _ in range(4):
        steps = []
        for address in ("new@example.org", ANNA, back):
            with worked(database) as done:
                ask(client, clock, address=address)
            steps.append(done)
        assert steps[0] == steps[1] == steps[2] != []
        clock.now += timedelta(seconds=1)
    mails = Counter(one.recipient for one in outbox(database))
    assert mails == {"other@example.org": 1, "new@example.org": 3, ANNA: 3, back: 1}


# -- Attacks on the token of a link ----------------------------------------------------------------


def a_link(client: httpx2.Client, database: Database, osce: Taxonomy, clock: Clock) -> str:
    ask(client, clock)
    [(_, text)] = mails(database, osce)
    return link_in(text)


def test_a_token_that_was_altered_confirms_nothing(
    client: httpx2.Client, database: Database, osce: Taxonomy, clock: Clock
) -> None:
    link = a_link(client, database, osce, clock)
    start = len("/confirm/")
    for place in range(start, len(link)):
        other = "A" if link[place] != "A" else "B"
        forged = f"{link[:place]}{other}{link[place + 1 :]}"
        assert client.post(forged).status_code == 404
    for forged in (link[:-1], f"{link}1", link.replace(".", ".."), f"{link}.9", f"{link}%00"):
        assert client.post(forged).status_code in {404, 405}
    found = person(database)
    assert found is not None
    assert found.state is SubscriberState.PENDING


def test_a_token_of_another_purpose_confirms_nothing(
    client: httpx2.Client, database: Database, osce: Taxonomy, clock: Clock
) -> None:
    link = a_link(client, database, osce, clock)
    found = person(database)
    assert found is not None
    links, until = MailLinks(base_url="", secret=SECRET), NOW + CONFIRM_WITHIN
    others = [
        links.unsubscribe(found.public_id, found.epoch),
        links.view(found.public_id, found.epoch, "1"),
        links.manage(found.public_id, found.epoch, until),
        links.undo(found.public_id, found.epoch, until),
    ]
    for other in others:
        swapped = f"/confirm/{other.rpartition('/')[2]}"
        assert client.post(swapped).status_code == 404
    mine = link.rpartition("/")[2]
    assert client.get(f"/d/{mine}").status_code == 404
    assert client.post(f"/u/{mine}").status_code == 404


def test_a_token_that_is_over_confirms_nothing(
    client: httpx2.Client, database: Database, osce: Taxonomy, clock: Clock
) -> None:
    link = a_link(client, database, osce, clock)
    clock.now = NOW + CONFIRM_WITHIN
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410
    found = person(database)
    assert found is not None
    assert found.state is SubscriberState.PENDING


def test_a_token_that_is_replayed_changes_nothing(
    client: httpx2.Client, database: Database, osce: Taxonomy, clock: Clock
) -> None:
    """Not even after its owner left: the page says that it works no longer."""
    link = a_link(client, database, osce, clock)
    assert [client.post(link).status_code for _ in range(3)] == [303] * 3
    before = person(database)
    assert before is not None
    with database.writing() as connection:
        subscribers.leave(connection, before.public_id, NOW)
    client.post(link)
    assert client.get(link).status_code == 410
    found = person(database)
    assert found is not None
    assert found.state is SubscriberState.LEFT


# -- In a browser ----------------------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def tab(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(
        java_script_enabled=request.param, viewport={"width": 320, "height": 640}
    )
    yield context.new_page()
    context.close()


def test_the_whole_way_by_keyboard_on_a_phone(
    tab: Page, site: str, database: Database, osce: Taxonomy, clock: Clock
) -> None:
    tab.goto(f"{site}/subscribe?select={POLICING.replace('=', '%3D')}")
    clock.now = NOW + timedelta(seconds=30)
    tab.locator("#address").focus()
    tab.keyboard.type(ANNA)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/subscribe/sent*")
    assert tab.locator("h1").inner_text() == "Check your mail"
    [(_, text)] = mails(database, osce)
    tab.goto(site + urlsplit(link_in(text)).path)
    tab.locator("button").focus()
    tab.keyboard.press("Enter")
    tab.locator("h1", has_text="You are subscribed").wait_for()
    found = person(database)
    assert found is not None
    assert found.state is SubscriberState.ACTIVE


def test_no_page_is_wider_than_a_phone(tab: Page, site: str) -> None:
    tab.goto(f"{site}/subscribe")
    box = tab.locator("body").bounding_box()
    assert box is not None
    assert box["width"] <= 320
