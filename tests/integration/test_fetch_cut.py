"""Bodies whose packing ends before it should: what came is read, and nothing is missed by it."""

import gzip
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest

from feeds.fetch import FetchedPage, FetchFailed
from feeds.parse import understand
from feeds.sources import CrawlScope
from feeds.sources.ask import Asking
from feeds.sources.website import WebSource
from feeds.standing import State
from feeds.storage import documents
from feeds.storage.database import Database
from feeds.storage.origins import standings
from feeds.taxonomy import Taxonomy
from tests.publisher.fetching import fetching
from tests.publisher.remembered import EVERY
from tests.publisher.remembered import fetching as asking
from tests.publisher.server import Handler, Request, Response, publishing
from tests.publisher.taking import desk, polled

BODY = b"".join(b"<p>Line %d of it.</p>\n" % line for line in range(2_000))
ARTICLE = '<meta property="og:type" content="article">'
FIELDS = (("Content-Type", "application/rss+xml"),)


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


def packed(body: bytes, coding: str, *fields: tuple[str, str]) -> Response:
    return Response(headers=(*fields, ("Content-Encoding", coding)), body=body)


@pytest.mark.parametrize(
    ("coding", "pack", "cut", "is_cut"),
    [
        ("deflate", zlib.compress, 0, False),
        ("deflate", raw_deflate, 0, False),
        ("gzip", gzip.compress, 4, True),
        ("gzip", gzip.compress, 2_000, True),
        ("deflate", zlib.compress, 2, True),
        ("br", brotli.compress, 200, True),
    ],
)
def test_what_came_of_a_packed_body_is_had_and_known_as_cut(
    coding: str, pack: Callable[[bytes], bytes], cut: int, *, is_cut: bool
) -> None:
    body = pack(BODY)
    sent = packed(body[: len(body) - cut], coding)
    with publishing(lambda _: sent) as publisher, fetching() as fetcher:
        answer = fetcher.fetch(publisher.at("/a"))
        assert isinstance(answer, FetchedPage)
        assert answer.is_cut is is_cut
        assert BODY.startswith(answer.body)
        assert len(answer.body) > (len(BODY) // 2 if is_cut else len(BODY) - 1)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip", "deflate"])
def test_what_cannot_be_unpacked_at_all_is_a_failure_that_says_why(coding: str) -> None:
    sent = packed(b"nothing of any coding; " * 100, coding)
    with publishing(lambda _: sent) as publisher, fetching() as fetcher:
        answer = fetcher.fetch(publisher.at("/a"))
        assert isinstance(answer, FetchFailed)
        assert "cannot be unpacked" in answer.problem
        assert not answer.is_lasting


def entries(base: str) -> bytes:
    told = "".join(
        f"<item><title>Announcement number {n} of this autumn</title><link>{base}/n/{n}</link>"
        f"<guid>{base}/n/{n}</guid><description>What is said under {n}.</description></item>\n"
        for n in range(30)
    )
    return f'<rss version="2.0"><channel><title>A</title>{told}</channel></rss>'.encode()


class Cut:
    """A feed of 30 entries at /feed, packed, of which ``missing`` bytes or a share do not come."""

    def __init__(self, way: str) -> None:
        self.way = way
        self.missing = 0.0

    def __call__(self, request: Request) -> Response:
        if request.path != "/feed":
            return Response(status=404)
        body = gzip.compress(entries(f"http://{request.header('Host')}"), mtime=0)
        share = 1 if self.missing >= 1 else len(body)
        body = body[: len(body) - int(self.missing * share)]
        fields = (*FIELDS, ("ETag", f'"{self.missing}"'))
        if self.way == "file":
            return Response(headers=fields, body=body)
        return packed(body, "gzip", *fields)


@pytest.mark.parametrize("missing", [4, 0.5])
@pytest.mark.parametrize("way", ["coding", "file"])
def test_nothing_is_withdrawn_by_a_list_that_is_cut_and_the_report_says_so(
    database: Database, osce: Taxonomy, missing: float, way: str
) -> None:
    site = Cut(way)
    with publishing(site) as publisher, asking() as fetcher:
        its = Asking(source="news", fetcher=fetcher, originals=lambda _: None)
        source = WebSource(
            url=publisher.at("/feed"),
            asking=its,
            understand=lambda document: understand(document, osce),
            scope=CrawlScope(complete=True),
            every=EVERY,
        )
        whole = polled(database, osce, source)
        assert (whole.added, whole.problems) == (30, ())
        site.missing = missing
        cut = polled(database, osce, source)
        assert (cut.added, cut.withdrawn) == (0, 0)
        (problem,) = cut.problems
        assert "/feed: it came cut short; what came of it is read" in problem
        with database.reading() as connection:
            standing = standings.of(connection, "news")
        assert standing is not None
        assert (standing.state, standing.failures) == (State.OK, 0)
        assert "cut short" in standing.problem
        site.missing = 0
        again = polled(database, osce, source)
        assert (again.added, again.withdrawn, again.problems) == (0, 0, ())


def halved() -> Handler:
    """A feed of one entry, and its page, of which half comes once."""
    asked = 0

    def answer(request: Request) -> Response:
        nonlocal asked
        base = f"http://{request.header('Host')}"
        if request.path == "/feed":
            told = (
                f"<item><title>Bridge opened in the north</title><link>{base}/n</link><guid>{base}"
                "/n</guid><description>The bridge links two towns.</description></item>"
            )
            body = f'<rss version="2.0"><channel><title>A</title>{told}</channel></rss>'
            return Response(headers=FIELDS, body=body.encode())
        if request.path != "/n":
            return Response(status=404)
        asked += 1
        text = "".join(f"<p>The bridge has {n} lamps on its side.</p>" for n in range(400))
        page = f"<html><body><article><h1>Bridge opened in the north</h1>{text}</article></html>"
        whole = gzip.compress(page.encode(), mtime=0)
        fields = (("Content-Type", "text/html"), ("ETag", '"1"'))
        return packed(whole[: len(whole) // 2] if asked == 1 else whole, "gzip", *fields)

    return answer


def test_half_a_page_is_no_text_of_its_item_and_is_asked_for_again(
    database: Database, osce: Taxonomy
) -> None:
    with desk(database, osce, halved()) as taking:
        report = taking.ingest("/feed")
        assert (report.added, report.quarantined) == (1, 1)
        assert taking.rows[0].body == ""
        with database.reading() as connection:
            (refusal,) = documents.refusals(connection)
        assert "cut off" in str(refusal.refused)
        assert taking.ingest("/feed").revised == 1
        assert "399 lamps" in taking.rows[0].body


def test_a_page_that_lacks_nothing_but_the_end_of_its_packing_is_whole(
    database: Database, osce: Taxonomy
) -> None:
    text = "".join(f"<p>The bridge has {n} lamps on its side.</p>" for n in range(40))
    page = f"<html>{ARTICLE}<body><article><h1>Bridge opened</h1>{text}</article></html>\n"
    fields = (("Content-Type", "text/html"),)
    sent = packed(gzip.compress(page.encode())[:-4], "gzip", *fields)
    with desk(database, osce, lambda _: sent) as taking:
        assert taking.ingest("/n").added == 1
        assert taking.ingest("/n").added == 0


SILENT = b'<rss version="2.0"><channel><item/><item><x/></item>'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (SILENT + b"</channel></rss>", ("it shows 2 entries, and none says anything",)),
        (
            SILENT + b"<item><title>Bri",
            (
                "/feed: it came cut short; what came of it is read",
                "it shows 3 entries, and none says anything",
            ),
        ),
    ],
    ids=["whole", "cut"],
)
def test_a_feed_whose_entries_all_say_nothing_is_told_of(
    database: Database, osce: Taxonomy, body: bytes, said: tuple[str, ...]
) -> None:
    fields = (("Content-Type", "application/rss+xml"),)
    site = lambda _: Response(headers=fields, body=body)  # noqa: E731
    with publishing(site) as publisher, asking() as fetcher:
        source = WebSource(
            url=publisher.at("/feed"),
            asking=Asking(source="news", fetcher=fetcher, originals=lambda _: None),
            understand=lambda document: understand(document, osce),
            scope=CrawlScope(),
            every=EVERY,
        )
        (problem,) = polled(database, osce, source).problems
    assert problem.endswith("; ".join(said))
