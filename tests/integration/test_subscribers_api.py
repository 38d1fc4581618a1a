"""An organisation's own website subscribes people, over real HTTP: asked, or vouched for."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from feeds.push import ITEMS
from feeds.push.api import PushApi
from feeds.push.receive import PushedItems
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.web.bearer_api import Bearer, api_app
from notifier.api import SUBSCRIBE, VOUCH
from notifier.api.new_subscriber import Offered
from notifier.api.subscribers_api import SubscribersApi
from notifier.model import (
    Consent,
    ConsentKind,
    Frequency,
    NoticeKind,
    Shown,
    Subscriber,
    SubscriberState,
)
from notifier.storage import subscribers, suppressions, tables
from notifier.storage.consent import erasure, requests
from notifier.storage.suppressions import Suppression
from notifier.subscribers.importing import Importing
from notifier.subscribers.preferences import Preferences
from notifier.web.private_pages import PrivatePages
from tests.builders import a_subscriber, some_news
from tests.outbox import KEYED, outbox, store, subscribe
from tests.pushing import a_receiver, bearer
from tests.serving import BOUNDS, NOW, SITE, Clock, a_sign_up, serving

ANNA = "anna@example.org"
POLICING = "field=policing"
ASKING, VOUCHING, PUSHING = (f"the token of one who {does}, long" for does in ("ask", "vouch", "x"))
TEXT = "Yes, send me news of Policing once a week."
SOURCE = "https://www.example.org/newsletter"


@pytest.fixture
def ids() -> Iterator[int]:
    return count()


@pytest.fixture
def base(
    database: Database, osce: Taxonomy, clock: Clock, woken: list[None], ids: Iterator[int]
) -> Iterator[str]:
    """The API of publishers and of websites, as one."""
    sign_up = a_sign_up(database, PrivatePages(SITE, osce), lambda: woken.append(None))

    def importing(source: str, shown: Shown) -> Importing:
        return Importing(
            database=database,
            taxonomy=osce,
            assumed=sign_up.assumed,
            keyed=KEYED,
            otherwise=Preferences(),
            source=source,
            vouched=True,
            shown=shown,
            new_id=lambda: f"id-{next(ids)}",
            clock=clock,
        )

    people = SubscribersApi(
        sign_up=sign_up,
        offered=Offered(taxonomy=osce, assumed=sign_up.assumed),
        importing=importing,
        keyed=KEYED,
        keeps_network=True,
        new_id=lambda: f"id-{next(ids)}",
        clock=clock,
    )
    pushed = PushedItems(receiver=a_receiver(database, osce), clock=clock, page_of=str)
    items = PushApi(pushed=pushed, max_bytes=50_000, on_change=lambda: None)
    bearers = {
        ASKING: Bearer(name="site", scopes=frozenset({SUBSCRIBE})),
        VOUCHING: Bearer(name="office", scopes=frozenset({SUBSCRIBE, VOUCH})),
        PUSHING: Bearer(name="press", scopes=frozenset({ITEMS})),
    }
    with serving(Starlette(routes=[Mount("/api", api_app("0.1.0", bearers, items, people))])) as at:
        yield at


Post = Callable[..., httpx2.Response]


@pytest.fixture
def post(base: str) -> Iterator[Post]:
    """Asks to subscribe somebody; a member that is None is left out."""
    with httpx2.Client(base_url=base) as client:

        def posted(token: str = ASKING, **changes: Any) -> httpx2.Response:
            return client.post("/api/subscribers", json=somebody(**changes), headers=bearer(token))

        yield posted


def somebody(**changes: Any) -> dict[str, Any]:
    body = {
        "address": ANNA,
        "topics": ["Policing"],
        "frequency": "weekly",
        "at": "06:30",
        "on": ["thursday"],
        "timezone": "Europe/Vienna",
        "language": "de",
        "consent": {"source": SOURCE, "text": TEXT, "version": "3"},
        "network": "192.0.2.7",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def vouched(post: Post, **changes: Any) -> httpx2.Response:
    return post(VOUCHING, double_opt_in=False, **changes)


def person(database: Database, address: str = ANNA) -> Subscriber | None:
    with database.reading() as connection:
        return subscribers.by_address(connection, address, SITE.timezone)


def consents(database: Database) -> list[Consent]:
    known = person(database)
    assert known is not None
    with database.reading() as connection:
        found = requests.consents_of(connection, [known.id])
    return [consent for consent, _ in found.get(known.id, ())]


def faults(answer: httpx2.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {each["field"]: each["problem"] for each in answer.json()["faults"]}


# -- Asked to confirm ------------------------------------------------------------------------------


def test_somebody_is_asked_to_confirm_and_what_they_saw_is_kept(
    post: Post, database: Database, woken: list[None]
) -> None:
    answer = post()
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


def test_what_is_not_said_is_as_it_is_usual(post: Post, database: Database) -> None:
    said = dict.fromkeys(("frequency", "at", "on", "timezone", "language", "network"))
    assert post(**said).status_code == 202
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
    post: Post, database: Database, named: dict[str, Any], queries: set[str]
) -> None:
    assert vouched(post, **named).status_code == 201
    anna = person(database)
    assert anna is not None
    assert {each.selection.query for each in anna.followed} == queries


def test_nobody_learns_who_is_subscribed(post: Post, database: Database) -> None:
    subscribe(database, a_subscriber(address="known@example.org", public_id="id-known"))
    known, unknown = post(address="known@example.org"), post(address="new@example.org")
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
    post: Post, database: Database, clock: Clock, woken: list[None]
) -> None:
    """A program sends again what was not answered; who asks again later wants a new mail."""
    answers = [post() for _ in range(5)]
    assert {each.status_code for each in answers} == {202}
    assert len({each.content for each in answers}) == len(outbox(database)) == len(woken) == 1
    post(topics=["Elections"])
    assert len(outbox(database)) == 2
    clock.now = NOW + timedelta(hours=2)
    post()
    assert len(outbox(database)) == 3


def test_it_is_repeated_to_who_is_subscribed_no_more_often(post: Post, database: Database) -> None:
    subscribe(database, a_subscriber(address=ANNA, public_id="id-anna"))
    for _ in range(3):
        assert post().status_code == 202
    assert len(outbox(database)) == 1


def test_who_left_meanwhile_is_asked_anew(post: Post, database: Database) -> None:
    post()
    anna = person(database)
    assert anna is not None
    with database.writing() as connection:
        subscribers.leave(connection, anna.public_id, NOW)
    assert post().status_code == 202
    now = person(database)
    assert now is not None
    assert (now.state, now.epoch) == (SubscriberState.LEFT, anna.epoch)
    assert [one.state for one in outbox(database)] == ["suppressed", "queued"]


def test_a_mailbox_gets_as_many_as_by_the_page(post: Post, database: Database) -> None:
    for number in range(6):
        answer = post(address=f"an.na+{number}@example.org", network=f"192.0.2.{number}")
        assert answer.status_code == 202
    assert len(outbox(database)) == BOUNDS.per_address


def test_one_network_and_all_together_ask_so_often(post: Post) -> None:
    """A website asks for many networks, and each is counted as its readers' own."""
    said = [
        post(address=f"r{number}@example.org").status_code
        for number in range(BOUNDS.per_network + 1)
    ]
    assert said == [202] * BOUNDS.per_network + [429]
    again = post(address="other@example.org", network="2001:db8::1")
    assert again.status_code == 202
    many = BOUNDS.per_hour - BOUNDS.per_network - 1
    for number in range(many):
        network = f"2001:db8:{number:x}::1"
        assert post(address=f"s{number}@example.org", network=network).status_code == 202
    refused = post(address="t@example.org", network="198.51.100.1")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "3600"
    assert refused.headers["content-type"] == "application/problem+json"


