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
        self.asked: list[str] = []

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
        self.asked.append(target)
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


class Killed(BaseException):
    """The end of a process that nobody asks."""


def test_what_waits_for_its_list_is_not_asked_for_again_after_a_kill(
    database: Database, osce: Taxonomy
) -> None:
    """What has no day waits: it may turn out that every page says the same."""
    pages = {at(n): page(*WALL) if n in {0, 9} else story(n) for n in range(10)}
    site = County(pages)

    def kill(done: int, _: int | None) -> None:
        raise Killed(done)

    with desk(database, osce, site) as taking:
        with pytest.raises(Killed):
            taking.ingest("/sitemap.xml", progress=kill)
        assert not taking.items
        report = taking.ingest("/sitemap.xml")
        assert (report.added, report.quarantined) == (8, 2)
        assert sorted(each for each in site.asked if each in pages) == sorted(pages)
        assert (taking.ingest("/sitemap.xml").added, len(taking.items)) == (0, 8)


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


@pytest.mark.parametrize(("head", "known_at"), [("", 2), (DAY, 3)])
def test_a_wall_that_was_an_item_is_none_once_others_say_the_same(
    database: Database, osce: Taxonomy, head: str, known_at: int
) -> None:
    """Each new page of later looks meets it again; two pages of one day may be an article's."""
    wall = page(*WALL, head)
    site = County({at(0): story(0), at(1): story(1), at(2): story(2)})
    with desk(database, osce, site) as taking:
        report = taking.ingest("/sitemap.xml")
        assert report.added == 3
        for number in range(3, 3 + known_at):
            assert (WALL[0] in taking.items) is (number > 3)
            site.pages = {**site.pages, at(number): wall}
            report = taking.ingest("/sitemap.xml")
        assert (report.added, report.withdrawn, len(taking.items)) == (0, 1, 3)
        for number in (8, 9):
            site.pages = {**site.pages, at(number): wall}
            report = taking.ingest("/sitemap.xml")
            assert (report.added, report.withdrawn, report.restored) == (0, 0, 0)
            assert WALL[0] not in taking.items
        with database.reading() as connection:
            assert len(documents.refusals(connection)) == known_at + 2
        site.pages = {where: story(n) for n, where in enumerate(site.pages)}
        taking.ingest("/sitemap.xml")
        assert len(taking.items) == 5 + known_at
        assert WALL[0] not in taking.items


def test_a_wall_with_a_day_is_found_out_within_one_look_of_many_batches(
    database: Database, osce: Taxonomy
) -> None:
    pages = {at(n): page(*WALL, DAY) if n in {0, 5, 9} else story(n) for n in range(10)}
    with desk(database, osce, County(pages)) as taking:
        taking.ingest("/sitemap.xml")
        assert len(taking.items) == 7
        assert WALL[0] not in taking.items


def test_an_article_that_moved_is_no_wall(database: Database, osce: Taxonomy) -> None:
    """The list shows its old place no more."""
    site = County({at(0): story(0), at(1): story(1)})
    with desk(database, osce, site) as taking:
        taking.ingest("/sitemap.xml")
        site.pages = {"/archive/x": story(0), at(1): story(1)}
        report = taking.ingest("/sitemap.xml")
        assert (report.quarantined, report.withdrawn, len(taking.items)) == (0, 0, 2)


def plain_page(title: str, text: str) -> bytes:
    """Nothing in its head says what it is."""
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body><nav><a href="/">'
        f"Home</a></nav><main><article><h1>{title}</h1><p>{text}</p><p>Whoever wants to know more"
        f" of {title} asks the office.</p></article></main></body></html>"
    ).encode()


PLAIN = plain_page("Report on the spring elections", "The report finds that the count was orderly.")


@pytest.mark.parametrize("is_later", [False, True])
def test_a_page_that_says_nothing_of_itself_is_an_item_where_its_neighbours_are(
    database: Database, osce: Taxonomy, is_later: bool
) -> None:
    site = County({at(n): story(n) for n in range(3)})
    with desk(database, osce, site) as taking:
        if is_later:
            taking.ingest("/sitemap.xml")
        site.pages = {**site.pages, "/news/report": PLAIN}
        report = taking.ingest("/sitemap.xml")
        assert (report.quarantined, "Report on the spring elections" in taking.items) == (0, True)
        again = taking.ingest("/sitemap.xml")
        assert (again.added, again.revised, again.quarantined) == (0, 0, 0)


@pytest.mark.parametrize(
    "pages",
    [
        # Elsewhere, at the front of the site, among others of which nobody knows.
        {**{at(n): story(n) for n in range(5)}, "/about/report": PLAIN},
        {**{f"/{n}": story(n) for n in range(5)}, "/report": PLAIN},
        {**{f"/en/{n}": story(n) for n in range(5)}, "/en/report": PLAIN},
        {
            **{at(n): story(n) for n in range(3)},
            **{f"/news/{n}": plain_page(f"Mission {n}", f"Mission {n} is here.") for n in range(4)},
            "/news/report": PLAIN,
        },
        {at(0): story(0), at(1): story(1), "/news/report": PLAIN},
    ],
)
def test_a_page_that_says_nothing_of_itself_is_none_where_its_neighbours_do_not_tell(
    database: Database, osce: Taxonomy, pages: Mapping[str, bytes]
) -> None:
    with desk(database, osce, County(pages)) as taking:
        taking.ingest("/sitemap.xml")
        assert "Report on the spring elections" not in taking.items
