"""Which items somebody wants: one value for addresses, feeds and subscriptions alike.

Knows facets, and the one way a selection is spelt. Must never know which topics there are, or how
items are found.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, quote

from config.values import CONTROLS, canonical_language, is_language_tag, visible
from feeds.errors import MalformedSelection
from feeds.model import TopicKind, TopicRef

#: The parameters of a selection's address, in the order in which it is spelt.
LANGUAGE, WORDS = "language", "q"
FACETS = (*TopicKind, LANGUAGE, WORDS)

#: Nobody asks for more at once; a query is made of each.
MOST_VALUES = 40
LONGEST_WORDS_CHARS = 200
_LONGEST_SHOWN_CHARS = 60
# Many times what the most values take, with whatever else an address may carry.
_LONGEST_QUERY_CHARS = 8_000

_SLUG = re.compile(r"[a-z0-9](?:-?[a-z0-9]){0,79}")
_CONTROL = re.compile(f"[{CONTROLS}]")
_LETTER = re.compile(r"\w")

#: A facet, and the value of it that an item is filed under.
Place = tuple[str, str]
#: Where every item is filed.
EVERYWHERE: Place = ("all", "")


@dataclass(frozen=True, slots=True)
class Selection:
    """The items filed under any of the ``topics`` of each kind that is named, in any of the
    ``languages``, with all of the ``words``; what is not named is not asked for.

    What lies below a topic is filed there too; a language stands for all its scripts and regions.
    """

    topics: frozenset[TopicRef] = frozenset()
    languages: frozenset[str] = frozenset()
    words: str = ""

    def __post_init__(self) -> None:
        if self.words and self.words != canonical_words(self.words):
            raise ValueError(f"{self.words!r} are no words as a selection has them")
        if wrong := {each for each in self.languages if canonical_language(each) != each}:
            raise ValueError(f"{min(wrong)!r} is no language as a selection has it")

    @classmethod
    def parse(cls, query: str, *, of_form: bool = False) -> Self:
        """What the query of an address asks for (RFC 3986 3.4), in whatever order it stands there.

        A parameter without a value asks for nothing where a form sent it, as forms send all that
        they have; elsewhere it has lost its value, and what is left of the query would ask for
        more. Raises MalformedSelection.
        """
        topics, languages, words = [], [], []
        for name, value in _parameters(query):
            if of_form and not value.strip():
                continue
            if name not in FACETS:
                known = ", ".join(FACETS)
                problem = f"there is no such parameter, only {known}"
                raise MalformedSelection(name, problem, "no_parameter", known)
            if not value.strip():
                raise MalformedSelection(name, "it has no value", "no_value")
            if name == WORDS:
                words.append(_words(value))
            elif name == LANGUAGE:
                languages.append(_language(value))
            else:
                topics.append(_topic(TopicKind(name), value))
        if len(words) > 1:
            raise MalformedSelection(WORDS, "it stands there twice", "twice")
        return cls(frozenset(topics), frozenset(languages), "".join(words))

    @property
    def query(self) -> str:
        """The one spelling of this selection, "" for everything: equal ones have the same."""
        return "&".join(f"{facet}={quote(value, safe='')}" for facet, value in self.values())

    def of(self, kind: TopicKind) -> tuple[TopicRef, ...]:
        """The topics of one kind, any of which will do."""
        return tuple(sorted(topic for topic in self.topics if topic.kind is kind))

    @property
    def place(self) -> Place | None:
        """Where all items of this selection, and no others, are filed; None where that is none."""
        # Asked many times of each feed: nothing is put in order for one value.
        if len(self.topics) + len(self.languages) > 1 or self.words:
            return None
        for topic in self.topics:
            return topic.place
        for tag in self.languages:
            return None if "-" in tag else (LANGUAGE, tag)
        return EVERYWHERE

    def takes(self, topics: Collection[TopicRef], language: str) -> bool:
        """Whether an item filed under all these topics, in this language, is among them, if it
        has the words.
        """
        wanted = {topic.kind for topic in self.topics}
        found = {topic.kind for topic in self.topics.intersection(topics)}
        return wanted == found and (not self.languages or self._speaks(language))

    def _speaks(self, language: str) -> bool:
        return any(f"{language}-".startswith(f"{each}-") for each in self.languages)

    def values(self) -> Iterator[Place]:
        """What is asked for, facet and value, in the order in which it is spelt."""
        yield from (topic.place for kind in TopicKind for topic in self.of(kind))
        yield from ((LANGUAGE, tag) for tag in sorted(self.languages))
        if self.words:
            yield WORDS, self.words


def canonical_words(text: str) -> str:
    """Words as they are looked for: in one case, one blank between them, nothing unseen."""
    plain = visible(_CONTROL.sub(" ", unicodedata.normalize("NFC", text))).lower()
    return " ".join(unicodedata.normalize("NFC", plain).split())


def _parameters(query: str) -> list[tuple[str, str]]:
    if len(query) > _LONGEST_QUERY_CHARS:
        raise MalformedSelection("", "the address is too long", "too_long")
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_VALUES, errors="strict")
    except UnicodeDecodeError as error:
        raise MalformedSelection("", "the address is not in UTF-8", "encoding") from error
    except ValueError as error:
        problem = f"more than {MOST_VALUES} values are asked for"
        raise MalformedSelection("", problem, "too_many", MOST_VALUES) from error


def _topic(kind: TopicKind, value: str) -> TopicRef:
    slug = value.strip()
    if not _SLUG.fullmatch(slug):
        shown = _shown(value)
        raise MalformedSelection(kind, f"{shown!r} is no short name of a topic", "no_topic", shown)
    return TopicRef(kind, slug)


def _language(value: str) -> str:
    tag = canonical_language(value)
    if tag is None or not is_language_tag(value.strip(), strict=True):
        shown = _shown(value)
        raise MalformedSelection(LANGUAGE, f"{shown!r} is no language tag", "no_language", shown)
    return tag


def _words(value: str) -> str:
    words = canonical_words(value)
    if len(words) > LONGEST_WORDS_CHARS:
        problem = f"more than {LONGEST_WORDS_CHARS} characters are looked for"
        raise MalformedSelection(WORDS, problem, "too_many_letters", LONGEST_WORDS_CHARS)
    if not _LETTER.search(words):
        shown = _shown(value)
        raise MalformedSelection(WORDS, f"{shown!r} holds nothing to look for", "no_words", shown)
    return words


def _shown(value: str) -> str:
    """The start of what somebody sent, as it may stand in an answer and in a log."""
    return canonical_words(value[:_LONGEST_SHOWN_CHARS])
