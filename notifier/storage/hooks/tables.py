"""The tables of webhooks: who is told, how far each was, and what there is beside the items.

Knows columns, keys and indexes. Must never know a query: those live beside, one file a noun.
"""

from sqlalchemy import JSON, Column, Integer, Table, Text

from feeds.storage.columns import Instant, Number
from notifier.storage.tables import metadata

#: Receivers, one row each: see `ToldHook`.
webhooks = Table(
    "webhooks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("items_told", Number, nullable=False),
    Column("events_told", Number, nullable=False),
    Column("due_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    *(Column(name, Instant) for name in ("since", "ended_at", "told_at")),
    Column("missed", Integer, nullable=False),
)

#: What receivers are told of beside the items, in commit order, each once by its ``uid``: see
#: `HookEvent`.
hook_events = Table(
    "hook_events",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("uid", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("data", JSON, nullable=False),
)
