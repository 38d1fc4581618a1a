"""A taxonomy as an operator writes it: TOML text in, what it says out, checked.

Knows the layout of the file and everything that can be wrong with it. Must never know where the
file lies or what is done with its topics.
"""

import hashlib
import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from config.values import CONTROLS, INVISIBLE, UNPRINTABLE, nearest_language
from feeds.errors import TaxonomyError, TaxonomyFault
from feeds.model import Ending, FormerTopic, Topic, TopicKind, TopicRef
from feeds.taxonomy.contradictions import Place, contradictions, doubts
from feeds.taxonomy.naming import LONGEST_NAME_CHARS, fold

# What belongs to languages and not to organisations: the kinds of news, and the words on pages.
_FORMS = Path(__file__).parent / "forms.toml"

_Written = Mapping[str, Any]

# Where an entry, a table and a key begin, and what Python says of a file that is no TOML.
_ENTRY = re.compile(r"\s*\[\[\s*([\w-]+)\s*\]\]")
_TABLE = re.compile(r"\s*\[\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+(?:\.[\w-]+)*)\s*=")
_LINE_OF_ERROR = re.compile(r"\(at line (\d+)")


class Slot(StrEnum):
    """What a label announces: the first three on an item's page, the others in a listing too."""

    ISSUED = "issued"
    ISSUERS = "issuers"
    FIELDS = "fields"
    PUBLISHED = "published"
    KIND = "kind"


#: What stands before the topics of which facet.
_BEFORE: Final = {"field": Slot.FIELDS, "issuer": Slot.ISSUERS, "type": Slot.KIND}

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


class Term(_StrictTable):
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


class _Issuer(Term):
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


class KindWords(_StrictTable):
    """What an organisation calls a facet of its news: one topic of it, and many; in its usual
    language, and in others.
    """

    name: _Name
    plural: _Name
    names: dict[_Language, _Name] = {}
    plurals: dict[_Language, _Name] = {}


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

    def slots(self) -> Iterator[tuple[Slot, str]]:
        """Each label with what it announces."""
        for slot in Slot:
            texts: list[str] = getattr(self, slot)
            yield from ((slot, text) for text in texts)


class TaxonomyFile(_StrictTable):
    """A taxonomy as it is written."""

    name: Annotated[str, Field(max_length=LONGEST_NAME_CHARS)] = ""
    language: _Language | Literal[""] = ""
    site: list[OwnSite] = []
    prefixes: list[_Name] = []
    suffixes: list[_Name] = []
    kinds: dict[Literal["field", "issuer", "country", "type"], KindWords] = {}
    field: list[Term] = []
    issuer: list[_Issuer] = []
    country: list[Term] = []
    type: list[Term] = []
    labels: dict[str, _Words] = {}

    def topics(self) -> Iterator[Topic]:
        """What one can follow; the names of what was merged into a topic are names it had."""
        terms = dict(self.terms())
        merged: defaultdict[TopicRef, list[Term]] = defaultdict(list)
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
                former=(*term.former, *chain.from_iterable(map(Term.names, others))),
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

    def facet_labels(self) -> Iterator[tuple[str, Slot, str]]:
        """What its facets are called, each with the language that calls it so: a document prints
        that before the topics it is filed under, as pages do above them.
        """
        for kind, words in self.kinds.items():
            if slot := _BEFORE.get(kind):
                yield from ((self.language, slot, text) for text in (words.name, words.plural))
                others = (*words.names.items(), *words.plurals.items())
                yield from ((language, slot, text) for language, text in others)

    def terms(self) -> Iterator[tuple[TopicRef, Term]]:
        """Everything that is listed, kind by kind."""
        for kind in TopicKind:
            terms: Sequence[Term] = getattr(self, kind)
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
        file = TaxonomyFile.model_validate(_with_kinds(written))
    except tomllib.TOMLDecodeError as error:
        line = _LINE_OF_ERROR.search(str(error))
        fault = TaxonomyFault(int(line[1]) if line else 0, f"the taxonomy is not TOML: {error}")
        raise TaxonomyError((fault,)) from error
    except ValidationError as error:
        found = ((fault["loc"], _told(fault["loc"], fault["msg"])) for fault in error.errors())
        raise TaxonomyError(_at_their_lines(text, found)) from error
    if faults := _at_their_lines(text, contradictions(file)):
        raise TaxonomyError(faults)
    said = json.dumps([written, _written_forms()], sort_keys=True)
    return file, hashlib.sha256(said.encode()).hexdigest()


