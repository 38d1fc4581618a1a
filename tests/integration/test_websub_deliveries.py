"""What our own hub delivers over real HTTP: each feed as it changes, signed, until it was taken, at
nobody's cost; and the whole protocol with our own subscriber.
"""

from contextlib import ExitStack
from pathlib import Path
from threading import Event

import httpx2
import pytest
import trustme
from starlette.applications import Starlette
from starlette.routing import Route

from feeds import draft
from feeds.standing import Standing, State
from feeds.storage.database import Database
from feeds.storage.origins import standings
from feeds.storage.read_items import whole_items
from feeds.storage.websub import subscriptions
from feeds.websub.callback import HubCallback
from feeds.websub.subscriber import CallbackAddresses, renew
from tests.items import NOON
from tests.own_hub import OurHub, signed
from tests.publisher.reader import FeedReader, a_reader
from tests.publisher.server import Raw, Request, Response
from tests.pushing import a_receiver
from tests.serving import serving


@pytest.fixture
def engine() -> str:
    """What differs between the two is told by test_subscriptions.py."""
    return "sqlite"


def test_news_are_the_feed_as_it_is_signed_and_with_its_links(
    hub: OurHub, subscribed: FeedReader
) -> None:
    body = hub.news()
    hub.work()
    (news,) = subscribed.news
    assert news.target == "/callback"
    assert news.body == body
    assert news.header("content-type") == "application/atom+xml; charset=utf-8"
    assert news.header("link") == f'<{hub.url}>; rel="hub", <{hub.all}>; rel="self"'
    assert news.header("x-hub-signature") == signed(body)
    hub.work(days=1)
    assert len(subscribed.news) == 1


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("rss", "application/rss+xml; charset=utf-8"),
        ("json", "application/feed+json"),
    ],
)
def test_each_form_of_a_feed_is_a_topic_of_its_own(
    hub: OurHub, reader: FeedReader, form: str, kind: str
) -> None:
    topic = f"{hub.base}/feeds/all.{form}"
    assert reader.ask(hub.url, topic).status_code == 202
    hub.work()
    hub.news()
    hub.work()
    (news,) = reader.news
    assert news.body == hub.files.read(f"feeds/all.{form}")
    assert news.header("content-type") == kind
    assert news.header("link") == f'<{hub.url}>; rel="hub", <{topic}>; rel="self"'


def test_without_a_secret_nothing_is_signed(hub: OurHub, reader: FeedReader) -> None:
    reader.ask(hub.url, hub.all)
    hub.work()
    hub.news()
    hub.work()
    assert reader.news[0].header("x-hub-signature") is None


def test_who_follows_another_feed_gets_nothing(hub: OurHub, reader: FeedReader) -> None:
    reader.ask(hub.url, f"{hub.base}/feeds/fields/gender-equality.atom")
    hub.work()
    hub.news()
    hub.work()
    assert reader.news == []


@pytest.mark.parametrize("status", [500, 404, 302, 429])
def test_who_fails_gets_the_news_later_as_they_are_then(
    hub: OurHub, subscribed: FeedReader, status: int
) -> None:
    """A redirect is not followed (7): it is a failure, too."""
    subscribed.status = status
    hub.news()
    hub.work()
    newest = hub.news()
    hub.work()
    hub.work(seconds=29)
    assert len(subscribed.news) == 1
    hub.work(seconds=1)
    assert len(subscribed.news) == 2
    subscribed.status = 200
    hub.work(seconds=60)
    assert [each.body for each in subscribed.news[1:]] == [newest, newest]
    hub.news()
    hub.work()
    assert len(subscribed.news) == 4


def test_who_asks_for_a_pause_gets_it_and_none_beside_it(
    hub: OurHub, subscribed: FeedReader
) -> None:
    """Many have callbacks at one host: one who wants quiet speaks for itself."""
    subscribed.ask(hub.url, hub.all, path="/other")
    hub.work()
    answer = subscribed.server.handler

    def busy(request: Request) -> Response | Raw:
        if request.target == "/callback" and request.method == "POST":
            return Response(status=503, headers=(("Retry-After", "3600"),))
        return answer(request)

    subscribed.server.handler = busy
    hub.news()
    hub.work()
    assert [each.target for each in subscribed.news] == ["/callback", "/other"]
    hub.work(minutes=59)
    assert len(subscribed.news) == 2
    hub.work(minutes=1)
    assert [each.target for each in subscribed.news[2:]] == ["/callback"]


def test_who_is_gone_gets_nothing_more(hub: OurHub, subscribed: FeedReader) -> None:
    subscribed.status = 410
    hub.news()
    hub.work()
    hub.news()
    hub.work(days=1)
    assert len(subscribed.news) == 1
    assert hub.count() == 0


