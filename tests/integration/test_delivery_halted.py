"""Somebody stops mail: no further message leaves, and what waits is as it was."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from feeds.storage.database import Database
from notifier.errors import MessageRefused
from notifier.mail.ledger import Compose
from notifier.mail.lines import WholeLines
from notifier.mail.maildir import Maildir
from notifier.mail.send import DeliveryReport, deliver
from notifier.model import DeliveryState, NoticeKind, Skip
from notifier.storage import deliveries, senders
from notifier.storage.sending import Claimed
from tests.outbox import NOW, a_ledger, letters, outbox, queue

MANY = 160
STOPPED = senders.Halt(since=NOW, who="an editor", reason="a wrong item")


def run(database: Database, folder: Path, compose: Compose = letters) -> DeliveryReport:
    return asyncio.run(deliver(a_ledger(database, compose=compose), Maildir(folder)))


def test_a_halt_ends_a_run_before_its_next_message(database: Database, tmp_path: Path) -> None:
    queue(database, MANY)
    composed: list[int] = []

    def stopping(claimed: Sequence[Claimed]) -> list[WholeLines | Skip | MessageRefused]:
        composed.append(len(claimed))
        if len(composed) == 2:
            with database.writing() as connection:
                senders.pause(connection, STOPPED)
        return letters(claimed)

    report = run(database, tmp_path, stopping)
    assert report.accepted < MANY - composed[1]
    assert report.problem == "mail is paused by an editor since 2026-11-23 11:00Z: a wrong item"
    queued = [one for one in outbox(database) if one.state is DeliveryState.QUEUED]
    assert len(queued) == MANY - report.accepted
    assert run(database, tmp_path) == DeliveryReport(problem=report.problem)
    with database.writing() as connection:
        assert senders.resume(connection)
        assert not senders.resume(connection)
    assert run(database, tmp_path) == DeliveryReport(accepted=len(queued))
    assert len([*(tmp_path / "new").iterdir()]) == MANY


def test_a_halt_of_digests_lets_answers_to_readers_leave(
    database: Database, tmp_path: Path
) -> None:
    [first, *_] = queue(database, 3)
    with database.writing() as connection:
        deliveries.notify(connection, NoticeKind.LINK, {first.subscriber: "1"}, NOW)
        senders.pause(connection, senders.Halt(since=NOW, who="Eva", digests_only=True))
    problem = "digests are paused by Eva since 2026-11-23 11:00Z"
    assert run(database, tmp_path) == DeliveryReport(accepted=1, problem=problem)
    with database.writing() as connection:
        senders.pause(connection, STOPPED)
        deliveries.notify(connection, NoticeKind.LINK, {first.subscriber: "2"}, NOW)
    assert run(database, tmp_path).accepted == 0
