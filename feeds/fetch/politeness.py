"""What a host asks of us: one request at a time, a pause between two, what its robots.txt says.

Knows turns, seconds and rules (RFC 9309), and how long these are kept. Must never know what is
asked of a host, or how its robots.txt is fetched.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from protego import Protego

from feeds.fetch import FetchFailed, Stopped

#: How long one waits for another's turn to end before looking whether the program does.
_LOOK_SECONDS = 0.2
#: RFC 9309 2.5: at least this much is to be read; what comes after is not.
MAX_BYTES = 500 * 1024
#: RFC 9309 2.3.1.2.
MAX_REDIRECTS = 5
#: RFC 9309 2.4.
KEPT_FOR = timedelta(hours=24)
#: A robots.txt that cannot be had is asked for again, but not with every page.
RETRIED_AFTER = timedelta(minutes=10)
#: A longer Crawl-delay (it is in no standard) is held as this: a look must end some day.
MAX_DELAY_SECONDS = 120.0
#: Hosts whose rules are kept; listings link to many.
MAX_HOSTS = 1_000
#: Hosts whose turns are kept, the latest asked: strangers name callbacks at as many as they like.
MAX_TURNS = 10_000

_USER_AGENT = re.compile(r"[ \t]*user[ \t-]?agent[ \t]*:?", re.IGNORECASE)
#: Stands for every name that is not ours; no product is called so.
_OTHER = "user-agent: not-us"


class _ParsedRobots(Protocol):
    def can_fetch(self, url: str, user_agent: str) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsRules:
    """What one origin's robots.txt says to one product; ``delay_seconds`` between two requests."""

    token: str = ""
    parsed: _ParsedRobots | None = None
    delay_seconds: float = 0.0

    def allows(self, url: str) -> bool:
        return self.parsed is None or self.parsed.can_fetch(url, self.token)


#: Everything is allowed: there is no robots.txt.
ALL = RobotsRules()


def rules_of(body: bytes, token: str) -> RobotsRules:
    """The rules for the product of that name.

    Groups for others are thrown together first: thousands of names times thousands of rules would
    be taken apart one by one.
    """
    text = body[:MAX_BYTES].decode("utf-8-sig", errors="replace")
    parsed = Protego.parse("\n".join(_for_us(text, token.lower())))
    delay = parsed.crawl_delay(token) or 0.0
    return RobotsRules(token=token, parsed=parsed, delay_seconds=min(delay, MAX_DELAY_SECONDS))


def _for_us(text: str, token: str) -> Iterator[str]:
    """The lines, every name of others replaced by one."""
    for line in text.splitlines():
        found = _USER_AGENT.match(line)
        if found is None:
            yield line
            continue
        name = line[found.end() :].partition("#")[0].strip().partition("/")[0].strip().lower()
        if name == "*":
            yield "user-agent: *"
        else:
            yield f"user-agent: {token}" if name == token else _OTHER


@dataclass(slots=True)
class _Host:
    lock: Lock = field(default_factory=Lock)
    free_since: float | None = None
    closed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    rules: RobotsRules | FetchFailed
    until: datetime


class Hosts:
    """Turns at hosts, for any number of threads, and the rules of each origin; a slow host never
    delays another.

    ``clock`` is monotonic, in seconds. ``wait`` waits up to that many seconds and says whether the
    program is ending (threading.Event.wait).
    """

    def __init__(
        self, pause_seconds: float, *, clock: Callable[[], float], wait: Callable[[float], bool]
    ) -> None:
        self._pause = pause_seconds
        self._clock = clock
        self._wait = wait
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._rules: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def turn(self, host: str, delay_seconds: float = 0.0) -> Iterator[bool]:
        """Our turn at the host while inside; False if the program ends before it comes.

        Since the turn before it, the pause or the longer ``delay_seconds`` has passed.
        """
        state = self._state(host)
        while not state.lock.acquire(timeout=_LOOK_SECONDS):
            if self._wait(0):
                yield False
                return
        try:
            pause = max(self._pause, delay_seconds)
            left = 0.0 if state.free_since is None else state.free_since + pause - self._clock()
            # It is cut short if the program ends.
            if self._wait(max(left, 0.0)):
                yield False
                return
            try:
                yield True
            finally:
                state.free_since = self._clock()
        finally:
            state.lock.release()

    def close(self, host: str, until: datetime) -> None:
        """The host wants nothing asked before then."""
        self._state(host).closed_until = until

    def closed_until(self, host: str, now: datetime) -> datetime | None:
        """When the host may be asked again, None if at once."""
        until = self._state(host).closed_until
        return until if until is not None and now < until else None

    def rules(
        self, origin: str, now: datetime, load: Callable[[], RobotsRules | FetchFailed | Stopped]
    ) -> RobotsRules | FetchFailed | Stopped:
        """The rules in force, or why nothing may be fetched now; once loaded, kept for a day.

        Rules that were had once stay in force while the host cannot say others (RFC 9309 2.4).
        """
        with self._lock:
            kept = self._rules.get(origin)
        if kept is not None and now < kept.until:
            return kept.rules
        loaded = load()
        if isinstance(loaded, Stopped):
            return loaded
        until = now + KEPT_FOR
        if isinstance(loaded, FetchFailed):
            until = now + RETRIED_AFTER
            if kept is not None and isinstance(kept.rules, RobotsRules):
                loaded = kept.rules
        with self._lock:
            self._rules[origin] = _Kept(loaded, until)
            self._rules.move_to_end(origin)
            while len(self._rules) > MAX_HOSTS:
                self._rules.popitem(last=False)
        return loaded

    def _state(self, host: str) -> _Host:
        with self._lock:
            state = self._hosts.setdefault(host, _Host())
            self._hosts.move_to_end(host)
            # No more than one was added; whoever has a turn is not forgotten.
            if len(self._hosts) > MAX_TURNS:
                oldest = next(iter(self._hosts))
                if self._hosts[oldest].lock.locked():
                    self._hosts.move_to_end(oldest)
                else:
                    del self._hosts[oldest]
            return state
