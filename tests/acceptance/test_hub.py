"""A site that is a hub: who subscribed there has each feed as it changes, by the daemon."""

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.command import PATIENCE_SECONDS, SEEDS, Installation, a_free_port, until
from tests.publisher.reader import FeedReader, a_reader
from tests.pushing import TOKENS, an_item, bearer, pushed_to

SETTINGS = """\
[site]
url = "http://127.0.0.1:{port}"
[serve]
port = {port}
[websub]
hub = true
hubs = "{other}"
[fetch]
private_hosts = "127.0.0.1"
"""


@dataclass(frozen=True, slots=True)
class HubSite:
    """An installation that is a hub at ``url``, and its reader; ``other`` is a hub it tells."""

    house: Installation
    url: str
    reader: FeedReader
    other: FeedReader

    def subscribe(self, feed: str) -> None:
        answer = self.reader.ask(f"{self.url}/websub", f"{self.url}/{feed}")
        assert answer.status_code == 202, answer.text
        until(lambda: self.reader.questions)

    def push(self, **changes: object) -> None:
        """A publisher hands in an item."""
        body = json.dumps(an_item(**changes))
        headers = bearer(TOKENS["press"]) | {"Content-Type": "application/json"}
        answer = httpx2.post(
            f"{self.url}/api/items", content=body, headers=headers, timeout=PATIENCE_SECONDS
        )
        assert answer.status_code == 201, answer.text


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubSite]:
    port = a_free_port()
    with a_reader() as reader, a_reader() as other:
        settings = SETTINGS.format(port=port, other=other.server.at("/hub"))
        house = pushed_to(tmp_path / "house", settings)
        yield HubSite(house, f"http://127.0.0.1:{port}", reader, other)


def test_a_subscriber_has_each_feed_as_it_changes(hub: HubSite) -> None:
    """Also what was published while no daemon ran."""
    with hub.house.running(hub.url) as daemon:
        until(lambda: httpx2.get(f"{hub.url}/").status_code == 200)
        feed = httpx2.get(f"{hub.url}/feeds/all.atom")
        topic = f"{hub.url}/feeds/all.atom"
        links = (
            f'<{hub.url}/websub>; rel="hub", <{hub.other.server.at("/hub")}>; rel="hub",'
            f' <{topic}>; rel="self"'
        )
        assert feed.headers["link"] == links
        hub.subscribe("feeds/all.atom")
        until(lambda: hub.house.report("status")["feed_subscriptions"] == 1)
        hub.push(title="Officers trained in Vienna")
        until(lambda: hub.reader.news)
        (news,) = hub.reader.news
        assert b"Officers trained in Vienna" in news.body
        assert news.body == httpx2.get(topic).content
        assert news.header("link") == links
        until(lambda: any(b"all.atom" in each.body for each in hub.other.news))
        metrics = httpx2.get(f"{hub.url}/metrics").text
        assert "fieldfare_feed_subscriptions 1.0" in metrics
        assert f'fieldfare_hub_failures{{hub="{hub.other.server.at("/hub")}"}} 0.0' in metrics
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)
        assert daemon.returncode == 0
    hub.house.report("ingest", str(min(SEEDS.glob("*.txt"))))
    hub.house.report("publish")
    assert len(hub.reader.news) == 1
    with hub.house.running(hub.url):
        until(lambda: len(hub.reader.news) == 2)
    assert hub.reader.news[1].body == (hub.house.folder / "public/feeds/all.atom").read_bytes()


def test_a_hub_that_cannot_be_told_is_told_of_by_status_and_stops_nothing(hub: HubSite) -> None:
    hub.other.status = 503
    hub.house.report("ingest", str(min(SEEDS.glob("*.txt"))))
    assert hub.house.report("publish")["feeds_written"] > 1
    (told,) = hub.house.report("status")["hubs"]
    assert told["hub"] == hub.other.server.at("/hub")
    assert told["failures"] == 1
    assert told["waiting"] > 1
    assert "answers 503" in told["problem"]
