"""Pictures of a source are asked for by its readers where its terms say so, and by nobody else."""

import json
from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest
from playwright.sync_api import Browser

from tests.command import Installation, a_free_port, an_installation
from tests.publisher.server import Publisher, Request, Response, publishing

SETTINGS = """\
[site]
url = "{url}"
[serve]
port = {port}
"""
SOURCE = """
[[sources]]
name = "{name}"
path = "{name}"
pattern = "*"
settle_seconds = 0
full_text = true
images = {images}
"""
FEED = """\
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Harbour</title><link>https://{name}.example.org/</link><item>
<title>News of {name}: {title}</title><link>https://{name}.example.org/1</link>
<category>Policing</category>
<content:encoded><![CDATA[<p>{text}</p>
<figure><img src="{picture}" srcset="{picture}?wide 9000w" width="400" height="200"
 onerror="alert(1)" alt="A red tower"><figcaption>The tower at noon</figcaption></figure>
]]></content:encoded></item></channel></rss>
"""
PAGE = """\
<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>News of {name}: {title}</title>
<link rel="canonical" href="https://{name}.example.org/1">
<meta property="article:section" content="Policing"></head><body><article>
<h1>News of {name}: {title}</h1><div class="article-body"><p>{text}</p>
<figure><img src="{picture}" srcset="{picture}?wide 9000w" width="400" height="200"
 onerror="alert(1)" alt="A red tower"><figcaption>The tower at noon</figcaption></figure>
<p>They hung from the top on ropes, and the wind that comes up in the afternoon sent them home
before three each day, as the harbour master had said it would.</p></div></article></body></html>
"""
FORMS = {"own": ("page.html", PAGE), "others": ("feed.xml", FEED)}
TEXTS = {
    "own": "Four painters took nine days to paint it, and used two hundred litres of red.",
    "others": "Who owns a boat pays more for its berth from June on, said the harbour master.",
}
DRAWING = b"""<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200">
<rect width="400" height="200" fill="red"/></svg>"""
LINK = '<a href="{}" rel="noopener noreferrer">The tower at noon</a>'


def drawing(request: Request) -> Response:
    return Response(headers=(("Content-Type", "image/svg+xml"),), body=DRAWING)


@pytest.fixture(scope="module")
def painter() -> Iterator[Publisher]:
    with publishing(drawing) as server:
        yield server


@pytest.fixture(scope="module")
def url() -> str:
    return f"http://127.0.0.1:{a_free_port()}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, painter: Publisher, url: str) -> Installation:
    """What `own` shows may be shown, what `others` show may not; somebody follows both by mail."""
    settings = SETTINGS.format(url=url, port=url.rpartition(":")[2])
    sources = [
        SOURCE.format(name="own", images="true"),
        SOURCE.format(name="others", images="false"),
    ]
    house = an_installation(tmp_path_factory.mktemp("house"), settings, "".join(sources))
    for name, text in TEXTS.items():
        (house.folder / name).mkdir()
        file, form = FORMS[name]
        at = painter.at(f"/{name}.jpg")
        document = form.format(name=name, text=text, title=text[:20], picture=at)
        (house.folder / name / file).write_text(document, encoding="utf-8")
    house.report(
        "subscribe", "dan@example.org", "--topic", "field:policing", "--frequency", "immediate"
    )
    for command in ("ingest", "publish"):
        house.call(command).check_returncode()
    return house


def told(house: Installation) -> dict[str, dict[str, object]]:
    """What JSON Feed tells of the item of each source."""
    feed = json.loads((house.folder / "public" / "feeds" / "all.json").read_bytes())
    return {each["title"].split()[2].strip(":"): each for each in feed["items"]}


def page_of(house: Installation, name: str) -> str:
    (found,) = [
        path
        for path, body in house.published().items()
        if path.startswith("items/")
        and path.endswith(".html")
        and f"<h1>News of {name}:" in body.decode()
    ]
    return found.removesuffix("index.html")


def test_feeds_carry_pictures_or_links(house: Installation, painter: Publisher) -> None:
    own, others = told(house)["own"], told(house)["others"]
    image = f'<img src="{painter.at("/own.jpg")}" alt="A red tower" width="400" height="200">'
    assert f"{image}<figcaption>The tower at noon</figcaption></figure>" in str(own["content_html"])
    assert own["image"] == painter.at("/own.jpg")
    assert LINK.format(painter.at("/others.jpg")) in str(others["content_html"])
    assert "image" not in others
    published = b"".join(house.published().values())
    for harm in (b"onerror", b"srcset", b"?wide"):
        assert harm not in published


def test_a_reader_asks_for_the_pictures_that_may_be_shown(
    house: Installation, painter: Publisher, browser: Browser, url: str
) -> None:
    """On the page of an item, which fits on a phone; the server of the picture is not told more."""
    with house.running(url):
        page = browser.new_page(viewport={"width": 320, "height": 640})
        painter.requests.clear()
        page.goto(url + "/" + page_of(house, "others"))
        assert page.locator("img").count() == 0
        page.goto(url + "/" + page_of(house, "own"))
        image = page.locator("figure img")
        page.wait_for_function("document.querySelector('figure img').naturalWidth > 0")
        assert [(each.path, each.header("Referer")) for each in painter.requests] == [
            ("/own.jpg", None)
        ]
        assert image.get_attribute("alt") == "A red tower"
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        box = image.bounding_box()
        assert box
        assert box["width"] == pytest.approx(2 * box["height"], rel=0.02)
        page.close()


def test_mails_show_no_pictures(house: Installation) -> None:
    house.call("digest").check_returncode()
    (mail,) = house.mails()
    read = message_from_bytes(mail.read_bytes(), policy=policy.default)
    body = read.get_body(("html",))
    assert body
    html = body.get_content()
    assert "News of own" in html
    assert "own.jpg" not in mail.read_bytes().decode()
