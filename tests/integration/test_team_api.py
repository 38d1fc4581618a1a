"""Programs of the team, over real HTTP: what is shown, what they do, and that it is told."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate

from config.scopes import Scope
from feeds import search
from feeds.draft import Reason, Refused
from feeds.model import Label, TopicKind
from feeds.standing import begun
from feeds.storage import documents
from feeds.storage.database import Database
from feeds.storage.documents import Sighting
from feeds.storage.origins import standings
from notifier.app.house import House
from notifier.app.team.status_api import team_api
from notifier.model import ConsentKind
from notifier.storage import returns, senders, subscribers, suppressions, transitions
from notifier.storage.consent import requests
from notifier.storage.returns import Return
from notifier.storage.tables import deliveries
from notifier.storage.team import deeds
from tests.builders import a_draft, a_subscriber
from tests.configured import settings_from
from tests.items import store
from tests.outbox import queue, subscribe
from tests.serving import NOW, SECRET, Clock
from tests.team_programs import ALL, LOOKING, TeamProgram, a_team_api

# What differs between engines is seen where rows are.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

ANNA = "anna@example.org"
FIND = "/api/admin/subscribers/find"


@pytest.fixture
def house(database: Database, database_url: str, tmp_path: Path, clock: Clock) -> Iterator[House]:
    settings = settings_from(
        tmp_path / "fieldfare.toml",
        f"""
        secret = "{SECRET.decode()}"
        [site]
        authority = "news.example.org"
        minted = 2026-01-01
        [store]
        url = "{database_url}"
        [mail]
        hold_minutes = 30
        [[sources]]
        name = "inbox"
        path = "inbox"
        """,
    )
    with House(settings, clock=clock) as opened:
        yield opened


@pytest.fixture
def published() -> list[None]:
    return []


@pytest.fixture
def base(house: House, published: list[None]) -> Iterator[str]:
    with a_team_api(house, lambda: published.append(None)) as base:
        yield base


@pytest.fixture
def program(base: str) -> Iterator[TeamProgram]:
    with TeamProgram(base, ALL) as asking:
        yield asking


@pytest.fixture
def stranger(base: str) -> Iterator[TeamProgram]:
    with TeamProgram(base, "a token that nobody gave it") as asking:
        yield asking


@pytest.fixture
def wall(base: str) -> Iterator[TeamProgram]:
    with TeamProgram(base, LOOKING) as asking:
        yield asking


def problem(answer: httpx2.Response, status: int) -> str:
    """What is said of a request that failed."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["detail"])


def done(answer: httpx2.Response) -> str:
    """What is said of a deed that changed something."""
    assert answer.status_code == 200, answer.text
    assert answer.json()["changed"], answer.text
    return str(answer.json()["said"])


def told(database: Database) -> list[tuple[str, str, str, str, str]]:
    with database.reading() as connection:
        return [
            (each.account, each.deed, each.subject, each.detail, each.outcome)
            for each in deeds.latest(connection, 20)
        ]


def refuse(database: Database, *names: str) -> None:
    body = b"Lunch is at noon.\x1b[2J"
    digest = documents.digest_of(body)
    seen = [
        Sighting(
            source="inbox",
            name=name,
            signature="1",
            digest=digest,
            seen_at=NOW,
            refused=Refused(reason=Reason.NOT_NEWS, evidence=""),
        )
        for name in names
    ]
    with database.writing() as connection:
        documents.keep(connection, {digest: body})
        documents.record(connection, seen)


# -- Who may ---------------------------------------------------------------------------------------


