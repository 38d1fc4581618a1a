"""What an article shows is kept at its place with its caption, and what decorates a page is not."""

# ruff: noqa: E501 - pages are written as their sites write them

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Draft, Habits
from feeds.parse.html import embedded
from feeds.parse.html.embedded import stated as embedded_stated
from feeds.parse.html.metadata import HtmlPage
from feeds.pictures import pictures, told
from feeds.taxonomy import Taxonomy
from tests.webpages import FIRST, SECOND, THIRD, TITLE, URL, draft_of, page, paragraphs

AT = "https://news.example.org"
REL = 'rel="noopener noreferrer"'
BEFORE, BEHIND = paragraphs(FIRST), paragraphs(SECOND, THIRD)


def between(osce: Taxonomy, shown: str) -> str:
    """What is left of some markup between two paragraphs of an article."""
    body = page(f"<article><h1>{TITLE}</h1><div class=text>{BEFORE}{shown}{BEHIND}</div></article>")
    draft = draft_of(body, osce, Habits(forced=True))
    assert len(draft.paragraphs) == 3
    start = draft.markup.index("today.</p>") + len("today.</p>")
    return draft.markup[start : draft.markup.index("<p>“Evidence")].strip()


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ("<img src=/a.jpg alt=A>", f'<figure><img src="{AT}/a.jpg" alt="A"></figure>'),
        ("<p><img src=/a.jpg alt=A></p>", f'<figure><img src="{AT}/a.jpg" alt="A"></figure>'),
        ("<figure><img src=/a.jpg><figcaption>C</figcaption></figure>", f'<figure><img src="{AT}/a.jpg"><figcaption>C</figcaption></figure>'),
        ("<div class=wp-caption><img src=/a.jpg alt=A><p>C</p></div>", f'<figure><img src="{AT}/a.jpg" alt="A"><figcaption>C</figcaption></figure>'),
        ("<figure><img src=/a.jpg alt=A><img src=/b.jpg alt=B><figcaption>C</figcaption></figure>", f'<figure><img src="{AT}/a.jpg" alt="A"><figcaption>C</figcaption></figure><figure><img src="{AT}/b.jpg" alt="B"></figure>'),
        ("<p><a href=/a-large.png><img src=/a.png alt=A></a></p>", f'<figure><img src="{AT}/a.png" alt="A"></figure>'),
        ("<button><img src=/a.png alt=A></button>", f'<figure><img src="{AT}/a.png" alt="A"></figure>'),
        ("<a href='#x'><img src=/a.png alt=A></a>", f'<figure><img src="{AT}/a.png" alt="A"></figure>'),
        (f"<a href='{URL}'><img src=/a.png alt=A></a>", f'<figure><img src="{AT}/a.png" alt="A"></figure>'),
        ("<iframe src=/f title=F>No frames</iframe>", f'<p><a href="{AT}/f" {REL}>F</a></p>'),
        ("<video poster=p><source src=/a.mp4></video>", f'<p><a href="{AT}/a.mp4" {REL} type="video">news.example.org</a></p>'),
        ("<span><span><span><span><span><span><span><img src=/a.jpg alt=A></span></span></span></span></span></span></span>", f'<figure><img src="{AT}/a.jpg" alt="A"></figure>'),
        ("<audio src=/a.mp3></audio>", f'<p><a href="{AT}/a.mp3" {REL} type="audio">news.example.org</a></p>'),
        ("<img data-src=/a.jpg src=/w.gif alt=A><noscript><img src=/a.jpg alt=A></noscript>", f'<figure><img src="{AT}/a.jpg" alt="A"></figure>'),
        ("<figure><img src=/the-logo-launch.jpg><figcaption>The minister unveils it</figcaption></figure>", f'<figure><img src="{AT}/the-logo-launch.jpg"><figcaption>The minister unveils it</figcaption></figure>'),
        ("<img class=banner src=/a.svg alt=A width=800 height=600>", f'<figure><img src="{AT}/a.svg" alt="A" width="800" height="600"></figure>'),
        ("<div class=wp-caption><video src=/a.mp4>a</video><p>A naval parade</p></div>", f'<p><a href="{AT}/a.mp4" {REL}>A naval parade</a></p>'),
        # What decorates a page, or leads to another one.
        ("<img src=/a.jpg width=64 alt=A>", ""),
        ("<img src=/a.jpg height=0 alt=A>", ""),
        ("<img class=siteLogo src=/a.jpg alt=A>", ""),
        ("<span class=avatar><img src=/a.jpg alt=A></span>", ""),
        ("<img src=/img/spacer.png alt=A>", ""),
        ("<img src=/banner-parade.jpg width=800 height=90 alt=A>", ""),
        ("<a href=/elsewhere><img src=/a.png alt=A width=800 height=600></a>", ""),
        ("<img src=/img/a.svg alt=A>", ""),
        ("<img src=/img/a.jpg alt='&#10084;'>", ""),
        ("<a href=/elsewhere><img src=/a.png alt=A></a>", ""),
        ("<iframe src=/plugins/share width=300 height=300></iframe>", ""),
        ("<iframe src=/f width=300 height=40></iframe>", ""),
        ("<img src='javascript:x()' alt=A>", ""),
        ("<aside><img src=/a.jpg alt=A></aside>", ""),
    ],
)  # fmt: skip
def test_what_an_article_shows_is_kept_at_its_place(osce: Taxonomy, shown: str, kept: str) -> None:
    assert between(osce, shown) == kept


