"""Drafts out of what a feed's entries say: plain titles, short summaries, safe markup.

Knows how long a title and a summary are and when a text is whole. Must never know the dialect it
was written in.
"""

import html
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from config.values import isolated, visible
from feeds.draft import Draft
from feeds.markup import in_paragraphs, without_empty
from feeds.parse.sanitise import Block, blocks, paragraphs, sanitised, without
from feeds.parse.syndication import feed_dates
from feeds.parse.syndication.categories import topics_of
from feeds.parse.syndication.embeds import Embed, filled, has_embeds, placed
from feeds.parse.syndication.entry_pictures import opened
from feeds.parse.syndication.feed_entries import RawEntry, RawFeed, TextConstruct
from feeds.taxonomy import Taxonomy

# A longer title is cut at a word: no page, feed or mail shows more, and the entry is still news.
_TITLE_CHARS = 300
# An entry without a title is called by its first words.
_CALLED_CHARS = 100
# What listings of this field show of a text; a longer description is kept as text, too.
_SUMMARY_CHARS = 500
# No sentence in a title or lead is longer; it bounds what is looked at to make one.
_LOOKED_AT_CHARS = 20_000

# To sanitise a tag takes up to 7 microseconds. A feed of 2 MB seldom has as many; for the entries
# behind, their own pages are the better source.
_MOST_TAGS = 60_000

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--")
# One paragraph with nothing in it but inline marks, as most summaries are: its words are what is
# left without the tags, and no parser need say so.
_PARAGRAPH = re.compile(
    r"\s*(?:<p>)?(?>(?:[^<>]++|</?(?:a|b|em|i|span|strong)(?: [^<>]*)?>)*)(?:</p>)?\s*"
)
_INLINE = re.compile("<[^<>]*(?:>|$)")
_NO_EMBEDS: Mapping[int, Embed] = {}
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_HEADING = re.compile(r"<h[2-6]\b[^<>]*>((?>(?:[^<]++|<(?!/h))*))</h[2-6]>")
# Of what is shown or marked up no plain paragraph tells.
_MARKED = re.compile(r"<(?!(?:p|div|br|span)\b)[a-z]", re.IGNORECASE)
# What leads from an entry to its page stands in its last line.
_LONGEST_WAY_ON_CHARS = 2_000
_LINE_STARTS = ("<p", "<br", "<div", "<li")
_LINK_ALONE = re.compile(
    r"(?>(?:<(?!a\s)[^<>]*>|\s|\[|…)*)<a\s[^<>]*>[^<>]{1,60}</a>(?>(?:<[^<>]*>|[\s\]….»→])*)"
)
# "The post", "appeared first on" and the name of a site; the name of an author and a day.
_MOST_AROUND_TITLE_CHARS = 120
_MOST_BEHIND_TITLE_CHARS = 60
_ENDS = (".", "!", "?", "…", ":")
_START_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9]*)(?=[\s/>])")
_END_TAG = re.compile(r"</([A-Za-z][A-Za-z0-9]*)\s*>")
# What marks up words, has no end, or is never shown: of others one may write without an end.
_MARKS_UP = frozenset(
    "a abbr acronym b bdi bdo big center cite code del dfn em font i ins kbd mark nobr q s samp "
    "small span strike strong sub sup tt u var br div h1 h2 h3 h4 h5 h6 hr img input li link meta "
    "p wbr applet embed frame iframe noframes object script style".split()
)
# What is said of a picture, and where it is; a value goes on to its quotation mark.
_OF_A_PICTURE = re.compile(
    r"<img\b[^<>]{0,4000}>|<figcaption\b[^<>]{0,400}>(?P<caption>[^<>]{1,2000})", re.IGNORECASE
)
_TOLD = re.compile(r"""\s(?:alt|title)\s*=\s*("[^"<>]*"|'[^'<>]*')""", re.IGNORECASE)
_AT = re.compile(r"""\ssrc\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)""", re.IGNORECASE)
# What stands between the words of a file's name, and what says of which kind it is.
_FILE_NAME = re.compile(r"\.[A-Za-z0-9]{1,5}(?:\?.*)?$|[-_+.]|%20")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CHARACTER = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def draft(
    entry: RawEntry, feed: RawFeed, taxonomy: Taxonomy, *, is_whole: bool = False
) -> Draft | None:
    """The draft of one entry, None for one that says nothing; one that is nothing but an address
    is called by it.

    It is partial unless the entry ``is_whole`` or has a content that says more than its summary.
    A description of several paragraphs, longer than a summary or marked up is kept as text where
    there is no other, and so is what shows something without a word: but nobody said that it is
    all of it.
    """
    named = line(entry.title)
    told = _without_way_on(entry.summary, entry.urls, named)
    text = _without_way_on(entry.content, entry.urls, named) if entry.content else entry.content
    page = entry.urls[0] if entry.urls else ""
    lead, markup, body, is_full = _words(told, text, named, page, is_whole=is_whole)
    summary = isolated(_cut(lead or _opening(markup, body), _SUMMARY_CHARS))
    title = _cut(named, _TITLE_CHARS) or _cut(_seen(summary) or _caption(entry), _CALLED_CHARS)
    title = title or ("" if is_whole else "".join(entry.urls[:1])[:_TITLE_CHARS])
    if not title:
        return None
    markup = opened(markup, body, summary, entry, feed)
    topics = topics_of(entry.categories, _issuers(entry, feed), taxonomy)
    language = entry.language or feed.language
    return Draft(
        form=feed.form,
        title=title,
        summary=summary,
        paragraphs=body,
        markup=markup,
        partial=not (is_full or is_whole),
        url=page or None,
        also_at=entry.urls[1:],
        guid=entry.guid,
        provenance=entry.provenance,
        issued=entry.issued,
        updated=None if entry.issued else feed_dates.day(entry.updated, language),
        language=language,
        alternates=entry.alternates,
        content_type=topics.content_type,
        issuers=topics.issuers,
        fields=topics.fields,
        countries=topics.countries,
        authors=entry.authors or feed.authors,
        enclosures=entry.files,
        rights=entry.rights,
    )


