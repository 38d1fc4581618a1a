"""Whether a mail server refuses us, whoever a mail is for, and when it is tried with one again.

Knows outcomes. Must never know how they came about, or which messages wait meanwhile.

One refusal that speaks of us may be the word of a single reader's server. So many in a row, with
nothing accepted between them, are the relay's: then nothing more is offered, for nobody shall lose
a digest by it, but one message now and then, until one is accepted.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from feeds.times import backoff
from notifier.model import Cause, DeliveryState, RelayStanding, Settlement

#: Refusals of us in a row after which it is the relay that refuses.
MOST_IN_A_ROW: Final = 3
FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
SPREAD: Final = 0.25
#: How long a relay that is away is left alone while others do its work.
AWAY_PAUSE: Final = timedelta(seconds=30)

_LOCAL_PART: Final = re.compile(r"[^\s<>@:=\"'(,]+@")


def heeded(
    standing: RelayStanding | None, settled: Sequence[Settlement], *, now: datetime, jitter: float
) -> RelayStanding | None:
    """What is wrong with the relay after these outcomes; None where it takes mail.

    ``jitter`` is within [0, 1).
    """
    if any(one.state is DeliveryState.ACCEPTED for one in settled):
        return None
    refusals = [one for one in settled if one.cause is Cause.OURS]
    if not refusals:
        return standing
    known = standing or _begun(now)
    found = replace(
        known, problem=anonymous(refusals[-1].reply), refusals=known.refusals + len(refusals)
    )
    # What was on the wire when the pause began is no trial.
    if not is_closed(found) or (is_closed(known) and now < known.again_at):
        return found
    pause = backoff(
        known.probes, first=FIRST_PAUSE, longest=LONGEST_PAUSE, spread=SPREAD, jitter=jitter
    )
    return replace(found, probes=known.probes + 1, again_at=now + pause)


def unreachable(standing: RelayStanding | None, problem: str, now: datetime) -> RelayStanding:
    """That the relay could not be reached, or let nobody in, beside what was wrong before.

    It is left alone for a while where others do its work.
    """
    known = standing or _begun(now)
    again_at = max(known.again_at, now + AWAY_PAUSE)
    return replace(known, problem=anonymous(problem), again_at=again_at)


def _begun(now: datetime) -> RelayStanding:
    return RelayStanding(problem="", refusals=0, probes=0, again_at=now)


def anonymous(words: str) -> str:
    """The words of a server without the names of mailboxes: they are logged."""
    return _LOCAL_PART.sub("*@", words)


def is_closed(standing: RelayStanding | None) -> bool:
    """Whether the way is closed, but for one message at a time from ``again_at`` on."""
    return standing is not None and standing.refusals >= MOST_IN_A_ROW


def allowed(standing: RelayStanding | None, now: datetime, many: int) -> int:
    """How many of so many messages may be offered now."""
    if standing is None or not is_closed(standing):
        return many
    return min(many, 1) if now >= standing.again_at else 0


def refused(relay: str, standing: RelayStanding) -> str:
    """What is wrong, and what can be done, for who looks after it."""
    return (
        f"{relay} refuses us: {standing.problem}; mail waits, and one is tried from"
        f" {standing.again_at:%Y-%m-%d %H:%M}Z on; `fieldfare release --refused` sends all at once"
    )
