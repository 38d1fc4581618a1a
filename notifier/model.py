"""The words of the notifier: who wants what and when, what one mail holds, what became of it.

Knows topics and items by the words of feeds, and when two addresses are one mailbox. Must never
know SQL, templates or SMTP.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, NamedTuple, SupportsBytes
from unicodedata import normalize
from zoneinfo import ZoneInfo

from config import values
from feeds.model import Item, TopicRef
from feeds.selection import Selection
from notifier.errors import UnusableAddress

if TYPE_CHECKING:
    from feeds.standing import HubStanding, State

_LOWER = dict(zip(map(ord, ascii_uppercase), ascii_lowercase, strict=True))


class Frequency(StrEnum):
    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"


# Its place in the week is that in `Cadence.weekdays`.
Weekday = StrEnum(
    "Weekday", ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
)


#: Monday is 0.
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often, at which local minute of the day (0..1439), in which IANA zone.

    ``weekdays`` (0 is Monday) are those a daily digest comes on, and the one of a weekly one.
    Nothing comes before the day ``first``, and a digest comes on it whatever weekday it is. After
    an immediate mail ``quiet_minutes`` gather what comes in for the next one.
    """

    frequency: Frequency
    minute: int
    zone: ZoneInfo
    weekdays: frozenset[int] = EVERY_DAY
    first: date | None = None
    quiet_minutes: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.minute < 24 * 60:
            raise ValueError(f"minute {self.minute} is not within a day (0..1439)")
        if not self.weekdays or self.weekdays - EVERY_DAY:
            raise ValueError("the weekdays of a cadence are some of 0..6")
        if self.frequency is Frequency.WEEKLY and len(self.weekdays) != 1:
            raise ValueError("a weekly digest comes on one weekday")
        if self.frequency is Frequency.IMMEDIATE and self.weekdays != EVERY_DAY:
            raise ValueError("immediate mail comes on every weekday")
        if self.quiet_minutes and self.frequency is not Frequency.IMMEDIATE:
            raise ValueError("quiet minutes belong to immediate mail, and to no other")
        if self.quiet_minutes < 0:
            raise ValueError(f"{self.quiet_minutes} quiet minutes are none")


class SubscriberState(StrEnum):
    """active: gets digests. left: unsubscribed, kept for a while so that the way back keeps its
    history. pending: asked to get them, not confirmed yet. erased: a keyed hash of their address.
    """

    ACTIVE = "active"
    PENDING = "pending"
    LEFT = "left"
    ERASED = "erased"


