"""Pages that are no news: each refused for its own reason, with what shows it; and articles with the
same things beside them, which are none."""

# ruff: noqa: E501 - pages are written as their sites write them

import pytest

from feeds.draft import Habits, Parsed, Reason
from feeds.parse import html
from feeds.taxonomy import Taxonomy
from tests.webpages import (
    FIRST,
    NAV,
    SECOND,
    THIRD,
    TITLE,
    document,
    page,
    paragraphs,
    refused,
    understood,
)

LOGIN = page(
    """<main><h1>Log in</h1><form action="/user/login"><label>Username</label><input name="n">
<label>Password</label><input type="password" name="p"><button>Log in</button></form></main>"""
)
CHALLENGE = """<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>
<h1>news.example.org</h1><p>Verifying you are human. This may take a few seconds.</p>
<noscript>Enable JavaScript and cookies to continue</noscript>
<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/x.js"></script></body></html>"""
NOT_FOUND = page(
    "<main><h1>Page not found</h1><p>The requested page could not be found.</p></main>",
    head="<title>Page not found | OSCE</title>",
)
SOFT_404 = page(
    "<div><h2>Страница не найдена</h2><p>Проверьте адрес и попробуйте ещё раз.</p></div>"
)
CONSENT = """<html><body><div class="cookie-consent"><p>We value your privacy. We and our partners
store information on a device.</p><button>Accept all cookies</button></div></body></html>"""
EVENT = page(
    f"""<main><h1>Conference on border management</h1><div>When</div><div>15 May 2021, 10:00 - 12:00</div>
<div>Where</div><div>Hofburg, Vienna</div><div>Organized by</div><div>OSCE Secretariat</div>
{paragraphs("The conference will bring together experts from all over the region to talk about it.")}</main>"""
)
EVENT_LD = page(
    f"<main><h1>{TITLE}</h1>{paragraphs(SECOND, THIRD)}</main>",
    head='<script type="application/ld+json">{"@type": "BusinessEvent", "name": "X"}</script>',
)
JOB_LD = EVENT_LD.replace("BusinessEvent", "JobPosting")
VACANCY = page(
    f"""<main><h1>Vacancy notice: project officer</h1>{paragraphs(SECOND, THIRD)}
<h3>Tasks and responsibilities</h3>{paragraphs("Manages projects.")}<h3>How to apply</h3></main>"""
)
TENDER = page(
    f"<main><h1>Invitation to bid: office furniture</h1>{paragraphs(SECOND, THIRD)}</main>"
)
TOPIC = page(
    f"""<main><h1>Border management</h1><h2>Our challenge</h2>{paragraphs("Borders are long. " * 9)}
<h2>Our action</h2>{paragraphs("We help those who guard them. " * 9)}</main>"""
)
CUT = page(f'<main><div class="x"><h1>{TITLE}</h1>{paragraphs(FIRST, SECOND, THIRD)}</div></main>')
CUT = CUT[: CUT.index("held again")]
BARE = page(
    f"<main><h1>Our house</h1>{paragraphs('It stands in a street and has many rooms. ' * 5)}</main>"
)
NO_TITLE = f"<html><body><main>{paragraphs(FIRST, SECOND, THIRD)}</main></body></html>"

CASES: dict[str, tuple[str | bytes, Reason]] = {
    "login": (LOGIN, Reason.LOGIN),
    "challenge": (CHALLENGE, Reason.CHALLENGE),
    "not found": (NOT_FOUND, Reason.ERROR_PAGE),
    "soft 404": (SOFT_404, Reason.ERROR_PAGE),
    "consent": (CONSENT, Reason.NOT_NEWS),
    "menu": (f"<html><body>{NAV}</body></html>", Reason.MENU_ONLY),
    "nothing": ("<html><body></body></html>", Reason.EMPTY),
    "event": (EVENT, Reason.NOT_NEWS),
    "event by JSON-LD": (EVENT_LD, Reason.NOT_NEWS),
    "vacancy by JSON-LD": (JOB_LD, Reason.NOT_NEWS),
    "vacancy": (VACANCY, Reason.NOT_NEWS),
    "tender": (TENDER, Reason.NOT_NEWS),
    "topic": (TOPIC, Reason.NOT_NEWS),
    "about": (BARE, Reason.NOT_NEWS),
    "cut": (CUT, Reason.INCOMPLETE),
    "cut in a tag": (CUT + '<a href="', Reason.INCOMPLETE),
    "cut before its text": ('<html><body><main><div class="x">', Reason.INCOMPLETE),
    "nothing, end tags left out": ("<html><body><p>", Reason.EMPTY),
    "nothing of a part of a page": ("<ul><li></li></ul>", Reason.EMPTY),
    "no title": (NO_TITLE, Reason.INCOMPLETE),
    "blank": (" \n ", Reason.EMPTY),
    "binary": (b"<html>" + bytes(range(32)) * 20, Reason.BINARY),
}


