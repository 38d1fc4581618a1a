"""What was decided about a batch, written in the order its rows need.

Knows the calls within one transaction. Must never decide, or begin and end a transaction.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from feeds.draft import Draft
from feeds.identity.correction import Deed, ItemStep, corrected, differences
from feeds.identity.decide import (
    Added,
    Known,
    Restored,
    Revised,
    first_updated,
    freshness,
    revised_updated,
    says_otherwise,
)
from feeds.identity.ids import Identity, is_permanent
from feeds.ingest import Terms
from feeds.ingest.judge import Judged, rounds
from feeds.model import Mark
from feeds.storage import Connection, documents, read_items, write_items
from feeds.storage.database import next_numbers
from feeds.storage.write_items import Revision
from feeds.times import gone_when


def store(connection: Connection, judged: Iterable[Judged], terms: Terms) -> Mapping[str, str]:
    """The items are as decided, numbered in the order they came.

    Returns the ids of those that changed, new ones among them, by their slugs.
    """
    written: dict[str, Known] = {}
    for group in rounds(judged):
        _store(connection, group, written, terms)
    return {slug: item.uid for slug, item in written.items()}


def _store(
    connection: Connection, group: Sequence[Judged], written: dict[str, Known], terms: Terms
) -> None:
    new = [one for one in group if isinstance(one.decision, Added)]
    changed = [*new, *(one for one in group if isinstance(one.decision, Revised))]
    changes = next_numbers(connection, "changes", len(changed))
    numbers = next_numbers(connection, "items", len(new))
    for one, number, uid in zip(new, numbers, _ids(connection, new, terms), strict=True):
        written[one.item.slug] = replace(one.item, number=number, uid=uid)
    # The number of the first item of each group that the new ones make or join, by its slug.
    groups = {one.item.group for one in new}
    leading = dict(read_items.numbers_of(connection, groups - written.keys()))
    leading |= {slug: written[slug].number for slug in groups & written.keys()}
    revisions = [
        _revision(_as_written(one, written), one, change, leading.get(one.item.group, 0), terms)
        for one, change in zip(changed, changes, strict=True)
    ]
    write_items.write(connection, revisions)
    written |= {each.known.slug: each.known for each in revisions}
    if restored := [one for one in group if isinstance(one.decision, Restored)]:
        back = [written.get(one.item.slug, one.item).number for one in restored]
        updated = write_items.restore(connection, terms.source, back, terms.now)
        again = (_as_written(one, written) for one in restored)
        written |= {each.slug: replace(each, updated_at=updated[each.number]) for each in again}
    _link(connection, group, written, terms.source)


def _as_written(one: Judged, written: Mapping[str, Known]) -> Known:
    """The item as decided, with what it was given when this batch wrote it before."""
    before = written.get(one.item.slug, one.item)
    if before is one.item or isinstance(one.decision, Added):
        return before
    return replace(one.item, number=before.number, uid=before.uid, updated_at=before.updated_at)


def _revision(item: Known, one: Judged, change: int, group: int, terms: Terms) -> Revision:
    """What the item says from ``change`` on; a new one joins the ``group`` of that number."""
    draft, decision, updated_at = item.draft, one.decision, item.updated_at
    if not draft.language:
        marks = draft.marks | {Mark.GUESSED_LANGUAGE}
        draft = replace(draft, language=terms.habits.language, marks=marks)
    fresh = freshness(
        draft,
        terms.now,
        backfill=terms.backfill,
        archive_after_days=terms.archive_after_days,
        is_first_look=terms.is_first_look,
    )
    # What is found out late is a correction: no reader has to look again.
    is_quiet = terms.backfill and isinstance(decision, Revised)
    is_seen = not isinstance(decision, Revised) or _is_seen(decision, draft)
    significant = is_seen and not is_quiet
    if isinstance(decision, Added):
        updated_at = first_updated(
            draft.issued, terms.now, fresh, terms.zone, number=item.number, change=change
        )
    elif updated_at is None or significant:
        updated_at = revised_updated(terms.now, change)
    gone_at, step, shown = None, None, corrected(draft, item.correction)
    if isinstance(decision, Revised):
        gone_at, step = decision.item.withdrawn_at, _step(decision, draft, terms)
    if gone_at:
        updated_at = revised_updated(terms.now, change, gone_when(gone_at, updated_at))
    return Revision(
        known=replace(item, draft=draft, updated_at=updated_at),
        change=change,
        significant=significant,
        implied=terms.taxonomy.implied_by(shown.labels),
        digest=one.candidate.digest,
        recorded_at=terms.now,
        group=group,
        freshness=fresh,
        is_back=gone_at is not None,
        step=step,
        is_quiet=is_quiet,
    )


def _step(decision: Revised, draft: Draft, terms: Terms) -> ItemStep:
    deed = Deed.RESTORED if decision.item.withdrawn_at else Deed.REVISED
    told = differences(decision.item.draft, draft)
    return ItemStep(at=terms.now, deed=deed, who=terms.source, changes=told)


def _is_seen(decision: Revised, draft: Draft) -> bool:
    """Whether readers should look again: not where an editor's word stands before what is new."""
    said = decision.item.correction
    if said is None:
        return decision.significant
    before = corrected(decision.item.draft, said)
    return decision.significant and says_otherwise(corrected(draft, said), before)


def _ids(connection: Connection, new: Sequence[Judged], terms: Terms) -> Iterator[str]:
    """The ids of new items, each once: those they came with, or minted."""
    given = [_given_id(one, terms.identity) for one in new]
    used = set(read_items.taken(connection, {uid for uid in given if uid}))
    for one, uid in zip(new, given, strict=True):
        minted = terms.identity.item(one.item.slug)
        yield uid if uid and uid not in used else minted
        used.add(uid or minted)


def _given_id(one: Judged, ours: Identity) -> str | None:
    """The atom:id an entry came with, which it keeps (RFC 4287, section 4.2.6).

    One that is no id would break our feeds; one that we could mint would be in the way of the item
    it is minted for.
    """
    origin = one.candidate.draft.provenance
    if origin is None or one.candidate.is_contested:
        return None
    given = origin.entry_id
    return given if is_permanent(given) and not given.startswith(ours.item("")) else None


def _link(
    connection: Connection, group: Sequence[Judged], written: Mapping[str, Known], source: str
) -> None:
    number_of = {one.item.slug: written.get(one.item.slug, one.item).number for one in group}
    links = ((key, link, number_of[one.item.slug]) for one in group for key, link in one.links)
    documents.link(connection, source, links)
    taken_over = [number_of[one.item.slug] for one in group if one.is_taken_over]
    documents.disown(connection, taken_over, source)
    names: dict[str, int] = {}
    for one in group:
        for name in one.names:
            names.setdefault(name, number_of[one.item.slug])
    documents.name(connection, names)
