"""The push API over real HTTP: items handed in, revised, withdrawn, and every way to fail."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from feeds.parse.push.pushed_item import PushedItem
from feeds.storage.database import Database
from feeds.storage.tables import items
from feeds.taxonomy import Taxonomy
from tests.pushing import (
    MAX_BYTES,
    TOKENS,
    Changes,
    Publisher,
    a_push_api,
    an_entry,
    an_item,
    bearer,
)


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def base(database: Database, osce: Taxonomy, changes: Changes) -> Iterator[str]:
    with a_push_api(database, osce, changes) as address:
        yield address


@pytest.fixture
def publisher(base: str) -> Publisher:
    return Publisher(base)


def titles(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(select(items.c.title).order_by(items.c.number)))


def problem(answer: httpx2.Response, status: int) -> str:
    """The detail of a problem answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["type"] == "about:blank"
    detail: str = told["detail"]
    return detail


# -- Handing in ------------------------------------------------------------------------------------


def test_a_new_item_is_created_and_says_what_was_understood(
    publisher: Publisher, database: Database, changes: Changes
) -> None:
    answer = publisher.post(an_item(fields=["Policing", "Space law"]))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/api/items/press-417"
    told = answer.json()
    assert told["outcome"] == "created"
    assert told["id"] == "press-417"
    assert told["uid"].startswith("tag:example.org,2026-01-01:item/")
    assert told["page"] == f"https://news.example.org/items/{told['uid'].rpartition('/')[2]}/"
    assert told["revision"] == 1
    assert {"kind": "field", "slug": "policing", "label": "Policing"} in told["topics"]
    assert {topic["slug"] for topic in told["topics"]} >= {"policing", "secretariat"}
    assert told["unknown_topics"] == [{"kind": "field", "label": "Space law"}]
    assert titles(database) == ["Police officers trained in digital investigations"]
    assert changes.heard == 1


def test_the_same_again_changes_nothing(publisher: Publisher, changes: Changes) -> None:
    first = publisher.post(an_item()).json()
    again = publisher.send("POST", "/api/items", json.dumps(an_item(), indent=4).encode())
    assert again.status_code == 200
    assert again.json() == first | {"outcome": "unchanged"}
    assert changes.heard == 1


def test_another_item_under_a_known_id_needs_put(publisher: Publisher, database: Database) -> None:
    publisher.post(an_item())
    assert "PUT" in problem(publisher.post(an_item(title="Another title")), 409)
    assert titles(database) == ["Police officers trained in digital investigations"]


def test_put_creates_then_revises(publisher: Publisher, database: Database) -> None:
    created = publisher.put("press-417", an_item(id=None))
    assert (created.status_code, created.json()["outcome"]) == (201, "created")
    revised = publisher.put("press-417", an_item(title="Officers trained"))
    assert (revised.status_code, revised.json()["outcome"]) == (200, "revised")
    assert revised.json()["uid"] == created.json()["uid"]
    assert revised.json()["revision"] == 2
    unchanged = publisher.put("press-417", an_item(title="Officers trained"))
    assert (unchanged.status_code, unchanged.json()["outcome"]) == (200, "unchanged")
    assert titles(database) == ["Officers trained"]


def test_an_item_is_revised_as_often_as_its_publisher_says(publisher: Publisher) -> None:
    """A page that changes all the time is put off; a push is meant."""
    for number in range(8):
        told = publisher.put("press-417", an_item(title=f"Version {number}")).json()
        assert (told["title"], told["revision"]) == (f"Version {number}", number + 1)


def test_put_takes_away_what_it_does_not_say(publisher: Publisher) -> None:
    publisher.post(an_item(fields=["Policing", "Migration"]))
    told = publisher.put("press-417", an_item(fields=["Migration"], issuers=None)).json()
    assert [topic["slug"] for topic in told["topics"] if topic["kind"] != "type"] == ["migration"]


def test_put_under_another_id_than_the_items_is_refused(publisher: Publisher) -> None:
    answer = publisher.put("press-418", an_item())
    problem(answer, 422)
    assert answer.json()["faults"] == [
        {"field": "/id", "problem": "must be the id in the address, or be left out"}
    ]


