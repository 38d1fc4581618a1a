"""Subscribing on the operator's word: what is assumed, kept and refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from feeds.errors import UnknownTopic
from feeds.model import TopicKind, TopicRef
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.errors import PreferenceRefused, UnknownLanguage, UnusableAddress
from notifier.model import EVERY_DAY, Cadence, Frequency, Subscriber, SubscriberState
from notifier.storage import digests
from notifier.storage.subscribers import by_public_id
from notifier.subscribers.subscribe import Assumed, Preferences, subscribe, unsubscribe
from tests.builders import a_plan, some_news
from tests.outbox import store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
VIENNA, BISHKEK = ZoneInfo("Europe/Vienna"), ZoneInfo("Asia/Bishkek")
FRIDAY = frozenset({4})
ASSUMED = Assumed(zone=VIENNA, language="en", languages=("en", "de"))


@pytest.fixture
def ask(database: Database, osce: Taxonomy) -> Any:
    def asked(address: str = "anna@example.org", **preferences: Any) -> Subscriber:
        preferred = Preferences(**{"topics": ("field:policing",), **preferences})
        return subscribe(
            database, osce, address, preferred, ASSUMED, public_id=f"id-{address[:4]}", now=NOW
        )

    return asked


def test_a_newcomer_gets_a_daily_digest_at_seven_in_the_zone_of_the_site(ask: Any) -> None:
    anna = ask()
    assert anna.cadence == Cadence(frequency=Frequency.DAILY, minute=420, zone=VIENNA)
    assert anna.language == "en"
    assert anna.due_at == datetime(2026, 11, 25, 6, tzinfo=UTC)


def test_a_weekly_digest_comes_on_monday_unless_a_day_is_named(ask: Any) -> None:
    assert ask(frequency=Frequency.WEEKLY).cadence.weekdays == {0}
    assert ask(frequency=Frequency.WEEKLY, weekdays=FRIDAY).cadence.weekdays == FRIDAY


def test_what_is_not_mentioned_stays_as_it_was(ask: Any) -> None:
    ask(frequency=Frequency.WEEKLY, weekdays=FRIDAY, minute=600, zone=BISHKEK, language="de")
    again = ask(topics=("field:education",))
    assert again.cadence == Cadence(
        frequency=Frequency.WEEKLY, weekdays=FRIDAY, minute=600, zone=BISHKEK
    )
    assert again.language == "de"
    assert [topic.slug for topic in again.topics] == ["policing", "education"]


def test_whoever_leaves_weekly_for_daily_has_no_weekday_any_more(ask: Any) -> None:
    ask(frequency=Frequency.WEEKLY, weekdays=FRIDAY)
    assert ask(frequency=Frequency.DAILY).cadence.weekdays == EVERY_DAY


def test_a_daily_digest_comes_on_chosen_days_and_stays_so(ask: Any) -> None:
    days = frozenset({0, 2, 4})
    assert ask(weekdays=days).cadence.weekdays == days
    assert ask(minute=600).cadence.weekdays == days
    assert ask(minute=600).due_at == datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("preferences", "said"),
    [
        ({"frequency": Frequency.IMMEDIATE, "weekdays": FRIDAY}, "immediate mail has no weekday"),
        ({"frequency": Frequency.WEEKLY, "weekdays": EVERY_DAY}, "one weekday"),
        ({"quiet_minutes": 5}, "daily digest has no quiet minutes"),
    ],
)
def test_what_a_frequency_does_not_have_is_refused(
    ask: Any, preferences: dict[str, Any], said: str
) -> None:
    with pytest.raises(PreferenceRefused, match=said):
        ask(**preferences)


def test_immediate_mail_is_quiet_for_ten_minutes_unless_others_are_named(ask: Any) -> None:
    at_once = ask(frequency=Frequency.IMMEDIATE)
    assert (at_once.cadence.quiet_minutes, at_once.due_at) == (10, NOW)
    assert ask(quiet_minutes=60).cadence.quiet_minutes == 60
    assert ask().cadence.quiet_minutes == 60
    assert ask(frequency=Frequency.DAILY).cadence.quiet_minutes == 0


def test_whoever_pauses_gets_nothing_before_their_day(ask: Any) -> None:
    ask()
    paused = ask(paused_until=date(2026, 12, 24))
    assert paused.due_at == datetime(2026, 12, 24, 6, tzinfo=UTC)
    assert ask(topics=("field:education",)).due_at == paused.due_at
    assert ask(minute=600).due_at == datetime(2026, 12, 24, 9, tzinfo=UTC)
    resumed = ask(paused_until=NOW.date())
    assert (resumed.paused_until, resumed.due_at) == (None, datetime(2026, 11, 25, 9, tzinfo=UTC))


def test_a_pause_ends_when_somebody_leaves(ask: Any, database: Database) -> None:
    ask(frequency=Frequency.IMMEDIATE, paused_until=date(2026, 12, 24))
    unsubscribe(database, "anna@example.org", now=NOW)
    assert ask().due_at == NOW


def test_after_a_digest_none_is_promised_for_the_same_day(ask: Any, database: Database) -> None:
    """NOW is noon, and this morning's was planned."""
    anna = ask()
    with database.writing() as connection:
        digests.record(connection, [a_plan(anna, "2026-11-24")], NOW - timedelta(hours=6))
    evening = ask(minute=18 * 60)
    assert evening.due_at == datetime(2026, 11, 25, 17, tzinfo=UTC)


