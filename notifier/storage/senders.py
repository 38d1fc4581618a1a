"""The nodes, as rows: which there are, who sends, until when and at which moments, by the clock
they share; and whether anybody may.

Knows the tables ``nodes``, ``senders``, ``halts`` and ``quotas``. Must never know what is done
under a lease.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    update,
)

from feeds.storage.columns import among
from feeds.storage.database import next_numbers, store_seconds, store_time
from feeds.storage.engines import upsert
from feeds.storage.tables import counters
from notifier.model import Node, NoticeKind
from notifier.storage.tables import halts, nodes, quotas, senders

#: A node that is no more is followed by another within a minute; one that lives moves its lease on
#: often enough for three tries before the end.
LEASE = timedelta(seconds=45)
RENEWAL = timedelta(seconds=10)
#: By this name leases are numbered.
_COUNTER = "senders"


def begin(connection: Connection, node: str) -> int:
    """The number of a lease of this node's; any earlier one of it has ended."""
    now = store_time(connection)
    connection.execute(delete(senders).where(or_(senders.c.node == node, senders.c.until <= now)))
    [number] = next_numbers(connection, _COUNTER, 1)
    connection.execute(insert(senders).values(number=number, node=node, until=now + LEASE))
    return number


def renew(connection: Connection, lease: int) -> bool:
    """The lease goes on; False where it has ended, and what was under it may be another's."""
    now = store_time(connection)
    moved = connection.execute(
        update(senders)
        .where(and_(senders.c.number == lease, senders.c.until > now))
        .values(until=now + LEASE)
    )
    return moved.rowcount == 1


def place(connection: Connection, lease: int) -> tuple[int, int]:
    """Which of the nodes that send at present a lease is of, from 0, and how many these are."""
    numbers = [row.number for row in connection.execute(in_force())]
    return sum(number < lease for number in numbers), max(len(numbers), 1)


def end(connection: Connection, lease: int) -> None:
    """What is under the lease is anybody's."""
    connection.execute(delete(senders).where(senders.c.number == lease))


def in_force(*but: BindParameter[str]) -> Select[tuple[int]]:
    """The numbers of all leases that have not ended, but for those of the node named."""
    return select(senders.c.number).where(
        senders.c.until > func.now(), *(senders.c.node != node for node in but)
    )


def is_free(lease: ColumnElement[int], *node: BindParameter[str]) -> ColumnElement[bool]:
    """Under no lease that is in force; those of the node named do not count."""
    # PostgreSQL asks of a row as it is once it is free, but of leases as they were when the
    # statement began: one that was given later is in force, too.
    last = select(counters.c.value).where(counters.c.name == _COUNTER).scalar_subquery()
    return or_(lease.is_(None), and_(lease <= last, lease.not_in(in_force(*node))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Somebody stopped all mail, or with ``digests_only`` all that is no answer to a reader: who,
    since when, and why.
    """

    since: datetime
    who: str
    reason: str = ""
    digests_only: bool = False

    def __str__(self) -> str:
        what = "digests are" if self.digests_only else "mail is"
        why = f": {self.reason}" if self.reason else ""
        return f"{what} paused by {self.who} since {self.since:%Y-%m-%d %H:%M}Z{why}"


def pause(connection: Connection, halt: Halt) -> None:
    """No further message leaves, of any node; what another one said before is replaced."""
    connection.execute(delete(halts))
    connection.execute(insert(halts).values(**asdict(halt)))


def resume(connection: Connection) -> bool:
    """Mail leaves again; False where it did."""
    return connection.execute(delete(halts)).rowcount > 0


def halted(connection: Connection) -> Halt | None:
    """Why no mail leaves at present, if somebody stopped it."""
    row = connection.execute(select(halts)).mappings().one_or_none()
    return Halt(**row) if row else None


def may_leave(notice: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Not stopped, as far as that is told by the kind of a delivery."""
    # Asked by themselves, not of each row: once a statement.
    none, not_all = (
        not_(select(halts.c.since).where(*which).exists())
        for which in ((), (not_(halts.c.digests_only),))
    )
    return or_(none, and_(not_all, is_answer(notice)))


def is_answer(notice: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Whether somebody waits for what they asked for; spelt as the index of these has it."""
    return notice != literal_column(f"'{NoticeKind.CORRECTION}'")


#: A node that says nothing for so long is no more; it says something six times in that.
SILENCE = timedelta(minutes=1)
BEAT_SECONDS = 10
#: One that ended without a word is shown for so long.
_SHOWN = timedelta(days=7)


def beat(connection: Connection, name: str, holder: str, roles: str) -> None:
    """The node of that name is alive, as this process."""
    now = store_time(connection)
    upsert(connection, nodes, [{"name": name, "holder": holder, "roles": roles, "beat_at": now}])
    connection.execute(delete(nodes).where(nodes.c.beat_at < now - _SHOWN))


def leave(connection: Connection, name: str) -> None:
    """There is no node of that name any more."""
    connection.execute(delete(nodes).where(nodes.c.name == name))


def every_node(connection: Connection) -> list[Node]:
    """The nodes there are, and those that ended without a word, by name."""
    now = store_time(connection)
    return [
        Node(
            name=row.name,
            holder=row.holder,
            roles=tuple(row.roles.split()),
            beat_at=row.beat_at,
            is_alive=now - row.beat_at <= SILENCE,
        )
        for row in connection.execute(select(nodes).order_by(nodes.c.name))
    ]


def given_out(connection: Connection, names: Collection[str]) -> tuple[float, dict[str, float]]:
    """The store's seconds by now, and those up to which moments were given out by name.

    No other node gives out any until the transaction ends.
    """
    next_numbers(connection, "quotas", 0)
    wanted = select(quotas.c.name, quotas.c.upto).where(among(quotas.c.name, names))
    rows = connection.execute(wanted)
    return store_seconds(connection), {row.name: row.upto for row in rows}


def keep_given_out(connection: Connection, upto: Mapping[str, float]) -> None:
    """Up to these seconds they are given out."""
    upsert(connection, quotas, [{"name": name, "upto": at} for name, at in upto.items()])
