"""What pages seldom do, but do: half metadata, links that lead nowhere, unknown encodings."""

# ruff: noqa: E501 - pages are written as their sites write them

import json

import pytest

from feeds.draft import Habits
from feeds.model import IssuedFrom
from feeds.parse.sanitise import blocks, without
from feeds.taxonomy import Taxonomy
from tests.webpages import FIRST, SECOND, THIRD, TITLE, draft_of, listed, page, paragraphs, refused

SITE = "https://news.example.org"
ARTICLE = f"<main><h1>{TITLE}</h1>{paragraphs(FIRST, SECOND, THIRD)}</main>"
LEAD = "Experts met to take stock of the work of the past year and to plan the next one."


def entry(number: int, more: str = "") -> str:
    link = f'<a href="{SITE}/n/{number}">Meeting number {number} takes place</a>'
    return (
        f'<div class="row"><h3>{link}</h3><span>{number} May 2021</span>{more}<p>{LEAD}</p></div>'
    )


def script(thing: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(thing)}</script>'


def test_signs_that_are_none_between_letters_are_left_out(osce: Taxonomy) -> None:
    body = page(f"<article><h1>{TITLE}</h1>{paragraphs(FIRST, SECOND, THIRD)}</article>").encode()
    assert draft_of(body.replace(b"course", b"cour\0se"), osce).paragraphs[0] == FIRST


def test_a_link_to_the_page_itself_is_no_next_page(osce: Taxonomy) -> None:
    own = '<link rel="next" href="https://news.example.org/secretariat/534321">'
    assert listed(page("".join(map(entry, (1, 2, 3))), head=own), osce).next_page is None


def test_a_listing_without_an_address_has_no_numbered_pages(osce: Taxonomy) -> None:
    body = page("".join(map(entry, (1, 2, 3))) + f'<a href="{SITE}/n?page=2">2</a>')
    assert listed(body, osce, url=None).next_page is None


def test_a_page_without_an_address_has_the_one_it_names(osce: Taxonomy) -> None:
    head = f'<link rel="canonical" href="{SITE}/odihr/1">'
    assert draft_of(page(ARTICLE, head=head), osce, url=None).url == f"{SITE}/odihr/1"


def test_an_encoding_nobody_knows_is_passed_over(osce: Taxonomy) -> None:
    body = page(ARTICLE.replace("“", "\u201c")).encode("cp1252", "replace")
    assert draft_of(body, osce, media_type="text/html; charset=klingon").title == TITLE


def test_numbers_in_json_ld_are_passed_over(osce: Taxonomy) -> None:
    head = script([1, {"@type": "NewsArticle", "headline": TITLE}])
    assert draft_of(page(ARTICLE, head=head), osce).title == TITLE


def test_json_ld_without_end_is_read_in_part(osce: Taxonomy) -> None:
    head = script([{"@type": "Thing"}] * 3_000)
    assert draft_of(page(ARTICLE, head=head), osce).title == TITLE


def test_json_ld_may_hold_the_text(osce: Taxonomy) -> None:
    thing = {"@type": "NewsArticle", "headline": TITLE, "articleBody": f"{FIRST}\n{SECOND}"}
    body = page(
        f"<div><h1>{TITLE}</h1><div>{FIRST}</div><div>{SECOND}</div></div>", head=script(thing)
    )
    assert draft_of(body, osce).paragraphs == (FIRST, SECOND)


def test_a_blog_post_must_read_like_news(osce: Taxonomy) -> None:
    told = "When I enter a room I count the chairs, and I have never been wrong. I say what I see."
    thing = {
        "@type": "BlogPosting",
        "headline": "Why I count chairs",
        "datePublished": "2020-02-02",
    }
    body = page(
        f"<article><h1>Why I count chairs</h1>{paragraphs(told, told[:-1], told)}</article>",
        head=script(thing),
    )
    assert "first person" in refused(body, osce).evidence


def test_a_date_within_a_sentence_is_that_of_an_event(osce: Taxonomy) -> None:
    sentence = f'{SECOND} It is on <time datetime="2021-10-17">17 October</time>.'
    body = page(
        f"<main><h1>{TITLE}</h1>{paragraphs(SECOND, sentence, THIRD)}</main>",
        head='<meta property="og:type" content="article">',
    )
    assert draft_of(body, osce).issued is None


