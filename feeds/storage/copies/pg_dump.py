"""A PostgreSQL store as a file, by the programs that come with the server: written, read, put back.

Knows pg_dump, pg_restore and the COPY in what they say. Must never know what a row means.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from config.values import masked_url
from feeds.errors import StoreError

_PACKAGE = "it comes with PostgreSQL's client (on Debian: apt install postgresql-client)"
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
#: ``COPY public.items (number, "group") FROM stdin;``
_COPY = re.compile(rb'COPY (?:"(?:[^"]|"")*"|[^" .]+)\.("[^"]*"|[^" .]+) (\(.*\)) FROM stdin;\n')
#: ``3512; 0 16412 TABLE DATA public items fieldfare``
_ENTRY = re.compile(r"^\d+; \d+ \d+ TABLE DATA (?:\S+) (\S+) .*$", re.MULTILINE)
_END = b"\\.\n"
#: What goes to the server at a time.
_LINES_AT_ONCE = 1000


def dump(connection: Connection, tables: Iterable[str], target: Path) -> None:
    """The file holds these tables as this connection's snapshot has them, in pg_dump's own format.

    Nobody waits meanwhile but who changes the schema. Raises StoreError where there is no pg_dump,
    or only an older one than the server.
    """
    program = _program("pg_dump")
    server: int = connection.scalar(text("SHOW server_version_num"))
    major = int(server) // 10_000
    said = _run([program, "--version"], {})
    found = _VERSION.search(said)
    if found and int(found[1]) < major:
        raise StoreError(
            f"pg_dump is of PostgreSQL {found[1]} and the server of {major}, which it cannot read:"
            f" put a newer one first on PATH (on Debian: apt install postgresql-client-{major})"
        )
    schema = connection.scalar(text("SELECT current_schema()"))
    snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
    address, environment = _reached(connection)
    names = (f"--table={_quoted(schema)}.{_quoted(name)}" for name in tables)
    command = [program, "--format=custom", f"--snapshot={snapshot}", f"--file={target}", *names]
    _run([*command, "--no-password", f"--dbname={address}"], environment)


def tables_of(dump: Path, order: Iterable[str] = ()) -> Iterator[tuple[str, str, Iterator[bytes]]]:
    """What a dump holds, table by table: its name, its columns in brackets, and its rows, as COPY
    has them. In this order where there is one; what is not named there is left out. Each one's rows
    are read before the next is asked for. Raises StoreError.
    """
    command = [_program("pg_restore"), "--data-only", "--file=-", str(dump)]
    if order:
        command.insert(1, f"--use-list={_listed(dump, order)}")
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe) as reading:  # noqa: S603 - ours
        lines = iter(reading.stdout or ())
        for line in lines:
            if started := _COPY.fullmatch(line):
                table, columns = (part.decode() for part in started.groups())
                rows = _rows(lines)
                yield table.strip('"'), columns, rows
                # Whoever asked had enough of them.
                for _ in rows:
                    pass
        said = reading.stderr.read().decode(errors="replace") if reading.stderr else ""
    if reading.returncode:
        raise StoreError(f"the dump cannot be read: {_last(said)}")


def _rows(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        if line == _END:
            return
        yield line


def _listed(dump: Path, order: Iterable[str]) -> Path:
    """A file with which pg_restore reads these tables' rows, in this order."""
    said = _run([_program("pg_restore"), "--list", str(dump)], {})
    entries = {found[1]: found[0] for found in _ENTRY.finditer(said)}
    listed = dump.with_name(f"{dump.name}.list")
    listed.write_text("".join(f"{entries[name]}\n" for name in order if name in entries))
    return listed


def put_back(connection: Connection, table: str, columns: str, rows: Iterator[bytes]) -> None:
    """Rows of a dump are in the table of that name, in this transaction. Raises StoreError."""
    session: Any = connection.connection.driver_connection
    statement = f"COPY {_quoted(table)} {columns} FROM STDIN"
    try:
        with session.cursor() as cursor, cursor.copy(statement) as copy:
            while some := b"".join(islice(rows, _LINES_AT_ONCE)):
                copy.write(some)
    except connection.dialect.loaded_dbapi.Error as error:
        raise StoreError(f"what a dump holds of {table} cannot be put back: {error}") from error


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise StoreError(f"there is no {name} on PATH: {_PACKAGE}")
    return found


def _reached(connection: Connection) -> tuple[str, dict[str, str]]:
    """How the server of this connection is reached by a program: what everybody may read in the
    list of processes, and the environment with what nobody may.
    """
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - with the first server alone

    _, given = connection.dialect.create_connect_args(connection.engine.url)
    password = given.pop("password", None)
    given.pop("context", None)
    return make_conninfo("", **given), {"PGPASSWORD": password} if password else {}


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - ours
        command,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StoreError(f"{Path(command[0]).name} failed: {masked_url(_last(done.stderr))}")
    return done.stdout


def _last(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1] if lines else "it does not say why"


def _quoted(name: Collection[str]) -> str:
    return '"' + str(name).replace('"', '""') + '"'
