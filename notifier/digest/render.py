"""How a digest looks: a message in text and HTML, joined of pieces that are made once.

Knows what each piece is given, and keeps what became of it, encoded. Must never know which items
belong in a digest, or who reads it: what is personal stays an open slot (`notifier.mail.message`).

An item stands in many digests, a section's head in many more, and the frame in all of a day. Once
each of them was made in a language, a digest takes some tens of microseconds and no template.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import chain, islice
from pathlib import Path
from textwrap import shorten
from typing import Final, NamedTuple

from markupsafe import escape

from config import values
from feeds.catalogue import Catalogue, catalogue, languages
from feeds.model import IssuedFrom, Item
from feeds.publish.site import item_page
from feeds.selection import Selection
from notifier.catalogue import FOLDER
from notifier.digest.compose import SectionSizes, fitting
from notifier.digest.named import FollowedPage, Named
from notifier.digest.pieces import INSERTED, ShownItem, apart, inserts, rendered
from notifier.errors import UnknownLanguage
from notifier.mail.lines import OPEN, Lines, encoded, slot
from notifier.mail.message import LONGEST_VALUE, Sender, build, sizes
from notifier.model import Digest, Frequency, Section

# Lists of mails cut a subject after some 60 characters.
_SUBJECT_TOPICS: Final = 3
_PREHEADER_TITLES: Final = 3
# A lead is about 300 characters long; what is much longer is an article.
_SUMMARY_CHARACTERS: Final = 400
# The items of a month, and the heads of some thousand choices with as many counts.
_KEPT_PIECES: Final = 8192
# Feeds at the foot are a service, the news is what a mail is for.
_SHARE_OF_FEEDS: Final = 4
# One number takes more letters than another one, and may take another form of a sentence.
_COUNTED_OTHERWISE_BYTES: Final = 100
_LONGEST_ENCODED_BYTES: Final = 2 * LONGEST_VALUE

# Places in pieces, and in their lines.
_HTML, _TXT = 0, 1
_QUOTED, _BASED = 0, 1


class Piece(NamedTuple):
    """The same in both bodies."""

    html: Lines
    txt: Lines


#: What an item takes in a section: itself, and what else it was found by.
Entry = tuple[Piece, ...]


class Frame(NamedTuple):
    """Lines, and the names of what is inserted between them, in each body; what its open slots take
    at most.
    """

    html: Sequence[Lines | str]
    txt: Sequence[Lines | str]
    open_bytes: int


class Renderer:
    """Makes message templates on behalf of ``sender``, what is followed called as it is ``named``.

    The templates of a ``folder`` go before ours. No HTML part takes more than ``most_bytes`` as it
    is encoded: what does not fit is counted, and linked.
    """

    def __init__(
        self, sender: Sender, named: Named, *, most_bytes: int, folder: Path | None = None
    ) -> None:
        self._sender = sender
        self._most_bytes = most_bytes
        self._maker = cache(
            lambda language: PieceMaker(sender, named, folder, catalogue(language, FOLDER))
        )

    def render(
        self,
        digest: Digest,
        *,
        follows: Sequence[Selection],
        frequency: Frequency,
        day: date,
        language: str,
    ) -> bytes:
        """The message (`notifier.mail.message`) for everyone who gets this digest, its slots open.

        ``follows`` is all that the reader follows; the local ``day`` heads the digest.
        Raises UnknownLanguage.
        """
        if language not in languages():
            # Readers chose theirs: they never get another.
            raise UnknownLanguage(language, languages())
        maker = self._maker(language)
        feeds = self._some([*filter(None, map(maker.feed, follows))])
        frame = maker.frame(frequency, day, has_feeds=bool(feeds))
        entries = [maker.entries(section) for section in digest.sections]
        first = enumerate(islice(_items(digest), _PREHEADER_TITLES))
        titles = [maker.title(item.title, place) for place, item in first]
        inserted = {"preheader": titles, "feeds": feeds, "sections": ()}
        around = _body(frame.html, inserted, _HTML)
        inserted["sections"] = _laid(maker, digest, entries, [len(each) for each in entries])
        html = _body(frame.html, inserted, _HTML)
        room = self._most_bytes - frame.open_bytes
        quoted, based = sizes(html)
        if min(quoted, based) > room:
            encoding = _QUOTED if quoted <= based else _BASED
            room -= sizes(around)[encoding]
            kept = _fitting(maker, digest, entries, encoding, room)
            inserted["sections"] = _laid(maker, digest, entries, kept)
            html = _body(frame.html, inserted, _HTML)
        return build(
            self._sender,
            subject=maker.subject(digest.total, tuple(each.selection for each in digest.sections)),
            language=language,
            text=_body(frame.txt, inserted, _TXT),
            html=html,
        )

    def _some(self, feeds: Sequence[Piece]) -> Sequence[Piece]:
        """As many of the feeds as leave room for news."""
        longest = max((len(each.html.based) for each in feeds), default=1)
        return feeds[: self._most_bytes // _SHARE_OF_FEEDS // longest]


def _items(digest: Digest) -> Iterator[Item]:
    return chain.from_iterable(section.items for section in digest.sections)


def _total(section: Section) -> int:
    return len(section.items) + section.left_out


def _body(
    frame: Sequence[Lines | str], inserted: Mapping[str, Sequence[Piece]], form: int
) -> Sequence[Lines]:
    """A body, whole."""
    body: list[Lines] = []
    for part in frame:
        if isinstance(part, str):
            body += [piece[form] for piece in inserted[part]]
        else:
            body.append(part)
    return body


def _laid(
    maker: "PieceMaker", digest: Digest, entries: Sequence[Sequence[Entry]], kept: Sequence[int]
) -> Sequence[Piece]:
    """The sections with so many entries each; those behind them are counted, too."""
    laid: list[Piece] = []
    for section, found, count in zip(digest.sections, entries, kept, strict=False):
        laid.append(maker.section(section.selection, _total(section)))
        laid += chain.from_iterable(found[:count])
        if left_out := _total(section) - count:
            laid.append(maker.more(section.selection, left_out))
    if behind := sum(map(_total, digest.sections[len(kept) :])):
        laid.append(maker.more(None, behind))
    return laid


def _fitting(
    maker: "PieceMaker",
    digest: Digest,
    entries: Sequence[Sequence[Entry]],
    encoding: int,
    room: int,
) -> Sequence[int]:
    """How many entries of each section stand in so many bytes."""

    def taken(*pieces: Piece) -> int:
        return sum(len(each.html[encoding]) for each in pieces)

    sections = [
        SectionSizes(
            head=_COUNTED_OTHERWISE_BYTES
            + taken(
                maker.section(section.selection, _total(section)),
                maker.more(section.selection, _total(section)),
            ),
            items=[taken(*entry) for entry in found],
        )
        for section, found in zip(digest.sections, entries, strict=True)
    ]
    rest = taken(maker.more(None, digest.total)) + _COUNTED_OTHERWISE_BYTES
    return fitting(sections, room - rest)


class PieceMaker:
    """Makes the pieces of digests in one language, and keeps them."""

    def __init__(self, sender: Sender, named: Named, folder: Path | None, words: Catalogue) -> None:
        self._sender = sender
        self._named = named
        self._folder = folder
        self._words = words
        self._entries: dict[tuple[int, int], Piece] = {}
        kept = lru_cache(_KEPT_PIECES)
        self.frame = kept(self._frame)
        self.section = kept(self._section)
        self.more = kept(self._more)
        self.feed = kept(self._feed)
        self.title = kept(self._title)
        self.subject = kept(self._subject)
        self._also_in = kept(self._made_also_in)

    def page(self, selection: Selection | None) -> FollowedPage:
        """What is followed, as the reader calls it; everything where that is None."""
        return self._named.page(selection or Selection(), self._words.tag)

    def entries(self, section: Section) -> Sequence[Entry]:
        """Each item of a section, with what else it was found by."""
        return [
            (self._item(item), self._also_in(others)) if others else (self._item(item),)
            for item, others in zip(section.items, section.also_in, strict=True)
        ]

    def _item(self, item: Item) -> Piece:
        # What it is about may be long, and is told by which revision it is.
        key = (item.number, item.change)
        made = self._entries.get(key)
        if made is None:
            if len(self._entries) >= _KEPT_PIECES:
                self._entries.clear()
            made = self._entries[key] = self._made("item", item=self._shown(item))
        return made

    def _shown(self, item: Item) -> ShownItem:
        return ShownItem(
            title=values.on_one_line(item.title),
            language=item.language,
            direction=values.direction(item.language),
            # One without an address of its own is read on its page on the site.
            url=values.published_address(item.url)
            or f"{self._sender.site_url}/{item_page(item.slug)}",
            about=self._about(item),
            summary=shorten(
                values.on_one_line(item.summary), _SUMMARY_CHARACTERS, placeholder=" …"
            ),
        )

    def _about(self, item: Item) -> str:
        """Date, issuers, kind; evidence is told from a statement."""
        words, issued = self._words, item.issued
        day = words.day(issued.day) if issued else words.say("date_unknown")
        if issued and issued.origin is IssuedFrom.DATELINE:
            day = words.say("date_in_text", date=day)
        printed = [*item.issuers, *filter(None, [item.content_type])]
        named = [apart(self._named.printed(label, words.tag), words.direction) for label in printed]
        issuers, kind = named[: len(item.issuers)], named[len(item.issuers) :]
        return " · ".join(filter(None, [day, ", ".join(issuers), *kind]))

    def _frame(self, frequency: Frequency, day: date, *, has_feeds: bool) -> Frame:
        shown = {
            "title": self._words.say(
                f"digest.{frequency}", day=self._words.day(day, "day_of_week")
            ),
            **{name: slot(name) for name in (*INSERTED, *OPEN)},
        }
        html, txt = (
            [
                each if place % 2 else encoded(each)
                for place, each in enumerate(inserts(text))
                if each
            ]
            for text in self._rendered("digest", **shown | ({} if has_feeds else {"feeds": ""}))
        )
        slots = sum(len(each.quoted.split(b"\0")) // 2 for each in html if isinstance(each, Lines))
        return Frame(html, txt, slots * _LONGEST_ENCODED_BYTES)

    def _section(self, selection: Selection, count: int) -> Piece:
        counted = self._words.count("items", count)
        return self._made("section", topic=self.page(selection), count=counted)

    def _more(self, selection: Selection | None, left_out: int) -> Piece:
        page = self.page(selection)
        named = apart(page.label, self._words.direction)
        more = self._words.count("more", left_out, topic=named)
        return self._made("more", topic=page, more=more)

    def _made_also_in(self, others: Sequence[Selection]) -> Piece:
        return self._made("also_in", topics=[*map(self.page, others)])

    def _feed(self, selection: Selection) -> Piece | None:
        page = self.page(selection)
        return self._made("feed", topic=page) if page.feed_url else None

    def _title(self, title: str, place: int) -> Piece:
        """A line of the preheader, at its place there."""
        text = ("· " if place else "") + values.on_one_line(title)
        return Piece(html=encoded(escape(text)), txt=encoded(text))

    def _subject(self, count: int, selections: Sequence[Selection]) -> str:
        named = [self.page(each).label for each in selections[:_SUBJECT_TOPICS]]
        more = ["…"] if len(selections) > _SUBJECT_TOPICS else []
        return self._words.count("subject", count, topics=", ".join([*named, *more]))

    def _made(self, piece: str, **shown: object) -> Piece:
        return Piece(*map(encoded, self._rendered(piece, **shown)))

    def _rendered(self, piece: str, **shown: object) -> Sequence[str]:
        return rendered(
            self._folder, piece, {"words": self._words, "sender": self._sender, **shown}
        )
