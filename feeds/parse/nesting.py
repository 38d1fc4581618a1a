"""What markup would cost a parser, told before one sees it.

Knows how tags nest, in one linear pass. Must never know what they mean.
"""

import re
from collections.abc import Iterable
from itertools import accumulate
from operator import sub

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
# White space within a tag, and no other (HTML 13.2.5.6).
_SPACE = r" \t\n\f\r"
# An attribute as tokenizers tell it (HTML 13.2.5.32 to 39): a quote that does not follow "=" is a
# letter like any other, and a slash ends a name as a space does.
_NAME = rf"[{_SPACE}/]*+[^{_SPACE}/>][^{_SPACE}/>=]*+"
_IS = rf"[{_SPACE}]*+=[{_SPACE}]*+"
_ATTRIBUTE = re.compile(
    rf"""{_NAME}(?>(?:{_IS}(?>(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|"""
    rf"""[^{_SPACE}>"'][^{_SPACE}>]*+)?))?)"""
)
# More attributes than are allowed; to remember where each began takes a hundred bytes.
_MORE = f"{{0,{2 * _MOST_ATTRIBUTES}}}"
_WHOLE_TAG = re.compile(rf"<[a-zA-Z][^{_SPACE}/>]*+(?>(?:{_ATTRIBUTE.pattern}){_MORE})")
# Every tag but those with few attributes and no "<" or ">" in them, which are nearly all.
_ODD_TAG = re.compile(
    rf"<[a-zA-Z](?![^{_SPACE}/<>]*+(?>(?:[{_SPACE}/]*+[^{_SPACE}/<>=]++"
    rf"""(?>(?:{_IS}(?:"[^"<>]*+"|'[^'<>]*+'|[^{_SPACE}<>"'][^{_SPACE}<>]*+))?))"""
    rf"{{0,{_FEW_ATTRIBUTES}}})[{_SPACE}/]*+>)"
)
# A comment, a text that no tags stand in, or a tag: whether it ends an element, its name, and
# whether it ends itself. Each matches to the end of the text at the latest, so that no part is
# looked at twice; a tag that ended before would show what it quotes as tags.
_TOKEN = re.compile(
    r"<(?:!--(?s:.*?)(?=-->|\Z)"
    r"|(script|style|textarea|title)\b(?s:.*?)(?:</\1|\Z)"
    r"""|(/?)([a-z][a-z0-9]*)(?>(?:[^>"']++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*)((?<=/)>)?)""",
    re.IGNORECASE,
)
# What never holds anything, and what the next of its kind closes.
_FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr p option "
    "tr td th thead tbody tfoot colgroup dt dd rt rp html head body".split()
)
# <a> and <nobr> are not among them: a second one closes the first.
_NAMES = rf"[bcefistuBCEFISTU](?i:ig|ode|m|ont|mall|trike|trong|t)?[{_SPACE}/>]"
_OPENED = re.compile(f"<{_NAMES}")
_FORMATTING = re.compile(f"<(/?){_NAMES}")
# The slips of real pages; what leaves more unclosed is made to grow.
_FEW_UNCLOSED = 20


def harm(markup: str) -> str | None:
    """Why markup would take a parser for ever, as evidence; None where it would not."""
    # At least as many as open elements, counted more quickly than those are found.
    tags = markup.count("<")
    if tags <= _FEW_TAGS or tags - markup.count("</") <= _FEW_TAGS:
        return _crowded(markup) or _reopened(markup)
    opened = len(_START.findall(markup))
    if opened > _MOST_ELEMENTS:
        return f"it holds {opened} elements"
    return _crowded(markup) or (_deep(markup) if opened > _FEW_TAGS else None) or _reopened(markup)


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


def _deep(markup: str) -> str | None:
    depth = _highest(
        -1 if is_end else not is_both
        for _, is_end, name, is_both in _TOKEN.findall(markup)
        if name and name.lower() not in _FLAT
    )
    return f"its elements are nested {depth} deep" if depth > _DEEPEST else None


def _reopened(markup: str) -> str | None:
    if len(_OPENED.findall(markup)) <= _FEW_UNCLOSED:
        return None
    unclosed = _highest(-1 if is_end else 1 for is_end in _FORMATTING.findall(markup))
    if unclosed <= _FEW_UNCLOSED:
        return None
    opened = len(_START.findall(markup))
    if unclosed * opened <= _MOST_REOPENED:
        return None
    return f"{unclosed} unclosed elements would be opened again in {opened} others"


def _highest(steps: Iterable[int]) -> int:
    """The most that steps up and down come to above the lowest point before."""
    heights = list(accumulate(steps))
    return max(map(sub, heights, accumulate(heights, min, initial=0)), default=0)
