"""That a digest told something wrong of an item: to how many, and that they are told so.

Knows what an item was called and is, and who asks. Must never know what the mail says, or send it.
"""

from dataclasses import dataclass
from datetime import datetime

from feeds.identity.correction import title_at
from feeds.ingest import edit
from feeds.storage.database import Database
from notifier.storage import digests
from notifier.storage.digests import Erratum


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenErratum:
    """What so many ``readers`` would be told: what the item was called, and is ``now``, None where
    it is shown no more.
    """

    readers: int
    erratum: Erratum
    now: str | None


def foreseen(
    database: Database, item: str, note: str, *, who: str, at: datetime
) -> ForeseenErratum:
    """What whoever got the item would be told. Raises NotEdited where there is no such item."""
    with database.reading() as connection:
        found = edit.history(connection, item, at)
        mails = digests.tellings(connection, found.number)
        readers = digests.readers(connection, found.number)
    told = title_at(found.steps, mails[0].first_at, found.title) if mails else found.title
    erratum = Erratum(item=found.number, change=found.change, at=at, who=who, told=told, note=note)
    now = found.title if found.is_shown else None
    return ForeseenErratum(readers=readers, erratum=erratum, now=now)


def tell(database: Database, erratum: Erratum) -> int:
    """Each of them is told, once, however often it is said: to how many it is new."""
    with database.writing() as connection:
        return digests.tell(connection, erratum)
