"""One document read: what was seen of it, its bytes to keep, and the drafts in it.

Knows documents and parsers. Must never know what was read before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from feeds.ids import content_hash
from feeds.ingest.decide import item_key
from feeds.ingest.judge import Candidate
from feeds.ingest.parse import understand
from feeds.ingest.sources import Fetched, Refusal
from feeds.model import Document, Parsed, Reason, Refused
from feeds.storage.documents import Original, Sighting
from feeds.taxonomy import Taxonomy

__all__ = ["Reading", "read"]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A document and what it holds; without an original if its bytes could not be had."""

    sighting: Sighting
    original: Original | None = None
    candidates: tuple[Candidate, ...] = ()


def read(seen: Fetched | Refusal, source: str, taxonomy: Taxonomy, now: datetime) -> Reading:
    """What a document holds, or why it is refused."""
    if isinstance(seen, Refusal):
        return Reading(
            sighting=Sighting(
                source=source,
                name=seen.name,
                signature="",
                digest=None,
                seen_at=now,
                refused=seen.refused,
            )
        )
    document = seen.document
    original = Original.of(document.body)
    understood = _understood(document, taxonomy)
    sighting = Sighting(
        source=source,
        name=document.name,
        signature=seen.signature,
        digest=original.digest,
        seen_at=now,
        refused=understood if isinstance(understood, Refused) else None,
    )
    candidates = _candidates(document, understood, original.digest)
    return Reading(sighting=sighting, original=original, candidates=tuple(candidates))


def _understood(document: Document, taxonomy: Taxonomy) -> Parsed | Refused:
    try:
        return understand(document, taxonomy)
    except Exception as error:
        # A fault of ours in one document must not stop the others.
        log.exception("parser failed", source=document.source, document=document.name)
        return Refused(reason=Reason.UNREADABLE, evidence=f"the parser failed: {error!r}")


def _candidates(
    document: Document, understood: Parsed | Refused, digest: str
) -> Iterator[Candidate]:
    if isinstance(understood, Refused):
        return
    alone = len(understood.drafts) == 1
    for draft in understood.drafts:
        yield Candidate(
            source=document.source,
            key=item_key(document.name, draft, alone=alone),
            draft=draft,
            content_hash=content_hash(draft),
            digest=digest,
        )
