"""Whatever happens to items, and to what people follow: they get what came to be of that in their
time, each item once.

The plain planner here remembers of each person what came to be of each of their selections, and
which of that nothing took away again.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from feeds.draft import Draft
from feeds.model import Item, TopicRef
from feeds.selection import Selection
from feeds.storage import tables as of_feeds
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.taxonomy import Taxonomy
from notifier.digest.plan import Planner
from notifier.digest.recipe import items_of
from notifier.model import Cadence, Followed, Frequency
from notifier.storage import senders, sending, subscribers
from notifier.storage import tables as t
from notifier.storage.senders import Halt
from notifier.storage.subscribers import Wanted
from notifier.subscribers.leaving import UNDO_WITHIN, take_back
from notifier.subscribers.links import Claim, LinkScope
from tests import items
from tests.builders import a_draft, a_label
from tests.outbox import contents

VIENNA = ZoneInfo("Europe/Vienna")
MORNING = datetime(2026, 11, 24, 6, tzinfo=UTC)
FIELDS = ("policing", "human-rights", "elections")
TOPICS = [TopicRef.parse(f"field:{name}") for name in FIELDS]
QUERIES = (
    "",
    "field=policing",
    "field=human-rights",
    "field=elections&issuer=secretariat",
    "q=border",
)
SELECTIONS = tuple(map(Selection.parse, QUERIES))
CADENCES = {
    Frequency.IMMEDIATE: Cadence(frequency=Frequency.IMMEDIATE, minute=0, zone=VIENNA),
    Frequency.DAILY: Cadence(frequency=Frequency.DAILY, minute=420, zone=VIENNA),
    Frequency.WEEKLY: Cadence(
        frequency=Frequency.WEEKLY, minute=420, zone=VIENNA, weekdays=frozenset({3})
    ),
}
STEPS = (
    *("add", "add", "retag", "retag", "revise", "withdraw", "restore", "merge", "split"),
    *("follow", "follow", "follow", "mute", "leave", "leave", "undo", "undo"),
    *("plan", "plan", "plan", "send", "send", "stop", "resume", "resume"),
)
#: An item, and the selection by which somebody is to get it.
Due = tuple[int, Selection]


@dataclass
class Gone:
    """What somebody has again who takes back that they left, ``at`` a moment."""

    at: datetime
    often: dict[Selection, Frequency]
    waiting: set[Due]
    planned: set[Due]
    held: dict[Due, set[datetime]]
    matched: set[int] = field(default_factory=set)


@dataclass
class Reader:
    """A person as the plain planner knows them."""

    name: str
    often: dict[Selection, Frequency] = field(default_factory=dict)
    muted: frozenset[TopicRef] = frozenset()
    #: All that came to be of something in their time.
    matched: set[int] = field(default_factory=set)
    #: What of that they must get, as it is shown since then and of no muted topic.
    waiting: set[Due] = field(default_factory=set)
    planned: set[Due] = field(default_factory=set)
    #: What of that nobody looked at yet, and when it came to be.
    held: dict[Due, set[datetime]] = field(default_factory=dict)
    gone: Gone | None = None

    @property
    def address(self) -> str:
        return f"{self.name}@example.org"


@dataclass
class History:
    """Steps taken by the store and by the plain planner alike."""

    database: Database
    taxonomy: Taxonomy
    chance: random.Random
    now: datetime = MORNING - timedelta(hours=18)
    known: dict[int, Item] = field(default_factory=dict)
    drafts: dict[int, Draft] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)
    readers: list[Reader] = field(default_factory=lambda: [Reader("a"), Reader("b")])
    hold: timedelta = timedelta()
    is_stopped: bool = False

    def take(self, step: str) -> None:
        self.now += timedelta(minutes=1)
        getattr(self, step)()
        for reader in self.readers:
            gone = (reader.gone.waiting, reader.gone.planned) if reader.gone else ()
            for due in (reader.waiting, reader.planned, *gone):
                due -= {each for each in due if not self._is_told(each[0], reader)}

    def _is_told(self, number: int, reader: Reader) -> bool:
        is_shown = number not in self.withdrawn | self.merged
        return is_shown and reader.muted.isdisjoint(self._topics(self.drafts[number]))

    def _topics(self, draft: Draft) -> set[TopicRef]:
        labels = (*draft.labels, *self.taxonomy.implied_by(draft.labels))
        return {label.ref for label in labels if label.ref}

    # -- Items -------------------------------------------------------------------------------------

    def _draft(self) -> Draft:
        names = self.chance.sample(FIELDS, self.chance.randint(0, 2))
        title = f"News of {self.chance.choice(('a border', 'a course'))}, {self.chance.random()}"
        return a_draft(title=title, fields=tuple(a_label(name, name) for name in names))

    def _is_of(self, selection: Selection, draft: Draft | None) -> bool:
        if draft is None or not selection.takes(self._topics(draft), "en"):
            return False
        return not selection.words or selection.words in draft.title

    def _happened(self, number: int, before: Draft | None) -> None:
        for reader in (each.gone or each for each in self.readers):
            for selection in reader.often:
                was = self._is_of(selection, before)
                if self._is_of(selection, self.drafts[number]) and not was:
                    due = (number, selection)
                    if due not in reader.waiting or due in reader.held:
                        reader.held.setdefault(due, set()).add(self.now)
                    reader.matched.add(number)
                    reader.waiting.add(due)

    def _one(self, numbers: set[int]) -> int:
        return self.chance.choice(sorted(numbers)) if numbers else 0

    def add(self) -> None:
        draft = self._draft()
        [item] = items.store(self.database, self.taxonomy, [draft], at=self.now)
        self.known[item.number], self.drafts[item.number] = item, draft
        self._happened(item.number, None)

    def retag(self) -> None:
        if number := self._one(set(self.drafts)):
            self._say(number, replace(self.drafts[number], fields=self._draft().fields))

    def revise(self) -> None:
        if number := self._one(set(self.drafts)):
            self._say(number, replace(self.drafts[number], title=self._draft().title))

    def _say(self, number: int, draft: Draft) -> None:
        is_back = number in self.withdrawn
        if is_back:
            self.send()
        items.revise(self.database, self.taxonomy, self.known[number], draft, self.now)
        before, self.drafts[number] = self.drafts[number], draft
        # It is there again by that.
        self.withdrawn.discard(number)
        self._happened(number, None if is_back else before)

    def withdraw(self) -> None:
        if number := self._one(set(self.drafts) - self.withdrawn):
            self.withdrawn.add(number)
            self._hide(number, self.now)

    def restore(self) -> None:
        """Whoever was not told of it is to be."""
        self.send()
        if number := self._one(self.withdrawn):
            self.withdrawn.remove(number)
            self._hide(number, None)
            self._happened(number, None)

    def _hide(self, number: int, at: datetime | None) -> None:
        with self.database.writing() as connection:
            write_items.set_hidden(connection, [number], {"withdrawn_at": at}, self.now)

    def merge(self) -> None:
        shown = set(self.drafts) - self.withdrawn - self.merged
        into = self._one(shown)
        with self.database.writing() as connection:
            for number in sorted(shown - {into})[:1]:
                if hiding.merge(connection, number, into, self.now) is None:
                    self.merged.add(number)

    def split(self) -> None:
        """Whoever was not told of it is to be."""
        self.send()
        if number := self._one(self.merged):
            self.merged.remove(number)
            with self.database.writing() as connection:
                assert hiding.split(connection, number, self.now) is None
            self._happened(number, None)

    # -- People ------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Something more, something no more, or something at another pace."""
        reader = self.chance.choice(self.readers)
        selection = self.chance.choice(SELECTIONS)
        if selection in reader.often and len(reader.often) > 1 and self.chance.random() < 0.5:
            del reader.often[selection]
            reader.waiting -= {each for each in reader.waiting if each[1] == selection}
            reader.held = {due: at for due, at in reader.held.items() if due[1] != selection}
        else:
            reader.often[selection] = self.chance.choice([*Frequency])
        self._put(reader)

    def mute(self) -> None:
        reader = self.chance.choice(self.readers)
        if reader.gone:
            return
        topics = self.chance.sample(TOPICS, self.chance.randint(0, 1))
        reader.muted = frozenset(topics)
        if reader.often:
            self._put(reader)

    def leave(self) -> None:
        reader = self.chance.choice(self.readers)
        with self.database.writing() as connection:
            subscribers.leave_by_address(connection, reader.address, self.now)
        dropped = {each for each in reader.planned if each[0] not in self.told(reader)}
        if reader.often:
            reader.gone = Gone(self.now, reader.often, reader.waiting, dropped, reader.held)
        reader.often, reader.waiting, reader.held = {}, set(), {}
        reader.planned -= dropped

    def undo(self) -> None:
        """Whoever left within the hour gets all that they would have, had they not left."""
        left = [each for each in self.readers if each.gone]
        reader = self.chance.choice(left or self.readers)
        with self.database.reading() as connection:
            known = subscribers.by_public_id(connection, reader.name, VIENNA)
        claim = Claim(
            scope=LinkScope.UNDO, public_id=reader.name, epoch=known.epoch if known else 0
        )
        gone = reader.gone
        is_back = take_back(self.database, claim, VIENNA, now=self.now)
        assert is_back == bool(gone and self.now < gone.at + UNDO_WITHIN)
        if gone and is_back:
            reader.often, reader.waiting, reader.gone = gone.often, gone.waiting, None
            reader.held = gone.held
            reader.matched |= gone.matched
            reader.planned |= gone.planned

    def _put(self, reader: Reader) -> None:
        reader.gone = None
        often = {each: CADENCES[each] for each in reader.often.values()}
        wanted = Wanted(
            address=reader.address,
            language="en",
            zone=VIENNA,
            followed=tuple(
                Followed(selection=each, frequency=how) for each, how in reader.often.items()
            ),
            cadences=often,
            due={each: None if each is Frequency.IMMEDIATE else MORNING for each in often},
            muted=tuple(reader.muted),
        )
        with self.database.writing() as connection:
            known = subscribers.by_address(connection, reader.address, VIENNA, lock=True)
            subscribers.put(connection, wanted, public_id=reader.name, now=self.now, known=known)

    # -- Digests -----------------------------------------------------------------------------------

    def plan(self) -> None:
        hours = self.chance.choice([0.1, 1, 24, 72])
        self.now += timedelta(hours=hours)
        planner = Planner(database=self.database, moved={}, zone=VIENNA, hold=self.hold)
        report = planner.plan(now=self.now)
        assert not (self.is_stopped and report.due)
        self._look()
        for reader in self.readers:
            reached = self._reached(reader)
            with self.database.reading() as connection:
                changed = connection.execute(
                    select(t.matches.c.item, t.selections.c.query, t.matches.c.number).join_from(
                        t.matches, t.selections
                    )
                )
                numbers = {(item, query): number for item, query, number in changed}
            for item, selection in set(reader.waiting):
                often = reader.often[selection]
                is_matched = (item, selection) not in reader.held
                if is_matched and numbers[item, selection.query] <= reached.get(often, 0):
                    reader.waiting.remove((item, selection))
                    reader.planned.add((item, selection))

    def _look(self) -> None:
        """What is held no longer is news where the item is filed by now."""
        for reader in (each.gone or each for each in self.readers):
            for due, moments in [*reader.held.items()]:
                ripe = {at for at in moments if at <= self.now - self.hold}
                moments.difference_update(ripe)
                if ripe and self._is_of(due[1], self.drafts[due[0]]):
                    del reader.held[due]
                elif not moments:
                    del reader.held[due]
                    reader.waiting.discard(due)

    def stop(self) -> None:
        """Nobody is planned for, and nothing leaves."""
        self.is_stopped = True
        with self.database.writing() as connection:
            senders.pause(connection, Halt(since=self.now, who="an editor"))

    def resume(self) -> None:
        self.is_stopped = False
        with self.database.writing() as connection:
            senders.resume(connection)

    def _reached(self, reader: Reader) -> dict[Frequency, int]:
        """How far their digests of each frequency were planned."""
        theirs = t.subscribers.c.address == reader.address
        rows = select(t.coverage.c.frequency, t.coverage.c.cursor).join_from(
            t.coverage, t.subscribers
        )
        with self.database.reading() as connection:
            found = connection.execute(rows.where(theirs, t.coverage.c.cadence.is_not(None)))
            return {Frequency(often): cursor for often, cursor in found}

    def send(self) -> None:
        with self.database.writing() as connection:
            lease = senders.begin(connection, "one")
            claimed = sending.claim(connection, lease, "one", self.now, 1_000)
            assert not (self.is_stopped and claimed)
            sending.mark(connection, lease, [one.id for one in claimed])
        contents(self.database).compose(claimed)

    def told(self, reader: Reader) -> list[int]:
        """All that somebody was mailed, in the order of their mails."""
        theirs = t.subscribers.c.address == reader.address
        is_told = t.renderings.c.digest == t.deliveries.c.rendering
        recipes = select(t.renderings.c.recipe).join_from(t.deliveries, t.renderings, is_told)
        recipes = recipes.join(t.subscribers, t.subscribers.c.id == t.deliveries.c.subscriber)
        with self.database.reading() as connection:
            found = connection.scalars(recipes.where(theirs).order_by(t.deliveries.c.id))
            return [number for recipe in found for number in sorted(items_of(recipe))]


