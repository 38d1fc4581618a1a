"""Our own hub at work (WebSub 5.2, 5.3, 7): subscribers confirm what they asked for, and get each
feed as it changes.

Knows the order of calls. Must never know SQL, what a feed says, or when one is published.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, assert_never

import structlog

from feeds.fetch import FetchFailed, Posted, Reply, Stopped
from feeds.storage import Connection
from feeds.storage.database import Database
from feeds.storage.websub import publications, subscriptions, verifications
from feeds.storage.websub.subscriptions import DeliveryEnd, FeedDelivery
from feeds.storage.websub.verifications import AskedSubscription
from feeds.web.representation import MEDIA
from feeds.websub.hub_requests import (
    SubscriptionRequest,
    denial,
    is_confirmed,
    signature,
    verification,
)
from feeds.websub.lease import Mode
from feeds.websub.outbound import CLAIM, again_at

if TYPE_CHECKING:
    from feeds.fetch.client import Fetcher

log = structlog.get_logger(__name__)

#: Anybody may name a callback. A host that confirms nothing, as it never asked, is asked no more
#: within an hour, so that nobody can use us against it: so often for one client, which keeps that
#: of others from nothing, and so often for all together.
MOST_UNCONFIRMED_OF_CLIENT = 50
MOST_UNCONFIRMED_OF_HOST = 500
#: A reader's service has one callback's host for all feeds there are, in each format.
_MOST_OF_HOST = 2_000
#: Some three days of failing in a row: whoever is back later subscribes again.
_MOST_FAILURES = 25
#: A host that gave no answer so often in a row gives none to the others either.
_MOST_SILENT = 3
#: Who takes longer waits among those that fail, so that nobody else waits for them.
_SLOW = timedelta(seconds=3)
#: A delivery that would go on beyond our turn is left to the next.
_LONGEST_CALL = timedelta(seconds=30)
_GONE = 410


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many subscriptions there may be."""

    most: int

    def lack(self, connection: Connection, asked: AskedSubscription, now: datetime) -> str | None:
        """Why a subscription is not added; one that is there already can always be renewed."""
        if asked.mode != Mode.SUBSCRIBE or subscriptions.is_subscribed(
            connection, asked.path, asked.callback, now
        ):
            return None
        if subscriptions.count(connection, now) >= self.most:
            return "this hub takes no more subscriptions"
        if subscriptions.count_of_host(connection, asked.host, now) >= _MOST_OF_HOST:
            return "this hub takes no more subscriptions of one host"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifications:
    """Requests to subscribe and unsubscribe, each of which its subscriber is asked about once, if
    its host does confirm what it is asked.

    ``site`` is the address that those of its feeds begin with, ``new_challenge`` draws one that
    nobody can guess.
    """

    database: Database
    fetcher: "Fetcher"
    site: str
    capacity: Capacity
    new_challenge: Callable[[], str]
    clock: Callable[[], datetime]
    most: int = 4

    def claim(self, free: int, busy: Collection[str]) -> Mapping[str, Callable[[], object]]:
        """Requests that wait, one a host, each with what confirms it. Raises StoreError."""
        now = self.clock()
        with self.database.reading() as connection:
            if not verifications.is_any_due(connection, now, busy):
                return {}
        with self.database.writing() as connection:
            claimed = verifications.claim(connection, now, now + CLAIM, busy, free)
        return {asked.host: partial(self.verify, asked) for asked in claimed}

    def verify(self, asked: AskedSubscription) -> None:
        """The subscription is there, or is ended, if its subscriber says that it means that."""
        if self._is_asked_in_vain(asked):
            self._settled(asked, verifications.forget)
            log.info("subscription not asked about", mode=asked.mode, request=asked.id)
            return
        if why := self._denied(asked):
            self.fetcher.call(denial(asked.callback, self._topic(asked), why))
            self._settled(asked, verifications.fail)
            return
        challenge = self.new_challenge()
        reply = self.fetcher.call(verification(self._request(asked), challenge))
        match reply:
            case Posted(body=body) if is_confirmed(body, challenge):
                self._confirmed(asked)
            case Posted() | FetchFailed():
                self._settled(asked, verifications.fail)
                log.info("subscription not confirmed", mode=asked.mode, request=asked.id)
            case Stopped():
                pass  # It is asked when its turn is over.
            case _:
                assert_never(reply)

    def _is_asked_in_vain(self, asked: AskedSubscription) -> bool:
        """Whether its host is left alone; one that subscribes can always renew and leave."""
        now = self.clock()
        with self.database.reading() as connection:
            if subscriptions.is_subscribed(connection, asked.path, asked.callback, now):
                return False
            unconfirmed = verifications.unconfirmed(connection, asked, now)
        return (
            unconfirmed.of_client >= MOST_UNCONFIRMED_OF_CLIENT
            or unconfirmed.of_host >= MOST_UNCONFIRMED_OF_HOST
        )

    def _denied(self, asked: AskedSubscription) -> str | None:
        """Why it is refused though it was noted: what there is may have changed since."""
        with self.database.reading() as connection:
            if not publications.is_published(connection, asked.path):
                return "there is no such feed any more"
            return self.capacity.lack(connection, asked, self.clock())

    def _confirmed(self, asked: AskedSubscription) -> None:
        with self.database.writing() as connection:
            if asked.mode == Mode.SUBSCRIBE:
                subscriptions.grant(connection, asked, self.clock())
            else:
                subscriptions.end(connection, asked.path, asked.callback)
            verifications.forget(connection, asked)
        log.info("subscription confirmed", mode=asked.mode, request=asked.id)

    def _settled(
        self, asked: AskedSubscription, end: Callable[[Connection, AskedSubscription], None]
    ) -> None:
        with self.database.writing() as connection:
            end(connection, asked)

    def _topic(self, asked: AskedSubscription) -> str:
        return f"{self.site}/{asked.path}"

    def _request(self, asked: AskedSubscription) -> SubscriptionRequest:
        return SubscriptionRequest(
            mode=Mode(asked.mode),
            callback=asked.callback,
            topic=self._topic(asked),
            lease_seconds=asked.lease_seconds,
            secret=asked.secret,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Feeds that changed, for those who subscribed to them: those that are ``failing``, or those
    that do well, who wait for none of the others.

    ``content`` reads a published document, None where it is gone; ``links`` says what its Link
    field holds.
    """

    database: Database
    fetcher: "Fetcher"
    site: str
    links: Callable[[str], str]
    content: Callable[[str], bytes | None]
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    failing: bool
    most: int

    def claim(self, free: int, busy: Collection[str]) -> Mapping[str, Callable[[], object]]:
        """What is to be delivered, by host, each with what delivers it. Raises StoreError."""
        now = self.clock()
        with self.database.reading() as connection:
            if not subscriptions.is_any_due(connection, now, busy, failing=self.failing):
                return {}
        with self.database.writing() as connection:
            subscriptions.fan_out(connection, now)
            claimed = subscriptions.claim(
                connection, now, now + CLAIM, busy, free, failing=self.failing
            )
        by_host: dict[str, list[FeedDelivery]] = {}
        for one in claimed:
            by_host.setdefault(one.host, []).append(one)
        return {host: partial(self.deliver, each) for host, each in by_host.items()}

    def deliver(self, batch: Sequence[FeedDelivery]) -> None:
        """What one host waits for was offered to it, in order, as far as it takes it."""
        bodies: dict[str, bytes | None] = {}
        ends: list[DeliveryEnd] = []
        silent = failed = 0
        for one in batch:
            now = self.clock()
            if silent == _MOST_SILENT or now + _LONGEST_CALL > one.due_at:
                break  # The others are due again when our turn ends.
            if one.path not in bodies:
                bodies[one.path] = self.content(one.path)
            body = bodies[one.path]
            # One that is gone is no news.
            reply = Posted(status=0) if body is None else self._offer(one, body)
            match reply:
                case Posted():
                    silent = 0
                    is_slow = self.clock() - now > _SLOW
                    ends.append(DeliveryEnd(delivery=one, failures=int(is_slow)))
                case FetchFailed():
                    failed, silent = failed + 1, 0 if reply.status else silent + 1
                    ends += self._failed(one, reply)
                case Stopped():
                    ends.append(DeliveryEnd(delivery=one, failures=one.failures, again_at=now))
                case _:
                    assert_never(reply)
        with self.database.writing() as connection:
            subscriptions.settle(connection, ends, self.clock())
        log.info("feeds distributed", tried=len(ends), failed=failed, of=len(batch))

    def _offer(self, one: FeedDelivery, body: bytes) -> Reply:
        """One request with the document as it is (7), signed where a secret was given."""
        fields = [
            ("Content-Type", MEDIA[one.path.rpartition(".")[2]].type),
            ("Link", self.links(one.path)),
        ]
        if one.secret:
            fields.append(("X-Hub-Signature", signature(one.secret, body)))
        return self.fetcher.call(one.callback, tuple(fields), body)

    def _failed(self, one: FeedDelivery, why: FetchFailed) -> Iterator[DeliveryEnd]:
        """It is tried again later, or has ended: by its own word (410), or as it failed so long."""
        failures = one.failures + 1
        if why.status != _GONE and failures < _MOST_FAILURES:
            later = again_at(why, failures, self.clock(), self.jitter())
            yield DeliveryEnd(delivery=one, failures=failures, again_at=later)
            return
        with self.database.writing() as connection:
            subscriptions.give_up(connection, one)
        log.info("subscription ended", subscription=one.id, failures=failures, status=why.status)
        if why.status != _GONE:
            topic = f"{self.site}/{one.path}"
            self.fetcher.call(denial(one.callback, topic, "it could not be delivered for days"))
