"""What a page says of itself where no reader sees it."""

import gc

import pytest

from feeds.parse.html.metadata import HtmlPage
from feeds.parse.html.tree import find_all
from feeds.taxonomy import Taxonomy
from tests.webpages import FIRST, SECOND, THIRD, TITLE, draft_of, page, paragraphs

PAGE = """<html><body>
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Its own"}</script>
<div class="teaser"><script type="application/ld+json">
{"@type": "NewsArticle", "headline": "Another's"}</script></div></body></html>"""


def test_what_is_taken_out_of_a_page_describes_nothing_any_more() -> None:
    page = HtmlPage(PAGE)
    assert len(page.articles) == 2
    page.take_out_others(find_all(page.tree, ".teaser"))
    assert len(page.articles) == 1


@pytest.mark.parametrize("around", ["{}", "<form>{}</form>"])
def test_nothing_of_a_page_waits_for_the_collector(around: str, osce: Taxonomy) -> None:
    body = page(around.format(f"<h1>{TITLE}</h1>{paragraphs(FIRST, SECOND, THIRD)}"))
    draft_of(body, osce)  # what is made but once
    gc.freeze()
    gc.disable()
    try:
        draft_of(body, osce)
        assert gc.collect() == 0
    finally:
        gc.enable()
