"""What of foreign HTML is published, and its paragraphs."""

# ruff: noqa: E501 - pages are written as their sites write them

import re
import time
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.parse import sanitise
from feeds.parse.sanitise import blocks, paragraphs, sanitised, without

BASE = "https://news.example.org/a/b"
REL = 'rel="noopener noreferrer"'


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p class=c style='x' id=i onclick=x>A</p>", "<p>A</p>"),
        ("<a href='/x?a=1&b=2' target=_blank>A</a>",
         f'<a href="https://news.example.org/x?a=1&amp;b=2" {REL}>A</a>'),
        ("<a href='javascript:x'>A</a>", "A"),
        ("<a href=' data:text/html,x'>A</a>", "A"),
        ("<a name='x'>A <b>b</b></a> <a href='/y'>C</a>",
         f'A <b>b</b> <a href="https://news.example.org/y" {REL}>C</a>'),
        ("<a>A<table><td><a href='mailto:x@y.z'>B</a></table>C</a>",
         f'A<table><tbody><tr><td><a href="mailto:x@y.z" {REL}>B</a></td></tr></tbody></table>C'),
        ("<a href='mailto:a@example.org'>A</a>", f'<a href="mailto:a@example.org" {REL}>A</a>'),
        ("<a href='https://t.example/Annual report|2026.pdf'>A</a>",
         f'<a href="https://t.example/Annual%20report|2026.pdf" {REL}>A</a>'),
        ("<a href='\n  https://t.example/a?b=1&amp;c=\n2 '>A</a> href=\"a b\"",
         f'<a href="https://t.example/a?b=1&amp;c=2" {REL}>A</a> href="a b"'),
        ("<a href='/a\tb c'>A</a>", f'<a href="https://news.example.org/ab%20c" {REL}>A</a>'),
        ("<a href='mailto:a@b.example?subject=x &quot;y&quot;'>A</a>",
         f'<a href="mailto:a@b.example?subject=x%20%22y%22" {REL}>A</a>'),
        ("<p><del>A</del><ins>B</ins> <strike>C</strike></p>", "<p><del>A</del><ins>B</ins> <s>C</s></p>"),
        ("<ruby>A<rp>(</rp><rt>b</rt><rp>)</rp></ruby>", "<ruby>A<rp>(</rp><rt>b</rt><rp>)</rp></ruby>"),
        ("<ol start=3><li value=7 type=a>A</li></ol>", '<ol start="3"><li value="7">A</li></ol>'),
        ("<table><tr><th colspan=2 rowspan=3 scope=col>A", '<table><tbody><tr><th colspan="2" rowspan="3">A</th></tr></tbody></table>'),
        ("<p>A<img src=x onerror=y><script>z</script><style>z</style></p>", "<p>A</p>"),
        ("<figure><img src=x><figcaption>Who</figcaption></figure>", "<div></div>"),
        ("<h1>A</h1><section>B</section>C", "<h2>A</h2><div>B</div>C"),
        ("<p>un<b>closed", "<p>un<b>closed</b></p>"),
        ("a\ud800b\x01c\u202e&#1;", "abc"),
        ("<text>A<p>B</p><list>C</list></text><svg><text>x</text></svg>", "A<p>B</p>C"),
        ("<svg><script>x</script></svg><iframe src=x></iframe><form><input></form>", ""),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ],
)  # fmt: skip
def test_only_the_documented_set_is_left(html: str, clean: str) -> None:
    assert sanitised(html, BASE) == clean


@pytest.mark.parametrize(
    "base", [None, "", "ftp://example.org/", "http://[", "https://example.org:x/"]
)
def test_without_a_base_relative_links_lose_their_address(base: str | None) -> None:
    assert sanitised("<a href='/x'>A</a>", base) == "A"
    assert sanitised('<a href="/x">A</a>', base) == "A"


FOOTNOTE = """<p>A<sup><a href="#fn1" id=ref1>1</a></sup> <a href=#nowhere>b</a> <a href="#">top</a>
<a href="more#fn1">c</a></p><p id='fn1'>Note <a HREF=' #ref1'>back</a> <a name="é"></a><a href="#%C3%A9">é</a></p>"""


def hrefs(clean: str) -> list[str]:
    return re.findall('href="([^"]*)"', clean)


@pytest.mark.parametrize("base", ["https://x.test/feed", None])
def test_a_footnote_leads_to_its_place_on_the_page_of_the_text(base: str | None) -> None:
    clean = sanitised(FOOTNOTE, base, page="https://x.test/news/1#start")
    assert hrefs(clean) == [
        "https://x.test/news/1#fn1",
        f"https://x.test/{'' if base else 'news/'}more#fn1",
        "https://x.test/news/1#ref1",
        "https://x.test/news/1#%C3%A9",
    ]
    assert "</sup> b top" in clean
    assert "id=" not in clean


