"""The one writer of items: their rows, keys, topics and revisions, and the feeds they touch.

Knows that nothing of a hidden item is lost, and that each change has a number. Must never know
why an item changed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    false,
    not_,
    or_,
    select,
    true,
    update,
)

from config.values import primary_language
from feeds.draft import Draft
from feeds.identity.correction import Deed, ItemStep, corrected
from feeds.identity.decide import Known, Role, revised_updated
from feeds.identity.likeness import opening_key, title_key
from feeds.model import Fresh, Item, Label, Provenance
from feeds.selection import EVERYWHERE, LANGUAGE, Place
from feeds.storage import changes, documents
from feeds.storage.columns import among
from feeds.storage.database import next_numbers
from feeds.storage.edits import corrections, item_history
from feeds.storage.engines import upsert
from feeds.storage.many_rows import add
from feeds.storage.read_items import read
from feeds.storage.tables import (
    entries,
    item_keys,
    item_topics,
    items,
    movements,
    revisions,
    touched,
)
from feeds.times import gone_when, month_of

#: An item, and a place it is filed in.
_Filed = tuple[int, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an item says from change number ``change`` on: ``known``, under its number.

    What is ``shown`` of it has the topics it names and those that these have ``implied``.
    ``digest`` is of the document it was read from, "" where an editor said it. The number of the
    ``group`` and ``freshness`` are those of a new item, and stay. One that ``is_back`` was
    withdrawn before, one that ``is_quiet`` is no news. The ``step`` is that of its history, if any.
    """

    known: Known
    change: int
    significant: bool
    implied: tuple[Label, ...]
    digest: str
    recorded_at: datetime
    group: int = 0
    freshness: Fresh = Fresh.NEWS
    is_back: bool = False
    step: ItemStep | None = None
    is_quiet: bool = False

    @property
    def shown(self) -> Draft:
        """What readers see of it."""
        return corrected(self.known.draft, self.known.correction)


# -- What items say --------------------------------------------------------------------------------


def write(
    connection: Connection,
    changed: Sequence[Revision],
    moved: Mapping[Place, Place] | None = None,
) -> None:
    """These items, each once, say this: those of a first revision are new.

    The feeds of their topics are touched, and those they left. Where topics were ``moved``, and not
    the items, they are no news there, but are since when they were where they came from.
    """
    if not changed:
        return
    new = [_new(each) | _content(each) for each in changed if each.known.revision == 1]
    add(connection, items, new)
    known = [each for each in changed if each.known.revision > 1]
    before: Mapping[_Filed, datetime] = {}
    since = {each.known.number: each.known.updated_at or each.recorded_at for each in changed}
    if known:
        numbers = [each.known.number for each in known]
        before = _filed(connection, numbers)
        since |= _since(connection, known, is_moved=moved is not None)
        connection.execute(delete(item_topics).where(among(item_topics.c.item, numbers)))
        rows = [{"stored": each.known.number, **_content(each)} for each in known]
        connection.execute(update(items).where(items.c.number == bindparam("stored")), rows)
    filed_since = {
        (item, *(moved or {}).get((kind, slug), (kind, slug))): at
        for (item, kind, slug), at in before.items()
    } | dict(before)
    dated = ((each, since[each.known.number]) for each in changed)
    topics = [row for each, at in dated for row in _topics(each, filed_since, at)]
    add(connection, item_topics, topics)
    _remember(connection, changed)
    changes.record(connection, changed)
    filed = {(row["item"], row["kind"], row["slug"]) for row in topics if row["slug"]}
    left = before.keys() - filed
    touching = [(kind, slug, "") for _, kind, slug in filed]
    touching += ((place[1], place[2], month_of(before[place])) for place in left)
    _touch(connection, touching, max(each.change for each in changed))
    at = max(revised_updated(each.recorded_at, each.change) for each in changed)
    _move(connection, {place[1:] for place in left}, at)


def _remember(connection: Connection, changed: Sequence[Revision]) -> None:
    """What documents and editors said is on record beside what is shown."""
    add(connection, revisions, [_revision(each) for each in changed if each.digest])
    said = ((each.known.number, each.known.correction, each.known.draft) for each in changed)
    corrections.keep(connection, {item: (own, draft) for item, own, draft in said if own})
    steps = ((each.known.number, each.step) for each in changed)
    item_history.record(connection, ((item, step) for item, step in steps if step))


def _new(first: Revision) -> dict[str, object]:
    """The columns of an item that stay."""
    return {
        "number": first.known.number,
        "uid": first.known.uid,
        "slug": first.known.slug,
        "group": first.group,
        "freshness": first.freshness.value,
        "first_seen_at": first.recorded_at,
        "news_at": first.known.updated_at,
    }


