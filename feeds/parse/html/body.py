"""The text of an article: its paragraphs, the same as markup, and the subtitle above them.

Knows what a page puts between its title and its first paragraph. Must never know metadata other
than the text they hold, or who issued it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from feeds.draft import DateOrder, Habits
from feeds.parse import dateline, dates
from feeds.parse.html import content, extractor, printed
from feeds.parse.html.tree import Tree, one_line
from feeds.parse.sanitise import Block, blocks, without
from feeds.parse.text import clean
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

# Lines with a date, an author or a kind; a paragraph is longer or ends in a full stop.
_LONGEST_HEAD_CHARS = 80
_MOST_HEAD_BLOCKS = 8
_MOST_WORDS_BY_A_DATE = 8
# "3 June 2002 року", "3. juni 2002. godine".
_LONGEST_WORD_FOR_YEAR = 6
# "Press release 107", "Spot report No. 4/2017".
_NUMBER = re.compile(r"\s(?:(?:no|nr)\.?\s?|№\s?)?[0-9]{1,4}(?:[/-][0-9]{2,4})?$", re.IGNORECASE)
_FEWEST_CHARS_OF_A_TEXT = 140
_DEFINING = frozenset({"dt", "dd"})
# How much of an extractor's text must be found again in the page to take the page's own markup.
_FOUND_AGAIN = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page without its furniture: sanitised ``whole``, its blocks, the labels among them."""

    title: str
    base: str | None
    said_body: str
    whole: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """An article's text; ``subtitle`` is "" where none stands between title and labels."""

    paragraphs: tuple[str, ...]
    markup: str
    subtitle: str


def read(tree: Tree, page: Page, taxonomy: Taxonomy, habits: Habits) -> Body:
    """The text by the source's selector, the page's own marks, its metadata, an extractor."""
    markup = content.text_of(tree, habits.selectors.page_text, page.base)
    if markup is None:
        markup = content.dense_in(tree, page.base) or _found(tree, page)
    found = blocks(markup)
    used = printed.read(found, taxonomy).used
    start = _start(found, page.title)
    start, subtitle = _behind_labels(found, start, used)
    head = [
        at for at in range(start, len(found)) if at < start + _MOST_HEAD_BLOCKS and at not in used
    ]
    skipped = {at for at in head if is_head(found[at], taxonomy, habits.date_order)}
    # A list of definitions with labels or a date among them holds no text.
    if any(found[at].tag in _DEFINING for at in skipped | used):
        skipped |= {at for at in head if found[at].tag in _DEFINING}
    kept = [
        block
        for at, block in enumerate(found)
        if at >= start and at not in used and at not in skipped
    ]
    paragraphs = clean.paragraphs([block.line for block in kept], page.title, taxonomy)
    return Body(
        paragraphs=paragraphs,
        markup=without(markup, _dropped(found, kept, paragraphs)),
        subtitle=subtitle,
    )


def is_head(block: Block, taxonomy: Taxonomy, order: DateOrder | None) -> bool:
    """Whether a line belongs to the head of a page: its kind, its day, who wrote it."""
    line = block.line
    if len(line) > _LONGEST_HEAD_CHARS:
        return False
    if taxonomy.kind_label(_NUMBER.sub("", line)) or taxonomy.is_newsroom(line):
        return True
    found = dates.mentions(line, order)
    if len(found) != 1 or len(line.split()) > _MOST_WORDS_BY_A_DATE:
        return False
    is_alone = len(line[found[0].end :].strip(" .")) <= _LONGEST_WORD_FOR_YEAR
    return (is_alone and not block.tag.startswith("h") and dateline.find(line, order) is None) or (
        dateline.line(line, order) is not None
    )


def same(one: str, other: str) -> bool:
    """Whether two lines say the same."""
    return fold(one) == fold(other)


def _found(tree: Tree, page: Page) -> str:
    """The article in a page that does not mark it."""
    texts = [text for line in page.said_body.splitlines() if (text := one_line(line))]
    if sum(map(len, texts)) < _FEWEST_CHARS_OF_A_TEXT:
        texts = list(extractor.lines_of(tree))
    length = sum(map(len, texts))
    if not length:
        return page.whole
    chosen = content.matching(page.blocks, texts)
    if sum(len(block.text) for block in chosen) < _FOUND_AGAIN * length:
        return "".join(f"<p>{escape(text, quote=False)}</p>" for text in texts)
    starts = {block.start for block in chosen}
    return without(page.whole, [block for block in page.blocks if block.start not in starts])


def _start(found: Sequence[Block], title: str) -> int:
    """The place behind the title, where it stands within the text."""
    places = (at for at, block in enumerate(found) if same(block.line, title))
    return next(places, -1) + 1


def _behind_labels(found: Sequence[Block], start: int, used: frozenset[int]) -> tuple[int, str]:
    """Where the text starts, and the subtitle, if labels stand between the two."""
    first = min((at for at in used if at >= start), default=None)
    if first is None:
        return start, ""
    end = first
    while end in used:
        end += 1
    above = found[start:first]
    if sum(len(block.text) for block in found[end:]) < sum(len(block.text) for block in above):
        return start, ""
    return end, " ".join(
        block.line for block in above if len(block.line) > _LONGEST_HEAD_CHARS // 4
    )


def _dropped(
    found: Sequence[Block], kept: Sequence[Block], paragraphs: Sequence[str]
) -> list[Block]:
    """The blocks that are no paragraph; where a paragraph comes twice, all but one."""
    places = {block.start for block in kept}
    waiting = list(paragraphs)
    dropped = []
    for block in found:
        if block.start in places and waiting and block.line.endswith(waiting[0]):
            del waiting[0]
        else:
            dropped.append(block)
    return dropped
