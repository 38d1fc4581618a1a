"""How the sources that are asked by address do, as last recorded.

Knows one row a source, and what came of it. Must never decide what an answer means.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, update

from feeds.standing import Standing, State
from feeds.storage.engines import upsert
from feeds.storage.tables import is_shown, items
from feeds.storage.tables import standings as table


def of(connection: Connection, source: str) -> Standing | None:
    """The standing of one source; None before it was first asked."""
    row = connection.execute(select(table).where(table.c.source == source)).one_or_none()
    return _standing(row) if row else None


def every(connection: Connection) -> Mapping[str, Standing]:
    """The standing of every source that was ever asked, by name."""
    rows = connection.execute(select(table).order_by(table.c.source))
    return {row.source: _standing(row) for row in rows}


def item_counts(connection: Connection) -> Mapping[str, int]:
    """How many items each source was the first to bring, by its name."""
    query = select(items.c.source, func.count()).group_by(items.c.source)
    return dict(connection.execute(query).all())


def addresses(connection: Connection) -> Iterator[tuple[str, str]]:
    """The address of each item that has one, with the source whose words it has."""
    query = select(items.c.source, items.c.url).where(items.c.url.is_not(None), is_shown)
    yield from ((row.source, row.url) for row in connection.execute(query))


def record(connection: Connection, standing: Standing) -> None:
    """This is how the source does now."""
    row = asdict(standing) | {"state": standing.state.value}
    hub = row.pop("hub") or {"url": None, "topic": None}
    upsert(connection, table, [row | {"hub_url": hub["url"], "hub_topic": hub["topic"]}])


def look_early(connection: Connection, standing: Standing, moment: datetime) -> None:
    """The source is asked at that moment, if it has not been asked since."""
    unchanged = (table.c.source == standing.source, table.c.next_look_at == standing.next_look_at)
    connection.execute(update(table).where(*unchanged).values(next_look_at=moment))


def look_now(connection: Connection, source: str) -> bool:
    """The source is due, whatever pause it had or where it had ended; False where it was never
    asked.
    """
    is_it = table.c.source == source
    due = {
        "next_look_at": None,
        "state": case((table.c.state == State.ENDED, State.FAILING.value), else_=table.c.state),
    }
    return connection.execute(update(table).where(is_it).values(due)).rowcount > 0


def _standing(row: Row[Any]) -> Standing:
    columns = row._asdict()
    url, topic = columns.pop("hub_url"), columns.pop("hub_topic")
    hub = None
    if url:
        # It comes with all words of documents, and few sources have one.
        from feeds.draft import Hub  # noqa: PLC0415

        hub = Hub(url=url, topic=topic)
    return Standing(**columns | {"state": State(row.state), "hub": hub})
