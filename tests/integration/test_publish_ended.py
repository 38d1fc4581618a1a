"""Feeds of topics that were renamed, merged, closed or removed: no address dies or stays mute."""

import json
from collections.abc import Mapping
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import httpx2
import pytest
from lxml import etree, html

from feeds.ingest.retag import follow
from feeds.publish.files import Files
from feeds.publish.rebuild import PublishReport, publish
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.storage.published import feed_records
from feeds.storage.read_items import whole_items
from feeds.taxonomy import Taxonomy
from notifier.storage import VERSIONS
from tests.builders import a_draft, a_label
from tests.items import IDENTITY, NOON, a_site, revise, store
from tests.lint import lint
from tests.serving import a_web_app, serving

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "schema" / "atom.rng"))
SITE = "https://news.example.org"
TERMS = {"net": "", "press": "", "rights": ""}
PLAIN = {"issuers": (), "content_type": None}
LATER = NOON + timedelta(days=1)


@pytest.fixture
def engine() -> str:
    """What is said of a feed that is over is said alike on both engines."""
    return "sqlite"


def a_taxonomy(terms: Mapping[str, str]) -> Taxonomy:
    return Taxonomy.from_toml(
        "\n".join(
            f'[[field]]\nslug = "{slug}"\nlabel = "The {slug}"\n{lines}'
            for slug, lines in terms.items()
        )
    )


def without(slug: str, **others: str) -> dict[str, str]:
    return {name: lines for name, lines in TERMS.items() if name != slug} | others


