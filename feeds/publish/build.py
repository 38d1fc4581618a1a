"""Every file a site is made of, by its path: items' pages, feeds with their pages, lists.

Knows which bytes belong in which file, and what else they depend on. Must never know where files
lie or where items come from.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import cache, cached_property
from hashlib import blake2b
from itertools import takewhile

from config.values import published_address
from feeds.model import FeedRecord, Item, TopicKind
from feeds.publish.entry import EntryLink, PublishedEntry, compose, link, shortened
from feeds.publish.feed import (
    ALL,
    ATOM,
    CHANGES,
    FOLDERS,
    FORMS,
    JSON_FEED,
    RSS,
    FeedForm,
    FeedLink,
    FeedRef,
    PublishedFeed,
    chosen,
    describe,
    feeds_of,
    flat,
    folders,
    path_of,
    selections,
)
from feeds.publish.files import Document, HiddenDocument, Read
from feeds.publish.formats import atom, jsonfeed, jsonld, rss, sitemap
from feeds.publish.formats.opml import opml_bytes
from feeds.publish.look import Look
from feeds.publish.pages import code, led_on, led_on_pages, overview, renderer
from feeds.publish.past.archive import NEWEST, ArchivePage, ChainLink, PageChain, Position
from feeds.publish.past.ended import described, is_over, last_entry, ref_of
from feeds.publish.select import LARGEST_BYTES, fitting
from feeds.publish.site import INDEX, Site, item_page
from feeds.selection import FACETS, Place, Selection
from feeds.storage.entries import PastMonths, Ready, Tombstone
from feeds.storage.published.sitemap_parts import ListedPage
from feeds.storage.read_items import NamedItem, Surroundings
from feeds.taxonomy import Taxonomy


class SiteBuilder:
    """Makes the documents of one site; the same values give the same bytes, at any time.

    ``recipe`` changes whenever the bytes of an entry might: code, templates, settings, names of
    topics; ``fingerprint`` whenever anything might without a change of an item.
    """

    def __init__(self, site: Site, taxonomy: Taxonomy, known: Collection[FeedRecord] = ()) -> None:
        self._site = site
        self._taxonomy = taxonomy
        records = {path_of(each.kind, each.slug): each for each in known}
        #: The feeds of topics and saved selections that are none any more.
        self.over = {
            ref_of(each): each for each in known if each.ending and is_over(each, site, taxonomy)
        }
        self.described = cache(lambda ref: described(ref, records.get(ref.path), site, taxonomy))
        look = Look(templates=site.look.templates, digest=site.look.digest)
        pages_only = replace(
            site,
            selections=(),
            contact="",
            hubs=(),
            entries_per_feed=1,
            items_per_page=1,
            look=look,
        )
        both = f"{code()}\0{taxonomy.fingerprint}\0"
        everything = f"{both}{site!r}{tuple(known)!r}"
        self.recipe = blake2b(f"{both}{pages_only!r}".encode(), digest_size=16).hexdigest()
        self.fingerprint = blake2b(everything.encode(), digest_size=16).hexdigest()
        self.has_hubs = bool(site.hubs)
        # The day on which ids became possible.
        self._never = datetime.combine(site.identity.minted, time(), UTC)
        self.entries_per_feed = site.entries_per_feed
        self.items_per_page = site.items_per_page

    @cached_property
    def _render(self) -> Callable[..., bytes]:
        # Most runs find nothing to make, and need no template.
        return renderer(self._site, self._taxonomy)

    def feeds(self, languages: Iterable[str]) -> tuple[FeedRef, ...]:
        """All feeds of a site with items in these ``languages``, that of everything first."""
        topics = (topic.ref for topic in self._taxonomy.topics)
        return feeds_of(topics, languages, self._site.selections)

    def ready(self, item: Item, before: Mapping[int, bytes] | None = None) -> Ready:
        """The item as feeds and lists show it; ``before`` tells by number what archives hold."""
        archived = before.get(item.number) if before else None
        return self._ready(compose(item, self._site, self._taxonomy), item, archived)

    def brief(self, item: Item) -> Ready:
        """The same as a summary, for a feed that would be too large."""
        return self._ready(shortened(compose(item, self._site, self._taxonomy)), item)

    def _ready(
        self, entry: PublishedEntry, item: Item | None = None, archived: bytes | None = None
    ) -> Ready:
        fields = entry.filed_under(TopicKind.FIELD)
        is_more = not entry.is_title_alone
        content = self._render("content.html", entry=entry).decode() if is_more else ""
        return Ready(
            item=item.number if item else 0,
            slug=item.slug if item else "",
            revision=item.revision if item else 0,
            updated_at=entry.updated,
            atom=atom.entry_bytes(entry, content),
            rss=rss.entry_bytes(entry, content),
            json=jsonfeed.entry_bytes(entry, content),
            html=self._render("listing.html", entry=entry, fields=fields),
            archived=archived,
        )

    def item(self, item: Item, around: Surroundings) -> Document:
        """The page of one item, from which its feeds can be found, and what is ``around`` it."""
        entry = compose(item, self._site, self._taxonomy)
        feeds = (each.feed for each in entry.categories if each.direct and each.feed)
        return f"{item_page(item.slug)}{INDEX}", self._render(
            "item.html",
            entry=entry.on_own_page() if entry.picture else entry,
            data=jsonld.article(entry, self._site),
            earlier=self._link(around.earlier),
            later=self._link(around.later),
            versions=self._versions(entry, around.versions),
            filed=[(kind, entry.filed_under(kind)) for kind in TopicKind],
            feeds=[self.described(feed) for feed in (*feeds, ALL)],
        )

    def _link(self, item: NamedItem | None) -> EntryLink | None:
        return item and link(item.slug, item.title, item.language, item.url, self._site)

    def _versions(self, entry: PublishedEntry, items: Iterable[NamedItem]) -> list[EntryLink]:
        """One in each other language, the first there was."""
        links = (link(*item[1:], self._site) for item in items)
        versions: dict[str, EntryLink] = {}
        for each in links:
            if each.language != entry.language:
                versions.setdefault(each.language, each)
        return [version for _, version in sorted(versions.items())]

    def hidden(self, slug: str, into: str | None) -> HiddenDocument:
        """What stands where an item was: that it is withdrawn, or the way to what it is now."""
        address = f"{self._site.url}/{item_page(into)}" if into else None
        heading = "item_moved" if address else "item_withdrawn"
        page = self._render("hidden.html", heading=heading, address=address)
        # By its path, as the site may be read under several names.
        status = f"308 {self._site.base}/{item_page(into)}" if into else "410"
        return f"{item_page(slug)}{INDEX}", page, f"{status}\n".encode("ascii")

    def try_own_templates(self, items: Sequence[Item]) -> None:
        """The operator's templates make every kind of page, of these items. Raises PublishError."""
        if not self._site.look.templates:
            return
        # One of them at least in another language than the item's.
        others = [NamedItem(0, "other", "Other", tag, None) for tag in ("en", "fr")]
        for item in items:
            self.item(item, Surroundings())
            self.item(item, Surroundings(earlier=others[0], later=others[1], versions=others))
        ready = [*map(self.ready, items)]
        page = ArchivePage("2001-01", 1, 0, 1)
        past = PageChain(months={"2001-01": 1, "2001-02": 1}, size=1)
        list(self.pages(ALL, [(each.slug, each.html) for each in ready], past, lambda _: None))
        for beside in (None, page):
            link = ChainLink(page=page, previous=beside, next=beside)
            list(self.archive(ALL, link, ready, ()))
        self.search_page(ALL, ready, [], 0)
        list(self.lists([]))
        self.front_page([], {}, ready)
        self.hidden("hidden", None)
        self.hidden("merged", "hidden")

    def feed(
        self, ref: FeedRef, shown: Sequence[Ready], moved_at: datetime | None, past: PageChain
    ) -> Iterator[Document]:
        """A feed in each form with the entries ``shown``; one last came or left when it
        ``moved_at``. What is older is in its ``past``.

        It was updated by that or with its newest entry, and one that never held any on the day its
        id became possible; so that never goes back. One that ended says so in a last entry.
        """
        feed = self.described(ref)
        if end := feed.end:
            newer = sum(1 for _ in takewhile(lambda each: each.updated_at > end.at, shown))
            last = self._ready(last_entry(feed, end, self._site))
            shown = [*shown[:newer], last, *shown[newer:]]
        place = Position(previous=past.last.name if past.last else "")
        updated = self._updated(shown, moved_at)
        for form in FORMS:
            yield ref.file(form), _document(feed, form, shown, updated, place)

    def pages(
        self, ref: FeedRef, listed: Collection[tuple[str, bytes]], past: PageChain, read: Read
    ) -> Iterator[Document]:
        """The page of a feed, with the items ``listed``, each by its slug and in HTML. Where the
        feed has another name by now, those of its ``past`` too, which are what is ``read`` there.
        """
        feed = self.described(ref)
        addresses = [f"{self._site.url}/{item_page(slug)}" for slug, _ in listed]
        html = b"\n".join(item for _, item in listed).decode()
        data = jsonld.collection(feed, addresses, self._site)
        yield (
            f"{ref.page}{INDEX}",
            self._render("feed.html", feed=feed, items=html, past=past, data=data),
        )
        if heir := feed.renamed_into:
            yield from led_on_pages(ref, heir, past, read)

    def _updated(self, shown: Sequence[Ready], moved_at: datetime | None) -> datetime:
        times = (entry.updated_at for entry in shown)
        return max(moved_at or self._never, *times, self._never)

    def led_on(
        self, ref: FeedRef, documents: Iterator[Document]
    ) -> Iterator[Document] | Iterator[HiddenDocument]:
        """Documents of a feed: where that has another name by now, each leads to what it is under
        it.
        """
        heir = self.described(ref).renamed_into
        return led_on(documents, ref, heir, self._site, self._render) if heir else documents

    def selected(
        self,
        ref: FeedRef,
        form: FeedForm,
        shown: Sequence[Ready],
        moved_at: datetime | None,
        place: Position = NEWEST,
    ) -> bytes:
        """The document of a feed that is made when somebody asks for it, or a page of its history,
        which was updated with its newest entry.
        """
        # Of which there is no end, so that none is remembered.
        feed = describe(ref, self._site, self._taxonomy)
        return _document(feed, form, shown, self._updated(shown, moved_at), place)

    def search_page(
        self, ref: FeedRef, listed: Sequence[Ready], languages: Iterable[str], older: int | None
    ) -> bytes:
        """The page of such a feed, with a form that asks for others; ``older`` is what the next one
        continues behind, if anything.
        """
        return self._render(
            "search.html",
            feed=describe(ref, self._site, self._taxonomy),
            items=b"\n".join(entry.html for entry in listed).decode(),
            facets=self._facets(ref.selection, languages),
            asked=ref.selection,
            older=older,
        )

    def _facets(
        self, selection: Selection, tags: Iterable[str]
    ) -> Iterator[tuple[str, Sequence[tuple[str, FeedLink, bool]], bool]]:
        """The choices of each facet, each with whether it is made, and whether several are."""
        made: dict[str, set[str]] = {facet: set() for facet in FACETS}
        for facet, value in selection.values():
            made[facet].add(value)
        for facet, links in folders(tags, self._site, self._taxonomy).items():
            options = [
                (value, each, value in made[facet])
                for each in flat(links)
                for _, value in each.feed.selection.values()
            ]
            yield facet, options, len(made[facet]) > 1

    def opml(self, selection: Selection) -> bytes:
        """A list of the feeds of what a selection names. Raises UnknownTopic."""
        words = Selection(words=selection.words)
        first = [FeedRef.of_selection(words)] if selection.words else []
        return opml_bytes(
            self._site, self._taxonomy, chosen(selection, self._site, self._taxonomy), first
        )

    def archive(
        self, ref: FeedRef, link: ChainLink, shown: Sequence[Ready], corrected: Collection[int]
    ) -> Iterator[Document]:
        """A page of a feed's history, for programs and for people, with the entries ``shown``: of
        those that the feed itself shows as ``corrected`` the revision that was there before, as an
        archive changes with nothing else.
        """
        feed, page, place = self.described(ref), link.page.name, link.position
        atoms = [(entry.item in corrected and entry.archived) or entry.atom for entry in shown]
        updated = max(map(atom.updated_of, atoms), default=self._never)
        yield ref.file(ATOM, page), atom.feed_bytes(feed, updated, atoms, place)
        objects = [entry.json for entry in shown]
        yield ref.file(JSON_FEED, page), jsonfeed.feed_bytes(feed, updated, objects, place)
        html = b"\n".join(entry.html for entry in shown).decode()
        yield (
            f"{ref.page}{page}/{INDEX}",
            self._render("archive.html", feed=feed, items=html, link=link),
        )

    def changes(self, found: Iterable[Ready | Tombstone]) -> Document:
        """The feed of what ``found`` changed last, the latest first. Those that would make it too
        large stand there without their texts, which are where they lead to.
        """
        feed = self.described(CHANGES)
        found = [*found]
        gone = [atom.deleted_bytes(each) for each in found if isinstance(each, Tombstone)]
        texts = [each.atom for each in found if isinstance(each, Ready)]
        left = LARGEST_BYTES - sum(map(len, gone))
        shown = fitting(texts, [*map(atom.without_content, texts)], len, left)
        times = (each.at if isinstance(each, Tombstone) else each.updated_at for each in found)
        # Where the schema of RFC 4287 has elements of others.
        return CHANGES.file(ATOM), atom.feed_bytes(
            feed, max(times, default=self._never), [*gone, *shown]
        )

    def sitemap_part(
        self, part: int, pages: Sequence[ListedPage]
    ) -> tuple[Document | None, datetime | None]:
        """A part of the sitemap, and when it last changed; None where it lists none of the items.

        Those that are at home elsewhere are listed there (sitemaps.org, "location").
        """
        own = [each for each in pages if not published_address(each.url)]
        listed = [
            (f"{self._site.url}/{item_page(each.slug)}", each.updated_at)
            for each in own
            if each.is_shown
        ]
        if not listed:
            return None, None
        moments = (at for each in own for at in (each.updated_at, each.withdrawn_at) if at)
        return (sitemap.part_file(part), sitemap.part_bytes(listed)), max(moments)

    def sitemap_index(self, parts: Mapping[int, datetime | None]) -> Document:
        """The list of its parts."""
        listed = ((part, at) for part, at in sorted(parts.items()) if at)
        return sitemap.INDEX_FILE, sitemap.index_bytes(self._site, listed)

    def robots(self, there: bytes | None) -> Iterator[Document]:
        """What robots are told where the site is all of its host, unless an operator's is there."""
        if not self._site.base and (there is None or there.startswith(sitemap.OURS)):
            yield "robots.txt", sitemap.robots_bytes(self._site)

    def lists(self, tags: Sequence[str]) -> Iterator[Document]:
        """What leads to the feeds of topics, and of the languages of these ``tags``, besides the
        front page.
        """
        yield "style.css", self._site.look.style
        if self._site.look.logo:
            yield self._site.look.logo_name, self._site.look.logo_content
        # They change as often as there is news.
        pages = ("", *(feed.page for feed in self.feeds(tags)))
        listed = ((f"{self._site.url}/{path}", None) for path in pages)
        yield sitemap.PAGES_FILE, sitemap.part_bytes(listed)
        named = folders(tags, self._site, self._taxonomy)
        chosen = selections(self._site, self._taxonomy)
        first = (ALL, *(link.feed for link in chosen))
        yield "feeds.opml", opml_bytes(self._site, self._taxonomy, named, first)
        for facet, links in named.items():
            of_facet = opml_bytes(self._site, self._taxonomy, {facet: links})
            yield f"feeds/{FOLDERS[facet]}.opml", of_facet

    def front_page(
        self,
        tags: Sequence[str],
        histories: Mapping[Place, PastMonths],
        latest: Sequence[Ready],
    ) -> Document:
        """The latest news, then all feeds with what their histories come to."""
        chosen = selections(self._site, self._taxonomy)
        listed = {"selection": chosen, **folders(tags, self._site, self._taxonomy)}
        return INDEX, self._render(
            "index.html",
            items=b"\n".join(entry.html for entry in latest).decode(),
            overview=overview(listed, histories, self._site.timezone),
            data=jsonld.website(self._site),
        )


def _document(
    feed: PublishedFeed,
    form: FeedForm,
    shown: Sequence[Ready],
    updated: datetime,
    place: Position = NEWEST,
) -> bytes:
    if form is ATOM:
        return atom.feed_bytes(feed, updated, [each.atom for each in shown], place)
    if form is RSS:
        return rss.feed_bytes(feed, updated, [each.rss for each in shown], place)
    return jsonfeed.feed_bytes(feed, updated, [each.json for each in shown], place)
