"""A taxonomy as an operator writes it: TOML text in, checked contents out.

Knows the layout of the file and everything that can be wrong with it. Must never know where the
file lies or what is done with its topics.
"""

import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from feeds.errors import TaxonomyError
from feeds.model import Topic, TopicKind, TopicRef
from feeds.taxonomy.naming import LONGEST_NAME_CHARS, Affixes, fold, names_of


class Slot(StrEnum):
    """What a label announces: the first three on an item's page, the others in a listing too."""

    ISSUED = "issued"
    ISSUERS = "issuers"
    FIELDS = "fields"
    PUBLISHED = "published"
    KIND = "kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSite:
    """A website of the organisation under all its hosts: its mirrors show the same items.

    It is ``is_numbered`` where the number that ends an address names the item, under any path.
    """

    name: str
    hosts: tuple[str, ...]
    is_numbered: bool


@dataclass(frozen=True, slots=True)
class LabelWord:
    """A label as one language writes it, without its colon."""

    text: str
    slot: Slot
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A taxonomy without faults; ``fingerprint`` changes with anything but its layout."""

    topics: tuple[Topic, ...]
    affixes: Affixes
    sections: tuple[tuple[str, TopicRef], ...]
    labels: tuple[LabelWord, ...]
    events: tuple[str, ...]
    newsrooms: tuple[str, ...]
    ends: tuple[str, ...]
    disclaimers: tuple[str, ...]
    sites: tuple[OwnSite, ...]
    name: str
    called: Mapping[str, str]
    homes: Mapping[TopicRef, str]
    fingerprint: str


def read(text: str) -> Contents:
    """What ``text`` says. Raises TaxonomyError with every fault found."""
    try:
        written = tomllib.loads(text)
        file = _File.model_validate(written)
    except tomllib.TOMLDecodeError as error:
        raise TaxonomyError((f"the taxonomy is not TOML: {error}",)) from error
    except ValidationError as error:
        raise TaxonomyError(
            tuple(_fault(fault["loc"], fault["msg"]) for fault in error.errors())
        ) from error
    contents = Contents(
        topics=tuple(file.topics()),
        affixes=Affixes(prefixes=tuple(file.prefixes), suffixes=tuple(file.suffixes)),
        sections=tuple(file.sections()),
        labels=tuple(file.slot_labels()),
        events=tuple(text for words in file.labels.values() for text in words.event),
        newsrooms=tuple(text for words in file.labels.values() for text in words.newsroom),
        ends=tuple(text for words in file.labels.values() for text in words.end),
        disclaimers=tuple(text for words in file.labels.values() for text in words.disclaimer),
        sites=tuple(site.site() for site in file.site),
        name=file.name,
        called={language: words.name for language, words in file.labels.items() if words.name},
        homes={
            TopicRef(TopicKind.ISSUER, issuer.slug): issuer.language
            for issuer in file.issuer
            if issuer.language
        },
        fingerprint=hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest(),
    )
    if faults := tuple(_contradictions(contents)):
        raise TaxonomyError(faults)
    return contents


_Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
_Name = Annotated[str, Field(pattern=r"\S", max_length=LONGEST_NAME_CHARS)]


class _StrictTable(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class _Term(_StrictTable):
    slug: _Slug
    label: _Name
    parent: _Slug | None = None
    aliases: list[_Name] = []
    former: list[_Name] = []
    closed: bool = False

    def topic(self, kind: TopicKind) -> Topic:
        return Topic(
            ref=TopicRef(kind, self.slug),
            label=self.label,
            parent=TopicRef(kind, self.parent) if self.parent else None,
            aliases=tuple(self.aliases),
            former=tuple(self.former),
            closed=self.closed,
        )


class _Issuer(_Term):
    sections: list[_Name] = []
    language: _Name | None = None


class _SiteTable(_StrictTable):
    hosts: Annotated[list[_Name], Field(min_length=1)]
    numbered: bool = False

    def site(self) -> OwnSite:
        hosts = tuple(host.lower() for host in self.hosts)
        return OwnSite(name=hosts[0], hosts=hosts, is_numbered=self.numbered)


class _Words(_StrictTable):
    name: _Name | None = None
    issued: list[_Name] = []
    issuers: list[_Name] = []
    fields: list[_Name] = []
    published: list[_Name] = []
    kind: list[_Name] = []
    event: list[_Name] = []
    newsroom: list[_Name] = []
    end: list[_Name] = []
    disclaimer: list[_Name] = []

    def of(self, slot: Slot) -> list[str]:
        match slot:
            case Slot.ISSUED:
                return self.issued
            case Slot.ISSUERS:
                return self.issuers
            case Slot.FIELDS:
                return self.fields
            case Slot.PUBLISHED:
                return self.published
            case Slot.KIND:
                return self.kind
            case _ as never:  # pragma: no cover
                assert_never(never)


class _File(_StrictTable):
    name: Annotated[str, Field(max_length=LONGEST_NAME_CHARS)] = ""
    site: list[_SiteTable] = []
    prefixes: list[_Name] = []
    suffixes: list[_Name] = []
    field: list[_Term] = []
    issuer: list[_Issuer] = []
    country: list[_Term] = []
    type: list[_Term] = []
    labels: dict[str, _Words] = {}

    def topics(self) -> Iterator[Topic]:
        yield from (term.topic(TopicKind.FIELD) for term in self.field)
        yield from (term.topic(TopicKind.ISSUER) for term in self.issuer)
        yield from (term.topic(TopicKind.COUNTRY) for term in self.country)
        yield from (term.topic(TopicKind.TYPE) for term in self.type)

    def sections(self) -> Iterator[tuple[str, TopicRef]]:
        for issuer in self.issuer:
            for section in issuer.sections:
                yield section, TopicRef(TopicKind.ISSUER, issuer.slug)

    def slot_labels(self) -> Iterator[LabelWord]:
        for language, words in self.labels.items():
            for slot in Slot:
                yield from (LabelWord(text, slot, language) for text in words.of(slot))


def _fault(where: tuple[int | str, ...], problem: str) -> str:
    steps = (f"entry {step + 1}" if isinstance(step, int) else step for step in where)
    return f"{' '.join(steps)}: {problem[:1].lower()}{problem[1:]}"


def _contradictions(contents: Contents) -> Iterator[str]:
    entries = Counter(topic.ref for topic in contents.topics)
    yield from (f"{ref} is listed {count} times" for ref, count in entries.items() if count > 1)
    yield from _claimed_twice(
        (f"{topic.ref.kind} name {contents.affixes.key(name)!r}", str(topic.ref))
        for topic in contents.topics
        for name in names_of(topic)
    )
    yield from _claimed_twice((f"section {name!r}", str(ref)) for name, ref in contents.sections)
    yield from _claimed_twice((f"label {fold(word.text)!r}", word.slot) for word in contents.labels)
    yield from _broken_trees(contents.topics)


def _claimed_twice(claims: Iterable[tuple[str, str]]) -> Iterator[str]:
    """One fault for every thing that two different owners claim."""
    owners: dict[str, str] = {}
    for thing, owner in claims:
        if owners.setdefault(thing, owner) != owner:
            yield f"{thing} belongs to both {owners[thing]} and {owner}"


def _broken_trees(topics: tuple[Topic, ...]) -> Iterator[str]:
    parents = {topic.ref: topic.parent for topic in topics}
    for topic in topics:
        if topic.parent is not None and topic.parent not in parents:
            yield f"{topic.ref} has an unknown parent, {topic.parent}"
        elif _is_own_ancestor(topic.ref, parents):
            yield f"{topic.ref} is its own ancestor"


def _is_own_ancestor(ref: TopicRef, parents: dict[TopicRef, TopicRef | None]) -> bool:
    seen: set[TopicRef] = set()
    ancestor = parents[ref]
    while ancestor is not None and ancestor not in seen:
        seen.add(ancestor)
        ancestor = parents.get(ancestor)
    return ref in seen
