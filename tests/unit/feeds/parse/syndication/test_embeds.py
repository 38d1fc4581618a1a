"""What is not carried leaves a link, and what counts readers leaves nothing."""

# ruff: noqa: E501 - pages are written as their sites write them

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.markup import CLEAN_TAG
from feeds.parse.sanitise import sanitised
from feeds.parse.syndication.embeds import filled, has_embeds, placed
from feeds.pictures import told

BASE = "https://x.test/news/1"
FILM = "https://v.test/e/1"


def shown(html: str, base: str | None = BASE) -> str:
    html, embeds = placed(html, base)
    clean = filled(sanitised(html, base, with_places=True), embeds)
    return told(clean, are_shown=False).replace(' rel="noopener noreferrer"', "")


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        (f"<iframe src={FILM} title='A film'></iframe>", f'<p><a href="{FILM}">A film</a></p>'),
        (f"<iframe src='{FILM}'/>", f'<p><a href="{FILM}" type="frame">v.test</a></p>'),
        (f"<embed src='{FILM}'>", f'<p><a href="{FILM}" type="frame">v.test</a></p>'),
        ("<audio src=a.mp3></audio>", '<p><a href="https://x.test/news/a.mp3" type="audio">x.test</a></p>'),
        (f"<a href=/b><video src='{FILM}'></video></a>", '<a href="https://x.test/b">v.test</a>'),
        ('<a href="/b" type="video">x.test</a>', '<a href="https://x.test/b">x.test</a>'),
        (f"<object data='{FILM}' title=A></object>", f'<p><a href="{FILM}">A</a></p>'),
        ("<video poster=p.jpg><source src=a.mp4><source src=a.webm></video>", '<p><a href="https://x.test/news/a.mp4" type="video">x.test</a></p>'),
        ("<img src=a.png alt='a > b' title=it's>c", '<p><a href="https://x.test/news/a.png">a &gt; b</a></p>c'),
        ("<p>a <img src=b.png alt='B &amp; c'> d</p>", '<p>a <a href="https://x.test/news/b.png">B &amp; c</a> d</p>'),
        ("<figure><img src=a.png><img src=b.png alt=B><figcaption>A <b>a</b></figcaption></figure>", '<p><a href="https://x.test/news/a.png">A a</a></p><p><a href="https://x.test/news/b.png">B</a></p>'),
        ("<figure><blockquote>a</blockquote><figcaption>A</figcaption></figure>", "<div><blockquote>a</blockquote></div>"),
        ("<a href='https://x.test/2'><img src=a.png alt=A></a>", '<a href="https://x.test/2">A</a>'),
        ("<a href='https://x.test/2'><iframe src=/f title=F></iframe></a>", '<a href="https://x.test/2">F</a>'),
        ("<img src=a.png width=1 height=1 alt=A>b", "b"),
        ("<img src='/count?n=1'>b<img src=a.png alt=''>", "b"),
        ("<img src='javascript:alert(1)' alt=A><iframe src='data:text/html,x'></iframe>b", "b"),
        ("<img src=a.png alt='<script>'>b", "b"),
        ("<p>a<script>'<img src=b.png alt=B>'</script></p>", "<p>a</p>"),
        ("<img data-src=b.png src=wait.gif alt=B>", '<p><a href="https://x.test/news/b.png">B</a></p>'),
        ("<img src='data:,' srcset='s.png 320w, m.png 1200w, l.png 4000w' alt=B>", '<p><a href="https://x.test/news/m.png">B</a></p>'),
        ("<img srcset='/s.png 400w,/m.png 1200w,/l,l.png 4000w' alt=B>", '<p><a href="https://x.test/m.png">B</a></p>'),
        ("<figure><a href=/big><img src=a.png alt=A></a><figcaption>C</figcaption></figure>", '<p><a href="https://x.test/news/a.png">C</a></p>'),
        ("<a href=/big><figure><img src=a.png alt=A><figcaption>C</figcaption></figure></a>", '<a href="https://x.test/big"><div>C</div></a>'),
        ("<h1 lang=de title=t>T</h1><img src=a.png alt=A>", '<h2 lang="de">T</h2><p><a href="https://x.test/news/a.png">A</a></p>'),
        ("<p>data-embed-place=0 <wbr DATA-EMBED-PLACE='0'>a<img src='/a.png?data-embed-place=1' alt=A></p>", '<p>data-embed-place=0 a<a href="https://x.test/a.png?data-embed-place=1">A</a></p>'),
        ("<img data-srcset='s.png, l.png 2x' alt=B>", '<p><a href="https://x.test/news/s.png">B</a></p>'),
        ("<img srcset='l.png 4000w, xl.png 5000w' alt=B>", '<p><a href="https://x.test/news/l.png">B</a></p>'),
        ("<img srcset=', javascript:1 2w' alt=B>b", "b"),
        ("<img src='/picture?n=1' width=640 height=480>", '<p><a href="https://x.test/picture?n=1">x.test</a></p>'),
        ("<img src='/dots.gif'>b", "b"),
        ("<ul><li>a<iframe src=/f title=F></iframe></ul>", '<ul><li>a<p><a href="https://x.test/f">F</a></p></li></ul>'),
        ("a<wbr data-embed-place=7>b<wbr>c<img src=a.png alt=A>", 'abc<p><a href="https://x.test/news/a.png">A</a></p>'),
        ("<figure><img src=a.png alt=A>", ""),
        ("<p> </p><script>x</script>", ""),
        ("<p>a</p><p>&nbsp;</p><div><p></p></div><p>b<b> </b>c</p>", "<p>a</p><p>b c</p>"),
        ("<p><img src='/dots.gif'></p><hr>", ""),
        ("a</iframe></p><p>b<img src=c.png alt='&#10084;'></p>", "a<p>b❤</p>"),
    ],
)  # fmt: skip
def test_what_is_not_carried_leaves_a_link(html: str, clean: str) -> None:
    assert shown(html) == clean


