"""One text at several addresses is no article, and one article may have several addresses."""

from collections.abc import Mapping

import pytest

from feeds.storage import documents
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.publisher.server import Request, Response
from tests.publisher.taking import desk

TOWNS = (
    "Arden",
    "Bexhill",
    "Corby",
    "Dover",
    "Exeter",
    "Frome",
    "Goole",
    "Hythe",
    "Ilford",
    "Jarrow",
)
DAY = '<meta property="article:published_time" content="2026-02-27T09:00:00Z">'
WALL = ("Newsroom of the county", "The office speaks to the press of the county every day.")


def page(title: str, text: str, head: str = "") -> bytes:
    return (
        f'<html lang="en"><head><title>{title}</title><meta property="og:type" content="article">'
        f"{head}</head><body><main><article><h1>{title}</h1><p>{text}</p><p>Whoever wants to know"
        f" more of it asks the office, which is open from Monday to Friday.</p></article></main>"
    ).encode()


def story(number: int, head: str = "") -> bytes:
    town = TOWNS[number]
    return page(
        f"The council of {town} meets", f"In {town} the council met for {number} hours.", head
    )


class County:
    """A sitemap, and the pages it leads to; whatever else is asked for is not there."""

    def __init__(self, pages: Mapping[str, bytes]) -> None:
        self.pages = pages

    def __call__(self, request: Request) -> Response:
        if request.path == "/sitemap.xml":
            base = f"http://{request.header('Host')}"
            urls = "".join(f"<url><loc>{base}{at}</loc></url>" for at in self.pages)
            return Response(
                headers=(("Content-Type", "application/xml"),),
                body=f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}'
                "</urlset>".encode(),
            )
        target = request.target.replace("&", "&amp;")
        body = self.pages.get(target)
        kind = (("Content-Type", "text/html; charset=utf-8"),)
        return Response(headers=kind, body=body) if body else Response(status=404)


def at(number: int) -> str:
    return f"/news/{TOWNS[number].lower()}"


@pytest.mark.parametrize("batches", ["one", "many"])
def test_what_every_page_of_a_site_says_is_no_item(
    database: Database, osce: Taxonomy, batches: str
) -> None:
    """Not even the first, which was read long before the next."""
    walled = [0, 9] if batches == "many" else [0, 1]
    pages = {at(n): page(*WALL) if n in walled else story(n) for n in range(10)}
    site = County(pages)
    with desk(database, osce, site) as taking:
        report = taking.ingest("/sitemap.xml")
        assert (report.added, report.quarantined) == (8, 2)
        assert all("2 addresses" in each.reason for each in report.quarantine)
        assert WALL[0] not in taking.items
        assert taking.ingest("/sitemap.xml").quarantined == 2
        site.pages = {where: story(n) for n, where in enumerate(pages)}
        assert (taking.ingest("/sitemap.xml").added, len(taking.items)) == (2, 10)


def test_a_wall_revises_nothing(database: Database, osce: Taxonomy) -> None:
    site = County({at(n): story(n) for n in range(5)})
    with desk(database, osce, site) as taking:
        assert taking.ingest("/sitemap.xml").added == 5
        told = taking.items
        site.pages = dict.fromkeys(site.pages, page(*WALL))
        report = taking.ingest("/sitemap.xml")
        assert (report.revised, report.added, report.quarantined) == (0, 0, 5)
        assert taking.items == told
        with database.reading() as connection:
            assert len(documents.refusals(connection)) == 5
        site.pages = {at(n): story(n) for n in range(5)}
        assert (taking.ingest("/sitemap.xml").quarantined, taking.items) == (0, told)


@pytest.mark.parametrize(
    ("head", "places"),
    [
        # Two sections.
        ("", ("/world/arden", "/local/arden")),
        ("", ("/world/council-meets", "/local/council-meets")),
        ("", ("/world/4711", "/local/4711")),
        # A version to be printed, for telephones, without an ending.
        ("", ("/news/4711", "/print/news/4711", "/news/4711/amp")),
        ("", ("/news?id=4711", "/news?id=4711&amp;print=1", "/news?utm_source=a&amp;id=4711")),
        ("", ("/news/arden.html", "/news/arden")),
        # Nothing but what the page says.
        ('<link rel="canonical" href="/a/x">', ("/a/x", "/b/y", "/c/z")),
        (DAY, ("/a/x", "/b/y")),
    ],
)
def test_an_article_at_several_addresses_is_one_item(
    database: Database, osce: Taxonomy, head: str, places: tuple[str, ...]
) -> None:
    site = County({**dict.fromkeys(places, story(0, head)), at(1): story(1), at(2): story(2)})
    with desk(database, osce, site) as taking:
        report = taking.ingest("/sitemap.xml")
        assert (report.added, report.quarantined) == (3, 0)
        assert (taking.ingest("/sitemap.xml").added, len(taking.items)) == (0, 3)


@pytest.mark.parametrize(
    ("head", "places"),
    [
        ("", ("/news?id=4711", "/news?id=4712")),
        ("", ("/news/4711/view", "/news/4712/view")),
        (DAY, ("/a/x", "/b/y", "/c/z")),
        ('<link rel="canonical" href="/">', ("/a/x", "/b/y")),
    ],
)
def test_addresses_that_have_nothing_in_common_are_of_no_article(
    database: Database, osce: Taxonomy, head: str, places: tuple[str, ...]
) -> None:
    site = County({**dict.fromkeys(places, page(*WALL, head)), at(1): story(1), at(2): story(2)})
    with desk(database, osce, site) as taking:
        report = taking.ingest("/sitemap.xml")
        assert (report.added, report.quarantined) == (2, len(places))


def test_what_stands_for_a_page_it_says_nothing_of_is_no_other_items_text(
    database: Database, osce: Taxonomy
) -> None:
    """Though it has words of that one's title by chance."""
    wall = page("About us", "The council of Arden meets the press of the county every day.")

    def answer(request: Request) -> Response:
        base = f"http://{request.header('Host')}"
        entries = "".join(
            f"<item><title>{title}</title><link>{base}{at(n)}</link><guid>{base}{at(n)}</guid></item>"
            for n, title in enumerate(("Arden council meets", "Harbour bridge opened"))
        )
        if request.path != "/feed.xml":
            return Response(headers=(("Content-Type", "text/html"),), body=wall)
        body = f'<rss version="2.0"><channel><title>A</title>{entries}</channel></rss>'
        return Response(headers=(("Content-Type", "application/rss+xml"),), body=body.encode())

    with desk(database, osce, answer) as taking:
        assert taking.ingest("/feed.xml").added == 2
        assert [row.body for row in taking.rows] == ["", ""]


def test_a_look_that_ends_early_stores_nothing_it_cannot_judge(
    database: Database, osce: Taxonomy
) -> None:
    pages = {at(n): page(*WALL) if n in {0, 9} else story(n) for n in range(10)}
    site = County(pages)
    with desk(database, osce, site) as taking:

        def answer(request: Request) -> Response:
            if request.path == at(3):
                taking.stopping.set()
            return site(request)

        taking.publisher.handler = answer
        taking.ingest("/sitemap.xml")
        assert WALL[0] not in taking.items
        taking.publisher.handler = site
        taking.stopping.clear()
        taking.ingest("/sitemap.xml")
        assert len(taking.items) == 8
        assert WALL[0] not in taking.items
