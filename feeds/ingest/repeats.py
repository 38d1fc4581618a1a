"""What the pages of one look say of each other: one text at several addresses of a site is no
article, and a page whose neighbours are items may be one.

Knows addresses and texts. Must never know what a list or a store says of them.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from config.values import host_of, is_language_tag
from feeds.draft import Document, Draft, Reason, Refused
from feeds.identity.addresses import is_elsewhere, path_of
from feeds.identity.likeness import plain, title_key
from feeds.model import Item
from feeds.storage.documents import digest_of

# More addresses than an article has; comparing each with each takes a millisecond.
_MOST_ADDRESSES = 20
_FEWEST_LETTERS = 4
# So many neighbours that are items say what a part of a site holds.
_FEWEST_NEIGHBOURS = 3
#: What is said of a text at several addresses, the last words of it.
SAYS_THE_SAME = "addresses of this site say the very same"
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as far as it is compared: where it is, its own address by its own word, its text.

    It ``is_fitting`` unless it says nothing of what the list leading to it tells; it ``has_lead``
    where one tells anything.
    """

    name: str
    url: str
    stated_url: str
    text: str
    title: str
    is_dated: bool
    is_fitting: bool
    has_lead: bool

    @classmethod
    def of(cls, document: Document, draft: Draft, *, is_fitting: bool) -> Self:
        said = plain("\n".join(draft.paragraphs) or draft.summary).casefold()
        return cls(
            name=document.name,
            url=document.url or document.name,
            stated_url=draft.url or "",
            text=digest_of(said.encode("utf-8", "surrogatepass")) if said else "",
            title=draft.title,
            is_dated=draft.issued is not None,
            is_fitting=is_fitting,
            has_lead=document.lead is not None,
        )

    @classmethod
    def stored(cls, name: str, item: Item) -> Self:
        """The page of that name as far as an item that came of it is stored."""
        draft = Draft(
            form="",
            title=item.title,
            summary=item.summary,
            paragraphs=tuple(filter(None, (item.body,))),
            url=item.url,
            issued=item.issued,
        )
        return cls.of(Document(source="", name=name, body=b""), draft, is_fitting=True)


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one look, by what they say."""

    _pages: dict[str, Page] = field(default_factory=dict, init=False)
    _by_text: defaultdict[str, dict[str, None]] = field(
        default_factory=lambda: defaultdict(dict), init=False
    )

    def meet(self, page: Page) -> None:
        """The page is one of this look."""
        self._pages[page.name] = page
        if page.text:
            self._by_text[page.text][page.name] = None

    def was_met(self, name: str) -> bool:
        return name in self._pages

    def repeats(self, name: str, others: Iterable[Page]) -> bool:
        """Whether the page of that name says the very same as any other that was met, or one of
        the ``others``.
        """
        page = self._pages.get(name)
        if page is None:
            return False
        is_met = len(self._by_text.get(page.text, ())) > 1
        return is_met or any(page.text == other.text for other in others)

    def refusal(self, name: str) -> Refused | None:
        """Why the page of that name is no article, by all that were met so far; None if it may be.

        A wall, an error or a template says the same whatever it was asked for. What stands in the
        place of a page it says nothing of is nobody's text. An article may have several addresses:
        they are alike, its page names one of them, or it is dated and has two.
        """
        page = self._pages.get(name)
        if page is None:
            return None
        others = [self._pages[other] for other in self._by_text.get(page.text, ()) if other != name]
        apart = [other for other in others if _is_apart(page, other)]
        is_wall = any(not other.is_fitting for other in apart)
        if not is_wall and not page.has_lead:
            same = [one for one in others if not one.has_lead and _is_titled_alike(one, page)]
            is_wall = not _is_one_article([page, *same])
        if not is_wall:
            return None
        evidence = f"{len(others) + 1} {SAYS_THE_SAME}"
        return Refused(reason=Reason.NOT_NEWS, evidence=evidence)


def _part(name: str) -> tuple[str, str] | None:
    """The part of a site that an address is in, whatever year or number; None for the front, of the
    whole or in one language.
    """
    *above, _ = path_of(name).split("/") if path_of(name) else ("", "")
    if not any(part and not is_language_tag(part) for part in above):
        return None
    return host_of(name), _NUMBER.sub("0", "/".join(above))


def neighbours_speak_for(name: str, shown: Mapping[str, bool]) -> bool:
    """Whether most of the pages beside that one are items, of those ``shown`` it says of which, in
    a part of the site that has a name.
    """
    place = _part(name)
    beside = Counter(is_item for other, is_item in shown.items() if place and _part(other) == place)
    return beside[True] >= max(_FEWEST_NEIGHBOURS, beside[False])


def _is_titled_alike(one: Page, other: Page) -> bool:
    return title_key(one.title) == title_key(other.title)


def _is_one_article(pages: Sequence[Page]) -> bool:
    if len(pages) > _MOST_ADDRESSES:
        return False
    reached, left = [pages[0]], [*pages[1:]]
    for page in reached:
        near = [one for one in left if not _is_apart(page, one)]
        left = [one for one in left if one not in near]
        reached += near
    is_pair = len(pages) == 2 and all(page.is_dated for page in pages)
    return not left or is_pair


def _is_apart(one: Page, other: Page) -> bool:
    """Whether nothing in two addresses, nor what the pages say of them, makes them one page's."""
    stated = one.stated_url
    if stated and stated == other.stated_url and not _is_neither(stated, one, other):
        return False
    first, second = (_segments(page.url) for page in (one, other))
    if first == second:
        mine, its = ({*urlsplit(page.url).query.split("&"), ""} for page in (one, other))
        return not (mine <= its or its <= mine)
    short, long = sorted((first, second), key=len)
    if short and _is_within(short, long):
        return False
    last = {segments[-1] if segments else "" for segments in (first, second)}
    return len(last) > 1 or not _is_telling(last.pop(), one.title)


def _is_neither(stated: str, one: Page, other: Page) -> bool:
    return is_elsewhere(stated, one.url) and is_elsewhere(stated, other.url)


def _segments(url: str) -> Sequence[str]:
    return [part.partition(".")[0] for part in path_of(url).casefold().split("/") if part]


def _is_within(short: Sequence[str], long: Sequence[str]) -> bool:
    """Whether the second path is the first with something put in, such as ``print``."""
    segments = iter(long)
    return all(part in segments for part in short)


def _is_telling(segment: str, title: str) -> bool:
    """Whether the last part of an address names one article: by number, words or title."""
    words = _WORD.findall(segment)
    titled = plain(title).casefold().split()
    is_titled = any(len(word) >= _FEWEST_LETTERS and word in titled for word in words)
    return is_titled or len(words) > 1 or any(character.isdigit() for character in segment)
