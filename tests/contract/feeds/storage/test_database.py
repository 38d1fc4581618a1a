"""The store's promises about transactions, numbers and locks, the same on both engines."""

import errno
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import insert, select, text

from feeds.errors import StoreBusy, StoreError
from feeds.storage import engines
from feeds.storage.database import Database, constant, next_numbers
from feeds.storage.tables import constants, touched
from tests.rights import as_nobody, open_folder

ROOT = Path(__file__).parents[4]
PATIENCE_SECONDS = 30


def names(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(select(constants.c.name).order_by(constants.c.name)))


def test_writing_commits_at_the_end_of_its_block(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(insert(constants).values(name="kept", value=""))
    assert names(database) == ["kept"]


def write_in_vain(database: Database, error: type[BaseException]) -> None:
    with database.writing() as connection:
        connection.execute(insert(constants).values(name="lost", value=""))
        next_numbers(connection, "things", 5)
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_writing_rolls_back_on_any_error(database: Database, error: type[BaseException]) -> None:
    with pytest.raises(error):
        write_in_vain(database, error)
    assert names(database) == []


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"read-?only"), database.reading() as connection:
        connection.execute(insert(constants).values(name="lost", value=""))
    assert names(database) == []


def test_reading_is_a_snapshot(database: Database) -> None:
    """What others commit meanwhile is not seen before the next one."""
    with database.reading() as connection:
        before = connection.scalars(select(constants.c.name)).all()
        with database.writing() as other:
            other.execute(insert(constants).values(name="new", value=""))
        assert connection.scalars(select(constants.c.name)).all() == before == []
    assert names(database) == ["new"]


def test_a_connection_that_read_can_write_afterwards(database: Database) -> None:
    """Connections are pooled; what one was used for leaves no trace."""
    for number in range(3):
        assert len(names(database)) == number
        with database.writing() as connection:
            connection.execute(insert(constants).values(name=str(number), value=""))


def test_a_connection_that_wrote_cannot_write_while_it_reads(database: Database) -> None:
    """It is the same one, out of the pool: what it was told for one transaction ends with that."""
    for name in ("first", "second"):
        with database.writing() as connection:
            connection.execute(insert(constants).values(name=name, value=""))
        with pytest.raises(Exception, match=r"read-?only"), database.reading() as connection:
            connection.execute(insert(constants).values(name="lost", value=""))
    assert names(database) == ["first", "second"]


def test_patience_ends_with_the_transaction_it_was_for(tmp_path: Path) -> None:
    with closing(Database.open(f"sqlite:///{tmp_path}/store.db")) as database:
        for patience, milliseconds in ((None, 30_000), (0.5, 500), (None, 30_000)):
            with database.reading(patience_seconds=patience) as connection:
                assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == milliseconds


def test_a_bug_stays_a_bug(database: Database) -> None:
    """Only what the world does wrong becomes a StoreError."""
    row = {"name": "twice", "value": ""}
    with pytest.raises(Exception, match=r"(?i)unique") as caught, database.writing() as connection:
        connection.execute(insert(constants), [row, row])
    assert not isinstance(caught.value, StoreError)


# -- Numbers ---------------------------------------------------------------------------------------


def test_numbers_start_at_one_and_have_no_gaps(database: Database) -> None:
    with database.writing() as connection:
        assert list(next_numbers(connection, "things", 2)) == [1, 2]
        assert list(next_numbers(connection, "things", 0)) == []
        assert list(next_numbers(connection, "things", 1)) == [3]
        assert list(next_numbers(connection, "others", 1)) == [1]


def test_a_roll_back_gives_numbers_back(database: Database) -> None:
    with pytest.raises(RuntimeError):
        write_in_vain(database, RuntimeError)
    with database.writing() as connection:
        assert list(next_numbers(connection, "things", 1)) == [1]


def record_numbers(database: Database, count: int) -> None:
    """Draws numbers and leaves a row for each."""
    with database.writing() as connection:
        numbers = next_numbers(connection, "things", count)
        rows = [
            {"kind": "thing", "slug": str(number), "month": "", "change": number}
            for number in numbers
        ]
        connection.execute(insert(touched), rows)


def seen_numbers(database: Database) -> list[int]:
    with database.reading() as connection:
        return list(connection.scalars(select(touched.c.change).order_by(touched.c.change)))


