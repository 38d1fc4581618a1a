"""What a program is told when its request cannot be fulfilled: problem details (RFC 9457).

Knows status codes and the shape of a problem. Must never know what was asked.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from feeds.errors import StoreBusy, StoreError
from feeds.parse.push import Fault

__all__ = ["HANDLERS", "FaultShown", "Problem", "ProblemShown"]

log = structlog.get_logger(__name__)

_MEDIA_TYPE = "application/problem+json"
#: Another ingest takes seconds; a store that is away takes longer.
_BUSY_SECONDS = "5"
_AWAY_SECONDS = "60"


class FaultShown(BaseModel):
    """One thing that is wrong with the document."""

    field: str = Field(
        description="Which member, as a JSON Pointer (RFC 6901); empty for the whole document.",
        examples=["/issued"],
    )
    problem: str = Field(description="What is wrong, and what is allowed.")


class ProblemShown(BaseModel):
    """Why the request was not fulfilled (RFC 9457); nothing was changed by it."""

    type: str = Field(default="about:blank")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong with this request, and what to do.")
    faults: list[FaultShown] = Field(
        default=[], description="Every fault of the document (422 only)."
    )


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
        self.status = status
        self.detail = detail
        self.faults = faults
        self.headers = dict(headers or {})

    def response(self) -> Response:
        shown = ProblemShown(
            title=self.status.phrase,
            status=self.status,
            detail=self.detail,
            faults=[FaultShown(field=fault.field, problem=fault.problem) for fault in self.faults],
        )
        left_out = None if self.faults else {"faults"}
        return JSONResponse(
            shown.model_dump(exclude=left_out),
            status_code=self.status,
            headers=self.headers,
            media_type=_MEDIA_TYPE,
        )


async def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - what it is registered for
    return error.response()


async def _refused(_request: Request, error: Exception) -> Response:
    """What the router says: no such address, no such method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    status = HTTPStatus(error.status_code)
    return Problem(
        status, _REFUSED.get(status, status.description), headers=error.headers
    ).response()


_REFUSED = {
    HTTPStatus.NOT_FOUND: "There is nothing under this address; see openapi.json.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address takes no such request; see openapi.json.",
}


async def _misput(_request: Request, error: Exception) -> Response:
    """Parameters of the address or the head that are not as documented."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    faults = tuple(
        Fault("/".join(map(str, each["loc"])), str(each["msg"])) for each in error.errors()
    )
    detail = "The request's parameters are not as documented in openapi.json."
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults=faults).response()


async def _busy(_request: Request, _error: Exception) -> Response:
    detail = "Another ingest is at work; try again in a few seconds."
    headers = {"Retry-After": _BUSY_SECONDS}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers).response()


async def _away(_request: Request, error: Exception) -> Response:
    log.error("store does not answer", problem=str(error))
    detail = "This does not work at the moment; try again in a few minutes."
    headers = {"Retry-After": _AWAY_SECONDS}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers).response()


async def _hung_up(_request: Request, _error: Exception) -> Response:
    """Nobody reads this."""
    return Problem(HTTPStatus.BAD_REQUEST, "The request ended before its body did.").response()


async def _broken(_request: Request, _error: Exception) -> Response:
    """The server logs the error itself; it is raised again after this."""
    detail = "Something went wrong here. It is no fault of yours, and it is noted."
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail).response()


HANDLERS: Mapping[int | type[Exception], Any] = {
    Problem: _told,
    HTTPException: _refused,
    RequestValidationError: _misput,
    StoreBusy: _busy,
    StoreError: _away,
    ClientDisconnect: _hung_up,
    Exception: _broken,
}