def test_each_request_takes_its_own_scope_and_says_so(
    program: TeamProgram, stranger: TeamProgram, wall: TeamProgram, database: Database
) -> None:
    document = program.client.get("/api/openapi.json").json()
    validate(document)
    scopes = {scope.value for scope in Scope}
    asked = [
        (method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    needed = set()
    for method, path, operation in asked:
        [[scope]] = [each["HTTPBearer"] for each in operation["security"]]
        needed.add(scope)
        filled = path.replace("{delivery}", "1").replace("{", "").replace("}", "")
        refused, unscoped = (
            each.client.request(method, f"/api{filled}") for each in (stranger, wall)
        )
        problem(refused, 401)
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        if scope != Scope.STATUS_READ:
            assert f"is not for {scope}: to " in problem(unscoped, 403)
            challenge = f'error="insufficient_scope", scope="{scope}"'
            assert unscoped.headers["www-authenticate"].endswith(challenge)
    problem(program.get("/nothing"), 404)
    problem(program.client.put("/api/admin/items"), 405)
    assert program.client.head("/api/admin/mail").status_code == 200
    assert scopes - needed == {"items:push", "subscribers:ask", "subscribers:vouch"}
    assert told(database) == []


def test_what_nobody_has_a_token_for_is_not_there(house: House, published: list[None]) -> None:
    app = FastAPI()
    team_api(house, published.clear, frozenset({Scope.STATUS_READ})).add_to(app)
    names = ("status", "incidents", "sources", "statistics")
    assert {*app.openapi()["paths"]} == {f"/admin/{name}" for name in names}


# -- The whole -------------------------------------------------------------------------------------


def test_the_state_is_told_as_the_command_tells_it(
    program: TeamProgram, database: Database, house: House
) -> None:
    store(database, house.taxonomy, [a_draft()])
    status = program.get("/status").json()
    assert (status["items"], status["daemon"], status["halt"]) == (1, None, None)
    assert program.get("/incidents").json() == []
    assert program.get("/incidents", since="2026-11-23T00:00:00Z").json() == []
    problem(program.get("/incidents", since="0001-01-01T00:00:00+14:00"), 422)
    figures = program.get("/statistics").json()
    assert figures["months"] == [f"2026-{month:02}" for month in range(6, 12)]


def test_a_source_is_asked_at_once(program: TeamProgram, database: Database) -> None:
    [source] = program.get("/sources").json()
    assert (source["name"], source["state"]) == ("inbox", None)
    assert "'inbox': is asked at every beat" in problem(program.post("/sources/inbox/look"), 409)
    with database.writing() as connection:
        standings.record(connection, begun(None, "inbox", "inbox", NOW))
    done(program.post("/sources/inbox/look"))
    [(who, deed, subject, _, outcome), before] = told(database)
    assert (who, deed, subject) == ("client newsroom", "asked a source at once", "inbox")
    assert outcome == "It is asked within a minute, where a daemon runs."
    assert before[4].startswith("not done: source 'inbox'")


# -- Items -----------------------------------------------------------------------------------------


def test_an_item_is_corrected_withdrawn_and_shown_again(
    program: TeamProgram, database: Database, house: House, published: list[None]
) -> None:
    [item] = store(database, house.taxonomy, [a_draft()])
    its = f"/items/{item.slug}"
    assert "issued" in problem(program.post(f"{its}/correct", issued="soon", reason="a slip"), 409)
    corrected = program.post(f"{its}/correct", title="A better title", reason="a slip")
    assert done(corrected) == "It says something else: title."
    shown = program.get(its).json()
    assert (shown["title"], shown["is_shown"]) == ("A better title", True)
    assert shown["page"].endswith(f"/items/{item.slug}/")
    history = program.get(f"{its}/history").json()["history"]
    assert history["steps"][-1]["who"] == "client newsroom"
    assert history["corrected"]["title"] == [item.title, "A better title"]
    [named] = program.get("/items", q=item.uid).json()
    assert named["slug"] == item.slug
    done(program.post(f"{its}/release", reason="it was right"))
    done(program.post(f"{its}/withdraw", reason="not ours"))
    again = program.post(f"{its}/withdraw", reason="not ours").json()
    assert (again["changed"], again["said"]) == (False, "It is shown no more.")
    assert not program.get(its).json()["is_shown"]
    [hidden] = program.get("/items", hidden=True).json()
    assert hidden["slug"] == item.slug
    assert program.get("/items").json() == []
    done(program.post(f"{its}/restore", reason="ours"))
    assert len(published) == 5
    assert told(database)[0][1:4] == ("restored an item", item.slug, "ours")
    assert "'none': there is no such item" in problem(program.get("/items/none"), 404)
    problem(program.post("/items/none/withdraw", reason="why"), 404)
    missing = program.post(f"{its}/withdraw", because="why")
    problem(missing, 422)
    assert {each["field"] for each in missing.json()["faults"]} == {"/reason", "/because"}


def test_two_items_are_made_one_and_two_again(
    program: TeamProgram, database: Database, house: House
) -> None:
    drafts = [a_draft(title=f"News of the day {name}") for name in ("one", "two")]
    one, two = store(database, house.taxonomy, drafts)
    merge = f"/items/{one.slug}/merge"
    assert "'none'" in problem(program.post(merge, into="none"), 404)
    assert "into itself" in problem(program.post(merge, into=one.slug), 409)
    done(program.post(merge, into=two.slug))
    assert [each["slug"] for each in program.get("/items").json()] == [two.slug]
    assert "is no copy of it" in problem(
        program.post(f"/items/{two.slug}/split", document="notes.txt"), 409
    )
    done(program.client.post(f"/api/admin/items/{one.slug}/split", json={}))
    assert len(program.get("/items").json()) == 2


def test_lists_are_in_parts_that_lead_on(
    program: TeamProgram, database: Database, house: House
) -> None:
    drafts = [a_draft(title=f"News number {n}") for n in range(5)]
    store(database, house.taxonomy, drafts, at=NOW)
    search.follow(database)
    first_mails = {each["mailed_from"] for each in program.get("/items").json()}
    assert first_mails == {"2026-11-24T06:30:00Z"}
    for query in ({}, {"q": "news"}, {"topic": "field:policing"}):
        parts = program.parts("/items", limit=2, **query)
        slugs = [each["slug"] for part in parts for each in part]
        assert len({*slugs}) == len(slugs)
        assert [len(part) for part in parts if part] == ([2, 2, 1] if slugs else [])
        assert slugs or "topic" in query
    refuse(database, *(f"{n}.txt" for n in range(3)))
    held = [each["document"] for part in program.parts("/quarantine", limit=2) for each in part]
    assert held == ["0.txt", "1.txt", "2.txt"]
    for n in range(3):
        done(program.post("/suppressions", address=f"reader{n}@example.org", reason="asked"))
    barred = program.parts("/suppressions", limit=2)
    assert [len(part) for part in barred] == [2, 1]
    assert len({each["address_hash"] for part in barred for each in part}) == 3
    assert [len(part) for part in program.parts("/deeds", limit=2)] == [2, 1]
    queue(database, 3)
    mails = [each["id"] for part in program.parts("/deliveries", limit=2) for each in part]
    assert mails == [3, 2, 1]
    for cursor in ("x", "WzFd", "bnVsbA", "é", "WyJcdTAwMDAiLCAiYSJd"):
        for path in ("/items", "/quarantine", "/suppressions", "/deeds", "/deliveries", "/names"):
            assert problem(program.get(path, cursor=cursor), 422)
    problem(program.get("/items", limit=1_000), 422)
    problem(program.get("/items", q="news", topic="field:policing"), 422)
    assert "field:nothing" in problem(program.get("/items", topic="field:nothing"), 422)


# -- What comes in ---------------------------------------------------------------------------------


def test_a_document_in_quarantine_is_read_and_put_aside(
    program: TeamProgram, database: Database
) -> None:
    refuse(database, "notes.txt")
    its = {"source": "inbox", "document": "notes.txt"}
    shown = program.get("/quarantine/document", **its).json()
    assert (shown["text"], shown["size"]) == ("Lunch is at noon.�[2J", 21)
    assert shown["held"]["reason"]
    done(program.post("/quarantine/dismiss", **its))
    assert program.get("/quarantine").json() == []
    assert told(database)[0][:4] == ("client newsroom", "put aside", "notes.txt", "inbox")
    for answer in (
        program.get("/quarantine/document", source="inbox", document="no.txt"),
        program.post("/quarantine/dismiss", source="inbox", document="no.txt"),
        program.post("/quarantine/promote", source="inbox", document="no.txt"),
    ):
        assert "'no.txt'" in problem(answer, 404)
    problem(program.get("/quarantine/document", source="\0", document="a"), 422)


def test_a_name_is_mapped_to_the_topic_most_like_it(
    program: TeamProgram, database: Database, house: House, published: list[None]
) -> None:
    labels = tuple(
        Label(kind=TopicKind.FIELD, text=text, slug=None)
        for text in ("Policing matters", "Nothing like any")
    )
    store(database, house.taxonomy, [a_draft(fields=labels)])
    [one], [other] = program.parts("/names", limit=1)
    near = {each["name"]: each["suggestions"] for each in (one, other)}
    assert near["Policing matters"][0]["topic"] == "field:policing"
    mapped = program.post("/names/map", topic="field:policing", names=["Policing matters"])
    assert "1 items are filed anew" in done(mapped)
    assert published
    assert told(database)[0][2:4] == ("Policing matters", "field:policing")
    assert "field:nothing" in problem(
        program.post("/names/map", topic="field:nothing", names=["x"]), 422
    )


# -- Readers ---------------------------------------------------------------------------------------


def test_a_reader_is_found_shown_changed_and_forgotten(
    program: TeamProgram, database: Database, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    [anna] = subscribe(database, a_subscriber(address=ANNA, public_id="id-anna"))
    found = program.post("/subscribers/find", address=" Anna@Example.org ").json()
    assert (found["reader"], found["state"], found["suppressed"]) == ("id-anna", "active", None)
    nobody = program.post("/subscribers/find", address="ben@example.org").json()
    assert (nobody["reader"], nobody["said"]) == (None, "Nobody ever subscribed by that address.")
    its = "/subscribers/id-anna"
    shown = program.get(its).json()
    assert program.get(its).headers["cache-control"] == "no-store"
    assert (shown["address"], shown["gets"][0]["selections"]) == (ANNA, ["field=policing"])
    assert "Nothing was new" in problem(program.get(f"{its}/preview"), 404)
    done(program.post(f"{its}/change", topics=["Elections"], frequency="weekly", on=["monday"]))
    [gets] = program.get(its).json()["gets"]
    assert (gets["frequency"], gets["selections"]) == ("weekly", ["field=elections"])
    with database.reading() as connection:
        consents = requests.consents_of(connection, [anna.id])[anna.id]
    consent, _ = consents[-1]
    assert (consent.how, consent.source) == (ConsentKind.VOUCHED, "client newsroom")
    done(program.post(f"{its}/pause", until="2026-12-24"))
    assert program.get(its).json()["paused_until"] == "2026-12-24"
    done(program.post(f"{its}/resume"))
    done(program.post(f"{its}/unsubscribe", reason="asked by phone"))
    assert "only they begin it again" in problem(program.post(f"{its}/resume"), 422)
    done(program.post(f"{its}/erase", reason="asked by phone"))
    problem(program.get(its), 404)
    wrong = program.post("/subscribers/find", address=f"{ANNA}@")
    assert "no address that mail can be sent to" in problem(wrong, 422)
    with database.reading() as connection:
        assert subscribers.by_address(connection, ANNA, anna.zone) is None
    # Of whoever is erased nothing is told that says who they were; nor is a log.
    assert ANNA not in f"{told(database)}{''.join(capsys.readouterr())}".lower()


def test_what_a_reader_cannot_get_is_told(program: TeamProgram, database: Database) -> None:
    subscribe(database, a_subscriber(address=ANNA, public_id="id-anna"))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"topics": ["Polizing"]}, "Polizing"),
        ({"at": "25:00"}, "/at"),
        ({"timezone": "Europe/Nowhere"}, "/timezone"),
        ({"language": "tlh"}, "'tlh'"),
        ({"frequency": "immediate", "at": "07:00"}, "no hour"),
        ({"on": ["someday"]}, "/on/0"),
        ({"colour": "red"}, "/colour"),
    ]
    for members, said in wrong:
        answer = program.post("/subscribers/id-anna/change", **members)
        problem(answer, 422)
        assert said in answer.text
    for content, status in ((b"{", 400), (b"x" * 70_000, 413)):
        as_json = {"Content-Type": "application/json"}
        problem(program.client.post(FIND, content=content, headers=as_json), status)
    problem(program.client.post(FIND, data={"address": ANNA}), 415)


