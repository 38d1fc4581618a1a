"""What a digest says, word by word, before it has a form: the finished values of the templates.

Knows digests, the reader's language and where a topic's page and feed are. Must never know markup,
or who reads it: what is personal stays an open slot (`notifier.mail.message`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import chain, islice
from textwrap import shorten
from typing import Final

from feeds.model import TopicRef
from notifier.digest.languages import Texts
from notifier.mail.message import Sender, slot
from notifier.model import Digest, Frequency, News, Section

__all__ = ["Chapter", "Entry", "Letter", "Story", "TopicPage", "Writer"]

# Lists of mails cut a subject after some 60 characters.
_SUBJECT_TOPICS: Final = 3
_PREHEADER_TITLES: Final = 3
# A lead is about 300 characters long; what is much longer is an article.
_SUMMARY_CHARACTERS: Final = 400
# What is new within a few days, in all languages: an item stands in many digests.
_KEPT_STORIES: Final = 4096
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    """What readers are shown of a topic: its name, its page, and its feed where it has one."""

    label: str
    url: str
    feed_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One item in words; ``about`` is its secondary line: date, issuers, kind."""

    title: str
    url: str
    language: str
    about: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A story where one reader finds it; ``also_in`` are other topics that reader follows."""

    story: Story
    also_in: tuple[TopicPage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One topic; ``more`` is empty unless items were left out."""

    topic: TopicPage
    count: str
    entries: tuple[Entry, ...]
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A whole digest; ``change`` (how to change it) is empty where nobody can be written to."""

    texts: Texts
    sender: Sender
    subject: str
    title: str
    preheader: str
    chapters: tuple[Chapter, ...]
    change: str
    feeds: tuple[TopicPage, ...]
    view_url: str = slot("view_url")
    unsubscribe_url: str = slot("unsubscribe_url")


@dataclass(frozen=True, slots=True)
class Writer:
    """Puts digests into words, on behalf of ``sender``, with the pages readers are sent to."""

    sender: Sender
    pages: Mapping[TopicRef, TopicPage]

    def letter(
        self,
        digest: Digest,
        texts: Texts,
        *,
        followed: Sequence[TopicRef],
        frequency: Frequency,
        day: date,
    ) -> Letter:
        """``digest`` in words; ``followed`` are all topics of the reader, ``day`` heads it."""
        chapters = tuple(self._chapter(section, texts) for section in digest.sections)
        titles = chain.from_iterable(chapter.entries for chapter in chapters)
        labels = [chapter.topic.label for chapter in chapters]
        named = ", ".join(labels[:_SUBJECT_TOPICS]) + (", …" * (len(labels) > _SUBJECT_TOPICS))
        return Letter(
            texts=texts,
            sender=self.sender,
            subject=texts.counted(texts.subject, digest.total, topics=named),
            title=texts.title[frequency].format(day=texts.weekday(day)),
            preheader=" · ".join(entry.story.title for entry in islice(titles, _PREHEADER_TITLES)),
            chapters=chapters,
            change=self._how_to_change(texts),
            feeds=tuple(page for page in map(self._page, followed) if page.feed_url),
        )

    def _chapter(self, section: Section, texts: Texts) -> Chapter:
        topic, left_out = self._page(section.topic), section.left_out
        return Chapter(
            topic=topic,
            count=texts.counted(texts.items, len(section.items) + left_out),
            entries=tuple(
                Entry(story=_story(item, texts), also_in=tuple(map(self._page, also_in)))
                for item, also_in in zip(section.items, section.also_in, strict=True)
            ),
            more=texts.counted(texts.more, left_out, topic=topic.label) if left_out else "",
        )

    def _how_to_change(self, texts: Texts) -> str:
        if self.sender.reply_to:
            return texts.change_by_reply
        return texts.change_by_mail if self.sender.contact else ""

    def _page(self, topic: TopicRef) -> TopicPage:
        """A topic that left the taxonomy is still named, and its readers led to the front page."""
        known = self.pages.get(topic)
        return known or TopicPage(label=topic.slug, url=f"{self.sender.site_url}/")


@lru_cache(_KEPT_STORIES)
def _story(item: News, texts: Texts) -> Story:
    about = (texts.issued(item.issued), ", ".join(item.issuers), item.content_type or "")
    return Story(
        title=_on_one_line(item.title),
        url=_on_one_line(item.url),
        language=item.language,
        about=" · ".join(_on_one_line(part) for part in about if part),
        summary=shorten(_on_one_line(item.summary), _SUMMARY_CHARACTERS, placeholder=" …"),
    )


def _on_one_line(text: str) -> str:
    """``text`` without line breaks and control characters, one of which would end a slot."""
    return " ".join(_CONTROL.sub(" ", text).split())
