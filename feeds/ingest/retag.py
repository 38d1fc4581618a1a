"""Names mapped to topics, and items filed anew under what their names stand for by now.

Knows which labels are resolved again, and what a revision of that kind is. Must never know how an
item is kept, or a document.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from feeds.draft import Draft
from feeds.identity.decide import Known
from feeds.identity.ids import content_hash
from feeds.ingest.edit import Publish
from feeds.model import Label
from feeds.storage import Connection, read_items, recall, topic_names, write_items
from feeds.storage.database import Database, next_numbers
from feeds.storage.write_items import Revision
from feeds.taxonomy import Taxonomy

#: Whole items are held at once, texts and all.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Retagged:
    """How many items are filed otherwise now, and how many feeds show it."""

    items: int
    feeds_written: int


def map_names(
    database: Database,
    taxonomy: Taxonomy,
    topic: str | None,
    names: Sequence[str],
    *,
    now: datetime,
    publish: Publish,
    everything: bool = False,
    dry_run: bool = False,
) -> Retagged:
    """``names`` stand for ``topic`` from now on, and in what is stored. Raises UnknownTopic.

    Without a ``topic`` what is stored is only filed anew. With ``dry_run`` it is only told what
    would be done.
    """
    ref = taxonomy.find(topic).ref if topic else None
    with database.writing(dry_run=dry_run) as connection:
        if ref:
            for name in names:
                topic_names.map_name(connection, ref.kind, name, ref.slug)
        known = taxonomy.known_as(topic_names.mapped_names(connection))
        changed = retag(connection, known, now, everything=everything)
    return Retagged(items=changed, feeds_written=0 if dry_run else publish())


def retag(
    connection: Connection, taxonomy: Taxonomy, now: datetime, *, everything: bool = False
) -> int:
    """Items are filed under what ``taxonomy`` makes of their unknown names: how many changed.

    With ``everything`` names known before are resolved anew as well. Each changed item has a
    revision, which is no news, and the feeds it enters and leaves are touched.
    """
    numbers = topic_names.labelled(connection, unknown=not everything)
    changed = 0
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        found = recall.knowns(connection, some, now)
        filed = (
            (found[number], _filed(found[number].draft, taxonomy, everything=everything))
            for number in some
        )
        anew = [(item, draft) for item, draft in filed if draft.labels != item.draft.labels]
        _write(connection, anew, taxonomy, now)
        changed += len(anew)
    return changed


def _write(
    connection: Connection,
    anew: Sequence[tuple[Known, Draft]],
    taxonomy: Taxonomy,
    now: datetime,
) -> None:
    digests = read_items.last_digests(connection, [item.number for item, _ in anew])
    changes = next_numbers(connection, "changes", len(anew))
    revisions = [
        Revision(
            known=replace(
                item,
                revision=item.revision + 1,
                draft=draft,
                content_hash=content_hash(draft),
                updated_at=item.updated_at or now,
            ),
            change=change,
            significant=False,
            implied=taxonomy.implied_by(draft.labels),
            digest=digests[item.number],
            recorded_at=now,
        )
        for (item, draft), change in zip(anew, changes, strict=True)
    ]
    write_items.write(connection, revisions)


def _filed(draft: Draft, taxonomy: Taxonomy, *, everything: bool) -> Draft:
    resolved = (_resolved(label, taxonomy, everything=everything) for label in draft.labels)
    return draft.filed(chain.from_iterable(resolved))


def _resolved(label: Label, taxonomy: Taxonomy, *, everything: bool) -> Sequence[Label]:
    """What a label stands for by now; one that is known is asked about where ``everything`` is."""
    if label.slug and not everything:
        return [label]
    anew = taxonomy.resolve(label.kind, label.text)
    # A kind or an inferred issuer may bear a text that is no name: it stays what it was.
    return anew if any(each.slug for each in anew) or not label.slug else [label]
