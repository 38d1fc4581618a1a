"""Pages in form A, whole or with one part changed, and what is understood of them.

Knows how such a page is put together. Must never know what a test expects of it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from feeds.ingest.parse import understand
from feeds.model import Document, Draft, Parsed, Refused
from feeds.taxonomy import Taxonomy

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
    fetched_at = datetime(2026, 11, 24, tzinfo=UTC)
    return Document(source="test", name="test.txt", body=body, fetched_at=fetched_at, url=url)


def draft_of(body: bytes, taxonomy: Taxonomy) -> Draft:
    understood = understand(document(body), taxonomy)
    assert isinstance(understood, Parsed), str(understood)
    [draft] = understood.drafts
    return draft


def refused(body: bytes, taxonomy: Taxonomy) -> Refused:
    understood = understand(document(body), taxonomy)
    assert isinstance(understood, Refused), understood
    return understood


def issuers(draft: Draft) -> list[tuple[str, str | None]]:
    return [(label.text, label.slug) for label in draft.issuers]


def fields(draft: Draft) -> list[tuple[str, str | None]]:
    return [(label.text, label.slug) for label in draft.fields]