@pytest.mark.parametrize(("body", "reason"), CASES.values(), ids=CASES)
def test_a_page_that_is_no_news_is_refused(
    osce: Taxonomy, body: str | bytes, reason: Reason
) -> None:
    refusal = refused(body, osce)
    assert refusal.reason is reason, str(refusal)


@pytest.mark.parametrize("name", ["event", "topic", "about", "cut", "not found"])
def test_a_person_may_vouch_for_any_page_with_a_title_and_a_text(osce: Taxonomy, name: str) -> None:
    parsed = html.parse(document(CASES[name][0]), osce, Habits(forced=True))
    assert getattr(parsed, "drafts", None)


DESCRIBED = """<meta property="og:type" content="article"><meta property="og:title"
content="{title}"><meta property="article:published_time" content="2021-06-26T10:00:00Z">"""
HEAD = DESCRIBED.format(title=TITLE)
LOGIN_FORM = '<form action="/login"><input name="n"><input type="password" name="p"></form>'
ARTICLE = f"<main><h1>{TITLE}</h1>{paragraphs(SECOND, THIRD)}</main>"

BESIDE = {
    "login in the header": f"<header>{LOGIN_FORM}</header>{ARTICLE}",
    "login in a window": f'<div class="modal fade" id="sign-in">{LOGIN_FORM}</div>{ARTICLE}',
    "login that is hidden": f"<div hidden>{LOGIN_FORM}</div>{ARTICLE}",
    "login below an indented menu": f"<ul>{NAV}{' ' * 3000}</ul>{ARTICLE}<div>{LOGIN_FORM}</div>",
    "robot check of a form": f'{ARTICLE}<div><form class="ask"><div class="g-recaptcha"></div></form></div>',
    "comments of others": f"{ARTICLE}<noscript>Please enable JavaScript to view the comments.</noscript>",
    "cookie line": f"{ARTICLE}<div><p>We use cookies.</p><button>Accept all cookies</button></div>",
    "script line": f"{ARTICLE}<div><p>This site requires JavaScript to run correctly.</p></div>",
    "languages": f"<ul><li>English</li><li>Shqip</li></ul>{ARTICLE}",
    "questions": f"""{ARTICLE}<h2>What did you learn?</h2>{paragraphs(SECOND)}<h2>Who came?</h2>
{paragraphs(THIRD)}<h2>What comes next?</h2>{paragraphs(SECOND)}""",
    "event beside it": f"""{ARTICLE}<div class="box"><h2>Upcoming</h2><h3><a href="/e/1">Open day</a></h3>
<p>When: 15 May 2021, 10:00</p><p>Where: Hofburg, Vienna</p></div>""",
    "event in microdata": f"""{ARTICLE}<div itemscope itemtype="https://schema.org/Event"><a href="/e/1"
itemprop="name">Open day</a></div>""",
    "a form around it all": f'<form action="/page.aspx">{NAV}{ARTICLE}</form>',
}  # fmt: skip


@pytest.mark.parametrize("body", BESIDE.values(), ids=BESIDE)
def test_what_stands_beside_an_article_refuses_nothing(osce: Taxonomy, body: str) -> None:
    parsed = understood(page(body, head=HEAD), osce)
    assert isinstance(parsed, Parsed), str(parsed)
    assert not parsed.is_list
    assert [draft.title for draft in parsed.drafts] == [TITLE]


