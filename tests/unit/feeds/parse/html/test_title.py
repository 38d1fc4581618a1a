"""Which of what names a page is its title."""

import json
import re

import pytest

from feeds.draft import Draft
from feeds.taxonomy import Taxonomy
from tests.webpages import FIRST, SECOND, THIRD, TITLE, draft_of, page, paragraphs

TEXT = paragraphs(FIRST, SECOND, THIRD)
OFFICE = "Example Office for the Region"
HOME = '<h1><a href="https://news.example.org/">{}</a></h1>'.format
WINDOW = "<title>{}</title>".format


def named(
    osce: Taxonomy, window: str, headings: str, head: str = "", lead: Draft | None = None
) -> str:
    body = page(f"{headings}<main>{TEXT}</main>", head=WINDOW(window) + head)
    return draft_of(body, osce, lead=lead).title


@pytest.mark.parametrize(
    ("window", "headings"),
    [
        (f"{TITLE} – {OFFICE}", f"{HOME(OFFICE)}<h2>{TITLE}</h2>"),
        (f"{OFFICE}: {TITLE}", f"{HOME(OFFICE)}<h3>{TITLE}</h3>"),
        (f"{OFFICE} - News - {TITLE}", f'<h1 class="aural">{OFFICE}</h1><h1>{TITLE}</h1>'),
        (f"{TITLE} / Office", f'<div class="headline"><b>{TITLE}</b></div>'),
        (f"{TITLE} | Office", f'<div class="head"><h1>Press releases</h1></div><h2>{TITLE}</h2>'),
        (f"Press releases | {TITLE} | Office", f"<h1>Press releases</h1><h2>{TITLE}</h2>"),
        ("Office", f'<header><h1 class="name">Office</h1></header><h2>{TITLE}</h2>'),
        ("Office", f"<table><tr><td><b>{TITLE}</b></td></tr></table>"),
        (f"{TITLE} | Office", "<h1>Press releases</h1>"),
        (
            TITLE,
            f"<h1>Stories</h1><h2>{TITLE}</h2><aside><h2>{TITLE} and what came next</h2></aside>",
        ),
    ],
)
def test_a_title_is_what_two_places_agree_on(osce: Taxonomy, window: str, headings: str) -> None:
    assert named(osce, window, headings) == TITLE


def test_a_page_may_state_an_address_that_is_none(osce: Taxonomy) -> None:
    head = '<meta property="og:url" content="https://news.ex]ample.org/1">'
    headings = f'<header><a href="/">{OFFICE}</a></header><h1>{TITLE}</h1>'
    assert named(osce, f"{TITLE} - {OFFICE}", headings, head) == TITLE


def test_a_site_that_calls_every_page_by_its_own_name_leaves_the_heading(osce: Taxonomy) -> None:
    head = '<meta property="og:title" content="Office"><meta property="og:type" content="website">'
    assert named(osce, "Office", f"<h1>{TITLE}</h1>", head) == TITLE


def test_a_section_is_no_title_where_a_feed_states_one(osce: Taxonomy) -> None:
    lead = Draft(form="rss", title=TITLE, partial=True)
    assert named(osce, "Office", "<h1>Press releases</h1>", lead=lead) == TITLE
    # Two places of a page that agree go behind it all the same; so does its own spelling.
    news = "<h1>Press releases of this year</h1>"
    assert named(osce, "Press releases of this year", news, lead=lead) == TITLE
    cut = Draft(form="rss", title=f"{TITLE[:30]}…", partial=True)
    assert named(osce, "Office", f"<h1>{TITLE}</h1>", lead=cut) == TITLE


def test_a_feed_that_names_an_address_alone_leaves_the_title_to_the_page(osce: Taxonomy) -> None:
    lead = Draft(form="rss", title="https://www.example.org/1", partial=True)
    assert named(osce, f"{TITLE} | Office", f"<h1>{TITLE}</h1>", lead=lead) == TITLE


def test_a_listing_shortens_titles_as_it_likes(osce: Taxonomy) -> None:
    lead = Draft(form="listing", title="Twenty police officers learn", partial=True)
    assert named(osce, f"{TITLE} | Office", f"<h1>{TITLE}</h1>", lead=lead) == TITLE
    assert named(osce, "Office", "<h1>Press releases</h1>", lead=lead) == lead.title


def test_a_page_that_is_still_loading_has_the_title_its_listing_told(osce: Taxonomy) -> None:
    lead = Draft(form="listing", title=TITLE, partial=True)
    assert named(osce, "Loading...", "<h1>Loading...</h1>", lead=lead) == TITLE


def test_lines_printed_like_others_are_no_title_before_one_that_is_bold(osce: Taxonomy) -> None:
    lines = (
        '<div style="color: red">Office of the three towns</div><div><b>&nbsp;</b><br></div>'
        f'<div style="font-weight: bold">{TITLE}</div><div>* * *</div>'
    )
    assert named(osce, "Office", lines) == TITLE


