"""Documents, items and what is published of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001_items"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _store()
    _documents()
    _items()
    _keys_and_topics()
    _history()
    _published()


def _store() -> None:
    op.create_table(
        "constants",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_constants"),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )


def _documents() -> None:
    op.create_table(
        "originals",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_originals"),
    )
    op.create_table(
        "documents",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text()),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["originals.digest"], name="fk_documents_digest_originals"
        ),
        sa.PrimaryKeyConstraint("source", "name", name="pk_documents"),
    )
    op.create_index("ix_documents_reason", "documents", ["reason"])


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("change", NUMBER, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("issued_on", sa.Date()),
        sa.Column("issued_at", INSTANT),
        sa.Column("issued_from", sa.Text()),
        sa.Column("dateline", sa.Text()),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("freshness", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_items"),
        sa.UniqueConstraint("slug", name="uq_items_slug"),
        sa.UniqueConstraint("uid", name="uq_items_uid"),
    )
    for column in ("change", "content_hash", "updated_at"):
        op.create_index(f"ix_items_{column}", "items", [column])


def _keys_and_topics() -> None:
    op.create_table(
        "item_keys",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("item", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_item_keys_item_items"),
        sa.PrimaryKeyConstraint("source", "key", name="pk_item_keys"),
    )
    op.create_index("ix_item_keys_item", "item_keys", ["item"])
    op.create_table(
        "item_topics",
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text()),
        sa.Column("direct", sa.Boolean(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_item_topics_item_items"),
        sa.PrimaryKeyConstraint("item", "position", name="pk_item_topics"),
    )
    latest = ["kind", "slug", "updated_at", "item"]
    op.create_index("ix_item_topics_latest", "item_topics", latest)


def _history() -> None:
    op.create_table(
        "revisions",
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("significant", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["originals.digest"], name="fk_revisions_digest_originals"
        ),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_revisions_item_items"),
        sa.PrimaryKeyConstraint("item", "revision", name="pk_revisions"),
    )


def _published() -> None:
    op.create_table(
        "touched",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("change", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("kind", "slug", name="pk_touched"),
    )
    op.create_table(
        "entries",
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("atom", sa.LargeBinary(), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_entries_item_items"),
        sa.PrimaryKeyConstraint("item", name="pk_entries"),
    )
