"""The pictures of an item within its markup: how they are kept, and shown, or told of by links.

Knows the one form in which a picture stands in a kept text, and a link to what nobody gave a name.
Must never know who may show it.

A picture is kept as ``<figure><img src alt width height><figcaption>words</figcaption></figure>``,
and within a line as ``<img src alt title width height>``, the title being its caption: whether it
is shown is the terms of its source, which may change. Nothing of it but these attributes is
published: what else an ``img`` can have lets a page run something, or have another picture than the
one that was looked at. A link to a film, a sound or a frame that its page has no word for
is kept with its kind (``type``), which the sanitiser lets nobody else have, around its host: what
it is called is said in the language of its readers.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape, unescape

from config.values import host_of, published_address
from feeds.markup import without_empty

#: No screen is wider; what says more is no size.
_MOST_PIXELS = 10_000
# What WordPress has made smaller, too, whatever its first size was, and what is cut to a shape.
_SIZE = re.compile(r"[-_](?:\d{1,4}x\d{1,4}|scaled)$")
# A folder of one size; years are none.
_SIZES = re.compile(
    r"/(?:(?!(?:19|20)\d\d/)\d{3,4}|[wh][-_]?\d+|\d+x\d+|full|medium|original|preview|public|"
    r"scaled|small|styles|thumb(?:nail)?s?|x?large)(?=/)"
)
#: What files are called in which there is any picture, by cameras and programs too.
_OF_ANY = frozenset(
    "article avatar bild bilder cover crop default download dsc dscn file foto fotos header hero "
    "image images imagen img imgp immagine main media original photo photos picture pictures "
    "screenshot thumb thumbnail unnamed untitled whatsapp".split()
)
_TELLING = re.compile(r"[^\W\d_]{4,}|\d{6,}|[0-9a-f]{8,}")
_PHOTOS = frozenset({"avif", "jpeg", "jpg", "webp"})
_PICTURES = _PHOTOS | {"bmp", "gif", "png", "svg", "tif", "tiff"}
#: What alone names the file of what is there to be asked for, and who does nothing but ask.
_COUNTERS = frozenset(
    "1x1 analytics beacon blank clear count counter hit hitcounter hits matomo piwik pixel spacer "
    "stat stats track tracker tracking transparent webbug".split()
)
_COUNTING = frozenset({"analytics", "beacon", "counter", "pixel", "pixels", "tracker", "tracking"})
_WORDS = re.compile("[a-z0-9]+")
_PICTURE = re.compile(
    r'(?P<figure><figure>)?<img src="(?P<address>[^"]*)"(?: alt="(?P<alt>[^"]*)")?'
    r'(?: title="(?P<title>[^"]*)")?'
    r'(?: width="(?P<width>\d{1,5})")?(?: height="(?P<height>\d{1,5})")?>'
    r"(?(figure)(?:<figcaption>(?P<caption>[^<]*)</figcaption>)?</figure>)"
)
_PICTURE_OR_LINK = re.compile(rf"(?P<link></?a\b[^<>]*>)|{_PICTURE.pattern}")
# The signature of an address, and until when it holds, by the names that clouds, networks of caches
# and their customers have for them. One without the other may hold for ever, and so does what holds
# until 2037 or later, in seconds or thousandths of them.
_SIGNATURE = re.compile(
    r"(?:x-(?:amz|goog|oss|cos)-)?sign(?:ature)?|sig|hmac|tok(?:en)?|oh|hm", re.IGNORECASE
)
_END = re.compile(
    r"(?:(?:x-(?:amz|goog|oss|cos)-)?expires?|expiry|exp|[so]e|ex|policy)=(?!(?:20(?:3[7-9]|[4-9]\d)-"
    r"|(?:211[5-9]|21[2-9]\d|2[2-9]\d\d|[3-9]\d{3})\d{6}(?:\d{3})?(?!\d))).+",
    re.IGNORECASE,
)
# Both in one (Akamai).
_SIGNED_END = re.compile(r"(?:hdn(?:ts|ea)|__token__)=(?:.*~)?exp=.+", re.IGNORECASE)
_IMG = '<img src="'
#: The kind of what is neither a film nor a sound.
FRAME = "frame"
_TYPE = '" type="'
_UNNAMED = re.compile(
    r'(?P<link><a href="[^"]*" rel="[^"]*") type="(?P<kind>[a-z]+)">(?P<host>[^<]*)</a>'
)
_LINK = re.compile(r"<a\b[^<>]*>((?>(?:[^<]++|<(?!/?a\b))*))</a>")
_NAMELESS = re.compile(rf'({_IMG}([^"]*)" alt=)""')
# All of a text that says nothing to who does not see pictures.
_NO_NAME = re.compile(rf'<(?!{_IMG[1:]}[^"]*" alt="[^"])[^<>]*>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture at an ``address``; ``alt`` is what to say where it is not seen, None where nobody
    wrote it; ``width`` and ``height`` are in pixels, 0 where nobody says.
    """

    address: str
    alt: str | None = None
    caption: str = ""
    width: int = 0
    height: int = 0

    @property
    def said(self) -> str:
        """What is said where it is not seen; its caption where nobody wrote that."""
        return self.alt or self.caption

    @property
    def beside_caption(self) -> str:
        """The same where its caption stands beside it, which would be read out twice."""
        return "" if self.said == self.caption else self.said

    @property
    def words(self) -> str:
        """What it is called where it is not shown; without a word of its page by its host."""
        return self.caption or (host_of(self.address) if self.alt is None else self.alt)