@pytest.mark.parametrize("name", ["a/b", "https://example.org/x/12345", "ä ö", "#?&=%", "x" * 200])
def test_an_id_is_any_text(publisher: Publisher, name: str) -> None:
    at = publisher.post(an_item(id=name)).headers["location"]
    answer = publisher.ask("GET", at)
    assert answer.status_code == 200, at
    assert answer.json()["id"] == name


def test_two_sources_do_not_see_each_others_items(base: str, publisher: Publisher) -> None:
    publisher.post(an_item())
    other = Publisher(base, TOKENS["wire"])
    problem(other.get("press-417"), 404)
    problem(other.delete("press-417"), 404)
    assert other.post(an_item(title="Fire brigades trained", url=None)).status_code == 201
    assert publisher.get("press-417").json()["title"].startswith("Police")


def test_what_another_source_told_already_is_linked(base: str, publisher: Publisher) -> None:
    uid = publisher.post(an_item()).json()["uid"]
    told = Publisher(base, TOKENS["wire"]).post(an_item(id="4711"))
    assert (told.status_code, told.json()["outcome"]) == (201, "linked")
    assert told.json()["uid"] == uid


def test_an_atom_entry_is_taken(publisher: Publisher) -> None:
    told = publisher.post_entry(an_entry())
    assert told.status_code == 201, told.text
    assert told.json()["id"] == "tag:example.org,2026:press-417"
    assert [topic["slug"] for topic in told.json()["topics"]] == ["secretariat", "policing"]
    assert publisher.post_entry(an_entry()).json()["outcome"] == "unchanged"
    problem(publisher.post_entry(an_entry(title="Another")), 409)
    assert publisher.ask("GET", told.headers["location"]).json()["uid"] == told.json()["uid"]


@pytest.mark.parametrize(
    "body",
    [
        b"no xml",
        b"<entry xmlns='http://www.w3.org/2005/Atom'><title>Cut",
        b"<feed xmlns='http://www.w3.org/2005/Atom'><title>A feed</title></feed>",
        an_entry(id=""),
        an_entry(id="x" * 201),
    ],
)
def test_an_entry_that_is_none_is_refused(
    publisher: Publisher, database: Database, body: bytes
) -> None:
    problem(publisher.post_entry(body), 422)
    assert titles(database) == []


# -- Withdrawing -----------------------------------------------------------------------------------


def test_a_withdrawn_item_is_gone_and_put_brings_it_back(
    publisher: Publisher, changes: Changes
) -> None:
    uid = publisher.post(an_item()).json()["uid"]
    withdrawn = publisher.delete("press-417")
    assert withdrawn.status_code == 200
    assert withdrawn.json()["outcome"] == "withdrawn"
    problem(publisher.get("press-417"), 410)
    problem(publisher.delete("press-417"), 410)
    assert "PUT" in problem(publisher.post(an_item()), 409)
    back = publisher.put("press-417", an_item())
    assert (back.status_code, back.json()["outcome"]) == (200, "restored")
    assert back.json()["uid"] == uid
    assert publisher.get("press-417").status_code == 200
    assert changes.heard == 3


def test_what_a_publisher_took_back_no_other_brings_back(base: str, publisher: Publisher) -> None:
    publisher.post(an_item())
    publisher.delete("press-417")
    other = Publisher(base, TOKENS["wire"])
    for answer in (other.post(an_item(id="4711")), other.put("4711", an_item(id=None))):
        assert "by whoever withdrew it" in problem(answer, 410)
    problem(publisher.get("press-417"), 410)


def test_what_one_publisher_takes_back_another_still_tells(base: str, publisher: Publisher) -> None:
    publisher.post(an_item())
    other = Publisher(base, TOKENS["wire"])
    other.post(an_item(id="4711"))
    assert other.delete("4711").status_code == 200
    problem(other.get("4711"), 410)
    assert publisher.get("press-417").status_code == 200
    assert other.put("4711", an_item(id=None)).json()["outcome"] == "restored"
    assert other.get("4711").status_code == 200


