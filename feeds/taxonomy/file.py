"""A taxonomy as an operator writes it: TOML text in, what it says out, checked.

Knows the layout of the file and everything that can be wrong with it. Must never know where the
file lies or what is done with its topics.
"""

import hashlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from config.values import CONTROLS, INVISIBLE
from feeds.errors import TaxonomyError
from feeds.model import Topic, TopicKind, TopicRef
from feeds.taxonomy.naming import LONGEST_NAME_CHARS, fold, names_of


class Slot(StrEnum):
    """What a label announces: the first three on an item's page, the others in a listing too."""

    ISSUED = "issued"
    ISSUERS = "issuers"
    FIELDS = "fields"
    PUBLISHED = "published"
    KIND = "kind"


_Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


_UNSEEN = re.compile(f"[{CONTROLS}{INVISIBLE}]")


def _shown(name: str) -> str:
    # A pattern would be compiled anew for each member that holds a name.
    if not name.strip():
        raise ValueError("it says nothing")
    if _UNSEEN.search(name):
        raise ValueError("it holds what nobody sees, or what changes the order of its letters")
    return name


_Name = Annotated[str, Field(max_length=LONGEST_NAME_CHARS), AfterValidator(_shown)]
_Host = Annotated[_Name, AfterValidator(str.lower)]


class _StrictTable(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class _Term(_StrictTable):
    slug: _Slug
    label: _Name
    parent: _Slug | None = None
    aliases: list[_Name] = []
    former: list[_Name] = []
    closed: bool = False


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

    def of(self, slot: Slot) -> list[str]:
        labels: list[str] = getattr(self, slot)
        return labels


class TaxonomyFile(_StrictTable):
    """A taxonomy as it is written."""

    name: Annotated[str, Field(max_length=LONGEST_NAME_CHARS)] = ""
    site: list[OwnSite] = []
    prefixes: list[_Name] = []
    suffixes: list[_Name] = []
    field: list[_Term] = []
    issuer: list[_Issuer] = []
    country: list[_Term] = []
    type: list[_Term] = []
    labels: dict[str, _Words] = {}

    def topics(self) -> Iterator[Topic]:
        for kind in TopicKind:
            terms: Sequence[_Term] = getattr(self, kind)
            for term in terms:
                yield Topic(
                    ref=TopicRef(kind, term.slug),
                    label=term.label,
                    parent=TopicRef(kind, term.parent) if term.parent else None,
                    aliases=tuple(term.aliases),
                    former=tuple(term.former),
                    closed=term.closed,
                )

    def sections(self) -> Iterator[tuple[str, TopicRef]]:
        for issuer in self.issuer:
            for section in issuer.sections:
                yield section, TopicRef(TopicKind.ISSUER, issuer.slug)

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
    entries = Counter(topic.ref for topic in topics)
    yield from (f"{ref} is listed {count} times" for ref, count in entries.items() if count > 1)
    yield from _claimed_twice(
        (f"{topic.ref.kind} name {file.key(name)!r}", str(topic.ref))
        for topic in topics
        for name in names_of(topic)
    )
    yield from _claimed_twice((f"section {name!r}", str(ref)) for name, ref in file.sections())
    yield from _claimed_twice(
        (f"label {fold(text)!r}", slot)
        for words in file.labels.values()
        for slot in Slot
        for text in words.of(slot)
    )
    yield from _broken_trees(topics)


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
        ancestors: set[TopicRef] = set()
        above = topic.parent
        while above is not None and above not in ancestors:
            ancestors.add(above)
            above = parents.get(above)
        if topic.ref in ancestors:
            yield f"{topic.ref} is its own ancestor"
