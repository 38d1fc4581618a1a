"""The door of the team's pages: coming in by name and password or as a proxy says, and going.

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

from feeds.storage.database import Database
from feeds.web.request_limits import CLIENT, RateLimit, ThreadLimit
from notifier.account import (
    MOST_CHARACTERS,
    Account,
    Person,
    RoleRule,
    TeamRole,
    Way,
    checked_name,
)
from notifier.admin.gate import Button, Done, Gate, TeamRequest
from notifier.admin.sign_in.passwords import is_it
from notifier.errors import AccountRefused, SignInRefused
from notifier.storage.team import accounts
from notifier.team.noted import TeamAct
from notifier.web.forms import MOST, age, minted

log = structlog.get_logger(__name__)

#: Whoever mistypes does so some times; whoever guesses, thousands of times.
_AT_ONCE, _A_SECOND = 10, 1 / 30
#: By one name from all networks: more, so that no single one shuts its owner out.
_OF_ONE_NAME, _OF_ONE_NAME_A_SECOND = 3 * _AT_ONCE, 3 * _A_SECOND
_WRONG = "That name and that password are not of one account."
TOO_OFTEN = "That was tried too often; try again in some minutes."
_AGAIN = "This page lay open for long: once more, please."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """The pages that need no account, and the way out. Who has an account may come in by its
    password where it ``has_passwords``; ``provider`` is what the button is called that leads to
    another service, "" for none.
    """

    gate: Gate
    secret: bytes
    has_passwords: bool = True
    provider: str = ""
    _by_client: RateLimit = field(
        default_factory=partial(RateLimit, _AT_ONCE, _A_SECOND), init=False
    )
    _by_name: RateLimit = field(
        default_factory=partial(RateLimit, _OF_ONE_NAME, _OF_ONE_NAME_A_SECOND), init=False
    )
    #: Each takes 64 MiB of memory.
    _tries: ThreadLimit = field(default_factory=partial(ThreadLimit, 1), init=False)
    _works: ThreadLimit = field(default_factory=ThreadLimit, init=False)

    def routes(self, gate: Gate) -> Sequence[Route]:
        return (
            Route("/admin/sign-in", self.show, methods=["GET"]),
            Route("/admin/sign-in", self.enter, methods=["POST"]),
            gate.form(
                "/sign-out", TeamRole.EDITOR, Button(self._leave, TeamAct.SIGNED_OUT, "account")
            ),
        )

    async def show(self, request: Request) -> Response:
        """The form; whoever a proxy names is in without one, but where they just left."""
        return await self._works.run(self._shown, request)

    async def enter(self, request: Request) -> Response:
        """Whoever knows a password is in, and sees what they asked for before."""
        sent = await self.gate.pages.sent(request)
        if isinstance(sent, Response):
            return sent
        if not self.has_passwords:
            return self.gate.pages.notice("not_understood", 403)
        return await self._tries.run(self._entered, request, sent)

    def form(self, status: int, to: str, fault: str = "", left: str = "") -> Response:
        """The page, with what went wrong, and which way somebody ``left``, if they did."""
        token = minted(self.secret, self.gate.clock())
        proxy, home = self.gate.proxy, self.gate.home
        return self.gate.pages.answer(
            "sign_in.html",
            status,
            home=home,
            token=token,
            to=to,
            fault=fault,
            left=left,
            leave=proxy.leave if proxy and left == Way.PROXY else "",
            has_passwords=self.has_passwords,
            provider=self.provider,
            has_proxy=proxy is not None,
        )

    def _shown(self, request: Request) -> Response:
        to, left = (request.query_params.get(name, "") for name in ("to", "left"))
        proxy = self.gate.proxy
        named = proxy.named(request) if proxy and not left else None
        if named is None or proxy is None:
            return self.form(200, to, left=left)
        try:
            account = admitted(self.gate.database, named, proxy.rule)
        except SignInRefused as refused:
            log.warning("sign-in refused", way=Way.PROXY.value, problem=str(refused))
            return self.form(403, to, f"You are {named.name[:MOST_CHARACTERS]}, and {refused}.")
        return self.gate.let_in(request, account, Way.PROXY, to)

    def _entered(self, request: Request, sent: Mapping[str, Sequence[str]]) -> Response:
        name = sent.get("name", [""])[0].strip().lower()
        password, to = sent.get("password", [""])[0], sent.get("to", [""])[0]
        shown = age(sent.get("token", [""])[0], self.secret, self.gate.clock())
        if shown is None or shown > MOST:
            return self.form(422, to, _AGAIN)
        now, client = time.monotonic(), request.scope.get(CLIENT, "")
        # What a network may no more counts for no name.
        if self._by_client.wait_seconds(client, now) or self._by_name.wait_seconds(name, now):
            return self.form(429, to, TOO_OFTEN)
        account = self._known(name, password)
        if account is None:
            log.warning("sign-in refused", client=client)
            return self.form(422, to, _WRONG)
        return self.gate.let_in(request, account, Way.PASSWORD, to)

    def _known(self, name: str, password: str) -> Account | None:
        with self.gate.database.reading() as connection:
            account, kept = accounts.known(connection, name) or (None, None)
        return account if is_it(kept, password[:MOST_CHARACTERS]) else None

    def _leave(self, asked: TeamRequest) -> Done:
        self.gate.let_out(asked)
        return Done("", f"/sign-in?left={asked.way}")


def admitted(database: Database, person: Person, rule: RoleRule | None) -> Account:
    """The account by which somebody comes in whom another service names: one that a command made,
    or where a ``rule`` says who does what, as it says. Raises SignInRefused.

    An account with a password is no service's to change: whoever may choose a name there would be
    in by somebody else's.
    """
    try:
        name = checked_name(person.name)
    except AccountRefused as refused:
        raise SignInRefused("that is no name of an account", person.subject) from refused
    if rule is None:
        with database.reading() as connection:
            known = accounts.known(connection, name)
        if known is None:
            raise SignInRefused("nobody has an account of that name here", person.subject)
        return known[0]
    role = rule.role(person.groups)
    if role is None:
        raise SignInRefused("none of your groups is of the team here", person.subject)
    account = Account(name=name, role=role)
    with database.writing() as connection:
        if not accounts.told(connection, account):
            raise SignInRefused("that account is for who has its password", person.subject)
    return account
