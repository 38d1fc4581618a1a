"""The way in by another service, by OpenID Connect: there, back, and the way out.

Knows what a browser brings and keeps on that way. Must never know what a token is made of.
"""

import base64
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Final
from urllib.parse import quote, unquote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from feeds.web.request_limits import CLIENT, RateLimit, ThreadLimit
from notifier.account import RoleRule, Way
from notifier.admin.gate import Gate
from notifier.admin.sign_in.id_token import Naming
from notifier.admin.sign_in.provider import Provider
from notifier.admin.sign_in.sign_in_page import TOO_OFTEN, admitted
from notifier.errors import ProviderFault, SignInRefused
from notifier.keyed_hash import keyed_hash
from notifier.web.private_pages import PRIVATE

log = structlog.get_logger(__name__)

#: What a browser keeps while somebody tells the service who they are, and for how long.
COOKIE: Final = "fieldfare_oidc"
_KEPT_SECONDS: Final = 600
_KEY_BYTES: Final = 32
_LONGEST_PLACE: Final = 500
_LONGEST_WORD: Final = 40
_AT_ONCE, _A_SECOND = 20, 1 / 10
#: Each may wait for another machine.
_THREADS: Final = 2

_SILENT = (
    "The service that says who you are does not answer as it should. Try again; where that lasts, "
    "the log of this site tells more."
)
_NOT_BEGUN = "That sign-in was not begun in this browser, or took too long: once more, please."
_NOT_LET = "The service that says who you are did not let you in."


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcPage:
    """Whoever the provider names comes in, as ``naming`` and ``rule`` say; who does not sees the
    ``form`` of the door, with why.
    """

    gate: Gate
    provider: Provider
    naming: Naming
    rule: RoleRule | None
    form: Callable[[int, str, str], Response]
    _by_client: RateLimit = field(
        default_factory=partial(RateLimit, _AT_ONCE, _A_SECOND), init=False
    )
    _works: ThreadLimit = field(default_factory=partial(ThreadLimit, _THREADS), init=False)

    def routes(self, gate: Gate) -> Sequence[Route]:  # noqa: ARG002 - as of all pages
        ways = (
            ("/sign-in/oidc", self._begun),
            ("/sign-in/oidc/back", self._come),
            ("/sign-out/oidc", self._gone),
        )
        return [Route(f"/admin{path}", self._answered(work)) for path, work in ways]

    def _answered(self, work: Callable[[Request], Response]) -> Callable[[Request], object]:
        """What the work answers, or what is said where the provider does not do its part."""

        async def answer(request: Request) -> Response:
            if self._by_client.wait_seconds(request.scope.get(CLIENT, ""), time.monotonic()):
                return self.form(429, "", TOO_OFTEN)
            return await self._works.run(self._told, work, request)

        return answer

    def _told(self, work: Callable[[Request], Response], request: Request) -> Response:
        try:
            return work(request)
        except ProviderFault as fault:
            log.warning("sign-in failed", way=Way.OIDC.value, problem=str(fault))
            return self.form(502, request.query_params.get("to", ""), _SILENT)

    def _begun(self, request: Request) -> Response:
        key = secrets.token_urlsafe(_KEY_BYTES)
        challenge = _spelt(sha256(_made(key, "verifier").encode()).digest())
        there = self.provider.way_in(_made(key, "state"), _made(key, "nonce"), challenge)
        answer = RedirectResponse(there, 303, headers=PRIVATE)
        answer.set_cookie(
            COOKIE,
            f"{key}.{quote(request.query_params.get('to', '')[:_LONGEST_PLACE], safe='')}",
            max_age=_KEPT_SECONDS,
            path=f"{self.gate.home}/sign-in/oidc",
            secure=self.gate.pages.site.url.startswith("https:"),
            httponly=True,
            # They come back from another site.
            samesite="lax",
        )
        return answer

    def _come(self, request: Request) -> Response:
        """What the browser kept is used up, however it ends."""
        key, _, place = request.cookies.get(COOKIE, "").partition(".")
        answer = self._told(partial(self._entered, key=key, to=unquote(place)), request)
        answer.delete_cookie(COOKIE, path=f"{self.gate.home}/sign-in/oidc", httponly=True)
        return answer

    def _entered(self, request: Request, *, key: str, to: str) -> Response:
        told = request.query_params
        state = told.get("state", "")
        if not key or not hmac.compare_digest(state.encode(), _made(key, "state").encode()):
            return self.form(422, to, _NOT_BEGUN)
        self.provider.check_issuer(told.get("iss", ""))
        if "code" not in told:
            # One of few words (RFC 6749 4.1.2.1), where it is of a provider.
            said = told.get("error", "")[:_LONGEST_WORD]
            problem = said if said.isidentifier() else "no code"
            log.warning("sign-in refused", way=Way.OIDC.value, problem=problem)
            return self.form(403, to, _NOT_LET)
        try:
            person = self.provider.person(
                told["code"], _made(key, "verifier"), _made(key, "nonce"), self.naming
            )
            account = admitted(self.gate.database, person, self.rule)
        except SignInRefused as refused:
            told_of = {"problem": str(refused), "subject": refused.subject}
            log.warning("sign-in refused", way=Way.OIDC.value, **told_of)
            return self.form(403, to, f"You are known, but {refused}.")
        return self.gate.let_in(request, account, Way.OIDC, to, person.subject)

    def _gone(self, _request: Request) -> Response:
        """Whoever left here is led to where they leave the provider, too."""
        door = f"{self.gate.pages.site.url}/admin/sign-in"
        return RedirectResponse(self.provider.way_out(door) or door, 303, headers=PRIVATE)


def _made(key: str, what: str) -> str:
    """A word that only this browser, for this sign-in, could have had us say, and that tells
    nothing of another: 43 letters, as few as a verifier has (RFC 7636 4.1).
    """
    return _spelt(keyed_hash(key.encode(), f"fieldfare oidc 1 {what}".encode()))


def _spelt(made: bytes) -> str:
    return base64.urlsafe_b64encode(made).decode().rstrip("=")
