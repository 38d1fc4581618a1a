"""What a program is told when its request cannot be fulfilled: problem details (RFC 9457).

Knows every problem there is, its status and its words. Must never know how one comes about.
"""

from collections.abc import Mapping
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
from feeds.parse.push import ATOM, JSON
from feeds.parse.push.pushed_item import Fault
from feeds.web.request_limits import BodyTooLong

log = structlog.get_logger(__name__)

#: What OpenAPI says of answers, by their status, as FastAPI takes it.
Responses = dict[int | str, dict[str, Any]]

MEDIA_TYPE = "application/problem+json"

# Fields of the head beside some: RFC 6750 section 3, RFC 9110.
_BEARER = 'Bearer realm="fieldfare"'
_CHALLENGE = {"WWW-Authenticate": _BEARER}
_INVALID = {"WWW-Authenticate": f'{_BEARER}, error="invalid_token"'}
_INSUFFICIENT = {"WWW-Authenticate": f'{_BEARER}, error="insufficient_scope"'}
_CLOSE = {"Connection": "close"}
_ACCEPTED = {"Accept": f"{JSON}, {ATOM};type=entry", "Accept-Encoding": "identity"}
# Another ingest takes seconds; a store that is away takes longer.
_SOON = {"Retry-After": "5"}
_LATER = {"Retry-After": "60"}


class ProblemKind(Enum):
    """All there is to tell: the status, the words, and fields of the answer's head.

    The words are those of the API's document too; one problem may be told more exactly.
    """

    NO_STRICT_JSON = 400, "The body is no JSON in UTF-8, or JSON that readers read differently."
    CUT_OFF = 400, "The request ended before its body did."
    NO_TOKEN = 401, "Send the token of your source as `Authorization: Bearer TOKEN`.", _CHALLENGE
    UNKNOWN_TOKEN = 401, "This token is not known.", _INVALID
    OTHER_SOURCE = 403, "This token is for another source than the one you name.", _INSUFFICIENT
    NO_ITEM = 404, "You have pushed no item under this id."
    NO_ADDRESS = 404, "There is nothing under this address; see openapi.json."
    NO_METHOD = 405, "This address takes no such request; see openapi.json."
    OTHER_ITEM = (
        409,
        "An item with this id is there and says something else; PUT /items/{id} revises it.",
    )
    WITHDRAWN = 409, "The item with this id was withdrawn; PUT /items/{id} brings it back."
    GONE = 410, "The item under this id was withdrawn; PUT brings it back."
    TOO_LONG = 413, "The document is too long.", _CLOSE
    ENCODED = 415, "Send the document as it is, without Content-Encoding.", _ACCEPTED
    OTHER_TYPE = 415, f"Send {JSON} or {ATOM}, and say which as Content-Type.", _ACCEPTED
    FAULTY = 422, "The item cannot be taken as it is; `faults` names all that is wrong with it."
    PARAMETERS = 422, "The request's parameters are not as documented in openapi.json."
    KEY_REUSED = 422, "This Idempotency-Key was another request's; a new request needs a new one."
    BROKEN = 500, "Something went wrong here. It is no fault of yours, and it is noted."
    BUSY = 503, "Another ingest is at work; try again in a few seconds.", _SOON
    AWAY = 503, "This does not work at the moment; try again in a few minutes.", _LATER

    def __init__(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = HTTPStatus(status)
        self.words = words
        self.headers = headers


class ProblemDetails(BaseModel):
    """Why the request was not fulfilled (RFC 9457); nothing was changed by it."""

    type: str = Field(default="about:blank")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong with this request, and what to do.")
    faults: list[Fault] = Field(default=[], description="Every fault of the document (422 only).")


class Problem(Exception):
    """The request cannot be fulfilled, and is answered so."""

    def __init__(self, kind: ProblemKind, detail: str = "", faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail or kind.words)
        self.kind = kind
        self.faults = faults

    @classmethod
    def of_faults(cls, *faults: Fault) -> Self:
        """The document is readable, and these things in it are wrong."""
        detail = f"The item cannot be taken as it is: {len(faults)} fault(s), listed here."
        return cls(ProblemKind.FAULTY, detail, faults)


def responses(*statuses: int) -> Responses:
    """What is said of requests that fail with one of these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    by_status = groupby(ProblemKind, attrgetter("status"))
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
    is_method = problem.kind is ProblemKind.NO_METHOD
    headers = {"Allow": _allowed(request)} if is_method else problem.kind.headers
    return JSONResponse(shown, status, headers, MEDIA_TYPE)


def _allowed(request: Request) -> str:
    """Every method the address takes (RFC 9110 10.2.1); a route of the router knows its own."""
    routes = (route for route in request.app.routes if isinstance(route, Route))
    taken = (each.methods or () for each in routes if each.matches(request.scope)[0] != Match.NONE)
    return ", ".join(sorted(set().union(*taken)))


#: What is raised by others. Nobody reads what one that was cut off is told; of an error of ours,
#: which is raised again, the server logs all there is.
_KINDS: Mapping[type[Exception], ProblemKind] = {
    HTTPException: ProblemKind.NO_ADDRESS,
    RequestValidationError: ProblemKind.PARAMETERS,
    BodyTooLong: ProblemKind.TOO_LONG,
    ClientDisconnect: ProblemKind.CUT_OFF,
    StoreBusy: ProblemKind.BUSY,
    Overloaded: ProblemKind.BUSY,
    StoreError: ProblemKind.AWAY,
    Exception: ProblemKind.BROKEN,
}


def _problem(error: Exception) -> Problem:
    kind = next(kind for raised, kind in _KINDS.items() if isinstance(error, raised))
    match error:
        case HTTPException(status_code=HTTPStatus.METHOD_NOT_ALLOWED):
            return Problem(ProblemKind.NO_METHOD)
        case RequestValidationError():
            said = ((map(str, each["loc"]), str(each["msg"])) for each in error.errors())
            faults = tuple(Fault(field="/".join(at), problem=problem) for at, problem in said)
            return Problem(kind, faults=faults)
        case BodyTooLong(most=most):
            return Problem(kind, f"A document may have {most:,} bytes at most.")
        case StoreError() if kind is ProblemKind.AWAY:
            log.error("store does not answer", problem=str(error))
        case _:
            pass
    return Problem(kind)
