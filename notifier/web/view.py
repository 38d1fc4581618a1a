"""A digest in the browser, as it was mailed.

Knows view links and the copy that is stored. Must never show it to a search engine, or let it
run anything.
"""

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from feeds.storage.database import Database
from notifier.storage import deliveries
from notifier.subscribers.links import Claim, Scope
from notifier.web.claims import claim_of
from notifier.web.message_parts import opened, part
from notifier.web.private_pages import PRIVATE, PrivatePages

__all__ = ["MAIL_POLICY", "Viewing"]

#: A mail brings its own style and needs nothing else.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """The request behind "view in browser"."""

    database: Database
    secret: bytes
    pages: PrivatePages

    async def show(self, request: Request) -> Response:
        """The HTML part of the digest. It shows what its owner got, so any epoch may see it."""
        claim = claim_of(request, self.secret, Scope.VIEW)
        html = await run_in_threadpool(self._html, claim) if claim else None
        if html is None:
            return self._missing()
        return HTMLResponse(html, headers={**PRIVATE, "content-security-policy": MAIL_POLICY})

    def _html(self, claim: Claim) -> str | None:
        with self.database.reading() as connection:
            content = deliveries.personal_copy(connection, claim.public_id, claim.extra)
        return part(opened(content), "html") if content else None

    def _missing(self) -> Response:
        return self.pages.notice(
            "This digest is not here",
            "The link was cut or changed on its way, or the digest is no longer kept. "
            "Its news are still here, by topic.",
            status=404,
        )