# -- Vouched for -----------------------------------------------------------------------------------


def test_whoever_is_vouched_for_is_subscribed_at_once(post: Post, database: Database) -> None:
    answer = vouched(post)
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


def test_vouched_for_again_nothing_changes_and_more_is_more(post: Post, database: Database) -> None:
    vouched(post)
    before = person(database)
    again = vouched(post)
    assert (again.status_code, again.json()) == (200, {"outcome": "unchanged"})
    assert person(database) == before
    assert len(consents(database)) == 1
    more = vouched(post, topics=["Policing", "Elections"])
    assert (more.status_code, more.json()) == (200, {"outcome": "changed"})
    anna = person(database)
    assert anna is not None
    assert len(anna.followed) == len(consents(database)) == 2


def test_who_was_asked_and_has_not_confirmed_is_subscribed_by_it(
    post: Post, database: Database
) -> None:
    post()
    assert vouched(post).json() == {"outcome": "changed"}
    anna = person(database)
    assert anna is not None
    assert anna.state is SubscriberState.ACTIVE


@pytest.mark.parametrize("how", ["left", "erased", "suppressed", "ended"])
def test_nobody_is_brought_back_by_it(post: Post, database: Database, how: str) -> None:
    vouched(post, topics=["Policing", "Elections"])
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
    answer = vouched(post, address="Anna@Example.org")
    assert answer.status_code == 409, answer.text
    assert "double opt-in" in answer.json()["detail"]
    assert person(database) == before
    asked = post()
    assert asked.status_code == 202


