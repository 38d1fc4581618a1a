"""What subscribers ask our own hub for, and what it asks them back.

Knows the W3C Recommendation's rules for hubs (WebSub 5 and 7): which requests are none, how long a
subscription lasts, and how it is verified and signed. Must never know how a request came, which
feeds there are, or who subscribes.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

from feeds.websub.lease import Mode

#: What a request to subscribe needs is a fraction of it.
LARGEST_REQUEST_BYTES = 8_192
#: 5.1: a secret has fewer.
_SECRET_BYTES = 200
_LONGEST_CALLBACK_CHARS = 2_000
# Older subscribers say more than anybody asks them (hub.verify, hub.verify_token).
_MOST_FIELDS = 40

#: Who asks for nothing gets what hubs usually give.
_USUAL_LEASE = timedelta(days=10)
# Shorter ones would have us verify without end, longer ones send to who is gone.
_SHORTEST_LEASE = timedelta(minutes=5)
_LONGEST_LEASE = timedelta(days=30)

_SECONDS = re.compile(r"[0-9]{1,18}")
_OURS = ("hub.mode", "hub.callback", "hub.topic", "hub.lease_seconds", "hub.secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRequest:
    """To subscribe or unsubscribe ``callback``, for so many seconds as it would be granted."""

    mode: Mode
    callback: str
    topic: str
    lease_seconds: int
    secret: str


@dataclass(frozen=True, slots=True)
class BadRequest:
    """What came is none; the reason is for whoever sent it."""

    reason: str


def request_of(body: bytes) -> SubscriptionRequest | BadRequest:
    """What a form asks for (5.1), or why it asks for nothing; members nobody knows say nothing."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:  # It is no UTF-8, or of too many fields.
        return BadRequest("the body is no form of a few fields (application/x-www-form-urlencoded)")
    given = [(name, value) for name, value in pairs if name in _OURS]
    said = dict(given)
    if len(said) < len(given):
        return BadRequest("a member is given twice")
    if fault := _fault(said):
        return BadRequest(fault)
    return SubscriptionRequest(
        mode=Mode(said["hub.mode"]),
        callback=said["hub.callback"],
        topic=said["hub.topic"],
        lease_seconds=_lease_seconds(said.get("hub.lease_seconds", "")),
        secret=said.get("hub.secret", ""),
    )


def _fault(said: Mapping[str, str]) -> str | None:
    callback, secret = said.get("hub.callback", ""), said.get("hub.secret", "")
    seconds = said.get("hub.lease_seconds", "")
    if said.get("hub.mode") not in (Mode.SUBSCRIBE, Mode.UNSUBSCRIBE):
        return "hub.mode must be subscribe or unsubscribe"
    topic = said.get("hub.topic", "")
    if not topic or not topic.isprintable():
        return "hub.topic must be the address of a feed, as its link rel=self has it"
    if not callback or "#" in callback or len(callback) > _LONGEST_CALLBACK_CHARS:
        return "hub.callback must be an address of at most 2,000 characters, without a fragment"
    if len(secret.encode()) >= _SECRET_BYTES or "\0" in secret:
        return "hub.secret must have fewer than 200 bytes, none of them zero"
    if seconds and not _SECONDS.fullmatch(seconds):
        return "hub.lease_seconds must be a whole number"
    return None


def _lease_seconds(asked: str) -> int:
    """For how long, within bounds; 0 stands for no wish, as in older versions of the protocol."""
    usual, least, most = (
        round(each.total_seconds()) for each in (_USUAL_LEASE, _SHORTEST_LEASE, _LONGEST_LEASE)
    )
    return min(max(int(asked or 0) or usual, least), most)


def verification(request: SubscriptionRequest, challenge: str) -> str:
    """The address that asks a subscriber whether it means this, and must answer the challenge
    (5.3).
    """
    asked = {
        "hub.mode": request.mode.value,
        "hub.topic": request.topic,
        "hub.challenge": challenge,
    }
    if request.mode is Mode.SUBSCRIBE:
        asked["hub.lease_seconds"] = str(request.lease_seconds)
    return _continued(request.callback, asked)


def denial(callback: str, topic: str, reason: str) -> str:
    """The address that tells a subscriber that it gets nothing, or nothing more (5.2)."""
    said = {"hub.mode": Mode.DENIED.value, "hub.topic": topic, "hub.reason": reason}
    return _continued(callback, said)


def _continued(callback: str, asked: Mapping[str, str]) -> str:
    """What its own query says stays as it is."""
    return f"{callback}{'&' if '?' in callback else '?'}{urlencode(asked)}"


def is_confirmed(answer: bytes, challenge: str) -> bool:
    """Whether an answer is the challenge, and nothing else (5.3.1)."""
    return hmac.compare_digest(answer, challenge.encode())


def signature(secret: str, body: bytes) -> str:
    """What X-Hub-Signature says of a body (7.1)."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
