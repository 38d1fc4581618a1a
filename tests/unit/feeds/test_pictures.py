"""Pictures are kept in one form, shown with words for who does not see them, or leave links."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.pictures import (
    Picture,
    asked_for_late,
    counts_readers,
    figure,
    kept,
    name_of,
    pictures,
    size,
    told,
)

AT = "https://x.test/a.png"
LINK = f'<a href="{AT}" rel="noopener noreferrer">{{}}</a>'

CAPTION = "<figcaption>C &amp; c</figcaption>"


def block(**said: object) -> str:
    return kept(Picture(**{"address": AT, **said}), is_within_line=False)  # type: ignore[arg-type]


def inline(**said: object) -> str:
    return kept(Picture(**{"address": AT, **said}), is_within_line=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("markup", "shown", "linked"),
    [
        ("<p>a &lt;img&gt;</p>", "<p>a &lt;img&gt;</p>", "<p>a &lt;img&gt;</p>"),
        (
            block(alt="B", caption="C & c", width=640, height=480),
            f'<figure><img src="{AT}" alt="B" width="640" height="480">{CAPTION}</figure>',
            f"<p>{LINK.format('C &amp; c')}</p>",
        ),
        (
            block(caption="C"),
            f'<figure><img src="{AT}" alt=""><figcaption>C</figcaption></figure>',
            f"<p>{LINK.format('C')}</p>",
        ),
        (
            block(),
            f'<figure><img src="{AT}" alt=""></figure>',
            f"<p>{LINK.format('x.test')}</p>",
        ),
        (f"<div>{block(alt='')}</div>", f'<div><figure><img src="{AT}" alt=""></figure></div>', ""),
        (
            f"<p>a {inline(alt='', caption='C')}</p>",
            f'<p>a <img src="{AT}" alt=""> C</p>',
            f"<p>a {LINK.format('C')}</p>",
        ),
        # Nobody wrote an alternative text; that is not to say that the picture decorates.
        (
            f"<p>{inline()}</p>",
            f'<p><img src="{AT}" alt=""></p>',
            f"<p>{LINK.format('x.test')}</p>",
        ),
        (
            f'<p>see <a href="/b">{inline()}</a> here</p>',
            f'<p>see <a href="/b"><img src="{AT}" alt="x.test"></a> here</p>',
            '<p>see <a href="/b">x.test</a> here</p>',
        ),
        (
            f'<a href="/b">{inline(alt="A", caption="C", width=640)}</a>',
            f'<a href="/b"><img src="{AT}" alt="A" width="640"> C</a>',
            '<a href="/b">C</a>',
        ),
        # A link is called something, once.
        (
            f'<a href="/b"><b>{inline(alt="")}</b>{inline(alt="")}</a>',
            f'<a href="/b"><b><img src="{AT}" alt="x.test"></b><img src="{AT}" alt=""></a>',
            "",
        ),
        (
            f'<a href="/b">{inline(alt="")}{inline(alt="A")}</a><a href="/c">d</a>',
            f'<a href="/b"><img src="{AT}" alt=""><img src="{AT}" alt="A"></a><a href="/c">d</a>',
            '<a href="/b">A</a><a href="/c">d</a>',
        ),
        (
            f'<a href="/b">a {inline(alt="")}</a>',
            f'<a href="/b">a <img src="{AT}" alt=""></a>',
            '<a href="/b">a </a>',
        ),
        (
            f'<a href="https://y.test/">{inline(alt="B")}</a>{inline(alt="D")}',
            f'<a href="https://y.test/"><img src="{AT}" alt="B"></a><img src="{AT}" alt="D">',
            f'<a href="https://y.test/">B</a>{LINK.format("D")}',
        ),
        (f'<p><a href="https://y.test/">{inline(alt="")}</a></p>', None, ""),
        # One whose host programs differ in.
        (block(address="https://c\\\\d.test/1", alt="B"), "<p>B</p>", "<p>B</p>"),
        (inline(address="https://c\\\\d.test/1", alt=""), "", ""),
        (
            inline(address="https://u:p@x.test/a|b.png", alt="B"),
            '<img src="https://x.test/a%7Cb.png" alt="B">',
            '<a href="https://x.test/a%7Cb.png" rel="noopener noreferrer">B</a>',
        ),
    ],
)
def test_a_picture_is_shown_or_leaves_a_link(markup: str, shown: str | None, linked: str) -> None:
    if shown is not None:
        assert told(markup, are_shown=True) == shown
    assert told(markup, are_shown=False) == linked


def test_the_first_picture_is_that_which_can_be_had() -> None:
    markup = block(address="https://c\\\\d.test/1") + block(alt="B")
    assert [each.alt for each in pictures(markup)] == ["B"]
    assert list(pictures("<p>a</p>")) == []
    assert figure(Picture(address=AT, caption="C")) == told(block(caption="C"), are_shown=True)


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=3600&X-Amz-Signature=0a1b",
        "X-Goog-Expires=600&X-Goog-Signature=0a1b",
        "Expires=1767225600&Signature=a~b&Key-Pair-Id=K1",
        "Policy=eyJ&Signature=a~b&Key-Pair-Id=K1",
        "AWSAccessKeyId=K1&Expires=1767225600&Signature=a%2Bb",
        "sv=2024-11-04&se=2026-12-01T00%3A00%3A00Z&sr=b&sp=r&sig=a%2Fb",
        "token=0a1b&expires=1767225600000",
        "hdnts=exp=1767225600~acl=/*~hmac=0a1b",
        "w=640&__token__=st=1~exp=1767225600~hmac=0a1b",
        "stp=dst&oh=00_AfB&oe=6A0B1C2D",
        "ex=6a0b1c2d&is=6a0b1c2d&hm=0a1b",
    ],
)
def test_a_picture_whose_address_passes_leaves_its_words(query: str) -> None:
    """Feeds are read for years, and a broken picture says nothing."""
    address = f"{AT}?{query}"
    for are_shown in (True, False):
        assert told(f"<p>a</p>{block(address=address)}", are_shown=are_shown) == "<p>a</p>"
        assert told(block(address=address, caption="C", alt="A"), are_shown=are_shown) == "<p>C</p>"
        assert told(inline(address=address, alt="A"), are_shown=are_shown) == "A"
    assert list(pictures(block(address=address))) == []


@pytest.mark.parametrize(
    "query",
    [
        "v=1767225600",
        "expires=1767225600",
        "sig=0a1b&w=640",
        "token=0a1b",
        "Expires=4102444800&Signature=a~b&Key-Pair-Id=K1",
        "Expires=2147483647000&Signature=a",
        "se=2099-12-31&sig=ab",
        "s=0a1b&auto=webp",
        "sv=2024-11-04&si=all&sig=ab",
        "expires=&signature=",
    ],
)
def test_a_picture_whose_address_may_last_is_shown(query: str) -> None:
    (picture,) = pictures(block(address=f"{AT}?{query}", alt="A"))
    assert picture.address == f"{AT}?{query}"


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://a.test/2026/bridge.jpg", "https://cdn.test/700/bridge-300x200.webp?w=9", True),
        ("https://a.test/a-16x9.jpg", "https://a.test/a-1x1.jpg", True),
        ("https://a.test/2026/01/image.jpg", "https://a.test/2026/02/image.jpg", False),
        ("https://a.test/2026/01/image.jpg", "https://cdn.test/2026/01/image-scaled.jpg?w=9", True),
        (
            "https://a.test/large/2026/IMG_0042.JPG",
            "https://a.test/300x200/2026/IMG_0042.JPG",
            True,
        ),
        ("https://a.test/x/IMG_0042.JPG", "https://a.test/y/IMG_0042.JPG", False),
        ("https://a.test/x/1518791841217.jpg", "https://a.test/y/1518791841217.jpg", True),
        ("https://a.test/picture.php?id=1", "https://a.test/picture.php?id=2", False),
        ("https://a.test/get/1", "https://a.test/get/2", False),
        ("https://a.test/700/1.jpg", "https://a.test/1400/1.jpg", True),
    ],
)
def test_pictures_are_the_same_by_what_they_are_called_where_that_tells_them_apart(
    one: str, other: str, *, is_same: bool
) -> None:
    assert (name_of(one) == name_of(other)) is is_same


@pytest.mark.parametrize(
    ("address", "counts"),
    [
        ("https://pixel.wp.test/g.gif?v=ext", True),
        ("https://a.test/hit-counter.php?id=3", True),
        ("https://a.test/track?m=1", True),
        ("https://a.test/1x1.png", True),
        ("https://a.test/count.gif", True),
        ("https://a.test/vote-count.gif", False),
        ("https://a.test/track.jpg", False),
        ("https://a.test/counter-terrorism.png", False),
        ("https://stats.govt.test/map.png", False),
        ("https://a.test/", False),
    ],
)
def test_what_counts_readers_is_known_by_what_it_is_called(address: str, *, counts: bool) -> None:
    assert counts_readers(address) is counts


def test_pages_of_our_own_ask_late_and_tell_nothing() -> None:
    assert asked_for_late(f"<p>{inline(alt='')}</p>") == (
        f'<p><img loading="lazy" referrerpolicy="no-referrer" src="{AT}" alt=""></p>'
    )


@pytest.mark.parametrize(
    ("text", "pixels"),
    [("640", 640), (" 640px ", 640), ("100%", 0), ("-1", 0), ("99999", 0), ("٣", 0), ("", 0)],
)
def test_a_size_is_a_number_of_pixels(text: str, pixels: int) -> None:
    assert size(text) == pixels


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


class _Reading(HTMLParser):
    """What a reader's program would ask for and run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@given(
    picture=st.builds(
        Picture,
        address=st.sampled_from([AT, "https://x.test/{}", "https://{}"]).flatmap(
            lambda form: WORDS.map(form.format)
        ),
        alt=st.none() | WORDS,
        caption=WORDS,
        width=st.integers(0, 10_000),
    ),
    is_within_line=st.booleans(),
    are_shown=st.booleans(),
)
def test_whatever_its_page_says_a_picture_is_no_more_than_one(
    picture: Picture, *, is_within_line: bool, are_shown: bool
) -> None:
    html = told(kept(picture, is_within_line=is_within_line), are_shown=are_shown)
    for tag, said in _Reading(html).found:
        assert tag in {"figure", "img", "figcaption", "p"} if are_shown else tag in {"a", "p"}
        assert said.keys() <= {"src", "alt", "width", "height", "href", "rel"}
        for name in ("src", "href"):
            assert (said.get(name) or "https://").startswith("https://")
        assert tag != "img" or said["alt"] == picture.beside_caption
    assert told(html, are_shown=True) == html


