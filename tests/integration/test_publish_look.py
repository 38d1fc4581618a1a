"""The operator's own look: it goes before ours, and where it is wrong pages stay as they were."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from feeds.errors import PublishError
from feeds.publish.files import Files
from feeds.publish.look import Look
from feeds.publish.rebuild import publish
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.web.private_pages import PrivatePages
from tests.builders import a_draft
from tests.contrast import too_dim
from tests.items import a_site, store

FEW = Taxonomy.from_toml(
    '[[field]]\nslug = "policing"\nlabel = "Policing"\n'
    '[[issuer]]\nslug = "secretariat"\nlabel = "Secretariat"\n'
    '[[type]]\nslug = "news"\nlabel = "News"\n'
)
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><path d="M0 0h2v1H0z"/></svg>'


@pytest.fixture
def engine() -> str:
    """How pages look has nothing to do with stores."""
    return "sqlite"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The operator's folder of templates."""
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def published(database: Database, public: Path, look: Look) -> tuple[str, ...]:
    return publish(database, FEW, Files(public), a_site(look=look.read())).files


def contents(public: Path) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for path in public.rglob("*") if path.is_file()}


def test_a_page_shows_the_operators_logo_links_and_footer(
    database: Database, tmp_path: Path
) -> None:
    logo = tmp_path / "arms.SVG"
    logo.write_text(LOGO)
    look = Look(
        logo=logo,
        imprint="https://example.org/imprint",
        privacy="https://example.org/privacy",
        footer="A service of <the> office",
    )
    public = tmp_path / "public"
    published(database, public, look)
    page = (public / "index.html").read_text("utf-8")
    assert (public / "logo.svg").read_text() == LOGO
    assert '<img class="mark" src="/logo.svg?' in page
    assert "<svg class" not in page
    assert '<a href="https://example.org/imprint">Imprint</a>' in page
    assert '<a href="https://example.org/privacy">Privacy</a>' in page
    assert "<p>A service of &lt;the&gt; office</p>" in page
    assert published(database, public, look) == ()
    logo.write_text(LOGO.replace("0 0 2 1", "0 0 3 1"))
    assert {"logo.svg", "index.html"} <= {*published(database, public, look)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_operators_colours_are_shown_where_they_are_read(
    database: Database, tmp_path: Path, browser: Browser, scheme: str
) -> None:
    """Words on the head are white or black, as they are read better."""
    public = tmp_path / "public"
    look = Look(link=("#005ea5", "#ffd24d"), head=("#ffd24d", "#005ea5"))
    published(database, public, look)
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")

    def answer(route: Route) -> None:
        path = route.request.url.partition("test")[2].partition("?")[0].lstrip("/")
        route.fulfill(path=public / (path or "index.html"))

    page.route("**/*", answer)
    page.goto("http://site.test/")
    shown = "element => getComputedStyle(element).backgroundColor"
    wanted = {"light": "rgb(255, 210, 77)", "dark": "rgb(0, 94, 165)"}
    assert page.locator("header").evaluate(shown) == wanted[scheme]
    assert too_dim(page) == []
    page.close()


def test_the_operators_templates_go_before_ours(
    database: Database, tmp_path: Path, own: Path
) -> None:
    (own / "hidden.html").write_text(
        "{% extends 'layout.html' %}{% set title = 'Gone' %}"
        "{% set description = '' %}{% set canonical = site.url %}"
    )
    listing = "<p class='own'>{{ entry.title }}</p>"
    (own / "listing.html").write_text(listing)
    (own / "style.css").write_text("body { color: black }\n")
    store(database, FEW, [a_draft()])
    public = tmp_path / "public"
    published(database, public, Look(templates=own))
    feed = (public / "feeds/all/index.html").read_text("utf-8")
    assert f"<p class='own'>{a_draft().title}</p>" in feed
    assert (public / "style.css").read_text() == "body { color: black }\n"
    (own / "listing.html").write_text(listing.replace("own", "other"))
    assert "feeds/all/index.html" in published(database, public, Look(templates=own))
    assert "class='other'" in (public / "feeds/all/index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("one\n{% if %}\n", "item.html, line 2: Expected an expression"),
        ("one\n\n{{ nothing }}\n", "item.html, line 3: 'nothing' is undefined"),
        ("{{ 1 / 0 }}", "index.html, line 1: division by zero"),
        ("\n{{ address.path.x }}", "hidden.html, line 2: "),
        ("{% include 'none.html' %}", "listing.html, line 1: 'none.html' not found"),
        ("{% macro x() %}", "macros.html, line 1: "),
        ("\n{{ nothing }}", "search.html, line 2: 'nothing' is undefined"),
        ("{% if older is not none %}{{ x }}{% endif %}", "search.html, line 1: 'x' is undefined"),
        ("{% if later %}{{ x }}{% endif %}", "item.html, line 1: 'x' is undefined"),
        ("{% for each in versions %}{{ x }}{% endfor %}", "item.html, line 1: 'x' is undefined"),
        ("{% if link.next %}{{ x }}{% endif %}", "archive.html, line 1: 'x' is undefined"),
    ],
)
def test_a_template_that_is_wrong_is_named_with_its_line_and_nothing_changes(
    database: Database, tmp_path: Path, own: Path, text: str, told: str
) -> None:
    store(database, FEW, [a_draft()])
    public = tmp_path / "public"
    published(database, public, Look())
    before = contents(public)
    (own / told.partition(",")[0]).write_text(text)
    with pytest.raises(PublishError, match="pages stay as they were") as raised:
        published(database, public, Look(templates=own))
    assert told in str(raised.value)
    assert str(own) in str(raised.value)
    assert contents(public) == before


def test_a_template_that_lacks_what_ours_ask_of_it_is_told_by_its_folder(
    database: Database, tmp_path: Path, own: Path
) -> None:
    (own / "macros.html").write_text("{% macro lang(x) %}{% endmacro %}")
    with pytest.raises(PublishError, match=f"a template in {own}: .*macros.html"):
        published(database, tmp_path / "public", Look(templates=own))


def test_private_pages_have_the_same_look(own: Path) -> None:
    (own / "notice.html").write_text("{% extends 'layout.html' %}{% set title = 'T' %}")
    with pytest.raises(PublishError, match=r"notice\.html, line 1"):
        PrivatePages(a_site(look=Look(templates=own).read()), FEW).notice("missing_digest")


def test_what_a_look_holds_is_read_once(own: Path, tmp_path: Path) -> None:
    """And anew where it was read anew, as a daemon does when it starts."""
    logo, style = tmp_path / "arms.svg", own / "style.css"
    logo.write_text(LOGO)
    style.write_text("p { color: red }")
    look = Look(logo=logo, templates=own).read()
    before = look.style, look.logo_content
    style.write_text("p { color: blue }")
    logo.unlink()
    assert (look.style, look.logo_content) == before
    assert look.logo_content == LOGO.encode()
    assert b"blue" in Look(templates=own).read().style
