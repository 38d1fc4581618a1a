"""A digest in Chromium: legible in light and dark, on a desk and on a phone, without its styles."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.contrast import contrasts, too_dim
from tests.digests import a_digest, a_renderer, body, rendered

Scheme = Literal["light", "dark"]

#: A window with room around the 600 pixels of a digest, and a phone's.
WIDTHS = [700, 375]
CARD = {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 33, 40)"}


@pytest.fixture(scope="module")
def html() -> str:
    message = rendered(a_digest(), renderer=a_renderer(contact="editors@example.org"))
    return body(message, "html")


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    wanted: Scheme = request.param
    return wanted


@pytest.fixture(scope="module", params=WIDTHS)
def page(
    browser: Browser,
    html: str,
    scheme: Scheme,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Page]:
    """The digest as shown; a picture of it is left in a folder, for people to look at.

    Nobody changes it: Chromium starts two processes for a tab.
    """
    context = browser.new_context(
        viewport={"width": request.param, "height": 800}, color_scheme=scheme, offline=True
    )
    shown = context.new_page()
    shown.set_content(html)
    picture = tmp_path_factory.mktemp("digest") / f"{scheme}-{request.param}.png"
    shown.screenshot(path=picture, full_page=True)
    yield shown
    context.close()


def test_every_word_stands_out_from_its_ground(page: Page, scheme: Scheme) -> None:
    assert len(contrasts(page)) > 30
    assert too_dim(page) == []
    card = page.locator(".card").evaluate("card => getComputedStyle(card).backgroundColor")
    assert card == CARD[scheme]


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    assert page.viewport_size
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    box = page.locator(".card").bounding_box()
    assert box
    assert box["width"] == min(width, 600)
    assert box["x"] == (width - box["width"]) / 2


def test_the_preheader_is_for_lists_of_mails_only(page: Page) -> None:
    assert not page.locator(".preheader").is_visible()
    assert page.locator("h1").is_visible()


def test_a_program_that_drops_the_styles_of_the_head_shows_the_same_in_light(
    browser: Browser, html: str
) -> None:
    """Only dark mode and narrow screens are left to those rules."""
    page = browser.new_page(viewport={"width": 700, "height": 800}, color_scheme="light")
    pictures = []
    for change in ("() => {}", "() => document.querySelector('style').remove()"):
        page.set_content(html)
        page.evaluate(change)
        pictures.append(page.screenshot(full_page=True))
    page.close()
    assert pictures[0] == pictures[1]


def test_a_word_without_end_does_not_widen_a_phone(browser: Browser, html: str) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.set_content(html)
    page.locator("h3 a").first.evaluate("link => link.textContent = 'x'.repeat(300)")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    page.close()
