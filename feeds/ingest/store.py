"""What was decided about a batch, written in the order its rows need.

Knows the calls within one transaction. Must never decide, or begin and end a transaction.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from feeds.draft import Draft
from feeds.identity.decide import Added, Known, Restored, Revised
from feeds.identity.ids import Identity
from feeds.identity.instants import first_updated, freshness, revised_updated
from feeds.ingest import Terms
from feeds.ingest.judge import Judged, rounds
from feeds.model import Mark
from feeds.storage import Connection, read_items, write_items
from feeds.storage.database import next_numbers
from feeds.storage.write_items import Revision
from feeds.taxonomy.implied import placed

# RFC 4287, section 4.2.6: an atom:id is an IRI; what is none would break our feeds.
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\[\]\x00-\x20]{1,500}")


def store(connection: Connection, judged: Iterable[Judged], terms: Terms) -> Mapping[str, str]:
    """The items are as decided, numbered in the order they came.

    Returns the ids of those that changed, new ones among them, by their slugs.
    """
    written: dict[str, Known] = {}
    for group in rounds(judged):
        _store(connection, group, written, terms)
    return {slug: item.uid for slug, item in written.items()}


def _store(
    connection: Connection, group: Sequence[Judged], written: dict[str, Known], terms: Terms
) -> None:
    new = [one for one in group if isinstance(one.decision, Added)]
    revised = [one for one in group if isinstance(one.decision, Revised)]
    restored = [one for one in group if isinstance(one.decision, Restored)]
    changes = next_numbers(connection, "changes", len(new) + len(revised))
    numbers = next_numbers(connection, "items", len(new))
    added = {
        one.item.slug: replace(one.item, number=number, uid=uid)
        for one, number, uid in zip(new, numbers, _ids(connection, new, terms), strict=True)
    }
    leading = _leading(connection, new, written | added)
    revisions = [
        _first(added[one.item.slug], one, change, leading[one.item.group], terms)
        for one, change in zip(new, changes, strict=False)
    ]
    for one, change in zip(revised, changes[len(new) :], strict=True):
        revisions.append(_next(_as_written(one, written), one, change, terms))
    write_items.write(connection, revisions)
    written |= {each.known.slug: each.known for each in revisions}
    write_items.restore(connection, [_as_written(one, written).number for one in restored])
    _link(connection, group, written, terms.source)


def _as_written(one: Judged, written: Mapping[str, Known]) -> Known:
    """The item as decided, with what it was given when this batch wrote it before."""
    before = written.get(one.item.slug, one.item)
    return replace(one.item, number=before.number, uid=before.uid, updated_at=before.updated_at)


def _leading(
    connection: Connection, new: Sequence[Judged], written: Mapping[str, Known]
) -> Mapping[str, int]:
    """The number of the first item of each group that the new ones make or join, by its slug."""
    groups = {one.item.group for one in new}
    here = groups & written.keys()
    stored = read_items.numbers_of(connection, groups - here)
    return {**stored, **{slug: written[slug].number for slug in here}}


def _first(item: Known, one: Judged, change: int, group: int, terms: Terms) -> Revision:
    issued = item.draft.issued
    days = terms.archive_after_days
    fresh = freshness(issued, terms.now, backfill=terms.backfill, archive_after_days=days)
    updated_at = first_updated(issued, terms.now, item.number, change, fresh)
    first = _revision(item, one, change, updated_at, terms)
    return replace(first, group=group, freshness=fresh)


def _next(item: Known, one: Judged, change: int, terms: Terms) -> Revision:
    updated_at = item.updated_at
    if updated_at is None or _is_significant(one):
        updated_at = revised_updated(terms.now, change)
    return _revision(item, one, change, updated_at, terms)


def _revision(
    item: Known, one: Judged, change: int, updated_at: datetime, terms: Terms
) -> Revision:
    draft = _spoken(item.draft, terms.habits.language)
    return Revision(
        known=replace(item, draft=draft, updated_at=updated_at),
        change=change,
        significant=_is_significant(one),
        topics=placed(draft, terms.taxonomy),
        digest=one.candidate.digest,
        recorded_at=terms.now,
        updated_at=updated_at,
    )


def _spoken(draft: Draft, language: str) -> Draft:
    """In the source's usual language, and marked as guessed, where nobody told it."""
    if draft.language:
        return draft
    return replace(draft, language=language, marks=draft.marks | {Mark.GUESSED_LANGUAGE})


def _is_significant(one: Judged) -> bool:
    return not isinstance(one.decision, Revised) or one.decision.significant


def _ids(connection: Connection, new: Sequence[Judged], terms: Terms) -> Iterator[str]:
    """The ids of new items, each once: those they came with, or minted."""
    given = [_given_id(one, terms.identity) for one in new]
    used = set(read_items.taken(connection, {uid for uid in given if uid}))
    for one, uid in zip(new, given, strict=True):
        minted = terms.identity.item(one.item.slug)
        yield uid if uid and uid not in used else minted
        used.add(uid or minted)


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


def _link(
    connection: Connection, group: Sequence[Judged], written: Mapping[str, Known], source: str
) -> None:
    number_of = {one.item.slug: _as_written(one, written).number for one in group}
    links = ((key, link, number_of[one.item.slug]) for one in group for key, link in one.links)
    write_items.link(connection, source, links)
    names: dict[str, int] = {}
    for one in group:
        for name in one.names:
            names.setdefault(name, number_of[one.item.slug])
    write_items.name(connection, names)
