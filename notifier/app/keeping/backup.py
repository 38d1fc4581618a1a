"""Backups: the store as it is at one moment, with what a restore needs beside it, in one file.

Knows the order in which one is made: copied, looked through, packed, read again, put in its place.
Must never know an engine's means, nor how a file is packed.
"""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from config.settings import Settings
from feeds.errors import StoreError
from feeds.model import Progress
from feeds.storage.copies import pg_dump, rows, sqlite_copy
from feeds.storage.database import Database, value_of
from notifier.app.keeping import NAMES, TABLES, beside, packed
from notifier.app.keeping.beside import KeptFile
from notifier.app.keeping.packed import Manifest
from notifier.storage import VERSIONS

SQLITE, POSTGRESQL = "store.db", "store.dump"
_DAMAGED = (
    "the store is damaged, and so would be its backup: put back the last one that was made, or have"
    " `sqlite3 FILE .recover` save what it can"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """A backup that was made, and what it holds: ``rows`` of each table, ``files`` beside the
    store, by their places. ``left_out`` are those that hold secrets, if they are not in it,
    ``removed`` older backups.
    """

    file: Path
    bytes: int
    made_at: datetime
    engine: str
    schema: tuple[str, ...]
    rows: dict[str, int]
    files: tuple[str, ...]
    left_out: tuple[str, ...]
    has_secrets: bool
    removed: tuple[Path, ...] = ()


def back_up(
    settings: Settings,
    settings_file: Path | None,
    target: Path,
    *,
    now: datetime,
    with_secrets: bool = True,
    most: int | None = None,
    progress: Progress | None = None,
) -> BackupReport:
    """A backup is there, whole and read again, or nothing changed.

    In a folder it has a name of its moment, and the oldest of this installation are removed there
    beyond the ``most``. Raises StoreError, BackupUnusable.
    """
    with closing(Database.existing(settings.store.url, VERSIONS)) as database:
        with database.reading() as connection:
            authority = value_of(connection, "authority") or "unnamed"
        file = target / _named(authority, now) if target.is_dir() else target
        found = beside.kept(settings, settings_file)
        chosen = [each for each in found if with_secrets or not each.is_secret]
        with packed.work_folder(file.parent, file) as folder, database.exclusive("backup"):
            copied, stored = _copied(database, folder, authority, now, progress)
            left_out = tuple(each.place for each in found if each not in chosen)
            manifest = replace(copied, left_out=left_out)
            _put(_packed(folder, manifest, stored, chosen, progress), file)
    return BackupReport(
        file=file,
        bytes=file.stat().st_size,
        made_at=now,
        engine=manifest.engine,
        schema=manifest.schema,
        rows=dict(manifest.rows),
        files=tuple(each.place for each in chosen),
        left_out=left_out,
        has_secrets=any(each.is_secret for each in chosen),
        removed=_removed(file, authority, most) if most else (),
    )


def _packed(
    folder: Path,
    manifest: Manifest,
    stored: Path,
    chosen: Sequence[KeptFile],
    progress: Progress | None,
) -> Path:
    """The archive, read again."""
    archive = folder / "archive"
    files = {stored.name: stored, **{each.name: each.path for each in chosen}}
    places = {each.name: (each.place, each.is_secret) for each in chosen}
    members = packed.pack(archive, files, places, progress)
    packed.seal(archive, replace(manifest, members=members))
    packed.unpack(archive, packed.manifest_of(archive), progress=progress)
    return archive


def _copied(
    database: Database, folder: Path, authority: str, now: datetime, progress: Progress | None
) -> tuple[Manifest, Path]:
    """A copy of the store that is sound, and what it holds."""
    name = SQLITE if database.is_embedded else POSTGRESQL
    stored = folder / name
    with database.reading() as connection:
        held = rows.counted(connection, NAMES)
        last_ids = rows.last_ids(connection, TABLES)
        if database.is_embedded:
            sqlite_copy.copy(connection, stored, progress)
        else:
            pg_dump.dump(connection, held, stored)
    check(stored, held, is_sqlite=database.is_embedded)
    manifest = Manifest(
        made_at=now,
        version=version("fieldfare"),
        engine="sqlite" if database.is_embedded else "postgresql",
        authority=authority,
        schema=tuple(sorted(database.revisions())),
        rows=held,
        last_ids=last_ids,
        left_out=(),
        members={},
    )
    return manifest, stored


def check(stored: Path, wanted: Mapping[str, int], *, is_sqlite: bool) -> None:
    """The copy of a store is sound, and holds as many rows. Raises StoreError."""
    if is_sqlite:
        if faults := sqlite_copy.faults(stored):
            raise StoreError(f"{_DAMAGED}: {'; '.join(faults)}")
        held = sqlite_copy.counted(stored, wanted)
    else:
        found = {name: sum(1 for _ in lines) for name, _, lines in pg_dump.tables_of(stored)}
        held = {name: found.get(name, 0) for name in wanted}
    if held != wanted:
        other = sorted(name for name in wanted if held.get(name) != wanted[name])
        raise StoreError(f"the copy of the store holds other rows than it: {', '.join(other)}")


def _put(archive: Path, file: Path) -> None:
    """The backup is under its name, power cut or not."""
    archive.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _named(authority: str, now: datetime) -> str:
    return f"fieldfare-{authority}-{now:%Y%m%dT%H%M%SZ}.zip"


def _removed(file: Path, authority: str, most: int) -> tuple[Path, ...]:
    """The oldest backups of this installation in its folder are gone, by their names."""
    name = re.compile(rf"fieldfare-{re.escape(authority)}-\d{{8}}T\d{{6}}Z\.zip")
    all_of_it = sorted(each for each in file.parent.iterdir() if name.fullmatch(each.name))
    old = tuple(all_of_it[:-most])
    for each in old:
        each.unlink()
    return old
