"""One document asked for, where a list led: what is remembered goes along, and what has not changed
is not read.

Knows addresses (RFC 3986) and what a list says of each, how an answer compares with what is
remembered, and how much may be asked. Must never know what a document says, or which one is asked
for next.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import Event
from typing import Self
from unicodedata import normalize
from urllib.parse import quote, urlsplit, urlunsplit

from config.values import DEFAULT_PORTS, host_of, is_web_address
from feeds.draft import Document, Draft, Parsed
from feeds.fetch import (
    Denied,
    FetchedPage,
    Fetcher,
    FetchFailed,
    Missing,
    NotModified,
    RemoteValidators,
    Stopped,
    TakenAway,
)
from feeds.fetch.unpack import Damaged, TooLarge, gunzipped
from feeds.identity.ids import content_hash

# Failures in a row that speak of the site, not of its pages.
_FAILURES_IN_A_ROW = 20
_NONE = RemoteValidators()
# Longer than any address of a news item; it becomes a key in the store.
_LONGEST_ADDRESS_CHARS = 2_000
# Everything an address may hold is left as it came (RFC 3986 section 2); the rest is encoded.
_ADDRESS_CHARACTERS = "!#$%&'()*+,/:;=?@[]~-._"

Lost = TakenAway | Missing | Denied | FetchFailed | Stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """An address that a list names, and what it says of the document there."""

    name: str
    draft: Draft | None = None
    modified: datetime | None = None

    @property
    def told(self) -> str:
        """Changes when the list says something else; "" where it says nothing."""
        if self.modified is not None:
            return self.modified.isoformat()
        return content_hash(self.draft) if self.draft is not None else ""

    @property
    def day(self) -> date | None:
        """No later day is known for what is there; None where nothing is known."""
        if self.draft is not None and self.draft.issued is not None:
            return self.draft.issued.day
        return self.modified.date() if self.modified is not None else None


def address(url: str) -> str | None:
    """The one way we write an address: without fragment and default port; None if it is none."""
    text = url.strip().replace(" ", "%20")
    if not is_web_address(text) or not text.isprintable():
        return None
    parts = urlsplit(text)
    scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    if "@" in parts.netloc:
        return None
    name = f"[{host}]"
    if ":" not in host:
        try:  # the name DNS knows a host by; some can have none
            name = normalize("NFKC", host).lower().encode("idna").decode()
        except UnicodeError:
            return None
    place = name if port in (None, DEFAULT_PORTS[scheme]) else f"{name}:{port}"
    path, query = (quote(part, _ADDRESS_CHARACTERS) for part in (parts.path or "/", parts.query))
    written = urlunsplit((scheme, place, path, query, ""))
    # The ASCII name of a host may hold what its letters did not ("¸" is a blank and a mark).
    is_sound = len(written) <= _LONGEST_ADDRESS_CHARS and is_web_address(written)
    return written if is_sound else None


def is_near(url: str, hosts: Collection[str]) -> bool:
    """Whether the host of ``url`` is one of ``hosts``, below one, or what one is below.

    So feeds.example.org leads to www.example.org, but a.pages.test not to b.pages.test: whoever
    writes a list must not choose whom we ask.
    """
    host = host_of(url)
    return any(host == near or _is_below(host, near) or _is_below(near, host) for near in hosts)


def _is_below(host: str, other: str) -> bool:
    """Whether it is a sub-domain; nothing counts as below a top-level domain."""
    return "." in other and host.endswith(f".{other}")


def leads(parsed: Parsed) -> tuple[Lead, ...]:
    """The items a list leads to, each address once, in its order."""
    found: dict[str, Lead] = {}
    told = (
        Lead(name=name, draft=draft)
        for draft in parsed.drafts
        if not stands_alone(draft) and (name := address(draft.url or ""))
    )
    for lead in (*told, *located(parsed, is_sitemap=False)):
        before = found.get(lead.name)
        if before is None:
            found[lead.name] = lead
        elif before.modified is None:
            found[lead.name] = replace(before, modified=lead.modified)
    return tuple(found.values())


def stands_alone(draft: Draft) -> bool:
    """Whether nothing more can be had of it: it is whole, or no address leads on."""
    return not draft.partial or address(draft.url or "") is None


def located(parsed: Parsed, *, is_sitemap: bool) -> Iterator[Lead]:
    """What a sitemap leads to: the lists that a list of lists names, or pages."""
    for location in parsed.locations:
        if location.is_sitemap is is_sitemap and (name := address(location.url)):
            yield Lead(name=name, modified=location.modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A document as it was: its SHA-256, its validators verbatim, its media type.

    ``told`` names what the list that leads to it said of it, "" where that said nothing.
    """

    digest: str
    validators: RemoteValidators = _NONE
    media_type: str | None = None
    told: str = ""

    def __str__(self) -> str:
        """One line each, as a header's value holds no line end (RFC 9110 section 5.5)."""
        validators = self.validators
        lines = (self.told, validators.etag, validators.modified, self.media_type)
        # What cannot be sent back as it came is not kept.
        kept = (line if line and line.isprintable() else "" for line in lines)
        return "\n".join((self.digest, *kept))

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """What `str` wrote; None for anything else."""
        lines = (text or "").split("\n")
        if len(lines) != 5 or not lines[0]:
            return None
        digest, told, etag, modified, media_type = lines
        return cls(
            digest=digest,
            told=told,
            validators=RemoteValidators(etag=etag or None, modified=modified or None),
            media_type=media_type or None,
        )

    def refreshed(self, validators: RemoteValidators, told: str) -> Self:
        """The same document as last seen; silence keeps what was said before."""
        before = self.validators
        kept = RemoteValidators(
            etag=validators.etag or before.etag, modified=validators.modified or before.modified
        )
        return replace(self, validators=kept, told=told or self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """A document and its signature now; ``is_new`` unless that is the one remembered.

    ``moved_to`` is where permanent redirects led; ``page`` the answer it came in, None where it
    came from what is kept.
    """

    document: Document
    signature: Signature
    is_new: bool
    moved_to: str | None = None
    page: FetchedPage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The document is what it was, and nothing else is said of it."""

    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Asks for the documents of one source; what is remembered of them goes along.

    Signatures are by name, and so are the ``originals``: the bytes. A document that was ``refused``
    and has no other signature is to be read again as it is; one without any could not be had.
    """

    source: str
    fetcher: Fetcher
    max_bytes: int
    originals: Callable[[str], bytes | None]
    signatures: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def signature(self, name: str) -> Signature | None:
        """What a document was when it was last had."""
        return Signature.read(self.signatures.get(name) or self.refused.get(name))

    def is_to_be_read(self, name: str) -> bool:
        """Whether what was refused is read again, as it may be read in another way now."""
        return name not in self.signatures and bool(self.refused.get(name))

    def was_met(self, name: str) -> bool:
        """Whether it was asked for before, whatever came of it."""
        return name in self.signatures or name in self.refused

    def page(self, lead: Lead) -> Had | Kept | Lost:
        """The document a list leads to. One that is as it was is had again only where the list
        says something else of it now.
        """
        return self._asked(lead, lead.name, always=False)

    def listing(self, lead: Lead, url: str) -> Had | Lost:
        """A list with its bytes, even if they are those we have."""
        had = self._asked(lead, url, always=True)
        return FetchFailed(problem="it was not sent") if isinstance(had, Kept) else had

    def kept(self, lead: Lead) -> Had | None:
        """A document as we have it, without asking."""
        before, body = self.signature(lead.name), self.originals(lead.name)
        if before is None or body is None:
            return None
        return Had(
            document=self._document(lead, lead.name, body, before),
            signature=before,
            is_new=False,
        )

    def _asked(self, lead: Lead, url: str, *, always: bool) -> Had | Kept | Lost:
        before = self.signature(lead.name)
        answer = self.fetcher.fetch(url, before.validators if before else None)
        if isinstance(answer, NotModified) and before is not None:
            after = before.refreshed(answer.validators, lead.told)
            if not always and after.told == before.told:
                return Kept(signature=after)
            if body := self.originals(lead.name):
                return Had(
                    document=self._document(lead, answer.url, body, after),
                    signature=after,
                    is_new=after.told != before.told,
                    moved_to=answer.moved_to,
                )
            answer = self.fetcher.fetch(url)
        match answer:
            case FetchedPage():
                return self._had(lead, answer, before, always=always)
            case NotModified():
                # To a request that had no condition.
                return FetchFailed(
                    problem="the server says that nothing changed, and sends nothing"
                )
            case _:
                return answer

    def _had(
        self, lead: Lead, page: FetchedPage, before: Signature | None, *, always: bool
    ) -> Had | Kept | FetchFailed:
        try:
            body = gunzipped(page.body, self.max_bytes)
        except (Damaged, TooLarge) as fault:
            problem = f"a gzip file that cannot be had: {fault}"
            return FetchFailed(problem=problem, is_lasting=isinstance(fault, TooLarge))
        told = lead.told or (before.told if before else "")
        signature = Signature(
            digest=hashlib.sha256(body).hexdigest(),
            validators=page.validators,
            media_type=page.media_type,
            told=told,
        )
        is_new = before is None or (before.digest, before.told) != (signature.digest, told)
        if not (is_new or always):
            return Kept(signature=signature)
        return Had(
            document=self._document(lead, page.url, body, signature),
            signature=signature,
            is_new=is_new,
            moved_to=page.moved_to,
            page=page,
        )

    def _document(self, lead: Lead, url: str, body: bytes, signature: Signature) -> Document:
        return Document(
            source=self.source,
            name=lead.name,
            body=body,
            url=url,
            media_type=signature.media_type,
            lead=lead.draft,
        )


class Budget:
    """What one look may still ask for, and what ends it early.

    ``problem`` says what could not be had, with ``retry_at`` where the server asked us back.
    ``is_unfinished`` says that there is more to ask for, ``is_stopped`` that the program is ending.
    """

    def __init__(self, most: int | None, stopping: Event) -> None:
        self.problem = ""
        self.retry_at: datetime | None = None
        self.is_unfinished = False
        self.is_stopped = False
        self._left = most
        self._stopping = stopping
        self._has_to_end = False
        self._failures = 0

    @property
    def is_over(self) -> bool:
        return self._has_to_end or self.is_unfinished or self.is_stopped

    def may_ask(self) -> bool:
        """Whether one more page may be asked for; counts it."""
        if self.stops():
            return False
        if self._left is not None:
            self.is_unfinished = self.is_unfinished or self._left <= 0
            self._left -= 1
        return not self.is_over

    def stops(self) -> bool:
        """Whether the program is ending."""
        if self._stopping.is_set():
            self.is_stopped = True
        return self.is_stopped

    def page_answered(self, name: str, answer: Had | Kept | Lost) -> None:
        """A page not had is lost alone, unless the site wants a pause or keeps failing."""
        if not isinstance(answer, FetchFailed):
            self._failures = 0
            return
        self._failures += 1
        if answer.retry_after is not None or self._failures >= _FAILURES_IN_A_ROW:
            self._fail(name, answer)
            self._has_to_end = True

    def list_failed(self, name: str, lost: Lost) -> None:
        """A part of the list cannot be had, and what it leads to is not known."""
        self._fail(name, lost)
        self._has_to_end = self.retry_at is not None

    def _fail(self, name: str, lost: Lost) -> None:
        self.problem = f"{name}: {problem_of(lost)}"
        self.retry_at = lost.retry_after if isinstance(lost, FetchFailed) else None


def problem_of(answer: Lost) -> str:
    """Why there is no document, in words for people."""
    match answer:
        case TakenAway():
            return "the publisher took it away for good (HTTP 410)"
        case Missing():
            return "there is nothing at this address (HTTP 404)"
        case Denied():
            return "the host's robots.txt asks us to stay away"
        case FetchFailed(problem=problem):
            return problem
        case Stopped():
            return "the program was ending"