@pytest.mark.parametrize(
    ("rule", "title"),
    [
        (".ueb{font-size:18px;font-weight:bold}", "Tower is mended"),
        ("td { color: red } span.UEB { font: bold 20px Verdana }", "Tower is mended"),
        (".other{font-size:18px}", "Subscribe now"), (".ueb{font-size:9px}", "Subscribe now"),
    ],
)  # fmt: skip
def test_old_pages_say_in_their_style_sheet_how_large_a_title_is(
    osce: Taxonomy, rule: str, title: str
) -> None:
    lines = '<div><b>Subscribe now</b></div><div><span class="ueb">Tower is mended</span></div>'
    assert named(osce, "Bote - Local", lines, head=f"<style>{rule}</style>") == title


def test_a_title_stands_in_one_of_the_lines_next_to_the_text(osce: Taxonomy) -> None:
    lines = "".join(f"<div>{name} of the town</div>" for name in "ABCDE")
    assert named(osce, "Office", f"<div><b>{TITLE}</b></div>{lines}") == TITLE
    more = f"{lines}<div>F of the town</div>"
    assert named(osce, "Office", f"<div><b>{TITLE}</b></div>{more}") != TITLE


def test_a_short_title_of_a_listing_stays_where_the_page_says_it_too(osce: Taxonomy) -> None:
    lead = Draft(form="listing", title="A choice", partial=True)
    assert named(osce, "Paper lantern: a choice", "<h3>Paper lantern</h3>", lead=lead) == "A choice"
    assert named(osce, "Paper lantern", "<h3>Paper lantern</h3>", lead=lead) == "Paper lantern"


@pytest.mark.parametrize("amp", ["&", "&amp;"])
def test_metadata_are_decoded_where_their_site_escaped_them(osce: Taxonomy, amp: str) -> None:
    said = f"Women{amp}#039;s rights {amp}amp; justice: a {amp}quot;first{amp}quot; report"
    thing = json.dumps({"@type": "NewsArticle", "headline": said})
    head = f'<script type="application/ld+json">{thing}</script>'
    assert named(osce, "Office", "", head) == 'Women\'s rights & justice: a "first" report'


def test_a_title_stands_above_the_first_part_of_a_text_with_a_list_in_it(osce: Taxonomy) -> None:
    told = "The office said on Tuesday that the bridge is going to be open again by the spring."
    short = "".join(f"<div>Pier {at}</div>" for at in range(7))
    first, rest = f"<p>{told} {told}</p>", f"<p>{told} {told}</p><p>{told}</p>"
    told_twice = f"<div><b>{TITLE}</b></div>{first}{short}{rest}"
    assert draft_of(page(told_twice, head=WINDOW("Office")), osce).title == TITLE
    # What is asked far above it is no part of it.
    asked = f"<div><b>Before you go on</b></div>{first}{short * 4}"
    assert draft_of(page(asked + told_twice, head=WINDOW("Office")), osce).title == TITLE


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("e<span>Government</span> portal opens for all of the towns", None),
        ("Mc<b>Donald</b> wins the cup of the marsh again", None),
        ("„<i>Der Spiegel</i>“ verklagt den Minister des Landes", None),
        ('<a class="topic">Kosovo</a> and Serbia agree on the roads', None),
        ("<em>EU AI</em> Act enters into force on Monday", None),
        ('<span class="label">Kosovo Serbia:</span> border open for all', None),
        ("Minutes of the meeting of <time>3 May 2011</time> were approved", None),
        ("Bridge opens<small>The minister praises the workers of the town</small>", "Bridge opens"),
        ('<span class="kicker">Roads</span> Bridge opens a year late', "Bridge opens a year late"),
        ("Bridge opens a year late – <time>3 May 2011</time>", "Bridge opens a year late"),
        ("<span> </span>" * 1_100 + "Bridge opens a year late", "Bridge opens a year late"),
    ],
)
def test_what_stands_within_a_heading_is_of_the_title_or_not(
    osce: Taxonomy, heading: str, title: str | None
) -> None:
    whole = re.sub("<[^>]+>", "", heading)
    assert named(osce, "Office", f"<h1>{heading}</h1>") == (title or whole)
    if title is None:
        assert named(osce, f"{whole} - The Messenger", f"<h1>{heading}</h1>") == whole


def test_a_heading_with_one_word_and_a_day_is_a_title(osce: Taxonomy) -> None:
    assert named(osce, "Office of Example", "<h1>Bulletin 3 May 2020</h1>") == "Bulletin 3 May 2020"
    assert named(osce, "Office", f"<h1>Monday, 3 May 2020</h1><h2>{TITLE}</h2>") == TITLE


def test_words_before_what_another_place_says_are_of_the_title_where_its_address_has_them(
    osce: Taxonomy,
) -> None:
    whole = f"Regional talks {TITLE}"
    body = page(f"<h1>{whole}</h1><main>{TEXT}</main>", head=WINDOW(f"{TITLE} | Office"))
    address = "https://news.example.org/" + re.sub(r"\W+", "-", whole.lower())
    assert draft_of(body, osce, url=address).title == whole
