"""A bucket as it is written and read, with a real server of the protocol."""

import socket
import sys
import weakref
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event, Lock

import httpx2
import obstore
import pytest
from structlog.testing import capture_logs

from feeds.errors import BucketError, PublishError
from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.publish.store import bucket as bucket_room
from feeds.publish.store.bucket import Bucket, upload
from feeds.publish.store.manifest import Retention
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests import services
from tests.builders import a_draft
from tests.items import NOON, a_site, store

FIELDS = '[[field]]\nslug = "a"\nlabel = "A"\n'
BOTH = f'{FIELDS}[[field]]\nslug = "b"\nlabel = "B"\n'
URL = "s3://news/site"
MONTH = timedelta(days=30)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    folders = (Path(f"{sys.prefix}-s3") / "bin",)
    port = services.free_port()
    try:
        program = services.program("moto_server", "make test", *folders)
    except services.Missing as missing:
        pytest.skip(str(missing))
    with services.answering([program, "-p", str(port)], port):
        yield f"http://127.0.0.1:{port}"


class House:
    """A store, what is published of it, and a bucket beside."""

    def __init__(self, database: Database, public: Path, server: str) -> None:
        self.database = database
        self.files = Files(public)
        self.taxonomy = Taxonomy.from_toml(BOTH)
        self.bucket = Bucket(URL)
        self.site = a_site()
        self.server = server

    def publish(self, bucket: Bucket | None = None, after: timedelta = timedelta()) -> int:
        where = bucket or self.bucket
        kept = Retention(now=NOON + after, unreferenced=MONTH, has_copies=True)
        publish(self.database, self.taxonomy, self.files, self.site, kept=kept)
        return upload(self.database, self.files, where, kept.before, Event())

    def published(self) -> Mapping[str, bytes]:
        beside = {".br", ".gz", ".zst", ".status"}
        root = self.files.root
        found = (path for path in root.rglob("*") if path.is_file() and path.suffix not in beside)
        return {str(path.relative_to(root)): path.read_bytes() for path in found}

    def get(self, path: str) -> "obstore.GetResult":
        return obstore.get(self.bucket._store, path)

    def holds(self, path: str) -> bool:
        try:
            return bool(self.get(path))
        except FileNotFoundError:
            return False


