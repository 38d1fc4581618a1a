"""The web server's addresses: which request goes where, and what is said when it goes nowhere.

Knows paths and what is said of errors. Must never know how a part does its work.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

import structlog
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from feeds.errors import EndedTopic, MalformedSelection, StoreError, UnknownTopic
from feeds.model import TopicRef
from feeds.publish.feed import FORMS, FeedRef, named_at
from feeds.web.representation import cross_origin
from feeds.web.selections import PATHS
from feeds.websub.callback import HubCallback
from feeds.websub.hub import WebSubHub
from notifier.returns.services.web_door import WebDoor
from notifier.web.health import Health
from notifier.web.mailbox import Mailbox
from notifier.web.managing import Managing
from notifier.web.private_pages import PRIVATE, PrivatePages
from notifier.web.subscribing import Subscribing
from notifier.web.unsubscribe import Unsubscribing
from notifier.web.view import Viewing

log = structlog.get_logger(__name__)

_RETRY_AFTER_SECONDS = "60"
#: What lasts is told again after this long.
_SILENCE_SECONDS = 60.0

_SAID = {404: "not_found", 503: "unavailable", 405: "not_allowed", 429: "too_often"}
_SAID_OTHERWISE = "not_understood"


def create_app(
    *,
    files: ASGIApp,
    unsubscribing: Unsubscribing,
    viewing: Viewing,
    subscribing: Subscribing,
    managing: Managing,
    health: Health,
    pages: PrivatePages,
    mails: Mailbox | None = None,
    api: ASGIApp | None = None,
    hubs: HubCallback | None = None,
    hub: WebSubHub | None = None,
    returned: WebDoor | None = None,
    selections: ASGIApp | None = None,
    team: Iterable[BaseRoute] = (),
    base: str = "",
) -> Starlette:
    """The whole web server. ``files`` answers what nothing else does; ``mails`` is for demos.

    ``api`` is where publishers push, ``hubs`` where hubs call back, ``hub`` is our own,
    ``returned`` is where services tell what came back, ``selections`` makes feeds of what is asked
    for, ``subscribing`` is where readers may sign up by themselves, ``managing`` where they change
    what they get, ``team`` where those go who look after all that. ``base`` is the path of the site
    on its host, percent-encoded, without a slash at its end.
    """
    refusals = _Refusals(pages)
    app = Starlette(
        routes=[
            *_routes(unsubscribing, viewing, health, mails),
            *_coming(subscribing, has_form=pages.site.has_sign_up),
            *_changing(managing),
            *_inward(api, hubs, hub, returned),
            *team,
            *([Route(path, selections) for path in PATHS] if selections else ()),
        ],
        exception_handlers=refusals.handlers,
    )
    # As the default, not as a route for everything: such a route would answer every method.
    app.router.default = files
    app.router.redirect_slashes = False
    if base:
        app.add_middleware(_BelowPath, base=unquote(base))
    return app


class _BelowPath:
    """All addresses begin with ``base``, whether a proxy passes it on or cuts it off."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app = app
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if not path.startswith(f"{self._base}/"):
            # Also the site's own address without the slash at its end.
            path = f"{self._base}{path}" if path != self._base else f"{path}/"
        await self._app({**scope, "path": path, "root_path": self._base}, receive, send)


def _routes(
    unsubscribing: Unsubscribing, viewing: Viewing, health: Health, mails: Mailbox | None
) -> Iterator[BaseRoute]:
    yield Route("/healthz", health.healthz)
    yield Route("/readyz", health.readyz)
    yield Route("/metrics", health.metrics)
    yield Route("/u/{token}", unsubscribing.answer, methods=["GET", "POST"])
    yield Route("/undo/{token}", unsubscribing.undo, methods=["GET", "POST"])
    yield Route("/d/{token}", viewing.show)
    if mails:
        yield from mails.routes()


def _coming(subscribing: Subscribing, *, has_form: bool) -> Iterator[BaseRoute]:
    """How readers come; without a form of ours they were asked by a list, or by a site of yours."""
    both = ["GET", "POST"]
    if has_form:
        yield Route("/subscribe", subscribing.form, methods=both)
        yield Route("/subscribe/sent", subscribing.sent)
    yield Route("/confirm/{token}", subscribing.confirm, methods=both)


def _changing(managing: Managing) -> Iterator[BaseRoute]:
    """How readers change their mind."""
    both = ["GET", "POST"]
    yield Route("/manage", managing.link, methods=both)
    yield Route("/manage/sent", managing.link_sent)
    yield Route("/manage/erased", managing.erased)
    yield Route("/manage/moved", managing.moved)
    yield Route("/manage/{token}", managing.page, methods=both)
    yield Route("/manage/{token}/data", managing.data)
    yield Route("/manage/{token}/address", managing.address, methods=both)
    yield Route("/address/{token}", managing.move, methods=both)
    yield Route("/manage/{token}/erase", managing.erasing, methods=both)