def test_a_footnote_of_a_text_without_a_page_is_words() -> None:
    assert hrefs(sanitised(FOOTNOTE, "https://x.test/feed", page="")) == ["https://x.test/more#fn1"]


def test_a_footnote_leads_to_a_web_address_alone() -> None:
    for page in ("javascript:alert(1)", "page.html"):
        assert hrefs(sanitised("<a href=#n>1</a><p id=n>One.</p>", None, page=page)) == []


def test_a_place_elsewhere_on_the_page_is_one() -> None:
    html, source = "<p><a href=#c>Comments</a></p>", "<p>A</p><section id=c></section>"
    clean = sanitised(html, "https://x.test/", page="https://x.test/1", source=html + source)
    assert hrefs(clean) == ["https://x.test/1#c"]


def test_markup_made_to_stop_a_parser_is_brought_down_to_its_words() -> None:
    assert sanitised("<div>" * 200_000 + "a < b", None) == "<p>a</p>"
    assert sanitised("<a" * 100_000, None) == "<p></p>"


def test_paragraphs_in_reading_order() -> None:
    html = """<h1>Title</h1><p>One <b>bo</b>ld<br>line</p>Loose<ul><li>Two</li><li><p>Three</p></li></ul>
        <div>Four<br><br>Five</div><table><tr><td>Six</td><td>Seven</td></tr></table><hr><p> </p>"""
    assert paragraphs(html) == (
        "Title", "One bold line", "Loose", "Two", "Three", "Four", "Five", "Six", "Seven",
    )  # fmt: skip


def test_a_block_is_cut_out_with_what_held_nothing_else() -> None:
    clean = sanitised("<div><p>A</p></div><ul><li>B</li><li><em>C</em></li></ul>", None)
    a, _, c = blocks(clean)
    assert without(clean, [c, a]) == "<ul><li>B</li></ul>"
    assert without(clean, []) == clean
    assert without(clean, blocks(clean)) == ""


@given(st.text() | st.text(alphabet="<>/apbr &;\"'=!-"))
def test_what_is_clean_stays_as_it_is(html: str) -> None:
    clean = sanitised(html, BASE)
    assert sanitised(clean, BASE) == clean
    assert "<script" not in clean.lower()
    assert [block.line for block in blocks(clean)] == list(paragraphs(html))


def test_a_base_that_only_looks_like_an_address_is_none() -> None:
    assert sanitised("<a href='x'>A</a>", "http://xn--/") == "A"


@pytest.mark.one_python
@pytest.mark.parametrize("sign", ["&", "&amp;", "«", "\u00a0", "&a;", "« "])
def test_a_long_text_is_the_same_in_no_time(sign: str) -> None:
    """The sanitiser looks at a text once for each sign in it that is to be escaped."""
    long = sign * (2_000_000 // len(sign.encode()))
    started = time.process_time()
    clean = sanitised(f"<p>{long}</p>", BASE)
    assert time.process_time() - started < 2
    words = clean.removeprefix("<p>").removesuffix("</p>")
    assert unescape(words) == unescape(long)


def test_a_tag_longer_than_any_is_left_out_and_its_words_stay() -> None:
    assert sanitised(f"<p>A <a href='/{'&' * 100_000}'>link</a></p>", BASE) == "<p>A link</p>"


PIECES = [
    "&amp;",
    "&nbsp;",
    "&",
    "#38;",
    "amp;",
    "lt;",
    "«",
    "\u00a0",
    "é",
    "a",
    " ",
    "\n",
    "<b>",
    "</b>",
    "<p>",
    "<a href='/x?a&amp;b=1&amp;lt;'>",
    "</a>",
    "&lt;",
    '"',
]


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.sampled_from(PIECES))
def test_what_is_made_ready_for_the_sanitiser_comes_out_the_same(
    pieces: list[str], filling: str
) -> None:
    html, filled = "".join(pieces), filling * (1_200 // len(filling))
    for each in (html, html + filled, filled + html):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sanitise, "_LITTLE_MARKUP_CHARS", 0)
            ready = sanitised(each, BASE)
            patched.setattr(sanitise, "_LITTLE_MARKUP_CHARS", len(each))
            assert ready == sanitised(each, BASE)


