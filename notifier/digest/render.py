"""How a digest looks: a message in text and HTML, made once for all who get the same.

Knows jinja2, css-inline, the 72 columns of a plain text mail, and where a topic's page and feed
are. Must never know which items belong in a digest, or who reads it: what is personal stays an
open slot (`notifier.mail.message`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from textwrap import fill, shorten
from typing import Final

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from typing_extensions import override

from config import values
from feeds.model import Issued, Item, TopicRef
from notifier.digest.languages import Texts, texts_in
from notifier.mail.message import Sender, build, slot
from notifier.model import Digest, Frequency

# A terminal and a quoted reply hold it without breaking lines (RFC 3676 section 4.2: 78 at most).
COLUMNS: Final = 72
# Lists of mails cut a subject after some 60 characters.
_SUBJECT_TOPICS: Final = 3
_PREHEADER_TITLES: Final = 3
# A lead is about 300 characters long; what is much longer is an article.
_SUMMARY_CHARACTERS: Final = 400
# An item stands in many digests, in both bodies of each; breaking a paragraph takes 50 µs.
_KEPT_PARAGRAPHS: Final = 8192

#: Without line breaks and control characters, one of which would end a slot.
on_one_line = lru_cache(_KEPT_PARAGRAPHS)(values.on_one_line)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    """What readers are shown of a topic: its name, its page, and its feed where it has one."""

    label: str
    url: str
    feed_url: str = ""


class Renderer:
    """Makes message templates on behalf of ``sender``, with the pages readers are sent to."""

    def __init__(self, sender: Sender, pages: Mapping[TopicRef, TopicPage]) -> None:
        self._sender = sender
        self._pages = pages
        self._templates = environment()

    def render(
        self,
        digest: Digest,
        *,
        topics: Sequence[TopicRef],
        frequency: Frequency,
        day: date,
        language: str,
    ) -> bytes:
        """The message (`notifier.mail.message`) for everyone who gets this digest, its slots open.

        ``topics`` are all that the reader follows; the local ``day`` heads the digest.
        Raises UnknownLanguage.
        """
        texts = texts_in(language)
        words = {
            **self._words(digest, texts),
            "title": texts.title[frequency].format(day=texts.weekday(day)),
            "feeds": [page for page in map(self._page, topics) if page.feed_url],
        }
        return build(
            self._sender,
            subject=self._subject(digest, texts),
            language=language,
            text=self._templates.get_template("body.txt").render(words),
            html=self._templates.get_template("body.html").render(words),
        )

    def _subject(self, digest: Digest, texts: Texts) -> str:
        labels = [self._page(section.topic).label for section in digest.sections]
        named = ", ".join(labels[:_SUBJECT_TOPICS]) + (", …" * (len(labels) > _SUBJECT_TOPICS))
        return texts.counted(texts.subject, digest.total, topics=named)

    def _words(self, digest: Digest, texts: Texts) -> dict[str, object]:
        """What both bodies say: texts by the number of an item or the topic of a section."""
        sections = digest.sections
        items = [item for section in sections for item in section.items]
        pages = {section.topic: self._page(section.topic) for section in sections}
        return {
            "digest": digest,
            "texts": texts,
            "sender": self._sender,
            "preheader": " · ".join(on_one_line(item.title) for item in items[:_PREHEADER_TITLES]),
            "pages": pages,
            "counts": {
                section.topic: texts.counted(texts.items, len(section.items) + section.left_out)
                for section in sections
            },
            "more": {
                section.topic: texts.counted(
                    texts.more, section.left_out, topic=pages[section.topic].label
                )
                for section in sections
                if section.left_out
            },
            "about": {
                item.number: _about(
                    item.issued,
                    tuple(label.text for label in item.issuers),
                    item.content_type.text if item.content_type else "",
                    texts,
                )
                for item in items
            },
            "urls": {item.number: self._url(item) for item in items},
            "also_in": {
                item.number: [self._page(topic) for topic in others]
                for section in sections
                for item, others in zip(section.items, section.also_in, strict=True)
            },
            "change": self._how_to_change(texts),
            "view_url": slot("view_url"),
            "unsubscribe_url": slot("unsubscribe_url"),
        }

    def _how_to_change(self, texts: Texts) -> str:
        """Empty where nobody can be written to."""
        if self._sender.reply_to:
            return texts.change_by_reply
        return texts.change_by_mail if self._sender.contact else ""

    def _url(self, item: Item) -> str:
        """One without an address of its own is read on its page on the site."""
        return on_one_line(item.url or f"{self._sender.site_url}/items/{item.slug}")

    def _page(self, topic: TopicRef) -> TopicPage:
        """A topic that left the taxonomy is still named, and its readers led to the front page."""
        known = self._pages.get(topic)
        return known or TopicPage(label=topic.slug, url=f"{self._sender.site_url}/")


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
    made.filters |= {
        "lead": lead,
        "on_one_line": on_one_line,
        "underlined": underlined,
        "wrapped": wrapped,
    }
    return made


@lru_cache(_KEPT_PARAGRAPHS)
def _about(issued: Issued | None, issuers: tuple[str, ...], content_type: str, texts: Texts) -> str:
    """The secondary line of an item: date, issuers, kind."""
    parts = (texts.issued(issued), ", ".join(issuers), content_type)
    return " · ".join(on_one_line(part) for part in parts if part)


@lru_cache(_KEPT_PARAGRAPHS)
def lead(summary: str) -> str:
    """A summary as long as a lead is, cut at a word."""
    return shorten(on_one_line(summary), _SUMMARY_CHARACTERS, placeholder=" …")


@lru_cache(_KEPT_PARAGRAPHS)
def wrapped(text: str) -> str:
    """``text`` in lines of 72 columns; a longer word, such as an address, stays whole."""
    return fill(text, COLUMNS, break_long_words=False, break_on_hyphens=False)


def underlined(text: str, rule: str) -> str:
    """A heading over a line of ``rule`` as long as the longest of its own."""
    heading = wrapped(text)
    return f"{heading}\n{rule * max(map(len, heading.splitlines()))}"
