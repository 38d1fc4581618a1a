"""How well documents are understood, measured on the labelled corpus.

Knows how to count. Must never know what a document holds or how it is understood.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tests.accuracy.truth import FIELDS, Case, Finding, cases, judged

_COLUMNS = ("documents", "items", *FIELDS, "precision", "recall", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What was counted over some documents; a share is a part of one, None where nothing counts."""

    family: str
    documents: int
    items: int
    findings: tuple[Finding, ...]
    true_news: int
    taken_for_news: int
    rightly_news: int

    def share(self, *fields: str) -> float | None:
        """How many of those fields are exactly right."""
        seen = [finding.right for finding in self.findings if finding.field in fields]
        return sum(seen) / len(seen) if seen else None

    @property
    def precision(self) -> float | None:
        """How much of what was taken for news is news, where there is any."""
        return self.rightly_news / self.taken_for_news if self.rightly_news else None

    @property
    def recall(self) -> float | None:
        """How much of the news was taken for news."""
        return self.rightly_news / self.true_news if self.true_news else None

    @property
    def refused(self) -> float | None:
        """How much of what is not news was refused."""
        others = self.documents - self.true_news
        return 1 - (self.taken_for_news - self.rightly_news) / others if others else None

    @property
    def invented(self) -> tuple[Finding, ...]:
        """Every day of issue that no document says."""
        return tuple(finding for finding in self.findings if finding.is_invented)


@cache
def measures() -> tuple[Measure, ...]:
    """One measure a family of documents, and that of all at the end."""
    seen = [(case, judged(case)) for case in cases()]
    families = dict.fromkeys(case.family for case, _ in seen)
    parts = (
        _measure(family, [pair for pair in seen if pair[0].family == family]) for family in families
    )
    return (*parts, _measure("all", seen))


def _measure(family: str, seen: Sequence[tuple[Case, tuple[Finding, ...]]]) -> Measure:
    news = [
        (case.is_news, finding.got == "news")
        for case, findings in seen
        for finding in findings
        if finding.field == "news"
    ]
    return Measure(
        family=family,
        documents=len(seen),
        items=sum(len(case.items) for case, _ in seen),
        findings=tuple(finding for _, findings in seen for finding in findings),
        true_news=sum(is_news for is_news, _ in news),
        taken_for_news=sum(taken for _, taken in news),
        rightly_news=sum(is_news and taken for is_news, taken in news),
    )


def confusions(measure: Measure) -> tuple[Finding, ...]:
    """Everything that is not as it should be, by document."""
    return tuple(finding for finding in measure.findings if not finding.right)


def markdown() -> str:
    """The table the README shows."""
    head = ["family", *_COLUMNS]
    ruler = ["---", *["---:"] * (len(head) - 1)]
    rows = [head, ruler, *(_row(measure) for measure in measures())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(measure: Measure) -> list[str]:
    shares = (
        *(measure.share(field) for field in FIELDS),
        measure.precision,
        measure.recall,
        measure.refused,
    )
    counts = [measure.family, str(measure.documents), str(measure.items)]
    return [*counts, *(_percent(share) for share in shares)]


def _percent(share: float | None) -> str:
    """Rounded down: what is printed as 100 is 100."""
    return "" if share is None else f"{int(share * 1000) / 10:g} %"


def summary() -> Iterator[str]:
    total = measures()[-1]
    wrong = len(confusions(total))
    yield f"fields right: {_percent(total.share(*FIELDS))}"
    yield f"invented dates: {len(total.invented)}"
    yield f"not as they should be, details included: {wrong} in {len(_documents(total))} documents"


def _documents(measure: Measure) -> set[str]:
    return {finding.document for finding in confusions(measure)}


def table() -> Iterator[str]:
    rows = [["", *_COLUMNS], *map(_row, measures())]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = zip(row[1:], widths[1:], strict=True)
        yield "  ".join([f"{row[0]:<{widths[0]}}", *(f"{cell:>{width}}" for cell, width in cells)])


def as_json() -> str:
    return json.dumps(
        {
            "families": [_counted(measure) for measure in measures()],
            "confusions": [
                {
                    "document": finding.document,
                    "field": finding.field,
                    "got": finding.got,
                    "expected": finding.expected,
                }
                for finding in confusions(measures()[-1])
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def _counted(measure: Measure) -> dict[str, object]:
    return {
        "family": measure.family,
        "documents": measure.documents,
        "items": measure.items,
        **{field: measure.share(field) for field in FIELDS},
        "all_fields": measure.share(*FIELDS),
        "precision": measure.precision,
        "recall": measure.recall,
        "refused": measure.refused,
        "invented_dates": len(measure.invented),
    }
