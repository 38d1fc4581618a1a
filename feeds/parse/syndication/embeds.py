"""What a text shows and does not say: pictures, films, sounds and frames, at their places in it.

Knows what they are called, where they are, and which pictures only count readers. Must never know
what of HTML is published: it marks places that a sanitiser keeps, and fills them behind it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from html import escape, unescape
from itertools import chain, islice
from typing import NamedTuple

from config.values import host_of, is_web_address, on_one_line
from feeds.markup import CLEAN_TAG, INLINE, without_empty
from feeds.parse.sanitise import PLACE, PLACE_NUMBER
from feeds.parse.syndication.feed_entries import absolute
from feeds.pictures import FRAME, Picture, is_below, kept, link_to, size

_TAGS = re.compile(
    r"<(/?)(a|audio|embed|figcaption|figure|iframe|img|object|p|picture|source|video)\b"
    r"""((?>(?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*))>""",
    re.IGNORECASE,
)
_ANY = re.compile(r"<(?:img|iframe|video|audio|embed|object)\b", re.IGNORECASE)
_SAID = re.compile(
    r"""\s([a-z-]{2,20})\s{0,5}=\s{0,5}("[^"<]*"|'[^'<]*'|[^\s"'<>]+)""", re.IGNORECASE
)
_MARKUP = re.compile(r"<[^<>]{0,4000}>")
# Where lazy pages keep what a script will show goes before what they show until then.
_AT = ("data-src", "data-lazy-src", "data-original", "src", "data", "href")
_CHOICES = ("srcset", "data-srcset")
_MOST_CHOICES = 20
# An address, which ends the choice where it ends in a comma, and the size behind it (HTML, srcset).
_CHOICE = re.compile(r"([^\s,]\S*+)(?:(?<!,)\s++([^,]*+))?")
#: A picture of several sizes is the largest of those that a reader's column has room for.
WIDEST_PIXELS = 1_600
_CALLED = ("alt", "title", "aria-label")
_FRAMES = frozenset({"audio", "iframe", "object", "video"})
_KINDS = {"audio": "audio", "video": "video"}
#: What is said of one thing is no text.
LONGEST_CAPTION_CHARS = 300
#: No text shows more; what does is a wall of pictures, whose first are enough.
MOST_EMBEDS = 100
# A picture of a pixel or two is there to be asked for, not to be seen.
_SMALLEST_PIXELS = 3
# The address of a file that is one: a script that counts answers with a picture, too, and what
# keeps others apart is a GIF.
_FILE = re.compile(r"\.(?:avif|jpe?g|png|webp)(?:[?#]|$)", re.IGNORECASE)
# So large is nothing that is not looked at.
_SEEN_PIXELS = 100

# No name of an attribute holds a reference, and everywhere else this says the same.
_STRANGE_NUMBER = re.compile(PLACE_NUMBER, re.IGNORECASE)
_NO_NUMBER = PLACE_NUMBER.replace("-", "&#45;")
_PLACED = re.compile(rf'<{PLACE} {PLACE_NUMBER}="(\d{{1,4}})">')
# What is left of a link, and of an element around pictures, that stand elsewhere or by themselves.
_EMPTY_LINK = re.compile(r"<a\b[^<>]*>(?>(?:\s++|<(?!/?a\b|img\b)[^<>]*>)*)</a>")
_AROUND_FIGURES = re.compile(
    r"<div>\s*((?>(?:<figure><img [^<>]*>(?:<figcaption>[^<]*</figcaption>)?</figure>\s*)+))</div>"
)
# In which nothing but a line can stand.
_LINES = INLINE - {"br"} | set("caption h2 h3 h4 h5 h6 p pre".split())


class LinkedEmbed(NamedTuple):
    """Something that is not shown: where it is, and what it is called, or else of which kind it
    is.
    """

    address: str
    words: str
    kind: str


#: A text alone is a sign that was written as a picture.
Embed = Picture | LinkedEmbed | str


def has_embeds(html: str) -> bool:
    """Whether HTML shows anything that it does not say."""
    return _ANY.search(html) is not None


