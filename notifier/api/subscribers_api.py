"""The address where a website of an organisation's own subscribes people, by the door of our own.

Knows HTTP, and what is answered. Must never tell whether an address is known to whoever has it
confirmed, nor write one to a log.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from config.scopes import Scope
from feeds.web import problems
from feeds.web.bearer_api import Bearer, scoped
from feeds.web.problems import Problem, ProblemKind, insufficient
from feeds.web.request_limits import CLIENT, ThreadLimit, network_of
from notifier.api.json_body import BodyProblem, body_described, json_of, strict
from notifier.api.new_subscriber import NewSubscriber, Offered, new_subscriber
from notifier.model import Shown
from notifier.subscribers.importing import Importing, ImportReport, LeftAlone, asked_of
from notifier.subscribers.listed import ListedPerson
from notifier.subscribers.sign_up import SignUp, SignUpAnswer
from notifier.subscribers.subscribe import wanted_by

log = structlog.get_logger(__name__)

#: A program that got no answer sends again within minutes; who asks again later wants a new mail.
_ONCE_WITHIN: Final = timedelta(hours=1)


class SubscriberProblem(ProblemKind):
    """Why nobody is subscribed, beside what may be wrong with any request."""

    NOT_VOUCHED = (
        403,
        "This token is not for vouching: ask with double opt-in.",
        insufficient(Scope.SUBSCRIBERS_VOUCH),
    )
    LEFT = 409, "They left here; only they come back, by double opt-in."
    SUPPRESSED = 409, "Mail must not go there; only its owner lifts that, by double opt-in."
    ENDED = 409, "They had that and ended it; only they begin it again, by double opt-in."
    TOO_MANY = (
        429,
        "Too many asked, from that network or altogether; try again in an hour.",
        {"Retry-After": "3600"},
    )


_LEFT_ALONE: Final = {
    LeftAlone.LEFT: SubscriberProblem.LEFT,
    LeftAlone.SUPPRESSED: SubscriberProblem.SUPPRESSED,
    LeftAlone.ENDED: SubscriberProblem.ENDED,
}


class SubscriberOutcome(StrEnum):
    """What a request did."""

    ASKED = "asked"
    SUBSCRIBED = "subscribed"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class SubscriberReceipt(BaseModel):
    """What became of a request."""

    outcome: SubscriberOutcome = Field(
        description="`asked`: whoever has the address gets a mail, if it may get one; it is said"
        " whether they are known or not. The others are said where you vouch: `subscribed` that"
        " they are new, `changed` that they get more than before, `unchanged` that they had it."
    )


_STATUSES: Final = {SubscriberOutcome.ASKED: 202, SubscriberOutcome.SUBSCRIBED: 201}
_EXAMPLE = {
    "address": "anna@example.org",
    "topics": ["field:policing"],
    "frequency": "weekly",
    "at": "07:00",
    "on": ["monday"],
    "timezone": "Europe/Vienna",
    "language": "en",
    "consent": {
        "source": "https://www.example.org/newsletter",
        "text": "Yes, send me news of Policing once a week. I can end that at any time.",
    },
    "network": "192.0.2.7",
}
_BODY = body_described(NewSubscriber, _EXAMPLE)
_ANSWERS = problems.responses(
    (*SubscriberProblem, *BodyProblem), 400, 401, 403, 409, 413, 415, 422, 429, 503
) | {
    202: {"description": "They are asked to confirm.", "model": SubscriberReceipt},
    201: {"description": "They are subscribed.", "model": SubscriberReceipt},
    200: {"description": "They get more, or had all of it.", "model": SubscriberReceipt},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribersApi:
    """The request to subscribe somebody, done in a thread.

    ``importing`` takes in people whom somebody vouches for, by what source, who saw what.
    """

    sign_up: SignUp
    offered: Offered
    importing: Callable[[str, Shown], Importing]
    new_id: Callable[[], str]
    clock: Callable[[], datetime]
    _limit: ThreadLimit = field(default_factory=ThreadLimit, init=False)

    @property
    def bodies(self) -> tuple[type[NewSubscriber]]:
        return (NewSubscriber,)

    def add_to(self, app: FastAPI) -> None:
        """The application takes subscribers."""
        app.post(
            "/subscribers",
            name="createSubscriber",
            status_code=202,
            responses=_ANSWERS,
            openapi_extra=_BODY,
        )(self.create)

    async def create(
        self, request: Request, asking: Annotated[Bearer, scoped(Scope.SUBSCRIBERS_ASK)]
    ) -> Response:
        """Subscribe somebody, or have them asked whether they want that.

        The same once more does nothing new: somebody who has all of it keeps it as it is, and who
        was asked within the hour is not asked again.
        """
        body = await json_of(request)
        client = request.scope.get(CLIENT, "")
        outcome = await self._limit.run(self._subscribed, body, asking, client)
        log.info("subscriber handed in", client=asking.name, outcome=outcome.value)
        receipt = SubscriberReceipt(outcome=outcome)
        return JSONResponse(receipt.model_dump(mode="json"), _STATUSES.get(outcome, 200))

    def _subscribed(self, body: bytes, asking: Bearer, client: str) -> SubscriberOutcome:
        wanted = new_subscriber(strict(body), self.offered)
        if isinstance(wanted, tuple):
            raise Problem.of_faults(*wanted)
        if wanted.double_opt_in:
            return self._asked(wanted, client)
        if Scope.SUBSCRIBERS_VOUCH not in asking.scopes:
            raise Problem(SubscriberProblem.NOT_VOUCHED)
        return self._vouched(wanted)

    def _asked(self, wanted: NewSubscriber, client: str) -> SubscriberOutcome:
        """By the door of our own page: its limits, its mails, its proof."""
        now, network = self.clock(), network_of(wanted.network) if wanted.network else client
        offered, preferences = self.offered, wanted.preferences
        newcomer = wanted_by(
            offered.taxonomy, wanted.address, preferences, offered.assumed, now=now
        )
        answer = self.sign_up.ask(
            wanted.address,
            asked_of(newcomer),
            partial(self._shown, wanted, network),
            network,
            public_id=self.new_id(),
            now=now,
            once_within=_ONCE_WITHIN,
        )
        if answer is SignUpAnswer.TOO_MANY:
            raise Problem(SubscriberProblem.TOO_MANY)
        return SubscriberOutcome.ASKED

    def _vouched(self, wanted: NewSubscriber) -> SubscriberOutcome:
        """As a list of one."""
        consent = wanted.consent
        shown = self._shown(wanted, network_of(wanted.network or ""))
        person = ListedPerson(line=1, address=wanted.address, wants=wanted.preferences)
        return _outcome(self.importing(consent.source, shown).take([person]))

    def _shown(self, wanted: NewSubscriber, network: str) -> Shown:
        consent = wanted.consent
        return Shown(
            page=consent.source,
            text=consent.text,
            version=consent.version,
            network=self.sign_up.kept_of(network),
        )


def _outcome(report: ImportReport) -> SubscriberOutcome:
    """What became of a list of one. Raises Problem."""
    for why in report.left_alone:
        raise Problem(_LEFT_ALONE[why])
    if report.added:
        return SubscriberOutcome.SUBSCRIBED
    return SubscriberOutcome.CHANGED if report.changed else SubscriberOutcome.UNCHANGED