def test_what_stands_below_a_text_is_none_of_it(osce: Taxonomy) -> None:
    """The last picture may stand below the last words, and not below what is no text."""
    shown = "<p><img src=/a.jpg alt=A></p><h3>Read</h3><p><img src=/b.jpg alt=B></p>"
    body = page(f"<article><h1>{TITLE}</h1><div>{BEFORE}{BEHIND}{shown}</div></article>")
    markup = draft_of(body, osce, Habits(forced=True)).markup
    assert "/a.jpg" in markup
    assert "/b.jpg" not in markup


@pytest.mark.parametrize(
    ("image", "above", "is_shown"),
    [
        ("https://cdn.example.org/b-1200x630.jpg?x=1", "<img src=/b-300x200.jpg alt=B>", True),
        ("https://cdn.example.org/c.jpg", "<img src=/b.jpg alt=B>", False),
        ("https://cdn.example.org/b.jpg", "<img src=/b.jpg alt=B><h1>Paper</h1>", False),
    ],
)
def test_the_picture_of_an_article_may_stand_above_its_title(
    osce: Taxonomy, image: str, above: str, is_shown: bool
) -> None:
    body = page(
        f"<article>{above}<h1>{TITLE}</h1><div class=article-body>{BEFORE}{BEHIND}</div></article>",
        head=f'<meta property="og:image" content="{image}">',
    )
    markup = draft_of(body, osce, Habits(forced=True)).markup
    assert markup.startswith("<figure><img") == is_shown


def test_what_the_text_says_itself_is_no_caption(osce: Taxonomy) -> None:
    body = page(
        f"<article><h1>{TITLE}</h1>{BEFORE}<div class=photo><img src=/a.jpg alt=A>"
        f"<p>{SECOND}</p></div>{paragraphs(THIRD)}</article>"
    )
    assert "<figcaption" not in draft_of(body, osce, Habits(forced=True)).markup


@pytest.mark.parametrize("called", ["photo", "video", "media embed"])
@pytest.mark.parametrize(
    "shown", ["<img src=/a.jpg>", "<iframe src=/f></iframe>", "<video src=/v.mp4></video>"]
)
def test_a_caption_is_no_paragraph_of_the_text(osce: Taxonomy, called: str, shown: str) -> None:
    markup = between(osce, f"<div class='{called}'>{shown}<p>The trainer at her desk</p></div>")
    assert markup.count("The trainer at her desk") == 1
    assert "<p>The trainer" not in markup