def _inward(
    api: ASGIApp | None,
    hubs: HubCallback | None,
    hub: WebSubHub | None,
    returned: WebDoor | None,
) -> Iterator[BaseRoute]:
    """Where news comes in, and what came back, and where others ask for ours."""
    if api:
        yield Mount("/api", api)
    if hubs:
        yield Route("/websub/{token}", hubs.answer, methods=["GET", "POST"])
    if hub:
        yield Route("/websub", hub.answer, methods=["POST"])
    if returned:
        yield Route("/returns/{service}", returned.answer, methods=["POST"])


class _Refusals:
    """What is said where there is nothing to show, in the look of everything else."""

    def __init__(self, pages: PrivatePages) -> None:
        self._pages = pages
        self._told_at = -_SILENCE_SECONDS

    @property
    def handlers(self) -> dict[Any, Any]:
        """Which of what can go wrong is answered by whom."""
        return {
            HTTPException: self.refused,
            StoreError: self.unavailable,
            MalformedSelection: self.malformed,
            UnknownTopic: self.unknown,
            Exception: self.broken,
        }

    async def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
        if error.status_code == 404 and (unknown := self._unknown_at(request)):
            return await self.unknown(request, unknown)
        what = _SAID.get(error.status_code, _SAID_OTHERWISE)
        answer = self._pages.notice(what, error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    async def malformed(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, MalformedSelection)  # noqa: S101 - what it is registered for
        say = self._pages.words.say
        text = say(f"malformed.{error.reason}", name=error.parameter, value=error.value)
        return self._shared(request, self._pages.told(say("not_understood.heading"), text, 400))

    def _unknown_at(self, request: Request) -> UnknownTopic | None:
        """That nobody knows the topic whose feed or page was asked for, if that is so."""
        name = named_at(_path(request))
        try:
            if name:
                self._pages.taxonomy.find(name)
        except UnknownTopic as unknown:
            return unknown
        return None

    async def unknown(self, request: Request, error: Exception) -> Response:
        """The nearest names, as a page, or for who asked for a feed in a line of text."""
        assert isinstance(error, UnknownTopic)  # noqa: S101 - what it is registered for
        say, site = self._pages.words.say, self._pages.site
        if isinstance(error, EndedTopic):
            heading = say("ended_title.ended", topic=error.label)
            page = f"{site.url}/{FeedRef.of(TopicRef.parse(error.name)).page}"
            way = Markup('<a href="{}">{}</a>').format(page, page)
            return self._shared(request, self._pages.told(heading, way, 410))
        heading = say("unknown_topic", topic=error.name)
        feeds = {name: FeedRef.of(TopicRef.parse(name)) for name in error.near}
        form = next((form for form in FORMS if _path(request).endswith(f".{form.extension}")), None)
        if form:
            named = (f"{name} ({site.url}/{ref.file(form)})" for name, ref in feeds.items())
            text = say("nearest_topics", topics=", ".join(named)) if feeds else ""
            lines = f"{heading}\n{text}".strip()
            return self._shared(request, PlainTextResponse(f"{lines}\n", 404, PRIVATE))
        link = Markup('<a href="{}/{}">{}</a>')
        near = (link.format(site.base, ref.page, name) for name, ref in feeds.items())
        topics = Markup(", ").join(near)
        text = say("nearest_topics", topics=topics) if feeds else say("not_found.text")
        return self._pages.told(heading, text, 404)

    def _shared(self, request: Request, answer: Response) -> Response:
        """The same, which pages of other origins may read where they may read a feed."""
        answer.headers.update(dict(cross_origin(request.url.path)))
        return answer

    async def unavailable(self, request: Request, error: Exception) -> Response:
        self._tell(error)
        answer = self._pages.notice("unavailable", 503)
        answer.headers.update(dict(cross_origin(request.url.path)))
        answer.headers["retry-after"] = _RETRY_AFTER_SECONDS
        return answer

    def _tell(self, error: Exception) -> None:
        """Once a while, however many ask meanwhile."""
        now = time.monotonic()
        if now - self._told_at >= _SILENCE_SECONDS:
            self._told_at = now
            log.error("store does not answer", problem=str(error))

    async def broken(self, request: Request, _error: Exception) -> Response:
        """The server logs the error itself; it is raised again after this."""
        answer = self._pages.notice("broken", 500)
        answer.headers.update(dict(cross_origin(request.url.path)))
        return answer


def _path(request: Request) -> str:
    """What was asked for, below the path of the site."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))
