"""The address of an item's page: which links lead to it, up from it and home, and what it says.

Knows how sites build addresses of words and folders. Must never know what stands on a page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote, urlsplit

from feeds.parse.html.tree import absolute
from feeds.taxonomy.naming import fold

# The name of a site's front page.
_FRONT = re.compile(
    r"(?:^|/)(?:index|default)\.(?:php[345]?|x?html?|aspx?|jsp|shtml)$", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}$", re.IGNORECASE)
_UMLAUT = re.compile("([aou])e")
_FEWEST_WORDS_OF_A_SLUG = 2
_LEAST_OF_A_SLUG = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAddress:
    """Where a page stands: what its links are joined to, and its addresses."""

    base: str | None
    urls: tuple[str, ...]

    def is_home(self, href: str) -> bool:
        """Whether an address is that of the site, by its path or the name of a front page."""
        address = absolute(self.base, href)
        if address is None:
            return href in {"/", "./"}
        parts = urlsplit(address)
        is_front = parts.path in {"", "/"} or _FRONT.search(parts.path) is not None
        return is_front and not parts.query and not self.is_same(href)

    def is_same(self, href: str) -> bool:
        """Whether an address is the page's own."""
        address = absolute(self.base, href)
        return address is not None and _path(address) in map(_path, filter(None, self.urls))

    def is_up(self, href: str) -> bool:
        """Whether an address is that of a folder the page stands in."""
        address = absolute(self.base, href)
        if address is None or self.is_same(href):
            return False
        path, query = _path(address)
        folder = path.rstrip("/") + "/"
        own, asked = _path(self.urls[0])
        return (own.startswith(folder) and not query) or (own == path and asked != query != "")

    def has_words_of(self, heading: str) -> bool:
        """Whether the last part of the page's address is made of a heading's words."""
        slugs = [slug for url in self.urls if len(slug := _slug(url)) >= _FEWEST_WORDS_OF_A_SLUG]
        words = set(_words(heading)) if slugs else set()
        return any(
            sum(map(words.__contains__, slug)) >= _LEAST_OF_A_SLUG * len(slug) for slug in slugs
        )

    def has_folder_of(self, heading: str) -> bool:
        """Whether a heading begins with the name of a folder the page stands in."""
        words = _words(heading)
        return any(
            words[: len(slug)] == slug for url in self.urls for slug in islice(_slugs(url), 1, None)
        )


def _path(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.path or "/", parts.query


@lru_cache(maxsize=64)
def _slug(address: str) -> list[str]:
    return next(_slugs(address), [])


def _slugs(address: str) -> Iterator[list[str]]:
    """The words of each part of an address's path that has some, the last first."""
    for part in reversed(unquote(urlsplit(address).path).split("/")):
        if words := _words(_SUFFIX.sub("", part)):
            yield words


@lru_cache(maxsize=256)
def _words(text: str) -> list[str]:
    """The words of a text as addresses spell them: "über" as "uber" and as "ueber"."""
    return _UMLAUT.sub(r"\1", " ".join(_WORD.findall(fold(text.replace("-", " "))))).split()
