"""What happened to the news, in commit order: where each item was filed, and what it said.

Knows that only what differs from before is a change, and that an archive is no news. Must never
know who follows the changes, or what they make of them.
"""

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, insert, literal, select, true

from feeds.model import Fresh, TopicRef
from feeds.storage.columns import among
from feeds.storage.many_rows import add
from feeds.storage.tables import changes, items

if TYPE_CHECKING:
    from feeds.storage.write_items import Revision

#: What stands between the texts of an item: no text holds one.
_BREAK = "\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledItem:
    """An item as it is after change ``number``: filed under ``topics``, parents among them, in a
    ``language``, with its ``texts``. ``is_again`` where it was hidden before, and is no more; what
    ``is_quiet`` is a correction, and no news wherever the item came to be found by it.
    """

    number: int
    item: int
    topics: frozenset[TopicRef]
    language: str
    texts: tuple[str, ...]
    at: datetime
    is_again: bool = False
    is_quiet: bool = False


def record(connection: Connection, changed: Sequence["Revision"]) -> None:
    """Each of these is on record that made a difference to where its item is found, if that is
    news.
    """
    known = [each.known.number for each in changed if each.known.revision > 1]
    before = _last(connection, known) if known else {}
    rows = []
    for each in changed:
        is_new = each.known.revision == 1 and each.freshness is Fresh.NEWS
        row, last = _row(each), before.get(each.known.number)
        if last and last["texts"] == row["texts"]:
            row["texts"] = None
        # Of an archive nothing is on record: it does not become news by what is corrected.
        is_other = last and any(row[name] not in (last[name], None) for name in last)
        if is_new or is_other or (last and each.is_back):
            rows.append(row)
    add(connection, changes, rows)


def repeat(connection: Connection, numbers: Collection[int], at: datetime) -> None:
    """Items that were hidden until their last change are there again, as far as they are news: as
    they were.
    """
    latest = (
        select(func.max(changes.c.number))
        .where(among(changes.c.item, numbers))
        .group_by(changes.c.item)
    )
    last = (
        select(items.c.change, items.c.number, changes.c.places, changes.c.language)
        .add_columns(literal(at, changes.c.at.type), true())
        .join_from(items, changes, changes.c.item == items.c.number)
        .where(changes.c.number.in_(latest))
    )
    columns = ("number", "item", "places", "language", "at", "is_again")
    connection.execute(insert(changes).from_select(columns, last))


def following(
    connection: Connection, after: int, upto: int, limit: int
) -> Sequence[tuple[FiledItem | None, FiledItem]]:
    """The next changes after a number, up to another one, the earliest first, each behind the one
    of its item before, None for the first one.
    """
    these = changes.c.number.between(after + 1, upto)
    query = select(changes).where(these).order_by(changes.c.number)
    rows = connection.execute(query.limit(limit)).all()
    earlier = as_of(connection, {row.item for row in rows}, after)
    pairs: list[tuple[FiledItem | None, FiledItem]] = []
    for row in rows:
        before = earlier.get(row.item)
        now = _change(row, before)
        pairs.append((before, now))
        earlier[row.item] = now
    return pairs


def latest(connection: Connection, found: Sequence[FiledItem]) -> Mapping[int, FiledItem]:
    """What these items are by now, the earliest change of each ``found`` first."""
    known = {each.item: each for each in found}
    last = select(changes.c.item, func.max(changes.c.number)).group_by(changes.c.item)
    rows = connection.execute(last.where(among(changes.c.item, known))).all()
    newer = {item: number for item, number in rows if number > known[item].number}
    return known | as_of(connection, newer, max(newer.values(), default=0))


def as_of(connection: Connection, numbers: Collection[int], upto: int) -> dict[int, FiledItem]:
    """What each of these items was up to a change, as far as it was there."""
    known: dict[int, FiledItem] = {}
    query = select(changes).where(among(changes.c.item, numbers), changes.c.number <= upto)
    for row in connection.execute(query.order_by(changes.c.number)):
        known[row.item] = _change(row, known.get(row.item))
    return known


def fresh(
    connection: Connection, after: int, since: datetime, now: datetime
) -> Sequence[tuple[int, int, datetime]]:
    """Of the changes after a number those since a moment, each with its item and when it was. One
    that a clock told of which was ahead is none of them.
    """
    columns = (changes.c.number, changes.c.item, changes.c.at)
    these = (changes.c.number > after, changes.c.at > since, changes.c.at <= now)
    return connection.execute(select(*columns).where(*these).order_by(changes.c.number)).all()


def _last(connection: Connection, numbers: Collection[int]) -> dict[int, dict[str, object]]:
    """Where each of these items was filed last, in which language, and what it said."""
    columns = (changes.c.item, changes.c.places, changes.c.language, changes.c.texts)
    query = select(*columns).where(among(changes.c.item, numbers)).order_by(changes.c.number)
    last: dict[int, dict[str, object]] = {}
    for item, *cells in connection.execute(query):
        told = dict(zip(("places", "language", "texts"), cells, strict=True))
        if told["texts"] is None:
            told["texts"] = last[item]["texts"]
        last[item] = told
    return last


def _row(revision: "Revision") -> dict[str, object]:
    draft = revision.shown
    texts = _BREAK.join((draft.title, draft.summary, draft.body))
    topics = {label.ref for label in (*draft.labels, *revision.implied) if label.ref}
    return {
        "number": revision.change,
        "item": revision.known.number,
        "places": " ".join(map(str, sorted(topics))),
        "language": draft.language or "",
        "texts": zlib.compress(texts.encode(errors="replace"), 1),
        "at": revision.recorded_at,
        "is_again": revision.is_back,
        "is_quiet": revision.is_quiet,
    }


def _change(row: Row[Any], before: FiledItem | None) -> FiledItem:
    texts = before.texts if before else ()
    if row.texts is not None:
        texts = tuple(zlib.decompress(row.texts).decode().split(_BREAK))
    return FiledItem(
        number=row.number,
        item=row.item,
        topics=frozenset(map(TopicRef.parse, row.places.split())),
        language=row.language,
        texts=texts,
        at=row.at,
        is_again=row.is_again,
        is_quiet=row.is_quiet,
    )
