"""Leases of news at hubs (WebSub): asked for, agreed to, renewed in time, given back.

Knows the W3C Recommendation's rules for subscribers: what is to be done about a lease next, and
what a hub's word is worth. Must never know how a hub is reached, how a lease is kept or what time
it is.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from feeds.draft import Hub
from feeds.times import backoff

#: What we ask for; hubs give what they like (5.1), often ten days.
LEASE_SECONDS = 10 * 86_400

# A hub that promises more is asked again all the same: it may forget us.
_LONGEST = timedelta(days=90)
# A hub that means less than this would be asked without end.
_SHORTEST = timedelta(minutes=5)
_RENEW_AFTER = 2 / 3
_SPREAD = 0.1

# A hub verifies at once or within minutes; after this the request is taken for lost.
_VERIFIED_WITHIN = timedelta(hours=1)
_FIRST_WAIT = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(days=1)
#: A hub that said no may have changed its mind.
_DENIED_WAIT = timedelta(days=7)
#: A lease that cannot be given back ends by itself.
_MOST_UNSUBSCRIBES = 3

# Section 7.1.1. Some hubs know sha1 alone; it is taken too, as an HMAC does not fall with the
# collisions of its hash.
_METHODS = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}
_SECONDS = re.compile(r"[0-9]{1,10}")


class Mode(StrEnum):
    """What a hub is asked for, or tells."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    DENIED = "denied"


class LeaseState(StrEnum):
    """``renewing`` is active and asked for again, ``leaving`` asked to end."""

    OFFERED = "offered"
    REQUESTED = "requested"
    ACTIVE = "active"
    RENEWING = "renewing"
    LEAVING = "leaving"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A subscription of ``source`` to ``topic`` at ``hub``, in whatever state.

    ``token`` is what our callback's address ends in, ``secret`` what the hub signs with; both are
    known to the hub alone, where it is asked by https. ``due_at`` is when something is to be done
    next; ``asks`` counts how often the hub was asked since it last agreed, ``reason`` says what
    came of it.
    """

    source: str
    topic: str
    hub: str
    token: str
    secret: str
    state: LeaseState
    due_at: datetime
    expires_at: datetime | None = None
    asks: int = 0
    reason: str = ""


# -- What is to be done ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """The hub is to be asked; ``lease`` is to be kept so before that, as it may answer at once."""

    lease: Lease
    mode: Mode


@dataclass(frozen=True, slots=True)
class Drop:
    """The lease is over and can be forgotten."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Nothing is to be done now."""


ItemStep = Ask | Drop | Keep


def offered(source: str, hub: Hub, *, token: str, secret: str, now: datetime) -> Lease:
    """A lease to be asked for; ``secret`` has fewer than 200 bytes (5.1)."""
    return Lease(
        source=source,
        topic=hub.topic,
        hub=hub.url,
        token=token,
        secret=secret,
        state=LeaseState.OFFERED,
        due_at=now,
    )


def next_step(lease: Lease, wanted: Hub | None, now: datetime) -> ItemStep:
    """What is to be done about a lease; ``wanted`` is what its source offers, if it is to be used.

    A lease on something else is given back.
    """
    if wanted != Hub(lease.hub, lease.topic):
        return _unsubscribe(lease, now)
    if lease.due_at > now:
        return Keep()
    match lease.state:
        case LeaseState.ACTIVE | LeaseState.RENEWING if is_live(lease, now):
            state = LeaseState.RENEWING
        case LeaseState():
            state = LeaseState.REQUESTED
        case _:
            assert_never(lease.state)
    return Ask(_asked(lease, state, now), Mode.SUBSCRIBE)


def _unsubscribe(lease: Lease, now: datetime) -> ItemStep:
    is_leaving = lease.state is LeaseState.LEAVING
    is_unknown = lease.state in (LeaseState.OFFERED, LeaseState.DENIED)
    is_over = lease.expires_at is not None and lease.expires_at <= now
    if is_unknown or is_over or (is_leaving and lease.asks >= _MOST_UNSUBSCRIBES):
        return Drop()
    if is_leaving and lease.due_at > now:
        return Keep()
    leaving = lease if is_leaving else replace(lease, asks=0)
    return Ask(_asked(leaving, LeaseState.LEAVING, now), Mode.UNSUBSCRIBE)


