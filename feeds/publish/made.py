"""What is made of items, once a revision: entries ready to be joined, and what has none.

Knows what is made already, and what to do where nothing can be. Must never know SQL or a format.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog

from feeds.errors import PublishError
from feeds.model import Item
from feeds.publish.build import SiteBuilder
from feeds.storage import entries
from feeds.storage.database import Database
from feeds.storage.entries import Ready
from feeds.storage.read_items import whole_items

_T = TypeVar("_T")

log = structlog.get_logger(__name__)

#: The latest entries are in many feeds: those read last are remembered, so many bytes of their
#: largest form.
_REMEMBERED_BYTES = 16_000_000
#: So many new ones are kept at once.
_KEPT_AT_ONCE = 200


@dataclass(slots=True)
class MadeEntries:
    """Entries as the builder makes them, kept in the store; with what could not be made."""

    database: Database
    builder: SiteBuilder
    #: Whether items could be rendered, by their slugs.
    made_of: dict[str, bool] = field(init=False, default_factory=dict)
    _remembered: dict[int, Ready] = field(init=False, default_factory=dict)
    _bytes: int = field(init=False, default=0)
    _new: list[Ready] = field(init=False, default_factory=list)

    def ready(self, numbers: Collection[int]) -> Mapping[int, Ready]:
        """The entries of these items; those that were never made so are made, where that can be,
        and in the store after the next `keep` at the latest. Raises PublishError.
        """
        known = self._remembered
        found = {number: known[number] for number in numbers if number in known}
        if unknown := {*numbers} - found.keys():
            recipe = self.builder.recipe
            with self.database.reading() as connection:
                read = {**entries.ready(connection, unknown, recipe)}
                missing = whole_items(connection, unknown - read.keys())
                before = entries.replaced(connection, [each.number for each in missing], recipe)
            make = partial(self.builder.ready, before=before)
            new = {each.item: each for each in each_made(make, missing, self.made_of)}
            read |= new
            self._new.extend(new.values())
            known |= read
            self._bytes += sum(each.size for each in read.values())
            # What is forgotten is read from the store again.
            if len(self._new) >= _KEPT_AT_ONCE or self._bytes > _REMEMBERED_BYTES:
                self.keep()
            while self._bytes > _REMEMBERED_BYTES:
                self._bytes -= known.pop(next(iter(known))).size
            found |= read
        return found

    def keep(self) -> None:
        """All that was made is in the store."""
        if self._new:
            with self.database.writing() as connection:
                entries.keep(connection, self._new, self.builder.recipe)
            self._new.clear()

    def whole(self, numbers: Sequence[int]) -> Sequence[Item]:
        """The items of which they are made."""
        with self.database.reading() as connection:
            return whole_items(connection, numbers)


def each_made(
    make: Callable[[Item], _T], items: Iterable[Item], made_of: dict[str, bool]
) -> Iterator[_T]:
    """What can be made of items. One of which it cannot is left out, told in the log and stops no
    other; what is wrong in an operator's template is wrong for all. Raises PublishError.

    ``made_of`` gets whether it could, by their slugs.
    """
    for item in items:
        try:
            made = make(item)
        except PublishError:
            raise
        except Exception:
            log.exception("item not rendered", item=item.slug)
            made_of[item.slug] = False
        else:
            made_of.setdefault(item.slug, True)
            yield made
