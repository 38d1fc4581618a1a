"""The tables of the notifier: who wants what, what was planned, what became of it.

Knows columns, keys and indexes. Must never know a query: those live beside, one file a noun.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from feeds.storage.columns import NAMING, Instant, Number

metadata = MetaData(naming_convention=NAMING)

#: One row a person. ``address_key`` is the address folded for comparison. ``cursor`` is the last
#: item number a digest covered, ``due_at`` when the next one is due, or may be where an item
#: is what makes it due; null for those who left. ``weekdays`` are numbered from Monday as 1, none
#: of them apart (ISO 8601). ``epoch`` is part of every token and moves on re-subscribing.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Number, primary_key=True),
    Column("public_id", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("language", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("frequency", Text, nullable=False),
    Column("minute", Integer, nullable=False),
    Column("weekdays", Text, nullable=False),
    Column("first", Date),
    Column("quiet_minutes", Integer, nullable=False),
    Column("paused_until", Date),
    Column("state", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("cursor", Number, nullable=False),
    Column("due_at", Instant),
    Column("created_at", Instant, nullable=False),
    Index("ix_subscribers_due", "state", "due_at"),
    Index("ix_subscribers_immediate", "state", "frequency", "cursor"),
)

#: What a subscriber follows, in the person's order; of a topic they get what has a number beyond
#: ``since``, so that one added later brings no old news.
selections = Table(
    "selections",
    metadata,
    Column("subscriber", Number, ForeignKey("subscribers.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("since", Number, nullable=False),
    Index("ix_selections_topic", "kind", "slug"),
)

#: What was planned for a subscriber and a period (local date, ISO week, or item number): the
#: window of items, and either a delivery or the reason why there is none.
digests = Table(
    "digests",
    metadata,
    Column("subscriber", Number, ForeignKey("subscribers.id"), primary_key=True),
    Column("period", Text, primary_key=True),
    Column("after", Number, nullable=False),
    Column("upto", Number, nullable=False),
    Column("items", Integer, nullable=False),
    Column("skipped", Text),
    Column("planned_at", Instant, nullable=False),
)

#: A message without what is personal, shared by all who get the same. ``template`` is a whole
#: RFC 5322 message whose personal slots stand between NUL bytes.
renderings = Table(
    "renderings",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("template", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
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

#: One message to one address. ``personal`` is a JSON object with the values of the slots. What is
#: queued is under a ``lease`` while a node is about to send it. ``node`` claimed it last, at
#: ``claimed_at``, and first at ``tried_at``; ``cause`` is what the last refusal spoke of.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Number, primary_key=True),
    Column("subscriber", Number, ForeignKey("subscribers.id"), nullable=False),
    Column("period", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("recipient", Text, nullable=False),
    Column("rendering", Text, ForeignKey("renderings.digest"), nullable=False),
    Column("personal", Text, nullable=False),
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
