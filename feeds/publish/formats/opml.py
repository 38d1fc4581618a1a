"""Feeds as an OPML 2.0 list, the form in which feed readers import many at once.

Knows the tree of feeds. Must never know items.
"""

from collections.abc import Iterable, Mapping

from lxml import etree

from feeds.publish.feed import FeedLink, FeedRef, describe, facet_name
from feeds.publish.site import Site
from feeds.taxonomy import Taxonomy


def opml_bytes(
    site: Site,
    taxonomy: Taxonomy,
    folders: Mapping[str, Iterable[FeedLink]],
    first: Iterable[FeedRef] = (),
) -> bytes:
    """The list (http://opml.org/spec2.opml) of feeds, a folder a facet, after those that come
    ``first``; without dates: it has none that would stay.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = site.words.say("feeds_of", publisher=site.publisher)
    body = etree.SubElement(root, "body")
    for ref in first:
        _add_feed(body, ref, site, taxonomy)
    for facet, links in folders.items():
        # With a title and without a type a folder is a feed to some validators.
        group = etree.SubElement(body, "outline", text=facet_name(facet, taxonomy, site.words))
        for link in links:
            _add(group, link, site, taxonomy)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _add(folder: etree._Element, link: FeedLink, site: Site, taxonomy: Taxonomy) -> None:
    """A feed and those below it, side by side: many readers skip what is below an outline with a
    feed, and some what is in a folder within a folder.
    """
    _add_feed(folder, link.feed, site, taxonomy)
    for below in link.below:
        _add(folder, below, site, taxonomy)


def _add_feed(parent: etree._Element, ref: FeedRef, site: Site, taxonomy: Taxonomy) -> None:
    feed = describe(ref, site, taxonomy)
    # In a reader's list it stands alone, among those of others.
    text = site.words.say("closed_feed", title=feed.title) if feed.closed else feed.title
    etree.SubElement(
        parent,
        "outline",
        type="rss",
        text=text,
        title=text,
        description=feed.sentence,
        xmlUrl=feed.address,
        htmlUrl=feed.page,
        language=feed.language,
    )
