"""How the sources that are asked by address do, as last recorded.

Knows one row a source, and what came of it. Must never decide what an answer means.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, Row, func, select, update

from feeds.draft import Hub
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
    row = {
        "source": standing.source,
        "address": standing.address,
        "state": standing.state.value,
        "since": standing.since,
        "failures": standing.failures,
        "problem": standing.problem,
        "next_look_at": standing.next_look_at,
        "moved_to": standing.moved_to,
        "last_success_at": standing.last_success_at,
        "hub_url": standing.hub.url if standing.hub else None,
        "hub_topic": standing.hub.topic if standing.hub else None,
    }
    upsert(connection, table, [row])


def look_early(connection: Connection, standing: Standing, moment: datetime) -> None:
    """The source is asked at that moment, if it has not been asked since."""
    unchanged = (table.c.source == standing.source, table.c.next_look_at == standing.next_look_at)
    connection.execute(update(table).where(*unchanged).values(next_look_at=moment))


def _standing(row: Row[tuple[object, ...]]) -> Standing:
    return Standing(
        source=row.source,
        address=row.address,
        state=State(row.state),
        since=row.since,
        failures=row.failures,
        problem=row.problem,
        next_look_at=row.next_look_at,
        moved_to=row.moved_to,
        last_success_at=row.last_success_at,
        hub=Hub(url=row.hub_url, topic=row.hub_topic) if row.hub_url else None,
    )
