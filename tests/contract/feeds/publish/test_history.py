"""What is told of a history after changes is what a look at all of it tells, on both engines."""

import random
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from feeds.model import Item, Label
from feeds.publish.history import Change, History, all_of, changes, held, since
from feeds.publish.past.archive import NO_PAGES, ArchivePage, Months
from feeds.selection import EVERYWHERE, Selection
from feeds.storage import Connection, entries
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.storage.entries import PastMonths
from feeds.storage.read_items import whole_items
from feeds.taxonomy import Taxonomy
from tests.builders import POLICING, a_draft, a_label
from tests.items import NOON, revise, store

SELECTIONS = tuple(
    map(Selection.parse, ("", "field=policing", "field=human-rights", "language=en"))
)
FIELDS = (a_label("Policing", "policing"), a_label("Human rights", "human-rights"))
SIZE = 3

Pages = dict[str, Sequence[int]]


def told(connection: Connection, selection: Selection, links: Iterable[ArchivePage]) -> Pages:
    return {page.name: n for page, n in held(connection, selection, [*links]).items()}


def everything(connection: Connection, selection: Selection) -> tuple[Months, Pages]:
    whole = all_of(connection, selection, NO_PAGES, SIZE)
    return whole.chain.months, told(connection, selection, (link.page for link in whole.written))


def apply(connection: Connection, pages: Pages, found: History) -> None:
    for page in found.gone:
        del pages[page.name]
    pages |= told(connection, found.selection, (link.page for link in found.written))


def some_fields(chance: random.Random) -> tuple[Label, ...]:
    return tuple(chance.sample(FIELDS, chance.randint(0, 2)))


def read(database: Database, numbers: Collection[int]) -> Sequence[Item]:
    with database.reading() as connection:
        return whole_items(connection, numbers)


def step(database: Database, osce: Taxonomy, chance: random.Random, number: int) -> None:
    at = NOON + timedelta(days=chance.choice((-900, -40, -35, 0, 0, number)), minutes=number)
    draft = a_draft(title=f"Item {number}", fields=some_fields(chance))
    with database.reading() as connection:
        items = entries.history(connection, EVERYWHERE)
    what = chance.choice(("add", "add", "add", "revise", "merge", "split"))
    if what == "add" or len(items) < 2:
        store(database, osce, [draft], at=at)
        return
    one, other = (each.item for each in chance.sample(items, 2))
    if what == "revise":
        [item] = read(database, [one])
        revise(database, osce, item, draft, NOON + timedelta(days=number))
        return
    with database.writing() as connection:
        if what == "merge":
            hiding.merge(connection, one, other, NOON + timedelta(days=number))
        else:
            hidden = chance.randint(1, 40)
            hiding.split(connection, hidden, NOON + timedelta(days=number))


def test_pages_after_any_changes_are_those_of_the_store(database: Database, osce: Taxonomy) -> None:
    chance = random.Random(9)
    months: dict[Selection, Months] = {each: {} for each in SELECTIONS}
    pages: dict[Selection, Pages] = {each: {} for each in SELECTIONS}
    for number in range(90):
        step(database, osce, chance, number)
        if number % 4:
            continue
        with database.reading() as connection:
            state = entries.outstanding(connection)
            found = changes(connection, state)
            for each in SELECTIONS:
                assert each.place
                change = found.get(each.place, Change())
                now = since(connection, each, months[each], change, SIZE)
                apply(connection, pages[each], now)
                months[each] = now.chain.months
                assert (months[each], pages[each]) == everything(connection, each), number
        with database.writing() as connection:
            entries.settle(connection, state, "a fingerprint")
    assert all(len(each) > SIZE for each in pages.values())


def test_histories_are_kept_by_place(database: Database) -> None:
    with database.writing() as connection:
        kept = {EVERYWHERE: PastMonths(months={"2026-10": 2}), POLICING.place: PastMonths()}
        entries.keep_histories(connection, kept)
        later = PastMonths(size=50, months={"2026-10": 3}, corrected={7: "2019-03"})
        entries.keep_histories(connection, {EVERYWHERE: later})
        entries.keep_histories(connection, {})
    with database.reading() as connection:
        assert entries.histories(connection) == kept | {EVERYWHERE: later}
