"""Every file a site is made of, by its path: items' pages, feeds with their pages, lists.

Knows which bytes belong in which file, and what else they depend on. Must never know where files
lie or where items come from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

from feeds.model import Item
from feeds.publish.entry import compose
from feeds.publish.formats.atom import entry_bytes, feed_bytes
from feeds.publish.formats.opml import opml_bytes
from feeds.publish.pages import Pages
from feeds.publish.select import FeedRef, feeds_of
from feeds.publish.site import Site, item_page
from feeds.storage.entries import Ready
from feeds.taxonomy import Taxonomy

#: A path relative to the published directory, and what is to be there.
Document = tuple[str, bytes]

FRONT_PAGE = "index.html"

# Those that make bytes.
_LIBRARIES = ("babel", "feedgen", "jinja2", "lxml")


class SiteBuilder:
    """Makes the documents of one site; the same values give the same bytes, at any time.

    ``recipe`` changes whenever the bytes of an entry might: code, templates, settings, names of
    topics; ``fingerprint`` whenever anything might without a change of an item.
    """

    def __init__(self, site: Site, taxonomy: Taxonomy) -> None:
        self._site = site
        self._taxonomy = taxonomy
        self._pages = Pages(site, taxonomy)
        pages_only = replace(site, contact="", entries_per_feed=1, items_per_page=1)
        self.recipe = _hash(_code(), repr(pages_only), taxonomy.fingerprint)
        self.fingerprint = _hash(_code(), repr(site), taxonomy.fingerprint)
        self.feeds = feeds_of(topic.ref for topic in taxonomy.topics)
        self.entries_wanted = max(site.entries_per_feed, site.items_per_page)
        # An empty feed must have been updated at some time: on the day its id became possible.
        self._never = datetime.combine(site.identity.minted, time(), UTC)

    def ready(self, item: Item) -> Ready:
        """The item as feeds and lists show it."""
        entry = compose(item, self._site, self._taxonomy)
        return Ready(
            item=item.number,
            revision=item.revision,
            updated_at=item.updated_at,
            atom=entry_bytes(entry, self._pages.content(entry)),
            html=self._pages.listing(entry),
        )

    def item(self, item: Item) -> Document:
        """The page of one item."""
        entry = compose(item, self._site, self._taxonomy)
        return f"{item_page(item.slug)}.html", self._pages.item(entry)

    def hidden(self, slug: str, into: str | None) -> Document:
        """What stands where an item was: that it is withdrawn, or the way to what it is now."""
        return f"{item_page(slug)}.html", self._pages.hidden(into)

    def feed(self, ref: FeedRef, latest: Sequence[Ready]) -> Iterator[Document]:
        """A feed and its page; ``latest`` holds `entries_wanted` items, newest first."""
        feed = self._pages.described(ref)
        updated = max((entry.updated_at for entry in latest), default=self._never)
        shown = [entry.atom for entry in latest[: self._site.entries_per_feed]]
        yield ref.atom, feed_bytes(feed, updated, shown)
        listed = [entry.html for entry in latest[: self._site.items_per_page]]
        yield f"{ref.page}.html", self._pages.feed(feed, listed)

    def lists(self) -> Iterator[Document]:
        """What leads to the feeds; the front page comes last, when all it links to is there."""
        yield "style.css", self._pages.style
        yield "feeds.opml", opml_bytes(self._site, self._taxonomy)
        yield FRONT_PAGE, self._pages.index()


@lru_cache(maxsize=4)
def builder_for(site: Site, taxonomy: Taxonomy) -> SiteBuilder:
    """The builder of a site, made once a process: compiling its templates takes 20 ms."""
    return SiteBuilder(site, taxonomy)


@cache
def _code() -> str:
    """The package's own files instead of a version number: nobody can forget to raise it."""
    folder = Path(__file__).parent
    files = (*sorted(folder.rglob("*.py")), *sorted((folder / "templates").iterdir()))
    versions = (f"{library} {version(library)}" for library in _LIBRARIES)
    return _hash(*versions, *(file.read_text("utf-8") for file in files if file.is_file()))


def _hash(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
