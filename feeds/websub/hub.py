"""Our own hub, where subscribers ask (WebSub 5.1): what is asked for is noted, or refused at once.

Knows HTTP, and how much may be asked of us. Must never confirm anything itself, or tell who
subscribes: whatever is well-formed is answered alike.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from math import ceil
from urllib.parse import urljoin

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from config.values import host_of
from feeds.storage.database import Database
from feeds.storage.websub import publications, subscriptions, verifications
from feeds.storage.websub.verifications import AskedSubscription
from feeds.web.request_limits import (
    CLIENT,
    PATIENCE_SECONDS,
    BodyTooLong,
    RateLimit,
    ThreadLimit,
    body_of,
)
from feeds.websub.hub_requests import (
    LARGEST_REQUEST_BYTES,
    BadRequest,
    SubscriptionRequest,
    request_of,
)
from feeds.websub.lease import Mode

log = structlog.get_logger(__name__)

#: Ten minutes of work, if all who are asked take their time: 4 are asked at once
#: (`Verifications`), for 20 seconds at most (`notifier.app.sources.CALL_SECONDS`).
MOST_WAITING = 120
# One client takes up half of that at most, and then no more than is done even so (4 in 20 seconds).
_AT_ONCE = MOST_WAITING // 2
_A_SECOND = 0.2

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Why nothing is noted, for whoever asked, and in how many seconds it may be otherwise."""

    status: HTTPStatus
    reason: str
    retry_after_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSubHub:
    """The address of our hub; to be routed for POST.

    ``site`` is the address of the site, which those of its feeds begin with. ``moved_to`` is where
    on its host the address of a feed leads, by its path, "" where it is there. ``refusal`` says why
    a callback can never be asked, ``on_request`` hears that one is to be confirmed.
    """

    database: Database
    site: str
    clock: Callable[[], datetime]
    moved_to: Callable[[str], str]
    refusal: Callable[[str], str | None]
    on_request: Callable[[], object]
    _requests: ThreadLimit = field(default_factory=ThreadLimit, init=False)
    _rate: RateLimit = field(default_factory=lambda: RateLimit(_AT_ONCE, _A_SECOND), init=False)

    async def answer(self, request: Request) -> Response:
        """202 for a request that will be verified; 4xx or 503 with the reason for one that will
        not. Raises StoreError: ask again (503).
        """
        kind = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
        if kind != _FORM:
            status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
            return _refused(NotTaken(status, f"the body must be {_FORM}"))
        try:
            body = await body_of(request, LARGEST_REQUEST_BYTES)
        except (BodyTooLong, ClientDisconnect):
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return _refused(
                NotTaken(status, f"a request has at most {LARGEST_REQUEST_BYTES} bytes")
            )
        asked = request_of(body)
        if isinstance(asked, BadRequest):
            return _refused(NotTaken(HTTPStatus.BAD_REQUEST, asked.reason))
        client = request.scope.get(CLIENT, "")
        if wait := self._rate.wait_seconds(client, self.clock().timestamp()):
            status = HTTPStatus.TOO_MANY_REQUESTS
            return _refused(NotTaken(status, "too many requests", ceil(wait)))
        refused = await self._requests.run(self._note, asked, client)
        if refused:
            return _refused(refused)
        self.on_request()
        return Response(status_code=HTTPStatus.ACCEPTED)

    def _note(self, request: SubscriptionRequest, client: str) -> NotTaken | None:
        path = request.topic.removeprefix(f"{self.site}/")
        if why := self.refusal(request.callback):
            return NotTaken(HTTPStatus.BAD_REQUEST, f"hub.callback cannot be asked: {why}")
        now = self.clock()
        asked = AskedSubscription(
            mode=request.mode.value,
            callback=request.callback,
            path=path,
            host=host_of(request.callback),
            client=client,
            secret=request.secret,
            lease_seconds=request.lease_seconds,
            asked_at=now,
            due_at=now,
        )
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            if path == request.topic or not publications.is_published(connection, path):
                return NotTaken(HTTPStatus.NOT_FOUND, "hub.topic is no feed of this hub")
            # It never changes again; who follows its address finds the one to name (WebSub 4).
            if request.mode is Mode.SUBSCRIBE and (place := self.moved_to(path)):
                address = urljoin(f"{self.site}/", place)
                return NotTaken(HTTPStatus.NOT_FOUND, f"hub.topic has moved to {address}")
            # Before it is looked up who subscribes, which the answer would tell.
            if verifications.waiting(connection) >= MOST_WAITING:
                return NotTaken(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests wait", 60)
            if request.mode is Mode.UNSUBSCRIBE and not (
                subscriptions.is_subscribed(connection, path, request.callback, now)
                # They are asked in order, so that what was requested last is what is so.
                or verifications.is_waiting(connection, path, request.callback)
            ):
                return None  # Nobody need be asked whether to end what is not there.
        with self.database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
            verifications.add(connection, asked)
        return None


def _refused(why: NotTaken) -> Response:
    answer = PlainTextResponse(f"{why.reason}\n", why.status)
    if why.retry_after_seconds:
        answer.headers["retry-after"] = str(why.retry_after_seconds)
    return answer
