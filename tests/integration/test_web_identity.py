"""What a publisher states tells its items apart, and is followed where it changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from feeds.ingest.report import ItemOutcome
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.publisher.server import Request, Response
from tests.publisher.taking import desk

STATEMENT = "As delivered at the meeting of the Permanent Council in Vienna."
BODIES = """\
Buses, carts and hikers cross the gorge from today on, on a road that two villages had wished for.
Water was what most of them spoke about: who may take it, who pays, and what happens in August.
Observers saw an orderly count in nine of ten polling stations, and long queues in the tenth one.
It took four years to build and cost less than planned, the district said, and trains cross it now.
""".splitlines()
TITLES = (
    "New bridge opened in the north",
    "Mayors of twelve towns meet",
    "Report on the spring elections",
    "Railway bridge opened in the south",
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a feed says of an item, and its page."""

    path: str
    title: str
    text: str = ""
    body: str = ""
    guid: str = ""
    at: datetime = datetime(2026, 2, 26, 9, tzinfo=UTC)
    head: str = ""

    @property
    def page(self) -> str:
        return (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{self.title}'
            f"</title>{self.head}</head><body><main><article><h1>{self.title}</h1>"
            f'<time datetime="{self.at.date()}">{self.at.date()}</time>'
            f"<p>{self.text}</p><p>{self.body}</p></article></main></body></html>"
        )


@dataclass
class Press:
    """A site of entries: each has a page, /feed.xml and /sitemap.xml list them."""

    entries: Sequence[Entry]
    moved: dict[str, str] = field(default_factory=dict)

    def __call__(self, request: Request) -> Response:
        base = f"http://{request.header('Host')}"
        if request.path == "/feed.xml":
            return self._answer("application/rss+xml", self._feed(base))
        if request.path == "/sitemap.xml":
            return self._answer("application/xml", self._sitemap(base))
        for entry in self.entries:
            if entry.path.partition("#")[0] == request.target and entry.body:
                return self._answer("text/html", entry.page.replace("BASE", base))
        if there := self.moved.get(request.path):
            return Response(status=301, headers=(("Location", base + there),))
        return Response(status=404)

    def _answer(self, media_type: str, body: str) -> Response:
        return Response(headers=(("Content-Type", media_type),), body=body.encode())

    def _feed(self, base: str) -> str:
        items = "".join(
            f"<item><title>{one.title}</title><link>{base}{one.path}</link>"
            f'<guid isPermaLink="false">{one.guid or base + one.path}</guid>'
            f"<pubDate>{format_datetime(one.at)}</pubDate>"
            f"<description>{one.text}</description></item>"
            for one in self.entries
        )
        head = f"<title>Press</title><link>{base}/</link><description>d</description>"
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'

    def _sitemap(self, base: str) -> str:
        urls = "".join(
            f"<url><loc>{base}{one.path}</loc><lastmod>{one.at.date()}</lastmod></url>"
            for one in self.entries
        )
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        return f'<?xml version="1.0"?><urlset xmlns="{space}">{urls}</urlset>'


def stories(*paths: str, head: str = "") -> list[Entry]:
    """Items that have nothing in common but their site."""
    return [
        Entry(
            path=path,
            title=title,
            text=f"{title}, as was announced {number} days ago in the capital.",
            body=body,
            head=head,
        )
        for number, (path, title, body) in enumerate(zip(paths, TITLES, BODIES, strict=False))
    ]


def statements(text: str = "") -> list[Entry]:
    title = "Statement by the Chairperson at the Permanent Council"
    return [
        Entry(
            path=f"/statements/{name}",
            guid=f"st-2026-{number}",
            title=title,
            text=text,
            at=datetime(2026, 2, 26, 10, number, tzinfo=UTC),
        )
        for number, name in enumerate(("on-the-north", "on-the-budget", "on-a-journalist"), 1)
    ]


def advisories() -> list[Entry]:
    said = (
        "The heads of the observation mission will present their preliminary statement at a news "
        "conference following the vote. Journalists are invited to attend in the Press Centre in "
        "{} on Monday, and should register by e-mail with their name and passport number."
    )
    return [
        Entry(
            path=f"/advisories/{town.lower()}",
            guid=f"adv-{town.lower()}",
            title=f"Observers to hold news conference in {town}",
            text=said.format(town),
        )
        for town in ("Ashvale", "Brookmoor", "Cliffhaven")
    ]