def test_what_the_text_says_itself_names_no_film(osce: Taxonomy) -> None:
    body = page(
        f"<article><h1>{TITLE}</h1>{BEFORE}<div class=video><iframe src=/f></iframe>"
        f"<p>{SECOND}</p></div>{paragraphs(THIRD)}</article>"
    )
    markup = draft_of(body, osce, Habits(forced=True)).markup
    assert f'<a href="{AT}/f" {REL} type="frame">news.example.org</a>' in markup
    assert markup.count("“Evidence") == 1


def stated(image: object, text: str = "", **more: object) -> str:
    """A page that says of itself, as data, which picture it has."""
    thing = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": TITLE} | more
    data = json.dumps(thing | ({"image": image} if image else {}))
    return page(
        f"<article><h1>{TITLE}</h1><div class=text>{BEFORE}{BEHIND}{text}</div></article>",
        head=f'<script type="application/ld+json">{data}</script>',
    )


@pytest.mark.parametrize(
    ("image", "figure"),
    [
        ("/a.jpg", f'<img src="{AT}/a.jpg">'),
        (["/a-1x1.jpg", "/a-16x9.jpg"], f'<img src="{AT}/a-1x1.jpg">'),
        ({"@type": "ImageObject", "url": "/a.jpg", "width": 1200, "height": "800", "caption": "C & c"}, f'<img src="{AT}/a.jpg" width="1200" height="800"><figcaption>C &amp; c</figcaption>'),
        ({"contentUrl": "/a.jpg", "url": "/page", "caption": SECOND}, f'<img src="{AT}/a.jpg">'),
        ([{"@id": "#primaryimage"}, 1, ["/logo.png", {"url": "/b.jpg"}]], f'<img src="{AT}/b.jpg">'),
        ({"url": "/a.jpg", "width": 96}, ""),
        ("https://pixel.example.net/g.gif?id=1", ""),
        ("/hit-counter.gif", ""),
        ("/og-default.png", ""),
        ("javascript:alert(1)", ""),
        ([["none"] * 30, "/a.jpg"], ""),
        (None, ""),
    ],
)  # fmt: skip
def test_the_picture_that_a_page_states_opens_a_text_that_shows_none(
    osce: Taxonomy, image: object, figure: str
) -> None:
    draft = draft_of(stated(image), osce, Habits(forced=True))
    assert draft.markup.partition("<p>")[0].replace("<div>", "") == (
        f"<figure>{figure}</figure>" if figure else ""
    )
    assert len(draft.paragraphs) == 3


def test_pictures_with_captions_of_their_own_are_all_taken(osce: Taxonomy) -> None:
    """Without one they are mostly the same in other shapes, as search engines ask for it."""
    bridge, mill = ({"url": f"/{name}.jpg", "caption": name} for name in ("bridge", "mill"))
    again = {"url": "/bridge-800x600.jpg", "caption": "The same bridge"}
    shapes = ["/dam-cut.jpg", {"url": "/bridge-wide.jpg", "caption": "bridge"}]
    draft = draft_of(stated([bridge, *shapes, mill, again]), osce, Habits(forced=True))
    assert [each.address for each in pictures(draft.markup)] == [
        f"{AT}/bridge.jpg",
        f"{AT}/mill.jpg",
    ]


def test_a_text_that_shows_a_picture_has_no_other_in_front_of_it(osce: Taxonomy) -> None:
    draft = draft_of(stated("/a.jpg", "<img src=/b.jpg alt=B>"), osce, Habits(forced=True))
    assert "/b.jpg" in draft.markup
    assert "/a.jpg" not in draft.markup


def test_a_text_that_is_data_shows_its_pictures(osce: Taxonomy) -> None:
    text = f"{BEFORE}<img src=/a.jpg alt=A>{BEHIND * 9}"
    draft = draft_of(stated("/b.jpg", articleBody=text), osce, Habits(forced=True))
    assert f'<figure><img src="{AT}/a.jpg" alt="A"></figure>' in draft.markup
    assert "/b.jpg" not in draft.markup


