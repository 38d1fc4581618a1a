"""What a website may get wrong as it subscribes people, and the document that says what is so."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.storage import subscribers
from tests.outbox import outbox
from tests.own_website import (
    ASKING,
    PUSHING,
    SOURCE,
    TEXT,
    VOUCHING,
    Website,
    a_subscribers_api,
    somebody,
)
from tests.pushing import bearer
from tests.serving import SITE, Clock


@pytest.fixture
def website(database: Database, osce: Taxonomy, clock: Clock) -> Iterator[Website]:
    with a_subscribers_api(database, osce, clock) as asking:
        yield asking


def faults(answer: httpx2.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {each["field"]: each["problem"] for each in answer.json()["faults"]}


# -- What is wrong with it -------------------------------------------------------------------------


def test_every_fault_is_told_at_once_with_its_field(website: Website, database: Database) -> None:
    answer = website.post(
        address="anna",
        topics=["Policing", "Polizing"],
        selections=["colour=red"],
        frequency="hourly",
        at="25:00",
        on=["someday"],
        timezone="Europe/Nowhere",
        language="tlh",
        consent={"text": TEXT, "when": "now"},
        network="nobody",
        name="Anna",
    )
    assert faults(answer).keys() == {
        "/address",
        "/topics/1",
        "/selections/0",
        "/frequency",
        "/at",
        "/on/0",
        "/timezone",
        "/language",
        "/consent/source",
        "/consent/when",
        "/network",
        "/name",
    }
    with database.reading() as connection:
        assert subscribers.everybody(connection, SITE.timezone) == []


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"address": None}, "/address", "is missing"),
        ({"address": "postmaster@example.org"}, "/address", "role"),
        ({"address": "anna@example.org\r\nBcc: b@example.org"}, "/address", ""),
        ({"topics": []}, "/everything", "no topics and no selections"),
        ({"topics": ["Policing"] * 51}, "/topics", "50"),
        ({"topics": ["field:polizing"]}, "/topics/0", "field:polizing"),
        ({"frequency": "immediate", "on": []}, "/at", "no hour"),
        ({"frequency": "immediate", "at": None}, "/on", "no weekday"),
        ({"on": ["monday", "friday"]}, "/on", "one weekday"),
        ({"at": "7"}, "/at", "HH:MM"),
        ({"at": 7}, "/at", "string"),
        ({"consent": None}, "/consent", "is missing"),
        ({"consent": {"source": SOURCE}}, "/consent", "text"),
        ({"consent": {"source": " ", "text": TEXT}}, "/consent/source", "empty"),
        ({"consent": {"source": SOURCE, "text": "a\u0000b"}}, "/consent/text", "control"),
        ({"double_opt_in": "no"}, "/double_opt_in", "boolean"),
    ],
    ids=str,
)
def test_a_fault_says_what_is_allowed(
    website: Website, database: Database, changes: dict[str, Any], field: str, said: str
) -> None:
    told = faults(website.post(**changes))
    assert told.keys() == {field}
    assert said in told[field]
    assert outbox(database) == []


def test_of_whom_one_vouches_a_role_may_be_and_no_text_be_kept(website: Website) -> None:
    """As by the command."""
    answer = website.vouch(address="news@example.org", consent={"source": "the contract of 2020"})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b'{"address": "a@example.org", "address": "b@example.org"}', {}, 400),
        (b"[]", {}, 422),
        (b"x" * 70_000, {}, 413),
        (b"address=a%40example.org", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b"{}", {"Authorization": ""}, 401),
        (b"{}", {"Authorization": "Bearer of nothing"}, 401),
        (b"{}", bearer(PUSHING), 403),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_taken_is_told_as_a_problem(
    website: Website, database: Database, body: bytes, headers: dict[str, str], status: int
) -> None:
    sent = {"Content-Type": "application/json", **bearer(ASKING), **headers}
    answer = httpx2.post(f"{website.base}/api/subscribers", content=body, headers=sent)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert outbox(database) == []


def test_a_website_hands_in_no_items(website: Website) -> None:
    answer = httpx2.post(f"{website.base}/api/items", json={}, headers=bearer(VOUCHING))
    assert answer.status_code == 403
    said = "The token of 'office' is not for items:push: to hand in items of a source of one's own"
    assert answer.json()["detail"].startswith(said)
    challenge = answer.headers["www-authenticate"]
    assert challenge.endswith('error="insufficient_scope", scope="items:push"')


# -- The document ----------------------------------------------------------------------------------


def test_the_one_document_describes_it(website: Website) -> None:
    document = httpx2.get(f"{website.base}/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {"/items", "/items/{item_id}", "/subscribers"}
    create = document["paths"]["/subscribers"]["post"]
    statuses = "200 201 202 400 401 403 409 413 415 422 429 503".split()
    assert set(create["responses"]) == set(statuses)
    assert create["security"] == [{"HTTPBearer": ["subscribers:ask"]}]
    [content] = create["requestBody"]["content"].values()
    members = document["components"]["schemas"]["NewSubscriber"]
    assert set(members["required"]) == {"address", "consent"}
    assert set(content["example"]) <= set(members["properties"])
    assert website.post(**dict.fromkeys(somebody()) | content["example"]).status_code == 202


def test_no_address_is_in_the_log(website: Website, capsys: pytest.CaptureFixture[str]) -> None:
    website.post()
    website.vouch(address="ben@example.org")
    said = "".join(capsys.readouterr())
    assert "example.org" not in said
