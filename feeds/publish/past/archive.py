"""How the history of a feed is cut into pages (RFC 5005, section 4), and which of them change.

Knows months, and how many items became news in each. Must never know a format, or where items come
from.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from sys import maxsize

#: How many items became news in each month, by its name ("2019-03"); none has no items.
Months = Mapping[str, int]


@dataclass(frozen=True, slots=True, order=True)
class ArchivePage:
    """A page of the items that became news in one month (UTC), in the order of their news:
    ``count`` of them, from the place ``start`` on.
    """

    month: str
    part: int
    start: int
    count: int

    @property
    def name(self) -> str:
        """What its address ends with, for ever: parts are added behind the first."""
        return self.month if self.part == 1 else f"{self.month}-{self.part}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a document of a feed stands in its history (RFC 5005, section 4): the name of the
    ``page`` that it is, "" for the one readers subscribe to, and of those before and after it in
    time, "" where there is none.
    """

    page: str = ""
    previous: str = ""
    next: str = ""


NEWEST = Position()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """A page with those it links to, the one before and the one after it in time."""

    page: ArchivePage
    previous: ArchivePage | None
    next: ArchivePage | None

    @property
    def position(self) -> Position:
        """Where the document of the page stands."""
        return Position(
            page=self.page.name,
            previous=self.previous.name if self.previous else "",
            next=self.next.name if self.next else "",
        )


@dataclass(frozen=True, kw_only=True)
class PageChain:
    """All pages of a feed that holds ``size`` entries at least, by the ``months`` of its items.

    A page is over, and changes no more with what is news, once it is full, or once something was
    news in a later month. So no clock is asked, and what is on no page yet is less than ``size``.
    Little of it is made for each question, as feeds have hundreds of pages.
    """

    months: Months
    size: int
    # Those of a few months, which are asked for again and again.
    _pages: dict[str, Sequence[ArchivePage]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    @cached_property
    def names(self) -> Sequence[str]:
        """The months with items, the oldest first."""
        return sorted(month for month, count in self.months.items() if count)

    @cached_property
    def open(self) -> int:
        """How many items became news after those of all pages: they are in the feed alone."""
        return self.months[self.names[-1]] % self.size if self.names else 0

    @cached_property
    def last(self) -> ArchivePage | None:
        """The newest page, which the feed's own document leads to."""
        return self._page_before(len(self.names))

    @property
    def years(self) -> Sequence[ArchivePage]:
        """The newest page of each year, the newest first."""
        # Of the newest month there may be no page yet.
        over = self.names if not self.names or self.pages(self.names[-1]) else self.names[:-1]
        newest = {month[: len("2019")]: month for month in over}
        return [self.pages(month)[-1] for month in reversed(newest.values())]

    def pages(self, month: str) -> Sequence[ArchivePage]:
        """The pages of a month, the oldest first."""
        pages = self._pages.get(month)
        if pages is None:
            count = self.months.get(month, 0)
            if count and month == self.names[-1]:
                count -= self.open
            pages = self._pages[month] = [
                ArchivePage(month, 1 + start // self.size, start, min(self.size, count - start))
                for start in range(0, count, self.size)
            ]
        return pages

    def links(self, months: Iterable[str]) -> Iterator[ChainLink]:
        """The pages of these months, each with its neighbours."""
        for month in months:
            at = bisect_left(self.names, month)
            pages = self.pages(month)
            following = [page for name in self.names[at + 1 : at + 2] for page in self.pages(name)]
            previous = (self._page_before(at), *pages)
            after = (*pages[1:], following[0] if following else None)
            for before, page, behind in zip(previous, pages, after, strict=False):
                yield ChainLink(page=page, previous=before, next=behind)

    def beside(self, month: str) -> Sequence[str]:
        """The months with items before and after one, and itself."""
        at = bisect_left(self.names, month)
        return self.names[max(at - 1, 0) : at + 2]

    def _page_before(self, at: int) -> ArchivePage | None:
        """The newest page of the months before that place: the last of them may have none yet."""
        for month in reversed(self.names[max(at - 2, 0) : at]):
            for page in reversed(self.pages(month)):
                return page
        return None


#: Of a feed that has no history.
NO_PAGES = PageChain(months={}, size=1)


def changed(
    before: PageChain, after: PageChain, first: Mapping[str, int]
) -> tuple[Sequence[ChainLink], Sequence[ArchivePage]]:
    """The pages of ``after`` that are no longer what ``before`` had, those of new names first, and
    the pages that are no more.

    They hold other items, link to others, or hold one that changed. ``first`` is the place of the
    first item that did, or may have, in each month in which any did.
    """
    if not first:
        # Of most feeds that are made anew only what they show is another.
        return [], []
    # The newest month ends with the first item of a later one.
    near = {name for chain in (before, after) for month in first for name in chain.beside(month)}
    near |= {name for chain in (before, after) for name in chain.names[-2:]}
    old, new = ([*chain.links(sorted(near))] for chain in (before, after))
    was, names, now = {*old}, {link.page.name for link in old}, {link.page.name for link in new}
    written = [
        link
        for link in new
        if link not in was
        or link.page.start + link.page.count > first.get(link.page.month, maxsize)
    ]
    gone = [link.page for link in old if link.page.name not in now]
    return sorted(written, key=lambda link: link.page.name in names), gone
