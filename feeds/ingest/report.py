"""What an ingest did, as its caller hears of it.

Knows counts, items and reasons. Must never know how they are shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from itertools import chain
from typing import Any, NamedTuple, assert_never

from feeds.identity.correction import corrected, differences
from feeds.identity.decide import Added, Postponed, Restored, Revised, Unchanged
from feeds.ingest.judge import Judged
from feeds.model import Item, Label
from feeds.storage.documents import Sighting

#: Of a text, so much is told of what became of it, with so much that stands before it.
_SHOWN_CHARS, _CONTEXT_CHARS = 200, 20


class ItemOutcome(StrEnum):
    ADDED = "added"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    COPY = "copy"


class ItemChange(NamedTuple):
    """What a ``field`` of an item said, and what it says now; of a long text the beginning of what
    differs.
    """

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedItem:
    """An item that is new, says something else now, is gone or there again, or has a copy: in which
    ``document``, and for what ``reason``; one that was revised with its ``changes``.
    """

    uid: str
    slug: str
    title: str
    outcome: ItemOutcome
    document: str = ""
    reason: str = ""
    changes: tuple[ItemChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedDocument:
    """A document that is in quarantine, and why, for people; ``is_new`` unless it was before."""

    document: str
    reason: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedParts:
    """A feed ``document`` has so many ``entries`` with neither a title nor words, and so many
    ``files`` of which nobody can tell where they are: dropped.
    """

    document: str
    entries: int
    files: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """Counts of items and documents; ``unknown_topics`` are names nobody knows, each once.

    ``items`` names the first 10,000 that are new or changed, whatever the counts say. ``copies``
    are among the unchanged: documents and entries taken for an item that says the same already.
    ``absent`` counts documents that are not there any more, and whose items stay all the same.
    ``dropped`` are entries that say nothing, and files that are nowhere; ``unread`` says which
    looks came to a bound, and to which. ``contested`` counts those that name what belongs to
    another source: they are no word on it.
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
    copies: int = 0
    absent: int = 0
    dropped: tuple[DroppedParts, ...] = ()
    contested: int = 0
    unread: tuple[str, ...] = ()


def merged(reports: Sequence[IngestReport]) -> IngestReport:
    """What several batches or sources came to, as one report."""
    sums: dict[str, Any] = {}
    for each in fields(IngestReport):
        told = [getattr(report, each.name) for report in reports]
        sums[each.name] = sum(told) if each.default == 0 else tuple(chain.from_iterable(told))
    sums["unknown_topics"] = tuple(dict.fromkeys(sums["unknown_topics"]))
    return IngestReport(**sums)


def reported(judged: Judged, uid: str) -> ReportedItem | None:
    """What is told of an item under this id; None where nothing of it changed or was met anew."""
    match judged.decision:
        case Added():
            outcome = ItemOutcome.ADDED
        case Revised(item=item) if not item.is_withdrawn:
            outcome = ItemOutcome.REVISED
        case Revised() | Restored():
            outcome = ItemOutcome.RESTORED
        case Unchanged() | Postponed() if judged.is_copy:
            outcome = ItemOutcome.COPY
        case Unchanged() | Postponed():
            return None
        case _:
            assert_never(judged.decision)
    item = judged.item
    title = corrected(item.draft, item.correction).title
    told = ReportedItem(uid=uid, slug=item.slug, title=title, outcome=outcome)
    if isinstance(judged.decision, Revised):
        return replace(told, changes=tuple(_changes(judged.decision)))
    if outcome is not ItemOutcome.COPY:
        return told
    is_same = judged.candidate.content_hash == item.content_hash
    reason = "it says the same" if is_same else "its words are nearly the same"
    return replace(told, document=judged.candidate.document, reason=reason)


def _changes(revised: Revised) -> Iterator[ItemChange]:
    """What readers see of it: what an editor decided stays as it is."""
    kept = revised.item.correction
    before, after = corrected(revised.item.draft, kept), corrected(revised.draft, kept)
    for field, (was, now) in differences(before, after).items():
        yield ItemChange(field, *_from_where_they_differ(was, now))


def _from_where_they_differ(before: str, after: str) -> tuple[str, str]:
    if max(len(before), len(after)) <= _SHOWN_CHARS:
        return before, after
    pairs = enumerate(zip(before, after, strict=False))
    shorter = min(len(before), len(after))
    first = next((at for at, (one, other) in pairs if one != other), shorter)
    start = max(0, first - _CONTEXT_CHARS)
    return before[start:][:_SHOWN_CHARS], after[start:][:_SHOWN_CHARS]


def withdrawn(item: Item) -> ReportedItem:
    """What is told of an item that is shown no more."""
    gone = ItemOutcome.WITHDRAWN
    return ReportedItem(uid=item.uid, slug=item.slug, title=item.title, outcome=gone)


def quarantined(seen: Sighting, before: Sighting | None) -> QuarantinedDocument:
    """What is told of a document that stays in quarantine, or comes to it."""
    is_new = before is None or (before.digest, before.refused) != (seen.digest, seen.refused)
    return QuarantinedDocument(document=seen.name, reason=str(seen.refused), is_new=is_new)
