"""Drafts with everything they may be known by, at their source and everywhere, to be judged by.

Knows which facts of a draft name it, alone in its document or among others. Must never know what
else is known by these names, or how a document is read.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from feeds.draft import Document, Draft, Parsed
from feeds.identity.addresses import canonical, number_of, site_number
from feeds.identity.ids import bounded, content_hash, told_hash
from feeds.identity.likeness import opening_key, plain
from feeds.taxonomy import Taxonomy

#: The form of what a publisher pushed: its own id is the key, and it says all there is to say.
PUSHED = "push"

# An id that is no URI ("1234", "node 5 at ...") is unique within its feed only. A web address is
# compared as such.
_URI = re.compile(r"(?:tag|urn|ni|info|doi|uuid):\S{3,1000}", re.IGNORECASE)
#: A key, and the language it holds for.
_Claim = tuple[str, str | None]
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A draft, and everything it may be known by.

    ``key`` is its key at its source, ``place`` what stands for its place in its ``document``;
    ``names`` are those it has everywhere, ``others`` those of the same in other languages.
    ``content_hash`` is of what it says, ``told_hash`` of all it tells; ``digest`` of its bytes.
    """

    source: str
    document: str
    key: str
    place: str
    draft: Draft
    content_hash: str
    told_hash: str
    digest: str
    names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    is_numbered: bool = False
    number: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys it may be stored under, the most telling first: languages share a number."""
        if self.is_numbered and self.draft.language:
            return f"{self.key}@{self.draft.language}", self.key
        return (self.key,)


def candidates(
    document: Document, parsed: Parsed, digest: str, taxonomy: Taxonomy
) -> tuple[Candidate, ...]:
    """The drafts a document holds, each once; ``digest`` is of its bytes."""
    # A list of one item has another one tomorrow: the item is not the list.
    if len(parsed.drafts) == 1 and not parsed.is_list:
        return (candidate(document, parsed.drafts[0], digest, taxonomy),)
    found = [
        candidate(document, draft, digest, taxonomy, key)
        for key, draft in _once(document.name, parsed.drafts)
    ]
    # What several items of one list have in common (the address of the list, an id that never
    # changes) names none of them.
    claims = {(name, titled(one.draft)) for one in found for name in one.names}
    named = Counter(name for name, _ in claims)
    return tuple(
        replace(one, names=tuple(name for name in one.names if named[name] == 1)) for one in found
    )


def candidate(
    document: Document, draft: Draft, digest: str, taxonomy: Taxonomy, key: str | None = None
) -> Candidate:
    """The one draft of a document; one of several has a ``key`` within it."""
    page = document if key is None else None
    name, alone = document.name, key is None
    key = key or item_key(name, draft, alone=alone)
    content = content_hash(draft)
    others = (each.url for each in draft.alternates if each.language != draft.language)
    return Candidate(
        source=document.source,
        document=name,
        key=key,
        place=place_key(name, draft, alone=alone),
        draft=draft,
        content_hash=content,
        told_hash=told_hash(draft, content),
        digest=digest,
        names=names(draft, page, taxonomy),
        others=address_names(others, taxonomy),
        is_numbered=is_numbered(key, draft),
        number=site_number(draft.url or (page.url if page else None), taxonomy),
    )


def _once(name: str, drafts: Sequence[Draft]) -> Iterator[tuple[str, Draft]]:
    """The drafts by their keys. What one document tells twice is taken from the fullest telling, or
    each would revise the other whenever it is read.
    """
    once: dict[tuple[str, str | None], Draft] = {}
    for key, draft in zip(keys_within(name, drafts), drafts, strict=True):
        before = once.setdefault((key, draft.language), draft)
        if before.partial and not draft.partial:
            once[key, draft.language] = draft
    for (key, _), draft in once.items():
        yield key, draft


# -- Keys within a source, names everywhere --------------------------------------------------------


def item_key(name: str, draft: Draft, *, alone: bool) -> str:
    """What a draft is known by within its source.

    What a publisher pushed has the publisher's key. Else the number its address ends in, which
    survives moves and mirrors; else its place.
    """
    if draft.form == PUSHED and draft.guid:
        return bounded(draft.guid)
    if number := number_of(draft.url):
        return bounded(f"/{number}")
    return place_key(name, draft, alone=alone)


def place_key(name: str, draft: Draft, *, alone: bool) -> str:
    """The document's name; one of several drafts adds its id there, its address, or its title and
    day, as positions in a list change and titles recur.
    """
    return bounded(name) if alone else next(_places(name, draft))


def keys_within(name: str, drafts: Sequence[Draft]) -> list[str]:
    """What each of the drafts of one document is known by, as `item_key` says.

    What others share that have another title or day names none of them: the next best does.
    Languages may share a number.
    """
    tellers: defaultdict[_Claim, set[str]] = defaultdict(set)
    for draft in drafts:
        by_title = (_within(name, titled(draft)), None)
        for claim in _claims(name, draft):
            tellers[claim].add(_opening(draft) if claim == by_title else titled(draft))
    return [_own(name, draft, tellers) for draft in drafts]


def titled(draft: Draft) -> str:
    """Title and day, equal for two drafts of one list that are the same item told twice."""
    day = draft.issued.day if draft.issued else ""
    return f"{plain(draft.title)}@{day}"


def _own(name: str, draft: Draft, tellers: Mapping[_Claim, Collection[str]]) -> str:
    own = (claim[0] for claim in _claims(name, draft) if len(tellers[claim]) == 1)
    # Two of one title on one day: their texts tell them apart.
    return next(own, None) or _within(name, f"{titled(draft)}#{_opening(draft)}")


def _claims(name: str, draft: Draft) -> Iterator[_Claim]:
    """The keys of one of several drafts, the best first, each with the language it holds for."""
    if (key := item_key(name, draft, alone=False)) and is_numbered(key, draft):
        yield key, draft.language
    for place in _places(name, draft):
        yield place, None


def _places(name: str, draft: Draft) -> Iterator[str]:
    for known_as in (draft.guid, draft.url, titled(draft)):
        if known_as and known_as.isprintable():
            yield _within(name, known_as)


def _within(name: str, known_as: str) -> str:
    return bounded(f"{name}#{known_as}")


def _opening(draft: Draft) -> str:
    return str(opening_key(draft) or plain(draft.summary))


def is_numbered(key: str, draft: Draft) -> bool:
    """Whether a key is the number of an address, which several languages may share."""
    number = number_of(draft.url)
    return draft.form != PUSHED and number is not None and key == bounded(f"/{number}")


def names(draft: Draft, document: Document | None, taxonomy: Taxonomy) -> tuple[str, ...]:
    """What a draft is known by at every source: its addresses, and an id that is a URI.

    ``document`` is the one that holds this draft and no other, if there is such a one.
    """
    entry_id = draft.provenance.entry_id if draft.provenance else None
    own = document.url if document else None
    uris = (guid for guid in (entry_id, draft.guid) if guid and _URI.fullmatch(guid))
    ids = (bounded(f"id:{guid}") for guid in uris if guid.isprintable())
    urls = (draft.url, own, *draft.also_at, draft.guid, entry_id)
    web = (url for url in urls if url and _WEB.fullmatch(url))
    return tuple(dict.fromkeys((*ids, *address_names(web, taxonomy))))


def address_names(urls: Iterator[str], taxonomy: Taxonomy) -> tuple[str, ...]:
    """The names these addresses are, those that are any."""
    found = (f"at:{place}" for url in urls if (place := canonical(url, taxonomy)))
    return tuple(dict.fromkeys(bounded(name) for name in found if name.isprintable()))
