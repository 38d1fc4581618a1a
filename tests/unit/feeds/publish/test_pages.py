"""Pages as bytes, as far as no browser is needed to judge them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from feeds.catalogue import catalogue
from feeds.model import Author, Issued, IssuedFrom, TopicKind, TopicRef
from feeds.publish.build import SiteBuilder
from feeds.publish.entry import compose
from feeds.publish.feed import ALL, FeedRef
from feeds.publish.look import STYLE
from feeds.publish.pages import renderer
from feeds.storage.read_items import Surroundings
from feeds.taxonomy import Taxonomy
from tests.builders import POLICING, a_label
from tests.items import a_site, an_item, feed_page, issued


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "18 November 2026"),
        ("en-US", "November 18, 2026"),
        ("de", "18. November 2026"),
        ("ru", "18 ноября 2026\u202fг."),
        ("de-AT", "18. November 2026"),
        ("sr-Latn", "18 November 2026"),
        ("tlh", "18 November 2026"),
        ("no language", "18 November 2026"),
    ],
)
def test_a_day_is_written_in_the_language_of_the_page(
    osce: Taxonomy, language: str, day: str
) -> None:
    """English without a country is not taken for that of the United States; and where nobody wrote
    the words of a page in the language of the site, its days are in English as they are.
    """
    site = a_site(language=language)
    item = an_item(issued=issued("2026-11-18"))
    listing = SiteBuilder(site, osce).ready(item).html.decode()
    assert f'<time datetime="2026-11-18">{day}</time>' in listing


def test_a_page_says_whose_an_item_is(osce: Taxonomy) -> None:
    """Its authors and its issuers, or the organisation: as its feeds do."""

    def about(**changes: Any) -> str:
        builder = SiteBuilder(a_site(), osce)
        _, page = builder.item(an_item(content_type=None, **changes), Surroundings())
        line = page.decode().split('<p class="meta">')[1]
        return line.partition("</p>")[0].partition(" · ")[2]

    people = (Author(name="Ana A.", uri="https://a.test/"), Author(name="Ben <B>"))
    assert about(issuers=(), authors=people) == "Ana A., Ben &lt;B&gt;"
    assert about(authors=people) == "Ana A., Ben &lt;B&gt;, OSCE Secretariat"
    assert about(authors=(Author(name="OSCE Secretariat"),)) == "OSCE Secretariat"
    assert about() == "OSCE Secretariat"
    assert about(issuers=()) == "OSCE"


def test_an_instant_is_shown_as_its_day_in_the_zone_of_the_site(osce: Taxonomy) -> None:
    at = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
    item = an_item(issued=Issued(day=at.date(), at=at, origin=IssuedFrom.FEED))
    site = a_site(timezone=ZoneInfo("Europe/Vienna"))
    listing = SiteBuilder(site, osce).ready(item).html.decode()
    assert '<time datetime="2026-11-18T23:30:00+00:00">19 November 2026</time>' in listing


@pytest.mark.parametrize(
    ("source", "url", "reading"),
    [
        ("own", None, "/news/items/aaaaaaaaaaaaaaaa/"),
        ("own", "https://www.osce.org/1", "/news/items/aaaaaaaaaaaaaaaa/"),
        ("web", "https://www.osce.org/1", "https://www.osce.org/1"),
        ("web", None, "/news/items/aaaaaaaaaaaaaaaa/"),
    ],
)
def test_a_list_leads_to_the_whole_text_in_one_step(
    osce: Taxonomy, source: str, url: str | None, reading: str
) -> None:
    site = a_site(url="https://example.org/news")
    ready = SiteBuilder(site, osce).ready(an_item(source=source, url=url))
    assert f'<a href="{reading}">' in ready.html.decode()


def test_markup_in_an_item_is_shown_as_text(osce: Taxonomy) -> None:
    item = an_item(title="<script>1</script>", summary="a & b")
    builder = SiteBuilder(a_site(), osce)
    for made in (builder.item(item, Surroundings())[1], builder.ready(item).html):
        assert b"<script>" not in made
        assert b"&lt;script&gt;1&lt;/script&gt;" in made


def test_an_own_item_that_stands_elsewhere_too_says_where(osce: Taxonomy) -> None:
    _, made = SiteBuilder(a_site(), osce).item(
        an_item(url="https://www.osce.org/1"), Surroundings()
    )
    page = made.decode()
    assert 'First published at <a href="https://www.osce.org/1">osce.org</a>' in page


def test_the_way_to_mails_is_shown_where_there_is_one(osce: Taxonomy) -> None:
    with_contact, without = (
        SiteBuilder(a_site(contact=contact, has_sign_up=False), osce)
        for contact in ("a@example.org", "")
    )
    subject = "mailto:a@example.org?subject=Digest%3A%20All%20news"
    assert ALL.page == "feeds/all/"
    assert subject in feed_page(with_contact, ALL)
    page = feed_page(without, ALL)
    assert "Get it by email" not in page
    assert "mailto:" not in page + front_page(without)


def test_a_page_has_a_form_to_get_it_by_mail(osce: Taxonomy) -> None:
    """Of what it shows; the front page's is of everything."""
    builder = SiteBuilder(a_site(contact="a@example.org", url="https://example.org/news"), osce)
    assert FeedRef.of(POLICING).page == "feeds/fields/policing/"
    page = feed_page(builder, FeedRef.of(POLICING))
    for shown, query in ((page, "field=policing"), (front_page(builder), "")):
        form = html.fromstring(shown).find(".//form[@method='post']")
        assert form is not None
        assert form.get("action") == "/news/subscribe"
        selected = form.find(".//input[@name='select']")
        assert selected is not None
        assert selected.get("value") == query


