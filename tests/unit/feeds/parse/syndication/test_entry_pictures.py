"""The pictures that a feed shows an entry with stand in front of its text, once."""

# ruff: noqa: E501 - feeds are written as their publishers write them

import json

import pytest

from feeds.draft import Draft
from feeds.pictures import pictures
from feeds.taxonomy import Taxonomy
from tests.syndicated import entry, item, only, rss

TEXT = (
    "<description>A lead.</description>"
    "<content:encoded>&lt;p>One.&lt;/p>&lt;p>Two.&lt;/p></content:encoded>"
)
WORDS = "<p>One.</p><p>Two.</p>"


def shown(draft: Draft) -> list[str]:
    return [each.address.rpartition("/")[2] for each in pictures(draft.markup)]


def jsonfeed(item: dict[str, str], **head: str) -> bytes:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "A"} | head
    return json.dumps({**feed, "items": [{"id": "1", "title": "One"} | item]}).encode()


@pytest.mark.parametrize(
    ("inner", "figures"),
    [
        ("<media:thumbnail url='/a.jpg' width='240' height='135'/>", '<figure><img src="https://www.example.org/a.jpg" width="240" height="135"></figure>'),
        ("<itunes:image href='/a.jpg'/>", '<figure><img src="https://www.example.org/a.jpg"></figure>'),
        ("<image><url>/a.jpg</url><title>A bridge</title></image>", '<figure><img src="https://www.example.org/a.jpg" alt="A bridge"></figure>'),
        ("<media:content url='/a' medium='image'><media:title>A bridge</media:title><media:description type='html'>Opened &lt;b>today&lt;/b></media:description></media:content>", '<figure><img src="https://www.example.org/a" alt="A bridge"><figcaption>Opened today</figcaption></figure>'),
        ("<media:content url='/a' type='image/jpeg'/>", '<figure><img src="https://www.example.org/a"></figure>'),
        ("<media:content url='/a.JPG?w=9'/>", '<figure><img src="https://www.example.org/a.JPG?w=9"></figure>'),
        ("<media:content url='/a.jpg' medium='image'><media:description>One.</media:description></media:content>", '<figure><img src="https://www.example.org/a.jpg"></figure>'),
        ("<media:content url='/a.mp4' type='video/mp4'><media:thumbnail url='/a.jpg'/></media:content>", '<figure><img src="https://www.example.org/a.jpg"></figure>'),
        ("<media:content url='/a.mp4'/>", ""),
        ("<media:thumbnail url='javascript:alert(1)'/><image/>", ""),
        ("<media:thumbnail url='/count.gif' width='1' height='1'/>", ""),
        ("<media:thumbnail url='/count.gif?id=7'/>", ""),
        ("<media:thumbnail url='https://tracking.example.net/o/7'/>", ""),
        ("<media:content url='/01/image.jpg' medium='image'/><media:content url='/02/image.jpg' medium='image'/>", '<figure><img src="https://www.example.org/01/image.jpg"></figure><figure><img src="https://www.example.org/02/image.jpg"></figure>'),
        ("<media:content url='https://0.gravatar.com/ab?s=96' medium='image'/>", ""),
        ("<media:content url='/site-logo.png' medium='image'/>", ""),
    ],
)  # fmt: skip
def test_a_picture_of_an_entry_opens_its_text(inner: str, figures: str, osce: Taxonomy) -> None:
    draft = only(item(TEXT + inner), osce)
    assert draft.markup == figures + WORDS
    assert draft.paragraphs == ("One.", "Two.")


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        ("".join(f"<media:content url='/{width}/a.jpg' width='{width}' medium='image'/>" for width in (140, 700, 4000)), "700/a.jpg"),
        ("<media:group><media:content url='/4000/a.jpg' width='4000'/><media:content url='/9000/a.jpg' width='9000'/></media:group>", "4000/a.jpg"),
        ("<media:group><media:content url='/a-300.jpg' width='300' medium='image'/><media:content url='/a-800.jpg' width='800' medium='image'/></media:group>", "a-800.jpg"),
        ("<media:content url='/a-scaled.jpg' medium='image'/><media:content url='/a-1024x683.jpg' width='1024' medium='image'/>", "a-1024x683.jpg"),
    ],
)  # fmt: skip
def test_of_several_sizes_the_largest_with_room_is_taken(
    inner: str, found: str, osce: Taxonomy
) -> None:
    (picture,) = pictures(only(item(TEXT + inner), osce).markup)
    assert picture.address == f"https://www.example.org/{found}"


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        ("<media:content url='/a-150x150.jpg' medium='image'/>", ["a.jpg"]),
        ("<media:thumbnail url='/s72/b.jpg'/><itunes:image href='/c.jpg'/>", ["a.jpg"]),
        ("<media:content url='/b.jpg' medium='image'/><media:content url='/c.jpg' medium='image'/>", ["b.jpg", "c.jpg", "a.jpg"]),
    ],
)  # fmt: skip
def test_what_the_text_shows_is_not_shown_twice(
    inner: str, found: list[str], osce: Taxonomy
) -> None:
    text = "<content:encoded>&lt;p>One.&lt;/p>&lt;img src=/a.jpg></content:encoded>"
    assert shown(only(item(text + inner), osce)) == found


