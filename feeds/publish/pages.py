"""Web pages as bytes: an item's, a feed's, the index, and what of an item goes into lists.

Knows the templates, and how days are written in the language of the site. Must never query.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC
from functools import cache
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from feeds.model import Issued, TopicKind
from feeds.publish.entry import EntryTopic, PublishedEntry
from feeds.publish.select import ALL, PublishedFeed, describe, tree
from feeds.publish.site import Site, item_page
from feeds.taxonomy import Taxonomy

_TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """The pages of one site. Templates are read once; a page is a function of its values."""

    def __init__(self, site: Site, taxonomy: Taxonomy) -> None:
        self._site = site
        self._taxonomy = taxonomy
        self.described = cache(lambda ref: describe(ref, site, taxonomy))
        self.style = (_TEMPLATES / "style.css").read_bytes()
        self._environment = self._environment_of(site)

    def content(self, entry: PublishedEntry) -> str:
        """What a feed reader shows of an item, as HTML."""
        return self._render("content.html", entry=entry)

    def listing(self, entry: PublishedEntry) -> bytes:
        """The item as it stands in a list; a feed's page is a join of these."""
        fields = entry.filed_under(TopicKind.FIELD)
        return self._render("listing.html", entry=entry, fields=fields).encode()

    def item(self, entry: PublishedEntry) -> bytes:
        """The page of one item, from which its feeds can be found."""
        named = [each for each in entry.categories if each.direct]
        return self._render(
            "item.html",
            entry=entry,
            content=_html(self.content(entry)),
            filed=tuple(_filed(entry)),
            feeds=tuple(map(self.described, (*(each.feed for each in named if each.feed), ALL))),
        ).encode()

    def hidden(self, into: str | None) -> bytes:
        """The page of an item that is shown no more, merged ``into`` another one or withdrawn."""
        address = f"{self._site.url}/{item_page(into)}" if into else None
        return self._render("hidden.html", address=address).encode()

    def feed(self, feed: PublishedFeed, listings: Sequence[bytes]) -> bytes:
        """The page of one feed; ``listings`` are its latest items, newest first."""
        items = [_html(listing.decode()) for listing in listings]
        return self._render("feed.html", feed=feed, items=items).encode()

    def index(self) -> bytes:
        """The front page: every feed by field and by issuer."""
        fields = tree(TopicKind.FIELD, self._taxonomy)
        issuers = tree(TopicKind.ISSUER, self._taxonomy)
        return self._render("index.html", fields=fields, issuers=issuers).encode()

    def environment_with(self, templates: Path) -> Environment:
        """For pages made elsewhere: the templates of that folder may extend ``layout.html``."""
        return self._environment.overlay(loader=FileSystemLoader([templates, _TEMPLATES]))

    def _render(self, template: str, **values: object) -> str:
        return self._environment.get_template(template).render(values)

    def _environment_of(self, site: Site) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        locale = _locale(site.language)
        environment.filters |= {
            "day": lambda issued: _day(issued, locale, site.timezone),
            "instant": _instant,
            "page": lambda feed: f"{site.base}/{feed.page}",
            "file": lambda feed: f"{site.base}/{feed.atom}",
            "reading": lambda entry: _reading(entry, site),
        }
        environment.globals |= {
            "site": site,
            "all": self.described(ALL),
            # Part of the address, so that no cached style meets a newer page.
            "style": blake2b(self.style, digest_size=4).hexdigest(),
        }
        return environment


def _html(made: str) -> Markup:
    return Markup(made)  # noqa: S704 - made by an escaping template


def _filed(entry: PublishedEntry) -> Iterator[tuple[str, tuple[EntryTopic, ...]]]:
    for heading, kind in (("Fields of work", TopicKind.FIELD), ("Issued by", TopicKind.ISSUER)):
        if categories := entry.filed_under(kind):
            yield heading, categories


def _reading(entry: PublishedEntry, site: Site) -> str:
    """Where a list sends its readers: to the whole text, in one step."""
    if entry.origin and not entry.full_text:
        return entry.origin
    return f"{site.base}/{item_page(entry.slug)}"


def _locale(language: str) -> Locale:
    """The locale days are written in. Plain "en" would be that of the United States
    ("November 24, 2026"), while English without a country is mostly read elsewhere.
    """
    try:
        return Locale.parse("en-150" if language == "en" else language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "150")


def _day(issued: Issued, locale: Locale, zone: ZoneInfo) -> str:
    day = issued.at.astimezone(zone).date() if issued.at else issued.day
    return format_date(day, "long", locale)


def _instant(issued: Issued) -> str:
    """The machine's form of a day or an instant (HTML, 4.5.14)."""
    return issued.at.astimezone(UTC).isoformat() if issued.at else issued.day.isoformat()
