"""What follows from what came back, by rule.

Knows which kinds count against an address, and which against us. Must never know whose address it
is, nor how anything is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from notifier.returns.returned import ReturnedMail, ReturnKind


class Consequence(StrEnum):
    """none: it is on record, and that is all. suppress: the address must not be mailed any more.
    leave: the subscription ends. object: it ends, and the address must not be mailed. alarm: we are
    refused, which somebody here has to look at. unclaimed: nobody signed what it is about, so that
    it may be anybody's invention.
    """

    NONE = "none"
    SUPPRESS = "suppress"
    LEAVE = "leave"
    OBJECT = "object"
    ALARM = "alarm"
    UNCLAIMED = "unclaimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftRule:
    """So many mails that could not be brought ``within`` a time speak of a dead address."""

    most: int
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRule:
    """A domain is too much for us, or we for it, where ``least`` of its readers complained, or were
    refused for good, within a day, and they are so many of a thousand mails that it took, by kind.

    Each reader counts once in their life by what silences them. A refusal of us silences nobody, so
    that the same few could have it said each day: it has a share of its own, which no few reach.
    """

    least: int
    shares: Mapping[ReturnKind, int]
    lasts: timedelta

    def is_looked_at(self, kind: ReturnKind, readers: int) -> bool:
        """Whether it is time to count what the domain took: that is done for some of them."""
        return kind in self.shares and readers >= self.least and not readers % self.least

    def is_passed(self, kind: ReturnKind, readers: int, accepted: int) -> bool:
        """Whether that many readers are too many."""
        return 1000 * readers >= self.shares[kind] * accepted


#: A mailbox that has no room, or that cannot be reached, may be well again.
PASSING = frozenset({ReturnKind.FULL, ReturnKind.SOFT})
_ALWAYS = {
    ReturnKind.HARD: Consequence.SUPPRESS,
    ReturnKind.COMPLAINT: Consequence.OBJECT,
    ReturnKind.UNSUBSCRIBE: Consequence.LEAVE,
    ReturnKind.POLICY: Consequence.ALARM,
}


def follows(returned: ReturnedMail, *, is_known: bool, passing: int, rule: SoftRule) -> Consequence:
    """What follows where ``is_known`` whose it is, and ``passing`` of the passing kinds came back
    of theirs within the time of the rule, this one among them.

    RFC 3464, 5965, 8058: one hard failure is enough, and a refusal of us is not the reader's.
    """
    if not (is_known and returned.claims):
        return Consequence.UNCLAIMED
    if returned.kind in PASSING and passing >= rule.most:
        return Consequence.SUPPRESS
    return _ALWAYS.get(returned.kind, Consequence.NONE)
