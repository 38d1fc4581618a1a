"""What a page is, as machines read it that lead people to it: JSON-LD in the words of schema.org.

Knows the vocabulary (https://schema.org/NewsArticle, CollectionPage, WebSite). Must never know a
template, or leave anything in that could end the element it stands in.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC

from feeds.model import Author, TopicKind
from feeds.publish.entry import PublishedEntry
from feeds.publish.feed import PublishedFeed
from feeds.publish.site import Site

#: Within a script element only these could begin its end, a comment, or a line that is none in
#: JavaScript (HTML, 4.12.1.3); in JSON each may be written as its number.
_ESCAPED = {each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def article(entry: PublishedEntry, site: Site) -> str:
    """The page of an item. Where no day of issue is known, none is told."""
    fields = [each.label for each in entry.filed_under(TopicKind.FIELD)]
    return _written(
        {
            "@type": "NewsArticle",
            "headline": entry.title,
            "description": entry.description,
            "image": entry.picture.address if entry.picture else "",
            "datePublished": entry.issued.iso if entry.issued else "",
            "dateModified": entry.updated.astimezone(UTC).isoformat(timespec="seconds"),
            "inLanguage": entry.language,
            "url": entry.address,
            "mainEntityOfPage": entry.address,
            "author": [_author(each, entry, site) for each in entry.authors],
            "publisher": _publisher(site),
            "articleSection": fields,
        }
    )


def collection(feed: PublishedFeed, pages: Sequence[str], site: Site) -> str:
    """The page of a feed, with the addresses of the items it lists, newest first."""
    return _written(
        {
            "@type": "CollectionPage",
            "name": feed.title,
            "description": feed.sentence,
            "inLanguage": feed.language,
            "url": feed.page,
            "isPartOf": {"@type": "WebSite", "name": site.title, "url": feed.home},
            "publisher": _publisher(site),
            "mainEntity": {
                "@type": "ItemList",
                "itemListOrder": "https://schema.org/ItemListOrderDescending",
                "numberOfItems": len(pages),
                "itemListElement": [
                    {"@type": "ListItem", "position": position, "url": url}
                    for position, url in enumerate(pages, 1)
                ],
            },
        }
    )


def website(site: Site) -> str:
    """The front page, and how the site is searched where it can be."""
    target = f"{site.url}/feeds/select/?q={{words}}"
    search = {"@type": "SearchAction", "target": target, "query-input": "required name=words"}
    return _written(
        {
            "@type": "WebSite",
            "name": site.title,
            "url": f"{site.url}/",
            "inLanguage": site.words.tag,
            "publisher": _publisher(site),
            "potentialAction": search if site.has_search else {},
        }
    )


def _written(told: Mapping[str, object]) -> str:
    known = {"@context": "https://schema.org"} | {name: each for name, each in told.items() if each}
    written = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    # Few have any of them: to look for each takes a twentieth of the time of one translation.
    for each, number in _ESCAPED.items():
        written = written.replace(each, number)
    return written


def _author(author: Author, entry: PublishedEntry, site: Site) -> Mapping[str, str]:
    """Issuers stand for those whom nobody names, and are no persons."""
    is_body = author.name in {*entry.printed_issuers, site.publisher}
    told = {"@type": "Organization" if is_body else "Person", "name": author.name}
    return told | ({"url": author.uri} if author.uri else {})


def _publisher(site: Site) -> Mapping[str, str]:
    return {"@type": "Organization", "name": site.publisher, "url": f"{site.url}/"}
