"""The published directory over HTTP: GET, HEAD and OPTIONS, from memory, with validators.

Knows ASGI. Must never know what is in a file; what there is to say about a missing one is said
by the application (`HTTPException`).
"""

from collections.abc import Callable, Container, Iterable
from functools import lru_cache
from typing import NamedTuple, assert_never

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from feeds.web.conditional import Preconditions, Verdict, evaluate
from feeds.web.directory import Directory, Served, file_of
from feeds.web.representation import (
    PRESENT,
    Headers,
    Representation,
    cross_origin,
    encoded,
    preferred,
)


class FileAnswer(NamedTuple):
    """What is sent, and no more: its status, the fields of its head, and its body."""

    status: int
    headers: Headers
    body: bytes


class ServedPaths:
    """An ASGI application that answers GET and HEAD with what is found at a path, and OPTIONS.

    ``clock`` tells the present moment in Unix time.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answers one request. Raises HTTPException: 404, 503, 405 for all methods not named."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        method = scope["method"]
        if method in ("GET", "HEAD"):
            served = await self._find(path, scope)
            status, headers, body = self._answer(served, scope["headers"], path)
        elif method == "OPTIONS":
            # Also where nothing is: a browser asks before it may learn that.
            status, headers, body = 204, encoded(*_ALLOWED, *_preflight(path)), b""
        else:
            raise HTTPException(405, headers=dict((*_ALLOWED, *cross_origin(path))))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    def _answer(
        self, served: Served, fields: Iterable[tuple[bytes, bytes]], path: str
    ) -> FileAnswer:
        asked = fields_of(fields, _WANTED)
        chosen = _chosen(served, asked.get(b"accept-encoding")).as_of(self._clock() - _DATE_SECONDS)
        return _answer(chosen, asked, path)

    async def _find(self, path: str, scope: Scope) -> Served:
        """What is there. Raises HTTPException."""
        raise NotImplementedError


class PublishedFiles(ServedPaths):
    """An ASGI application that answers with the files of a directory.

    A file that did not change since it was read costs two stats, one look-up and no copy. Ranges
    are not served, as RFC 9110 14.2 allows: who asks for a part gets the whole. ``base`` is the
    path of the site on its host, percent-encoded, which a proxy may have cut off.
    """

    def __init__(self, directory: Directory, base: str = "") -> None:
        super().__init__(directory.now)
        self._directory = directory
        self._base = base.encode("ascii")

    def at_once(self, target: bytes, fields: Iterable[tuple[bytes, bytes]]) -> FileAnswer | None:
        """What a GET is answered where the file lies in memory as it lies on the disk.

        None where more has to be done: then the application itself is to be asked. ``target`` is
        the path and query as they were sent, the names of ``fields`` are lowercase.
        """
        raw_path = target.partition(b"?")[0]
        if self._base and raw_path.startswith(self._base + b"/"):
            raw_path = raw_path[len(self._base) :]
        path = raw_path.decode("latin-1")
        # What is percent-encoded is no name of ours as it stands.
        name = file_of(path, raw_path)
        signature = self._directory.signature(name) if name else None
        served = self._directory.remembered(name, signature) if name and signature else None
        return self._answer(served, fields, path) if served else None

    @override
    async def _find(self, path: str, scope: Scope) -> Served:
        name = file_of(path, scope.get("raw_path") or b"")
        signature = self._directory.signature(name) if name else None
        if name and signature:
            served = self._directory.remembered(name, signature) or await self._read(name)
            if served is not None:
                return served
        raise HTTPException(404, headers=dict(cross_origin(path)))

    async def _read(self, name: str) -> Served | None:
        try:
            served = await run_in_threadpool(self._directory.read, name)
        except OSError as error:
            # Who reads a feed takes a 404 for its end.
            told = {"Retry-After": "10", **dict(cross_origin(name))}
            raise HTTPException(503, headers=told) from error
        if served is not None:
            self._directory.remember(name, served)
        return served


#: The server's Date, than which no Last-Modified is later, is made anew ten times a second.
_DATE_SECONDS = 0.3

_ALLOWED = (("allow", "GET, HEAD, OPTIONS"),)

#: What a browser asks before it sends what is no plain form's (the Fetch standard, CORS): the
#: fields by which a feed is polled, and those that readers' libraries add.
_PREFLIGHT = (
    ("access-control-allow-methods", "GET, HEAD"),
    (
        "access-control-allow-headers",
        "A-IM, Accept, Cache-Control, If-Match, If-Modified-Since, If-None-Match, If-Range, Pragma",
    ),
    ("access-control-max-age", "86400"),
)

#: The request fields that matter here.
_CONDITIONS = (b"if-match", b"if-modified-since", b"if-none-match", b"if-unmodified-since")
_WANTED = frozenset((b"accept-encoding", *_CONDITIONS))

#: Longer tails than this are hostile.
_REMEMBERED_VERDICTS = 1_024


def _preflight(path: str) -> tuple[tuple[str, str], ...]:
    shared = cross_origin(path)
    return (*shared, *_PREFLIGHT) if shared else ()


def fields_of(fields: Iterable[tuple[bytes, bytes]], wanted: Container[bytes]) -> dict[bytes, str]:
    """The wanted ones of a request's fields; one that was sent in several lines is one list."""
    asked: dict[bytes, str] = {}
    for name, value in fields:
        if name in wanted:
            text = value.decode("latin-1")
            asked[name] = f"{asked[name]}, {text}" if name in asked else text
    return asked


@lru_cache(maxsize=_REMEMBERED_VERDICTS)
def _verdict(etag: str, modified: int | None, *fields: str | None) -> Verdict:
    """Who polls a feed sends what all others do that have its latest version."""
    if_match, if_modified_since, if_none_match, if_unmodified_since = fields
    asked = Preconditions(
        if_match=if_match,
        if_modified_since=if_modified_since,
        if_none_match=if_none_match,
        if_unmodified_since=if_unmodified_since,
    )
    return evaluate(asked, etag, modified)


def _chosen(served: Served, accept_encoding: str | None) -> Representation:
    if not accept_encoding:
        return served.plain
    coding = preferred(accept_encoding, served.codings)
    return served.packed[coding] if coding else served.plain


def _answer(chosen: Representation, asked: dict[bytes, str], path: str) -> FileAnswer:
    """Conditions are about what is there: what is not is said to all (RFC 9110 13.2.1)."""
    verdict = Verdict.SEND
    if chosen.told is PRESENT:
        verdict = _verdict(chosen.etag, chosen.modified, *map(asked.get, _CONDITIONS))
    match verdict:
        case Verdict.SEND:
            return FileAnswer(chosen.told.code, chosen.headers, chosen.body)
        case Verdict.NOT_MODIFIED:
            return FileAnswer(304, chosen.unmodified, b"")
        case Verdict.FAILED:
            return FileAnswer(412, encoded(("content-length", "0"), *cross_origin(path)), b"")
        case _:
            assert_never(verdict)