def test_who_fails_for_days_is_given_up_and_told(hub: OurHub, subscribed: FeedReader) -> None:
    subscribed.status = 500
    hub.news()
    for _ in range(26):
        hub.work(hours=4)
    assert len(subscribed.news) == 25
    assert hub.count() == 0
    denied = subscribed.questions[-1]
    assert (denied["hub.mode"], denied["hub.topic"]) == ("denied", hub.all)


def test_a_host_that_is_down_is_tried_some_times_a_turn_and_costs_no_other(
    hub: OurHub, reader: FeedReader
) -> None:
    for number in range(6):
        reader.ask(hub.url, hub.all, path=f"/{number}")
        hub.work()
    reader.server.handler = lambda _: Raw()
    hub.news()
    hub.work()
    assert len(reader.news) == 3
    reader.server.handler = reader.answer
    hub.work(minutes=5)
    assert len({each.target for each in reader.news[3:]}) == 6


def test_who_takes_long_holds_up_nobody(hub: OurHub, subscribed: FeedReader) -> None:
    """It is finished when the other one has its news."""
    with a_reader() as other:
        # Another host by name, as one host gets one thing at a time.
        named = other.server.at("/callback", host="localhost")
        form = {"hub.mode": "subscribe", "hub.topic": hub.all, "hub.callback": named}
        assert httpx2.post(hub.url, data=form).status_code == 202
        hub.work()
        told = Event()

        def answer(request: Request) -> Response:
            told.set()
            return Response()

        def wait(request: Request) -> Response:
            return Response(status=200 if told.wait(20) else 500)

        other.server.handler = answer
        subscribed.server.handler = wait
        hub.news()
        hub.work()
    assert told.is_set()
    hub.work(days=1)
    assert len(subscribed.news) == 1


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_hub_that_is_killed_half_way_goes_on_and_loses_nothing(
    hub: OurHub, reader: FeedReader
) -> None:
    for path in ("/a", "/b", "/c"):
        reader.ask(hub.url, hub.all, path=path)
        hub.work()
    body = hub.news()
    (batch,) = hub.deliveries(failing=False).claim(4, ()).values()

    answer = reader.server.handler

    def kill(request: Request) -> Response | Raw:
        hub.stopping.set()
        return answer(request)

    reader.server.handler = kill
    batch()
    reader.server.handler = answer
    assert [each.target for each in reader.news] == ["/a"]
    hub.stopping.clear()
    hub.work(minutes=5)
    assert [each.target for each in reader.news] == ["/a", "/b", "/c"]
    assert {each.body for each in reader.news} == {body}


def test_what_a_killed_hub_had_in_hand_is_done_when_its_turn_is_over(
    hub: OurHub, subscribed: FeedReader
) -> None:
    subscribed.ask(hub.url, hub.all, path="/another")
    hub.news()
    with hub.database.writing() as connection:
        subscriptions.fan_out(connection, hub.now)
    assert hub.deliveries(failing=False).claim(4, ())
    hub.work()
    assert subscribed.news == []
    hub.work(minutes=5)
    assert len(subscribed.news) == 1


# -- Our own subscriber at our own hub -------------------------------------------------------------


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_our_subscriber_gets_the_news_of_our_hub(
    database: Database, tmp_path: Path, authority: trustme.CA
) -> None:
    """The whole protocol by both our sides: asked, confirmed, signed, read and stored."""
    with ExitStack() as opened:
        _follow(OurHub(database, tmp_path / "public", opened, authority), database, authority)


def _follow(hub: OurHub, database: Database, authority: trustme.CA) -> None:
    receiver = a_receiver(database, hub.taxonomy, lambda: hub.now)
    heard: list[str] = []
    callback = HubCallback(
        receiver=receiver,
        max_bytes=1_000_000,
        clock=lambda: hub.now,
        jitter=lambda: 0.5,
        on_content=heard.append,
    )
    route = Route("/websub/{token}", callback.answer, methods=["GET", "POST"])
    standing = Standing(
        source="other",
        address=hub.all,
        state=State.OK,
        since=NOON,
        hub=draft.Hub(hub.url, hub.all),
    )
    with database.writing() as connection:
        standings.record(connection, standing)
    with serving(Starlette(routes=[route]), ca=authority) as base:
        addresses = CallbackAddresses(
            address=lambda token: f"{base}/websub/{token}",
            new_token=lambda: f"token-of-enough-characters-{next(hub.titles)}",
        )
        report = renew(database, hub.fetcher, ["other"], addresses, now=hub.now, jitter=lambda: 0.0)
        assert (report.asked, report.problems) == (1, ())
        hub.work()
        hub.publish("Officers trained in Vienna")
        hub.work()
        # Kept open by TLS, a connection would hold up the end of the server.
        hub.fetcher.close()
    assert heard == ["other"]
    with database.reading() as connection:
        stored = whole_items(connection, [1, 2])
    assert {item.title for item in stored} == {"Officers trained in Vienna"}
