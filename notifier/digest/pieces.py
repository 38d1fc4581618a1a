"""The templates of a digest, piece by piece: ours, and those of an operator that go before them.

Knows jinja2, css-inline and the 72 columns of a plain text mail. Must never know which items a
digest holds, or what an operator's templates may do (`notifier.digest.overrides`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from textwrap import fill
from typing import Final
from unicodedata import bidirectional

from css_inline import CSSInliner
from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    pass_context,
    select_autoescape,
)
from jinja2.runtime import Context
from typing_extensions import override

from feeds.catalogue import Catalogue

# A terminal and a quoted reply hold it without breaking lines (RFC 3676 section 4.2: 78 at most).
COLUMNS: Final = 72
# An item stands in many digests; breaking a paragraph takes 50 µs.
_KEPT_PARAGRAPHS: Final = 4096

OURS: Final = Path(__file__).parent / "templates"
STYLE: Final = "mail.css"
#: The forms in which each piece is there.
FORMS: Final = ("html", "txt")
#: What stands in the frame, each on a line of its own, once it is known.
INSERTED: Final = ("preheader", "sections", "feeds")
_INSERT: Final = re.compile(f"^\0({'|'.join(INSERTED)})\0\n", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """What both bodies say of an item, finished; ``about`` is its date, issuers and kind."""

    title: str
    language: str
    direction: str
    url: str
    about: str
    summary: str


class _InliningLoader(FileSystemLoader):
    """Moves the style sheet into the elements of an HTML template as it is loaded.

    Mail programs drop style sheets. What cannot be inlined stays in the head: the media rules, for
    programs that know them (dark mode, narrow screens).
    """

    _inliner = CSSInliner(keep_at_rules=True, minify_css=True, load_remote_stylesheets=False)

    @override
    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        source, filename, is_current = super().get_source(environment, template)
        if template.endswith(".html"):
            style, _, _ = super().get_source(environment, STYLE)
            source = self._inlined(source, style)
        return source, filename, is_current

    def _inlined(self, source: str, style: str) -> str:
        head, end, rest = source.partition("</head>")
        if not end:
            return self._inliner.inline_fragment(source, style)
        return self._inliner.inline(f"{head}<style>\n{style}</style>\n{end}{rest}")


@cache
def environment(folder: Path | None = None) -> Environment:
    """The templates, those of a folder before ours; a missing name is an error there."""
    made = Environment(
        loader=_InliningLoader([*filter(None, [folder]), OURS]),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"apart": _apart_in, "underlined": underlined, "wrapped": _wrapped_in}
    return made


def rendered(folder: Path | None, piece: str, given: Mapping[str, object]) -> Sequence[str]:
    """What became of a piece in each form (`FORMS`), with what it is given."""
    templates = environment(folder)
    return [templates.get_template(f"{piece}.{form}").render(given) for form in FORMS]


def inserts(frame: str) -> Sequence[str]:
    """A frame in pieces: text, the name of what is inserted behind it, text, and so on."""
    return _INSERT.split(f"{frame}\n")


# -- Plain text ------------------------------------------------------------------------------------

#: Letters that run the other way than a text (UAX 9), by the direction of that.
_OTHER_WAY: Final = {"ltr": frozenset({"R", "AL"}), "rtl": frozenset({"L"})}
# What sets a part apart whose direction its own first letter tells, or is known (UAX 9, 2.4).
_FIRST_STRONG, _END = "\u2068", "\u2069"
_ISOLATE: Final = {"ltr": "\u2066", "rtl": "\u2067"}
_UNSEEN: Final = dict.fromkeys(map(ord, (_FIRST_STRONG, _END, *_ISOLATE.values())))


def apart(text: str, direction: str) -> str:
    """``text`` as it may stand within a line of a direction, which it does not disorder."""
    if text.isascii() and direction == "ltr":
        return text
    if _OTHER_WAY[direction].isdisjoint(map(bidirectional, text)):
        return text
    return f"{_FIRST_STRONG}{text}{_END}"


@lru_cache(_KEPT_PARAGRAPHS)
def wrapped(text: str) -> str:
    """``text`` in lines of 72 columns; a longer word, such as an address, stays whole."""
    return fill(text, COLUMNS, break_long_words=False, break_on_hyphens=False)


def underlined(text: str, rule: str) -> str:
    """A heading over a line of ``rule`` as long as the longest of its own."""
    heading = wrapped(text)
    return f"{heading}\n{rule * max(map(len, heading.translate(_UNSEEN).splitlines()))}"


def _direction(context: Context) -> str:
    words: Catalogue = context["words"]
    return words.direction


@pass_context
def _apart_in(context: Context, text: str) -> str:
    return apart(text, _direction(context))


@pass_context
def _wrapped_in(context: Context, text: str, direction: str = "") -> str:
    """Each line of another direction than the mail's by itself: a line is a paragraph there."""
    lines = wrapped(text)
    if not direction or direction == _direction(context):
        return lines
    return "\n".join(f"{_ISOLATE[direction]}{line}{_END}" for line in lines.split("\n"))
