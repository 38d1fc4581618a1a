"""The navigation menu a page's text may open with.

Knows a menu by its lists, never by its words or its length: each version of a site has another.
Must never know what follows it.
"""

from feeds.parse.bytes import Lines, bullet


def length(lines: Lines) -> int:
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


def end_of_lists(lines: Lines) -> int:
    """The index behind the last list item, 0 without one."""
    return next((at + 1 for at in reversed(range(len(lines))) if bullet(lines[at]) is not None), 0)
