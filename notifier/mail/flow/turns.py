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

#: A message takes long that takes longer than this, and a domain is slow whose messages do, and so
#: many times longer than others.
_LONG_SECONDS: Final = 1.0
_SLOW_TIMES: Final = 4.0
#: What the last message says of the next ones.
_WEIGHT: Final = 0.3
#: How far one message moves what is usual, and after how many that is known.
_STEP: Final = 1.05
_KNOWN_AFTER: Final = 50
#: So many that take long may be at hand besides others, if it is not known whether it is their
#: domains that are slow, or the server.
_MOST_LONG: Final = 500
#: When so many domains refuse for rate within so many seconds, it is our own that is meant.
_OURS_DOMAINS: Final = 3
_OURS_SECONDS: Final = 10.0
#: So many of a domain that is held are kept at hand, or what may go within so many seconds; the
#: others wait in the store for their time, but where that is a guess for no longer than this.
_MOST_HELD: Final = 50
_AT_HAND_SECONDS: Final = 10.0
_LONGEST_SECONDS: Final = 300.0
#: No message takes less than this, as far as a guess goes.
_QUICK_SECONDS: Final = 0.05


@dataclass(slots=True)
class _Domain:
    waiting: deque[Envelope] = field(default_factory=deque)
    open: int = 0
    #: How long its messages take, and whether one has ended, or the first is on its way.
    seconds: float = 0.0
    is_known: bool = False
    is_pending: bool = False
    #: Since when it says nothing, where that alone tells how long they take.
    silent_since: float = -inf
    pace: SendingPace = field(default_factory=SendingPace)
    receiver: str | None = None
    #: When the last of those that wait in the store has its turn.
    later_at: float = 0.0


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
    # Since when those that have something open said nothing, the longest first.
    _silent: dict[str, float] = field(default_factory=dict)
    _count: int = 0
    _usual_seconds: float = 0.0
    _ended: int = 0
    # Since when somebody answers within any second, and when the last one did.
    _answered_since: float = -inf
    _answered_at: float = -inf
    _long_open: int = 0
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

        Those whose messages take long have half of the ``sessions`` together while others wait,
        slow ones also while none do, so that there is always room; and one of which nobody knows
        how long they take has a single one.
        """
        if now < self._pace.next_at() or not self.quotas.may((EVERYTHING, relay), now):
            return None
        last = None
        for name in self._order:
            domain = self._domains[name]
            if now < domain.pace.next_at():
                continue
            # Once more where it says nothing: the first may wait behind somebody else's.
            if domain.is_pending and (domain.seconds <= _LONG_SECONDS or domain.open > 1):
                continue
            if domain.receiver is not None and not self._has_room(domain.receiver, now):
                continue
            if domain.seconds <= _LONG_SECONDS or self._long_open < max(1, sessions // 2):
                return self._taken(name, now, relay)
            if last is None and not self._is_slow(domain):
                last = name
        return None if last is None else self._taken(last, now, relay)

    def _has_room(self, receiver: str, now: float) -> bool:
        return not self._is_full(receiver) and self.quotas.may((receiver,), now)

    def _is_full(self, receiver: str | None) -> bool:
        return receiver is not None and self._open[receiver] >= self.quotas.most_open(receiver)

    def ended(self, envelope: Envelope, seconds: float, now: float) -> None:
        """It took so long, whatever became of it."""
        name = _domain(envelope.recipient)
        domain = self._domains[name]
        self._long_open -= domain.seconds > _LONG_SECONDS and domain.open
        domain.open -= 1
        self._silent.pop(name, None)
        if domain.open:
            self._silent[name] = now
        if domain.receiver is not None:
            self._open[domain.receiver] -= 1
        is_measured = domain.is_known and domain.silent_since == -inf
        domain.seconds += (_WEIGHT if is_measured else 1.0) * (seconds - domain.seconds)
        domain.is_known, domain.is_pending = domain.is_known or seconds > 0, False
        domain.silent_since = -inf
        if seconds > 0:
            # About the median, which a few slow ones do not move.
            self._usual_seconds = self._usual_seconds or seconds
            self._usual_seconds *= _STEP if seconds > self._usual_seconds else 1 / _STEP
            self._ended += 1
            if now - self._answered_at > _LONG_SECONDS:
                self._answered_since = now
            self._answered_at = now
        if domain.seconds > _LONG_SECONDS:
            self._long_open += domain.open
            self._held.add(name)
        else:
            self._forget(name, domain)

    def takes_long(self, envelope: Envelope) -> bool:
        """Whether nobody is to wait behind this one, which is on its way."""
        return self._domains[_domain(envelope.recipient)].seconds > _LONG_SECONDS

    def clear(self) -> None:
        """Nothing waits any more; what is known of domains stays known."""
        for name, domain in list(self._domains.items()):
            domain.waiting.clear()
            self._forget(name, domain)
        self._order.clear()
        self._count = 0
        self.quotas.forget()

    def ready(self, now: float) -> int:
        """How many wait for nothing but a session."""
        held = long = 0
        pending = []
        for one in (self._domains[name] for name in self._held):
            is_full = self._next_at(one, now) > now or self._is_full(one.receiver)
            if is_full or self._is_slow(one):
                held += len(one.waiting)
            elif one.seconds > _LONG_SECONDS:
                long += len(one.waiting)
            elif one.is_pending:
                pending.append(min(len(one.waiting), _MOST_HELD))
        # Where all are one domain's it is soon known how long they take.
        if len(pending) > 1:
            long += sum(pending)
        return self._count - held - min(long, _MOST_LONG)

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
        moments = [self._next_at(self._domains[name], now) for name in self._order]
        ours = max(self.quotas.next_at(name, now) for name in (EVERYTHING, relay))
        first = max(min(moments), self._pace.next_at(), ours, now)
        if first > now:
            return first
        # Whoever waits for a session alone is not put off; the others are soon looked at again.
        later = min((at for at in moments if at > now), default=now)
        return min(later, now + _LONG_SECONDS)

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
        if domain.receiver is not None or domain.seconds > _LONG_SECONDS or domain.is_pending:
            self._held.add(name)
        return domain

    def held(self, now: float, *, all_of_it: bool = False) -> list[tuple[Envelope, float]]:
        """What waits for its domain alone, and the seconds until its turn; it waits here no more.

        But for ``all_of_it``, what has its turn within seconds stays.
        """
        # Who says nothing takes at least so long as that is.
        for name, since in self._silent.items():
            if now - since <= _LONG_SECONDS:
                break
            domain = self._domains[name]
            self._long_open += domain.open if domain.seconds <= _LONG_SECONDS else 0
            domain.seconds, domain.silent_since = max(domain.seconds, now - since), since
            self._held.add(name)
        found = []
        for name in list(self._held):
            domain = self._domains[name]
            rate = min(domain.pace.rate(now), self._rate(domain))
            may_hold = domain.waiting and (domain.is_pending or domain.seconds > _LONG_SECONDS)
            if rate == inf and not may_hold:
                self._held.discard(name)
                self._forget(name, domain)
            longest = inf
            guess = max(domain.open, 1) / domain.seconds if self._is_slow(domain) else inf
            if guess < rate:
                rate, longest = guess, _LONGEST_SECONDS
            if rate != inf:
                left = self._left(domain, now, rate, all_of_it=all_of_it)
                found += [(envelope, min(seconds, longest)) for envelope, seconds in left]
            if not domain.waiting:
                self._order.pop(name, None)
        return found

    def _left(
        self, domain: _Domain, now: float, rate: float, *, all_of_it: bool
    ) -> list[tuple[Envelope, float]]:
        """What of one domain is left to the store, in its order."""
        most = 0 if all_of_it else max(_MOST_HELD, int(_AT_HAND_SECONDS * rate))
        left = [domain.waiting.pop() for _ in range(len(domain.waiting) - most)]
        self._count -= len(left)
        first = max(self._next_at(domain, now), now) + most / rate
        if left and not all_of_it:
            # Behind those that wait there already.
            first = max(first, min(domain.later_at, now + _LONGEST_SECONDS))
            domain.later_at = first + len(left) / rate
        turns = (first - now + place / rate for place in range(1, len(left) + 1))
        return [*zip(reversed(left), turns, strict=True)]

    def _taken(self, name: str, now: float, relay: str | None) -> Envelope:
        domain = self._domains[name]
        self.quotas.took((EVERYTHING, relay, domain.receiver))
        envelope = domain.waiting.popleft()
        del self._order[name]
        self._count -= 1
        domain.open += 1
        domain.is_pending = not domain.is_known
        if domain.waiting:
            self._order[name] = None
            if domain.is_pending:
                self._held.add(name)
        self._long_open += domain.seconds > _LONG_SECONDS
        self._silent.setdefault(name, now)
        if domain.receiver is not None:
            self._open[domain.receiver] += 1
        domain.pace.went(now)
        self._pace.went(now)
        return envelope

    def _forget(self, name: str, domain: _Domain) -> None:
        """Of most, which are not slow, there is nothing to know, and they may be a hundred
        thousand.
        """
        is_needed = domain.waiting or domain.open or name in self._held
        if not (is_needed or self._is_slow(domain)):
            del self._domains[name]

    def _is_slow(self, domain: _Domain) -> bool:
        if self._ended < _KNOWN_AFTER or domain.seconds <= _LONG_SECONDS:
            return False
        since = max(domain.silent_since, self._answered_since)
        if domain.silent_since > -inf and self._answered_at - since <= _LONG_SECONDS:
            # It may be the server that says nothing.
            return False
        return domain.seconds > _SLOW_TIMES * self._usual_seconds


# Asked for as it comes, as it leaves and once more for what became of it.
@lru_cache(1024)
def _domain(recipient: str) -> str:
    return recipient.rpartition("@")[2].lower()
