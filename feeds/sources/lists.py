"""The lists of a website: one, its older parts, and those it leads to.

Knows in which order lists are read, and where to end. Must never know what becomes of items.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date

from feeds.draft import Document, Parsed, Refused
from feeds.fetch import Failed, Stopped
from feeds.sources.ask import Asking, Had
from feeds.sources.course import Course, Scope
from feeds.sources.leads import Lead, address, children, is_near, leads

Understand = Callable[[Document], Parsed | Refused]

# Pages read beyond those of the settings, until one shows something known: what appeared while
# nobody looked.
_PAGES_TO_CATCH_UP = 20
# A list shifts while it is read, so a page may show what the one before it showed. A server that
# answers every address with the same list does so for ever.
_PAGES_WITHOUT_NEWS = 3

_NO_LIST = "a list leads to it as to a part of itself, and it is no list"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A list that was had and understood, and the items it leads to."""

    had: Had
    parsed: Parsed
    leads: tuple[Lead, ...]

    @property
    def name(self) -> str:
        return self.had.document.name

    @property
    def days(self) -> tuple[date, ...]:
        """The days of everything on it; none unless all are known."""
        known = tuple(lead.day for lead in self.leads if lead.day is not None)
        return known if len(known) == len(self.leads) else ()


class Lists:
    """The lists one look comes by; ``names`` of those it came by so far, and what they show."""

    def __init__(
        self, asking: Asking, understand: Understand, course: Course, scope: Scope, hosts: set[str]
    ) -> None:
        self.names: set[str] = set()
        self._shown: set[str] = set()
        self._asking = asking
        self._understand = understand
        self._course = course
        self._scope = scope
        self._hosts: Collection[str] = hosts
        self._waiting: deque[Lead] = deque()
        self._is_paged = True
        self._counted = 0
        self._start = ""
        self._met: set[str] = set()
        self._without_news = 0
        self._newest: date | None = None
        self._oldest: date | None = None

    @property
    def expected(self) -> int | None:
        """How many documents there are, lists included, as the lists read so far let expect.

        None where lists lead on and neither say how far, nor were told how far to be followed.
        """
        if not self.names:
            return None
        if self._is_paged:
            return self._estimated()
        return round(self._counted * (1 + len(self._waiting) / len(self.names)))

    def _estimated(self) -> int | None:
        """As if the time left to go through held as much as the time gone through."""
        since, newest, oldest = self._scope.since, self._newest, self._oldest
        if not (self._scope.backfill and since and newest and oldest and newest > oldest >= since):
            return None
        return round(self._counted * ((newest - since) / (newest - oldest)))

    def through(self, had: Had, parsed: Parsed) -> Iterator[ListPage]:
        """The list ``had`` and all others of this look, the older parts of it first.

        A backfill goes the other way: what it reads is too much to be held.
        """
        self._start = had.document.name
        chain = self._chain(self._page(had, parsed))
        for page in chain if self._scope.backfill else reversed(list(chain)):
            self._waiting.extend(self._below(page))
            yield page
        while self._waiting and not self._course.is_over:
            child = self._child(self._waiting.popleft())
            if child is not None:
                self._waiting.extend(self._below(child))
                yield child

    def vanished(self, page: ListPage) -> tuple[Lead, ...]:
        """What the list showed as it is kept, and no list that this look came by shows now."""
        kept = self._asking.kept(Lead(name=page.name)) if page.had.is_new else None
        if kept is None:
            return ()
        # Read at the place it has now, so that the same words lead to the same addresses.
        before = self._understand(replace(kept.document, url=page.had.document.url))
        if isinstance(before, Refused):
            return ()
        return tuple(lead for lead in leads(before) if lead.name not in self._shown)

    def _chain(self, first: ListPage) -> Iterator[ListPage]:
        """A list and its older parts, as far as this look goes."""
        page: ListPage | None = first
        count = 0
        while page is not None:
            count += 1
            yield page
            page = self._next(page, count)
        self._is_paged = False

    def _next(self, page: ListPage, count: int) -> ListPage | None:
        name = address(page.parsed.next_page or "")
        if name is None or name in self.names or not is_near(name, self._hosts):
            return None
        if self._course.is_over or not self._goes_on(page, count):
            self._course.is_whole = False
            return None
        return self._fetched(Lead(name=name))

    def _goes_on(self, page: ListPage, count: int) -> bool:
        if self._scope.backfill:
            names = {lead.name for lead in page.leads}
            self._without_news = 0 if names - self._met else self._without_news + 1
            self._met |= names
            is_old = self._scope.leaves_out(max(page.days, default=None))
            return not is_old and self._without_news < _PAGES_WITHOUT_NEWS
        most = self._scope.listing_pages
        return count < most or (self._has_gap(page) and count < most + _PAGES_TO_CATCH_UP)

    def _has_gap(self, page: ListPage) -> bool:
        """Whether the list was read before, and nothing on this page was known then."""
        known = self._asking.known
        if not (page.leads and known.was_met(self._start)):
            return False
        return not any(known.was_met(lead.name) for lead in page.leads)

    def _below(self, page: ListPage) -> Iterator[Lead]:
        for child in children(page.parsed):
            if self._scope.leaves_out(child.day) or not is_near(child.name, self._hosts):
                self._course.is_whole = False
            elif child.name not in self.names:
                yield child

    def _child(self, lead: Lead) -> ListPage | None:
        if lead.name in self.names:
            return None
        before = self._asking.known.signature(lead.name)
        if before is None or not lead.told or lead.told != before.told:
            return self._fetched(lead)
        # Nothing changed since everything it leads to was seen.
        had = self._asking.kept(lead) if self._scope.complete else None
        if had is None:
            self._course.is_whole = False
            self.names.add(lead.name)
            return None
        return self._understood(had)

    def _fetched(self, lead: Lead) -> ListPage | None:
        if self._course.stops():
            return None
        had = self._asking.listing(lead, lead.name)
        if isinstance(had, Had):
            return self._understood(had)
        if isinstance(had, Stopped):
            self._course.is_stopped = True
        else:
            self._course.list_failed(lead.name, had)
        return None

    def _understood(self, had: Had) -> ListPage | None:
        parsed = self._understand(had.document)
        if isinstance(parsed, Refused):
            self._course.list_failed(had.document.name, Failed(problem=str(parsed)))
            return None
        if not parsed.is_list:
            self._course.list_failed(had.document.name, Failed(problem=_NO_LIST))
            return None
        return self._page(had, parsed)

    def _page(self, had: Had, parsed: Parsed) -> ListPage:
        self.names.add(had.document.name)
        found = leads(parsed) if self._scope.follow else ()
        self._counted += len(found) + 1
        self._shown.update(lead.name for lead in found)
        page = ListPage(had=had, parsed=parsed, leads=found)
        if days := page.days:
            self._newest = max(self._newest or days[0], *days)
            self._oldest = min(self._oldest or days[0], *days)
        return page
