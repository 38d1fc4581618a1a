"""One document asked for: what is remembered goes along, and what has not changed is not read.

Knows how an answer compares with what is remembered. Must never know what a document says, or
which one is asked for next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from feeds.draft import Document
from feeds.fetch import (
    Denied,
    Failed,
    Fetcher,
    Gone,
    Missing,
    NotModified,
    Page,
    Stopped,
)
from feeds.fetch.unpack import Damaged, TooLarge, gunzipped
from feeds.sources.leads import Lead
from feeds.sources.signature import Signature, digest_of

Lost = Gone | Missing | Denied | Failed | Stopped


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
    page: Page | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The document is what it was, and nothing else is said of it."""

    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is remembered: signatures by name, and the bytes.

    A document that was ``refused`` and has no other signature is to be read again as it is; one
    without any could not be had.
    """

    originals: Callable[[str], bytes | None]
    signatures: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    def with_signatures(self, signatures: Mapping[str, str]) -> Self:
        return replace(self, signatures=signatures)

    def signature(self, name: str) -> Signature | None:
        return Signature.read(self.signatures.get(name) or self.refused.get(name))

    def is_to_be_read(self, name: str) -> bool:
        """Whether what was refused is read again, as it may be read in another way now."""
        return name not in self.signatures and bool(self.refused.get(name))

    def was_met(self, name: str) -> bool:
        """Whether it was asked for before, whatever came of it."""
        return name in self.signatures or name in self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Asks for the documents of one source."""

    source: str
    fetcher: Fetcher
    known: Known
    max_bytes: int
    now: datetime

    def page(self, lead: Lead) -> Had | Kept | Lost:
        """The document a list leads to. One that is as it was is had again only where the list
        says something else of it now.
        """
        return self._asked(lead, lead.name, always=False)

    def listing(self, lead: Lead, url: str) -> Had | Lost:
        """A list with its bytes, even if they are those we have."""
        had = self._asked(lead, url, always=True)
        return Failed(problem="it was not sent") if isinstance(had, Kept) else had

    def kept(self, lead: Lead) -> Had | None:
        """A document as we have it, without asking."""
        before, body = self.known.signature(lead.name), self.known.originals(lead.name)
        if before is None or body is None:
            return None
        return Had(
            document=self._document(lead, lead.name, body, before),
            signature=before,
            is_new=False,
        )

    def _asked(self, lead: Lead, url: str, *, always: bool) -> Had | Kept | Lost:
        before = self.known.signature(lead.name)
        answer = self.fetcher.fetch(url, before.validators if before else None)
        if isinstance(answer, NotModified) and before is not None:
            after = before.refreshed(answer.validators, lead.told)
            if not always and after.told == before.told:
                return Kept(signature=after)
            if body := self.known.originals(lead.name):
                return Had(
                    document=self._document(lead, answer.url, body, after),
                    signature=after,
                    is_new=after.told != before.told,
                    moved_to=answer.moved_to,
                )
            answer = self.fetcher.fetch(url)
        match answer:
            case Page():
                return self._had(lead, answer, before, always=always)
            case NotModified():
                # To a request that had no condition.
                return Failed(problem="the server says that nothing changed, and sends nothing")
            case _:
                return answer

    def _had(
        self, lead: Lead, page: Page, before: Signature | None, *, always: bool
    ) -> Had | Kept | Failed:
        try:
            body = gunzipped(page.body, self.max_bytes)
        except (Damaged, TooLarge) as fault:
            problem = f"a gzip file that cannot be had: {fault}"
            return Failed(problem=problem, is_lasting=isinstance(fault, TooLarge))
        told = lead.told or (before.told if before else "")
        signature = Signature(
            digest=digest_of(body),
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
            fetched_at=self.now,
            url=url,
            media_type=signature.media_type,
            lead=lead.draft,
        )


def problem_of(answer: Lost) -> str:
    """Why there is no document, in words for people."""
    match answer:
        case Gone():
            return "the publisher took it away for good (HTTP 410)"
        case Missing():
            return "there is nothing at this address (HTTP 404)"
        case Denied():
            return "the host's robots.txt asks us to stay away"
        case Failed(problem=problem):
            return problem
        case Stopped():
            return "the program was ending"
