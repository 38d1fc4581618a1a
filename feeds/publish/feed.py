"""The selections that are published as feeds: which there are, and what each says of itself.

Knows the taxonomy and the site. Must never know a format, or which items there are: which entries
a feed holds is told by `select.py`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from markupsafe import Markup

from feeds.model import SAVED_SELECTION, Ending, Topic, TopicKind, TopicRef
from feeds.selection import LANGUAGE, Place, Selection
from feeds.taxonomy import Taxonomy

if TYPE_CHECKING:
    from feeds.catalogue import Catalogue
    from feeds.publish.site import SavedSelection, Site

#: The facets whose values each have a feed, with the folder these live in. Order of publication.
FOLDERS: Mapping[str, str] = {
    TopicKind.FIELD: "fields",
    TopicKind.ISSUER: "issuers",
    TopicKind.COUNTRY: "countries",
    TopicKind.TYPE: "types",
    LANGUAGE: "languages",
}

#: Where selections are asked for, and where those are that have a name.
SELECT, SAVED = "select", "selections"
_FOLDER_OF = {**FOLDERS, SAVED_SELECTION: SAVED}


@dataclass(frozen=True, slots=True)
class FeedForm:
    """A form in which each feed is published: what its files end in, and how it is called."""

    extension: str
    name: str
    media_type: str


ATOM = FeedForm("atom", "Atom", "application/atom+xml")
RSS = FeedForm("rss", "RSS", "application/rss+xml")
JSON_FEED = FeedForm("json", "JSON Feed", "application/feed+json")

#: All of them, the one that says most first.
FORMS = (ATOM, RSS, JSON_FEED)


def path_of(kind: str, slug: str) -> str:
    """The path within ``feeds/`` of what has a name of its kind: a topic, a saved selection."""
    return f"{_FOLDER_OF[kind]}/{slug}"


@dataclass(frozen=True, slots=True)
class FeedRef:
    """Names one feed for ever: its ``path`` within ``feeds/``, without an extension, and which
    items it holds.
    """

    path: str
    selection: Selection

    @classmethod
    def of(cls, topic: TopicRef) -> Self:
        """The feed of a topic."""
        return cls(path_of(topic.kind, topic.slug), Selection(frozenset({topic})))

    @classmethod
    def of_language(cls, tag: str) -> Self:
        """The feed of what is written in a language, by its primary subtag."""
        return cls(f"{FOLDERS[LANGUAGE]}/{tag}", Selection(languages=frozenset({tag})))

    @classmethod
    def saved(cls, saved: "SavedSelection") -> Self:
        """The feed of a selection that is published under its name."""
        return cls(path_of(SAVED_SELECTION, saved.name), saved.selection)

    @classmethod
    def of_selection(cls, selection: Selection) -> Self:
        """The feed of a selection that is made when somebody asks for it."""
        return cls(f"{SELECT}?{selection.query}", selection)

    @property
    def kept_as(self) -> Place:
        """What its history is remembered as: the place it is of, or the name of a selection."""
        return self.selection.place or (SAVED_SELECTION, self.path.rpartition("/")[2])

    @property
    def page(self) -> str:
        """The address of its web page, relative to that of the site; those of its history lie
        below it.
        """
        return self._address("/")

    @property
    def atom(self) -> str:
        """The address of its Atom file, relative to that of the site."""
        return self.file(ATOM)

    def file(self, form: FeedForm, page: str = "") -> str:
        """The address of its file of such a form, or of a page of its history, relative to that of
        the site.
        """
        return self._address(f"/{page}.{form.extension}" if page else f".{form.extension}")

    def _address(self, ending: str) -> str:
        path, mark, query = self.path.partition("?")
        return f"feeds/{path}{ending}{mark}{query}"


ALL = FeedRef("all", Selection())
#: What changed last, whatever it was: for mirrors, not for people, who would read things twice.
CHANGES = FeedRef("changes", Selection())

_FOLDERS = frozenset(_FOLDER_OF.values())
# What the documents of feeds end in, among all that is published.
_ENDINGS = tuple(f".{form.extension}" for form in FORMS)


def is_feed(path: str) -> bool:
    """Whether a published file is a document that readers subscribe to, by its path."""
    within, _, name = path.removeprefix("feeds/").rpartition("/")
    is_there = within in _FOLDERS or (not within and path.startswith("feeds/"))
    return is_there and name.endswith(_ENDINGS)


#: The kind of topics that have their feeds in a folder.
_KINDS = {FOLDERS[kind]: kind for kind in TopicKind}
# What is addressed below such a folder: a slug, and the form or the page of a history.
_NAMED = re.compile(r"/feeds/([a-z]+)/([^/.\0-\x1f][^/\0-\x1f]{0,99}?)(?:\.(?:atom|rss|json)|/.*)?")


def named_at(path: str) -> str | None:
    """The topic whose feed, page or history would be at such an address, as people would write it
    (``field:policing``), whether or not there is one; None where no topic's would.
    """
    found = _NAMED.fullmatch(path)
    kind = _KINDS.get(found[1]) if found else None
    return f"{kind}:{found[2]}" if found and kind else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed as others name it, in a ``language`` where somebody told it, with those below it."""

    feed: FeedRef
    label: str
    closed: bool
    below: tuple["FeedLink", ...]
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEnd:
    """What a feed that ended says of that: its last entry's ``title``, and a ``sentence`` in HTML.

    ``successor`` is the feed that goes on, that of everything where no other does.
    """

    ending: Ending
    at: datetime
    title: str
    sentence: Markup
    successor: FeedRef
    successor_page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFeed:
    """What a feed says of itself (RFC 4287 4.1.1), in its ``language``; ``address`` is its Atom
    file's, ``page`` that of its web page, both absolute. ``hubs`` tell at once that it changed
    (WebSub). ``end`` says so where it ended. ``label_language`` is that of a topic's name.
    """

    ref: FeedRef
    id: str
    label: str
    title: str
    sentence: str
    closed: bool
    author: str
    language: str
    home: str
    address: str
    page: str
    parent: FeedLink | None
    children: tuple[FeedLink, ...]
    hubs: tuple[str, ...]
    end: FeedEnd | None = None
    label_language: str = ""

    @property
    def renamed_into(self) -> FeedRef | None:
        """The same feed under the name that it has by now, where that is another."""
        return self.end.successor if self.end and self.end.ending is Ending.RENAMED else None

    def at(self, form: FeedForm, page: str = "") -> str:
        """The absolute address of its file of such a form, or of a page of its history."""
        return f"{self.home}{self.ref.file(form, page)}"