def placed(html: str, base: str | None) -> tuple[str, Mapping[int, Embed]]:
    """The same HTML with a place beside each thing it shows, and these things by their places."""
    small = html.lower()
    if PLACE_NUMBER in small:
        html = _STRANGE_NUMBER.sub(_NO_NUMBER, html)
    parts: list[str] = []
    embeds: dict[int, Embed] = {}
    at = 0
    for position, embed in _Reading(base).embeds(html, small):
        parts += [html[at:position], f'<{PLACE} {PLACE_NUMBER}="{len(embeds)}">']
        embeds[len(embeds)] = embed
        at = position
    return "".join((*parts, html[at:])), embeds


def within(
    clean: str, embeds: Mapping[int, Embed], part: slice, said: Collection[str]
) -> Mapping[int, Embed]:
    """Those of them whose place lies in a part of sanitised HTML; what its text has ``said`` itself
    is no caption.
    """
    places = _PLACED.finditer(clean, part.start, part.stop) if embeds else ()
    numbers = (int(found[1]) for found in places)
    known = {number: embeds[number] for number in numbers if number in embeds}
    return {number: _apart_from(said, embed) for number, embed in known.items()}


def captioned_apart(said: Collection[str], picture: Picture) -> Picture:
    """The same picture, without a caption that is ``said`` beside it."""
    return replace(picture, caption="") if picture.caption in said else picture


def _apart_from(said: Collection[str], embed: Embed) -> Embed:
    if isinstance(embed, Picture):
        return captioned_apart(said, embed)
    if isinstance(embed, LinkedEmbed) and embed.words in said:
        return embed._replace(words="")
    return embed


def filled(clean: str, embeds: Mapping[int, Embed]) -> str:
    """Sanitised HTML with what stands in its places: pictures as they are kept, signs, and links to
    all else; within a link no other. Nothing stands in two places; a place of nothing leaves
    nothing, nor does what held no more, and pictures stand alone where an element did.
    """
    if f"<{PLACE}" not in clean:
        return without_empty(clean)
    left = dict(embeds)
    depth = {"a": 0, "": 0}

    def put(tag: re.Match[str]) -> str:
        slash, name = tag[2], tag[3]
        if name == PLACE:
            found = _PLACED.fullmatch(tag[0])
            embed = left.pop(int(found[1]), None) if found else None
            return _written(embed, depth) if embed else ""
        if name in _LINES:
            depth[""] += -1 if slash else 1
            depth["a"] += (-1 if slash else 1) if name == "a" else 0
        return tag[0]

    full = _EMPTY_LINK.sub("", CLEAN_TAG.sub(put, clean))
    return without_empty(_AROUND_FIGURES.sub(r"\1", full))


def _written(embed: Embed, depth: Mapping[str, int]) -> str:
    if isinstance(embed, Picture):
        return kept(embed, is_within_line=depth[""] > 0)
    if isinstance(embed, str):
        return escape(embed, quote=False)
    words = escape(embed.words or host_of(embed.address), quote=False)
    if depth["a"]:
        return words
    link = link_to(embed.address, words, "" if embed.words else embed.kind)
    return link if depth[""] else f"<p>{link}</p>"


def embed_of(name: str, said: Mapping[str, str], caption: str, address: str) -> Embed | None:
    """What an element with these attributes shows that is at an ``address``, with the ``caption``
    its page has for it; None where that is nothing to be seen.
    """
    if is_tiny(said):
        return None
    named = (on_one_line(said.get(each, "")) for each in _CALLED)
    own = next((text for text in named if text and not is_web_address(text)), "")
    caption, own = caption[:LONGEST_CAPTION_CHARS], own[:LONGEST_CAPTION_CHARS]
    words = caption or own
    if words and not any(map(str.isalnum, words)):
        return words
    if name != "img":
        return LinkedEmbed(address, words, _KINDS.get(name, FRAME))
    width, height = (size(said.get(each, "")) for each in ("width", "height"))
    if not (words or _FILE.search(address) or min(width, height) >= _SEEN_PIXELS):
        return None
    alt = own if own or "alt" in said else None
    return Picture(address=address, alt=alt, caption=caption, width=width, height=height)


