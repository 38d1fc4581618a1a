"""What a program is told when its request cannot be fulfilled: problem details (RFC 9457).

Knows status codes and the shape of a problem. Must never know what was asked.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Self

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from feeds.errors import StoreBusy, StoreError
from feeds.parse.push.pushed_item import Fault
from feeds.web.request_body import BodyTooLong

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
#: Another ingest takes seconds; a store that is away takes longer.
_BUSY_SECONDS = "5"
_AWAY_SECONDS = "60"


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
        status: HTTPStatus,
        detail: str,
        *,
        faults: tuple[Fault, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.details = ProblemDetails(
            title=status.phrase, status=status, detail=detail, faults=[*faults]
        )
        self.headers = headers

    @classmethod
    def of_faults(cls, *faults: Fault) -> Self:
        """The document is readable, and these things in it are wrong."""
        detail = f"The item cannot be taken as it is: {len(faults)} fault(s), listed here."
        return cls(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults=faults)

    def response(self) -> Response:
        shown = self.details.model_dump(exclude=None if self.details.faults else {"faults"})
        return JSONResponse(shown, self.details.status, self.headers, MEDIA_TYPE)


def tell_problems(app: Starlette) -> None:
    """Whatever ``app`` cannot do, it tells as a problem."""
    errors = (Problem, HTTPException, RequestValidationError, BodyTooLong, ClientDisconnect)
    for error in (*errors, StoreBusy, StoreError, Exception):
        app.add_exception_handler(error, _told)


async def _told(_request: Request, error: Exception) -> Response:
    return _problem(error).response()


def _problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case HTTPException():
            # What the router says: no such address, no such method.
            status = HTTPStatus(error.status_code)
            detail = _REFUSED.get(status, status.description)
            return Problem(status, detail, headers=error.headers)
        case RequestValidationError():
            return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, _MISPUT, faults=_misput(error))
        case BodyTooLong(most=most):
            detail = f"A document may have {most:,} bytes at most."
            headers = {"Connection": "close"}
            return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, headers=headers)
        case _:
            return _mishap(error)


def _mishap(error: Exception) -> Problem:
    """What no request is to blame for."""
    match error:
        case ClientDisconnect():
            # Nobody reads this.
            return Problem(HTTPStatus.BAD_REQUEST, "The request ended before its body did.")
        case StoreBusy():
            return _later(_BUSY, _BUSY_SECONDS)
        case StoreError():
            log.error("store does not answer", problem=str(error))
            return _later(_AWAY, _AWAY_SECONDS)
        case _:
            # The server logs the error itself; it is raised again after this.
            return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, _BROKEN)


def _misput(error: RequestValidationError) -> tuple[Fault, ...]:
    """Parameters of the address or the head that are not as documented."""
    return tuple(
        Fault(field="/".join(map(str, each["loc"])), problem=str(each["msg"]))
        for each in error.errors()
    )


def _later(detail: str, seconds: str) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": seconds})


_REFUSED = {
    HTTPStatus.NOT_FOUND: "There is nothing under this address; see openapi.json.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address takes no such request; see openapi.json.",
}
_MISPUT = "The request's parameters are not as documented in openapi.json."
_BUSY = "Another ingest is at work; try again in a few seconds."
_AWAY = "This does not work at the moment; try again in a few minutes."
_BROKEN = "Something went wrong here. It is no fault of yours, and it is noted."
