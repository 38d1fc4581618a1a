"""A request's body: of a media type that is understood, and no longer than allowed.

Knows HTTP's ways to say how a body is packed. Must never know what a document says.
"""

from http import HTTPStatus

from starlette.requests import Request

from feeds.parse.push import ENTRY_MEDIA_TYPE, MEDIA_TYPE
from feeds.push.problems import Problem

__all__ = ["ATOM", "JSON", "body_of", "media_type_of"]

JSON = "application/json"
ATOM = "application/atom+xml"


def media_type_of(request: Request) -> str:
    """What the document is to be read as. Raises Problem: 415."""
    if request.headers.get("content-encoding", "identity").strip().casefold() != "identity":
        raise _unsupported("Send the document as it is, without Content-Encoding.")
    said = request.headers.get("content-type", "")
    name, separator, parameters = said.partition(";")
    match name.strip().casefold():
        case "application/json" | "application/vnd.fieldfare.item+json":
            return MEDIA_TYPE
        case "application/atom+xml":
            # With its charset, which XML in another encoding may need (RFC 7303).
            return f"{ENTRY_MEDIA_TYPE}{separator}{parameters}"
        case _:
            raise _unsupported(f"Send {JSON} or {ATOM}, and say which as Content-Type.")


async def body_of(request: Request, most: int) -> bytes:
    """The whole body; reading stops where it is too long. Raises Problem: 413."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise _too_long(most)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise _too_long(most)
    return bytes(body)


def _unsupported(detail: str) -> Problem:
    accepted = {"Accept": f"{JSON}, {ATOM};type=entry", "Accept-Encoding": "identity"}
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, headers=accepted)


def _too_long(most: int) -> Problem:
    # What is left of it is not read: the connection cannot be used again.
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"A document may have {most:,} bytes at most.",
        headers={"Connection": "close"},
    )
