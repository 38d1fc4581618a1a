"""A digest in the browser, as it was mailed, and a list of those that somebody was sent.

Knows view links, the copy that is stored, and MIME. Must never show it to a search engine, let it
run anything, or trust a message: what is wrong in one is shown as well as can be.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Final, SupportsBytes
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from feeds.catalogue import Catalogue
from feeds.web.request_limits import PATIENCE_SECONDS, ThreadLimit
from notifier.digest.schedule import named_so
from notifier.model import DeliveryState, Subscriber
from notifier.storage.deliveries import Delivery
from notifier.subscribers.links import Claim, LinkScope, MailLinks
from notifier.web.private_pages import PRIVATE, PrivatePages, claim_of

#: A mail brings its own style and needs nothing else.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

#: What is said of a mail by its state; nothing where it is on its way no more, or never was.
_BECAME: Final = {
    DeliveryState.ACCEPTED: "",
    DeliveryState.FAILED: "not_delivered",
    **dict.fromkeys(
        (
            *(DeliveryState.QUEUED, DeliveryState.SENDING),
            *(DeliveryState.DEFERRED, DeliveryState.UNCERTAIN),
        ),
        "on_its_way",
    ),
}


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


def listed(
    mails: Iterable[Delivery], person: Subscriber, words: Catalogue, links: MailLinks, site: str
) -> Sequence[tuple[str, str, str]]:
    """What each of somebody's mails was, the path of its page where it can be read again, and what
    became of it where it was not accepted; what was not sent is left out. ``site`` is its name.
    """
    found = []
    for mail in mails:
        local = mail.created_at.astimezone(person.zone).date()
        url = ""
        if mail.notice:
            label = f"{words.say(f'{mail.notice}_mail.subject', site=site)}, {words.day(local)}"
        else:
            often, day = named_so(mail.period)
            label = words.say(f"digest.{often}", day=words.day(day or local, "day_of_week"))
            if mail.items:
                url = urlsplit(links.view(person.public_id, person.epoch, mail.period)).path
        became = _BECAME.get(mail.state)
        if became is not None:
            found.append((label, url, words.say(became) if became else ""))
    return found


def opened(content: SupportsBytes) -> EmailMessage:
    """The message; one that is broken has defects, and whatever can be read of it."""
    return message_from_bytes(bytes(content), policy=default)


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
