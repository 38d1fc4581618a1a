"""From a source's documents to items in the store.

Knows how documents are found, understood and judged. Must never know how items are shown.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cached_property
from threading import Event
from typing import Protocol

from feeds.draft import Document, Habits, Parsed, Refused
from feeds.identity.ids import Identity
from feeds.identity.ownership import NOBODYS, Ownership
from feeds.taxonomy import Taxonomy

__all__ = ["Asked", "Reader", "Terms"]

#: A document, and how it is to be read.
Asked = tuple[Document, Habits]

#: Raise it when a parser reads what it refused before: what is in quarantine is read again then.
_PARSERS = 2


class Reader(Protocol):
    """Whatever understands documents."""

    def understand(
        self, asked: Sequence[Asked], taxonomy: Taxonomy, stopping: Event | None = None
    ) -> Iterator[Parsed | Refused]:
        """What each document holds, in their order; fewer once ``stopping`` is set.

        Raises SourceError where documents cannot be understood at all.
        """


# Without slots, for the recipe: made once, for every document.
@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds for everything that is taken in from ``source`` at one time.

    ``batch`` documents make a transaction. What was issued more than ``archive_after_days`` ago is
    no news, nor is a ``backfill``, nor what tells no day of issue while this ``is_first_look`` at
    the source; days are those of the site's ``zone``. ``habits`` say how
    documents are to be read where they leave it open. Those that were ``promoted`` are items
    because a person says so. ``ownership`` says whose word counts. Without a ``reader`` documents
    are understood in this process: for documents one trusts.
    """

    source: str
    taxonomy: Taxonomy
    identity: Identity
    now: datetime
    zone: tzinfo
    batch: int
    archive_after_days: int
    habits: Habits = field(default_factory=Habits)
    backfill: bool = False
    is_first_look: bool = False
    promoted: Collection[str] = ()
    reader: Reader | None = None
    ownership: Ownership = NOBODYS

    @cached_property
    def recipe(self) -> str:
        """What is different whenever documents may be read differently."""
        said = f"{_PARSERS}\0{self.taxonomy.fingerprint}\0{self.habits!r}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]
