"""One document asked for, where a list led: what is remembered goes along, and what has not changed
is not read.

Knows how an answer compares with what is remembered. Must never know what a document says, or which
one is asked for next.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self

from feeds.draft import Document, Parsed
from feeds.fetch import (
    Denied,
    FetchedPage,
    FetchFailed,
    Missing,
    NotModified,
    RemoteValidators,
    Stopped,
    TakenAway,
)
from feeds.fetch.unpack import Damaged, TooLarge, gunzipped
from feeds.sources.leads import Lead
from feeds.times import backoff

if TYPE_CHECKING:
    from feeds.fetch.client import Fetcher

_NONE = RemoteValidators()
# A page that could not be had is asked for at the next look, and then ever more seldom: one that
# shows nothing without JavaScript will not by next week.
_FIRST_PAUSE = timedelta(hours=1)
_LONGEST_PAUSE = timedelta(days=7)

Lost = TakenAway | Missing | Denied | FetchFailed | Stopped


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

    def unconditional(self) -> Self:
        """The same document, to be sent again whether it changed or not: it did not come whole."""
        return replace(self, validators=_NONE, told="")

    def refreshed(self, validators: RemoteValidators, told: str) -> Self:
        """The same document as last seen; silence keeps what was said before."""
        before = self.validators
        etag, modified = validators.etag or before.etag, validators.modified or before.modified
        kept = RemoteValidators(etag, modified)
        return replace(self, validators=kept, told=told or self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A page that was asked for in vain so often, and is not asked for again before ``due_at``.

    Its item is as a list ``told`` it, "" where none did.
    """

    failures: int
    due_at: datetime
    told: str = ""

    def __str__(self) -> str:
        """Never what is a `Signature`: that has more lines."""
        return "\n".join(("awaited", str(self.failures), self.due_at.isoformat(), self.told))

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """What `str` wrote; None for anything else."""
        lines = (text or "").split("\n")
        if len(lines) != 4 or lines[0] != "awaited":
            return None
        _, failures, due_at, told = lines
        return cls(failures=int(failures), due_at=datetime.fromisoformat(due_at), told=told)

    @classmethod
    def after(cls, before: Self | None, told: str, now: datetime) -> Self:
        """As it is once it was asked for in vain ``now``; the first time, the next look asks."""
        if before is None:
            return cls(failures=1, due_at=now, told=told)
        pause = backoff(before.failures - 1, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
        return cls(failures=before.failures + 1, due_at=now + pause, told=told)


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
class ReadPage:
    """A document that was had and understood, and the items that a list leads to. One that
    ``stands_in`` is a page where a feed of all there is was.
    """

    had: Had
    parsed: Parsed
    leads: tuple[Lead, ...] = ()
    stands_in: bool = False

    @property
    def name(self) -> str:
        return self.had.document.name

    @property
    def days(self) -> tuple[date, ...]:
        """The days of everything on it; none unless all are known."""
        known = tuple(lead.day for lead in self.leads if lead.day is not None)
        return known if len(known) == len(self.leads) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The document is what it was, and nothing else is said of it."""

    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Asks for the documents of one source; what is remembered of them goes along.

    Signatures are by name, and so are the ``originals``: the bytes. What was ``set_aside`` and has
    no other signature is to be read again as it is; what has none at all could not be had. Who
    ``asks_anew`` sends no conditions.
    """

    source: str
    fetcher: "Fetcher"
    originals: Callable[[str], bytes | None]
    signatures: Mapping[str, str] = field(default_factory=dict)
    set_aside: Mapping[str, str] = field(default_factory=dict)
    asks_anew: bool = False

    def signature(self, name: str) -> Signature | None:
        """What a document was when it was last had."""
        return Signature.read(self.signatures.get(name) or self.set_aside.get(name))

    def awaited(self, name: str) -> Awaited | None:
        """How often a document was asked for in vain; None for one that was had."""
        return Awaited.read(self.signatures.get(name))

    def is_ours(self, name: str) -> bool:
        """Whether an item came of it, or of what a list told of it."""
        return self.signature(name) is not None or self.awaited(name) is not None

    def is_to_be_read(self, name: str) -> bool:
        """Whether what was set aside is read again, as it may be read in another way now."""
        return name not in self.signatures and bool(self.set_aside.get(name))

    def was_met(self, name: str) -> bool:
        """Whether it was asked for before, whatever came of it."""
        return name in self.signatures or name in self.set_aside

    def page(self, lead: Lead) -> Had | Kept | Lost:
        """The document a list leads to. One that is as it was is had again only where the list
        says something else of it now.
        """
        return self._asked(lead, lead.name, always=False, anew=self.asks_anew)

    def listing(self, lead: Lead, url: str, *, anew: bool = False) -> Had | Lost:
        """A list with its bytes, even if they are those we have."""
        had = self._asked(lead, url, always=True, anew=anew or self.asks_anew)
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

    def _asked(self, lead: Lead, url: str, *, always: bool, anew: bool) -> Had | Kept | Lost:
        before = self.signature(lead.name)
        known = before.validators if before and not anew else None
        answer = self.fetcher.fetch(url, known, is_list=always)
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
            answer = self.fetcher.fetch(url, is_list=always)
        match answer:
            case FetchedPage():
                return self._had(lead, answer, before, always=always)
            case NotModified():
                # To a request that had no condition.
                problem = "the server says that nothing changed, and sends nothing"
                return FetchFailed(problem=problem)
            case _:
                return answer

    def _had(
        self, lead: Lead, page: FetchedPage, before: Signature | None, *, always: bool
    ) -> Had | Kept | FetchFailed:
        most, setting = self.fetcher.most(is_list=always)
        try:
            body, is_whole = gunzipped(page.body, most)
        except (Damaged, TooLarge) as fault:
            problem = f"a gzip file that cannot be had: {fault}"
            problem += f"; see {setting}" if isinstance(fault, TooLarge) else ""
            return FetchFailed(problem=problem, is_lasting=isinstance(fault, TooLarge))
        told = lead.told or (before.told if before else "")
        signature = Signature(
            digest=hashlib.sha256(body).hexdigest(),
            validators=page.validators,
            media_type=page.media_type,
            told=told,
        )
        is_cut = page.is_cut or not is_whole
        signature = signature.unconditional() if is_cut else signature
        is_new = before is None or (before.digest, before.told) != (signature.digest, told)
        if not (is_new or always):
            return Kept(signature=signature)
        document = self._document(lead, page.url, body, signature)
        return Had(
            document=replace(document, is_cut=is_cut),
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