def _content(revision: Revision) -> dict[str, object]:
    """The columns of an item that a revision sets."""
    known, draft = revision.known, revision.shown
    issued = draft.issued
    return {
        "change": revision.change,
        "source": known.source,
        "title": draft.title,
        "summary": draft.summary,
        "body": draft.body,
        "url": draft.url,
        "issued_on": issued.day if issued else None,
        "issued_at": issued.at if issued else None,
        "issued_from": issued.origin.value if issued else None,
        "dateline": draft.dateline,
        "language": draft.language or "",
        "content_hash": known.content_hash,
        "revision": known.revision,
        "updated_at": known.updated_at,
        "partial": draft.partial,
        "markup": draft.markup,
        "authors": [asdict(each) for each in draft.authors],
        "enclosures": [
            {"url": each.url, "type": each.media_type, "length": each.length, "title": each.title}
            for each in draft.enclosures
        ],
        "provenance": draft.provenance and _origin(draft.provenance),
        "rights": [*draft.rights],
        "marks": " ".join(sorted(draft.marks)),
        "title_key": title_key(known.draft.title),
        "opening_key": opening_key(known.draft),
        "withdrawn_at": known.withdrawn_at,
    }


def _revision(each: Revision) -> dict[str, object]:
    """Its row in the history of its item."""
    return {
        "item": each.known.number,
        "revision": each.known.revision,
        "content_hash": each.known.content_hash,
        "digest": each.digest,
        "significant": each.significant,
        "recorded_at": each.recorded_at,
    }


def _origin(origin: Provenance) -> dict[str, object]:
    updated = origin.feed_updated
    return asdict(origin) | {"feed_updated": updated and updated.isoformat()}


def _topics(
    revision: Revision, filed: Mapping[_Filed, datetime], since: datetime
) -> Iterator[dict[str, Any]]:
    """Where an item is filed: where it was ``filed`` before it is news since then, elsewhere
    ``since`` now.
    """
    number, shown = revision.known.number, revision.shown
    named = shown.labels
    places = [(each.kind.value, each.slug, each.text) for each in (*named, *revision.implied)]
    if language := shown.language:
        places.append((LANGUAGE, primary_language(language), language))
    for position, (kind, slug, label) in enumerate(places):
        yield {
            "item": number,
            "position": position,
            "kind": kind,
            "label": label,
            "slug": slug,
            "direct": position < len(named),
            "updated_at": revision.known.updated_at,
            "news_at": filed.get((number, kind, slug or ""), since),
        }


def _since(
    connection: Connection, known: Sequence[Revision], *, is_moved: bool
) -> Mapping[int, datetime]:
    """When items that are known become news where they are filed from now on: by this change; an
    archived one keeps its day, and what is only ``is_moved`` the moment it was news at all.
    """
    found = {each.known.number: revised_updated(each.recorded_at, each.change) for each in known}
    keeps = or_(true() if is_moved else false(), items.c.freshness == Fresh.ARCHIVE.value)
    kept = and_(among(items.c.number, found), keeps)
    rows = connection.execute(select(items.c.number, items.c.news_at).where(kept))
    return found | {row.number: row.news_at for row in rows}


def _filed(connection: Connection, numbers: Collection[int]) -> Mapping[_Filed, datetime]:
    """The topics these items are filed under, and since when."""
    columns = (item_topics.c.item, item_topics.c.kind, item_topics.c.slug, item_topics.c.news_at)
    known = (among(item_topics.c.item, numbers), item_topics.c.slug.is_not(None))
    rows = connection.execute(select(*columns).where(*known))
    return {(item, kind, slug): at for item, kind, slug, at in rows}


def _touch(connection: Connection, places: Iterable[tuple[str, str, str]], change: int) -> None:
    """The feeds of these places, and that of everything, are out of date since this change; an item
    left the month that a place is named with, if any.
    """
    which = dict.fromkeys([(*EVERYWHERE, ""), *places])
    # The latest, not the first: a feed made while we write must be made once more.
    rows = [
        {"kind": kind, "slug": slug, "month": month, "change": change}
        for kind, slug, month in which
    ]
    upsert(connection, touched, rows)


def _move(connection: Connection, topics: Collection[tuple[str, str]], at: datetime) -> None:
    """An entry left the feeds of these topics then, or came back; what is told of later stays."""
    if not topics:
        return
    known = {(kind, slug): since for kind, slug, since in connection.execute(select(movements))}
    rows = [
        {"kind": kind, "slug": slug, "at": max(at, known.get((kind, slug), at))}
        for kind, slug in topics
    ]
    upsert(connection, movements, rows)


