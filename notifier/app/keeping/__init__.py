"""What keeps an installation safe: backups, their way back, another engine, a look through it.

Knows which tables there are, by their own list. Must never know what is in one.
"""

import feeds.storage.websub.tables  # noqa: F401 - its tables are among those of feeds
from feeds.storage.tables import metadata as of_feeds
from notifier.storage.tables import metadata as of_notifier

#: All of a store, each table after those that it refers to.
TABLES = (*of_feeds.sorted_tables, *of_notifier.sorted_tables)
NAMES = tuple(table.name for table in TABLES)
