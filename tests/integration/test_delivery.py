"""Everything queued goes out: never again after a success, never not at all."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from feeds.errors import StoreBusy
from feeds.storage.database import Database
from notifier.errors import LeaseLost, MessageRefused, TransportUnavailable
from notifier.mail import Ended, Transport
from notifier.mail.ledger import Ledger, LedgerEntry
from notifier.mail.lines import WholeLines
from notifier.mail.send import DeliveryReport, deliver
from notifier.model import DeliveryState, Envelope, Reply, Settlement, Skip, Stage
from notifier.storage import senders, sending, subscribers, suppressions
from notifier.storage.sending import Claimed
from tests.outbox import GIVE_UP_AFTER, KEYED, NOW, SENDER, a_ledger, letters, outbox, queue

ROOT = Path(__file__).parents[2]
OK = Reply(stage=Stage.DOT, code=250, enhanced="2.0.0", text="Ok")
GREYLISTED = Reply(stage=Stage.RCPT, code=450, enhanced="4.2.0", text="greylisted")
NO_SUCH_USER = Reply(stage=Stage.RCPT, code=550, enhanced="5.1.1", text="no such user")
LOST = Reply(stage=Stage.MAIL, code=None, enhanced=None, text="hung up")
LOST_AFTER_DOT = Reply(stage=Stage.DOT, code=None, enhanced=None, text="hung up")

#: What becomes of a message, by the session that sends it.
Script = Callable[[Envelope], Reply]


@dataclass
class Postbox:
    """A transport that takes down what it is given and answers as the script says."""

    script: Script = lambda envelope: OK
    sessions: int = 4
    weight: int = 1
    name: str = "the postbox"
    doors: int = 99
    taken: list[Envelope] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    async def open(self, ended: Ended) -> "Slot":
        if self.opened >= self.doors:
            raise TransportUnavailable(self.name, "no more doors")
        self.opened += 1
        return Slot(self, ended)


@dataclass
class Slot:
    postbox: Postbox
    ended: Ended
    usable: bool = True
    begun: list[Envelope] = field(default_factory=list)

    def begin(self, envelope: Envelope) -> None:
        assert self.usable
        self.begun.append(envelope)

    def finish(self) -> None:
        envelope = self.begun.pop(0)
        reply = self.postbox.script(envelope)
        self.postbox.taken.append(envelope)
        asyncio.get_running_loop().call_later(0.001, self._answer, envelope, reply)

    def _answer(self, envelope: Envelope, reply: Reply) -> None:
        self.usable = reply.code not in {None, 421}
        self.ended(envelope, reply)
        if not self.usable:
            self.abort()

    def abort(self) -> None:
        self.usable = False
        begun, self.begun = self.begun, []
        for envelope in begun:
            self.ended(envelope, LOST)

    async def close(self) -> None:
        self.postbox.closed += 1


def run(
    database: Database,
    transport: Transport,
    *,
    minutes: float = 0,
    stopping: Event | None = None,
    **changes: Any,
) -> DeliveryReport:
    ledger = a_ledger(database, now=NOW + timedelta(minutes=minutes), **changes)
    return asyncio.run(deliver(ledger, transport, stopping=stopping))


def states(database: Database) -> list[DeliveryState]:
    return [delivery.state for delivery in outbox(database)]


def first_time(reply: Reply) -> Script:
    """Everybody gets the reply the first time, and afterwards is served as usual."""
    seen: set[str] = set()

    def script(envelope: Envelope) -> Reply:
        if envelope.recipient in seen:
            return OK
        seen.add(envelope.recipient)
        return reply

    return script


def test_what_is_queued_goes_out_and_never_again(database: Database) -> None:
    queue(database, 10)
    postbox = Postbox()
    assert run(database, postbox) == DeliveryReport(accepted=10)
    assert states(database) == [DeliveryState.ACCEPTED] * 10
    assert sorted(one.recipient for one in postbox.taken) == sorted(
        one.recipient for one in outbox(database)
    )
    assert (postbox.opened, postbox.closed) == (4, 4)
    assert run(database, postbox) == DeliveryReport()
    assert run(database, postbox, minutes=60 * 24 * 9) == DeliveryReport()
    assert len(postbox.taken) == 10


def test_a_run_that_is_cut_off_leaves_no_thread_and_the_usual_turns(database: Database) -> None:
    queue(database, 4)
    usual = sys.getswitchinterval()

    async def cut_off() -> None:
        def script(envelope: Envelope) -> Reply:
            task.cancel()
            return OK

        task = asyncio.create_task(deliver(a_ledger(database), Postbox(script)))
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cut_off())
    assert sys.getswitchinterval() == usual


def test_no_session_is_opened_where_nothing_is_to_be_sent(database: Database) -> None:
    queue(database, 1)
    postbox = Postbox()
    assert run(database, postbox, minutes=-1) == DeliveryReport()
    assert postbox.opened == 0
    run(database, postbox)
    assert postbox.opened == 1


def test_an_envelope_is_complete(database: Database) -> None:
    queue(database)
    postbox = Postbox()
    run(database, postbox)
    [envelope] = postbox.taken
    [delivery] = outbox(database)
    assert (envelope.sender, envelope.recipient) == (SENDER.address, delivery.recipient)
    assert f"Message-ID: {envelope.message_id}\r\n".encode() in bytes(envelope.content)
    assert (envelope.attempts, envelope.in_doubt, envelope.first_at) == (0, 0, NOW)


def test_a_temporary_refusal_is_tried_again_later_with_the_same_bytes(
    database: Database,
) -> None:
    queue(database, 3)
    postbox = Postbox(first_time(GREYLISTED))
    assert run(database, postbox) == DeliveryReport(deferred=3)
    assert run(database, postbox, minutes=4) == DeliveryReport()
    assert run(database, postbox, minutes=5) == DeliveryReport(accepted=3)
    assert [one.attempts for one in outbox(database)] == [2, 2, 2]
    assert len({(one.message_id, bytes(one.content)) for one in postbox.taken}) == 3


def test_who_is_refused_for_days_is_given_up(database: Database) -> None:
    """Days after the first attempt, however long it had waited for that."""
    queue(database, now=NOW - timedelta(days=9))
    postbox = Postbox(lambda envelope: GREYLISTED)
    minutes = 0.0
    while run(database, postbox, minutes=minutes).failed == 0:
        [delivery] = outbox(database)
        minutes = (delivery.due_at - NOW) / timedelta(minutes=1)
    assert GIVE_UP_AFTER <= timedelta(minutes=minutes) < timedelta(days=5)
    assert states(database) == [DeliveryState.FAILED]


def test_a_dead_address_stops_and_is_suppressed_and_the_others_go_on(
    database: Database,
) -> None:
    queue(database, 5)
    postbox = Postbox(lambda one: NO_SUCH_USER if "reader2" in one.recipient else OK)
    assert run(database, postbox) == DeliveryReport(accepted=4, failed=1)
    assert run(database, postbox, minutes=60 * 24) == DeliveryReport()
    with database.reading() as connection:
        barred = suppressions.among(connection, [KEYED(f"reader{n}@example.org") for n in (1, 2)])
    assert barred == {KEYED("reader2@example.org")}


def test_a_connection_lost_before_the_dot_is_never_in_doubt(database: Database) -> None:
    """What was on it goes out on another one, at once."""
    queue(database, 2)
    postbox = Postbox(first_time(LOST), sessions=1)
    assert run(database, postbox) == DeliveryReport(accepted=2)
    assert [(one.attempts, one.in_doubt) for one in outbox(database)] == [(2, 0)] * 2


def test_a_message_that_breaks_each_connection_waits_and_the_others_go_on(
    database: Database,
) -> None:
    queue(database, 6)
    postbox = Postbox(lambda one: LOST if "reader3" in one.recipient else OK, sessions=2)
    assert run(database, postbox) == DeliveryReport(accepted=5, deferred=1)
    assert [one.recipient for one in postbox.taken].count("reader3@example.org") == 2
    assert [one.attempts for one in outbox(database)] == [1, 1, 2, 1, 1, 1]


def test_a_relay_that_loses_all_it_is_given_is_left_alone(database: Database) -> None:
    queue(database, 20)
    postbox = Postbox(lambda envelope: LOST, sessions=2)
    report = run(database, postbox)
    assert len(postbox.taken) <= 8
    assert report.problem is not None
    assert states(database).count(DeliveryState.SENDING) == 0
    assert postbox.closed == postbox.opened
    assert run(database, Postbox(), minutes=10) == DeliveryReport(accepted=20)


def test_a_problem_tells_no_words_of_the_server(database: Database) -> None:
    """They may hold the address of whom the message was for, and problems are logged."""
    queue(database, 3)
    closing = GREYLISTED._replace(code=421, enhanced="4.3.2", text="reader1@example.org waits")
    report = run(database, Postbox(lambda envelope: closing, sessions=1))
    assert report.problem is not None
    assert "the last with 421 4.3.2" in report.problem
    assert "reader1" not in report.problem


def test_silence_after_the_dot_is_asked_once_more_and_counted(database: Database) -> None:
    queue(database)
    postbox = Postbox(first_time(LOST_AFTER_DOT))
    assert run(database, postbox) == DeliveryReport(in_doubt=1)
    assert run(database, postbox, minutes=4) == DeliveryReport()
    assert run(database, postbox, minutes=5) == DeliveryReport(accepted=1)
    assert [one.in_doubt for one in outbox(database)] == [1]
    assert len({bytes(one.content) for one in postbox.taken}) == 1


def test_silence_after_the_dot_is_held_where_a_person_decides(database: Database) -> None:
    queue(database)
    postbox = Postbox(lambda envelope: LOST_AFTER_DOT)
    assert run(database, postbox, doubts=0) == DeliveryReport(in_doubt=1)
    assert states(database) == [DeliveryState.UNCERTAIN]
    assert run(database, postbox, minutes=60 * 24) == DeliveryReport()


def test_nothing_is_claimed_before_a_session_is_open(database: Database) -> None:
    queue(database, 3)
    problem = "cannot hand mail to the postbox: no more doors; everything stays queued"
    assert run(database, Postbox(doors=0)) == DeliveryReport(problem=problem)
    assert [(one.state, one.attempts) for one in outbox(database)] == [
        (DeliveryState.QUEUED, 0)
    ] * 3


def test_who_is_let_in_does_the_work_of_who_is_not(database: Database) -> None:
    queue(database, 9)
    postbox = Postbox(doors=2)
    assert run(database, postbox) == DeliveryReport(accepted=9)


def test_a_session_that_is_dead_when_it_opens_is_unavailable(database: Database) -> None:
    queue(database)

    class Closed(Postbox):
        async def open(self, ended: Ended) -> Slot:
            return replace(await super().open(ended), usable=False)

    postbox = Closed()
    assert "hangs up" in str(run(database, postbox).problem)
    assert states(database) == [DeliveryState.QUEUED]
    assert postbox.closed == 1


def test_a_run_that_is_to_stop_finishes_what_is_in_hand(database: Database) -> None:
    queue(database, 20)
    stopping = Event()

    def script(envelope: Envelope) -> Reply:
        stopping.set()
        return OK

    report = run(database, Postbox(script), stopping=stopping)
    # One on the wire of each session, and one begun behind it.
    assert 1 <= report.accepted <= 8
    assert states(database).count(DeliveryState.SENDING) == 0
    assert states(database).count(DeliveryState.QUEUED) == 20 - report.accepted
    assert run(database, Postbox()).accepted == 20 - report.accepted


def test_a_message_nobody_can_make_fails_and_the_others_go_on(database: Database) -> None:
    queue(database, 3)

    def compose(claimed: Sequence[Claimed]) -> list[WholeLines | Skip | MessageRefused]:
        refused = MessageRefused("body", "it cannot be")
        made = zip(claimed, letters(claimed), strict=True)
        return [refused if one.id == 1 else letter for one, letter in made]

    report = run(database, Postbox(sessions=1), compose=compose)
    assert report == DeliveryReport(accepted=2, failed=1)
    assert states(database)[0] is DeliveryState.FAILED


def test_a_message_with_nothing_to_say_is_skipped_and_the_others_go_on(
    database: Database,
) -> None:
    queue(database, 3)

    def compose(claimed: Sequence[Claimed]) -> list[WholeLines | Skip | MessageRefused]:
        return [
            Skip.NOTHING_NEW if one.id == 2 else content
            for one, content in zip(claimed, letters(claimed), strict=True)
        ]

    report = run(database, Postbox(sessions=1), compose=compose)
    assert report == DeliveryReport(accepted=2, unsent={Skip.NOTHING_NEW: 1})
    assert states(database)[1] is DeliveryState.SKIPPED
    assert outbox(database)[1].reply == "nothing-new"


def test_a_bug_in_one_session_does_not_cut_off_the_others(database: Database) -> None:
    queue(database, 12)

    def script(envelope: Envelope) -> Reply:
        if envelope.attempts == envelope.in_doubt == 0 and "reader3@" in envelope.recipient:
            raise ZeroDivisionError
        return OK

    postbox = Postbox(script, sessions=3)
    with pytest.raises(ZeroDivisionError):
        run(database, postbox)
    assert states(database).count(DeliveryState.ACCEPTED) == 11
    assert postbox.closed == postbox.opened
    assert run(database, postbox) == DeliveryReport(accepted=1, in_doubt=1)


def on_the_wire(database: Database, node: str, marked: int, claimed: int) -> int:
    """A node's lease, under which it claimed so many, of which it marked the first."""
    with database.writing() as connection:
        lease = senders.begin(connection, node)
        ids = [one.id for one in sending.claim(connection, lease, "one", NOW, claimed)]
        sending.mark(connection, lease, ids[:marked])
    return lease