INSTEAD = {
    "consent": (
        f"""<main><h1>Your choice</h1>{
            paragraphs(
                "We and our 42 partners store cookies on your device to show you advertisements.",
                "You may withdraw your consent at any time, as it is kept on this device alone.",
            )
        }</main>""",
        Reason.NOT_NEWS,
    ),
    "moved": (
        f"<main><h1>This page has moved</h1>{paragraphs('Please follow the link.')}</main>",
        Reason.ERROR_PAGE,
    ),
    "subscribers": (
        f"""<main><h1>{TITLE}</h1>{paragraphs("This article is for subscribers only")}
{paragraphs("Already a subscriber? Log in")}</main>""",
        Reason.LOGIN,
    ),
    "login": (f"<main><h1>Log in</h1>{LOGIN_FORM}</main>", Reason.LOGIN),
}


@pytest.mark.parametrize(("body", "reason"), INSTEAD.values(), ids=INSTEAD)
def test_the_text_of_a_page_tells_whatever_its_head_says(
    osce: Taxonomy, body: str, reason: Reason
) -> None:
    refusal = refused(page(body, head=HEAD), osce)
    assert refusal.reason is reason, str(refusal)


def test_an_event_that_is_described_as_an_article_is_an_event(osce: Taxonomy) -> None:
    event = f'<script type="application/ld+json">{{"@type": "Event", "name": "{TITLE}"}}</script>'
    assert refused(page(ARTICLE, head=HEAD + event), osce).reason is Reason.NOT_NEWS


def test_the_event_of_another_name_is_beside_an_article(osce: Taxonomy) -> None:
    event = '<script type="application/ld+json">{"@type": "Event", "name": "Open day"}</script>'
    assert isinstance(understood(page(ARTICLE, head=HEAD + event), osce), Parsed)


SENTENCES = (
    "The old ferry is to become a library that sails from island to island with its books.",
    "There is room for four thousand books and a reading room of twelve seats at the front.",
    "A shipyard in the north does the work, and four towns pay for it from what they saved.",
)


@pytest.mark.parametrize(
    "body",
    [
        f"<h1>Old ferry becomes a library for the islands</h1>{paragraphs(*SENTENCES)}",
        f"<article><h1>A library</h1>{paragraphs(*SENTENCES)}</article>",
    ],
    ids=["a headline", "marked as an article"],
)
def test_prose_below_a_headline_needs_no_words_of_news(osce: Taxonomy, body: str) -> None:
    assert isinstance(understood(page(body), osce), Parsed)


def test_prose_below_a_name_is_no_news(osce: Taxonomy) -> None:
    body = f"<div><h1>Our library</h1>{paragraphs(*SENTENCES)}</div>"
    assert refused(page(body), osce).reason is Reason.NOT_NEWS


def test_a_page_of_rules_is_none_though_its_site_calls_all_pages_articles(osce: Taxonomy) -> None:
    head = '<script type="application/ld+json">{"@type": "Article", "headline": "Privacy policy"}</script>'
    body = f"<main><h1>Privacy policy</h1>{paragraphs(*SENTENCES)}</main>"
    assert refused(page(body, head=head), osce).reason is Reason.NOT_NEWS


OF_ARTICLE = {
    "Open Graph": '<meta property="og:type" content="article">',
    "a day": '<meta property="article:published_time" content="2024-05-03">',
    "JSON-LD": '<script type="application/ld+json">{"@type": "NewsArticle"}</script>',
}
OF_BLOG = '<script type="application/ld+json">{"@type": "BlogPosting"}</script>'
IN_THE_FIRST_PERSON = (
    "I was on the ferry when it left, and I am glad that I took my books along with me.",
)


@pytest.mark.parametrize("head", OF_ARTICLE.values(), ids=OF_ARTICLE)
def test_what_states_an_article_is_none_of_a_blog_for_its_style(osce: Taxonomy, head: str) -> None:
    body = f"<h1>A last ride</h1>{paragraphs(*IN_THE_FIRST_PERSON)}"
    assert isinstance(understood(page(body, head=head), osce), Parsed)
    assert refused(page(body, head=OF_BLOG), osce).reason is Reason.NOT_NEWS