def test_other_html_is_not_read_twice() -> None:
    assert has_embeds("<p>a</p><IMG src=a>")
    assert not has_embeds("<p>a</p><figure><blockquote>a</blockquote></figure>")


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<figure><a href=/b><img src=a.png></a><figcaption>C</figcaption></figure>", '<figure><img src="https://x.test/news/a.png"><figcaption>C</figcaption></figure>'),
        ("<figure><img src=a.png alt=A><p>b</p></figure>", '<div><p>b</p><figure><img src="https://x.test/news/a.png" alt="A"></figure></div>'),
        ("<a href=/b><figure><img src=a.png alt=A><figcaption>C</figcaption></figure></a>", '<a href="https://x.test/b"><div><img src="https://x.test/news/a.png" alt="A" title="C"></div></a>'),
    ],
)  # fmt: skip
def test_a_figure_is_kept_with_its_caption(html: str, kept: str) -> None:
    text, embeds = placed(html, BASE)
    clean = filled(sanitised(text, BASE, with_places=True), embeds)
    assert clean.replace(' rel="noopener noreferrer"', "") == kept


@pytest.mark.parametrize("mark", ["del", "ins", "ruby"])
def test_a_picture_within_a_mark_stands_in_its_line(mark: str) -> None:
    html, embeds = placed(f"<li>a<{mark}>b<br><img src=a.png alt=A></{mark}></li>", BASE)
    clean = filled(sanitised(html, BASE, with_places=True), embeds)
    assert "<figure>" not in clean
    assert f'<br><img src="https://x.test/news/a.png" alt="A"></{mark}>' in clean


def test_nothing_stands_in_two_places() -> None:
    _, embeds = placed("<img src=a.png alt=A>", BASE)
    assert filled('<wbr data-embed-place="0">' * 1_000, embeds).count("<img") == 1


PARTS = st.sampled_from(
    ["<figure>", "</figure>", "<figcaption>C</figcaption>", "<p lang=de>", "</p>", "<a href=/x.png>",
     "<a lang=de>", "</a>", "<img src=/a.jpg alt=A>", "<iframe src=/f></iframe>", "<wbr data-embed-place=0>",
     "<h1 lang=de>", "<h1 title='a>b' dir=rtl>", "</h1>", "<h2>", "</h2>", "<bdo lang=de dir=rtl>", "</bdo>",
     "<span dir=ltr>", "</span>", "<section lang='\"'>", "</section>", "<table>", "<td>", "<li>", "<b>", "</b>",
     "<svg>", "<br>", "words"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=30))
def test_all_that_is_published_is_balanced(parts: list[str]) -> None:
    text, embeds = placed("".join(parts), BASE)
    clean = filled(sanitised(text, BASE, with_places=True), embeds)
    for html in (clean, told(clean, are_shown=True), told(clean, are_shown=False)):
        around: list[str] = []
        for _, slash, name in CLEAN_TAG.findall(html):
            if slash:
                assert around.pop() == name
            elif name not in {"br", "hr", "img"}:
                around.append(name)
        assert not around


def test_without_a_base_a_relative_address_leaves_nothing() -> None:
    assert shown("<img src=a.png alt=A>b", None) == "b"


@pytest.mark.one_python
@pytest.mark.parametrize("part", ["<img src=a alt=b>", "<figure>", "<iframe", "<img ", "<video>", "<figcaption>", '<img alt="', "<img alt='\"", "<img \"'\"'a"])  # fmt: skip
def test_it_takes_time_in_proportion(part: str) -> None:
    begun = time.process_time()
    placed(part * (400_000 // len(part)), BASE)
    assert time.process_time() - begun < 3


def test_no_text_shows_more_than_a_hundred_things() -> None:
    assert shown("<p><img src=a.png alt=A></p>" * 150).count("<a ") == 100
