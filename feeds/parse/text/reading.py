"""What every text form reads: a page's lines, and what else is known of the page.

Knows how these hang together. Must never know any one form.
"""

from dataclasses import dataclass
from functools import cached_property

from feeds.draft import DateOrder, Document, Habits
from feeds.parse.bytes import Lines
from feeds.parse.text import furniture, menu
from feeds.taxonomy import Taxonomy

__all__ = ["Reading"]

_MOST_HEAD_LINES = 6


# Without slots: the menu is looked for once, and only where a form asks for it.
@dataclass(frozen=True, kw_only=True)
class Reading:
    """One page: at least one line, none empty."""

    lines: Lines
    document: Document
    taxonomy: Taxonomy
    habits: Habits

    @cached_property
    def article(self) -> Lines:
        """The lines behind the menu."""
        length = menu.length(self.lines)
        return self.lines if self._is_head(length) else self.lines[length:]

    def _is_head(self, length: int) -> bool:
        """Whether the lists a page opens with are a title and the day of it."""
        if not 1 < length <= _MOST_HEAD_LINES:
            return False
        listed = self.lines[1:length]
        told = [furniture.read([line], self.taxonomy, self.order) for line in listed]
        return None not in told and any(each.is_dated for each in told if each)

    @property
    def order(self) -> DateOrder | None:
        return self.habits.date_order
