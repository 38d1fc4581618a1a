"""The body of a request, as JSON: read within bounds, held to its model, every fault told at once.

Knows HTTP and JSON. Must never know what a body asks for.
"""

from typing import Any, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from config.values import media_type
from feeds.parse.push import JSON
from feeds.parse.push.members import faults_of
from feeds.parse.push.strict_json import NotStrictJson, loaded
from feeds.web.problems import CommonProblem, Problem, ProblemKind
from feeds.web.request_limits import body_of

#: Some hundred topics, and a long text.
_MOST_BYTES: Final = 64_000

Body = TypeVar("Body", bound=BaseModel)


class BodyProblem(ProblemKind):
    """What may be wrong with any body."""

    OTHER_TYPE = (
        415,
        f"Send {JSON}, without Content-Encoding.",
        {"Accept": JSON, "Accept-Encoding": "identity"},
    )


async def json_of(request: Request) -> bytes:
    """The bytes of a body of JSON. Raises Problem: 415; BodyTooLong, ClientDisconnect."""
    is_plain = request.headers.get("content-encoding", "identity").strip().lower() == "identity"
    if not is_plain or media_type(request.headers.get("content-type", "")) != JSON:
        raise Problem(BodyProblem.OTHER_TYPE)
    return await body_of(request, _MOST_BYTES)


def strict(body: bytes) -> object:
    """The value that JSON says. Raises Problem: 400."""
    try:
        return loaded(body)
    except NotStrictJson as error:
        why = str(error)
        problem = CommonProblem.NO_STRICT_JSON
        raise Problem(problem, f"{why[:1].upper()}{why[1:]}.") from error


def modelled(body: bytes, model: type[Body]) -> Body:
    """What a body asks for. Raises Problem: 400, 422 with all that is wrong."""
    try:
        return model.model_validate(strict(body))
    except ValidationError as error:
        raise Problem.of_faults(*faults_of(error, ", ".join(model.model_fields))) from error


def body_described(model: type[BaseModel], example: object = None) -> dict[str, Any]:
    """What the document of the API says of such a body, as FastAPI takes it."""
    content: dict[str, object] = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    if example is not None:
        content["example"] = example
    return {"requestBody": {"required": True, "content": {JSON: content}}}
