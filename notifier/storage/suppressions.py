"""Addresses that must not be mailed, remembered without remembering the address.

Knows the table ``suppressions`` and the keyed hash in it, so that erasing a person keeps their
no. Must never know why an address died.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, not_, or_, select, update

from feeds.storage import columns
from feeds.storage.engines import upsert
from notifier.keyed_hash import keyed_hash
from notifier.model import folded
from notifier.storage.tables import suppressions

#: What the key is remembered under, and how long it is: as SHA-256's output (RFC 2104 section 3).
KEY = "suppression-key"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keyed:
    """Hashes addresses with a key: equal for every spelling of one."""

    key: bytes = field(repr=False)

    def __call__(self, address: str) -> str:
        return self.of(folded(address))

    def of(self, text: str) -> str:
        """The same of any text that is no address."""
        return keyed_hash(self.key, text.encode()).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address, by its keyed hash, that must not be mailed: why, and since when."""

    address_hash: str
    reason: str
    detail: str
    since: datetime


def add(connection: Connection, barred: Sequence[Suppression]) -> None:
    """These addresses are not mailed any more. What is known of one that is barred is kept."""
    if not barred:
        return
    rows = [asdict(one) | {"active": True} for one in barred]
    upsert(connection, suppressions, rows, replace=False)
    connection.execute(
        update(suppressions)
        .where(suppressions.c.address_hash == bindparam("hash"), not_(suppressions.c.active))
        .values({name: bindparam(name) for name in ("reason", "detail", "since", "active")}),
        [{"hash": row.pop("address_hash"), **row} for row in rows],
    )


def bar(connection: Connection, address_hash: str, why: str, now: datetime) -> None:
    """The address of that hash must not be mailed, as whoever looks after it all says."""
    said = Suppression(address_hash=address_hash, reason="operator", detail=why, since=now)
    add(connection, [said])


def lift(connection: Connection, address_hash: str) -> bool:
    """The address of that hash may be mailed again; False where it might before."""
    is_it = (suppressions.c.address_hash == address_hash, suppressions.c.active)
    lifted = update(suppressions).where(*is_it).values(active=False)
    return bool(connection.execute(lifted).rowcount)


def of(connection: Connection, address_hash: str) -> Suppression | None:
    """Why the address of that hash must not be mailed; None where it may be."""
    is_it = (suppressions.c.address_hash == address_hash, suppressions.c.active)
    row = connection.execute(select(suppressions).where(*is_it)).one_or_none()
    if row is None:
        return None
    return Suppression(
        address_hash=row.address_hash, reason=row.reason, detail=row.detail, since=row.since
    )


def among(connection: Connection, hashes: Sequence[str]) -> frozenset[str]:
    """Those of the hashes whose addresses must not be mailed."""
    these = columns.among(suppressions.c.address_hash, hashes)
    rows = select(suppressions.c.address_hash).where(these, suppressions.c.active)
    return frozenset(connection.execute(rows).scalars())


def count(connection: Connection) -> int:
    """How many addresses must not be mailed."""
    return connection.scalar(select(func.count()).where(suppressions.c.active)) or 0


def every(
    connection: Connection, most: int | None = None, after: tuple[datetime, str] | None = None
) -> list[Suppression]:
    """All that must not be mailed, the latest first; so many at most, ``after`` one by when it
    began and its hash.
    """
    told = [suppressions.c[each.name] for each in fields(Suppression)]
    since, address_hash = suppressions.c.since, suppressions.c.address_hash
    rows = select(*told).where(suppressions.c.active).order_by(since.desc(), address_hash)
    if after is not None:
        moment, hashed = after
        is_equal = and_(since == moment, address_hash > hashed)
        rows = rows.where(or_(since < moment, is_equal))
    return [Suppression(**row) for row in connection.execute(rows.limit(most)).mappings()]
