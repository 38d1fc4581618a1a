"""The accounts of the team, who is in by one, and what was done by them."""

import sqlalchemy as sa
from alembic import op

revision = "notifier_0002"
down_revision = "notifier_0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "accounts",
        *(sa.Column(each, sa.Text(), nullable=False) for each in ("name", "role")),
        sa.Column("password", sa.Text()),
        sa.PrimaryKeyConstraint("name", name="pk_accounts"),
    )
    op.create_table(
        "sessions",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("key", "account")),
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
