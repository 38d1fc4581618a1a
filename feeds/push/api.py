"""The addresses where publishers push, and what the document of the API says of them (OpenAPI).

Knows HTTP. Must never know how an item is understood or stored.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from config import values
from config.scopes import Scope
from feeds.draft import Document
from feeds.parse.push import ATOM, JSON
from feeds.parse.push.members import Fault
from feeds.parse.push.pushed_item import ID_CHARS, ID_RULE, PushedItem, is_id
from feeds.push.push_problems import PushProblem
from feeds.push.receive import ItemShown, Outcome, PushedItems, Receipt
from feeds.web import problems
from feeds.web.bearer_api import Bearer, scoped
from feeds.web.problems import Problem, Responses
from feeds.web.request_limits import ThreadLimit, body_of

log = structlog.get_logger(__name__)

# JSON may be sent under a name of its own, too.
_OWN_JSON = "application/vnd.fieldfare.item+json"

# A push holds two connections of the store; others wait here rather than there. One that is not
# answered within half a minute is sent again by most programs.
_AT_ONCE = 4
_PATIENCE_SECONDS = 30.0

# -- What a request brings -------------------------------------------------------------------------

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
        max_length=255,
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


def _source(asking: Annotated[Bearer, scoped(Scope.ITEMS_PUSH)], meant: _Meant = None) -> str:
    """The source that asks. Raises Problem: 401, or 403 where it is not the one that is meant."""
    if meant not in (None, asking.name):
        raise Problem(PushProblem.OTHER_SOURCE)
    return asking.name


_Source = Annotated[str, Depends(_source)]


# -- What the document says ------------------------------------------------------------------------

_JSON_EXAMPLE = {
    "id": "press-2026-0417",
    "title": "Police officers trained in digital investigations",
    "summary": "Twenty officers practised how to secure electronic evidence.",
    "html": "<p>The course was held in <b>Vienna</b>.</p>",
    "url": "https://www.example.org/press/417",
    "issued": "2026-11-20T09:30:00+01:00",
    "language": "en",
    "content_type": "News Item",
    "issuers": ["Secretariat"],
    "fields": ["Policing"],
}
_ATOM_EXAMPLE = """\
<entry xmlns="http://www.w3.org/2005/Atom">
  <id>tag:example.org,2026:press-417</id>
  <title>Police officers trained in digital investigations</title>
  <updated>2026-11-20T09:30:00+01:00</updated>
  <content type="html">&lt;p&gt;The course was held in Vienna.&lt;/p&gt;</content>
</entry>
"""
_CONTENT = {
    JSON: {"schema": {"$ref": "#/components/schemas/PushedItem"}, "example": _JSON_EXAMPLE},
    ATOM: {
        "schema": {"type": "string", "description": "An atom:entry (RFC 4287)."},
        "example": _ATOM_EXAMPLE,
    },
}
_BODY = {"requestBody": {"required": True, "content": _CONTENT}}
_ADDRESS = {"description": "The item's address here.", "schema": {"type": "string"}}


def _item(status: int, words: str, model: type[ItemShown] = Receipt) -> Responses:
    return {status: {"description": words, "model": model, "headers": {_place(status): _ADDRESS}}}


def _place(status: int) -> str:
    """The field of the head that tells an item's address."""
    return "Location" if status == HTTPStatus.CREATED else "Content-Location"


_problems = partial(problems.responses, PushProblem)
_ANY = _problems(401, 403, 422, 503)
_CREATED = (
    _ANY | _item(201, "The item is new.") | _item(200, "The item says this now, or did so before.")
)
_WITHDRAWN = _ANY | _item(200, "The item is withdrawn.") | _problems(404, 410)
_SHOWN = _ANY | _item(200, "The item as it stands.", ItemShown) | _problems(404, 410)

