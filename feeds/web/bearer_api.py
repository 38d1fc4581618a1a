"""The API as one: who may ask for what by a token (RFC 6750), and the document that describes it.

Knows tokens by their hashes, and FastAPI. Must never know what is asked for, or tell how near a
wrong token came.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Protocol

from fastapi import Depends, FastAPI, Request, params
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp

from config.scopes import MEANINGS, Scope
from feeds.web import problems
from feeds.web.problems import CommonProblem, Problem, ProblemDetails, insufficient

_SUMMARY = """\
What programs of yours ask of Fieldfare. Each has a token of its own, which says what it is for.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whoever has a token: under which name they are known, and for which scopes it is."""

    name: str
    scopes: frozenset[Scope]


class ApiPart(Protocol):
    """Some of the requests; ``bodies`` are what they take, which FastAPI does not read."""

    @property
    def bodies(self) -> Iterable[type[BaseModel]]: ...

    def add_to(self, app: FastAPI) -> None:
        """The application answers them."""


def api_app(version: str, bearers: Mapping[str, Bearer], *parts: ApiPart) -> ASGIApp:
    """The API, to be mounted; ``bearers`` are told by their tokens, no two of them the same."""
    app = FastAPI(
        title="Fieldfare API",
        description=_SUMMARY,
        version=version,
        generate_unique_id_function=lambda route: route.name,
        # Pages, whose scripts come from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.bearers = {_hash(token): bearer for token, bearer in bearers.items()}
    for part in parts:
        part.add_to(app)
    bodies = tuple(body for part in parts for body in part.bodies)
    app.openapi = partial(_description, app.openapi, bodies)  # type: ignore[method-assign]
    problems.tell_problems(app)
    return app


_SCOPES = "\n".join(f"- `{scope}`: {meaning}" for scope, meaning in MEANINGS.items())
_Said = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(
        HTTPBearer(
            auto_error=False,
            description=f"The token of your program, which is for some of these:\n\n{_SCOPES}",
        )
    ),
]


def scoped(scope: Scope) -> params.Security:
    """What takes the bearers of tokens for a scope alone. Raises Problem: 401, 403."""
    return params.Security(_allowed, scopes=[scope])


def _allowed(request: Request, needed: SecurityScopes, said: _Said) -> Bearer:
    if said is None:
        raise Problem(CommonProblem.NO_TOKEN)
    bearers: Mapping[bytes, Bearer] = request.app.state.bearers
    told = _hash(said.credentials)
    # Every token is compared, in the same time, whether one before was equal or not.
    equal = [each for kept, each in bearers.items() if hmac.compare_digest(told, kept)]
    if not equal:
        raise Problem(CommonProblem.UNKNOWN_TOKEN)
    [asking] = equal
    for scope in map(Scope, needed.scopes):
        if scope not in asking.scopes:
            raise unscoped(asking, scope)
    return asking


def unscoped(asking: Bearer, scope: Scope) -> Problem:
    """That a token is not for a scope, which the head of the answer names (RFC 6750, section 3)."""
    detail = f"The token of {asking.name!r} is not for {scope}: to {MEANINGS[scope]}."
    return Problem(CommonProblem.NO_SCOPE, detail, headers=insufficient(scope))


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


def _description(
    of_routes: Callable[[], dict[str, Any]], bodies: Iterable[type[BaseModel]]
) -> dict[str, Any]:
    """The document of OpenAPI, made when it is first asked for: that takes longer than all else of
    the API does.
    """
    described = of_routes()
    _, schemas = models_json_schema(
        [*((body, "validation") for body in bodies), (ProblemDetails, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    described["components"]["schemas"] |= schemas["$defs"]
    return described
