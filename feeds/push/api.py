"""The addresses of the push API, and what a request to each must bring.

Knows HTTP and who asks. Must never know how an item is understood or stored.
"""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

import anyio.to_thread
import structlog
from anyio import CapacityLimiter
from fastapi import Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp

from config import values
from feeds.draft import Document
from feeds.parse.push import ENTRY_MEDIA_TYPE, MEDIA_TYPE
from feeds.parse.push.pushed_item import ID_CHARS, Fault, is_id
from feeds.push import contract
from feeds.push.access import Tokens
from feeds.push.problems import Problem, tell_problems
from feeds.push.receipt import ItemShown, Outcome, Receipt
from feeds.push.receive import PushedItems
from feeds.web.request_body import body_of

log = structlog.get_logger(__name__)

# A push holds two connections of the store; others wait here rather than there.
_AT_ONCE = 4
_KEY_CHARS = 255

_Id = Annotated[
    str,
    Path(
        max_length=ID_CHARS,
        description="Your own id of the item, percent-encoded.",
        examples=["press-2026-0417"],
    ),
]
_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=_KEY_CHARS,
        description="Any text of yours that is new for every new request. A fulfilled request that"
        " is repeated with its key within 7 days changes nothing and gets the same answer.",
    ),
]
_Meant = Annotated[
    str | None,
    Query(
        alias="source",
        description="The source you mean; refused (403) where the token is for another one.",
    ),
]
_Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="The token of your source.")),
]


def create_api(
    pushed: PushedItems,
    *,
    tokens: Mapping[str, str],
    max_bytes: int,
    on_change: Callable[[], None],
    version: str,
    at: str = "/api",
) -> ASGIApp:
    """The push API, to be mounted at ``at``.

    ``tokens`` holds the token of each source that is pushed to; ``on_change`` hears, in a thread,
    of every change.
    """
    app = contract.DescribedApi(version=version, at=at)
    known = Tokens(tokens)
    work = _Work(pushed, at, max_bytes, on_change)

    def source_of(bearer: _Bearer, meant: _Meant = None) -> str:
        return known.source(bearer.credentials if bearer else None, meant)

    source_asking = Annotated[str, Depends(source_of)]

    async def create(request: Request, source: source_asking, key: _Key = None) -> Response:
        """Hand in a new item."""
        return await work.receive(request, source, key)

    async def replace(
        request: Request, item_id: _Id, source: source_asking, key: _Key = None
    ) -> Response:
        """Hand in an item or revise it; one that was withdrawn is back."""
        if not is_id(item_id):
            raise Problem.of_faults(Fault(field="/id", problem=_NO_ID))
        return await work.receive(request, source, key, item_id)

    async def remove(item_id: _Id, source: source_asking) -> Response:
        """Withdraw an item: feeds and pages no longer show it."""
        return await work.done(source, partial(pushed.withdraw, source, item_id))

    async def show(item_id: _Id, source: source_asking) -> Response:
        """How an item stands."""
        return await work.done(source, partial(pushed.look, source, item_id))

    app.post("/items", **contract.CREATE)(create)
    # ":path", as an id may hold slashes.
    app.put("/items/{item_id:path}", **contract.REPLACE)(replace)
    app.delete("/items/{item_id:path}", **contract.REMOVE)(remove)
    app.get("/items/{item_id:path}", **contract.SHOW)(show)
    tell_problems(app)
    return app


class _Work:
    """What a request asks for is done in a thread, some at once, and answered."""

    def __init__(
        self, pushed: PushedItems, at: str, max_bytes: int, on_change: Callable[[], None]
    ) -> None:
        self._pushed = pushed
        self._at = at
        self._max_bytes = max_bytes
        self._on_change = on_change
        self._limiter = CapacityLimiter(_AT_ONCE)

    async def receive(
        self, request: Request, source: str, key: str | None, item_id: str = ""
    ) -> Response:
        media_type = _media_type(request)
        body = await body_of(request, self._max_bytes)
        document = Document(source=source, name=item_id, body=body, media_type=media_type)
        return await self.done(source, partial(self._pushed.receive, document, key))

    async def done(self, source: str, work: Callable[[], ItemShown]) -> Response:
        told = partial(self._told, source, work)
        item = await anyio.to_thread.run_sync(told, limiter=self._limiter)
        is_new = isinstance(item, Receipt) and item.is_new
        location = f"{self._at}/items/{quote(item.id, safe='')}"
        return JSONResponse(
            item.model_dump(mode="json"),
            status_code=HTTPStatus.CREATED if is_new else HTTPStatus.OK,
            headers={"Location": location} if is_new else {"Content-Location": location},
        )

    def _told(self, source: str, work: Callable[[], ItemShown]) -> ItemShown:
        item = work()
        if isinstance(item, Receipt):
            log.info("item pushed", source=source, item=item.uid, outcome=item.outcome.value)
            if item.outcome is not Outcome.UNCHANGED:
                self._on_change()
        return item


def _media_type(request: Request) -> str:
    """What the document is to be read as. Raises Problem: 415."""
    if request.headers.get("content-encoding", "identity").strip().casefold() != "identity":
        raise _unsupported("Send the document as it is, without Content-Encoding.")
    said = request.headers.get("content-type", "")
    match values.media_type(said):
        case contract.JSON | "application/vnd.fieldfare.item+json":
            return MEDIA_TYPE
        case contract.ATOM:
            # With its charset, which XML in another encoding may need (RFC 7303).
            _, separator, parameters = said.partition(";")
            return f"{ENTRY_MEDIA_TYPE}{separator}{parameters}"
        case _:
            types = f"{contract.JSON} or {contract.ATOM}"
            raise _unsupported(f"Send {types}, and say which as Content-Type.")


def _unsupported(detail: str) -> Problem:
    accepted = f"{contract.JSON}, {contract.ATOM};type=entry"
    headers = {"Accept": accepted, "Accept-Encoding": "identity"}
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, headers=headers)


_NO_ID = f"must be 1 to {ID_CHARS} characters, none of them a control character"
