"""Many people at once, off a list: those who are new subscribe, or are asked to confirm.

Knows whom a list may not bring back, and what of it is done already. Must never know a file, or
how rows are kept.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import NamedTuple

from feeds.errors import MalformedSelection, UnknownTopic
from feeds.model import Progress
from feeds.storage import Connection
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.errors import PreferenceRefused, UnknownLanguage, UnusableAddress
from notifier.model import (
    Consent,
    ConsentKind,
    Frequency,
    NoticeKind,
    Shown,
    Subscriber,
    SubscriberState,
    folded,
)
from notifier.storage import deliveries, matches, subscribers, suppressions
from notifier.storage.consent import erasure, requests
from notifier.storage.consent.requests import Asked, AskedBy
from notifier.storage.subscribers import Wanted
from notifier.storage.suppressions import Keyed
from notifier.subscribers.listed import ListedPerson, ListFault
from notifier.subscribers.preferences import Assumed, Preferences
from notifier.subscribers.subscribe import (
    checked,
    is_anything_named,
    named_selections,
    subscribed,
    usable_language,
    wanted_by,
)

#: One transaction each: a few are quicker than many, and let others write meanwhile.
_TOGETHER = 1000
#: What people were shown of whom nothing is known but that they are on a list.
BY_LIST = Shown(page="list")
#: Stands for whoever wants the same.
_NOBODY = "nobody@example.org"
_REFUSALS = (
    *(MalformedSelection, PreferenceRefused, UnknownLanguage, UnknownTopic),
    UnusableAddress,
)


class LeftAlone(StrEnum):
    """Why somebody on a list stays as they are. listed: the list says that they get no mail. left:
    they unsubscribed here, or were erased. suppressed: their address must not be mailed. ended:
    they had what is named, and ended that themselves.
    """

    LISTED = "listed"
    LEFT = "left"
    SUPPRESSED = "suppressed"
    ENDED = "ended"


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What became of the lines of a list: people who are new, who get more than before, who had all
    of it, who are asked to confirm, and who were left alone, why.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    asked: int = 0
    left_alone: dict[LeftAlone, int] = field(default_factory=dict)
    faults: list[ListFault] = field(default_factory=list)


class _ListLine(NamedTuple):
    """A line that makes sense: whose address, how it is compared, and what they are to get."""

    address: str
    key: str
    wants: Preferences
    wanted: Wanted

    @property
    def queries(self) -> frozenset[str]:
        """What it names."""
        return frozenset(each.selection.query for each in self.wanted.followed)


@dataclass(kw_only=True)
class Importing:
    """A list is taken in, in the order of its lines. What a line does not say is as in
    ``otherwise``, and as for a newcomer.

    Who consented is on record with the ``source`` of that, and what they were ``shown``. Where it
    is not ``vouched`` for, each newcomer gets one mail to confirm by. Nobody who left, or must not
    be mailed, comes back by a list, and what somebody ended themselves does not begin again.
    """

    database: Database
    taxonomy: Taxonomy
    assumed: Assumed
    keyed: Keyed
    otherwise: Preferences
    source: str
    vouched: bool
    shown: Shown = BY_LIST
    new_id: Callable[[], str]
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        self._report = ImportReport()
        # Many lines want the same.
        self._templates: dict[Preferences, Wanted] = {}
        self._made: set[str] = set()

    def take(
        self,
        listed: Iterable[ListedPerson | ListFault],
        *,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Everybody on the list is subscribed, or asked, and each line that is wrong is told.

        The same list once more changes nothing. Raises StoreError: what was taken before stays.
        """
        lines = iter(listed)
        done = 0
        while together := list(islice(lines, _TOGETHER)):
            with self.database.writing(dry_run=dry_run) as connection:
                now = self.clock()
                first, again = _each_once(self._sensible(together, now))
                self._take(connection, first, now)
                for line in again:
                    self._take(connection, {line.key: line}, now)
            done += len(together)
            if progress:
                progress(done, None)
        return self._report

    def _sensible(
        self, listed: Iterable[ListedPerson | ListFault], now: datetime
    ) -> Iterator[_ListLine]:
        for each in listed:
            if isinstance(each, ListFault):
                self._report.faults.append(each)
            elif each.is_out:
                self._leave(LeftAlone.LISTED)
            elif line := self._line(each, now):
                yield line

    def _line(self, listed: ListedPerson, now: datetime) -> _ListLine | None:
        wants = _completed(listed.wants, self.otherwise)
        try:
            address = checked(listed.address)
            wanted = replace(self._template(wants, now), address=address)
        except _REFUSALS as error:
            wrong = [*listed.problems, *self._wrong(listed.address, wants), str(error)]
        else:
            if not listed.problems:
                return _ListLine(address, folded(address), wants, wanted)
            wrong = [*listed.problems]
        problem = "; ".join(dict.fromkeys(wrong))
        self._report.faults.append(ListFault(line=listed.line, problem=problem))
        return None

    def _template(self, wants: Preferences, now: datetime) -> Wanted:
        """What a newcomer is to get who wants this. Raises as `subscribe`."""
        if wants not in self._templates:
            if not self.vouched and wants.muted:
                raise PreferenceRefused("who has yet to confirm mutes nothing: vouch for the list")
            asked = self.taxonomy, _NOBODY, wants, self.assumed
            self._templates[wants] = wanted_by(*asked, now=now)
        return self._templates[wants]

    def _wrong(self, address: str, wants: Preferences) -> Iterator[str]:
        """All that is wrong with an address and what is named, each by itself."""
        each_named = (
            *(Preferences(topics=(name,)) for name in (*wants.topics, *wants.muted)),
            *(Preferences(selections=(query,)) for query in wants.selections),
        )
        checks: tuple[Callable[[], object], ...] = (
            partial(checked, address),
            *(partial(named_selections, self.taxonomy, each) for each in each_named),
            partial(usable_language, wants.language, None, self.assumed),
        )
        for check in checks:
            try:
                check()
            except _REFUSALS as error:
                yield str(error)

    def _take(self, connection: Connection, lines: Mapping[str, _ListLine], now: datetime) -> None:
        known = subscribers.by_addresses(connection, lines, self.assumed.zone, lock=True)
        hashes = {key: self.keyed(line.address) for key, line in lines.items()}
        barred = suppressions.among(connection, [*hashes.values()])
        erased = erasure.among(connection, [hashes[key] for key in lines if key not in known])
        had = self._had(connection, known, lines)
        waiting = requests.open_of(connection, [person.id for person in known.values()])
        new, more = dict[str, _ListLine](), dict[str, _ListLine]()
        for key, line in lines.items():
            person = known.get(key)
            waits_for = waiting.get(person.id, frozenset()) if person else frozenset()
            if hashes[key] in barred:
                self._leave(LeftAlone.SUPPRESSED)
            elif hashes[key] in erased:
                self._leave(LeftAlone.LEFT)
            elif person is None:
                new[key] = line
            elif self._has_all(line, person, waits_for):
                self._report.unchanged += 1
            elif why := _left_alone(line, person, had[key]):
                self._leave(why)
            else:
                more[key] = self._rest(line, person, had[key])
        if self.vouched:
            self._add(connection, new, now)
            self._change(connection, more, known, now)
        else:
            self._ask(connection, new | more, now)

    def _leave(self, why: LeftAlone) -> None:
        self._report.left_alone[why] = self._report.left_alone.get(why, 0) + 1

    def _has_all(self, line: _ListLine, person: Subscriber, waits_for: Collection[str]) -> bool:
        """Whether somebody has what a line names, or is asked already whether they want it."""
        has = {each.selection.query for each in person.followed}
        return line.queries <= has or (not self.vouched and line.queries <= {*waits_for})

    def _had(
        self,
        connection: Connection,
        known: Mapping[str, Subscriber],
        lines: Mapping[str, _ListLine],
    ) -> Mapping[str, set[str]]:
        """What each of those who are known follows of what is named for them, or did."""
        named = {each.selection.query for key in known for each in lines[key].wanted.followed}
        if not named:
            return {}
        queries = {key: query for query, key in matches.keys(connection, sorted(named)).items()}
        spans = subscribers.followed(connection, [person.id for person in known.values()])
        return {
            key: {queries[span.key] for span in spans.get(person.id, ()) if span.key in queries}
            for key, person in known.items()
        }

    def _rest(self, line: _ListLine, person: Subscriber, had: set[str]) -> _ListLine:
        """What is new to somebody. Who is subscribed keeps all else as it is, but if it was this
        list that made them known.
        """
        named = [each.selection.query for each in line.wanted.followed]
        rest = [query for query in named if query not in had]
        is_active = person.state is SubscriberState.ACTIVE
        wants = Preferences() if is_active and line.key not in self._made else line.wants
        selections = tuple(query for query in rest if query)
        wants = replace(wants, topics=(), selections=selections, everything="" in rest)
        followed = tuple(each for each in line.wanted.followed if each.selection.query in rest)
        return line._replace(wants=wants, wanted=replace(line.wanted, followed=followed))

    def _add(self, connection: Connection, lines: Mapping[str, _ListLine], now: datetime) -> None:
        ids = {self.new_id(): line for line in lines.values()}
        wanted = {public_id: line.wanted for public_id, line in ids.items()}
        added = subscribers.add(connection, wanted, now)
        requests.on_record(connection, [*added.values()], self._consent, now)
        self._report.added += len(added)
        self._made.update(line.key for public_id, line in ids.items() if public_id in added)
        # Somebody else made them known a moment ago: now they are.
        if late := {line.key: line for public_id, line in ids.items() if public_id not in added}:
            self._take(connection, late, now)

    def _change(
        self,
        connection: Connection,
        lines: Mapping[str, _ListLine],
        known: Mapping[str, Subscriber],
        now: datetime,
    ) -> None:
        for key, line in lines.items():
            subscribed(
                connection,
                self.taxonomy,
                line.address,
                line.wants,
                self.assumed,
                consent=self._consent,
                keyed=self.keyed,
                public_id=known[key].public_id,
                now=now,
            )
        self._report.changed += len(lines)

    def _ask(self, connection: Connection, lines: Mapping[str, _ListLine], now: datetime) -> None:
        wanted = {key: AskedBy(line.address, asked_of(line.wanted)) for key, line in lines.items()}
        asking = {self.new_id(): each for each in wanted.values()}
        known = requests.make_known(connection, asking, now)
        asked = {known[key].id: each.asked for key, each in wanted.items()}
        shown = replace(self.shown, text=self.source)
        numbers = requests.ask(connection, asked, shown, now)
        occasions = {owner: str(number) for owner, number in numbers.items()}
        deliveries.notify(connection, NoticeKind.CONFIRM, occasions, now)
        self._report.asked += len(lines)

    @property
    def _consent(self) -> Consent:
        return Consent(how=ConsentKind.VOUCHED, source=self.source, shown=self.shown)


