"""Subscriptions to hubs, one row a source and topic.

Knows the rows of leases. Must never decide what becomes of one.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from feeds.storage.engines import upsert
from feeds.storage.websub.tables import leases
from feeds.websub.lease import Lease, LeaseState


def every(connection: Connection) -> Sequence[Lease]:
    """All leases, by source and topic."""
    rows = connection.execute(select(leases).order_by(leases.c.source, leases.c.topic))
    return [_lease(row) for row in rows]


def by_token(connection: Connection, token: str, *, to_change: bool = False) -> Lease | None:
    """The lease whose callback's address ends in ``token``.

    One that is read ``to_change`` it is nobody else's to change until the transaction ends.
    """
    query = select(leases).where(leases.c.token == token)
    if to_change:
        query = query.with_for_update()
    row = connection.execute(query).one_or_none()
    return _lease(row) if row else None


def keep(connection: Connection, lease: Lease) -> None:
    """This is how the lease stands now."""
    upsert(connection, leases, [asdict(lease) | {"state": lease.state.value}])


def forget(connection: Connection, lease: Lease) -> None:
    """There is no such lease any more; one that took its place stays."""
    connection.execute(delete(leases).where(leases.c.token == lease.token))


def _lease(row: Row[Any]) -> Lease:
    return Lease(**row._asdict() | {"state": LeaseState(row.state)})