# -- Told apart ------------------------------------------------------------------------------------


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("entries", [statements(), statements(STATEMENT), advisories()])
def test_entries_with_ids_and_addresses_of_their_own_are_different_items(
    database: Database, osce: Taxonomy, entries: Sequence[Entry], follow: bool
) -> None:
    if follow:
        entries = [replace(one, body=body) for one, body in zip(entries, BODIES, strict=False)]
    with desk(database, osce, Press(entries)) as taking:
        assert taking.ingest("/feed.xml", follow=follow).added == 3
        again = taking.ingest("/feed.xml", follow=follow)
        assert (again.added, again.revised) == (0, 0)
        assert sorted(taking.places) == sorted(one.path for one in entries)


@pytest.mark.parametrize("window", [1, 2, 3])
def test_a_briefing_of_every_day_is_an_item_of_every_day(
    database: Database, osce: Taxonomy, window: int
) -> None:
    """However few of them the feed shows."""
    days = [
        Entry(
            path=f"/briefings/2026-02-{day}",
            title="Noon briefing of the spokesperson",
            text="Highlights of the noon briefing, with video and transcript of the answers.",
            at=datetime(2026, 2, day, 12, tzinfo=UTC),
        )
        for day in (23, 24, 25)
    ]
    press = Press([])
    with desk(database, osce, press) as taking:
        for last in (1, 2, 3):
            press.entries = days[max(0, last - window) : last][::-1]
            assert taking.ingest("/feed.xml", follow=False).added == 1


@pytest.mark.parametrize("start", ["/feed.xml", "/sitemap.xml"])
@pytest.mark.parametrize("follow", [False, True])
def test_a_number_is_no_name_where_each_section_counts_its_own(
    database: Database, osce: Taxonomy, start: str, follow: bool
) -> None:
    paths = ("/news/10001", "/statements/10001", "/events/20261125", "/press/20261125")
    with desk(database, osce, Press(stories(*paths))) as taking:
        if follow or start == "/feed.xml":
            assert taking.ingest(start, follow=follow).added == 4
            assert taking.ingest(start, follow=follow).revised == 0
            assert sorted(taking.places) == sorted(paths)


@pytest.mark.parametrize("start", ["/feed.xml", "/sitemap.xml"])
@pytest.mark.parametrize(
    "head",
    [
        '<link rel="canonical" href="BASE/newsroom/latest">',
        '<meta property="og:url" content="BASE/newsroom/latest">',
        '<link rel="canonical" href="latest">',
    ],
)
def test_a_canonical_address_that_all_pages_give_names_none(
    database: Database, osce: Taxonomy, head: str, start: str
) -> None:
    press = Press(stories("/n/bridge", "/n/mayors", "/n/report", head=head))
    with desk(database, osce, press) as taking:
        assert taking.ingest(start).added == 3
        again = taking.ingest(start)
        assert (again.added, again.revised) == (0, 0)
        assert sorted(taking.places) == ["/n/bridge", "/n/mayors", "/n/report"]
        press.entries = [
            replace(one, text=f"{one.text} Corrected.", at=one.at.replace(day=27))
            for one in press.entries
        ]
        corrected = taking.ingest(start)
        assert (corrected.added, corrected.revised) == (0, 3)
        assert sorted(taking.places) == ["/n/bridge", "/n/mayors", "/n/report"]


def test_a_canonical_address_of_all_pages_names_none_if_they_come_one_by_one(
    database: Database, osce: Taxonomy
) -> None:
    """In the feed's words each is where the feed says."""
    head = '<link rel="canonical" href="BASE/newsroom/latest">'
    all_of_them = stories("/n/bridge", "/n/mayors", "/n/report", head=head)
    press = Press([])
    with desk(database, osce, press) as taking:
        for last in (1, 2, 3):
            press.entries = all_of_them[:last][::-1]
            assert taking.ingest("/feed.xml").added == 1
        assert taking.places == ["/n/bridge", "/n/mayors", "/n/report"]


@pytest.mark.parametrize("start", ["/feed.xml", "/sitemap.xml"])
def test_a_section_that_its_articles_name_for_their_place_names_none(
    database: Database, osce: Taxonomy, start: str
) -> None:
    """Though each comes by itself, and no other says so yet."""
    head = '<link rel="canonical" href="BASE/world/"><meta property="og:type" content="article">'
    all_of_them = stories("/world/bridge", "/world/mayors", "/world/report", head=head)
    press = Press([])
    with desk(database, osce, press) as taking:
        for last in (1, 2, 3):
            press.entries = all_of_them[:last][::-1]
            assert taking.ingest(start).added == 1
            assert taking.places == [one.path for one in all_of_them[:last]]


