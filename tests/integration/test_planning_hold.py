"""News is held for some minutes before anybody is mailed: it is neither lost nor told twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from feeds.model import Item, TopicRef
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.model import Subscriber
from notifier.storage import matches, senders
from notifier.storage.senders import Halt
from tests import items
from tests.builders import POLICING, a_draft, a_label, a_subscriber
from tests.outbox import subscribe
from tests.planning import A_DAY, IMMEDIATE, SEVEN, mailed, report, run

HOLD = timedelta(minutes=20)
ELECTIONS = TopicRef.parse("field:elections")


@pytest.fixture
def item(database: Database, few_topics: Taxonomy) -> Item:
    """News of policing, ten minutes before digests are due, and who reads of it: one at once."""
    subscribe(database, a_subscriber(address="daily@example.org", public_id="daily"))
    subscribe(database, at_once("other"))
    return store(database, few_topics, -10)


def at_once(name: str, topic: TopicRef = POLICING) -> Subscriber:
    """A reader who gets all news of a topic at once."""
    named: dict[str, Any] = {"address": f"{name}@example.org", "public_id": name}
    return replace(a_subscriber(topics=(topic,), cadence=IMMEDIATE, due_at=None), **named)


def store(database: Database, taxonomy: Taxonomy, minutes: float) -> Item:
    draft = a_draft(title=f"News of minute {minutes}", fields=(a_label("Policing", "policing"),))
    [item] = items.store(database, taxonomy, [draft], at=SEVEN + timedelta(minutes=minutes))
    return item


def mails(database: Database, minutes: float) -> list[list[int]]:
    return mailed(database, now=SEVEN + timedelta(minutes=minutes), hold=HOLD)


def test_what_is_held_is_left_to_the_next_mail(
    database: Database, few_topics: Taxonomy, item: Item
) -> None:
    assert mails(database, 0) == []
    with database.reading() as connection:
        held = matches.held(connection, HOLD, SEVEN)
    assert held == {item.number: SEVEN + timedelta(minutes=10)}
    later = store(database, few_topics, 5)
    assert mails(database, 9) == []
    assert mails(database, 11) == [[item.number]]
    assert mails(database, 26) == [[later.number]]
    assert mailed(database, now=SEVEN + A_DAY, hold=HOLD) == [[later.number, item.number]]


def test_what_is_withdrawn_meanwhile_is_never_mailed(database: Database, item: Item) -> None:
    with database.writing() as connection:
        write_items.set_hidden(connection, [item.number], {"withdrawn_at": SEVEN}, SEVEN)
    assert mails(database, 60) == []
    assert mailed(database, now=SEVEN + A_DAY, hold=HOLD) == []


def test_what_is_filed_otherwise_meanwhile_is_news_there_alone(
    database: Database, few_topics: Taxonomy, item: Item
) -> None:
    subscribe(database, at_once("another", ELECTIONS))
    draft = a_draft(title="News", fields=(a_label("Elections", "elections"),))
    items.revise(database, few_topics, item, draft, SEVEN)
    assert mails(database, 60) == [[item.number]]
    assert mailed(database, now=SEVEN + A_DAY, hold=HOLD) == []


def test_a_clock_that_was_ahead_holds_nothing(
    database: Database, few_topics: Taxonomy, item: Item
) -> None:
    later = store(database, few_topics, 60 * 24 * 365)
    assert mails(database, 11) == [[later.number, item.number]] * 2


def test_after_a_halt_of_days_one_digest_tells_all(
    database: Database, few_topics: Taxonomy, item: Item
) -> None:
    with database.writing() as connection:
        senders.pause(connection, Halt(since=SEVEN, who="an editor"))
    news = [item.number]
    for day in range(5):
        assert run(database, now=SEVEN + day * A_DAY) == report(due=0)
        news.append(store(database, few_topics, 60 * 24 * day).number)
    with database.writing() as connection:
        senders.resume(connection)
    assert mailed(database, now=SEVEN + 5 * A_DAY) == [news[::-1], news[::-1]]
