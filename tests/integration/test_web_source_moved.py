"""Permanent redirects of a feed: believed only where what is known is there, too."""

import pytest

from feeds.parse import understand
from feeds.sources import CrawlScope
from feeds.sources.ask import Asking
from feeds.sources.website import WebSource
from feeds.standing import State
from feeds.storage.database import Database
from feeds.storage.origins import standings
from feeds.taxonomy import Taxonomy
from tests.publisher.remembered import EVERY
from tests.publisher.remembered import fetching as asking
from tests.publisher.server import Request, Response, publishing
from tests.publisher.taking import polled

RSS = (("Content-Type", "application/rss+xml"),)


def feed(*titles: str) -> bytes:
    items = "".join(f"<item><title>{each}</title><guid>{each}</guid></item>" for each in titles)
    return f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode()


class Moving:
    """A feed that ``status`` leads away from, to another that shows ``there``."""

    def __init__(self, status: int, *there: str) -> None:
        self.is_moved = False
        self.status = status
        self.there = there

    def __call__(self, request: Request) -> Response:
        if request.path == "/feed" and self.is_moved:
            return Response(status=self.status, headers=(("Location", "/other"),))
        known = {"/feed": ("A bridge is opened",), "/other": self.there}
        if request.path not in known:
            return Response(status=404)
        return Response(headers=RSS, body=feed(*known[request.path]))


@pytest.mark.parametrize(
    ("move", "added", "is_moved"),
    [
        ((301, "A match is won"), 0, False),
        ((308, "A match is won"), 0, False),
        ((302, "A match is won"), 1, False),
        ((301, "A bridge is opened"), 0, True),
    ],
)
def test_a_move_is_believed_where_known_items_are(
    database: Database, osce: Taxonomy, move: tuple[int, str], added: int, *, is_moved: bool
) -> None:
    """Another feed of the same site is no new place of this one."""
    site = Moving(*move)
    with publishing(site) as publisher, asking() as fetcher:
        kept: dict[str, bytes] = {}
        source = WebSource(
            url=publisher.at("/feed"),
            asking=Asking(source="news", fetcher=fetcher, originals=kept.get),
            understand=lambda document: understand(document, osce),
            scope=CrawlScope(),
            every=EVERY,
        )
        assert polled(database, osce, source).added == 1
        kept[publisher.at("/feed")] = feed("A bridge is opened")
        site.is_moved = True
        moved = polled(database, osce, source)
        assert moved.added == added
        assert bool(moved.problems) == (move[0] != 302 and not is_moved)
        with database.reading() as connection:
            standing = standings.of(connection, "news")
    assert standing is not None
    assert (standing.state is State.MOVED) == is_moved
