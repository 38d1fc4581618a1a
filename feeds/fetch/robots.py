"""What a host's robots.txt asks of us (RFC 9309).

Knows rules, and how long they are kept. Must never know how a robots.txt is fetched.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from protego import Protego

from feeds.fetch import FetchFailed, Stopped

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


@dataclass(frozen=True, slots=True)
class _Kept:
    rules: RobotsRules | FetchFailed
    until: datetime


class Robots:
    """The rules of each origin, fetched when first wanted and kept for a day."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def of(
        self, origin: str, now: datetime, load: Callable[[], RobotsRules | FetchFailed | Stopped]
    ) -> RobotsRules | FetchFailed | Stopped:
        """The rules in force, or why nothing may be fetched now.

        Rules that were had once stay in force while the host cannot say others (RFC 9309 2.4).
        """
        with self._lock:
            kept = self._kept.get(origin)
        if kept is not None and now < kept.until:
            return kept.rules
        loaded = load()
        if isinstance(loaded, Stopped):
            return loaded
        if (
            isinstance(loaded, FetchFailed)
            and kept is not None
            and isinstance(kept.rules, RobotsRules)
        ):
            self._keep(origin, _Kept(kept.rules, now + RETRIED_AFTER))
            return kept.rules
        keep_for = RETRIED_AFTER if isinstance(loaded, FetchFailed) else KEPT_FOR
        self._keep(origin, _Kept(loaded, now + keep_for))
        return loaded

    def _keep(self, origin: str, kept: _Kept) -> None:
        with self._lock:
            self._kept[origin] = kept
            self._kept.move_to_end(origin)
            while len(self._kept) > MAX_HOSTS:
                self._kept.popitem(last=False)
