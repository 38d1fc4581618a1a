"""What markup would cost a parser, told before one sees it.

Knows how tags nest, in one linear pass. Must never know what they mean.
"""

import re
from collections.abc import Iterable
from itertools import accumulate

# Tree builders look at every open element when some tag opens: their time is elements x depth.
# Real pages stay below 100 levels; parsing this many takes milliseconds.
_DEEPEST = 500
# Even if the pass below is deceived about the depth, so many elements take about a second.
_MOST_ELEMENTS = 30_000
# An unclosed <b> is opened again in every paragraph that follows (HTML 13.2.4.3): what is written
# once may be built so many times.
_MOST_REOPENED = 200_000
# So few elements are parsed in milliseconds however they are nested.
_FEW_TAGS = 1_500
# Each attribute is compared to all others of its tag.
_MOST_ATTRIBUTES = 5_000
# Real tags have fewer; a tag that is shorter than this cannot hold too many.
_FEW_ATTRIBUTES = 100
_LONG_TAG_CHARS = 2 * _MOST_ATTRIBUTES
# All attributes that fit in so little markup are compared within a third of a second.
_SHORT_MARKUP_CHARS = 60_000
# How often the characters of markup may be looked at again for tags that stand within tags.
_MOST_LOOKS = 8

# Elements, and comments, which cost as much.
_START = re.compile("<[a-zA-Z!?]")
# An attribute as tokenizers tell it (HTML 13.2.5.32 to 39): a quote that does not follow "=" is a
# letter like any other, and a slash ends a name as a space does.
_NAME = r"[\s/]*+[^\s/>][^\s/>=]*+"
_ATTRIBUTE = re.compile(
    rf"""{_NAME}(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?+)?+"""
)
_WHOLE_TAG = re.compile(rf"<[a-zA-Z][^\s/>]*+(?:{_ATTRIBUTE.pattern})*+")
# Every tag but those with few attributes and no "<" or ">" in them, which are nearly all.
_ODD_TAG = re.compile(
    r"<[a-zA-Z](?![^\s/<>]*+"
    r"""(?:[\s/]*+[^\s/<>=][^\s/<>=]*+(?:\s*+=\s*+(?:"[^"<>]*+"|'[^'<>]*+'|[^\s<>"'][^\s<>]*+))?+)"""
    rf"{{0,{_FEW_ATTRIBUTES}}}+[\s/]*+>)"
)
# Every alternative matches to the end of the text at the latest, so no part is looked at twice.
_TOKEN = re.compile(
    r"<(?:!--.*?(?:-->|\Z)|(?:(script|style|textarea|title)\b.*?(?:</\1|\Z))"
    r"""|(/?)([a-z][a-z0-9]*)((?:[^>"']|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+))""",
    re.DOTALL | re.IGNORECASE,
)
# What never holds anything, and what the next of its kind closes.
_FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr p option "
    "tr td th thead tbody tfoot colgroup dt dd rt rp html head body".split()
)
# <a> and <nobr> are not among them: a second one closes the first.
_NAMES = r"[bcefistuBCEFISTU](?:[\s/>]|(?i:ig|ode|m|ont|mall|trike|trong|t)[\s/>])"
_OPENED = re.compile(f"<{_NAMES}")
_FORMATTING = re.compile(f"<(/?){_NAMES}")
# The slips of real pages; what leaves more unclosed is made to grow.
_FEW_UNCLOSED = 20


def harm(markup: str) -> str | None:
    """Why markup would take a parser for ever, as evidence; None where it would not."""
    # At least the elements that open, counted more quickly than they are found.
    opened = markup.count("<") - markup.count("</")
    if opened > _FEW_TAGS:
        opened = len(_START.findall(markup))
    if opened > _MOST_ELEMENTS:
        return f"it holds {opened} elements"
    return _crowded(markup) or _deep(markup, opened) or _reopened(markup, opened)


def _crowded(markup: str) -> str | None:
    """Whether one tag has too many attributes, wherever quotes make it seem to end."""
    if len(markup) <= _SHORT_MARKUP_CHARS:
        return None
    looks = _MOST_LOOKS * len(markup)
    for odd in _ODD_TAG.finditer(markup):
        tag = _WHOLE_TAG.match(markup, odd.start())
        chars = len(tag[0]) if tag else 0
        looks -= chars
        if looks < 0:
            return "its tags stand within tags"
        if chars > _LONG_TAG_CHARS:
            attributes = sum(1 for _ in _ATTRIBUTE.finditer(markup, odd.end(), odd.start() + chars))
            if attributes > _MOST_ATTRIBUTES:
                return f"one element has {attributes} attributes"
    return None


def _deep(markup: str, opened: int) -> str | None:
    if opened <= _FEW_TAGS:
        return None
    depth = _highest(
        -1 if slash else int(not rest.endswith("/"))
        for _, slash, name, rest in _TOKEN.findall(markup)
        if name and name.lower() not in _FLAT
    )
    return f"its elements are nested {depth} deep" if depth > _DEEPEST else None


def _reopened(markup: str, opened: int) -> str | None:
    if len(_OPENED.findall(markup)) <= _FEW_UNCLOSED:
        return None
    steps = [-1 if slash else 1 for slash in _FORMATTING.findall(markup)]
    unclosed = _highest(steps)
    if unclosed <= _FEW_UNCLOSED or unclosed * opened <= _MOST_REOPENED:
        return None
    return f"{unclosed} unclosed elements would be opened again in {opened} others"


def _highest(steps: Iterable[int]) -> int:
    return max(accumulate(steps, lambda depth, step: max(depth + step, 0)), default=0)
