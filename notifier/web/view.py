"""A digest in the browser, as it was mailed.

Knows view links, the copy that is stored, and MIME. Must never show it to a search engine, let it
run anything, or trust a message: what is wrong in one is shown as well as can be.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from feeds.web.request_limits import PATIENCE_SECONDS, ThreadLimit
from notifier.subscribers.links import Claim, LinkScope
from notifier.web.private_pages import PRIVATE, PrivatePages, claim_of

#: A mail brings its own style and needs nothing else.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """The request behind "view in browser": ``copy`` makes the message that somebody, by their
    public id, got for a period, and waits no longer for the store than so many seconds. It is
    shown until so long ``after`` it was made.
    """

    copy: Callable[[str, str, float], bytes | None]
    secret: bytes
    pages: PrivatePages
    clock: Callable[[], datetime]
    after: timedelta
    _looks: ThreadLimit = field(default_factory=ThreadLimit, init=False)

    async def show(self, request: Request) -> Response:
        """The HTML part of the digest. It shows what its owner got, so any epoch may see it."""
        claim = claim_of(request, self.secret, LinkScope.VIEW)
        html = await self._looks.run(self._html, claim) if claim else None
        if html is None:
            return self._missing()
        return HTMLResponse(html, headers={**PRIVATE, "content-security-policy": MAIL_POLICY})

    def _html(self, claim: Claim) -> str | None:
        content = self.copy(claim.public_id, claim.extra, PATIENCE_SECONDS)
        message = opened(content) if content else None
        if message is None or self.clock() - message["date"].datetime > self.after:
            return None
        return part(message, "html")

    def _missing(self) -> Response:
        return self.pages.notice("missing_digest", 404)


def opened(content: bytes) -> EmailMessage:
    """The message; one that is broken has defects, and whatever can be read of it."""
    return message_from_bytes(content, policy=default)


def part(message: EmailMessage, subtype: str) -> str | None:
    """The body as ``html`` or ``plain`` text; None where the message has none of that kind."""
    found = message.get_body((subtype,))
    if found is None:
        return None
    payload = found.get_payload(decode=True)
    return _text(payload if isinstance(payload, bytes) else b"", found.get_content_charset("utf-8"))


def _text(body: bytes, charset: str) -> str:
    """Whatever can be read, in characters that can be sent on."""
    try:
        text = body.decode(charset, "replace")
    except (LookupError, ValueError):  # a charset nobody knows, or one that is no encoding of text
        text = body.decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode("utf-8")