class Publisher:
    """A site that is published again and again, each time by another taxonomy, a day later."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database = database
        self.public = folder / "public"
        self.day = NOON

    def publish(self, terms: Mapping[str, str], **changes: object) -> PublishReport:
        """As the daemon does it: what is stored follows its topics first."""
        taxonomy = a_taxonomy(terms)
        follow(self.database, taxonomy, [], now=self.day)
        self.day += timedelta(days=1)
        return publish(self.database, taxonomy, Files(self.public), a_site(**changes))

    def feed(self, slug: str) -> feedparser.FeedParserDict:
        """The feed of a field, which is valid and perfect."""
        path = f"feeds/fields/{slug}.atom"
        content = (self.public / path).read_bytes()
        SCHEMA.assertValid(etree.fromstring(content))
        assert lint(content, f"{SITE}/{path}") == ()
        read = feedparser.parse(content)
        twin = feedparser.parse((self.public / f"feeds/fields/{slug}.rss").read_bytes())
        other = json.loads((self.public / f"feeds/fields/{slug}.json").read_bytes())
        assert titles(twin) == [each["title"] for each in other["items"]] == titles(read)
        return read

    def page(self, slug: str) -> html.HtmlElement:
        return html.fromstring((self.public / f"feeds/fields/{slug}/index.html").read_bytes())

    def status(self, path: str) -> str:
        """What our own server is told; "" where the file is there as it is."""
        file = self.public / f"feeds/fields/{path}.status"
        return file.read_text("ascii") if file.exists() else ""


def contents(public: Path) -> Mapping[str, bytes]:
    files = [path for path in public.rglob("*") if path.is_file()]
    return {str(path.relative_to(public)): path.read_bytes() for path in files}


def titles(feed: feedparser.FeedParserDict) -> list[str]:
    return [entry.title for entry in feed.entries]


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Publisher:
    """A site with an item in each of two fields, and one in both."""
    taxonomy = a_taxonomy(TERMS)
    net, press = a_label("The net", "net"), a_label("The press", "press")
    drafts = [
        a_draft(title="One", fields=(net,), **PLAIN),
        a_draft(title="Two", fields=(press,), **PLAIN),
        a_draft(title="Both", fields=(net, press), **PLAIN),
    ]
    for number, draft in enumerate(drafts):
        store(database, taxonomy, [draft], at=NOON + timedelta(minutes=number))
    published = Publisher(tmp_path, database)
    published.publish(TERMS)
    return published


def test_a_renamed_topic_has_one_feed_and_its_old_address_leads_there(site: Publisher) -> None:
    before = site.feed("net")
    terms = without("net", digital='former_slugs = ["net"]')
    site.publish(terms)
    now, old = site.feed("digital"), site.feed("net")
    assert titles(now) == ["Both", "One"]
    assert titles(old) == ["This feed has moved: The digital", "Both", "One"]
    assert now.feed.id == old.feed.id == before.feed.id
    assert old.feed.title == now.feed.title == "The digital · OSCE"
    assert [each.updated for each in now.entries] == [each.updated for each in before.entries]
    assert old.feed.updated == old.entries[0].updated > before.feed.updated
    last = old.entries[0]
    assert last.id == f"tag:{IDENTITY.authority},{IDENTITY.minted}:end/fields/net"
    assert last.link == f"{SITE}/feeds/fields/digital/"
    assert f'href="{SITE}/feeds/fields/digital/"' in last.content[0].value
    assert site.status("net.atom") == "308 /feeds/fields/digital.atom\n"
    assert site.status("net.rss") == "308 /feeds/fields/digital.rss\n"
    assert site.status("net.json") == "308 /feeds/fields/digital.json\n"
    assert site.status("net/index.html") == "308 /feeds/fields/digital/\n"
    [refresh] = site.page("net").xpath("//meta[@http-equiv='refresh']/@content")
    assert refresh == f"0; url={SITE}/feeds/fields/digital/"
    assert "net.atom" not in (site.public / "feeds.opml").read_text("utf-8")
    assert "fields/net" not in (site.public / "index.html").read_text("utf-8")


def test_a_topic_renamed_twice_is_found_in_one_step(site: Publisher) -> None:
    before = site.feed("net").feed.id
    site.publish(without("net", digital='former_slugs = ["net"]'))
    first = site.feed("net").entries[0]
    site.publish(without("net", internet='former_slugs = ["net", "digital"]'))
    assert site.status("net.atom") == site.status("digital.atom")
    assert site.status("net.atom") == "308 /feeds/fields/internet.atom\n"
    again = site.feed("net").entries[0]
    assert (again.id, again.updated) == (first.id, first.updated)
    assert again.link == f"{SITE}/feeds/fields/internet/"
    assert site.feed("internet").feed.id == before
    assert titles(site.feed("digital"))[1:] == ["Both", "One"]


def test_the_pages_of_its_history_lead_on_too(site: Publisher) -> None:
    site.publish(TERMS, entries_per_feed=1)
    before = (site.public / "feeds/fields/net/2026-11.atom").read_bytes()
    site.publish(without("net", digital='former_slugs = ["net"]'), entries_per_feed=1)
    for path in ("2026-11.atom", "2026-11.json", "2026-11-2.atom"):
        assert site.status(f"net/{path}") == f"308 /feeds/fields/digital/{path}\n"
    assert site.status("net/2026-11/index.html") == "308 /feeds/fields/digital/2026-11/\n"
    # On other servers it holds what it did, and leads on with the next step.
    old, now = (
        feedparser.parse((site.public / f"feeds/fields/{slug}/2026-11.atom").read_bytes())
        for slug in ("net", "digital")
    )
    assert titles(old) == titles(now) == titles(feedparser.parse(before)) == ["One"]
    assert old.feed.id == now.feed.id == feedparser.parse(before).feed.id
    [past] = [each.href for each in site.feed("net").feed.links if each.rel == "prev-archive"]
    assert past == f"{SITE}/feeds/fields/net/2026-11-2.atom"


def test_what_is_new_under_its_name_of_now_is_at_the_old_address_too(
    site: Publisher, tmp_path: Path
) -> None:
    """Static servers send nobody on: there the old files say what the others say."""
    terms = without("net", digital='former_slugs = ["net"]')
    site.publish(terms, entries_per_feed=1)
    draft = a_draft(title="New", fields=(a_label("The digital", "digital"),), **PLAIN)
    store(site.database, a_taxonomy(terms), [draft], at=site.day)
    site.publish(terms, entries_per_feed=1)
    known = contents(site.public)
    assert "feeds/fields/net/2026-11-3.atom" in known
    site.public = tmp_path / "anew"
    site.publish(terms, entries_per_feed=1)
    assert known == contents(site.public)


def test_a_rename_that_is_taken_back_leaves_no_redirect(site: Publisher) -> None:
    site.publish(without("net", digital='former_slugs = ["net"]'))
    site.publish(without("net", net='former_slugs = ["digital"]'))
    assert site.status("net.atom") == site.status("net/index.html") == ""
    assert titles(site.feed("net")) == ["Both", "One"]
    assert site.status("digital.atom") == "308 /feeds/fields/net.atom\n"


def test_an_id_stays_what_it_was_first_whatever_the_taxonomy_says_by_now(site: Publisher) -> None:
    before = site.feed("net").feed.id
    site.publish(without("net", digital='former_slugs = ["net"]'))
    site.publish(without("net", net='former_slugs = ["digital"]'))
    assert site.feed("net").feed.id == site.feed("digital").feed.id == before
    site.publish(without("net", digital='former_slugs = ["net"]'))
    site.publish(without("net", digital=""))
    assert site.feed("digital").feed.id == before
    site.publish(without("net", digital="closed = true"))
    assert site.feed("digital").feed.id == before
    site.publish(without("net", internet='former_slugs = ["digital"]'))
    assert site.feed("internet").feed.id == site.feed("digital").feed.id == before


def test_what_gets_the_name_another_had_gets_no_id_that_is_another_s(site: Publisher) -> None:
    before = site.feed("net").feed.id
    site.publish(without("net", digital='former_slugs = ["net"]'))
    site.publish(TERMS | {"digital": ""})
    new = site.feed("net").feed.id
    assert site.feed("digital").feed.id == before
    assert new == f"{before}.2"
    site.publish(TERMS | {"internet": 'former_slugs = ["digital"]'})
    assert (site.feed("internet").feed.id, site.feed("net").feed.id) == (before, new)
    # The one that goes on is the one whose id it is, whatever it was called before.
    site.publish(without("net", internet='into = "net"', net=""))
    assert (site.feed("internet").feed.id, site.feed("net").feed.id) == (before, new)


def test_a_merged_topic_says_so_once_and_its_items_are_no_news(site: Publisher) -> None:
    before = site.feed("net"), site.feed("press")
    site.publish(TERMS | {"net": 'into = "press"'})
    old, now = site.feed("net"), site.feed("press")
    assert titles(old) == ["The net is now part of The press", "Both", "One"]
    assert (old.feed.id, old.feed.title) == (before[0].feed.id, before[0].feed.title)
    assert now.feed.id == before[1].feed.id
    assert titles(now) == ["Both", "Two", "One"]
    assert site.status("net.atom") == site.status("net/index.html") == ""
    lead = site.page("net").find_class("lead")[0]
    assert "The net is now part of The press." in lead.text_content()
    assert lead.xpath(".//a/@href") == [f"{SITE}/feeds/fields/press/"]
    # Once: neither a later run nor another change makes it news again.
    first = (site.public / "feeds/fields/net.atom").read_bytes()
    site.publish(TERMS | {"net": 'into = "press"', "rights": 'aliases = ["Law"]'})
    assert (site.public / "feeds/fields/net.atom").read_bytes() == first


def test_a_closed_topic_goes_on_answering_and_names_who_goes_on(site: Publisher) -> None:
    site.publish(TERMS | {"net": "closed = true"})
    first = site.feed("net")
    assert titles(first) == ["The net has ended", "Both", "One"]
    assert first.entries[0].link == f"{SITE}/feeds/all/"
    site.publish(TERMS | {"net": 'closed = true\nsuccessor = "press"'})
    heir = site.feed("net")
    assert titles(heir) == ["The net has ended; The press continues", "Both", "One"]
    assert heir.entries[0].id == first.entries[0].id
    assert heir.entries[0].updated > first.entries[0].updated
    assert heir.entries[0].link == f"{SITE}/feeds/fields/press/"
    assert site.status("net.atom") == ""
    site.publish(TERMS | {"net": 'closed = true\nsuccessor = "press"\naliases = ["N"]'})
    assert site.feed("net").entries[0].updated == heir.entries[0].updated
    site.publish(TERMS)
    assert titles(site.feed("net")) == ["Both", "One"]


def test_what_comes_after_an_end_stands_before_it(site: Publisher) -> None:
    terms = TERMS | {"net": "closed = true"}
    site.publish(terms)
    draft = a_draft(title="After", fields=(a_label("The net", "net"),), **PLAIN)
    store(site.database, a_taxonomy(terms), [draft], at=LATER + timedelta(days=3))
    site.publish(terms)
    assert titles(site.feed("net")) == ["After", "The net has ended", "Both", "One"]


def test_a_topic_that_left_the_taxonomy_says_that_it_ended(site: Publisher) -> None:
    before = site.feed("net")
    site.publish(without("net"))
    old = site.feed("net")
    assert titles(old) == ["The net has ended", "Both", "One"]
    assert (old.feed.id, old.feed.title) == (before.feed.id, before.feed.title)
    assert site.status("net.atom") == ""
    assert titles(site.feed("press")) == ["Both", "Two"]
    site.publish(TERMS)
    assert titles(site.feed("net")) == ["Both", "One"]


def test_an_end_is_the_same_in_a_folder_that_was_lost(site: Publisher, tmp_path: Path) -> None:
    terms = without("net", digital='former_slugs = ["net"]') | {
        "press": 'into = "rights"',
        "rights": 'closed = true\nsuccessor = "digital"',
    }
    site.publish(terms)
    files = {path: path.read_bytes() for path in site.public.rglob("*") if path.is_file()}
    for path in files:
        path.unlink()
    site.publish(terms)
    assert {path: path.read_bytes() for path in files} == files


def test_what_is_withdrawn_leaves_the_feeds_that_ended_too(site: Publisher) -> None:
    terms = TERMS | {"net": 'into = "press"'}
    site.publish(terms)
    with site.database.writing() as connection:
        write_items.set_hidden(connection, [3], {"withdrawn_at": LATER}, LATER)
    report = site.publish(terms)
    assert titles(site.feed("net"))[1:] == ["One"]
    assert "feeds/fields/net.atom" in report.files
    # What it never held leaves it as it is.
    with site.database.writing() as connection:
        write_items.set_hidden(connection, [2], {"withdrawn_at": LATER}, LATER)
    assert "feeds/fields/net.atom" not in site.publish(terms).files


def test_a_corrected_item_is_corrected_in_the_feed_that_ended(site: Publisher) -> None:
    terms = TERMS | {"net": 'into = "press"'}
    site.publish(terms)
    taxonomy = a_taxonomy(terms)
    with site.database.reading() as connection:
        [one] = whole_items(connection, [1])
    draft = a_draft(title="One, corrected", fields=(a_label("The net", "press"),), **PLAIN)
    revise(site.database, taxonomy, one, draft, LATER)
    site.publish(terms)
    assert titles(site.feed("net"))[1:] == ["Both", "One, corrected"]


def test_a_slug_that_a_new_installation_never_had_leads_on_too(
    database: Database, tmp_path: Path
) -> None:
    site = Publisher(tmp_path, database)
    site.publish({"digital": 'former_slugs = ["net"]', "press": 'into = "digital"'})
    assert titles(site.feed("net")) == ["This feed has moved: The digital"]
    assert titles(site.feed("press")) == ["The press is now part of The digital"]
    assert site.status("net.atom") == "308 /feeds/fields/digital.atom\n"


def test_what_was_renamed_and_then_merged_leads_to_what_says_so(site: Publisher) -> None:
    site.publish(without("net", digital='former_slugs = ["net"]'))
    site.publish(without("net", digital='former_slugs = ["net"]\ninto = "press"'))
    assert site.status("net.atom") == "308 /feeds/fields/digital.atom\n"
    assert site.status("digital.atom") == ""
    assert titles(site.feed("digital"))[0] == "The digital is now part of The press"
    assert site.feed("digital").feed.id == site.feed("net").feed.id


def test_words_are_in_the_language_of_the_site(site: Publisher) -> None:
    site.publish(TERMS | {"net": 'into = "press"'}, language="fr")
    [last, *_] = site.feed("net").entries
    assert last.title == "The net fait désormais partie de : The press"
    assert last.title_detail.language == "fr"


def test_a_selection_of_a_topic_that_is_gone_says_so(site: Publisher) -> None:
    """Of that alone it is the topic's feed, which says it in a last entry."""
    site.publish(without("net"))
    app = a_web_app(site.database, a_taxonomy(without("net")), site.public, site=a_site())
    with serving(app) as own:
        alone = feedparser.parse(f"{own}/feeds/select.atom?field=net")
        assert alone.href == f"{own}/feeds/fields/net.atom"
        assert titles(alone)[0] == "The net has ended"
        for form in ("select.atom", "select/", "select.opml"):
            asked = httpx2.get(f"{own}/feeds/{form}?field=net&field=press")
            assert asked.status_code == 410
            assert "The net has ended" in asked.text
            assert f"{SITE}/feeds/fields/net/" in asked.text
        assert httpx2.get(f"{own}/feeds/select.atom?field=nets").status_code == 404


