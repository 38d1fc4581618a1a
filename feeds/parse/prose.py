"""Which of some lines are prose: sentences, in any script.

Knows how a sentence ends and how long one is. Must never know what a page is about, or where in it
its lines stand.
"""

import re
import unicodedata
from collections.abc import Iterable

from feeds.parse.bytes import Lines

_SHORTEST_WIDTH = 60
_FEWEST_SPACES = 9
# Chinese and Japanese write no blanks between words, and with each character twice as much.
_FEWEST_WIDE_CHARS = 20
_WIDE = frozenset("WF")
# "Our work in the region" is a name.
_FEWEST_SPACES_OF_A_HEADLINE = 5
_FEWEST_WIDE_OF_A_HEADLINE = 14
# The full stops of Chinese, Hindi, Urdu and Armenian among them.
_ENDS = tuple(".!?…:;\"'”»)’“。！？」।۔։")
_BETWEEN_SENTENCES = re.compile(r"(?:[^\W\d]{2}|[0-9]{4})[.!?…][\"”»’)]*\s\S")


def prose(lines: Lines) -> list[str]:
    """The lines that are sentences: paragraphs, not headings, links or list items."""
    return [line for line in lines if line.endswith(_ENDS) and _is_long(line)]


def has_sentences(paragraph: str) -> bool:
    """Whether a paragraph holds more than one sentence."""
    return _BETWEEN_SENTENCES.search(paragraph) is not None


def is_headline(title: str) -> bool:
    """Whether a title tells something, as those of news do, and is not only a name."""
    is_wide = _wide(title) >= _FEWEST_WIDE_OF_A_HEADLINE
    return is_wide or title.count(" ") >= _FEWEST_SPACES_OF_A_HEADLINE


def width(lines: Iterable[str]) -> int:
    """How much some lines say, in letters of an alphabet: a wide character stands for two."""
    return sum(len(line) + _wide(line) for line in lines)


def _is_long(line: str) -> bool:
    wide = _wide(line)
    is_spaced = line.count(" ") >= _FEWEST_SPACES or wide >= _FEWEST_WIDE_CHARS
    return is_spaced and len(line) + wide >= _SHORTEST_WIDTH


def _wide(line: str) -> int:
    if line.isascii():
        return 0
    return sum(unicodedata.east_asian_width(char) in _WIDE for char in line)
