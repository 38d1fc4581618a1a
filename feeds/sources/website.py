"""A website as a source: a listing, a feed, a sitemap or a single page, and where it leads.

Knows how the answer to its first request speaks for the source as a whole. Must never know what a
document says, or how a request is made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

from feeds import standing as standings
from feeds.draft import Parsed, Refused
from feeds.errors import SourceError
from feeds.fetch import FetchFailed, Stopped, TakenAway
from feeds.sources import CrawlScope, Fetched, Same, Seen
from feeds.sources.ask import Asking, Budget, Had, Lost, problem_of
from feeds.sources.leads import Lead, address
from feeds.sources.walk import Understand, Walk
from feeds.standing import Standing, next_look

# Pages asked for in one look, so that a large site does not keep the others waiting; the next look
# goes on, at once. A backfill goes on to its end.
_PAGES_A_LOOK = 500


@dataclass(slots=True, kw_only=True)
class WebSource:
    """What is at ``url``, and what it leads to.

    ``asking`` remembers what was asked for before; its signatures are those `scan` is given.
    ``standing`` is how the source did before a scan, and how it does after one: to be recorded
    then. A source that does well is due again after ``every``; ``jitter`` is within 0 and 1.
    """

    url: str
    asking: Asking
    understand: Understand
    scope: CrawlScope
    every: timedelta
    jitter: float = 0.0
    standing: Standing | None = None
    stopping: Event = field(default_factory=Event)
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
        asking = replace(self.asking, signatures=known)
        if self.stopping.is_set():
            return
        had = asking.listing(Lead(name=name), before.asked_at)
        if isinstance(had, Stopped):
            return
        if not isinstance(had, Had):
            raise self._failed(before, had, now)
        parsed = self.understand(had.document)
        if isinstance(parsed, Refused):
            raise self._failed(before, FetchFailed(problem=str(parsed)), now)
        budget = Budget(None if self.scope.backfill else _PAGES_A_LOOK, self.stopping)
        if parsed.is_list:
            self._walk = Walk(asking, self.understand, self.scope, budget, now)
            yield from self._walk.through(had, parsed)
        else:
            yield _alone(had)
        if not budget.is_stopped:
            self._conclude(before, had, parsed, budget, now)

    def _conclude(
        self, before: Standing, had: Had, parsed: Parsed, budget: Budget, now: datetime
    ) -> None:
        """``standing`` is how the source does after a scan that came to its end."""
        if budget.problem:
            # Where pages alone cannot be had, the list is still read as often as it was.
            failures = before.failures + 1 if budget.has_lost_lists else 0
            when = next_look(failures, now, self.every, self.jitter, budget.retry_at)
            self.standing = standings.failed(before, budget.problem, now, when)
            return
        when = now if budget.is_unfinished else next_look(0, now, self.every, self.jitter)
        # What is kept of a document does not hold the fields it came with.
        hub = parsed.hub or (had.page.hub if had.page else before.hub)
        self.standing = standings.succeeded(before, now, when, moved_to=had.moved_to, hub=hub)

    def _failed(self, before: Standing, lost: Lost, now: datetime) -> SourceError:
        problem = problem_of(lost)
        if isinstance(lost, TakenAway):
            self.standing = standings.ended(before, problem, now)
            hint = "; it is not asked again until its address changes"
            return SourceError(self.name, f"{before.asked_at}: {problem}{hint}")
        asked_back, is_lasting = None, False
        if isinstance(lost, FetchFailed):
            # Where it had moved, the next look is at the place before, which may lead elsewhere.
            asked_back, is_lasting = lost.retry_after, lost.is_lasting and not before.moved_to
        when = next_look(
            before.failures + 1, now, self.every, self.jitter, asked_back, is_lasting=is_lasting
        )
        self.standing = standings.failed(before, problem, now, when)
        return SourceError(self.name, f"{before.asked_at}: {problem}")


def _alone(had: Had) -> Seen:
    if not had.is_new:
        return Same(had.document.name, str(had.signature))
    return Fetched(document=had.document, signature=str(had.signature))
