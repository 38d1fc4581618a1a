"""How a digest looks: a message in text and HTML, made once for all who get the same.

Knows jinja2, css-inline, the 72 columns of a plain text mail, and where a topic's page and feed
are. Must never know which items belong in a digest, or who reads it: what is personal stays an
open slot (`notifier.mail.message`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache, partial
from textwrap import fill, shorten
from typing import Final

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from typing_extensions import override

from config import values
from feeds.catalogue import Catalogue, catalogue, languages
from feeds.model import Issued, IssuedFrom, Item, Label, TopicRef
from feeds.publish.site import item_page
from notifier.catalogue import FOLDER
from notifier.errors import UnknownLanguage
from notifier.mail.message import Sender, build, slot
from notifier.model import Digest, Frequency, Section

# A terminal and a quoted reply hold it without breaking lines (RFC 3676 section 4.2: 78 at most).
COLUMNS: Final = 72
# Lists of mails cut a subject after some 60 characters.
_SUBJECT_TOPICS: Final = 3
_PREHEADER_TITLES: Final = 3
# A lead is about 300 characters long; what is much longer is an article.
_SUMMARY_CHARACTERS: Final = 400
# An item stands in many digests, in both bodies of each; breaking a paragraph takes 50 µs.
_KEPT_PARAGRAPHS: Final = 8192

#: Without line breaks and control characters, one of which would end a slot: what others wrote
#: passes here once, where the values of the templates are made.
_on_one_line = lru_cache(_KEPT_PARAGRAPHS)(values.on_one_line)
# A summary as long as a lead is, cut at a word.
_lead = lru_cache(_KEPT_PARAGRAPHS)(partial(shorten, width=_SUMMARY_CHARACTERS, placeholder=" …"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    """What readers are shown of a topic: its name, by language where it has several, its page, and
    its feed where it has one. ``language`` is that of the label, "" where nobody told it.
    """

    label: str
    url: str
    feed_url: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownItem:
    """What both bodies say of an item, finished; ``about`` is its date, issuers and kind."""

    title: str
    url: str
    language: str
    direction: str
    about: str
    summary: str
    also_in: Sequence[TopicPage]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownSection:
    """What both bodies say of a topic; ``more`` is empty unless items were left out."""

    topic: TopicPage
    count: str
    items: Sequence[_ShownItem]
    more: str


class Renderer:
    """Makes message templates on behalf of ``sender``, with the pages readers are sent to."""

    def __init__(self, sender: Sender, pages: Mapping[TopicRef, TopicPage]) -> None:
        self._sender = sender
        # A label goes into the subject as well, where a control character is refused.
        self._pages = cache(
            lambda language: {
                topic: replace(
                    page,
                    label=_on_one_line(page.labels.get(language) or page.label),
                    language=language if language in page.labels else page.language,
                )
                for topic, page in pages.items()
            }
        )
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
        if language not in languages():
            # Readers chose theirs: they never get another.
            raise UnknownLanguage(language, languages())
        words = catalogue(language, FOLDER)
        sections = [self._section(section, words) for section in digest.sections]
        titles = [item.title for section in sections for item in section.items]
        # Nothing where nobody can be written to.
        by_mail = "change_by_mail" if self._sender.contact else ""
        shown = {
            "words": words,
            "say": words.say,
            "sender": self._sender,
            "title": words.say(f"digest.{frequency}", day=words.day(day, "day_of_week")),
            "preheader": " · ".join(titles[:_PREHEADER_TITLES]),
            "sections": sections,
            "change": "change_by_reply" if self._sender.reply_to else by_mail,
            "feeds": [page for topic in topics if (page := self._page(topic, words)).feed_url],
            "view_url": slot("view_url"),
            "unsubscribe_url": slot("unsubscribe_url"),
        }
        labels = [section.topic.label for section in sections]
        named = ", ".join(labels[:_SUBJECT_TOPICS]) + (", …" * (len(labels) > _SUBJECT_TOPICS))
        return build(
            self._sender,
            subject=words.count("subject", digest.total, topics=named),
            language=language,
            text=self._templates.get_template("body.txt").render(shown),
            html=self._templates.get_template("body.html").render(shown),
        )

    def _section(self, section: Section, words: Catalogue) -> _ShownSection:
        topic, left_out = self._page(section.topic, words), section.left_out
        return _ShownSection(
            topic=topic,
            count=words.count("items", len(section.items) + left_out),
            items=[
                self._item(item, others, words)
                for item, others in zip(section.items, section.also_in, strict=True)
            ],
            more=words.count("more", left_out, topic=topic.label) if left_out else "",
        )

    def _item(self, item: Item, others: Iterable[TopicRef], words: Catalogue) -> _ShownItem:
        issuers = tuple(self._named(label, words) for label in item.issuers)
        kind = self._named(item.content_type, words) if item.content_type else ""
        return _ShownItem(
            title=_on_one_line(item.title),
            # One without an address of its own is read on its page on the site.
            url=values.published_address(item.url)
            or f"{self._sender.site_url}/{item_page(item.slug)}",
            language=item.language,
            direction="rtl" if values.is_right_to_left(item.language) else "ltr",
            about=_about(item.issued, issuers, kind, words),
            summary=_lead(_on_one_line(item.summary)),
            also_in=[self._page(topic, words) for topic in others],
        )

    def _named(self, printed: Label, words: Catalogue) -> str:
        """As it was printed where no label of the topic is in the language of the mail."""
        page = self._pages(words.tag).get(printed.ref) if printed.ref else None
        return page.label if page and words.tag in page.labels else printed.text

    def _page(self, topic: TopicRef, words: Catalogue) -> TopicPage:
        """A topic that left the taxonomy is still named, and its readers led to the front page."""
        known = self._pages(words.tag).get(topic)
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


@cache
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
    made.filters |= {"underlined": underlined, "wrapped": wrapped}
    return made


@lru_cache(_KEPT_PARAGRAPHS)
def _about(
    issued: Issued | None, issuers: tuple[str, ...], content_type: str, words: Catalogue
) -> str:
    """The secondary line of an item: date, issuers, kind; evidence is told from a statement."""
    date = words.day(issued.day) if issued else words.say("date_unknown")
    if issued and issued.origin is IssuedFrom.DATELINE:
        date = words.say("date_in_text", date=date)
    parts = (date, ", ".join(issuers), content_type)
    return " · ".join(_on_one_line(part) for part in parts if part)


@lru_cache(_KEPT_PARAGRAPHS)
def wrapped(text: str) -> str:
    """``text`` in lines of 72 columns; a longer word, such as an address, stays whole."""
    return fill(text, COLUMNS, break_long_words=False, break_on_hyphens=False)


def underlined(text: str, rule: str) -> str:
    """A heading over a line of ``rule`` as long as the longest of its own."""
    heading = wrapped(text)
    return f"{heading}\n{rule * max(map(len, heading.splitlines()))}"