def name_of(address: str) -> str:
    """What a picture is called, whatever its size and kind, with its folder where any may be called
    so; its address where that is no name.
    """
    path, _, query = address.partition("#")[0].partition("?")
    folder, _, file = path.rpartition("/")
    stem, dot, end = file.rpartition(".")
    if not dot or (query and end.lower() not in _PICTURES):
        return address
    stem = _SIZE.sub("", stem)
    if any(word not in _OF_ANY for word in _TELLING.findall(stem.lower())):
        return stem
    place = f"{folder.partition('://')[2].partition('/')[2]}/"
    return f"{_SIZES.sub('', f'/{place}')}{stem}"


def counts_readers(address: str) -> bool:
    """Whether a picture is there to be asked for, and not to be seen, by what its file or its host
    is called.
    """
    stem, dot, end = address.partition("?")[0].rpartition("/")[2].lower().rpartition(".")
    words = _WORDS.findall(stem if dot else end)
    is_called = bool(words) and end not in _PHOTOS and _COUNTERS.issuperset(words)
    return is_called or not _COUNTING.isdisjoint(host_of(address).split(".")[:-1])


def size(text: str) -> int:
    """A width or height as HTML has it, in pixels; 0 for what is none."""
    digits = text.strip().removesuffix("px")
    is_size = digits.isascii() and digits.isdecimal() and len(digits) <= len(str(_MOST_PIXELS))
    return int(digits) if is_size and int(digits) <= _MOST_PIXELS else 0


def is_below(text: str, least: int) -> bool:
    """Whether a width or height as HTML has it is smaller than so many pixels."""
    return 0 < size(text) < least or text.strip() == "0"


def kept(picture: Picture, *, is_within_line: bool) -> str:
    """A picture as it stands in a kept text."""
    told = {
        "src": picture.address,
        "alt": picture.alt,
        "title": (picture.caption or None) if is_within_line else None,
        "width": str(picture.width) if picture.width else None,
        "height": str(picture.height) if picture.height else None,
    }
    known = (f' {name}="{escape(text)}"' for name, text in told.items() if text is not None)
    image = f"<img{''.join(known)}>"
    if is_within_line:
        return image
    caption = escape(picture.caption, quote=False)
    return f"<figure>{image}{f'<figcaption>{caption}</figcaption>' if caption else ''}</figure>"


def link_to(address: str, words: str, kind: str = "") -> str:
    """A link as it stands in a kept text around words in HTML; with the kind of what it leads to
    where those are its host's name alone.
    """
    said = f' type="{kind}"' if kind else ""
    return f'<a href="{escape(address)}" rel="noopener noreferrer"{said}>{words}</a>'