def test_a_selector_that_finds_no_date_leaves_it_to_the_page(osce: Taxonomy) -> None:
    habits = Habits(page_date="h1")
    issued = draft_of(page(ARTICLE), osce, habits).issued
    assert issued is not None
    assert issued.day.isoformat() == "2021-06-26"


def test_a_page_that_names_every_topic_is_none(osce: Taxonomy) -> None:
    names = ", ".join(f"Unit {n}" for n in range(250))
    body = page(
        ARTICLE.replace(
            "</h1>",
            f"</h1><dl><dt>Issued by:</dt><dd>{names[:480]}</dd><dd>{names[480:960]}</dd><dd>{names[960:1440]}</dd><dd>{names[1440:1920]}</dd><dd>{names[1920:]}</dd></dl>",
        )
    )
    assert "it names" in refused(body, osce).evidence


def test_entries_whose_links_lead_nowhere_are_none(osce: Taxonomy) -> None:
    nowhere = "".join(map(entry, (1, 2, 3))).replace(SITE, "javascript:void")
    assert "News" in refused(page(f"<h1>News</h1>{nowhere}"), osce).evidence


def test_an_entry_that_is_a_link_tells_its_title_first(osce: Taxonomy) -> None:
    entries = "".join(
        f'<a class="card" href="/n/{n}"><span>{n} May 2021</span><b>Meeting number {n}</b><i>{LEAD}</i></a>'
        for n in (1, 2, 3)
    )
    assert listed(page(entries), osce).drafts[0].title == "Meeting number 1"


def test_a_chosen_entry_without_a_link_is_none(osce: Taxonomy) -> None:
    habits = Habits(listing_entry=".row")
    body = page(entry(1) + '<div class="row">No entry at all</div>')
    assert len(listed(body, osce, habits).drafts) == 1


def test_known_names_on_a_line_of_their_own_are_topics(osce: Taxonomy) -> None:
    named = "<div>Elections, Human rights</div><div>Office for Democratic Institutions and Human Rights</div>"
    draft = listed(page("".join(entry(n, named) for n in (1, 2, 3))), osce).drafts[0]
    assert [label.slug for label in draft.fields] == ["elections", "human-rights"]
    assert draft.summary == LEAD


def test_an_entry_may_go_without_a_lead(osce: Taxonomy) -> None:
    rows = "".join(entry(n).replace(LEAD, "Publishing date: 22 January 2025") for n in (1, 2, 3))
    assert {draft.summary for draft in listed(page(rows), osce).drafts} == {""}


def test_a_long_or_strange_entry_is_read(osce: Taxonomy) -> None:
    drafts = listed(
        page("".join(entry(n, f"<p>\u202e{'word ' * 600}</p>") for n in (1, 2, 3))), osce
    ).drafts
    assert all(len(draft.summary) <= 2_000 and draft.summary.isprintable() for draft in drafts)


@pytest.mark.parametrize(
    "meta",
    ['<meta content="x">', '<meta name="description" content="">', '<meta name="x" content="y">'],
)
def test_metadata_that_say_nothing_change_nothing(osce: Taxonomy, meta: str) -> None:
    assert draft_of(page(ARTICLE, head=meta), osce) == draft_of(page(ARTICLE), osce)


def test_microdata_without_a_date_leaves_it_to_the_text(osce: Taxonomy) -> None:
    body = f'<div itemscope itemtype="https://schema.org/NewsArticle">{ARTICLE}</div>'
    issued = draft_of(page(body), osce).issued
    assert issued is not None
    assert issued.origin == "dateline"


@pytest.mark.parametrize("kind", ["Event", "JobPosting"])
def test_microdata_of_another_kind_is_believed(osce: Taxonomy, kind: str) -> None:
    body = f'<div itemscope itemtype="https://schema.org/{kind}">{ARTICLE}</div>'
    assert refused(page(body), osce).evidence == f"it describes itself as {kind}"


@pytest.mark.parametrize("title", [f"{TITLE} | OSCE", f"{TITLE} :: OSCE", TITLE, f"{TITLE} - OSCE"])
def test_the_name_of_the_site_is_no_part_of_a_title(osce: Taxonomy, title: str) -> None:
    head = f'<title>{title}</title><meta property="og:site_name" content="OSCE">'
    body = page(f"<main>{paragraphs(FIRST, SECOND, THIRD)}</main>", head=head)
    assert draft_of(body, osce).title == TITLE


def test_elements_emptied_by_hand_vanish_in_time() -> None:
    deep = "<div>" * 20 + "<p></p>" + "</div>" * 20
    assert len(without(deep, [])) < len(deep)