def _asked(lease: Lease, state: LeaseState, now: datetime) -> Lease:
    asks = lease.asks + 1
    wait = max(_VERIFIED_WITHIN, _wait(asks))
    return replace(lease, state=state, due_at=now + wait, asks=asks)


def _wait(asks: int, jitter: float = 0.0) -> timedelta:
    """Until the hub is asked again."""
    return backoff(
        asks - 1, first=_FIRST_WAIT, longest=_LONGEST_WAIT, spread=_SPREAD, jitter=jitter
    )


def failed(lease: Lease, problem: str, now: datetime, jitter: float) -> Lease:
    """The lease as it is when the hub could not be asked; ``jitter`` is within 0 and 1."""
    return replace(lease, reason=problem, due_at=now + _wait(lease.asks, jitter))


def form_of(lease: Lease, mode: Mode, callback: str) -> Mapping[str, str]:
    """What the hub is sent (5.1)."""
    asked = {"hub.callback": callback, "hub.mode": mode.value, "hub.topic": lease.topic}
    if mode is Mode.SUBSCRIBE:
        asked |= {"hub.lease_seconds": str(LEASE_SECONDS)}
        if signs(lease):
            asked |= {"hub.secret": lease.secret}
    return asked


def signs(lease: Lease) -> bool:
    """Whether what the hub sends can be believed: it is told a secret by https alone (5.1, 8).

    Whoever listened to anything else could sign as well. Such a hub may say that there is news.
    """
    return lease.hub.casefold().startswith("https://")


def is_live(lease: Lease, now: datetime) -> bool:
    """Whether the hub may send us something: it was agreed to, and is not over."""
    return lease.expires_at is not None and lease.expires_at > now


# -- What a hub says -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A hub's question whether we mean it, or its no; members as they came (5.2, 5.3)."""

    mode: str
    topic: str
    challenge: str = ""
    lease_seconds: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a hub is answered, and how its ``lease`` stands then: None where it is over."""

    answer: str
    lease: Lease | None


def confirmed(
    lease: Lease | None, intent: Intent, now: datetime, jitter: float
) -> Confirmed | None:
    """What comes of a hub's question; ``lease`` is the one of the address it came to.

    Only what we asked for and still wait for is agreed to (5.3.1): nobody else can subscribe us.
    """
    if lease is None or intent.topic != lease.topic:
        return None
    match intent.mode, lease.state:
        case (Mode.SUBSCRIBE.value, LeaseState.REQUESTED | LeaseState.RENEWING):
            granted = _granted(intent.lease_seconds)
            if not granted or not intent.challenge:
                return None
            return Confirmed(intent.challenge, _active(lease, granted, now, jitter))
        case (Mode.UNSUBSCRIBE.value, LeaseState.LEAVING) if intent.challenge:
            return Confirmed(intent.challenge, None)
        case (Mode.DENIED.value, _) if lease.state is not LeaseState.OFFERED:
            return Confirmed("", _denied(lease, intent.reason, now))
        case _:
            return None


def _granted(seconds: str) -> timedelta | None:
    """For how long; hub.lease_seconds is required (5.3)."""
    if not _SECONDS.fullmatch(seconds) or not int(seconds):
        return None
    return timedelta(seconds=int(seconds))


def _active(lease: Lease, granted: timedelta, now: datetime, jitter: float) -> Lease:
    """Agreed to for as long as ``granted``, within reason.

    It is renewed at two thirds of its time or a little before, so that many do not meet.
    """
    granted = min(granted, _LONGEST)
    wait = granted * (_RENEW_AFTER - _SPREAD * jitter)
    return replace(
        lease,
        state=LeaseState.ACTIVE,
        expires_at=now + granted,
        due_at=now + max(wait, _SHORTEST),
        asks=0,
        reason="",
    )


def _denied(lease: Lease, reason: str, now: datetime) -> Lease:
    """The hub will not; it is asked again after some days."""
    return replace(
        lease,
        state=LeaseState.DENIED,
        expires_at=None,
        due_at=now + _DENIED_WAIT,
        reason=reason[:200],
    )


def is_signed(secret: str, header: str | None, body: bytes) -> bool:
    """Whether who sent ``body`` knows the secret: X-Hub-Signature is METHOD=HEX (7.1)."""
    method, _, said = (header or "").strip().partition("=")
    digest = _METHODS.get(method.casefold())
    if digest is None or not said.isascii():
        return False
    return hmac.compare_digest(
        hmac.new(secret.encode(), body, digest).hexdigest(), said.strip().casefold()
    )
