"""What was and is wrong, and when each job last came to its end, for all who look after it.

Knows the tables ``incidents`` and ``job_ends``, and how often anything failed. Must never know what
is wrong, or whom to tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, or_, select

from feeds.storage.database import next_numbers
from feeds.storage.engines import upsert
from feeds.storage.tables import counters
from notifier.incidents.incident import Incident, IncidentKind
from notifier.storage.tables import incidents as table
from notifier.storage.tables import job_ends

_COLUMNS = [table.c[field.name] for field in fields(Incident)]
#: By these names failures are counted: what is forgotten stays counted.
_COUNTER = "failures."


def since(connection: Connection, moment: datetime) -> list[Incident]:
    """What is wrong, and what was so at some time since then, as it began."""
    return _found(connection, or_(table.c.until.is_(None), table.c.until >= moment))


def lasting(connection: Connection) -> list[Incident]:
    """What is wrong at present, as it began."""
    return _found(connection, table.c.until.is_(None))


def alone(connection: Connection) -> None:
    """Nobody else writes incidents until the transaction ends."""
    next_numbers(connection, _COUNTER, 0)


def keep(
    connection: Connection, changed: Sequence[Incident], met: Mapping[IncidentKind, int]
) -> None:
    """They are so now; so many more failures of each kind were ``met``."""
    upsert(connection, table, [asdict(each) for each in changed])
    for kind, times in met.items():
        next_numbers(connection, f"{_COUNTER}{kind}", times)


def failures(connection: Connection) -> dict[str, int]:
    """How many failures there were of each kind, ever."""
    wanted = select(counters.c.name, counters.c.value)
    rows = connection.execute(wanted.where(counters.c.name.startswith(_COUNTER)))
    counted = {row.name.removeprefix(_COUNTER): row.value for row in rows}
    return {kind.value: counted.get(kind, 0) for kind in IncidentKind}


def forget(connection: Connection, before: datetime) -> None:
    """What was over before then is known no more."""
    connection.execute(delete(table).where(table.c.until < before))
    connection.execute(delete(job_ends).where(job_ends.c.succeeded_at < before))


def note_ends(connection: Connection, node: str, ends: Mapping[str, datetime]) -> None:
    """Jobs of the node came to their end then."""
    rows = [{"job": job, "node": node, "succeeded_at": at} for job, at in ends.items()]
    upsert(connection, job_ends, rows)


def ends(connection: Connection) -> dict[tuple[str, str], datetime]:
    """When each job of each node last came to its end."""
    rows = connection.execute(select(job_ends).order_by(job_ends.c.job, job_ends.c.node))
    return {(row.job, row.node): row.succeeded_at for row in rows}


def _found(connection: Connection, which: ColumnElement[bool]) -> list[Incident]:
    order = table.c.since, table.c.kind, table.c.subject, table.c.node
    rows = connection.execute(select(*_COLUMNS).where(which).order_by(*order)).mappings()
    return [Incident(**dict(row) | {"kind": IncidentKind(row["kind"])}) for row in rows]
