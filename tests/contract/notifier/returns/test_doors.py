"""A mailbox that cannot be read is an incident, for all who look after it, until it can."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from structlog.testing import capture_logs

from feeds.storage.database import Database
from notifier.errors import MailboxUnreadable
from notifier.model import Incident
from notifier.returns.doors import Door, look
from notifier.returns.mailbox_door import RemoteMailbox
from notifier.returns.maildir_door import ReturnsFolder
from notifier.storage import incidents
from tests.outbox import NOW

AWAY = RemoteMailbox(
    protocol="imap", host="127.0.0.1", port=1, security="none", username="a", password="b"
)
OTHER = Incident(since=NOW, problem="550", refusals=3, probes=1, again_at=NOW)


class Box:
    """A mailbox that does as told."""

    name = "returns.mailbox imap.example.org"
    problem = ""

    def read(self, take: Callable[[bytes], object], stopping: Event) -> int:
        if self.problem:
            raise MailboxUnreadable(self.name, self.problem)
        take(b"mail")
        return 1


def known(database: Database) -> dict[str, Incident]:
    with database.reading() as connection:
        return incidents.every(connection)


def looked(database: Database, *doors: Door, minutes: int = 0) -> list[bytes]:
    taken = list[bytes]()
    look(database, doors, taken.append, lambda: NOW + timedelta(minutes=minutes), Event())
    return taken


def test_it_is_told_once_since_when_and_gone_when_it_can_be_read(database: Database) -> None:
    with database.writing() as connection:
        incidents.keep(connection, "relay", OTHER)
    box = Box()
    with capture_logs() as logs:
        for minutes, problem in enumerate(("", "no such user", "no such user", "busy", "")):
            box.problem = problem
            # One that is broken keeps no other out.
            assert looked(database, AWAY, box, minutes=minutes) == [b"mail"] * (not problem)
            told = known(database).pop(box.name, None)
            assert (told.problem if told else "") == problem
            assert told is None or told.since == NOW + timedelta(minutes=1)
    assert known(database).keys() == {"relay", AWAY.name}
    assert "refused" in known(database)[AWAY.name].problem
    said = [one["event"] for one in logs if one["mailbox"] == box.name]
    assert said == ["mailbox unreadable"] * 2 + ["mailbox read again"]


def test_one_that_is_none_of_the_settings_any_more_is_no_incident(database: Database) -> None:
    looked(database, AWAY)
    assert known(database).keys() == {AWAY.name}
    looked(database)
    assert known(database) == {}


def test_a_maildir_without_its_folders_has_no_mail_yet(database: Database, tmp_path: Path) -> None:
    assert looked(database, ReturnsFolder(tmp_path / "none")) == []
    assert known(database) == {}


def unreadable_folder(root: Path) -> None:
    (root / "new").write_bytes(b"")


def unreadable_mail(root: Path) -> None:
    (root / "new").mkdir()
    (root / "new" / "1.mx").symlink_to("1.mx")
    (root / "new" / "2.mx").write_bytes(b"mail")


def unwritable_folder(root: Path) -> None:
    unreadable_mail(root)
    (root / "cur").write_bytes(b"")


@pytest.mark.parametrize(
    ("make", "taken", "problem"),
    [
        (unreadable_folder, 0, "Not a directory"),
        (unreadable_mail, 1, "1 mails, of them 1.mx: Too many levels of symbolic links"),
        (unwritable_folder, 1, "2.mx: File exists"),
    ],
)
def test_a_maildir_that_cannot_be_read_is_told(
    database: Database, tmp_path: Path, make: Callable[[Path], None], taken: int, problem: str
) -> None:
    make(tmp_path)
    folder = ReturnsFolder(tmp_path)
    assert looked(database, folder) == [b"mail"] * taken
    assert {name: each.problem for name, each in known(database).items()} == {folder.name: problem}
