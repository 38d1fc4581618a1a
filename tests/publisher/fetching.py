"""Fetchers for tests: they know this machine by any name, and never wait for their turn.

Knows how a fetcher is put together. Must never know what is fetched.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

from feeds.fetch import Limits
from feeds.fetch.client import Fetcher
from feeds.fetch.guard import Guard

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AGENT = "Fieldfare/0.1 (+https://feeds.example.org; mailto:news@example.org)"
LIMITS = Limits(
    timeout_seconds=10,
    document_seconds=30,
    pause_seconds=0,
    max_redirects=5,
    max_bytes=2_000_000,
    max_list_bytes=50_000_000,
)
#: Every name a test uses; all of them are 127.0.0.1.
HERE = Guard.of("127.0.0.1 localhost news.example.org www.example.org xn--h1ahn.example")


def here(host: str, port: int) -> Sequence[str]:
    """Every name is this machine."""
    return ("127.0.0.1",)


@contextmanager
def fetching(*, limits: Limits = LIMITS, guard: Guard = HERE, **changes: Any) -> Iterator[Fetcher]:
    """A fetcher that may ask this machine, closed afterwards; ``changes`` go to its making."""
    fetcher = Fetcher(
        limits,
        changes.pop("agent", AGENT),
        clock=changes.pop("clock", lambda: NOW),
        stopping=changes.pop("stopping", Event()),
        guard=replace(guard, resolve=changes.pop("resolve", here)),
        **changes,
    )
    try:
        yield fetcher
    finally:
        fetcher.close()