def doubts_about(text: str) -> tuple[TaxonomyFault, ...]:
    """What a taxonomy says that works and that nobody can have meant. Raises TaxonomyError."""
    file, _ = read(text)
    return _at_their_lines(text, doubts(file))


def _told(where: Place, problem: str) -> str:
    steps = (f"entry {step + 1}" if isinstance(step, int) else step for step in where)
    return f"{' '.join(steps)}: {problem[:1].lower()}{problem[1:]}"


def _at_their_lines(text: str, faults: Iterable[tuple[Place, str]]) -> tuple[TaxonomyFault, ...]:
    if not (found := tuple(faults)):
        return ()
    lines = _lines(text)

    def line(where: Place) -> int:
        ends = range(len(where), 0, -1)
        return next((lines[where[:end]] for end in ends if where[:end] in lines), 0)

    return tuple(TaxonomyFault(line(where), said) for where, said in found)


def _lines(text: str) -> Mapping[Place, int]:
    """The line at which each table, entry and key begins, by its steps from the top."""
    lines: dict[Place, int] = {}
    entries: Counter[str] = Counter()
    place: Place = ()
    table: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if entry := _ENTRY.match(line):
            place = table = (entry[1], entries[entry[1]])
            entries[entry[1]] += 1
        elif header := _TABLE.match(line):
            first, *others = header[1].split(".")
            within = (entries[first] - 1,) if first in entries else ()
            place = table = (first, *within, *others)
        elif key := _KEY.match(line):
            place = (*table, *key[1].split("."))
        else:
            continue
        lines.setdefault(place, number)
    return lines


@cache
def forms() -> TaxonomyFile:
    """The kinds of news and the words on pages that belong to languages, not to organisations."""
    return TaxonomyFile.model_validate(_written_forms())


@cache
def _written_forms() -> _Written:
    """What the file says, as a taxonomy would."""
    return tomllib.loads(_FORMS.read_text("utf-8"))


def _with_kinds(taxonomy: _Written) -> _Written:
    """The same taxonomy with the kinds of news of everybody, where it lists none; and else with the
    names of those it lists by their slugs.

    What is no list of tables is left to whoever checks it.
    """
    ours = {kind["slug"]: kind for kind in _written_forms()["type"]}
    listed = taxonomy.get("type", [{"slug": slug} for slug in ours])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        return taxonomy
    claimed = {fold(name) for kind in listed for name in _names(kind)}
    language = taxonomy.get("language")
    kinds = [
        _completed(kind, ours[kind["slug"]], claimed, str(language))
        if isinstance(kind.get("slug"), str) and kind["slug"] in ours
        else kind
        for kind in listed
    ]
    return {**taxonomy, "type": kinds}


def _completed(own: _Written, ours: _Written, claimed: set[str], language: str) -> _Written:
    """A kind with the names everybody has for it, but for those that the taxonomy gives to it or
    to another itself; a label of its own is shown in place of all of ours.
    """
    own_labels, own_aliases = own.get("labels", {}), own.get("aliases", [])
    if not isinstance(own_labels, dict) or not isinstance(own_aliases, list):
        return own
    names = [name for name in _names(ours) if fold(name) not in claimed]
    if "label" in own:
        return {**own, "aliases": [*own_aliases, *names]}
    labels = {"en": ours["label"], **ours["labels"]}
    aliases = (name for name in names if name in ours["aliases"])
    return {
        **own,
        "label": labels[nearest_language(language, labels) or "en"],
        # Where the taxonomy tells its language, that of the label is known by it.
        "labels": {tag: text for tag, text in labels.items() if tag != language} | own_labels,
        "aliases": [*own_aliases, *aliases],
    }


def _names(kind: _Written) -> Iterable[str]:
    """All that a kind says it is called; what is no name is left to whoever checks it."""
    labels, aliases = kind.get("labels"), kind.get("aliases")
    found = [
        kind.get("label"),
        *(labels.values() if isinstance(labels, dict) else ()),
        *(aliases if isinstance(aliases, list) else ()),
    ]
    return (name for name in found if isinstance(name, str))
