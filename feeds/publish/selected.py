"""Selections that nobody published: their feeds and their page, made when somebody asks for them.

Knows the order of calls, and what answers instead where a selection is published. Must never know
SQL, how an address is written, or HTTP.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from threading import Lock

from config.values import primary_language
from feeds import search
from feeds.errors import EndedTopic, UnknownTopic
from feeds.model import TopicRef
from feeds.publish import history
from feeds.publish.build import SiteBuilder
from feeds.publish.feed import ALL, FORMS, SELECT, FeedForm, FeedRef
from feeds.publish.holdings import past_of, selected, within_bounds
from feeds.publish.made import each_made
from feeds.publish.past.archive import NO_PAGES, Position
from feeds.publish.site import Site
from feeds.selection import LANGUAGE, Selection
from feeds.storage import Connection, entries
from feeds.storage.database import Database, last_number
from feeds.storage.entries import Latest, Ready
from feeds.storage.published import feed_records
from feeds.storage.read_items import whole_items
from feeds.taxonomy import Taxonomy

#: How long whoever asks waits for a migration to end.
_PATIENCE_SECONDS = 5.0


#: The query of a selection, a month, and the changes as of which its items are known.
_Month = tuple[str, str, int, int]
#: By what addresses end in.
_FORMS = {form.extension: form for form in FORMS}
_PAGE, _LIST = "html", "opml"


#: So many are remembered, and no more than so many items of them, some 20 MB: who walks a history
#: asks for one page of a month after the other.
_REMEMBERED_MONTHS, _REMEMBERED_ITEMS = 256, 100_000


class SelectedFeeds:
    """Makes what is asked for of what the store holds. Nothing of it is kept but which items are in
    a month, until anything changes: a month is looked up once, however many pages it has.

    Each method may read the store, and is meant for a thread.
    """

    def __init__(self, database: Database, taxonomy: Taxonomy, site: Site) -> None:
        self._database = database
        self._taxonomy = taxonomy
        self._builder = SiteBuilder(site, taxonomy)
        self._url = site.url
        self._words = site.words
        self._months: dict[_Month, Sequence[Latest]] = {}
        self._lock = Lock()

    def change(self) -> int:
        """The number of the last change that what is made now shows."""
        with self._reading() as connection:
            return search.followed(connection)

    def address(self, selection: Selection, form: str, page: str = "") -> str:
        """The one address of a document, or of a ``page`` of its history, relative to that of the
        site: that of the published one where there is one. Raises UnknownTopic.
        """
        if form == _LIST:
            query = self._today(selection).query
            return f"feeds/{SELECT}.{_LIST}?{query}" if query else f"feeds.{_LIST}"
        if form == _PAGE and selection == Selection():
            return f"feeds/{SELECT}/"
        feed = self._feed(selection)
        return feed.page if form == _PAGE else feed.file(_FORMS[form], page)

    def links(self, selection: Selection, form: str, page: str = "") -> str:
        """What the Link field of its document says (RFC 8288): its own address, and its page's."""
        if form not in _FORMS:
            return ""
        feed = FeedRef.of_selection(selection)
        paths = (feed.file(_FORMS[form], page), feed.page)
        own, shown = (f"<{self._url}/{path}>" for path in paths)
        return f'{own}; rel="self", {shown}; rel="alternate"; type="text/html"'

    def answer(
        self, selection: Selection, form: str, *, since: int, before: int | None
    ) -> tuple[bytes, int]:
        """The document in a form, and the number of the last change of an entry in it.

        With ``since`` a feed holds entries that changed later alone, with ``before`` a page those
        of a higher rank. Raises UnknownTopic, StoreError.
        """
        if form == _LIST:
            return self._builder.opml(selection), 0
        with self._reading() as connection:
            if form == _PAGE:
                return self._page(connection, selection, before), 0
            return self._document(connection, selection, _FORMS[form], since)

    def past(self, selection: Selection, form: str, page: str) -> tuple[bytes, int] | None:
        """A page of a feed's history, cut as those of published feeds are, as by `answer`; None
        where there is no such page. Raises UnknownTopic, StoreError.
        """
        month = page[: len("2019-03")]
        with self._reading() as connection:
            size = self._builder.entries_per_feed
            newest = search.latest(connection, selection, 1)
            if not newest:
                return None
            filed = partial(self._filed, connection, selection)
            known = connection, selection, size, newest[0].news_at, filed
            chain, items = past_of(*known, month=month)
            link = next((each for each in chain.links([month]) if each.page.name == page), None)
            if link is None:
                return None
            here = items[link.page.start : link.page.start + link.page.count]
            numbers = [each.item for each in reversed(here)]
            shown = self._within_bounds(connection, numbers)
            changes = entries.changes_of(connection, numbers)
        feed = FeedRef.of_selection(selection)
        document = self._builder.selected(feed, _FORMS[form], shown, None, link.position)
        return document, max(changes.values())

    def _reading(self) -> AbstractContextManager[Connection]:
        return self._database.reading(patience_seconds=_PATIENCE_SECONDS)

    def _today(self, selection: Selection) -> Selection:
        """The selection with the names that its topics have by now. Raises UnknownTopic, also where
        a language has no name and no items.
        """
        for tag in map(primary_language, selection.languages):
            if self._words.language(tag) == tag and tag not in self._languages():
                raise UnknownTopic(f"{LANGUAGE}:{tag}")
        return replace(selection, topics=frozenset(map(self._topic_now, selection.topics)))

    def _languages(self) -> Sequence[str]:
        with self._reading() as connection:
            return entries.languages(connection)

    def _topic_now(self, topic: TopicRef) -> TopicRef:
        try:
            return self._taxonomy.get(topic).ref
        except UnknownTopic:
            with self._reading() as connection:
                records = feed_records.remembered(connection, topic.place)
            if not records:
                raise
            raise EndedTopic(str(topic), records[0].label) from None

    def _feed(self, selection: Selection) -> FeedRef:
        try:
            today = self._today(selection)
        except EndedTopic:
            if selection.place is None:
                raise
            # Its own feed goes on answering, and says what became of it.
            return FeedRef.of(next(iter(selection.topics)))
        if today.place is None:
            return FeedRef.of_selection(today)
        for topic in today.topics:
            return FeedRef.of(topic)
        for tag in today.languages:
            is_published = tag in self._languages()
            return FeedRef.of_language(tag) if is_published else FeedRef.of_selection(today)
        return ALL

    def _page(self, connection: Connection, selection: Selection, before: int | None) -> bytes:
        most = self._builder.items_per_page
        behind = None if before is None else search.moment_of(before)
        latest = search.latest(connection, selection, most + 1, behind)
        listed = latest[:most]
        ready = self._ready(connection, [each.item for each in listed])
        return self._builder.search_page(
            FeedRef.of_selection(selection) if selection != Selection() else ALL,
            [ready[each.item] for each in listed if each.item in ready],
            entries.languages(connection),
            search.rank_of(listed[-1].news_at) if len(latest) > most else None,
        )

    def _document(
        self, connection: Connection, selection: Selection, form: FeedForm, since: int
    ) -> tuple[bytes, int]:
        holding = selected(connection, selection, fewest=self._builder.entries_per_feed, listed=0)
        numbers = [*holding.shown, *holding.corrected]
        shown = self._within_bounds(connection, numbers)
        changes = entries.changes_of(connection, numbers)
        moved = (each.updated_at for each in shown)
        chain, newest = NO_PAGES, holding.latest_at
        if newest:
            size = self._builder.entries_per_feed
            filed = partial(self._filed, connection, selection)
            chain, _ = past_of(connection, selection, size, newest, filed)
        document = self._builder.selected(
            FeedRef.of_selection(selection),
            form,
            [each for each in shown if changes[each.item] > since],
            max((*filter(None, [holding.moved_at]), *moved), default=None),
            Position(previous=chain.last.name if chain.last else ""),
        )
        return document, max((changes[each.item] for each in shown), default=0)

    def _filed(self, connection: Connection, selection: Selection, month: str) -> Sequence[Latest]:
        """The items of a selection in a month, as `history.filed` tells them, as of the last change
        that there is, and that the index follows.
        """
        changes = last_number(connection, "changes"), search.followed(connection)
        key = (selection.query, month, *changes)
        with self._lock:
            found = self._months.pop(key, None)
        if found is None:
            found = history.filed(connection, selection, month)
        with self._lock:
            self._months[key] = found
            while (
                len(self._months) > _REMEMBERED_MONTHS
                or sum(map(len, self._months.values())) > _REMEMBERED_ITEMS
            ):
                del self._months[next(iter(self._months))]
        return found

    def _within_bounds(self, connection: Connection, numbers: Sequence[int]) -> Sequence[Ready]:
        """The entries of one document, those that would make it too large as summaries."""
        ready = self._ready(connection, numbers)
        made = [ready[number] for number in numbers if number in ready]
        return within_bounds(made, self._builder.brief, partial(whole_items, connection))

    def _ready(self, connection: Connection, numbers: Sequence[int]) -> Mapping[int, Ready]:
        """The entries of these items; those that publishing has not made yet are made for once."""
        ready = dict(entries.ready(connection, numbers, self._builder.recipe))
        missing = whole_items(connection, sorted(set(numbers) - ready.keys()))
        return ready | {each.item: each for each in each_made(self._builder.ready, missing, {})}
