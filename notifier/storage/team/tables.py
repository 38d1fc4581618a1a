"""The tables of the team: who may come in, who did, and what they did.

Knows columns, keys and indexes. Must never know a query: those live beside, one file a noun.
"""

from sqlalchemy import Column, ForeignKey, Table, Text

from feeds.storage.columns import Instant, Number
from notifier.storage.tables import metadata

#: Who of the team may come in; ``password`` is a hash as Argon2 writes it (PHC string), none where
#: somebody else tells who they are.
accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password", Text),
)

#: Who came in, by the hash of what their browser keeps, which way, and until when they need not
#: again.
sessions = Table(
    "sessions",
    metadata,
    Column("key", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.name"), nullable=False, index=True),
    Column("way", Text, nullable=False),
    Column("until", Instant, nullable=False),
)

#: What the team did, people and programs: the ``deed`` to which ``subject``, in which words; noted
#: before it is done, then with its ``outcome``. Accounts that are gone stay named.
deeds = Table(
    "deeds",
    metadata,
    Column("number", Number, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("account", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    sqlite_autoincrement=True,
)
