"""Drafts judged one after the other, each in the light of those before it.

Knows what was remembered and what this run decided. Must never know where either is kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from feeds.ids import item_slug
from feeds.ingest.decide import Decision, Known, Revised, Unchanged, decide, substance
from feeds.model import Draft

__all__ = ["Candidate", "Judged", "Memory", "judge", "rounds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A draft, the key it comes under at its source, and its document's digest."""

    source: str
    key: str
    draft: Draft
    content_hash: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A candidate, what was decided, and how its item is known from then on."""

    candidate: Candidate
    decision: Decision
    item: Known


class Memory:
    """Items by key and by what they say; a later word on an item replaces an earlier one."""

    def __init__(self) -> None:
        self._items: dict[str, Known] = {}
        self._by_key: dict[str, str] = {}
        self._by_hash: dict[str, str] = {}

    def recall(self, by_key: Mapping[str, Known], by_hash: Mapping[str, Known]) -> None:
        """Takes in what is stored; what was learnt since is not overwritten."""
        for names, found in ((self._by_key, by_key), (self._by_hash, by_hash)):
            for name, item in found.items():
                names.setdefault(name, item.slug)
                self._items.setdefault(item.slug, item)

    def known(self, key: str) -> Known | None:
        """The item this key stands for."""
        slug = self._by_key.get(key)
        return self._items[slug] if slug else None

    def twin(self, content_hash: str) -> Known | None:
        """An item that says this now."""
        slug = self._by_hash.get(content_hash)
        item = self._items[slug] if slug else None
        return item if item and item.content_hash == content_hash else None

    def learn(self, key: str, item: Known) -> None:
        """``key`` stands for ``item``, which is as it is now."""
        self._items[item.slug] = item
        self._by_key[key] = item.slug
        self._by_hash[item.content_hash] = item.slug


def judge(candidate: Candidate, memory: Memory) -> Judged:
    """What becomes of a candidate; ``memory`` knows it from then on."""
    draft, content_hash = candidate.draft, candidate.content_hash
    known, twin = memory.known(candidate.key), memory.twin(content_hash)
    decision = decide(draft, content_hash, known, twin)
    item = _afterwards(candidate, decision)
    memory.learn(candidate.key, item)
    return Judged(candidate=candidate, decision=decision, item=item)


def rounds(judged: Iterable[Judged]) -> Iterator[list[Judged]]:
    """The same in the same order, in groups that write no item twice."""
    group: list[Judged] = []
    written: set[str] = set()
    for one in judged:
        writes = not isinstance(one.decision, Unchanged)
        if writes and one.item.slug in written:
            yield group
            group, written = [], set()
        if writes:
            written.add(one.item.slug)
        group.append(one)
    if group:
        yield group


def _afterwards(candidate: Candidate, decision: Decision) -> Known:
    if isinstance(decision, Unchanged):
        return decision.item
    draft = candidate.draft
    known = decision.item if isinstance(decision, Revised) else None
    return Known(
        slug=known.slug if known else item_slug(candidate.source, candidate.key),
        revision=known.revision + 1 if known else 1,
        content_hash=candidate.content_hash,
        substance=substance(draft.title, draft.summary, draft.body, draft.issued),
    )
