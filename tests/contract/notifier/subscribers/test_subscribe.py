"""Subscribing on the operator's word: what is assumed, kept and refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from feeds.errors import MalformedSelection, UnknownTopic
from feeds.selection import Selection
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.errors import PreferenceRefused, UnknownLanguage, UnusableAddress
from notifier.model import (
    EVERY_DAY,
    Cadence,
    Frequency,
    Subscriber,
    SubscriberState,
)
from notifier.storage import tables as t
from notifier.storage.subscribers import by_public_id, everybody
from notifier.subscribers.preferences import Assumed, Preferences
from notifier.subscribers.subscribe import VOUCHED, subscribe, unsubscribe
from tests.builders import some_news
from tests.outbox import KEYED, store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
VIENNA, BISHKEK = ZoneInfo("Europe/Vienna"), ZoneInfo("Asia/Bishkek")
FRIDAY = frozenset({4})
ASSUMED = Assumed(zone=VIENNA, language="en", languages=("en", "de"))


@pytest.fixture
def ask(database: Database, osce: Taxonomy) -> Any:
    def asked(address: str = "anna@example.org", **preferences: Any) -> Subscriber:
        preferred = Preferences(**{"topics": ("field:policing",), **preferences})
        return subscribe(
            database,
            osce,
            address,
            preferred,
            ASSUMED,
            consent=VOUCHED,
            keyed=KEYED,
            public_id=f"id-{address[:4]}",
            now=NOW,
        )

    return asked


def the(person: Subscriber) -> Cadence:
    """Their only cadence."""
    [cadence] = person.cadences.values()
    return cadence


def due(person: Subscriber) -> datetime | None:
    """When their only digest is due."""
    return person.due.get(the(person).frequency)


def queries(person: Subscriber) -> list[tuple[str, str]]:
    return [(each.selection.query, each.frequency) for each in person.followed]


def leave(database: Database, address: str, *named: Selection) -> bool:
    return unsubscribe(database, address, named, VIENNA, now=NOW)


def planned(database: Database, period: str, at: datetime) -> None:
    """Somebody's digest of a period was planned then."""
    with database.writing() as connection:
        connection.execute(update(t.coverage).values(period=period, planned_at=at))


def test_who_names_all_they_want_follows_nothing_else_and_in_that_order(ask: Any) -> None:
    ask(topics=("field:policing", "field:arms-control"), frequency=Frequency.WEEKLY)
    ask(topics=("field:human-rights",), frequency=Frequency.DAILY)
    anna = ask(topics=("field:human-rights", "issuer:secretariat", "field:policing"), is_all=True)
    assert queries(anna) == [
        ("field=human-rights", "daily"),
        ("issuer=secretariat", "weekly"),
        ("field=policing", "weekly"),
    ]


def test_a_newcomer_gets_a_daily_digest_at_seven_in_the_zone_of_the_site(ask: Any) -> None:
    anna = ask()
    assert the(anna) == Cadence(frequency=Frequency.DAILY, minute=420, zone=VIENNA)
    assert anna.language == "en"
    assert due(anna) == datetime(2026, 11, 25, 6, tzinfo=UTC)


def test_a_weekly_digest_comes_on_monday_unless_a_day_is_named(ask: Any) -> None:
    assert the(ask(frequency=Frequency.WEEKLY)).weekdays == {0}
    assert the(ask(frequency=Frequency.WEEKLY, weekdays=FRIDAY)).weekdays == FRIDAY


def test_of_a_region_the_language_is_meant_that_is_read_there(ask: Any) -> None:
    assert ask(language="de-AT").language == "de"


def test_what_is_not_mentioned_stays_as_it_was(ask: Any) -> None:
    ask(frequency=Frequency.WEEKLY, weekdays=FRIDAY, minute=600, zone=BISHKEK, language="de")
    again = ask(topics=("field:education",))
    assert the(again) == Cadence(
        frequency=Frequency.WEEKLY, weekdays=FRIDAY, minute=600, zone=BISHKEK
    )
    assert again.language == "de"
    assert queries(again) == [
        ("field=policing", "weekly"),
        ("field=education", "weekly"),
    ]


def test_whoever_leaves_weekly_for_daily_has_no_weekday_any_more(ask: Any) -> None:
    ask(frequency=Frequency.WEEKLY, weekdays=FRIDAY)
    assert the(ask(frequency=Frequency.DAILY)).weekdays == EVERY_DAY


