"""Links in place of what is not carried: pictures, films, sounds and frames within HTML.

Knows what they are called, and which pictures only count readers. Must never know what of HTML is
published: the links are put where a sanitiser will read them.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape, unescape

from config.values import host_of, on_one_line
from feeds.parse.syndication.feed_entries import absolute

_TAGS = re.compile(
    r"<(/?)(a|audio|embed|figcaption|figure|iframe|img|object|p|picture|source|video)\b"
    r"([^<>]{0,4000})>",
    re.IGNORECASE,
)
_ANY = re.compile(r"<(?:img|iframe|video|audio|embed|object)\b", re.IGNORECASE)
_SAID = re.compile(
    r"""\s([a-z-]{2,20})\s{0,5}=\s{0,5}("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)""", re.IGNORECASE
)
_MARKUP = re.compile(r"<[^<>]{0,4000}>")
# Where lazy pages keep what a script will show.
_AT = ("src", "data-src", "data-lazy-src", "data", "href")
_CALLED = ("title", "aria-label", "alt")
_FRAMES = frozenset({"audio", "iframe", "object", "video"})
_LONGEST_CHARS = 300
_MOST_LINKS = 100
# A picture of a pixel or two is there to be asked for, not to be seen.
_SMALLEST_PIXELS = 3
_PICTURE = re.compile(r"\.(?:avif|gif|jpe?g|png|webp)$", re.IGNORECASE)


def has_embeds(html: str) -> bool:
    """Whether HTML shows anything that is not carried."""
    return _ANY.search(html) is not None


def with_links(html: str, base: str | None) -> str:
    """The same HTML with a link beside each thing that is not carried, named by its caption, its
    title, what is said of it, or the host it is at.
    """
    kept: list[str] = []
    at = 0
    for position, link in _Reading(base).links(html):
        kept += [html[at:position], link]
        at = position
    return "".join((*kept, html[at:]))


class _Reading:
    """One reading of HTML, from its first tag to its last."""

    def __init__(self, base: str | None) -> None:
        self._base = base
        # Within which of them the tag that is read stands.
        self._open: dict[str, int] = {}
        self._frame: tuple[str, Mapping[str, str]] | None = None
        self._waiting: list[tuple[str, Mapping[str, str]]] = []
        self._caption = ""

    def links(self, html: str) -> Iterator[tuple[int, str]]:
        count = 0
        small = html.lower()
        endless = {name for name in _FRAMES if f"</{name}" not in small}
        for tag in _TAGS.finditer(html):
            is_end, name = bool(tag[1]), tag[2].lower()
            place = tag.end() if is_end and name in {*_FRAMES, "picture"} else tag.start()
            self._read(html, tag, name, is_end=is_end)
            if not is_end and name in _FRAMES and (tag[3].endswith("/") or name in endless):
                self._read(html, tag, name, is_end=True)
            if self._waiting and not self._is_within(name, is_end=is_end):
                for link in self._written():
                    count += 1
                    if count <= _MOST_LINKS:
                        yield place, link

    def _read(self, html: str, tag: re.Match[str], name: str, *, is_end: bool) -> None:
        said = {} if is_end else _attributes(tag[3])
        if name == "figcaption" and is_end and name in self._open:
            text = _MARKUP.sub(" ", html[self._open[name] : tag.start()][: _LONGEST_CHARS * 4])
            self._caption = on_one_line(unescape(text))[:_LONGEST_CHARS]
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

    def _written(self) -> Iterator[str]:
        for name, said in self._waiting:
            if link := self._link(name, said):
                yield link
        self._waiting, self._caption = [], ""

    def _link(self, name: str, said: Mapping[str, str]) -> str:
        own = next((text for each in _CALLED if (text := on_one_line(said.get(each, "")))), "")
        caption, self._caption = self._caption, ""
        called = (caption or own)[:_LONGEST_CHARS]
        addresses = (absolute(said.get(each, ""), self._base) for each in _AT)
        address = next(filter(None, addresses), None)
        if _is_tiny(said) or not address:
            return ""
        if called and not any(map(str.isalnum, called)):
            return escape(called)
        if not called and name == "img" and ("alt" in said or not _PICTURE.search(address)):
            return ""
        words = escape(called or host_of(address))
        if "a" in self._open:
            return words
        link = f'<a href="{escape(address)}">{words}</a>'
        return link if "p" in self._open else f"<p>{link}</p>"


def _attributes(text: str) -> dict[str, str]:
    found = ((name.lower(), unescape(value.strip("\"'"))) for name, value in _SAID.findall(text))
    return dict(reversed(list(found)))


def _is_tiny(said: Mapping[str, str]) -> bool:
    sizes = (said.get(each, "").removesuffix("px") for each in ("width", "height"))
    return any(each.isdecimal() and int(each[:6]) < _SMALLEST_PIXELS for each in sizes)
