"""Two items are found to be one, or two: by keys, names, contents and likeness.

Knows the order in which an item is looked for. Must never know where it is kept between runs.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from config.values import is_web_address
from feeds.draft import Draft
from feeds.identity.addresses import site_number
from feeds.identity.candidates import Candidate, firmly
from feeds.identity.decide import Known, Role
from feeds.identity.ids import item_slug
from feeds.identity.likeness import (
    agrees,
    are_one_language,
    is_alike,
    is_moved,
    is_renamed,
    opening_key,
    said_alike,
    says_the_same,
    speaks_otherwise,
    title_key,
)
from feeds.taxonomy import Taxonomy

#: Titles recur ("Daily report"): so many of the newest are looked at for each, and each day.
NEAR_EACH = 8
_DAY = timedelta(days=1)
#: What is shared: a title or an opening, by its key, on a day; None stands for no day told.
_Trait = tuple[str, int, date | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A key of the source leads to an item: which ``document`` showed it, and what it told.

    One that ``is_gone`` differs from that of a document that is there again, and is renewed.
    """

    slug: str
    role: Role
    document: str
    told_hash: str
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a candidate belongs: ``key`` to store it under, the item it is about, if any.

    Without an item it is a new one, of the ``group`` that says it in other languages.
    """

    key: str
    item: Known | None = None
    role: Role = Role.OWN
    link: Link | None = None
    group: str | None = None


class Memory:
    """Items by all they are known by; a later word on an item replaces an earlier one."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._items: dict[str, Known] = {}
        self._links: dict[str, Link] = {}
        self._names: dict[str, str] = {}
        # The keys of the source that lead to an item, what its documents show now, and those gone.
        self._keys: defaultdict[str, set[str]] = defaultdict(set)
        self._shown: defaultdict[str, set[str]] = defaultdict(set)
        self._gone: set[str] = set()
        # In how many places words are said now.
        self._said: Counter[int | None] = Counter()
        self._by_hash: dict[str, str] = {}
        self._like: defaultdict[_Trait, dict[str, None]] = defaultdict(dict)
        self._like_any_day: defaultdict[tuple[str, int], dict[str, None]] = defaultdict(dict)
        self._groups: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def recall(
        self, items: Iterable[Known], links: Mapping[str, Link], names: Mapping[str, str]
    ) -> None:
        """Takes in what is stored; what was learnt since is not overwritten.

        Links are by key, those of the source to any of the ``items``; slugs are by name. The items
        are all that these and likeness lead to.
        """
        for item in items:
            if item.slug not in self._items:
                self._keep(item)
        for key, link in links.items():
            self._links.setdefault(key, link)
            self._keys[link.slug].add(key)
        for name, slug in names.items():
            self._names.setdefault(name, slug)

    def look(self, candidates: Iterable[Candidate], gone: Iterable[str]) -> None:
        """Documents show these candidates now and no others; those ``gone`` are not there any more,
        or on no list that showed them.
        """
        for one in candidates:
            self._shown[one.document].update((*one.keys, one.place))
            self._said[opening_key(one.draft)] += 1
        self._gone.update(gone)

    def learn(self, item: Known, key: str, link: Link, names: Iterable[str]) -> None:
        """``key`` and ``names`` stand for ``item``, which is as it is now."""
        self._keep(item)
        self._links[key] = link
        self._keys[item.slug].add(key)
        for name in names:
            self._names.setdefault(name, item.slug)

    def find(self, one: Candidate) -> Found:
        """The item ``one`` is about: by its key, a name, a claim, equal content, then likeness."""
        for key in one.keys:
            if link := self._links.get(key):
                return self._linked(one, key, link)
        for name in one.names:
            item = self._named(one, name)
            if item:
                return self._in_language(one, one.key, item, self._role(one, item))
        for name in one.sought:
            item = self._named(one, name)
            if item and agrees(one.draft, item.draft):
                return Found(key=one.key, item=item, role=self._role(one, item))
        for name in one.echoed:
            item = self._named(one, name)
            if item and says_the_same(one.draft, item.draft):
                return Found(key=one.key, item=item, role=Role.TWIN)
        return self._twin(one, None) or Found(key=one.key, group=self._group(one))

    def may_restore(self, one: Candidate, item: Known) -> bool:
        """Whether the source of ``one`` is the one that withdrew ``item``."""
        keys = self._keys[item.slug]
        return item.source == one.source or any(self._links[key].is_gone for key in keys)

    def slug_of(self, one: Candidate, key: str) -> str:
        """What names a new item for ever; where that names one already, another owner has that."""
        slug = item_slug(one.source, key)
        return item_slug(one.source, f"{key}#{one.told_hash}") if slug in self._items else slug

    def contested(self, one: Candidate, item: Known | None) -> Collection[str]:
        """The claims of ``one`` that another item than the one it is about has already."""
        found = ((claim, self._named(one, firm)) for claim in one.claims for firm in firmly(claim))
        return {claim for claim, other in found if other and other is not item}

    def _named(self, one: Candidate, name: str) -> Known | None:
        item = self._items.get(self._names.get(name, ""))
        return item if item and not self._is_another_number(one, item) else None

    def _role(self, one: Candidate, item: Known) -> Role:
        """Of a document that has a name of an item: it moved here, where nothing else shows it."""
        has_moved = item.source == one.source and not any(self._elsewhere(one, item))
        return Role.OWN if has_moved else Role.NAME

    def _elsewhere(self, one: Candidate, item: Known) -> Iterator[tuple[str, Link]]:
        """What else the source of ``one`` shows ``item`` by, as far as is known."""
        for key in self._keys[item.slug].difference(one.keys):
            link = self._links[key]
            if link.slug != item.slug or link.is_gone or link.document in self._gone:
                continue
            shown = self._shown.get(link.document)
            if shown is None or key in shown:
                yield key, link

    def _keep(self, item: Known) -> None:
        self._items[item.slug] = item
        self._groups[item.group][item.slug] = None
        first = self._items.get(self._by_hash.get(item.content_hash, ""))
        if first is None or first.content_hash != item.content_hash:
            self._by_hash[item.content_hash] = item.slug
        for trait, key in _traits(item.draft):
            self._like[trait, key, _day(item.draft)][item.slug] = None
            self._like_any_day[trait, key][item.slug] = None

    def _linked(self, one: Candidate, key: str, link: Link) -> Found:
        item = self._items[link.slug]
        if link.role is Role.APART:
            return Found(key=key)
        if link.role is not Role.TWIN:
            found = Found(key=key, item=item, role=link.role, link=link)
            is_shared = one.is_numbered and key == one.key
            return self._in_language(one, key, item, link.role, found) if is_shared else found
        if link.told_hash == one.told_hash or said_alike(one.draft, item.draft):
            return Found(key=key, item=item, role=Role.TWIN, link=link)
        return self._twin(one, item) or Found(key=key)

    def _in_language(
        self, one: Candidate, key: str, item: Known, role: Role, same: Found | None = None
    ) -> Found:
        """``item``, or the one of its group that speaks the candidate's language."""
        if not speaks_otherwise(one.draft, item.draft):
            return same or Found(key=key, item=item, role=role)
        own = one.keys[0]
        for slug in self._groups[item.group]:
            spoken = self._items[slug].draft.language or ""
            if are_one_language(spoken, one.draft.language or ""):
                return Found(key=own, item=self._items[slug], role=Role.NAME)
        return Found(key=own, group=item.group)

    def _twin(self, one: Candidate, but: Known | None) -> Found | None:
        """An item that says the same, or nearly, other than ``but``.

        A source that gave both an id or an address of their own says that they are two, unless one
        took the place of the other.
        """
        near = [self._items[slug] for slug in dict.fromkeys(self._near(one.draft))]
        for item in self._alike(one, near):
            if item is but or self._is_another_number(one, item):
                continue
            # What the publisher took away and shows elsewhere has moved.
            if item.is_withdrawn and item.source == one.source:
                return Found(key=one.key, item=item, role=Role.OWN)
            elsewhere = [*self._elsewhere(one, item)]
            if elsewhere or item.source != one.source:
                if not any(self._is_told_apart(one, item, link) for _, link in elsewhere):
                    return Found(key=one.key, item=item, role=Role.TWIN)
            elif is_moved(one.draft, item.draft) and not _is_named_anew(one.draft, item.draft):
                return Found(key=one.key, item=item, role=Role.OWN)
        return self._renamed(one, near, but)

    def _renamed(self, one: Candidate, near: Sequence[Known], but: Known | None) -> Found | None:
        """The one item of the source that has these words, which is shown nowhere else any more:
        its title, address and id changed together.
        """
        alike = [item for item in near if is_renamed(one.draft, item.draft)]
        if len(alike) != 1 or alike[0] is but or alike[0].source != one.source:
            return None
        item = alike[0]
        is_shown = any(self._elsewhere(one, item)) or self._said[opening_key(one.draft)] > 1
        is_other = self._is_another_number(one, item) or _is_named_anew(one.draft, item.draft)
        if item.is_withdrawn or is_shown or is_other:
            return None
        return Found(key=one.key, item=item, role=Role.OWN)

    def _is_told_apart(self, one: Candidate, item: Known, link: Link) -> bool:
        """Whether both of two tellings have an id or an address of their own."""
        if not one.is_stated:
            return False
        if link.document == one.document:
            return True
        # Pages that say the very same are copies of one page.
        is_copy = one.content_hash == item.content_hash and not one.draft.partial
        if is_copy and not one.draft.guid:
            return False
        return item.draft.url is not None or is_web_address(link.document)

    def _alike(self, one: Candidate, near: Sequence[Known]) -> Iterator[Known]:
        equal = self._items.get(self._by_hash.get(one.content_hash, ""))
        if equal and equal.content_hash == one.content_hash:
            yield equal
        yield from (item for item in near if is_alike(one.draft, item.draft))

    def _near(self, draft: Draft) -> Iterator[str]:
        """The newest that share a trait, a few for each, told of together or nobody knows."""
        day = _day(draft)
        for trait, key in _traits(draft):
            if day is None:
                sharing = [self._like_any_day.get((trait, key))]
            else:
                days = (None, day - _DAY, day, day + _DAY)
                sharing = [self._like.get((trait, key, near)) for near in days]
            for slugs in filter(None, sharing):
                # From the last backwards, as a batch may hold a title hundreds of times.
                yield from reversed([*islice(reversed(slugs), NEAR_EACH)])

    def _is_another_number(self, one: Candidate, item: Known) -> bool:
        """Whether both have numbers of one site: then these decide, whatever the texts say."""
        if one.number is None:
            return False
        other = site_number(item.draft.url, self._taxonomy)
        return other is not None and other != one.number and _site(other) == _site(one.number)

    def _group(self, one: Candidate) -> str | None:
        """The group of an item that is said to be this one in another language."""
        for name in one.others:
            item = self._items.get(self._names.get(name, ""))
            if item and item.draft.language != one.draft.language:
                return item.group
        return None


def _traits(draft: Draft) -> Iterator[tuple[str, int]]:
    for trait, key in (("title", title_key(draft.title)), ("opening", opening_key(draft))):
        if key is not None:
            yield trait, key


def _day(draft: Draft) -> date | None:
    return draft.issued.day if draft.issued else None


def _is_named_anew(draft: Draft, known: Draft) -> bool:
    """Whether another title comes with an id that its address does not make: such an id outlives
    both, so it is another item's.
    """
    has_id = draft.guid is not None and draft.guid not in {draft.url, *draft.also_at}
    return has_id and title_key(draft.title) != title_key(known.title)


def _site(number: str) -> str:
    return number.partition("/")[0]
