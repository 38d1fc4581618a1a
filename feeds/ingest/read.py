"""One document read: what was seen of it, its bytes to keep, and the drafts in it.

Knows documents and parsers. Must never know what was read before.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from feeds.draft import Document, Draft, Habits, Parsed, Reason, Refused
from feeds.identity.addresses import site_number
from feeds.identity.ids import content_hash, told_hash
from feeds.identity.keys import (
    address_names,
    is_numbered,
    item_key,
    keys_within,
    names,
    place_key,
    titled,
)
from feeds.identity.known import Candidate
from feeds.model import Mark
from feeds.parse import understand
from feeds.sources import Fetched, LeadOnly, Refusal
from feeds.storage.documents import Original, Sighting
from feeds.taxonomy import Taxonomy

log = structlog.get_logger()

#: Raise it when a parser reads what it refused before: what is in quarantine is read again then.
_PARSERS = 2

#: Why a page may be refused that is not the one its list leads to: it may come another time.
_INSTEAD = frozenset({Reason.NOT_NEWS, Reason.LOGIN, Reason.CHALLENGE, Reason.ERROR_PAGE})
_A_LIST = "a list came where the page of one item was to be"


def understood(document: Document, taxonomy: Taxonomy, habits: Habits) -> Parsed | Refused:
    """What a document holds, or why nothing can be made of it; never raises."""
    try:
        return understand(document, taxonomy, habits)
    except Exception as error:
        # A fault of ours in one document must not stop the others.
        log.exception("parser failed", source=document.source, document=document.name)
        return Refused(reason=Reason.FAILED, evidence=f"{error!r}"[:300])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A document and what it holds; without an original if its bytes could not be had."""

    sighting: Sighting
    original: Original | None = None
    candidates: tuple[Candidate, ...] = ()