def test_what_a_crash_left_is_in_doubt_and_goes_out(database: Database) -> None:
    """What was claimed only is not in doubt."""
    queue(database, 5)
    on_the_wire(database, "one", 2, 4)
    assert run(database, Postbox()) == DeliveryReport(accepted=5, in_doubt=2)
    assert [one.in_doubt for one in outbox(database)] == [1, 1, 0, 0, 0]


def test_what_another_node_has_in_hand_is_left_to_it_until_its_lease_ends(
    database: Database,
) -> None:
    queue(database, 4)
    lease = on_the_wire(database, "two", 2, 3)
    assert run(database, Postbox(), minutes=60) == DeliveryReport(accepted=1)
    assert run(database, Postbox(), minutes=60) == DeliveryReport()
    with database.writing() as connection:
        senders.end(connection, lease)
    assert run(database, Postbox()) == DeliveryReport(accepted=3, in_doubt=2)


def test_who_stood_still_for_too_long_sends_nothing_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another node may have taken over what was on the wire."""
    queue(database, 40)
    monkeypatch.setattr(senders, "RENEWAL", timedelta(0))
    postbox = Postbox(sessions=1)

    def script(envelope: Envelope) -> Reply:
        if len(postbox.taken) == 2:
            with database.writing() as connection:
                senders.begin(connection, "one")
        return OK

    postbox.script = script
    with pytest.raises(LeaseLost):
        run(database, postbox)
    assert len(postbox.taken) == 3
    assert states(database).count(DeliveryState.SENDING) == 1
    assert run(database, Postbox()) == DeliveryReport(accepted=38, in_doubt=1)


def test_a_bug_where_the_ledger_is_kept_ends_the_run(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever for a thread that is gone."""
    queue(database, 40)
    postbox = Postbox(sessions=2)
    serve = Ledger.serve

    def serves(ledger: Ledger, exchanges: Sequence[LedgerEntry]) -> None:
        if len(postbox.taken) >= 3:
            raise RuntimeError("a bug")
        serve(ledger, exchanges)

    monkeypatch.setattr(Ledger, "serve", serves)
    with pytest.raises(RuntimeError, match="a bug"):
        run(database, postbox)
    monkeypatch.undo()
    in_doubt = states(database).count(DeliveryState.SENDING)
    assert run(database, Postbox()).in_doubt == in_doubt > 0


