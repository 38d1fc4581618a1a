"""The line over the text of a page that is most like its title, whatever it is printed in.

Knows what sites print their titles in without an element for them, and where running text begins.
Must never know what a page says of itself where no reader sees it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from feeds.draft import DateStyle
from feeds.parse import dates
from feeds.parse.html.outline import TEXT, UNSHOWN
from feeds.parse.html.tree import Node, attribute, find_all, names, one_line
from feeds.parse.prose import is_placeholder, prose, width
from feeds.parse.words import plain
from feeds.taxonomy.naming import fold

_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code del dfn em font i img ins kbd label mark nobr q s samp "
    "small span strike strong sub sup time tt u var wbr".split()
)
# What no reader sees, and what is no line over a text.
_PASSED_OVER = UNSHOWN.union("nav aside footer select option button textarea".split())
# How much like titles elements print what is in them.
_LEVELS = {
    "h1": 6, "h2": 5, "h3": 5, "h4": 3, "h5": 3, "h6": 3, "big": 3, "b": 2, "strong": 2,
    "center": 1, "th": 2, "small": -1, "li": -1, "label": -1, "figcaption": -1, "caption": -1,
}  # fmt: skip
_HEADING, _LARGE, _BOLD, _PLAIN, _SMALL = 5, 4, 2, 0, -1
_TIERS = (_BOLD, _LARGE - 1, _HEADING)
# What sites call it, in their languages.
_CALLED = re.compile(
    r"(?:^|[\s_-]|content|story|news|post|article|page|entry|item|art|main)"
    r"(?:title|heading|headline|head|subject|titulo|titolo|titre|titel|titul|tytul|naslov|"
    r"nadpis|nazev|nazov|zagolovok|zaglavie|otsikko|rubrik|overskrift|baslik|judul|pealkiri|kop|"
    r"ueberschrift|cim)(?:$|[\s_-])"
)
# What stands over a page until its reader sends it away.
OVERLAY = re.compile(r"(?:^|[\s_-])(?:modal|pop-?up|dialog|lightbox|overlay|cookie|consent)")
_LONGEST_DAY_CHARS = 40
_SIZE = re.compile(
    r"font(?:-size)?\s{0,3}:\s{0,3}(?:[a-z]{1,8}\s){0,3}([0-9]{1,3}(?:\.[0-9]{1,3})?)(px|pt|%|r?em)"
)
# A class and what the page's own style sheet says of it; old pages have no longer one.
_STYLED = re.compile(r"\.([\w-]{1,60})\s{0,3}\{([^{}]{1,400})\}")
_LONGEST_SHEET_CHARS = 10_000
_LARGE_SIZES = {"px": 18.0, "pt": 14.0, "%": 130.0, "em": 1.3, "rem": 1.3}
_LARGE_FONTS = frozenset({"5", "6", "7", "+2", "+3", "+4", "+5"})
_MIDDLE_FONTS = frozenset({"4", "+1"})
_SMALL_FONTS = frozenset({"1", "-1", "-2", "-3"})
# "News » Press releases".
_PATH = re.compile(r"\w\s{0,3}(?:>|»|›|&gt;|→|::)\s{0,3}\w")
# A line of so much is running text, a sentence or not.
_LEAST_OF_PROSE = 120
_MOST_BETWEEN_PARAGRAPHS = 4
_MOST_BETWEEN_PARTS = 20
# Teasers and notices may stand above the text, comments below it.
_LEAST_OF_LONGEST = 0.4
_MOST_LINES_ABOVE = 6
_MOST_WITH_LINKS = 20
# What may stand between a title and its day.
BETWEEN = " .,;:|·•–—-\u00a0\n\t"
_LONGEST_CHARS = 250
_MOST_LINES = 5_000


class _Style(NamedTuple):
    """How a text is printed; ``link`` is where it leads."""

    level: int = _PLAIN
    link: str = ""


class TitleLine(NamedTuple):
    """A line that may be a title, and how much it is printed like one."""

    text: str
    rank: tuple[bool, int, bool, int, int]

    @property
    def is_marked(self) -> bool:
        """Whether it is printed otherwise than running text."""
        return self.rank[1] > 0

    @property
    def is_great(self) -> bool:
        """Whether it is more than a name, and printed as headings or larger than the text."""
        return self.rank[0]

    @property
    def is_heading(self) -> bool:
        """Whether it is printed as great headings are."""
        return self.rank[1] == len(_TIERS)


class _Line(NamedTuple):
    text: str
    level: int
    link: str

    @property
    def is_prose(self) -> bool:
        is_long = width([self.text]) >= _LEAST_OF_PROSE or bool(prose([self.text]))
        return is_long and not self.link and self.level <= _BOLD


def over_the_text(
    body: Node,
    style: DateStyle,
    *,
    is_own: Callable[[str], bool],
    is_name: Callable[[str], bool],
    is_of_site: Callable[[str], bool],
) -> list[TitleLine]:
    """The lines that may be a title, the nearest to the text first.

    What links is none unless ``is_own`` says that its address is the page's; what ``is_name`` calls
    a mere name, only where nothing else is printed like it; what ``is_of_site`` knows, never.
    """
    lines = list(_lines(body, style, _sheet(body)))
    found: dict[str, TitleLine] = {}
    for nearness, line in enumerate(_above(lines, _start(lines))):
        if line.link and not is_own(line.link):
            continue
        if _is_title(line, style) and not is_of_site(line.text):
            # A title leads to its own page where it leads anywhere.
            level = max(line.level + 1, _LARGE) if line.link else line.level
            tier, is_more = sum(level >= least for least in _TIERS), not is_name(line.text)
            # A subtitle stands below a title, a rubric or the end of a menu above it.
            is_first = is_more and tier > 1
            rank = is_first, tier, is_more, level, nearness if tier and is_more else -nearness
            found.setdefault(line.text, TitleLine(line.text, rank))
    return list(found.values())


def is_day(text: str, style: DateStyle) -> bool:
    """Whether a text is a day, with that of the week or without."""
    is_short = len(text) <= _LONGEST_DAY_CHARS
    found = dates.mentions(text, style) if is_short and any(map(str.isdigit, text)) else ()
    rests = (fold(f"{text[: day.start]} {text[day.end :]}").strip(" .,") for day in found)
    return any(not rest or rest in plain("days") for rest in rests)


def _is_title(line: _Line, style: DateStyle) -> bool:
    """Whether a line may be a title by what it says: no sentence of the text, no day, no label."""
    is_plain = line.level <= _BOLD
    if line.level <= _SMALL or line.text.endswith(":") or (is_plain and prose([line.text])):
        return False
    if is_plain and _PATH.search(line.text):
        return False
    if 2 * sum(map(str.isalpha, line.text)) < len(line.text.replace(" ", "")):
        return False
    is_dated = is_plain and dates.mentions(line.text[:_LONGEST_CHARS], style)
    return not is_dated and not is_day(line.text, style)


def _above(lines: Sequence[_Line], start: int) -> Iterator[_Line]:
    """The lines over the text, nearest first, up to other text."""
    left = _MOST_LINES_ABOVE
    for line in reversed(lines[max(0, start - _MOST_WITH_LINKS) : start]):
        if line.is_prose or not left:
            return
        if len(line.text) <= _LONGEST_CHARS and any(map(str.isalpha, line.text)):
            left -= not line.link
            yield line


def _start(lines: Sequence[_Line]) -> int:
    """Where the text begins: the first paragraph of the longest run of those that follow each
    other, or of one not much shorter that stands before it.
    """
    runs: list[list[int]] = []
    last = None
    for at, line in enumerate(lines):
        if line.is_prose:
            if last is None or at - last > _MOST_BETWEEN_PARAGRAPHS:
                runs.append([at, 0, at])
            runs[-1][1] += width([line.text])
            runs[-1][2] = last = at
    if not runs:
        return 0
    longest = max(runs, key=lambda run: run[1])
    start = longest[0]
    # Consent and copyright are asked for far above it.
    for first, length, end in reversed(runs[: runs.index(longest)]):
        if start - end <= _MOST_BETWEEN_PARTS and length >= _LEAST_OF_LONGEST * longest[1]:
            start = first
    return start


def _sheet(body: Node) -> dict[str, int]:
    """How much like titles the page's own style sheet prints what has a class."""
    sheets = find_all(body.parent, "head style") if body.parent is not None else []
    text = " ".join(each.text() for each in sheets)[:_LONGEST_SHEET_CHARS].casefold()
    levels = ((found[1], _of_style(found[2], None)) for found in _STYLED.finditer(text))
    return {name: level for name, level in levels if level is not None}


