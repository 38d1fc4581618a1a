"""Selections over HTTP: feeds and pages that are made when somebody asks, and remembered a while.

Knows their addresses, delta encoding (RFC 3229) and how much memory may be used. Must never know
what is in a feed, or where items are kept.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from math import ceil
from typing import NamedTuple, Protocol

from isal import igzip
from starlette.exceptions import HTTPException
from starlette.types import Scope
from typing_extensions import override

from feeds.errors import MalformedSelection
from feeds.selection import Selection
from feeds.web.conditional import entity_tags
from feeds.web.directory import Served
from feeds.web.published import ServedPaths, fields_of
from feeds.web.representation import (
    MEDIA,
    PRESENT,
    FileStatus,
    Media,
    Representation,
    cross_origin,
    encoded,
    represent,
)
from feeds.web.request_limits import CLIENT, RateLimit, SharedWork, ThreadLimit

#: The forms in which selections are given, by what their addresses end in.
_FORMS = {
    "/feeds/select.atom": "atom",
    "/feeds/select.rss": "rss",
    "/feeds/select.json": "json",
    "/feeds/select.opml": "opml",
    "/feeds/select/": "html",
    "/feeds/select": "html",
}
# The pages of a feed's history, by their months, with their part where they have several.
_HISTORY = re.compile(
    r"/feeds/select/([12][0-9]{3}-(?:0[1-9]|1[0-2])(?:-[1-9][0-9]{0,5})?)\.(atom|json)"
)
#: Where they are; of what lies below the page, all that may be a page of a history.
PATHS = (*_FORMS, "/feeds/select/{page}")
_FEEDS = frozenset({"atom", "rss", "json"})

# Of what nobody hears, as another node or a command did it, nobody notices that it is a second
# older, while asking the store takes longer than all else.
_FRESH_SECONDS = 1.0
# Other processes show what was before for as long as they take it for fresh: until then no date
# tells one version from another (`Representation.as_of`).
_SETTLED_SECONDS = 3
# By what a look for changes is shared.
_CHANGE_NOW = "change"
# What has to be made, some 10 ms each: a service that follows some hundred selections gets all of
# them at once after a change, and nobody can hold the others up.
_AT_ONCE = 300
_A_SECOND = 2.0
# The others take longer than all else, which is worth it for what many read.
_CODING = "gzip"
_GZIP_LEVEL = 2
# The entity tag of a feed ends in the number of the last change that is in it.
_CHANGE = re.compile(r'"[^".]+\.([0-9]{1,15})"')
# What pages continue behind.
_BEFORE = re.compile(r"(?:^|&)before=(-?[0-9]{1,16})$")


class Selections(Protocol):
    """Who makes the documents of selections; each call takes a while, and is meant for a thread."""

    def change(self) -> int:
        """A number that grows whenever answers may change."""
        ...

    def address(self, selection: Selection, form: str, page: str = "") -> str:
        """The one address of a document, or of a ``page`` of its history, relative to that of the
        site. Raises UnknownTopic.
        """
        ...

    def links(self, selection: Selection, form: str, page: str = "") -> str:
        """What the Link field of a document says, if anything."""
        ...

    def answer(
        self, selection: Selection, form: str, *, since: int, before: int | None
    ) -> tuple[bytes, int]:
        """The document in a form, and the number of the last change of what is in it.

        With ``since`` a feed has later changes alone, with ``before`` a page continues there.
        """
        ...

    def past(self, selection: Selection, form: str, page: str) -> tuple[bytes, int] | None:
        """A ``page`` of the history of a feed, and the same number; None where there is none."""
        ...


class _Target(NamedTuple):
    """What was asked for: an address as it was sent, and since which change."""

    path: str
    query: str
    since: int


class SelectedOverHttp(ServedPaths):
    """An ASGI application that answers with feeds and pages of selections (`PATHS`).

    Up to ``limit_bytes`` of answers stay in memory, the latest used, until something changes.
    ``heard`` is a number that is another whenever something may have changed; what nobody hears of
    is seen within a second.
    """

    def __init__(
        self,
        source: Selections,
        limit_bytes: int,
        clock: Callable[[], datetime],
        heard: Callable[[], float],
        base: str = "",
    ) -> None:
        super().__init__(lambda: clock().timestamp())
        self._heard = heard
        self._source = source
        self._limit_bytes = limit_bytes
        self._base = base
        self._threads = ThreadLimit()
        self._shared = SharedWork()
        self._limit = RateLimit(_AT_ONCE, _A_SECOND)
        self._kept: OrderedDict[_Target, tuple[int, Served]] = OrderedDict()
        self._used_bytes = 0
        self._change = 0
        self._looked_at = 0.0
        self._heard_before: float = 0

    @override
    async def _find(self, path: str, scope: Scope) -> Served:
        """Raises HTTPException, MalformedSelection, UnknownTopic, StoreError."""
        if path not in _FORMS and not _HISTORY.fullmatch(path):
            raise _absent(path)
        asked = _Target(path, _query(scope), 0)
        whole = await self._made(asked, scope)
        since = _known_change(scope, whole) if _FORMS.get(path) in _FEEDS else None
        # What leads elsewhere is no feed.
        if since is None or whole.plain.told is not PRESENT:
            return whole
        delta = await self._made(asked._replace(since=since), scope)
        packed = {
            coding: _delta(made, whole.packed[coding]) for coding, made in delta.packed.items()
        }
        return replace(delta, plain=_delta(delta.plain, whole.plain), packed=packed)

    async def _made(self, asked: _Target, scope: Scope) -> Served:
        change = await self._latest()
        kept = self._kept.get(asked)
        if kept and kept[0] == change:
            self._kept.move_to_end(asked)
            return kept[1]
        if not self._shared.is_going((asked, change)):
            self._count(asked, scope)
        making = partial(self._made_anew, asked, change, kept and kept[1])
        return await self._shared.done((asked, change), making)

    def _count(self, asked: _Target, scope: Scope) -> None:
        """One more is made for a client. Raises HTTPException where that is too much."""
        if wait := self._limit.wait_seconds(scope.get(CLIENT, ""), self._clock()):
            told = {"Retry-After": str(ceil(wait)), **dict(cross_origin(asked.path))}
            raise HTTPException(429, headers=told)

    async def _made_anew(self, asked: _Target, change: int, earlier: Served | None) -> Served:
        served = await self._threads.run(self._make, asked, earlier)
        self._keep(asked, change, served)
        return served

    async def _latest(self) -> int:
        heard = self._heard()
        is_fresh = 0 <= self._clock() - self._looked_at < _FRESH_SECONDS
        if heard != self._heard_before or not is_fresh:
            await self._shared.done((_CHANGE_NOW, heard), partial(self._look, heard))
        return self._change

    async def _look(self, heard: float) -> None:
        now = self._clock()
        self._change = await self._threads.run(self._source.change)
        self._looked_at, self._heard_before = now, heard

    def _make(self, asked: _Target, earlier: Served | None) -> Served:
        history = _HISTORY.fullmatch(asked.path)
        page, form = history.groups() if history else ("", _FORMS[asked.path])
        query, before = asked.query, None
        if form == "html" and (found := _BEFORE.search(query)):
            query, before = query[: found.start()], int(found[1])
        selection = Selection.parse(query, of_form=form == "html")
        address = self._source.address(selection, form, page)
        if address != f"{asked.path[1:]}{'?' if query else ''}{query}":
            return _moved(f"{self._base}/{address}", asked.path, int(self._clock()))
        body, change = self._told(asked, selection, form, page, before)
        if earlier and earlier.plain.body == body:
            return earlier
        modified = int(self._clock()) + _SETTLED_SECONDS
        if earlier and earlier.plain.modified:
            modified = max(modified, earlier.plain.modified + 1)

        def representation(content: bytes, encoding: str | None) -> Representation:
            made = represent(
                content,
                MEDIA[form],
                modified=modified,
                encoding=encoding,
                links=self._source.links(selection, form, page),
                mark=f".{change}",
            )
            return _varying(made) if form in _FEEDS else made

        packed = representation(igzip.compress(body, _GZIP_LEVEL, mtime=0), _CODING)
        return _served(representation(body, None), {_CODING: packed})

    def _told(
        self, asked: _Target, selection: Selection, form: str, page: str, before: int | None
    ) -> tuple[bytes, int]:
        if not page:
            return self._source.answer(selection, form, since=asked.since, before=before)
        if told := self._source.past(selection, form, page):
            return told
        raise _absent(asked.path)

    def _keep(self, asked: _Target, change: int, served: Served) -> None:
        """Keeps an answer, and forgets those not asked for longest where room is needed."""
        self._forget(asked)
        self._kept[asked] = change, served
        self._used_bytes += served.cost
        while self._used_bytes > self._limit_bytes:
            self._forget(next(iter(self._kept)))

    def _forget(self, asked: _Target) -> None:
        if kept := self._kept.pop(asked, None):
            self._used_bytes -= kept[1].cost


def _absent(path: str) -> HTTPException:
    return HTTPException(404, headers=dict(cross_origin(path)))


def _query(scope: Scope) -> str:
    try:
        query: str = scope["query_string"].decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedSelection("", "the address is not in UTF-8", "encoding") from error
    return query


def _known_change(scope: Scope, whole: Served) -> int | None:
    """The last change that whoever asks has seen, where they ask for later ones alone (RFC 3229)
    and have not got all.
    """
    asked = fields_of(scope["headers"], _DELTA)
    if not any(map(_is_feed, asked.get(b"a-im", "").split(","))):
        return None
    tags = [tag for _, tag in entity_tags(asked.get(b"if-none-match", ""))]
    if any(each.etag in tags for each in (whole.plain, *whole.packed.values())):
        return None
    known = [int(found[1]) for tag in tags if (found := _CHANGE.fullmatch(tag))]
    return max(known, default=None)


_DELTA = frozenset({b"a-im", b"if-none-match"})


def _is_feed(manipulation: str) -> bool:
    name, _, weight = (part.strip(" \t").lower() for part in manipulation.partition(";"))
    return name == "feed" and weight.strip("0.") != "q="


def _varying(made: Representation) -> Representation:
    """The same for caches: who asks for what is new alone gets another answer."""
    vary = (b"vary", b"Accept-Encoding, A-IM")
    return replace(
        made,
        headers=[vary if name == b"vary" else (name, value) for name, value in made.headers],
        unmodified=[vary if name == b"vary" else (name, value) for name, value in made.unmodified],
    )


def _delta(made: Representation, whole: Representation) -> Representation:
    """What is new, to be put to what somebody has; the tag is that of the whole (RFC 3229, 10.4.1).

    No cache may keep it but one that knows how (section 10.8.3).
    """
    own = {b"etag", b"cache-control"}
    headers = [(name, value) for name, value in made.headers if name not in own]
    told = (("etag", whole.etag), ("im", "feed"), ("cache-control", "no-store, im"))
    return replace(made, headers=headers + encoded(*told), told=FileStatus(code=226))


def _moved(address: str, path: str, now: int) -> Served:
    """Pages of other origins may follow it, too, where they may read what it leads to."""
    told = FileStatus(code=308, location=address)
    media = Media(MEDIA["txt"].type, cross_origin(path))
    return _served(represent(b"", media, modified=now, encoding=None, told=told), {})


def _served(plain: Representation, packed: Mapping[str, Representation]) -> Served:
    return Served(
        signature=(),
        plain=plain,
        packed=packed,
        codings=tuple(packed),
        is_whole=True,
        again_at=None,
    )
