"""Subscribing on the operator's word: what is assumed, kept and refused."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from feeds.errors import UnknownTopic
from feeds.model import TopicKind, TopicRef
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.errors import PreferenceRefused, UnknownLanguage, UnusableAddress
from notifier.model import Cadence, Frequency, Subscriber, SubscriberState
from notifier.storage.subscribers import by_public_id
from notifier.subscribers.subscribe import Assumed, Preferences, subscribe, unsubscribe
from tests.builders import some_news
from tests.outbox import store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
VIENNA, BISHKEK = ZoneInfo("Europe/Vienna"), ZoneInfo("Asia/Bishkek")
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
    assert ask(frequency=Frequency.WEEKLY).cadence.weekday == 0
    assert ask(frequency=Frequency.WEEKLY, weekday=4).cadence.weekday == 4


def test_what_is_not_mentioned_stays_as_it_was(ask: Any) -> None:
    ask(frequency=Frequency.WEEKLY, weekday=4, minute=600, zone=BISHKEK, language="de")
    again = ask(topics=("field:education",))
    assert again.cadence == Cadence(frequency=Frequency.WEEKLY, weekday=4, minute=600, zone=BISHKEK)
    assert again.language == "de"
    assert [topic.slug for topic in again.topics] == ["policing", "education"]


def test_whoever_leaves_weekly_for_daily_has_no_weekday_any_more(ask: Any) -> None:
    ask(frequency=Frequency.WEEKLY, weekday=4)
    assert ask(frequency=Frequency.DAILY).cadence.weekday is None


def test_a_weekday_without_a_weekly_digest_is_refused(ask: Any) -> None:
    with pytest.raises(PreferenceRefused, match="daily digest has no weekday"):
        ask(weekday=4)


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
        assert by_public_id(connection, later.public_id) == later


def test_whoever_comes_back_gets_all_their_topics_from_then_on(
    ask: Any, database: Database
) -> None:
    ask()
    unsubscribe(database, "anna@example.org", now=NOW)
    store(database, some_news(number=1))
    back = ask(topics=("field:education",))
    assert (back.cursor, back.late) == (1, frozenset())
