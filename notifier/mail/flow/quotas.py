"""How fast mails may go by what somebody set: moments at which one may leave, shared by all nodes.

Knows limits and moments. Must never know a store, nor read a clock: moments are seconds of the
store's clock where they are given out, and of this machine's, which never goes back, where they are
taken.

The tokens of a bucket are moments a fixed distance apart (the virtual scheduling of ITU-T I.371),
given out by the store in blocks, each once. As a moment is of use for a short while alone, no span
of time sees more than its share and what that while is worth, however many nodes send.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Final, TypeAlias

#: All that is sent, as a name beside those of relays and receivers.
EVERYTHING: Final = ""
#: For so long a moment is of use: the burst that a rate allows.
LATE_SECONDS: Final = 0.25
#: Moments are asked for in blocks of so long, and never given out farther ahead than twice that.
BLOCK_SECONDS: Final = 1.0
FARTHEST_SECONDS: Final = 2 * BLOCK_SECONDS
#: Who was given none asks again no sooner.
_AGAIN_SECONDS: Final = 0.05


def given_out(upto: float, now: float, rate: float, count: int) -> tuple[list[float], float, float]:
    """In how many seconds each of up to ``count`` may leave, the moment ``upto`` which moments are
    given out from then on, and in how many seconds it is worth to ask where there are none.
    """
    # Farther ahead none was given out: the clock was set back, or the rate is a new one.
    first = max(now, upto if upto <= now + FARTHEST_SECONDS + 1 / rate else now)
    room = now + FARTHEST_SECONDS - first
    many = min(count, ceil(room * rate)) if room > 0 else 0
    wait = max(first - now - BLOCK_SECONDS, _AGAIN_SECONDS)
    return [first - now + number / rate for number in range(many)], first + many / rate, wait


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingLimits:
    """What somebody set: messages a second by name, and who is a receiver of which name, by domain
    or as ``*.example.org`` all below one. ``connections`` bounds those to one that are open.
    """

    rates: Mapping[str, float] = field(default_factory=dict)
    connections: Mapping[str, int] = field(default_factory=dict)
    receivers: Mapping[str, str] = field(default_factory=dict)

    def receiver(self, domain: str) -> str | None:
        """The name of who receives for the domain, if anybody set anything for it."""
        if not self.receivers or domain in self.receivers:
            return self.receivers.get(domain)
        below = domain.partition(".")[2]
        while below and f"*.{below}" not in self.receivers:
            below = below.partition(".")[2]
        return self.receivers.get(f"*.{below}")


#: The rate, and how many moments are wanted, by name.
Rates: TypeAlias = "dict[str, tuple[float, int]]"
#: The moments by name, and where there are none, when to ask again.
Moments: TypeAlias = "dict[str, tuple[list[float], float]]"


def none_of(asked: Iterable[str], again_at: float) -> Moments:
    """There are none, until then."""
    return {name: ([], again_at) for name in asked}


@dataclass(slots=True)
class _Quota:
    rate: float
    moments: deque[float] = field(default_factory=deque)
    used: int = 0
    granted: int = 0
    is_asked: bool = False
    again_at: float = -inf


@dataclass(slots=True)
class Quotas:
    """The moments that this node was given, by name; what has no limit has any number.

    ``place`` is which of so many nodes that send this one is.
    """

    limits: SendingLimits = field(default_factory=SendingLimits)
    place: tuple[int, int] = (0, 1)
    _quotas: dict[str, _Quota] = field(init=False)
    _wanted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._quotas = {name: _Quota(rate) for name, rate in self.limits.rates.items()}

    def may(self, names: Collection[str | None], now: float) -> bool:
        """Whether one may leave now that counts for all of these; else more is wanted."""
        if not self._quotas:
            return True
        quotas = {name: self._quotas[name] for name in names if name in self._quotas}
        missing = {name for name, one in quotas.items() if not _current(one, now)}
        self._wanted |= missing
        return not missing and all(one.moments[0] <= now for one in quotas.values())

    def took(self, names: Collection[str | None]) -> None:
        """One leaves that counts for all of these."""
        for name in names:
            if name in self._quotas:
                self._quotas[name].moments.popleft()
                self._quotas[name].used += 1

    def next_at(self, name: str | None, now: float) -> float:
        """The moment from which one may leave, as far as that is known."""
        quota = self._quotas.get(name) if name is not None else None
        if quota is None or quota.is_asked:
            return -inf
        return quota.moments[0] if _current(quota, now) else quota.again_at

    def rate(self, name: str | None) -> float:
        """How many may leave a second, by all nodes together."""
        quota = self._quotas.get(name) if name is not None else None
        return quota.rate if quota else inf

    def blocks(self, name: str, now: float) -> bool:
        """Whether it is for want of a moment of this name that none may leave."""
        quota = self._quotas.get(name)
        return quota is not None and not (_current(quota, now) and quota.moments[0] <= now)

    def most_open(self, receiver: str) -> float:
        """How many to a receiver may be on their way here: this node's part, and one at least."""
        most = self.limits.connections.get(receiver)
        if most is None:
            return inf
        place, nodes = self.place
        return max(1, most // nodes + (place < most % nodes))

    def asked(self, waiting: int, now: float) -> Rates:
        """The rate and the number of moments to ask for, by name, where ``waiting`` messages are at
        hand: each is asked once, until it is answered.
        """
        found = {}
        for name in self._wanted:
            quota = self._quotas[name]
            if quota.is_asked or quota.again_at > now:
                continue
            quota.is_asked = True
            most = max(1, ceil(quota.rate * BLOCK_SECONDS))
            # Who could not use what it had leaves more to other nodes.
            able = 2 * quota.used + 1 if quota.granted else most
            found[name] = (quota.rate, max(1, min(most, able, waiting)))
        self._wanted.clear()
        return found

    def grant(self, name: str, moments: Sequence[float], again_at: float) -> None:
        """These are this node's; where there are none, it may be asked again then."""
        quota = self._quotas[name]
        quota.moments = deque(moments)
        quota.granted, quota.used, quota.is_asked = len(moments), 0, False
        quota.again_at = -inf if moments else again_at

    def forget(self) -> None:
        """What was asked for is not waited for any more."""
        self._wanted.clear()
        for quota in self._quotas.values():
            quota.is_asked = False


def _current(quota: _Quota, now: float) -> bool:
    """Whether there is a moment that is not over."""
    moments = quota.moments
    while moments and moments[0] < now - LATE_SECONDS:
        moments.popleft()
    return bool(moments)
