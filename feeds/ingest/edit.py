"""What a person decides about items and topics: two are one, a name stands for a topic.

Knows the order of calls; what was decided is published at once. Must never decide itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from feeds.errors import NotEdited
from feeds.ingest.retag import retag
from feeds.storage import Connection, topic_names, write_items
from feeds.storage.database import Database
from feeds.storage.read_items import number_of
from feeds.storage.write_items import NotMerged
from feeds.taxonomy import Taxonomy

#: Feeds and pages show what is stored: how many feeds were written for it.
Publish = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An item that was merged into another one, or into none any more."""

    item: str
    into: str | None
    feeds_written: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retagged:
    """How many items are filed otherwise now, and how many feeds show it."""

    items: int
    feeds_written: int


def map_names(
    database: Database,
    taxonomy: Taxonomy,
    topic: str | None,
    names: Sequence[str],
    *,
    now: datetime,
    publish: Publish,
    everything: bool = False,
    dry_run: bool = False,
) -> Retagged:
    """``names`` stand for ``topic`` from now on, and in what is stored. Raises UnknownTopic.

    With ``dry_run``, here and below, it is only told what would be done.
    """
    ref = taxonomy.find(topic).ref if topic else None
    with database.writing(dry_run=dry_run) as connection:
        if ref:
            for name in names:
                topic_names.map_name(connection, ref.kind, name, ref.slug)
        known = taxonomy.known_as(topic_names.mapped_names(connection))
        changed = retag(connection, known, now, everything=everything)
    return Retagged(items=changed, feeds_written=0 if dry_run else publish())


def merge(
    database: Database, item: str, into: str, *, publish: Publish, dry_run: bool = False
) -> Edited:
    """``item`` is hidden, as ``into`` tells the same. Raises NotEdited where that cannot be."""
    with database.writing(dry_run=dry_run) as connection:
        one, other = (_number(connection, name) for name in (item, into))
        _done(item, write_items.merge(connection, one, other))
    return Edited(item=item, into=into, feeds_written=0 if dry_run else publish())


def split(database: Database, item: str, *, publish: Publish, dry_run: bool = False) -> Edited:
    """``item`` is shown by itself, again or still. Raises NotEdited where there is none."""
    with database.writing(dry_run=dry_run) as connection:
        problem = write_items.split(connection, _number(connection, item))
        # Asked for twice, it is as asked for.
        _done(item, None if problem is NotMerged.WHOLE else problem)
    return Edited(item=item, into=None, feeds_written=0 if dry_run else publish())


def _number(connection: Connection, name: str) -> int:
    """The number of the item that an id, an address of its page or a slug names."""
    slug = name.rpartition("/")[2].removesuffix(".html")
    number = number_of(connection, name) or number_of(connection, slug)
    if number is None:
        raise NotEdited(name, NotMerged.MISSING)
    return number


def _done(item: str, problem: NotMerged | None) -> None:
    if problem:
        raise NotEdited(item, problem)
