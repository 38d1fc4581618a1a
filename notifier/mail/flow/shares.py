"""Which mail server takes the next message, where several share them by weight.

Knows what each took and how long that lasted. Must never know connections or replies, nor read a
clock: moments are seconds of any clock that never goes back.

Each has a time of its own that passes by a message's part of its weight, and whoever is behind the
others is next (as in start-time fair queueing, Goyal, Vin and Cheng 1996).
"""

from dataclasses import dataclass, field
from math import inf
from typing import Final

#: One that took nothing for so long holds up nobody, nor does one that is opened for so long.
_STILL_SECONDS: Final = 5.0
_OPENING_SECONDS: Final = 1.0
#: Nor does one whose messages take longer than this, and so many times longer than another's.
_SLOW_SECONDS: Final = 1.0
_SLOW_TIMES: Final = 4.0
#: What the last message says of the next ones.
_WEIGHT: Final = 0.3


@dataclass(slots=True)
class _Share:
    weight: int
    at: float = 0.0
    moved_at: float = -inf
    seconds: float = 0.0
    was_away: bool = True


@dataclass(slots=True)
class Shares:
    """Gives each mail server its share by weight of what is sent while it is there."""

    _known: dict[str, _Share] = field(default_factory=dict)

    def opening(self, name: str, weight: int, now: float) -> None:
        """It may soon be there, and has no more to make good than others."""
        share = self._known.setdefault(name, _Share(weight))
        share.weight = weight
        share.moved_at = max(share.moved_at, now - _STILL_SECONDS + _OPENING_SECONDS)
        if share.was_away:
            there = [one.at for one in self._known.values() if not one.was_away]
            share.at = max(share.at, min(there, default=0.0))
            share.was_away = False

    def away(self, name: str) -> None:
        """It is not there: others take its share."""
        self._known[name].was_away = True

    def waits(self, name: str) -> None:
        """It may take none for now: nobody waits for it until it does."""
        self._known[name].moved_at = -inf

    def may(self, name: str, now: float) -> bool:
        """Whether the next message may be this one's."""
        share = self._known[name]
        return len(self._known) == 1 or not any(
            other.at < share.at and self._counts(other, now) for other in self._known.values()
        )

    def took(self, name: str, now: float) -> None:
        """A message is on its way there."""
        share = self._known[name]
        if not self._counts(share, now):
            # It does not make good what others took for it meanwhile.
            there = [one.at for one in self._known.values() if self._counts(one, now)]
            share.at = max(share.at, min(there, default=0.0))
        share.at += 1 / share.weight
        share.moved_at = now

    def ended(self, name: str, seconds: float) -> None:
        """A message there took so long."""
        share = self._known[name]
        share.seconds += _WEIGHT * (seconds - share.seconds) if share.seconds else seconds

    def _counts(self, share: _Share, now: float) -> bool:
        """Whether others wait for it."""
        is_there = not share.was_away and now - share.moved_at < _STILL_SECONDS
        return is_there and not (
            share.seconds > _SLOW_SECONDS
            and any(share.seconds > _SLOW_TIMES * one.seconds for one in self._there(share))
        )

    def _there(self, share: _Share) -> list[_Share]:
        return [one for one in self._known.values() if one is not share and not one.was_away]
