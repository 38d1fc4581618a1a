"""The team's pages: who comes in, who may what, what is done by them, and that it is told."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import Event

import httpx2
import pytest
from playwright.sync_api import Browser
from starlette.routing import BaseRoute

from feeds import search
from feeds.draft import Reason, Refused
from feeds.model import Label, TopicKind
from feeds.storage import documents, overview
from feeds.storage.database import Database
from feeds.storage.documents import Sighting
from notifier.account import Account, TeamRole
from notifier.admin.gate import COOKIE
from notifier.admin.sign_in import sign_in_page
from notifier.admin.sign_in.passwords import hashed
from notifier.admin.team_app import PLACES
from notifier.app import nodes
from notifier.app.house import House
from notifier.app.team.team_parts import team
from notifier.app.upkeep import forget
from notifier.storage import senders, subscribers, suppressions
from notifier.storage.team import accounts, deeds
from tests.axe import faults_of_page
from tests.builders import a_draft, a_subscriber
from tests.configured import settings_from
from tests.items import store
from tests.outbox import subscribe
from tests.serving import NOW, SECRET, Clock, a_web_app, serving
from tests.team_forms import PASSWORD, enter, press, token_on

ANNA = "anna@example.org"


@cache
def _kept() -> str:
    """Of the password, which takes a while."""
    return hashed(PASSWORD)


@pytest.fixture
def engine() -> str:
    """Those that are asked on both say so: what a page does is tried of them elsewhere."""
    return "sqlite"


@pytest.fixture
def house(database: Database, database_url: str, tmp_path: Path, clock: Clock) -> Iterator[House]:
    """Eve is an editor, Otto an operator."""
    settings = settings_from(
        tmp_path / "fieldfare.toml",
        f"""
        secret = "{SECRET.decode()}"
        [site]
        authority = "news.example.org"
        minted = 2026-01-01
        [store]
        url = "{database_url}"
        [admin]
        pages = true
        """,
    )
    kept = _kept()
    with database.writing() as connection:
        for name, role in (("eve", TeamRole.EDITOR), ("otto", TeamRole.OPERATOR)):
            accounts.add(connection, Account(name=name, role=role), kept)
    with House(settings, clock=clock) as opened:
        yield opened


@pytest.fixture
def published() -> list[None]:
    return []


@pytest.fixture
def site(
    house: House, database: Database, tmp_path: Path, clock: Clock, published: list[None]
) -> Iterator[str]:
    routes: list[BaseRoute] = [*team(house, lambda: published.append(None))]
    app = a_web_app(database, house.taxonomy, tmp_path / "public", clock=clock, team=routes)
    with serving(app) as base_url:
        yield base_url


@pytest.fixture
def client(site: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=site) as asking:
        yield asking


def told(database: Database) -> list[tuple[str, str, str, str]]:
    """What was done, beside coming in."""
    with database.reading() as connection:
        return [
            (each.account, each.deed, each.subject, each.outcome)
            for each in deeds.latest(connection, 10)
            if each.deed != "signed in"
        ]


def refuse(database: Database, name: str = "notes.txt") -> None:
    body = b"Lunch is at noon.\x1b[2J"
    digest = documents.digest_of(body)
    seen = Sighting(
        source="inbox",
        name=name,
        signature="1",
        digest=digest,
        seen_at=NOW,
        refused=Refused(reason=Reason.NOT_NEWS, evidence=""),
    )
    with database.writing() as connection:
        documents.keep(connection, {digest: body})
        documents.record(connection, [seen])


# -- Who comes in ----------------------------------------------------------------------------------


def test_whoever_is_not_in_is_led_to_the_door_and_back(client: httpx2.Client, clock: Clock) -> None:
    led = client.get("/admin/quarantine")
    assert (led.status_code, led.headers["location"]) == (303, "/admin/sign-in?to=%2Fquarantine")
    assert 'value="/quarantine"' in client.get(led.headers["location"]).text
    let_in = enter(client, clock, to="/quarantine")
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/admin/quarantine")
    assert "HttpOnly; Max-Age=43200; Path=/admin; SameSite=lax" in let_in.headers["set-cookie"]
    assert client.get("/admin/quarantine").status_code == 200


def test_nobody_is_led_to_another_site(client: httpx2.Client, clock: Clock) -> None:
    for to in ("https://evil.example/", "evil.example", "//evil.example/"):
        assert enter(client, clock, to=to).headers["location"].startswith("/admin/")


@pytest.mark.parametrize(("name", "password"), [("otto", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_password_and_a_wrong_name_are_told_alike(
    client: httpx2.Client, clock: Clock, name: str, password: str
) -> None:
    refused = enter(client, clock, name, password)
    assert refused.status_code == 422
    assert "are not of one account" in refused.text
    assert "set-cookie" not in refused.headers


def test_whoever_guesses_is_stopped_and_shuts_nobody_out(
    client: httpx2.Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_page, "is_it", lambda _, password: password == PASSWORD)

    def tried(network: int, password: str, times: int = 1) -> list[int]:
        client.headers["x-forwarded-for"] = f"192.0.2.{network}"
        return [enter(client, clock, "otto", password).status_code for _ in range(times)]

    assert tried(1, "a guess", 32) == [422] * 10 + [429] * 22
    # Whose name it is comes in from elsewhere; many networks are no way round it either.
    assert tried(2, PASSWORD) == [303]
    assert [tried(network, "a guess", 10)[-1] for network in (3, 4)] == [422, 429]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_session_ends_by_its_time_by_sign_out_and_by_another_password(
    client: httpx2.Client, clock: Clock, database: Database
) -> None:
    enter(client, clock)
    kept = dict(client.cookies)
    assert press(client, "/admin/", "/sign-out", account="otto").status_code == 303
    assert client.get("/admin/").status_code == 303
    enter(client, clock)
    assert client.get("/admin/").status_code == 200
    # What a browser kept of the one before opens nothing.
    assert kept[COOKIE] != client.cookies[COOKIE]
    clock.now += timedelta(hours=12)
    assert client.get("/admin/").status_code == 303
    enter(client, clock)
    with database.writing() as connection:
        accounts.set_password(connection, "otto", hashed("another password, just as long"))
    assert client.get("/admin/").status_code == 303


def test_the_store_holds_nothing_by_which_anybody_is_in(
    client: httpx2.Client, clock: Clock, database: Database
) -> None:
    enter(client, clock)
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT key, account FROM sessions").all()
    [(key, account)] = rows
    assert account == "otto"
    assert key not in {client.cookies[COOKIE], ""}
    assert httpx2.get(f"{client.base_url}/admin/", cookies={COOKIE: key}).status_code == 303


# -- Who may what ----------------------------------------------------------------------------------


def test_an_editor_sees_no_readers_and_no_mails(client: httpx2.Client, clock: Clock) -> None:
    enter(client, clock, "eve")
    for place in ("/", "/sources", "/quarantine", "/names", "/statistics"):
        assert client.get(f"/admin{place}").status_code == 200
    for place in ("/readers", "/readers/x", "/mails", "/deeds"):
        refused = client.get(f"/admin{place}")
        assert refused.status_code == 403
        assert "for the work of an editor" in refused.text
    assert press(client, "/admin/", "/mails/refused").status_code == 403
    assert "/admin/readers" not in client.get("/admin/").text


@pytest.mark.parametrize("token", ["", "x"])
def test_a_form_of_another_site_does_nothing(
    client: httpx2.Client, clock: Clock, database: Database, token: str
) -> None:
    refuse(database)
    enter(client, clock)
    sent = {"source": "inbox", "document": "notes.txt", "token": token}
    assert client.post("/admin/quarantine/dismiss", data=sent).status_code == 403
    foreign = {"sec-fetch-site": "cross-site"}
    good = token_on(client.get("/admin/quarantine").text)
    refused = client.post(
        "/admin/quarantine/dismiss", data={**sent, "token": good}, headers=foreign
    )
    assert refused.status_code == 403
    with database.reading() as connection:
        assert overview.quarantined(connection) == 1
    assert told(database) == []


def test_all_of_it_is_nobody_elses_business(client: httpx2.Client, clock: Clock) -> None:
    enter(client, clock)
    for path in ("/admin/", "/admin/sign-in", "/admin/readers"):
        fields = client.get(path).headers
        assert fields["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in fields["content-security-policy"]


# -- What is done ----------------------------------------------------------------------------------


def test_the_overview_tells_whether_a_daemon_runs(
    client: httpx2.Client, clock: Clock, database: Database, house: House
) -> None:
    """As `fieldfare status` does."""
    enter(client, clock, "eve")
    assert "<dd>none runs</dd>" in client.get("/admin/").text
    with nodes.alone(database, house.settings.daemon.node):
        assert f"<dd>{nodes.running(database, house.settings.daemon.node)}</dd>" in (
            client.get("/admin/").text
        )


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_what_no_store_takes_is_nowhere_and_no_failure(client: httpx2.Client, clock: Clock) -> None:
    """PostgreSQL takes no NUL in a text."""
    assert enter(client, clock, "a\0b").status_code == 422
    enter(client, clock)
    for page in ("/mails?about=%00", "/items?q=%00", "/items/%00", "/readers/%00"):
        assert client.get(f"/admin{page}").status_code in {200, 404, 422}, page
    place = "/admin/quarantine/document?source=%00&document=%00"
    assert client.get(place).status_code == 422
    done = press(client, "/admin/mails", "/mails/end-pause", domain="a\0b")
    assert done.status_code in {303, 422}


def test_a_document_is_read_as_text_and_put_aside_until_it_changes(
    client: httpx2.Client, clock: Clock, database: Database
) -> None:
    refuse(database)
    enter(client, clock, "eve")
    assert "notes.txt" in client.get("/admin/quarantine").text
    its = "/admin/quarantine/document?source=inbox&document=notes.txt"
    shown = client.get(its).text
    assert "Lunch is at noon.�[2J" in shown
    fields = {"source": "inbox", "document": "notes.txt"}
    done = press(client, its, "/quarantine/dismiss", **fields)
    assert "Put aside: notes.txt." in client.get(done.headers["location"]).text
    with database.reading() as connection:
        assert overview.quarantine(connection) == []
        assert overview.quarantined(connection) == 0
    assert told(database)[0][:3] == ("eve", "put aside", "notes.txt")
    body = b"Lunch is at one."
    again = Sighting(
        source="inbox",
        name="notes.txt",
        signature="2",
        digest=documents.digest_of(body),
        seen_at=NOW,
        refused=Refused(reason=Reason.NOT_NEWS, evidence=""),
    )
    with database.writing() as connection:
        documents.keep(connection, {documents.digest_of(body): body})
        documents.record(connection, [again])
        assert overview.quarantined(connection) == 1


def test_a_name_is_mapped_to_the_topic_most_like_it(
    client: httpx2.Client, clock: Clock, database: Database, house: House, published: list[None]
) -> None:
    labels = (Label(kind=TopicKind.FIELD, text="Policing matters", slug=None),)
    store(database, house.taxonomy, [a_draft(fields=labels)])
    enter(client, clock, "eve")
    page = client.get("/admin/names").text
    assert "Policing matters" in page
    assert re.search(r'name="topic" value="field:policing"', page)
    fields = {"name": "Policing matters", "topic": "field:policing"}
    done = press(client, "/admin/names", "/names/map", **fields)
    assert "1 items are filed anew" in client.get(done.headers["location"]).text
    assert published
    assert "Every name is known." in client.get("/admin/names").text


def test_an_item_is_corrected_withdrawn_and_shown_again(
    client: httpx2.Client, clock: Clock, database: Database, house: House, published: list[None]
) -> None:
    [item] = store(database, house.taxonomy, [a_draft()])
    enter(client, clock, "eve")
    its = f"/admin/items/{item.slug}"
    wrong = press(client, its, f"/items/{item.slug}/correct", issued="soon", reason="a slip")
    assert wrong.status_code == 422
    press(client, its, f"/items/{item.slug}/correct", title="A better title", reason="a slip")
    page = client.get(its).text
    assert "<h1>A better title</h1>" in page
    assert "corrected by eve (a slip)" in page
    press(client, its, f"/items/{item.slug}/release", reason="it was right")
    assert f"<h1>{item.title}</h1>" in client.get(its).text
    press(client, its, f"/items/{item.slug}/withdraw", reason="not ours")
    assert item.title not in client.get("/admin/items").text
    assert item.title in client.get("/admin/items?hidden=1").text
    press(client, its, f"/items/{item.slug}/restore", reason="ours")
    assert item.title in client.get("/admin/items").text
    assert len(published) == 4
    assert client.get("/admin/items/none").status_code == 422
    search.follow(database)
    assert item.title in client.get("/admin/items", params={"q": item.title.split()[0]}).text
    assert item.title in client.get("/admin/items", params={"q": item.uid}).text
    assert "with these words" in client.get("/admin/items?q=nowhere").text


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_reader_is_found_shown_paused_and_forgotten(
    client: httpx2.Client, clock: Clock, database: Database, house: House
) -> None:
    [anna] = subscribe(database, a_subscriber(address=ANNA, public_id="id-anna"))
    enter(client, clock)
    found = press(client, "/admin/readers", "/readers/find", address=" Anna@Example.org ")
    assert found.headers["location"].startswith("/admin/readers/id-anna?done=")
    page = client.get(found.headers["location"]).text
    assert ANNA in page
    assert "Looked for a reader.</strong> Found: id-anna." in page
    nothing = client.get("/admin/readers/id-anna/preview")
    assert (nothing.status_code, "nothing was new" in nothing.text) == (422, True)
    assert "field=policing" in page
    its = "/admin/readers/id-anna"
    assert press(client, its, "/readers/id-anna/pause", until="soon").status_code == 422
    press(client, its, "/readers/id-anna/pause", until="2026-12-24")
    assert "2026-12-24" in client.get(its).text
    press(client, its, "/readers/id-anna/resume")
    assert "2026-12-24" not in client.get(its).text
    press(client, its, "/readers/id-anna/unsubscribe", reason="asked by phone")
    assert press(client, its, "/readers/id-anna/resume").status_code == 422
    press(client, its, "/readers/id-anna/erase", reason="asked by phone")
    assert client.get(its).status_code == 422
    with database.reading() as connection:
        assert subscribers.by_address(connection, ANNA, anna.zone) is None
        assert suppressions.of(connection, house.keyed(ANNA))
    assert press(client, "/admin/readers", "/readers/find", address=f"{ANNA}@").status_code == 422
    # Of whoever is erased nothing is told that says who they were.
    assert ANNA not in str(told(database))


def test_what_a_reader_gets_is_changed(
    client: httpx2.Client, clock: Clock, database: Database
) -> None:
    subscribe(database, a_subscriber(address=ANNA, public_id="id-anna"))
    enter(client, clock)
    its, at = "/admin/readers/id-anna", "/readers/id-anna"
    wanted = {"followed": "everything\nfield=human-rights", "muted": "field:youth", "on": "monday"}
    wanted |= {"frequency": "weekly", "at": "06:30", "timezone": "Asia/Kathmandu", "language": "fr"}
    for fault in ({"at": "25:00"}, {"timezone": "Vienna"}, {"followed": "field=none"}):
        refused = press(client, its, f"{at}/change", **(wanted | fault), reason="by phone")
        assert refused.status_code == 422
    press(client, its, f"{at}/change", **wanted, reason="asked by phone")
    page = client.get(its).text
    assert "weekly, 06:30, Monday: <code>field=human-rights</code>, <code>everything</code>" in page
    assert "Asia/Kathmandu, fr" in page
    press(client, its, f"{at}/change", followed="field=policing", reason="asked again")
    page = client.get(its).text
    assert "weekly, 06:30, Monday: <code>field=policing</code>" in page
    assert "never:" not in page


def test_an_address_is_suppressed_and_mailed_again(
    client: httpx2.Client, clock: Clock, database: Database, house: House
) -> None:
    enter(client, clock)
    page = "/admin/readers"
    press(client, page, "/readers/suppress", address=ANNA, reason="a letter")
    with database.reading() as connection:
        assert suppressions.of(connection, house.keyed(ANNA))
    found = press(client, page, "/readers/find", address=ANNA)
    assert "not to be mailed: operator, a letter" in client.get(found.headers["location"]).text
    press(client, page, "/readers/lift", address=ANNA, reason="another letter")
    with database.reading() as connection:
        assert suppressions.of(connection, house.keyed(ANNA)) is None


def test_all_mail_is_stopped_and_goes_on(
    client: httpx2.Client, clock: Clock, database: Database
) -> None:
    enter(client, clock)
    press(client, "/admin/mails", "/mails/pause", reason="a wrong name in it")
    assert "No mail leaves" in client.get("/admin/mails").text
    with database.reading() as connection:
        halt = senders.halted(connection)
    assert halt
    assert (halt.who, halt.reason) == ("otto", "a wrong name in it")
    # Who looks for whom is noted, and stands in no address.
    assert client.get("/admin/mails", params={"about": ANNA}).status_code == 422
    press(client, "/admin/mails", "/mails/resume")
    with database.reading() as connection:
        assert senders.halted(connection) is None


def test_what_cannot_be_done_is_told_and_noted(
    client: httpx2.Client, clock: Clock, database: Database
) -> None:
    enter(client, clock)
    refused = press(client, "/admin/mails", "/mails/release", delivery="17")
    assert refused.status_code == 422
    assert "there is none of that number" in refused.text
    [(*deed, outcome)] = told(database)
    assert deed == ["otto", "released a mail", "17"]
    assert outcome.startswith("not done: delivery 17: there is none of that number")
    for nonsense in ("", "x", "9" * 40, "١"):
        assert press(client, "/admin/mails", "/mails/drop", delivery=nonsense).status_code == 422
    assert "released a mail" in client.get("/admin/deeds").text


def test_statistics_count_followers_and_mails(
    client: httpx2.Client, clock: Clock, database: Database
) -> None:
    subscribe(database, a_subscriber(address=ANNA, public_id="id-anna"))
    enter(client, clock, "eve")
    page = client.get("/admin/statistics").text
    assert "not tracked" in page
    # Each month once, the last of them until now; who came lately followed nothing before.
    months = re.findall(r'<th scope="col" class="number">(\d{4}-\d{2})</th>', page)
    assert months == [f"2026-{month:02}" for month in range(6, 12)]
    counts = re.search(r"<td>Policing</td>(.*)</tr>", page)
    assert counts
    assert re.findall(r">(\d+)<", counts[1]) == ["0", "0", "0", "0", "0", "1"]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_who_did_what_is_forgotten_after_a_year(
    client: httpx2.Client, clock: Clock, database: Database, house: House
) -> None:
    enter(client, clock)
    press(client, "/admin/mails", "/mails/refused")
    clock.now += timedelta(days=365)
    forget(house, Event())
    assert told(database)
    clock.now += timedelta(seconds=1)
    forget(house, Event())
    assert told(database) == []


# -- How it looks ----------------------------------------------------------------------------------


def test_no_page_has_a_fault_that_axe_finds(
    site: str, clock: Clock, browser: Browser, database: Database, house: House
) -> None:
    """By the form of the door, with something on each of the pages."""
    refuse(database)
    labels = (Label(kind=TopicKind.FIELD, text="Policing matters", slug=None),)
    [slug] = [item.slug for item in store(database, house.taxonomy, [a_draft(fields=labels)])]
    [anna] = subscribe(database, a_subscriber(address=ANNA, public_id="id-anna"))
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"{site}/admin/")
    assert faults_of_page(tab) == []
    tab.get_by_label("Name").fill("otto")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    document = "quarantine/document?source=inbox&document=notes.txt"
    places = [path for path, _, _ in PLACES]
    for place in (*places, f"/{document}", f"/items/{slug}", f"/readers/{anna.public_id}"):
        answered = tab.goto(f"{site}/admin{place}")
        assert answered
        assert (place, answered.status, faults_of_page(tab)) == (place, 200, [])
    tab.get_by_role("button", name="Sign out").click()
    assert tab.get_by_label("Password").is_visible()
    context.close()