def test_a_daily_digest_comes_on_chosen_days_and_stays_so(ask: Any) -> None:
    days = frozenset({0, 2, 4})
    assert the(ask(weekdays=days)).weekdays == days
    assert the(ask(minute=600)).weekdays == days
    assert due(ask(minute=600)) == datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("preferences", "said"),
    [
        ({"frequency": Frequency.IMMEDIATE, "weekdays": FRIDAY}, "immediate mail has no weekday"),
        ({"frequency": Frequency.WEEKLY, "weekdays": EVERY_DAY}, "one weekday"),
        ({"quiet_minutes": 5}, "daily digest has no quiet minutes"),
        ({"frequency": Frequency.IMMEDIATE, "minute": 540}, "immediate mail has no hour"),
        ({"paused_until": date(2026, 11, 23)}, "2026-11-23 is over .* or 2026-11-24"),
        ({"paused_until": date(9999, 12, 31)}, "9999-12-31 is too far away"),
        ({"selections": ("",)}, "'' selects nothing"),
        ({"selections": ("https://news.example.org/select",)}, "selects nothing"),
    ],
)
def test_what_a_frequency_does_not_have_is_refused(
    ask: Any, preferences: dict[str, Any], said: str
) -> None:
    with pytest.raises(PreferenceRefused, match=said):
        ask(**preferences)


def test_immediate_mail_is_quiet_for_ten_minutes_unless_others_are_named(ask: Any) -> None:
    at_once = ask(frequency=Frequency.IMMEDIATE)
    assert (the(at_once).quiet_minutes, due(at_once)) == (10, None)
    assert the(ask(quiet_minutes=60)).quiet_minutes == 60
    assert the(ask()).quiet_minutes == 60
    assert the(ask(frequency=Frequency.DAILY)).quiet_minutes == 0


def test_whoever_pauses_gets_nothing_before_their_day(ask: Any) -> None:
    ask()
    paused = ask(paused_until=date(2026, 12, 24))
    assert due(paused) == datetime(2026, 12, 24, 6, tzinfo=UTC)
    assert due(ask(topics=("field:education",))) == due(paused)
    assert due(ask(minute=600)) == datetime(2026, 12, 24, 9, tzinfo=UTC)
    resumed = ask(paused_until=NOW.date())
    assert (resumed.paused_until, due(resumed)) == (None, datetime(2026, 11, 25, 9, tzinfo=UTC))


def test_a_pause_ends_when_somebody_leaves(ask: Any, database: Database) -> None:
    ask(frequency=Frequency.IMMEDIATE, paused_until=date(2026, 12, 24))
    leave(database, "anna@example.org")
    back = ask()
    assert (back.paused_until, due(back)) == (None, None)


def test_after_a_digest_none_is_promised_for_the_same_day(ask: Any, database: Database) -> None:
    """NOW is noon, and this morning's was planned."""
    ask()
    planned(database, "2026-11-24", NOW - timedelta(hours=6))
    evening = ask(minute=18 * 60)
    assert due(evening) == datetime(2026, 11, 25, 17, tzinfo=UTC)


def test_another_weekday_leaves_no_gap_of_more_than_a_week(ask: Any, database: Database) -> None:
    """Friday's came on the 20th; who asks for Mondays on Tuesday would wait until the 30th."""
    ask(frequency=Frequency.WEEKLY, weekdays=FRIDAY)
    friday = datetime(2026, 11, 20, 6, tzinfo=UTC)
    planned(database, "2026-11-20", friday)
    assert due(ask(weekdays=frozenset({0}))) == friday + timedelta(weeks=1)


