"""Hubs of others are told which feeds changed, each by itself and again until it heard.

Knows the order of calls, and the form that hubs take (none is in the Recommendation: most know
``hub.url``, as its predecessor PubSubHubbub 0.4 has it, some ``hub.topic``). Must never know SQL,
or when a feed is published.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, assert_never

import structlog

from feeds.fetch import FetchFailed, Posted, Stopped
from feeds.storage.database import Database
from feeds.storage.websub import hubs, publications
from feeds.storage.websub.hubs import ToldHub
from feeds.websub.outbound import CLAIM, again_at

if TYPE_CHECKING:
    from feeds.fetch.client import Fetcher

log = structlog.get_logger(__name__)

#: Read at a time of what a hub is to be told.
_AT_ONCE = 100
_LONGEST_PROBLEM_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Pings:
    """The hubs at ``urls``, each of which is told of every changed document in order.

    ``address`` is that of a document by its path, ``jitter`` is drawn within 0 and 1.
    """

    database: Database
    fetcher: "Fetcher"
    urls: tuple[str, ...]
    address: Callable[[str], str]
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    most: int = 4

    def claim(self, free: int, busy: Collection[str]) -> Mapping[str, Callable[[], object]]:
        """Hubs that do not know of all changes, each with what tells it. Raises StoreError."""
        now = self.clock()
        with self.database.reading() as connection:
            is_configured = hubs.are_configured(connection, self.urls)
            if is_configured and not hubs.is_any_due(connection, now, busy):
                return {}
        with self.database.writing() as connection:
            if not is_configured:
                hubs.configure(connection, self.urls)
            claimed = hubs.claim(connection, now, now + CLAIM, busy, free)
        return {hub.url: partial(self.tell, hub) for hub in claimed}

    def tell(self, hub: ToldHub) -> None:
        """The hub was told of all it does not know, as far as it took it.

        What it refuses for good (4xx) it is told no more: others may be worth its while.
        """
        told, refused = 0, ""
        while waiting := self._after(hub.told):
            for number, path in waiting:
                topic = self.address(path)
                # Both, as either alone is unknown to some.
                form = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}
                reply = self.fetcher.post(hub.url, form)
                match reply:
                    case Posted():
                        told += 1
                    case FetchFailed(is_lasting=True, status=status) if status:
                        refused = reply.problem
                    case FetchFailed():
                        self._failed(hub, reply)
                        return
                    case Stopped():
                        self._keep(hub, replace(hub, due_at=None))
                        return
                    case _:
                        assert_never(reply)
                after = replace(hub, told=number, due_at=self.clock() + CLAIM)
                if not self._keep(hub, after):
                    return  # It took so long that another node is at it.
                hub = after
        self._keep(hub, self._refused(hub, refused) if refused else _well(hub))
        log.info("hub told", hub=hub.url, documents=told)

    def _after(self, cursor: int) -> "Collection[publications.Publication]":
        with self.database.reading() as connection:
            return publications.after(connection, cursor, _AT_ONCE)

    def _failed(self, hub: ToldHub, why: FetchFailed) -> None:
        now = self.clock()
        due_at = again_at(why, hub.failures + 1, now, self.jitter())
        self._keep(hub, replace(self._refused(hub, why.problem), due_at=due_at))

    def _refused(self, hub: ToldHub, problem: str) -> ToldHub:
        log.warning("hub cannot be told", problem=problem)
        return replace(
            hub,
            due_at=None,
            failures=hub.failures + 1,
            problem=problem[:_LONGEST_PROBLEM_CHARS],
            since=hub.since or self.clock(),
        )

    def _keep(self, before: ToldHub, after: ToldHub) -> bool:
        with self.database.writing() as connection:
            return hubs.keep(connection, before, after)


def _well(hub: ToldHub) -> ToldHub:
    return replace(hub, due_at=None, failures=0, problem="", since=None)
