"""What stands above the text of forms B and C: the newsroom's line, the kind, the title.

Knows the order of these lines. Must never know what the text below them says.
"""

from dataclasses import dataclass
from itertools import takewhile

from feeds.draft import DateStyle
from feeds.model import Label
from feeds.parse import dateline
from feeds.parse.bytes import Lines, bullet
from feeds.parse.text import clean, head_lines
from feeds.parse.text.head_lines import LineFacts, is_home, together
from feeds.parse.words import plain
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

# Behind its mark.
_FEWEST_TITLE_WORDS = 3


# Before a title stand a few lines, and below it a subtitle or two before the day.
_MOST_LINES_BEFORE = 10
_MOST_LINES_BELOW = 10
_MOST_SUBTITLES = 2
_FEWEST_SUBTITLE_SPACES = 3
_MOST_CRUMBS = 6
_MOST_CRUMB_SPACES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """``title``, what the lines around it told, and the lines ``below`` it; ``above`` and
    ``printed_below`` are all lines before and below it, ``has_skips`` tells that links for screen
    readers came first.
    """

    in_newsroom: bool
    has_skips: bool
    told: LineFacts
    title: str
    subtitle: Lines
    below: Lines
    printed_below: Lines
    above: Lines

    @property
    def kind(self) -> Label | None:
        return self.told.kind


def of_lines(lines: Lines, taxonomy: Taxonomy, style: DateStyle) -> Opening | None:
    """The opening of a part of a page, None for one without a title."""
    return behind_menu(lines, menu_length(lines), taxonomy, style)


def behind_menu(
    lines: Lines, menu_length: int, taxonomy: Taxonomy, style: DateStyle
) -> Opening | None:
    """The opening behind so many lines of a menu, None for lines without a title."""
    # A title may start like a list item; one entry alone is no menu.
    is_title = bullet(lines[0]) is not None and lines[0].count(" ") >= _FEWEST_TITLE_WORDS
    page = lines[0 if menu_length == 1 and is_title else menu_length :]
    skips = _leading_skips(page)
    newsroom = _newsroom_lines(page[skips:], taxonomy)
    page = page[skips + newsroom :]
    before = _before(page, taxonomy, style)
    above = page[: before.lines]
    page = page[before.lines :]
    if not page:
        return None
    below = page[_repeats(page) :]
    subtitle, after, rest = _below(below, taxonomy, style)
    return Opening(
        in_newsroom=newsroom > 0,
        has_skips=skips > 0 or _leading_skips(lines) > 0,
        told=together((before, after)),
        title=bullet(page[0]) or page[0],
        subtitle=subtitle,
        below=rest,
        printed_below=below,
        above=above,
    )


def _before(page: Lines, taxonomy: Taxonomy, style: DateStyle) -> LineFacts:
    """What stands before the title, as long as a title is left."""
    at = _crumbs(page, taxonomy)
    found = [LineFacts(lines=at)]
    while at < min(len(page) - 1, _MOST_LINES_BEFORE):
        told = head_lines.read(page[at : at + 2], taxonomy, style)
        if (told is None or told.is_unsure) and not _is_caption(page[at], taxonomy):
            break
        found.append(told or LineFacts())
        at += found[-1].lines
    if at < len(page) and at and _is_title(page[at], style):
        return together(found)
    # The line is a title after all: "Statement" above a text.
    kind = taxonomy.kind_label(page[0]) if len(page) > 1 else None
    return LineFacts(kind=kind, lines=1 if kind else 0)


def _is_caption(line: str, taxonomy: Taxonomy) -> bool:
    return ")" in line and clean.is_caption(line, taxonomy)


def _is_title(line: str, style: DateStyle) -> bool:
    return not line.endswith((".", ":")) and dateline.find(line, style) is None


def _crumbs(page: Lines, taxonomy: Taxonomy) -> int:
    """How many lines say where on a site the page is, one crumb a line, down to its kind."""
    if not page or not is_home(page[0]):
        return 0
    for at, line in enumerate(page[1:_MOST_CRUMBS], start=1):
        if taxonomy.kind_label(line):
            return at
        if line.count(" ") > _MOST_CRUMB_SPACES:
            return 0
    return 0


def _below(below: Lines, taxonomy: Taxonomy, style: DateStyle) -> tuple[Lines, LineFacts, Lines]:
    """Subtitle, what the lines below the title told, and the text behind them."""
    at, end = 0, 0
    found: list[LineFacts] = []
    others: list[str] = []
    while at < min(len(below), _MOST_LINES_BELOW) and len(others) <= _MOST_SUBTITLES:
        told = head_lines.read(below[at : at + 2], taxonomy, style)
        if told is None or told.is_dateline:
            if any(each.is_dated for each in found) or _ends(below[at], style):
                break
            others.append(below[at])
            at += 1
            continue
        at += told.lines
        # A kind far below the title is a heading.
        if told.is_dated or told.sender or not others or found:
            found.append(told)
            end = at
        else:
            others.append("")
    if not end:
        return (), LineFacts(lines=0), below
    subtitle = others[: max(0, end - sum(told.lines for told in found))]
    return [*filter(None, subtitle)], together(found), below[end:]


def _ends(line: str, style: DateStyle) -> bool:
    """Whether no line of a head can follow: a text began, or a label that nobody knows."""
    return (
        line.endswith(":")
        or line.count(" ") < _FEWEST_SUBTITLE_SPACES
        or dateline.find(line, style) is not None
    )


def _newsroom_lines(page: Lines, taxonomy: Taxonomy) -> int:
    return sum(1 for _ in takewhile(taxonomy.is_newsroom, page))


def _leading_skips(lines: Lines) -> int:
    for at, line in enumerate(lines):
        if len(line) > 40 or fold(bullet(line) or line) not in plain("skip"):
            return at
    return len(lines)


def _repeats(page: Lines) -> int:
    at = 1
    while at < len(page) and page[at] == page[0]:
        at += 1
    return at


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
