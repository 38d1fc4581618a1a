"""The tables of WebSub: hubs of others, subscriptions at them, and those at our own.

Knows columns, keys and indexes. Must never know a query: those live beside, one file a noun.
"""

from sqlalchemy import Column, Integer, Table, Text, UniqueConstraint

from feeds.storage.columns import Instant, Number
from feeds.storage.tables import metadata

#: Hubs of others (WebSub), one row each: up to which publication it was ``told``, and not before
#: ``due_at`` again. ``since`` is when it began to fail.
hubs = Table(
    "hubs",
    metadata,
    Column("url", Text, primary_key=True),
    Column("told", Number, nullable=False),
    Column("due_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Column("since", Instant),
)

#: Requests to our own hub that its subscriber is to confirm, or did not within the last hour: these
#: are counted by ``host``, and by the ``client`` that requested them. ``due_at`` is when it is
#: asked, null once it was.
subscription_requests = Table(
    "subscription_requests",
    metadata,
    Column("id", Number, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("host", Text, nullable=False, index=True),
    Column("client", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("lease_seconds", Integer, nullable=False),
    Column("asked_at", Instant, nullable=False, index=True),
    Column("due_at", Instant, index=True),
)

#: Subscriptions at our own hub, each with its delivery: the publication that is ``wanted`` there
#: and the last one ``told``. ``due_at`` is when it is delivered or tried again, null where nothing
#: is to be delivered; whoever delivers it moves it to where its turn ends.
feed_subscriptions = Table(
    "feed_subscriptions",
    metadata,
    Column("id", Number, primary_key=True),
    Column("callback", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("host", Text, nullable=False, index=True),
    Column("secret", Text, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("wanted", Number, nullable=False),
    Column("told", Number, nullable=False),
    Column("due_at", Instant, index=True),
    Column("failures", Integer, nullable=False),
    UniqueConstraint("path", "callback"),
)

#: Subscriptions to hubs (WebSub), one row a source and topic. ``due_at`` is when something is to
#: be done next: ask, renew, ask again or leave. ``token`` ends the callback's address.
leases = Table(
    "leases",
    metadata,
    Column("source", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("hub", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("secret", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("expires_at", Instant),
    Column("due_at", Instant, nullable=False),
    Column("asks", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
)
