"""A hub's word (WebSub): which of its questions we agree to, and what it sent indeed.

Knows the W3C Recommendation's rules for subscribers. Must never know how a hub reaches us, how a
lease is kept or what time it is.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from feeds.websub.lease import Lease, LeaseState, Mode, active, denied

__all__ = ["Agreed", "Intent", "Noted", "Strange", "confirmed", "is_signed"]

# Section 7.1.1. Some hubs know sha1 alone; it is taken too, as an HMAC does not fall with the
# collisions of its hash.
_METHODS = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}
_SECONDS = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A hub's question whether we mean it, or its no; members as they came (5.2, 5.3)."""

    mode: str
    topic: str
    challenge: str = ""
    lease_seconds: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Agreed:
    """We do: the challenge is to be said back. ``lease`` is how it stands then, None if ended."""

    challenge: str
    lease: Lease | None


@dataclass(frozen=True, slots=True)
class Noted:
    """The hub will not; ``lease`` is how it stands then."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class Strange:
    """We never asked for this."""


def confirmed(
    lease: Lease | None, intent: Intent, now: datetime, jitter: float
) -> Agreed | Noted | Strange:
    """What comes of a hub's question; ``lease`` is the one of the address it came to.

    Only what we asked for and still wait for is agreed to (5.3.1): nobody else can subscribe us.
    """
    if lease is None or intent.topic != lease.topic:
        return Strange()
    match intent.mode, lease.state:
        case (Mode.SUBSCRIBE.value, LeaseState.REQUESTED | LeaseState.RENEWING):
            granted = _granted(intent.lease_seconds)
            if not granted or not intent.challenge:
                return Strange()
            return Agreed(intent.challenge, active(lease, granted, now, jitter))
        case (Mode.UNSUBSCRIBE.value, LeaseState.LEAVING) if intent.challenge:
            return Agreed(intent.challenge, None)
        case (Mode.DENIED.value, _) if lease.state is not LeaseState.OFFERED:
            return Noted(denied(lease, intent.reason, now))
        case _:
            return Strange()


def _granted(seconds: str) -> timedelta | None:
    """For how long; hub.lease_seconds is required (5.3)."""
    if not _SECONDS.fullmatch(seconds) or not int(seconds):
        return None
    return timedelta(seconds=int(seconds))


def is_signed(secret: str, header: str | None, body: bytes) -> bool:
    """Whether who sent ``body`` knows the secret: X-Hub-Signature is METHOD=HEX (7.1)."""
    method, _, said = (header or "").strip().partition("=")
    digest = _METHODS.get(method.casefold())
    if digest is None or not said.isascii():
        return False
    return hmac.compare_digest(
        hmac.new(secret.encode(), body, digest).hexdigest(), said.strip().casefold()
    )