def recipe(taxonomy: Taxonomy, habits: Habits) -> str:
    """What is different whenever documents may be read differently."""
    said = f"{_PARSERS}\0{taxonomy.fingerprint}\0{habits!r}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the documents of one source, at one time, by one recipe.

    Those ``promoted`` are items because a person says so.
    """

    source: str
    taxonomy: Taxonomy
    habits: Habits
    recipe: str
    now: datetime
    promoted: Collection[str] = ()

    def read(self, seen: Fetched | LeadOnly | Refusal) -> Reading:
        """What a document holds, or why it is refused."""
        if isinstance(seen, Refusal):
            return Reading(sighting=self._sighting(seen.name, "", None, seen.refused))
        if isinstance(seen, LeadOnly):
            return self._told(seen)
        return self.reading(seen, None if seen.is_listing else self._meant(seen))

    def reading(self, seen: Fetched, understood: Parsed | Refused | None) -> Reading:
        """The document as it is judged, once it is ``understood``; None where it is not asked."""
        document = seen.document
        original = Original.of(document.body)
        refused = understood if isinstance(understood, Refused) else None
        if refused and refused.reason in _INSTEAD and (lead := _usable(document.lead)):
            return self._instead(document, lead, original, refused)
        parsed = understood if isinstance(understood, Parsed) else None
        return Reading(
            sighting=self._sighting(document.name, seen.signature, original.digest, refused),
            original=original,
            candidates=tuple(self._candidates(document, parsed, original.digest)),
        )

    def _instead(
        self, document: Document, lead: Draft, original: Original, refused: Refused
    ) -> Reading:
        """Another page came instead of the item's: the item as its list tells it, for now."""
        return Reading(
            # Without a signature it is asked for again.
            sighting=self._sighting(document.name, "", original.digest, refused),
            original=original,
            candidates=(self._candidate(document.name, lead, original.digest, alone=True),),
        )

    def _sighting(
        self, name: str, signature: str, digest: str | None, refused: Refused | None
    ) -> Sighting:
        return Sighting(
            source=self.source,
            name=name,
            signature=signature,
            digest=digest,
            seen_at=self.now,
            refused=refused,
            recipe=self.recipe,
        )

    def _told(self, seen: LeadOnly) -> Reading:
        original = Original.of(seen.listing.body)
        lead = replace(seen.lead, partial=True)
        return Reading(
            # Without a signature it is asked for again.
            sighting=self._sighting(seen.name, "", original.digest, None),
            original=original,
            candidates=(self._candidate(seen.name, lead, original.digest, alone=True),),
        )

    def _meant(self, seen: Fetched) -> Parsed | Refused:
        """What a document holds; a list is refused where the page of one item is meant."""
        understood = self._understood(seen.document)
        is_promoted = seen.name in self.promoted
        if isinstance(understood, Parsed) and understood.is_list and seen.is_page:
            return understood if is_promoted else Refused(reason=Reason.NOT_NEWS, evidence=_A_LIST)
        return understood

    def _understood(self, document: Document) -> Parsed | Refused:
        is_forced = document.name in self.promoted
        habits = replace(self.habits, forced=True) if is_forced else self.habits
        parsed = understood(document, self.taxonomy, habits)
        return _marked(parsed) if is_forced else parsed

    def _candidates(
        self, document: Document, parsed: Parsed | None, digest: str
    ) -> Iterator[Candidate]:
        drafts = parsed.drafts if parsed else ()
        # A list of one item has another one tomorrow: the item is not the list.
        if parsed and len(drafts) == 1 and not parsed.is_list:
            yield self._candidate(document.name, drafts[0], digest, document, alone=True)
            return
        found = [
            self._candidate(document.name, draft, digest, key=key)
            for key, draft in _once(document.name, drafts)
        ]
        # What several items of one list have in common (the address of the list, an id that
        # never changes) names none of them.
        claims = {(name, titled(one.draft)) for one in found for name in one.names}
        named = Counter(name for name, _ in claims)
        for one in found:
            own = tuple(name for name in one.names if named[name] == 1)
            yield one if own == one.names else replace(one, names=own)

    def _candidate(
        self,
        name: str,
        draft: Draft,
        digest: str,
        document: Document | None = None,
        *,
        alone: bool = False,
        key: str | None = None,
    ) -> Candidate:
        key = key or item_key(name, draft, alone=alone)
        content = content_hash(draft)
        address = draft.url or (document.url if document else None)
        others = (each.url for each in draft.alternates if each.language != draft.language)
        return Candidate(
            source=self.source,
            document=name,
            key=key,
            place=place_key(name, draft, alone=alone),
            draft=draft,
            content_hash=content,
            told_hash=told_hash(draft, content),
            digest=digest,
            names=names(draft, document, self.taxonomy),
            others=address_names(others, self.taxonomy),
            is_numbered=is_numbered(key, draft),
            number=site_number(address, self.taxonomy),
        )


def _once(name: str, drafts: Sequence[Draft]) -> Iterator[tuple[str, Draft]]:
    """The drafts by their keys. What one document tells twice is taken from the fullest telling, or
    each would revise the other whenever it is read.
    """
    once: dict[tuple[str, str | None], Draft] = {}
    for key, draft in zip(keys_within(name, drafts), drafts, strict=True):
        before = once.setdefault((key, draft.language), draft)
        if before.partial and not draft.partial:
            once[key, draft.language] = draft
    for (key, _), draft in once.items():
        yield key, draft


def _usable(lead: Draft | None) -> Draft | None:
    """What a list says of an item, if that is enough to show it."""
    return replace(lead, partial=True) if lead is not None and lead.title else None


def _marked(understood: Parsed | Refused) -> Parsed | Refused:
    if isinstance(understood, Refused):
        return understood
    drafts = (replace(draft, marks=draft.marks | {Mark.PROMOTED}) for draft in understood.drafts)
    return replace(understood, drafts=tuple(drafts))
