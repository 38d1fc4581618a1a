"""Whose message leaves next: by turns of the recipients' domains, each at a pace that it bears.

Knows what waits to leave, how long messages took and who refused for rate. Must never know
connections or replies, nor read a clock: moments are seconds of any clock that never goes back.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf
from typing import Final

from notifier.mail.flow.pace import SendingPace
from notifier.mail.flow.quotas import EVERYTHING, Quotas
from notifier.mail.flow.shares import Shares
from notifier.model import Envelope

#: A domain is slow whose messages take longer than this, and so many times longer than others.
_SLOW_SECONDS: Final = 1.0
_SLOW_TIMES: Final = 4.0
#: What the last message says of the next ones.
_WEIGHT: Final = 0.3
#: How far one message moves what is usual.
_STEP: Final = 1.05
#: When so many domains refuse for rate within so many seconds, it is our own that is meant.
_OURS_DOMAINS: Final = 3
_OURS_SECONDS: Final = 10.0
#: So many of a domain that is held are kept at hand, or what may go within so many seconds; the
#: others wait in the store for their time.
_MOST_HELD: Final = 50
_AT_HAND_SECONDS: Final = 10.0
#: No message takes less than this, as far as a guess goes.
_QUICK_SECONDS: Final = 0.05


@dataclass(slots=True)
class _Domain:
    waiting: deque[Envelope] = field(default_factory=deque)
    open: int = 0
    seconds: float = 0.0
    pace: SendingPace = field(default_factory=SendingPace)
    receiver: str | None = None


@dataclass(slots=True)
class Turns:
    """What waits to leave, so that no domain goes before everybody else, nor holds them up.

    ``quotas`` is how many may go a second by what was set, ``shares`` what each mail server has.
    """

    quotas: Quotas = field(default_factory=Quotas)
    shares: Shares = field(default_factory=Shares)
    _domains: dict[str, _Domain] = field(default_factory=dict)
    # In the order of their turns, those that have something waiting.
    _order: dict[str, None] = field(default_factory=dict)
    _count: int = 0
    _seconds: float = 0.0
    _slow_open: int = 0
    _refused: dict[str, float] = field(default_factory=dict)
    _held: set[str] = field(default_factory=set)
    _pace: SendingPace = field(default_factory=SendingPace)
    _open: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return self._count

    def add(self, envelopes: Iterable[Envelope]) -> None:
        """These wait, each behind those of its domain."""
        for envelope in envelopes:
            name = _domain(envelope.recipient)
            self._known(name).waiting.append(envelope)
            self._order.setdefault(name)
            self._count += 1

    def take(self, now: float, sessions: int, relay: str | None = None) -> Envelope | None:
        """The next one for this relay, of the domain whose last turn is longest ago among those
        that may go.

        Slow ones together have half of the ``sessions``, so that there is always room for others.
        """
        if now < self._pace.next_at() or not self.quotas.may((EVERYTHING, relay), now):
            return None
        for name in self._order:
            domain = self._domains[name]
            is_slow = self._is_slow(domain)
            if (
                now >= domain.pace.next_at()
                and not (is_slow and self._slow_open >= max(1, sessions // 2))
                and (domain.receiver is None or self._has_room(domain.receiver, now))
            ):
                self.quotas.took((EVERYTHING, relay, domain.receiver))
                self._slow_open += is_slow
                return self._taken(name, domain, now)
        return None

    def _has_room(self, receiver: str, now: float) -> bool:
        return not self._is_full(receiver) and self.quotas.may((receiver,), now)

    def _is_full(self, receiver: str | None) -> bool:
        return receiver is not None and self._open[receiver] >= self.quotas.most_open(receiver)

    def ended(self, envelope: Envelope, seconds: float) -> None:
        """It took so long, whatever became of it."""
        name = _domain(envelope.recipient)
        domain = self._domains[name]
        was_slow = self._is_slow(domain)
        domain.open -= 1
        if domain.receiver is not None:
            self._open[domain.receiver] -= 1
        domain.seconds += _WEIGHT * (seconds - domain.seconds) if domain.seconds else seconds
        # About the median, which a few slow ones do not move.
        self._seconds = self._seconds or seconds
        self._seconds *= _STEP if seconds > self._seconds else 1 / _STEP
        is_slow = self._is_slow(domain)
        if was_slow or is_slow:
            self._slow_open = sum(one.open for one in self._domains.values() if self._is_slow(one))
        if not is_slow:
            self._forget(name, domain)

    def clear(self) -> None:
        """Nothing waits any more; what is known of domains stays known."""
        for name, domain in list(self._domains.items()):
            domain.waiting.clear()
            if not self._is_slow(domain):
                self._forget(name, domain)
        self._order.clear()
        self._count = 0
        self.quotas.forget()

    def ready(self, now: float) -> int:
        """How many wait for nothing but a session."""
        held = (self._domains[name] for name in self._held)
        return self._count - sum(
            len(one.waiting)
            for one in held
            if self._next_at(one, now) > now or self._is_full(one.receiver)
        )

    def accepted(self, envelope: Envelope, now: float) -> None:
        """It was taken, at this pace."""
        if domain := self._domains.get(_domain(envelope.recipient)):
            domain.pace.accepted(now)
        self._pace.accepted(now)

    def slow(self, envelope: Envelope, now: float, wait: float, *, is_ours: bool) -> None:
        """It was refused for its rate: that of its domain, or where ``is_ours``, of all."""
        name = _domain(envelope.recipient)
        self._refused[name] = now
        lately = sum(at > now - _OURS_SECONDS for at in self._refused.values())
        if is_ours or lately >= _OURS_DOMAINS:
            self._pace.slow(now, wait)
        else:
            self._known(name).pace.slow(now, wait)
            self._held.add(name)

    def again_at(self, now: float, relay: str | None = None) -> float | None:
        """When one may go there that may not yet; None where nothing waits for that."""
        if not self._order:
            return None
        first = min(self._next_at(self._domains[name], now) for name in self._order)
        ours = max(self.quotas.next_at(name, now) for name in (EVERYTHING, relay))
        return max(first, self._pace.next_at(), ours, now)

    def _next_at(self, domain: _Domain, now: float) -> float:
        return max(domain.pace.next_at(), self.quotas.next_at(domain.receiver, now))

    def _rate(self, domain: _Domain) -> float:
        """About how many may leave a second by what was set."""
        if domain.receiver is None:
            return inf
        by_open = self.quotas.most_open(domain.receiver) / max(domain.seconds, _QUICK_SECONDS)
        return min(self.quotas.rate(domain.receiver), by_open)

    def _known(self, name: str) -> _Domain:
        """What is known of a domain from now on."""
        domain = self._domains.get(name)
        if domain is None:
            domain = self._domains[name] = _Domain(receiver=self.quotas.limits.receiver(name))
            if domain.receiver is not None:
                self._held.add(name)
        return domain

    def held(self, now: float, *, all_of_it: bool = False) -> list[tuple[Envelope, float]]:
        """What waits for its domain alone, and the seconds until its turn; it waits here no more.

        But for ``all_of_it``, what has its turn within seconds stays.
        """
        found = []
        for name in list(self._held):
            domain = self._domains[name]
            rate = min(domain.pace.rate(now), self._rate(domain))
            if rate == inf:
                self._held.discard(name)
            most = 0 if all_of_it or rate == inf else max(_MOST_HELD, int(_AT_HAND_SECONDS * rate))
            while len(domain.waiting) > most and rate != inf:
                seconds = self._next_at(domain, now) - now + len(domain.waiting) / rate
                found.append((domain.waiting.pop(), max(seconds, 0.0)))
                self._count -= 1
            if not domain.waiting:
                self._order.pop(name, None)
        return found

    def _taken(self, name: str, domain: _Domain, now: float) -> Envelope:
        envelope = domain.waiting.popleft()
        del self._order[name]
        if domain.waiting:
            self._order[name] = None
        self._count -= 1
        domain.open += 1
        if domain.receiver is not None:
            self._open[domain.receiver] += 1
        domain.pace.went(now)
        self._pace.went(now)
        return envelope

    def _forget(self, name: str, domain: _Domain) -> None:
        """Of most, which are not slow, there is nothing to know, and they may be a hundred
        thousand.
        """
        if not (domain.waiting or domain.open or name in self._held):
            del self._domains[name]

    def _is_slow(self, domain: _Domain) -> bool:
        return domain.seconds > _SLOW_SECONDS and domain.seconds > _SLOW_TIMES * self._seconds


# Asked for as it comes, as it leaves and once more for what became of it.
@lru_cache(1024)
def _domain(recipient: str) -> str:
    return recipient.rpartition("@")[2].lower()