#: Nothing is sent to them, whatever they asked for before.
GONE = (SubscriberState.LEFT, SubscriberState.ERASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What somebody follows, and how often they get what is new of it."""

    selection: Selection
    frequency: Frequency


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person: where, what, how often; each frequency that is ``followed`` has a cadence.

    ``due`` is when the next digest of each frequency is, or may be where an item is what makes it
    due. They want nothing of ``muted`` topics, and nothing before the day ``paused_until``. They
    came at ``created_at`` and left at ``left_at``. ``problem`` says what is wrong with their row.
    """

    id: int
    public_id: str
    address: str
    language: str
    zone: ZoneInfo
    followed: tuple[Followed, ...]
    cadences: Mapping[Frequency, Cadence]
    state: SubscriberState
    epoch: int
    due: Mapping[Frequency, datetime] = field(default_factory=dict)
    muted: tuple[TopicRef, ...] = ()
    paused_until: date | None = None
    created_at: datetime | None = None
    left_at: datetime | None = None
    problem: str = ""

    @property
    def next_epoch(self) -> int:
        """That of whoever confirms: who left begins another, so that no link from before counts."""
        return self.epoch + (self.state is SubscriberState.LEFT)


class ConsentKind(StrEnum):
    """How somebody agreed to be mailed. vouched: an operator says so. confirmed: by a link that was
    mailed to them.
    """

    VOUCHED = "vouched"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What somebody saw as they asked: a ``text`` in some ``version`` on a ``page``. ``network`` is
    a keyed hash of where they asked from, None where that is not kept.
    """

    page: str = ""
    text: str = ""
    version: str = ""
    network: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Why somebody may be mailed: how they agreed, by what ``source``, to what they were shown; the
    number of their ``request`` where they made one, and when that was.
    """

    how: ConsentKind
    source: str
    shown: Shown = Shown()
    asked_at: datetime | None = None
    request: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Half-open span of changes, by number, that a digest covers: ``(after, upto]``."""

    after: int
    upto: int

    def __post_init__(self) -> None:
        if self.after > self.upto:
            raise ValueError(f"a window cannot end ({self.upto}) before it starts ({self.after})")


class Match(NamedTuple):
    """An item that came to be of a selection, by a change of this ``number``; ``is_again`` where it
    was before and then was not, or was hidden, so that some had it and others did not.
    """

    number: int
    item: int
    is_again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The items of one selection; ``also_in`` runs parallel to ``items``.

    ``left_out`` counts the items of this section beyond the limit of a mail.
    """

    selection: Selection
    items: tuple[Item, ...]
    also_in: tuple[tuple[Selection, ...], ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one subscriber gets for one window: each item once, under its first selection.

    ``total`` counts every item that matched, those beyond the limit of a mail too.
    """

    sections: tuple[Section, ...]
    total: int


class Skip(StrEnum):
    """Why a due subscriber gets no mail this time. nothing-left: what was new was withdrawn before
    the mail left, or is of a topic they muted, or they had it by another of their selections.
    """

    NOTHING_NEW = "nothing-new"
    NOTHING_LEFT = "nothing-left"
    SUPPRESSED = "suppressed"
    ALREADY_PLANNED = "already-planned"


class NoticeKind(StrEnum):
    """What a mail that is no digest is for. confirm: to confirm what was asked for. manage: the way
    to change what one gets, as one asked for it that one has. link: that way alone, as one asked
    for it. welcome: what comes when, once it is confirmed. address: to confirm that mail is to come
    to another address. moved: that it does, to the one before. correction: of what a digest told.
    """

    CONFIRM = "confirm"
    MANAGE = "manage"
    LINK = "link"
    WELCOME = "welcome"
    ADDRESS = "address"
    MOVED = "moved"
    CORRECTION = "correction"


class DeliveryState(StrEnum):
    """queued: to be sent from ``due_at`` on. sending: on the wire, claimed by a node.
    accepted: the next server took responsibility (RFC 5321 4.2.5). deferred: refused for now,
    again from ``due_at`` on. failed: refused for good. suppressed: the address was suppressed, or
    its owner left, before the mail left. uncertain: in doubt after a crash, held for a person.
    skipped: there was nothing to say when it was to leave.
    """

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


class Envelope(NamedTuple):
    """One message on its way: SMTP's envelope (RFC 5321 2.3.1) and its content, the same bytes
    whenever they are asked for.

    ``attempts`` counts the tries before this one, the first of which was at ``tried_at``;
    ``first_at`` is when it was planned.
    """

    delivery: int
    message_id: str
    sender: str
    recipient: str
    content: SupportsBytes
    attempts: int
    in_doubt: int
    first_at: datetime
    tried_at: datetime | None = None


class Stage(StrEnum):
    """How far a transaction got when the last reply, or silence, came."""

    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


class Cause(StrEnum):
    """What a refusal speaks of. mailbox: there is none at this address, or no longer. reader: what
    its owner, or their server, wants or has room for. content: this message. ours: us, whoever it
    is for, so that nothing else would get through. rate: that we are too fast. later: nothing but
    that it may be tried again.
    """

    MAILBOX = "mailbox"
    READER = "reader"
    CONTENT = "content"
    OURS = "ours"
    RATE = "rate"
    LATER = "later"


class Reply(NamedTuple):
    """The answer that ended a transaction; ``code`` is None where the connection was lost."""

    stage: Stage
    code: int | None
    enhanced: str | None
    text: str


class Settlement(NamedTuple):
    """What became of a delivery that was tried once more.

    ``cause`` is what a refusal spoke of. ``again_at`` is set where it is to be tried again,
    ``wait`` is the time the server asked for, and ``slows`` tells that less is to be sent that way.
    ``dead`` is the address where that itself is dead and must not be mailed any more.
    ``was_in_doubt``: the final dot left and no answer came.
    """

    delivery: int
    state: DeliveryState
    reply: str
    cause: Cause | None = None
    again_at: datetime | None = None
    wait: timedelta | None = None
    slows: bool = False
    was_in_doubt: bool = False
    dead: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A daemon on this store: its process, its roles, and whether it gave a sign of life lately."""

    name: str
    holder: str
    roles: tuple[str, ...]
    beat_at: datetime
    is_alive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayStanding:
    """How a mail server that does not take our mails is tried again: ``refusals`` counts those of
    us in a row, ``probes`` the pauses for them; the next message is offered from ``again_at`` on.
    """

    problem: str
    refusals: int
    probes: int
    again_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What the store holds, by numbers: ``returned`` within a day, and ``paused`` until when."""

    items: int
    quarantined: int
    deliveries: Mapping[DeliveryState, int]
    subscribers: Mapping[SubscriberState, int]
    sources: "Mapping[State, int]"
    hubs: "Sequence[HubStanding]" = ()
    feed_subscriptions: int = 0
    suppressed: int = 0
    returned: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    returned_by: Mapping[str, int] = field(default_factory=dict)
    paused: Mapping[str, datetime] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    job_ends: "Mapping[tuple[str, str], datetime]" = field(default_factory=dict)
    oldest_due: datetime | None = None
    is_halted: bool = False


# Asked for where a message is made, and once more where it leaves.
@lru_cache(2048)
def message_id(public_id: str, period: str, sender: str) -> str:
    """The Message-ID of somebody's digest of a period, the same whoever makes it; it tells nobody
    who they are. Its right half is that of the ``sender``'s address (RFC 5322 section 3.6.4).
    """
    minted = sha256(f"{public_id}\n{period}".encode()).hexdigest()[:32]
    return f"<{period}.{minted}@{sender.rpartition('@')[2]}>"


def mailbox(address: str) -> str:
    """The address as an SMTP command wants it, its domain as A-labels (RFC 5890).

    Raises UnusableAddress where the domain has no such form.
    """
    try:
        return values.mailbox(address)
    except ValueError as error:
        raise UnusableAddress(address, f"its domain is no host name ({error})") from error


def folded(address: str) -> str:
    """The same text for every spelling of one mailbox, for comparison only.

    The local part may be case-sensitive (RFC 5321 section 2.4), yet no receiver of note treats
    it so, and a person who types it otherwise the second time means the same mailbox. Of ASCII
    alone: strasse and straße, a ligature and its letters, I with a dot and without are different
    mailboxes (RFC 6532 section 3.1 asks for NFC, and for no other folding).
    """
    return normalize("NFC", mailbox(address)).translate(_LOWER)
