"""The pictures that a feed shows an entry with, beside its text.

Knows where feeds in XML state them, which are the same, and which are of a person or a site
instead. Must never know who may show them, or what of a text is published.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from config.values import host_of
from feeds.markup import in_paragraphs
from feeds.model import TYPES_OF_FILES
from feeds.parse.sanitise import paragraphs
from feeds.parse.syndication.elements import Groups, first, grouped, local, text_of
from feeds.parse.syndication.embeds import (
    LONGEST_CAPTION_CHARS,
    WIDEST_PIXELS,
    captioned_apart,
    is_tiny,
)
from feeds.parse.syndication.feed_entries import (
    NO_PICTURES,
    RawEntry,
    RawFeed,
    StatedPictures,
    absolute,
)
from feeds.parse.xml import Element
from feeds.pictures import Picture, counts_readers, kept, name_of, pictures, size

#: What pages and feeds call pictures that are of no item, and their files.
DECORATIONS = frozenset(
    "avatar avatars badge banner blank button emoji favicon gravatar icon icons loader loading "
    "logo logos pixel placeholder preload spacer sprite transparent".split()
)
# Where portraits are: some programs name who wrote an entry among the pictures of it.
_PORTRAITS = "gravatar.com"
_PREVIEWS = ("media:thumbnail", "itunes:image")
_STATED = frozenset(("media:content", "media:group", "image", *_PREVIEWS))
_SIZES = ("width", "height")
_WORD = re.compile("[a-z]+")
# More are a gallery, and not what a reader expects of one news item.
_MOST = 20


def media(groups: Groups) -> Iterator[Element]:
    """What Media RSS says that an entry holds, by itself or in groups."""
    yield from groups.get("media:content", ())
    for group in groups.get("media:group", ()):
        yield from (each for each in group if local(each) == "media:content")


def stated(groups: Groups, *bases: str | None) -> StatedPictures:
    """The pictures among the elements of an entry or a feed; relative addresses count from the
    first of the bases that is one.
    """
    if groups.keys().isdisjoint(_STATED):
        return NO_PICTURES
    base = next(filter(None, bases), None)
    held = [*media(groups)]
    whole = [*filter(_is_picture, held), *groups.get("image", ())]
    # Media RSS, "media:group": what stands in one is the same thing in several forms.
    forms = {each: group for group in groups.get("media:group", ()) for each in group}
    previews = [each for name in _PREVIEWS for each in groups.get(name, ())]
    previews += [each for of in held for each in of if local(each) == "media:thumbnail"]
    return StatedPictures(_each_once(whole, base, forms), _each_once(previews, base, {})[:1])


def _is_picture(content: Element) -> bool:
    end = (content.get("url") or "").partition("?")[0].rpartition(".")[2].lower()
    said = content.get("medium") or content.get("type") or TYPES_OF_FILES.get(end, "")
    return said.partition("/")[0] == "image"


def _each_once(
    elements: Iterable[Element], base: str | None, forms: Mapping[Element, Element]
) -> tuple[Picture, ...]:
    """The pictures of elements; of one in several sizes the largest that a column has room for.
    Those that are ``forms`` of the same, and those of one name, are one.
    """
    found: list[tuple[object, Picture]] = []
    for each in elements:
        address = absolute(_address(each), base)
        if address is not None and not _is_decoration(address, each):
            found.append((forms.get(each, each), _read(each, address)))
    best = _best((name_of(each.address), each) for each in _best(found))
    return tuple(best)[:_MOST]


def _best(pictures: Iterable[tuple[object, Picture]]) -> Collection[Picture]:
    """Of the pictures that are the same thing the one that fits best."""
    best: dict[object, Picture] = {}
    for same, picture in pictures:
        if _fits(picture) > _fits(best.get(same)):
            best[same] = picture
    return best.values()


def _fits(picture: Picture | None) -> int:
    """How wide it is, where there is room for it; of others the first is as good as any."""
    if picture is None:
        return -1
    return picture.width if picture.width <= WIDEST_PIXELS else 0


def _address(element: Element) -> str:
    stated = element.get("url") or element.get("href")
    return stated or (first(grouped(element), ("url",)) if len(element) else text_of(element))


def _read(element: Element, address: str) -> Picture:
    inner = grouped(element) if len(element) else {}
    # RSS 2.0, "image": its title is what HTML has in "alt".
    title = _line(first(inner, ("media:title", "title")))
    return Picture(
        address=address,
        alt=title or None,
        caption=_line(first(inner, ("media:description", "description"))),
        width=size(element.get("width", "")),
        height=size(element.get("height", "")),
    )


def _line(text: str) -> str:
    return " ".join(paragraphs(text))[:LONGEST_CAPTION_CHARS] if text else ""


def _is_decoration(address: str, element: Element) -> bool:
    """Whether what an element leads to counts readers, or is of a person or a site."""
    said = {name: element.get(name, "") for name in _SIZES}
    return is_tiny(said) or is_called_decoration(address)


def is_called_decoration(address: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a picture is of a person or a site by the name of its file, or one of ``more``
    names, or counts readers.
    """
    words = _WORD.findall(address.partition("?")[0].rpartition("/")[2].lower())
    is_other = counts_readers(address) or host_of(address).endswith(_PORTRAITS)
    return is_other or not (DECORATIONS | more).isdisjoint(words)


def opened(markup: str, body: Collection[str], lead: str, entry: RawEntry, feed: RawFeed) -> str:
    """The markup of an entry that opens with its pictures which its text does not show; a picture
    that the feed has of itself is none. What the entry says itself is no caption.
    """
    if not any(entry.pictures):
        return markup
    own = {each.address for each in chain(*feed.pictures)}
    shown = {name_of(each.address) for each in pictures(markup)}
    found = [each for each in entry.pictures.whole if name_of(each.address) not in shown]
    if not (shown or entry.pictures.whole):
        found = list(entry.pictures.previews)
    said = {lead, *body}
    figures = "".join(
        kept(captioned_apart(said, each), is_within_line=False)
        for each in found
        if each.address not in own
    )
    if not figures:
        return markup
    return figures + (markup or in_paragraphs(body))
