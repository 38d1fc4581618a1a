"""The published directory over HTTP: GET and HEAD, from memory, with validators.

Knows ASGI. Must never know what is in a file; what there is to say about a missing one is said
by the application (`HTTPException`).
"""

from typing import assert_never

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from feeds.web.conditional import Preconditions, Verdict, evaluate
from feeds.web.directory import Directory, Served, file_of
from feeds.web.representation import Headers, Representation, prefers_gzip


class PublishedFiles:
    """An ASGI application that answers with the files of a directory.

    A file that did not change since it was read costs one stat, one look-up and no copy.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answers one request. Raises HTTPException: 404, 503, 405 for all but GET and HEAD."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        served = await self._find(scope)
        asked = _fields(scope)
        chosen = _chosen(served, asked.get(b"accept-encoding"))
        status, headers, body = _answer(chosen, _preconditions(asked))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        empty = scope["method"] == "HEAD"
        await send({"type": "http.response.body", "body": b"" if empty else body})

    async def _find(self, scope: Scope) -> Served:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        name = file_of(path, scope.get("raw_path") or b"")
        signature = self._directory.signature(name) if name else None
        if name is None or signature is None:
            raise HTTPException(404)
        served = self._directory.remembered(name, signature) or await self._read(name)
        if served is None:
            raise HTTPException(404)
        return served

    async def _read(self, name: str) -> Served | None:
        try:
            served = await run_in_threadpool(self._directory.read, name)
        except OSError as error:
            # Who reads a feed takes a 404 for its end.
            raise HTTPException(503, headers={"Retry-After": "10"}) from error
        if served is not None:
            self._directory.remember(name, served)
        return served


#: The request fields that matter here; a field sent in several lines is one list.
_WANTED = frozenset(
    {
        b"accept-encoding",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-unmodified-since",
    }
)


def _fields(scope: Scope) -> dict[bytes, str]:
    fields: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in _WANTED:
            text = value.decode("latin-1")
            fields[name] = f"{fields[name]}, {text}" if name in fields else text
    return fields


def _preconditions(asked: dict[bytes, str]) -> Preconditions:
    return Preconditions(
        if_match=asked.get(b"if-match"),
        if_modified_since=asked.get(b"if-modified-since"),
        if_none_match=asked.get(b"if-none-match"),
        if_unmodified_since=asked.get(b"if-unmodified-since"),
    )


def _chosen(served: Served, accept_encoding: str | None) -> Representation:
    if served.packed and accept_encoding and prefers_gzip(accept_encoding):
        return served.packed
    return served.plain


def _answer(chosen: Representation, asked: Preconditions) -> tuple[int, Headers, bytes]:
    verdict = evaluate(asked, chosen.etag, chosen.modified)
    match verdict:
        case Verdict.SEND:
            return 200, chosen.headers, chosen.body
        case Verdict.NOT_MODIFIED:
            return 304, chosen.unmodified, b""
        case Verdict.FAILED:
            return 412, [(b"content-length", b"0")], b""
        case _:
            assert_never(verdict)
