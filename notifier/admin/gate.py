"""The gate of the team's pages: who asks, whether they may, and that what they do is known.

Knows sessions, roles and forms. Must never know what a page shows, or what a button does.
"""

import hmac
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Final, Protocol
from urllib.parse import urlencode

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from feeds.errors import FeedsError
from feeds.storage.columns import number_in
from feeds.storage.database import Database
from feeds.web.request_limits import ThreadLimit
from notifier.account import Account, TeamRole, Way
from notifier.admin.sign_in.proxied import NamingProxy
from notifier.errors import NotifierError
from notifier.keyed_hash import spelt_hash
from notifier.storage.team import accounts, deeds
from notifier.storage.team.deeds import TeamDeed
from notifier.team.noted import TeamAct, noted
from notifier.web.private_pages import PRIVATE, PrivatePages

log = structlog.get_logger(__name__)

#: What a browser keeps while somebody is in.
COOKIE: Final = "fieldfare_team"
_KEY_BYTES: Final = 32
#: What a form of a session holds, made of what its browser keeps.
_FORM: Final = b"fieldfare team form 1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRequest:
    """What somebody of the team asks for, who came in by one ``way``: fields by their names, of the
    address and of a form.

    ``done`` is what they did just before, where a page is shown for that; ``at`` is the path below
    that of the team's pages.
    """

    account: Account
    way: Way
    key: str
    at: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    sent: Mapping[str, Sequence[str]] = field(default_factory=dict)
    done: TeamDeed | None = None

    def value(self, name: str) -> str:
        """Of a field of the form, or else of the address; "" where there is none."""
        values = self.sent.get(name) or [self.path.get(name) or self.query.get(name, "")]
        # No store takes a NUL in a text.
        return values[0].replace("\0", "").strip()

    def is_below(self, place: str) -> bool:
        """Whether a page of that place is asked for."""
        return self.at == place or (self.at.startswith(f"{place.rstrip('/')}/") and place != "/")

    @property
    def token(self) -> str:
        """What a form of theirs holds, and no other site knows."""
        return spelt_hash(self.key.encode(), _FORM)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in a sentence, and the page to show then, below that of the team."""

    said: str
    page: str


@dataclass(frozen=True, slots=True)
class View:
    """A page: its template, its heading, and what it shows, finished."""

    template: str
    heading: str
    values: Mapping[str, object] = field(default_factory=dict)


Show = Callable[[TeamRequest], View | Response]
Act = Callable[[TeamRequest], Done]


@dataclass(frozen=True, slots=True)
class Button:
    """What a button does, and how that is told: as a ``deed`` to what the field ``subject`` says,
    with what ``detail`` does.
    """

    act: Act
    deed: TeamAct
    subject: str = ""
    detail: str = ""


class TeamPage(Protocol):
    """Some pages of one subject."""

    def routes(self, gate: "Gate") -> Sequence[Route]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Lets those in who may, one role or the other, and for ``hours`` who came in by one of the
    ``ways``; who came by a ``proxy``, as long as that names them. All pages get what is ``shared``.
    """

    database: Database
    pages: PrivatePages
    clock: Callable[[], datetime]
    hours: int
    shared: Mapping[str, object]
    ways: Collection[Way]
    proxy: NamingProxy | None
    _works: ThreadLimit = field(default_factory=ThreadLimit, init=False)

    @property
    def home(self) -> str:
        """The path of the team's pages."""
        return f"{self.pages.site.base}/admin"

    def page(self, path: str, role: TeamRole, show: Show) -> Route:
        """A page for who has that role; all others are led to the door, or told that they may not
        see it.
        """

        async def answer(request: Request) -> Response:
            return await self._works.run(self._shown, request, role, show)

        return Route(f"/admin{path}", answer)

    def form(self, path: str, role: TeamRole, button: Button) -> Route:
        """What a form does, for who has that role. That they do it is noted before, and then what
        came of it.
        """

        async def answer(request: Request) -> Response:
            sent = await self.pages.sent(request)
            if isinstance(sent, Response):
                return sent
            return await self._works.run(self._acted, request, sent, role, button)

        return Route(f"/admin{path}", answer, methods=["POST"])

    # -- Who is in ---------------------------------------------------------------------------------

    def let_in(
        self, request: Request, account: Account, way: Way, page: str, subject: str = ""
    ) -> Response:
        """Whoever asks is in by that account, by a key that nobody had before, and sees the page,
        or where it is none of these, the first. It is told with their ``subject`` at the provider.
        """
        key, now = secrets.token_urlsafe(_KEY_BYTES), self.clock()
        hours = timedelta(hours=self.hours)
        told = TeamDeed(
            at=now,
            account=account.name,
            deed=TeamAct.SIGNED_IN,
            subject=account.name,
            detail=f"{way} {subject}".strip(),
            outcome=f"as {account.role}",
        )
        with self.database.writing() as connection:
            accounts.sign_out(connection, _hashed(request.cookies.get(COOKIE, "")))
            accounts.sign_in(
                connection, _hashed(key), account.name, way, now=now, until=now + hours
            )
            deeds.begin(connection, told)
        log.info("signed in", account=account.name, way=way.value)
        # Only what begins so is of these pages.
        answer = self._led(page if page.startswith("/") else "/")
        answer.set_cookie(
            COOKIE,
            key,
            max_age=round(hours.total_seconds()),
            path=self.home,
            secure=self.pages.site.url.startswith("https:"),
            httponly=True,
            samesite="lax",
        )
        return answer

    def let_out(self, asked: TeamRequest) -> None:
        """Whoever asks is in no more."""
        with self.database.writing() as connection:
            accounts.sign_out(connection, _hashed(asked.key))

    def asked(self, request: Request) -> TeamRequest | None:
        """Who asks, and for what; None where they are not in."""
        key, done = request.cookies.get(COOKIE, ""), request.query_params.get("done", "")
        if not key:
            return None
        with self.database.reading() as connection:
            found_in = accounts.signed_in(connection, _hashed(key), self.clock())
            if found_in is None or not self._may_stay(request, *found_in):
                return None
            account, way = found_in
            number = number_in(done)
            found = deeds.of(connection, number) if number else None
        return TeamRequest(
            account=account,
            way=way,
            key=key,
            at=request.url.path.removeprefix(self.home),
            path=request.path_params,
            query=request.query_params,
            done=found if found and found.account == account.name else None,
        )

    def _may_stay(self, request: Request, account: Account, way: Way) -> bool:
        """Whether they would still be let in by the way they came."""
        if way is Way.PROXY:
            return self.proxy is not None and self.proxy.still_names(request, account)
        return way in self.ways

    # -- What they may -----------------------------------------------------------------------------

    def _shown(self, request: Request, role: TeamRole, show: Show) -> Response:
        asked = self.asked(request)
        if asked is None:
            return self._to_the_door(request)
        if not asked.account.role.includes(role):
            return self._not_theirs(asked)
        try:
            shown = show(asked)
            return shown if isinstance(shown, Response) else self._answer(asked, shown)
        except (FeedsError, NotifierError) as problem:
            return self._told(asked, "That cannot be shown", str(problem), 422)

    def _acted(
        self,
        request: Request,
        sent: Mapping[str, Sequence[str]],
        role: TeamRole,
        button: Button,
    ) -> Response:
        found = self.asked(request)
        if found is None:
            return self._to_the_door(request)
        asked = replace(found, sent=sent)
        if not hmac.compare_digest(asked.value("token").encode(), asked.token.encode()):
            return self.pages.notice("not_understood", 403)
        if not asked.account.role.includes(role):
            return self._not_theirs(asked)
        return self._done(asked, button)

    def _done(self, asked: TeamRequest, button: Button) -> Response:
        deed = TeamDeed(
            at=self.clock(),
            account=asked.account.name,
            deed=button.deed,
            subject=asked.value(button.subject),
            detail=asked.value(button.detail),
        )
        try:
            number, done = noted(self.database, deed, partial(button.act, asked))
        except (FeedsError, NotifierError) as problem:
            return self._told(asked, "That was not done", str(problem), 422)
        return self._led(f"{done.page}{'&' if '?' in done.page else '?'}done={number}")

    # -- What is answered --------------------------------------------------------------------------

    def _led(self, page: str) -> Response:
        return RedirectResponse(f"{self.home}{page}", 303, headers=PRIVATE)

    def _to_the_door(self, request: Request) -> Response:
        place = request.url.path.removeprefix(self.home) if request.method == "GET" else ""
        return self._led(f"/sign-in?{urlencode({'to': place})}")

    def _not_theirs(self, asked: TeamRequest) -> Response:
        role = f"Your account is for the work of an {asked.account.role}."
        return self._told(asked, "That is not for you", role, 403)

    def _told(self, asked: TeamRequest, heading: str, text: str, status: int) -> Response:
        return self._answer(asked, View("team_notice.html", heading, {"text": text}), status)

    def _answer(self, asked: TeamRequest, view: View, status: int = 200) -> Response:
        told = {"asked": asked, "home": self.home, "heading": view.heading, **self.shared}
        return self.pages.answer(view.template, status, **told, **view.values)


def _hashed(key: str) -> str:
    """What is kept of what a browser keeps: whoever reads the store is not in by that."""
    return sha256(key.encode()).hexdigest()