def test_an_address_is_suppressed_and_mailed_again(
    program: TeamProgram, database: Database, house: House
) -> None:
    done(program.post("/suppressions", address=ANNA, reason="a letter"))
    found = program.post("/subscribers/find", address=ANNA).json()["suppressed"]
    assert (found["reason"], found["detail"]) == ("operator", "a letter")
    place = f"/api/admin/suppressions/{found['address_hash']}"
    done(program.client.delete(place))
    with database.reading() as connection:
        assert suppressions.of(connection, house.keyed(ANNA)) is None
    again = program.client.delete(place).json()
    assert (again["changed"], again["said"]) == (False, "It was not suppressed.")
    # Nor by mistake: what is done is noted with whom it is done to.
    problem(program.client.delete(f"/api/admin/suppressions/{ANNA}"), 422)
    for act in (f"/subscribers/{ANNA}/erase", f"/domains/{ANNA}/resume"):
        problem(program.post(act), 422)
    assert ANNA not in str(told(database))


# -- Mails -----------------------------------------------------------------------------------------


def test_mails_are_listed_by_their_ids_and_let_go(program: TeamProgram, database: Database) -> None:
    queue(database, 2)
    [latest, first] = program.get("/deliveries", state="queued").json()
    assert "example.org" not in str(latest)
    mine = program.get("/deliveries", reader=first["reader"], period=first["period"]).json()
    assert [each["id"] for each in mine] == [first["id"]]
    assert program.get(f"/deliveries/{first['id']}").json() == first
    problem(program.get("/deliveries", period=ANNA), 422)
    problem(program.get("/deliveries", reader=ANNA), 422)
    with database.writing() as connection:
        said = {"reply": f"550 5.1.1 <{ANNA}>: Recipient address rejected", "state": "failed"}
        these = deliveries.c.id == latest["id"]
        connection.execute(deliveries.update().where(these).values(said))
        transitions.note(connection, these, NOW, was_tried=False)
    refused = program.get(f"/deliveries/{latest['id']}").json()
    assert refused["reply"] == "550 5.1.1 <*@example.org>: Recipient address rejected"
    assert [each["reply"] for each in refused["steps"]][-1] == refused["reply"]
    for act in ("release", "drop", "resend"):
        assert (
            "delivery 17: there is none"
            in problem(program.post(f"/deliveries/17/{act}"), 404).lower()
        )
    assert "not held in doubt" in problem(program.post(f"/deliveries/{first['id']}/release"), 409)
    assert "was not accepted" in problem(program.post(f"/deliveries/{first['id']}/resend"), 409)
    problem(program.get(f"/deliveries/{10**18}"), 422)
    assert told(database)[0][1:3] == ("sent a mail once more", str(first["id"]))


