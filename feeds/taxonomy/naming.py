"""How names are compared, and how a printed list of them is taken apart.

Knows spelling and the names of one kind of topic; an operator maps further ones by `ingest/retag`.
Must never know what a topic is for.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from feeds.model import Label, Topic, TopicKind

# Longer than any name in use. It bounds what normalising costs: sorting the combining marks of
# a long run takes quadratic time in unicodedata.
LONGEST_NAME_CHARS = 300

# What is written in several ways, or not decomposed by Unicode: hyphens and dashes go
# ("Co-ordinator", "Coordinator"), all quotes become one, marks of the writing direction go.
_MARKS = "\u061c\u200e\u200f"
_DASHES = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_QUOTES = (
    "\"'`\u00ab\u00b4\u00bb\u02b9\u02bc\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
)
_ALIKE = str.maketrans(
    dict.fromkeys(_DASHES + _MARKS, "")
    | dict.fromkeys(_QUOTES, "'")
    | {"&": " and ", "đ": "d", "ð": "d", "ø": "o", "ł": "l", "\u0131": "i", "æ": "ae", "œ": "oe"}
)
_ACCENTS = re.compile("[\u0300-\u036f]+")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The start of ``text`` as it is compared: no case, accents, hyphens, runs of white space."""
    text = text[:LONGEST_NAME_CHARS]
    if text.isascii():
        text = text.lower()
    else:
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(text.translate(_ALIKE).split())


def names_of(topic: Topic) -> tuple[str, ...]:
    """Every name the topic has or had."""
    return topic.label, *(label for _, label in topic.labels), *topic.aliases, *topic.former


class Names:
    """The names of one kind of topic; ``key`` is what all spellings of a name have in common."""

    def __init__(self, kind: TopicKind, topics: Iterable[Topic], key: Callable[[str], str]) -> None:
        self._kind = kind
        self._key = key
        self._slugs = {key(name): topic.ref.slug for topic in topics for name in names_of(topic)}
        self._most_pieces = 1 + max((key.count(",") for key in self._slugs), default=0)

    def slug(self, name: str) -> str | None:
        """The slug of the topic with this name, or None where nobody knows it."""
        if len(name) > LONGEST_NAME_CHARS:
            return None
        return self._slugs.get(self._key(name))

    def split(self, text: str) -> tuple[Label, ...]:
        """The names in a printed list, in its order, each once, unknown ones too: between commas,
        of which a name may hold some, or semicolons.
        """
        labels: dict[str, Label] = {}
        for part in text.split(";"):
            pieces = [piece for piece in map(str.strip, part.split(",")) if piece]
            start = 0
            while start < len(pieces):
                end, slug = self._longest(pieces, start)
                printed = ", ".join(pieces[start:end])[:LONGEST_NAME_CHARS]
                label = Label(kind=self._kind, text=printed, slug=slug)
                labels.setdefault(slug or f"?{fold(printed)}", label)
                start = end
        return tuple(labels.values())

    def _longest(self, pieces: Sequence[str], start: int) -> tuple[int, str | None]:
        for end in range(min(start + self._most_pieces, len(pieces)), start, -1):
            slug = self.slug(", ".join(pieces[start:end]))
            if slug is not None:
                return end, slug
        return self._end_of_unknown(pieces, start), None

    def _end_of_unknown(self, pieces: Sequence[str], start: int) -> int:
        # "Peace, justice and strong institutions" is one name: what goes on in small letters
        # after a comma is no name of its own.
        end = start + 1
        while end < len(pieces) and pieces[end][0].islower() and self.slug(pieces[end]) is None:
            end += 1
        return end
