"""How a reader leaves: a page with one button, and the request that acts (RFC 8058).

Knows tokens and what each standing is answered with. Must never ask for a login or a reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.model import Subscriber, SubscriberState
from notifier.storage import subscribers
from notifier.subscribers.links import Claim, Scope
from notifier.web.claims import claim_of
from notifier.web.private_pages import PrivatePages
from notifier.web.summary import summarise

__all__ = ["Unsubscribing"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Subscribed:
    subscriber: Subscriber


@dataclass(frozen=True, slots=True)
class _Left:
    """Left before, or erased since: what a link can do is done."""


@dataclass(frozen=True, slots=True)
class _SubscribedAgain:
    """The link is of a consent that was withdrawn; a new one was given since."""


_Standing = _Subscribed | _Left | _SubscribedAgain


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribing:
    """The two requests of an unsubscribe link: GET shows, POST acts.

    Link scanners of mail providers follow every GET, so that one changes nothing.
    """

    database: Database
    secret: bytes
    taxonomy: Taxonomy
    pages: PrivatePages
    now: Callable[[], datetime]

    async def answer(self, request: Request) -> Response:
        """After a POST that is answered 200 the subscription has ended, however often it comes.

        The token is the whole authority: a body ("List-Unsubscribe=One-Click") adds nothing to
        it and is not read, so that no mail program's way of sending one can go wrong.
        """
        claim = claim_of(request, self.secret, Scope.UNSUBSCRIBE)
        if claim is None:
            return self._damaged()
        look = self._end if request.method == "POST" else self._standing
        return self._page(await run_in_threadpool(look, claim))

    def _standing(self, claim: Claim) -> _Standing:
        with self.database.reading() as connection:
            return _judge(subscribers.by_public_id(connection, claim.public_id), claim)

    def _end(self, claim: Claim) -> _Standing:
        with self.database.writing() as connection:
            if not subscribers.leave(connection, claim.public_id, claim.epoch, self.now()):
                return _judge(subscribers.by_public_id(connection, claim.public_id), claim)
        log.info("unsubscribed", subscriber=claim.public_id)
        return _Left()

    def _page(self, standing: _Standing) -> Response:
        match standing:
            case _Subscribed(subscriber):
                summary = summarise(subscriber, self.taxonomy)
                return self.pages.answer("unsubscribe.html", summary=summary)
            case _Left():
                return self.pages.notice(
                    "You will get no more mail",
                    "You are unsubscribed. What was still waiting to be sent to you is cancelled.",
                )
            case _SubscribedAgain():
                return self.pages.notice(
                    "This link is from an earlier subscription",
                    "You unsubscribed and subscribed again since it was sent. "
                    "To unsubscribe, use the link in your latest digest.",
                    status=410,
                )
            case _:
                assert_never(standing)

    def _damaged(self) -> Response:
        return self.pages.notice(
            "This link does not work",
            "It was cut or changed on its way. Open it from the mail again, whole, "
            "or use the unsubscribe button of your mail program.",
            status=404,
        )


def _judge(subscriber: Subscriber | None, claim: Claim) -> _Standing:
    if subscriber is None or subscriber.state is SubscriberState.LEFT:
        return _Left()
    return _Subscribed(subscriber) if subscriber.epoch == claim.epoch else _SubscribedAgain()
