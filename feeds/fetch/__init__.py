"""Fetching by HTTP, politely and safely: what may be asked, and every answer there can be.

Knows addresses, validators and what became of a request. Must never know what a document means,
which source wants it or when it is wanted again.
"""

from dataclasses import dataclass, field
from datetime import datetime

__all__ = [
    "Answer",
    "Denied",
    "FetchFailed",
    "FetchedPage",
    "Limits",
    "Missing",
    "NotModified",
    "Outsized",
    "Posted",
    "RemoteValidators",
    "Reply",
    "Stopped",
    "TakenAway",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how large things may get.

    ``timeout_seconds`` is for a connection or the next bytes, ``document_seconds`` for a document
    with all its redirects, pauses left out; ``pause_seconds`` lies between two requests to one
    host. ``max_bytes`` counts a document as sent and as unpacked, ``max_list_bytes`` a list.
    """

    timeout_seconds: float
    document_seconds: float
    pause_seconds: float
    max_redirects: int
    max_bytes: int
    max_list_bytes: int


@dataclass(frozen=True, slots=True)
class RemoteValidators:
    """What a server tells states of a document by, byte for byte as it was sent (as Latin-1).

    Odd ones are kept odd: nobody but that server has to understand them (RFC 9110 8.8).
    """

    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """A document, unpacked; ``url`` is where it was found in the end.

    ``media_type`` is the Content-Type with its parameters, None where there was none. ``moved_to``
    is the address to ask next time: where only permanent redirects led, as far as they did. ``hub``
    and ``topic`` are what its Link fields name as hub and self (RFC 8288; WebSub 4). Of what
    ``is_cut`` the end did not come. ``answered_at`` is when the server says that it answered.
    """

    url: str
    body: bytes
    media_type: str | None = None
    validators: RemoteValidators = RemoteValidators()
    moved_to: str | None = None
    hub: str | None = None
    topic: str | None = None
    is_cut: bool = False
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The document is what it was; its validators may be new all the same (RFC 9110 15.4.5)."""

    url: str
    validators: RemoteValidators
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenAway:
    """410: the publisher took it away for good."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """404: there is nothing now; there may be again."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """The host's robots.txt asks us to stay away (RFC 9309)."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outsized:
    """A document that is larger than wanted, by the head of its answer: where it was found in the
    end, its Content-Type, and its ``length`` in bytes where that was told.
    """

    url: str
    media_type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No document, and why in words for people.

    ``retry_after`` is when the ``host`` that answered asks us back, ``status`` what it answered, 0
    if nothing, and the first bytes of its ``body``. What ``is_lasting`` will not pass by itself (a
    4xx but 408, 425 and 429; an address nobody may ask): asking again soon is of no use.
    ``outsized`` is what is there where it is too large.
    """

    problem: str
    status: int = 0
    retry_after: datetime | None = None
    is_lasting: bool = False
    host: str = ""
    outsized: Outsized | None = None
    body: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Stopped:
    """The program is ending; nothing was asked, and nothing is wrong."""


Answer = FetchedPage | NotModified | TakenAway | Missing | Denied | FetchFailed | Stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A form was received, with this status of 2xx and the first few bytes of what it said."""

    status: int
    body: bytes = field(default=b"", repr=False)


Reply = Posted | FetchFailed | Stopped
