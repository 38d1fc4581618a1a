"""The push API as its document describes it (OpenAPI 3.1).

Knows what may be sent and what may come back. Must never know how it comes about.
"""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from typing_extensions import override

from feeds.parse.push.pushed_item import PushedItem
from feeds.push.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from feeds.push.problems import ProblemDetails
from feeds.push.receipt import ItemShown, Receipt

JSON = "application/json"
ATOM = "application/atom+xml"

_SUMMARY = """\
Hands in news items, revises and withdraws them. Every source has a token of its own, and reaches
the items it handed in with it, and nothing else. Items are named by ids of your own choice.
"""

_REF = "#/components/schemas/{model}"

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


class DescribedApi(FastAPI):
    """An application whose document names the shape of what is pushed; it has no pages."""

    def __init__(self, *, version: str, at: str) -> None:
        super().__init__(
            title="Fieldfare push API",
            description=_SUMMARY,
            version=version,
            servers=[{"url": at}],
            root_path_in_servers=False,
            # Their scripts come from elsewhere.
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )

    @override
    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        schemas = document["components"]["schemas"]
        if PushedItem.__name__ not in schemas:
            _, ours = models_json_schema(
                [(PushedItem, "validation"), (ProblemDetails, "serialization")], ref_template=_REF
            )
            schemas.update(ours["$defs"])
        return document


_WHEN = {
    HTTPStatus.BAD_REQUEST: "The body is no JSON in UTF-8, or JSON that readers read differently.",
    HTTPStatus.UNAUTHORIZED: "There is no token, or it is not known.",
    HTTPStatus.FORBIDDEN: "The token is for another source than the one named.",
    HTTPStatus.NOT_FOUND: "Nothing was pushed under this id.",
    HTTPStatus.CONFLICT: "The id stands for an item that says something else: use PUT.",
    HTTPStatus.GONE: "The item under this id was withdrawn.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The document is too long.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is neither JSON nor an Atom entry.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something in the request is wrong; `faults` names all of it."
    " Or the Idempotency-Key was another request's.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Try again after the seconds in Retry-After.",
}


def _schema(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


_CONTENT = {
    JSON: {"schema": _schema(PushedItem), "example": _JSON_EXAMPLE},
    ATOM: {
        "schema": {"type": "string", "description": "An atom:entry (RFC 4287)."},
        "example": _ATOM_EXAMPLE,
    },
}
_BODY = {"openapi_extra": {"requestBody": {"required": True, "content": _CONTENT}}}
# What any request can fail by, what one that brings a document can, and one that names an item.
_ALWAYS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_BRINGING = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
_NAMING = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def _operation(
    name: str, fulfilled: dict[HTTPStatus, dict[str, Any]], *problems: HTTPStatus
) -> dict[str, Any]:
    """What is said of a request beside its parameters; the likeliest of its answers comes first."""
    content = {PROBLEM_MEDIA_TYPE: {"schema": _schema(ProblemDetails)}}
    failed = {
        status: {"description": _WHEN[status], "content": content}
        for status in sorted((*_ALWAYS, *problems))
    }
    return {
        "operation_id": name,
        "status_code": next(iter(fulfilled)),
        "response_model": None,
        "responses": {**fulfilled, **failed},
    }


def _receipt(description: str, header: str = "Content-Location") -> dict[str, Any]:
    told = {"description": "The item's address here.", "schema": {"type": "string"}}
    return {"model": Receipt, "description": description, "headers": {header: told}}


_NEW = {HTTPStatus.CREATED: _receipt("The item is new.", "Location")}
_SAME = {HTTPStatus.OK: _receipt("The item is there already and says the same.")}
_SAYS = {HTTPStatus.OK: _receipt("The item says this now, or did so before.")}
_WITHDRAWN = {HTTPStatus.OK: _receipt("The item is withdrawn.")}
_STANDS = {HTTPStatus.OK: {"model": ItemShown, "description": "The item as it stands."}}

CREATE = _operation("createItem", _NEW | _SAME, *_BRINGING, HTTPStatus.CONFLICT) | _BODY
REPLACE = _operation("replaceItem", _SAYS | _NEW, *_BRINGING) | _BODY
REMOVE = _operation("withdrawItem", _WITHDRAWN, *_NAMING)
SHOW = _operation("showItem", _STANDS, *_NAMING)
