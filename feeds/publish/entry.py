"""An item as feeds and pages show it: every value finished, nothing left to decide.

Knows the terms of a source and the names of topics. Must never know XML, HTML or a template.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from html import escape, unescape
from typing import Self
from urllib.parse import urlsplit

from config.values import (
    host_of,
    is_language_tag,
    is_media_type,
    isolated,
    published_address,
    visible,
)
from feeds.catalogue import catalogue, nearest
from feeds.errors import UnknownTopic
from feeds.identity.decide import published_at
from feeds.identity.ids import is_permanent, published_uri, tag_uri
from feeds.model import (
    TYPES_OF_FILES,
    Author,
    Enclosure,
    Issued,
    Item,
    Label,
    Provenance,
    Rights,
    Topic,
    TopicKind,
    TopicRef,
)
from feeds.pictures import Picture, asked_for_late, figure, pictures, told, with_names
from feeds.publish.feed import FeedRef
from feeds.publish.site import Site, SourceTerms, item_page
from feeds.taxonomy import Taxonomy

_LONGEST_OPENING_CHARS = 500
# What is longer is the text.
_LONGEST_SUMMARY_CHARS = 2_000
# What is said of a page elsewhere is cut sooner.
_LONGEST_DESCRIPTION_CHARS = 300
# Links as the sanitiser writes them. Nearly all are as they may be; a mail address stays.
_LINK = re.compile(r'<a href="([^"]*)"((?: rel="[^"]*")?)>|</a>')
_ODD_LINK = re.compile(r'<a href="(?!mailto:)[^"]*(?:[\s{}|\\^`\[\]@%]|&(?!amp;))', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTopic:
    """A topic of an entry (RFC 4287 4.2.2), with its feed where it has one.

    ``direct`` says that the item itself was filed here, not only below; ``language`` is that of the
    label, "" where nobody told it.
    """

    kind: TopicKind
    scheme: str
    term: str
    label: str
    feed: FeedRef | None
    direct: bool
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEntry:
    """One item, ready to be shown. ``page`` is its address here, ``origin`` the one the source
    gave, if any, on a ``host`` as people say it. ``address`` is that of the two where it is at
    home; ``reading`` leads from a list to the whole text, in one step. ``issuers`` and
    ``content_type`` are as readers of the site call them, each with the language of that.
    ``rights`` are what is said of them, and the address of the licence.

    ``standfirst`` is the summary where the text below does not open with it anyway. ``markup`` is
    the text as sanitised HTML, where the publisher gave any. Without ``full_text`` there are no
    paragraphs, and no markup but that of its ``picture``, or of what is shown by an item without a
    word: what may not be shown is not even here.
    """

    id: str
    title: str
    summary: str
    standfirst: str
    paragraphs: tuple[str, ...]
    markup: str
    picture: Picture | None
    enclosures: tuple[Enclosure, ...]
    provenance: Provenance | None
    rights: Rights
    full_text: bool
    credit: str
    language: str
    issued: Issued | None
    published: datetime | None
    updated: datetime
    page: str
    origin: str | None
    host: str
    address: str
    reading: str
    authors: tuple[Author, ...]
    issuers: tuple[tuple[str, str], ...]
    printed_issuers: tuple[str, ...]
    content_type: tuple[str, str] | None
    categories: tuple[EntryTopic, ...]

    @property
    def description(self) -> str:
        """What it is about, in a sentence or two, as others show it who lead to it."""
        return self.summary or _cut("".join(self.paragraphs[:1]), _LONGEST_DESCRIPTION_CHARS)

    @property
    def by(self) -> tuple[tuple[str, str], ...]:
        """Whose it is, as people are told, with the language of each name where somebody told it:
        its authors and its issuers, or the organisation.
        """
        names = (each.name for each in self.authors if each.name not in self.printed_issuers)
        return (*((name, "") for name in names), *self.issuers)

    @property
    def is_title_alone(self) -> bool:
        """Whether there is nothing to read but its title."""
        return not (self.standfirst or self.paragraphs or self.markup)

    def on_own_page(self) -> Self:
        """The same for a page of our own."""
        return replace(self, markup=asked_for_late(self.markup))

    def filed_under(self, kind: TopicKind) -> tuple[EntryTopic, ...]:
        """The categories of one kind that the item itself names."""
        return tuple(each for each in self.categories if each.kind is kind and each.direct)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLink:
    """An item as the page of another one names it; ``page`` is its path on this host, ``address``
    where it is at home.
    """

    title: str
    language: str
    page: str
    address: str


def link(slug: str, title: str, language: str, url: str | None, site: Site) -> EntryLink:
    """An item as others name it, of what is stored of it."""
    path = item_page(slug)
    return EntryLink(
        title=_line(title) or slug,
        language=language if is_language_tag(language) else site.language,
        page=f"{site.base}/{path}",
        address=published_address(url) or f"{site.url}/{path}",
    )


def compose(item: Item, site: Site, taxonomy: Taxonomy) -> PublishedEntry:
    """The entry of an item on the terms of its source, in characters that XML allows."""
    terms = site.terms_of(item.source)
    text = item.body if terms.full_text else ""
    paragraphs = tuple(filter(None, (_line(each, is_running=True) for each in text.split("\n\n"))))
    summary = _line(item.summary, is_running=True)
    path = item_page(item.slug)
    page = f"{site.url}/{path}"
    origin = published_uri(item.url)
    printed = tuple(filter(None, (_line(label.text) for label in item.issuers)))
    picture = _picture(item) if terms.images else None
    language = item.language if is_language_tag(item.language) else ""
    named = partial(_named, spoken=language, language=site.language, taxonomy=taxonomy)
    return PublishedEntry(
        id=item.uid,
        title=_line(item.title) or item.slug,
        summary=summary,
        standfirst="" if summary in "".join(paragraphs[:1]) else summary,
        paragraphs=paragraphs,
        markup=_markup(item, terms, site, picture),
        picture=picture,
        enclosures=tuple(_enclosures(item)),
        provenance=_provenance(item.provenance),
        rights=Rights(_line(item.rights.words), published_uri(item.rights.licence) or ""),
        full_text=terms.full_text,
        credit=_line(terms.credit),
        language=language or site.language,
        issued=item.issued,
        published=published_at(item.issued, item.first_seen_at, site.timezone),
        updated=item.updated_at,
        page=page,
        origin=origin,
        host=host_of(published_address(item.url) or ""),
        address=origin or page,
        reading=origin if origin and not terms.full_text else f"{site.base}/{path}",
        authors=_authors(item.authors, printed or (site.publisher,)),
        issuers=tuple(filter(None, map(named, item.issuers))),
        printed_issuers=printed,
        content_type=named(item.content_type) if item.content_type else None,
        categories=tuple(_categories(item, language, site, taxonomy)),
    )


def shortened(entry: PublishedEntry) -> PublishedEntry:
    """The same as a summary with a link to the whole text, which opens with it where the publisher
    wrote none, or one that is no summary.
    """
    words = entry.summary or "".join(entry.paragraphs[:1])
    longest = _LONGEST_SUMMARY_CHARS if entry.summary else _LONGEST_OPENING_CHARS
    summary = _cut(words, longest)
    alone = figure(entry.picture) if entry.picture else ""
    return replace(
        entry,
        summary=summary,
        standfirst=summary,
        paragraphs=(),
        markup=alone if alone or summary else entry.markup,
        full_text=False,
    )


def _cut(text: str, longest: int) -> str:
    """A text, or its beginning up to a word's end."""
    if len(text) <= longest:
        return text
    cut = text[:longest]
    return f"{cut.rpartition(' ')[0] or cut} …"


