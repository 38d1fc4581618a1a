"""Programs of others are told what happens here, each by requests to an address of its own.

Knows what a receiver is to be told, and the events there are. Must never know how one is reached.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from feeds.selection import Selection


class HookEventKind(StrEnum):
    """What is told of; the names are the ``type`` of a payload (Standard Webhooks)."""

    ADDED = "item.added"
    REVISED = "item.revised"
    WITHDRAWN = "item.withdrawn"
    DIGEST_SENT = "digest.sent"
    OPENED = "incident.opened"
    ENDED = "incident.ended"
    #: What nobody asks for: it is sent by hand, to see whether a receiver takes it.
    TEST = "test"


#: Of items there is a log of changes, and of all else the log of events.
OF_ITEMS = frozenset((HookEventKind.ADDED, HookEventKind.REVISED, HookEventKind.WITHDRAWN))
OF_INCIDENTS = frozenset((HookEventKind.OPENED, HookEventKind.ENDED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A receiver at ``url``, known by its ``name``, of these ``events``: of the items of a
    ``selection``, or of all without one. Requests are signed by each of the keys, of which one may
    be about to replace another.
    """

    name: str
    url: str
    keys: tuple[bytes, ...] = field(repr=False)
    events: frozenset[HookEventKind]
    selection: Selection = field(default_factory=Selection)
