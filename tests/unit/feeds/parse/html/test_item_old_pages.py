"""Pages of the older site: what their text says is understood as from a text file."""

# ruff: noqa: E501 - pages are written as their sites write them

import pytest

from feeds.draft import Draft, Parsed
from feeds.parse import understand
from feeds.taxonomy import Taxonomy
from tests.webpages import document, page, paragraphs

URL = "https://www.osce.org/special-monitoring-mission-to-ukraine/490001"
TITLE = "Monitors note calm evening in the east of the country"
CAPTION = "A monitor at the crossing of the river, Shchastia, 25 June 2021. (OSCE) Photo details"
TEXT = (
    "KYIV, 26 June 2021 – Monitors noted a calm evening and visited two crossings that had been opened this week.",
    "The crossings were busy from morning on, and people waited for about an hour on both sides of the line.",
    "They will be visited again in a week, together with the engineers who look after the water pipes there.",
)
FORM_B = "\n".join(["Newsroom", TITLE, "KYIV 26 June 2021", CAPTION, *TEXT])
FORM_C = "\n".join([TITLE, "", *TEXT])
DAY = '<span class="date-display-single">26 June 2021</span>'
PAGES = {
    "panes": f"""<div class="content--header"><h1>{TITLE}</h1>KYIV {DAY}</div><div class="content--content">
<div class="pane-content"><div class="image"><img src="/a.jpg" alt=""><div>{CAPTION}</div></div>{paragraphs(*TEXT)}</div></div>""",
    "one column": f"<h1>{TITLE}</h1><div>{DAY}</div><p><img src='/a.jpg'> {CAPTION}</p>{paragraphs(*TEXT)}",
    "line of place and day": f"<h1>{TITLE}</h1><div><span class='date-display-single'>KYIV 26 June 2021</span></div><p>{CAPTION}</p>{paragraphs(*TEXT)}",
}


def understood(body: str, media_type: str, osce: Taxonomy) -> Draft:
    parsed = understand(document(body, url=URL, media_type=media_type), osce)
    assert isinstance(parsed, Parsed), str(parsed)
    [draft] = parsed.drafts
    return draft


@pytest.mark.parametrize("content", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("text", [FORM_B, FORM_C], ids=["form B", "form C"])
def test_a_page_says_what_its_text_says(osce: Taxonomy, content: str, text: str) -> None:
    of_text = understood(text, "text/plain", osce)
    of_page = understood(page(content), "text/html", osce)
    assert of_page.title == of_text.title == TITLE
    assert of_page.paragraphs == of_text.paragraphs == TEXT
    assert of_page.issued is not None
    assert of_text.issued is not None
    assert of_page.issued.day == of_text.issued.day
    assert of_page.dateline == of_text.dateline
    assert [label.slug for label in of_page.issuers] == [label.slug for label in of_text.issuers]
    assert "Photo details" not in of_page.markup
