"""What was decided about a batch, written in the order its rows need.

Knows the calls within one transaction. Must never decide, or begin and end a transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from feeds.ids import Identity
from feeds.ingest.decide import Added, Revised, Unchanged
from feeds.ingest.instants import first_updated, freshness, revised_updated
from feeds.ingest.judge import Judged, rounds
from feeds.ingest.topics import placed
from feeds.storage import items, recall
from feeds.storage.database import Connection, next_numbers
from feeds.storage.items import Addition, Revision
from feeds.storage.recall import Place
from feeds.taxonomy import Taxonomy

__all__ = ["Terms", "store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every item of a run."""

    source: str
    identity: Identity
    taxonomy: Taxonomy
    language: str
    archive_after_days: int
    backfill: bool
    now: datetime


def store(connection: Connection, judged: Iterable[Judged], terms: Terms) -> None:
    """The items are as decided, numbered in the order they came."""
    for group in rounds(judged):
        _store(connection, group, terms)


def _store(connection: Connection, group: Sequence[Judged], terms: Terms) -> None:
    added = [one for one in group if isinstance(one.decision, Added)]
    revised = [one for one in group if isinstance(one.decision, Revised)]
    named = [one for one in group if _brings_a_key(one)]
    changes = next_numbers(connection, "changes", len(added) + len(revised))
    numbers = next_numbers(connection, "items", len(added))
    additions = zip(added, numbers, changes[: len(added)], strict=True)
    items.add(connection, [_addition(*each, terms) for each in additions])
    places = recall.places(connection, {one.item.slug for one in (*revised, *named)})
    revisions = zip(revised, changes[len(added) :], strict=True)
    items.revise(connection, [_revision(*each, places, terms) for each in revisions])
    keys = {one.candidate.key: places[one.item.slug].number for one in named}
    items.name(connection, terms.source, keys)


def _brings_a_key(one: Judged) -> bool:
    match one.decision:
        case Added():
            return True
        case Unchanged(renamed=renamed):
            return renamed
        case Revised():
            return False
        case _:
            assert_never(one.decision)


def _addition(one: Judged, number: int, change: int, terms: Terms) -> Addition:
    issued = one.candidate.draft.issued
    fresh = freshness(
        issued, terms.now, backfill=terms.backfill, archive_after_days=terms.archive_after_days
    )
    updated_at = first_updated(issued, terms.now, number, change, fresh)
    return Addition(
        uid=terms.identity.item(one.item.slug),
        slug=one.item.slug,
        source=terms.source,
        freshness=fresh,
        first=_said(one, Place(number=number, updated_at=updated_at), change, terms),
    )


def _revision(one: Judged, change: int, places: Mapping[str, Place], terms: Terms) -> Revision:
    place = places[one.item.slug]
    if _is_significant(one):
        place = replace(place, updated_at=revised_updated(terms.now, change))
    return _said(one, place, change, terms)


def _said(one: Judged, place: Place, change: int, terms: Terms) -> Revision:
    draft = one.candidate.draft
    return Revision(
        item=place.number,
        change=change,
        revision=one.item.revision,
        significant=_is_significant(one),
        draft=draft,
        language=draft.language or terms.language,
        topics=placed(draft, terms.taxonomy),
        content_hash=one.item.content_hash,
        digest=one.candidate.digest,
        recorded_at=terms.now,
        updated_at=place.updated_at,
    )


def _is_significant(one: Judged) -> bool:
    return not isinstance(one.decision, Revised) or one.decision.significant
