"""Backups put back: whole or not at all, and so that nobody is mailed twice without being asked.

Knows the order: read and checked, brought to today's schema, made safe, put in place. Must never
know an engine's means, nor how a file is packed.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from datetime import datetime
from pathlib import Path

from config.settings import Settings, load
from feeds.errors import StoreError
from feeds.model import Progress
from feeds.storage import Connection, engines
from feeds.storage.copies import pg_dump, rows, sqlite_copy
from feeds.storage.database import Database, last_number, next_numbers, set_value, value_of
from notifier.app.keeping import NAMES, NOTHING, TABLES, backup, packed, stopped
from notifier.app.keeping.beside import SETTINGS
from notifier.app.keeping.packed import Manifest
from notifier.errors import BackupUnusable
from notifier.storage import VERSIONS, cadences, deliveries, senders
from notifier.storage.team import accounts

#: So many ids are left out at least, for those that were given out after the backup.
_LEAST_AHEAD = 1_000_000
#: Numbers by which something outside knows what came when: those of changes stand in ETags.
_COUNTED = ("changes", "items")
#: By this name the store remembers of when the backup is, until somebody says what follows.
RESTORED = "restored"
_PAUSED = (
    "the store of {:%Y-%m-%d %H:%M}Z is in force again, what is new since may have been mailed;"
    " `fieldfare ingest`, then `fieldfare release --restored --drop`, or without --drop"
)
#: What signs links; another one makes those that are out lead nowhere.
_SIGNS = "files/secret_file"
_SIGNED_OTHERWISE = (
    "{} is another secret than its own, by which the links in mails that are out are signed;"
    " --replace puts that one back, and keeps this one beside it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What was put back into a ``store``, "" where that was only tried, of a backup that was made
    at a moment: ``rows`` by table; ``files`` are there now, or would be, those that ``stay`` differ
    from the backup's. ``held`` deliveries waited in it.
    """

    store: str
    made_at: datetime
    version: str
    rows: dict[str, int]
    files: tuple[Path, ...]
    stay: tuple[Path, ...]
    held: int