def test_only_a_token_that_is_for_it_vouches(post: Post, database: Database) -> None:
    answer = post(ASKING, double_opt_in=False)
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]
    assert person(database) is None
    assert post(VOUCHING).json() == {"outcome": "asked"}


# -- What is wrong with it -------------------------------------------------------------------------


def test_every_fault_is_told_at_once_with_its_field(post: Post, database: Database) -> None:
    answer = post(
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
    assert person(database) is None


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
    post: Post, database: Database, changes: dict[str, Any], field: str, said: str
) -> None:
    told = faults(post(**changes))
    assert told.keys() == {field}
    assert said in told[field]
    assert outbox(database) == []


def test_of_whom_one_vouches_a_role_may_be_and_no_text_be_kept(post: Post) -> None:
    """As by the command."""
    answer = vouched(post, address="news@example.org", consent={"source": "the contract of 2020"})
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
    base: str, database: Database, body: bytes, headers: dict[str, str], status: int
) -> None:
    sent = {"Content-Type": "application/json", **bearer(ASKING), **headers}
    answer = httpx2.post(f"{base}/api/subscribers", content=body, headers=sent)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert outbox(database) == []


def test_a_website_hands_in_no_items(base: str) -> None:
    answer = httpx2.post(f"{base}/api/items", json={}, headers=bearer(VOUCHING))
    assert answer.status_code == 403


# -- The document ----------------------------------------------------------------------------------


def test_the_one_document_describes_it(base: str, post: Post) -> None:
    document = httpx2.get(f"{base}/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {"/items", "/items/{item_id}", "/subscribers"}
    create = document["paths"]["/subscribers"]["post"]
    statuses = "200 201 202 400 401 403 409 413 415 422 429 503".split()
    assert set(create["responses"]) == set(statuses)
    assert create["security"] == [{"HTTPBearer": []}]
    [content] = create["requestBody"]["content"].values()
    members = document["components"]["schemas"]["NewSubscriber"]
    assert set(members["required"]) == {"address", "consent"}
    assert set(content["example"]) <= set(members["properties"])
    assert post(**dict.fromkeys(somebody()) | content["example"]).status_code == 202


def test_no_address_is_in_the_log(post: Post, capsys: pytest.CaptureFixture[str]) -> None:
    post()
    vouched(post, address="ben@example.org")
    said = "".join(capsys.readouterr())
    assert "example.org" not in said


def test_several_at_once_make_one_subscriber(base: str, database: Database) -> None:
    body = json.dumps(somebody(double_opt_in=False)).encode()
    headers = {"Content-Type": "application/json", **bearer(VOUCHING)}
    with httpx2.Client(base_url=base) as client, ThreadPoolExecutor(4) as threads:
        answers = threads.map(
            lambda _: client.post("/api/subscribers", content=body, headers=headers), range(8)
        )
        said = sorted(answer.status_code for answer in answers)
    assert said == [200] * 7 + [201]
    assert len(consents(database)) == 1
