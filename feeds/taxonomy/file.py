"""A taxonomy as an operator writes it: TOML text in, what it says out, checked.

Knows the layout of the file and everything that can be wrong with it. Must never know where the
file lies or what is done with its topics.
"""

import hashlib
import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from config.values import CONTROLS, INVISIBLE, UNPRINTABLE
from feeds.errors import TaxonomyError
from feeds.model import Ending, FormerTopic, Topic, TopicKind, TopicRef
from feeds.taxonomy.naming import LONGEST_NAME_CHARS, fold, names_of


class Slot(StrEnum):
    """What a label announces: the first three on an item's page, the others in a listing too."""

    ISSUED = "issued"
    ISSUERS = "issuers"
    FIELDS = "fields"
    PUBLISHED = "published"
    KIND = "kind"


_Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


_UNSEEN = re.compile(f"[{CONTROLS}{UNPRINTABLE}{INVISIBLE}]")


def _shown(name: str) -> str:
    # A pattern would be compiled anew for each member that holds a name.
    if not name.strip():
        raise ValueError("it says nothing")
    if _UNSEEN.search(name):
        raise ValueError("it holds what nobody sees, or what changes the order of its letters")
    return name


_Name = Annotated[str, Field(max_length=LONGEST_NAME_CHARS), AfterValidator(_shown)]
#: A language, perhaps in a script or of a region, as RFC 5646 section 2.1.1 spells it.
_Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")]
_Host = Annotated[_Name, AfterValidator(str.lower)]


