"""Publishing: the published directory shows what the store holds.

Knows the order of calls. Must never know SQL, XML or HTML.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import accumulate, chain, starmap
from threading import Event
from time import perf_counter

import structlog

from feeds import search
from feeds.catalogue import languages, nearest
from feeds.model import Progress
from feeds.publish.build import SiteBuilder
from feeds.publish.feed import ATOM, CHANGES, FORMS, FeedRef, is_feed
from feeds.publish.files import Document, Files, HiddenDocument
from feeds.publish.formats.sitemap import part_file
from feeds.publish.history import held
from feeds.publish.holdings import Holding, Holdings, outstanding, over_in, within_bounds
from feeds.publish.made import MadeEntries, each_made
from feeds.publish.pages import FRONT_PAGE_ITEMS, archive_files
from feeds.publish.select import MOST_ENTRIES
from feeds.publish.site import INDEX, Site, slug_of
from feeds.publish.store.manifest import ComparedFiles, RecordedFiles, Retention, sweep
from feeds.selection import EVERYWHERE, LANGUAGE, Place
from feeds.storage import Connection, entries
from feeds.storage.database import Database, last_number
from feeds.storage.entries import PastMonths
from feeds.storage.published import feed_records, sitemap_parts
from feeds.storage.read_items import numbers_of, shown_of, surrounding, surroundings, whole_items
from feeds.taxonomy import Taxonomy

log = structlog.get_logger(__name__)

# What was done last goes faster, so that each kind of step is taken for many feeds before the next.
_FEEDS_AT_ONCE = 24
# What one step holds in memory, each in three forms: some 70 MB of the longest items seen.
_ENTRIES_AT_ONCE = 2_400
_PAGES_AT_ONCE = 200
_ARCHIVES_AT_ONCE = 10
# Whoever else brings the index up to date is done by then, or this run fails and is repeated.
_SEARCH_SECONDS = 30.0
_Made = Iterator[Document | HiddenDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """What a run did; ``files`` are those that changed, feeds first, relative to the directory, and
    ``feeds_unchanged`` counts all other feeds of the site, looked at or not.
    """

    feeds_written: int
    feeds_unchanged: int
    files: tuple[str, ...]


def builder_of(database: Database, site: Site, taxonomy: Taxonomy) -> SiteBuilder:
    """What makes the documents of a site, with what the store knows of feeds there are and were."""
    with database.reading() as connection:
        told = last_number(connection, feed_records.TOLD)
    return _builder(database, site, taxonomy, told)


# A daemon asks at every beat, and it is another once in a month.
@lru_cache(maxsize=1)
def _builder(database: Database, site: Site, taxonomy: Taxonomy, _: int) -> SiteBuilder:
    with database.reading() as connection:
        return SiteBuilder(site, taxonomy, feed_records.remembered(connection))


def publish(
    database: Database,
    taxonomy: Taxonomy,
    files: Files,
    site: Site,
    *,
    everything: bool = False,
    wait_seconds: float = 0,
    kept: Retention | None = None,
    stopping: Event | None = None,
    progress: Progress | None = None,
) -> PublishReport:
    """Feeds and pages show what the store held when this began.

    Only what changed is made, unless ``everything`` is wanted, the directory is empty, or
    settings, taxonomy or templates changed. A run that ends early is repeated by the next one,
    which leaves alone what is right already. Files that are the site's no longer are taken away
    once they were ``kept`` for so long. ``progress`` hears how many changes and feeds are done, and
    of how many. Raises StoreBusy where another run is at it after ``wait_seconds``; PublishError.
    """
    started = perf_counter()
    builder = builder_of(database, site, taxonomy)
    with database.exclusive("publish", wait_seconds), closing(files):
        recorded = RecordedFiles(files, database, are_followed=builder.has_hubs)
        publication = SitePublication(
            database=database,
            files=recorded,
            builder=builder,
            stopping=stopping or Event(),
            progress=progress,
        )
        written = publication.run(everything=everything)
        if kept:
            sweep(database, files, kept, recorded.run if publication.is_over_everything else 0)
        # Last, as it takes long and may fail where a disk is full.
        files.pack(is_end=not publication.stopping.is_set())
    report = _report(written, publication.feeds)
    if report.files:
        counts = {"feeds": report.feeds_written, "files": len(report.files)}
        log.info("published", **counts, seconds=round(perf_counter() - started, 3))
    if INDEX in report.files and nearest(site.language) is None:
        # The front page is written anew where its words are: it is said once.
        others = {"spoken": site.words.tag, "there_are": languages()}
        log.warning("no words in the language of the site", language=site.language, **others)
    return report


def _report(written: Sequence[str], of_site: int) -> PublishReport:
    feeds = [path for path in written if is_feed(path)]
    # One feed is a file of each form.
    count = len({path.rpartition(".")[0] for path in feeds if path != CHANGES.file(ATOM)})
    return PublishReport(
        feeds_written=count,
        feeds_unchanged=of_site - count,
        files=(*feeds, *(path for path in written if not is_feed(path))),
    )


@dataclass(slots=True, kw_only=True)
class SitePublication:
    """One run, with everything it works with, and how far it came."""

    database: Database
    files: RecordedFiles | ComparedFiles
    builder: SiteBuilder
    stopping: Event
    progress: Progress | None
    #: Whether all of the site was gone through, to its end.
    is_over_everything: bool = field(init=False, default=False)
    #: How many feeds the site has.
    feeds: int = field(init=False, default=0)
    done: int = field(init=False, default=0)
    total: int = field(init=False, default=0)
    holdings: Holdings = field(init=False)
    kept: dict[Place, PastMonths] = field(init=False, default_factory=dict)
    listed: dict[int, datetime | None] = field(init=False, default_factory=dict)
    made: MadeEntries = field(init=False)

    def run(self, *, everything: bool) -> Sequence[str]:
        """The files that changed, those of feeds first."""
        self.made = MadeEntries(self.database, self.builder)
        with self.database.reading() as connection:
            state, tags = entries.outstanding(connection), entries.languages(connection)
        self.files.begin(str(state.settled))
        of_site, over = self.builder.feeds(tags), self.builder.over
        self.feeds = len(of_site) + len(over)
        # Whether more than items changed since the last run that came to its end.
        is_outdated = state.fingerprint != self.builder.fingerprint
        whole = everything or is_outdated or not self.files.folder.holds(INDEX)
        if not (whole or state.touched or state.upto != state.published):
            return ()
        if whole:
            self._begin_over()
        # Items before feeds, feeds before what lists them: no link leads nowhere, and the front
        # page is there only once all of it was.
        after = 0 if whole else state.published
        # Of a selection that is no place nobody knows beforehand whether it is another now.
        touched = {None, *(touch.place for touch in state.touched)}
        feeds = [feed for feed in of_site if whole or feed.selection.place in touched]
        if any(feed.selection.place is None for feed in feeds):
            search.follow(self.database, self.stopping, wait_seconds=_SEARCH_SECONDS)
        self.total = state.upto - after + len(feeds)
        pages = [*self._items(after, state.upto)]
        with self.database.reading() as connection:
            self.holdings = outstanding(
                connection,
                state,
                [feed.kept_as for feed in feeds],
                fewest=self.builder.entries_per_feed,
                listed=self.builder.items_per_page,
                whole=whole,
                astray=self.files.astray,
            )
            feeds += self._over(connection, feeds, after, state.upto)
            gone = entries.hidden(connection, after, state.upto)
        pages += self.files.write_all(starmap(self.builder.hidden, gone))
        written = [*self._feeds(feeds)]
        if not self.stopping.is_set():
            written += self.files.write_all([self._changes()])
            # Whoever follows a feed has it by now: these lead to items and to feeds.
            pages += self._around(after, state.upto, tags, whole=whole)
        # What was cut short is done anew by the next run.
        if not self.stopping.is_set():
            self._settle(state, whole=whole)
        return [*written, *pages]

    def _over(
        self, connection: Connection, feeds: Collection[FeedRef], after: int, upto: int
    ) -> Sequence[FeedRef]:
        """The feeds that are over and to be made anew: also those that show what one of ``feeds``
        does, as it is called by now.
        """
        over = self.builder.over
        held = over_in(connection, over, after, upto)
        led = (feed for feed in over if self.builder.described(feed).renamed_into in feeds)
        return [*dict.fromkeys((*held, *led))]

    def _around(self, after: int, upto: int, tags: Sequence[str], *, whole: bool) -> Iterator[str]:
        """Writes what leads to the items changed in the span, and to feeds."""
        if not whole:
            yield from self._beside(after, upto)
        yield from self._listed(after, upto)
        yield from self.files.write_all(self._lists(tags, whole=whole))

    def _settle(self, state: entries.Outstanding, *, whole: bool) -> None:
        self.is_over_everything = whole
        # What is settled is not looked at again: by then it is known as the site's.
        self.made.keep()
        for path in [path for path, is_new in self.files.astray.items() if is_new]:
            self.files.remove(path)
        self.files.note()
        if not isinstance(self.files, RecordedFiles):
            return
        with self.database.writing() as connection:
            entries.keep_histories(connection, self.kept)
            sitemap_parts.keep(connection, self.listed)
            entries.note_made(connection, self.made.made_of)
            entries.settle(connection, state, self.builder.fingerprint)

    def _begin_over(self) -> None:
        """All is to be made; what the operator's templates cannot do is told before it is."""
        with self.database.reading() as connection:
            latest = entries.latest(connection, EVERYWHERE, 1)
            items = whole_items(connection, [each.item for each in latest])
        self.builder.try_own_templates(items)
        self.files.begin_over()

    def _items(self, after: int, upto: int) -> Iterator[str]:
        """Writes the pages of the items changed in the span ``(after, upto]``."""
        while after < upto and not self.stopping.is_set():
            with self.database.reading() as connection:
                span = entries.changed(connection, after, upto, _PAGES_AT_ONCE)
            yield from self._pages([number for number, _ in span])
            reached = span[-1][1] if span else upto
            self._advance(reached - after)
            after = reached

    def _beside(self, after: int, upto: int) -> Iterator[str]:
        """Writes the pages that lead to those: of the items before and after, and their versions.

        What changes of them is titles and addresses alone, so that feeds stay as they are.
        """
        with self.database.reading() as connection:
            numbers = surrounding(connection, after, upto)
            if astray := [*filter(None, map(slug_of, self.files.astray))]:
                # Of another state of things.
                beside = numbers_of(connection, astray).values()
                numbers = shown_of(connection, sorted({*numbers, *beside}))
        for start in range(0, len(numbers), _PAGES_AT_ONCE):
            if self.stopping.is_set():
                return
            yield from self._pages(numbers[start : start + _PAGES_AT_ONCE])

    def _pages(self, numbers: Sequence[int]) -> Sequence[str]:
        with self.database.reading() as connection:
            items = whole_items(connection, numbers)
            around = surroundings(connection, numbers)
        documents = each_made(
            lambda item: self.builder.item(item, around[item.number]), items, self.made.made_of
        )
        return self.files.write_all(documents)

    def _feeds(self, feeds: Sequence[FeedRef]) -> Iterator[str]:
        """Writes these feeds and their pages."""
        pages: list[_Made] = []
        # Whoever is told of feeds waits for no page of the last.
        yield from self.files.write_all(self._in_groups(feeds, pages))
        yield from self.files.write_all(chain.from_iterable(pages))

    def _in_groups(self, feeds: Sequence[FeedRef], pages: list[_Made]) -> _Made:
        """These feeds, some at once; ``pages`` gets those of the last ones."""
        for start in range(0, len(feeds), _FEEDS_AT_ONCE):
            if self.stopping.is_set():
                return
            yield from chain.from_iterable(pages)
            pages.clear()
            with self.database.reading() as connection:
                some = feeds[start : start + _FEEDS_AT_ONCE]
                holdings = [(feed, self._holding(connection, feed)) for feed in some]
            while holdings:
                counts = accumulate(len(each.shown) + len(each.corrected) for _, each in holdings)
                few = max(1, sum(count <= _ENTRIES_AT_ONCE for count in counts))
                yield from self._forms(dict(holdings[:few]), pages)
                self._advance(few)
                del holdings[:few]

    def _forms(self, holdings: Mapping[FeedRef, Holding], pages: list[_Made]) -> _Made:
        """What changed of these feeds' histories, then all in each form; ``pages`` gets theirs."""
        numbers = (chain(each.shown, each.corrected, each.listed) for each in holdings.values())
        ready = self.made.ready({*chain.from_iterable(numbers)})
        # What a document leads to is there before it.
        yield from self._histories(holdings)
        feeds = []
        for feed, holding in holdings.items():
            past = holding.history.chain
            shown = filter(None, map(ready.get, (*holding.shown, *holding.corrected)))
            within = within_bounds([*shown], self.builder.brief, self.made.whole)
            forms = self.builder.feed(feed, within, holding.moved_at, past)
            feeds.append(self.builder.led_on(feed, forms))
            # Not all that is ready, which would be in memory until the page is made.
            listed = [(each.slug, each.html) for each in map(ready.get, holding.listed) if each]
            made = self.builder.pages(feed, listed, past, self.files.folder.read)
            pages.append(self.builder.led_on(feed, made))
        for _ in FORMS:
            yield from map(next, feeds)

    def _advance(self, steps: int) -> None:
        self.done += steps
        if self.progress is not None:
            self.progress(self.done, self.total)

    def _holding(self, connection: Connection, feed: FeedRef) -> Holding:
        if ended := self.builder.over.get(feed):
            heir = self.builder.described(feed).renamed_into
            return self.holdings.ended(connection, ended.held, heir)
        return self.holdings.of(connection, feed)

    def _histories(self, holdings: Mapping[FeedRef, Holding]) -> Iterator[Document]:
        """The pages of these feeds' histories that changed; files of those that are gone go."""
        for feed, holding in holdings.items():
            past = holding.history
            for start in range(0, len(past.written), _ARCHIVES_AT_ONCE):
                links = past.written[start : start + _ARCHIVES_AT_ONCE]
                with self.database.reading() as connection:
                    numbers = held(connection, past.selection, [link.page for link in links])
                ready = self.made.ready({*chain.from_iterable(numbers.values())})
                for link in links:
                    shown = [ready[each] for each in reversed(numbers[link.page]) if each in ready]
                    yield from self.builder.archive(feed, link, shown, holding.corrected)
            for page in past.gone:
                for path in archive_files(feed, page):
                    self.files.remove(path)
            if feed not in self.builder.over:
                self.kept[feed.kept_as] = PastMonths(
                    size=past.chain.size,
                    months=past.chain.months,
                    corrected=holding.corrected,
                    latest_at=holding.latest_at,
                )

    def _changes(self) -> Document:
        """The feed of what changed last, and of what is gone."""
        with self.database.reading() as connection:
            last = entries.last_changed(connection, MOST_ENTRIES)
        ready = self.made.ready({each for each in last if isinstance(each, int)})
        last = [each for each in last if each in ready or not isinstance(each, int)]
        return self.builder.changes(ready[each] if isinstance(each, int) else each for each in last)

    def _listed(self, after: int, upto: int) -> Iterator[str]:
        """Writes the parts of the sitemap of the items changed in the span, and its index."""
        with self.database.reading() as connection:
            known = sitemap_parts.published(connection)
            changed = sitemap_parts.changed_parts(connection, after, upto)
        for part in changed:
            with self.database.reading() as connection:
                pages = sitemap_parts.listed(connection, part)
            document, self.listed[part] = self.builder.sitemap_part(part, pages)
            if document:
                yield from self.files.write_all([document])
            elif known.get(part):
                self.files.remove(part_file(part))
        yield from self.files.write_all([self.builder.sitemap_index({**known, **self.listed})])

    def _lists(self, tags: Sequence[str], *, whole: bool) -> Iterator[Document]:
        """What leads to all the rest, where that may be others; the front page comes last."""
        with self.database.reading() as connection:
            published = entries.histories(connection)
        # The first item of a language brings a feed that the lists do not name.
        if whole or not all((LANGUAGE, tag) in published for tag in tags):
            yield from self.builder.lists(tags)
        if whole:
            # Whose it is is told by its bytes alone.
            self.files.astray.pop("robots.txt", None)
            yield from self.builder.robots(self.files.folder.read("robots.txt"))
        yield self._front_page(tags, {**published, **self.kept})

    def _front_page(self, tags: Sequence[str], histories: Mapping[Place, PastMonths]) -> Document:
        """The front page, when all it links to is there."""
        with self.database.reading() as connection:
            latest = entries.latest(connection, EVERYWHERE, FRONT_PAGE_ITEMS)
        numbers = [each.item for each in latest][: self.builder.items_per_page]
        ready = self.made.ready(numbers)
        shown = [ready[number] for number in numbers if number in ready]
        return self.builder.front_page(tags, histories, shown)
