"""Whoever is due gets one digest of all that is new to them, whoever plans and however late."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from feeds.model import Fresh
from feeds.storage.database import Database
from notifier.model import Cadence, Followed, Frequency, Skip, Subscriber
from notifier.storage import suppressions
from notifier.storage import tables as t
from notifier.storage.suppressions import Suppression
from tests.builders import DAILY, HUMAN_RIGHTS, POLICING, SECRETARIAT, a_subscriber, only, some_news
from tests.outbox import KEYED, LINKS, NOW, outbox, people, store, subscribe
from tests.planning import (
    A_DAY,
    IMMEDIATE,
    SEVEN,
    VIENNA,
    WEEKLY,
    Printer,
    both,
    cursors,
    everybody,
    made,
    mailed,
    on_record,
    report,
    run,
)


def test_nobody_is_due_too_early(database: Database) -> None:
    subscribe(database, a_subscriber())
    store(database, some_news())
    assert run(database, now=SEVEN - timedelta(seconds=1)) == report(0)
    assert outbox(database) == []


def test_who_is_due_gets_what_is_new_and_is_due_again_tomorrow(database: Database) -> None:
    store(database, some_news(number=1))
    subscribe(database, a_subscriber())
    store(database, *[some_news(number=number) for number in (2, 3)])
    assert mailed(database) == [[3, 2]]
    assert on_record(database) == [(1, "2026-11-24", '{"daily":[1,3]}', "sending", None)]
    [person] = everybody(database)
    assert person.due == {Frequency.DAILY: SEVEN + A_DAY}
    assert cursors(database) == [3]


def test_the_message_names_its_reader_their_links_and_its_date(database: Database) -> None:
    [person] = subscribe(database, a_subscriber(address="Reader@müller.example"))
    store(database, some_news())
    run(database)
    [copy] = made(database, Printer())
    assert b"To: Reader@xn--mller-kva.example\r\n" in copy
    assert f"<{LINKS.unsubscribe(person.public_id, 1)}>".encode() in copy
    assert b"Date: Tue, 24 Nov 2026 06:00:00 +0000\r\n" in copy
    [named] = [line for line in copy.splitlines() if line.startswith(b"Message-ID: ")]
    assert named.endswith(b"@news.example.org>")
    assert person.public_id.encode() not in named


def test_nothing_new_is_no_mail_and_the_reason_is_on_record(database: Database) -> None:
    subscribe(database, a_subscriber(topics=(HUMAN_RIGHTS,)))
    store(database, some_news(topics=frozenset({POLICING})))
    assert run(database) == report(1, nothing_new=1)
    windows = '{"daily":[0,1]}'
    assert on_record(database) == [(1, "2026-11-24", windows, "skipped", "nothing-new")]
    assert cursors(database) == [1]


def test_planning_again_plans_nothing(database: Database) -> None:
    subscribe(database, *people(3))
    store(database, some_news())
    assert run(database) == report(3, planned=3)
    assert run(database) == report(0)
    assert len(outbox(database)) == 3


def test_after_downtime_one_digest_covers_all_that_was_missed(database: Database) -> None:
    subscribe(database, a_subscriber())
    for number in range(1, 5):
        store(database, some_news(number=number))
    late = SEVEN + 3 * A_DAY + timedelta(hours=2)
    assert mailed(database, now=late) == [[4, 3, 2, 1]]
    assert on_record(database)[0][1] == "2026-11-27"
    assert everybody(database)[0].due == {Frequency.DAILY: SEVEN + 4 * A_DAY}


def test_each_item_is_in_one_digest_and_no_more(database: Database) -> None:
    subscribe(database, a_subscriber())
    found = []
    for day in range(3):
        store(database, some_news(number=day * 2 + 1), some_news(number=day * 2 + 2))
        found += mailed(database, now=SEVEN + day * A_DAY)
    assert found == [[2, 1], [4, 3], [6, 5]]


def test_an_archive_is_not_mailed(database: Database) -> None:
    subscribe(database, a_subscriber())
    store(database, some_news(), fresh=Fresh.ARCHIVE)
    assert run(database) == report(1, nothing_new=1)


def test_an_immediate_reader_gets_each_item_and_no_row_for_those_of_others(
    database: Database,
) -> None:
    subscribe(database, a_subscriber(cadence=IMMEDIATE, due_at=None, topics=(POLICING,)))
    store(database, some_news(number=1, topics=frozenset({HUMAN_RIGHTS})))
    assert run(database, now=NOW) == report(0)
    assert on_record(database) == []
    store(database, some_news(number=2))
    assert run(database, now=NOW) == report(1, planned=1)
    assert on_record(database) == [(1, "n2", '{"immediate":[0,2]}', "queued", None)]
    assert run(database, now=NOW) == report(0)


def test_immediate_mail_leaves_at_once_and_gathers_what_comes_soon_after(
    database: Database,
) -> None:
    quiet = Cadence(frequency=Frequency.IMMEDIATE, minute=0, zone=VIENNA, quiet_minutes=10)
    subscribe(database, a_subscriber(cadence=quiet, due_at=None))
    store(database, some_news(number=1))
    assert mailed(database, now=NOW) == [[1]]
    for minute in range(1, 4):
        store(database, some_news(number=minute + 1))
        assert run(database, now=NOW + timedelta(minutes=minute)) == report(0)
    assert run(database, now=NOW + timedelta(minutes=9)) == report(0)
    assert mailed(database, now=NOW + timedelta(minutes=10)) == [[4, 3, 2]]
    assert run(database, now=NOW + timedelta(minutes=30)) == report(0)


@pytest.mark.parametrize(("before", "after"), [(10, 0), (10, 5), (10, 30), (0, 10)])
def test_other_quiet_minutes_count_from_the_last_mail_as_well(
    database: Database, before: int, after: int
) -> None:
    """Who asks for fewer does not wait out those they had, nor does who asks for more get what came
    before they were over.
    """

    def quiet(minutes: int) -> Subscriber:
        of_so_many = replace(IMMEDIATE, quiet_minutes=minutes)
        return a_subscriber(cadence=of_so_many, due_at=None)

    subscribe(database, quiet(before))
    store(database, some_news(number=1))
    assert mailed(database, now=NOW) == [[1]]
    store(database, some_news(number=2))
    subscribe(database, quiet(after))
    if after:
        assert run(database, now=NOW + timedelta(minutes=after - 1)) == report(0)
    assert mailed(database, now=NOW + timedelta(minutes=after)) == [[2]]


def test_no_quiet_minutes_begin_as_somebody_says_once_more_what_they_want(
    database: Database,
) -> None:
    """Nor after a daily digest, beside which nothing immediate was due."""
    quiet = replace(IMMEDIATE, quiet_minutes=60)
    person = both(a_subscriber(), quiet, topics=(HUMAN_RIGHTS,))
    subscribe(database, person)
    store(database, some_news(number=1))
    assert mailed(database) == [[1]]
    subscribe(database, person)
    store(database, some_news(number=2, topics=frozenset({HUMAN_RIGHTS})))
    assert mailed(database, now=SEVEN + timedelta(minutes=1)) == [[2]]


def test_who_wants_at_once_what_waited_for_another_digest_gets_it_at_once(
    database: Database,
) -> None:
    """Though nothing happens to any item after they said so."""
    subscribe(database, a_subscriber(cadence=WEEKLY, due_at=NOW + A_DAY))
    store(database, some_news(number=1))
    assert run(database, now=NOW) == report(0)
    subscribe(database, a_subscriber(cadence=IMMEDIATE, due_at=None))
    assert mailed(database, now=NOW) == [[1]]
    assert run(database, now=NOW) == report(0)


@pytest.mark.parametrize("then", [IMMEDIATE, DAILY])
def test_nor_does_it_wait_for_something_else_where_such_digests_reached_it(
    database: Database, then: Cadence
) -> None:
    """They told of something else meanwhile, and the last of them was of the last change."""
    human_rights = frozenset({HUMAN_RIGHTS})
    both_ways = a_subscriber(
        cadence=then,
        followed=(
            Followed(selection=only(HUMAN_RIGHTS), frequency=then.frequency),
            Followed(selection=only(POLICING), frequency=WEEKLY.frequency),
        ),
        cadences={then.frequency: then, WEEKLY.frequency: WEEKLY},
        due={then.frequency: SEVEN, WEEKLY.frequency: SEVEN + 9 * A_DAY},
    )
    subscribe(database, both_ways)
    store(database, some_news(number=1), some_news(number=2, topics=human_rights))
    assert mailed(database) == [[2]]
    subscribe(database, a_subscriber(cadence=WEEKLY, due_at=SEVEN + 9 * A_DAY))
    subscribe(database, a_subscriber(cadence=then, due_at=SEVEN + A_DAY))
    assert mailed(database, now=SEVEN + A_DAY) == [[1]]
    assert mailed(database, now=SEVEN + 2 * A_DAY) == []


def test_a_suppressed_address_gets_nothing_and_the_reason_is_told(database: Database) -> None:
    first, second = subscribe(database, *people(2))
    barred = Suppression(
        address_hash=KEYED(first.address.upper()), reason="refused", detail="550", since=NOW
    )
    with database.writing() as connection:
        suppressions.add(connection, [barred])
    store(database, some_news())
    assert run(database) == report(2, planned=2)
    skipped, message = made(database, Printer())
    assert skipped is Skip.SUPPRESSED
    assert f"To: {second.address}".encode() in message


def test_what_comes_after_todays_digest_waits_for_the_next_one(database: Database) -> None:
    """Also where somebody moves their hour to later the same day."""
    subscribe(database, a_subscriber())
    store(database, some_news(number=1))
    assert mailed(database) == [[1]]
    evening = Cadence(frequency=Frequency.DAILY, minute=18 * 60, zone=VIENNA)
    due_at = datetime(2026, 11, 24, 17, tzinfo=UTC)
    subscribe(database, a_subscriber(cadence=evening, due_at=due_at))
    store(database, some_news(number=2))
    assert run(database, now=due_at) == report(0)
    assert (cursors(database), len(outbox(database))) == ([1], 1)
    assert mailed(database, now=due_at + A_DAY) == [[2]]


def test_what_a_period_cannot_hold_any_more_is_in_the_next(database: Database) -> None:
    """A clock that was a year ahead had planned a digest of this very day."""
    subscribe(database, a_subscriber())
    store(database, some_news(number=1))
    run(database, now=SEVEN)
    with database.writing() as connection:
        connection.execute(update(t.coverage).values(period="2025-11-23"))
        connection.execute(update(t.cadences).values(due_at=SEVEN))
    store(database, some_news(number=2))
    assert run(database, now=SEVEN) == report(1, already_planned=1)
    assert cursors(database) == [1]
    assert run(database, now=SEVEN + A_DAY) == report(1, planned=1)


def test_a_clock_that_was_a_year_ahead_silences_nobody(database: Database) -> None:
    subscribe(database, a_subscriber())
    store(database, some_news(number=1))
    assert mailed(database, now=SEVEN + 365 * A_DAY) == [[1]]
    store(database, some_news(number=2))
    assert run(database, now=SEVEN - timedelta(hours=1)) == report(0)
    assert mailed(database, now=SEVEN) == [[2]]
    store(database, some_news(number=3))
    assert mailed(database, now=SEVEN + A_DAY) == [[3]]


def test_nor_does_it_keep_immediate_mail_waiting(database: Database) -> None:
    """The quiet minutes after a mail of next year are not to last until then."""
    quiet = Cadence(frequency=Frequency.IMMEDIATE, minute=0, zone=VIENNA, quiet_minutes=10)
    subscribe(database, a_subscriber(cadence=quiet, due_at=None))
    store(database, some_news(number=1))
    assert mailed(database, now=NOW + 365 * A_DAY) == [[1]]
    store(database, some_news(number=2))
    assert mailed(database, now=NOW) == [[2]]


def test_nor_do_other_quiet_minutes_count_from_a_mail_of_next_year(database: Database) -> None:
    quiet = replace(IMMEDIATE, quiet_minutes=10)
    subscribe(database, a_subscriber(cadence=quiet, due_at=None))
    store(database, some_news(number=1))
    assert mailed(database, now=NOW + 365 * A_DAY) == [[1]]
    assert run(database, now=NOW) == report(0)
    subscribe(database, a_subscriber(cadence=replace(quiet, quiet_minutes=5), due_at=None))
    store(database, some_news(number=2))
    assert mailed(database, now=NOW) == [[2]]


def test_all_who_get_the_same_share_one_message(database: Database) -> None:
    subscribe(database, *people(4))
    subscribe(database, a_subscriber(topics=(SECRETARIAT,)))
    store(database, some_news())
    assert len(mailed(database)) == 2
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(t.renderings)) == 2


def test_who_gets_another_digest_gets_a_message_of_their_own(database: Database) -> None:
    """Another hour or zone of the same day changes nothing, all else does."""

    def reader(name: str, **changes: Any) -> Subscriber:
        return a_subscriber(public_id=name, address=f"{name}@example.org", **changes)

    def daily(zone: str, minute: int = 420) -> Cadence:
        return Cadence(frequency=Frequency.DAILY, minute=minute, zone=ZoneInfo(zone))

    two = (POLICING, HUMAN_RIGHTS)
    subscribe(
        database,
        reader("one", topics=two),
        reader("alike", topics=two, cadence=daily("Europe/Rome", 400)),
        reader("language", topics=two, language="de"),
        reader("order", topics=two[::-1]),
        reader("day", topics=two, cadence=daily("Pacific/Honolulu", 20 * 60)),
        reader("frequency", topics=two, cadence=IMMEDIATE, due_at=None),
    )
    store(database, some_news())
    assert run(database) == report(6, planned=6)
    printer = Printer()
    made(database, printer)
    assert len(printer.digests) == 5
    assert set(printer.days) == {date(2026, 11, 23), date(2026, 11, 24)}


def test_who_came_between_the_same_news_shares_a_message(database: Database) -> None:
    """What nobody is mailed lies between their cursors."""
    subscribe(database, *people(1))
    store(database, some_news(number=1), fresh=Fresh.ARCHIVE)
    subscribe(database, a_subscriber())
    store(database, some_news(number=2))
    assert mailed(database) == [[2]]


def test_daily_and_weekly_at_one_moment_are_one_digest(database: Database) -> None:
    person = both(a_subscriber(), WEEKLY, topics=(HUMAN_RIGHTS,))
    subscribe(database, person)
    store(database, some_news(number=1, topics=frozenset({POLICING})))
    assert mailed(database, now=SEVEN - 0 * A_DAY) == [[1]]
    store(database, some_news(number=2, topics=frozenset({HUMAN_RIGHTS})))
    store(database, some_news(number=3, topics=frozenset({POLICING})))
    assert mailed(database, now=SEVEN + A_DAY) == [[3]]
    assert mailed(database, now=SEVEN + 7 * A_DAY) == [[2]]
    periods = [row[1] for row in on_record(database)]
    assert periods == ["2026-11-24", "2026-11-25", "2026-12-01"]


def test_what_was_told_daily_is_not_told_again_weekly(database: Database) -> None:
    """One item of two selections that come at different times."""
    person = both(a_subscriber(), WEEKLY, topics=(HUMAN_RIGHTS,))
    subscribe(database, person)
    run(database, now=SEVEN)
    store(database, some_news(number=1, topics=frozenset({POLICING, HUMAN_RIGHTS})))
    assert mailed(database, now=SEVEN + A_DAY) == [[1]]
    assert mailed(database, now=SEVEN + 7 * A_DAY) == []
    assert on_record(database)[-1][3:] == ("sending", None)


def test_one_bug_in_a_digest_does_not_stop_the_others(database: Database) -> None:
    subscribe(database, *people(2))
    subscribe(database, a_subscriber(language="xx"))
    store(database, some_news())
    assert run(database) == report(3, planned=3)
    first, second, refused = made(database, Printer(fails_for="xx"))
    assert isinstance(first, bytes)
    assert isinstance(second, bytes)
    assert "could not be made" in str(refused)


@pytest.mark.parametrize("lost", ["Mars/Olympus", "Europe", "", "x" * 300])
def test_whose_zone_is_none_any_more_is_planned_for_in_the_sites(
    database: Database, lost: str
) -> None:
    subscribe(database, *people(2))
    rome = Cadence(frequency=Frequency.DAILY, minute=420, zone=ZoneInfo("Europe/Rome"))
    subscribe(database, a_subscriber(cadence=rome))
    store(database, some_news())
    with database.writing() as connection:
        theirs = t.cadences.c.timezone == "Europe/Rome"
        connection.execute(update(t.cadences).where(theirs).values(timezone=lost))
    assert run(database) == report(3, planned=3, broken=1)
    assert len(made(database, Printer())) == 3
    assert "no time zone" not in everybody(database)[0].problem
    assert everybody(database)[2].problem


def test_a_selection_that_is_none_stops_nobody(database: Database) -> None:
    subscribe(database, *people(2))
    subscribe(database, a_subscriber(topics=(POLICING, HUMAN_RIGHTS)))
    store(database, some_news())
    with database.writing() as connection:
        broken = t.selections.c.query == "field=human-rights"
        connection.execute(update(t.selections).where(broken).values(query="fild=human-rights"))
    assert run(database) == report(3, planned=3, broken=1)
    assert mailed(database) == [[1]]
    assert "fild=human-rights" in everybody(database)[2].problem
