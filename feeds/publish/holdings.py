"""What the documents of each feed hold, asked of the store.

Knows the order of questions to the store. Must never know SQL, a format or a file.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from config.values import primary_language
from feeds import search
from feeds.model import FeedRecord, Item, TopicKind
from feeds.publish import history
from feeds.publish.feed import FeedRef
from feeds.publish.history import Change, History
from feeds.publish.past.archive import NO_PAGES, PageChain
from feeds.publish.select import (
    LARGEST_BYTES,
    MOST_CORRECTED,
    MOST_ENTRIES,
    fitting,
    held,
    is_grown,
)
from feeds.selection import EVERYWHERE, LANGUAGE, Place, Selection
from feeds.storage import Connection, entries
from feeds.storage.entries import Latest, Outstanding, PastMonths, Ready
from feeds.storage.read_items import changed_numbers, shown_of
from feeds.times import month_of, span_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a feed and its page hold, by the numbers of the items: ``shown`` the latest, ``listed``
    those of them on the page, ``corrected`` the older ones beside them, with their months.

    ``latest_at`` is when the newest came, ``moved_at`` when one last came or left. None but the
    latest is on no page of the ``history``, and all of those that are not are shown and listed.
    """

    shown: Sequence[int]
    listed: Sequence[int]
    corrected: Mapping[int, str]
    latest_at: datetime | None
    moved_at: datetime | None
    history: History