def with_names(markup: str, say: Callable[[str, str], str]) -> str:
    """A kept text in which links to what nobody gave a name are called by what we ``say`` of its
    kind and its host.
    """

    def called(found: re.Match[str]) -> str:
        words = escape(say(found["kind"], unescape(found["host"])), quote=False)
        return f"{found['link']}>{words}</a>"

    return _UNNAMED.sub(called, markup) if _TYPE in markup else markup


def pictures(markup: str) -> Iterator[Picture]:
    """The pictures of a kept text that can be shown, at addresses that others may be given and that
    last.
    """
    for found in _PICTURE.finditer(markup) if _IMG in markup else ():
        if picture := _published(found):
            yield picture


def told(markup: str, *, are_shown: bool) -> str:
    """A kept text as it is published: with its pictures, each with an alternative text (empty where
    its caption says the same), where they ``are_shown``, or with links in their places, named by
    their captions or by what is said of them; one of which somebody says that it says
    nothing leaves no link. Of a link that holds nothing but such a picture its host is the name
    (WCAG 2.2, 2.4.4).
    """
    if _IMG not in markup:
        return markup
    return (
        without_empty(_LINK.sub(_named, _PICTURE.sub(_shown, markup)))
        if are_shown
        else _linked(markup)
    )


def figure(picture: Picture) -> str:
    """A picture that is shown by itself."""
    return kept(replace(picture, alt=picture.beside_caption), is_within_line=False)


def asked_for_late(markup: str) -> str:
    """A text with its pictures as pages of our own have them: asked for when they are about to be
    seen, and their host does not hear what was read.
    """
    return markup.replace("<img ", '<img loading="lazy" referrerpolicy="no-referrer" ')


def _linked(markup: str) -> str:
    is_linked = False

    def written(found: re.Match[str]) -> str:
        nonlocal is_linked
        if found["link"]:
            is_linked = not found["link"].startswith("</")
            return found[0]
        return _words(found, is_linked=is_linked)

    return without_empty(_PICTURE_OR_LINK.sub(written, markup))


def _named(link: re.Match[str]) -> str:
    """A link with a name for who does not see the pictures in it."""
    if _IMG not in link[1] or _NO_NAME.sub("", link[1]).strip():
        return link[0]
    return _NAMELESS.sub(lambda image: f'{image[1]}"{_host(image[2])}"', link[0], count=1)


def _host(address: str) -> str:
    return escape(host_of(unescape(address)))


def _read(found: re.Match[str]) -> Picture:
    alt = found["alt"]
    return Picture(
        address=unescape(found["address"]),
        alt=None if alt is None else unescape(alt),
        caption=unescape(found["caption"] or found["title"] or ""),
        width=int(found["width"] or 0),
        height=int(found["height"] or 0),
    )


def _published(found: re.Match[str]) -> Picture | None:
    """The picture; None where its address cannot be published, or leads nowhere before long."""
    picture = _read(found)
    address = published_address(picture.address)
    return replace(picture, address=address) if address and not _is_passing(address) else None


def _is_passing(address: str) -> bool:
    """Whether an address is signed for some time."""
    said = address.partition("#")[0].partition("?")[2].split("&") if "?" in address else ()
    is_signed = any(_SIGNATURE.fullmatch(each.partition("=")[0]) for each in said)
    return any((is_signed and _END.fullmatch(each)) or _SIGNED_END.fullmatch(each) for each in said)


def _shown(found: re.Match[str]) -> str:
    """The picture; what is said of it where it cannot be shown."""
    picture = _published(found)
    if picture is None:
        return _words(found, is_linked=True)
    if found["figure"]:
        return figure(picture)
    image = kept(replace(picture, alt=picture.beside_caption, caption=""), is_within_line=True)
    return f"{image} {escape(picture.caption, quote=False)}".rstrip()


def _words(found: re.Match[str], *, is_linked: bool) -> str:
    """What a picture leaves: a link; its words alone where it stands in one, or leads nowhere, and
    what somebody says of it alone where that is all there is.
    """
    picture = _published(found)
    told = _read(found)
    words = escape(picture.words if picture else told.caption or told.said, quote=False)
    if not words:
        return ""
    text = words
    if picture and not is_linked:
        text = link_to(picture.address, words)
    return f"<p>{text}</p>" if found["figure"] else text