# -- The API ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PushApi:
    """The requests; what they ask for is done in threads, some at once.

    Who has a token for that is a source that is pushed to; ``on_change`` hears, in a thread, of
    every change.
    """

    pushed: PushedItems
    max_bytes: int
    on_change: Callable[[], None]
    _limit: ThreadLimit = field(
        default_factory=partial(ThreadLimit, _AT_ONCE, _PATIENCE_SECONDS), init=False
    )

    @property
    def bodies(self) -> tuple[type[PushedItem]]:
        return (PushedItem,)

    def add_to(self, app: FastAPI) -> None:
        """The application takes items."""
        created = _CREATED | _problems(400, 409, 410, 413, 415)
        app.post(
            "/items",
            name="createItem",
            status_code=201,
            responses=created,
            openapi_extra=_BODY,
        )(self.create)
        # ":path", as an id may hold slashes.
        item, replaced = "/items/{item_id:path}", _CREATED | _problems(400, 410, 413, 415)
        app.put(item, name="replaceItem", responses=replaced, openapi_extra=_BODY)(self.replace)
        app.delete(item, name="withdrawItem", responses=_WITHDRAWN)(self.withdraw)
        app.get(item, name="showItem", responses=_SHOWN)(self.show)
        # Whoever takes GET takes HEAD (RFC 9110 9.1), which FastAPI would not.
        app.head(item, include_in_schema=False)(self.show)

    async def create(self, request: Request, source: _Source, key: _Key = None) -> Response:
        """Hand in a new item."""
        return await self._receive(request, source, key)

    async def replace(
        self, request: Request, item_id: _Id, source: _Source, key: _Key = None
    ) -> Response:
        """Hand in an item or revise it; one that was withdrawn is back."""
        if not is_id(item_id):
            raise Problem.of_faults(Fault(field="/id", problem=f"must be {ID_RULE}"))
        return await self._receive(request, source, key, item_id)

    async def withdraw(self, request: Request, item_id: _Id, source: _Source) -> Response:
        """Withdraw an item: feeds and pages no longer show it."""
        return await self._done(request, source, partial(self.pushed.withdraw, source, item_id))

    async def show(self, request: Request, item_id: _Id, source: _Source) -> Response:
        """How an item stands."""
        return await self._done(request, source, partial(self.pushed.look, source, item_id))

    async def _receive(
        self, request: Request, source: str, key: str | None, name: str = ""
    ) -> Response:
        media_type = _media_type(request)
        body = await body_of(request, self.max_bytes)
        document = Document(source=source, name=name, body=body, media_type=media_type)
        return await self._done(request, source, partial(self.pushed.receive, document, key))

    async def _done(self, request: Request, source: str, work: Callable[[], ItemShown]) -> Response:
        item = await self._limit.run(self._told, source, work)
        status = 201 if isinstance(item, Receipt) and item.is_new else 200
        location = f"{request.scope['root_path']}/items/{quote(item.id, safe='')}"
        return JSONResponse(item.model_dump(mode="json"), status, {_place(status): location})

    def _told(self, source: str, work: Callable[[], ItemShown]) -> ItemShown:
        item = work()
        if isinstance(item, Receipt):
            log.info("item pushed", source=source, item=item.uid, outcome=item.outcome.value)
            if item.outcome is not Outcome.UNCHANGED:
                self.on_change()
        return item


def _media_type(request: Request) -> str:
    """What the document is to be read as. Raises Problem: 415."""
    if request.headers.get("content-encoding", "identity").strip().casefold() != "identity":
        raise Problem(PushProblem.ENCODED)
    said = request.headers.get("content-type", "")
    media_type = values.media_type(said)
    if media_type in (JSON, _OWN_JSON):
        return JSON
    if media_type == ATOM:
        # With its charset, which XML in another encoding may need (RFC 7303).
        _, separator, parameters = said.partition(";")
        return f"{ATOM}{separator}{parameters}"
    raise Problem(PushProblem.OTHER_TYPE)
