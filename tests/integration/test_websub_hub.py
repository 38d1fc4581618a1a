"""Subscribing at our own hub over real HTTP: who means it is taken, who does not is asked once, and
strangers can neither use the hub against others nor fill it.
"""

from datetime import timedelta

import httpx2
import pytest

from feeds.fetch.guard import Guard
from feeds.websub import distribute
from feeds.websub import hub as hub_room
from tests.own_hub import OurHub, signed
from tests.publisher.reader import FeedReader
from tests.publisher.server import Raw, Response


@pytest.fixture
def engine() -> str:
    """What differs between the two is told by test_subscriptions.py."""
    return "sqlite"


# -- Subscribing -----------------------------------------------------------------------------------


def test_a_subscriber_is_asked_whether_it_means_it(hub: OurHub, reader: FeedReader) -> None:
    answer = reader.ask(hub.url, hub.all, path="/callback?user=1", lease_seconds="3600")
    assert (answer.status_code, answer.content) == (202, b"")
    assert reader.questions == []
    hub.work()
    assert reader.questions == [
        {
            "user": "1",
            "hub.mode": "subscribe",
            "hub.topic": hub.all,
            "hub.challenge": "challenge & number 1",
            "hub.lease_seconds": "3600",
        }
    ]
    assert hub.count() == 1
    hub.work(seconds=3599)
    assert hub.count() == 1
    hub.work(seconds=1)
    assert hub.count() == 0


@pytest.mark.parametrize(
    "confirms",
    [
        Response(status=404),
        Response(body=b"something else"),
        Response(body=b""),
        Response(status=302, headers=(("Location", "/elsewhere"),)),
        Response(body=(b"x" * 10_000 for _ in range(10_000))),
        Raw(),
    ],
    ids=["no", "another", "nothing", "redirect", "endless", "hangs up"],
)
def test_who_does_not_confirm_is_asked_once_and_gets_nothing(
    hub: OurHub, reader: FeedReader, confirms: Response | Raw
) -> None:
    """Whoever named that address may have meant to harm it."""
    reader.confirms = confirms
    reader.ask(hub.url, hub.all)
    for hours in (0, 1, 48):
        hub.work(hours=hours)
    hub.news()
    hub.work()
    assert len(reader.server.requests) == 1
    assert hub.count() == 0


def test_a_request_that_is_not_confirmed_leaves_what_was_before(
    hub: OurHub, subscribed: FeedReader
) -> None:
    subscribed.confirms = Response(status=404)
    for mode in ("subscribe", "unsubscribe"):
        assert subscribed.ask(hub.url, hub.all, mode=mode, secret="x").status_code == 202
    hub.work()
    body = hub.news()
    hub.work()
    (news,) = subscribed.news
    assert news.header("x-hub-signature") == signed(body)


def test_who_leaves_gets_nothing_more(hub: OurHub, subscribed: FeedReader) -> None:
    assert subscribed.ask(hub.url, hub.all, mode="unsubscribe").status_code == 202
    hub.work()
    asked = subscribed.questions[-1]
    assert (asked["hub.mode"], asked["hub.topic"]) == ("unsubscribe", hub.all)
    assert "hub.lease_seconds" not in asked
    hub.news()
    hub.work()
    assert subscribed.news == []


def test_who_leaves_before_it_was_asked_does_not_subscribe(hub: OurHub, reader: FeedReader) -> None:
    """Both are asked, in order: what was requested last is what is so."""
    for mode in ("subscribe", "unsubscribe"):
        assert reader.ask(hub.url, hub.all, mode=mode).status_code == 202
    hub.work()
    assert [each["hub.mode"] for each in reader.questions] == ["subscribe", "unsubscribe"]
    assert hub.count() == 0
    for mode in ("subscribe", "unsubscribe", "subscribe"):
        assert reader.ask(hub.url, hub.all, mode=mode).status_code == 202
    hub.work()
    assert hub.count() == 1


