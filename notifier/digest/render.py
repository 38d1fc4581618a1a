"""How a digest looks: a message in text and HTML, made once for all who get the same.

Knows jinja2, css-inline and the 72 columns of a plain text mail. Must never know what a digest
holds, or who reads it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from textwrap import fill
from typing import Final

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from typing_extensions import override

from feeds.model import TopicRef
from notifier.digest.languages import texts_in
from notifier.digest.letter import Letter, TopicPage, Writer
from notifier.mail.message import Sender, build
from notifier.model import Cadence, Digest, Frequency

__all__ = ["COLUMNS", "Renderer", "environment", "underlined", "wrapped"]

# A terminal and a quoted reply hold it without breaking lines (RFC 3676 section 4.2: 78 at most).
COLUMNS: Final = 72
# Some 30 kB each: the favourite selections of one run in 15 MB.
_KEPT_RENDERINGS: Final = 512
# Titles, leads and foot lines come again from digest to digest; breaking one takes 50 µs.
_KEPT_PARAGRAPHS: Final = 8192


class Renderer:
    """Makes message templates; the latest are kept, so that equal digests are rendered once."""

    def __init__(self, sender: Sender, pages: Mapping[TopicRef, TopicPage]) -> None:
        self._writer = Writer(sender, pages)
        self._templates = environment()
        self._rendered = lru_cache(_KEPT_RENDERINGS)(self._render)

    def render(
        self,
        digest: Digest,
        *,
        topics: Sequence[TopicRef],
        cadence: Cadence,
        due: datetime,
        language: str,
    ) -> bytes:
        """The message (`notifier.mail.message`) for everyone who gets this digest, its slots open.

        ``topics`` are all that the reader follows; the local day of ``due`` heads the digest.
        Raises UnknownLanguage.
        """
        day = due.astimezone(cadence.zone).date()
        return self._rendered(digest, tuple(topics), cadence.frequency, day, language)

    def _render(
        self,
        digest: Digest,
        followed: tuple[TopicRef, ...],
        frequency: Frequency,
        day: date,
        language: str,
    ) -> bytes:
        letter = self._writer.letter(
            digest, texts_in(language), followed=followed, frequency=frequency, day=day
        )
        return build(
            self._writer.sender,
            subject=self._part("subject.txt", letter),
            language=language,
            text=self._part("body.txt", letter),
            html=self._part("body.html", letter),
        )

    def _part(self, name: str, letter: Letter) -> str:
        return self._templates.get_template(name).render(letter=letter)


class _InliningLoader(PackageLoader):
    """Moves the styles of an HTML template into its elements as it is loaded.

    Mail programs drop style sheets. What cannot be inlined stays: the media rules, for programs
    that know them (dark mode, narrow screens).
    """

    _inliner = CSSInliner(keep_at_rules=True, minify_css=True, load_remote_stylesheets=False)

    @override
    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool] | None]:
        source, filename, is_current = super().get_source(environment, template)
        if template.endswith(".html"):
            source = self._inliner.inline(source)
        return source, filename, is_current


def environment() -> Environment:
    """The templates of digests, ready to render; a missing name is an error there."""
    made = Environment(
        loader=_InliningLoader("notifier.digest", "templates"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"wrapped": wrapped, "underlined": underlined}
    return made


@lru_cache(_KEPT_PARAGRAPHS)
def wrapped(text: str) -> str:
    """``text`` in lines of 72 columns; a longer word, such as an address, stays whole."""
    return fill(text, COLUMNS, break_long_words=False, break_on_hyphens=False)


def underlined(text: str, rule: str) -> str:
    """A heading over a line of ``rule`` as long as the longest of its own."""
    heading = wrapped(text)
    return f"{heading}\n{rule * max(map(len, heading.splitlines()))}"
