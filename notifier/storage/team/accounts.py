"""Accounts as rows, with the hashes of their passwords, and who came in by one.

Knows the tables ``accounts`` and ``sessions``. Must never know a password, or what a browser keeps.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from feeds.storage.engines import upsert
from notifier.account import Account, TeamRole, Way
from notifier.storage.team.tables import accounts, sessions


def add(connection: Connection, account: Account, password: str | None) -> bool:
    """The account is there, with the hash of its password; False where one of its name was."""
    row = {"name": account.name, "role": account.role.value, "password": password}
    added = upsert(connection, accounts, [row], replace=False, returning=[accounts.c.name])
    return bool([*added])


def remove(connection: Connection, name: str) -> bool:
    """Nobody comes in by that account, or is in by it, any more; False where there was none."""
    sign_out_all(connection, name)
    return connection.execute(delete(accounts).where(accounts.c.name == name)).rowcount > 0


def set_password(connection: Connection, name: str, password: str) -> bool:
    """The account has another password, by its hash, and whoever was in by it has to come in again;
    False where there is none.
    """
    sign_out_all(connection, name)
    changed = update(accounts).where(accounts.c.name == name).values(password=password)
    return connection.execute(changed).rowcount > 0


def set_role(connection: Connection, name: str, role: TeamRole) -> bool:
    """The account may do that from now on; False where there is none."""
    changed = update(accounts).where(accounts.c.name == name).values(role=role.value)
    return connection.execute(changed).rowcount > 0


def told(connection: Connection, account: Account) -> bool:
    """The account is there as another service tells of it, with that role; False where one of its
    name has a password, and is not that service's to tell of.
    """
    # Whoever comes by two browsers at once is added by one of them.
    if add(connection, account, None):
        return True
    is_told = (accounts.c.name == account.name, accounts.c.password.is_(None))
    changed = update(accounts).where(*is_told).values(role=account.role.value)
    return connection.execute(changed).rowcount > 0


def every(connection: Connection) -> Sequence[Account]:
    """All accounts, by name."""
    rows = connection.execute(select(accounts.c.name, accounts.c.role).order_by(accounts.c.name))
    return [Account(name=name, role=TeamRole(role)) for name, role in rows]


def known(connection: Connection, name: str) -> tuple[Account, str | None] | None:
    """The account of that name with the hash of its password; None where there is none."""
    row = connection.execute(select(accounts).where(accounts.c.name == name)).one_or_none()
    return row and (Account(name=row.name, role=TeamRole(row.role)), row.password)


# -- Who is in -------------------------------------------------------------------------------------


def sign_in(
    connection: Connection, key: str, name: str, way: Way, *, now: datetime, until: datetime
) -> None:
    """Whoever has what hashes to ``key`` is in by that account; what is over is forgotten."""
    connection.execute(delete(sessions).where(sessions.c.until <= now))
    row = {"key": key, "account": name, "way": way.value, "until": until}
    connection.execute(insert(sessions).values(row))


def signed_in(connection: Connection, key: str, now: datetime) -> tuple[Account, Way] | None:
    """By which account somebody is in, and which way they came, if they are."""
    query = select(accounts.c.name, accounts.c.role, sessions.c.way).join_from(sessions, accounts)
    row = connection.execute(
        query.where(sessions.c.key == key, sessions.c.until > now)
    ).one_or_none()
    return row and (Account(name=row.name, role=TeamRole(row.role)), Way(row.way))


def sign_out(connection: Connection, key: str) -> None:
    """They are in no more."""
    connection.execute(delete(sessions).where(sessions.c.key == key))


def sign_out_all(connection: Connection, name: str) -> None:
    """Nobody is in by that account."""
    connection.execute(delete(sessions).where(sessions.c.account == name))


def sign_out_everybody(connection: Connection) -> None:
    """Nobody is in."""
    connection.execute(delete(sessions))
