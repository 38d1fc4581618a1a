"""A page as text: its lines, the menu it may open with, and what else is known of it.

Knows a menu by its lists, never by its words or its length: each version of a site has another.
Must never know any one form.
"""

from dataclasses import dataclass
from functools import cached_property

from feeds.draft import Document, Habits
from feeds.parse.bytes import Lines
from feeds.parse.text import head_lines, opening
from feeds.parse.text.opening import Opening
from feeds.taxonomy import Taxonomy

_MOST_HEAD_LINES = 6


# Without slots: what several forms ask for is looked for once, and only where one asks.
@dataclass(frozen=True, kw_only=True)
class TextPage:
    """One page: at least one line, none empty."""

    lines: Lines
    document: Document
    taxonomy: Taxonomy
    habits: Habits

    @cached_property
    def top(self) -> Opening | None:
        """What stands above its text; None where it has no title."""
        menu_length = len(self.lines) - len(self.article)
        style = self.habits.date_style
        return opening.behind_menu(self.lines, menu_length, self.taxonomy, style)

    @cached_property
    def article(self) -> Lines:
        """The lines behind the menu."""
        length = opening.menu_length(self.lines)
        return self.lines if self._is_head(length) else self.lines[length:]

    def _is_head(self, length: int) -> bool:
        """Whether the lists a page opens with are a title and the day of it."""
        if not 1 < length <= _MOST_HEAD_LINES:
            return False
        listed = self.lines[1:length]
        told = [head_lines.read([line], self.taxonomy, self.habits.date_style) for line in listed]
        return None not in told and any(each.is_dated for each in told if each)