# -- Whether items are shown -----------------------------------------------------------------------


def leaving(
    connection: Connection,
    source: str,
    names: Collection[str],
    only: Collection[int] | None = None,
) -> Sequence[Item]:
    """The items that would be withdrawn if documents of these names were not there any more, or did
    not show them: ``only`` those, by number.

    An item stays while another document shows it: one it came of or that has its name, anywhere,
    or a copy at the same source (the document has moved).
    """
    if not names or (only is not None and not only):
        return ()
    their = _shown_by(source, names, only)
    holding = item_keys.c.role.not_in((Role.TWIN.value, Role.APART.value))
    left = select(item_keys.c.item).where(their, holding)
    held = select(item_keys.c.item).where(
        item_keys.c.item.in_(left),
        item_keys.c.source != "",
        item_keys.c.gone_at.is_(None),
        not_(their),
        or_(holding, item_keys.c.source == source),
    )
    gone = (items.c.number.in_(left), items.c.number.not_in(held), items.c.withdrawn_at.is_(None))
    return read(connection, *gone, brief=True)


def leave(
    connection: Connection,
    source: str,
    names: Collection[str],
    only: Collection[int] | None = None,
    *,
    now: datetime,
) -> Sequence[Item]:
    """These documents are not there any more, or do not show them, the items nobody else shows
    withdrawn: those. Of others a copy at the source takes the place of what is gone.
    """
    if not names or (only is not None and not only):
        return ()
    gone = leaving(connection, source, names, only)
    their = _shown_by(source, names, only)
    documents.promote_copies(connection, source, their)
    connection.execute(update(item_keys).where(their).values(gone_at=now))
    step = ItemStep(at=now, deed=Deed.WITHDRAWN, who=source)
    item_history.record(connection, ((each.number, step) for each in gone))
    set_hidden(connection, [each.number for each in gone], {"withdrawn_at": now}, now)
    return gone


def _shown_by(
    source: str, names: Collection[str], only: Collection[int] | None
) -> ColumnElement[bool]:
    their = and_(item_keys.c.source == source, among(item_keys.c.document, names))
    return their if only is None else and_(their, among(item_keys.c.item, only))


def restore(
    connection: Connection, source: str, back: Sequence[int], now: datetime
) -> Mapping[int, datetime]:
    """A source shows these items again; when each was updated by that."""
    step = ItemStep(at=now, deed=Deed.RESTORED, who=source)
    item_history.record(connection, ((number, step) for number in back))
    return set_hidden(connection, back, {"withdrawn_at": None}, now)


def set_hidden(
    connection: Connection,
    numbers: Sequence[int],
    values: dict[str, datetime | int | None],
    now: datetime,
) -> Mapping[int, datetime]:
    """By ``values`` each of these items leaves the feeds of its topics, or is back there, by a
    change of its own; when each was updated: what is back later than it was said to be gone (RFC
    6721, section 3).
    """
    if not numbers:
        return {}
    drawn = dict(zip(numbers, next_numbers(connection, "changes", len(numbers)), strict=True))
    is_back = not any(values.values())
    updated = _updated(connection, drawn, now, is_back=is_back)
    rows = [{"of": number, "to": drawn[number], "at": at} for number, at in updated.items()]
    statement = update(items).where(items.c.number == bindparam("of"))
    dated = statement.values(change=bindparam("to"), updated_at=bindparam("at"), **values)
    connection.execute(dated, rows)
    filing = update(item_topics).where(item_topics.c.item == bindparam("of"))
    connection.execute(filing.values(updated_at=bindparam("at")), rows)
    if is_back:
        changes.repeat(connection, numbers, now)
    # They say when their items were updated.
    connection.execute(delete(entries).where(among(entries.c.item, numbers)))
    places = {(kind, slug) for _, kind, slug in _filed(connection, numbers)}
    last = max(drawn.values())
    _touch(connection, ((*place, "") for place in places), last)
    _move(connection, {EVERYWHERE, *places}, revised_updated(now, last))
    return updated


def _updated(
    connection: Connection, drawn: Mapping[int, int], now: datetime, *, is_back: bool
) -> Mapping[int, datetime]:
    """When these items were updated, or are by these changes if by them they are back."""
    columns = (items.c.number, items.c.updated_at)
    gone_at = (items.c[name] for name in ("withdrawn_at", "retracted_at", "merged_at"))
    rows = connection.execute(select(*columns, *gone_at).where(among(items.c.number, drawn)))
    updated = {}
    for number, at, *gone in rows:
        went = gone_when(max(filter(None, gone), default=at), at)
        updated[number] = revised_updated(now, drawn[number], went) if is_back else at
    return updated
