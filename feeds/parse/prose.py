"""Which of some lines are prose: sentences, in any script; and which say that there is nothing.

Knows how a sentence ends and how long one is. Must never know what a page is about, or where in it
its lines stand.
"""

import re
from collections.abc import Iterable

from config.values import wide
from feeds.parse.bytes import Lines

# What people and programs write where nothing was filled in, with brackets and dots of their own.
_PLACEHOLDER = re.compile(
    r"[\s<({\[.]{0,3}(?:n ?[./\\]? ?a\.?|none|null|nil|nan|undefined|unknown|"
    r"not? ?(?:available|applicable|set|link|url|id)|tb[acd]|\?{1,9}|#{1,9}|\*{1,9}|"
    r"[-_\u2010-\u2015]{1,9}|\.{3}|\u2026)[\s>)}\].]{0,3}+",
    re.IGNORECASE,
)
_LONGEST_PLACEHOLDER = 24
_SHORTEST_WIDTH = 60
_FEWEST_SPACES = 9
# Chinese and Japanese write no blanks between words.
_FEWEST_WIDE_CHARS = 20
# "Our work in the region" is a name.
_FEWEST_SPACES_OF_A_HEADLINE = 5
_FEWEST_WIDE_OF_A_HEADLINE = 14
# A wide sign says as much as so many letters do.
_LETTERS_OF_A_WIDE_SIGN = 3
# The full stops of Chinese, Hindi, Urdu and Armenian among them.
_ENDS = tuple(".!?…:;\"'”»)’“。！？」।۔։")
_BETWEEN_SENTENCES = re.compile(r"(?:[^\W\d]{2}|[0-9]{4})[.!?…][\"”»’)]*\s\S")


def prose(lines: Lines) -> list[str]:
    """The lines that are sentences: paragraphs, not headings, links or list items."""
    return [line for line in lines if ends_sentence(line) and _is_long(line)]


def ends_sentence(line: str) -> bool:
    """Whether a line ends as sentences do."""
    return line.endswith(_ENDS)


def has_sentences(paragraph: str) -> bool:
    """Whether a paragraph holds more than one sentence."""
    return _BETWEEN_SENTENCES.search(paragraph) is not None


def is_headline(title: str) -> bool:
    """Whether a title tells something, as those of news do, and is not only a name."""
    is_wide = wide(title) >= _FEWEST_WIDE_OF_A_HEADLINE
    return is_wide or title.count(" ") >= _FEWEST_SPACES_OF_A_HEADLINE


def width(lines: Iterable[str]) -> int:
    """How much some lines say, in letters of an alphabet."""
    return sum(map(letters, lines))


def letters(text: str) -> int:
    """How much a text says, in letters of an alphabet."""
    if text.isascii():
        return len(text)
    return len(text) + (_LETTERS_OF_A_WIDE_SIGN - 1) * wide(text)


def _is_long(line: str) -> bool:
    # Most that are long are so whichever signs they are written in.
    if line.count(" ") >= _FEWEST_SPACES and len(line) >= _SHORTEST_WIDTH:
        return True
    signs = wide(line)
    is_spaced = line.count(" ") >= _FEWEST_SPACES or signs >= _FEWEST_WIDE_CHARS
    return is_spaced and len(line) + (_LETTERS_OF_A_WIDE_SIGN - 1) * signs >= _SHORTEST_WIDTH


def is_placeholder(text: str) -> bool:
    """Whether ``text`` stands where an address or a name was to be: "N/A", "none", "#", "-", "TBD".

    It says that there is none, and whoever else has it says no more.
    """
    return len(text) < _LONGEST_PLACEHOLDER and _PLACEHOLDER.fullmatch(text) is not None
