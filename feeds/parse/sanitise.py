"""Foreign HTML made safe to publish, and its paragraphs as plain text.

Knows the set of elements and attributes that is published. Must never know which page they came
from or which part of it is news.

The set: paragraphs and div, headings 2 to 6, lists, quotes, tables, pre, hr and br; the inline
marks em strong b i u s sub sup small code cite q abbr mark; links to http, https and mailto,
absolute, with rel="noopener noreferrer". Nothing else has a place: no class, style, id, target or
event handler (without a target no page is opened that could reach back), no form or script, and
no pictures, sound or frames: a reader's program would ask a stranger's host for them, and the
licence of a text seldom covers its pictures. Captions go with the pictures they explain.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape

import nh3

from config import values
from feeds.parse.nesting import harm

_INLINE = frozenset("a abbr b br cite code em i mark q s small strong sub sup u".split())
_BLOCKS = frozenset(
    "blockquote caption dd div dl dt h2 h3 h4 h5 h6 hr li ol p pre table tbody td tfoot th thead "
    "tr ul".split()
)
# Let through for the sanitiser, as they end a line; then written as elements of the set.
_RENAMED = {"h1": "h2"} | dict.fromkeys(
    "address article aside center details fieldset figure footer header main section "
    "summary".split(),
    "div",
)
# Gone with all they hold.
_GONE = frozenset(
    "applet audio button canvas datalist dialog embed figcaption form frameset head iframe input "
    "math nav noembed noframes noscript object option picture script select style svg template "
    "textarea title video xmp".split()
)
_UNSEEN = re.compile(f"[{values.UNPRINTABLE}{values.INVISIBLE}]")
_RENAMED_TAG = re.compile(rf"<(/?)({'|'.join(_RENAMED)})>")
_TAG = re.compile(r"<[^>]*+>?")
# The sanitiser writes tags in one way only: lower case, attributes quoted, nothing else with "<".
_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)(?: [a-z]+="[^"]*")*>|([^<]+)')

_EMPTY = re.compile(
    r"<(p|div|li|h[2-6]|ul|ol|dl|dt|dd|blockquote|em|strong|b|i|u|s|small|table|tbody|thead|tr)>"
    r"\s*(?:<br>\s*)*</\1>"
)
# Elements within elements that a block was alone in.
_MOST_EMPTY_LEVELS = 12


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, list item or cell: plain text, and the same as sanitised HTML.

    ``text`` holds a line break where the markup has one; ``tag`` is the innermost element around;
    the block's own markup is ``clean[start:end]``.
    """

    tag: str
    text: str
    start: int
    end: int

    @property
    def line(self) -> str:
        """The text without line breaks."""
        return self.text.replace("\n", " ")


def sanitised(html: str, base_url: str | None) -> str:
    """The same HTML with nothing in it but the set above; relative links joined to ``base_url``.

    Without a base relative links lose their address. Markup that is made to stop a parser is
    brought down to its words.
    """
    html = _UNSEEN.sub("", html)
    if harm(html) is not None:
        return f"<p>{escape(' '.join(_TAG.sub(' ', html).split()), quote=False)}</p>"
    clean = _cleaner(_base(base_url)).clean(html)
    clean = _RENAMED_TAG.sub(lambda tag: f"<{tag[1]}{_RENAMED[tag[2]]}>", clean)
    return _UNSEEN.sub("", clean).strip()


def paragraphs(html: str) -> tuple[str, ...]:
    """The paragraphs of any HTML in reading order, each plain text without line breaks."""
    return tuple(block.line for block in blocks(sanitised(html, None)))


def blocks(clean: str) -> tuple[Block, ...]:
    """The blocks of sanitised HTML that hold text, in reading order."""
    return tuple(_Reader().read(clean))


def without(clean: str, dropped: Iterable[Block]) -> str:
    """Sanitised HTML without some of its blocks, nor the elements that held nothing else."""
    kept, at = [], 0
    for block in sorted(dropped, key=lambda block: block.start):
        kept.append(clean[at : block.start])
        at = block.end
    markup = "".join((*kept, clean[at:]))
    for _ in range(_MOST_EMPTY_LEVELS):
        less = _EMPTY.sub("", markup)
        if less == markup:
            break
        markup = less
    return markup.strip()


class _Reader:
    """Takes sanitised HTML apart: a block ends where another element of the set starts or ends."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._text: list[str] = []
        self._start = 0

    def read(self, clean: str) -> Iterator[Block]:
        for found in _TOKEN.finditer(clean):
            slash, name, text = found.groups()
            if text is not None:
                self._text.append(unescape(text).replace("\n", " "))
            elif name == "br" and "".join(self._text[-2:]).endswith("\n"):
                # Two breaks in a row are how old editors wrote a paragraph.
                yield from self._ended(found.start(), found.end())
            elif name == "br":
                self._text.append("\n")
            elif name not in _INLINE:
                yield from self._ended(found.start(), found.end())
                self._step(slash, name)
        yield from self._ended(len(clean), len(clean))

    def _step(self, slash: str, name: str) -> None:
        if not slash:
            if name != "hr":
                self._open.append(name)
        elif name in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(name) :]

    def _ended(self, end: int, next_start: int) -> Iterator[Block]:
        lines = "".join(self._text).split("\n")
        text = "\n".join(line for each in lines if (line := " ".join(each.split())))
        start, self._start, self._text = self._start, next_start, []
        if text:
            yield Block(self._open[-1] if self._open else "p", text, start, end)


def _base(url: str | None) -> str | None:
    return url if url and values.is_web_address(url) else None


@lru_cache(maxsize=64)
def _cleaner(base: str | None) -> nh3.Cleaner:
    try:
        return _made(("rewrite_with_base", base) if base else "deny")
    except ValueError:
        # An address that only looks like one.
        return _made("deny")


def _made(relative: tuple[str, str] | str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_INLINE | _BLOCKS | set(_RENAMED)),
        clean_content_tags=set(_GONE),
        attributes={
            "a": {"href"},
            "abbr": {"title"},
            "ol": {"start"},
            "td": {"colspan", "rowspan"},
        },
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        url_relative=relative,  # type: ignore[arg-type]
    )
