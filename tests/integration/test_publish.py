"""Publishing: the published directory shows what the store holds, and touches nothing else."""

import os
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event

import feedparser
import pytest
from lxml import etree
from structlog.testing import capture_logs

from feeds.errors import PublishError, StoreBusy
from feeds.publish.entry import PublishedEntry
from feeds.publish.feed import ATOM, FORMS, JSON_FEED, RSS, feeds_of
from feeds.publish.files import Files
from feeds.publish.formats import atom, jsonfeed, rss
from feeds.publish.rebuild import PublishReport, publish
from feeds.publish.site import Site
from feeds.storage import entries, write_items
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft, a_label
from tests.items import NOON, a_site, issued, revise, store
from tests.lint import lint
from tests.lint_twins import lint_json, lint_rss
from tests.pages import PLENARY, TRAINING, draft_of

SCHEMA = Path(__file__).parents[1] / "schema" / "atom.rng"
LATER = NOON + timedelta(hours=1)
YEARS_AGO = NOON - timedelta(days=4_000)
RIGHTS = a_label("Human rights", "human-rights")


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


#: What lies beside each file.
ENDS = (".br", ".gz", ".zst")


def published(
    database: Database, taxonomy: Taxonomy, public: Path, **changes: object
) -> PublishReport:
    return publish(database, taxonomy, Files(public), a_site(**changes))


def contents(public: Path) -> Mapping[str, bytes]:
    """Every file with its bytes; what was written only to be renamed must be gone."""
    files = [path for path in public.rglob("*") if path.is_file()]
    return {str(path.relative_to(public)): path.read_bytes() for path in files}


def ids(public: Path, path: str) -> list[str]:
    return [entry.id for entry in feedparser.parse((public / path).read_bytes()).entries]


def titles(public: Path, path: str) -> list[str]:
    return [entry.title for entry in feedparser.parse((public / path).read_bytes()).entries]


def assert_perfect(public: Path, site: Site) -> int:
    """Every document is valid by schema and lint; how many feeds there are in each form."""
    schema = etree.RelaxNG(etree.parse(SCHEMA))
    for form, faults in ((ATOM, lint), (RSS, lint_rss), (JSON_FEED, lint_json)):
        for path in public.rglob(f"*.{form.extension}"):
            address = f"{site.url}/{path.relative_to(public)}"
            assert faults(path.read_bytes(), address) == (), address
    for path in public.rglob("*.atom"):
        schema.assertValid(etree.parse(path))
    return len([*public.rglob("*.rss")])


def test_the_two_seeds_are_in_the_feeds_of_their_topics_and_of_those_above(
    database: Database, osce: Taxonomy, few_topics: Taxonomy, public: Path
) -> None:
    drafts = [draft_of(body, osce) for body in (TRAINING, PLENARY)]
    guide, plenary = store(database, few_topics, drafts)
    published(database, few_topics, public)
    both = [plenary.uid, guide.uid]
    assert ids(public, "feeds/all.atom") == both
    assert ids(public, "feeds/fields/policing.atom") == both
    assert ids(public, "feeds/fields/human-rights.atom") == [guide.uid]
    assert ids(public, "feeds/issuers/transnational-threats-department.atom") == both
    assert ids(public, "feeds/issuers/secretariat.atom") == both
    assert ids(public, "feeds/fields/youth.atom") == []


def test_every_topic_gets_a_perfect_feed_even_where_nothing_is_stored(
    database: Database, osce: Taxonomy, public: Path
) -> None:
    report = published(database, osce, public)
    count = len(feeds_of(topic.ref for topic in osce.topics))
    assert assert_perfect(public, a_site()) == report.feeds_written == count
    assert report.feeds_unchanged == 0
    empty = feedparser.parse((public / "feeds/fields/youth.atom").read_bytes())
    assert empty.feed.updated == "2026-01-01T00:00:00+00:00"


