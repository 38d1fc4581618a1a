"""Subscribers, what was planned for them and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "notifier_0001"
down_revision = None
branch_labels = ("notifier",)

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _subscribers()
    _selections()
    _digests()
    _renderings()
    _senders()
    _deliveries()
    _transitions()
    _suppressions()


def _subscribers() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.Text(), nullable=False),
        sa.Column("first", sa.Date()),
        sa.Column("quiet_minutes", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.Date()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("cursor", NUMBER, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscribers"),
        sa.UniqueConstraint("address_key", name="uq_subscribers_address_key"),
        sa.UniqueConstraint("public_id", name="uq_subscribers_public_id"),
    )
    op.create_index("ix_subscribers_due", "subscribers", ["state", "due_at"])
    immediate = ["state", "frequency", "cursor"]
    op.create_index("ix_subscribers_immediate", "subscribers", immediate)


def _selections() -> None:
    op.create_table(
        "selections",
        sa.Column("subscriber", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("since", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name="fk_selections_subscriber_subscribers"
        ),
        sa.PrimaryKeyConstraint("subscriber", "position", name="pk_selections"),
    )
    op.create_index("ix_selections_topic", "selections", ["kind", "slug"])


def _digests() -> None:
    op.create_table(
        "digests",
        sa.Column("subscriber", NUMBER, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("after", NUMBER, nullable=False),
        sa.Column("upto", NUMBER, nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Text()),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name="fk_digests_subscriber_subscribers"
        ),
        sa.PrimaryKeyConstraint("subscriber", "period", name="pk_digests"),
    )


def _renderings() -> None:
    op.create_table(
        "renderings",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("template", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_renderings"),
    )


def _senders() -> None:
    op.create_table(
        "senders",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_senders"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("subscriber", NUMBER, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("rendering", sa.Text(), nullable=False),
        sa.Column("personal", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("in_doubt", sa.Integer(), nullable=False),
        sa.Column("lease", NUMBER),
        sa.Column("node", sa.Text()),
        sa.Column("claimed_at", INSTANT),
        sa.Column("tried_at", INSTANT),
        sa.Column("reply", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["rendering"], ["renderings.digest"], name="fk_deliveries_rendering_renderings"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name="fk_deliveries_subscriber_subscribers"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("message_id", name="uq_deliveries_message_id"),
        sa.UniqueConstraint("subscriber", "period", name="uq_deliveries_subscriber_period"),
    )
    op.create_index("ix_deliveries_state", "deliveries", ["state", "due_at", "id"])


def _transitions() -> None:
    op.create_table(
        "transitions",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("delivery", NUMBER, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claimed_at", INSTANT),
        sa.Column("node", sa.Text()),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("reply", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.ForeignKeyConstraint(
            ["delivery"], ["deliveries.id"], name="fk_transitions_delivery_deliveries"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_transitions"),
    )
    op.create_index("ix_transitions_delivery", "transitions", ["delivery"])


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name="pk_suppressions"),
    )
