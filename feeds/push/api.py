"""The addresses of the push API, and what a request to each must bring.

Knows HTTP and who asks. Must never know how an item is understood or stored.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

import anyio.to_thread
import structlog
from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp

from feeds.parse.push import Fault
from feeds.parse.push.values import ID_CHARS, is_id
from feeds.push import contract
from feeds.push.access import Tokens
from feeds.push.answers import Told
from feeds.push.problems import HANDLERS
from feeds.push.receipt import Faults, NotThere, Outcome, Push, Receipt, Verdict
from feeds.push.receive import Counter, look, receive, withdraw
from feeds.push.reception import body_of, media_type_of

__all__ = ["create_api"]

log = structlog.get_logger(__name__)

# A push holds up to three connections of the store; others wait here rather than there.
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
    counter: Counter,
    *,
    tokens: Mapping[str, str],
    page_of: Callable[[str], str],
    max_bytes: int,
    on_change: Callable[[], None],
    version: str,
    at: str = "/api",
) -> ASGIApp:
    """The push API, to be mounted at ``at``.

    ``tokens`` holds the token of each source that is pushed to, ``page_of`` gives the address of
    an item's page by its slug, and ``on_change`` hears, in a thread, of every change.
    """
    desk = _Desk(
        counter, Tokens(tokens), Told(at, page_of), max_bytes=max_bytes, on_change=on_change
    )
    app = contract.Api(version=version, at=at)
    app.include_router(desk.router())
    for error, handler in HANDLERS.items():
        app.add_exception_handler(error, handler)
    return app


class _Desk:
    """The four requests there are."""

    def __init__(
        self,
        counter: Counter,
        tokens: Tokens,
        told: Told,
        *,
        max_bytes: int,
        on_change: Callable[[], None],
    ) -> None:
        self._counter = counter
        self._tokens = tokens
        self._told = told
        self._max_bytes = max_bytes
        self._on_change = on_change
        self._limiter = CapacityLimiter(_AT_ONCE)

    def router(self) -> APIRouter:
        asks = Depends(self._source)

        async def create(
            request: Request, source: Annotated[str, asks], key: _Key = None
        ) -> Response:
            """Hand in a new item."""
            return await self._receive(request, source, key, None)

        async def replace(
            request: Request, item_id: _Id, source: Annotated[str, asks], key: _Key = None
        ) -> Response:
            """Hand in an item or revise it; one that was withdrawn is back."""
            if not is_id(item_id):
                return self._told.response(Faults((Fault("/id", _NO_ID),)))
            return await self._receive(request, source, key, item_id)

        async def remove(item_id: _Id, source: Annotated[str, asks]) -> Response:
            """Withdraw an item: feeds and pages no longer show it."""
            done = partial(withdraw, self._counter, source, item_id)
            return await self._answer(source, done if is_id(item_id) else NotThere)

        async def show(item_id: _Id, source: Annotated[str, asks]) -> Response:
            """How an item stands."""
            seen = partial(look, self._counter, source, item_id)
            return await self._answer(source, seen if is_id(item_id) else NotThere)

        router = APIRouter()
        router.post("/items", **contract.CREATE)(create)
        # ":path", as an id may hold slashes.
        router.put("/items/{item_id:path}", **contract.REPLACE)(replace)
        router.delete("/items/{item_id:path}", **contract.REMOVE)(remove)
        router.get("/items/{item_id:path}", **contract.SHOW)(show)
        return router

    def _source(self, bearer: _Bearer, meant: _Meant = None) -> str:
        return self._tokens.source(bearer.credentials if bearer else None, meant)

    async def _receive(
        self, request: Request, source: str, key: str | None, item_id: str | None
    ) -> Response:
        media_type = media_type_of(request)
        push = Push(
            source=source,
            body=await body_of(request, self._max_bytes),
            media_type=media_type,
            id=item_id,
            replaces=item_id is not None,
            key=key,
        )
        return await self._answer(source, partial(receive, self._counter, push))

    async def _answer(self, source: str, work: Callable[[], Verdict]) -> Response:
        verdict = await anyio.to_thread.run_sync(self._done, source, work, limiter=self._limiter)
        return self._told.response(verdict)

    def _done(self, source: str, work: Callable[[], Verdict]) -> Verdict:
        verdict = work()
        if isinstance(verdict, Receipt) and verdict.outcome:
            log.info("item pushed", source=source, item=verdict.uid, outcome=verdict.outcome.value)
            if verdict.outcome is not Outcome.UNCHANGED:
                self._on_change()
        return verdict


_NO_ID = f"must be 1 to {ID_CHARS} characters, none of them a control character"
