"""Selections that settings give a name are feeds like all others."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest

from feeds.publish.files import Files
from feeds.publish.rebuild import PublishReport, publish
from feeds.publish.site import SavedSelection
from feeds.selection import Selection
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft, a_label
from tests.items import NOON, a_site, revise, store

RIGHTS = a_label("Human rights", "human-rights")
LATER = NOON + timedelta(hours=1)
SITE = a_site(
    selections=tuple(
        SavedSelection(name=name, title=title, selection=Selection.parse(query))
        for name, title, query in (
            ("courses", "Courses for police", "field=policing&q=course"),
            ("rights-or-police", "", "field=policing&field=human-rights&type=news"),
            ("police", "", "field=policing"),
        )
    )
)


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


def published(database: Database, taxonomy: Taxonomy, public: Path) -> PublishReport:
    return publish(database, taxonomy, Files(public), SITE)


def titles(public: Path, name: str) -> Sequence[str]:
    feed = feedparser.parse((public / f"feeds/selections/{name}.atom").read_bytes())
    return [entry.title for entry in feed.entries]


def test_a_saved_selection_is_a_feed_in_every_form_with_a_page(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    store(
        database, few_topics, [a_draft(title="A course"), a_draft(title="Rights", fields=(RIGHTS,))]
    )
    store(database, few_topics, [a_draft(title="Talks", paragraphs=("They talked.",), summary="")])
    report = published(database, few_topics, public)
    assert titles(public, "courses") == ["A course"]
    assert sorted(titles(public, "rights-or-police")) == ["A course", "Rights", "Talks"]
    assert titles(public, "police") == ["Talks", "A course"]
    feed = feedparser.parse((public / "feeds/selections/courses.atom").read_bytes()).feed
    assert feed.title == "Courses for police · OSCE"
    assert feed.id == "tag:news.example.org,2026-01-01:feed/selections/courses"
    for name in ("courses.rss", "courses.json", "courses/index.html"):
        assert f"feeds/selections/{name}" in report.files
    assert "Human rights or Policing · News" in (
        public / "feeds/selections/rights-or-police/index.html"
    ).read_text("utf-8")
    assert "/feeds/selections/courses.atom" in (public / "feeds.opml").read_text("utf-8")
    assert "/feeds/selections/courses/" in (public / "index.html").read_text("utf-8")


def test_it_is_made_anew_with_what_comes_changes_and_goes(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    one, two = store(database, few_topics, [a_draft(title=f"Course {n}") for n in range(2)])
    published(database, few_topics, public)
    before = feedparser.parse((public / "feeds/selections/courses.atom").read_bytes()).feed
    revise(
        database, few_topics, one, a_draft(title="No", paragraphs=("Nothing.",), summary=""), LATER
    )
    with database.writing() as connection:
        write_items.set_hidden(connection, [two.number], {"withdrawn_at": LATER}, LATER)
    store(database, few_topics, [a_draft(title="Another course")], at=LATER)
    published(database, few_topics, public)
    assert titles(public, "courses") == ["Another course"]
    after = feedparser.parse((public / "feeds/selections/courses.atom").read_bytes()).feed
    assert after.updated > before.updated
    assert published(database, few_topics, public).files == ()
