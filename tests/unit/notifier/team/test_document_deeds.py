"""What is said of a document that somebody vouches for."""

from typing import Any

import pytest

from feeds.ingest.report import IngestReport, QuarantinedDocument
from notifier.team.document_deeds import DocumentDeeds
from notifier.team.noted import Came

NOBODY: Any = None


@pytest.mark.parametrize(
    ("report", "came"),
    [
        (IngestReport(added=2, revised=1), Came("2 items added, 1 revised.")),
        (
            IngestReport(
                quarantine=(QuarantinedDocument(document="a", reason="it is empty", is_new=False),)
            ),
            Came("It could not be read all the same: it is empty", changed=False),
        ),
    ],
    ids=["an item", "none"],
)
def test_it_is_an_item_or_it_is_said_why_not(report: IngestReport, came: Came) -> None:
    asked = []

    def promote(source: str, name: str) -> IngestReport:
        asked.append((source, name))
        return report

    does = DocumentDeeds(
        database=NOBODY, taxonomy=NOBODY, promote=promote, publish=NOBODY, clock=NOBODY
    )
    assert does.vouch("inbox", "notes.txt") == came
    assert asked == [("inbox", "notes.txt")]
