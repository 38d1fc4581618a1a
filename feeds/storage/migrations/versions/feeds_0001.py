"""What the feeds side remembers: documents, items, what is published, how sources do."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "feeds_0001"
down_revision = None
branch_labels = ("feeds",)

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
DIGEST = ["digest"], ["originals.digest"]

_MOMENTS = ("first_seen", "updated", "news")


def upgrade() -> None:
    _store()
    _documents()
    _items()
    _indexes_of_items()
    _keys_and_topics()
    _history()
    _editorial()
    _published()
    _files()
    _topics()
    _standings()
    _leases()
    _publications()
    _searchable()
    _hub()


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
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("source", "name", "signature")),
        sa.Column("digest", sa.Text()),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("recipe", sa.Text(), server_default="", nullable=False),
        sa.Column("media_type", sa.Text(), server_default="", nullable=False),
        sa.Column("promoted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("dismissed", sa.Text()),
        sa.ForeignKeyConstraint(*DIGEST, name="fk_documents_digest_originals"),
        sa.PrimaryKeyConstraint("source", "name", name="pk_documents"),
    )
    op.create_index("ix_documents_reason", "documents", ["reason"])


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("change", NUMBER, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("uid", "slug", "source")),
        sa.Column("url", sa.Text()),
        sa.Column("issued_on", sa.Date()),
        sa.Column("issued_at", INSTANT),
        sa.Column("issued_from", sa.Text()),
        sa.Column("dateline", sa.Text()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("language", "freshness")),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        *(sa.Column(f"{name}_at", INSTANT, nullable=False) for name in _MOMENTS),
        sa.Column("group", NUMBER, server_default="0", nullable=False),
        sa.Column("partial", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("marks", sa.Text(), server_default="", nullable=False),
        sa.Column("title_key", sa.BigInteger()),
        sa.Column("opening_key", sa.BigInteger()),
        *(sa.Column(name, INSTANT) for name in ("withdrawn_at", "retracted_at")),
        sa.Column("merged_into", NUMBER),
        sa.Column("merged_at", INSTANT),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("title", "summary")),
        sa.Column("authors", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("enclosures", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("provenance", sa.JSON()),
        sa.Column("rights", sa.JSON(), server_default='["",""]', nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("markup", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_items"),
        sa.UniqueConstraint("slug", name="uq_items_slug"),
        sa.UniqueConstraint("uid", name="uq_items_uid"),
    )


def _indexes_of_items() -> None:
    indexed = "change content_hash updated_at news_at group title_key opening_key"
    for column in indexed.split():
        op.create_index(f"ix_items_{column}", "items", [column])


def _keys_and_topics() -> None:
    op.create_table(
        "item_keys",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("role", sa.Text(), server_default="own", nullable=False),
        sa.Column("document", sa.Text(), server_default="", nullable=False),
        sa.Column("content_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("gone_at", INSTANT),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_item_keys_item_items"),
        sa.PrimaryKeyConstraint("source", "key", name="pk_item_keys"),
    )
    op.create_index("ix_item_keys_item", "item_keys", ["item"])
    op.create_index("ix_item_keys_document", "item_keys", ["source", "document"])
    op.create_table(
        "item_topics",
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text()),
        sa.Column("direct", sa.Boolean(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("news_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_item_topics_item_items"),
        sa.PrimaryKeyConstraint("item", "position", name="pk_item_topics"),
    )
    op.create_index("ix_item_topics_latest", "item_topics", ["kind", "slug", "news_at", "item"])
    op.create_index(
        "ix_item_topics_corrected",
        "item_topics",
        ["kind", "slug", "updated_at", "item"],
        sqlite_where=sa.text("updated_at > news_at"),
        postgresql_where=sa.text("updated_at > news_at"),
    )


def _history() -> None:
    op.create_table(
        "revisions",
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("significant", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(*DIGEST, name="fk_revisions_digest_originals"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_revisions_item_items"),
        sa.PrimaryKeyConstraint("item", "revision", name="pk_revisions"),
    )
    op.create_table(
        "changes",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("places", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("texts", sa.LargeBinary()),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("is_again", sa.Boolean(), nullable=False),
        sa.Column("is_quiet", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_changes_item_items"),
        sa.PrimaryKeyConstraint("number", name="pk_changes"),
    )
    op.create_index("ix_changes_item", "changes", ["item", "number"])


def _editorial() -> None:
    op.create_table(
        "corrections",
        sa.Column("item", NUMBER, nullable=False),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("said", "stated")),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_corrections_item_items"),
        sa.PrimaryKeyConstraint("item", name="pk_corrections"),
    )
    op.create_table(
        "steps",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("deed", "who")),
        sa.Column("is_editor", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changes", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_steps_item_items"),
        sa.PrimaryKeyConstraint("id", name="pk_steps"),
    )
    op.create_index("ix_steps_item", "steps", ["item"])


def _published() -> None:
    op.create_table(
        "touched",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("change", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("kind", "slug", "month", name="pk_touched"),
    )
    op.create_table(
        "histories",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("months", sa.JSON(), nullable=False),
        sa.Column("corrected", sa.JSON(), nullable=False),
        sa.Column("latest_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("kind", "slug", name="pk_histories"),
    )
    op.create_table(
        "movements",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "slug", name="pk_movements"),
    )
    op.create_table(
        "entries",
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("atom", sa.LargeBinary(), nullable=False),
        sa.Column("rss", sa.LargeBinary(), nullable=False),
        sa.Column("json", sa.LargeBinary(), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=False),
        sa.Column("archived", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_entries_item_items"),
        sa.PrimaryKeyConstraint("item", name="pk_entries"),
    )


def _topics() -> None:
    op.create_table(
        "topic_names",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "name", "slug")),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_topic_names"),
    )
    op.create_table(
        "feed_records",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "slug", "label")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("query", "first_slug")),
        sa.Column("ending", sa.Text()),
        sa.Column("ended_at", INSTANT),
        sa.Column("into", sa.Text()),
        sa.Column("held", sa.JSON(), nullable=False, server_default="[]"),
        sa.PrimaryKeyConstraint("kind", "slug", name="pk_feed_records"),
    )


def _standings() -> None:
    op.create_table(
        "standings",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("source", "address", "state")),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("is_lasting", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("next_look_at", INSTANT),
        sa.Column("moved_to", sa.Text()),
        sa.Column("last_success_at", INSTANT),
        sa.Column("hub_url", sa.Text()),
        sa.Column("hub_topic", sa.Text()),
        sa.PrimaryKeyConstraint("source", name="pk_standings"),
    )
    op.create_table(
        "pushes",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("source", "key")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("digest", "answer")),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name="pk_pushes"),
    )
    op.create_index("ix_pushes_at", "pushes", ["at"])


def _leases() -> None:
    op.create_table(
        "leases",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("source", "topic", "hub")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("token", "secret", "state")),
        sa.Column("expires_at", INSTANT),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("asks", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("source", "topic", name="pk_leases"),
        sa.UniqueConstraint("token", name="uq_leases_token"),
    )


def _publications() -> None:
    op.create_table(
        "publications",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_publications"),
    )
    op.create_index("ix_publications_number", "publications", ["number"])
    op.create_table(
        "hubs",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("told", NUMBER, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("since", INSTANT),
        sa.PrimaryKeyConstraint("url", name="pk_hubs"),
    )


def _searchable() -> None:
    op.create_table(
        "searchable",
        sa.Column("rank", NUMBER, autoincrement=False, nullable=False),
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("terms", sa.LargeBinary().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_searchable_item_items"),
        sa.PrimaryKeyConstraint("rank", name="pk_searchable"),
    )
    op.create_index("ix_searchable_item", "searchable", ["item"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX ix_searchable_terms ON searchable USING gin (terms)"
            " WITH (fastupdate = off)"
        )
    else:
        op.execute(
            "CREATE VIRTUAL TABLE searchable_terms USING fts5"
            """(terms, content='', columnsize=0, tokenize="ascii tokenchars '-:'")"""
        )


def _files() -> None:
    op.create_table(
        "sitemaps",
        sa.Column("part", NUMBER, autoincrement=False, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("part", name="pk_sitemaps"),
    )
    op.create_table(
        "published_files",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("run", NUMBER, nullable=False),
        sa.Column("unreferenced_at", INSTANT),
        sa.Column("uploaded", sa.Text()),
        sa.PrimaryKeyConstraint("path", name="pk_published_files"),
    )
    for column in ("run", "unreferenced_at"):
        op.create_index(f"ix_published_files_{column}", "published_files", [column])


def _hub() -> None:
    op.create_table(
        "subscription_requests",
        sa.Column("id", NUMBER, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("mode", "callback", "path")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("host", "client", "secret")),
        sa.Column("lease_seconds", sa.Integer(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_subscription_requests"),
    )
    for column in ("host", "asked_at", "due_at"):
        op.create_index(f"ix_subscription_requests_{column}", "subscription_requests", [column])
    op.create_table(
        "feed_subscriptions",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("wanted", NUMBER, nullable=False),
        sa.Column("told", NUMBER, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_subscriptions"),
        sa.UniqueConstraint("path", "callback", name="uq_feed_subscriptions_path_callback"),
    )
    for column in ("host", "expires_at", "due_at"):
        op.create_index(f"ix_feed_subscriptions_{column}", "feed_subscriptions", [column])