def test_an_index_of_nobody_in_particular_says_news(osce: Taxonomy) -> None:
    assert "<h1>News by topic</h1>" in front_page(SiteBuilder(a_site(organisation=""), osce))


def front_page(builder: SiteBuilder) -> str:
    return builder.front_page(["en"], {}, [])[1].decode()


def test_a_site_from_right_to_left_says_so_and_what_runs_otherwise_too(osce: Taxonomy) -> None:
    """No catalogue is in such a script so far: one is all it takes."""
    words = replace(catalogue("en"), tag="ar", direction="rtl")
    render = renderer(a_site(), osce, words=words)
    entry = compose(an_item(), a_site(), osce)
    page = render(
        "item.html",
        entry=entry,
        filed=[],
        feeds=[],
        versions=[],
        earlier=None,
        later=None,
        data="{}",
    )
    assert b'<html lang="ar" dir="rtl">' in page
    assert b'<h1 lang="en" dir="ltr">' in page
    listed = render("listing.html", entry=entry, fields=[]).decode()
    assert '<h3 lang="en" dir="ltr">' in listed
    assert "left" not in STYLE.read_text("utf-8").replace("left-to-right", "")
    arabic = compose(an_item(language="ar"), a_site(), osce)
    assert "dir=" not in render("listing.html", entry=arabic, fields=[]).decode()


def test_a_list_shows_how_an_item_without_a_lead_opens(osce: Taxonomy) -> None:
    opening = "The course was long. " * 30
    item = an_item(summary="", body=f"{opening}\n\nAnd more.", markup="<p>Other.</p>")
    listing = SiteBuilder(a_site(), osce).ready(item).html.decode()
    [shown] = [line for line in listing.splitlines() if "The course was long." in line]
    assert shown.endswith(" …</p>")
    assert len(shown) < 320
    assert "And more." not in listing
    # What may not be shown in full has no opening either.
    item = an_item(summary="", body=opening, source="other")
    assert "The course" not in SiteBuilder(a_site(), osce).ready(item).html.decode()


def test_names_in_another_language_than_the_page_say_so(osce: Taxonomy) -> None:
    """WCAG 2.2, 3.1.2: who is read a page to hears each word as it is spoken."""
    english = Taxonomy.from_toml(
        'language = "en"\n'
        '[[field]]\nslug = "policing"\nlabel = "Policing"\nlabels = { de = "Polizeiarbeit" }\n'
        '[[field]]\nslug = "youth"\nlabel = "Youth"\nparent = "policing"\n'
    )
    builder = SiteBuilder(a_site(language="de-AT"), english)
    youth = FeedRef.of(TopicRef(TopicKind.FIELD, "youth"))
    page = feed_page(builder, youth)
    assert '<h1><span lang="en">Youth</span></h1>' in page
    assert '/feeds/fields/policing/">Polizeiarbeit</a>' in page
    policing = FeedRef.of(TopicRef(TopicKind.FIELD, "policing"))
    above = feed_page(builder, policing)
    assert "<h1>Polizeiarbeit</h1>" in above
    assert '/feeds/fields/youth/" lang="en">Youth</a>' in above
    _, front = builder.front_page([], {}, [])
    assert '/feeds/fields/youth/" lang="en">Youth</a>' in front.decode()
    search = builder.search_page(ALL, [], [], None).decode()
    assert '<option value="youth" lang="en">Youth</option>' in search
    assert '<option value="policing">Polizeiarbeit</option>' in search
    label = a_label("Youth", "youth")
    ready = builder.ready(an_item(fields=(label,), topics=frozenset(), language="de"))
    assert '/feeds/fields/youth/" lang="en">Youth</a>' in ready.html.decode()
    assert ' · <span lang="en">' not in builder.ready(an_item()).html.decode().split("</p>")[1]
    category = ready.atom.decode().partition("<category ")[2].partition("/>")[0]
    assert 'label="OSCE Secretariat"' in ready.atom.decode()
    assert 'term="youth"' in ready.atom.decode()
    assert 'xml:lang="en"' in ready.atom.decode()
    assert category


def test_names_from_right_to_left_say_so_on_pages_that_run_otherwise(osce: Taxonomy) -> None:
    arabic = Taxonomy.from_toml(
        'language = "ar"\ntype = []\n'
        '[[field]]\nslug = "youth"\nlabel = "الشباب"\nlabels = { en = "Youth" }\n'
        '[[field]]\nslug = "border"\nlabel = "الحدود"\nparent = "youth"\n'
    )
    border = FeedRef.of(TopicRef(TopicKind.FIELD, "border"))
    told = 'lang="ar" dir="rtl">الحدود<'
    builder = SiteBuilder(a_site(), arabic)
    assert f"<h1><span {told}/span></h1>" in feed_page(builder, border)
    pages = [builder.front_page([], {}, [])[1], builder.search_page(ALL, [], [], None)]
    item = an_item(fields=(a_label("الحدود", "border"),), topics=frozenset())
    pages += [builder.ready(item).html, builder.item(item, Surroundings())[1]]
    for page in pages:
        assert told in page.decode()
        assert 'dir="ltr"' not in page.decode()
    words = replace(catalogue("en"), tag="ar", direction="rtl")
    entry = compose(item, a_site(), arabic)
    fields = entry.filed_under(TopicKind.FIELD)
    listed = renderer(a_site(), arabic, words=words)("listing.html", entry=entry, fields=fields)
    assert '/feeds/fields/border/">الحدود</a>' in listed.decode()
