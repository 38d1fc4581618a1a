"""What becomes of a delivery after one attempt: sent, later again, never, or nobody knows.

Knows reply codes (RFC 5321), enhanced status codes (RFC 3463) and when to try again. Must never
know sockets, clocks or how an outcome is recorded.

A connection that failed before any reply came is ``Reply(stage=Stage.MAIL, code=None, ...)``.
"""

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal, assert_never

from feeds.times import backoff
from notifier.model import DeliveryState, Envelope, Reply, Settlement, Stage

# Grey-listing servers want a pause of minutes; the cap keeps mail from lying about for half a day
# once a relay that was down for the night is back.
FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=4)
# Jitter adds up to a quarter, so that a crowd deferred at once does not return at once.
SPREAD: Final = 0.25
# Enough for a person to see why; some servers answer with a page.
_REPLY_CHARACTERS: Final = 500

# RFC 5321 section 4.5.3.1.10: whatever a server is short of, it may have again.
_SHORT_OF_ROOM = frozenset({452, 552})
# RFC 3463 sections 3.2 and 3.3, RFC 7505 (5.1.10): no such mailbox or domain, moved away, closed.
_DEAD_STATUS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_DEAD_CODE = frozenset({550, 551, 553})
# A server without status codes says 550 for policy too (RFC 5321 section 4.2.3). A reader must not
# be struck off for what it thinks of the sender: words about that leave the address alone.
_ABOUT_THE_SENDER = re.compile(
    r"\b(polic(y|ies)|spam\w*|block\w*|black-?list\w*|listed|reputation|denied|relay\w*|sender"
    r"|helo|ehlo|authenti\w*|spf|dkim|dmarc|(dns|r)bl|ptr|reverse|ip|https?)\b",
    re.IGNORECASE,
)

_Verdict = Literal["accepted", "temporary", "permanent", "unknown"]


def decide(
    envelope: Envelope,
    reply: Reply,
    *,
    now: datetime,
    give_up_after: timedelta,
    hold: bool,
    jitter: float,
) -> Settlement:
    """What becomes of a delivery whose transaction ended with ``reply``.

    2yz after the dot is accepted. 4yz, 452 or 552 for a recipient, and a connection lost before
    the dot are deferred until ``give_up_after`` has passed since it was planned, then failed. 5yz
    is failed; the address is dead only where the reply says so. Silence after the dot is in doubt:
    uncertain where ``hold`` says so or where it was in doubt before, else tried once more.
    ``jitter`` is within [0, 1).

    RFC 5321 sections 4.2.1, 4.5.3.1.10 and 4.5.4.1.
    """
    # On one line, as a person reads it in a list of deliveries.
    said = " ".join(filter(None, (str(reply.code or ""), reply.enhanced, *reply.text.split())))
    settled = partial(Settlement, delivery=envelope.delivery, reply=said[:_REPLY_CHARACTERS])
    pause = backoff(
        envelope.attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE, spread=SPREAD, jitter=jitter
    )
    again_at = now + pause
    verdict = _verdict(reply)
    match verdict:
        case "accepted":
            return settled(state=DeliveryState.ACCEPTED)
        case "permanent":
            dead = envelope.recipient if _is_dead(reply) else None
            return settled(state=DeliveryState.FAILED, dead=dead)
        case "unknown" if hold or envelope.in_doubt:
            return settled(state=DeliveryState.UNCERTAIN, was_in_doubt=True)
        case "unknown":
            return settled(state=DeliveryState.DEFERRED, again_at=again_at, was_in_doubt=True)
        case "temporary" if now - envelope.first_at >= give_up_after:
            return settled(state=DeliveryState.FAILED)
        case "temporary":
            return settled(state=DeliveryState.DEFERRED, again_at=again_at)
        case _:
            assert_never(verdict)


def _verdict(reply: Reply) -> _Verdict:
    has_left = reply.stage is Stage.DOT
    match (reply.code or 0) // 100:
        case 2 if has_left:
            return "accepted"
        case 4:
            return "temporary"
        case 5:
            is_short = reply.stage is Stage.RCPT and reply.code in _SHORT_OF_ROOM
            return "temporary" if is_short else "permanent"
        case _:
            # Silence, or an answer that is none: the session is out of step.
            return "unknown" if has_left else "temporary"


def _is_dead(reply: Reply) -> bool:
    """Whether a refusal speaks of the address itself, not of us, the message or the server."""
    if reply.stage is not Stage.RCPT:
        return False
    if reply.enhanced:
        return reply.enhanced in _DEAD_STATUS
    return reply.code in _DEAD_CODE and not _ABOUT_THE_SENDER.search(reply.text)
