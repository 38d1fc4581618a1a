"""What digests told: recipes of which their messages are made again.

Knows the table ``renderings``, and the column of ``deliveries`` that names a row of it. Must never
know what a recipe says, or what is sent when.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from feeds.storage.engines import upsert
from notifier.storage.tables import deliveries, renderings


class ToldItems(NamedTuple):
    """What a delivery tells: so many ``items``, by the recipe under this ``digest``."""

    delivery: int
    digest: str
    items: int


def keep(connection: Connection, recipes: Mapping[str, str], told: Sequence[ToldItems]) -> None:
    """The recipes are there, each under its digest, and the deliveries tell by them."""
    rows = [{"digest": digest, "recipe": recipe} for digest, recipe in sorted(recipes.items())]
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
        .join_from(deliveries, renderings)
        .where(deliveries.c.subscriber == subscriber, deliveries.c.id != but)
    )
    return connection.scalars(rows).all()


# Made once: making them takes longer than running them.
_TELLING = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("of"))
    .values(rendering=bindparam("by"), items=bindparam("count"))
)
_RECIPES = select(renderings.c.digest, renderings.c.recipe).where(
    renderings.c.digest.in_(bindparam("wanted", expanding=True))
)