@pytest.mark.parametrize(
    ("preferences", "error"),
    [
        ({"topics": ("field:polcing",)}, UnknownTopic),
        ({"selections": ("field=polcing",)}, UnknownTopic),
        ({"selections": ("fild=policing",)}, MalformedSelection),
        ({"muted": ("field:polcing",)}, UnknownTopic),
        ({"language": "fr"}, UnknownLanguage),
        ({"language": "fr-CH"}, UnknownLanguage),
        ({"language": "d!e"}, UnknownLanguage),
        ({"language": "-"}, UnknownLanguage),
        ({"address": "anna@"}, UnusableAddress),
        ({"address": "anna@example.org\r\nBcc: all@example.org"}, UnusableAddress),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nobody_is_subscribed(
    ask: Any, database: Database, preferences: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(**preferences)
    assert leave(database, "anna@example.org") is False


def test_whoever_left_and_comes_back_has_a_new_consent(ask: Any, database: Database) -> None:
    first = ask()
    assert leave(database, "ANNA@example.org") is True
    assert leave(database, "anna@example.org") is False
    back = ask()
    assert (back.id, back.state, back.epoch) == (first.id, SubscriberState.ACTIVE, first.epoch + 1)


def test_asking_twice_changes_nothing(ask: Any, database: Database) -> None:
    ask()
    store(database, some_news(number=1), some_news(number=2))
    later = ask(topics=("field:policing", "field:education"))
    assert ask(topics=("field:education",)) == later
    with database.reading() as connection:
        assert by_public_id(connection, later.public_id, VIENNA) == later


def test_all_sorts_of_selections_are_followed_at_their_own_pace(ask: Any) -> None:
    ask(selections=("issuer=secretariat&field=policing",), topics=("field:human-rights",))
    ask(topics=(), everything=True, frequency=Frequency.WEEKLY)
    both = ask(topics=(), selections=("language=de&q=border",), frequency=Frequency.IMMEDIATE)
    assert queries(both) == [
        ("field=policing&issuer=secretariat", "daily"),
        ("field=human-rights", "daily"),
        ("", "weekly"),
        ("language=de&q=border", "immediate"),
    ]
    assert set(both.cadences) == set(Frequency)


@pytest.mark.parametrize(
    "given",
    ["?field=policing&q=x", "https://news.example.org/select.atom?field=policing&q=x#top"],
)
def test_a_selection_is_named_by_its_address_too(ask: Any, given: str) -> None:
    named = ask(topics=(), selections=(given,))
    assert queries(named) == [("field=policing&q=x", "daily")]


def test_what_is_followed_already_moves_to_another_pace(ask: Any) -> None:
    ask(topics=("field:policing", "field:education"))
    moved = ask(topics=("field:education",), frequency=Frequency.WEEKLY)
    assert queries(moved) == [("field=policing", "daily"), ("field=education", "weekly")]
    all_weekly = ask(topics=("field:policing",), frequency=Frequency.WEEKLY)
    assert set(all_weekly.cadences) == {Frequency.WEEKLY}


def test_where_nothing_is_named_all_they_follow_is_meant(ask: Any) -> None:
    ask(topics=("field:policing", "field:education"))
    assert the(ask(topics=(), minute=600)).minute == 600
    assert the(ask(topics=(), zone=BISHKEK)).zone == BISHKEK
    weekly = ask(topics=(), frequency=Frequency.WEEKLY)
    assert {often for _, often in queries(weekly)} == {"weekly"}
    ask(topics=("field:education",), frequency=Frequency.DAILY)
    late = ask(topics=("field:policing",), weekdays=FRIDAY)
    assert late.cadences[Frequency.WEEKLY].weekdays == FRIDAY
    assert set(late.cadences) == {Frequency.DAILY, Frequency.WEEKLY}
    again = ask(topics=(), frequency=Frequency.WEEKLY)
    assert {often for _, often in queries(again)} == {"weekly"}
    assert the(again).weekdays == FRIDAY


def test_a_newcomer_has_to_say_what_to_follow(ask: Any) -> None:
    with pytest.raises(PreferenceRefused, match="nothing is named"):
        ask(topics=())


def test_topics_are_muted_and_heard_again(ask: Any) -> None:
    muted = ask(muted=("field:education", "issuer:secretariat"))
    assert list(map(str, muted.muted)) == ["field:education", "issuer:secretariat"]
    assert list(map(str, ask(unmuted=("field:education",)).muted)) == ["issuer:secretariat"]


def test_one_of_several_selections_is_given_up(ask: Any, database: Database) -> None:
    ask(topics=("field:policing", "field:education"))
    education = Selection.parse("field=education")
    assert leave(database, "anna@example.org", education) is True
    assert leave(database, "anna@example.org", education) is False
    with database.reading() as connection:
        [anna] = everybody(connection, VIENNA)
    assert queries(anna) == [("field=policing", "daily")]
    assert leave(database, "anna@example.org", Selection.parse("field=policing")) is True
    with database.reading() as connection:
        assert everybody(connection, VIENNA)[0].state is SubscriberState.LEFT
    assert leave(database, "nobody@example.org", education) is False
