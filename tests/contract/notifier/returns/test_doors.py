"""A mailbox that cannot be read is an incident, for all who look after it, until it can."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from structlog.testing import capture_logs

from feeds.storage.database import Database
from notifier.errors import MailboxUnreadable
from notifier.incidents.incident import IncidentKind, Trouble
from notifier.incidents.journal import Journal
from notifier.returns.doors import Door, look
from notifier.returns.mailbox_door import RemoteMailbox
from notifier.returns.maildir_door import ReturnsFolder
from tests.outbox import NOW

AWAY = RemoteMailbox(
    protocol="imap", host="127.0.0.1", port=1, security="none", username="a", password="b"
)


class Box:
    """A mailbox that does as told."""

    name = "returns.mailbox imap.example.org"
    problem = ""

    def read(self, take: Callable[[bytes], object], stopping: Event) -> int:
        if self.problem:
            raise MailboxUnreadable(self.name, self.problem)
        take(b"mail")
        return 1


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, "one", lambda: NOW, wait=timedelta(minutes=1))


def known(journal: Journal) -> dict[str, str]:
    return {one.subject: one.problem for one in journal.lasting()}


def looked(journal: Journal, *doors: Door) -> list[bytes]:
    taken = list[bytes]()
    look(journal, doors, taken.append, Event())
    journal.flush()
    return taken


def test_it_is_told_once_and_gone_when_it_can_be_read(journal: Journal) -> None:
    other = Trouble(kind=IncidentKind.RELAY_AWAY, subject="relay", problem="550")
    journal.note(other)
    box = Box()
    with capture_logs() as logs:
        for problem in ("", "no such user", "no such user", "busy", ""):
            box.problem = problem
            # One that is broken keeps no other out.
            assert looked(journal, AWAY, box) == [b"mail"] * (not problem)
            assert known(journal).get(box.name, "") == problem
    assert known(journal).keys() == {"relay", AWAY.name}
    assert "refused" in known(journal)[AWAY.name]
    what = f"{box.name} cannot be read"
    said = [one["event"] for one in logs if what in (one["event"], one.get("what"))]
    assert said == [what, what, "over"]


def test_one_that_is_none_of_the_settings_any_more_is_no_incident(journal: Journal) -> None:
    looked(journal, AWAY)
    assert known(journal).keys() == {AWAY.name}
    looked(journal)
    assert known(journal) == {}


def test_a_maildir_without_its_folders_has_no_mail_yet(journal: Journal, tmp_path: Path) -> None:
    assert looked(journal, ReturnsFolder(tmp_path / "none")) == []
    assert known(journal) == {}


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
    journal: Journal, tmp_path: Path, make: Callable[[Path], None], taken: int, problem: str
) -> None:
    make(tmp_path)
    folder = ReturnsFolder(tmp_path)
    assert looked(journal, folder) == [b"mail"] * taken
    assert known(journal) == {folder.name: problem}
