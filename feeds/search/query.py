"""What a selection asks an index of terms: choices of which one must be there, and what must not.

Knows how people write what they look for: words, "phrases", -without. Must never know the language
of an engine.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from config.values import primary_language
from feeds.model import TopicKind, TopicRef
from feeds.search.terms import STEMMED, pairs, runs, term
from feeds.selection import LANGUAGE, Place, Selection

#: What no word is: the place of every item, what was filed somewhere after it became news, and what
#: was significantly changed after that.
EVERY, LATE, CORRECTED = ":all", ":late", ":corrected"

_QUOTES = '"“”„«»'
# What is between blanks is looked for as one, like what is quoted: "al-shabaab", "25.11.2026".
_PIECE = re.compile(rf"(-?)(?:[{_QUOTES}]([^{_QUOTES}]*+)[{_QUOTES}]?+|([^\s{_QUOTES}]++))")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Terms that stand side by side; ``is_open`` where the last one is only the start of one."""

    terms: tuple[str, ...]
    is_open: bool = False


#: The places of an item, and since when it is there.
Filed = Mapping[Place, datetime]
#: The terms of an item, each with where it stands among its words.
Terms = Mapping[str, Collection[int]]
#: Any of these.
Choice = tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """All of ``wanted`` and none of ``unwanted``; what is ``late`` only where it is ``filed``."""

    wanted: tuple[Choice, ...]
    unwanted: tuple[Choice, ...]
    late: Choice
    filed: Choice


def query_of(selection: Selection, *beside: str) -> Query | None:
    """What finds the items of a selection that have the terms ``beside`` too; None where nothing
    can: its words hold nothing to look for.
    """
    facets = [*_facets(selection)]
    looked_for = [*_looked_for(selection)]
    if selection.words and not looked_for:
        return None
    places = (tuple(Phrase((name(place),)) for place in facet) for facet in facets)
    terms = ((Phrase((each,)),) for each in beside)
    wanted = (*places, *terms, *(choice for choice, is_wanted in looked_for if is_wanted))
    return Query(
        wanted=wanted or ((Phrase((EVERY,)),),),
        unwanted=tuple(choice for choice, is_wanted in looked_for if not is_wanted),
        late=(Phrase((LATE,)),),
        filed=tuple(Phrase((filing(place),)) for facet in facets for place in facet),
    )


def found_by(places: Iterable[Place], words: Iterable[str]) -> Terms:
    """The terms of an item that is filed in ``places`` and has these ``words``, in their order."""
    at = defaultdict[str, list[int]](list, {name(place): [] for place in places} | {EVERY: []})
    for position, word in enumerate(words):
        at[word].append(position)
    return at


def finds(query: Query, terms: Terms) -> bool:
    """Whether an item of these terms is found, as by an index, since it is filed where it is."""
    if any(_has(terms, phrase) for choice in query.unwanted for phrase in choice):
        return False
    return all(any(_has(terms, phrase) for phrase in choice) for choice in query.wanted)


def _has(terms: Terms, phrase: Phrase) -> bool:
    *rest, last = phrase.terms
    if phrase.is_open:
        return any(each.startswith(last) for each in terms)
    if not rest:
        return last in terms
    places = (
        frozenset(at - step for at in terms.get(each, ())) for step, each in enumerate(phrase.terms)
    )
    return bool(frozenset.intersection(*places))


def name(place: Place) -> str:
    """The term of a place, which no word is."""
    return ":".join(place).lower()


def filing(place: Place) -> str:
    """The term of what was filed there after it became news, at that moment."""
    return f"at:{name(place)}"


def spoken(language: str) -> Iterator[Place]:
    """The places of a language: itself, and each range it is in (RFC 4647, section 3.3.1)."""
    parts = language.split("-") if language else []
    for count in range(1, len(parts) + 1):
        yield LANGUAGE, "-".join(parts[:count])


def was_there(selection: Selection, filed: Filed, moment: datetime) -> bool:
    """Whether an item was in a selection before a moment, as far as its places tell."""
    before = [place for place, since in filed.items() if since < moment]
    topics = [TopicRef(TopicKind(kind), slug) for kind, slug in before if kind != LANGUAGE]
    tags = [tag for kind, tag in before if kind == LANGUAGE]
    return selection.takes(topics, max(tags, key=len, default=""))


def _facets(selection: Selection) -> Iterator[list[Place]]:
    for kind in TopicKind:
        if topics := selection.of(kind):
            yield [(kind.value, topic.slug) for topic in topics]
    if selection.languages:
        yield [(LANGUAGE, tag) for tag in sorted(selection.languages)]


def _looked_for(selection: Selection) -> Iterator[tuple[Choice, bool]]:
    """What is looked for in texts, each with whether it is wanted."""
    stemmers = _stemmers(selection.languages)
    for minus, quoted, plain in _PIECE.findall(selection.words):
        for choice in _choices(quoted or plain, stemmers):
            yield choice, not minus


def _stemmers(languages: Collection[str]) -> tuple[str | None, ...]:
    """The languages a word may be one of, None for all that have no stemmer."""
    if not languages:
        return (None, *sorted(STEMMED))
    primary = {primary_language(tag) for tag in languages}
    others: tuple[None, ...] = (None,) if primary - STEMMED else ()
    return (*others, *sorted(primary & STEMMED))


def _choices(text: str, stemmers: Collection[str | None]) -> Iterator[Choice]:
    words: list[str] = []
    for run, has_blanks in runs(text):
        if has_blanks:
            words.append(run)
            continue
        # How many terms another such run has before the next word nobody knows.
        yield from _phrases(words, stemmers)
        words.clear()
        yield (Phrase(pairs(run)) if len(run) > 1 else Phrase((run,), is_open=True),)
    yield from _phrases(words, stemmers)


def _phrases(words: Collection[str], stemmers: Collection[str | None]) -> Iterator[Choice]:
    """These words side by side, as any of the languages has them."""
    if words:
        spelt = (tuple(term(word, language) for word in words) for language in stemmers)
        yield tuple(map(Phrase, dict.fromkeys(spelt)))
