"""Items as rows: added, revised, named.

Knows the tables of items, their names, topics and revisions. Must never know why an item changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from feeds.ingest.topics import Placed
from feeds.model import Draft, Fresh
from feeds.storage.database import insert
from feeds.storage.tables import item_keys, item_topics, items, revisions, touched

__all__ = ["Addition", "Revision", "add", "name", "revise"]

#: The feed of everything, among the touched topics.
_EVERYTHING = ("all", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What item number ``item`` says from change number ``change`` on.

    ``content_hash`` is of what it says, ``digest`` of the document it was read from.
    """

    item: int
    change: int
    revision: int
    significant: bool
    draft: Draft
    language: str
    topics: tuple[Placed, ...]
    content_hash: str
    digest: str
    recorded_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A new item: what stays the same for ever, and its first revision."""

    uid: str
    slug: str
    source: str
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
            "source": new.source,
            "freshness": new.freshness.value,
            "first_seen_at": new.first.recorded_at,
            **_content(new.first),
        }
        for new in additions
    ]
    connection.execute(insert(connection, items), rows)
    _follow(connection, [new.first for new in additions])


def revise(connection: Connection, changes: Sequence[Revision]) -> None:
    """These items, each once, say something else; feeds they left are touched as well."""
    if not changes:
        return
    its_topics = item_topics.c.item.in_([revision.item for revision in changes])
    left = select(item_topics.c.kind, item_topics.c.slug).distinct()
    rows = connection.execute(left.where(its_topics, item_topics.c.slug.is_not(None)))
    _touch(connection, [(kind, slug) for kind, slug in rows], changes)
    contents = [{"stored": revision.item, **_content(revision)} for revision in changes]
    connection.execute(update(items).where(items.c.number == bindparam("stored")), contents)
    connection.execute(delete(item_topics).where(its_topics))
    _follow(connection, changes)


def name(connection: Connection, source: str, keys: Mapping[str, int]) -> None:
    """Items are known by these keys of a source, by number, from now on."""
    rows = [{"source": source, "key": key, "item": number} for key, number in keys.items()]
    if rows:
        connection.execute(insert(connection, item_keys), rows)


def _content(revision: Revision) -> dict[str, object]:
    """The columns of an item that a revision sets."""
    draft = revision.draft
    issued = draft.issued
    return {
        "change": revision.change,
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
    }


def _follow(connection: Connection, changes: Sequence[Revision]) -> None:
    """What hangs on the rows of items: topics, history, feeds to be made anew."""
    topics = [row for revision in changes for row in _topics(revision)]
    if topics:
        connection.execute(insert(connection, item_topics), topics)
    connection.execute(insert(connection, revisions), [_history(each) for each in changes])
    labels = (topic.label for revision in changes for topic in revision.topics)
    touching = [(label.kind.value, label.slug) for label in labels if label.slug]
    _touch(connection, [_EVERYTHING, *touching], changes)


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


def _touch(
    connection: Connection, topics: Iterable[tuple[str, str]], changes: Sequence[Revision]
) -> None:
    """The feeds of these topics are out of date since the newest of these changes."""
    newest = max(revision.change for revision in changes)
    rows = [{"kind": kind, "slug": slug, "change": newest} for kind, slug in dict.fromkeys(topics)]
    statement = insert(connection, touched)
    # The latest, not the first: a feed made while we write must be made once more.
    statement = statement.on_conflict_do_update(
        index_elements=[touched.c.kind, touched.c.slug],
        set_={"change": statement.excluded.change},
    )
    if rows:
        connection.execute(statement, rows)
