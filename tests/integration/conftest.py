"""What several tests with real servers begin with: our own web server as a reader's browser asks
it, our own hub, who subscribes there, and when mails were begun.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.mail.flow.turns import Turns
from notifier.model import Envelope
from tests.own_hub import SECRET, OurHub
from tests.publisher.reader import FeedReader, a_reader
from tests.serving import Clock, a_web_app, serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def woken() -> list[None]:
    return []


@pytest.fixture
def client(
    database: Database, osce: Taxonomy, tmp_path: Path, clock: Clock, woken: list[None]
) -> Iterator[httpx2.Client]:
    root = tmp_path / "public"
    app = a_web_app(database, osce, root, clock=clock, wake=lambda: woken.append(None))
    with serving(app) as base_url, httpx2.Client(base_url=base_url) as asking:
        yield asking


@pytest.fixture
def hub(database: Database, tmp_path: Path) -> Iterator[OurHub]:
    with ExitStack() as opened:
        yield OurHub(database, tmp_path / "public", opened)


@pytest.fixture
def reader() -> Iterator[FeedReader]:
    with a_reader() as reading:
        yield reading


@pytest.fixture
def subscribed(hub: OurHub, reader: FeedReader) -> FeedReader:
    """A reader that follows everything."""
    assert reader.ask(hub.url, hub.all, secret=SECRET).status_code == 202
    hub.work()
    assert hub.count() == 1
    return reader


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """When the message to each was begun last: where a machine is busy it comes any time later."""
    found: dict[str, float] = {}
    take = Turns.take

    def taken(turns: Turns, now: float, sessions: int, relay: str | None = None) -> Envelope | None:
        envelope = take(turns, now, sessions, relay)
        if envelope:
            found[envelope.recipient] = now
        return envelope

    monkeypatch.setattr(Turns, "take", taken)
    return found
