"""What people of the team did, and programs, for whoever asks later who it was.

Knows the table ``deeds``. Must never change what is told there but by its outcome.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from notifier.storage.team.tables import deeds


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamDeed:
    """What somebody did ``at`` a moment to what; there is no ``outcome`` while it is being done, or
    where that was cut short.
    """

    number: int = 0
    at: datetime
    account: str
    deed: str
    subject: str
    detail: str = ""
    outcome: str = ""


def begin(connection: Connection, deed: TeamDeed) -> int:
    """That it is about to be done is known: its number."""
    row = asdict(deed)
    del row["number"]
    number: int = connection.execute(
        insert(deeds).values(row).returning(deeds.c.number)
    ).scalar_one()
    return number


def end(connection: Connection, number: int, outcome: str) -> None:
    """What came of it is known."""
    connection.execute(update(deeds).where(deeds.c.number == number).values(outcome=outcome))


def of(connection: Connection, number: int) -> TeamDeed | None:
    """The deed of that number, if there is one."""
    row = connection.execute(select(deeds).where(deeds.c.number == number)).mappings().one_or_none()
    return TeamDeed(**row) if row else None


def latest(connection: Connection, limit: int, before: int | None = None) -> Sequence[TeamDeed]:
    """The deeds of the highest numbers, the latest first, or those ``before`` one."""
    query = select(deeds).order_by(deeds.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(deeds.c.number < before)
    return [TeamDeed(**row) for row in connection.execute(query).mappings()]


def forget(connection: Connection, before: datetime) -> None:
    """What was done before that moment is told no more."""
    connection.execute(delete(deeds).where(deeds.c.at < before))