def _lines(body: Node, dates_as: DateStyle, sheet: Mapping[str, int]) -> Iterator[_Line]:
    """The lines of a page as it prints them."""
    texts: list[tuple[str, _Style]] = []
    waiting: list[tuple[Node | None, _Style]] = [(body, _Style())]
    left = _MOST_LINES
    while waiting and left:
        node, style = waiting.pop()
        tag = node.tag or "" if node is not None else ""
        if tag == TEXT and node is not None:
            texts.append((node.text_content or "", style))
            continue
        if tag == "br" and style.level >= _HEADING:
            # Headings are one line, however they are broken.
            texts.append((" ", style))
            continue
        if tag not in _INLINE and texts:
            if line := _line(texts, dates_as):
                left -= 1
                yield line
            texts = []
        if node is None or not node.is_element_node or tag in _PASSED_OVER:
            continue
        if tag == "div" and OVERLAY.search(names(node)):
            continue
        if tag not in _INLINE:
            waiting.append((None, style))
        inner = _printed(node, tag, style, sheet)
        held = list(node.iter(include_text=True, skip_empty=True))
        waiting += [(each, inner) for each in reversed(held)]


def _line(texts: Sequence[tuple[str, _Style]], style: DateStyle) -> _Line | None:
    """What some texts say on one line, printed as most of it is.

    A day printed otherwise than a title beside it is no part of the line.
    """
    if any(each.level > _BOLD for _, each in texts):
        texts = [text for text in texts if not dates.whole_day(text[0].strip(BETWEEN), style)]
    text = one_line("".join(said for said, _ in texts))
    if not text:
        return None
    longest = max(texts, key=lambda each: len(each[0].strip()))[1]
    linked = sum(len(said.strip()) for said, style in texts if style.link)
    others = len({style.link for _, style in texts if style.link}) > 1
    link = next((style.link for _, style in texts if style.link), "")
    is_link = 2 * linked >= len(text) or others
    return _Line(text, longest.level, link if is_link else "")


