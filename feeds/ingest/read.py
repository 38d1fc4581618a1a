"""One document read: what was seen of it, its bytes to keep, and the drafts in it.

Knows documents and parsers. Must never know what was read before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import TypeGuard, assert_never

from config.values import is_web_address, media_type
from feeds.draft import FEEDS, Document, Draft, Parsed, Reason, Refused
from feeds.errors import SourceError
from feeds.identity.candidates import Candidate, candidate, candidates
from feeds.identity.likeness import SEARCHED_SOURCE_CHARS, tells_of
from feeds.ingest import Asked, Terms
from feeds.ingest.repeats import Page, Pages
from feeds.ingest.worker import understood_here
from feeds.ingest.workers import tell_fault
from feeds.model import Enclosure, Mark
from feeds.parse.bytes import decode_page
from feeds.parse.recognise import enclosing, file_type, is_file_type, with_file
from feeds.sources import Fetched, LeadOnly, Refusal
from feeds.storage.documents import Sighting, digest_of
from feeds.taxonomy import Taxonomy

#: What may be read of what a source shows.
Readable = Fetched | LeadOnly | Refusal

_A_LIST = "a list came where the page of one item was to be"
_ANOTHER = "it says nothing of what the list that leads to it tells"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """A document and what it holds; without a body if its bytes could not be had.

    ``silent_entries`` of a feed said nothing, and are dropped, as are ``lost_files``. One that
    ``is_complete`` is a list that came whole, and what it shows no more is withdrawn; whether it
    ``is_feed`` is told. It ``is_doubtful`` where no list tells anything of it: others may say the
    very same, or that it is an item after all.
    """

    sighting: Sighting
    body: bytes | None = None
    candidates: tuple[Candidate, ...] = ()
    silent_entries: int = 0
    lost_files: int = 0
    is_doubtful: bool = False
    is_complete: bool = False
    is_feed: bool = False

    def refused(self, why: Refused) -> "ReadDocument":
        """The document in quarantine."""
        sighting = replace(self.sighting, refused=why)
        return replace(self, sighting=sighting, candidates=(), is_doubtful=False)


class ReaderHere:
    """Understands documents in this process, without limits."""

    def understand(
        self,
        asked: Sequence[Asked],
        taxonomy: Taxonomy,
        stopping: Event | None = None,  # noqa: ARG002 - what is in hand is finished
    ) -> Iterator[Parsed | Refused]:
        """What each document holds, in their order."""
        for document, habits in asked:
            answer = understood_here(document, taxonomy, habits)
            tell_fault(answer.fault, document)
            yield answer.understood


def understood(document: Document, terms: Terms, stopping: Event | None = None) -> Parsed | Refused:
    """What a document holds, or why nothing can be made of it.

    Raises SourceError where the program ended, or cannot understand documents at all.
    """
    reader = terms.reader or ReaderHere()
    came = replace(document, fetched=terms.now)
    for found in reader.understand([(came, terms.habits)], terms.taxonomy, stopping):
        return found
    raise SourceError(document.source, "the program ended before it was read")


def read_all(
    batch: Sequence[Readable],
    terms: Terms,
    stopping: Event | None = None,
    *,
    pages: Pages,
    forced: bool = False,
) -> list[ReadDocument]:
    """What each document holds, or why it is refused; fewer once ``stopping`` is set.

    ``pages`` are those of this look, and know these from then on. Documents are items that are
    ``forced`` to be.
    """
    asked = [_asked(seen, terms, forced=forced) for seen in batch if _is_asked(seen)]
    answers = (terms.reader or ReaderHere()).understand(asked, terms.taxonomy, stopping)
    found: list[tuple[Readable, Parsed | Refused | None, ReadDocument | None]] = []
    for seen in batch:
        meant = None
        if _is_asked(seen):
            understood = next(answers, None)
            if understood is None:
                break
            meant = _meant(seen, understood, terms, pages)
        # What other pages of the look may speak against waits for them; the rest is done while
        # others are being understood.
        is_page = isinstance(seen, Fetched) and seen.is_page
        found.append((seen, meant, None if is_page else _read(seen, meant, terms, pages)))
        if stopping is not None:
            # Who works for long is seen to be at work.
            stopping.is_set()
    return [one or _read(seen, meant, terms, pages) for seen, meant, one in found]


def _is_asked(seen: Readable) -> TypeGuard[Fetched]:
    return isinstance(seen, Fetched) and not seen.is_listing


def _asked(seen: Fetched, terms: Terms, *, forced: bool) -> Asked:
    is_promoted = seen.name in terms.promoted
    habits = replace(terms.habits, forced=True) if forced or is_promoted else terms.habits
    return replace(seen.document, fetched=terms.now), habits


def _read(
    seen: Readable, meant: Parsed | Refused | None, terms: Terms, pages: Pages
) -> ReadDocument:
    match seen:
        case Fetched():
            is_doubtful = seen.is_page and _is_doubtful(seen, meant, terms)
            if seen.is_page and isinstance(meant, Parsed) and not is_doubtful:
                meant = pages.refusal(seen.name) or meant
            found = as_understood(seen.document, meant, terms, seen.signature, seen.awaited)
            silent = found.silent_entries or seen.silent_entries
            is_all = (
                isinstance(meant, Parsed)
                and meant.is_list
                and not (meant.is_cut or meant.may_hold_more or meant.next_page or silent)
            )
            return replace(
                found,
                silent_entries=silent,
                is_doubtful=is_doubtful,
                is_complete=seen.is_complete and is_all,
                is_feed=isinstance(meant, Parsed) and meant.form in FEEDS,
            )
        case LeadOnly():
            document = replace(seen.listing, name=seen.name)
            return _from_lead(document, _with_outsized(seen), None, terms, seen.signature)
        case Refusal():
            return ReadDocument(sighting=_sighting(seen.name, terms, refused=seen.refused))
        case _:
            assert_never(seen)


def _with_outsized(seen: LeadOnly) -> Draft:
    """What a list tells, with the file that is too large to be had as its enclosure."""
    there = seen.outsized
    if there is None or not is_file_type(there.media_type):
        return seen.lead
    kind = media_type(there.media_type)
    return enclosing(seen.lead, Enclosure(url=there.url, media_type=kind, length=there.length))


def as_understood(
    document: Document,
    understood: Parsed | Refused | None,
    terms: Terms,
    signature: str = "",
    awaited: str = "",
) -> ReadDocument:
    """The document as it is judged, once it is ``understood``; None where it is not asked.

    Its digest is the ``signature`` of one that has no other. Whatever the reason why the page of an
    item gives nothing, what a list told of the item is the item, and the page is ``awaited``.
    """
    refused = understood if isinstance(understood, Refused) else None
    digest = digest_of(document.body)
    signature = signature or digest
    lead, is_unread = document.lead, False
    if refused and lead is not None and lead.title:
        if document.url and file_type(document.body, document.media_type):
            # A file is where its item is, and no page will come in its place.
            lead = with_file(lead, document, document.url)
            is_unread = refused.reason is Reason.BINARY
            refused = None if is_unread else refused
        # What took too much is not read again until it changes.
        is_awaited = refused is not None and refused.reason is not Reason.COSTLY
        found = _from_lead(document, lead, refused, terms, awaited if is_awaited else signature)
        return replace(found, sighting=replace(found.sighting, is_unread=is_unread))
    parsed = understood if isinstance(understood, Parsed) else None
    its = candidates(document, parsed, digest, terms.taxonomy) if parsed else ()
    sighting = _sighting(document.name, terms, signature, digest, refused)
    sighting = replace(sighting, media_type=document.media_type or "")
    return ReadDocument(
        sighting=sighting,
        body=document.body,
        candidates=its,
        silent_entries=parsed.silent_entries if parsed else 0,
        lost_files=parsed.lost_files if parsed else 0,
    )


def _from_lead(
    document: Document, lead: Draft, refused: Refused | None, terms: Terms, signature: str
) -> ReadDocument:
    """An item as its list tells it; the ``signature`` says when its page is asked for again."""
    digest = digest_of(document.body)
    draft = replace(lead, partial=True)
    # What was had is not the item's page, so that its address is none of the item's names.
    found = candidate(replace(document, url=None), draft, digest, terms.taxonomy)
    sighting = _sighting(document.name, terms, signature, digest, refused)
    sighting = replace(sighting, media_type=document.media_type or "")
    return ReadDocument(sighting=sighting, body=document.body, candidates=(found,))


def _sighting(
    name: str,
    terms: Terms,
    signature: str = "",
    digest: str | None = None,
    refused: Refused | None = None,
) -> Sighting:
    return Sighting(
        source=terms.source,
        name=name,
        signature=signature,
        digest=digest,
        seen_at=terms.now,
        refused=refused,
        recipe=terms.recipe,
    )


def _is_doubtful(seen: Fetched, meant: Parsed | Refused | None, terms: Terms) -> bool:
    if meant is None or seen.document.lead is not None or seen.name in terms.promoted:
        return False
    return meant.is_undecided if isinstance(meant, Refused) else True


def _meant(seen: Fetched, found: Parsed | Refused, terms: Terms, pages: Pages) -> Parsed | Refused:
    """What a document holds; a list is refused where the page of one item is meant, and so is a
    page that says nothing of what led to it. The ``pages`` of the look know the page from then on.
    """
    if isinstance(found, Refused):
        return found
    if seen.name in terms.promoted:
        marked = (replace(draft, marks=draft.marks | {Mark.PROMOTED}) for draft in found.drafts)
        return replace(found, drafts=tuple(marked))
    if found.is_list and seen.is_page:
        return Refused(reason=Reason.NOT_NEWS, evidence=_A_LIST)
    if not seen.is_page:
        return found
    is_fitting = _is_fitting(seen.document, found)
    for draft in found.drafts:
        pages.meet(Page.of(seen.document, draft, is_fitting=is_fitting))
    return found if is_fitting else Refused(reason=Reason.NOT_NEWS, evidence=_ANOTHER)


def _is_fitting(document: Document, found: Parsed) -> bool:
    lead = document.lead
    if lead is None or is_web_address(lead.title):
        return True
    source = partial(_source_of, document)
    return all(tells_of(draft, lead, source) for draft in found.drafts)


def _source_of(document: Document) -> str:
    # A character has four bytes at most.
    head = replace(document, body=document.body[: 4 * SEARCHED_SOURCE_CHARS])
    text = decode_page(head)
    return "" if isinstance(text, Refused) else text
