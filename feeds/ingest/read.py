"""One document read: what was seen of it, its bytes to keep, and the drafts in it.

Knows documents and parsers. Must never know what was read before.
"""

from dataclasses import dataclass, replace
from typing import assert_never

import structlog

from feeds.draft import Document, Draft, Habits, Parsed, Reason, Refused
from feeds.identity.candidates import Candidate, candidate, candidates
from feeds.ingest import Terms
from feeds.model import Mark
from feeds.parse import understand
from feeds.sources import Fetched, LeadOnly, Refusal
from feeds.storage.documents import Sighting, digest_of
from feeds.taxonomy import Taxonomy

log = structlog.get_logger()

#: Why a page may be refused that is not the one its list leads to: it may come another time.
_INSTEAD = frozenset({Reason.NOT_NEWS, Reason.LOGIN, Reason.CHALLENGE, Reason.ERROR_PAGE})
_A_LIST = "a list came where the page of one item was to be"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """A document and what it holds; without a body if its bytes could not be had."""

    sighting: Sighting
    body: bytes | None = None
    candidates: tuple[Candidate, ...] = ()


def understood(document: Document, taxonomy: Taxonomy, habits: Habits) -> Parsed | Refused:
    """What a document holds, or why nothing can be made of it; never raises."""
    try:
        return understand(document, taxonomy, habits)
    except Exception as error:
        # A fault of ours in one document must not stop the others.
        log.exception("parser failed", source=document.source, document=document.name)
        return Refused(reason=Reason.FAILED, evidence=f"{error!r}"[:300])


def read(seen: Fetched | LeadOnly | Refusal, terms: Terms) -> ReadDocument:
    """What a document holds, or why it is refused."""
    match seen:
        case Fetched():
            parsed = None if seen.is_listing else _meant(seen, terms)
            return as_understood(seen.document, parsed, terms, seen.signature)
        case LeadOnly():
            return _from_lead(replace(seen.listing, name=seen.name), seen.lead, None, terms)
        case Refusal():
            return ReadDocument(sighting=_sighting(seen.name, terms, refused=seen.refused))
        case _:
            assert_never(seen)


def as_understood(
    document: Document,
    understood: Parsed | Refused | None,
    terms: Terms,
    signature: str | None = None,
) -> ReadDocument:
    """The document as it is judged, once it is ``understood``; None where it is not asked.

    Its digest is the ``signature`` of one that has no other.
    """
    refused = understood if isinstance(understood, Refused) else None
    lead = document.lead
    if refused and refused.reason in _INSTEAD and lead is not None and lead.title:
        # Another page came instead of the item's: the item as its list tells it, for now.
        return _from_lead(document, lead, refused, terms)
    digest = digest_of(document.body)
    parsed = understood if isinstance(understood, Parsed) else None
    found = candidates(document, parsed, digest, terms.taxonomy) if parsed else ()
    signature = digest if signature is None else signature
    sighting = _sighting(document.name, terms, signature, digest, refused)
    return ReadDocument(sighting=sighting, body=document.body, candidates=found)


def _from_lead(
    document: Document, lead: Draft, refused: Refused | None, terms: Terms
) -> ReadDocument:
    """An item as its list tells it; without a signature, so that its page is asked for again."""
    digest = digest_of(document.body)
    draft = replace(lead, partial=True)
    # What was had is not the item's page, so that its address is none of the item's names.
    found = candidate(replace(document, url=None), draft, digest, terms.taxonomy)
    sighting = _sighting(document.name, terms, digest=digest, refused=refused)
    return ReadDocument(sighting=sighting, body=document.body, candidates=(found,))


def _sighting(
    name: str,
    terms: Terms,
    signature: str = "",
    digest: str | None = None,
    refused: Refused | None = None,
) -> Sighting:
    return Sighting(
        source=terms.source,
        name=name,
        signature=signature,
        digest=digest,
        seen_at=terms.now,
        refused=refused,
        recipe=terms.recipe,
    )


def _meant(seen: Fetched, terms: Terms) -> Parsed | Refused:
    """What a document holds; a list is refused where the page of one item is meant."""
    is_promoted = seen.name in terms.promoted
    habits = replace(terms.habits, forced=True) if is_promoted else terms.habits
    found = understood(seen.document, terms.taxonomy, habits)
    if isinstance(found, Refused):
        return found
    if is_promoted:
        marked = (replace(draft, marks=draft.marks | {Mark.PROMOTED}) for draft in found.drafts)
        return replace(found, drafts=tuple(marked))
    if found.is_list and seen.is_page:
        return Refused(reason=Reason.NOT_NEWS, evidence=_A_LIST)
    return found
