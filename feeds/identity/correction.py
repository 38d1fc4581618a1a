"""What an editor says of an item: above all that its sources say, and kept beside it.

Knows which word of a draft an editor may replace, and how two drafts differ. Must never know who
the editor is, or how either is stored.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from feeds.draft import Draft
from feeds.model import Issued, Label, Mark, TopicKind, TopicRef

#: What a field said before, and what it says since.
Change = tuple[str, str]


class Deed(StrEnum):
    """What somebody did to an item. filed: its names stand for other topics by now. released: what
    an editor had corrected is said by its source again.
    """

    ADDED = "added"
    REVISED = "revised"
    FILED = "filed"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    MERGED = "merged"
    SPLIT = "split"
    CORRECTED = "corrected"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStep:
    """A step in the history of an item: what was done when, by ``who`` (a source, or an editor),
    why, and what that changed, by field.
    """

    at: datetime
    deed: Deed
    who: str
    is_editor: bool = False
    reason: str = ""
    changes: Mapping[str, Change] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What an editor says of an item; None leaves it to its sources.

    Of its topics those ``added`` are its, and those ``removed`` none of its, whatever its sources
    say; all others are as they say.
    """

    title: str | None = None
    summary: str | None = None
    paragraphs: tuple[str, ...] | None = None
    issued: Issued | None = None
    language: str | None = None
    added: tuple[Label, ...] = ()
    removed: frozenset[TopicRef] = frozenset()

    def followed_by(self, later: "Correction") -> "Correction":
        """Both, where the ``later`` word counts."""
        anew = {label.ref for label in later.added if label.ref}
        kept = (label for label in self.added if label.ref not in anew | later.removed)
        return Correction(
            title=self.title if later.title is None else later.title,
            summary=self.summary if later.summary is None else later.summary,
            paragraphs=self.paragraphs if later.paragraphs is None else later.paragraphs,
            issued=later.issued or self.issued,
            language=later.language or self.language,
            added=(*kept, *later.added),
            removed=(self.removed - anew) | later.removed,
        )

    def moved(self, current: Callable[[TopicRef], TopicRef | None]) -> "Correction":
        """The same, by what its topics are by now; one that is none any more stays named."""
        added = ((each, each.ref and current(each.ref)) for each in self.added)
        return replace(
            self,
            added=tuple(replace(each, slug=now.slug) if now else each for each, now in added),
            removed=frozenset(current(each) or each for each in self.removed),
        )


def corrected(draft: Draft, correction: Correction | None) -> Draft:
    """What is shown of an item whose sources say ``draft``."""
    if correction is None:
        return draft
    said, kinds = correction, {label.kind for label in correction.added}
    kept = [label for label in draft.labels if label.ref not in said.removed]
    # An item has one kind: an editor's goes before that of its source.
    types = [label for label in said.added if label.kind is TopicKind.TYPE]
    shown = draft.filed([*types, *kept, *said.added])
    outdated = {
        Mark.GUESSED_LANGUAGE: said.language,
        Mark.INFERRED_ISSUER: TopicKind.ISSUER in kinds,
    }
    return replace(
        shown,
        title=draft.title if said.title is None else said.title,
        summary=draft.summary if said.summary is None else said.summary,
        paragraphs=draft.paragraphs if said.paragraphs is None else said.paragraphs,
        markup=draft.markup if said.paragraphs is None else "",
        issued=said.issued or draft.issued,
        language=said.language or draft.language,
        marks=draft.marks - {mark for mark, is_outdated in outdated.items() if is_outdated},
    )


def differences(before: Draft, after: Draft) -> Mapping[str, Change]:
    """What differs for readers, by field, as it was and as it is."""
    pairs = {name: (told(before), told(after)) for name, told in _TOLD.items()}
    return {name: (was, now) for name, (was, now) in pairs.items() if was != now}


def title_at(steps: Iterable[ItemStep], moment: datetime, now: str) -> str:
    """What an item was called at a moment that is called so ``now``, by the steps it took."""
    is_said = False
    for step in steps:
        told = step.changes.get("title")
        if told and step.is_editor:
            is_said = step.deed is Deed.CORRECTED
        # What a source says beneath an editor's word nobody sees.
        if told and step.at >= moment and (step.is_editor or not is_said):
            return told[0]
    return now


def _topics(draft: Draft) -> str:
    named = {str(label.ref or f"{label.kind}:? {label.text}") for label in draft.labels}
    return ", ".join(sorted(named))


def _files(draft: Draft) -> str:
    return ", ".join(each.url for each in draft.enclosures)


_TOLD: Mapping[str, Callable[[Draft], str]] = {
    "title": lambda draft: draft.title,
    "summary": lambda draft: draft.summary,
    "text": lambda draft: draft.body,
    "issued": lambda draft: draft.issued.iso if draft.issued else "",
    "language": lambda draft: draft.language or "",
    "topics": _topics,
    "url": lambda draft: draft.url or "",
    "files": _files,
}
