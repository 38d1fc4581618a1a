"""What several tests with real servers begin with: our own hub, and who subscribes there."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from feeds.storage.database import Database
from tests.own_hub import SECRET, OurHub
from tests.publisher.reader import FeedReader, a_reader
from tests.serving import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def woken() -> list[None]:
    return []


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
