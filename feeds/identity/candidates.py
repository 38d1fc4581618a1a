"""Drafts with everything they may be known by, as they go to be judged.

Knows what names one of several drafts of a document, and one alone. Must never know what else is
known by these names, or how a document is read.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from feeds.draft import Document, Draft, Parsed
from feeds.identity.addresses import site_number
from feeds.identity.ids import content_hash, told_hash
from feeds.identity.keys import (
    address_names,
    is_numbered,
    item_key,
    keys_within,
    names,
    place_key,
    titled,
)
from feeds.taxonomy import Taxonomy


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
