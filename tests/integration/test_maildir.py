"""A message is in the Maildir once, complete, and for its reader's eyes only."""

import asyncio
import mailbox
import os
import stat
from pathlib import Path

import pytest

from notifier.errors import TransportUnavailable
from notifier.mail.maildir import Maildir
from notifier.model import Envelope, Reply, Stage
from tests.builders import an_envelope
from tests.sessions import Hearer, send_all

ENVELOPE = an_envelope()


def send(root: Path, *envelopes: Envelope) -> list[Reply]:
    return asyncio.run(send_all(Maildir(root), *envelopes))


def stored(root: Path) -> list[Path]:
    return sorted([*(root / "new").iterdir(), *(root / "cur").iterdir()])


def test_a_message_is_stored_whole_for_its_reader_alone(tmp_path: Path) -> None:
    [reply] = send(tmp_path / "mail", ENVELOPE)
    assert (reply.stage, reply.code) == (Stage.DOT, 250)
    [path] = stored(tmp_path / "mail")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(each.stat().st_mode) for each in (path.parent, tmp_path / "mail")} == {
        0o700
    }
    assert path.read_bytes() == bytes(ENVELOPE.content).replace(b"\r\n", b"\n")
    [mail] = mailbox.Maildir(tmp_path / "mail", create=False)
    assert (mail["To"], mail.get_payload()) == ("reader@example.org", ".one\ntwo\n")
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


def test_different_messages_are_different_files(tmp_path: Path) -> None:
    send(tmp_path, ENVELOPE, ENVELOPE._replace(message_id="<2@news.example.org>"))
    assert len(stored(tmp_path)) == 2


@pytest.mark.parametrize("flags", ["", ":2,", ":2,FS"])
def test_a_repeated_delivery_makes_no_second_copy(tmp_path: Path, flags: str) -> None:
    """Whether or not somebody has read the first one meanwhile."""
    send(tmp_path, ENVELOPE)
    [first] = stored(tmp_path)
    if flags:
        first.rename(tmp_path / "cur" / f"{first.name}{flags}")
    [reply] = send(tmp_path, ENVELOPE._replace(attempts=1, in_doubt=1))
    assert (reply.stage, reply.code) == (Stage.DOT, 250)
    assert len(stored(tmp_path)) == 1


def test_each_run_looks_anew_at_what_was_read(tmp_path: Path) -> None:
    """A disk's clock may tick too seldom to show that somebody read a message meanwhile."""
    maildir = Maildir(tmp_path)

    asyncio.run(send_all(maildir, ENVELOPE))
    [first] = stored(tmp_path)
    before = (tmp_path / "cur").stat()
    first.rename(tmp_path / "cur" / f"{first.name}:2,S")
    os.utime(tmp_path / "cur", ns=(before.st_atime_ns, before.st_mtime_ns))
    asyncio.run(send_all(maildir, ENVELOPE))
    assert len(stored(tmp_path)) == 1


def test_what_a_crash_left_half_written_is_replaced(tmp_path: Path) -> None:
    send(tmp_path, ENVELOPE)
    [path] = stored(tmp_path)
    path.unlink()
    (tmp_path / "tmp" / path.name).write_bytes(b"To: rea" * 1_000)
    send(tmp_path, ENVELOPE)
    assert path.read_bytes() == bytes(ENVELOPE.content).replace(b"\r\n", b"\n")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(TransportUnavailable, match="mail") as caught:
        asyncio.run(send_all(Maildir(tmp_path / "mail")))
    assert caught.value.transport.endswith("/mail")


def test_a_message_that_cannot_be_written_is_not_in_doubt(tmp_path: Path) -> None:
    [reply] = send_into_ruins(tmp_path)
    assert (reply.stage, reply.code) == (Stage.DATA, None)
    assert "No such file" in reply.text


def send_into_ruins(root: Path) -> list[Reply]:
    async def deliver() -> list[Reply]:
        hearer = Hearer()
        session = await Maildir(root).open(hearer.ended)
        (root / "tmp").rmdir()
        return [await hearer.send(session, ENVELOPE)]

    return asyncio.run(deliver())


def test_what_was_begun_and_not_finished_is_not_stored(tmp_path: Path) -> None:
    async def deliver() -> list[Reply]:
        hearer = Hearer()
        session = await Maildir(tmp_path).open(hearer.ended)
        session.begin(ENVELOPE)
        session.begin(ENVELOPE._replace(message_id="<2@news.example.org>"))
        session.finish()
        await session.close()
        assert not session.usable
        return await hearer.told(2)

    lost, done = sorted(asyncio.run(deliver()), key=lambda reply: reply.code or 0)
    assert (lost.code, lost.stage, done.code) == (None, Stage.MAIL, 250)
    assert len(stored(tmp_path)) == 1


def test_several_sessions_may_wait_for_the_disk_at_once(tmp_path: Path) -> None:
    maildir = Maildir(tmp_path)
    assert maildir.sessions > 1
    assert maildir.name == f"the Maildir {tmp_path}"
