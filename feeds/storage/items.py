"""Items as rows: added, revised, linked to what shows them.

Knows the tables of items, their keys, topics and revisions. Must never know why an item changed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from feeds.draft import Draft
from feeds.identity.decide import Role
from feeds.identity.known import Link
from feeds.identity.likeness import opening_key, title_key
from feeds.model import Fresh
from feeds.storage import cells
from feeds.storage.engines import upsert
from feeds.storage.tables import item_keys, item_topics, items, revisions, touched
from feeds.taxonomy.implied import Placed

__all__ = ["EVERYTHING", "Addition", "Revision", "add", "link", "name", "revise", "touch", "uids"]

#: The feed of everything, among the touched topics.
EVERYTHING = ("all", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What item number ``item`` says from change number ``change`` on.

    ``source`` is whose words these are, ``content_hash`` of what it says, ``digest`` of the
    document it was read from.
    """

    item: int
    change: int
    revision: int
    significant: bool
    source: str
    draft: Draft
    language: str
    topics: tuple[Placed, ...]
    content_hash: str
    digest: str
    recorded_at: datetime
    updated_at: datetime
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A new item: what stays the same for ever, and its first revision.

    ``group`` is the number of the first item of those that say it in several languages.
    """

    uid: str
    slug: str
    group: int
    freshness: Fresh
    first: Revision


def add(connection: Connection, additions: Sequence[Addition]) -> None:
    """These items are stored, and the feeds of their topics touched."""
    if not additions:
        return
    rows = [
        {
            "number": new.first.item,
            "uid": new.uid,
            "slug": new.slug,
            "group": new.group,
            "freshness": new.freshness.value,
            "first_seen_at": new.first.recorded_at,
            **_content(new.first),
        }
        for new in additions
    ]
    connection.execute(insert(items), rows)
    _follow(connection, [new.first for new in additions])


def revise(connection: Connection, changes: Sequence[Revision]) -> None:
    """These items, each once, say something else; feeds they left are touched as well."""
    if not changes:
        return
    its_topics = item_topics.c.item.in_([revision.item for revision in changes])
    left = select(item_topics.c.kind, item_topics.c.slug).distinct()
    rows = connection.execute(left.where(its_topics, item_topics.c.slug.is_not(None)))
    newest = max(revision.change for revision in changes)
    touch(connection, [(kind, slug) for kind, slug in rows], newest)
    contents = [{"stored": revision.item, **_content(revision)} for revision in changes]
    connection.execute(update(items).where(items.c.number == bindparam("stored")), contents)
    connection.execute(delete(item_topics).where(its_topics))
    _follow(connection, changes)


def link(connection: Connection, source: str, links: Iterable[tuple[str, Link, int]]) -> None:
    """These keys of a source, each once, lead to these items, by number, from now on."""
    rows = [
        {
            "source": source,
            "key": key,
            "item": item,
            "role": each.role.value,
            "document": each.document,
            "content_hash": each.told_hash,
            "gone_at": None,
        }
        for key, each, item in links
    ]
    upsert(connection, item_keys, rows)


def name(connection: Connection, names: Mapping[str, int]) -> None:
    """These names lead to these items everywhere, but for those that led somewhere before."""
    rows = [
        {"source": "", "key": name, "item": number, "role": Role.NAME.value}
        for name, number in names.items()
    ]
    upsert(connection, item_keys, rows, replace=False)


def uids(connection: Connection, wanted: Collection[str]) -> Collection[str]:
    """Those of these ids that items have."""
    if not wanted:
        return ()
    return frozenset(connection.scalars(select(items.c.uid).where(items.c.uid.in_(wanted))))


def touch(connection: Connection, topics: Iterable[tuple[str, str]], change: int) -> None:
    """The feeds of these topics, kind and slug, are out of date since this change."""
    rows = [{"kind": kind, "slug": slug, "change": change} for kind, slug in dict.fromkeys(topics)]
    # The latest, not the first: a feed made while we write must be made once more.
    upsert(connection, touched, rows)


def _content(revision: Revision) -> dict[str, object]:
    """The columns of an item that a revision sets."""
    draft = revision.draft
    issued = draft.issued
    return {
        "change": revision.change,
        "source": revision.source,
        "title": draft.title,
        "summary": draft.summary,
        "body": draft.body,
        "url": draft.url,
        "issued_on": issued.day if issued else None,
        "issued_at": issued.at if issued else None,
        "issued_from": issued.origin.value if issued else None,
        "dateline": draft.dateline,
        "language": revision.language,
        "content_hash": revision.content_hash,
        "revision": revision.revision,
        "updated_at": revision.updated_at,
        "partial": draft.partial,
        "markup": draft.markup,
        "enclosures": cells.from_enclosures(draft.enclosures),
        "provenance": cells.from_provenance(draft.provenance),
        "marks": cells.from_marks(draft.marks),
        "title_key": title_key(draft.title),
        "opening_key": opening_key(draft),
        "withdrawn_at": revision.recorded_at if revision.is_withdrawn else None,
    }


def _follow(connection: Connection, changes: Sequence[Revision]) -> None:
    """What hangs on the rows of items: topics, history, feeds to be made anew."""
    topics = [row for revision in changes for row in _topics(revision)]
    if topics:
        connection.execute(insert(item_topics), topics)
    connection.execute(insert(revisions), [_history(each) for each in changes])
    labels = (topic.label for revision in changes for topic in revision.topics)
    touching = [(label.kind.value, label.slug) for label in labels if label.slug]
    newest = max(revision.change for revision in changes)
    touch(connection, [EVERYTHING, *touching], newest)


def _topics(revision: Revision) -> Iterator[dict[str, object]]:
    for position, topic in enumerate(revision.topics):
        yield {
            "item": revision.item,
            "position": position,
            "kind": topic.label.kind.value,
            "label": topic.label.text,
            "slug": topic.label.slug,
            "direct": topic.direct,
            "updated_at": revision.updated_at,
        }


def _history(revision: Revision) -> dict[str, object]:
    return {
        "item": revision.item,
        "revision": revision.revision,
        "content_hash": revision.content_hash,
        "digest": revision.digest,
        "significant": revision.significant,
        "recorded_at": revision.recorded_at,
    }
