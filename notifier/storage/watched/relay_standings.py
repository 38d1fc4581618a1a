"""How mail servers that do not take our mails are tried again, for all nodes that send by them.

Knows the table ``relay_standings``. Must never know what follows from one.
"""

from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, select

from feeds.storage.engines import upsert
from notifier.model import RelayStanding
from notifier.storage import deliveries
from notifier.storage.tables import relay_standings as table

_COLUMNS = [table.c[field.name] for field in fields(RelayStanding)]


def known(connection: Connection, relay: str) -> RelayStanding | None:
    """That of the relay, where it does not take mails; locked until the transaction ends."""
    wanted = select(*_COLUMNS).where(table.c.relay == relay).with_for_update()
    row = connection.execute(wanted).mappings().one_or_none()
    return _told(row) if row else None


def keep(connection: Connection, relay: str, standing: RelayStanding | None) -> None:
    """It is tried again so, or takes mails."""
    if standing is None:
        connection.execute(delete(table).where(table.c.relay == relay))
    else:
        upsert(connection, table, [{"relay": relay, **asdict(standing)}])


def every(connection: Connection) -> dict[str, RelayStanding]:
    """Those of all that do not take mails, by relay."""
    rows = connection.execute(select(table.c.relay, *_COLUMNS).order_by(table.c.relay))
    return {row["relay"]: _told(row) for row in rows.mappings()}


def lift(connection: Connection) -> None:
    """All are taken to be well."""
    connection.execute(delete(table))


def offer_again(connection: Connection, now: datetime) -> int:
    """The same, and what failed or waits as one refused us is to be sent: how many there are."""
    lift(connection)
    return deliveries.release_refused(connection, now)


def _told(row: RowMapping) -> RelayStanding:
    return RelayStanding(**{column.name: row[column.name] for column in _COLUMNS})
