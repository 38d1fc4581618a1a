"""How one look at a website goes: how far it may go, and what ends it early.

Knows bounds and failures. Must never know what is asked for, or what is in it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from threading import Event

from feeds.fetch import Failed
from feeds.sources.ask import Lost, problem_of

# Pages asked for in one look, so that a large site does not keep the others waiting; the next look
# goes on, at once.
_PAGES_A_LOOK = 500
# Failures in a row that speak of the site, not of its pages.
_FAILURES_IN_A_ROW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How far a look goes.

    ``listing_pages`` of a list are read; a ``backfill`` reads all, as far back as ``since``, and
    asks for no known page again. What a ``complete`` list does not show is withdrawn. Pages are
    fetched only where ``follow`` says so.
    """

    follow: bool = True
    listing_pages: int = 1
    complete: bool = False
    backfill: bool = False
    since: date | None = None

    def leaves_out(self, day: date | None) -> bool:
        """Whether what is of that day is too old; what has no day never is."""
        return self.since is not None and day is not None and day < self.since


class Course:
    """How the look goes so far.

    ``problem`` says what could not be had of its lists, with ``retry_at`` where the server asked
    us back. ``is_unfinished`` says that there is more to ask for, ``is_stopped`` that the program
    is ending, ``is_whole`` that everything there is was shown.
    """

    def __init__(self, scope: Scope, stopping: Event) -> None:
        self.problem = ""
        self.retry_at: datetime | None = None
        self.is_whole = True
        self.is_unfinished = False
        self.is_stopped = False
        self._scope = scope
        self._stopping = stopping
        self._has_to_end = False
        self._asked = 0
        self._failures = 0

    @property
    def is_over(self) -> bool:
        return self._has_to_end or self.is_unfinished or self.is_stopped

    def may_ask(self) -> bool:
        """Whether one more page may be asked for; counts it."""
        if self.stops():
            return False
        if not self._scope.backfill and self._asked >= _PAGES_A_LOOK:
            self.is_unfinished = True
        self._asked += 1
        return not self.is_over

    def stops(self) -> bool:
        """Whether the program is ending."""
        if self._stopping.is_set():
            self.is_stopped = True
        return self.is_stopped

    def page_answered(self) -> None:
        self._failures = 0

    def page_failed(self, name: str, failed: Failed) -> None:
        """A page cannot be had: it alone, unless the site wants a pause or keeps failing."""
        self._failures += 1
        if failed.retry_after is not None or self._failures >= _FAILURES_IN_A_ROW:
            self._fail(name, failed)
            self._has_to_end = True

    def list_failed(self, name: str, lost: Lost) -> None:
        """A part of the list cannot be had, and what it leads to is not known."""
        self.is_whole = False
        self._fail(name, lost)
        self._has_to_end = self.retry_at is not None

    def _fail(self, name: str, lost: Lost) -> None:
        self.problem = f"{name}: {problem_of(lost)}"
        self.retry_at = lost.retry_after if isinstance(lost, Failed) else None
