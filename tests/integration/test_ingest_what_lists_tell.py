"""What a list tells is an item, whatever its page does, and each of its entries is one."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime

import pytest

from feeds.draft import Habits
from feeds.errors import SourceError
from feeds.model import Enclosure
from feeds.storage import read_items
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.pdf import a_pdf
from tests.publisher.server import Handler, Request, Response
from tests.publisher.taking import NOW, desk

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 40
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = b"PK\x03\x04" + bytes(22) + b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.textPK"
SHELL = b'<!DOCTYPE html><html><head><title>Newsroom</title></head><body>%b<div id="root"></div>'
WALL = b"""<html lang="en"><title>Before you continue</title><main><h1>We value your privacy</h1>
<p>We and our 842 partners store and access data on a device, such as unique identifiers.</p>
<p>You may click to consent to our processing as described above, or refuse to.</p></main>"""
LOADING = b"<title>Newsroom</title><p>Please wait while we load the page.</p>"
CUT = b"<!DOCTYPE html><html><body><div><article><h1>Title</h1><p>The study of three ri"


def entry(n: int, link: str, more: str = "") -> str:
    day = format_datetime(NOW - timedelta(hours=n))
    return (
        f"<item><title>Announcement number {n} of this autumn</title><link>{link}</link>"
        f'<guid isPermaLink="false">k{n}</guid><pubDate>{day}</pubDate>'
        f"<description>What the office says under {n}, in a sentence.</description>{more}</item>"
    )


def feed(*entries: str) -> Response:
    body = f'<rss version="2.0"><channel><title>Press</title>{"".join(entries)}</channel></rss>'
    return Response(headers=(("Content-Type", "application/rss+xml"),), body=body.encode())


def page(n: int) -> Response:
    text = "".join(f"<p>Sentence {m} of the whole text of announcement {n}.</p>" for m in range(5))
    title = f"Announcement number {n} of this autumn"
    body = f"<html><body><article><h1>{title}</h1>{text}</article></body></html>"
    return Response(headers=(("Content-Type", "text/html"),), body=body.encode())


class Office:
    """A feed of ``count`` entries at /feed.xml, and what their pages answer just now."""

    def __init__(self, count: int, pages: Handler) -> None:
        self.count = count
        self.pages = pages

    def __call__(self, request: Request) -> Response:
        if request.path == "/feed.xml":
            base = f"http://{request.header('Host')}/n"
            return feed(*(entry(n, f"{base}/item-{n}.html") for n in range(1, self.count + 1)))
        answer = self.pages(request) if request.path.startswith("/n/") else Response(status=404)
        assert isinstance(answer, Response)
        return answer


def refusing(status: int, **headers: str) -> Handler:
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return lambda _: Response(status=status, headers=fields, body=b"No.")


def showing(body: bytes, kind: str = "text/html; charset=utf-8") -> Handler:
    return lambda _: Response(headers=(("Content-Type", kind),), body=body)


def whole(request: Request) -> Response:
    return page(int(request.path.rpartition("-")[2].partition(".")[0]))


def stored(database: Database) -> Sequence[tuple[str, str, tuple[Enclosure, ...]]]:
    with database.reading() as connection:
        items = read_items.read(connection)
    return sorted((item.title, item.body, item.enclosures) for item in items)


@pytest.mark.parametrize(
    "pages",
    [
        refusing(401),
        refusing(403),
        refusing(404),
        refusing(429),
        refusing(429, Retry_After="2"),
        refusing(500),
        refusing(503, Retry_After="86400"),
        showing(b""),
        showing(SHELL % b""),
        showing(SHELL % b"<noscript>You need to enable JavaScript to run this app.</noscript>"),
        showing(CUT),
        showing(PDF),
        showing(b"<p>" * 700_000),
        showing(b"\0\1\2\3" * 100),
        showing(b"x" * 3_000_000),
    ],
    ids=[
        *("401", "403", "404", "429", "429 later", "500", "503 later", "nothing", "a shell"),
        *("a shell with a hint", "cut off", "a file", "harmful", "binary", "too large"),
    ],
)
def test_a_list_whose_pages_give_nothing_loses_nothing(
    database: Database, osce: Taxonomy, pages: Handler
) -> None:
    site = Office(30, pages)
    with desk(database, osce, site) as taking:
        assert taking.ingest("/feed.xml").added == 30
        with suppress(SourceError):  # who wants a pause gets it
            again = taking.ingest("/feed.xml")
            assert (again.added, again.revised) == (0, 0)
        assert len(taking.items) == 30


@pytest.mark.parametrize("body", [WALL, LOADING], ids=["a wall", "loading"])
def test_a_page_that_says_nothing_of_what_its_list_tells_is_not_the_items(
    database: Database, osce: Taxonomy, body: bytes
) -> None:
    site = Office(3, showing(body))
    with desk(database, osce, site) as taking:
        assert taking.ingest("/feed.xml").added == 3
        assert [body for _, body, _ in stored(database)] == ["", "", ""]
        site.pages = whole
        assert taking.ingest("/feed.xml").revised == 3
        # Who has the whole text keeps it.
        site.pages = showing(body)
        assert taking.ingest("/feed.xml").revised == 0
        assert all("whole text" in body for _, body, _ in stored(database))


def test_pages_that_come_later_complete_what_the_list_told(
    database: Database, osce: Taxonomy
) -> None:
    site = Office(30, refusing(403))
    with desk(database, osce, site) as taking:
        taking.ingest("/feed.xml")
        site.pages = whole
        report = taking.ingest("/feed.xml")
        assert (report.added, report.revised) == (0, 30)
        assert all("whole text" in body for _, body, _ in stored(database))


def test_pages_that_give_nothing_are_asked_for_ever_more_seldom(
    database: Database, osce: Taxonomy
) -> None:
    site = Office(3, refusing(403))
    with desk(database, osce, site) as taking:
        for _ in range(48):
            taking.ingest("/feed.xml")
        asked = [at for at in taking.publisher.paths if at == "/n/item-2.html"]
        # After 0, 1, 2, 4, 8, 16 and 32 hours.
        assert len(asked) == 7
        assert len(taking.publisher.asked("/feed.xml")) == 48


def test_a_site_that_wants_a_pause_is_not_asked_on(database: Database, osce: Taxonomy) -> None:
    site = Office(30, refusing(429, Retry_After="3600"))
    with desk(database, osce, site) as taking:
        taking.ingest("/feed.xml")
        assert len([at for at in taking.publisher.paths if at.startswith("/n/")]) == 1


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (PDF, "application/pdf", "application/pdf"),
        (PDF, "text/html", "application/pdf"),
        (b"%PDF-1.7\nall of it in plain letters\n", "application/octet-stream", "application/pdf"),
        (b"PK\x03\x04" + bytes(range(256)), DOCX, DOCX),
        (ODT, "application/zip", "application/vnd.oasis.opendocument.text"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)), "image/jpeg", "image/jpeg"),
    ],
)
def test_a_file_behind_an_entry_is_its_enclosure_and_its_address(
    database: Database, osce: Taxonomy, body: bytes, kind: str, told: str
) -> None:
    site = Office(2, showing(body, kind))
    with desk(database, osce, site) as taking:
        report = taking.ingest("/feed.xml")
        assert (report.added, report.quarantined) == (2, 0)
        with database.reading() as connection:
            items = read_items.read(connection)
        for item in items:
            assert item.url is not None
            assert item.enclosures == (Enclosure(url=item.url, media_type=told, length=len(body)),)
        assert taking.ingest("/feed.xml").unchanged == 3


@pytest.mark.parametrize(
    ("kind", "length", "told"),
    [
        ("application/zip", 3_000_000, ("application/zip", 3_000_000)),
        ("video/mp4; codecs=avc1", 3_000_000, ("video/mp4", 3_000_000)),
        ("application/octet-stream", 3_000_000, ("application/octet-stream", 3_000_000)),
        ("application/pdf", None, ("application/pdf", None)),
        ("text/html; charset=utf-8", 3_000_000, None),
    ],
)
def test_a_file_too_large_to_be_had_is_its_entrys_enclosure(
    database: Database, osce: Taxonomy, kind: str, length: int | None, told: object
) -> None:
    """By the head of its answer alone, and though its page gave nothing before."""
    body = (b"x" * 1_000_000 for _ in range(9)) if length is None else b"x" * length
    site = Office(1, refusing(503))
    with desk(database, osce, site) as taking:
        assert taking.ingest("/feed.xml").added == 1
        site.pages = lambda _: Response(headers=(("Content-Type", kind),), body=body)
        assert taking.ingest("/feed.xml").revised == (told is not None)
        ((_, _, files),) = stored(database)
        assert [(file.media_type, file.length) for file in files] == [told] * (told is not None)
        assert (taking.ingest("/feed.xml").revised, len(taking.items)) == (0, 1)


def fragments(count: int) -> Handler:
    """A feed whose entries lead to parts of one page, as small offices have."""

    def answer(request: Request) -> Response:
        if request.path == "/feed.xml":
            base = f"http://{request.header('Host')}/all.html"
            return feed(*(entry(n, f"{base}#a{n}") for n in range(count, 0, -1)))
        return page(0) if request.path == "/all.html" else Response(status=404)

    return answer


def test_entries_that_differ_in_their_fragment_alone_are_items_each(
    database: Database, osce: Taxonomy
) -> None:
    added: Mapping[int, int] = {3: 3, 4: 1}
    site = Office(0, refusing(404))
    with desk(database, osce, site) as taking:
        for count, more in added.items():
            taking.publisher.handler = fragments(count)
            report = taking.ingest("/feed.xml")
            assert (report.added, report.revised) == (more, 0)
        assert all("this autumn" in title for title in taking.items)
        with database.reading() as connection:
            urls = {item.url for item in read_items.read(connection)}
        assert len(urls) == 4


@pytest.mark.parametrize("word", ["N/A", "#", "none", "-", "TBD"])
def test_entries_whose_id_and_address_are_words_for_none_are_items_each(
    database: Database, osce: Taxonomy, word: str
) -> None:
    """Whether a list shows them together or one after the other."""
    shown: list[int] = []

    def answer(request: Request) -> Response:
        told = (entry(n, word).replace(f">k{n}<", f">{word}<") for n in shown)
        return feed(*told) if request.path == "/feed.xml" else Response(status=404)

    with desk(database, osce, answer) as taking:
        for numbers, added in (([1], 1), ([2], 1), ([4, 3, 2], 2), ([4, 3], 0)):
            shown[:] = numbers
            report = taking.ingest("/feed.xml")
            assert (report.added, report.revised) == (added, 0)
        assert [(row.url, row.revision) for row in taking.rows] == [(None, 1)] * 4


def test_what_says_nothing_and_what_is_a_copy_is_in_the_report(
    database: Database, osce: Taxonomy
) -> None:
    text = " ".join(
        f"This is sentence {n} of a text that two of its entries have." for n in range(9)
    )
    day = format_datetime(NOW)

    def twin(guid: str) -> str:
        return (
            f"<item><title>Minister opens the bridge over the river</title><guid>{guid}</guid>"
            f"<pubDate>{day}</pubDate><content:encoded>{text}</content:encoded></item>"
        )

    first, second = twin("urn:a:1"), twin("urn:a:2")
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'

    def answer(request: Request) -> Response:
        entries = "<item/><item><pubDate>today</pubDate></item>" + (
            first if request.path == "/one.xml" else second
        )
        body = f'<rss version="2.0" {space}><channel><title>A</title>{entries}</channel></rss>'
        return Response(headers=(("Content-Type", "application/rss+xml"),), body=body.encode())

    with desk(database, osce, answer) as taking:
        one = taking.ingest("/one.xml")
        assert [(each.entries, each.document[-8:]) for each in one.dropped] == [(2, "/one.xml")]
        assert one.copies == 0
        two = taking.ingest("/two.xml")
        assert (two.added, two.copies, len(two.dropped)) == (0, 1, 1)
        (copy,) = two.items
        assert (copy.title, copy.uid) == (
            "Minister opens the bridge over the river",
            one.items[0].uid,
        )
        again = taking.ingest("/two.xml")
        assert (again.dropped, again.copies) == ((), 0)


def test_the_text_of_a_pdf_is_read_where_the_source_says_so(
    database: Database, osce: Taxonomy
) -> None:
    lines = [f"The office says in its {nth} sentence what it did." for nth in ("first", "second")]
    body = a_pdf(lines * 2)
    site = Office(2, lambda request: showing(PDF if "item-2" in request.path else body)(request))
    with desk(database, osce, site) as taking:
        taking.habits = Habits(pdf_text=True)
        assert taking.ingest("/feed.xml").added == 2
        (_, text, (file,)), (_, nothing, (other,)) = stored(database)
        assert text.count("second sentence") == 2
        assert (file.media_type, file.length) == ("application/pdf", len(body))
        assert (nothing, other.length) == ("", len(PDF))
        assert (taking.ingest("/feed.xml").revised, len(taking.items)) == (0, 2)


def test_pdfs_that_are_there_are_read_once_the_source_says_so(
    database: Database, osce: Taxonomy
) -> None:
    """The item is the same, is told of no second time, and no file is asked for again."""
    lines = [f"The office says in its {nth} sentence what it did." for nth in ("first", "second")]
    body = a_pdf(lines * 2)
    site = Office(3, lambda request: showing(PDF if "item-2" in request.path else body)(request))
    with desk(database, osce, site) as taking:
        assert taking.ingest("/feed.xml").added == 3
        before = [(row.uid, row.updated_at) for row in taking.rows]
        assert taking.ingest("/feed.xml").revised == 0
        asked = len(taking.publisher.paths)
        taking.habits = Habits(pdf_text=True)
        report = taking.ingest("/feed.xml")
        assert (report.added, report.revised, report.quarantined) == (0, 2, 0)
        assert taking.publisher.paths[asked:] == ["/feed.xml"]
        assert [row.body.count("second sentence") for row in taking.rows].count(2) == 2
        assert [(row.uid, row.updated_at) for row in taking.rows] == before
        again = taking.ingest("/feed.xml")
        assert (again.added, again.revised) == (0, 0)
        assert {file.media_type for _, _, (file,) in stored(database)} == {"application/pdf"}