def _line(text: str, *, is_running: bool = False) -> str:
    """One line of a text; in a running one parts of another writing direction may stand apart."""
    return isolated(" ".join(_readable(text, with_isolates=is_running).split()))


def _readable(text: str, *, with_isolates: bool = False) -> str:
    """A text without what would stop a whole feed; what nobody could read is a question mark."""
    return visible(text, with_isolates=with_isolates).replace("\ufffd", "?")


def _picture(item: Item) -> Picture | None:
    """The first picture of an item, at an address for all programs."""
    shown = pictures(_readable(item.markup))
    addressed = (replace(each, address=published_uri(each.address) or "") for each in shown)
    return next((each for each in addressed if each.address), None)


def _markup(item: Item, terms: SourceTerms, site: Site, picture: Picture | None) -> str:
    """What of its sanitised HTML may be shown, in such characters, with addresses that readers can
    follow; we say what nobody else does in its language, or else in the site's.
    """
    # What shows something and says nothing holds no text that others may not have; a picture beside
    # a summary that is shown stands there alone.
    if not terms.full_text and (item.body or (item.summary and picture)):
        return figure(picture) if picture else ""
    words = catalogue(item.language) if nearest(item.language) else site.words
    said = with_names(item.markup, lambda kind, host: words.say(f"embedded.{kind}", host=host))
    text = _readable(told(said, are_shown=terms.images), with_isolates=True)
    return _with_links(text) if _ODD_LINK.search(text) else text


