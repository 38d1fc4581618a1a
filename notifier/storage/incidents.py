"""What is wrong with a mail server, for all nodes that send by it, and for who looks after it.

Knows the table ``incidents``. Must never know what follows from one.
"""

from dataclasses import asdict, fields

from sqlalchemy import Connection, RowMapping, delete, select

from feeds.storage.engines import upsert
from notifier.model import Incident
from notifier.storage.tables import incidents

_COLUMNS = [incidents.c[field.name] for field in fields(Incident)]


def known(connection: Connection, relay: str) -> Incident | None:
    """What is wrong with that one, if anything; locked until the transaction ends."""
    wanted = select(*_COLUMNS).where(incidents.c.relay == relay).with_for_update()
    row = connection.execute(wanted).mappings().one_or_none()
    return _told(row) if row else None


def keep(connection: Connection, relay: str, incident: Incident | None) -> None:
    """That is what is wrong with it, or nothing any more."""
    if incident is None:
        connection.execute(delete(incidents).where(incidents.c.relay == relay))
    else:
        upsert(connection, incidents, [{"relay": relay, **asdict(incident)}])


def every(connection: Connection) -> dict[str, Incident]:
    """What is wrong at present, by relay."""
    rows = connection.execute(select(incidents.c.relay, *_COLUMNS).order_by(incidents.c.relay))
    return {row["relay"]: _told(row) for row in rows.mappings()}


def _told(row: RowMapping) -> Incident:
    return Incident(**{column.name: row[column.name] for column in _COLUMNS})


def lift(connection: Connection) -> None:
    """All is taken to be well."""
    connection.execute(delete(incidents))