def _words(
    told: TextConstruct, text: TextConstruct, title: str, page: str, *, is_whole: bool
) -> tuple[str, str, tuple[str, ...], bool]:
    """The lead, the markup and the paragraphs of a summary and a content, and whether the content
    says more than the summary.
    """
    lead, rest, is_one, read = _lead(told, title, page)
    markup, body = _body(text, title, page) if text else ("", ())
    if body and not _says_no_more(body, lead, rest):
        return lead, markup, body, True
    shown = markup if markup and _MARKED.search(markup) else ""
    if rest or (not shown and told.is_html and _MARKED.search(told.text)):
        if is_one:
            markup = without_empty(sanitised(told.text, told.base, page=page))
            body = (lead,) if lead else ()
        else:
            markup, body = _published(read, title) if read else _body(told, title, page)
        if shown:
            markup = shown + (markup or in_paragraphs(body))
    if rest or is_whole or _MARKED.search(markup):
        return lead, markup, body, False
    return lead, "", (), False


def _opening(markup: str, body: tuple[str, ...]) -> str:
    """The first paragraph that is no heading; a heading where there is nothing else."""
    headings = [_characters(_INLINE.sub("", each)) for each in _HEADING.findall(markup)]
    named = {" ".join(each.split()) for each in headings}
    return next((each for each in body if each not in named), "".join(body[:1]))


def _issuers(entry: RawEntry, feed: RawFeed) -> tuple[str, ...]:
    """The names of who may have issued an entry: what its feed says is of those that name none."""
    said = entry if entry.authors or entry.others else feed
    return (*[author.name for author in said.authors], *said.others)


def latest(entries: Iterable[RawEntry]) -> list[RawEntry]:
    """The entries, of one that stands there in several versions only the one updated last
    (RFC 4287, section 4.1.1); entries that have no more than an id in common are several.
    """
    told = list(entries)
    if len({each.guid for each in told}) == len(told):
        return told
    newest: dict[object, RawEntry] = {}
    versions = [(each.guid, each.urls, each.issued) for each in told]
    for version, entry in zip(versions, told, strict=True):
        other = newest.setdefault(version, entry)
        if other is not entry and _is_newer(entry, other):
            newest[version] = entry
    return [
        entry
        for version, entry in zip(versions, told, strict=True)
        if newest[version] is entry or not (all(version) and _is_newer(newest[version], entry))
    ]


