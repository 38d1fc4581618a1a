"""How often one client may ask for what has to be made for it.

Knows addresses and moments. Must never know what is asked for, or who is behind an address.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from math import ceil

from starlette.exceptions import HTTPException
from starlette.types import Scope

from feeds.web.representation import cross_origin

#: What a proxy says is no address is kept so far (RFC 7239 allows names).
_LONGEST_CLIENT_CHARS = 64
#: Remembered at a time, some 200 bytes each; a new one in the place of who asked longest ago.
_MOST_CLIENTS = 50_000
#: This part of what a minute allows may be asked at once: a program asks for all its feeds.
_AT_ONCE = 0.5


class RateLimit:
    """So many requests a minute for each client, half of them at once; kept in this process alone.

    ``clock`` counts seconds and never goes back. Who the client is was decided before: the server
    believes those proxies alone that it is told to.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        most_clients: int = _MOST_CLIENTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._apart_seconds = 60 / per_minute
        self._ahead_seconds = 60 * _AT_ONCE
        self._most_clients = most_clients
        self._clock = clock
        # When all that a client asked for so far would have been due, each a moment after the other
        # (the generic cell rate algorithm, ITU-T I.371).
        self._due: OrderedDict[str, float] = OrderedDict()

    def admit(self, scope: Scope, path: str) -> None:
        """One more request is counted. Raises HTTPException: 429, with the seconds until the next.

        ``path`` is what is asked for; what is refused is not counted.
        """
        seconds = self.wait(client_of(scope["client"]))
        if seconds:
            told = {"Retry-After": str(ceil(seconds)), "Cache-Control": "no-store"}
            raise HTTPException(429, headers={**told, **dict(cross_origin(path))})

    def wait(self, client: str) -> float:
        """How many seconds a client has to wait before it may ask; where none, that is counted."""
        now = self._clock()
        due = max(self._due.get(client, now), now) + self._apart_seconds
        too_early = due - now - self._ahead_seconds
        if too_early > 0:
            return too_early
        self._due[client] = due
        self._due.move_to_end(client)
        if len(self._due) > self._most_clients:
            self._due.popitem(last=False)
        return 0.0


def client_of(address: tuple[str, int] | None) -> str:
    """Who is at an address: whoever has an IPv6 address has 2^64 of them."""
    host = str(address[0]) if address else ""
    with suppress(ValueError):
        found = ip_address(host)
        mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
        if isinstance(found, IPv6Address) and not mapped:
            return str(IPv6Address(int(found) >> 64 << 64))
        return str(mapped or found)
    return host[:_LONGEST_CLIENT_CHARS]
