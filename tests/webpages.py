"""Pages of HTML as several kinds of sites write them, and what is understood of them.

Knows how such pages are put together. Must never know what a test expects of them.
"""

from feeds.draft import Document, Draft, Habits, Parsed, Refused
from feeds.parse import html
from feeds.taxonomy import Taxonomy

URL = "https://news.example.org/secretariat/534321"
TITLE = "Police officers trained in digital investigations"
SUBTITLE = "Twenty officers practised how to secure electronic evidence."
FIRST = (
    "VIENNA, 26 June 2021 – Twenty police officers practised how to secure electronic evidence at "
    "a course that was organized by the OSCE Secretariat and concluded today."
)
SECOND = (
    "“Evidence is only as good as the way it was secured,” said the trainer, who has worked with "
    "courts in nine countries and opened the course."
)
THIRD = "The course will be held again in November, with the support of the local police academy."
NAV = """<nav><ul><li><a href="/">Home</a></li><li><a href="/who">Who we are</a></li>
<li><a href="/fields/policing">Policing</a></li><li><a href="/news">News</a></li></ul></nav>"""
FOOTER = """<footer><p>Contact us</p><p>Copyright 2026 Example Organization, all rights reserved
in all countries, and a long line of words that is nobody's news.</p></footer>"""


def document(body: str | bytes, **changes: object) -> Document:
    """A page found at ``URL``."""
    known: dict[str, object] = {"url": URL, "media_type": "text/html; charset=utf-8"} | changes
    return Document(
        source="test",
        name="page",
        body=body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass"),
        **known,  # type: ignore[arg-type]
    )


def page(content: str, *, head: str = "", lang: str = "en") -> str:
    """A whole page with a menu and a footer."""
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8">{head}</head>'
        f"<body>{NAV}{content}{FOOTER}</body></html>"
    )


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def understood(
    body: str | bytes, taxonomy: Taxonomy, habits: Habits | None = None, **changes: object
) -> Parsed | Refused:
    return html.parse(document(body, **changes), taxonomy, habits or Habits())


def draft_of(
    body: str | bytes, taxonomy: Taxonomy, habits: Habits | None = None, **changes: object
) -> Draft:
    parsed = understood(body, taxonomy, habits, **changes)
    assert isinstance(parsed, Parsed), str(parsed)
    assert not parsed.is_list, parsed
    [draft] = parsed.drafts
    return draft


def listed(
    body: str, taxonomy: Taxonomy, habits: Habits | None = None, **changes: object
) -> Parsed:
    parsed = understood(body, taxonomy, habits, **changes)
    assert isinstance(parsed, Parsed), str(parsed)
    assert parsed.is_list, parsed
    return parsed


def refused(
    body: str | bytes, taxonomy: Taxonomy, habits: Habits | None = None, **changes: object
) -> Refused:
    parsed = understood(body, taxonomy, habits, **changes)
    assert isinstance(parsed, Refused), parsed
    return parsed
