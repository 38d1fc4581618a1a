"""Pages in form A, whole or with one part changed, and what is understood of them.

Knows how such a page is put together. Must never know what a test expects of it.
"""

from collections.abc import Sequence
from pathlib import Path

from feeds.draft import Document, Draft, Habits, Parsed, Refused
from feeds.parse import text
from feeds.taxonomy import Taxonomy

HABITS = Habits()
SEEDS = Path(__file__).parent.parent / "seeds"
TRAINING = (SEEDS / "000_17fbf7fc0acc265a.txt").read_bytes()
PLENARY = (SEEDS / "004_010ca814a890adf4.txt").read_bytes()

DEPARTMENT = [
    ("OSCE Secretariat", "secretariat"),
    ("Transnational Threats Department", "transnational-threats-department"),
]
TITLE = "Police officers trained in digital investigations"
SUBTITLE = "Twenty officers practised how to secure electronic evidence."
MORE = "The course was held in Vienna."
MENU = ("-", "Our work", "-", "Fields of work", "- Policing", "- Youth", "- About us")
HEAD = ("News Item", TITLE, SUBTITLE)
LABELS = (
    "- Issued on:",
    "- Issued by:",
    "- OSCE Secretariat, Transnational Threats Department",
    "- Fields of work:",
    "- Policing, Human rights",
)
BODY = (SUBTITLE, MORE)
DISCLAIMER = (
    "The OSCE bears no responsibility for the accuracy, legality or content of the external "
    "links provided."
)
FOOTER = ("Read more on this topic", DISCLAIMER)


def page(
    *,
    menu: Sequence[str] = MENU,
    head: Sequence[str] = HEAD,
    labels: Sequence[str] = LABELS,
    body: Sequence[str] = BODY,
    footer: Sequence[str] = FOOTER,
) -> bytes:
    return "\n".join((*menu, *head, *labels, *body, *footer)).encode()


def document(body: bytes, url: str | None = None) -> Document:
    return Document(source="test", name="test.txt", body=body, url=url)


def read(body: bytes | str | Sequence[str], taxonomy: Taxonomy, habits: Habits = HABITS) -> Parsed:
    """What a text is understood as, before anything is mended or completed."""
    understood = text.parse(document(_bytes(body)), taxonomy, habits)
    assert isinstance(understood, Parsed), str(understood)
    return understood


def draft_of(
    body: bytes | str | Sequence[str], taxonomy: Taxonomy, habits: Habits = HABITS
) -> Draft:
    [draft] = read(body, taxonomy, habits).drafts
    return draft


def refused(
    body: bytes | str | Sequence[str], taxonomy: Taxonomy, habits: Habits = HABITS
) -> Refused:
    understood = text.parse(document(_bytes(body)), taxonomy, habits)
    assert isinstance(understood, Refused), understood
    return understood


def _bytes(body: bytes | str | Sequence[str]) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else "\n".join(body)).encode()


def issuers(draft: Draft) -> list[tuple[str, str | None]]:
    return [(label.text, label.slug) for label in draft.issuers]


def fields(draft: Draft) -> list[tuple[str, str | None]]:
    return [(label.text, label.slug) for label in draft.fields]