def test_a_preview_stands_for_what_shows_nothing_else(osce: Taxonomy) -> None:
    inner = "<media:thumbnail url='/a.jpg'/><media:thumbnail url='/b.jpg'/>"
    assert shown(only(item(inner), osce)) == ["a.jpg"]
    inner += "<media:content url='/c.jpg' medium='image'/>"
    assert shown(only(item(inner), osce)) == ["c.jpg"]


def test_the_picture_of_the_feed_is_of_no_entry(osce: Taxonomy) -> None:
    one = "<item><title>A</title><itunes:image href='/show.jpg'/></item>"
    assert only(rss(one, "<itunes:image href='/show.jpg'/>"), osce).markup == ""
    assert shown(only(rss(one, "<itunes:image href='/other.jpg'/>"), osce)) == ["show.jpg"]


def test_a_summary_alone_has_its_picture_beside_it(osce: Taxonomy) -> None:
    """What was said of the item is no more than that: its page may say all of it."""
    inner = "<description>A lead.</description><media:thumbnail url='/a.jpg'/>"
    draft = only(item(inner), osce)
    assert (draft.summary, draft.paragraphs, draft.partial) == ("A lead.", (), True)
    assert shown(draft) == ["a.jpg"]


def test_plain_text_keeps_its_paragraphs_below_a_picture(osce: Taxonomy) -> None:
    text = jsonfeed({"content_text": "1 < 2\nTwo.", "image": "https://e.test/a.jpg"})
    draft = only(text, osce)
    assert draft.markup == (
        '<figure><img src="https://e.test/a.jpg"></figure><p>1 &lt; 2</p><p>Two.</p>'
    )


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"image": "/a.jpg", "banner_image": "/b.jpg"}, ["a.jpg"]),
        ({"banner_image": "/banner.jpg"}, ["banner.jpg"]),
        ({"image": "/a.jpg?w=9", "content_html": "<p>A.</p><img src=/a.jpg>"}, ["a.jpg"]),
        ({"image": "/icon.png"}, []),
        ({"image": "none"}, []),
    ],
)
def test_a_json_feed_names_one_picture(
    members: dict[str, str], found: list[str], osce: Taxonomy
) -> None:
    feed = jsonfeed({"url": "https://www.example.org/1"} | members, icon="/icon.png")
    assert shown(only(feed, osce)) == found


def test_atom_shows_what_media_rss_says(osce: Taxonomy) -> None:
    inner = (
        "<media:group xmlns:media='http://search.yahoo.com/mrss/'>"
        "<media:content url='https://v.test/1.mp4' type='video/mp4'/>"
        "<media:thumbnail url='https://v.test/1.jpg'/></media:group>"
    )
    assert shown(only(entry(inner), osce)) == ["1.jpg"]
