"""What an ingest did, as its caller hears of it.

Knows counts, items and reasons. Must never know how they are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from feeds.errors import SourceError
from feeds.ids import Identity
from feeds.ingest.decide import Added, Decision, Revised, Unchanged
from feeds.ingest.judge import Judged
from feeds.model import Label, Refused

__all__ = ["IngestReport", "Outcome", "QuarantinedDocument", "ReportedItem", "Tally", "merged"]


class Outcome(StrEnum):
    ADDED = "added"
    REVISED = "revised"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedItem:
    """An item that is new or says something else now."""

    uid: str
    slug: str
    title: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedDocument:
    """A document that is in quarantine, and why, for people; ``is_new`` unless it was before."""

    document: str
    reason: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """Counts of items and documents; ``unknown_topics`` are names nobody knows, each once.

    ``problems`` says which sources could not be read at all.
    """

    added: int
    revised: int
    unchanged: int
    quarantined: int
    waiting: int
    items: tuple[ReportedItem, ...]
    quarantine: tuple[QuarantinedDocument, ...]
    unknown_topics: tuple[Label, ...]
    problems: tuple[str, ...] = ()


def merged(tellings: Sequence[IngestReport | SourceError]) -> IngestReport:
    """What several sources came to, as one report."""
    reports = [telling for telling in tellings if isinstance(telling, IngestReport)]
    return IngestReport(
        added=sum(report.added for report in reports),
        revised=sum(report.revised for report in reports),
        unchanged=sum(report.unchanged for report in reports),
        quarantined=sum(report.quarantined for report in reports),
        waiting=sum(report.waiting for report in reports),
        items=tuple(item for report in reports for item in report.items),
        quarantine=tuple(held for report in reports for held in report.quarantine),
        unknown_topics=tuple(dict.fromkeys(x for r in reports for x in r.unknown_topics)),
        problems=tuple(str(telling) for telling in tellings if isinstance(telling, SourceError)),
    )


@dataclass(slots=True)
class Tally:
    """A report in the making."""

    unchanged: int = 0
    waiting: int = 0
    items: list[ReportedItem] = field(default_factory=list)
    quarantine: list[QuarantinedDocument] = field(default_factory=list)
    unknown_topics: dict[Label, None] = field(default_factory=dict)

    def refuse(self, document: str, refused: Refused, *, is_new: bool) -> None:
        """A document stays in quarantine, or comes to it."""
        held = QuarantinedDocument(document=document, reason=str(refused), is_new=is_new)
        self.quarantine.append(held)

    def judge(self, judged: Judged, identity: Identity) -> None:
        """An item is new, or says something else, or the same."""
        outcome = _outcome(judged.decision)
        if outcome is None:
            self.unchanged += 1
            return
        draft, slug = judged.candidate.draft, judged.item.slug
        uid = identity.item(slug)
        self.items.append(ReportedItem(uid=uid, slug=slug, title=draft.title, outcome=outcome))
        kinds = (draft.content_type,) if draft.content_type else ()
        labels = (*draft.issuers, *draft.fields, *kinds)
        self.unknown_topics |= dict.fromkeys(label for label in labels if not label.slug)

    def report(self) -> IngestReport:
        """What was counted so far."""
        outcomes = [item.outcome for item in self.items]
        return IngestReport(
            added=outcomes.count(Outcome.ADDED),
            revised=outcomes.count(Outcome.REVISED),
            unchanged=self.unchanged,
            quarantined=len(self.quarantine),
            waiting=self.waiting,
            items=tuple(self.items),
            quarantine=tuple(self.quarantine),
            unknown_topics=tuple(self.unknown_topics),
        )


def _outcome(decision: Decision) -> Outcome | None:
    match decision:
        case Added():
            return Outcome.ADDED
        case Revised():
            return Outcome.REVISED
        case Unchanged():
            return None
        case _:
            assert_never(decision)
