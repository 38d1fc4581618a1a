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
    _cadences()
    _subscriptions()
    _renderings()
    _senders()
    _nodes()
    _halts()
    _deliveries()
    _errata()
    _delivery_counts()
    _transitions()
    _incidents()
    _quotas()
    _suppressions()
    _returns()
    _requests()
    _limits()


def _texts(*names: str) -> list[sa.Column[str]]:
    """Columns that always hold a text."""
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _subscribers() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", NUMBER, nullable=False),
        *_texts("public_id", "address", "address_key", "language", "timezone"),
        sa.Column("paused_until", sa.Date()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("left_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_subscribers"),
        sa.UniqueConstraint("address_key", name="uq_subscribers_address_key"),
        sa.UniqueConstraint("public_id", name="uq_subscribers_public_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscribers_left_at", "subscribers", ["left_at"])
    op.create_table(
        "mutes",
        sa.Column("subscriber", NUMBER, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name="fk_mutes_subscriber_subscribers"
        ),
        sa.PrimaryKeyConstraint("subscriber", "topic", name="pk_mutes"),
    )


def _selections() -> None:
    op.create_table(
        "selections",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_selections"),
        sa.UniqueConstraint("query", name="uq_selections_query"),
    )
    op.create_table(
        "matches",
        sa.Column("selection", NUMBER, nullable=False),
        sa.Column("item", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("is_again", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["selection"], ["selections.id"], name="fk_matches_selection_selections"
        ),
        sa.PrimaryKeyConstraint("selection", "item", name="pk_matches"),
    )
    op.create_index("ix_matches_selection", "matches", ["selection", "number"])
    op.create_index("ix_matches_item", "matches", ["item"])


def _cadences() -> None:
    unique = ("frequency", "minute", "weekdays", "timezone", "first", "quiet_minutes")
    op.create_table(
        "cadences",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        *_texts("weekdays", "timezone"),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("quiet_minutes", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("cursor", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cadences"),
        sa.UniqueConstraint(*unique, name="uq_cadences"),
    )
    op.create_index("ix_cadences_due_at", "cadences", ["due_at"])
    op.create_table(
        "coverage",
        sa.Column("subscriber", NUMBER, nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("cadence", NUMBER),
        sa.Column("was", NUMBER),
        sa.Column("cursor", NUMBER, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("planned_at", INSTANT),
        sa.Column("due_at", INSTANT),
        sa.ForeignKeyConstraint(["cadence"], ["cadences.id"], name="fk_coverage_cadence_cadences"),
        sa.ForeignKeyConstraint(["was"], ["cadences.id"], name="fk_coverage_was_cadences"),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name="fk_coverage_subscriber_subscribers"
        ),
        sa.PrimaryKeyConstraint("subscriber", "frequency", name="pk_coverage"),
        sqlite_with_rowid=False,
        # A page has room for each of its rows once more: all of them are changed at once, in no
        # column of an index, so that none is touched and what was before is cleared away (HOT).
        postgresql_with={"fillfactor": 45},
    )
    op.create_index("ix_coverage_cadence", "coverage", ["cadence", "subscriber"])


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("subscriber", NUMBER, nullable=False),
        sa.Column("selection", NUMBER, nullable=False),
        sa.Column("since", NUMBER, nullable=False),
        sa.Column("reached", NUMBER, nullable=False),
        sa.Column("until", NUMBER),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["selection"], ["selections.id"], name="fk_subscriptions_selection_selections"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name="fk_subscriptions_subscriber_subscribers"
        ),
        sa.PrimaryKeyConstraint("subscriber", "selection", "since", name="pk_subscriptions"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_subscriptions_immediate",
        "subscriptions",
        ["selection"],
        sqlite_where=sa.text("frequency = 'immediate'"),
        postgresql_where=sa.text("frequency = 'immediate'"),
    )


def _renderings() -> None:
    op.create_table(
        "renderings",
        *_texts("digest", "recipe"),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_renderings"),
    )
    op.create_index("ix_renderings_planned_at", "renderings", ["planned_at"])


def _senders() -> None:
    op.create_table(
        "senders",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_senders"),
    )


def _nodes() -> None:
    op.create_table(
        "nodes",
        *_texts("name", "holder", "roles"),
        sa.Column("beat_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_nodes"),
    )


def _halts() -> None:
    op.create_table(
        "halts",
        sa.Column("since", INSTANT, nullable=False),
        *_texts("who", "reason"),
        sa.Column("digests_only", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("since", name="pk_halts"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("subscriber", NUMBER, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text()),
        sa.Column("recipient", sa.Text()),
        sa.Column("windows", sa.Text(), nullable=False),
        sa.Column("rendering", sa.Text()),
        sa.Column("items", sa.Integer()),
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
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("subscriber", "period", name="uq_deliveries_subscriber_period"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_state", "deliveries", ["state", "due_at", "id"])
    op.create_index(
        "ix_deliveries_notice",
        "deliveries",
        ["state", "due_at", "id"],
        sqlite_where=sa.text("notice <> 'correction'"),
        postgresql_where=sa.text("notice <> 'correction'"),
    )


def _errata() -> None:
    op.create_table(
        "errata",
        sa.Column("id", NUMBER, nullable=False),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("item", "change")),
        sa.Column("at", INSTANT, nullable=False),
        *_texts("who", "told", "note"),
        sa.PrimaryKeyConstraint("id", name="pk_errata"),
        sa.UniqueConstraint("item", "change", name="uq_errata_item_change"),
        sqlite_autoincrement=True,
    )


def _delivery_counts() -> None:
    op.create_table(
        "delivery_counts",
        sa.Column("day", sa.Date(), nullable=False),
        *_texts("notice", "state"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "notice", "state", name="pk_delivery_counts"),
    )


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


def _incidents() -> None:
    op.create_table(
        "relay_standings",
        *_texts("relay", "problem"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("refusals", "probes")),
        sa.Column("again_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("relay", name="pk_relay_standings"),
    )
    op.create_table(
        "incidents",
        *_texts("kind", "subject", "node"),
        *(sa.Column(name, INSTANT, nullable=False) for name in ("since", "seen_at")),
        sa.Column("until", INSTANT),
        sa.Column("times", sa.Integer(), nullable=False),
        *_texts("problem", "action"),
        *(sa.Column(name, INSTANT) for name in ("told_at", "over_told_at")),
        sa.PrimaryKeyConstraint("kind", "subject", "node", "since", name="pk_incidents"),
    )
    op.create_index("ix_incidents_until", "incidents", ["until"])
    op.create_table(
        "job_ends",
        *_texts("job", "node"),
        sa.Column("succeeded_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("job", "node", name="pk_job_ends"),
    )


def _quotas() -> None:
    op.create_table(
        "quotas",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("upto", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_quotas"),
    )


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        *_texts("address_hash", "reason", "detail"),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name="pk_suppressions"),
    )


def _returns() -> None:
    op.create_table(
        "returns",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(sa.Column(name, NUMBER) for name in ("delivery", "subscriber")),
        *_texts("domain", "status", "diagnostic", "consequence", "way"),
        sa.PrimaryKeyConstraint("id", name="pk_returns"),
        sa.UniqueConstraint("key", name="uq_returns_key"),
    )
    for name in ("at", "subscriber"):
        op.create_index(f"ix_returns_{name}", "returns", [name])
    op.create_table(
        "pauses",
        sa.Column("domain", sa.Text(), nullable=False),
        *(sa.Column(name, INSTANT, nullable=False) for name in ("since", "until")),
        sa.PrimaryKeyConstraint("domain", name="pk_pauses"),
    )


def _requests() -> None:
    shown = ("page", "shown", "version")
    op.create_table(
        "requests",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("subscriber", NUMBER, nullable=False),
        *_texts("purpose", "queries"),
        sa.Column("address", sa.Text()),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("minute", sa.Integer()),
        *_texts("weekdays", "timezone"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in shown),
        sa.Column("network", sa.Text()),
        sa.Column("confirmed_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name="fk_requests_subscriber_subscribers"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
        # A link that confirms names one by its id: none is ever another's.
        sqlite_autoincrement=True,
    )
    op.create_index("ix_requests_asked_at", "requests", ["asked_at"])
    op.create_index("ix_requests_subscriber", "requests", ["subscriber"])
    op.create_table(
        "consents",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("subscriber", NUMBER, nullable=False),
        *_texts("how", "source"),
        sa.Column("asked_at", INSTANT),
        sa.Column("at", INSTANT, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in shown),
        sa.Column("network", sa.Text()),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name="fk_consents_subscriber_subscribers"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_subscriber", "consents", ["subscriber"])


def _limits() -> None:
    op.create_table(
        "limits",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "since", name="pk_limits"),
    )
    op.create_index("ix_limits_since", "limits", ["since"])
