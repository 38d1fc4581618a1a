"""What a person decides about items: two are one, or are not; one is hidden, or says otherwise.

Knows the order of calls; what was decided is published at once, and stands in the history of the
item with who decided it, and why. Must never decide itself.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from config.values import host_of
from feeds.draft import Document, Draft, Habits, Refused
from feeds.errors import NotEdited, UnknownItem
from feeds.identity.correction import Change, Correction, Deed, ItemStep, corrected, differences
from feeds.identity.decide import Known, revised_updated, says_otherwise
from feeds.identity.ownership import NOBODYS, Ownership
from feeds.model import IssuedFrom, Label, TopicRef
from feeds.parse import push
from feeds.storage import Connection, documents, recall, write_items
from feeds.storage.database import Database, next_numbers
from feeds.storage.edits import corrections, hiding, item_history
from feeds.storage.edits.hiding import NotMerged
from feeds.storage.read_items import number_named, shown, whole_items, whose
from feeds.storage.write_items import Revision
from feeds.taxonomy import Taxonomy

_FOREIGN = (
    "it is of {!r}, and {!r} is a third party to it: its owner's words would be hidden, and its"
    " corrections with them. Merge the other into this one, or add --third-party"
)
_UNEXPLAINED = "say why: the reason stands in the history of the item"
_NOTHING_SAID = "say what is to be corrected"

#: Feeds and pages show what is stored: how many feeds were written for it.
Publish = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """Who decides something, and why."""

    who: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An item that was hidden, merged ``into`` another one or into none, or is shown again; of one
    that was corrected the ``changes``, by field as it was and as it is. Asked for once more, it is
    as asked for, and nothing ``is_done``.
    """

    item: str
    into: str | None = None
    changes: Mapping[str, Change] = field(default_factory=dict)
    feeds_written: int
    is_done: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemHistory:
    """What was done to an item, the earliest first. What is ``corrected`` is told as its sources
    say it, and as it is shown; ``copies`` are what is taken for it, by source and document.
    """

    number: int
    change: int
    slug: str
    title: str
    is_shown: bool
    steps: Sequence[ItemStep]
    corrected: Mapping[str, Change]
    copies: Sequence[tuple[str, str]]


def history(connection: Connection, item: str, now: datetime) -> ItemHistory:
    """All that is known of an item. Raises NotEdited where there is none."""
    known = _known(connection, item, now)
    [row] = whole_items(connection, [known.number])
    added = ItemStep(at=row.first_seen_at, deed=Deed.ADDED, who=known.source)
    return ItemHistory(
        number=known.number,
        change=row.change,
        slug=known.slug,
        title=row.title,
        is_shown=bool(shown(connection, [known.number])),
        steps=(added, *item_history.of_item(connection, known.number)),
        corrected=differences(known.draft, _shown(known)),
        copies=documents.copies(connection, known.number),
    )


def merge(
    database: Database,
    item: str,
    into: str,
    *,
    by: Editor,
    now: datetime,
    publish: Publish,
    ownership: Ownership = NOBODYS,
    dry_run: bool = False,
) -> Edited:
    """``item`` is hidden, as ``into`` tells the same. Raises NotEdited where that cannot be, or the
    words that stay are a third party's by ``ownership``.

    With ``dry_run``, here and below, it is only told what would be done.
    """
    with database.writing(dry_run=dry_run) as connection:
        one, other = (_number(connection, name) for name in (item, into))
        hidden, url = whose(connection, one)
        stays, _ = whose(connection, other)
        if ownership.is_third_party(stays, host_of(url), hidden):
            raise NotEdited(item, _FOREIGN.format(hidden, stays))
        _done(item, hiding.merge(connection, one, other, now))
        _note(connection, one, _step(by, now, Deed.MERGED, {"shown": (item, into)}))
    return Edited(item=item, into=into, feeds_written=0 if dry_run else publish())


def set_apart(
    database: Database,
    item: str,
    document: str,
    *,
    by: Editor,
    now: datetime,
    dry_run: bool = False,
) -> str:
    """``document`` is no copy of ``item``, but an item of its own once it is read again: the source
    it is of. Raises NotEdited where it is no copy of it.
    """
    with database.writing(dry_run=dry_run) as connection:
        number = _number(connection, item)
        source = documents.set_apart(connection, number, document)
        if source is None:
            raise NotEdited(item, f"{document!r} is no copy of it; `items history` lists those")
        documents.renew(connection, source, {document: ""})
        _note(connection, number, _step(by, now, Deed.SPLIT, {"copy": (document, "")}))
    return source


def split(
    database: Database,
    item: str,
    *,
    by: Editor,
    now: datetime,
    publish: Publish,
    dry_run: bool = False,
) -> Edited:
    """``item`` is shown by itself, again or still. Raises NotEdited where there is none."""
    with database.writing(dry_run=dry_run) as connection:
        number = _number(connection, item)
        problem = hiding.split(connection, number, now)
        # Asked for twice, it is as asked for.
        _done(item, None if problem is NotMerged.WHOLE else problem)
        if problem is None:
            _note(connection, number, _step(by, now, Deed.SPLIT))
    written = 0 if dry_run else publish()
    return Edited(item=item, feeds_written=written, is_done=problem is None)