def test_an_end_without_a_start_ends_a_block() -> None:
    assert [block.line for block in blocks("one</p>two")] == ["one", "two"]


def test_the_header_of_an_article_belongs_to_it_and_its_footer_does_not(osce: Taxonomy) -> None:
    parts = (
        "<header><p>{}</p></header>{}<footer><p>Posted in many places by many hands.</p></footer>"
    )
    body = page(
        f"<h1>{TITLE}</h1><article>{parts.format(FIRST, paragraphs(SECOND, THIRD))}</article>"
    )
    assert draft_of(body, osce).paragraphs == (FIRST, SECOND, THIRD)


def test_the_header_of_a_page_belongs_to_no_article(osce: Taxonomy) -> None:
    body = page(f"<header><p>{LEAD}</p></header>{ARTICLE}")
    assert LEAD not in draft_of(body, osce).body


def test_a_chosen_entry_may_be_a_link_with_its_title_inside(osce: Taxonomy) -> None:
    habits = Habits(listing_entry="a.card", listing_title="a.card b")
    cards = f'<a class="card" href="/n/1"><i><b>Meeting number 1</b></i><p>{LEAD}</p></a>'
    draft = listed(page(cards), osce, habits).drafts[0]
    assert (draft.title, draft.url) == ("Meeting number 1", f"{SITE}/n/1")


def test_a_date_deep_in_an_article_without_landmarks_is_found(osce: Taxonomy) -> None:
    deep = "<div>" * 9 + '<time datetime="2021-06-25">25 June</time>' + "</div>" * 9
    body = page(f"<div><h1>{TITLE}</h1>{deep}{paragraphs(FIRST, SECOND, THIRD)}</div>")
    assert draft_of(body, osce).issued is not None


def test_microdata_may_name_the_day(osce: Taxonomy) -> None:
    day = '<meta itemprop="datePublished" content="2021-06-24">'
    body = f'<div itemscope itemtype="https://schema.org/NewsArticle">{day}{ARTICLE}</div>'
    issued = draft_of(page(body), osce).issued
    assert issued is not None
    assert (issued.origin, issued.day.isoformat()) == ("page", "2021-06-24")


def test_lists_of_entries_too_short_to_read_are_no_listing(osce: Taxonomy) -> None:
    links = "".join(f'<li><a href="/k/{n}">Key {n}</a></li>' for n in range(9))
    assert draft_of(page(ARTICLE + f"<ul>{links}</ul>"), osce).title == TITLE


def test_teasers_without_headings_stay_where_they_are(osce: Taxonomy) -> None:
    teasers = "".join(
        f'<li><a href="/k/{n}">Report of the year 201{n} on elections</a></li>' for n in range(5)
    )
    assert (
        draft_of(page(ARTICLE.replace("</main>", f"<ul>{teasers}</ul></main>")), osce).title
        == TITLE
    )


def test_entries_that_are_mostly_empty_are_no_listing(osce: Taxonomy) -> None:
    """Three years among many short links are an archive's menu."""
    links = "".join(
        f'<li><a href="/k/{n}">{2000 + n if n < 3 else "more"}</a></li>' for n in range(9)
    )
    assert draft_of(page(ARTICLE + f"<ul>{links}</ul>"), osce).title == TITLE


def test_an_issuer_of_two_blocks_is_read_whole(osce: Taxonomy) -> None:
    labels = "<p>Issued by:</p><p>OSCE Secretariat</p><p>Transnational Threats Department</p>"
    draft = draft_of(page(ARTICLE.replace("</h1>", f"</h1>{labels}")), osce)
    assert len(draft.issuers) == 2


def test_a_kind_on_a_line_of_its_own_is_that_of_the_entry(osce: Taxonomy) -> None:
    more = "<span>Press release</span>"
    entries = "".join(entry(number, more) for number in (1, 2, 3))
    kinds = [draft.content_type for draft in listed(page(entries), osce).drafts]
    assert [kind.slug for kind in kinds if kind] == ["press-release"] * 3


def test_links_with_a_few_words_each_are_a_menu(osce: Taxonomy) -> None:
    links = "".join(f'<li><a href="/n/{n}">{LEAD[:50]}</a></li>' for n in range(5))
    body = page(f"<h1>{TITLE}</h1><ul>{links}</ul>{paragraphs(FIRST, SECOND, THIRD)}")
    assert draft_of(body, osce).title == TITLE