def _is_newer(entry: RawEntry, other: RawEntry) -> bool:
    one, before = feed_dates.instant(entry.updated), feed_dates.instant(other.updated)
    return one is not None and before is not None and one > before


def within_budget(entries: Iterable[RawEntry]) -> Iterator[RawEntry]:
    """The entries as they are while their markup can be sanitised in time; of those behind, what
    they begin with.
    """
    tags = 0
    for entry in entries:
        tags += entry.title.text.count("<") + entry.summary.text.count("<")
        tags += entry.content.text.count("<")
        if tags <= _MOST_TAGS:
            yield entry
        else:
            start = _start(entry.summary) or _start(entry.content)
            yield entry._replace(title=_start(entry.title), summary=start, content=TextConstruct())


def _start(words: TextConstruct) -> TextConstruct:
    text = words.text[: 4 * _SUMMARY_CHARS]
    return TextConstruct(_characters(_INLINE.sub(" ", text)) if words.is_html else text)


def line(words: TextConstruct) -> str:
    """Words on one line of plain text; HTML is decoded once, and nothing else is."""
    text = words.text[:_LOOKED_AT_CHARS]
    if words.is_html and ("<" in text or "&" in text):
        closed = {name.lower() for name in _END_TAG.findall(text)}
        # "How to use the <main> element": who writes of elements has not marked anything up.
        text = _START_TAG.sub(
            lambda tag: tag[0] if _is_markup(tag[1].lower(), closed) else f"&lt;{tag[1]}", text
        )
        text = " ".join(paragraphs(text)) if _TAG.search(text) else _characters(text)
    return _seen(text)


def _is_markup(name: str, closed: Container[str]) -> bool:
    return name in closed or name in _MARKS_UP


def _caption(entry: RawEntry) -> str:
    """What tells of the pictures an entry is: what is said of one, or a file's name."""
    markup = entry.title.text + entry.content.text + entry.summary.text
    found = list(_OF_A_PICTURE.finditer(markup))
    said = chain.from_iterable(
        (each["caption"],) if each["caption"] else _TOLD.findall(each[0]) for each in found
    )
    told = (_seen(html.unescape(each.strip("\"'"))) for each in said)
    titles = (file.title for file in entry.files)
    shown = (at.strip("\"'") for each in found for at in _AT.findall(each[0])[:1])
    own = (each.address for each in chain(*entry.pictures))
    files = chain((file.url for file in entry.files), own, shown)
    names = (_seen(_FILE_NAME.sub(" ", file.rpartition("/")[2])) for file in files)
    return next(filter(_says_something, chain(told, titles, names)), "")


def _says_something(text: str) -> bool:
    return len(_WORD.findall(text)) > 1


def _seen(text: str) -> str:
    return _evened(text, visible)


def _running(text: str) -> str:
    """The same of one paragraph: what it sets apart of another writing direction stays so."""
    return _evened(text, lambda spaced: isolated(visible(spaced, with_isolates=True)))


def _evened(text: str, seen: Callable[[str], str]) -> str:
    # Most texts hold nothing that cannot be seen, and no white space but single blanks.
    if "  " not in text and text.isprintable():
        return text.strip()
    spaced = " ".join(text.split())
    return spaced if spaced.isprintable() else seen(spaced)


def _characters(text: str) -> str:
    if "&" not in text:
        return text
    # Most texts have no other.
    if text.count("&") == text.count("&amp;"):
        return text.replace("&amp;", "&")
    return _CHARACTER.sub(lambda found: _character(found[0]), text)


# The same few are written in all entries of a feed.
@lru_cache(maxsize=256)
def _character(reference: str) -> str:
    return html.unescape(reference)