def test_a_later_number_waits_for_an_earlier_one(database: Database) -> None:
    """Two writers at once: the second commits nothing while the first is undecided."""
    drawn, finish = Event(), Event()

    def first() -> None:
        with database.writing() as connection:
            (number,) = next_numbers(connection, "things", 1)
            connection.execute(insert(touched).values(kind="a", slug="a", month="", change=number))
            drawn.set()
            assert finish.wait(PATIENCE_SECONDS)

    with ThreadPoolExecutor() as threads:
        earlier = threads.submit(first)
        assert drawn.wait(PATIENCE_SECONDS)
        later = threads.submit(record_numbers, database, 1)
        with pytest.raises(TimeoutError):
            later.result(0.3)
        assert seen_numbers(database) == []
        finish.set()
        earlier.result(PATIENCE_SECONDS)
        later.result(PATIENCE_SECONDS)
    assert seen_numbers(database) == [1, 2]


def test_a_reader_never_sees_a_later_number_before_an_earlier_one(database: Database) -> None:
    """Whatever two writers do at once, what is visible is 1, 2, 3 ... without a hole."""

    def write() -> None:
        for count in range(1, 21):
            record_numbers(database, count % 3 + 1)

    with ThreadPoolExecutor() as threads:
        writers = [threads.submit(write) for _ in range(2)]
        while not all(writer.done() for writer in writers):
            numbers = seen_numbers(database)
            assert numbers == list(range(1, len(numbers) + 1))
        for writer in writers:
            writer.result()
    assert len(seen_numbers(database)) == 2 * sum(count % 3 + 1 for count in range(1, 21))


# -- Constants -------------------------------------------------------------------------------------


def test_a_constant_keeps_the_first_value_it_was_given(database: Database) -> None:
    with database.writing() as connection:
        assert constant(connection, "authority", "example.org") == "example.org"
    with database.writing() as connection:
        assert constant(connection, "authority", "example.net") == "example.org"


def test_a_constant_that_is_there_can_be_read_by_readers(database: Database) -> None:
    with database.writing() as connection:
        constant(connection, "authority", "example.org")
    with database.reading() as connection:
        assert constant(connection, "authority", "example.net") == "example.org"


# -- Locks -----------------------------------------------------------------------------------------


def test_a_second_holder_is_told_who_is_the_first(database: Database) -> None:
    with (
        database.exclusive("ingest"),
        pytest.raises(StoreBusy, match=f"pid {os.getpid()}") as caught,
        database.exclusive("ingest"),
    ):
        pytest.fail("two hold one lock")
    assert caught.value.lock == "ingest"


def test_a_lock_is_held_on_a_disk_without_room_for_who_holds_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever tells that the disk is full needs one."""
    if not database.is_embedded:
        return  # a server needs no file for it

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with (
        database.exclusive("alerts"),
        pytest.raises(StoreBusy, match="pid unknown"),
        database.exclusive("alerts"),
    ):
        pytest.fail("two hold one lock")


def test_a_lock_is_free_after_its_block_even_on_error(database: Database) -> None:
    with pytest.raises(RuntimeError), database.exclusive("ingest"):
        raise RuntimeError
    with database.exclusive("ingest"):
        pass


def test_locks_of_other_names_are_free(database: Database) -> None:
    with database.exclusive("ingest"), database.exclusive("publish"):
        pass


def test_a_lock_is_waited_for(database: Database) -> None:
    held, leave = Event(), Event()

    def hold() -> None:
        with database.exclusive("ingest"):
            held.set()
            assert leave.wait(PATIENCE_SECONDS)

    def wait() -> None:
        with database.exclusive("ingest", PATIENCE_SECONDS):
            assert leave.is_set()

    with ThreadPoolExecutor() as threads:
        holder = threads.submit(hold)
        assert held.wait(PATIENCE_SECONDS)
        waiter = threads.submit(wait)
        with pytest.raises(TimeoutError):
            waiter.result(0.2)
        leave.set()
        holder.result(PATIENCE_SECONDS)
        waiter.result(PATIENCE_SECONDS)


HOLD = """
import sys
from feeds.storage.database import Database
from notifier.storage import VERSIONS
with Database.open(sys.argv[1], VERSIONS).exclusive("run"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_ends_with_its_process(database: Database, database_url: str) -> None:
    command = [sys.executable, "-c", HOLD, database_url]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreBusy, match=f"pid {holder.pid}"), database.exclusive("run"):
            pytest.fail("two hold one lock")
        holder.send_signal(signal.SIGKILL)
        holder.wait(PATIENCE_SECONDS)
        with database.exclusive("run", PATIENCE_SECONDS):
            pass


def test_a_session_the_server_ended_had_its_lock_and_no_more(
    engine: str, database: Database
) -> None:
    """What was done under it is in rows; leaving its block is no fault."""
    if engine == "sqlite":
        return  # a file lock has no session
    end = text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    with database.exclusive("ingest"), database.writing() as connection:
        connection.execute(end)
    with database.exclusive("ingest", PATIENCE_SECONDS):
        pass


