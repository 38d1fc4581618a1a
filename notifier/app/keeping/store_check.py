"""A store looked through: what its engine finds wrong, and which rules of the house do not hold.

Knows who is asked. Must never know a rule.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from feeds.errors import StoreError
from feeds.storage.copies import engine_faults, item_rules, rows
from feeds.storage.copies.engine_faults import StoreFault
from feeds.storage.database import Database
from notifier.app.keeping import NAMES, TABLES
from notifier.storage import VERSIONS
from notifier.storage.rules import reader_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What was looked through, and every fault found."""

    store: str
    rows: int
    faults: tuple[StoreFault, ...]


def check(settings: Settings) -> CheckReport:
    """What is wrong with the store, read in one snapshot while others work on. Raises StoreError.

    Rules are asked of a store that is whole alone: they would say of a damaged one what is not so.
    """
    url = settings.store.url
    file = Path(url.partition(":///")[2]) if url.startswith("sqlite") else None
    if file and file.exists() and (found := tuple(engine_faults.of_file(file))):
        return CheckReport(store=url, rows=0, faults=found)
    with closing(Database.existing(url, VERSIONS)) as database:
        if not database.is_current():
            raise StoreError("the store is of an older version: run `fieldfare migrate` first")
        with database.reading() as connection:
            faults = [*engine_faults.damaged(connection, TABLES)]
            if not faults:
                faults += item_rules.wrong(connection)
                faults += reader_rules.wrong(connection)
            held = 0 if faults else sum(rows.counted(connection, NAMES).values())
        return CheckReport(store=database.name, rows=held, faults=tuple(faults))