def test_much_prose_below_a_headline_may_be_told_by_anyone(osce: Taxonomy) -> None:
    title = "What the last ride of an old ferry was like"
    told = [*IN_THE_FIRST_PERSON, *SENTENCES]
    long = [f"{line[:-1]} on day {number}." for number in range(4) for line in told]
    assert isinstance(understood(page(f"<h1>{title}</h1>{paragraphs(*long)}"), osce), Parsed)
    assert refused(page(f"<h1>{title}</h1>{paragraphs(*told)}"), osce).reason is Reason.NOT_NEWS


@pytest.mark.parametrize(
    ("address", "is_item"),
    [
        ("/post/318/the-last-ride-of-a-ferry", True),
        ("/diary/the_last_ride_of_a_ferry.html?id=7", True),
        ("/diary/the-crew", False),
        ("/diary/318", False),
    ],
)
def test_a_story_whose_address_holds_its_title_may_be_told_by_anyone(
    osce: Taxonomy, address: str, is_item: bool
) -> None:
    told = [f"{line[:-1]} on day {number}." for number in range(3) for line in IN_THE_FIRST_PERSON]
    body = page(f"<h1>The last ride of a ferry</h1>{paragraphs(*told)}")
    found = understood(body, osce, url=f"https://news.test{address}")
    assert isinstance(found, Parsed) == is_item


def test_running_text_in_one_place_needs_no_words_of_news(osce: Taxonomy) -> None:
    body = f"<h1>Our library</h1><p>{' '.join(SENTENCES * 2)}</p>"
    assert isinstance(understood(page(body), osce), Parsed)


def test_a_described_story_may_say_when_and_where_something_is_held(osce: Taxonomy) -> None:
    labels = "<p>When: 5 May 2024</p><p>Where: Old harbour</p>"
    body = f"<h1>Old ferry becomes a library for the islands</h1>{paragraphs(*SENTENCES)}{labels}"
    head = '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2024-05-03"}</script>'
    assert isinstance(understood(page(body, head=head), osce), Parsed)
    assert refused(page(body), osce).reason is Reason.NOT_NEWS


def test_readers_who_say_i_below_an_article_make_no_blog_of_it(osce: Taxonomy) -> None:
    tuba = (
        "The town band has found its missing tuba in the loft of the old fire station, where it was.",
        "It was wrapped in a flag and held, the bandmaster announced, eleven hymn books and a nest.",
        "The tuba will be played again on Sunday, once the dents are out and the wren has been told.",
    )
    remark = '<div class="r"><b>Reader</b> <a href="#c">9:41</a><p>I played my tuba there, and I never held a note for long.</p></div>'
    body = page(f"<div><h2>A tuba in the loft</h2>{paragraphs(*tuba)}</div>{remark * 4}")
    assert isinstance(html.parse(document(body), osce, Habits()), Parsed)


def teaser(title: str, words: str = SECOND) -> str:
    return (
        f'<article><h2><a href="#">{title}</a></h2><p>{words}</p><time>5 May 2021</time></article>'
    )


OTHERS = [teaser(f"{name} opens after three years of work", f"{name}. {THIRD}") for name in "ABC"]


def test_one_of_several_articles_beside_each_other_is_no_page_of_its_own(osce: Taxonomy) -> None:
    found = refused(page(f"<main><h1>Search</h1>{teaser(TITLE)}{''.join(OTHERS)}</main>"), osce)
    assert (found.reason, found.evidence) == (Reason.NOT_NEWS, "it shows 4 articles and is none")


@pytest.mark.parametrize(
    ("content", "window"),
    [
        (f"{teaser(TITLE)}{''.join(OTHERS)}", f"{TITLE} | Office"),
        (f"{teaser(TITLE)}{OTHERS[0]}", "Office"),
        (
            f"{teaser(TITLE, f'{FIRST}</p>{paragraphs(SECOND, THIRD)}<p>')}{''.join(OTHERS[:2])}",
            "Office",
        ),
        (
            f"<h1>{TITLE}</h1>{paragraphs(FIRST, SECOND, THIRD)}{teaser(TITLE)}{''.join(OTHERS)}",
            "Office",
        ),
    ],
    ids=["called-so", "two", "most-of-it", "told-again-in-a-teaser"],
)
def test_an_article_beside_others_is_one(osce: Taxonomy, content: str, window: str) -> None:
    body = page(f"<main>{content}</main>", head=f"<title>{window}</title>")
    assert isinstance(understood(body, osce), Parsed)
