"""Hubs of others, each with how far it was told of changed feeds.

Knows one row a hub, with its cursor in the publications. Must never decide when one is told again.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from feeds.standing import HubStanding
from feeds.storage.engines import upsert
from feeds.storage.tables import publications
from feeds.storage.websub import claims
from feeds.storage.websub.tables import hubs


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldHub:
    """A hub that knows of all changes up to the number ``told``.

    It is told no more before ``due_at``: by whoever tells it now, or as it failed so many times in
    a row ``since`` then, for the ``problem``.
    """

    url: str
    told: int = 0
    due_at: datetime | None = None
    failures: int = 0
    problem: str = ""
    since: datetime | None = None


def configure(connection: Connection, urls: Collection[str]) -> None:
    """These are the hubs; one that is new knows of nothing, one that is none is forgotten."""
    connection.execute(delete(hubs).where(hubs.c.url.not_in(urls)))
    upsert(connection, hubs, [asdict(ToldHub(url=url)) for url in urls], replace=False)


def are_configured(connection: Connection, urls: Collection[str]) -> bool:
    """Whether these are the hubs there are rows of."""
    return set(connection.scalars(select(hubs.c.url))) == set(urls)


def is_any_due(connection: Connection, now: datetime, busy: Collection[str]) -> bool:
    """Whether a hub is to be told something now, but those ``busy`` already."""
    return connection.scalar(select(hubs.c.url).where(_due(now, busy)).limit(1)) is not None


def claim(
    connection: Connection, now: datetime, until: datetime, busy: Collection[str], limit: int
) -> Sequence[ToldHub]:
    """Hubs that are due, those that do well first, are ours alone to tell ``until`` then."""
    return claims.claim(connection, hubs.c.url, _due(now, busy), until, limit=limit, told=ToldHub)


def keep(connection: Connection, before: ToldHub, after: ToldHub) -> bool:
    """The hub that was claimed as ``before`` does so now; False where somebody else claimed it
    since, or it is none any more.
    """
    return claims.keep(connection, hubs.c.url, asdict(before), asdict(after))


def rows(connection: Connection) -> Sequence[HubStanding]:
    """How each hub does, by its address."""
    waiting = select(func.count()).where(publications.c.number > hubs.c.told).scalar_subquery()
    columns = (hubs.c.url, waiting, hubs.c.failures, hubs.c.problem, hubs.c.since)
    return [
        HubStanding(hub=url, waiting=count, failures=failures, problem=problem, since=since)
        for url, count, failures, problem, since in connection.execute(
            select(*columns).order_by(hubs.c.url)
        )
    ]


def _due(now: datetime, busy: Collection[str]) -> ColumnElement[bool]:
    latest = select(func.max(publications.c.number)).scalar_subquery()
    is_time = or_(hubs.c.due_at.is_(None), hubs.c.due_at <= now)
    return and_(is_time, hubs.c.told < latest, hubs.c.url.not_in(busy))