def test_nothing_is_under_an_id_that_was_never_pushed(publisher: Publisher) -> None:
    problem(publisher.get("nothing"), 404)
    problem(publisher.delete("nothing"), 404)
    problem(publisher.get("%00"), 404)


# -- Doing it twice --------------------------------------------------------------------------------


def test_a_repeated_request_gets_the_same_answer(publisher: Publisher) -> None:
    key = {"Idempotency-Key": "a1"}
    first = publisher.post(an_item(), **key)
    publisher.put("press-417", an_item(title="Meanwhile revised"))
    again = publisher.post(an_item(), **key)
    assert again.status_code == first.status_code == 201
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert publisher.get("press-417").json()["title"] == "Meanwhile revised"


def test_a_post_that_is_sent_once_more_undoes_nothing(
    publisher: Publisher, database: Database
) -> None:
    """With a key or without, whatever became of its item since."""
    key = {"Idempotency-Key": "a1"}
    publisher.post(an_item(), **key)
    publisher.put("press-417", an_item(title="Corrected since"))
    publisher.post(an_item(), **key)
    problem(publisher.post(an_item()), 409)
    assert titles(database) == ["Corrected since"]
    publisher.delete("press-417")
    publisher.post(an_item(), **key)
    problem(publisher.post(an_item()), 409)
    problem(publisher.get("press-417"), 410)


def test_a_key_is_of_one_request(publisher: Publisher, base: str) -> None:
    key = {"Idempotency-Key": "a1"}
    publisher.post(an_item(), **key)
    assert "another request" in problem(publisher.post(an_item(id="2"), **key), 422)
    problem(publisher.put("press-417", an_item(), **key), 422)
    # Nobody else's keys are in the way.
    other = Publisher(base, TOKENS["wire"]).post(an_item(id="2", title="Else"), **key)
    assert other.status_code == 201


def test_a_request_that_failed_may_be_mended_under_its_key(publisher: Publisher) -> None:
    key = {"Idempotency-Key": "a1"}
    problem(publisher.post(an_item(title=""), **key), 422)
    assert publisher.post(an_item(), **key).status_code == 201


def test_two_requests_at_once_make_one_item(base: str, database: Database) -> None:
    def push(number: int) -> int:
        title = f"Police officers trained, course {number % 2}"
        return Publisher(base).post(an_item(title=title)).status_code

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(push, range(4)))
    assert statuses == [200, 201, 409, 409]
    assert len(titles(database)) == 1


# -- Refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
@pytest.mark.parametrize(
    "headers", [{}, bearer("wrong"), {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}]
)
def test_nobody_gets_in_without_a_token(base: str, method: str, headers: dict[str, str]) -> None:
    path = "/api/items" if method == "POST" else "/api/items/1"
    answer = httpx2.request(method, base + path, headers=headers)
    problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")


def test_a_token_is_for_its_own_source(publisher: Publisher) -> None:
    assert publisher.ask("GET", "/api/items/1?source=press").status_code == 404
    answer = publisher.ask("GET", "/api/items/1?source=wire")
    problem(answer, 403)
    assert "insufficient_scope" in answer.headers["www-authenticate"]


def test_every_fault_is_named(publisher: Publisher, database: Database) -> None:
    item = an_item(
        title=None, url="ftp://example.org", issued="yesterday", html="<p>x</p>", colour=1
    )
    answer = publisher.post(item)
    problem(answer, 422)
    faults = {fault["field"]: fault["problem"] for fault in answer.json()["faults"]}
    assert set(faults) == {"/title", "/url", "/issued", "/html", "/colour"}
    assert faults["/title"] == "is missing"
    assert "2026-11-20" in faults["/issued"]
    assert "known are id, title" in faults["/colour"]
    assert titles(database) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"title": "\xff"}',
        b'{"title": "a", "title": "b"}',
        b'{"title": NaN}',
        b'{"title": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"title": "\\ud800"}',
    ],
)
def test_a_body_that_is_no_json_is_refused(publisher: Publisher, body: bytes) -> None:
    problem(publisher.send("POST", "/api/items", body), 400)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Encoding": "gzip"},
    ],
)
def test_a_body_of_another_type_is_refused(publisher: Publisher, headers: dict[str, str]) -> None:
    answer = publisher.post(an_item(), **headers)
    problem(answer, 415)
    assert "application/atom+xml" in answer.headers["accept"]


