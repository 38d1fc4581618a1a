"""What is remembered of items, as far as deciding about drafts needs it.

Knows the keys, names, hashes and traits items are found by. Must never know what is decided.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, not_, select

from feeds.draft import Draft
from feeds.identity.candidates import Candidate
from feeds.identity.decide import Known, Role
from feeds.identity.duplicates import NEAR_EACH, Link, Memory
from feeds.identity.likeness import opening_key, title_key
from feeds.model import Issued, Item
from feeds.storage.columns import among
from feeds.storage.edits import corrections
from feeds.storage.read_items import parts, read
from feeds.storage.tables import is_shown, item_keys, items, revisions

# So many of those that share a trait are looked at in all.
_NEAR_AT_ONCE = 2_000
# A dateline differs from the publishing date by a day either way.
_DAYS_APART = 1

#: A title or an opening, by its key, and the days on which it is looked for; None is any day.
_Days = Mapping[int, Collection[date | None]]


def recall(
    connection: Connection,
    memory: Memory,
    source: str,
    candidates: Collection[Candidate],
    since: datetime,
) -> None:
    """``memory`` knows what is stored of all the candidates of ``source`` may be known by.

    Of the items found, and their groups, it knows the revisions ``since`` then.
    """
    keys = {key for one in candidates for key in one.keys}
    names = {
        name for one in candidates for name in (*one.names, *one.sought, *one.echoed, *one.others)
    }
    rows = [
        *_leading(connection, source, item_keys.c.key, keys),
        *_leading(connection, "", item_keys.c.key, names),
    ]
    numbers = {row.item for row in rows}
    for some in parts({one.content_hash for one in candidates}):
        same = select(items.c.number).where(items.c.content_hash.in_(some))
        newest = same.order_by(items.c.number.desc()).limit(_NEAR_AT_ONCE)
        numbers.update(connection.scalars(newest))
    drafts = [one.draft for one in candidates]
    titles = _days((title_key(draft.title), draft.issued) for draft in drafts)
    numbers.update(_near(connection, items.c.title_key, titles))
    openings = _days((opening_key(draft), draft.issued) for draft in drafts)
    numbers.update(_near(connection, items.c.opening_key, openings))
    found = knowns(connection, numbers, since)
    rows += _leading(connection, source, item_keys.c.item, numbers)
    memory.recall(
        items=[found[number] for number in sorted(found)],
        links={row.key: _link(row, found[row.item].slug) for row in rows if row.source},
        names={row.key: found[row.item].slug for row in rows if not row.source},
    )


def knowns(
    connection: Connection, numbers: Collection[int], since: datetime
) -> Mapping[int, Known]:
    """The items of these numbers and of their groups, by number."""
    found: dict[int, Known] = {}
    for some in parts(sorted(numbers)):
        groups = select(items.c.group).where(items.c.number.in_(some))
        its = read(connection, items.c.group.in_(groups))
        recent = _recent(connection, [item.number for item in its], since)
        said = corrections.known(connection, [item.number for item in its])
        slugs = {item.number: item.slug for item in its}
        for item in its:
            group = slugs.get(item.group, item.slug)
            known = _known(item, group, recent.get(item.number, ()))
            if item.number in said:
                correction, cell = said[item.number]
                draft = corrections.stated(known.draft, cell)
                known = replace(known, draft=draft, correction=correction)
            found[item.number] = known
    return found


def _leading(
    connection: Connection, source: str, by: ColumnElement[Any], values: Iterable[Any]
) -> Iterator[Row[*tuple[Any, ...]]]:
    """What of the source leads to items, by these keys or to these items."""
    where = (item_keys.c.source == source, among(by, values))
    yield from connection.execute(select(item_keys).where(*where))


def _link(row: Row[*tuple[Any, ...]], slug: str) -> Link:
    return Link(
        slug=slug,
        role=Role(row.role),
        document=row.document,
        told_hash=row.content_hash,
        is_gone=row.gone_at is not None,
    )


def _near(connection: Connection, trait: ColumnElement[int | None], days: _Days) -> Iterator[int]:
    """The newest items that share a trait, a few for each, issued together or nobody knows."""
    taken: defaultdict[int, int] = defaultdict(int)
    for some in parts(days):
        query = select(trait, items.c.number, items.c.issued_on).where(trait.in_(some))
        rows = connection.execute(query.order_by(items.c.number.desc()).limit(_NEAR_AT_ONCE))
        for key, number, issued in rows:
            if key is not None and taken[key] < NEAR_EACH and _is_near(issued, days[key]):
                taken[key] += 1
                yield number


def _days(traits: Iterable[tuple[int | None, Issued | None]]) -> _Days:
    days = defaultdict[int, set[date | None]](set)
    for key, issued in traits:
        if key is not None:
            days[key].add(issued.day if issued else None)
    return days


def _is_near(issued: date | None, days: Collection[date | None]) -> bool:
    if issued is None or None in days:
        return True
    return any(day and abs((day - issued).days) <= _DAYS_APART for day in days)


def _recent(
    connection: Connection, numbers: Sequence[int], since: datetime
) -> Mapping[int, Sequence[datetime]]:
    """When these items were revised since then; their first telling is no revision."""
    times: defaultdict[int, list[datetime]] = defaultdict(list)
    query = select(revisions.c.item, revisions.c.recorded_at)
    for some in parts(numbers):
        where = (revisions.c.item.in_(some), revisions.c.revision > 1)
        for item, at in connection.execute(query.where(*where, revisions.c.recorded_at > since)):
            times[item].append(at)
    return times


def _known(item: Item, group: str, revised: Sequence[datetime]) -> Known:
    return Known(
        slug=item.slug,
        uid=item.uid,
        number=item.number,
        updated_at=item.updated_at,
        revision=item.revision,
        draft=Draft(
            form="",
            title=item.title,
            summary=item.summary,
            paragraphs=tuple(item.body.split("\n\n")) if item.body else (),
            markup=item.markup,
            partial=item.partial,
            url=item.url,
            provenance=item.provenance,
            issued=item.issued,
            dateline=item.dateline,
            language=item.language,
            content_type=item.content_type,
            issuers=item.issuers,
            fields=item.fields,
            countries=item.countries,
            authors=item.authors,
            enclosures=item.enclosures,
            rights=item.rights,
            marks=item.marks,
        ),
        source=item.source,
        content_hash=item.content_hash,
        group=group,
        revised=tuple(revised),
        withdrawn_at=item.withdrawn_at,
    )


def opening(
    connection: Connection, source: str, openings: Collection[int]
) -> Iterator[tuple[str, Item]]:
    """The whole items of a source that are shown and open with these words, with each document that
    shows them.
    """
    its = and_(items.c.source == source, is_shown, not_(items.c.partial))
    for some in parts(openings):
        found = read(connection, its, items.c.opening_key.in_(some), limit=_NEAR_AT_ONCE)
        by_number = {item.number: item for item in found}
        for row in _leading(connection, source, item_keys.c.item, by_number):
            if row.gone_at is None:
                yield row.document, by_number[row.item]
