"""A page as text: its lines, the menu it may open with, and what else is known of it.

Knows a menu by its lists, never by its words or its length: each version of a site has another.
Must never know any one form.
"""

from dataclasses import dataclass
from functools import cached_property

from feeds.draft import Document, Habits
from feeds.parse.bytes import Lines, bullet
from feeds.parse.text import head_lines
from feeds.taxonomy import Taxonomy

_MOST_HEAD_LINES = 6


# Without slots: the menu is looked for once, and only where a form asks for it.
@dataclass(frozen=True, kw_only=True)
class TextPage:
    """One page: at least one line, none empty."""

    lines: Lines
    document: Document
    taxonomy: Taxonomy
    habits: Habits

    @cached_property
    def article(self) -> Lines:
        """The lines behind the menu."""
        length = menu_length(self.lines)
        return self.lines if self._is_head(length) else self.lines[length:]

    def _is_head(self, length: int) -> bool:
        """Whether the lists a page opens with are a title and the day of it."""
        if not 1 < length <= _MOST_HEAD_LINES:
            return False
        listed = self.lines[1:length]
        told = [head_lines.read([line], self.taxonomy, self.habits.date_style) for line in listed]
        return None not in told and any(each.is_dated for each in told if each)


def menu_length(lines: Lines) -> int:
    """How many lines at the start are list items and their headings.

    A heading stands before an item, or behind a mark alone.
    """
    before: str | None = None
    item = bullet(lines[0]) if lines else None
    # Read one by one: what has no menu is known by its first lines.
    for at in range(len(lines)):
        below = bullet(lines[at + 1]) if at + 1 < len(lines) else None
        if item is None and before != "" and below is None:
            return at
        before, item = item, below
    return len(lines)
