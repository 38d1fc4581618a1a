"""The door of HTTP: a service that sends our mails tells what came back of them.

Knows webhooks: what one may be, and how it is answered. Must never know what an event means, nor
tell a stranger how near they came.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from feeds.web.request_limits import CLIENT, BodyTooLong, RateLimit, ThreadLimit, body_of
from notifier.returns.returned import ReturnedMail
from notifier.returns.services.events import READERS, Event, claimed
from notifier.returns.services.signatures import by_basic, by_mailgun, by_sendgrid, is_fresh
from notifier.returns.services.sns import Sns, Told
from notifier.returns.taking import Taking

log = structlog.get_logger(__name__)

#: SendGrid sends 768 KiB of events at once, the others far less.
_MOST_BYTES: Final = 1_000_000
#: Some services send each event by itself, and all of a digest's by a few machines; whoever is
#: sent away is to come again.
_AT_ONCE, _A_SECOND = 500, 50.0
_POSTMARK_USER: Final = "postmark"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebDoor:
    """The addresses ``/returns/{service}`` of the services whose key is given; to be routed for
    POST.
    """

    taking: Taking
    clock: Callable[[], datetime]
    postmark_password: str = field(default="", repr=False)
    sns: Sns | None = None
    mailgun_key: str = field(default="", repr=False)
    sendgrid_key: str = ""
    _limit: RateLimit = field(default_factory=partial(RateLimit, _AT_ONCE, _A_SECOND), init=False)
    #: Who waits for one service's certificate keeps no other out.
    _works: Mapping[str, ThreadLimit] = field(
        default_factory=lambda: {service: ThreadLimit() for service in READERS}, init=False
    )

    async def answer(self, request: Request) -> Response:
        """200 once all of it is on record, so that nobody sends it again. Raises HTTPException
        where there is no such service; StoreError, and then it is to be sent again (503).
        """
        service = request.path_params["service"]
        check = self._checks().get(service)
        if check is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if wait := self._limit.wait_seconds(request.scope.get(CLIENT, ""), time.monotonic()):
            retry = {"retry-after": str(int(wait) + 1)}
            return Response(status_code=HTTPStatus.TOO_MANY_REQUESTS, headers=retry)
        try:
            body = await body_of(request, _MOST_BYTES)
        except (BodyTooLong, ClientDisconnect):
            return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        status = await self._works[service].run(self._take, service, check, request.headers, body)
        return Response(status_code=status)

    def _checks(self) -> "Mapping[str, Callable[[Mapping[str, str], bytes], Told]]":
        """What tells whether it is they, for each that may come."""
        known = {
            "postmark": (self.postmark_password, self._by_postmark),
            "ses": (self.sns, self._by_sns),
            "mailgun": (self.mailgun_key, self._by_mailgun),
            "sendgrid": (self.sendgrid_key, self._by_sendgrid),
        }
        return {service: check for service, (key, check) in known.items() if key}

    # -- In threads --------------------------------------------------------------------------------

    def _take(
        self,
        service: str,
        check: "Callable[[Mapping[str, str], bytes], Told]",
        headers: Mapping[str, str],
        body: bytes,
    ) -> HTTPStatus:
        told = check(headers, body)
        if isinstance(told, HTTPStatus):
            log.warning("webhook refused", service=service, status=int(told))
            return told
        for event in told:
            for one in self._understood(service, event):
                self.taking.heed(one)
        return HTTPStatus.OK

    def _understood(self, service: str, event: Event) -> list[ReturnedMail]:
        """What it says of our mails; nothing where that is none of what comes back."""
        try:
            claims = claimed(event, self.taking.secret)
            found = READERS[service](event)
            return [replace(one, claims=claims, way=service) for one in found]
        except Exception:  # what a service says of one mail must not stop the others
            log.exception("event not understood", service=service)
            return []

    def _by_postmark(self, headers: Mapping[str, str], body: bytes) -> Told:
        said = headers.get("authorization", "")
        if not by_basic(said, _POSTMARK_USER, self.postmark_password):
            return HTTPStatus.FORBIDDEN
        return _events(body)

    def _by_sns(self, _headers: Mapping[str, str], body: bytes) -> Told:
        told = _events(body)
        if isinstance(told, HTTPStatus) or len(told) != 1 or self.sns is None:
            return HTTPStatus.FORBIDDEN
        return self.sns.told(told[0])

    def _by_mailgun(self, _headers: Mapping[str, str], body: bytes) -> Told:
        told = _events(body)
        if isinstance(told, HTTPStatus) or len(told) != 1:
            return HTTPStatus.FORBIDDEN
        said = told[0].get("signature")
        signature = said if isinstance(said, dict) else {}
        moment, token, made = (
            str(signature.get(name, "")) for name in ("timestamp", "token", "signature")
        )
        is_theirs = by_mailgun(moment, token, made, self.mailgun_key)
        return told if is_theirs and is_fresh(moment, self.clock()) else HTTPStatus.FORBIDDEN

    def _by_sendgrid(self, headers: Mapping[str, str], body: bytes) -> Told:
        moment = headers.get("x-twilio-email-event-webhook-timestamp", "")
        made = headers.get("x-twilio-email-event-webhook-signature", "")
        is_theirs = by_sendgrid(moment, body, made, self.sendgrid_key)
        if not (is_theirs and is_fresh(moment, self.clock())):
            return HTTPStatus.FORBIDDEN
        return _events(body)


def _events(body: bytes) -> Told:
    """Those of a body, one or many; what is no event among them is left out."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return HTTPStatus.BAD_REQUEST
    return [each for each in _each(said) if isinstance(each, dict)]


def _each(said: object) -> Iterator[object]:
    yield from said if isinstance(said, list) else [said]