def test_nobody_is_told_who_subscribes(hub: OurHub, subscribed: FeedReader) -> None:
    """A stranger gets the same answer for a callback that subscribes and one that does not."""
    answers = [
        subscribed.ask(hub.url, hub.all, mode="unsubscribe", path=path)
        for path in ("/callback", "/another")
    ]
    assert [(each.status_code, each.content) for each in answers] == [(202, b"")] * 2


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"mode": "publish"}, "hub.mode"),
        ({"secret": "a" * 200}, "hub.secret"),
        ({"lease_seconds": "ever"}, "hub.lease_seconds"),
    ],
)
def test_what_is_no_request_is_refused_with_the_reason(
    hub: OurHub, reader: FeedReader, changes: dict[str, str], about: str
) -> None:
    answer = reader.ask(hub.url, hub.all, **changes)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith(about)
    hub.work()
    assert reader.server.requests == []


def test_only_feeds_of_ours_can_be_subscribed_to(hub: OurHub, reader: FeedReader) -> None:
    others = ("https://other.example.org/feeds/all.atom", "feeds/all.atom", f"{hub.all}?a")
    for topic in (*others, f"{hub.base}/feeds/nothing.atom", f"{hub.base}/items/a/"):
        answer = reader.ask(hub.url, topic)
        assert (answer.status_code, answer.text) == (404, "hub.topic is no feed of this hub\n")


def test_a_feed_that_moved_is_subscribed_to_where_it_is(hub: OurHub, reader: FeedReader) -> None:
    """Who looks for the hub is led there first, and finds the address to name (WebSub 4); those who
    subscribed before are sent the document that says so, and may leave.
    """
    before, after = (f"{hub.base}/feeds/fields/{slug}.atom" for slug in ("policing", "police"))
    reader.ask(hub.url, before)
    hub.work()
    hub.rename("policing", "police")
    answer = reader.ask(hub.url, before)
    assert (answer.status_code, answer.text) == (404, f"hub.topic has moved to {after}\n")
    hub.work()
    (told,) = reader.news
    assert after.replace(".atom", "/").encode() in told.body
    assert reader.ask(hub.url, before, mode="unsubscribe").status_code == 202
    assert reader.ask(hub.url, after).status_code == 202
    hub.work()
    assert [each["hub.topic"] for each in reader.questions] == [before, before, after]
    assert hub.count() == 1


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("application/x-www-form-urlencoded", b"a" * 9_000, 413),
        ("application/x-www-form-urlencoded; charset=utf-8", b"\xff", 400),
    ],
)
def test_a_body_of_another_kind_is_refused(
    hub: OurHub, kind: str, body: bytes, status: int
) -> None:
    answer = httpx2.post(hub.url, content=body, headers={"Content-Type": kind})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "callback",
    [
        "http://127.0.0.1:1/callback",
        "http://localhost/callback",
        "http://0x7f000001/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "https://me:secret@reader.example.org/",
        "ftp://reader.example.org/",
        "no address",
    ],
)
def test_a_callback_where_nobody_may_ask_is_refused(
    hub: OurHub, callback: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.fetcher, "_guard", Guard())
    form = {"hub.mode": "subscribe", "hub.topic": hub.all, "hub.callback": callback}
    answer = httpx2.post(hub.url, data=form)
    assert answer.status_code == 400
    assert answer.text.startswith("hub.callback cannot be asked: ")


# -- How much is taken on --------------------------------------------------------------------------