def withdraw(
    database: Database,
    item: str,
    *,
    by: Editor,
    now: datetime,
    publish: Publish,
    back: bool = False,
    dry_run: bool = False,
) -> Edited:
    """``item`` is nowhere shown, whatever its sources show, until an editor brings it ``back``,
    whoever withdrew it. Raises NotEdited where there is none, or nobody says why.
    """
    _explained(item, by)
    change, deed = hiding.retract, Deed.WITHDRAWN
    if back:
        change, deed = hiding.bring_back, Deed.RESTORED
    with database.writing(dry_run=dry_run) as connection:
        number = _number(connection, item)
        is_done = change(connection, number, now)
        if is_done:
            _note(connection, number, _step(by, now, deed))
    return Edited(item=item, feeds_written=0 if dry_run else publish(), is_done=is_done)


# -- What an item says -----------------------------------------------------------------------------


def statement(
    taxonomy: Taxonomy,
    item: str,
    members: Mapping[str, str | None],
    added: Sequence[str] = (),
    removed: Sequence[str] = (),
) -> Correction:
    """What an editor says of an item by these members, those that are not None, and topics by name,
    held to what a publisher may push.

    Raises NotEdited with all that is wrong, UnknownTopic with the nearest names.
    """
    said = {name: text for name, text in members.items() if text is not None}
    if not (said or added or removed):
        raise NotEdited(item, _NOTHING_SAID)
    body = json.dumps({"title": "it keeps its own", **said}).encode()
    document = Document(source="editor", name=item, body=body)
    parsed = push.parse(document, taxonomy, Habits())
    if isinstance(parsed, Refused):
        raise NotEdited(item, str(parsed))
    [draft] = parsed.drafts
    topics = [taxonomy.find(name) for name in added]
    return Correction(
        title=draft.title if "title" in said else None,
        summary=draft.summary if "summary" in said else None,
        paragraphs=draft.paragraphs if "text" in said else None,
        issued=draft.issued and replace(draft.issued, origin=IssuedFrom.EDITOR),
        language=draft.language,
        added=tuple(
            Label(kind=topic.ref.kind, text=topic.label, slug=topic.ref.slug) for topic in topics
        ),
        removed=frozenset(taxonomy.find(name).ref for name in removed),
    )


def correct(
    database: Database,
    item: str,
    said: Correction | None,
    *,
    by: Editor,
    taxonomy: Taxonomy,
    now: datetime,
    publish: Publish,
    dry_run: bool = False,
) -> Edited:
    """``item`` says what is ``said``, and else what its sources say; all of it where None is.

    Its sources' newer words are kept, and shown where nothing was said. Raises NotEdited where
    there is no such item, nobody says why, or a topic is to be removed that it has not.
    """
    _explained(item, by)
    with database.writing(dry_run=dry_run) as connection:
        # Whoever numbers changes holds their order to the commit: nobody revises it meanwhile.
        next_numbers(connection, "changes", 0)
        known = _known(connection, item, now)
        before = known.correction
        after = before.followed_by(said) if said and before else said
        if after:
            _refuse_absent(item, known, after.removed, taxonomy)
        changes = differences(_shown(known), corrected(known.draft, after))
        if after != before:
            deed = Deed.CORRECTED if after else Deed.RELEASED
            _say(connection, known, after, _step(by, now, deed, changes), taxonomy)
    is_done = after != before
    written = publish() if is_done and not dry_run else 0
    return Edited(item=item, changes=changes, feeds_written=written, is_done=is_done)


def _say(
    connection: Connection,
    known: Known,
    said: Correction | None,
    step: ItemStep,
    taxonomy: Taxonomy,
) -> None:
    shown, now = corrected(known.draft, said), step.at
    is_seen = says_otherwise(_shown(known), shown)
    [change] = next_numbers(connection, "changes", 1)
    updated_at = revised_updated(now, change) if is_seen else known.updated_at
    revision = Revision(
        known=replace(known, revision=known.revision + 1, correction=said, updated_at=updated_at),
        change=change,
        significant=is_seen,
        implied=taxonomy.implied_by(shown.labels),
        digest="",
        recorded_at=now,
        step=step,
    )
    write_items.write(connection, [revision])
    if said is None:
        corrections.forget(connection, known.number)


def _refuse_absent(
    item: str, known: Known, removed: frozenset[TopicRef], taxonomy: Taxonomy
) -> None:
    """Raises NotEdited where one of these is no topic of its own."""
    own = {label.ref for each in (known.draft, _shown(known)) for label in each.labels}
    before = known.correction.removed if known.correction else frozenset()
    for ref in sorted(removed - before):
        if ref not in own:
            implied = {label.ref for label in taxonomy.implied_by(_shown(known).labels)}
            why = "it follows from another topic of its" if ref in implied else "it is not filed so"
            raise NotEdited(item, f"{ref} cannot be taken away: {why}")


def _shown(known: Known) -> Draft:
    return corrected(known.draft, known.correction)


def _known(connection: Connection, item: str, now: datetime) -> Known:
    number = _number(connection, item)
    return recall.knowns(connection, [number], now)[number]


# -- Who decided it, and why -----------------------------------------------------------------------


def _explained(item: str, by: Editor) -> None:
    if not by.reason.strip():
        raise NotEdited(item, _UNEXPLAINED)


def _step(
    by: Editor, now: datetime, deed: Deed, changes: Mapping[str, Change] | None = None
) -> ItemStep:
    return ItemStep(
        at=now, deed=deed, who=by.who, is_editor=True, reason=by.reason, changes=changes or {}
    )


def _note(connection: Connection, number: int, step: ItemStep) -> None:
    item_history.record(connection, [(number, step)])


def _number(connection: Connection, name: str) -> int:
    number = number_named(connection, name)
    if number is None:
        raise UnknownItem(name)
    return number


def _done(item: str, problem: NotMerged | None) -> None:
    if problem:
        raise NotEdited(item, problem)
