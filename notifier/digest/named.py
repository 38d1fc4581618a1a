"""What readers are shown of what they follow: its name in their language, its page and its feed.

Knows how selections are published, which says all of that. Must never know a mail.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from config import values
from feeds.errors import UnknownTopic
from feeds.model import Label
from feeds.publish.feed import ALL, FeedRef, describe
from feeds.publish.site import Site
from feeds.selection import EVERYWHERE, Selection
from feeds.taxonomy import Taxonomy

#: Some thousand choices in some languages.
_REMEMBERED = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedPage:
    """What is said of a selection: its ``label``, in a ``language``, the address of its page, and
    that of its feed where it has one.
    """

    label: str
    language: str
    url: str
    feed_url: str = ""

    @property
    def direction(self) -> str:
        """That of the label's script, ``ltr`` or ``rtl`` (HTML, 3.2.6.4)."""
        return values.direction(self.language)


class Named:
    """Names selections and labels on behalf of a site."""

    def __init__(self, site: Site, taxonomy: Taxonomy) -> None:
        self._site = site
        self._taxonomy = taxonomy
        self.page = lru_cache(_REMEMBERED)(self._page)

    def _page(self, selection: Selection, language: str) -> FollowedPage:
        """A topic that left the taxonomy is still named, and its readers led to the front page."""
        site = replace(self._site, language=language)
        ref = _published(selection, site)
        front = f"{site.url}/"
        try:
            feed = describe(ref, site, self._taxonomy)
        except UnknownTopic:
            label = " · ".join(value for _, value in selection.values())
            return FollowedPage(label=label, language=language, url=front)
        # Settings give a title in the language of the site; a name made here is in the reader's.
        own = self._site.language if ref.path.startswith("selections/") else language
        # Where nobody answers, only what lies there as a file can be read.
        is_there = site.has_search or "?" not in ref.path
        return FollowedPage(
            label=feed.label,
            language=feed.label_language or own,
            url=feed.page if is_there else front,
            feed_url=feed.address if is_there else "",
        )

    def printed(self, label: Label, language: str) -> str:
        """What a label of an item is called: as it was printed where its topic has no name in the
        language.
        """
        try:
            topic = self._taxonomy.get(label.ref) if label.ref else None
        except UnknownTopic:
            topic = None
        return values.on_one_line(topic.label_in(language, label.text) if topic else label.text)


def _published(selection: Selection, site: Site) -> FeedRef:
    """The feed of a selection, by its own name where it has one."""
    for saved in site.selections:
        if saved.selection == selection:
            return FeedRef.saved(saved)
    if selection.place == EVERYWHERE:
        return ALL
    for topic in selection.topics if selection.place else ():
        return FeedRef.of(topic)
    return FeedRef.of_selection(selection)
