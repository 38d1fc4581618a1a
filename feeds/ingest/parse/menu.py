"""The navigation menu a page's text may open with.

Knows a menu by its lists, never by its words or its length: each version of a site has another.
Must never know what follows it.
"""

from feeds.ingest.parse.lines import Lines, bullet


def length(lines: Lines) -> int:
    """How many lines at the start are list items and their headings.

    A heading stands before an item, or behind a mark alone.
    """
    items = [bullet(line) for line in lines]
    around = zip([None, *items], items, [*items[1:], None], strict=False)
    for at, (before, item, after) in enumerate(around):
        if item is None and before != "" and after is None:
            return at
    return len(lines)


def end_of_lists(lines: Lines) -> int:
    """The index behind the last list item, 0 without one."""
    return next((at + 1 for at in reversed(range(len(lines))) if bullet(lines[at]) is not None), 0)