class _StrictTable(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class _Term(_StrictTable):
    slug: _Slug
    label: _Name
    labels: dict[_Language, _Name] = {}
    parent: _Slug | None = None
    aliases: list[_Name] = []
    former: list[_Name] = []
    former_slugs: list[_Slug] = []
    into: _Slug | None = None
    closed: bool = False
    successor: _Slug | None = None

    def names(self) -> Iterable[str]:
        """All it is or was called."""
        return self.label, *self.labels.values(), *self.aliases, *self.former


class _Issuer(_Term):
    sections: list[_Name] = []
    language: _Name | None = None


class OwnSite(_StrictTable):
    """A website of the organisation under all its hosts: its mirrors show the same items.

    It is ``is_numbered`` where the number that ends an address names the item, under any path.
    """

    hosts: Annotated[tuple[_Host, ...], Field(min_length=1, strict=False)]
    is_numbered: bool = Field(default=False, alias="numbered")

    @property
    def name(self) -> str:
        return self.hosts[0]


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


class TaxonomyFile(_StrictTable):
    """A taxonomy as it is written."""

    name: Annotated[str, Field(max_length=LONGEST_NAME_CHARS)] = ""
    language: _Language | Literal[""] = ""
    site: list[OwnSite] = []
    prefixes: list[_Name] = []
    suffixes: list[_Name] = []
    field: list[_Term] = []
    issuer: list[_Issuer] = []
    country: list[_Term] = []
    type: list[_Term] = []
    labels: dict[str, _Words] = {}

    def topics(self) -> Iterator[Topic]:
        """What one can follow; the names of what was merged into a topic are names it had."""
        terms = dict(self.terms())
        merged: defaultdict[TopicRef, list[_Term]] = defaultdict(list)
        for ref, term in terms.items():
            into, passed = ref, set[TopicRef]()
            while into in terms and into not in passed and (next_one := terms[into].into):
                passed.add(into)
                into = TopicRef(ref.kind, next_one)
            if into != ref:
                merged[into].append(term)
        for ref, term in self.terms():
            if term.into:
                continue
            others = merged[ref]
            yield Topic(
                ref=ref,
                label=term.label,
                parent=TopicRef(ref.kind, term.parent) if term.parent else None,
                aliases=tuple(term.aliases),
                former=(*term.former, *chain.from_iterable(map(_Term.names, others))),
                closed=term.closed,
                former_slugs=tuple(term.former_slugs),
                merged=tuple(slug for each in others for slug in (each.slug, *each.former_slugs)),
                successor=TopicRef(ref.kind, term.successor) if term.successor else None,
                labels=tuple(term.labels.items()),
                language=self.language,
            )

    def former(self) -> Iterator[FormerTopic]:
        """What was renamed, or merged into something, by each slug it had."""
        for ref, term in self.terms():
            first_slug = next(iter(term.former_slugs), term.slug)
            ends = [(slug, Ending.RENAMED, term.slug) for slug in term.former_slugs]
            if term.into:
                ends.append((term.slug, Ending.MERGED, term.into))
            for slug, ending, into in ends:
                yield FormerTopic(
                    ref=TopicRef(ref.kind, slug),
                    label=term.label,
                    first_slug=first_slug,
                    ending=ending,
                    into=TopicRef(ref.kind, into),
                )

    def terms(self) -> Iterator[tuple[TopicRef, _Term]]:
        """Everything that is listed, kind by kind."""
        for kind in TopicKind:
            terms: Sequence[_Term] = getattr(self, kind)
            for term in terms:
                yield TopicRef(kind, term.slug), term

    def key(self, name: str) -> str:
        """What all spellings of ``name`` have in common, with what is printed around it or not:
        "Union ..." and "... (closed)".
        """
        key = fold(name)
        for prefix in self.prefixes:
            key = key.removeprefix(f"{fold(prefix)} ")
        for suffix in self.suffixes:
            key = key.removesuffix(f" {fold(suffix)}")
        return key


def read(text: str) -> tuple[TaxonomyFile, str]:
    """What ``text`` says, without faults, and a fingerprint that changes with anything but its
    layout. Raises TaxonomyError with every fault found.
    """
    try:
        written = tomllib.loads(text)
        file = TaxonomyFile.model_validate(written)
    except tomllib.TOMLDecodeError as error:
        raise TaxonomyError((f"the taxonomy is not TOML: {error}",)) from error
    except ValidationError as error:
        raise TaxonomyError(
            tuple(_fault(fault["loc"], fault["msg"]) for fault in error.errors())
        ) from error
    if faults := tuple(_contradictions(file)):
        raise TaxonomyError(faults)
    return file, hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()


def _fault(where: tuple[int | str, ...], problem: str) -> str:
    steps = (f"entry {step + 1}" if isinstance(step, int) else step for step in where)
    return f"{' '.join(steps)}: {problem[:1].lower()}{problem[1:]}"


def _contradictions(file: TaxonomyFile) -> Iterator[str]:
    topics = tuple(file.topics())
    entries = Counter(ref for ref, _ in file.terms())
    yield from (f"{ref} is listed {count} times" for ref, count in entries.items() if count > 1)
    yield from _claimed_twice(
        (f"{topic.ref.kind} name {file.key(name)!r}", str(topic.ref))
        for topic in topics
        for name in names_of(topic)
    )
    yield from _claimed_twice(
        (f"section {name!r}", f"{TopicKind.ISSUER}:{issuer.slug}")
        for issuer in file.issuer
        for name in issuer.sections
    )
    yield from _claimed_twice(
        (f"label {fold(text)!r}", slot)
        for words in file.labels.values()
        for slot in Slot
        for text in getattr(words, slot)
    )
    yield from _claimed_twice(
        (f"{ref.kind} slug {slug!r}", str(ref))
        for ref, term in file.terms()
        for slug in (term.slug, *term.former_slugs)
    )
    yield from _broken_lines(dict(file.terms()))


def _claimed_twice(claims: Iterable[tuple[str, str]]) -> Iterator[str]:
    """One fault for every thing that two different owners claim."""
    owners: dict[str, str] = {}
    for thing, owner in claims:
        if owners.setdefault(thing, owner) != owner:
            yield f"{thing} belongs to both {owners[thing]} and {owner}"


def _broken_lines(terms: Mapping[TopicRef, _Term]) -> Iterator[str]:
    """What is wrong with what topics stand under, were, and became."""
    parents, became = {}, {}
    for ref, term in terms.items():
        if term.slug in term.former_slugs:
            yield f"{ref} has its slug among its former ones"
        if term.into and term.closed:
            yield f"{ref} is both merged into another and closed"
        if term.successor and not term.closed:
            yield f"{ref} has a successor and is not closed"
        if heir := term.into or term.successor:
            became[ref] = TopicRef(ref.kind, heir)
        if term.parent:
            parents[ref] = TopicRef(ref.kind, term.parent)
            above = terms.get(parents[ref])
            if above and above.into and not term.into:
                yield f"{ref} has a parent that was merged into another, {parents[ref]}"
    yield from _astray(terms, parents, "has an unknown parent", "is its own ancestor")
    yield from _astray(terms, became, "became what nobody knows", "becomes itself again")


def _astray(
    terms: Container[TopicRef], lines: Mapping[TopicRef, TopicRef], unknown: str, cycle: str
) -> Iterator[str]:
    """A fault for each line that leads nowhere, or back."""
    for ref, other in lines.items():
        if other not in terms:
            yield f"{ref} {unknown}, {other}"
        line: set[TopicRef] = set()
        following: TopicRef | None = other
        while following is not None and following not in line:
            line.add(following)
            following = lines.get(following)
        if ref in line:
            yield f"{ref} {cycle}"
