"""What a program is told when its request cannot be fulfilled: problem details (RFC 9457).

Knows the problems that any request may have, each with its status and its words. Must
never know how one comes about.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import Any, Self

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from feeds.errors import Overloaded, StoreBusy, StoreError
from feeds.parse.push.members import Fault
from feeds.web.request_limits import BodyTooLong

log = structlog.get_logger(__name__)

#: What OpenAPI says of answers, by their status, as FastAPI takes it.
Responses = dict[int | str, dict[str, Any]]

MEDIA_TYPE = "application/problem+json"

# Fields of the head beside some: RFC 6750 section 3, RFC 9110.
_BEARER = 'Bearer realm="fieldfare"'
_CHALLENGE = {"WWW-Authenticate": _BEARER}
_INVALID = {"WWW-Authenticate": f'{_BEARER}, error="invalid_token"'}
#: That a token is known, and is not for what was asked.
INSUFFICIENT = {"WWW-Authenticate": f'{_BEARER}, error="insufficient_scope"'}
_CLOSE = {"Connection": "close"}
# What another does takes seconds; a store that is away takes longer.
_SOON = {"Retry-After": "5"}
_LATER = {"Retry-After": "60"}


def insufficient(scope: str) -> Mapping[str, str]:
    """The same, and for what it has to be."""
    return {"WWW-Authenticate": f'{INSUFFICIENT["WWW-Authenticate"]}, scope="{scope}"'}


class ProblemKind(Enum):
    """What there is to tell: the status, the words, and fields of the answer's head.

    The words are those of the API's document too; one problem may be told more exactly. Each API
    has kinds of its own beside those of all.
    """

    def __init__(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = HTTPStatus(status)
        self.words = words
        self.headers = headers


class CommonProblem(ProblemKind):
    """What may be wrong with any request."""

    NO_STRICT_JSON = 400, "The body is no JSON in UTF-8, or JSON that readers read differently."
    CUT_OFF = 400, "The request ended before its body did."
    NO_TOKEN = 401, "Send your token as `Authorization: Bearer TOKEN`.", _CHALLENGE
    UNKNOWN_TOKEN = 401, "This token is not known.", _INVALID
    NO_SCOPE = 403, "This token is not for that.", INSUFFICIENT
    NO_ADDRESS = 404, "There is nothing under this address; see openapi.json."
    NO_METHOD = 405, "This address takes no such request; see openapi.json."
    TOO_LONG = 413, "The document is too long.", _CLOSE
    FAULTY = 422, "It cannot be taken as it is; `faults` names all that is wrong with it."
    PARAMETERS = 422, "The request's parameters are not as documented in openapi.json."
    BROKEN = 500, "Something went wrong here. It is no fault of yours, and it is noted."
    BUSY = 503, "Somebody else is at work; try again in a few seconds.", _SOON
    AWAY = 503, "This does not work at the moment; try again in a few minutes.", _LATER


class ProblemDetails(BaseModel):
    """Why the request was not fulfilled (RFC 9457); nothing was changed by it."""

    type: str = Field(default="about:blank")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong with this request, and what to do.")
    faults: list[Fault] = Field(default=[], description="Every fault of the document (422 only).")


class Problem(Exception):
    """The request cannot be fulfilled, and is answered so."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str = "",
        faults: tuple[Fault, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or kind.words)
        self.kind = kind
        self.faults = faults
        self.headers = headers or kind.headers

    @classmethod
    def of_faults(cls, *faults: Fault) -> Self:
        """The document is readable, and these things in it are wrong."""
        detail = f"It cannot be taken as it is: {len(faults)} fault(s), listed here."
        return cls(CommonProblem.FAULTY, detail, faults)


def responses(kinds: Iterable[ProblemKind], *statuses: int) -> Responses:
    """What is said of requests that fail with one of these statuses, for one of these reasons or
    any of those of all.
    """
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    of_status = attrgetter("status")
    by_status = groupby(sorted((*CommonProblem, *kinds), key=of_status), of_status)
    told = {status: " Or: ".join(kind.words for kind in kinds) for status, kinds in by_status}
    return {status: {"description": told[status], "content": content} for status in statuses}


def tell_problems(app: Starlette) -> None:
    """Whatever ``app`` cannot do, it tells as a problem."""
    errors: list[type[Exception]] = [Problem, *_KINDS]
    for error in errors:
        app.add_exception_handler(error, _told)


async def _told(request: Request, error: Exception) -> Response:
    problem = error if isinstance(error, Problem) else _problem(error)
    status = problem.kind.status
    details = ProblemDetails(
        title=status.phrase, status=status, detail=str(problem), faults=[*problem.faults]
    )
    shown = details.model_dump(exclude=None if problem.faults else {"faults"})
    is_method = problem.kind is CommonProblem.NO_METHOD
    headers = {"Allow": _allowed(request)} if is_method else problem.headers
    return JSONResponse(shown, status, headers, MEDIA_TYPE)


def _allowed(request: Request) -> str:
    """Every method the address takes (RFC 9110 10.2.1); a route of the router knows its own."""
    routes = (route for route in request.app.routes if isinstance(route, Route))
    taken = (each.methods or () for each in routes if each.matches(request.scope)[0] != Match.NONE)
    return ", ".join(sorted(set().union(*taken)))


#: What is raised by others. Nobody reads what one that was cut off is told; of an error of ours,
#: which is raised again, the server logs all there is.
_KINDS: Mapping[type[Exception], ProblemKind] = {
    HTTPException: CommonProblem.NO_ADDRESS,
    RequestValidationError: CommonProblem.PARAMETERS,
    BodyTooLong: CommonProblem.TOO_LONG,
    ClientDisconnect: CommonProblem.CUT_OFF,
    StoreBusy: CommonProblem.BUSY,
    Overloaded: CommonProblem.BUSY,
    StoreError: CommonProblem.AWAY,
    Exception: CommonProblem.BROKEN,
}


def _problem(error: Exception) -> Problem:
    kind = next(kind for raised, kind in _KINDS.items() if isinstance(error, raised))
    match error:
        case HTTPException(status_code=HTTPStatus.METHOD_NOT_ALLOWED):
            return Problem(CommonProblem.NO_METHOD)
        case RequestValidationError():
            said = ((map(str, each["loc"]), str(each["msg"])) for each in error.errors())
            faults = tuple(Fault(field="/".join(at), problem=problem) for at, problem in said)
            return Problem(kind, faults=faults)
        case BodyTooLong(most=most):
            return Problem(kind, f"A document may have {most:,} bytes at most.")
        case StoreError() if kind is CommonProblem.AWAY:
            log.error("store does not answer", problem=str(error))
        case _:
            pass
    return Problem(kind)
