"""What the notifier remembers, one file a noun; every function takes a Connection first.

Knows SQL on both engines. Must never know when something is due or what a reply means.
"""

from pathlib import Path

#: The revisions of the notifier's tables, for `feeds.storage.database.Database.open`.
VERSIONS = Path(__file__).parent / "migrations" / "versions"