def test_another_weekday_leaves_no_gap_of_more_than_a_week(ask: Any, database: Database) -> None:
    """Friday's came on the 20th; who asks for Mondays on Tuesday would wait until the 30th."""
    anna = ask(frequency=Frequency.WEEKLY, weekdays=FRIDAY)
    friday = datetime(2026, 11, 20, 6, tzinfo=UTC)
    with database.writing() as connection:
        digests.record(connection, [a_plan(anna, "2026-11-20")], friday)
    assert ask(weekdays=frozenset({0})).due_at == friday + timedelta(weeks=1)


@pytest.mark.parametrize(
    ("preferences", "error"),
    [
        ({"topics": ("field:polcing",)}, UnknownTopic),
        ({"language": "fr"}, UnknownLanguage),
        ({"address": "anna@"}, UnusableAddress),
        ({"address": "anna@example.org\r\nBcc: all@example.org"}, UnusableAddress),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nobody_is_subscribed(
    ask: Any, database: Database, preferences: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(**preferences)
    assert unsubscribe(database, "anna@example.org", now=NOW) is False


def test_whoever_left_and_comes_back_has_a_new_consent(ask: Any, database: Database) -> None:
    first = ask()
    assert unsubscribe(database, "ANNA@example.org", now=NOW) is True
    assert unsubscribe(database, "anna@example.org", now=NOW) is False
    back = ask()
    assert (back.id, back.state, back.epoch) == (first.id, SubscriberState.ACTIVE, first.epoch + 1)


def test_a_topic_added_later_brings_no_old_news(ask: Any, database: Database) -> None:
    ask()
    store(database, some_news(number=1), some_news(number=2))
    later = ask(topics=("field:policing", "field:education"))
    assert (later.cursor, dict(later.late)) == (0, {TopicRef(TopicKind.FIELD, "education"): 2})
    assert ask(topics=("field:education",)) == later
    with database.reading() as connection:
        assert by_public_id(connection, later.public_id, VIENNA) == later


def test_whoever_comes_back_gets_all_their_topics_from_then_on(
    ask: Any, database: Database
) -> None:
    ask()
    unsubscribe(database, "anna@example.org", now=NOW)
    store(database, some_news(number=1))
    back = ask(topics=("field:education",))
    assert (back.cursor, back.late) == (1, frozenset())
