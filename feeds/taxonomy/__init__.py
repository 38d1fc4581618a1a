"""The topics an organisation's news is filed under, and the words its pages use for them.

Knows names, parents and labels as the taxonomy file lists them. Must never know documents, items
or where the file lies.
"""

import difflib
from collections import defaultdict
from functools import lru_cache
from typing import Self

from feeds.errors import UnknownTopic
from feeds.model import Label, Topic, TopicKind, TopicRef
from feeds.taxonomy.file import Contents, Slot, read
from feeds.taxonomy.naming import Names, fold

__all__ = ["Slot", "Taxonomy"]

# Distinct printed lists are few; longer ones than this are no lists and not worth keeping.
_REMEMBERED_LISTS = 4096
_LONGEST_REMEMBERED_CHARS = 500


class Taxonomy:
    """All topics and page words of an organisation; never changes once made."""

    def __init__(self, contents: Contents) -> None:
        self.topics = contents.topics
        self.fingerprint = contents.fingerprint
        self._by_ref = {topic.ref: topic for topic in contents.topics}
        self._children = _children(contents.topics)
        self._names = {kind: Names(kind, self.of(kind), contents.affixes) for kind in TopicKind}
        self._sections = {fold(name): ref for name, ref in contents.sections}
        self._slots = {fold(label): slot for label, slot in contents.labels}
        self._ends = tuple(fold(end) for end in contents.ends)
        self._first_words_of_ends = {end.partition(" ")[0] for end in self._ends}
        self._longest_end = max(map(len, contents.ends), default=0)
        self._resolve = lru_cache(maxsize=_REMEMBERED_LISTS)(self._split)

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """The taxonomy a file describes. Raises TaxonomyError with every fault found."""
        return cls(read(text))

    def of(self, kind: TopicKind) -> tuple[Topic, ...]:
        """The topics of one kind, in the order of the file."""
        return tuple(topic for topic in self.topics if topic.ref.kind is kind)

    def get(self, ref: TopicRef) -> Topic:
        """The topic ``ref`` names. Raises UnknownTopic with the nearest known ones."""
        topic = self._by_ref.get(ref)
        if topic is None:
            raise UnknownTopic(str(ref), self._near(str(ref)))
        return topic

    def find(self, text: str) -> Topic:
        """The topic people call ``text``, as in ``field:policing``. Raises UnknownTopic."""
        try:
            return self.get(TopicRef.parse(text))
        except ValueError as error:
            raise UnknownTopic(text, self._near(text)) from error

    def lineage(self, ref: TopicRef) -> tuple[TopicRef, ...]:
        """``ref`` and all its ancestors, nearest first. Raises UnknownTopic."""
        line = [ref]
        while parent := self.get(line[-1]).parent:
            line.append(parent)
        return tuple(line)

    def children(self, ref: TopicRef) -> tuple[TopicRef, ...]:
        """The topics directly below ``ref``, in the order of the file."""
        return self._children.get(ref, ())

    def resolve(self, kind: TopicKind, text: str) -> tuple[Label, ...]:
        """The names in a printed comma list, in its order, each topic once.

        The longest known name wins; what nobody knows is kept between commas, without a slug.
        """
        if len(text) > _LONGEST_REMEMBERED_CHARS:
            return self._split(kind, text)
        return self._resolve(kind, text)

    def kind_label(self, text: str) -> Label | None:
        """The content type a line names and nothing else, if it is a known one."""
        slug = self._names[TopicKind.TYPE].slug(text)
        return Label(kind=TopicKind.TYPE, text=text, slug=slug) if slug else None

    def section(self, name: str) -> TopicRef | None:
        """The issuer whose items stand below this first segment of an address."""
        return self._sections.get(fold(name))

    def slot(self, text: str) -> Slot | None:
        """What a label such as "Issued on:" announces; without its colon it is none."""
        return self._slots.get(fold(text[:-1])) if text.endswith(":") else None

    def is_end(self, line: str) -> bool:
        """Whether the article is over: ``line`` starts like the words printed below it."""
        # Most lines differ from all of them in the first word already.
        if fold(line.partition(" ")[0]) not in self._first_words_of_ends:
            return False
        return fold(line[: self._longest_end]).startswith(self._ends)

    def _split(self, kind: TopicKind, text: str) -> tuple[Label, ...]:
        return self._names[kind].split(text)

    def _near(self, text: str) -> tuple[str, ...]:
        return tuple(difflib.get_close_matches(fold(text), map(str, self._by_ref), cutoff=0.6))


def _children(topics: tuple[Topic, ...]) -> dict[TopicRef, tuple[TopicRef, ...]]:
    below: defaultdict[TopicRef, list[TopicRef]] = defaultdict(list)
    for topic in topics:
        if topic.parent is not None:
            below[topic.parent].append(topic.ref)
    return {ref: tuple(children) for ref, children in below.items()}