def test_a_reader_that_follows_a_redirect_moves_its_subscription(
    tmp_path: Path, osce: Taxonomy
) -> None:
    """As feedparser does, and every reader that keeps the address a 308 names."""
    with ExitStack() as opened:
        database = Database.open(f"sqlite:///{tmp_path / 'store.db'}", VERSIONS)
        opened.enter_context(closing(database))
        database.migrate()
        site = Publisher(tmp_path, database)
        net = a_label("The net", "net")
        store(database, a_taxonomy(TERMS), [a_draft(title="One", fields=(net,), **PLAIN)])
        site.public.mkdir()
        own = opened.enter_context(
            serving(a_web_app(database, osce, site.public, site=a_site(url=f"{SITE}/news")))
        )
        site.publish(TERMS, url=f"{SITE}/news")
        site.publish(without("net", digital='former_slugs = ["net"]'), url=f"{SITE}/news")
        read = feedparser.parse(f"{own}/news/feeds/fields/net.atom")
        assert read.href == f"{own}/news/feeds/fields/digital.atom"
        assert titles(read) == ["One"]
        # Whoever does not follow it is told what moved all the same.
        asked = httpx2.get(f"{own}/news/feeds/fields/net.atom")
        moved = "/news/feeds/fields/digital.atom"
        assert (asked.status_code, asked.headers["location"]) == (308, moved)
        assert titles(feedparser.parse(asked.content))[0] == "This feed has moved: The digital"
        assert asked.headers["access-control-allow-origin"] == "*"
        page = httpx2.get(f"{own}/news/feeds/fields/net")
        assert (page.status_code, page.headers["location"]) == (308, "/news/feeds/fields/digital/")


def test_what_is_remembered_of_feeds_is_read_once_it_is_another(
    site: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon looks at every beat whether there is something to publish."""
    taxonomies = {
        name: a_taxonomy(terms)
        for name, terms in {"": TERMS, "net": without("net", web='former_slugs = ["net"]')}.items()
    }
    read = []

    def remembered(*asked: Any) -> Any:
        read.append(len(asked))
        return told(*asked)

    told = feed_records.remembered
    monkeypatch.setattr(feed_records, "remembered", remembered)

    def beat(name: str) -> int:
        """How often all was read meanwhile."""
        publish(site.database, taxonomies[name], Files(site.public), a_site())
        count = len(read)
        read.clear()
        return count

    assert beat("") == 1
    assert [beat("") for _ in range(3)] == [0, 0, 0]
    follow(site.database, taxonomies["net"], [], now=site.day)
    read.clear()
    assert beat("net") == 1
    assert titles(site.feed("web"))
    assert site.status("net.atom") == "308 /feeds/fields/web.atom\n"
    assert [beat("net") for _ in range(3)] == [0, 0, 0]