def _left_alone(line: _ListLine, person: Subscriber, had: Collection[str]) -> LeftAlone | None:
    if person.state is SubscriberState.LEFT:
        return LeftAlone.LEFT
    return LeftAlone.ENDED if line.queries <= {*had} else None


def _each_once(lines: Iterable[_ListLine]) -> tuple[dict[str, _ListLine], list[_ListLine]]:
    """The first line of each address, and the further ones of those that have more."""
    first, again = dict[str, _ListLine](), list[_ListLine]()
    for line in lines:
        if line.key in first:
            again.append(line)
        else:
            first[line.key] = line
    return first, again


def _completed(wants: Preferences, otherwise: Preferences) -> Preferences:
    """What is asked for, and what is ``otherwise`` where nothing is said."""
    if is_anything_named(wants):
        otherwise = replace(otherwise, topics=(), selections=(), everything=False)
    said = {each.name: getattr(wants, each.name) for each in fields(Preferences)}
    unsaid = (None, (), False)
    return replace(
        otherwise, **{name: value for name, value in said.items() if value not in unsaid}
    )


def asked_of(wanted: Wanted) -> Asked:
    """What has to be confirmed before somebody gets what is wanted, all of it as often."""
    [cadence] = wanted.cadences.values()
    is_scheduled = cadence.frequency is not Frequency.IMMEDIATE
    return Asked(
        queries=tuple(each.selection.query for each in wanted.followed),
        frequency=cadence.frequency,
        timezone=wanted.zone.key,
        language=wanted.language,
        minute=cadence.minute if is_scheduled else None,
        weekdays=cadence.weekdays if is_scheduled else frozenset(),
    )