@pytest.fixture
def house(
    database: Database, tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> House:
    httpx2.post(f"{server}/moto-api/reset")
    assert httpx2.put(f"{server}/news").status_code == 200
    for name, value in {
        "AWS_ENDPOINT": server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    made = House(database, tmp_path / "public", server)
    store(database, made.taxonomy, [a_draft(issuers=(), fields=())])
    return made


def with_history(house: House) -> int:
    """The feeds have an archive of January 2020, with one item: its number."""
    house.site = a_site(entries_per_feed=1, items_per_page=1)
    old = a_draft(title="Old", issuers=(), fields=())
    return store(house.database, house.taxonomy, [old], at=datetime(2020, 1, 9, tzinfo=UTC))[
        0
    ].number


def withdraw(house: House, number: int) -> None:
    """An item is gone."""
    gone = NOON + timedelta(hours=1)
    with house.database.writing() as connection:
        write_items.set_hidden(connection, [number], {"withdrawn_at": gone}, gone)


def test_the_bucket_holds_what_is_published_as_what_it_is(house: House) -> None:
    published = house.publish()
    assert published == len(house.published())
    for path, content in house.published().items():
        answer = house.get(path)
        assert bytes(answer.bytes()) == content
        assert answer.attributes["Cache-Control"].startswith("public, max-age=60")
        assert "Content-Encoding" not in answer.attributes
    for path, media in {
        "feeds/all.atom": "application/atom+xml; charset=utf-8",
        "index.html": "text/html; charset=utf-8",
    }.items():
        assert house.get(path).attributes["Content-Type"] == media


def test_what_did_not_change_is_not_sent_again(house: House) -> None:
    house.publish()
    assert house.publish() == 0
    store(house.database, house.taxonomy, [a_draft(title="New", issuers=(), fields=())])
    assert 0 < house.publish() < len(house.published())
    assert bytes(house.get("feeds/all.atom").bytes()) == house.published()["feeds/all.atom"]
    # Another bucket has nothing yet.
    assert house.publish(Bucket("s3://news/other")) == len(house.published())


def test_no_reader_sees_a_link_that_leads_nowhere(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(house.bucket, "put", lambda path, _: sent.append(path))
    with_history(house)
    house.publish()
    in_order = [
        ["items/"],
        ["feeds/all/2020-01.atom", "feeds/all/2020-01/index.html"],
        ["feeds/all.atom", "feeds/fields/a.atom"],
        ["feeds/all/index.html", "feeds/fields/a/index.html"],
        ["feeds.opml"],
        ["index.html"],
    ]
    ranks = [
        [n for n, path in enumerate(sent) for each in group if path.startswith(each)]
        for group in in_order
    ]
    assert all(ranks)
    for former, later in pairwise(ranks):
        assert max(former) < min(later)


def test_objects_of_one_place_are_sent_side_by_side(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first by itself: a bucket that is away is not asked for many."""
    put, lock, are_two = house.bucket.put, Lock(), Event()
    sending: set[str] = set()
    seen: list[set[str]] = []

    def slow(path: str, content: bytes) -> None:
        with lock:
            sending.add(path)
            seen.append({*sending})
            is_first = len(seen) == 1
            if len(sending) > 1:
                are_two.set()
        # The second waits for the third, and is answered nothing before.
        assert is_first or are_two.wait(30)
        put(path, content)
        with lock:
            sending.remove(path)

    monkeypatch.setattr(house.bucket, "put", slow)
    house.publish()
    assert len(seen[0]) == 1
    assert 1 < max(map(len, seen)) <= bucket_room._IN_FLIGHT
    assert all(len({bucket_room._place(path)[0] for path in each}) == 1 for each in seen)


def test_a_bucket_that_fails_is_said_and_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.publish.store.bucket._RETRIES", 0)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(PublishError, match=r"cannot upload items/.* to s3://news/site"):
            house.publish(Bucket(URL))
    assert house.publish() == len(house.published())


def test_what_a_bucket_refuses_is_not_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error holds what was at work when it was raised: the bytes of the object, too."""
    refused: list[weakref.ref[Event]] = []
    kept: list[int] = []

    def refuse(*_: object) -> None:
        kept.append(sum(each() is not None for each in refused))
        held = Event()
        refused.append(weakref.ref(held))
        raise PublishError("no room is left")

    monkeypatch.setattr(house.bucket, "put", refuse)
    with pytest.raises(PublishError) as told:
        house.publish()
    assert str(told.value) == f"no room is left ({len(refused)} failed, 0 uploaded)"
    assert max(kept) < 4 < len(refused)


def test_what_the_site_no_longer_has_is_deleted_after_its_time(house: House) -> None:
    house.publish()
    assert house.holds("feeds/fields/b.atom")
    house.taxonomy = Taxonomy.from_toml(FIELDS)
    house.publish()
    assert house.holds("feeds/fields/b.atom")
    house.publish(after=MONTH)
    assert not house.holds("feeds/fields/b.atom")
    assert house.holds("feeds/fields/a.atom")


def test_what_was_removed_is_deleted_at_once(house: House) -> None:
    """The page of a month whose only item was withdrawn has all of its text."""
    old = with_history(house)
    house.publish()
    pages = ["feeds/all/2020-01.atom", "feeds/all/2020-01.json", "feeds/all/2020-01/index.html"]
    assert all(map(house.holds, pages))
    withdraw(house, old)
    house.publish()
    assert not any(map(house.holds, pages))
    assert house.holds("feeds/all.atom")


def test_what_cannot_be_deleted_holds_up_nothing_and_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = with_history(house)
    house.publish()
    withdraw(house, old)

    def refused(_: Sequence[str]) -> None:
        raise PublishError("cannot empty s3://news/site: 403 Forbidden")

    with monkeypatch.context() as patch:
        patch.setattr(house.bucket, "delete", refused)
        # What was withdrawn is still to be read there: somebody has to know.
        with pytest.raises(BucketError, match=r"403 Forbidden \(\d+ are to be deleted\)"):
            house.publish()
    assert bytes(house.get("feeds/all.atom").bytes()) == house.published()["feeds/all.atom"]
    assert house.holds("feeds/all/2020-01.atom")
    house.publish()
    assert not house.holds("feeds/all/2020-01.atom")


def test_what_is_published_again_is_uploaded_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where that happens while it is being deleted, with the very same bytes."""
    house.publish()
    house.taxonomy = Taxonomy.from_toml(FIELDS)
    house.publish()
    delete = house.bucket.delete

    def meanwhile(paths: Sequence[str]) -> None:
        delete(paths)
        house.taxonomy = Taxonomy.from_toml(BOTH)
        publish(house.database, house.taxonomy, house.files, house.site)

    with monkeypatch.context() as patch:
        patch.setattr(house.bucket, "delete", meanwhile)
        house.publish(after=MONTH)
    assert not house.holds("feeds/fields/b.atom")
    house.publish()
    assert house.holds("feeds/fields/b.atom")


def test_an_object_that_fails_holds_up_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = house.bucket.put

    def all_but_items(path: str, content: bytes) -> None:
        if path.startswith("items/"):
            raise PublishError(f"cannot upload {path}")
        put(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(house.bucket, "put", all_but_items)
        with pytest.raises(
            PublishError, match=r"cannot upload items/.* \(1 failed, \d+ uploaded\)"
        ):
            house.publish()
    assert house.holds("index.html")
    assert house.publish() == 1


def test_a_bucket_that_is_away_is_not_asked_for_each_object(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refused(path: str, _: bytes) -> None:
        asked.append(path)
        raise PublishError(f"cannot upload {path}")

    monkeypatch.setattr("feeds.publish.store.bucket._MOST_SECONDS", 0.0)
    monkeypatch.setattr(house.bucket, "put", refused)
    with pytest.raises(PublishError):
        house.publish()
    assert len(asked) == 1


def test_another_run_that_uploads_is_told_and_not_waited_for(house: House) -> None:
    with house.database.exclusive("upload"), capture_logs() as logs:
        assert house.publish() == 0
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["not uploaded"]
    assert house.publish() == len(house.published())