def _printed(node: Node, tag: str, style: _Style, sheet: Mapping[str, int]) -> _Style:
    """How an element prints what is in it."""
    level = _LEVELS.get(tag)
    known = node.attributes
    if tag == "font":
        level = _of_font(attribute(node, "size"))
    if "style" in known:
        level = _of_style(attribute(node, "style").casefold(), level)
    if ("class" in known or "id" in known) and _CALLED.search(names(node)):
        level = max(level or _PLAIN, _LARGE)
    if sheet and "class" in known:
        called = attribute(node, "class").casefold().split()
        level = max((level, *(sheet.get(name) for name in called)), key=lambda each: each or _PLAIN)
    link = attribute(node, "href") if tag == "a" else ""
    link = "" if is_placeholder(link) else link
    if level is None:
        level = style.level
    elif level > _SMALL:
        level = max(level, style.level)
    return _Style(level, link or style.link)


def _of_font(size: str) -> int | None:
    if size in _LARGE_FONTS:
        return _LARGE
    if size in _MIDDLE_FONTS:
        return _LARGE - 1
    return _SMALL if size in _SMALL_FONTS else None


def _of_style(style: str, level: int | None) -> int | None:
    found = _SIZE.search(style)
    if found is not None and float(found[1]) >= _LARGE_SIZES[found[2]]:
        return _LARGE
    if "font-weight" in style and ("bold" in style or "700" in style):
        return max(level or _PLAIN, _BOLD)
    return level
