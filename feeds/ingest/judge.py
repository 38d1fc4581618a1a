"""Drafts judged one after the other, each in the light of those before it.

Knows what was remembered and what this run decided. Must never know where either is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from feeds.draft import Draft
from feeds.identity.candidates import Candidate, settled, without_claims
from feeds.identity.decide import (
    Added,
    Decision,
    Known,
    Postponed,
    Restored,
    Revised,
    Role,
    Unchanged,
    decide,
)
from feeds.identity.duplicates import Found, Link, Memory
from feeds.identity.likeness import agrees
from feeds.identity.ownership import NOBODYS, Ownership, Precedence


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A candidate, what was decided, and how its item is known from then on.

    ``links`` are those to be stored, by key; ``names`` those the item has everywhere. It
    ``is_copy`` where it says what an item says already, for the first time, and ``is_taken_over``
    where the item had the words of a stranger.
    """

    candidate: Candidate
    decision: Decision
    item: Known
    links: tuple[tuple[str, Link], ...]
    names: tuple[str, ...]
    is_copy: bool = False
    is_taken_over: bool = False


def judge(
    candidate: Candidate, memory: Memory, now: datetime, ownership: Ownership = NOBODYS
) -> Judged:
    """What becomes of a candidate; ``memory`` knows it from then on."""
    candidate = ownership.restricted(candidate)
    found, precedence = _whose(candidate, memory.find(candidate), ownership)
    candidate = without_claims(candidate, memory.contested(candidate, found.item))
    is_same = found.link is not None and found.link.told_hash == candidate.told_hash
    is_owner = precedence is Precedence.OWNER
    decision: Decision
    if found.item is None:
        decision = Added(group=found.group)
    elif _is_settled(candidate, found.item, memory, is_same=is_same and not is_owner):
        decision = Unchanged(found.item)
    else:
        draft, source = _at_its_place(candidate, found.item), candidate.source
        decision = decide(draft, source, found.item, found.role, now, precedence=precedence)
    slug = memory.slug_of(candidate, found.key)
    item = _afterwards(candidate, slug, decision, now, precedence)
    role = _role(found, decision)
    link = Link(
        slug=item.slug,
        role=role,
        document=candidate.document,
        # What was put off is looked at again.
        told_hash="" if isinstance(decision, Postponed) else candidate.told_hash,
    )
    names = () if role is Role.TWIN else (*candidate.names, *candidate.claims, *candidate.echoes)
    links = tuple(_links(candidate, found, link))
    for key, each in links:
        memory.learn(item, key, each, names)
    if not links:
        memory.learn(item, found.key, link, names)
    return Judged(
        candidate=candidate,
        decision=decision,
        item=item,
        links=links,
        names=() if is_same else names,
        is_copy=role is Role.TWIN and found.link is None,
        is_taken_over=is_owner,
    )


def rounds(judged: Iterable[Judged]) -> Iterator[list[Judged]]:
    """The same in the same order, in groups that write no item and no key twice."""
    group: list[Judged] = []
    written: set[str] = set()
    for one in judged:
        writes = {key for key, _ in one.links}
        if not isinstance(one.decision, Unchanged | Postponed):
            writes.add(f"item {one.item.slug}")
        if not written.isdisjoint(writes):
            yield group
            group, written = [], set()
        written |= writes
        group.append(one)
    if group:
        yield group


def _whose(one: Candidate, found: Found, ownership: Ownership) -> tuple[Found, Precedence]:
    """Where a candidate belongs, and what its word is worth there.

    A stranger's never is another's item, but for a copy of it; what an owner finds is the owner's.
    """
    item = found.item
    if item is None:
        return found, Precedence.EQUAL
    precedence = ownership.precedence(one.source, one.draft, item.draft, item.source)
    if precedence is Precedence.OWNER:
        return replace(found, role=Role.OWN), precedence
    if precedence is Precedence.THIRD_PARTY and found.role is not Role.TWIN and found.link is None:
        if not agrees(one.draft, item.draft):
            return Found(key=one.key), Precedence.EQUAL
        return replace(found, role=Role.TWIN), precedence
    # A copy in another place is nothing to outrank.
    is_copy = precedence is Precedence.HIGHER and found.role is Role.TWIN
    return found, Precedence.EQUAL if is_copy else precedence


def _is_settled(one: Candidate, item: Known, memory: Memory, *, is_same: bool) -> bool:
    """Whether nothing is to be decided: it was told before, or another took the item away."""
    return not memory.may_restore(one, item) if item.is_withdrawn else is_same


def _at_its_place(one: Candidate, item: Known) -> Draft:
    url = settled(one.draft.url, item.draft.url, one.found_at)
    return one.draft if url == one.draft.url else replace(one.draft, url=url)


def _role(found: Found, decision: Decision) -> Role:
    """What the document is to its item from now on: who brings the whole text is no mere copy."""
    if found.role is not Role.TWIN or not isinstance(decision, Revised):
        return found.role
    brings_text = decision.item.draft.partial and not decision.draft.partial
    return Role.NAME if brings_text else Role.TWIN


def _links(one: Candidate, found: Found, link: Link) -> Iterator[tuple[str, Link]]:
    """What changed about how the item is reached."""
    before = found.link
    if before is not None and before.document not in {"", one.document} and one.place != found.key:
        # Two documents under one number: both are remembered, so that one may go.
        yield one.place, link
    elif before != link:
        yield found.key, link


def _afterwards(
    one: Candidate, slug: str, decision: Decision, now: datetime, precedence: Precedence
) -> Known:
    """The item as it is from now on; a new one is named by ``slug``."""
    match decision:
        case Added(group=group):
            return Known(
                slug=slug,
                revision=1,
                draft=one.draft,
                source=one.source,
                content_hash=one.content_hash,
                group=group or slug,
            )
        case Revised(item=item, draft=draft, content_hash=content_hash):
            is_replaced = item.draft.partial and not draft.partial
            is_replaced = is_replaced or precedence in {Precedence.HIGHER, Precedence.OWNER}
            return replace(
                item,
                revision=item.revision + 1,
                draft=draft,
                source=one.source if is_replaced else item.source,
                content_hash=content_hash,
                revised=(*item.revised, now),
                withdrawn_at=None,
            )
        case Restored(item=item):
            return replace(item, withdrawn_at=None)
        case Unchanged(item=item) | Postponed(item=item):
            return item
        case _ as never:  # pragma: no cover
            assert_never(never)
