"""What a page is called where no reader sees it: by its lead, its metadata, window and address.

Knows how sites add their names to titles, shorten them and spell them in addresses. Must never know
where on a page a title is printed.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from config.values import wide
from feeds.parse.html.title.own_address import OwnAddress
from feeds.parse.words import plain
from feeds.taxonomy.naming import fold

_ENDING = re.compile(r"\s*(?:[|\uff5c»·•]|::|(?<=\s)[-–—/](?=\s))\s*(?P<site>[^|\uff5c]{1,60})$")
_CUT = re.compile(r"\s*(?:…|\.\.\.)(?:$|\s.{0,80}$)")
_SHORTEST_CUT_CHARS = 12
# Names of sites and sections have no more, most titles do. Bytes of UTF-8, as a Chinese character
# says as much as three letters.
_MOST_WORDS_OF_A_NAME = 4
_LONGEST_NAME_BYTES = 60
_MOST_WIDE_OF_A_NAME = 14
_ALIKE = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u00b4\u0060\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"')
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """What a page is called by its lead, metadata and window, and by its address; ``sites`` are
    names that are no title.
    """

    window: str
    texts: tuple[str, ...]
    sites: frozenset[str]
    here: OwnAddress

    def is_site(self, text: str) -> bool:
        """Whether a text is the name of the site or a section."""
        is_short = len(text) <= _LONGEST_NAME_BYTES
        return even(text) in self.sites or (is_short and fold(text) in plain("sections"))

    def most_said(self, texts: Iterable[str], rank: Callable[[str], int] = len) -> str:
        """The text most say, of several the longest: names are short; "" where nobody does."""
        told = [(self.votes(text), rank(text), text) for text in texts]
        votes, _, best = max(told, key=itemgetter(0, 1), default=(0, 0, ""))
        return best if votes else ""

    def nearest_said(self, lines: Iterable[str]) -> str:
        """The first of the lines most say, of those the first that is more than a name."""
        return self.most_said(lines, lambda text: not is_name(text))

    def says(self, text: str) -> bool:
        """Whether one of them says a text, that is none without words."""
        return bool(text) and any(says(voice, text) for voice in self.texts)

    def votes(self, text: str) -> int:
        """How many say a text; no name of the site, which an address never says."""
        if not text or self.is_site(text):
            return 0
        said = sum(says(voice, text) for voice in self.texts)
        return said + 2 * self.here.has_words_of(text)

    def said_twice(self) -> Iterator[str]:
        """What two titles share that no heading says, without the site's name."""
        for at, voice in enumerate(self.texts):
            bare = self.without_site(voice)
            others = (*self.texts[:at], *self.texts[at + 1 :])
            if not is_name(bare) and any(says(other, bare) for other in others):
                yield bare

    def without_site(self, title: str) -> str:
        """A title without the name of the site at its end."""
        found = _ENDING.search(title)
        if found is None or found.start() == 0:
            return title
        is_bar = found[0].lstrip()[:1] in "|\uff5c:"
        return title[: found.start()] if is_bar or self.is_site(found["site"]) else title


def endings(titles: Iterable[str], window: str) -> Iterator[str]:
    """What titles end in, evened, where that is all their window says: the name of the site."""
    for title in titles if is_name(window) else ():
        found = _ENDING.search(title)
        if found is not None and found.start() and even(found["site"]) == even(window):
            yield even(window)


def is_name(text: str) -> bool:
    """Whether a text is as short as the names of sites and sections are."""
    is_short = len(text.encode("utf-8", "replace")) <= _LONGEST_NAME_BYTES
    has_few = len(text.split()) <= _MOST_WORDS_OF_A_NAME and wide(text) < _MOST_WIDE_OF_A_NAME
    return is_short and has_few


def says(voice: str, heading: str) -> bool:
    """Whether a title says a heading: the same, cut, or with the names of sites around it."""
    text, name = even(voice), even(heading)
    if text == name:
        return True
    # Few are cut; dots are what an ellipsis is evened to.
    start = _CUT.sub("", text) if "..." in text else text
    is_cut = len(start) >= _SHORTEST_CUT_CHARS and (start != text or not is_name(text))
    rest = name.removeprefix(start)
    if is_cut and rest != name and (start != text or rest.lstrip()[:1].isalnum()):
        return True
    at = text.find(name) if name else -1
    return (
        at >= 0
        and _is_apart(text[:at].rstrip()[-1:])
        and _is_apart(text[at + len(name) :].lstrip()[:1])
    )


def _is_apart(mark: str) -> bool:
    return not mark.isalnum()


@lru_cache(maxsize=512)
def even(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", text).translate(_ALIKE).casefold().split())
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text
