"""What digests told: recipes of which their messages are made again.

Knows the table ``renderings``, and the column of ``deliveries`` that names a row of it. Must never
know what a recipe says but for its items, or what is sent when.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from feeds.storage.engines import upsert
from notifier.digest.recipe import items_of
from notifier.model import DeliveryState
from notifier.storage.tables import deliveries, renderings

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
    told = deliveries.c.rendering.in_(_telling(connection, item))
    columns = (deliveries.c.period, func.count(), func.min(deliveries.c.settled_at))
    query = select(*columns, func.max(deliveries.c.settled_at)).group_by(deliveries.c.period)
    went_out = query.where(told, deliveries.c.state == DeliveryState.ACCEPTED)
    rows = connection.execute(went_out.order_by(func.min(deliveries.c.settled_at)))
    return [Telling(*row) for row in rows]


def _telling(connection: Connection, item: int) -> Sequence[str]:
    """The recipes, by their digests, that tell of an item."""
    named = (renderings.c.recipe.contains(f"[{item}{end}") for end in "],")
    rows = connection.execute(select(renderings.c.digest, renderings.c.recipe).where(or_(*named)))
    return [row.digest for row in rows if item in items_of(row.recipe)]


def forget(connection: Connection, before: datetime) -> None:
    """What was told by deliveries of before that moment is gone. A recipe is of one local day, so
    that whoever else is told by it is within days.
    """
    old = renderings.c.planned_at < before - _TOLD_WITHIN
    connection.execute(delete(renderings).where(old))


# Made once: making them takes longer than running them.
_TELLING = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("of"))
    .values(rendering=bindparam("by"), items=bindparam("count"))
)
_RECIPES = select(renderings.c.digest, renderings.c.recipe).where(
    renderings.c.digest.in_(bindparam("wanted", expanding=True))
)