@pytest.mark.parametrize("start", ["/feed.xml", "/sitemap.xml"])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
@pytest.mark.parametrize("looks", [1, 3])
def test_an_article_in_two_sections_is_one_item_where_its_pages_say_so(
    database: Database, osce: Taxonomy, start: str, order: Sequence[int], looks: int
) -> None:
    """Whichever comes first, though its list gives it an id and an address of its own in each."""
    head = (
        '<link rel="canonical" href="BASE/world/bridge"><meta property="og:type" content="article">'
    )
    story, other = stories("/world/bridge", "/n/mayors")
    all_of_them = (
        replace(story, head=head),
        replace(story, path="/local/a-bridge-for-us", head=head),
        other,
    )
    press = Press([])
    with desk(database, osce, press) as taking:
        for last in range(4 - looks, 4):
            press.entries = [all_of_them[n] for n in order[:last]][::-1]
            assert taking.ingest(start).quarantined == 0
        assert len(taking.rows) == 2
        again = taking.ingest(start)
        assert (again.added, again.revised) == (0, 0)


@pytest.mark.parametrize("start", ["/feed.xml", "/sitemap.xml"])
def test_items_of_one_title_are_several_though_a_template_gives_all_one_address(
    database: Database, osce: Taxonomy, start: str
) -> None:
    head = '<link rel="canonical" href="BASE/statements/on-the-north">'
    head += '<meta property="og:type" content="article">'
    entries = [
        replace(one, body=body, head=head) for one, body in zip(statements(), BODIES, strict=False)
    ]
    with desk(database, osce, Press(entries)) as taking:
        assert taking.ingest(start).added == 3
        assert sorted(taking.places) == sorted(one.path for one in entries)


def test_links_that_differ_in_their_fragment_are_items(database: Database, osce: Taxonomy) -> None:
    announced = [
        Entry(path=f"/announcements.html#a{n}", title=title, text=f"{title}, in {n} days.")
        for n, title in enumerate(TITLES)
    ]
    press = Press(announced[:1])
    with desk(database, osce, press) as taking:
        for shown, added in ((announced[:1], 1), (announced[1:2], 1), (announced, 2)):
            press.entries = shown
            assert taking.ingest("/feed.xml", follow=False).added == added
        assert taking.places == [one.path for one in announced]


# -- Moved -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", ["/stories/bridge", "/news/bridge?page=2", "/news/bridge/"])
@pytest.mark.parametrize("follow", [False, True])
def test_an_address_that_alone_changed_is_where_its_item_is_from_then_on(
    database: Database, osce: Taxonomy, after: str, follow: bool
) -> None:
    """Its old one may be dead, however little the two differ; it is no news."""
    bridge, mayors = stories("/news/bridge", "/news/mayors")
    bridge = replace(bridge, guid="bridge-1")
    press = Press([bridge, mayors])
    with desk(database, osce, press) as taking:
        assert taking.ingest("/feed.xml", follow=follow).added == 2
        before = {row.slug: row.updated_at for row in taking.rows}
        press.entries = [replace(bridge, path=after), mayors]
        moved = taking.ingest("/feed.xml", follow=follow)
        assert (moved.added, moved.revised) == (0, 1)
        assert sorted(taking.places) == sorted((after, "/news/mayors"))
        assert {row.slug: row.updated_at for row in taking.rows} == before


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("is_redirected", [False, True])
def test_an_item_moves_with_its_address_and_its_correction_arrives(
    database: Database, osce: Taxonomy, follow: bool, is_redirected: bool
) -> None:
    press = Press(stories("/n/bridge", "/n/mayors", "/n/report"))
    with desk(database, osce, press) as taking:
        taking.ingest("/feed.xml", follow=follow)
        first, moving, last = press.entries
        moved = replace(moving, path="/press/mayors-meet")
        press.entries = [first, moved, last]
        press.moved = {moving.path: moved.path} if is_redirected else {}
        assert taking.ingest("/feed.xml", follow=follow).added == 0
        assert sorted(taking.places) == ["/n/bridge", "/n/report", "/press/mayors-meet"]
        corrected = replace(moved, title="Mayors of ten towns meet", text="Ten, not twelve.")
        press.entries = [first, corrected, last]
        report = taking.ingest("/feed.xml", follow=follow)
        assert (report.added, report.revised) == (0, 1)
        assert {row.title for row in taking.rows} >= {"Mayors of ten towns meet"}


