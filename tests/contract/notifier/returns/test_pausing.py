"""A domain of which too much comes back waits, and whoever asked for a mail does not."""

from datetime import datetime, timedelta

from sqlalchemy import update

from feeds.storage.database import Database
from notifier.model import DeliveryState, NoticeKind
from notifier.returns.taking import Taking
from notifier.storage import deliveries, returns
from notifier.storage.deliveries import Delivery
from notifier.storage.returns import Pause
from notifier.storage.tables import deliveries as table
from tests.builders import a_subscriber
from tests.contract.notifier.returns.test_taking import a_taking, of
from tests.outbox import NOW, a_ledger, outbox, people, queue, subscribe

UNTIL = NOW + timedelta(hours=24)


def taking(database: Database) -> Taking:
    return a_taking(database, NOW)


def refuse(
    database: Database, *queued: Delivery, form: str = "postfix-policy-0", now: datetime = NOW
) -> None:
    for one in queued:
        a_taking(database, now).take(of(form, one.id))


def paused(database: Database, now: datetime = NOW) -> dict[str, datetime]:
    with database.reading() as connection:
        return {name: each.until for name, each in returns.paused(connection, now).items()}


def claimed(database: Database, now: datetime) -> list[int]:
    ledger = a_ledger(database, now=now)
    with ledger.opened(["relay"], enough=1):
        return [one.id for one in ledger.claimed(50)]


def test_enough_readers_of_a_domain_pause_it(database: Database) -> None:
    """One of them does not, however often."""
    first, second, *_ = queue(database, 4)
    refuse(database, first, first)
    assert paused(database) == {}
    refuse(database, second)
    assert paused(database) == {"example.org": UNTIL}


def test_a_domain_that_takes_most_is_not_paused(database: Database) -> None:
    queued = queue(database, 5)
    with database.writing() as connection:
        connection.execute(update(table).values(state=DeliveryState.ACCEPTED))
    refuse(database, *queued[:2])
    assert paused(database) == {}
    # Who is none there is counted once in their life, and so a smaller share is enough.
    refuse(database, *queued[3:], form="postfix-hard-0")
    assert paused(database) == {"example.org": UNTIL}
    with database.reading() as connection:
        assert deliveries.accepted(connection, "example.org", NOW) == 5
        assert deliveries.accepted(connection, "example.org", UNTIL) == 0
        assert deliveries.accepted(connection, "example_org", NOW) == 0


def test_what_goes_to_a_paused_domain_waits_and_others_go(database: Database) -> None:
    queued = queue(database, 60)
    elsewhere = subscribe(database, a_subscriber(address="zoe@example.net", public_id="zoe"))
    other = queue(database, known=elsewhere)[-1]
    refuse(database, *queued[:2])
    # Though all that is claimed at first waits.
    assert claimed(database, NOW) == [other.id]
    assert {one.due_at for one in outbox(database) if one.id != other.id} == {UNTIL}
    assert len(claimed(database, UNTIL)) == 50


def test_whoever_asked_for_a_mail_gets_it(database: Database) -> None:
    first, second = queue(database, 2)
    refuse(database, first, second)
    with database.writing() as connection:
        [reader] = people(1)
        deliveries.notify_reader(connection, reader.address, NoticeKind.LINK, "1", NOW)
    [notice] = claimed(database, NOW)
    assert notice not in {first.id, second.id}


def test_a_pause_that_is_ended_lets_go_what_waited_and_counts_anew(database: Database) -> None:
    queued = queue(database, 6)
    refuse(database, *queued[:2])
    assert claimed(database, NOW) == []
    later = NOW + timedelta(hours=1)
    with database.writing() as connection:
        assert returns.end_pause(connection, "example.net", later) is None
        ended = returns.end_pause(connection, "example.org", later)
        assert ended == Pause(domain="example.org", since=NOW, until=UNTIL)
        assert deliveries.go_on(connection, "example.org", UNTIL, later) == 6
        assert returns.end_pause(connection, "example.org", later) is None
    assert len(claimed(database, later)) == 6
    again = later + timedelta(hours=1)
    refuse(database, queued[2], now=again)
    assert paused(database, again) == {}
    refuse(database, queued[3], now=again)
    assert paused(database, again) == {"example.org": again + timedelta(hours=24)}


def test_a_pause_that_is_over_is_no_longer_on_record(database: Database) -> None:
    with database.writing() as connection:
        returns.pause(connection, "example.org", NOW - timedelta(days=2), NOW - timedelta(days=1))
        returns.pause(connection, "example.net", NOW, UNTIL)
        returns.forget(connection, NOW)
        assert returns.paused(connection, NOW - timedelta(days=2)).keys() == {"example.net"}