def test_who_left_since_their_message_was_claimed_does_not_get_it(database: Database) -> None:
    queue(database, 4)
    postbox = Postbox(sessions=1)

    def script(envelope: Envelope) -> Reply:
        if not postbox.taken:
            with database.writing() as connection:
                subscribers.leave(connection, "reader2", NOW)
                subscribers.leave(connection, "reader4", NOW)
        return OK

    postbox.script = script
    assert run(database, postbox) == DeliveryReport(accepted=2)
    assert [one.recipient for one in postbox.taken] == [
        "reader1@example.org",
        "reader3@example.org",
    ]
    assert states(database).count(DeliveryState.SUPPRESSED) == 2


def test_the_same_node_does_not_deliver_twice_at_once(database: Database) -> None:
    queue(database)
    with database.exclusive("delivery-one"), pytest.raises(StoreBusy):
        run(database, Postbox())
    assert states(database) == [DeliveryState.QUEUED]


def failing(monkeypatch: pytest.MonkeyPatch, when: Callable[[Sequence[Settlement]], bool]) -> None:
    """The store refuses to record some results."""
    for name in ("settle", "settle_or_hold"):
        settle = getattr(sending, name)

        def refusing(*args: Any, settle: Callable[..., Any] = settle) -> Any:
            if when(args[3]):
                raise RuntimeError("the disk is full")
            return settle(*args)

        monkeypatch.setattr(sending, name, refusing)


def test_a_store_that_fails_for_a_moment_loses_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(database, 12)
    failures = [True]
    failing(monkeypatch, lambda settled: bool(settled) and bool(failures) and failures.pop())
    assert run(database, Postbox()) == DeliveryReport(accepted=12)


def test_a_result_that_cannot_be_recorded_spoils_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(database, 12)
    failing(monkeypatch, lambda settled: any(one.delivery == 3 for one in settled))
    with pytest.raises(RuntimeError):
        run(database, Postbox())
    assert states(database).count(DeliveryState.ACCEPTED) == 11
    monkeypatch.undo()
    assert run(database, Postbox()) == DeliveryReport(accepted=1, in_doubt=1)


def test_nothing_more_is_sent_where_nothing_can_be_recorded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(database, 40)
    failing(monkeypatch, bool)
    postbox = Postbox(sessions=2)
    with pytest.raises(RuntimeError):
        run(database, postbox)
    assert len(postbox.taken) <= 12
