"""The mails of a Maildir on web pages, for a demo: what arrived, and each as it is.

Knows Maildir and what may be shown of a message. Must never trust one: its HTML runs nothing,
loads nothing and is of no origin.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from notifier.web.private_pages import PRIVATE, PrivatePages
from notifier.web.view import MAIL_POLICY, opened, part

#: Enough to look at; a demo is not a mail program.
_LATEST = 200

#: Links open, in a window that is an ordinary one again; nothing else is allowed.
_POLICY = f"{MAIL_POLICY}; sandbox allow-popups allow-popups-to-escape-sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMail:
    """One message as people read it; ``key`` is its name in an address, ``instead`` the sentence
    that stands where it has no subject.
    """

    key: str
    subject: str
    source: str
    sender: str = ""
    recipient: str = ""
    date: str = ""
    text: str = ""
    html: str = ""
    instead: str = "mail_without_subject"


class Mailbox:
    """The requests below /mails."""

    def __init__(self, folder: Path, pages: PrivatePages) -> None:
        self._folder = folder
        self._pages = pages

    def routes(self) -> Iterator[Route]:
        yield Route("/mails", self.listed)
        yield Route("/mails/{key}", self.shown)
        yield Route("/mails/{key}/html", self.html)
        yield Route("/mails/{key}/source", self.source)

    async def listed(self, _request: Request) -> Response:
        """All mails, the latest first."""
        mails = await run_in_threadpool(self._latest)
        return self._pages.answer("mails.html", mails=mails)

    async def shown(self, request: Request) -> Response:
        """One mail: who, what, when, its text, and the way to its other forms."""
        return self._pages.answer("mail.html", mail=await self._mail(request))

    async def html(self, request: Request) -> Response:
        """The HTML part as a mail program would show it."""
        mail = await self._mail(request)
        return HTMLResponse(mail.html, headers={**PRIVATE, "content-security-policy": _POLICY})

    async def source(self, request: Request) -> Response:
        """The message as it is on disk."""
        mail = await self._mail(request)
        return PlainTextResponse(mail.source, headers=PRIVATE)

    async def _mail(self, request: Request) -> ShownMail:
        mail = await run_in_threadpool(self._read, request.path_params["key"])
        if mail is None:
            raise HTTPException(404)
        return mail

    def _latest(self) -> list[ShownMail]:
        """Names in a Maildir start with the second of delivery."""
        maildir = self._maildir()
        keys = sorted(maildir.keys(), reverse=True)[:_LATEST]
        return [_mail(key, maildir.get_bytes(key)) for key in keys]

    def _read(self, key: str) -> ShownMail | None:
        """A name is looked up among those there are; it is never a path."""
        maildir = self._maildir()
        return _mail(key, maildir.get_bytes(key)) if key in maildir else None

    def _maildir(self) -> Maildir:
        return Maildir(self._folder, create=True)


def _mail(key: str, content: bytes) -> ShownMail:
    try:
        return _understood(key, content)
    except Exception:  # noqa: BLE001 - the standard library's parser raises many on hostile fields
        return ShownMail(
            key=_quoted(key), subject="", instead="mail_unreadable", source=_source(content)
        )


def _understood(key: str, content: bytes) -> ShownMail:
    message = opened(content)
    return ShownMail(
        key=_quoted(key),
        subject=_header(message, "subject"),
        sender=_header(message, "from"),
        recipient=_header(message, "to"),
        date=_header(message, "date"),
        text=part(message, "plain") or "",
        html=part(message, "html") or "",
        source=_source(content),
    )


def _header(message: EmailMessage, name: str) -> str:
    """The field as text, empty where there is none."""
    return str(message.get(name, ""))


def _quoted(key: str) -> str:
    return quote(key, safe="")


def _source(content: bytes) -> str:
    return content.decode("utf-8", "replace")
