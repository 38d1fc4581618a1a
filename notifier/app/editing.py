"""What a person decides about items and topics: two are one, a name stands for a topic.

Knows the order of calls; what was decided is published at once. Must never decide itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from feeds.errors import NotEdited
from feeds.ingest import retag
from feeds.storage import Connection, topic_names, write_items
from feeds.storage.read_items import number_of
from feeds.storage.write_items import NotMerged
from notifier.app.house import App

__all__ = ["Edited", "Filed", "map_names", "merge", "split"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An item that was merged into another one, or into none any more."""

    item: str
    into: str | None
    feeds_written: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """How many items are filed otherwise now, and how many feeds show it."""

    items: int
    feeds_written: int


def map_names(
    app: App,
    topic: str | None,
    names: Sequence[str],
    *,
    everything: bool = False,
    dry_run: bool = False,
) -> Filed:
    """``names`` stand for ``topic`` from now on, and in what is stored. Raises UnknownTopic.

    With ``dry_run``, here and below, it is only told what would be done.
    """
    ref = app.taxonomy.find(topic).ref if topic else None
    with app.database.writing(dry_run=dry_run) as connection:
        if ref:
            for name in names:
                topic_names.map_name(connection, ref.kind, name, ref.slug)
        known = app.taxonomy.known_as(topic_names.mapped_names(connection))
        changed = retag.retag(connection, known, app.clock(), everything=everything)
    return Filed(items=changed, feeds_written=_published(app, dry_run=dry_run))


def merge(app: App, item: str, into: str, *, dry_run: bool = False) -> Edited:
    """``item`` is hidden, as ``into`` tells the same. Raises NotEdited where that cannot be."""
    with app.database.writing(dry_run=dry_run) as connection:
        one, other = (_number(connection, name) for name in (item, into))
        _done(item, write_items.merge(connection, one, other))
    return Edited(item=item, into=into, feeds_written=_published(app, dry_run=dry_run))


def split(app: App, item: str, *, dry_run: bool = False) -> Edited:
    """``item`` is shown by itself, again or still. Raises NotEdited where there is none."""
    with app.database.writing(dry_run=dry_run) as connection:
        problem = write_items.split(connection, _number(connection, item))
        # Asked for twice, it is as asked for.
        _done(item, None if problem is NotMerged.WHOLE else problem)
    return Edited(item=item, into=None, feeds_written=_published(app, dry_run=dry_run))


def _published(app: App, *, dry_run: bool) -> int:
    return 0 if dry_run else app.publish().feeds_written


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
