"""Items found by name and likeness, hidden ones, what pushes and hubs leave, sources' standing."""

import sqlalchemy as sa
from alembic import op

from feeds.draft import Draft
from feeds.identity.ids import item_slug
from feeds.identity.likeness import opening_key, title_key

revision = "0003_identity"
down_revision = "0002_notifier"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

_STORED = sa.text(
    "SELECT number, title, summary, body FROM items WHERE number > :last ORDER BY number LIMIT 1000"
)
_LIKENESS = sa.text(
    "UPDATE items SET title_key = :title_key, opening_key = :opening_key WHERE number = :of"
)
_KEYED = sa.text(
    "SELECT k.source, k.key, i.slug FROM item_keys k JOIN items i ON i.number = k.item"
    " WHERE (k.source, k.key) > (:source, :key) ORDER BY k.source, k.key LIMIT 1000"
)
_COPY = sa.text("UPDATE item_keys SET role = 'twin' WHERE source = :source AND key = :key")


def upgrade() -> None:
    _documents()
    _items()
    _traits()
    _keys()
    _topic_names()
    _standings()
    _pushes()
    _leases()


def _documents() -> None:
    op.add_column("documents", _text("recipe"))
    op.add_column("documents", _flag("promoted"))


def _items() -> None:
    columns = (
        sa.Column("group", NUMBER, server_default="0", nullable=False),
        _flag("partial"),
        _text("markup"),
        sa.Column("enclosures", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("provenance", sa.JSON()),
        _text("marks"),
        sa.Column("title_key", sa.BigInteger()),
        sa.Column("opening_key", sa.BigInteger()),
        sa.Column("withdrawn_at", INSTANT),
        sa.Column("merged_into", NUMBER),
    )
    for column in columns:
        op.add_column("items", column)
    op.execute('UPDATE items SET "group" = number')
    for name in ("group", "title_key", "opening_key"):
        op.create_index(f"ix_items_{name}", "items", [name])


def _traits() -> None:
    """Items stored before are found by likeness too: their keys are made as for new ones."""
    store = op.get_bind()
    last = 0
    while rows := store.execute(_STORED, {"last": last}).all():
        keys = [
            {
                "of": row.number,
                "title_key": title_key(row.title),
                "opening_key": opening_key(
                    Draft(
                        form="",
                        title=row.title,
                        summary=row.summary,
                        paragraphs=tuple(filter(None, row.body.split("\n\n"))),
                    )
                ),
            }
            for row in rows
        ]
        store.execute(_LIKENESS, keys)
        last = rows[-1].number


def _keys() -> None:
    op.add_column("item_keys", _text("role", "own"))
    op.add_column("item_keys", _text("document"))
    op.add_column("item_keys", _text("content_hash"))
    op.add_column("item_keys", sa.Column("gone_at", INSTANT))
    # A key is the name of its document, or a number; the latter learn theirs when next seen.
    op.execute("UPDATE item_keys SET document = key WHERE key NOT LIKE '/%'")
    _copies()
    op.create_index("ix_item_keys_document", "item_keys", ["source", "document"])


def _copies() -> None:
    """An item came of the key its slug was made from; what else led to it said the very same."""
    store = op.get_bind()
    last = ("", "")
    while rows := store.execute(_KEYED, {"source": last[0], "key": last[1]}).all():
        copies = [
            {"source": row.source, "key": row.key}
            for row in rows
            if item_slug(row.source, row.key) != row.slug
        ]
        if copies:
            store.execute(_COPY, copies)
        last = (rows[-1].source, rows[-1].key)


def _topic_names() -> None:
    op.create_table(
        "topic_names",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_topic_names"),
    )


def _standings() -> None:
    op.create_table(
        "standings",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("next_look_at", INSTANT),
        sa.Column("moved_to", sa.Text()),
        sa.Column("last_success_at", INSTANT),
        sa.Column("hub_url", sa.Text()),
        sa.Column("hub_topic", sa.Text()),
        sa.PrimaryKeyConstraint("source", name="pk_standings"),
    )


def _pushes() -> None:
    op.create_table(
        "pushes",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name="pk_pushes"),
    )
    op.create_index("ix_pushes_at", "pushes", ["at"])


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", INSTANT),
        sa.Column("expires_at", INSTANT),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("source", "topic", name="pk_leases"),
        sa.UniqueConstraint("token", name="uq_leases_token"),
    )


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