def address_of(said: Mapping[str, str], base: str | None) -> str | None:
    """Where what an element with these attributes shows is to be had; None for nowhere."""
    addresses = (absolute(said.get(each, ""), base) for each in _AT)
    chosen = (_chosen(said.get(each, ""), base) for each in _CHOICES)
    return next(filter(None, chain(addresses, chosen)), None)


def _chosen(choices: str, base: str | None) -> str | None:
    """The largest of several sizes with room for it, or the first."""
    found = islice(_CHOICE.finditer(choices), _MOST_CHOICES)
    told = ((each[2] or "", absolute(each[1].rstrip(","), base)) for each in found)
    sizes = [(size(width.strip().removesuffix("w")), address) for width, address in told if address]
    fitting = [each for each in sizes if each[0] <= WIDEST_PIXELS]
    best = max(fitting, key=lambda each: each[0], default=None)
    return next((address for _, address in filter(None, (best, *sizes[:1]))), None)


def is_tiny(said: Mapping[str, str]) -> bool:
    """Whether an element with these attributes is there to be asked for, not to be seen."""
    return any(is_below(said.get(each, ""), _SMALLEST_PIXELS) for each in ("width", "height"))


class _Reading:
    """One reading of HTML, from its first tag to its last."""

    def __init__(self, base: str | None) -> None:
        self._base = base
        # Within which of them the tag that is read stands.
        self._open: dict[str, int] = {}
        self._frame: tuple[str, Mapping[str, str]] | None = None
        self._waiting: list[tuple[str, Mapping[str, str]]] = []
        self._caption = ""

    def embeds(self, html: str, small: str) -> Iterator[tuple[int, Embed]]:
        """Each with where its place is; ``small`` is the same in lower case."""
        count = 0
        endless = {name for name in _FRAMES if f"</{name}" not in small}
        for tag in _TAGS.finditer(html):
            is_end, name = bool(tag[1]), tag[2].lower()
            place = tag.end() if is_end and name in {*_FRAMES, "picture"} else tag.start()
            self._read(html, tag, name, is_end=is_end)
            if not is_end and name in _FRAMES and (tag[3].endswith("/") or name in endless):
                self._read(html, tag, name, is_end=True)
            if self._waiting and not self._is_within(name, is_end=is_end):
                for embed in self._told():
                    yield place, embed
                    count += 1
                    if count == MOST_EMBEDS:
                        return

    def _read(self, html: str, tag: re.Match[str], name: str, *, is_end: bool) -> None:
        said = {} if is_end else _attributes(tag[3])
        if name == "figcaption" and is_end and name in self._open:
            text = _MARKUP.sub(
                " ", html[self._open[name] : tag.start()][: LONGEST_CAPTION_CHARS * 4]
            )
            self._caption = on_one_line(unescape(text))
        if name in _FRAMES:
            self._of_frame(name, said, is_end=is_end)
        elif name == "source" and self._frame and not self._frame[1].get("src"):
            self._frame = (self._frame[0], {**self._frame[1], "src": said.get("src", "")})
        elif name in {"img", "embed"} and not self._frame:
            self._waiting.append((name, said))
        if is_end:
            self._open.pop(name, None)
        else:
            self._open[name] = tag.end()

    def _of_frame(self, name: str, said: Mapping[str, str], *, is_end: bool) -> None:
        if not is_end and self._frame is None:
            self._frame = (name, said)
        elif is_end and self._frame and self._frame[0] == name:
            self._waiting.append(self._frame)
            self._frame = None

    def _is_within(self, name: str, *, is_end: bool) -> bool:
        """Whether a caption may follow, or what is written here is not published."""
        if name == "figure" and is_end:
            return False
        return "figure" in self._open or "picture" in self._open or self._frame is not None

    def _told(self) -> Iterator[Embed]:
        for name, said in self._waiting:
            caption, self._caption = self._caption, ""
            address = address_of(said, self._base)
            if address and (embed := embed_of(name, said, caption, address)):
                yield embed
        self._waiting, self._caption = [], ""


def _attributes(text: str) -> dict[str, str]:
    found = ((name.lower(), unescape(value.strip("\"'"))) for name, value in _SAID.findall(text))
    return dict(reversed(list(found)))
