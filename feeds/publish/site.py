"""What publishing must know of an installation: its names, its addresses, its permissions.

Knows where everything is published. Must never know how settings are written down.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from feeds.catalogue import Catalogue, catalogue
from feeds.identity.ids import Identity
from feeds.model import SourceKind
from feeds.publish.feed import is_feed
from feeds.publish.look import Look
from feeds.selection import Selection

#: The file of a page, in the folder of its address: every web server answers with it there.
INDEX = "index.html"
_ITEMS = "items/"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTerms:
    """On which terms the items of one source may be shown.

    Without ``full_text`` only title, summary, link and credit leave the house. With ``images`` its
    pictures are shown, where they are: the first beside a summary, all of them in a text.
    """

    source: str
    full_text: bool
    credit: str = ""
    images: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSelection:
    """A selection that is published under a ``name`` of its own; without a ``title`` it is called
    by what it asks for. ``former_names`` are those it had, the first one first.
    """

    name: str
    title: str
    selection: Selection
    former_names: tuple[str, ...] = ()

    @property
    def first_name(self) -> str:
        """The name it had first, of which the id of its feed is made."""
        return next(iter(self.former_names), self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An installation as its readers see it; ``url`` is absolute and ends without a slash.

    ``has_search`` says whether whoever serves the pages answers searches, too, and ``has_sign_up``
    whether readers can subscribe there by themselves.
    ``hubs`` are where others hear at once that a feed changed (WebSub).
    """

    title: str
    organisation: str
    url: str
    language: str
    timezone: ZoneInfo
    contact: str
    identity: Identity
    terms: tuple[SourceTerms, ...]
    entries_per_feed: int
    items_per_page: int
    has_search: bool = True
    has_sign_up: bool = True
    hubs: tuple[str, ...] = ()
    selections: tuple[SavedSelection, ...] = ()
    look: Look = field(default_factory=Look)

    def __post_init__(self) -> None:
        if not urlsplit(self.url).netloc or self.url.endswith("/"):
            raise ValueError(f"{self.url!r} is no absolute address without a slash at its end")

    @property
    def publisher(self) -> str:
        return self.organisation or self.title

    def is_pictured(self, path: str) -> bool:
        """Whether the file at a path may show pictures of sources: the page of an item may, where
        there is a source whose terms allow it.
        """
        is_item = path.startswith(_ITEMS) and path.endswith(INDEX)
        return is_item and any(each.images for each in self.terms)

    @property
    def words(self) -> Catalogue:
        """What pages and feeds say: in the language of the site, or as near to it as there is."""
        return catalogue(self.language)

    @property
    def base(self) -> str:
        """The path of the site on its host, which every link within the site starts with."""
        return urlsplit(self.url).path

    def links(self, path: str) -> str:
        """What the Link field of a file says (WebSub 4; RFC 8288): that of a feed names every hub,
        and the address to name there; empty for others, and without a hub.
        """
        if not self.hubs or not is_feed(path):
            return ""
        hubs = (f'<{hub}>; rel="hub"' for hub in self.hubs)
        return ", ".join((*hubs, f'<{self.url}/{path}>; rel="self"'))

    def terms_of(self, source: str) -> SourceTerms:
        """The terms of a source; one that no setting names gives away its summaries only."""
        # What its operator named on the command line is the operator's own.
        is_own = SourceKind.of(source) is SourceKind.PATH
        unnamed = SourceTerms(source=source, full_text=is_own)
        return next((terms for terms in self.terms if terms.source == source), unnamed)


def item_page(slug: str) -> str:
    """The address of an item's page, relative to that of the site; a folder (`INDEX`)."""
    return f"{_ITEMS}{slug}/"


def slug_of(path: str) -> str | None:
    """Of which item a published file is the page, if it is one."""
    return path.split("/")[1] if path.startswith(_ITEMS) else None
