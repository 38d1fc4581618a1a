"""Requests of the team's programs, all alike: who may, what one takes of us, that it is noted.

Knows scopes, deeds and what is answered. Must never know what is shown, or what a deed does.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final, Protocol

from fastapi import FastAPI, Path, Request, Response
from pydantic import AfterValidator, BaseModel, Field

from config.scopes import Scope
from feeds.errors import (
    FeedsError,
    NotEdited,
    SourceError,
    StoreError,
    UnknownDocument,
    UnknownItem,
)
from feeds.parse.push.members import printable
from feeds.storage.database import Database
from feeds.web import problems
from feeds.web.bearer_api import Bearer, scoped
from feeds.web.problems import Problem, ProblemKind
from feeds.web.request_limits import ThreadLimit
from notifier.api.json_body import BodyProblem, body_described, json_of, modelled
from notifier.api.keyset import ListPart
from notifier.errors import (
    DeliveryRefused,
    MessageRefused,
    NothingToShow,
    NotifierError,
    UnknownDelivery,
    UnknownSubscriber,
)
from notifier.storage.team.deeds import TeamDeed
from notifier.team.noted import Came, TeamAct, noted

#: A part of a path that names something.
Name = Annotated[str, Path(max_length=500), AfterValidator(printable)]
#: Addresses of requests are logged, and what was done to whom is noted: neither says a mailbox.
NO_ADDRESS: Final = "^[^@]+$"
NoMailbox = Annotated[str, Path(max_length=500, pattern=NO_ADDRESS), AfterValidator(printable)]
#: What is no part of a request: who asks, and what the body says.
_GIVEN: Final = ("who", "said")
#: As many as a connection of the store each is a fair share of.
_AT_ONCE: Final = 4


class TeamProblem(ProblemKind):
    """Why a program is not shown something, or it was not done."""

    NO_SUCH = 404, "There is no such thing; the answer names it."
    REFUSED = 409, "It cannot be done as things stand; the answer says why."
    UNFIT = 422, "What is asked for is not possible; the answer says why."


_KINDS: Final[Mapping[type[Exception], TeamProblem]] = {
    UnknownItem: TeamProblem.NO_SUCH,
    UnknownDelivery: TeamProblem.NO_SUCH,
    UnknownSubscriber: TeamProblem.NO_SUCH,
    UnknownDocument: TeamProblem.NO_SUCH,
    NothingToShow: TeamProblem.NO_SUCH,
    SourceError: TeamProblem.REFUSED,
    NotEdited: TeamProblem.REFUSED,
    DeliveryRefused: TeamProblem.REFUSED,
    MessageRefused: TeamProblem.REFUSED,
    Exception: TeamProblem.UNFIT,
}


class DeedShown(BaseModel):
    """That something was done, and is noted."""

    deed: int = Field(description="Its number among the deeds of the team.")
    said: str = Field(description="What came of it, in a sentence.")
    changed: bool = Field(description="Whether anything changed by it.")


@dataclass(frozen=True, slots=True)
class Reading:
    """A request that changes nothing, under a ``name``: ``work`` is given what its parameters name,
    and what it returns is answered as ``shown``, a list in parts.
    """

    path: str
    name: str
    work: Callable[..., Any]
    shown: Any
    scope: Scope


@dataclass(frozen=True, slots=True)
class Doing:
    """A request that has something done, noted as an ``act`` to what the parameter or member
    ``subject`` says, with what ``detail`` does. ``work`` is given who asks, as ``who``, and what a
    ``body`` says, as ``said``; ``shown`` is what it is answered, that it is done unless otherwise.
    """

    path: str
    name: str
    work: Callable[..., Any]
    act: TeamAct
    scope: Scope
    body: type[BaseModel] | None = None
    subject: str = ""
    detail: str = ""
    method: str = "POST"
    shown: Any = DeedShown


class TeamPart(Protocol):
    """The requests of one subject."""

    def operations(self) -> Sequence[Reading | Doing]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamApi:
    """What programs ask for of what the team does, as far as it is for one of the ``scopes``;
    works are done in threads, some at once.
    """

    parts: Sequence[TeamPart]
    scopes: frozenset[Scope]
    database: Database
    clock: Callable[[], datetime]
    _works: ThreadLimit = field(default_factory=partial(ThreadLimit, _AT_ONCE), init=False)

    @property
    def bodies(self) -> Iterable[type[BaseModel]]:
        bodies = (each.body for each in self._operations() if isinstance(each, Doing))
        return dict.fromkeys(filter(None, bodies))

    def add_to(self, app: FastAPI) -> None:
        """The application answers all of them."""
        for each in self._operations():
            if isinstance(each, Reading):
                self._add_reading(app, each)
            else:
                self._add_doing(app, each)

    def _operations(self) -> Iterator[Reading | Doing]:
        for part in self.parts:
            yield from (each for each in part.operations() if each.scope in self.scopes)

    # -- What is shown -----------------------------------------------------------------------------

    def _add_reading(self, app: FastAPI, reads: Reading) -> None:
        async def answer(request: Request, response: Response, **values: Any) -> Any:
            shown = await self._works.run(partial(_told, reads.work, **values))
            # It may be of a person, and is old a moment later.
            response.headers["Cache-Control"] = "no-store"
            if not isinstance(shown, ListPart):
                return shown
            if shown.cursor:
                response.headers["Link"] = shown.link(request.url)
            return shown.rows

        _sign(answer, reads.work)
        answers = problems.responses(TeamProblem, 401, 403, 404, 422, 503)
        route = partial(app.api_route, reads.path, dependencies=[scoped(reads.scope)])
        shown = {"response_model": reads.shown, "responses": answers}
        route(name=reads.name, summary=summary(reads.work), methods=["GET"], **shown)(answer)
        # Whoever takes GET takes HEAD (RFC 9110 9.1), which FastAPI would not.
        route(name=reads.name, include_in_schema=False, methods=["HEAD"], **shown)(answer)

    # -- What is done ------------------------------------------------------------------------------

    def _add_doing(self, app: FastAPI, does: Doing) -> None:
        async def answer(
            request: Request, asking: Annotated[Bearer, scoped(does.scope)], **values: Any
        ) -> Any:
            body = await json_of(request) if does.body else b""
            return await self._works.run(partial(self._done, does, asking, body, values))

        _sign(answer, does.work)
        statuses = (400, 401, 403, 404, 409, 413, 415, 422, 503)
        kinds = [*TeamProblem, *BodyProblem]
        answers = problems.responses(
            kinds, *(statuses if does.body else (401, 403, 404, 409, 422, 503))
        )
        app.api_route(
            does.path,
            name=does.name,
            summary=summary(does.work),
            methods=[does.method],
            response_model=does.shown,
            responses=answers,
            openapi_extra=body_described(does.body) if does.body else None,
        )(answer)

    def _done(self, does: Doing, asking: Bearer, body: bytes, values: dict[str, Any]) -> Any:
        who = f"client {asking.name}"
        said = modelled(body, does.body) if does.body else None
        told = values if said is None else said.model_dump() | values
        deed = TeamDeed(
            at=self.clock(),
            account=who,
            deed=does.act,
            subject=_spelt(told.get(does.subject)),
            detail=_spelt(told.get(does.detail)),
        )
        names = inspect.signature(does.work).parameters
        given = {
            name: each for name, each in zip(_GIVEN, (who, said), strict=True) if name in names
        }
        work = partial(does.work, **values, **given)
        number, came = _told(noted, self.database, deed, work)
        if isinstance(came, Came):
            return DeedShown(deed=number, said=came.said, changed=came.changed)
        return came


def _told(work: Callable[..., Any], *arguments: Any, **values: Any) -> Any:
    """What ``work`` returns. Raises Problem for what people can do something about."""
    try:
        return work(*arguments, **values)
    except StoreError:
        raise
    except (FeedsError, NotifierError) as error:
        kind = next(kind for raised, kind in _KINDS.items() if isinstance(error, raised))
        text = str(error)
        raise Problem(kind, f"{text[:1].upper()}{text[1:]}.") from error


def _spelt(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def summary(work: Callable[..., Any]) -> str:
    """The first sentence of what is said of it."""
    text = inspect.getdoc(work) or ""
    return " ".join(text.partition("\n\n")[0].split())


def _sign(answer: Callable[..., Any], work: Callable[..., Any]) -> None:
    """FastAPI gives ``answer`` what its own parameters and those of ``work`` ask of a request."""
    kept = [
        each
        for each in inspect.signature(answer).parameters.values()
        if each.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    asked = [
        each for each in inspect.signature(work).parameters.values() if each.name not in _GIVEN
    ]
    both = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*kept, *asked)]
    answer.__signature__ = inspect.Signature(both)  # type: ignore[attr-defined]
    answer.__doc__ = inspect.getdoc(work)