def test_all_mail_is_stopped_and_goes_on(program: TeamProgram, database: Database) -> None:
    done(program.post("/mail/pause", reason="a wrong name in it", digests_only=True))
    with database.reading() as connection:
        halt = senders.halted(connection)
    assert halt
    assert (halt.who, halt.reason, halt.digests_only) == (
        "client newsroom",
        "a wrong name in it",
        True,
    )
    assert program.get("/mail").json()["halt"]["reason"] == "a wrong name in it"
    done(program.post("/mail/resume"))
    assert not program.post("/mail/resume").json()["changed"]
    assert program.post("/mail/offer-again").json()["said"] == "0 queued once more."


def test_a_domain_that_waits_is_listed_and_let_go(program: TeamProgram, database: Database) -> None:
    came = Return(
        key="one",
        at=NOW,
        kind="hard",
        delivery=None,
        subscriber=None,
        domain="reader.example",
        status="5.1.1",
        diagnostic="",
        consequence="suppressed",
        way="mail",
    )
    with database.writing() as connection:
        returns.add(connection, came)
        returns.pause(connection, "slow.example", NOW, NOW + timedelta(hours=1))
    told = {each["domain"]: each for each in program.get("/domains").json()}
    assert told["reader.example"]["returned"] == {"hard": 1}
    assert told["slow.example"]["paused_until"] == "2026-11-24T07:00:00Z"
    assert done(program.post("/domains/slow.example/resume")).startswith("0 digests")
    assert not program.post("/domains/slow.example/resume").json()["changed"]
