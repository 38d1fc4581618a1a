"""Kind, title and subtitle: the lines between a page's menu and its first label.

Knows the order of these lines and how to tell which are missing. Must never know what stands
below the labels, but for how it begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from feeds.model import Label, TopicKind
from feeds.parse.bytes import Lines, bullet
from feeds.parse.text.menu import end_of_lists
from feeds.taxonomy import Taxonomy

# Three lines, and a few that some version of the menu left behind.
_MOST_LINES = 6
# A kind is a short name ("Spot report"), never a sentence.
_LONGEST_KIND_CHARS = 40
_MOST_KIND_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above the labels; ``title`` is empty where the page has none."""

    kind: Label | None
    title: str
    subtitle: str


def read(above: Lines, opening: Sequence[str], taxonomy: Taxonomy) -> Head | None:
    """The head in the lines above the first label, None where they are no head.

    ``opening`` are the first paragraphs of the body: the one line above that they repeat is the
    subtitle, whatever stands before it.
    """
    if printed := _bulleted(above, opening, taxonomy):
        return printed
    lines = above[end_of_lists(above) :]
    nearest = _without_repeats(lines[-_MOST_LINES:])
    kinds = [(at, kind) for at, line in enumerate(nearest) if (kind := taxonomy.kind_label(line))]
    if kinds:
        at, kind = kinds[0]
        return _head(kind, nearest[at + 1 :], 1)
    subtitle_at = _repeated_in(opening, nearest) or _usual_place(nearest)
    if subtitle_at is None:
        return None
    return _head(_unknown_kind(nearest[: subtitle_at - 1]), nearest, subtitle_at)


def _bulleted(above: Lines, opening: Sequence[str], taxonomy: Taxonomy) -> Head | None:
    """The head whose title starts like a list item: "- 15 officers trained".

    Only a known kind right above it, and a subtitle that the body repeats, tell it from a menu.
    """
    nearest = [*above[-3:]]
    if len(nearest) < 3 or not (title := bullet(nearest[1])):
        return None
    kind = taxonomy.kind_label(nearest[0])
    if kind is None or not any(repeats(paragraph, nearest[2]) for paragraph in opening):
        return None
    return Head(kind=kind, title=title, subtitle=nearest[2])


def repeats(paragraph: str, line: str) -> bool:
    """Whether a paragraph says a line again: alone, behind a dateline, or before more text."""
    return paragraph.startswith(line) or paragraph.endswith(line)


def _head(kind: Label | None, lines: Lines, subtitle_at: int) -> Head:
    title = lines[subtitle_at - 1] if lines else ""
    return Head(kind=kind, title=title, subtitle=" ".join(lines[subtitle_at:]))


def _without_repeats(lines: Lines) -> Lines:
    # A title may stand twice; a kind that is its item's title too ("Weekly report") stays.
    return [*lines[:1], *(line for line, _ in groupby(lines[1:]))]


def _repeated_in(opening: Sequence[str], lines: Lines) -> int | None:
    places = (
        at
        for at in range(len(lines) - 1, 0, -1)
        if any(repeats(paragraph, lines[at]) for paragraph in opening)
    )
    return next(places, None)


def _usual_place(lines: Lines) -> int | None:
    """Where the subtitle would stand if the lines were kind, title and subtitle."""
    match len(lines):
        case 2 if lines[1].endswith(".") or not _is_short(lines[0]):
            return 1
        case 0 | 1 | 2 as count:
            return count
        case 3:
            return 2
        case _:
            return None


def _unknown_kind(lines: Lines) -> Label | None:
    if not lines or not _is_short(lines[-1]):
        return None
    return Label(kind=TopicKind.TYPE, text=lines[-1], slug=None)


def _is_short(line: str) -> bool:
    return (
        len(line) <= _LONGEST_KIND_CHARS
        and len(line.split()) <= _MOST_KIND_WORDS
        and line[-1].isalnum()
    )
