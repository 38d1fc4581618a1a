"""What a website shows at a first look is published, and mailed only where it says it is new."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import format_datetime
from pathlib import Path

from tests.command import Installation, an_installation
from tests.publisher import contents
from tests.publisher.server import Request, Response, publishing
from tests.publisher.site import Site

SETTINGS = '[fetch]\nprivate_hosts = "127.0.0.1"\npause_seconds = 0\n'


def undated(site: Site, *, dated_today: int = 0) -> None:
    """No entry of the feed says when it was issued, but for one."""
    day = f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate>"

    def feed(request: Request) -> Response:
        told = contents.rss(f"http://{request.header('Host')}", site.stories).decode()
        days = iter([day if story.n == dated_today else "" for story in site.stories])
        body = re.sub("<pubDate>.*?</pubDate>", lambda _: next(days), told)
        return Response(headers=(("Content-Type", "application/rss+xml"),), body=body.encode())

    site.faults["/feed.rss"] = feed


def mailed(house: Installation, site: Site, now: str) -> set[int]:
    """The numbers of the stories in the one mail that leaves now."""
    before = set(house.mails())
    house.report("digest", "--now", now)
    [mail] = set(house.mails()) - before
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    return {story.n for story in site.stories if story.title in text}


def test_what_says_no_day_is_mailed_from_the_second_look_on(tmp_path: Path) -> None:
    site = Site(count=30)
    undated(site, dated_today=7)
    with publishing(site) as publisher:
        source = f'[[sources]]\nname = "news"\nkind = "web"\nurl = "{publisher.at("/feed.rss")}"\n'
        house = an_installation(tmp_path / "house", SETTINGS, source)
        reader = house.report("subscribe", "anna@example.org", "--everything")
        # An address that cannot be asked is no look.
        site.break_down("/feed.rss")
        assert house.call("ingest", "news").returncode == 1
        undated(site, dated_today=7)
        assert house.report("ingest", "news")["added"] == 30
        assert mailed(house, site, reader["digests"][0]["due_at"]) == {7}
        site.publish()
        assert house.report("ingest", "news")["added"] == 1
        assert mailed(house, site, "2100-01-01T12:00:00Z") == {31}
