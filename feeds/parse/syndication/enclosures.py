"""Files that belong to an entry: enclosures of RSS, Media RSS and Atom.

Knows where their address, type and length stand. Must never know what is done with them.
"""

from collections.abc import Iterable, Iterator

from feeds.model import Enclosure
from feeds.parse.syndication.elements import Groups, local
from feeds.parse.syndication.references import absolute, media_type, size
from feeds.parse.xml import Element

__all__ = ["enclosure", "files", "once"]

# More are a gallery, and not what a reader expects of one news item.
_MOST = 20


def files(groups: Groups, base: str | None) -> tuple[Enclosure, ...]:
    """The files of an RSS item, each address once."""
    if not ("enclosure" in groups or "media:content" in groups or "media:group" in groups):
        return ()
    return once(_of_rss(groups, base))


def once(found: Iterable[Enclosure | None]) -> tuple[Enclosure, ...]:
    """The first files of an entry, each address once."""
    by_url: dict[str, Enclosure] = {}
    for each in found:
        if each and len(by_url) < _MOST:
            by_url.setdefault(each.url, each)
    return tuple(by_url.values())


def enclosure(
    address: str | None, base: str | None, kind: str | None, length: str | None, title: str = ""
) -> Enclosure | None:
    """A file at a sound address; what is said of it is kept where that can be true."""
    url = absolute(address, base)
    if url is None:
        return None
    name = " ".join(title.split())[:300]
    return Enclosure(url=url, media_type=media_type(kind), length=size(length), title=name)


def _of_rss(groups: Groups, base: str | None) -> Iterator[Enclosure | None]:
    for element in groups.get("enclosure", ()):
        address = element.get("url") or element.get("href")
        yield enclosure(address, base, element.get("type"), element.get("length"))
    for element in _media(groups):
        yield enclosure(element.get("url"), base, element.get("type"), element.get("fileSize"))


def _media(groups: Groups) -> Iterator[Element]:
    yield from groups.get("media:content", ())
    for group in groups.get("media:group", ()):
        yield from (each for each in group if local(each) == "media:content")
