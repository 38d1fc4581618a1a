"""Many people off a list: new ones once, and nobody whom a list may not bring back."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from feeds.selection import Selection
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.model import (
    ConsentKind,
    Followed,
    Frequency,
    NoticeKind,
    Subscriber,
    SubscriberState,
    folded,
)
from notifier.storage import subscribers, suppressions, tables
from notifier.storage.consent import erasure, requests
from notifier.storage.suppressions import Suppression
from notifier.subscribers.importing import Importing, ImportReport, LeftAlone
from notifier.subscribers.listed import read_list
from notifier.subscribers.preferences import Assumed, Preferences
from notifier.subscribers.subscribe import unsubscribe
from tests.builders import some_news
from tests.outbox import KEYED, outbox, store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
POLICING, ELECTIONS = "field=policing", "field=elections"
Take = Callable[..., ImportReport]


@pytest.fixture
def take(database: Database, osce: Taxonomy) -> Take:
    """A list of which all is vouched for unless it is said otherwise."""
    numbers = count()

    def taken(
        text: str, *, dry_run: bool = False, vouched: bool = True, **otherwise: Any
    ) -> ImportReport:
        importing = Importing(
            database=database,
            taxonomy=osce,
            assumed=Assumed(zone=VIENNA, language="en", languages=("en", "de")),
            keyed=KEYED,
            otherwise=Preferences(**otherwise),
            source="the list of 2020",
            vouched=vouched,
            new_id=lambda: f"id-{next(numbers)}",
            clock=lambda: NOW,
        )
        return importing.take(read_list(text.encode(), {}).people, dry_run=dry_run)

    return taken


def everybody(database: Database) -> dict[str, Subscriber]:
    with database.reading() as connection:
        found = subscribers.after(connection, 0, 1_000_000, VIENNA)
    return {person.address: person for person in found}


def follows(person: Subscriber) -> list[tuple[str, str]]:
    return [(each.selection.query, each.frequency) for each in person.followed]


def written(lines: Iterable[str]) -> str:
    return "\n".join(("email,topics,frequency,hour,language", *lines))


def test_everybody_on_a_list_subscribes(database: Database, take: Take) -> None:
    report = take(
        written(
            (
                "anna@example.org,Policing;field:elections,weekly,06:30,de",
                "ben@example.org,,,,",
            )
        ),
        everything=True,
        frequency=Frequency.DAILY,
    )
    assert (report.added, report.faults) == (2, [])
    anna, ben = everybody(database).values()
    assert follows(anna) == [(POLICING, "weekly"), (ELECTIONS, "weekly")]
    assert (anna.cadences[Frequency.WEEKLY].minute, anna.language) == (390, "de")
    assert anna.due.keys() == {Frequency.WEEKLY}
    assert follows(ben) == [("", "daily")]
    with database.reading() as connection:
        [(consent, at)] = requests.consents_of(connection, [anna.id])[anna.id]
    assert (consent.how, consent.source, at) == (ConsentKind.VOUCHED, "the list of 2020", NOW)


def test_the_same_list_once_more_changes_nothing(database: Database, take: Take) -> None:
    lines = [f"reader{number}@example.org,Policing,,," for number in range(1, 30)]
    assert take(written(lines)).added == 29
    before = everybody(database)
    report = take(written(lines))
    assert (report.added, report.changed, report.unchanged) == (0, 0, 29)
    assert everybody(database) == before


def test_several_lines_of_one_reader_are_all_taken(database: Database, take: Take) -> None:
    lines = (
        "anna@example.org,Policing,weekly,,",
        "Anna@Example.org,Elections,daily,05:00,",
    )
    report = take(written(lines))
    assert (report.added, report.changed) == (1, 1)
    [anna] = everybody(database).values()
    assert follows(anna) == [(POLICING, "weekly"), (ELECTIONS, "daily")]
    assert anna.cadences[Frequency.DAILY].minute == 300
    again = take(written(lines))
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)


def test_who_is_subscribed_gets_more_and_keeps_their_ways(database: Database, take: Take) -> None:
    take(written(["anna@example.org,Policing,weekly,06:30,de"]))
    report = take(written(["anna@example.org,Policing;Elections,daily,09:00,en"]))
    assert report.changed == 1
    [anna] = everybody(database).values()
    assert follows(anna) == [(POLICING, "weekly"), (ELECTIONS, "weekly")]
    assert (anna.cadences[Frequency.WEEKLY].minute, anna.language) == (390, "de")


@pytest.mark.parametrize("vouched", [True, False])
def test_who_was_erased_stays_so(database: Database, take: Take, vouched: bool) -> None:
    """Whoever left is forgotten after a while, and their no is kept."""
    take(written(["anna@example.org,Policing,,,"]))
    [anna] = everybody(database).values()
    with database.writing() as connection:
        erasure.erase(connection, anna.id, KEYED, NOW)
    lines = ["Anna@example.org,Policing,,,", "ben@example.org,Policing,,,"]
    report = take(written(lines), vouched=vouched)
    assert report.left_alone == {LeftAlone.LEFT: 1}
    assert [*everybody(database)] == ["ben@example.org"]


def test_who_left_or_must_not_be_mailed_stays_so(database: Database, take: Take) -> None:
    take(written(["anna@example.org,Policing,,,"]))
    unsubscribe(database, "anna@example.org", (), VIENNA, now=NOW)
    with database.writing() as connection:
        barred = Suppression(
            address_hash=KEYED("ben@example.org"), reason="bounce", detail="550", since=NOW
        )
        suppressions.add(connection, [barred])
    lines = ["anna@example.org,Policing,,,", "Ben@example.org,Policing,,,"]
    for vouched in (True, False):
        report = take(written(lines), vouched=vouched)
        assert report.left_alone == {LeftAlone.LEFT: 1, LeftAlone.SUPPRESSED: 1}
    [anna] = everybody(database).values()
    assert anna.state is SubscriberState.LEFT
    out = take("email,status,topics\ncleo@example.org,blocklisted,Policing\n")
    assert out.left_alone == {LeftAlone.LISTED: 1}
    assert len(everybody(database)) == 1


def test_what_somebody_ended_themselves_does_not_begin_again(
    database: Database, take: Take
) -> None:
    take(written(["anna@example.org,Policing;Elections,,,"]))
    store(database, some_news(number=1), some_news(number=2))
    policing = Selection.parse(POLICING)
    with database.writing() as connection:
        [anna] = subscribers.everybody(connection, VIENNA)
        rest = [each for each in anna.followed if each.selection != policing]
        # A digest reached what was new, and then they ended it.
        connection.execute(tables.coverage.update().values(cursor=2))
        subscribers.follow_only(connection, anna, rest, NOW)
    report = take(written(["anna@example.org,Policing,,,"]))
    assert report.left_alone == {LeftAlone.ENDED: 1}
    report = take(written(["anna@example.org,Policing;Human rights,,,"]))
    assert report.changed == 1
    [anna] = everybody(database).values()
    assert Followed(selection=policing, frequency=Frequency.DAILY) not in anna.followed
    assert len(anna.followed) == 2


def test_each_line_that_is_wrong_is_told_and_the_others_are_taken(
    database: Database, take: Take
) -> None:
    lines = (
        "anna@example.org,field:polcing;Nowhere,hourly,,xx",
        "ben@@example.org,Policing,,,",
        ",Policing,,,",
        "cleo@example.org,,,,",
        "dora@example.org,Policing,immediate,07:00,",
        "emil@example.org,Policing,,,",
    )
    report = take(written(lines))
    assert report.added == 1
    assert list(everybody(database)) == ["emil@example.org"]
    told = {each.line: each.problem for each in report.faults}
    assert list(told) == [2, 3, 4, 5, 6]
    for part in ("'hourly'", "did you mean field:policing", "'Nowhere'", "language 'xx'"):
        assert part in told[2]
    assert "no usable mail address" in told[3]
    assert "nothing is named to follow" in told[5]
    assert "immediate mail has no hour" in told[6]


def test_a_dry_run_tells_all_and_changes_nothing(database: Database, take: Take) -> None:
    lines = ["anna@example.org,Policing,,,", "ben@example.org,Nowhere,,,"]
    report = take(written(lines), dry_run=True)
    assert (report.added, len(report.faults)) == (1, 1)
    assert everybody(database) == {}


def test_who_is_not_vouched_for_is_asked_once(database: Database, take: Take) -> None:
    lines = ["anna@example.org,Policing,immediate,,", "ben@example.org,Elections,weekly,06:30,de"]
    assert take(written(lines), vouched=False).asked == 2
    assert take(written(lines), vouched=False).unchanged == 2
    people = everybody(database)
    assert {each.state for each in people.values()} == {SubscriberState.PENDING}
    assert [each.period.partition("-")[0] for each in outbox(database)] == [NoticeKind.CONFIRM] * 2
    with database.reading() as connection:
        found = requests.among_requests(connection, range(1, 100))
        assert connection.scalar(select(func.count()).select_from(tables.consents)) == 0
    asked = {each.subscriber: each.asked for each in found.values()}
    anna, ben = (asked[people[f"{name}@example.org"].id] for name in ("anna", "ben"))
    assert (anna.queries, anna.minute, anna.weekdays) == ((POLICING,), None, frozenset())
    assert (ben.queries, ben.minute, ben.language) == ((ELECTIONS,), 390, "de")


def test_who_waits_to_confirm_may_be_vouched_for(database: Database, take: Take) -> None:
    line = written(["anna@example.org,Policing,weekly,06:30,de"])
    take(line, vouched=False)
    assert take(line).changed == 1
    [anna] = everybody(database).values()
    assert (anna.state, follows(anna)) == (SubscriberState.ACTIVE, [(POLICING, "weekly")])
    assert anna.cadences[Frequency.WEEKLY].minute == 390


def test_nobody_mutes_anything_before_they_confirm(take: Take) -> None:
    text = "email,topics,muted\nanna@example.org,Policing,Elections\n"
    [fault] = take(text, vouched=False).faults
    assert "vouch for the list" in fault.problem
    assert take(text).added == 1


def test_addresses_are_compared_as_anywhere(database: Database, take: Take) -> None:
    take("straße@example.org\nSTRASSE@example.org\n", everything=True)
    assert {folded(each) for each in everybody(database)} == {
        "straße@example.org",
        "strasse@example.org",
    }