def test_a_body_that_is_too_long_is_refused(publisher: Publisher) -> None:
    problem(publisher.post(an_item(text="x" * MAX_BYTES, paragraphs=None)), 413)

    def chunks() -> Iterator[bytes]:
        yield from (b" " * 10_000 for _ in range(20))

    problem(publisher.send("POST", "/api/items", chunks()), 413)


def test_while_another_ingest_is_at_it_one_is_told_to_wait(
    publisher: Publisher, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.ingest.pipeline._PATIENCE_SECONDS", 0)
    with database.exclusive("ingest-press"):
        answer = publisher.post(an_item())
    problem(answer, 503)
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/items", 405),
        ("PATCH", "/api/items/1", 405),
        ("GET", "/api/docs", 404),
    ],
)
def test_other_requests_are_problems_too(
    publisher: Publisher, method: str, path: str, status: int
) -> None:
    problem(publisher.ask(method, path), status)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/items", {"POST"}),
        ("/api/items/1", {"DELETE", "GET", "HEAD", "PUT"}),
        ("/api/openapi.json", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_is_not_taken_is_told_all_that_are(
    publisher: Publisher, path: str, methods: set[str]
) -> None:
    answer = publisher.ask("PATCH", path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == methods
    for method in methods:
        assert publisher.ask(method, path).status_code != 405


def test_a_head_is_answered_as_a_get_is(publisher: Publisher) -> None:
    publisher.post(an_item())
    shown, head = (publisher.ask(method, "/api/items/press-417") for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == shown.headers["content-length"]
    assert publisher.ask("HEAD", "/api/items/nothing").status_code == 404


def test_parameters_that_cannot_be_are_named(publisher: Publisher) -> None:
    answer = publisher.post(an_item(), **{"Idempotency-Key": "k" * 256})
    problem(answer, 422)
    assert answer.json()["faults"][0]["field"] == "header/Idempotency-Key"
    problem(publisher.put("x" * 201, an_item(id=None)), 422)
    problem(publisher.put("%01", an_item(id=None)), 422)


_MEMBERS = st.sampled_from([*PushedItem.model_fields, "colour"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_MEMBERS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(_MEMBERS, _VALUES, max_size=4), st.booleans())
def test_whatever_is_pushed_is_taken_or_told_what_is_wrong(
    publisher: Publisher, changed: dict[str, Any], replaces: bool
) -> None:
    item = an_item() | changed
    answer = publisher.put("press-417", item) if replaces else publisher.post(item)
    if answer.status_code not in (200, 201):
        problem(answer, answer.status_code)
        assert answer.status_code in (400, 409, 422)
        assert answer.status_code != 422 or answer.json()["faults"]


# -- The document ----------------------------------------------------------------------------------


def test_the_api_describes_itself(publisher: Publisher) -> None:
    document = publisher.ask("GET", "/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "/api"}]
    assert set(document["paths"]) == {"/items", "/items/{item_id}"}
    create = document["paths"]["/items"]["post"]
    assert set(create["responses"]) == set("200 201 400 401 403 409 410 413 415 422 503".split())
    assert set(create["requestBody"]["content"]) == {"application/json", "application/atom+xml"}
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert create["security"] == [{"HTTPBearer": ["items:push"]}]
    assert set(create["responses"]["422"]["content"]) == {"application/problem+json"}
    for step in references(document):
        assert step in document["components"]["schemas"]


def test_the_examples_in_the_document_work(publisher: Publisher) -> None:
    document = publisher.ask("GET", "/api/openapi.json").json()
    content = document["paths"]["/items"]["post"]["requestBody"]["content"]
    assert publisher.post(content["application/json"]["example"]).status_code == 201
    entry = content["application/atom+xml"]["example"].encode()
    assert publisher.post_entry(entry).status_code == 201


def references(value: object) -> Iterator[str]:
    """The names of all schemas that are referred to."""
    if isinstance(value, dict):
        if isinstance(name := value.get("$ref"), str):
            yield name.removeprefix("#/components/schemas/")
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)