def restore(
    file: Path,
    settings_file: Path,
    *,
    replace: bool,
    now: datetime,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> RestoreReport:
    """The installation is as its backup has it, or as it was before. With ``dry_run`` the backup
    was looked through, and nothing is changed: what would be put where is told.

    Settings that are there stay. A store that holds anything stays, unless it is to be replaced; so
    does a secret. Raises StoreError, DaemonRuns, BackupUnusable, SettingsError.
    """
    manifest = packed.manifest_of(file)
    is_sqlite = manifest.engine == "sqlite"
    stored = backup.SQLITE if is_sqlite else backup.POSTGRESQL
    if stored not in manifest.members:
        raise BackupUnusable(file, f"it holds no store ({stored})")
    with packed.work_folder(settings_file.parent, file) as folder:
        members = packed.unpack(file, manifest, folder, progress)
        backup.check(members[stored], manifest.rows, is_sqlite=is_sqlite)
        chosen = _chosen(file, manifest, members, settings_file, replace=replace)
        report = replace_fields(
            _report(manifest),
            files=tuple(path for path, is_put in chosen.values() if is_put),
            stay=tuple(path for path, is_put in chosen.values() if not is_put),
        )
        if dry_run:
            return report
        with _beside(manifest, members, settings_file, chosen) as settings:
            signs = members[_SIGNS].read_text("utf-8").rstrip("\r\n") if _SIGNS in members else ""
            if signs and settings.secret.get_secret_value() != signs and not replace:
                raise BackupUnusable(file, _SIGNED_OTHERWISE.format("the secret of the settings"))
            target = _Restoring(file, manifest, settings, replace, now)
            held, store = target.put(members[stored], progress)
    return replace_fields(report, store=store, held=held)


def _report(manifest: Manifest) -> RestoreReport:
    """Of a backup that was not put back yet."""
    return RestoreReport(
        store="",
        made_at=manifest.made_at,
        version=manifest.version,
        rows=dict(manifest.rows),
        files=(),
        stay=(),
        held=0,
    )


def _chosen(
    file: Path,
    manifest: Manifest,
    members: Mapping[str, Path],
    settings_file: Path,
    *,
    replace: bool,
) -> dict[str, tuple[Path, bool]]:
    """Where each file beside the store belongs that is not there as the backup has it, by its name,
    and whether it is put there: what differs stays. Raises BackupUnusable.
    """
    chosen = {}
    for name, member in manifest.members.items():
        if not member.place:
            continue
        if ".." in Path(member.place).parts:
            raise BackupUnusable(file, f"{name} in it would go to {member.place}: it is not ours")
        path = settings_file if name == SETTINGS else settings_file.parent / member.place
        if path.exists() and path.read_bytes() == members[name].read_bytes():
            continue
        is_put = not path.exists() or (name == _SIGNS and replace)
        if name == _SIGNS and not is_put:
            raise BackupUnusable(file, _SIGNED_OTHERWISE.format(path))
        chosen[name] = path, is_put
    return chosen


@contextmanager
def _beside(
    manifest: Manifest,
    members: Mapping[str, Path],
    settings_file: Path,
    chosen: Mapping[str, tuple[Path, bool]],
) -> Iterator[Settings]:
    """The files that were ``chosen`` are there while the store is put back, and stay once it is;
    the settings come last, so that nothing begins to work before.
    """
    with ExitStack() as undone:
        for name, (path, is_put) in chosen.items():
            if is_put and name != SETTINGS:
                _write(path, members[name], undone, is_secret=manifest.members[name].is_secret)
        if SETTINGS in members and not settings_file.exists():
            written = settings_file.with_name(f".{settings_file.name}.restoring")
            written.unlink(missing_ok=True)
            is_secret = manifest.members[SETTINGS].is_secret
            _write(written, members[SETTINGS], undone, is_secret=is_secret)
            yield load(written, os.environ)
            written.replace(settings_file)
        else:
            yield load(settings_file if settings_file.exists() else None, os.environ)
        undone.pop_all()


def _write(path: Path, content: Path, undone: ExitStack, *, is_secret: bool) -> None:
    """The file is there, on disk; what was there is kept beside it, or back where it is undone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        before = path.with_name(f"{path.name}.before")
        path.replace(before)
        undone.callback(before.replace, path)
    else:
        undone.callback(path.unlink, missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if is_secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.read_bytes())
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True, slots=True)
class _Restoring:
    """Where the store goes, and what of."""

    file: Path
    manifest: Manifest
    settings: Settings
    replace: bool
    now: datetime

    def put(self, stored: Path, progress: Progress | None) -> tuple[int, str]:
        """It is there: how many deliveries are held in it, and where it is."""
        is_sqlite = self.settings.store.url.startswith("sqlite")
        if is_sqlite != (self.manifest.engine == "sqlite"):
            raise BackupUnusable(
                self.file,
                f"its store is of {self.manifest.engine}, and store.url names another engine: put"
                " it back into one of its own (FIELDFARE_STORE__URL), then `fieldfare move` it",
            )
        held = self._prepared(stored) if is_sqlite else 0
        node = self.settings.daemon.node
        with closing(self._opened()) as database, stopped(database, node):
            self._refuse_what_is_there(database)
            if is_sqlite:
                sqlite_copy.put_in_place(stored, Path(str(database.engine.url.database)), progress)
            else:
                held = self._loaded(database, stored, progress)
            return held, database.name

    def _refuse_what_is_there(self, database: Database) -> None:
        with database.reading() as connection:
            there = rows.counted(connection, NAMES)
        holds = sorted(name for name, count in there.items() if count and name not in NOTHING)
        if holds and not self.replace:
            raise BackupUnusable(
                self.file,
                f"the store {database.name} holds something already ({', '.join(holds[:3])} ...):"
                " --replace puts the backup in its place; back that one up first",
            )

    def _opened(self) -> Database:
        """The store to put it into; a file that is none any more is put aside where it may be."""
        url = self.settings.store.url
        try:
            return Database.open(url, VERSIONS)
        except StoreError as error:
            store = Path(url.partition(":///")[2])
            is_file = self.manifest.engine == "sqlite" and store.is_file()
            if not (is_file and sqlite_copy.faults(store)):
                raise
            if not self.replace:
                raise BackupUnusable(
                    self.file, f"{error}; --replace puts the backup there"
                ) from error
        with engines.file_lock(store, "run", 0):
            logs = (store.with_name(f"{store.name}-{log}") for log in ("wal", "shm"))
            for each in (store, *logs):
                if each.exists():
                    each.replace(each.with_name(f"{each.name}.before"))
        return Database.open(url, VERSIONS)

    def _prepared(self, stored: Path) -> int:
        """The copy is of today's schema, and safe to work with."""
        with closing(Database.open(f"sqlite:///{stored}", VERSIONS)) as database:
            database.migrate()
            with database.writing() as connection:
                return self._made_safe(connection)

    def _loaded(self, database: Database, stored: Path, progress: Progress | None) -> int:
        """All of it in one transaction: until its end the old store is in force."""
        with database.writing(durably=True) as connection:
            rows.drop(connection, NAMES)
            database.bring_to(connection, self.manifest.schema)
            known = self.manifest.rows.keys() - {rows.REVISIONS}
            order = [name for name in rows.in_order(connection) if name in known]
            for number, table in enumerate(pg_dump.tables_of(stored, order), 1):
                pg_dump.put_back(connection, *table)
                if progress:
                    progress(number, len(order))
            held = rows.counted(connection, known)
            if held != {name: self.manifest.rows[name] for name in held}:
                raise BackupUnusable(self.file, "other rows came back than it holds")
            database.bring_to(connection)
            rows.look_over(connection, NAMES)
            return self._made_safe(connection)

    def _made_safe(self, connection: Connection) -> int:
        made_at = self.manifest.made_at
        return made_safe(connection, self.manifest.last_ids, made_at, self.now)


def made_safe(
    connection: Connection, last_ids: Mapping[str, int], made_at: datetime, now: datetime
) -> int:
    """The store may work on though another went on with it for a while: nothing leaves that may
    have left, no number is given out that was, and nobody of the team is in. How many deliveries
    are held.
    """
    beyond = {name: ahead(last) for name, last in last_ids.items()}
    rows.go_on_after(connection, TABLES, beyond)
    for counter in _COUNTED:
        [*_, last] = next_numbers(connection, counter, 1)
        next_numbers(connection, counter, ahead(last) - last)
    set_value(connection, RESTORED, made_at.isoformat())
    # Some of them may have been ended since.
    accounts.sign_out_everybody(connection)
    reason = _PAUSED.format(made_at)
    senders.pause(connection, senders.Halt(since=now, who="fieldfare restore", reason=reason))
    return deliveries.hold(connection, now)


def released(connection: Connection, now: datetime, *, send: bool) -> int | None:
    """Mail goes on after a restore: how many deliveries that waited in the backup are queued, or
    dropped; None where nothing was restored, or this was said before.

    Without ``send`` all that happened until now counts as told.
    """
    if not value_of(connection, RESTORED):
        return None
    set_value(connection, RESTORED, "")
    senders.resume(connection)
    if not send:
        cadences.pass_over(connection, last_number(connection, "changes"))
    return deliveries.let_go(connection, now, send=send)


def ahead(last: int) -> int:
    """What is beyond every number given out since one was the last, if no more were than before."""
    return last + max(last, _LEAST_AHEAD)