ADDRESSES = (
    "https://t.example https://t.example/a-b/?b=1&amp;c=%zz#d / /a/b_c.html /a/ //t.example/ /a/../b "
    "/.a /a//b /a?b /é x #x /%41 javascript:x https://T.example/ https://1.2.3.4/ /a&amp;b mailto:a "
    "https://xn--a.example/ https://t.example:80/ https://t.example/` https://t.example/é"
).split()
SIGNS = [
    *'a é " "> &amp; &lt; &nbsp; & <br> <br/>'.split(),
    *" \n\r\x0b\x7f\x85\u00a0\u200b",
    "<br />",
]
BITS = st.sampled_from([*SIGNS, "&quot;", "&eacute;", "<b>", "</b>", "</a>", "<p>", "</p>", "<li>"])
LINK = st.builds('<a href="{}">{}</a>'.format, st.sampled_from(ADDRESSES), st.sampled_from(SIGNS))


def within(*names: str, held: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    words = st.lists(held, max_size=4).map("".join)
    return st.builds("<{0}>{1}</{0}>".format, st.sampled_from(names), words)


LINE = st.sampled_from(SIGNS) | LINK | within("b", "em", "a", "q", "ruby", held=BITS | LINK)
SUMMARY = st.lists(within("p", "p", "div", held=LINE) | LINE | BITS, max_size=5).map("".join)


@given(SUMMARY, st.sampled_from([None, BASE, "https://News.example.org/", "https://xn--/", "x"]))
def test_what_is_written_as_the_sanitiser_would_comes_out_the_same(
    html: str, base: str | None
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        told = sanitised(html, base)
        patched.setattr(sanitise, "_SHORT_CHARS", -1)
        assert told == sanitised(html, base)


def test_a_summary_that_is_written_so_takes_no_sanitiser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitise, "_cleaner", None)
    html = '<i>a</i> <p>A &amp; <b>b</b><br /><a href="{}/c">c</a></p> <a href="https://t.example">d</a>'
    clean = f'<i>a</i> <p>A &amp; <b>b</b><br><a href="https://news.example.org/c" {REL}>c</a></p> <a href="https://t.example" {REL}>d</a>'
    assert sanitised(html.format(""), BASE) == clean
    assert sanitised(html.format("https://news.example.org"), None) == clean


@pytest.mark.parametrize(
    "text", ["&", "&amp;", "&nbsp;", "«", "<p>&amp;", "<p <", "<p " + "<" * 50]
)
def test_sanitising_takes_time_in_proportion(text: str) -> None:
    taken = []
    for size in (100_000, 400_000):
        html = text * (size // len(text))
        started = time.process_time()
        sanitised(html, None)
        taken.append(time.process_time() - started)
    assert taken[1] < 8 * taken[0] + 0.1


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ('<p dir="rtl">a</p><ul DIR=ltr><li>b</ul>', '<p dir="rtl">a</p><ul dir="ltr"><li>b</li></ul>'),
        ('<article dir="rtl"><p>a</p></article>', '<div dir="rtl"><p>a</p></div>'),
        ('<p dir="javascript:x">a</p><a dir="rtl" href="https://x.test/">b</a>', '<p>a</p><a href="https://x.test/" rel="noopener noreferrer">b</a>'),
        ("<p>a <bdi>b</bdi></p>", "<p>a <bdi>b</bdi></p>"),
        ('<p><span>a <span dir="ltr">b</span></span> <span>c</span></p>', '<p>a <bdi dir="ltr">b</bdi> c</p>'),
        ('<p><bdo dir="rtl">gpj.exe</bdo> <bdo>a</bdo></p>', '<p><bdi dir="rtl">gpj.exe</bdi> a</p>'),
        ("<p>\u2067a\u2069 b</p>", "<p>\u2067a\u2069 b</p>"),
        ("<p>&#x2068;<b>a</b>&#x2069; b</p>", "<p>\u2068<b>a</b>\u2069 b</p>"),
        ("<p>\u2066a</p><p>b\u2069 \u202ec\u202c</p>", "<p>a</p><p>b c</p>"),
        ("<p>\u2066a<br>b\u2069</p>", "<p>a<br>b</p>"),
    ],
)  # fmt: skip
def test_the_direction_of_a_text_is_kept_and_no_override_of_it(html: str, clean: str) -> None:
    assert sanitised(html, None) == clean


def test_directions_hide_no_word() -> None:
    """The paragraphs are the same with and without them."""
    assert paragraphs('<div dir="rtl"><p>a <span dir="ltr">b</span> c</p></div>') == ("a b c",)
    clean = sanitised('<p dir="rtl">a</p><p>b</p>', None)
    assert without(clean, blocks(clean)[:1]) == "<p>b</p>"
