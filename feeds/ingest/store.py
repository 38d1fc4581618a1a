"""What was decided about a batch, written in the order its rows need.

Knows the calls within one transaction. Must never decide, or begin and end a transaction.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from feeds.draft import Draft
from feeds.identity.decide import Added, Restored, Revised
from feeds.identity.ids import Identity
from feeds.identity.instants import first_updated, freshness, revised_updated
from feeds.ingest.judge import Judged, rounds
from feeds.model import Mark
from feeds.storage import Connection, items, recall, visibility
from feeds.storage.database import next_numbers
from feeds.storage.items import Addition, Revision
from feeds.storage.recall import Place
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.implied import placed

__all__ = ["Terms", "store"]

# RFC 4287, section 4.2.6: an atom:id is an IRI; what is none would break our feeds.
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\[\]\x00-\x20]{1,500}")


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


def store(connection: Connection, judged: Iterable[Judged], terms: Terms) -> Mapping[str, str]:
    """The items are as decided, numbered in the order they came: the ids of new ones, by slug."""
    uids: dict[str, str] = {}
    for group in rounds(judged):
        uids |= _store(connection, group, terms)
    return uids


def _store(connection: Connection, group: Sequence[Judged], terms: Terms) -> Mapping[str, str]:
    added = [one for one in group if isinstance(one.decision, Added)]
    revised = [one for one in group if isinstance(one.decision, Revised)]
    restored = [one for one in group if isinstance(one.decision, Restored)]
    changes = next_numbers(connection, "changes", len(added) + len(revised))
    numbers = next_numbers(connection, "items", len(added))
    new = dict(zip((one.item.slug for one in added), numbers, strict=True))
    places = _places(connection, group, new, terms)
    additions = [
        _addition(one, places, change, terms) for one, change in zip(added, changes, strict=False)
    ]
    given = [_given_id(one, terms.identity) for one in added]
    taken = items.uids(connection, {uid for uid in given if uid})
    additions = _with_given_ids(given, additions, taken)
    items.add(connection, additions)
    revisions = zip(revised, changes[len(added) :], strict=True)
    items.revise(connection, [_revision(*each, places, terms) for each in revisions])
    visibility.restore(connection, [places[one.item.slug].number for one in restored])
    _link(connection, group, places, terms.source)
    return {each.slug: each.uid for each in additions}


def _places(
    connection: Connection, group: Sequence[Judged], numbers: Mapping[str, int], terms: Terms
) -> Mapping[str, Place]:
    """Where every item of the group stands, the new ones at the ``numbers`` given to them."""
    slugs = {one.item.slug for one in group if _needs_a_place(one)}
    slugs |= {one.item.group for one in group if isinstance(one.decision, Added)}
    known = recall.places(connection, slugs - numbers.keys())
    places = dict(known)
    for one in group:
        if (number := numbers.get(one.item.slug)) is not None and one.item.slug not in places:
            first = known.get(one.item.group)
            its_group = first.group if first else numbers.get(one.item.group, number)
            places[one.item.slug] = Place(number=number, group=its_group, updated_at=terms.now)
    return places


def _needs_a_place(one: Judged) -> bool:
    return isinstance(one.decision, Revised | Restored) or bool(one.links or one.names)


def _addition(one: Judged, places: Mapping[str, Place], change: int, terms: Terms) -> Addition:
    place = places[one.item.slug]
    issued = one.item.draft.issued
    fresh = freshness(
        issued, terms.now, backfill=terms.backfill, archive_after_days=terms.archive_after_days
    )
    updated_at = first_updated(issued, terms.now, place.number, change, fresh)
    return Addition(
        uid=terms.identity.item(one.item.slug),
        slug=one.item.slug,
        group=place.group,
        freshness=fresh,
        first=_said(one, replace(place, updated_at=updated_at), change, terms),
    )


def _given_id(one: Judged, ours: Identity) -> str | None:
    """The atom:id an entry came with, which it keeps (RFC 4287, section 4.2.6).

    One that we could mint is none: it would be in the way of the item it is minted for.
    """
    origin = one.candidate.draft.provenance
    if origin is None or not origin.entry_id.isprintable():
        return None
    if origin.entry_id.startswith(ours.item("")):
        return None
    return origin.entry_id if _IRI.fullmatch(origin.entry_id) else None


def _with_given_ids(
    given: Sequence[str | None], additions: Sequence[Addition], taken: Iterable[str]
) -> list[Addition]:
    """The additions under the ids they came with, each once."""
    used = set(taken)
    kept: list[Addition] = []
    for uid, addition in zip(given, additions, strict=True):
        kept.append(replace(addition, uid=uid) if uid and uid not in used else addition)
        used.add(uid or addition.uid)
    return kept


def _revision(one: Judged, change: int, places: Mapping[str, Place], terms: Terms) -> Revision:
    place = places[one.item.slug]
    if _is_significant(one):
        place = replace(place, updated_at=revised_updated(terms.now, change))
    return _said(one, place, change, terms)


def _said(one: Judged, place: Place, change: int, terms: Terms) -> Revision:
    draft = _spoken(one.item.draft)
    return Revision(
        item=place.number,
        change=change,
        revision=one.item.revision,
        significant=_is_significant(one),
        source=one.item.source,
        draft=draft,
        language=draft.language or terms.language,
        topics=placed(draft, terms.taxonomy),
        content_hash=one.item.content_hash,
        digest=one.candidate.digest,
        recorded_at=terms.now,
        updated_at=place.updated_at,
    )


def _spoken(draft: Draft) -> Draft:
    """Marked as guessed where nobody told the language: it is the source's usual one then."""
    if draft.language:
        return draft
    return replace(draft, marks=draft.marks | {Mark.GUESSED_LANGUAGE})


def _is_significant(one: Judged) -> bool:
    return not isinstance(one.decision, Revised) or one.decision.significant


def _link(
    connection: Connection, group: Sequence[Judged], places: Mapping[str, Place], source: str
) -> None:
    links = [(key, link, places[one.item.slug].number) for one in group for key, link in one.links]
    items.link(connection, source, links)
    names: dict[str, int] = {}
    for one in group:
        for name in one.names:
            names.setdefault(name, places[one.item.slug].number)
    items.name(connection, names)
