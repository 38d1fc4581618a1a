"""Sitemaps: lists of pages, lists of such lists, and the news among them.

Knows the protocol of sitemaps.org and its news extension. Must never know what is on the pages.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from functools import lru_cache
from itertools import islice

from config.values import host_of, is_above_or_below
from feeds.draft import Alternate, Document, Draft, Habits, Location, Parsed, Reason, Refused
from feeds.parse.bytes import recoded
from feeds.parse.syndication import feed_dates
from feeds.parse.syndication.categories import topics_of
from feeds.parse.syndication.drafts import line
from feeds.parse.syndication.elements import text_of
from feeds.parse.syndication.feed_entries import RawCategory, TextConstruct, absolute, language_tag
from feeds.parse.xml import Element, Tree, drop_half, read
from feeds.taxonomy import Taxonomy

FORM = "sitemap"
# The most one sitemap may list (sitemaps.org); the rest is not read.
_MOST_LOCATIONS = 50_000
_ROOTS = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex)(?=[\s>/])", re.IGNORECASE)
_TITLE_CHARS = 300


def parse(
    document: Document,
    taxonomy: Taxonomy,
    habits: Habits,  # noqa: ARG001 - the same for every family
) -> Parsed | Refused:
    """What a sitemap lists, or why nothing can be made of it.

    Pages that the news extension describes are partial drafts, all others locations. Addresses
    of other sites are left out, as sitemaps.org asks; a site's own are those on the host the
    sitemap was found on, and above or below it. A list of addresses alone, one a line, is one.
    """
    text = recoded(document.body, document.media_type)
    tree = read(text, _ROOTS)
    if isinstance(tree, Refused):
        is_none = tree.reason is Reason.MALFORMED
        return (_of_lines(text, document.url) if is_none else None) or tree
    if tree.is_cut:
        drop_half(tree, "url|sitemap")
    if tree.is_cut and not len(tree.root):
        return Refused(reason=Reason.MALFORMED, evidence="it is cut off before its first address")
    return _of_tree(tree, document, taxonomy)


def _of_lines(text: bytes, found_at: str | None) -> Parsed | None:
    """A list of addresses in plain text (sitemaps.org); None where most lines are none."""
    lines = [line for each in text.decode("utf-8", "ignore").splitlines() if (line := each.strip())]
    listed = [absolute(line, None) for line in lines[:_MOST_LOCATIONS]]
    if 2 * listed.count(None) >= len(listed):
        return None
    own = dict.fromkeys(url for url in listed if url and _is_own(url, found_at))
    return Parsed(
        form=FORM,
        drafts=(),
        is_list=True,
        locations=tuple(Location(url=url) for url in own),
        may_hold_more=len(lines) > _MOST_LOCATIONS,
    )


def _of_tree(tree: Tree, document: Document, taxonomy: Taxonomy) -> Parsed:
    listed = [*islice(_listed(tree.root, document.url), _MOST_LOCATIONS + 1)]
    drafts: list[Draft] = []
    locations: dict[str, Location] = {}
    for url, element in listed[:_MOST_LOCATIONS]:
        draft = _draft(url, element, taxonomy)
        if draft:
            drafts.append(draft)
        else:
            locations.setdefault(url, _location(url, element))
    return Parsed(
        form=FORM,
        drafts=tuple(drafts),
        is_list=True,
        locations=tuple(locations.values()),
        is_cut=tree.is_cut,
        may_hold_more=tree.is_guessed or len(listed) > _MOST_LOCATIONS,
    )


def _listed(root: Element, found_at: str | None) -> Iterator[tuple[str, Element]]:
    for element in root:
        if _name(element) in {"urlset", "sitemapindex"}:
            # Some are wrapped in another one of themselves.
            yield from _listed(element, found_at)
        elif _name(element) in {"url", "sitemap"}:
            url = absolute(_text(element, "loc"), found_at)
            if url and _is_own(url, found_at):
                yield url, element


def _location(url: str, element: Element) -> Location:
    modified = _modified(_text(element, "lastmod"))
    return Location(url=url, modified=modified, is_sitemap=_name(element) == "sitemap")


def _modified(text: str) -> datetime | None:
    """The latest moment a page can have been changed, if only the day is known."""
    said = feed_dates.issued(text) if text else None
    if said is None:
        return None
    return said.at or datetime.combine(said.day, time(23, 59, 59), UTC)


def _draft(url: str, element: Element, taxonomy: Taxonomy) -> Draft | None:
    """What a news sitemap says of a page (its title, day, language and keywords)."""
    news = next((each for each in element if _name(each) == "news"), None)
    title = line(TextConstruct(_text(news, "title"), is_html=True)) if news is not None else ""
    if news is None or not title:
        return None
    publication = next((each for each in news if _name(each) == "publication"), news)
    keywords = _text(news, "keywords").split(",")
    topics = topics_of(
        tuple(RawCategory(word.strip()) for word in keywords if word.strip()), (), taxonomy
    )
    date = _text(news, "publication_date")
    language = language_tag(_text(publication, "language"))
    return Draft(
        form=FORM,
        title=title if len(title) <= _TITLE_CHARS else f"{title[: _TITLE_CHARS - 1]}…",
        partial=True,
        url=url,
        issued=feed_dates.issued(date, language) if date else None,
        language=language,
        alternates=tuple(_alternates(element, url)),
        issuers=topics.issuers,
        fields=topics.fields,
        countries=topics.countries,
        content_type=topics.content_type,
    )


def _alternates(element: Element, url: str) -> Iterator[Alternate]:
    for each in element:
        if _name(each) == "link" and each.get("hreflang"):
            tag, address = language_tag(each.get("hreflang")), absolute(each.get("href"), url)
            if tag and address and address != url:
                yield Alternate(tag, address)


def _text(element: Element, name: str) -> str:
    for each in element:
        if _local(each.tag) == name:
            return text_of(each)
    return ""


def _name(element: Element) -> str:
    return _local(element.tag)


@lru_cache(maxsize=256)
def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2].rpartition(":")[2].lower()


def _is_own(url: str, found_at: str | None) -> bool:
    return found_at is None or is_above_or_below(host_of(url), host_of(found_at))
