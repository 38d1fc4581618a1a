"""Markup in the one way in which a sanitiser writes it: tags, paragraphs, what holds nothing.

Knows how a tag is written. Must never know what may be published, or what elements mean.
"""

import re
from collections.abc import Iterable
from html import escape

#: Those of a tag, in front of its ">".
ATTRIBUTES = r'(?>(?: [a-z-]+="[^"]*")*)'
#: A tag, whether it is an end ("/" or ""), and its name: lower case, attributes quoted, and nothing
#: else with "<".
CLEAN_TAG = re.compile(rf"(<(/?)([a-z][a-z0-9]*){ATTRIBUTES}>)")
#: What marks up a part of a line.
INLINE = frozenset(
    "a abbr b bdi br cite code del em i ins mark q rp rt ruby s small strong sub sup u".split()
)
_BLANK = r"(?>(?:\s|&nbsp;|<br>)*)"
# A cell without words keeps those beside it in their columns; a row of such cells holds nothing.
_CELL = rf"<(?P<cell>t[dh]){ATTRIBUTES}>{_BLANK}</(?P=cell)>"
_EMPTY = re.compile(
    rf"<(?!(?:t[dh]|[bh]r)\b)(?P<name>[a-z][a-z0-9]*){ATTRIBUTES}>"
    rf"(?P<blank>{_BLANK})(?:{_CELL}\s*)*</(?P=name)>"
)
_NOTHING = re.compile(r"(?>(?:\s|&nbsp;|<[bh]r>)*)")
# Elements within elements that a block was alone in.
_MOST_EMPTY_LEVELS = 12


def without_empty(markup: str) -> str:
    """The same markup without elements that hold nothing, nor those that held nothing else, and ""
    where nothing is left but blanks and lines; the blanks within a line stay.
    """
    for _ in range(_MOST_EMPTY_LEVELS):
        less = _EMPTY.sub(lambda gone: gone["blank"] if gone["name"] in INLINE else "", markup)
        if less == markup:
            break
        markup = less
    return "" if _NOTHING.fullmatch(markup) else markup.strip()


def in_paragraphs(lines: Iterable[str]) -> str:
    """The same of lines of plain text, each a paragraph."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)
