"""Where the text of an article ends: above what readers signed, and not above a programme."""

from datetime import UTC, datetime

import pytest

from feeds.draft import Habits
from feeds.taxonomy import Taxonomy
from tests.webpages import FIRST, SECOND, THIRD, TITLE, draft_of, page, paragraphs

TEXT = paragraphs(FIRST.partition("– ")[2], SECOND, THIRD, *(f"{THIRD} {n}." for n in range(4)))
HEAD = '<meta property="article:published_time" content="2019-03-03T08:00:00+01:00">'
TOLD = "Everybody who has ever seen it says that it is as good as it was in the year before."


def body_of(osce: Taxonomy, behind: str) -> str:
    body = page(f"<main><h1>{TITLE}</h1>{TEXT}{behind}</main>", head=HEAD)
    fetched = datetime(2019, 4, 1, 12, tzinfo=UTC)
    return "\n".join(draft_of(body, osce, Habits(forced=True), fetched=fetched).paragraphs)


def signed(*lines: str, within: str = "<p>{}</p><p>{}</p>") -> str:
    return "".join(within.format(line, f"{at}. {TOLD}") for at, line in enumerate(lines))


@pytest.mark.parametrize(
    "remarks",
    [
        signed("Jane Doe on 5 March 2019", "mk - 06.03.2019 10:12"),
        signed("~Hedy 2019-03-05", "Oskar77 2019-03-06", within="<p>{}<br>{}</p>"),
        signed("Jane Doe, 5/3/2019", "mk, 6/3/2019"),
    ],
    ids=["name-and-day", "in-one-block", "in-an-order-nobody-tells"],
)
def test_what_readers_signed_is_below_the_text(osce: Taxonomy, remarks: str) -> None:
    assert TOLD not in body_of(osce, remarks)


@pytest.mark.parametrize(
    "told",
    [
        signed("Concert on 3 May 2019", "Reading on 5 May 2019"),
        signed("Founded on 3 May 1994", "Mended on 5 June 2001"),
        signed("Concert on 9 March 2019", "Reading on 12 March 2019", within="<li>{}<br>{}</li>"),
        signed("Concert on 9 March 2019", "Reading on 12 March 2019", within="<dt>{}</dt><dd>{}"),
        signed("It was opened on 9 March 2019.", "It was closed on 12 March 2019."),
    ],
    ids=["to-come", "before-its-day", "in-a-list", "in-definitions", "in-sentences"],
)
def test_days_that_an_article_tells_of_end_no_text(osce: Taxonomy, told: str) -> None:
    assert body_of(osce, told).count(TOLD) == 2
