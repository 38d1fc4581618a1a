"""Services tell over real HTTP what came back, and nobody else does."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from feeds.fetch import FetchFailed, Posted, Reply
from feeds.storage.database import Database
from notifier.mail import return_path
from notifier.returns.consequence import PauseRule, SoftRule
from notifier.returns.services import web_door
from notifier.returns.services.events import READERS
from notifier.returns.services.sns import Sns
from notifier.returns.services.web_door import WebDoor
from notifier.returns.taking import Taking
from notifier.storage import returns, subscribers, suppressions
from tests.outbox import KEYED, queue
from tests.serving import NOW, SITE, Clock, serving
from tests.webhooks import (
    CERTIFICATE_URL,
    MAILGUN_KEY,
    PASSWORD,
    RSA,
    SENDGRID_KEY,
    SERVICES,
    SUBSCRIBE_URL,
    TOPIC,
    Webhook,
    bounce,
    by_sendgrid,
    certificate,
    notified,
    webhook,
)

SECRET = b"a secret of tests, thirty-two bytes"
DAY = timedelta(days=1)


@dataclass(slots=True)
class Amazon:
    """What is at the addresses of SNS, and which of them were asked."""

    pages: dict[str, bytes] = field(
        default_factory=lambda: {CERTIFICATE_URL: certificate(RSA, NOW), SUBSCRIBE_URL: b""}
    )
    asked: list[str] = field(default_factory=list)
    noticed: list[str] = field(default_factory=list)

    def call(self, url: str) -> Reply:
        self.asked.append(url)
        page = self.pages.get(url)
        return FetchFailed(problem="away") if page is None else Posted(status=200, body=page)


@pytest.fixture
def amazon() -> Amazon:
    return Amazon()


def a_door(database: Database, amazon: Amazon, clock: Clock) -> WebDoor:
    taking = Taking(
        database=database,
        keyed=KEYED,
        rule=SoftRule(most=3, within=timedelta(days=14)),
        pause=PauseRule(least=20, shares={}, lasts=DAY),
        zone=SITE.timezone,
        clock=clock,
        secret=SECRET,
    )
    return WebDoor(
        taking=taking,
        clock=clock,
        postmark_password=PASSWORD,
        sns=Sns(TOPIC, amazon.call, clock, amazon.noticed.append),
        mailgun_key=MAILGUN_KEY,
        sendgrid_key=SENDGRID_KEY,
    )


def routed(door: WebDoor) -> Starlette:
    return Starlette(routes=[Route("/returns/{service}", door.answer, methods=["POST"])])


Send = Callable[[Webhook], int]


@pytest.fixture
def send(database: Database, amazon: Amazon, clock: Clock) -> Iterator[Send]:
    with serving(routed(a_door(database, amazon, clock))) as base, httpx2.Client() as client:

        def posted(one: Webhook) -> int:
            place = f"{base}/returns/{one.service}"
            answer = client.post(place, content=one.body, headers=dict(one.headers))
            # Nobody is told more than that.
            assert answer.content == b"" or answer.status_code == 404
            return answer.status_code

        yield posted


def on_record(database: Database) -> list[tuple[str, str, str]]:
    """What came back, by which way, and what followed."""
    with database.reading() as connection:
        found = returns.latest(connection, 100)
    return sorted((one.way, one.kind, one.consequence) for one in found)


def silent(database: Database) -> list[str]:
    with database.reading() as connection:
        return [one.reason for one in suppressions.every(connection)]


def tokens(database: Database, count: int = 1) -> Sequence[str]:
    return [return_path.token(one.id, SECRET) for one in queue(database, count)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_bounce_does_what_one_by_mail_does_and_once(
    service: str, database: Database, send: Send
) -> None:
    [token] = tokens(database)
    told = webhook(service, NOW, bounce(service, token))
    assert send(told) == 200
    assert on_record(database) == [(service, "hard", "suppress")]
    assert silent(database) == ["hard"]
    # Replayed, or sent again as an answer was lost: it is known.
    assert send(told) == 200
    assert on_record(database) == [(service, "hard", "suppress")]
    with database.reading() as connection:
        assert returns.ways(connection, NOW - DAY) == {service: 1}


@pytest.mark.parametrize("service", SERVICES)
def test_what_names_no_delivery_of_ours_is_counted_and_changes_nothing(
    service: str, database: Database, send: Send
) -> None:
    [token] = tokens(database)
    elsewhere = return_path.token(1, b"another secret" * 3)
    unknown = return_path.token(10**6, SECRET)
    for number, named in enumerate(("", elsewhere, unknown)):
        event = bounce(service, named, number)
        assert send(webhook(service, NOW, event, name=str(number))) == 200
    assert token not in {elsewhere, unknown}
    assert on_record(database) == [(service, "hard", "unclaimed")] * 3
    assert silent(database) == []


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_altered_forged_or_old_changes_nothing(
    service: str, database: Database, send: Send, clock: Clock
) -> None:
    [token] = tokens(database)
    good = webhook(service, NOW, bounce(service, token))
    bad = [replace(good, headers={}, body=b"{}"), replace(good, headers={}, body=b"nonsense")]
    if service == "postmark":
        bad += [replace(good, headers={}), replace(good, headers={"authorization": "Basic eDp5"})]
    elif service == "sendgrid":
        bad += [replace(good, body=good.body.replace(b"user", b"User"))]
        bad += [replace(good, headers=dict.fromkeys(good.headers, "1"))]
    elif service == "mailgun":
        told = json.loads(good.body)
        for name in ("timestamp", "token", "signature"):
            other = {**told, "signature": {**told["signature"], name: "2"}}
            bad.append(replace(good, body=json.dumps(other).encode()))
    else:
        bad += [replace(good, body=good.body.replace(b"user", b"User"))]
    assert [send(one) for one in bad] == [403] * len(bad)
    if service != "postmark":
        # Postmark signs no moment: what it says counts once.
        clock.now = NOW + timedelta(hours=25)
        assert send(good) == 403
    assert on_record(database) == []


def test_no_other_service_s_signature_will_do(database: Database, send: Send) -> None:
    [token] = tokens(database)
    for service in SERVICES:
        for other in {*SERVICES} - {service}:
            told = webhook(other, NOW, bounce(other, token))
            assert send(replace(told, service=service)) == 403
    assert send(replace(webhook("postmark", NOW, {}), service="listmonk")) == 404
    assert on_record(database) == []


def test_many_events_come_at_once_and_a_bad_one_spoils_none(
    database: Database, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = tokens(database, 3)
    read = READERS["sendgrid"]

    def breaking(event: dict[str, object]) -> Iterator[object]:
        if event.get("email") == "break":
            raise RuntimeError("a fault of ours")
        return iter(read(event))

    monkeypatch.setattr(web_door, "READERS", {**READERS, "sendgrid": breaking})
    complaint = bounce("sendgrid", second, 2) | {"event": "spamreport"}
    leaving = bounce("sendgrid", third, 3) | {"event": "group_unsubscribe"}
    events: list[object] = [
        bounce("sendgrid", first),
        *(None, 7, "x", [], {}, {"event": {}, "email": [], "sg_event_id": "\ud800\0"}),
        {"event": "bounce", "email": "break"},
        {"event": "bounce", "email": "\ud800\0", "reason": "\ud800\0", "sg_event_id": "\0"},
        *({"event": kind, "sg_event_id": kind} for kind in ("open", "click", "delivered")),
        complaint,
        leaving,
    ]
    assert send(by_sendgrid(NOW, json.dumps(events).encode())) == 200
    assert on_record(database) == [
        ("sendgrid", "complaint", "object"),
        ("sendgrid", "hard", "suppress"),
        ("sendgrid", "soft", "unclaimed"),
        ("sendgrid", "unsubscribe", "leave"),
    ]
    with database.reading() as connection:
        people = subscribers.everybody(connection, SITE.timezone)
    assert sorted(each.state for each in people) == ["active", "left", "left"]


def test_of_what_is_wrong_and_signed_nothing_breaks(database: Database, send: Send) -> None:
    assert send(by_sendgrid(NOW, b"nonsense")) == 400
    assert send(by_sendgrid(NOW, b"[" * 100_000)) == 400
    assert send(by_sendgrid(NOW, b"\xff\xfe")) == 400
    assert send(by_sendgrid(NOW, b"7")) == 200
    assert send(by_sendgrid(NOW, b"[]")) == 200
    assert send(by_sendgrid(NOW, b" " * 1_000_001)) == 413
    assert on_record(database) == []


def test_a_policy_refusal_alarms_and_soft_ones_count(database: Database, send: Send) -> None:
    first, second = tokens(database, 2)
    said = "550 5.7.1 your network is on a list of ours"
    assert send(webhook("mailgun", NOW, bounce("mailgun", first, said=said))) == 200
    assert on_record(database) == [("mailgun", "policy", "alarm")]
    for number in range(3):
        full = bounce("ses", second, number, said="452 4.2.2 mailbox full")
        assert silent(database) == []
        assert send(webhook("ses", NOW, full)) == 200
    assert silent(database) == ["full"]


def test_a_topic_is_confirmed_where_it_is_ours_and_amazon_s(
    database: Database, send: Send, amazon: Amazon
) -> None:
    def asks(**otherwise: str) -> int:
        told = {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": SUBSCRIBE_URL}
        body = json.dumps(notified("Confirm", NOW, **{**told, **otherwise})).encode()
        return send(Webhook("ses", body, {}))

    assert asks(TopicArn=f"{TOPIC}-of-another") == 403
    assert asks(SigningCertURL="https://evil.example/x.pem") == 403
    assert asks(SigningCertURL="https://mine.s3.amazonaws.com/x.pem") == 403
    assert asks(SigningCertURL="https://sns.ap-south-2.amazonaws.com/x.pem") == 403
    assert asks(SigningCertURL="https://sns.eu-west-1.amazonaws.com/?x") == 403
    assert amazon.asked == []
    assert asks(SubscribeURL="https://evil.example/") == 403
    assert asks(SubscribeURL=SUBSCRIBE_URL.replace("https", "http")) == 403
    assert amazon.asked == [CERTIFICATE_URL]
    assert asks() == 200
    assert amazon.asked == [CERTIFICATE_URL, SUBSCRIBE_URL]
    del amazon.pages[SUBSCRIBE_URL]
    # Amazon asks again.
    assert asks() == 503
    assert asks(Type="UnsubscribeConfirmation") == 200
    assert on_record(database) == []


def test_a_certificate_is_asked_for_until_it_is_there_and_kept(
    database: Database, send: Send, amazon: Amazon
) -> None:
    [token] = tokens(database)
    told = webhook("ses", NOW, bounce("ses", token))
    pem = amazon.pages.pop(CERTIFICATE_URL)
    assert send(told) == 503
    assert on_record(database) == []
    amazon.pages[CERTIFICATE_URL] = pem
    assert [send(told) for _ in range(3)] == [200] * 3
    assert amazon.asked == [CERTIFICATE_URL] * 2
    for number in range(5):
        amazon.pages[f"{CERTIFICATE_URL[:-5]}{number + 1}.pem"] = pem
        other = notified("{}", NOW, SigningCertURL=f"{CERTIFICATE_URL[:-5]}{number + 1}.pem")
        assert send(Webhook("ses", json.dumps(other).encode(), {})) == 200
    for message in ("Nobody there", "[]"):
        assert send(Webhook("ses", json.dumps(notified(message, NOW)).encode(), {})) == 200


def test_who_is_not_set_is_not_there(database: Database, amazon: Amazon, clock: Clock) -> None:
    door = replace(a_door(database, amazon, clock), postmark_password="", sns=None)
    with serving(routed(door)) as base:
        for service, status in zip(SERVICES, (404, 404, 403, 403), strict=True):
            assert httpx2.post(f"{base}/returns/{service}", content=b"{}").status_code == status


def test_who_comes_too_often_is_sent_away_for_a_while(send: Send) -> None:
    one = Webhook("mailgun", b"{}", {"x-forwarded-for": "198.51.100.7"})
    # How fast a test asks is the machine's; some that are above the limit are within a minute.
    said = (send(one) for _ in range(5000))
    assert next(each for each in said if each != 403) == 429
