"""Hubs of others are told which feeds changed, over real HTTP: each once, again where they fail,
and nothing is lost where a run ends half-way.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from urllib.parse import parse_qs

import pytest

from feeds.fetch.client import Fetcher
from feeds.publish.feed import is_feed
from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.standing import HubStanding
from feeds.storage.database import Database
from feeds.storage.websub import hubs
from feeds.taxonomy import Taxonomy
from feeds.websub.outbound import Outbound
from feeds.websub.ping import Pings
from tests.builders import a_draft
from tests.items import NOON, a_site, store
from tests.own_hub import TOPICS
from tests.publisher.fetching import fetching
from tests.publisher.server import Publisher, Request, Response, publishing

SITE = "https://news.example.org"


class Announcing:
    """A site that is published, and hubs that hear of it; they answer with ``status``."""

    def __init__(
        self, database: Database, taxonomy: Taxonomy, public: Path, opened: ExitStack
    ) -> None:
        self.database = database
        self.taxonomy = taxonomy
        self.public = public
        self.now = NOON
        self.stopping = Event()
        self.status = {"/a": 204, "/b": 200}
        self.refused = ""
        self.server: Publisher = opened.enter_context(publishing(self._answer))
        self.urls = (self.server.at("/a"), self.server.at("/b"))
        self.fetcher: Fetcher = opened.enter_context(
            fetching(clock=lambda: self.now, stopping=self.stopping)
        )

    def _answer(self, request: Request) -> Response:
        if self.refused and self.refused in topic_of(request):
            return Response(status=404)
        return Response(status=self.status[request.path], body=b"thanks")

    def publish(self, *titles: str) -> set[str]:
        """The addresses of the feeds that changed."""
        if titles:
            drafts = [a_draft(title=title, issuers=(), content_type=None) for title in titles]
            store(self.database, self.taxonomy, drafts, at=self.now)
        site = a_site(url=SITE, hubs=self.urls)
        report = publish(self.database, self.taxonomy, Files(self.public), site)
        return {f"{SITE}/{path}" for path in report.files if is_feed(path)}

    def announce(self, *urls: str, now: datetime | None = None) -> list[tuple[str, str]]:
        """Which hub was told of what."""
        self.now = now or self.now
        before = len(self.server.requests)
        pings = Pings(
            database=self.database,
            fetcher=self.fetcher,
            urls=urls or self.urls,
            address=lambda path: f"{SITE}/{path}",
            clock=lambda: self.now,
            jitter=lambda: 0.0,
        )
        Outbound((pings,)).run(self.stopping)
        return [(each.path, topic_of(each)) for each in self.server.requests[before:]]

    def standings(self) -> dict[str, HubStanding]:
        with self.database.reading() as connection:
            return {each.hub: each for each in hubs.rows(connection)}


def topic_of(request: Request) -> str:
    """The topic, which is named in both ways there are."""
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    form = parse_qs(request.body.decode(), strict_parsing=True)
    assert form.keys() == {"hub.mode", "hub.url", "hub.topic"}
    assert form["hub.mode"] == ["publish"]
    assert form["hub.url"] == form["hub.topic"]
    return form["hub.url"][0]


@pytest.fixture
def engine() -> str:
    """What differs between the two is told by test_publications.py."""
    return "sqlite"


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Announcing]:
    """All that is published at first was told of."""
    with ExitStack() as opened:
        taxonomy = Taxonomy.from_toml(TOPICS)
        made = Announcing(database, taxonomy, tmp_path / "public", opened)
        made.publish()
        made.announce()
        made.server.requests.clear()
        yield made


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_each_hub_is_told_of_each_feed_that_changed_and_of_no_other(site: Announcing) -> None:
    changed = site.publish("A title")
    told = site.announce()
    assert {topic for hub, topic in told if hub == "/a"} == changed
    assert f"{SITE}/feeds/fields/gender-equality.atom" not in changed
    assert sorted(topic for _, topic in told) == sorted([*changed, *changed])
    assert site.announce() == []
    site.publish()
    assert site.announce() == []


def test_a_feed_that_is_made_again_and_is_the_same_is_no_news(site: Announcing) -> None:
    files = Files(site.public)
    publish(site.database, site.taxonomy, files, a_site(url=SITE, hubs=site.urls), everything=True)
    assert site.announce() == []


def test_a_hub_that_is_down_is_told_later_and_once_and_holds_up_no_other(site: Announcing) -> None:
    site.status["/a"] = 503
    changed = site.publish("A title")
    told = site.announce()
    assert [hub for hub, _ in told].count("/a") == 1
    assert {topic for hub, topic in told if hub == "/b"} == changed
    down, well = (site.standings()[url] for url in site.urls)
    assert (down.waiting, down.failures, down.since) == (len(changed), 1, NOON)
    assert "answers 503: it is not available now" in down.problem
    assert (well.waiting, well.failures, well.problem) == (0, 0, "")
    site.publish("Another title")
    assert {hub for hub, _ in site.announce()} == {"/b"}
    assert {hub for hub, _ in site.announce(now=NOON + timedelta(seconds=31))} == {"/a"}
    assert site.standings()[site.urls[0]].failures == 2
    site.status["/a"] = 202
    assert site.announce(now=NOON + timedelta(seconds=60)) == []
    told = site.announce(now=NOON + timedelta(seconds=92))
    assert sorted(told) == [("/a", topic) for topic in sorted(changed)]
    assert site.standings()[site.urls[0]] == HubStanding(
        hub=site.urls[0], waiting=0, failures=0, problem="", since=None
    )


def test_a_feed_that_a_hub_refuses_keeps_no_other_from_it(site: Announcing) -> None:
    """And it is not asked again and again: it would refuse again."""
    site.refused = "feeds/all.atom"
    changed = site.publish("A title")
    assert {topic for hub, topic in site.announce() if hub == "/a"} == changed
    standing = site.standings()[site.urls[0]]
    assert (standing.waiting, standing.failures) == (0, 1)
    assert "answers 404" in standing.problem
    assert site.announce(now=NOON + timedelta(days=1)) == []


def test_a_run_that_ends_half_way_is_gone_on_with(site: Announcing) -> None:
    """What was told is on record with each answer."""
    answer = site.server.handler

    def end(request: Request) -> Response:
        site.stopping.set()
        response = answer(request)
        assert isinstance(response, Response)
        return response

    changed = site.publish("A title")
    site.server.handler = end
    first = site.announce(site.urls[0])
    site.server.handler = answer
    site.stopping.clear()
    others = site.announce(site.urls[0])
    assert len(first) == 1
    assert sorted(topic for _, topic in (*first, *others)) == sorted(changed)


def test_a_run_that_was_killed_is_gone_on_with_once_its_turn_is_over(site: Announcing) -> None:
    changed = site.publish("A title")
    with site.database.writing() as connection:
        hubs.claim(connection, NOON, NOON + timedelta(minutes=5), (), 10)
    assert site.announce() == []
    assert len(site.announce(now=NOON + timedelta(minutes=5))) == 2 * len(changed)


def test_what_was_published_by_a_run_that_was_killed_is_told(
    site: Announcing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files were there before it was on record, and the next run changes none."""
    with monkeypatch.context() as patched:
        patched.setattr("feeds.storage.entries.settle", _killed)
        with pytest.raises(KeyboardInterrupt):
            site.publish("A title")
    assert b"A title" in (site.public / "feeds/all.atom").read_bytes()
    assert site.publish() == set()
    told = {topic for _, topic in site.announce()}
    assert f"{SITE}/feeds/all.atom" in told
    assert f"{SITE}/feeds/fields/gender-equality.atom" not in told


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_another_hub_learns_of_all_feeds_and_one_that_is_none_any_more_of_none(
    site: Announcing,
) -> None:
    told = site.announce(site.server.at("/b"), site.server.at("/a?new"))
    assert {hub for hub, _ in told} == {"/a"}
    files = (str(each.relative_to(site.public)) for each in site.public.rglob("*"))
    assert {topic for _, topic in told} == {f"{SITE}/{path}" for path in files if is_feed(path)}
    assert set(site.standings()) == {site.server.at("/b"), site.server.at("/a?new")}
