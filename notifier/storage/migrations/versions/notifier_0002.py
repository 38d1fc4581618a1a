"""The accounts of the team, who is in by one, what was done by them, and webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "notifier_0002"
down_revision = "notifier_0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _team()
    _webhooks()


def _team() -> None:
    op.create_table(
        "accounts",
        *(sa.Column(each, sa.Text(), nullable=False) for each in ("name", "role")),
        sa.Column("password", sa.Text()),
        sa.PrimaryKeyConstraint("name", name="pk_accounts"),
    )
    op.create_table(
        "sessions",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("key", "account", "way")),
        sa.Column("until", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], "fk_sessions_account_accounts"),
        sa.PrimaryKeyConstraint("key", name="pk_sessions"),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])
    op.create_table(
        "deeds",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("account", "deed", "subject")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("detail", "outcome")),
        sa.PrimaryKeyConstraint("number", name="pk_deeds"),
        sqlite_autoincrement=True,
    )


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "url")),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("items_told", "events_told")),
        sa.Column("due_at", INSTANT),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("failures", "refusals")),
        sa.Column("problem", sa.Text(), nullable=False),
        *(sa.Column(name, INSTANT) for name in ("since", "ended_at", "told_at")),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_webhooks"),
    )
    op.create_table(
        "hook_events",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("uid", "kind")),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_hook_events"),
        sa.UniqueConstraint("uid", name="uq_hook_events_uid"),
    )
    op.create_index("ix_hook_events_at", "hook_events", ["at"])