def feeds_of(
    topics: Iterable[TopicRef],
    languages: Iterable[str] = (),
    saved: Iterable["SavedSelection"] = (),
) -> tuple[FeedRef, ...]:
    """`ALL`, then the feeds of topics, fields first, each kind in order, then of languages and of
    ``saved`` selections.
    """
    found = dict.fromkeys(topics)
    by_kind = (topic for kind in TopicKind for topic in found if topic.kind is kind)
    topical = (*map(FeedRef.of, by_kind), *map(FeedRef.of_language, languages))
    return (ALL, *topical, *map(FeedRef.saved, saved))


def describe(ref: FeedRef, site: "Site", taxonomy: Taxonomy) -> PublishedFeed:
    """The feed of a reference. Raises UnknownTopic where the taxonomy has no such topic."""
    # All are asked for, so that one that nobody knows is told.
    topics = [taxonomy.get(topic) for topic in sorted(ref.selection.topics)]
    topic = topics[0] if topics and ref.selection.place else None
    parts = "_parts" if topic and taxonomy.children(topic.ref) else ""
    saved = next((each for each in site.selections if FeedRef.saved(each) == ref), None)
    title = site.words.say("changes") if ref == CHANGES else saved.title if saved else ""
    label = title or _label(ref.selection, topics, site)
    first = path_of(topic.ref.kind, topic.first_slug) if topic else ref.path
    return PublishedFeed(
        ref=ref,
        # A feed that is moved keeps its id (RFC 4287 4.2.6).
        id=site.identity.feed(path_of(SAVED_SELECTION, saved.first_name) if saved else first),
        label=label,
        title=f"{label} · {site.publisher}",
        sentence=_sentence(label, ref, topic, site, parts),
        closed=bool(topic and topic.closed),
        author=site.publisher,
        language=site.words.tag,
        home=f"{site.url}/",
        address=f"{site.url}/{ref.atom}",
        page=f"{site.url}/{ALL.page if ref == CHANGES else ref.page}",
        parent=_link(taxonomy.get(topic.parent), site, taxonomy)
        if topic and topic.parent
        else None,
        children=_link(topic, site, taxonomy).below if topic else (),
        label_language=topic.language_in(site.language) if topic and not title else "",
        # Nobody tells hubs of what is made when it is asked for.
        hubs=() if "?" in ref.path else site.hubs,
    )