def test_feeds_of_wild_items_are_perfect(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    store(
        database,
        few_topics,
        [
            a_draft(title="A \ufffe<b>wild</b> ]]> &amp; title", issued=issued("2026-11-18")),
            a_draft(title="Без даты", language="ru", fields=(RIGHTS, a_label("New & odd", None))),
            a_draft(title="No topics at all", issuers=(), fields=(), content_type=None),
        ],
    )
    store(
        database,
        few_topics,
        [a_draft(url="https://www.osce.org/node/1?a=1&b=2")],
        source="web",
    )
    published(database, few_topics, public)
    assert assert_perfect(public, a_site())
    assert len(ids(public, "feeds/all.atom")) == 4


def test_a_second_run_changes_nothing_byte_for_byte(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    store(database, few_topics, [a_draft()])
    first = published(database, few_topics, public)
    before = contents(public)
    again = published(database, few_topics, public)
    assert (again.feeds_written, again.feeds_unchanged) == (0, first.feeds_written)
    assert again.files == ()
    assert contents(public) == before


def test_everything_made_anew_is_the_same_and_keeps_its_modification_times(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    for path in public.rglob("*"):
        os.utime(path, (1, 1))
    report = publish(database, few_topics, Files(public), a_site(), everything=True)
    assert report.files == ()
    assert {path.stat().st_mtime for path in public.rglob("*") if path.is_file()} == {1}


def test_two_builds_of_the_same_data_have_the_same_bytes(
    database: Database, few_topics: Taxonomy, tmp_path: Path
) -> None:
    store(database, few_topics, [a_draft(), a_draft(title="Another")])
    for name in ("one", "two"):
        publish(database, few_topics, Files(tmp_path / name), a_site(), everything=True)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_new_item_touches_its_feeds_and_no_other(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    [beside] = store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    before = contents(public)
    [item] = store(database, few_topics, [a_draft(title="On rights", fields=(RIGHTS,), issuers=())])
    report = published(database, few_topics, public)
    feeds = [
        f"feeds/{path}" for path in ("all", "fields/human-rights", "types/news", "languages/en")
    ]
    assert report.files == (
        *(f"{feed}.{form.extension}" for form in FORMS for feed in feeds),
        "feeds/changes.atom",
        *(f"{feed}/index.html" for feed in feeds),
        # The page of the one before it leads to it.
        *(f"items/{each.slug}/index.html" for each in (item, beside)),
        "sitemap-items-1.xml",
        "index.html",
    )
    changed = {path for path, body in contents(public).items() if before.get(path) != body}
    assert changed == {f"{path}{end}" for path in report.files for end in ("", *ENDS)}


def test_a_revision_moves_an_item_between_feeds_under_the_same_id(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    [item] = store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    revise(database, few_topics, item, a_draft(title="Corrected", fields=(RIGHTS,)), LATER)
    published(database, few_topics, public)
    assert ids(public, "feeds/fields/policing.atom") == []
    assert ids(public, "feeds/fields/human-rights.atom") == [item.uid]
    assert titles(public, "feeds/all.atom") == ["Corrected"]
    assert "Corrected" in (public / f"items/{item.slug}/index.html").read_text("utf-8")
    assert assert_perfect(public, a_site())


def test_a_feed_holds_the_latest_and_no_more(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    for number in range(5):
        at = NOON + timedelta(days=3 * number)
        store(database, few_topics, [a_draft(title=f"Item {number}")], at=at)
    published(database, few_topics, public, entries_per_feed=3, items_per_page=2)
    assert titles(public, "feeds/all.atom") == ["Item 4", "Item 3", "Item 2"]
    page = (public / "feeds/all/index.html").read_text("utf-8")
    assert [f"Item {number}" in page for number in range(5)] == [False, False, False, True, True]


def updated(public: Path, path: str) -> datetime:
    return datetime.fromisoformat(feedparser.parse((public / path).read_bytes()).feed.updated)


def test_all_that_comes_at_once_is_in_the_feed(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    """Who asks once in two days misses nothing, short of two hundred."""
    plain = partial(a_draft, issuers=(), content_type=None)
    store(database, few_topics, [plain(title=f"Item {number}") for number in range(130)])
    published(database, few_topics, public)
    assert len(ids(public, "feeds/all.atom")) == 130
    store(database, few_topics, [plain(title=f"More {number}") for number in range(130)])
    published(database, few_topics, public)
    assert len(ids(public, "feeds/fields/policing.atom")) == 200
    assert assert_perfect(public, a_site())


def test_corrected_texts_of_long_ago_push_no_news_out(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    """The last ten of them stand beside it."""
    old = store(database, few_topics, [a_draft(title=f"Old {n}") for n in range(60)], at=YEARS_AGO)
    for day in range(12):
        store(
            database, few_topics, [a_draft(title=f"News {day}")], at=NOON - timedelta(days=3 * day)
        )
    for number, item in enumerate(old):
        revise(
            database,
            few_topics,
            item,
            a_draft(title=f"Corrected {number}"),
            LATER + timedelta(0, number),
        )
    published(database, few_topics, public, entries_per_feed=12)
    for path in ("feeds/all.atom", "feeds/fields/policing.atom"):
        assert titles(public, path) == [
            *(f"News {day}" for day in range(12)),
            *(f"Corrected {number}" for number in range(59, 49, -1)),
        ]
    assert updated(public, "feeds/all.atom") >= LATER + timedelta(0, 59)
    assert assert_perfect(public, a_site())


def test_a_feed_of_long_texts_is_no_larger_than_readers_take(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    """The older ones are summaries there, that open as their texts do."""
    long = ["An opening of many words. " * 40, *["Much more is told then. " * 400] * 6]
    plain = partial(a_draft, issuers=(), fields=(), content_type=None)
    drafts = [plain(title=f"Item {n}", summary="", paragraphs=tuple(long)) for n in range(60)]
    store(database, few_topics, drafts)
    published(database, few_topics, public)
    feed = (public / "feeds/all.atom").read_bytes()
    assert 800_000 < len(feed) < 1_050_000
    parsed = feedparser.parse(feed).entries
    assert len(parsed) == 60
    whole = [entry for entry in parsed if "Much more" in entry.content[0].value]
    assert 10 < len(whole) < 20
    assert parsed[: len(whole)] == whole
    assert parsed[-1].summary.startswith("An opening of many words. An opening")
    assert parsed[-1].summary.endswith(" …")
    assert assert_perfect(public, a_site())


def test_a_feed_whose_newest_item_is_withdrawn_was_updated_by_that(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    """And by its return: the date never goes back, and no two documents have one."""
    store(database, few_topics, [a_draft(title="Old")], at=YEARS_AGO)
    one, other = store(database, few_topics, [a_draft(title="One"), a_draft(title="Other")])
    published(database, few_topics, public)
    before = updated(public, "feeds/all.atom")
    with database.writing() as connection:
        for item in (one, other):
            write_items.set_hidden(connection, [item.number], {"withdrawn_at": LATER}, LATER)
    published(database, few_topics, public)
    assert titles(public, "feeds/all.atom") == ["Old"]
    assert before < LATER <= updated(public, "feeds/all.atom")
    assert updated(public, "feeds/fields/policing.atom") >= LATER
    with database.writing() as connection:
        write_items.restore(connection, "own", [one.number], LATER + timedelta(hours=1))
    published(database, few_topics, public)
    assert titles(public, "feeds/all.atom") == ["One", "Old"]
    assert updated(public, "feeds/all.atom") >= LATER + timedelta(hours=1)
    assert assert_perfect(public, a_site())


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other news"},
        {"items_per_page": 7},
        {"url": "https://elsewhere.example"},
        {"language": "ru"},
    ],
)
def test_another_setting_makes_everything_anew_by_itself(
    database: Database, few_topics: Taxonomy, public: Path, change: dict[str, object]
) -> None:
    store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    report = published(database, few_topics, public, **change)
    assert report.files != () or change == {"items_per_page": 7}
    assert published(database, few_topics, public, **change).files == ()
    assert assert_perfect(public, a_site(**change))


def test_other_terms_of_a_source_take_its_texts_away(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    [item] = store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    text = "The course was held in Vienna."
    assert text.encode() in (public / "feeds/all.atom").read_bytes()
    published(database, few_topics, public, terms=())
    shown = [public / "feeds/all.atom", public / f"items/{item.slug}/index.html"]
    assert [text.encode() in path.read_bytes() for path in shown] == [False, False]


def test_a_site_in_a_language_nobody_wrote_words_in_says_so_once(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    with capture_logs() as logs:
        for language in ("nl", "nl", "de-AT"):
            published(database, few_topics, public, language=language)
    [warned] = [each for each in logs if each["log_level"] == "warning"]
    assert (warned["language"], warned["spoken"]) == ("nl", "en")


def test_another_name_of_a_topic_reaches_feeds_and_pages(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    toml = '[[field]]\nslug = "policing"\nlabel = "Police matters"\n'
    renamed = Taxonomy.from_toml(toml)
    publish(database, renamed, Files(public), a_site())
    feed = feedparser.parse((public / "feeds/all.atom").read_bytes())
    assert "Police matters" in [tag.label for tag in feed.entries[0].tags]
    assert "Police matters" in (public / "index.html").read_text("utf-8")


def test_a_directory_that_was_emptied_is_filled_again(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    before = contents(public)
    shutil.rmtree(public)
    published(database, few_topics, public)
    assert contents(public) == before


def test_a_run_that_is_told_to_stop_is_finished_by_the_next(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    store(database, few_topics, [a_draft()])
    stopped = Event()
    stopped.set()
    publish(database, few_topics, Files(public), a_site(), stopping=stopped)
    assert not (public / "index.html").exists()
    with database.reading() as connection:
        assert entries.outstanding(connection).touched
    published(database, few_topics, public)
    assert titles(public, "feeds/all.atom") == [a_draft().title]


def test_a_run_that_is_told_to_stop_once_feeds_are_there_is_finished_too(
    database: Database, few_topics: Taxonomy, public: Path, tmp_path: Path
) -> None:
    """The pages that lead to what is new are written after its feeds."""
    store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    store(database, few_topics, [a_draft(title="Another")], at=NOON + timedelta(hours=1))
    stopped = Event()

    def stop_at_the_end(done: int, total: int | None) -> None:
        if done == total:
            stopped.set()

    publish(
        database,
        few_topics,
        Files(public),
        a_site(),
        stopping=stopped,
        progress=stop_at_the_end,
    )
    published(database, few_topics, public)
    publish(database, few_topics, Files(tmp_path / "anew"), a_site(), everything=True)
    assert contents(public) == contents(tmp_path / "anew")


def test_a_run_that_is_told_to_stop_between_feeds_leaves_none_without_its_page(
    database: Database, few_topics: Taxonomy, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are written with the feeds that come after theirs."""
    monkeypatch.setattr("feeds.publish.rebuild._FEEDS_AT_ONCE", 1)
    store(database, few_topics, [a_draft()])
    stopped = Event()

    def stop(done: int, _: int | None) -> None:
        # After two feeds, as the item comes before them.
        if done == 3:
            stopped.set()

    publish(database, few_topics, Files(public), a_site(), stopping=stopped, progress=stop)
    feeds = [*public.glob("feeds/**/*.atom")]
    assert len(feeds) == 2
    assert all(feed.with_suffix("").joinpath("index.html").is_file() for feed in feeds)


def test_the_first_item_of_a_language_is_in_the_lists_at_once(
    database: Database, few_topics: Taxonomy, public: Path, tmp_path: Path
) -> None:
    store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    store(database, few_topics, [a_draft(title="Albistea", language="eu")])
    published(database, few_topics, public)
    assert "feeds/languages/eu.atom" in (public / "feeds.opml").read_text("utf-8")
    publish(database, few_topics, Files(tmp_path / "anew"), a_site(), everything=True)
    assert contents(public) == contents(tmp_path / "anew")


def test_a_run_that_died_half_way_is_repeated(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    [item] = store(database, few_topics, [a_draft(title="Another")])
    page = public / "feeds/fields/policing/index.html"
    # No file can be put in its place.
    page.unlink()
    page.mkdir()
    with pytest.raises(PublishError, match="cannot write"):
        published(database, few_topics, public)
    page.rmdir()
    published(database, few_topics, public)
    assert ids(public, "feeds/fields/policing.atom")[0] == item.uid
    assert "Another" in page.read_text("utf-8")


def test_only_one_publishes_at_a_time(
    database: Database, few_topics: Taxonomy, public: Path
) -> None:
    with database.exclusive("publish"), pytest.raises(StoreBusy):
        published(database, few_topics, public)


def test_an_archive_is_published_in_parts(
    database: Database, few_topics: Taxonomy, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, only so many pages and entries are held in memory."""
    monkeypatch.setattr("feeds.publish.rebuild._PAGES_AT_ONCE", 2)
    monkeypatch.setattr("feeds.publish.rebuild._FEEDS_AT_ONCE", 1)
    drafts = [a_draft(title=f"Item {number}") for number in range(5)]
    items = store(database, few_topics, drafts)
    published(database, few_topics, public)
    assert all((public / f"items/{item.slug}/index.html").is_file() for item in items)
    assert len(ids(public, "feeds/all.atom")) == 5


def test_entries_are_made_once_a_revision(
    database: Database, few_topics: Taxonomy, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feeds are joins of them, whatever happens to other items."""
    store(database, few_topics, [a_draft()])
    published(database, few_topics, public)
    store(database, few_topics, [a_draft(title="Another")])
    made: list[str] = []

    for form in (atom, rss, jsonfeed):

        def noted(
            entry: PublishedEntry, content: str, as_before: Callable[..., bytes] = form.entry_bytes
        ) -> bytes:
            made.append(entry.title)
            return as_before(entry, content)

        monkeypatch.setattr(form, "entry_bytes", noted)
    published(database, few_topics, public)
    assert made == ["Another"] * len(FORMS)