def test_an_article_within_an_article_is_read_once(osce: Taxonomy) -> None:
    text = f"<h1>{TITLE}</h1>{paragraphs(FIRST, SECOND, THIRD)}"
    body = page(f"<article><article>{text}</article></article>")
    assert draft_of(body, osce).paragraphs == (FIRST, SECOND, THIRD)


@pytest.mark.parametrize("label", ["Issued on:", "Issued on"])
def test_a_label_of_a_date_may_stand_above_it(osce: Taxonomy, label: str) -> None:
    above = f"<h1>{TITLE}</h1><p>{label}</p><p>26 June 2021</p>"
    draft = draft_of(page(f"<main>{above}{paragraphs(SECOND, THIRD)}</main>"), osce)
    assert draft.issued is not None
    assert (str(draft.issued.day), draft.issued.origin) == ("2021-06-26", IssuedFrom.LABEL)
    assert draft.paragraphs == (SECOND, THIRD)


def test_labels_below_a_text_leave_it_whole(osce: Taxonomy) -> None:
    below = "<ul><li>Issued by:</li><li>OSCE Secretariat</li></ul>"
    body = page(f"<main><h1>{TITLE}</h1>{paragraphs(FIRST, SECOND, THIRD)}{below}</main>")
    draft = draft_of(body, osce)
    assert draft.paragraphs == (FIRST, SECOND, THIRD)
    assert [label.text for label in draft.issuers] == ["OSCE Secretariat"]


@pytest.mark.parametrize("site", [" - Mission website", " | OSCE"])
def test_a_lower_heading_tells_where_the_title_of_the_window_ends(
    osce: Taxonomy, site: str
) -> None:
    menu = "<div><h3>Latest news</h3><h3></h3></div>"
    body = page(
        f"{menu}<div><h2>{TITLE}</h2>{paragraphs(FIRST, SECOND, THIRD)}</div>",
        head=f"<title>{TITLE}{site}</title>",
    )
    assert draft_of(body, osce).title == TITLE


def test_marks_far_from_each_other_are_no_one_text(osce: Taxonomy) -> None:
    """What stands between them says as much as they do."""
    marked = f'<div class="entry-content">{paragraphs(FIRST, SECOND)}</div>'
    between = f"<div>{paragraphs(THIRD, SECOND, THIRD)}</div>"
    text = f"<main><h1>{TITLE}</h1>{marked}{between}{marked}</main>"
    assert THIRD in draft_of(page(text), osce).paragraphs


def test_a_linked_picture_before_the_words_that_lead_elsewhere_changes_nothing(
    osce: Taxonomy,
) -> None:
    elsewhere = '<p>Read more in our archive: <a href="/p"><img src="p.png"></a><a href="/n/9">The harbour opens</a></p>'
    assert draft_of(page(f"{ARTICLE}{elsewhere}"), osce).body == draft_of(page(ARTICLE), osce).body


def test_teasers_behind_a_text_go_without_the_text(osce: Taxonomy) -> None:
    cards = "".join(
        f'<div class="card"><a href="/news/{n}">Bakers of district {n} raise the price</a></div>'
        for n in range(4)
    )
    text = paragraphs(FIRST, SECOND, THIRD)
    draft = draft_of(page(f"<main><h1>{TITLE}</h1>{text}<div>{text}{cards}</div></main>"), osce)
    assert not any("Bakers" in each for each in draft.paragraphs)
    assert SECOND in draft.paragraphs


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ('<link rel="canonical" href="https://site.test/news/7">', "https://site.test/news/more"),
        ('<meta property="og:url" content="https://site.test/news/7">', "https://site.test/news/more"),
        ('<base href="/old/"><link rel="canonical" href="https://site.test/news/7">', "https://site.test/old/more"),
        ('<link rel="canonical" href="/news/7">', None),
        ('<link rel="canonical" href="https://site.test/">', None),
        ("", None),
    ],
)  # fmt: skip
def test_links_of_a_saved_page_are_relative_to_where_it_says_it_is(
    head: str, address: str | None, osce: Taxonomy
) -> None:
    text = paragraphs(FIRST, f'{SECOND} <a href="more">More</a>', THIRD)
    head += '<meta property="og:type" content="article">'
    body = page(f"<article><h1>{TITLE}</h1>{text}</article>", head=head)
    draft = draft_of(body, osce, url=None)
    link = f'<a href="{address}" rel="noopener noreferrer">More</a>'
    assert f"{SECOND} {link if address else 'More'}</p>" in draft.markup