@pytest.mark.parametrize(
    "changed", [{"guid": "new-7"}, {"path": "/press/mayors", "title": "Mayors meet"}]
)
def test_an_item_whose_id_or_address_changes_is_no_second_one(
    database: Database, osce: Taxonomy, changed: dict[str, str]
) -> None:
    press = Press([replace(one, guid=f"g{n}") for n, one in enumerate(stories("/a", "/b", "/c"))])
    with desk(database, osce, press) as taking:
        taking.ingest("/feed.xml", follow=False)
        first, other, last = press.entries
        other = replace(other, **changed)  # type: ignore[arg-type]
        press.entries = [first, other, last]
        assert taking.ingest("/feed.xml", follow=False).added == 0
        press.entries = [first, replace(other, text="Corrected: ten mayors."), last]
        report = taking.ingest("/feed.xml", follow=False)
        assert (report.added, report.revised) == (0, 1)
        assert sorted(taking.places) == sorted(one.path for one in press.entries)


def test_a_copy_that_is_taken_for_an_item_is_counted_and_named(
    database: Database, osce: Taxonomy
) -> None:
    press = Press(stories("/a", "/b"))
    with desk(database, osce, press) as taking:
        taking.ingest("/feed.xml")
        press.entries = [replace(one, path=f"/mirror{one.path}") for one in press.entries]
        press.entries = [*press.entries, stories("/c", "/d", "/e")[2]]
        report = taking.ingest("/sitemap.xml")
        assert (report.added, report.copies) == (1, 2)
        copies = [item for item in report.items if item.outcome is ItemOutcome.COPY]
        assert sorted(item.title for item in copies) == sorted(TITLES[:2])
        assert {item.uid for item in copies} == {row.uid for row in taking.rows[:2]}
        assert taking.ingest("/sitemap.xml").copies == 0


@pytest.mark.parametrize("follow", [False, True])
def test_an_item_whose_title_id_and_address_change_at_once_has_moved_with_its_words(
    database: Database, osce: Taxonomy, follow: bool
) -> None:
    """Addresses and ids are often made of the title."""
    press = Press([replace(one, body="") for one in stories("/a", "/b", "/c")])
    with desk(database, osce, press) as taking:
        taking.ingest("/feed.xml", follow=follow)
        first, other, last = press.entries
        renamed = replace(other, title="Water is what mayors speak about", path="/water")
        press.entries = [first, renamed, last]
        report = taking.ingest("/feed.xml", follow=follow)
        assert (report.added, report.revised) == (0, 1)
        assert sorted(taking.places) == ["/a", "/c", "/water"]
        assert renamed.title in taking.items
        again = taking.ingest("/feed.xml", follow=follow)
        assert (again.added, again.revised) == (0, 0)


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("text", [STATEMENT, STATEMENT * 5])
def test_entries_of_one_day_and_text_with_ids_of_their_own_are_as_many_items(
    database: Database, osce: Taxonomy, text: str, follow: bool
) -> None:
    """One after the other too, where a feed shows only its latest."""
    shown = [replace(one, text=text, guid=f"id-{one.path}") for one in stories("/a", "/b", "/c")]
    shown = [replace(one, body=text) for one in shown]
    press = Press([])
    with desk(database, osce, press) as taking:
        for one in shown:
            press.entries = [one]
            assert taking.ingest("/feed.xml", follow=follow).added == 1
        press.entries = shown
        assert taking.ingest("/feed.xml", follow=follow).added == 0
        assert sorted(taking.places) == ["/a", "/b", "/c"]


def dated(number: int, hour: int = 9) -> Entry:
    return Entry(
        path=f"/e/{'abcde'[number]}",
        title=f"Evening with the writer {('Arp', 'Benn', 'Celan', 'Eich', 'Fried')[number]}",
        text="An evening with readings and music in the town hall, free for all.",
        at=datetime(2026, 2, 26, hour, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("before", "after", "added"),
    [
        # One goes, two come; one stays that says the same; two go, one comes; at another moment.
        ((dated(0),), (dated(1), dated(2)), 2),
        ((dated(0), dated(1)), (dated(1), dated(2)), 1),
        ((dated(0), dated(1)), (dated(2),), 1),
        ((dated(0),), (dated(1, 10),), 1),
    ],
)
def test_words_that_a_list_has_for_many_entries_move_none(
    database: Database,
    osce: Taxonomy,
    before: Sequence[Entry],
    after: Sequence[Entry],
    added: int,
) -> None:
    press = Press(before)
    with desk(database, osce, press) as taking:
        assert taking.ingest("/feed.xml", follow=False).added == len(before)
        press.entries = after
        assert taking.ingest("/feed.xml", follow=False).added == added
