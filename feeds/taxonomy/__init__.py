"""The topics an organisation's news is filed under, and the words its pages use for them.

Knows names, parents and labels as the taxonomy file lists them. Must never know documents, items
or where the file lies.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Self
from urllib.parse import SplitResult, urlsplit

from config.values import nearest_language
from feeds.errors import UnknownTopic
from feeds.model import Ending, FormerTopic, Label, Topic, TopicKind, TopicRef
from feeds.taxonomy.file import OwnSite, Slot, TaxonomyFile, forms, read
from feeds.taxonomy.naming import LONGEST_NAME_CHARS, Names, fold

__all__ = ["OwnSite", "Slot", "Taxonomy"]

# Distinct printed lists are few; longer ones than this are no lists and not worth keeping.
_REMEMBERED_LISTS = 4096
_LONGEST_REMEMBERED_CHARS = 500
# An organisation files its items under the same few combinations of topics.
_REMEMBERED_COMBINATIONS = 256
# Of names that nobody knows, so many of the known ones that share so much of their letters.
_MOST_NEAR, _LEAST_NEAR = 3, 0.6
# Dots or an arrow may stand behind "Read more on this topic".
_MARKS_BEHIND_CHARS = 4
# A language path ("/ru/office/123") stands before the section, if any does.
_LANGUAGE_CHARS = 2


class Taxonomy:
    """All topics and page words of an organisation; never changes once made."""

    def __init__(self, file: TaxonomyFile, topics: tuple[Topic, ...], fingerprint: str) -> None:
        self._file = file
        self.topics = topics
        #: Changes with anything in the file but its layout.
        self.fingerprint = fingerprint
        words = (*forms().labels.values(), *file.labels.values())
        #: What the organisation calls itself, "" for nothing, and what some languages call it.
        self.name = file.name
        self.called = {tag: each.name for tag, each in file.labels.items() if each.name}
        #: What a topic is by now, by each slug that names none any more.
        self.moved = {
            TopicRef(topic.ref.kind, slug): topic.ref
            for topic in topics
            for slug in (*topic.former_slugs, *topic.merged)
        }
        self._by_ref = {topic.ref: topic for topic in topics}
        self._names = {
            kind: Names(kind, [topic for topic in topics if topic.ref.kind is kind], file.key)
            for kind in TopicKind
        }
        self._sections = {
            fold(name): self.moved.get(ref, ref)
            for issuer in file.issuer
            for ref in (TopicRef(TopicKind.ISSUER, issuer.slug),)
            for name in issuer.sections
        }
        self._homes = {each.slug: each.language for each in file.issuer if each.language}
        self._sites = {host: site for site in file.site for host in site.hosts}
        # What the organisation says of a label goes before what is usual.
        self._slots = {fold(text): slot for _, slot, text in file.facet_labels()}
        self._slots |= {fold(text): slot for each in words for slot, text in each.slots()}
        self._events = frozenset(fold(text) for each in words for text in each.event)
        self._newsrooms = frozenset(fold(text) for each in words for text in each.newsroom)
        ends = [text for each in words for text in each.end]
        disclaimers = [text for each in words for text in each.disclaimer]
        self._ends = frozenset(map(fold, ends))
        self._disclaimers = tuple(map(fold, disclaimers))
        self._below = (*self._ends, *self._disclaimers)
        self._first_words_below = {text.partition(" ")[0] for text in self._below}
        self._longest_below = max(map(len, (*ends, *disclaimers)), default=0)
        self._resolve = lru_cache(maxsize=_REMEMBERED_LISTS)(self._split)
        self._implied = lru_cache(maxsize=_REMEMBERED_COMBINATIONS)(self._above)

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """The taxonomy a file describes. Raises TaxonomyError with every fault found."""
        file, fingerprint = read(text)
        return cls(file, tuple(file.topics()), fingerprint)

    def __reduce__(self) -> tuple[type[Self], tuple[TaxonomyFile, tuple[Topic, ...], str]]:
        """Pickled as what it is made of; the rest is made of that again."""
        return type(self), (self._file, self.topics, self.fingerprint)

    def known_as(self, extra: Iterable[Label]) -> Self:
        """The same with more names for its topics; those of others, and of nobody, are left out.

        The fingerprint stays: what is published does not show names.
        """
        named: defaultdict[TopicRef | None, list[str]] = defaultdict(list)
        for label in extra:
            named[label.ref and self.moved.get(label.ref, label.ref)].append(label.text)
        if not named:
            # Asked at every look at a source and for every push: what is known stays remembered.
            return self
        topics = tuple(
            replace(topic, aliases=(*topic.aliases, *named[topic.ref])) for topic in self.topics
        )
        return type(self)(self._file, topics, self.fingerprint)

    def of(self, kind: TopicKind) -> tuple[Topic, ...]:
        """The topics of one kind, in the order of the file."""
        return tuple(topic for topic in self.topics if topic.ref.kind is kind)

    def current(self, ref: TopicRef) -> TopicRef | None:
        """What a topic is that ``ref`` names, or named once; None where nobody knows it."""
        current = self.moved.get(ref, ref)
        return current if current in self._by_ref else None

    def get(self, ref: TopicRef) -> Topic:
        """The topic ``ref`` names, or what it is by now. Raises UnknownTopic with the nearest
        known ones.
        """
        topic = self._by_ref.get(self.moved.get(ref, ref))
        if topic is None:
            raise UnknownTopic(str(ref), self._near(str(ref)))
        return topic

    def find(self, text: str) -> Topic:
        """The topic people call ``text``: as in ``field:policing``, or by a name or slug that no
        other has. Raises UnknownTopic.
        """
        try:
            return self.get(TopicRef.parse(text))
        except ValueError as error:
            found = {
                TopicRef(kind, slug)
                for kind, names in self._names.items()
                for slug in (names.slug(text), text)
                if slug and TopicRef(kind, slug) in self._by_ref
            }
            if len(found) == 1:
                return self.get(found.pop())
            near = tuple(sorted(map(str, found))) or self._near(text)
            raise UnknownTopic(text, near) from error

    def lineage(self, ref: TopicRef) -> tuple[TopicRef, ...]:
        """The topic of ``ref`` and all its ancestors, nearest first. Raises UnknownTopic."""
        line = [self.get(ref).ref]
        while parent := self.get(line[-1]).parent:
            line.append(parent)
        return tuple(line)

    def heir(self, topic: Topic) -> TopicRef | None:
        """What goes on where a topic was closed, by now; None where nothing does."""
        heir = None
        while topic.successor:
            topic = self.get(topic.successor)
            heir = topic.ref
        return heir

    @cached_property
    def former(self) -> tuple[FormerTopic, ...]:
        """What no topic is any more, in the order of the file."""
        return tuple(
            replace(each, into=self.moved.get(each.into, each.into))
            if each.ending is Ending.MERGED
            else each
            for each in self._file.former()
        )

    def children(self, ref: TopicRef) -> tuple[TopicRef, ...]:
        """The topics directly below ``ref``, in the order of the file."""
        return self._children.get(ref, ())

    def implied_by(self, named: Iterable[Label]) -> tuple[Label, ...]:
        """The topics an item belongs to without naming them: those above the ones it names."""
        return self._implied(tuple(dict.fromkeys(ref for label in named if (ref := label.ref))))

    def resolve(self, kind: TopicKind, text: str) -> tuple[Label, ...]:
        """The names in a printed list, between commas or semicolons, in its order, each topic once.

        The longest known name wins; what nobody knows is kept between those, without a slug.
        """
        if len(text) > _LONGEST_REMEMBERED_CHARS:
            return self._split(kind, text)
        return self._resolve(kind, text)

    def is_name(self, text: str) -> bool:
        """Whether a line is a topic's name and nothing else."""
        return any(names.slug(text) is not None for names in self._names.values())

    def kind_label(self, text: str) -> Label | None:
        """The content type a line names and nothing else, if it is one of the organisation's or,
        without a slug, of everybody's.
        """
        slug = self._names[TopicKind.TYPE].slug(text)
        is_one = slug or (
            len(text) <= LONGEST_NAME_CHARS and self._file.key(text) in self._usual_kinds
        )
        return Label(kind=TopicKind.TYPE, text=text, slug=slug) if is_one else None

    def kind_name(self, kind: str, tag: str, *, many: bool) -> str:
        """What the organisation calls a facet of its news in a language, one topic of it or
        ``many``; "" where it does not say.
        """
        words = next((each for name, each in self._file.kinds.items() if name == kind), None)
        if words is None:
            return ""
        usual, others = (words.plural, words.plurals) if many else (words.name, words.names)
        if near := nearest_language(tag, others):
            return others[near]
        language = self._file.language
        is_usual = not language or language.partition("-")[0] == tag.partition("-")[0]
        return usual if is_usual else ""

    def home_of(self, issuers: Iterable[Label]) -> str | None:
        """The language at home where the first of some issuers works that is said to work in
        one of those that are told apart with difficulty.
        """
        for label in issuers:
            if label.slug in self._homes:
                return self._homes[label.slug]
        return None

    def section(self, name: str) -> TopicRef | None:
        """The issuer whose items stand below this first segment of an address."""
        return self._sections.get(fold(name))

    def site_of(self, host: str) -> OwnSite | None:
        """The organisation's website a host, or one it is a sub-domain of, belongs to."""
        name = host.lower()
        while name and name not in self._sites:
            name = name.partition(".")[2]
        return self._sites.get(name)

    def section_of(self, url: str) -> TopicRef | None:
        """The issuer in whose section of the organisation's own site an address is."""
        # Most are elsewhere, as one look tells.
        if not any(map(url.lower().__contains__, self._sites)):
            return None
        parts = _parts(url)
        if parts is None or self.site_of(parts.hostname or "") is None:
            return None
        first, second, *_ = [*filter(None, parts.path.split("/")), "", ""]
        ref = self.section(first)
        return self.section(second) if ref is None and len(first) == _LANGUAGE_CHARS else ref

    def is_numbered_item(self, url: str) -> bool:
        """Whether an address is that of an issuer's item: in its section, a number at its end."""
        parts = _parts(url)
        site = parts and self.site_of(parts.hostname or "")
        if not parts or not site or not site.is_numbered or self.section_of(url) is None:
            return False
        number = parts.path.rstrip("/").rpartition("/")[2]
        return number.isascii() and number.isdigit()

    def slot(self, text: str) -> Slot | None:
        """What a label such as "Issued on:" announces; without its colon it is none."""
        return self._slots.get(fold(text[:-1])) if text.endswith(":") else None

    def languages_of(self, text: str) -> frozenset[str]:
        """The languages that write a label such as "Izdavač:" so; none for what is no label."""
        return self._languages.get(fold(text.removesuffix(":")), frozenset())

    def is_event_label(self, text: str) -> bool:
        """Whether an event's page writes this before its time, place or host; colon or not."""
        return fold(text.removesuffix(":")) in self._events

    def is_newsroom(self, line: str) -> bool:
        """Whether a line only says that the newsroom follows."""
        return fold(line) in self._newsrooms

    def is_end(self, line: str) -> bool:
        """Whether the article is over: ``line`` is what stands below it, or a disclaimer."""
        # Most lines differ from all of them in the first word already.
        if fold(line.partition(" ")[0]) not in self._first_words_below:
            return False
        start = fold(line[: self._longest_below + _MARKS_BEHIND_CHARS])
        return start.rstrip(" .:…>") in self._ends or start.startswith(self._disclaimers)

    def is_cut_end(self, line: str) -> bool:
        """Whether a text that stops with ``line`` stops within the words below the article."""
        if len(line) > self._longest_below:
            return False
        start = fold(line)
        return any(text.startswith(start) for text in self._below)

    # Asked for by few, so made when they are: what reads texts, what shows a topic's page.

    @cached_property
    def _languages(self) -> dict[str, frozenset[str]]:
        """The languages that have a label so, by the label."""
        languages: defaultdict[str, set[str]] = defaultdict(set)
        for language, words in (*forms().labels.items(), *self._file.labels.items()):
            for _, text in words.slots():
                languages[fold(text)].add(language)
        for language, _, text in self._file.facet_labels():
            languages[fold(text)].update({language} - {""})
        return {text: frozenset(found) for text, found in languages.items()}

    @cached_property
    def _usual_kinds(self) -> frozenset[str]:
        """What everybody's kinds of news are called."""
        return frozenset(self._file.key(name) for each in forms().type for name in each.names())

    @cached_property
    def _children(self) -> dict[TopicRef, tuple[TopicRef, ...]]:
        below: defaultdict[TopicRef, list[TopicRef]] = defaultdict(list)
        for topic in self.topics:
            if topic.parent is not None:
                below[topic.parent].append(topic.ref)
        return {ref: tuple(children) for ref, children in below.items()}

    def _split(self, kind: TopicKind, text: str) -> tuple[Label, ...]:
        return self._names[kind].split(text)

    def _above(self, refs: tuple[TopicRef, ...]) -> tuple[Label, ...]:
        # What left the taxonomy is above and below nothing.
        known = [ref for ref in refs if self.moved.get(ref, ref) in self._by_ref]
        above = dict.fromkeys(each for ref in known for each in self.lineage(ref)[1:])
        return tuple(
            Label(kind=ref.kind, text=self.get(ref).label, slug=ref.slug)
            for ref in above
            if ref not in refs
        )

    def _near(self, text: str) -> tuple[str, ...]:
        # For slips alone; whoever asks for what is not there costs a web server next to nothing.
        from rapidfuzz import process  # noqa: PLC0415
        from rapidfuzz.distance import Indel  # noqa: PLC0415

        near = process.extract(
            fold(text),
            [*map(str, self._by_ref)],
            scorer=Indel.normalized_similarity,
            limit=_MOST_NEAR,
            score_cutoff=_LEAST_NEAR,
        )
        return tuple(name for name, *_ in near)


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None