def folders(
    tags: Iterable[str], site: "Site", taxonomy: Taxonomy
) -> Mapping[str, tuple["FeedLink", ...]]:
    """All feeds by their facets, those of the languages of ``tags`` last."""
    return {str(kind): tree(kind, site, taxonomy) for kind in TopicKind} | {
        LANGUAGE: languages(tags, site)
    }


def chosen(
    selection: Selection, site: "Site", taxonomy: Taxonomy
) -> Mapping[str, tuple["FeedLink", ...]]:
    """The feeds of what a selection names, by their facets. Raises UnknownTopic."""
    named = {
        str(kind): tuple(_link(taxonomy.get(topic), site, taxonomy) for topic in topics)
        for kind in TopicKind
        if (topics := selection.of(kind))
    }
    spoken = languages(selection.languages, site)
    return named | ({LANGUAGE: spoken} if spoken else {})


def tree(kind: TopicKind, site: "Site", taxonomy: Taxonomy) -> tuple[FeedLink, ...]:
    """All feeds of one kind, children below their parents, in the order of the taxonomy."""
    return tuple(_link(each, site, taxonomy) for each in taxonomy.of(kind) if each.parent is None)


def flat(links: Iterable[FeedLink]) -> Iterator[FeedLink]:
    """Feeds and those below them, one after the other."""
    for each in links:
        yield each
        yield from flat(each.below)


def selections(site: "Site", taxonomy: Taxonomy) -> tuple[FeedLink, ...]:
    """The feeds of saved selections, in the order of settings. Raises UnknownTopic."""
    refs = map(FeedRef.saved, site.selections)
    labels = ((ref, describe(ref, site, taxonomy).label) for ref in refs)
    return tuple(FeedLink(feed=ref, label=label, closed=False, below=()) for ref, label in labels)


def languages(tags: Iterable[str], site: "Site") -> tuple[FeedLink, ...]:
    """The feeds of these languages, by their names."""
    links = (
        FeedLink(feed=FeedRef.of_language(tag), label=_name(tag, site), closed=False, below=())
        for tag in tags
    )
    return tuple(sorted(links, key=lambda link: link.label))


def facet_name(facet: str, taxonomy: Taxonomy, words: "Catalogue", *, many: bool = True) -> str:
    """What a facet is called: as the organisation calls it, or else as anybody does."""
    otherwise = "heading" if many else "kind"
    return taxonomy.kind_name(facet, words.tag, many=many) or words.say(f"{otherwise}.{facet}")


def _link(topic: Topic, site: "Site", taxonomy: Taxonomy) -> FeedLink:
    return FeedLink(
        feed=FeedRef.of(topic.ref),
        label=topic.label_in(site.language),
        closed=topic.closed,
        below=tuple(
            _link(taxonomy.get(each), site, taxonomy) for each in taxonomy.children(topic.ref)
        ),
        language=topic.language_in(site.language),
    )


def _name(language: str, site: "Site") -> str:
    """What a language is called where its name stands alone."""
    name = site.words.language(language)
    return name if name == language else name[0].upper() + name[1:]


def _label(selection: Selection, topics: Iterable[Topic], site: "Site") -> str:
    """What a selection is called: by the names of what it asks for, a facet after the other."""
    names = {
        kind: [each.label_in(site.language) for each in topics if each.ref.kind is kind]
        for kind in TopicKind
    }
    spoken = [_name(tag, site) for tag in sorted(selection.languages)]
    facets = [site.words.any_of(each) for each in (*names.values(), spoken) if each]
    if selection.words:
        facets.append(site.words.say("quoted", words=selection.words))
    return " · ".join(facets) or site.words.say("all_news")


def _sentence(label: str, ref: FeedRef, topic: Topic | None, site: "Site", parts: str) -> str:
    whose = "of" if site.organisation else "plain"
    facet = ref.selection.place[0] if ref.selection.place else "selection"
    if ref == CHANGES:
        facet = ref.path
    return site.words.say(
        f"holds_{facet}.{whose}{parts}",
        organisation=site.organisation,
        topic=topic.label_in(site.language) if topic else "",
        selection=label,
        language=next(map(site.words.language, ref.selection.languages), ""),
    )
