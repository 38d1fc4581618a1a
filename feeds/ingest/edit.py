"""What a person decides about items: two are one, or are not.

Knows the order of calls; what was decided is published at once. Must never decide itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from config.values import host_of
from feeds.errors import NotEdited
from feeds.identity.ownership import NOBODYS, Ownership
from feeds.storage import Connection, write_items
from feeds.storage.database import Database
from feeds.storage.read_items import number_of, whose
from feeds.storage.write_items import NotMerged

_FOREIGN = (
    "it is of {!r}, and {!r} is a third party to it: its owner's words would be hidden, and its"
    " corrections with them. Merge the other into this one, or add --third-party"
)

#: Feeds and pages show what is stored: how many feeds were written for it.
Publish = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An item that was merged into another one, or into none any more."""

    item: str
    into: str | None
    feeds_written: int


def merge(
    database: Database,
    item: str,
    into: str,
    *,
    now: datetime,
    publish: Publish,
    ownership: Ownership = NOBODYS,
    dry_run: bool = False,
) -> Edited:
    """``item`` is hidden, as ``into`` tells the same. Raises NotEdited where that cannot be, or the
    words that stay are a third party's by ``ownership``.

    With ``dry_run``, here and below, it is only told what would be done.
    """
    with database.writing(dry_run=dry_run) as connection:
        one, other = (_number(connection, name) for name in (item, into))
        hidden, url = whose(connection, one)
        stays, _ = whose(connection, other)
        if ownership.is_third_party(stays, host_of(url), hidden):
            raise NotEdited(item, _FOREIGN.format(hidden, stays))
        _done(item, write_items.merge(connection, one, other, now))
    return Edited(item=item, into=into, feeds_written=0 if dry_run else publish())


def split(
    database: Database, item: str, *, now: datetime, publish: Publish, dry_run: bool = False
) -> Edited:
    """``item`` is shown by itself, again or still. Raises NotEdited where there is none."""
    with database.writing(dry_run=dry_run) as connection:
        problem = write_items.split(connection, _number(connection, item), now)
        # Asked for twice, it is as asked for.
        _done(item, None if problem is NotMerged.WHOLE else problem)
    return Edited(item=item, into=None, feeds_written=0 if dry_run else publish())


def _number(connection: Connection, name: str) -> int:
    """The number of the item that an id, an address of its page or a slug names."""
    slug = name.rstrip("/").rpartition("/")[2]
    number = number_of(connection, name) or number_of(connection, slug)
    if number is None:
        raise NotEdited(name, NotMerged.MISSING)
    return number


def _done(item: str, problem: NotMerged | None) -> None:
    if problem:
        raise NotEdited(item, problem)