ALONE = ("h3", "p strong", "blockquote p", "ul li", "dl dd", "table tbody tr td", "div p a code")


@pytest.mark.parametrize("around", ALONE)
def test_what_held_a_picture_alone_goes_with_it(around: str) -> None:
    names = around.split()
    start = "".join(f'<{name} dir="ltr">' for name in names)
    end = "".join(f"</{name}>" for name in reversed(names))
    markup = f"<p>a</p>{start}{inline(alt='')}{end}<p>b</p>"
    assert told(markup, are_shown=False) == "<p>a</p><p>b</p>"


def test_a_cell_beside_others_keeps_its_place() -> None:
    row = "<table><tr><td>a</td><td>{}</td></tr></table>"
    markup = row.format(inline(alt=""))
    assert told(markup, are_shown=False) == row.format("")


@given(alt=st.none() | WORDS, caption=WORDS, is_within_line=st.booleans())
def test_what_is_kept_is_read_as_it_was(
    alt: str | None, caption: str, *, is_within_line: bool
) -> None:
    picture = Picture(address=AT, alt=alt, caption=caption, width=3)
    markup = f"<p>a</p>{kept(picture, is_within_line=is_within_line)}"
    assert list(pictures(markup)) == [picture]


@pytest.mark.one_python
@pytest.mark.parametrize(
    "part",
    [
        '<img src="',
        "<figure>",
        '<img src="a" alt="b">',
        "<p><p>",
        "<a>",
        "</a>",
        '<img src="a"><p>',
    ],
)
@pytest.mark.parametrize("are_shown", [True, False])
def test_it_takes_time_in_proportion(part: str, are_shown: bool) -> None:
    markup = f'<img src="{AT}">' + part * (400_000 // len(part))
    begun = time.process_time()
    assert re.search("<", told(markup, are_shown=are_shown))
    assert time.process_time() - begun < 2
