"""Feeds and entries: RSS 0.90 to 2.0, RSS 1.0 in RDF, Atom 0.3 and 1.0, JSON Feed.

Knows which dialects there are and how each begins. Must never know where a document came from or
what was made of it before.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from feeds.draft import Document, Habits, Parsed, Reason, Refused
from feeds.parse.bytes import excerpt, readable, recoded
from feeds.parse.interstitial import interstitial
from feeds.parse.sanitise import paragraphs
from feeds.parse.syndication import atom, jsonfeed, malformed, rss
from feeds.parse.syndication.drafts import draft, latest, within_budget
from feeds.parse.syndication.elements import (
    ANY_ENTRY,
    is_entry,
    local,
    of_its_dialect,
    set_apart,
)
from feeds.parse.syndication.feed_entries import MOST_ENTRIES, RawEntry, RawFeed
from feeds.parse.xml import VERBATIM, Element, Tree, drop_half
from feeds.parse.xml import read as read_xml
from feeds.taxonomy import Taxonomy

__all__ = ["entries", "parse"]

_ROOTS = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:rss|rdf|feed|entry|channel)(?=[\s>/])", re.IGNORECASE)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
# The first element of XML, whatever declares it, and what makes a feed of pieces of one.
_FIRST_ELEMENT = re.compile(
    rb"(?>(?:\s+|<\?[^>]{0,1000}>|<!--.{0,1000}?-->|<!doctype[^>]{0,1000}>)*)"
    rb"<([A-Za-z][\w.:-]{0,60})",
    re.IGNORECASE | re.DOTALL,
)
_ENTRIES = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:item|entry|title|link|guid)\b", re.IGNORECASE)
_SHOWN = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)
_AS_WORDS = re.compile(r"<(?:item|entry)(?=[\s>])", re.IGNORECASE)
_HEAD_BYTES = 4_096
# A page that stands where a feed should be is looked at so far.
_PAGE_BYTES = 100_000


def parse(
    document: Document,
    taxonomy: Taxonomy,
    habits: Habits,  # noqa: ARG001 - the shape of all parsers
) -> Parsed | Refused:
    """What a feed or entry document holds, or why nothing can be made of it.

    A feed is a list, with or without entries, of which the first `MOST_ENTRIES` are read; the
    half entry at the end of one that is cut off is left out. An Atom entry document is one whole
    draft (RFC 4287, section 2).
    """
    feed = _feed(document)
    if isinstance(feed, Refused):
        return feed
    is_entry = feed.form == "atom-entry"
    told = [*feed.entries]
    read = [*within_budget(latest(told))]
    drafts = [draft(entry, feed, taxonomy, is_whole=is_entry) for entry in read]
    found = tuple([each for each in drafts if each is not None])
    if is_entry and not found:
        return Refused(reason=Reason.INCOMPLETE, evidence="the entry has neither title nor text")
    return Parsed(
        form=feed.form,
        drafts=found,
        is_list=not is_entry,
        next_page=feed.next_page,
        hub=feed.hub,
        silent_entries=len(drafts) - len(found) + feed.half_entries,
        lost_files=sum(each.enclosures.count(None) for each in read),
        is_cut=feed.is_cut,
        may_hold_more=feed.is_guessed or len(told) == MOST_ENTRIES,
    )


def entries(document: Document) -> Iterable[RawEntry]:
    """The entries of a feed as they stand there; none where it cannot be read."""
    feed = _feed(document)
    return () if isinstance(feed, Refused) else feed.entries


def _feed(document: Document) -> RawFeed | Refused:
    text, url = recoded(document.body, document.media_type), document.url
    if text.lstrip()[:1] in {b"{", b"["}:
        return jsonfeed.read(text.decode("utf-8", "ignore").lstrip(), url)
    tree = read_xml(text, _ROOTS)
    if isinstance(tree, Tree):
        found = _of_tree(tree, url)
        if tree.is_guessed and isinstance(found, RawFeed):
            return replace(found, is_guessed=True)
        return found
    if tree.reason is Reason.HOSTILE:
        return tree
    if _PAGE.search(text, 0, _HEAD_BYTES):
        return _page(text)
    return _other_xml(text) or malformed.read(text, url, 0) or tree


def _of_tree(tree: Tree, url: str | None) -> RawFeed | Refused:
    of_its_dialect(tree.root)
    name = local(tree.root, "atom:")
    if tree.is_cut and name == "entry":
        return Refused(reason=Reason.INCOMPLETE, evidence="the entry is cut off")
    if instead := _with_all_entries(tree, url):
        return _cut(instead, 0) if tree.is_cut and isinstance(instead, RawFeed) else instead
    half = 0
    if tree.is_cut:
        half = drop_half(tree, "item|entry")
        if not any(local(each, "atom:") in {"item", "entry"} for each in tree.root.iter()):
            evidence = "it is cut off before the end of its first entry"
            return Refused(reason=Reason.MALFORMED, evidence=evidence)
    found = atom.read(tree, url) if name in {"feed", "entry"} else rss.read(tree, url)
    return _cut(found, half) if tree.is_cut and isinstance(found, RawFeed) else found


def _cut(feed: RawFeed, half: int) -> RawFeed:
    return replace(feed, is_cut=True, half_entries=half)


def _with_all_entries(tree: Tree, url: str | None) -> RawFeed | Refused | None:
    """The feed of a tree that lost entries which its text shows; None where it has them all."""
    if not tree.is_mended and _holds_entries(tree.root):
        return None
    set_apart(tree.root)
    read = sum(1 for _ in tree.root.iter(*ANY_ENTRY))
    shown = len(_SHOWN.findall(VERBATIM.sub(b"", tree.text)))
    if not read and not shown:
        shown = _as_words(tree)
    if shown > read and (found := malformed.read(tree.text, url, read)):
        return found
    if read or not shown or tree.is_cut:
        return None
    evidence = f"it shows {shown} entries that cannot be read"
    return Refused(reason=Reason.MALFORMED, evidence=evidence)


def _holds_entries(root: Element) -> bool:
    # Most end with one, or their channel does.
    last = next(root.iterchildren(reversed=True), root)
    within = next(last.iterchildren(reversed=True), last)
    return is_entry(last) or is_entry(within) or next(root.iter(*ANY_ENTRY), None) is not None


def _as_words(tree: Tree) -> int:
    """How many entries stand as words, in CDATA or escaped, where a feed holds elements and no
    text; the words of its description are what it says of itself.
    """
    frames = (tree.root, *tree.root.iterchildren("{*}channel"))
    texts = (text for each in frames for text in (each.text, *(child.tail for child in each)))
    return sum(len(_AS_WORDS.findall(text)) for text in texts if text)


def _other_xml(text: bytes) -> Refused | None:
    """What XML is that holds no entries either."""
    name = _FIRST_ELEMENT.match(text)
    if (
        name is None
        or _ROOTS.match(text, name.start(1) - 1)
        or _ENTRIES.search(text, 0, _PAGE_BYTES)
    ):
        return None
    evidence = f"it is XML that starts with {excerpt(name[1].decode())}"
    return Refused(reason=Reason.NOT_NEWS, evidence=evidence)


def _page(text: bytes) -> Refused:
    """What a page says that is served where a feed should be."""
    shown = readable("\n".join(paragraphs(text[:_PAGE_BYTES].decode("utf-8", "ignore"))))
    evidence = f"it is a web page that starts with {excerpt(shown[0])}" if shown else "a web page"
    return interstitial(shown) or Refused(reason=Reason.NOT_NEWS, evidence=evidence)
