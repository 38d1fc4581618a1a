"""Feeds of topics and saved selections that ended: no address dies, and none stays mute.

Knows what is remembered of them, and what goes on by now. Must never know a format, or who
remembers.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time

from markupsafe import Markup, escape

from feeds.identity.ids import tag_uri
from feeds.model import NO_RIGHTS, SAVED_SELECTION, Author, Ending, FeedRecord, TopicKind, TopicRef
from feeds.publish.entry import PublishedEntry
from feeds.publish.feed import ALL, FeedEnd, FeedRef, PublishedFeed, describe, path_of
from feeds.publish.site import Site
from feeds.selection import Selection
from feeds.taxonomy import Taxonomy


def described(
    ref: FeedRef, record: FeedRecord | None, site: Site, taxonomy: Taxonomy
) -> PublishedFeed:
    """The feed of a reference; one with a ``record`` is under the id it ever had (RFC 4287 4.2.6),
    whatever taxonomy and settings say by now, and says so where it ended.
    """
    if record is None:
        return describe(ref, site, taxonomy)
    minted = site.identity.feed(path_of(record.kind, record.first_slug))
    if record.ending is None and not is_over(record, site, taxonomy):
        return replace(describe(ref, site, taxonomy), id=minted)
    label = _label_now(record, site, taxonomy)
    end = _end(record, label, site, taxonomy)
    if not is_over(record, site, taxonomy):
        # One that is closed stays what it was.
        return replace(describe(ref, site, taxonomy), id=minted, end=end)
    return replace(
        describe(ALL, site, taxonomy),
        ref=ref,
        id=minted,
        label=label,
        title=f"{label} · {site.publisher}",
        sentence=end.sentence.striptags(),
        closed=True,
        address=f"{site.url}/{ref.atom}",
        page=f"{site.url}/{ref.page}",
        end=end,
    )


def last_entry(feed: PublishedFeed, end: FeedEnd, site: Site) -> PublishedEntry:
    """What a feed that ended tells those who still read it; it is news once."""
    identity = site.identity
    return PublishedEntry(
        id=tag_uri(identity.authority, identity.minted, "end", feed.ref.path),
        title=end.title,
        summary="",
        standfirst="",
        paragraphs=(),
        markup=f"<p>{end.sentence}</p>",
        picture=None,
        enclosures=(),
        provenance=None,
        rights=NO_RIGHTS,
        full_text=True,
        credit="",
        language=feed.language,
        issued=None,
        published=end.at,
        updated=end.at,
        page=end.successor_page,
        origin=None,
        host="",
        address=end.successor_page,
        reading=end.successor_page,
        authors=(Author(name=feed.author),),
        issuers=(),
        printed_issuers=(),
        content_type=None,
        categories=(),
    )


def records(site: Site, taxonomy: Taxonomy) -> Iterator[FeedRecord]:
    """What the site has saved selections under, and had by their former names. Raises
    UnknownTopic.
    """
    for saved in site.selections:
        now = FeedRecord(
            kind=SAVED_SELECTION,
            slug=saved.name,
            label=describe(FeedRef.saved(saved), site, taxonomy).label,
            query=saved.selection.query,
            first_slug=saved.first_name,
        )
        yield now
        for name in saved.former_names:
            yield replace(now, slug=name, ending=Ending.RENAMED, into=saved.name)


def is_over(record: FeedRecord, site: Site, taxonomy: Taxonomy) -> bool:
    """Whether nothing has a feed under that name any more."""
    return _name_now(record.kind, record.slug, site, taxonomy) != record.slug


def ref_of(record: FeedRecord) -> FeedRef:
    """The feed of what is remembered so."""
    return FeedRef(path_of(record.kind, record.slug), Selection.parse(record.query))


def _name_now(kind: str, name: str, site: Site, taxonomy: Taxonomy) -> str | None:
    """What is called so, or was, is called by now; None where nobody knows it."""
    if kind == SAVED_SELECTION:
        names = {each: saved.name for saved in site.selections for each in saved.former_names}
        return {**names, **{saved.name: saved.name for saved in site.selections}}.get(name)
    topic = taxonomy.current(TopicRef(TopicKind(kind), name))
    return topic.slug if topic else None


def _described_now(kind: str, name: str, site: Site, taxonomy: Taxonomy) -> PublishedFeed:
    """The feed of what is called so now."""
    if kind == SAVED_SELECTION:
        saved = next(each for each in site.selections if each.name == name)
        return describe(FeedRef.saved(saved), site, taxonomy)
    return describe(FeedRef.of(TopicRef(TopicKind(kind), name)), site, taxonomy)


def _label_now(record: FeedRecord, site: Site, taxonomy: Taxonomy) -> str:
    """What it is called, where that is still there, under whichever name."""
    name = record.into if record.into and record.ending is Ending.RENAMED else record.slug
    if _name_now(record.kind, name, site, taxonomy) != name:
        return record.label
    return _described_now(record.kind, name, site, taxonomy).label


def _end(record: FeedRecord, label: str, site: Site, taxonomy: Taxonomy) -> FeedEnd:
    into, is_renamed = record.into, record.ending is Ending.RENAMED
    current = _name_now(record.kind, into, site, taxonomy) if into else None
    now = _described_now(record.kind, current, site, taxonomy) if current else None
    heir, named = now and now.ref, now.label if now else site.words.say("all_news")
    if into and is_renamed and current != into:
        # A former address leads to what it is called now, even where that ended itself.
        heir = ref_of(replace(record, slug=into))
    successor = heir or ALL
    address = f"{site.url}/{successor.page}"
    link = Markup('<a href="{}">{}</a>').format(address, f"{named} · {site.publisher}")
    title, text = "ended", "ended"
    if heir:
        title, text = "succeeded", "succeeded"
    if heir and record.ending in (Ending.RENAMED, Ending.MERGED):
        title, text = record.ending.value, "moved"
    return FeedEnd(
        ending=record.ending or Ending.CLOSED,
        at=record.at or datetime.combine(site.identity.minted, time(), UTC),
        title=site.words.say(f"ended_title.{title}", topic=label, successor=named),
        sentence=escape(site.words.say(f"ended_text.{text}", feed=link)),
        successor=successor,
        successor_page=address,
    )
