"""Names mapped to topics, and items filed anew under what their names and topics are by now.

Knows which labels are resolved again, what a revision of that kind is, and what became of topics
and saved selections.
Must never know how an item is kept, or a document.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from hashlib import blake2b
from itertools import chain
from threading import Event

from feeds import search
from feeds.draft import Draft
from feeds.identity.correction import Deed, ItemStep, corrected, differences
from feeds.identity.decide import Known, revised_updated
from feeds.identity.ids import content_hash
from feeds.ingest.edit import Publish
from feeds.model import Ending, FeedRecord, Label, TopicRef
from feeds.selection import Place, Selection
from feeds.storage import Connection, entries, read_items, recall, topics, write_items
from feeds.storage.database import Database, constant, next_numbers, set_value, value_of
from feeds.storage.published import feed_records
from feeds.storage.write_items import Revision
from feeds.taxonomy import Taxonomy

#: Whole items are held at once, texts and all.
_AT_ONCE = 500

#: A feed that ended holds no more of its latest than any feed does.
_MOST_HELD = 200

# Of two feeds that are remembered as one, that goes on which was one last.
_STANDINGS = {
    None: 0,
    Ending.CLOSED: 0,
    Ending.MERGED: 1,
    Ending.REMOVED: 1,
    Ending.RENAMED: 2,
}

_Key = tuple[str, str]


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
                topics.map_name(connection, ref.kind, name, ref.slug)
        known = taxonomy.known_as(topics.mapped_names(connection))
        changed = retag(connection, known, now, everything=everything)
    return Retagged(items=changed, feeds_written=0 if dry_run else publish())


def retag(
    connection: Connection, taxonomy: Taxonomy, now: datetime, *, everything: bool = False
) -> int:
    """Items are filed under what ``taxonomy`` makes of their unknown names: how many changed.

    With ``everything`` names known before are resolved anew as well. Each changed item has a
    revision, which is no news, and the feeds it enters and leaves are touched.
    """
    lost = [ref for ref in topics.in_use(connection) if taxonomy.current(ref) is None]
    numbers = topics.labelled(connection, None if everything else lost)
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
    moved: Mapping[Place, Place] | None = None,
) -> None:
    digests = read_items.last_digests(connection, [item.number for item, _ in anew])
    changes = next_numbers(connection, "changes", len(anew))
    said = (
        (item, draft, item.correction and item.correction.moved(taxonomy.current))
        for item, draft in anew
    )
    revisions = [
        Revision(
            known=replace(
                item,
                revision=item.revision + 1,
                draft=draft,
                content_hash=content_hash(draft),
                updated_at=item.updated_at or now,
                correction=correction,
            ),
            change=change,
            significant=False,
            implied=taxonomy.implied_by(corrected(draft, correction).labels),
            digest=digests[item.number],
            recorded_at=now,
            step=ItemStep(
                at=now,
                deed=Deed.FILED,
                who="taxonomy",
                is_editor=True,
                changes=differences(item.draft, draft),
            ),
        )
        for (item, draft, correction), change in zip(said, changes, strict=True)
    ]
    write_items.write(connection, revisions, moved)


def _filed(draft: Draft, taxonomy: Taxonomy, *, everything: bool) -> Draft:
    resolved = (_resolved(label, taxonomy, everything=everything) for label in draft.labels)
    return draft.filed(chain.from_iterable(resolved))


def _resolved(label: Label, taxonomy: Taxonomy, *, everything: bool) -> Sequence[Label]:
    """What a label stands for by now; one that is known is asked about where ``everything`` is."""
    if label.ref and taxonomy.current(label.ref) and not everything:
        return [label]
    anew = taxonomy.resolve(label.kind, label.text)
    # A kind or an inferred issuer may bear a text that is no name: it stays what it was.
    return anew if any(each.slug for each in anew) or not label.slug else [label]


# -- What was renamed, merged, closed, or left taxonomy and settings -------------------------------


def follow(
    database: Database,
    taxonomy: Taxonomy,
    saved: Sequence[FeedRecord],
    *,
    now: datetime,
    stopping: Event | None = None,
) -> int:
    """What is stored is filed under what its topics are in ``taxonomy``: how many items were not.

    What became of every topic is remembered, and of every selection that is ``saved`` under a name,
    and what its feed held before its items left. To no feed an item is news by that. What was cut
    short, as once ``stopping`` is set, is done by the next one.
    """
    said = blake2b(f"{taxonomy.fingerprint}{saved!r}".encode(), digest_size=16).hexdigest()
    with database.reading() as connection:
        if value_of(connection, feed_records.FOLLOWED) == said:
            return 0
    with database.writing() as connection:
        _remember(connection, [*_records(taxonomy), *saved], now)
        former = [ref for ref in topics.in_use(connection) if taxonomy.current(ref) != ref]
    changed, after = 0, 0 if former else None
    while after is not None:
        if stopping and stopping.is_set():
            return changed
        count, after = _move(database, former, after, taxonomy, now)
        changed += count
    with database.writing() as connection:
        set_value(connection, feed_records.FOLLOWED, said)
    return changed


def _move(
    database: Database, former: Collection[TopicRef], after: int, taxonomy: Taxonomy, now: datetime
) -> tuple[int, int | None]:
    """Some items ``after`` a number, filed under what is no topic any more, are filed anew: how
    many, and the number of the last that was looked at; None for no more.
    """
    moved = {ref: current for ref in former if (current := taxonomy.current(ref))}
    places = {ref.place: current.place for ref, current in moved.items()}
    with database.writing() as connection:
        # Whoever numbers changes holds their order to the commit: nobody revises these meanwhile.
        next_numbers(connection, "changes", 0)
        some = topics.filed_under(connection, former, after, _AT_ONCE)
        # By what they imply, too, which names nothing.
        is_moved = set(topics.filed_under(connection, moved, after, _AT_ONCE))
        known = taxonomy.known_as(topics.mapped_names(connection))
        found = recall.knowns(connection, some, now)
        drafts = [
            (number, item, item.draft.filed(_currents(item.draft, known)))
            for number, item in ((number, found[number]) for number in some)
        ]
        anew = [
            (item, draft)
            for number, item, draft in drafts
            if number in is_moved or draft.labels != item.draft.labels
        ]
        _write(connection, anew, taxonomy, now, places)
    return len(anew), some[-1] if some else None


def _currents(draft: Draft, taxonomy: Taxonomy) -> Iterator[Label]:
    """What its labels stand for by now.

    What is no topic any more keeps its slug, unless its name is another's: no feed shows it, and
    it is there again with its topic, which a mistake or an older taxonomy may have left out.
    """
    for label in draft.labels:
        if label.ref and (current := taxonomy.current(label.ref)):
            yield replace(label, slug=current.slug)
        else:
            yield from _resolved(label, taxonomy, everything=False) if label.ref else [label]


def _remember(connection: Connection, known: Sequence[FeedRecord], now: datetime) -> None:
    """All that has a feed or had one is remembered as it is by now, by what is ``known``."""
    before = {each.key: each for each in feed_records.remembered(connection)}
    now_known = {each.key: each for each in _as_first_called(before, known)}
    gone = [_removed(each) for each in before.values() if each.key not in now_known]
    told = [_told(before.get(each.key), each) for each in (*now_known.values(), *gone)]
    changed = [each for each in told if each != before.get(each.key)]
    ending = [each for each in changed if each.ending and each.at is None]
    changes = next_numbers(connection, "changes", len(ending))
    # What had ended before there was a store is no news of the day it was made.
    told_at = now if before else _minted(connection, now)
    # Later than all its entries, and than those of any other feed by the number of the change.
    moments = {
        each.key: revised_updated(told_at, change)
        for each, change in zip(ending, changes, strict=True)
    }
    feed_records.remember(
        connection,
        [
            replace(
                each,
                at=moments.get(each.key, each.at),
                held=each.held or _held(connection, each),
            )
            for each in changed
        ],
    )


def _as_first_called(
    before: Mapping[_Key, FeedRecord], known: Sequence[FeedRecord]
) -> Iterator[FeedRecord]:
    """All that is ``known`` with the slug that it was first published under, whatever taxonomy and
    settings say by now: that is what its feed's id is made of.

    It is remembered by its own name or by one that it had: by that it went on under last.
    """
    former: defaultdict[_Key, list[_Key]] = defaultdict(list)
    for each in known:
        if each.ending is Ending.RENAMED:
            former[each.kind, each.into or ""].append(each.key)

    def standing(key: _Key) -> int:
        """How much what is remembered under a key was a feed of its own."""
        return _STANDINGS[before[key].ending] if key in before else len(_STANDINGS)

    heads = [each for each in known if each.ending is not Ending.RENAMED]
    was = {each.key: min([each.key, *former[each.key]], key=standing) for each in heads}
    first: dict[_Key, str] = {}
    given: set[_Key] = set()
    for each in sorted(heads, key=lambda each: standing(was[each.key])):
        told = before.get(was[each.key], each)
        # What has another's name that goes on under its id is another feed: no slug has a dot.
        others = (f"{each.slug}.{number}" for number in range(2, len(known) + 3))
        names = chain([told.first_slug], others)
        first[each.key] = next(name for name in names if (each.kind, name) not in given)
        given.add((each.kind, first[each.key]))
    for each in known:
        head = (each.kind, each.into or "") if each.ending is Ending.RENAMED else each.key
        yield replace(each, first_slug=first.get(head, each.first_slug))


def _minted(connection: Connection, now: datetime) -> datetime:
    """The day on which ids became possible."""
    day = date.fromisoformat(constant(connection, "minted", now.date().isoformat()))
    return datetime.combine(day, time(), UTC)


def _records(taxonomy: Taxonomy) -> Iterator[FeedRecord]:
    """What a taxonomy says of each topic, by each slug."""
    for topic in taxonomy.topics:
        heir = taxonomy.heir(topic)
        yield FeedRecord(
            kind=topic.ref.kind.value,
            slug=topic.ref.slug,
            label=topic.label,
            query=Selection(frozenset({topic.ref})).query,
            first_slug=topic.first_slug,
            ending=Ending.CLOSED if topic.closed else None,
            into=heir.slug if heir else None,
        )
    for each in taxonomy.former:
        yield FeedRecord(
            kind=each.ref.kind.value,
            slug=each.ref.slug,
            label=each.label,
            query=Selection(frozenset({each.ref})).query,
            first_slug=each.first_slug,
            ending=each.ending,
            into=each.into.slug,
        )


def _removed(before: FeedRecord) -> FeedRecord:
    """What nobody says anything of any more; where its items went stays as it was told."""
    if before.ending in (Ending.RENAMED, Ending.MERGED):
        return before
    return replace(before, ending=Ending.REMOVED)


def _told(before: FeedRecord | None, now: FeedRecord) -> FeedRecord:
    """What is known now, with the moment of an end that is known already, and what it held.

    An end is news once: in another way, or with somebody who goes on, it is another one.
    """
    if before is None or now.ending is None:
        return now
    was_done = before.ending is Ending.CLOSED and now.ending is Ending.REMOVED
    is_same = before.ending is now.ending or was_done
    has_heir_now = now.into is not None and before.into is None
    return replace(
        now,
        query=before.query,
        at=before.at if is_same and not has_heir_now else None,
        held=before.held,
    )


def _held(connection: Connection, record: FeedRecord) -> tuple[int, ...]:
    """The latest items of what is about to have none under its name."""
    if record.ending in (None, Ending.CLOSED):
        return ()
    selection = Selection.parse(record.query)
    if selection.place:
        latest = entries.latest(connection, selection.place, _MOST_HELD)
    else:
        # As far as its feed followed, too.
        latest = search.latest(connection, selection, _MOST_HELD)
    return tuple(each.item for each in latest)