def test_plain_text_that_is_data_has_its_picture_in_front(osce: Taxonomy) -> None:
    draft = Draft(form="html", title="A", paragraphs=("1 < 2",))
    opened = embedded_stated.opened(draft, ["/b.jpg"], URL)
    assert opened.markup == f'<figure><img src="{AT}/b.jpg"></figure><p>1 &lt; 2</p>'


def test_a_source_that_says_where_its_text_is_shows_what_stands_there(osce: Taxonomy) -> None:
    body = page(f"<h1>{TITLE}</h1><div id=a>{BEFORE}<img src=/a.jpg alt=A>{BEHIND}</div>")
    assert "/a.jpg" in draft_of(body, osce, Habits(page_text="#a", forced=True)).markup


def test_a_page_has_no_places_of_its_own(osce: Taxonomy) -> None:
    strange = "<wbr data-embed-place=0>"
    body = page(f"<article><h1>{TITLE}</h1><div>{BEFORE}{strange}{BEHIND}<img src=/a.jpg></div>")
    markup = draft_of(body, osce, Habits(forced=True)).markup
    assert markup.count("<img") == 1
    assert markup.index("<img") > markup.index("“Evidence")


def test_no_page_shows_more_than_a_hundred_things(osce: Taxonomy) -> None:
    body = page("".join(f"<p><img src=/{number}.jpg alt=A></p>" for number in range(150)))
    assert len(embedded.place(HtmlPage(body), URL)) == 100


def test_a_page_without_a_body_shows_nothing() -> None:
    assert embedded.place(HtmlPage("<html><frameset><frame src=/a></frameset></html>"), URL) == {}


PARTS = st.sampled_from(
    ["<figure>", "</figure>", "<figcaption>C", "</figcaption>", "<p>", "</p>", "<a href=/x.png>",
     "</a>", "<img src=/a.jpg alt=A>", "<img src=/b.jpg onerror=x()>", "<iframe src=/f></iframe>",
     "<iframe srcdoc='&lt;script&gt;'>", "<wbr data-embed-place=0>", "<wbr data-embed-place=99>", "<picture>",
     "<noscript>", "</noscript>", "<video src=/v.mp4>", "</video>", "<div class=caption>", "</div>",
     "<svg>", "<math>", "<style>", "<table>", "<td>", "<!--", "-->", "<script>x()</script>", "words"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=30))
def test_whatever_a_page_shows_nothing_else_gets_through(osce: Taxonomy, parts: list[str]) -> None:
    body = page(f"<article><h1>{TITLE}</h1><div>{BEFORE}{''.join(parts)}{BEHIND}</div></article>")
    markup = draft_of(body, osce, Habits(forced=True)).markup
    for html in (markup, told(markup, are_shown=True), told(markup, are_shown=False)):
        for harm in ("<script", "<iframe", "<wbr", "<svg", "<video"):
            assert harm not in html
        # Within an endless frame all that follows is words.
        tags = "".join(re.findall("<[^<>]*>", html))
        for harm in ("data-embed-place", "onerror", "srcdoc"):
            assert harm not in tags


@pytest.mark.one_python
@pytest.mark.parametrize("part", ["<img src='/a%d.jpg' alt=b>", "<img src='/q%d'>", "<p><img src='/q%d'>", "<span class=image>a<img src=/a%d.jpg></span>"])  # fmt: skip
@pytest.mark.parametrize("around", ["<div class=photo>", "<p><b><i><em><a><span>", "<figure>"])
def test_it_takes_time_in_proportion(part: str, around: str) -> None:
    html = "".join(part % number for number in range(200_000 // len(part)))
    shown = HtmlPage(f"<html><body>{around}{html}")
    # What is loaded once is not counted.
    embedded.place(HtmlPage(f"<figure>{part}</figure>"), URL)
    begun = time.process_time()
    embedded.place(shown, URL)
    assert time.process_time() - begun < 5