def test_a_host_that_never_asked_is_asked_so_often_and_no_more(
    hub: OurHub, reader: FeedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever requests it gets the same answer all the time, and learns nothing."""
    monkeypatch.setattr(distribute, "MOST_UNCONFIRMED_OF_CLIENT", 3)
    reader.confirms = Response(status=404)
    for path in ("/a", "/b", "/b", "/c"):
        assert reader.ask(hub.url, hub.all, path=path).status_code == 202
    hub.work()
    assert len(reader.questions) == 3
    assert reader.ask(hub.url, hub.all, path="/c").status_code == 202
    hub.work(minutes=59)
    assert len(reader.questions) == 3
    hub.now += timedelta(minutes=1)
    assert reader.ask(hub.url, hub.all, path="/c").status_code == 202
    hub.work()
    assert len(reader.questions) == 4


def test_many_clients_together_have_a_host_asked_so_often_and_no_more(
    hub: OurHub, reader: FeedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribute, "MOST_UNCONFIRMED_OF_HOST", 3)
    reader.confirms = Response(status=404)
    for number in range(5):
        hub.client = f"192.0.2.{number}"
        assert reader.ask(hub.url, hub.all).status_code == 202
    hub.work()
    assert len(reader.questions) == 3


def test_a_stranger_keeps_nobody_of_a_host_from_subscribing(
    hub: OurHub, reader: FeedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribute, "MOST_UNCONFIRMED_OF_CLIENT", 2)
    hub.client, reader.confirms = "192.0.2.1", Response(status=404)
    for number in range(4):
        reader.ask(hub.url, hub.all, path=f"/{number}")
    hub.work()
    hub.client, reader.confirms = "192.0.2.2", None
    assert reader.ask(hub.url, hub.all).status_code == 202
    hub.work()
    assert hub.count() == 1


@pytest.mark.parametrize("mode", ["subscribe", "unsubscribe"])
@pytest.mark.parametrize("bound", ["MOST_UNCONFIRMED_OF_CLIENT", "MOST_UNCONFIRMED_OF_HOST"])
def test_who_subscribes_may_always_renew_and_leave(
    hub: OurHub, subscribed: FeedReader, monkeypatch: pytest.MonkeyPatch, bound: str, mode: str
) -> None:
    monkeypatch.setattr(distribute, bound, 0)
    for path in ("/callback", "/another"):
        assert subscribed.ask(hub.url, hub.all, mode=mode, path=path).status_code == 202
    hub.work()
    assert [each["hub.mode"] for each in subscribed.questions[1:]] == [mode]
    assert hub.count() == int(mode == "subscribe")


def test_who_confirms_may_subscribe_to_as_many_as_there_are(
    hub: OurHub, reader: FeedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribute, "MOST_UNCONFIRMED_OF_CLIENT", 1)
    for number in range(3):
        assert reader.ask(hub.url, hub.all, path=f"/{number}").status_code == 202
    hub.work()
    assert hub.count() == 3


def test_one_client_may_ask_for_half_of_what_may_wait_and_then_as_much_as_is_done(
    hub: OurHub, reader: FeedReader
) -> None:
    hub.client = "192.0.2.1"
    answers = [reader.ask(hub.url, hub.all) for _ in range(hub_room.MOST_WAITING // 2 + 1)]
    assert [each.status_code for each in answers] == [202] * (len(answers) - 1) + [429]
    assert answers[-1].headers["retry-after"] == "5"
    hub.client = "192.0.2.2"
    assert reader.ask(hub.url, hub.all).status_code == 202
    hub.client = "192.0.2.1"
    hub.now += timedelta(seconds=5)
    assert [reader.ask(hub.url, hub.all).status_code for _ in range(2)] == [202, 429]


def test_while_many_wait_no_more_are_taken(
    hub: OurHub, reader: FeedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_room, "MOST_WAITING", 1)
    assert reader.ask(hub.url, hub.all).status_code == 202
    answer = reader.ask(hub.url, hub.all, path="/another")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


def test_while_many_wait_nobody_is_told_who_subscribes(
    hub: OurHub, subscribed: FeedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_room, "MOST_WAITING", 0)
    answers = [
        subscribed.ask(hub.url, hub.all, mode="unsubscribe", path=path)
        for path in ("/callback", "/another")
    ]
    assert [each.status_code for each in answers] == [503, 503]


def test_a_hub_that_is_full_renews_what_there_is_and_tells_others(
    hub: OurHub, subscribed: FeedReader
) -> None:
    """A stranger gets the same answer for either, and learns nothing of who subscribes."""
    hub.most = 1
    answers = [subscribed.ask(hub.url, hub.all, path=path) for path in ("/another", "/callback")]
    assert [(each.status_code, each.content) for each in answers] == [(202, b"")] * 2
    hub.work()
    denied, renewed = subscribed.questions[1:]
    assert denied == {
        "hub.mode": "denied",
        "hub.topic": hub.all,
        "hub.reason": "this hub takes no more subscriptions",
    }
    assert renewed["hub.mode"] == "subscribe"
    assert hub.count() == 1
