"""What follows from what came back, by rule.

Knows which kinds count against an address, and which against us. Must never know whose address it
is, nor how anything is kept.
"""

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
    if not (is_known and (returned.claims or returned.is_vouched)):
        return Consequence.UNCLAIMED
    if returned.kind in PASSING and passing >= rule.most:
        return Consequence.SUPPRESS
    return _ALWAYS.get(returned.kind, Consequence.NONE)
