"""What can be wrong with a taxonomy as a whole, each entry being sound.

Knows names, slugs and what becomes of topics. Must never know how a file is written down.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from feeds.model import TopicKind, TopicRef
from feeds.taxonomy.naming import fold, names_of

if TYPE_CHECKING:
    from feeds.taxonomy.file import TaxonomyFile, Term

#: The steps from the top of a file to what is meant: tables, keys, and numbers of entries.
Place = tuple[int | str, ...]


def contradictions(file: "TaxonomyFile") -> Iterator[tuple[Place, str]]:
    """What cannot be true of a taxonomy, each with the entry where that shows."""
    places = _places(file)
    topics = tuple(file.topics())
    entries = Counter(ref for ref, _ in file.terms())
    for ref, count in entries.items():
        if count > 1:
            yield places[str(ref)], f"{ref} is listed {count} times"
    for owner, said in _claimed_twice(
        (f"{topic.ref.kind} name {file.key(name)!r}", str(topic.ref))
        for topic in topics
        for name in names_of(topic)
    ):
        yield places[owner], said
    for owner, said in _claimed_twice(
        (f"section {name!r}", f"{TopicKind.ISSUER}:{issuer.slug}")
        for issuer in file.issuer
        for name in issuer.sections
    ):
        yield (*places[owner], "sections"), said
    yield from _labels_claimed_twice(file)
    for owner, said in _claimed_twice(
        (f"{ref.kind} slug {slug!r}", str(ref))
        for ref, term in file.terms()
        for slug in (term.slug, *term.former_slugs)
    ):
        yield places[owner], said
    for ref, said in _broken_lines(dict(file.terms())):
        yield places[str(ref)], said


def doubts(file: "TaxonomyFile") -> Iterator[tuple[Place, str]]:
    """What works and cannot have been meant, each with the entry where that shows."""
    places = _places(file)
    if not any(ref.kind is not TopicKind.TYPE for ref, _ in file.terms()):
        yield (), "there is no topic that readers could follow"
    called: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for topic in file.topics():
        said = Counter(map(file.key, (topic.label, *topic.aliases, *topic.former)))
        place = places[str(topic.ref)]
        for name, count in said.items():
            called[name][str(topic.ref)] = None
            # Those of kinds of news are everybody's.
            if count > 1 and topic.ref.kind is not TopicKind.TYPE:
                yield place, f"{topic.ref} has the name {name!r} more than once"
            if ";" in name:
                yield place, f"{topic.ref} is {name!r}: documents end a name with a semicolon"
    for name, refs in called.items():
        if len(refs) > 1:
            first, *others = refs
            said_of = f"{name!r} is {first} and {', '.join(others)}"
            yield places[others[-1]], f"{said_of}: what is called so is filed under the first"
    yield from _strange_languages(file, places)


def _places(file: "TaxonomyFile") -> Mapping[str, Place]:
    """The entry of each topic, the last one where there are several."""
    numbers: Counter[str] = Counter()
    places: dict[str, Place] = {}
    for ref, _ in file.terms():
        places[str(ref)] = (ref.kind.value, numbers[ref.kind])
        numbers[ref.kind] += 1
    return places


def _labels_claimed_twice(file: "TaxonomyFile") -> Iterator[tuple[Place, str]]:
    places: dict[str, Place] = {}
    claims = []
    for language, words in file.labels.items():
        for slot, text in words.slots():
            places[slot] = ("labels", language, slot.value)
            claims.append((f"label {fold(text)!r}", slot.value))
    for owner, said in _claimed_twice(claims):
        yield places[owner], said


def _claimed_twice(claims: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """One fault for every thing that two different owners claim, with the second one."""
    owners: dict[str, str] = {}
    for thing, owner in claims:
        if owners.setdefault(thing, owner) != owner:
            yield owner, f"{thing} belongs to both {owners[thing]} and {owner}"


def _broken_lines(terms: Mapping[TopicRef, "Term"]) -> Iterator[tuple[TopicRef, str]]:
    """What is wrong with what topics stand under, were, and became."""
    parents, became = {}, {}
    for ref, term in terms.items():
        if term.slug in term.former_slugs:
            yield ref, f"{ref} has its slug among its former ones"
        if term.into and term.closed:
            yield ref, f"{ref} is both merged into another and closed"
        if term.successor and not term.closed:
            yield ref, f"{ref} has a successor and is not closed"
        if heir := term.into or term.successor:
            became[ref] = TopicRef(ref.kind, heir)
        if term.parent:
            parents[ref] = TopicRef(ref.kind, term.parent)
            above = terms.get(parents[ref])
            if above and above.into and not term.into:
                yield ref, f"{ref} has a parent that was merged into another, {parents[ref]}"
    yield from _astray(terms, parents, "has an unknown parent", "is its own ancestor")
    yield from _astray(terms, became, "became what nobody knows", "becomes itself again")


def _astray(
    terms: Container[TopicRef], lines: Mapping[TopicRef, TopicRef], unknown: str, cycle: str
) -> Iterator[tuple[TopicRef, str]]:
    """A fault for each line that leads nowhere, or back."""
    for ref, other in lines.items():
        if other not in terms:
            yield ref, f"{ref} {unknown}, {other}"
        line: set[TopicRef] = set()
        following: TopicRef | None = other
        while following is not None and following not in line:
            line.add(following)
            following = lines.get(following)
        if ref in line:
            yield ref, f"{ref} {cycle}"


def _strange_languages(
    file: "TaxonomyFile", places: Mapping[str, Place]
) -> Iterator[tuple[Place, str]]:
    """Tags of languages, scripts and regions that there are none of (CLDR)."""
    from babel import Locale  # noqa: PLC0415

    english = Locale("en")
    known = (english.languages, english.scripts, english.territories)
    tags: list[tuple[Place, str]] = [(("language",), file.language)] if file.language else []
    tags += [(("labels", tag), tag) for tag in file.labels]
    tags += [
        ((*places[str(ref)], "labels", tag), tag)
        for ref, term in file.terms()
        for tag in term.labels
    ]
    for kind, words in file.kinds.items():
        tags += [(("kinds", kind, "names", tag), tag) for tag in words.names]
        tags += [(("kinds", kind, "plurals", tag), tag) for tag in words.plurals]
    for place, tag in tags:
        language, *others = tag.split("-")
        strange = [] if language in known[0] else [language]
        strange += [each for each in others if not any(each in names for names in known[1:])]
        for part in strange:
            yield place, f"{tag!r} is no language: there is no {part!r}"
