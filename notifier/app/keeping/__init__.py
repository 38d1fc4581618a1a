"""What keeps an installation safe: backups, their way back, another engine, a look through it, and
what was kept read again.

Knows which tables there are, by their own list, and whether somebody works on a store. Must never
know what is in a table.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

import feeds.storage.websub.tables  # noqa: F401 - its tables are among those of feeds
import notifier.storage.hooks.tables  # noqa: F401 - and these among the notifier's
import notifier.storage.team.tables  # noqa: F401 - and these among the notifier's
from feeds.storage.copies import rows
from feeds.storage.database import Database
from feeds.storage.tables import metadata as of_feeds
from notifier.app import nodes
from notifier.storage import senders
from notifier.storage.tables import metadata as of_notifier

#: All of a store, each table after those that it refers to.
TABLES = (*of_feeds.sorted_tables, *of_notifier.sorted_tables)
NAMES = tuple(table.name for table in TABLES)
#: What the store of an installation has that was only looked at.
NOTHING = frozenset({"constants", "counters", "nodes", rows.REVISIONS})


@contextmanager
def stopped(database: Database, node: str) -> Iterator[None]:
    """No daemon works on the store meanwhile, neither this ``node`` nor any that it knows of, and
    nobody plans or sends mails by a command. Raises DaemonRuns, StoreBusy.
    """
    names = {node}
    with database.reading() as connection:
        if rows.counted(connection, ["nodes"]).get("nodes"):
            names.update(each.name for each in senders.every_node(connection))
    with ExitStack() as held:
        for name in sorted(names) if not database.is_embedded else [node]:
            held.enter_context(nodes.alone(database, name))
            held.enter_context(database.exclusive(f"delivery-{quote(name, safe='')}"))
        held.enter_context(database.exclusive("planning"))
        yield