def test_a_lock_that_cannot_be_made_is_said_plainly() -> None:
    with (
        open_folder() as folder,
        closing(Database.open(f"sqlite:///{folder}/store.db")) as database,
        as_nobody(),
        pytest.raises(StoreError, match=r"store\.db\.ingest\.lock cannot be opened: Permission"),
        database.exclusive("ingest"),
    ):
        pytest.fail("nobody locks")


# -- Opening ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("nonsense", "not an address of a database"),
        ("postgresql://me:secret@here:port/x", r"me:\*\*\*@here:port/x' is not an address"),
        ("postgresql://me:secret@[::1/x", r"me:\*\*\*@\[::1/x' is not an address"),
        ("postgresql://127.0.0.1:1/x?sslmode=no;password=secret", r"password=\*\*\*$"),
        ("mysql://localhost/x", "starts with mysql: use sqlite:/// or postgresql://"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////no/such/folder/store.db", "does not exist: /no/such/folder"),
        ("postgresql://nobody:secret@127.0.0.1:1/x", r"nobody:\*\*\*@127.0.0.1:1/x cannot be used"),
        ("postgresql://127.0.0.1:1/x?password=secret", r"password=\*\*\* cannot be used"),
        ("postgres ql://me:secret@here", r"\*\*\*@here' is not an address"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_plainly(url: str, complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint) as caught:
        Database.open(url)
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_said_plainly() -> None:
    with open_folder() as folder:
        folder.chmod(0o555)
        complaint = r"store\.db cannot be used: unable to open"
        with as_nobody(), pytest.raises(StoreError, match=complaint):
            Database.open(f"sqlite:///{folder}/store.db")


def test_a_folder_that_cannot_be_reached_is_said_plainly() -> None:
    with open_folder() as folder:
        inner = folder / "closed" / "inner"
        inner.mkdir(parents=True)
        inner.parent.chmod(0o000)
        with as_nobody(), pytest.raises(StoreError, match="closed/inner: Permission denied"):
            Database.open(f"sqlite:///{inner}/store.db")


def test_nobody_else_can_read_a_store_or_hold_its_locks(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with (
        closing(Database.open(f"sqlite:///{store}")) as database,
        database.exclusive("ingest"),
        database.writing() as connection,
    ):
        connection.execute(text("CREATE TABLE something (one INTEGER)"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes.keys() >= {"store.db", "store.db-wal", "store.db-shm", "store.db.ingest.lock"}
    assert set(modes.values()) == {0o600}


def test_a_store_that_others_can_read_is_closed_to_them_but_not_to_its_group(
    tmp_path: Path,
) -> None:
    store = tmp_path / "store.db"
    Database.open(f"sqlite:///{store}").close()
    store.chmod(0o664)
    Database.open(f"sqlite:///{store}").close()
    assert stat.S_IMODE(store.stat().st_mode) == 0o660


@pytest.mark.parametrize("left", [b"", b"\n"])
def test_an_empty_file_is_no_new_store(tmp_path: Path, left: bytes) -> None:
    """What was lost is not begun anew in silence, with everybody's subscription gone."""
    store = tmp_path / "store.db"
    store.write_bytes(left)
    with pytest.raises(StoreError, match=r"store\.db is an empty file: put a backup"):
        Database.open(f"sqlite:///{store}")
    assert store.read_bytes() == left


def test_an_option_that_no_connection_has_is_said_plainly() -> None:
    with pytest.raises(StoreError, match='cannot be used: invalid connection option "sslmod"'):
        Database.open("postgresql://127.0.0.1:1/db?sslmod=require")


def test_many_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    def opened(_: int) -> bool:
        with closing(Database.open(f"sqlite:///{tmp_path}/store.db")) as database:
            return database.is_new

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(opened, range(32)))
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]


def test_a_file_of_another_kind_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("This is a diary. " * 100)
    with pytest.raises(StoreError, match=r"store\.db cannot be used: file is not a database"):
        Database.open(f"sqlite:///{tmp_path}/store.db")


@pytest.mark.parametrize("also", ["", "CREATE TABLE alembic_version (version_num TEXT)"])
def test_the_database_of_another_program_is_no_new_store(tmp_path: Path, also: str) -> None:
    store = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(store)) as theirs:
        theirs.execute("CREATE TABLE moz_places (id INTEGER)")
        theirs.execute(also)
    before = store.read_bytes()
    with pytest.raises(StoreError, match=r"places\.sqlite is another program's.*'moz_places'"):
        Database.open(f"sqlite:///{store}")
    assert store.read_bytes() == before


def test_a_writer_that_never_ends_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.1)
    url = f"sqlite:///{tmp_path}/store.db"
    with (
        closing(Database.open(url)) as one,
        closing(Database.open(url)) as other,
        one.writing(),
        pytest.raises(StoreError, match="locked"),
        other.writing(),
    ):
        pytest.fail("two write at once")
