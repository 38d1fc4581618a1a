"""Topics that nobody knew when they were stored: counted, mapped, and items filed anew.

Knows the labels of stored items. Must never know what an operator said, or a document.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from feeds.draft import Draft
from feeds.identity.decide import Known
from feeds.identity.ids import content_hash
from feeds.model import Label, TopicKind
from feeds.storage import items as stored
from feeds.storage.database import next_numbers
from feeds.storage.engines import upsert
from feeds.storage.items import Revision
from feeds.storage.knowns import knowns, parts
from feeds.storage.recall import places
from feeds.storage.tables import is_shown, item_topics, items, revisions, topic_names
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.implied import placed

__all__ = ["Unknown", "map_name", "mapped_names", "retag", "unknown_topics"]

_Resolve = Callable[[Label], Sequence[Label]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A name nobody knows, and how many shown items bear it."""

    kind: TopicKind
    label: str
    items: int


def unknown_topics(connection: Connection) -> Sequence[Unknown]:
    """Every unknown name, the most frequent first."""
    count = func.count(item_topics.c.item.distinct())
    rows = connection.execute(
        select(item_topics.c.kind, item_topics.c.label, count)
        .join_from(item_topics, items)
        .where(item_topics.c.slug.is_(None), is_shown)
        .group_by(item_topics.c.kind, item_topics.c.label)
        .order_by(count.desc(), item_topics.c.kind, item_topics.c.label)
    )
    return [
        Unknown(kind=TopicKind(kind), label=label, items=number) for kind, label, number in rows
    ]


def map_name(connection: Connection, kind: TopicKind, name: str, slug: str) -> None:
    """``name`` stands for the topic from now on, whatever it stood for before."""
    upsert(connection, topic_names, [{"kind": kind.value, "name": name, "slug": slug}])


def mapped_names(connection: Connection) -> Sequence[Label]:
    """The names an operator mapped, for `Taxonomy.known_as`."""
    rows = connection.execute(
        select(topic_names.c.kind, topic_names.c.name, topic_names.c.slug).order_by(
            topic_names.c.kind, topic_names.c.name
        )
    )
    return [Label(kind=TopicKind(kind), text=name, slug=slug) for kind, name, slug in rows]


def retag(
    connection: Connection, taxonomy: Taxonomy, now: datetime, *, everything: bool = False
) -> int:
    """Items are filed under what ``taxonomy`` makes of their unknown names: how many changed.

    With ``everything`` names known before are resolved anew as well. Each changed item has a
    revision, which is no news, and the feeds it enters and leaves are touched.
    """
    which = select(item_topics.c.item).where(item_topics.c.direct).distinct()
    if not everything:
        which = which.where(item_topics.c.slug.is_(None))
    numbers = connection.scalars(which.order_by(item_topics.c.item)).all()
    resolve = _all_labels(taxonomy) if everything else _unknown_labels(taxonomy)
    return sum(_retag(connection, part, resolve, taxonomy, now) for part in parts(numbers, 500))


def _retag(
    connection: Connection,
    numbers: Sequence[int],
    resolve: _Resolve,
    taxonomy: Taxonomy,
    now: datetime,
) -> int:
    found = knowns(connection, numbers, now)
    filed = {number: _filed(found[number].draft, resolve) for number in numbers}
    changed = [number for number in numbers if filed[number].labels != found[number].draft.labels]
    if not changed:
        return 0
    slugs = [found[number].slug for number in changed]
    place_of = places(connection, slugs)
    digests = _digests(connection, changed)
    changes = next_numbers(connection, "changes", len(changed))
    stored.revise(
        connection,
        [
            replace(
                _revision(found[number], filed[number], taxonomy, now),
                item=number,
                change=change,
                digest=digests[number],
                updated_at=place_of[found[number].slug].updated_at,
            )
            for number, change in zip(changed, changes, strict=True)
        ],
    )
    return len(changed)


def _revision(known: Known, draft: Draft, taxonomy: Taxonomy, now: datetime) -> Revision:
    return Revision(
        item=0,
        change=0,
        revision=known.revision + 1,
        significant=False,
        source=known.source,
        draft=draft,
        language=draft.language or "",
        topics=placed(draft, taxonomy),
        content_hash=content_hash(draft),
        digest="",
        recorded_at=now,
        updated_at=now,
        is_withdrawn=known.is_withdrawn,
    )


def _digests(connection: Connection, numbers: Sequence[int]) -> Mapping[int, str]:
    """The original each item was last read from."""
    query = select(revisions.c.item, revisions.c.digest).where(revisions.c.item.in_(numbers))
    rows = connection.execute(query.order_by(revisions.c.item, revisions.c.revision))
    return {row.item: row.digest for row in rows}


def _unknown_labels(taxonomy: Taxonomy) -> _Resolve:
    return lambda label: [label] if label.slug else taxonomy.resolve(label.kind, label.text)


def _all_labels(taxonomy: Taxonomy) -> _Resolve:
    def resolve(label: Label) -> Sequence[Label]:
        anew = taxonomy.resolve(label.kind, label.text)
        # A kind or an inferred issuer may bear a text that is no name: it stays what it was.
        return anew if any(each.slug for each in anew) or not label.slug else [label]

    return resolve


def _filed(draft: Draft, resolve: _Resolve) -> Draft:
    its = defaultdict[TopicKind, list[Label]](list)
    resolved = (each for named in draft.labels for each in resolve(named))
    for label in _once(resolved):
        its[label.kind].append(label)
    kinds = its[TopicKind.TYPE]
    return replace(
        draft,
        issuers=tuple(its[TopicKind.ISSUER]),
        fields=tuple(its[TopicKind.FIELD]),
        countries=tuple(its[TopicKind.COUNTRY]),
        content_type=kinds[0] if kinds else None,
    )


def _once(labels: Iterator[Label]) -> Iterator[Label]:
    """Each topic and each unknown name once."""
    seen: set[tuple[TopicKind, str]] = set()
    for label in labels:
        key = (label.kind, f"={label.slug}" if label.slug else label.text)
        if key not in seen:
            seen.add(key)
            yield label