def _with_links(markup: str) -> str:
    """The same with links as they can be published; the words of others stay."""
    around: list[bool] = []

    def written(tag: re.Match[str]) -> str:
        if tag[1] is None:
            return tag[0] if not around or around.pop() else ""
        is_mail = tag[1].startswith("mailto:")
        address = tag[1] if is_mail else escape(published_address(unescape(tag[1])) or "")
        around.append(bool(address))
        return f'<a href="{address}"{tag[2]}>' if address else ""

    return _LINK.sub(written, markup)


def _authors(people: Iterable[Author], otherwise: Iterable[str] = ()) -> tuple[Author, ...]:
    """Those that have a name, or else whom these names are of."""
    named = ((_line(each.name), published_uri(each.uri)) for each in people)
    known = tuple(Author(name=name, uri=uri or "") for name, uri in named if name)
    return known or tuple(Author(name=each) for each in otherwise)


def _provenance(said: Provenance | None) -> Provenance | None:
    """Where the entry came from, as far as a feed can say it: without a title or a time of its own
    a source is incomplete (RFC 4287, section 4.2.11).
    """
    if said is None or not (said.feed_updated and is_permanent(said.feed_id)):
        return None
    if not (title := _line(said.feed_title)):
        return None
    return replace(
        said,
        feed_title=title,
        feed_authors=_authors(said.feed_authors),
        feed_home=published_uri(said.feed_home) or "",
        feed_self=published_uri(said.feed_self) or "",
        feed_rights=_line(said.feed_rights),
    )


def _named(
    printed: Label, spoken: str, language: str, taxonomy: Taxonomy
) -> tuple[str, str] | None:
    """What readers of a language call a topic, and the language of that; as it was printed, in the
    one that is ``spoken`` there, where no label is in theirs.
    """
    text = _line(printed.text)
    topic = _known(printed.ref, taxonomy) if printed.ref else None
    if topic is None:
        return (text, spoken) if text else None
    return topic.label_in(language, text), topic.language_in(language, spoken if text else "")


def _enclosures(item: Item) -> Iterator[Enclosure]:
    """The files that can be had; a type or length that cannot be is not known, and a type that
    nobody says is told by the end of a file's name, where that tells one.
    """
    for enclosure in item.enclosures:
        url = published_uri(enclosure.url)
        if url is None:
            continue
        # What is none makes a feed invalid (RFC 4287 section 4.2.7.3).
        named, *_ = enclosure.media_type.partition(";")
        is_plain = enclosure.media_type.isascii() and enclosure.media_type.isprintable()
        is_type = is_plain and is_media_type(named.removesuffix(" "))
        end = urlsplit(url).path.rpartition(".")[2].lower()
        # Who does not know it writes 0.
        is_length = enclosure.length is not None and enclosure.length > 0
        yield replace(
            enclosure,
            url=url,
            title=_line(enclosure.title),
            media_type=enclosure.media_type if is_type else TYPES_OF_FILES.get(end, ""),
            length=enclosure.length if is_length else None,
        )


def _categories(item: Item, language: str, site: Site, taxonomy: Taxonomy) -> Iterator[EntryTopic]:
    """The topics the item names, in its order, then those it belongs to by them."""
    named = [label for label in item.labels if _line(label.text)]
    others = sorted(item.topics - {label.ref for label in named})
    for label in named:
        yield _category(label, language, site, taxonomy)
    for ref in others:
        yield _category(ref, language, site, taxonomy)


def _category(named: Label | TopicRef, language: str, site: Site, taxonomy: Taxonomy) -> EntryTopic:
    """Terms of the taxonomy share a scheme; names nobody knows get one of their own, so that a
    term is never a slug in one entry and a mere name in another.

    Schemes are tag: URIs like the ids of items: readers store a category's scheme in their
    filters, so it must outlive the address of the site.
    """
    identity, is_printed = site.identity, isinstance(named, Label)
    ref = named.ref if isinstance(named, Label) else named
    text = _line(named.text) if isinstance(named, Label) else ""
    vocabulary = named.kind if ref else f"unlisted-{named.kind}"
    topic = _known(ref, taxonomy) if ref else None
    known = topic.label_in(site.language) if topic else None
    term = ref.slug if ref else text
    return EntryTopic(
        kind=named.kind,
        scheme=tag_uri(identity.authority, identity.minted, "taxonomy", vocabulary),
        term=term,
        label=known or text or term,
        feed=FeedRef.of(ref) if ref and known else None,
        direct=is_printed,
        language=topic.language_in(site.language) if topic else language if text else "",
    )


# An unknown topic is asked for again with every item, and looking for its neighbours takes long.
@lru_cache(maxsize=4096)
def _known(ref: TopicRef, taxonomy: Taxonomy) -> Topic | None:
    try:
        return taxonomy.get(ref)
    except UnknownTopic:
        return None
