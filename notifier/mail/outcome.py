"""What becomes of a delivery after one attempt: sent, later again, never, or nobody knows.

Knows the classes of replies (RFC 5321) and when to try again. Must never know sockets, clocks or
how an outcome is recorded.

A connection that failed before any reply came is ``Reply(stage=Stage.MAIL, code=None, ...)``.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from feeds.times import backoff
from notifier.mail.refusal import cause_of, wait_asked
from notifier.mail.smtp.replies import printable
from notifier.model import Cause, DeliveryState, Envelope, Reply, Settlement, Stage

# Grey-listing servers want a pause of minutes; the cap keeps mail from lying about for half a day
# once a relay that was down for the night is back.
FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=4)
# Who is only too fast may soon go on.
PAUSE_OF_RATE: Final = timedelta(seconds=15)
# Jitter adds up to a quarter, so that a crowd deferred at once does not return at once.
SPREAD: Final = 0.25
# However long ago the first was: a machine that was off for days has not tried.
LEAST_ATTEMPTS: Final = 5
# Enough for a person to see why; some servers answer with a page.
REPLY_CHARACTERS: Final = 500

# RFC 5321 section 3.8, or no reply at all: it speaks of this connection, not of what was sent.
_OF_THE_CONNECTION: Final = frozenset({None, 421})
#: Refusals that waiting, or somebody, may mend.
_FOR_NOW: Final = frozenset({Cause.OURS, Cause.RATE, Cause.LATER})


def decide(
    envelope: Envelope,
    reply: Reply,
    *,
    now: datetime,
    give_up_after: timedelta,
    doubts: int,
    jitter: float,
) -> Settlement:
    """What becomes of a delivery whose transaction ended with ``reply``.

    2yz after the dot is accepted. Silence after the dot is in doubt: uncertain where it was so
    ``doubts`` times before, else tried once more. What speaks of the address, the reader
    or the message is failed, and the address dead only where it speaks of that. Anything else is
    tried again, until `LEAST_ATTEMPTS` were made and ``give_up_after`` has passed since the first:
    at once over another connection where it was this one that failed for the first time, else
    after the pause that was asked for, or that grows. ``jitter`` is within [0, 1).

    RFC 5321 sections 3.8, 4.2.1, 4.5.3.1.10 and 4.5.4.1.
    """
    kind = (reply.code or 0) // 100
    if kind == 2 and reply.stage is Stage.DOT:
        return Settlement(envelope.delivery, DeliveryState.ACCEPTED, told(reply))
    if reply.stage is not Stage.DOT or kind in {4, 5}:
        return _refused(envelope, reply, now=now, give_up_after=give_up_after, jitter=jitter)
    settled = partial(Settlement, delivery=envelope.delivery, reply=told(reply))
    # Silence, or an answer that is none.
    if envelope.in_doubt >= doubts:
        return settled(state=DeliveryState.UNCERTAIN, was_in_doubt=True)
    again_at = now + _pause(envelope, Cause.LATER, None, jitter)
    return settled(state=DeliveryState.DEFERRED, again_at=again_at, was_in_doubt=True)


def _refused(
    envelope: Envelope,
    reply: Reply,
    *,
    now: datetime,
    give_up_after: timedelta,
    jitter: float,
) -> Settlement:
    """What becomes of what was certainly not taken."""
    cause = cause_of(reply) if (reply.code or 0) // 100 in {4, 5} else Cause.LATER
    settled = partial(Settlement, delivery=envelope.delivery, reply=told(reply), cause=cause)
    if cause not in _FOR_NOW:
        dead = envelope.recipient if cause is Cause.MAILBOX else None
        return settled(state=DeliveryState.FAILED, dead=dead)
    wait = wait_asked(reply.text) if reply.code else None
    settled = partial(settled, wait=wait, slows=cause is Cause.RATE)
    since = envelope.tried_at or now
    if envelope.attempts + 1 >= LEAST_ATTEMPTS and now - since >= give_up_after:
        return settled(state=DeliveryState.FAILED)
    if reply.code in _OF_THE_CONNECTION and not envelope.attempts and cause is not Cause.OURS:
        return settled(state=DeliveryState.QUEUED, again_at=now)
    again_at = now + _pause(envelope, cause, wait, jitter)
    return settled(state=DeliveryState.DEFERRED, again_at=again_at)


def told(reply: Reply) -> str:
    """What was said, on one line, as a person reads it in a list of deliveries."""
    said = f"{reply.code or ''} {reply.enhanced or ''} {printable(reply.text)}"
    return " ".join(said.split())[:REPLY_CHARACTERS]


def _pause(envelope: Envelope, cause: Cause, wait: timedelta | None, jitter: float) -> timedelta:
    first = wait or (PAUSE_OF_RATE if cause is Cause.RATE else FIRST_PAUSE)
    longest = max(first, LONGEST_PAUSE)
    return backoff(envelope.attempts, first=first, longest=longest, spread=SPREAD, jitter=jitter)
