"""A website as a source: a listing, a feed, a sitemap or a single page, and where it leads.

Knows how the answer to its first request speaks for the source as a whole. Must never know what a
document says, or how a request is made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event
from urllib.parse import urlsplit
from zlib import crc32

from config.values import are_related, host_of
from feeds import standing as standings
from feeds.draft import FEEDS, Hub, Parsed, Refused
from feeds.errors import SourceError
from feeds.fetch import Denied, FetchFailed, Missing, Stopped, TakenAway
from feeds.sources import CrawlScope, Fetched, Same, Seen
from feeds.sources.ask import Asking, Had, Lost, ReadPage, problem_of
from feeds.sources.budget import Bounds, Budget
from feeds.sources.leads import Lead, address
from feeds.sources.walk import Understand, Walk
from feeds.standing import Standing, next_look

# Pages asked for in one look, so that a large site does not keep the others waiting; the next look
# goes on, at once. A backfill goes on to its end. Lists that lead to lists for ever are left alone.
_LOOK = Bounds(pages=500, lists=100, list_bytes=200_000_000, seconds=1_800)
_BACKFILL = Bounds(pages=None, lists=20_000, list_bytes=20_000_000_000, seconds=86_400)


# Days from one look that asks for everything without conditions to the next.
_DAYS_OF_CONDITIONS = 7
_NO_FEED = "shows a page where a feed was"


@dataclass(slots=True, kw_only=True)
class WebSource:
    """What is at ``url``, and what it leads to.

    ``asking`` remembers what was asked for before; its signatures are those `scan` is given.
    ``standing`` is how the source did before a scan, and how it does after one: to be recorded
    then. ``met`` is the bound a scan came to before its end, "" where it did not. A source that
    does well is due again after ``every``; ``jitter`` is within 0 and 1.
    """

    url: str
    asking: Asking
    understand: Understand
    scope: CrawlScope
    every: timedelta
    jitter: float = 0.0
    standing: Standing | None = None
    stopping: Event = field(default_factory=Event)
    met: str = field(default="", init=False)
    _walk: Walk | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return self.asking.source

    @property
    def is_whole(self) -> bool:
        """False: what is not seen may have moved to an older page; `Gone` says what is gone."""
        return False

    @property
    def expected(self) -> int | None:
        """How many documents this scan will have seen, as far as is known by now."""
        return self._walk.expected if self._walk else None

    def scan(self, known: Mapping[str, str], now: datetime) -> Iterator[Seen]:
        """What is new, changed, the same or gone; see `Walk` for the order.

        Raises SourceError where the address itself gives nothing; then, too, ``standing`` is to be
        recorded.
        """
        before = standings.begun(self.standing, self.name, self.url, now)
        name = address(self.url)
        if name is None:
            raise self._failed(before, FetchFailed(problem="no address of a website"), now)
        asking = replace(self.asking, signatures=known, asks_anew=_is_day_to_ask_anew(before, now))
        if self.stopping.is_set():
            return
        found = self._asked(asking, name, before, now)
        if isinstance(found, Stopped):
            return
        if not isinstance(found, ReadPage):
            raise self._failed(before, found, now)
        bounds = _BACKFILL if self.scope.backfill else _LOOK
        budget = Budget(bounds, self.stopping, url=found.had.document.url or name)
        if found.parsed.is_list:
            # A page shows some of what a feed held, and nobody withdrew the rest.
            is_all = self.scope.complete and not found.stands_in
            scope = replace(self.scope, complete=is_all)
            self._walk = Walk(asking, self.understand, scope, budget, now)
            yield from self._walk.through(found)
        else:
            yield _alone(found.had)
        self.met = budget.met
        if not budget.is_stopped:
            self._conclude(before, found, budget, now)

    def _asked(self, asking: Asking, name: str, before: Standing, now: datetime) -> ReadPage | Lost:
        """The document of this source, where it is now; it moved for good where that is certain.

        Of one that moved, the address in the settings is asked first once a day: it may hold the
        document again, or lead elsewhere by now.
        """
        is_first = _is_first_of_its_day(before, now)
        known = asking.kept(Lead(name=name))

        def ask(url: str) -> ReadPage | Lost:
            had = asking.listing(Lead(name=name), url, anew=is_first)
            return self._found(had, known, url, before) if isinstance(had, Had) else had

        found = ask(before.address if is_first else before.asked_at)
        is_left = is_first and before.address != before.asked_at
        if is_left and not isinstance(found, ReadPage | Stopped):
            return ask(before.asked_at)
        return found

    def _found(
        self, had: Had, known: Had | None, asked: str, before: Standing
    ) -> ReadPage | FetchFailed:
        """What came, if it is the document of this source: whoever redirects may be mistaken."""
        parsed = self.understand(had.document)
        if isinstance(parsed, Refused):
            return FetchFailed(problem=str(parsed))
        came = ReadPage(had=replace(had, moved_to=None), parsed=parsed)
        is_there = address(had.document.url or "") == address(before.asked_at)
        if is_there and not self.scope.complete:
            return came
        was = self.understand(known.document) if known else None
        feed = was if isinstance(was, Parsed) and was.form in FEEDS else None
        if self.scope.complete and feed and parsed.form not in FEEDS:
            stands_in = self.scope.follow and parsed.is_list and bool(_told(feed) & _told(parsed))
            failed = FetchFailed(problem=f"{had.document.url} {_NO_FEED}")
            return replace(came, stands_in=True) if stands_in else failed
        if is_there or not isinstance(was, Parsed):
            # Nobody knows yet what belongs here.
            return came
        is_known, is_kin = bool(_told(was) & _told(parsed)), _family(was) == _family(parsed)
        is_replaced = had.moved_to and not is_known and bool(_told(was) and _told(parsed))
        if not (is_known or is_kin) or (is_replaced and not _is_same_place(had, asked)):
            problem = f"leads to {had.document.url}, which is something else"
            return FetchFailed(problem=problem)
        place = had.moved_to or (before.address if asked == before.address else None)
        is_it = is_known and is_kin
        return ReadPage(had=replace(had, moved_to=place if is_it else None), parsed=parsed)

    def _conclude(self, before: Standing, found: ReadPage, budget: Budget, now: datetime) -> None:
        """``standing`` is how the source does after a scan that came to its end."""
        cut = f"{budget.cut}: it came cut short; what came of it is read" if budget.cut else ""
        if found.stands_in:
            instead = f"{_NO_FEED}: what it leads to is read, and nothing withdrawn"
            cut = "; ".join(filter(None, (f"{found.had.document.url} {instead}", cut)))
        if budget.problem or found.stands_in:
            # Where pages alone cannot be had, the list is still read as often as it was.
            failures = before.failures + 1 if budget.has_lost_lists else 0
            when = next_look(failures, now, self.every, self.jitter, budget.retry_at)
            problem = "; ".join(filter(None, (budget.problem, cut)))
            self.standing = standings.failed(before, problem, now, when)
            return
        when = now if budget.is_unfinished else next_look(0, now, self.every, self.jitter)
        # What is kept of a document does not hold the fields it came with, which come before what
        # it says itself (WebSub 4).
        page, said = found.had.page, found.parsed.hub
        hub = before.hub or said
        if page:
            place = page.hub or (said.url if said else None)
            topic = page.topic or (said.topic if said else page.url)
            hub = Hub(place, topic) if place else None
        is_silent = found.parsed.silent_entries and not found.parsed.drafts
        told = f"it shows {found.parsed.silent_entries} entries, and none says anything"
        problem = "; ".join(filter(None, (cut, told if is_silent else "")))
        self.standing = standings.succeeded(
            before,
            now,
            when,
            moved_to=found.had.moved_to,
            hub=hub,
            problem=problem,
            is_unfinished=budget.is_unfinished,
        )

    def _failed(self, before: Standing, lost: Lost, now: datetime) -> SourceError:
        problem = problem_of(lost)
        if isinstance(lost, TakenAway):
            self.standing = standings.failed(before, problem, now, None)
            hint = "; it is not asked again until its address changes"
            return SourceError(self.name, f"{before.asked_at}: {problem}{hint}")
        asked_back, is_lasting = None, False
        if isinstance(lost, FetchFailed):
            # Where it had moved, the next look is at the place before, which may lead elsewhere.
            asked_back, is_lasting = lost.retry_after, lost.is_lasting
        is_lasting = (is_lasting or isinstance(lost, Missing)) and not before.moved_to
        when = next_look(
            before.failures + 1, now, self.every, self.jitter, asked_back, is_lasting=is_lasting
        )
        if is_lasting:
            problem += f"; this does not pass by itself, so it is asked again on {when:%Y-%m-%d}"
        is_refused = is_lasting or isinstance(lost, Denied)
        self.standing = standings.failed(before, problem, now, when, is_lasting=is_refused)
        return SourceError(self.name, f"{before.asked_at}: {problem}")


def _is_first_of_its_day(before: Standing, now: datetime) -> bool:
    last = before.last_success_at
    return last is not None and last.date() != now.date()


def _is_day_to_ask_anew(before: Standing, now: datetime) -> bool:
    """Whether documents are asked for without conditions: once a week, each source on its day.

    Some servers say for ever that nothing changed.
    """
    day = crc32(before.source.encode()) + now.toordinal()
    return _is_first_of_its_day(before, now) and day % _DAYS_OF_CONDITIONS == 0


def _told(parsed: Parsed) -> set[str]:
    """What tells that two documents are one: the items and pages they show."""
    drafts = (name for one in parsed.drafts for name in (one.guid, one.url, one.title))
    return {name for name in (*drafts, *(at.url for at in parsed.locations)) if name}


def _is_same_place(had: Had, asked: str) -> bool:
    """Whether an address led to itself, but for its scheme or the start of its host."""
    there = had.document.url or ""
    is_same_path = urlsplit(there)[2:4] == urlsplit(asked)[2:4]
    return is_same_path and are_related(host_of(there), host_of(asked))


def _family(parsed: Parsed) -> str:
    return "feed" if parsed.form in FEEDS else parsed.form


def _alone(had: Had) -> Seen:
    if not had.is_new:
        return Same(had.document.name, str(had.signature))
    return Fetched(document=had.document, signature=str(had.signature))
