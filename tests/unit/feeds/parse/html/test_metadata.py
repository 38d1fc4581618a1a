"""What a page says of itself where no reader sees it."""

from feeds.parse.html.metadata import HtmlPage
from feeds.parse.html.tree import find_all

PAGE = """<html><body>
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Its own"}</script>
<div class="teaser"><script type="application/ld+json">
{"@type": "NewsArticle", "headline": "Another's"}</script></div></body></html>"""


def test_what_is_taken_out_of_a_page_describes_nothing_any_more() -> None:
    page = HtmlPage(PAGE)
    assert len(page.articles) == 2
    page.take_out_others(find_all(page.tree, ".teaser"))
    assert len(page.articles) == 1
