"""Drafts with everything they may be known by, at their source and everywhere, to be judged by.

Knows which facts of a draft name it, alone in its document or among others. Must never know what
else is known by these names, or how a document is read.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from feeds.draft import Document, Draft, Parsed
from feeds.identity.addresses import (
    canonical,
    is_elsewhere,
    number_of,
    other_slash,
    path_of,
    site_number,
    with_fragment,
)
from feeds.identity.ids import bounded, content_hash, told_hash
from feeds.identity.likeness import opening_key, plain
from feeds.taxonomy import Taxonomy

#: The form of what a publisher pushed: its own id is the key, and it says all there is to say.
PUSHED = "push"

# An id that is no URI ("1234", "node 5 at ...") is unique within its feed only. A web address is
# compared as such.
_URI = re.compile(r"(?:tag|urn|ni|info|doi|uuid):\S{3,1000}", re.IGNORECASE)
#: Before the place an item is found at, one it claims, one it names against its list, and an id
#: that counts at its source alone.
_AT, _CLAIM, _ECHO, _ID_AT_SOURCE = "at:", "by:", "as:", "of:"
# Each title of a list is asked for some ten times, in turns; what is longer than any is hostile.
_TITLES_REMEMBERED = 8_192
_TITLE_CHARS = 500
#: A key, and the language it holds for.
_Key = tuple[str, str | None]
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A draft, and everything it may be known by.

    ``key`` is its key at its source, ``place`` what stands for its place in its ``document``,
    ``found_at`` the address its page was found at; ``is_stated`` where its publisher gave it an id
    or an address. ``names`` are those it has everywhere, ``others`` those of the same in other
    languages, ``claims`` what it says of itself that another may say as well: they name it where
    the words agree, and ``echoes``, where its list says otherwise, where they are the very same; it
    ``is_contested`` where others have what it is said to be known by.
    ``content_hash`` is of what it says, ``told_hash`` of all it tells; ``digest``
    of its bytes.
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
    claims: tuple[str, ...] = ()
    echoes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    found_at: str | None = None
    is_stated: bool = False
    is_contested: bool = False
    is_numbered: bool = False
    number: str | None = None

    @property
    def sought(self) -> tuple[str, ...]:
        """What else an item may be known by that tells the same: a claim of either of the two, and
        the address with or without a slash at its end.
        """
        places = [name.removeprefix(_AT) for name in self.names if name.startswith(_AT)]
        others = (form for place in places for form in (_CLAIM + place, _AT + other_slash(place)))
        claimed = (form for claim in self.claims for form in firmly(claim))
        return tuple(dict.fromkeys((*claimed, *others)))

    @property
    def echoed(self) -> tuple[str, ...]:
        """What an item may be known by that says the very same: one of two pages of a site names
        the other for its own place.
        """
        own = (_ECHO + name.removeprefix(_AT) for name in self.names if name.startswith(_AT))
        echoes = (form for echo in self.echoes for form in (_AT + echo.removeprefix(_ECHO), echo))
        return tuple(dict.fromkeys((*echoes, *own)))

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
        for key, draft in _once(document.name, parsed.drafts, taxonomy)
    ]
    # What several items of one list have in common (the address of the list, an id that never
    # changes) names none of them.
    claims = {(name, titled(one.draft)) for one in found for name in one.names}
    named = Counter(name for name, _ in claims)
    shared = {name for name, times in named.items() if times > 1}
    return tuple(
        replace(one, names=tuple(name for name in one.names if name not in shared))
        if not shared.isdisjoint(one.names)
        else one
        for one in found
    )


def candidate(
    document: Document, draft: Draft, digest: str, taxonomy: Taxonomy, key: str | None = None
) -> Candidate:
    """The one draft of a document; one of several has a ``key`` within it."""
    page = document if key is None else None
    name, alone = document.name, key is None
    named = draft.url
    if page and page.url:
        stated = document.lead.url if document.lead else name
        draft = replace(draft, url=settled(named, stated, page.url))
    outranked = [named] if named and named != draft.url else []
    key = key or item_key(name, draft, taxonomy, alone=alone)
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
        claims=_claims(draft, document, page, taxonomy),
        echoes=tuple(_ECHO + name.removeprefix(_AT) for name in address_names(outranked, taxonomy)),
        others=address_names(others, taxonomy),
        found_at=page.url if page else None,
        is_stated=bool(draft.guid or draft.url or (page and page.url)),
        is_numbered=is_numbered(key, draft, taxonomy),
        number=site_number(draft.url or (page.url if page else None), taxonomy),
    )


def firmly(claim: str) -> tuple[str, ...]:
    """A claim, and the name that an item has which was found at the claimed place."""
    is_place = claim.startswith(_CLAIM)
    return (_AT + claim.removeprefix(_CLAIM), claim) if is_place else (claim,)


def settled(url: str | None, stated: str | None, found_at: str | None) -> str | None:
    """The address of an item whose page names ``url`` for its own.

    Where a list (or what was known) says that it is where its page was found, without being sent on
    from there, that outranks what the page says, as templates give one address to all pages; but
    for another spelling, or what a query adds to it.
    """
    if not (url and stated and found_at) or is_elsewhere(stated, found_at):
        return url
    is_another = is_elsewhere(url, found_at) and path_of(url) != path_of(found_at)
    return found_at if is_another else url


def distinguished(found: Sequence[Candidate]) -> Sequence[Candidate]:
    """The same, without the claims that several make which are not one: a canonical address that a
    template gives all its pages. Each of these is at the address it was found at.
    """
    tellers: defaultdict[str, set[str]] = defaultdict(set)
    for one in found:
        for claim in one.claims:
            tellers[claim].add(titled(one.draft))
    shared = frozenset(claim for claim, titles in tellers.items() if len(titles) > 1)
    return [without_claims(one, shared) if shared else one for one in found]


def without_claims(one: Candidate, shared: Collection[str]) -> Candidate:
    """The candidate without claims that are no names of it, and at no address they lead to."""
    kept = tuple(claim for claim in one.claims if claim not in shared)
    if len(kept) == len(one.claims):
        return one
    draft = one.draft
    if any(claim.startswith(_CLAIM) for claim in one.claims if claim in shared):
        draft = replace(draft, url=one.found_at or draft.url)
    told = told_hash(draft, one.content_hash)
    return replace(one, claims=kept, draft=draft, told_hash=told)


def _once(name: str, drafts: Sequence[Draft], taxonomy: Taxonomy) -> Iterator[tuple[str, Draft]]:
    """The drafts by their keys. What one document tells twice is taken from the fullest telling, or
    each would revise the other whenever it is read.
    """
    once: dict[tuple[str, str | None], Draft] = {}
    for key, draft in zip(keys_within(name, drafts, taxonomy), drafts, strict=True):
        before = once.setdefault((key, draft.language), draft)
        if before.partial and not draft.partial:
            once[key, draft.language] = draft
    for (key, _), draft in once.items():
        yield key, draft


# -- Keys within a source, names everywhere --------------------------------------------------------


def item_key(name: str, draft: Draft, taxonomy: Taxonomy, *, alone: bool) -> str:
    """What a draft is known by within its source.

    What a publisher pushed has the publisher's key. Else the number its address ends in on a site
    that is numbered, where it survives moves and mirrors: elsewhere every section may count its
    own. Else its place.
    """
    if draft.form == PUSHED and draft.guid:
        return bounded(draft.guid)
    if site_number(draft.url, taxonomy):
        return bounded(f"/{number_of(draft.url)}")
    return place_key(name, draft, alone=alone)


def place_key(name: str, draft: Draft, *, alone: bool) -> str:
    """The document's name; one of several drafts adds its id there, its address, or its title and
    day, as positions in a list change and titles recur.
    """
    return bounded(name) if alone else next(_places(name, draft))


def keys_within(name: str, drafts: Sequence[Draft], taxonomy: Taxonomy) -> list[str]:
    """What each of the drafts of one document is known by, as `item_key` says.

    What others share that have another title or day names none of them: the next best does.
    Languages may share a number.
    """
    tellers: defaultdict[_Key, set[str]] = defaultdict(set)
    keys = [(draft, titled(draft), [*_keys(name, draft, taxonomy)]) for draft in drafts]
    for draft, title, its in keys:
        by_title = (_within(name, title), None)
        for known_as in its:
            tellers[known_as].add(_opening(draft) if known_as == by_title else title)
    found = []
    for draft, title, its in keys:
        own = (key for key, language in its if len(tellers[key, language]) == 1)
        # Two of one title on one day: their texts tell them apart.
        found.append(next(own, None) or _within(name, f"{title}#{_opening(draft)}"))
    return found


def titled(draft: Draft) -> str:
    """Title and day, equal for two drafts of one list that are the same item told twice."""
    title = draft.title
    day = draft.issued.day if draft.issued else ""
    return f"{plain(title) if len(title) > _TITLE_CHARS else _plain(title)}@{day}"


_plain = lru_cache(maxsize=_TITLES_REMEMBERED)(plain)


def _keys(name: str, draft: Draft, taxonomy: Taxonomy) -> Iterator[_Key]:
    """The keys of one of several drafts, the best first, each with the language it holds for."""
    key = item_key(name, draft, taxonomy, alone=False)
    if is_numbered(key, draft, taxonomy):
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


def is_numbered(key: str, draft: Draft, taxonomy: Taxonomy) -> bool:
    """Whether a key is the number of an address, which several languages may share."""
    number = number_of(draft.url) if site_number(draft.url, taxonomy) else None
    return draft.form != PUSHED and number is not None and key == bounded(f"/{number}")


def names(draft: Draft, document: Document | None, taxonomy: Taxonomy) -> tuple[str, ...]:
    """What a draft is known by at every source: its addresses, and an id that is a URI.

    ``document`` is the one that holds this draft and no other, if there is such a one: what was
    found at an address is known by that one, and by those that lists lead to it by.
    """
    entry_id = draft.provenance.entry_id if draft.provenance else None
    uris = (guid for guid in (entry_id, draft.guid) if guid and _URI.fullmatch(guid))
    ids = (bounded(f"id:{guid}") for guid in uris if guid.isprintable())
    found_at = document.url if document else None
    lead = document.lead if document else None
    told = (lead.url, *lead.also_at) if lead else ()
    urls = (
        (found_at, document.name, *told) if document and found_at else (draft.url, *draft.also_at)
    )
    # An id is the address, as a rule.
    said = dict.fromkeys((*urls, draft.guid, entry_id))
    web = (url for url in said if url and _WEB.fullmatch(url))
    # An anchor that a list leads to is one of its entries; a page knows nothing of anchors.
    return tuple(dict.fromkeys((*ids, *address_names(web, taxonomy, parts=found_at is None))))


def _claims(
    draft: Draft, document: Document, page: Document | None, taxonomy: Taxonomy
) -> tuple[str, ...]:
    """What a draft says of itself that others may say as well: the addresses its page names, an id
    that is none outside its source.
    """
    named: tuple[str, ...] = ()
    if page and page.url:
        firm = names(draft, page, taxonomy)
        urls = (url for url in (draft.url, *draft.also_at) if url)
        claimed = (name for name in address_names(urls, taxonomy) if name not in firm)
        named = tuple(_CLAIM + name.removeprefix(_AT) for name in claimed)
    guid = draft.guid or ""
    is_key = draft.form == PUSHED or not (guid and guid.isprintable())
    if is_key or _URI.fullmatch(guid) or _WEB.fullmatch(guid):
        return named
    return (*named, bounded(f"{_ID_AT_SOURCE}{document.source}#{guid}"))


def address_names(
    urls: Iterable[str], taxonomy: Taxonomy, *, parts: bool = False
) -> tuple[str, ...]:
    """The names these addresses are, those that are any; of ``parts`` of a page where so asked."""
    found = ((canonical(url, taxonomy), url) for url in urls)
    places = (with_fragment(place, url) if parts else place for place, url in found if place)
    return tuple(dict.fromkeys(bounded(_AT + place) for place in places if place.isprintable()))
