"""How the history of a feed is cut into pages (RFC 5005, section 4), and which of them change.

Knows months, and how many items became news in each. Must never know a format, or where items come
from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
class ChainLink:
    """A page with those it links to, the one before and the one after it in time."""

    page: ArchivePage
    previous: ArchivePage | None
    next: ArchivePage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageChain:
    """All pages of a feed, the oldest first; what became news after them is ``open``: so many
    items stand in the feed's own document alone.
    """

    links: tuple[ChainLink, ...]
    open: int

    @property
    def years(self) -> Sequence[ArchivePage]:
        """The newest page of each year, the newest first."""
        newest = {link.page.month[: len("2019")]: link.page for link in self.links}
        return [*newest.values()][::-1]

    @property
    def last(self) -> ArchivePage | None:
        """The newest page, which the feed's own document leads to."""
        return self.links[-1].page if self.links else None


def chain(months: Months, size: int) -> PageChain:
    """The pages of a feed that holds ``size`` entries at least.

    A page is over, and changes no more with what is news, once it is full, or once something was
    news in a later month. So no clock is asked, and what is on no page yet is less than ``size``.
    """
    pages: list[ArchivePage] = []
    names = sorted(month for month, count in months.items() if count)
    for month in names:
        count = months[month] if month != names[-1] else months[month] // size * size
        pages += (
            ArchivePage(month, 1 + start // size, start, min(size, count - start))
            for start in range(0, count, size)
        )
    around = (None, *pages, None)
    links = (
        ChainLink(page=page, previous=previous, next=following)
        for previous, page, following in zip(around, pages, around[2:], strict=False)
    )
    return PageChain(
        links=tuple(links), open=sum(months.values()) - sum(each.count for each in pages)
    )


def changed(before: PageChain, after: PageChain, first: Mapping[str, int]) -> Sequence[ChainLink]:
    """The pages of ``after`` that are no longer what ``before`` had: those that hold others, or
    link to others, or an item that changed. ``first`` is the place of the first such item by month.
    """
    known = frozenset(before.links)
    return [link for link in after.links if link not in known or _is_touched(link.page, first)]


def _is_touched(page: ArchivePage, first: Mapping[str, int]) -> bool:
    return page.month in first and page.start + page.count > first[page.month]
