"""The index follows the items: what changed since it last looked is there as it is now.

Knows the numbered changes, and its own place among them. Must never know an engine, or who looks.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from threading import Event
from typing import Any

import Stemmer
from sqlalchemy import Connection, Row, select

from feeds.search import fulltext, query, terms
from feeds.search.query import CORRECTED, EVERY, LATE, Filed, filing, name, spoken
from feeds.storage.database import Database, last_number, set_value, value_of
from feeds.storage.engines import upsert
from feeds.storage.tables import counters, is_shown, item_topics, items

_CHANGE = "searched"
_RECIPE = "searched.recipe"
# What one step holds in memory and in one transaction.
_ITEMS_AT_ONCE = 200


def follow(database: Database, stopping: Event | None = None, *, wait_seconds: float = 0) -> int:
    """The index shows what the store holds, of how many changes that is; it may end early.

    Raises StoreBusy where another process is at it still after ``wait_seconds``.
    """
    followed = 0
    with database.exclusive("search", wait_seconds):
        while not (stopping and stopping.is_set()):
            with database.reading() as connection:
                since = _since(connection)
                changed = _changed(connection, since)
                entries = [*_entries(connection, changed)]
            if not changed:
                break
            with database.writing() as connection:
                fulltext.replace(connection, [row.number for row in changed], entries)
                upsert(connection, counters, [{"name": _CHANGE, "value": changed[-1].change}])
                set_value(connection, _RECIPE, _recipe())
            followed += len(changed)
    return followed


def followed(connection: Connection) -> int:
    """The number of the last change that the index shows."""
    return last_number(connection, _CHANGE)


def begin_anew(connection: Connection) -> None:
    """The index holds nothing yet: whoever follows begins with the first change."""
    set_value(connection, _RECIPE, "")
    upsert(connection, counters, [{"name": _CHANGE, "value": 0}])


def filed(connection: Connection, numbers: Collection[int]) -> Mapping[int, Filed]:
    """Where these items are filed, implied places and ranges of languages included."""
    told = select(items.c.number, items.c.language, items.c.news_at)
    rows = connection.execute(told.where(items.c.number.in_(numbers)))
    found = {number: dict.fromkeys(spoken(tag), at) for number, tag, at in rows}
    columns = (item_topics.c.item, item_topics.c.kind, item_topics.c.slug, item_topics.c.news_at)
    known = (item_topics.c.item.in_(numbers), item_topics.c.slug.is_not(None))
    for item, kind, slug, at in connection.execute(select(*columns).where(*known)):
        found[item][kind, slug] = at
    return found


def _since(connection: Connection) -> int:
    """The change up to which the index is as this program would make it."""
    if value_of(connection, _RECIPE) != _recipe():
        return 0
    return followed(connection)


def _changed(connection: Connection, since: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The next items that changed, in that order."""
    columns = (
        items.c.number,
        items.c.change,
        items.c.title,
        items.c.summary,
        items.c.body,
        items.c.language,
        items.c.news_at,
        items.c.updated_at,
        is_shown.label("is_shown"),
    )
    query = select(*columns).where(items.c.change > since).order_by(items.c.change)
    return connection.execute(query.limit(_ITEMS_AT_ONCE)).all()


def _entries(
    connection: Connection, changed: Sequence[Row[*tuple[Any, ...]]]
) -> Iterator[fulltext.Entry]:
    shown = [row for row in changed if row.is_shown]
    places = filed(connection, [row.number for row in shown])
    for row in shown:
        yield from _entries_of(row, places[row.number])


def _entries_of(row: Row[*tuple[Any, ...]], places: Filed) -> Iterator[fulltext.Entry]:
    """An item when it became news, and each time it was filed somewhere later."""
    summary = "" if row.summary in row.body else row.summary
    words = terms.terms_of((row.title, summary, row.body), row.language)
    always = (EVERY, CORRECTED) if row.updated_at > row.news_at else (EVERY,)
    later = sorted({since for since in places.values() if since > row.news_at})
    for moment in (row.news_at, *later):
        is_late = moment > row.news_at
        here = [name(place) for place, since in places.items() if since <= moment]
        if is_late:
            here.append(LATE)
            here += (filing(place) for place, since in places.items() if since == moment)
        yield fulltext.Entry(
            item=row.number, moment=moment, is_late=is_late, places=(*always, *here), words=words
        )


@cache
def _recipe() -> str:
    """What entries depend on beside the items: how words become terms."""
    code = b"".join(Path(str(each.__file__)).read_bytes() for each in (terms, query, fulltext))
    return blake2b(code + Stemmer.version().encode(), digest_size=16).hexdigest()
