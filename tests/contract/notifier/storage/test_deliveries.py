"""A delivery is planned once, claimed by one node, settled by it, and never lost."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update

from feeds.storage.database import Database, store_time
from notifier.model import DeliveryState, Frequency, Settlement, Subscriber, Window
from notifier.storage import (
    deliveries,
    digests,
    senders,
    sending,
    subscribers,
    suppressions,
    tables,
    transitions,
)
from notifier.storage.digests import ToldItems
from notifier.storage.sending import Claimed
from tests.outbox import KEYED, NOW, outbox, queue


def lease(database: Database, node: str = "one") -> int:
    """A lease of a node that was not heard of before, or has been away."""
    with database.writing() as connection:
        return senders.begin(connection, node)


def claim(database: Database, by: int, count: int = 1, *, minutes: int = 0) -> list[int]:
    return [one.id for one in claimed(database, by, count, minutes=minutes)]


def claimed(database: Database, by: int, count: int = 1, *, minutes: int = 0) -> list[Claimed]:
    with database.writing() as connection:
        return sending.claim(connection, by, "one", NOW + timedelta(minutes=minutes), count)


def mark(database: Database, by: int, *ids: int) -> frozenset[int]:
    with database.writing() as connection:
        return sending.mark(connection, by, ids)


def settle(database: Database, by: int, *settlements: Settlement) -> None:
    with database.writing() as connection:
        sending.settle(connection, by, NOW, settlements, KEYED)


def recover(database: Database, *, doubts: int = 1) -> int:
    with database.writing() as connection:
        return sending.recover(connection, NOW, doubts=doubts)


def waiting(database: Database, *, node: str = "one", minutes: int = 0) -> int:
    now = NOW + timedelta(minutes=minutes)
    with database.reading() as connection:
        return sending.waiting(connection, node, now, enough=10)


def states(database: Database) -> list[DeliveryState]:
    return [one.state for one in outbox(database)]


def accepted(delivery: int) -> Settlement:
    return Settlement(delivery=delivery, state=DeliveryState.ACCEPTED, reply="250 OK")


def deferred(delivery: int, *, was_in_doubt: bool = False) -> Settlement:
    return Settlement(
        delivery=delivery,
        state=DeliveryState.DEFERRED,
        reply="450 later",
        again_at=NOW + timedelta(minutes=5),
        was_in_doubt=was_in_doubt,
    )


def test_what_is_queued_is_listed_the_latest_first(database: Database) -> None:
    queue(database, 3)
    with database.reading() as connection:
        assert [one.id for one in deliveries.latest(connection, 2)] == [3, 2]
        [first] = deliveries.latest(connection, 2, DeliveryState.QUEUED, before=2)
        assert deliveries.latest(connection, 9, reader=first.reader) == [first]
        assert deliveries.latest(connection, 9, DeliveryState.FAILED) == []
    assert (first.recipient, first.due_at, first.attempts) == ("reader1@example.org", NOW, 0)


def test_every_state_is_counted(database: Database) -> None:
    queue(database, 3)
    by = lease(database)
    settle(database, by, *map(accepted, claim(database, by)))
    with database.reading() as connection:
        counts = deliveries.counts(connection)
    assert list(counts) == list(DeliveryState)
    assert counts[DeliveryState.QUEUED] == 2
    assert counts[DeliveryState.ACCEPTED] == 1


def test_nothing_settled_writes_nothing(database: Database) -> None:
    with database.writing() as connection:
        sending.settle(connection, 1, NOW, [], KEYED)
        assert sending.mark(connection, 1, []) == frozenset()
        sending.take_back(connection, 1, [])
    assert outbox(database) == []


def test_a_recipe_is_kept_once_however_many_are_told_by_it(database: Database) -> None:
    queue(database, 2)
    with database.writing() as connection:
        told = [ToldItems(delivery=1, digest="a", items=3)]
        digests.keep(connection, {"a": "first", "b": "other"}, told, NOW)
        digests.keep(connection, {"a": "again"}, [ToldItems(delivery=2, digest="a", items=3)], NOW)
        assert digests.recipes(connection, ["a", "c"]) == {"a": "first"}
        assert digests.told(connection, 1, but=2) == ["first"]
        assert digests.told(connection, 1, but=1) == []
    assert [one.rendering for one in claimed(database, lease(database), 2)] == ["a", "a"]


def test_the_longest_due_is_claimed_first_and_by_one_node_only(database: Database) -> None:
    queue(database, 3)
    one, two = lease(database), lease(database, "two")
    assert claim(database, one, 2) == [1, 2]
    assert claim(database, two, 2) == [3]
    assert claim(database, two, 2) == []
    assert states(database) == [DeliveryState.QUEUED] * 3


def test_a_claim_brings_all_that_is_needed_to_send(database: Database) -> None:
    queue(database)
    [one] = claimed(database, lease(database))
    assert (one.recipient, one.attempts, one.in_doubt) == ("reader1@example.org", 0, 0)
    assert (one.rendering, one.created_at) == (None, NOW)
    assert (one.public_id, one.epoch, one.language) == ("reader1", 1, "en")
    assert one.windows == {Frequency.DAILY: Window(after=0, upto=1)}


def test_an_address_that_is_none_any_more_has_no_recipient(database: Database) -> None:
    queue(database)
    with database.writing() as connection:
        connection.execute(update(tables.subscribers).values(address="reader@müller..example"))
    assert [one.recipient for one in claimed(database, lease(database))] == [""]


def test_a_delivery_is_found_by_whose_it_is_and_its_period(database: Database) -> None:
    queue(database, 2)
    with database.reading() as connection:
        found = sending.of_period(connection, "reader2", "2026-11-24")
        assert sending.of_period(connection, "reader2", "2026-11-25") is None
        assert sending.of_period(connection, "nobody", "2026-11-24") is None
    assert found is not None
    assert found.recipient == "reader2@example.org"


def test_nothing_is_claimed_before_it_is_due(database: Database) -> None:
    queue(database)
    assert claim(database, lease(database), minutes=-1) == []
    assert waiting(database, minutes=-1) == 0
    assert waiting(database) == 1


def test_an_accepted_delivery_never_goes_out_again(database: Database) -> None:
    queue(database)
    by = lease(database)
    settle(database, by, *map(accepted, claim(database, by)))
    [one] = outbox(database)
    assert (one.state, one.attempts, one.reply) == (DeliveryState.ACCEPTED, 1, "250 OK")
    assert one.settled_at == NOW
    assert claim(database, lease(database), minutes=60) == []
    assert recover(database) == 0
    assert waiting(database, minutes=60) == 0


def test_a_deferred_delivery_wakes_when_its_time_has_come(database: Database) -> None:
    queue(database)
    by = lease(database)
    settle(database, by, *map(deferred, claim(database, by)))
    [one] = outbox(database)
    assert (one.state, one.attempts, one.settled_at) == (DeliveryState.DEFERRED, 1, None)
    for minutes, expected in ((4, []), (5, [1])):
        with database.writing() as connection:
            sending.wake(connection, NOW + timedelta(minutes=minutes))
        assert waiting(database, minutes=minutes) == len(expected)
        assert claim(database, by, minutes=minutes) == expected


def test_a_lost_answer_counts_as_a_doubt(database: Database) -> None:
    queue(database)
    by = lease(database)
    settle(database, by, *[deferred(one, was_in_doubt=True) for one in claim(database, by)])
    assert [one.in_doubt for one in outbox(database)] == [1]


def test_what_a_crash_left_on_the_wire_is_sent_once_more_and_counted(database: Database) -> None:
    queue(database, 3)
    by = lease(database)
    assert mark(database, by, *claim(database, by, 2)[:1]) == {1}
    assert states(database)[0] is DeliveryState.SENDING
    assert (waiting(database), waiting(database, node="two"), recover(database)) == (3, 1, 0)
    again = lease(database)
    assert recover(database) == 1
    assert [one.in_doubt for one in outbox(database)] == [1, 0, 0]
    assert claim(database, again, 9) == [1, 2, 3]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_what_a_new_lease_took_meanwhile_is_not_what_an_ended_one_left(database: Database) -> None:
    """Whoever recovers sees the leases of the moment they began, and each row as it is by then."""
    queue(database, 2)
    by = lease(database)
    assert mark(database, by, *claim(database, by, 2)) == {1, 2}
    with database.writing() as connection:
        senders.end(connection, by)
    recovered: list[int] = []
    waiting = Thread(target=lambda: recovered.append(recover(database)))
    first = tables.deliveries.c.id == 1
    with database.writing() as connection:
        connection.execute(select(tables.deliveries).where(first).with_for_update())
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        with database.writing() as other:
            sending.take_back(other, by, [2])
        again = lease(database, "two")
        assert mark(database, again, *claim(database, again, 2)) == {2}
    waiting.join()
    assert recovered == [1]
    assert states(database) == [DeliveryState.QUEUED, DeliveryState.SENDING]


def test_what_was_claimed_and_not_marked_is_never_in_doubt(database: Database) -> None:
    queue(database, 2)
    claim(database, lease(database), 2)
    by = lease(database)
    assert recover(database) == 0
    assert claim(database, by, 2) == [1, 2]
    assert [one.in_doubt for one in outbox(database)] == [0, 0]


def test_what_did_not_leave_after_all_is_not_in_doubt_either(database: Database) -> None:
    queue(database, 2)
    by = lease(database)
    ids = claim(database, by, 2)
    assert mark(database, by, *ids) == {1, 2}
    with database.writing() as connection:
        sending.take_back(connection, by, ids[:1])
    assert states(database) == [DeliveryState.QUEUED, DeliveryState.SENDING]
    assert mark(database, by, 1) == {1}


def test_who_left_since_it_was_claimed_is_not_sent_anything(database: Database) -> None:
    queue(database, 2)
    by = lease(database)
    ids = claim(database, by, 2)
    with database.writing() as connection:
        deliveries.drop(connection, [1], NOW)
    assert mark(database, by, *ids) == {2}


def on_the_wire(database: Database, count: int = 1) -> list[int]:
    """A node that was not at work claims and marks so many."""
    by = lease(database)
    ids = claim(database, by, count)
    mark(database, by, *ids)
    return ids


def test_what_is_in_doubt_again_is_held(database: Database) -> None:
    """However often its sender dies, nobody gets a message more than twice."""
    queue(database)
    for _ in range(2):
        on_the_wire(database)
        lease(database)
        assert recover(database) == 1
    [one] = outbox(database)
    assert (one.state, one.in_doubt, one.attempts) == (DeliveryState.UNCERTAIN, 2, 2)
    assert (one.settled_at, "ended before" in str(one.reply)) == (NOW, True)
    assert claim(database, lease(database)) == []


def test_what_may_have_ended_its_sender_is_sent_behind_the_others(database: Database) -> None:
    queue(database, 2, now=NOW - timedelta(minutes=1))
    assert on_the_wire(database) == [1]
    by = lease(database)
    recover(database)
    assert [claim(database, by), claim(database, by)] == [[2], [1]]


@pytest.mark.parametrize("unwritable", ["250 \ud800", "250 \0"])
def test_one_outcome_that_cannot_be_written_spoils_no_other(
    database: Database, unwritable: str
) -> None:
    """It is held, as else it would be sent again by each run for ever."""
    queue(database, 4)
    by = lease(database)
    results = [accepted(one) for one in claim(database, by, 4)]
    results[1] = results[1]._replace(reply=unwritable)
    with database.writing() as connection:
        held = sending.settle_or_hold(connection, by, NOW, results, KEYED)
    kept_by_sqlite = held == []
    expected = DeliveryState.ACCEPTED if kept_by_sqlite else DeliveryState.UNCERTAIN
    assert held == ([] if kept_by_sqlite else [2])
    assert states(database) == [
        DeliveryState.ACCEPTED,
        expected,
        DeliveryState.ACCEPTED,
        DeliveryState.ACCEPTED,
    ]
    assert recover(database) == 0


def test_the_first_attempt_is_remembered(database: Database) -> None:
    queue(database)
    by = lease(database)
    [first] = claimed(database, by)
    settle(database, by, deferred(first.id))
    with database.writing() as connection:
        sending.wake(connection, NOW + timedelta(hours=1))
    [second] = claimed(database, by, minutes=60)
    assert (first.tried_at, first.attempts) == (None, 0)
    assert (second.tried_at, second.attempts) == (NOW, 1)


def test_what_is_in_doubt_is_held_where_a_person_is_to_decide(database: Database) -> None:
    queue(database)
    by = lease(database)
    mark(database, by, *claim(database, by))
    by = lease(database)
    assert recover(database, doubts=0) == 1
    assert states(database) == [DeliveryState.UNCERTAIN]
    assert claim(database, by) == []


@pytest.mark.parametrize(
    ("send", "becomes"), [(True, DeliveryState.QUEUED), (False, DeliveryState.FAILED)]
)
def test_a_person_decides_what_becomes_of_a_held_delivery(
    database: Database, *, send: bool, becomes: DeliveryState
) -> None:
    queue(database)
    by = lease(database)
    (held,) = claim(database, by)
    mark(database, by, held)
    lease(database)
    recover(database, doubts=0)
    with database.writing() as connection:
        assert deliveries.release(connection, held, NOW, send=send) is True
        assert deliveries.release(connection, held, NOW, send=send) is False
    assert states(database) == [becomes]


def test_what_a_vanished_node_had_is_taken_over_when_its_lease_ends(database: Database) -> None:
    queue(database, 2)
    gone = lease(database, "gone")
    mark(database, gone, *claim(database, gone, 2)[:1])
    two = lease(database, "two")
    assert (claim(database, two), recover(database)) == ([], 0)
    with database.writing() as connection:
        ended = store_time(connection) - timedelta(seconds=1)
        connection.execute(update(tables.senders).filter_by(number=gone).values(until=ended))
    assert recover(database) == 1
    assert claim(database, two, 2) == [1, 2]
    with database.writing() as connection:
        assert not senders.renew(connection, gone)


def test_a_lease_goes_on_for_who_lives_and_ends_with_who_says_so(database: Database) -> None:
    queue(database)
    by, other = lease(database), lease(database, "two")
    claim(database, by)
    with database.writing() as connection:
        assert senders.renew(connection, by)
        senders.end(connection, by)
        assert not senders.renew(connection, by)
    assert claim(database, other) == [1]


def test_a_lease_is_as_long_as_a_takeover_may_last_by_the_clock_of_the_store(
    database: Database,
) -> None:
    lease(database)
    with database.reading() as connection:
        now = store_time(connection)
        until = connection.execute(select(tables.senders.c.until)).scalar_one()
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)
    assert 3 * senders.RENEWAL < until - now <= senders.LEASE < timedelta(minutes=1)


def test_a_node_that_was_given_up_does_not_change_what_another_sends(database: Database) -> None:
    queue(database)
    one = lease(database)
    mark(database, one, *claim(database, one))
    two = lease(database, "two")
    with database.writing() as connection:
        senders.end(connection, one)
    recover(database)
    mark(database, two, *claim(database, two))
    settle(database, one, accepted(1))
    assert mark(database, one, 1) == frozenset()
    assert states(database) == [DeliveryState.SENDING]
    settle(database, two, accepted(1))
    assert states(database) == [DeliveryState.ACCEPTED]


def test_a_dead_address_is_suppressed_with_all_that_waits_for_it(database: Database) -> None:
    queue(database, 2)
    with database.reading() as connection:
        [reader, _] = subscribers.everybody(connection, ZoneInfo("UTC"))
    queue(database, known=[reader], period="2026-11-25")
    by = lease(database)
    [dead] = claimed(database, by)
    settle(
        database,
        by,
        Settlement(
            delivery=dead.id,
            state=DeliveryState.FAILED,
            reply="550 5.1.1 no such user",
            dead=dead.recipient,
        ),
    )
    assert states(database) == [
        DeliveryState.FAILED,
        DeliveryState.QUEUED,
        DeliveryState.SUPPRESSED,
    ]
    with database.reading() as connection:
        assert suppressions.among(connection, [KEYED("READER1@example.org")])


def test_two_nodes_claim_at_once_and_share(database: Database) -> None:
    queue(database, 40)
    got: dict[str, list[int]] = {"one": [], "two": []}

    def take(node: str) -> None:
        by = lease(database, node)
        while ids := claim(database, by, 3):
            got[node] += ids

    nodes = [Thread(target=take, args=(node,)) for node in got]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()
    assert sorted(got["one"] + got["two"]) == list(range(1, 41))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_claim_walks_its_index_and_sorts_nothing(database: Database) -> None:
    statement = (
        "EXPLAIN QUERY PLAN SELECT id FROM deliveries WHERE state = 'queued' AND due_at <= '2027'"
        " AND (lease IS NULL OR lease NOT IN (SELECT number FROM senders WHERE until > '2027'))"
        " ORDER BY due_at, id LIMIT 10"
    )
    with database.reading() as connection:
        steps = " ".join(row.detail for row in connection.execute(text(statement)))
    assert "ix_deliveries_state" in steps
    assert "TEMP B-TREE" not in steps


def test_what_is_old_is_counted_and_kept_no_longer(database: Database) -> None:
    long_ago = NOW - timedelta(days=31)
    old = queue(database, 4, now=long_ago)
    states = (DeliveryState.ACCEPTED, DeliveryState.ACCEPTED, DeliveryState.DEFERRED)
    with database.writing() as connection:
        for one, state in zip(old, (*states, DeliveryState.UNCERTAIN), strict=True):
            is_it = tables.deliveries.c.id == one.id
            connection.execute(update(tables.deliveries).where(is_it).values(state=state))
            transitions.note(connection, is_it, NOW, was_tried=False)
    queue(database, known=people_of(database)[:1], period="new")
    with database.writing() as connection:
        before = deliveries.counts(connection)
        last = deliveries.forget(connection, NOW - timedelta(days=30), 0, 3)
        assert last == old[2].id
        assert deliveries.forget(connection, NOW - timedelta(days=30), last, 3) is None
        assert deliveries.counts(connection) == before
        kept = connection.execute(select(tables.transitions.c.delivery)).scalars().all()
        counted = connection.execute(select(tables.delivery_counts)).all()
    assert [one.state for one in outbox(database)] == ["deferred", "queued"]
    assert kept == [old[2].id]
    day = long_ago.date()
    assert sorted(map(tuple, counted)) == [(day, "", "accepted", 2), (day, "", "uncertain", 1)]


def test_what_was_told_is_kept_as_long_as_whoever_was_told_it(database: Database) -> None:
    [queued] = queue(database)
    with database.writing() as connection:
        told = [ToldItems(delivery=queued.id, digest="a", items=1)]
        digests.keep(connection, {"a": "first"}, told, NOW)
        digests.forget(connection, NOW + timedelta(days=7))
        assert digests.recipes(connection, ["a"]) == {"a": "first"}
        digests.forget(connection, NOW + timedelta(days=7, seconds=1))
        assert digests.recipes(connection, ["a"]) == {}


def people_of(database: Database) -> list[Subscriber]:
    with database.reading() as connection:
        return subscribers.everybody(connection, ZoneInfo("Europe/Vienna"))