_NO_HISTORY = History(selection=Selection(), chain=NO_PAGES, written=(), gone=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What feeds hold that have at least ``fewest`` entries, ``listed`` of them on their pages:
    after the ``changes`` of what was ``published``, or as ``whole`` as if nothing were. What pages
    hold of months that are ``astray``, by the page of their feed, nobody knows.
    """

    fewest: int
    listed: int
    changes: Mapping[Place, Change]
    published: Mapping[Place, PastMonths]
    moved: Mapping[Place, datetime]
    whole: bool
    astray: Mapping[str, Collection[str]]

    def of(self, connection: Connection, feed: FeedRef) -> Holding:
        """What a feed holds now."""
        how = {"fewest": self.fewest, "listed": self.listed}
        if place := feed.selection.place:
            ask = partial(entries.latest, connection, place)
            ask_corrected = partial(entries.corrected, connection, place)
            now = _held(ask, ask_corrected, [self.moved.get(place)], **how)
        else:
            now = selected(connection, feed.selection, **how)
        past = self._history(connection, feed, now.corrected)
        listed = [*now.listed, *now.shown[len(now.listed) : past.chain.open]]
        return replace(now, listed=listed, history=past)

    def ended(
        self, connection: Connection, held: Sequence[int], renamed_into: FeedRef | None
    ) -> Holding:
        """What is still shown of what a feed ``held`` when it ended; the history of one that was
        renamed is that of what it is called now.
        """
        last = shown_of(connection, held)
        past = _NO_HISTORY
        if renamed_into:
            now = history.all_of(connection, renamed_into.selection, NO_PAGES, self.fewest)
            past = replace(past, chain=now.chain)
        return Holding(
            shown=last[: self.fewest],
            listed=last[: self.listed],
            corrected={},
            latest_at=None,
            moved_at=None,
            history=past,
        )

    def _history(
        self, connection: Connection, feed: FeedRef, corrected: Mapping[int, str]
    ) -> History:
        past = self.published.get(feed.kept_as, PastMonths())
        if self.whole:
            before = PageChain(months=past.months, size=past.size or self.fewest)
            return history.all_of(connection, feed.selection, before, self.fewest)
        if feed.selection.place:
            change = self.changes.get(feed.kept_as, Change())
        else:
            change = history.anywhere(self.changes.values())
        # Those that are no longer shown beside the latest are in their archives from now on, and
        # those that are stay there as they were.
        moved = dict(corrected.items() ^ past.corrected.items())
        astray = self.astray.get(feed.page, ())
        change = replace(change, months={*change.months, *moved.values(), *astray})
        return history.since(connection, feed.selection, past.months, change, self.fewest)


def selected(connection: Connection, selection: Selection, *, fewest: int, listed: int) -> Holding:
    """What a feed holds of a selection that is no place, as far as the index of search follows,
    without its history.
    """
    ask = partial(search.latest, connection, selection)
    ask_corrected = partial(search.corrected, connection, selection)
    moved = _left(connection, selection)
    return _held(ask, ask_corrected, moved, fewest=fewest, listed=listed)


def _held(
    ask: Callable[[int], Sequence[Latest]],
    ask_corrected: Callable[[datetime, int], Sequence[Latest]],
    moved: Iterable[datetime | None],
    *,
    fewest: int,
    listed: int,
) -> Holding:
    """What a feed holds, without its history; ``ask`` gives so many of the latest, the other so
    many of those corrected that are older than a moment.
    """
    latest, count = _latest(ask, fewest, listed)
    corrected = ask_corrected(latest[count - 1].news_at, MOST_CORRECTED) if count else ()
    numbers = [each.item for each in latest]
    moments = (*moved, *(each.news_at for each in latest[:1]))
    return Holding(
        shown=numbers[:count],
        listed=numbers[:listed],
        corrected={each.item: month_of(each.news_at) for each in corrected},
        latest_at=latest[0].news_at if latest else None,
        moved_at=max(filter(None, moments), default=None),
        history=_NO_HISTORY,
    )


def past_of(
    connection: Connection,
    selection: Selection,
    size: int,
    newest: datetime,
    filed: Callable[[str], Sequence[Latest]],
    *,
    month: str = "",
) -> tuple[PageChain, Sequence[Latest]]:
    """The pages of a selection's history in a ``month``, that of its ``newest`` item where none is
    named, and in those with items before and after it; and its items, the oldest first, as they are
    ``filed`` in a month.
    """
    last = month_of(newest)
    asked = month or last
    start, end = span_of(asked)
    here = filed(asked)
    # Whatever is in the newest month, it says that those before it are over.
    months = {last: 1} | {asked: len(here)}
    beside: list[Latest] = []
    # Who looks for the newest page of all has it, and nothing is behind the newest month.
    if month or len(here) < size:
        beside += search.latest(connection, selection, 1, start)
    if asked < last:
        beside += filter(None, [search.first_since(connection, selection, end)])
    for each in beside:
        name = month_of(each.news_at)
        months[name] = len(filed(name))
    return PageChain(months=months, size=size), here


def _latest(
    ask: Callable[[int], Sequence[Latest]], fewest: int, listed: int
) -> tuple[Sequence[Latest], int]:
    """The latest of a feed and its page, and how many of them the feed holds; ``ask`` gives so many
    of the latest.
    """
    latest = ask(max(fewest, listed))
    # Few feeds hold more than the fewest, so that no more are read of the others.
    if is_grown([each.news_at for each in latest]) and len(latest) < MOST_ENTRIES:
        latest = ask(MOST_ENTRIES)
    return latest, held([each.news_at for each in latest], fewest)


def _left(connection: Connection, selection: Selection) -> Iterator[datetime]:
    """When entries last left a place that the selection asks for, or came back."""
    moved = entries.moved(connection)
    places = [topic.place for kind in TopicKind for topic in selection.of(kind)]
    places += ((LANGUAGE, primary_language(tag)) for tag in selection.languages)
    yield from (moved[place] for place in (EVERYWHERE, *places) if place in moved)


def over_in(
    connection: Connection, over: Mapping[FeedRef, FeedRecord], after: int, upto: int
) -> Sequence[FeedRef]:
    """The feeds that are over which hold what changed in ``(after, upto]``, all of them where that
    is everything.
    """
    if not (after and over):
        return [*over]
    changed = changed_numbers(connection, after, upto)
    return [feed for feed, each in over.items() if changed.intersection(each.held)]


def within_bounds(
    shown: Sequence[Ready],
    brief: Callable[[Item], Ready],
    whole_items: Callable[[Sequence[int]], Sequence[Item]],
) -> Sequence[Ready]:
    """The entries of one feed, those that would make it too large as summaries."""
    if sum(each.size for each in shown) <= LARGEST_BYTES:
        return shown
    made = {item.number: brief(item) for item in whole_items([each.item for each in shown])}
    return fitting(shown, [made[each.item] for each in shown], lambda each: each.size)


def outstanding(
    connection: Connection,
    state: Outstanding,
    places: Collection[Place],
    *,
    fewest: int,
    listed: int,
    whole: bool,
    astray: Collection[str],
) -> Holdings:
    """What the feeds of ``places`` hold after all that is outstanding; published files that are
    ``astray`` are by runs that did not come to their end.
    """
    return Holdings(
        fewest=fewest,
        listed=listed,
        changes={} if whole else history.changes(connection, state),
        published=entries.histories(connection, None if whole else places),
        moved=entries.moved(connection),
        whole=whole,
        astray=history.months_of(astray) if astray else {},
    )