def _without_way_on(words: TextConstruct, urls: Iterable[str], title: str) -> TextConstruct:
    """Words without the line at their end that leads to the page of their entry: "Read more", or
    "The post TITLE appeared first on SITE", in any language.
    """
    # An address without a scheme is none of its page.
    if not words.is_html or "<" not in words.text or "://" not in words.text:
        return words
    end = max(0, len(words.text) - _LONGEST_WAY_ON_CHARS)
    ending = words.text[end:]
    known = [own for url in urls if (own := url.rstrip("/")) in ending]
    if not known:
        return words
    own = known[0]
    block = max(words.text.rfind(tag, end) for tag in _LINE_STARTS)
    for start in (block, words.text.rfind("<a ", end)):
        last, before = words.text[start:], _INLINE.sub("", words.text[: max(start, 0)]).strip()
        if before and own in last and _leads_on(last, title):
            return words._replace(text=words.text[:start])
    return words


def _leads_on(last: str, title: str) -> bool:
    if _LINK_ALONE.fullmatch(last):
        return True
    text = _seen(_characters(_INLINE.sub("", last)))
    return bool(title) and title in text and len(text) <= len(title) + _MOST_AROUND_TITLE_CHARS


def _is_head(line: str, title: str) -> bool:
    """Whether a first line is the title once more, with an author or a day at most."""
    is_short = len(line) <= len(title) + _MOST_BEHIND_TITLE_CHARS
    return bool(title) and line.startswith(title) and is_short and not line.endswith(_ENDS)


class _Read(NamedTuple):
    """A text with tags, sanitised: its blocks, and what it shows at which places."""

    markup: str
    blocks: tuple[Block, ...]
    embeds: Mapping[int, Embed]


def _lead(summary: TextConstruct, title: str, page: str) -> tuple[str, bool, bool, _Read | None]:
    """The first paragraph of a summary, whether it goes on or is too long for one, whether its tags
    hold no other, and what was read of several.
    """
    text = summary.text
    is_one = summary.is_html and "<" in text and _PARAGRAPH.fullmatch(text) is not None
    if is_one or not (summary.is_html and "<" in text and _TAG.search(text)):
        said = _INLINE.sub("", text) if is_one else text
        plain = _running(_characters(said) if summary.is_html else said)
        return plain, len(plain) > _SUMMARY_CHARS, is_one, None
    read = _read(summary, page)
    # An opening is a paragraph.
    starts = (at for at, each in enumerate(read.blocks) if each.tag not in _HEADINGS)
    found = [each.line for each in read.blocks[next(starts, 0) :]]
    if len(found) > 1 and _is_head(found[0], title):
        found = found[1:]
    rest = len(found) > 1 or (bool(found) and len(found[0]) > _SUMMARY_CHARS)
    return "".join(found[:1]), rest, False, read


def _body(words: TextConstruct, title: str, page: str) -> tuple[str, tuple[str, ...]]:
    """Markup and paragraphs of a text on a ``page``; plain text has no markup."""
    if words.is_html and _TAG.search(words.text):
        return _published(_read(words, page), title)
    text = _characters(words.text) if words.is_html else words.text
    return "", tuple(seen for part in text.splitlines() if (seen := _running(part)))


def _read(words: TextConstruct, page: str) -> _Read:
    text, embeds = words.text, _NO_EMBEDS
    if has_embeds(text):
        text, embeds = placed(text, words.base)
    markup = sanitised(text, words.base, page=page, with_places=bool(embeds))
    return _Read(markup, blocks(markup), embeds)


def _published(read: _Read, title: str) -> tuple[str, tuple[str, ...]]:
    markup, found, embeds = read
    if len(found) > 1 and _is_head(found[0].line, title):
        markup, found = without(markup, found[:1]), found[1:]
    # What is shown is no word of the text.
    return filled(markup, embeds), tuple([block.line for block in found])


def _says_no_more(body: tuple[str, ...], lead: str, rest: bool) -> bool:  # noqa: FBT001
    return not rest and len(body) == 1 and (body[0] == lead or len(body[0]) < len(lead))


def _cut(text: str, most: int) -> str:
    """``text`` in at most so many characters, cut at a word."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    head, blank, _ = kept.rpartition(" ")
    return f"{(head if blank else kept).rstrip(' ,;:–-')}…"
