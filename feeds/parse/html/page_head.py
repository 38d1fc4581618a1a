"""Lines of a page's article that are no text of it: its day and author, its kind, its buttons.

Knows what stands between a title and the first paragraph, and how bars of buttons look. Must never
know which element of a page holds its text.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import cache
from itertools import groupby

from feeds.draft import DateStyle
from feeds.parse import dateline, dates
from feeds.parse.prose import letters, prose
from feeds.parse.sanitise import Block
from feeds.parse.text.clean import AROUND_NOISE
from feeds.parse.words import any_of, plain
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_ENDS_A_SENTENCE = (
    ".",
    "!",
    "?",
    "…",
    ":",
    ";",
    "。",
    "！",
    "？",
    "।",
    "։",
    "؟",
    "۔",
    "”",
    "»",
    "“",
)
_CLOSING = " \u200f\"'’”»)]」』"
# Lines with a date, an author or a kind; a paragraph is longer or ends in a full stop.
_LONGEST_HEAD_CHARS = 80
_MOST_HEAD_BLOCKS = 8
# The first may be a subtitle.
_PARAGRAPHS_BEHIND_HEAD = 2
_MOST_WORDS_BY_A_DATE = 8
_LONGEST_DAY_CHARS = 40
# The same with its author, its agency and a button or two.
_LONGEST_LINE_OF_A_DAY = 140
_LONGEST_BUTTON_CHARS = 40
# "3 June 2002 року", "3. juni 2002. godine".
_LONGEST_WORD_FOR_YEAR = 6
_DEFINING = frozenset({"dt", "dd"})


def no_text(
    found: Sequence[Block],
    start: int,
    used: Collection[int],
    days: Collection[date],
    *,
    taxonomy: Taxonomy,
    style: DateStyle,
) -> set[int]:
    """The places of blocks from ``start`` on that are lines of the head or bars of buttons.

    A line that says one of the ``days`` when its page was issued and changed is of the head, and a
    list of definitions with a label that was ``used`` or a date among them holds no text.
    """
    head = [at for at in range(start, _end_of_head(found, start)) if at not in used]
    places = {at for at in head if _is_head(found[at], taxonomy, days, style)}
    places |= set(_lists(found, style))
    if any(found[at].tag in _DEFINING for at in places.union(used)):
        places |= {at for at in head if found[at].tag in _DEFINING}
    return places | {at for at, block in enumerate(found) if _tells_a_day(block.line, style)}


def is_sentence(line: str) -> bool:
    """Whether a line ends as sentences do."""
    return line.rstrip(_CLOSING).endswith(_ENDS_A_SENTENCE)


def _end_of_head(found: Sequence[Block], start: int) -> int:
    """Where no line of a head can stand any more: some lines on, or behind two paragraphs."""
    paragraphs = 0
    for at in range(start, min(len(found), start + _MOST_HEAD_BLOCKS)):
        paragraphs += len(found[at].line) > _LONGEST_HEAD_CHARS
        if paragraphs == _PARAGRAPHS_BEHIND_HEAD:
            return at
    return min(len(found), start + _MOST_HEAD_BLOCKS)


@cache
def _numbered() -> re.Pattern[str]:
    """The number of a release at the end of its kind: "Spot report No. 4/2017"."""
    before = rf"{any_of('before_number', str)}\s?"
    return re.compile(rf"\s(?:{before})?[0-9]{{1,4}}(?:[/-][0-9]{{2,4}})?$", re.IGNORECASE)


def _is_head(block: Block, taxonomy: Taxonomy, days: Collection[date], style: DateStyle) -> bool:
    """Whether a line belongs to the head of a page: its kind, its day, who wrote it, and, beside
    its day, what else one may do with it.
    """
    line = block.line
    if letters(line) > _LONGEST_LINE_OF_A_DAY:
        return False
    if tells_its_day(block, days, style):
        return True
    if len(line) > _LONGEST_HEAD_CHARS:
        return False
    if taxonomy.kind_label(_numbered().sub("", line)) or taxonomy.is_newsroom(line):
        return True
    found = dates.mentions(line, style)
    if len(found) != 1 or len(line.split()) > _MOST_WORDS_BY_A_DATE:
        return False
    behind = line[found[0].end :]
    is_alone = len(behind.strip(" .,|·–-")) <= _LONGEST_WORD_FOR_YEAR
    return (is_alone and not block.tag.startswith("h") and dateline.find(line, style) is None) or (
        dateline.line(line, style) is not None
    )


def tells_its_day(block: Block, days: Collection[date], style: DateStyle) -> bool:
    """Whether a line of a head or an end says when its page was issued or changed, among other
    things: who wrote it, and what else one may do with it.
    """
    line = block.line
    if block.tag in HEADINGS or letters(line) > _LONGEST_LINE_OF_A_DAY or is_sentence(line):
        return False
    return any(mention.day in days for mention in dates.mentions(line, style))


@cache
def _label_of_a_day() -> re.Pattern[str]:
    """What is printed in front of a day of issue or of change."""
    return re.compile(rf"(?:{any_of('published')}|{any_of('updated')})\s?[:|]?(?:$|\s)")


def _tells_a_day(line: str, style: DateStyle) -> bool:
    """Whether a line is a label and its day, wherever on a page: "Last updated 5 May 2024"."""
    if len(line) > _LONGEST_HEAD_CHARS:
        return False
    label = _label_of_a_day().match(fold(line))
    if label is None:
        return False
    return label.end() >= len(fold(line)) or bool(dates.mentions(line, style))


def _lists(found: Sequence[Block], style: DateStyle) -> Iterator[int]:
    """The places of lists that are no text: of buttons, and of definitions without sentences that
    tell a day, such as who published a page, and when.
    """
    tags = ("dd" if block.tag in _DEFINING else block.tag for block in found)
    for tag, run in groupby(enumerate(tags), lambda each: each[1]):
        if tag not in {"dd", "li"}:
            continue
        places = [at for at, _ in run]
        lines = [found[at].line for at in places]
        if _are_buttons(lines) if tag == "li" else _tell_a_day(lines, style):
            yield from places


def _are_buttons(lines: Sequence[str]) -> bool:
    """Whether short lines are buttons: half of them at least have the words of one."""
    words = plain("noise", str)
    buttons = [line for line in lines if line.lower().strip(AROUND_NOISE) in words]
    return max(map(len, lines)) <= _LONGEST_BUTTON_CHARS and 2 * len(buttons) >= len(lines)


def _tell_a_day(lines: Sequence[str], style: DateStyle) -> bool:
    return not prose(lines) and any(
        len(line) <= _LONGEST_DAY_CHARS and dates.mentions(line, style) for line in lines
    )