def emptied(database: Database) -> None:
    """Nothing is in the store."""
    with database.writing() as connection:
        for metadata in (t.metadata, of_feeds.metadata):
            for table in reversed(metadata.sorted_tables):
                if table.name not in {"constants", "searchable"}:
                    connection.execute(delete(table))
        connection.execute(delete(of_feeds.constants).where(of_feeds.constants.c.name == "planned"))


def lived(
    database: Database, taxonomy: Taxonomy, seed: int, steps: list[str], minutes: int
) -> None:
    """Everybody got all that matched in their time, each item once."""
    emptied(database)
    hold = timedelta(minutes=minutes)
    history = History(database, taxonomy, random.Random(seed), hold=hold)
    for step in ("follow", "follow", *steps, "resume"):
        history.take(step)
    for _ in range(4):
        history.now += timedelta(days=4)
        history.take("plan")
        history.take("send")
    for reader in history.readers:
        told = history.told(reader)
        assert len(told) == len(set(told))
        assert set(told) <= reader.matched
        assert {number for number, _ in reader.planned} <= set(told)
        assert reader.waiting == set()


some_history = given(
    st.integers(0, 2**32),
    st.lists(st.sampled_from(STEPS), min_size=10, max_size=45),
    st.sampled_from((0, 5, 30)),
)
#: Something waits for a weekly digest, and is wanted at once from then on.
wanted_sooner = example(
    77, "follow follow add retag retag retag follow merge merge follow".split(), 0
)
unchecked = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@settings(max_examples=40, suppress_health_check=unchecked)
@some_history
@wanted_sooner
def test_everybody_gets_all_that_matched_in_their_time_each_item_once(
    database: Database, few_topics: Taxonomy, seed: int, steps: list[str], minutes: int
) -> None:
    lived(database, few_topics, seed, steps, minutes)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@settings(max_examples=12, suppress_health_check=unchecked)
@some_history
@wanted_sooner
def test_the_other_engine_says_the_same(
    database: Database, few_topics: Taxonomy, seed: int, steps: list[str], minutes: int
) -> None:
    """What is planned is decided by the same code: that its statements mean the same shows soon."""
    lived(database, few_topics, seed, steps, minutes)
