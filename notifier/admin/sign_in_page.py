"""The door of the team's pages: coming in by name and password, and going.

Knows the form. Must never tell a name that nobody has from a wrong password, nor log either.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from feeds.web.request_limits import CLIENT, RateLimit, ThreadLimit
from notifier.account import MOST_CHARACTERS, Account, TeamRole
from notifier.admin.gate import Button, Done, Gate, TeamRequest
from notifier.admin.passwords import is_it
from notifier.storage.team import accounts
from notifier.team.noted import TeamAct
from notifier.web.forms import MOST, age, minted

log = structlog.get_logger(__name__)

#: Whoever mistypes does so some times; whoever guesses, thousands of times.
_AT_ONCE, _A_SECOND = 10, 1 / 30
_WRONG = "That name and that password are not of one account."
_TOO_OFTEN = "That was tried too often; try again in some minutes."
_AGAIN = "This page lay open for long: once more, please."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """The pages that need no account, and the way out."""

    gate: Gate
    secret: bytes
    _by_client: RateLimit = field(
        default_factory=partial(RateLimit, _AT_ONCE, _A_SECOND), init=False
    )
    _by_name: RateLimit = field(default_factory=partial(RateLimit, _AT_ONCE, _A_SECOND), init=False)
    #: Each takes 64 MiB of memory.
    _tries: ThreadLimit = field(default_factory=partial(ThreadLimit, 1), init=False)

    def routes(self, gate: Gate) -> Sequence[Route]:
        return (
            Route("/admin/sign-in", self.show, methods=["GET"]),
            Route("/admin/sign-in", self.enter, methods=["POST"]),
            gate.form(
                "/sign-out", TeamRole.EDITOR, Button(self._leave, TeamAct.SIGNED_OUT, "account")
            ),
        )

    async def show(self, request: Request) -> Response:
        """The form."""
        return self._form(200, request.query_params.get("to", ""))

    async def enter(self, request: Request) -> Response:
        """Whoever knows a password is in, and sees what they asked for before."""
        sent = await self.gate.pages.sent(request)
        if isinstance(sent, Response):
            return sent
        return await self._tries.run(self._entered, request, sent)

    def _entered(self, request: Request, sent: Mapping[str, Sequence[str]]) -> Response:
        name = sent.get("name", [""])[0].strip().lower()
        password, to = sent.get("password", [""])[0], sent.get("to", [""])[0]
        shown = age(sent.get("token", [""])[0], self.secret, self.gate.clock())
        if shown is None or shown > MOST:
            return self._form(422, to, _AGAIN)
        now, client = time.monotonic(), request.scope.get(CLIENT, "")
        # Both are counted, whichever of them is used up.
        waits = self._by_client.wait_seconds(client, now), self._by_name.wait_seconds(name, now)
        if any(waits):
            return self._form(429, to, _TOO_OFTEN)
        account = self._known(name, password)
        if account is None:
            log.warning("sign-in refused", client=client)
            return self._form(422, to, _WRONG)
        log.info("signed in", account=account.name)
        # Only what begins so is of these pages.
        return self.gate.let_in(account, to if to.startswith("/") else "/")

    def _known(self, name: str, password: str) -> Account | None:
        with self.gate.database.reading() as connection:
            account, kept = accounts.known(connection, name) or (None, None)
        return account if is_it(kept, password[:MOST_CHARACTERS]) else None

    def _leave(self, asked: TeamRequest) -> Done:
        self.gate.let_out(asked)
        return Done("", "/sign-in")

    def _form(self, status: int, to: str, fault: str = "") -> Response:
        token = minted(self.secret, self.gate.clock())
        pages = self.gate.pages
        return pages.answer(
            "sign_in.html", status, home=self.gate.home, token=token, to=to, fault=fault
        )
