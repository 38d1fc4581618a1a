"""The tables of the notifier: who wants what, what was planned, what became of it.

Knows columns, keys and indexes. Must never know a query: those live beside, one file a noun.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from feeds.storage.columns import NAMING, Instant, Number

metadata = MetaData(naming_convention=NAMING)

#: One row a person. ``address_key`` is the address folded for comparison; ``timezone`` may be one
#: that is no more. ``epoch`` is part of every token and moves on re-subscribing. Of one who is
#: erased nothing is left but a keyed hash, which is the ``address_key`` then.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Number, primary_key=True),
    Column("public_id", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("language", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("paused_until", Date),
    Column("state", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("left_at", Instant, index=True),
    # What comes back late names a delivery by its id: none is ever another's.
    sqlite_autoincrement=True,
)

#: What anybody ever followed, each selection once, by its canonical query.
selections = Table(
    "selections",
    metadata,
    Column("id", Number, primary_key=True),
    Column("query", Text, nullable=False, unique=True),
)

#: Which items came to be of a selection, by which change (`feeds.storage.changes`), the last one if
#: they did more than once: then ``is_again``, as some had it and others did not.
matches = Table(
    "matches",
    metadata,
    Column("selection", Number, ForeignKey("selections.id"), primary_key=True),
    Column("item", Number, primary_key=True),
    Column("number", Number, nullable=False),
    Column("is_again", Boolean, nullable=False),
    Index("ix_matches_selection", "selection", "number"),
    Index("ix_matches_item", "item"),
)

#: When digests are due, for all who want them then. ``weekdays`` are numbered from Monday as 1 (ISO
#: 8601), nothing between them, ``first`` is the day before which none is due. ``period`` names what
#: is being planned. An immediate one is due by what matched beyond ``cursor``.
cadences = Table(
    "cadences",
    metadata,
    Column("id", Number, primary_key=True),
    Column("frequency", Text, nullable=False),
    Column("minute", Integer, nullable=False),
    Column("weekdays", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("first", Date, nullable=False),
    Column("quiet_minutes", Integer, nullable=False),
    Column("due_at", Instant, index=True),
    Column("period", Text, nullable=False),
    Column("cursor", Number, nullable=False),
    UniqueConstraint(
        *("frequency", "minute", "weekdays", "timezone", "first", "quiet_minutes"),
        name="uq_cadences",
    ),
)

#: How far a person's digests of a frequency reach: all that matched up to ``cursor``. The last one
#: was of a ``period``, planned at ``planned_at``. There is no ``cadence`` where nothing is wanted
#: that often any more, only the one that it ``was`` when they left. An immediate mail is not
#: planned before ``due_at``.
coverage = Table(
    "coverage",
    metadata,
    Column("subscriber", Number, ForeignKey("subscribers.id"), primary_key=True),
    Column("frequency", Text, primary_key=True),
    Column("cadence", Number, ForeignKey("cadences.id")),
    Column("was", Number, ForeignKey("cadences.id")),
    Column("cursor", Number, nullable=False),
    Column("period", Text, nullable=False),
    Column("planned_at", Instant),
    Column("due_at", Instant),
    Index("ix_coverage_cadence", "cadence", "subscriber"),
    sqlite_with_rowid=False,
)

#: What a person follows, how often, in their order: they get what matched in ``(since, until]``, in
#: the digests of one frequency, which had ``reached`` so far when it began. One that is over, or
#: goes on otherwise, is kept to tell what they had.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscriber", Number, ForeignKey("subscribers.id"), primary_key=True),
    Column("selection", Number, ForeignKey("selections.id"), primary_key=True),
    Column("since", Number, primary_key=True),
    Column("reached", Number, nullable=False),
    Column("until", Number),
    Column("frequency", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Index(
        "ix_subscriptions_immediate",
        "selection",
        # So it is on PostgreSQL, too, by the migration: to say so here would load its dialect with
        # every command, for a sixteenth of the time that one may take.
        sqlite_where=text("frequency = 'immediate'"),
    ),
    sqlite_with_rowid=False,
)

#: Topics that a person wants nothing of, whatever else it is found by.
mutes = Table(
    "mutes",
    metadata,
    Column("subscriber", Number, ForeignKey("subscribers.id"), primary_key=True),
    Column("topic", Text, primary_key=True),
)

#: What digests told, each once for all who got the same: JSON, of which its message is made again.
#: The first of them was planned at ``planned_at``, the last within days of that.
renderings = Table(
    "renderings",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("recipe", Text, nullable=False),
    Column("planned_at", Instant, nullable=False, index=True),
)

#: Who sends at present: a node has what it claimed until ``until``, by the store's clock, which it
#: moves on while it lives. No number is given twice, so that nobody takes up what another one had.
senders = Table(
    "senders",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("node", Text, nullable=False),
    Column("until", Instant, nullable=False),
)

#: The daemons that share this store, by their names, and when each last gave a sign of life, by the
#: store's clock; ``holder`` is the process, ``roles`` what it does.
nodes = Table(
    "nodes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("beat_at", Instant, nullable=False),
)

#: That somebody stopped mail, for all nodes: all of it, or ``digests_only``. One row at most.
halts = Table(
    "halts",
    metadata,
    Column("since", Instant, primary_key=True),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("digests_only", Boolean, nullable=False),
)

#: One digest to one person: of a ``period``, covering ``windows``, a JSON object of spans by
#: frequency. What it tells is made when it leaves; ``items`` counts them, or ``reply`` says why
#: there is none. What is queued is under a ``lease`` while a node is about to send it. ``node``
#: claimed it last, at ``claimed_at``, and first at ``tried_at``; ``cause`` is what the last refusal
#: spoke of. One that is no digest is a ``notice`` of some kind, whose period names its occasion; a
#: ``recipient`` is where it goes, where that is not its subscriber's address.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Number, primary_key=True),
    # One of `coverage`, whose row is held to the end of the transaction that adds this one, and
    # refers to whom it is of: PostgreSQL would look up and lock each once more (decision 56).
    Column("subscriber", Number, nullable=False),
    Column("period", Text, nullable=False),
    Column("notice", Text),
    Column("recipient", Text),
    Column("windows", Text, nullable=False),
    # One of `renderings`, which outlives it: a store would look through all rows for each of those
    # that goes.
    Column("rendering", Text),
    Column("items", Integer),
    Column("state", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("in_doubt", Integer, nullable=False),
    Column("lease", Number),
    Column("node", Text),
    Column("claimed_at", Instant),
    Column("tried_at", Instant),
    Column("reply", Text),
    Column("cause", Text),
    Column("created_at", Instant, nullable=False),
    Column("settled_at", Instant),
    UniqueConstraint("subscriber", "period"),
    Index("ix_deliveries_state", "state", "due_at", "id"),
    # Whoever waits for a confirmation does not wait for a million digests, or corrections.
    Index(
        "ix_deliveries_notice",
        *("state", "due_at", "id"),
        sqlite_where=text("notice <> 'correction'"),
    ),
    sqlite_autoincrement=True,
)

#: What readers are told was wrong of an item, as it is since some ``change`` of it: it was ``told``
#: under that title. Each of them gets a delivery of it, named by its ``id``.
errata = Table(
    "errata",
    metadata,
    Column("id", Number, primary_key=True),
    Column("item", Number, nullable=False),
    Column("change", Number, nullable=False),
    Column("at", Instant, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("who", "told", "note")),
    UniqueConstraint("item", "change"),
    sqlite_autoincrement=True,
)

#: How deliveries came into a state other than accepted: what the row held then, ``at`` that moment.
#: ``claimed_at`` and ``node`` are those of the attempt it came of, if it came of one.
transitions = Table(
    "transitions",
    metadata,
    Column("id", Number, primary_key=True),
    Column("delivery", Number, ForeignKey("deliveries.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("claimed_at", Instant),
    Column("node", Text),
    Column("due_at", Instant, nullable=False),
    Column("reply", Text),
    Column("cause", Text),
    Index("ix_transitions_delivery", "delivery"),
)

#: How many deliveries of a ``day`` (UTC) ended in which state, of those that are kept no longer;
#: ``notice`` is "" for digests.
delivery_counts = Table(
    "delivery_counts",
    metadata,
    Column("day", Date, primary_key=True),
    Column("notice", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

#: How each mail server that does not take our mails is tried again: see `RelayStanding`.
relay_standings = Table(
    "relay_standings",
    metadata,
    Column("relay", Text, primary_key=True),
    Column("problem", Text, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("probes", Integer, nullable=False),
    Column("again_at", Instant, nullable=False),
)

#: What was and is wrong, of a ``node`` or of all ("") alike: see `Incident`.
incidents = Table(
    "incidents",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("kind", "subject", "node")),
    Column("since", Instant, primary_key=True),
    Column("seen_at", Instant, nullable=False),
    Column("until", Instant, index=True),
    Column("times", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Column("action", Text, nullable=False),
    *(Column(name, Instant) for name in ("told_at", "over_told_at")),
)

#: When each job of a node last came to its end.
job_ends = Table(
    "job_ends",
    metadata,
    Column("job", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("succeeded_at", Instant, nullable=False),
)

#: What somebody asked for and has to confirm: selections by their queries (a JSON list), how often,
#: and what they were ``shown`` then, in that ``version``, on a ``page``. The ``network`` is a keyed
#: hash, kept only where settings say so. One whose ``purpose`` is a new ``address`` asks for that
#: alone.
requests = Table(
    "requests",
    metadata,
    Column("id", Number, primary_key=True),
    Column("subscriber", Number, ForeignKey("subscribers.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("address", Text),
    Column("queries", Text, nullable=False),
    Column("frequency", Text, nullable=False),
    Column("minute", Integer),
    Column("weekdays", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("asked_at", Instant, nullable=False, index=True),
    Column("page", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("network", Text),
    Column("confirmed_at", Instant),
    Index("ix_requests_subscriber", "subscriber"),
    sqlite_autoincrement=True,
)

#: Why somebody may be mailed: ``how`` they agreed, by what ``source``, to what they were ``shown``.
consents = Table(
    "consents",
    metadata,
    Column("id", Number, primary_key=True),
    Column("subscriber", Number, ForeignKey("subscribers.id"), nullable=False),
    Column("how", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("asked_at", Instant),
    Column("at", Instant, nullable=False),
    Column("page", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("network", Text),
    Index("ix_consents_subscriber", "subscriber"),
)

#: How often something was asked for ``since`` a moment: by a keyed hash of whom, or of where from.
limits = Table(
    "limits",
    metadata,
    Column("key", Text, primary_key=True),
    Column("since", Instant, primary_key=True),
    Column("count", Integer, nullable=False),
    Index("ix_limits_since", "since"),
)

#: Up to when moments to send at were given out by what is limited, in seconds since 1970 by the
#: store's clock.
quotas = Table(
    "quotas",
    metadata,
    Column("name", Text, primary_key=True),
    Column("upto", Float, nullable=False),
)

#: Addresses that must not be mailed, by keyed hash, so that erasing a person keeps the no.
suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("active", Boolean, nullable=False),
)

#: What came back of mails, each once by its ``key``; of a delivery and a subscriber as far as they
#: are known. ``way`` is "mail", or the service that told it.
returns = Table(
    "returns",
    metadata,
    Column("id", Number, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("at", Instant, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("delivery", Number),
    Column("subscriber", Number, index=True),
    Column("domain", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("diagnostic", Text, nullable=False),
    Column("consequence", Text, nullable=False),
    Column("way", Text, nullable=False),
)

#: Domains of which too much came back: digests to them wait ``until`` then.
pauses = Table(
    "pauses",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
)
