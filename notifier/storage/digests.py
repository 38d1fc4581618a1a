"""What digests told: recipes of which their messages are made again, and what was wrong in them.

Knows the tables ``renderings`` and ``errata``, and the column of ``deliveries`` that names a row of
the first. Must never know what a recipe says but for its items, or what is sent when.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from feeds.storage.columns import among
from feeds.storage.engines import add_selected, upsert
from notifier.digest.recipe import items_of
from notifier.model import DeliveryState, NoticeKind, SubscriberState
from notifier.storage.tables import deliveries, errata, renderings, subscribers

#: A day lasts two around the world, and a mail that waits is given up after some days.
_TOLD_WITHIN = timedelta(days=7)


class ToldItems(NamedTuple):
    """What a delivery tells: so many ``items``, by the recipe under this ``digest``."""

    delivery: int
    digest: str
    items: int


def keep(
    connection: Connection,
    recipes: Mapping[str, str],
    told: Sequence[ToldItems],
    planned_at: datetime,
) -> None:
    """The recipes are there, each under its digest, and the deliveries tell by them, which were
    planned at that moment, or before.
    """
    rows = [
        {"digest": digest, "recipe": recipe, "planned_at": planned_at}
        for digest, recipe in sorted(recipes.items())
    ]
    upsert(connection, renderings, rows, replace=False)
    telling = [{"of": one.delivery, "by": one.digest, "count": one.items} for one in told]
    connection.execute(_TELLING, telling)


def recipes(connection: Connection, wanted: Collection[str]) -> Mapping[str, str]:
    """The recipes under these digests."""
    rows = connection.execute(_RECIPES, {"wanted": [*wanted]})
    return {row.digest: row.recipe for row in rows}


def told(connection: Connection, subscriber: int, but: int) -> Sequence[str]:
    """The recipes of all that somebody was told, but by one delivery."""
    rows = (
        select(renderings.c.recipe)
        .join_from(deliveries, renderings, renderings.c.digest == deliveries.c.rendering)
        .where(deliveries.c.subscriber == subscriber, deliveries.c.id != but)
    )
    return connection.scalars(rows).all()


class Telling(NamedTuple):
    """In the digests of a ``period`` an item went out to so many, between two moments."""

    period: str
    readers: int
    first_at: datetime
    last_at: datetime


def tellings(connection: Connection, item: int) -> Sequence[Telling]:
    """The digests in which an item went out, as far as they are kept, the first one first."""
    told = among(deliveries.c.rendering, _telling(connection, item))
    columns = (deliveries.c.period, func.count(), func.min(deliveries.c.settled_at))
    query = select(*columns, func.max(deliveries.c.settled_at)).group_by(deliveries.c.period)
    went_out = query.where(told, deliveries.c.state == DeliveryState.ACCEPTED)
    rows = connection.execute(went_out.order_by(func.min(deliveries.c.settled_at)))
    return [Telling(*row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erratum:
    """That an item was ``told`` under a title, and is otherwise since a change; with a ``note`` of
    whoever says so.
    """

    item: int
    change: int
    at: datetime
    who: str
    told: str
    note: str = ""


def readers(connection: Connection, item: int) -> int:
    """How many have an item in a digest of theirs, and are to be told what was wrong."""
    people = _readers(connection, item).subquery()
    return connection.execute(select(func.count()).select_from(people)).scalar_one()


def tell(connection: Connection, erratum: Erratum) -> int:
    """Each of these gets a mail of that, once, however often it is said: to how many it is new."""
    unique = [errata.c.item, errata.c.change]
    upsert(connection, errata, [asdict(erratum)], replace=False, key=unique)
    is_it = (errata.c.item == erratum.item, errata.c.change == erratum.change)
    number = connection.execute(select(errata.c.id).where(*is_it)).scalar_one()
    period = f"{NoticeKind.CORRECTION}-{number}"
    of_it = select(func.count()).where(deliveries.c.period == period)
    before = connection.execute(of_it).scalar_one()
    values = {
        "period": period,
        "notice": NoticeKind.CORRECTION.value,
        "windows": "{}",
        "state": DeliveryState.QUEUED.value,
        "due_at": erratum.at,
        "attempts": 0,
        "in_doubt": 0,
        "created_at": erratum.at,
    }
    columns = (
        literal(value, deliveries.c[name].type).label(name) for name, value in values.items()
    )
    people = _readers(connection, erratum.item).subquery()
    # An upsert of what is selected needs a WHERE (https://sqlite.org/lang_upsert.html, 2.2).
    selected = select(people.c.subscriber, *columns).where(true()).order_by(people.c.subscriber)
    add_selected(connection, deliveries, selected, {})
    return int(connection.execute(of_it).scalar_one()) - int(before)


def errata_of(connection: Connection, numbers: Collection[int]) -> Mapping[int, Erratum]:
    """What is to be told of, by number."""
    rows = connection.execute(select(errata).where(among(errata.c.id, numbers))).mappings()
    names = [each.name for each in fields(Erratum)]
    return {row["id"]: Erratum(**{name: row[name] for name in names}) for row in rows}


def _readers(connection: Connection, item: int) -> Select[tuple[int]]:
    """Who got an item in a digest and has not left."""
    return (
        select(deliveries.c.subscriber)
        .join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber)
        .where(among(deliveries.c.rendering, _telling(connection, item)))
        .where(deliveries.c.state == DeliveryState.ACCEPTED)
        .where(subscribers.c.state == SubscriberState.ACTIVE)
        .distinct()
    )


def _telling(connection: Connection, item: int) -> Sequence[str]:
    """The recipes, by their digests, that tell of an item."""
    named = (renderings.c.recipe.contains(f"[{item}{end}") for end in "],")
    rows = connection.execute(select(renderings.c.digest, renderings.c.recipe).where(or_(*named)))
    return [row.digest for row in rows if item in items_of(row.recipe)]


def forget(connection: Connection, before: datetime) -> None:
    """What was told by deliveries of before that moment is gone. A recipe is of one local day, so
    that whoever else is told by it is within days; an erratum is of all deliveries that tell it.
    """
    old = renderings.c.planned_at < before - _TOLD_WITHIN
    connection.execute(delete(renderings).where(old))
    told = connection.scalars(select(errata.c.id).where(errata.c.at < before))
    periods = {f"{NoticeKind.CORRECTION}-{number}": number for number in told}
    if periods:
        known = select(deliveries.c.period).where(among(deliveries.c.period, periods))
        left = periods.keys() - connection.scalars(known.distinct())
        gone = among(errata.c.id, [periods[period] for period in left])
        connection.execute(delete(errata).where(gone))


# Made once: making them takes longer than running them.
_TELLING = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("of"))
    .values(rendering=bindparam("by"), items=bindparam("count"))
)
_RECIPES = select(renderings.c.digest, renderings.c.recipe).where(
    renderings.c.digest.in_(bindparam("wanted", expanding=True))
)
