"""What an ingest did, as its caller hears of it.

Knows counts, items and reasons. Must never know how they are shown.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from feeds.identity.decide import Added, Postponed, Restored, Revised, Unchanged
from feeds.ingest.judge import Judged
from feeds.model import Item, Label
from feeds.storage.documents import Sighting

# An archive may hold any number; who takes one in reads the counts.
_MOST_ITEMS_TOLD = 10_000


class ItemOutcome(StrEnum):
    ADDED = "added"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedItem:
    """An item that is new, says something else now, is gone or there again."""

    uid: str
    slug: str
    title: str
    outcome: ItemOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedDocument:
    """A document that is in quarantine, and why, for people; ``is_new`` unless it was before."""

    document: str
    reason: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """Counts of items and documents; ``unknown_topics`` are names nobody knows, each once.

    ``items`` names the first 10,000 that are new or changed, whatever the counts say.
    ``problems`` says which sources could not be read, or not all of them.
    """

    added: int = 0
    revised: int = 0
    unchanged: int = 0
    quarantined: int = 0
    waiting: int = 0
    items: tuple[ReportedItem, ...] = ()
    quarantine: tuple[QuarantinedDocument, ...] = ()
    unknown_topics: tuple[Label, ...] = ()
    problems: tuple[str, ...] = ()
    withdrawn: int = 0
    restored: int = 0


def merged(reports: Sequence[IngestReport]) -> IngestReport:
    """What several sources came to, as one report."""
    return IngestReport(
        added=sum(report.added for report in reports),
        revised=sum(report.revised for report in reports),
        unchanged=sum(report.unchanged for report in reports),
        quarantined=sum(report.quarantined for report in reports),
        waiting=sum(report.waiting for report in reports),
        items=tuple(item for report in reports for item in report.items),
        quarantine=tuple(held for report in reports for held in report.quarantine),
        unknown_topics=tuple(dict.fromkeys(x for r in reports for x in r.unknown_topics)),
        problems=tuple(problem for report in reports for problem in report.problems),
        withdrawn=sum(report.withdrawn for report in reports),
        restored=sum(report.restored for report in reports),
    )


@dataclass(slots=True)
class Tally:
    """A report in the making."""

    unchanged: int = 0
    waiting: int = 0
    outcomes: Counter[ItemOutcome] = field(default_factory=Counter)
    items: list[ReportedItem] = field(default_factory=list)
    quarantine: list[QuarantinedDocument] = field(default_factory=list)
    unknown_topics: dict[Label, None] = field(default_factory=dict)

    def same(self, document: str, refused: Sighting | None) -> None:
        """A document has the signature it had: an item's, or one in quarantine."""
        if refused is None:
            self.unchanged += 1
        else:
            self._hold(document, refused, is_new=False)

    def refuse(self, seen: Sighting, before: Sighting | None) -> None:
        """A document stays in quarantine, or comes to it."""
        is_new = before is None or (before.digest, before.refused) != (seen.digest, seen.refused)
        self._hold(seen.name, seen, is_new=is_new)

    def judge(self, judged: Judged, uid: str) -> None:
        """An item is new, or says something else, or the same."""
        match judged.decision:
            case Added():
                outcome = ItemOutcome.ADDED
            case Revised(item=item) if not item.is_withdrawn:
                outcome = ItemOutcome.REVISED
            case Revised() | Restored():
                outcome = ItemOutcome.RESTORED
            case Unchanged() | Postponed():
                self.unchanged += 1
                return
            case _:
                assert_never(judged.decision)
        draft, slug = judged.item.draft, judged.item.slug
        self._tell(ReportedItem(uid=uid, slug=slug, title=draft.title, outcome=outcome))
        self.unknown_topics |= dict.fromkeys(label for label in draft.labels if not label.slug)

    def withdraw(self, hidden: Sequence[Item]) -> None:
        """These items are shown no more."""
        for one in hidden:
            gone = ItemOutcome.WITHDRAWN
            self._tell(ReportedItem(uid=one.uid, slug=one.slug, title=one.title, outcome=gone))

    def _hold(self, document: str, seen: Sighting, *, is_new: bool) -> None:
        held = QuarantinedDocument(document=document, reason=str(seen.refused), is_new=is_new)
        self.quarantine.append(held)

    def report(self) -> IngestReport:
        """What was counted so far."""
        return IngestReport(
            added=self.outcomes[ItemOutcome.ADDED],
            revised=self.outcomes[ItemOutcome.REVISED],
            unchanged=self.unchanged,
            quarantined=len(self.quarantine),
            waiting=self.waiting,
            items=tuple(self.items),
            quarantine=tuple(self.quarantine),
            unknown_topics=tuple(self.unknown_topics),
            withdrawn=self.outcomes[ItemOutcome.WITHDRAWN],
            restored=self.outcomes[ItemOutcome.RESTORED],
        )

    def _tell(self, item: ReportedItem) -> None:
        self.outcomes[item.outcome] += 1
        if len(self.items) < _MOST_ITEMS_TOLD:
            self.items.append(item)
