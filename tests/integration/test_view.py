"""A digest in the browser: as it was mailed, and for nobody but its reader."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx2
import pytest

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.mail.lines import encoded, slot
from notifier.mail.message import Sender, build, fill
from notifier.subscribers.links import MailLinks
from tests.digests import VALUES
from tests.serving import SECRET, a_web_app, serving

PUBLIC_ID = "a1b2c3d4e5f6"
PERIOD = "2026-11-24"
LINKS = MailLinks(base_url="https://news.example.org", secret=SECRET)
SENDER = Sender(
    name="Fieldfare",
    address="digest@example.org",
    list_id="digest.news.example.org",
    site_title="Fieldfare",
    site_url="https://news.example.org",
)
UNSUBSCRIBE = LINKS.unsubscribe(PUBLIC_ID, 1)


def copy(public_id: str, period: str, _: float) -> bytes | None:
    """The message of one digest that was mailed to one reader."""
    if (public_id, period) != (PUBLIC_ID, PERIOD):
        return None
    html = f'<h1>Grüße</h1><a href="{slot("unsubscribe_url")}">Unsubscribe</a>'
    template = build(
        SENDER, subject="News", language="en", text=[encoded("News")], html=[encoded(html)]
    )
    return bytes(fill(template, {**VALUES, "unsubscribe_url": UNSUBSCRIBE}))


@pytest.fixture
def client(database: Database, osce: Taxonomy, tmp_path: Path) -> Iterator[httpx2.Client]:
    """Asks where one digest was mailed to one reader."""
    with (
        serving(a_web_app(database, osce, tmp_path / "public", copy=copy)) as address,
        httpx2.Client(base_url=address) as asking,
    ):
        yield asking


def test_it_is_shown_for_as_many_days_as_settings_say(
    database: Database, osce: Taxonomy, tmp_path: Path
) -> None:
    made = datetime(2026, 11, 24, 6, tzinfo=UTC)
    for days, status in ((90, 200), (91, 404)):
        clock = partial(made.__add__, timedelta(days=days))
        app = a_web_app(database, osce, tmp_path / "public", copy=copy, clock=clock)
        with serving(app) as address, httpx2.Client(base_url=address) as asking:
            assert asking.get(path()).status_code == status


def path(*, period: str = PERIOD, epoch: int = 1) -> str:
    return LINKS.view(PUBLIC_ID, epoch, period).removeprefix(LINKS.base_url)


def test_a_digest_is_shown_as_it_was_mailed(client: httpx2.Client) -> None:
    answer = client.get(path())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Grüße</h1>" in answer.text
    assert f'href="{UNSUBSCRIBE}"' in answer.text


def test_it_is_not_kept_not_indexed_not_handed_on_and_runs_nothing(client: httpx2.Client) -> None:
    headers = client.get(path()).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src")
    assert "script-src" not in headers["content-security-policy"]


def test_only_its_own_link_shows_it(client: httpx2.Client) -> None:
    unsubscribe = LINKS.unsubscribe(PUBLIC_ID, 1).removeprefix(LINKS.base_url)
    wrong = (path()[:-1], path(period="2026-11-23"), unsubscribe.replace("/u/", "/d/"), "/d/x")
    for target in wrong:
        answer = client.get(target)
        assert answer.status_code == 404
        assert "This digest is not here" in answer.text


def test_it_stays_its_readers_after_they_left_and_came_back(client: httpx2.Client) -> None:
    """The epoch guards consent; looking at a mail one got needs none."""
    assert client.get(path(epoch=7)).status_code == 200


def test_looking_is_all_that_can_be_done(client: httpx2.Client) -> None:
    assert client.post(path()).status_code == 405
