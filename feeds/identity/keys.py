"""What an item is known by: at its source, and everywhere.

Knows which facts of a draft name it. Must never know what else is known by them.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from feeds.draft import Document, Draft
from feeds.identity.addresses import canonical, number_of
from feeds.identity.ids import bounded
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
    found = (*_ids(draft), *_addresses(draft, document, taxonomy))
    return tuple(dict.fromkeys(bounded(name) for name in found if name.isprintable()))


def address_names(urls: Iterator[str], taxonomy: Taxonomy) -> tuple[str, ...]:
    """The names these addresses are, those that are any."""
    found = (name for url in urls if (name := _address(url, taxonomy)))
    return tuple(dict.fromkeys(bounded(name) for name in found if name.isprintable()))


def _ids(draft: Draft) -> Iterator[str]:
    entry_id = draft.provenance.entry_id if draft.provenance else None
    for guid in (entry_id, draft.guid):
        if guid and _URI.fullmatch(guid):
            yield f"id:{guid}"


def _addresses(draft: Draft, document: Document | None, taxonomy: Taxonomy) -> Iterator[str]:
    entry_id = draft.provenance.entry_id if draft.provenance else None
    own = document.url if document else None
    for url in (draft.url, own, *draft.also_at, draft.guid, entry_id):
        if url and _WEB.fullmatch(url) and (name := _address(url, taxonomy)):
            yield name


def _address(url: str, taxonomy: Taxonomy) -> str | None:
    place = canonical(url, taxonomy)
    return f"at:{place}" if place else None
