"""Accounts by command: added with a password that no list of processes shows, changed, removed."""

from pathlib import Path

from tests.command import an_installation

PASSWORD = b"a thrush with a slate head\n"


def test_an_account_is_added_changed_and_removed(tmp_path: Path) -> None:
    installation = an_installation(tmp_path)
    added = installation.report("accounts", "add", "Eve", stdin=PASSWORD)
    assert added == {"name": "eve", "role": "editor"}
    again = installation.call("accounts", "add", "eve", stdin=PASSWORD)
    assert again.returncode == 1
    assert b"there is one already" in again.stderr
    short = installation.call("accounts", "add", "otto", stdin=b"short\n")
    assert short.returncode == 1
    assert b"at least 15 characters" in short.stderr
    assert b"short\n" not in short.stderr
    assert installation.report("accounts", "role", "eve", "operator")["role"] == "operator"
    assert installation.report("accounts") == [{"name": "eve", "role": "operator"}]
    assert installation.call("accounts", "password", "otto", stdin=PASSWORD).returncode == 1
    assert (
        b"eve has another"
        in installation.call("accounts", "password", "eve", stdin=PASSWORD).stdout
    )
    assert installation.report("accounts", "add", "ada@example.org", "--no-password")
    installation.report("accounts", "remove", "ada@example.org")
    assert installation.report("audit") == []
    assert PASSWORD.strip() not in _store(installation.folder)
    installation.report("accounts", "remove", "eve")
    assert installation.report("accounts") == []


def _store(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("fieldfare.db*"))
