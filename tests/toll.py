"""What is held against a run of crashes: the journal of the server beside the rows of the store.

Knows what may be after kills, and what must not. Must never know how a run is made.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tests.unruly_smtp import Taken

_NEVER_SENT = {"suppressed", "skipped"}
#: What was in doubt is offered once more, and then held.
_MOST_COPIES = 2


@dataclass(slots=True, kw_only=True)
class Toll:
    """What the kills of a run did: ``killed`` processes, ``store_killed`` times. ``open`` is how
    many connections were there in those moments, ``left`` how many messages that left in doubt,
    ``beyond`` how many of these were more than open. ``met`` counts what the processes were at.
    """

    killed: int = 0
    store_killed: int = 0
    open: int = 0
    left: int = 0
    beyond: int = 0
    met: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a run. ``lost`` were neither mailed nor told to be held or refused.

    ``twice`` got a mail more than once: ``altered`` not the same bytes under the same Message-ID,
    ``unasked`` more often than they were in doubt, ``thrice`` more than twice. ``untrue`` is what
    is on record otherwise than it was. ``unexplained`` were in doubt although nothing was open.
    """

    kills: int
    mails: int
    lost: int
    twice: int
    altered: int
    thrice: int
    unasked: int
    untrue: int
    held: int
    in_doubt: int
    silences: int
    open: int
    beyond: int
    unexplained: int
    met: Counter[str]

    @property
    def problems(self) -> list[str]:
        """What must not be, in words; none where all is well."""
        claims = {
            "readers lost": self.lost,
            "doubles with other bytes or Message-IDs": self.altered,
            "readers who got more than two": self.thrice,
            "readers who got one more than was in doubt": self.unasked,
            "deliveries that are not on record as they were": self.untrue,
            "more in doubt after a kill than were open": self.beyond,
            "in doubt without a kill or a silence": self.unexplained,
        }
        return [f"{count} {claim}" for claim, count in claims.items() if count]


def judged(
    journal: Sequence[Taken],
    rows: Sequence[Mapping[str, object]],
    readers: Collection[str],
    dead: Collection[str],
    *,
    silences: int,
    toll: Toll,
) -> Outcome:
    """What the journal of the server and the rows of the store say of these readers together."""
    took: dict[str, list[Taken]] = {}
    for taken in journal:
        took.setdefault(taken.recipient, []).append(taken)
    sent: dict[str, list[str]] = {}
    doubts = Counter[str]()
    for row in rows:
        doubts[str(row["recipient"])] += int(str(row["in_doubt"]))
        if row["state"] not in _NEVER_SENT:
            sent.setdefault(str(row["recipient"]), []).append(str(row["state"]))
    held = {each for each in readers if sent.get(each) == ["uncertain"]}
    again = [kept for kept in took.values() if len(kept) > 1]
    return Outcome(
        kills=toll.killed + toll.store_killed,
        mails=len(took),
        lost=sum(each not in took and each not in {*dead, *held} for each in readers),
        twice=len(again),
        altered=sum(len(set(kept)) > 1 for kept in again),
        thrice=sum(len(kept) > _MOST_COPIES for kept in again),
        unasked=sum(len(kept) > 1 + doubts[who] for who, kept in took.items()),
        untrue=sum(sent.get(each) != [_true(each in dead, doubts[each])] for each in readers),
        held=len(held),
        in_doubt=doubts.total(),
        silences=silences,
        open=toll.open,
        beyond=toll.beyond,
        unexplained=max(0, doubts.total() - toll.left - silences),
        met=toll.met,
    )


def _true(is_dead: bool, doubts: int) -> str:
    """On record of all that was ever sent to somebody is one delivery, in this state: what was in
    doubt so often is held, whoever it is for, as nobody asks a mailbox once more then.
    """
    if doubts >= _MOST_COPIES:
        return "uncertain"
    return "failed" if is_dead else "accepted"
