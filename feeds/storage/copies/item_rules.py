"""What has to hold of items and of who follows their changes.

Knows the rules of the feeds' tables. Must never know how a rule came to be broken.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, and_, select

from feeds.storage.copies.engine_faults import StoreFault, broken
from feeds.storage.database import last_number
from feeds.storage.tables import (
    changes,
    counters,
    entries,
    item_topics,
    items,
    publications,
    revisions,
)
from feeds.storage.websub.tables import feed_subscriptions, hubs

#: Cursors, and the counters of what they follow.
_FOLLOWED: Mapping[str, str] = {
    "searched": "changes",
    "published": "changes",
    "matched": "changes",
    "publications.distributed": "publications",
}
_AHEAD = "a backup that is older than the rest was put back by hand: use `fieldfare restore`"
_READ_AGAIN = "`fieldfare ingest` reads its document again once that changes; restore a backup else"


def wrong(connection: Connection) -> Iterator[StoreFault]:
    """What does not hold."""
    yield from _numbers(connection)
    kept = select(revisions.c.item).where(
        revisions.c.item == items.c.number, revisions.c.revision == items.c.revision
    )
    into = items.alias()
    rules = (
        ("items whose last revision is not kept", _READ_AGAIN, items.c.number, ~kept.exists()),
        (
            "items that were merged into one that is not there",
            "`fieldfare items split` takes them apart",
            items.c.number,
            and_(
                items.c.merged_into.is_not(None),
                ~select(into.c.number).where(into.c.number == items.c.merged_into).exists(),
            ),
        ),
        (
            "items that are filed nowhere, not even by their language",
            _READ_AGAIN,
            items.c.number,
            ~select(item_topics.c.item).where(item_topics.c.item == items.c.number).exists(),
        ),
        (
            "entries made of a revision that is still to come",
            "`fieldfare publish --check --repair`",
            entries.c.item,
            entries.c.revision
            > select(items.c.revision).where(items.c.number == entries.c.item).scalar_subquery(),
        ),
    )
    for what, remedy, example, which in rules:
        yield from broken(connection, what, remedy, example, which)


def _numbers(connection: Connection) -> Iterator[StoreFault]:
    """Nothing has a number that is still to be given out, and nobody is beyond what they follow."""
    given = {name: last_number(connection, name) for name in ("items", "changes", "publications")}
    numbers = (
        (items.c.number, "items"),
        (items.c.change, "changes"),
        (changes.c.number, "changes"),
        (publications.c.number, "publications"),
        (hubs.c.told, "publications"),
        (feed_subscriptions.c.told, "publications"),
    )
    for column, counter in numbers:
        what = f"{column.table.name}.{column.name} is beyond the last number of {counter}"
        yield from broken(connection, what, _AHEAD, column, column > given[counter])
    for cursor, counter in _FOLLOWED.items():
        what = f"the cursor {cursor} is beyond the last number of {counter}"
        is_it = (counters.c.name == cursor, counters.c.value > given[counter])
        yield from broken(connection, what, _AHEAD, counters.c.value, *is_it)
