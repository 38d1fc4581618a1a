"""Saved selections that settings name otherwise, or no more: no address dies or stays mute."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from lxml import etree, html

from feeds.ingest.retag import follow
from feeds.publish.files import Files
from feeds.publish.past.ended import records
from feeds.publish.rebuild import PublishReport, publish
from feeds.publish.site import SavedSelection
from feeds.publish.store.check import check, repair
from feeds.publish.store.manifest import Retention
from feeds.selection import Selection
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.app.house import House
from tests.builders import a_draft, a_label
from tests.configured import settings_from
from tests.items import IDENTITY, NOON, a_site, store
from tests.lint import lint

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "schema" / "atom.rng"))
SITE = "https://news.example.org"
RIGHTS = a_label("Human rights", "human-rights")
LATER = NOON + timedelta(days=9)


@pytest.fixture
def engine() -> str:
    """As there is one way to publish, whatever the store."""
    return "sqlite"


def saved(name: str, query: str, title: str = "", former: str = "") -> SavedSelection:
    return SavedSelection(
        name=name,
        title=title,
        selection=Selection.parse(query),
        former_names=tuple(former.split()),
    )


COURSES = saved("courses", "q=course", "Courses")
POLICE = saved("police", "field=policing")


class Publisher:
    """A site that is published again and again, each time with other settings, a day later."""

    def __init__(self, folder: Path, database: Database, taxonomy: Taxonomy) -> None:
        self.database = database
        self.taxonomy = taxonomy
        self.public = folder / "public"
        self.day = NOON

    def publish(self, *selections: SavedSelection, **changes: object) -> PublishReport:
        """As the daemon does it: what is stored follows topics and settings first."""
        site = a_site(selections=selections, **changes)
        follow(self.database, self.taxonomy, [*records(site, self.taxonomy)], now=self.day)
        self.day += timedelta(days=1)
        return publish(self.database, self.taxonomy, Files(self.public), site)

    def feed(self, name: str) -> feedparser.FeedParserDict:
        """The feed of a selection, which is valid and perfect."""
        path = f"feeds/selections/{name}.atom"
        content = (self.public / path).read_bytes()
        SCHEMA.assertValid(etree.fromstring(content))
        assert lint(content, f"{SITE}/{path}") == ()
        return feedparser.parse(content)

    def titles(self, name: str) -> Sequence[str]:
        return [entry.title for entry in self.feed(name).entries]

    def page(self, name: str) -> html.HtmlElement:
        return html.fromstring((self.public / f"feeds/selections/{name}/index.html").read_bytes())

    def status(self, path: str) -> str:
        """What our own server is told; "" where the file is there as it is."""
        file = self.public / f"feeds/selections/{path}.status"
        return file.read_text("ascii") if file.exists() else ""


@pytest.fixture
def site(database: Database, few_topics: Taxonomy, tmp_path: Path) -> Publisher:
    store(database, few_topics, [a_draft(title="A course")])
    store(database, few_topics, [a_draft(title="Rights", fields=(RIGHTS,), paragraphs=("No.",))])
    published = Publisher(tmp_path, database, few_topics)
    published.publish(COURSES, POLICE)
    return published


def test_a_selection_that_settings_name_no_more_says_so_in_a_last_entry(site: Publisher) -> None:
    before = site.feed("courses")
    site.publish(POLICE)
    old = site.feed("courses")
    assert site.titles("courses") == ["Courses has ended", "A course"]
    assert (old.feed.id, old.feed.title) == (before.feed.id, before.feed.title)
    assert old.feed.updated == old.entries[0].updated > before.feed.updated
    assert old.entries[0].id == f"tag:{IDENTITY.authority},{IDENTITY.minted}:end/selections/courses"
    assert old.entries[0].link == f"{SITE}/feeds/all/"
    assert site.status("courses.atom") == site.status("courses/index.html") == ""
    assert "Courses has ended." in site.page("courses").find_class("lead")[0].text_content()
    assert "courses" not in (site.public / "feeds.opml").read_text("utf-8")
    # Once: neither a later run nor another change makes it news again.
    first = (site.public / "feeds/selections/courses.atom").read_bytes()
    store(site.database, site.taxonomy, [a_draft(title="Another course")], at=LATER)
    site.publish(POLICE, entries_per_feed=3)
    assert (site.public / "feeds/selections/courses.atom").read_bytes() == first
    # And no more once it is there again.
    site.publish(COURSES, POLICE)
    assert site.titles("courses") == ["Another course", "A course"]


def test_a_place_under_a_name_ends_too_and_its_topic_does_not(site: Publisher) -> None:
    history = (site.public / "feeds/fields/policing.atom").read_bytes()
    site.publish(COURSES)
    assert site.titles("police") == ["Policing has ended", "A course"]
    site.publish(COURSES, entries_per_feed=1)
    site.publish(COURSES)
    assert (site.public / "feeds/fields/policing.atom").read_bytes() == history


def test_a_feed_of_a_topic_under_a_name_has_an_id_of_its_own(site: Publisher) -> None:
    topical = feedparser.parse((site.public / "feeds/fields/policing.atom").read_bytes())
    ids = f"tag:{IDENTITY.authority},{IDENTITY.minted}:feed"
    assert site.feed("police").feed.id == f"{ids}/selections/police"
    assert topical.feed.id == f"{ids}/fields/policing"


def test_another_query_or_title_under_one_name_is_no_end(site: Publisher) -> None:
    before = site.feed("courses")
    site.publish(saved("courses", "field=human-rights", "Other"), POLICE)
    now = site.feed("courses")
    assert (now.feed.id, now.feed.title) == (before.feed.id, "Other · OSCE")
    assert site.titles("courses") == ["Rights"]
    # What it held last is what it held under its last definition.
    site.publish(POLICE)
    assert site.titles("courses") == ["Other has ended", "Rights"]


def test_a_selection_under_another_name_keeps_its_id_and_its_old_address_leads_there(
    site: Publisher,
) -> None:
    before = site.feed("courses")
    site.publish(saved("training", "q=course", "Courses", former="courses"), POLICE)
    now, old = site.feed("training"), site.feed("courses")
    assert site.titles("training") == ["A course"]
    assert site.titles("courses") == ["This feed has moved: Courses", "A course"]
    assert now.feed.id == old.feed.id == before.feed.id
    for form in ("atom", "rss", "json"):
        assert site.status(f"courses.{form}") == f"308 /feeds/selections/training.{form}\n"
    assert site.status("courses/index.html") == "308 /feeds/selections/training/\n"
    [refresh] = site.page("courses").xpath("//meta[@http-equiv='refresh']/@content")
    assert refresh == f"0; url={SITE}/feeds/selections/training/"
    # Under the next name both are found in one step.
    site.publish(saved("lessons", "q=course", former="courses training"), POLICE)
    assert site.status("courses.atom") == site.status("training.atom")
    assert site.status("courses.atom") == "308 /feeds/selections/lessons.atom\n"
    assert site.feed("lessons").feed.id == before.feed.id
    # What ends under its last name leaves the way there.
    site.publish(POLICE)
    assert site.status("courses.atom") == "308 /feeds/selections/lessons.atom\n"
    assert site.status("lessons.atom") == ""
    assert site.titles("lessons")[0].endswith(" has ended")
    assert site.feed("lessons").feed.id == before.feed.id


def test_an_id_stays_what_it_was_first_whatever_settings_say_by_now(site: Publisher) -> None:
    before = site.feed("courses").feed.id
    site.publish(saved("training", "q=course", former="courses"), POLICE)
    site.publish(saved("courses", "q=course", former="training"), POLICE)
    assert site.feed("courses").feed.id == site.feed("training").feed.id == before
    site.publish(saved("training", "q=course", former="courses"), POLICE)
    site.publish(saved("training", "q=course"), POLICE)
    assert site.feed("training").feed.id == site.feed("courses").feed.id == before


@pytest.mark.parametrize("query", ["field=policing", "field=policing&q=officers"])
def test_the_history_under_a_name_leads_on_too(site: Publisher, query: str) -> None:
    for number in range(2):
        store(site.database, site.taxonomy, [a_draft(title=f"Another course {number}")])
    site.publish(COURSES, saved("police", query), entries_per_feed=1)
    there = (site.public / "feeds/selections/police/2026-11.atom").read_bytes()
    cops = saved("cops", query, former="police")
    site.publish(COURSES, cops, entries_per_feed=1)
    assert site.status("police/2026-11.atom") == "308 /feeds/selections/cops/2026-11.atom\n"
    now = (site.public / "feeds/selections/cops/2026-11.atom").read_bytes()
    assert feedparser.parse(now).feed.id == feedparser.parse(there).feed.id
    site.publish(COURSES, entries_per_feed=1)
    assert site.status("police.atom") == "308 /feeds/selections/cops.atom\n"
    pages = (site.public / "feeds/selections/police").rglob("*.atom")
    assert all(page.read_bytes() for page in pages)


def test_repairing_and_sweeping_leave_what_ended(site: Publisher) -> None:
    site.publish(POLICE)
    whole = (
        site.database,
        site.taxonomy,
        Files(site.public),
        a_site(selections=(POLICE,)),
    )
    assert check(*whole) == ()
    path = site.public / "feeds/selections/courses.atom"
    content = path.read_bytes()
    path.unlink()
    found = check(*whole)
    assert [each.path for each in found] == ["feeds/selections/courses.atom"]
    repair(*whole, found, kept=Retention(now=LATER, unreferenced=timedelta()))
    assert path.read_bytes() == content
    assert check(*whole) == ()


def test_an_end_is_the_same_in_a_folder_that_was_lost(site: Publisher) -> None:
    now = (saved("cops", "field=policing", former="police"),)
    site.publish(*now)
    files = {path: path.read_bytes() for path in site.public.rglob("*") if path.is_file()}
    for path in files:
        path.unlink()
    site.publish(*now)
    assert {path: path.read_bytes() for path in files} == files


def test_what_is_withdrawn_leaves_the_feed_that_ended_too(site: Publisher) -> None:
    site.publish(POLICE)
    with site.database.writing() as connection:
        write_items.set_hidden(connection, [1], {"withdrawn_at": LATER}, LATER)
    assert "feeds/selections/courses.atom" in site.publish(POLICE).files
    assert site.titles("courses") == ["Courses has ended"]


def test_a_selection_of_a_topic_that_is_renamed_meanwhile_holds_what_it_held(
    site: Publisher,
) -> None:
    """As one change of the taxonomy and the settings is seen by one run."""
    text = '[[field]]\nslug = "police-work"\nlabel = "Police"\nformer_slugs = ["policing"]\n'
    site.taxonomy = Taxonomy.from_toml(text)
    site.publish(replace(COURSES, title="Lessons"))
    assert site.titles("police") == ["Policing has ended", "A course"]
    assert site.titles("courses") == ["A course"]


def test_a_repair_right_after_settings_changed_leaves_a_last_entry(tmp_path: Path) -> None:
    """Before anybody published by the new ones."""
    (tmp_path / "own.toml").write_text('[[field]]\nslug = "net"\nlabel = "The net"\n')
    own = 'site.authority = "example.org"\nsite.taxonomy = "own.toml"\n'
    named = '[[selections]]\nname = "courses"\nquery = "q=course"\ntitle = "Courses"\n'
    file = tmp_path / "fieldfare.toml"
    with House(settings_from(file, f"{own}{named}"), clock=lambda: NOON) as house:
        house.publish()
        path = house.settings.publish.directory / "feeds/selections/courses.atom"
        assert feedparser.parse(path.read_bytes()).entries == []
    with House(settings_from(file, own), clock=lambda: LATER) as house:
        assert house.check_published(repair=True)
        [last] = feedparser.parse(path.read_bytes()).entries
        assert last.title == "Courses has ended"
        assert house.check_published() == ()
