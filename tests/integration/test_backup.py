"""A backup is the store of one moment and what it needs, or there is none."""

import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.errors import StoreError
from feeds.storage.copies import pg_dump, rows, sqlite_copy
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.app.keeping import NAMES, beside, packed
from notifier.app.keeping.backup import BackupReport, back_up
from notifier.errors import BackupUnusable
from tests import outbox
from tests.builders import SEEN_AT, a_subscriber
from tests.kept_safe import AUTHORITY, SECRET, configured, damaged, filled


def backed_up(folder: Path, url: str, target: Path, **how: Any) -> BackupReport:
    settings = configured(folder, url)
    return back_up(settings, folder / "fieldfare.toml", target, **{"now": SEEN_AT, **how})


def counted(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return rows.counted(connection, NAMES)


def test_a_backup_is_of_one_moment_while_others_write(
    database: Database,
    database_url: str,
    few_topics: Taxonomy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody waits for it, and what they write after its moment is not in it."""
    filled(database, few_topics)
    before = counted(database)
    at = iter(range(1000))

    def write(*_: object) -> None:
        number = next(at)
        outbox.subscribe(
            database, a_subscriber(address=f"late{number}@example.org", public_id=f"late{number}")
        )

    dump = pg_dump.dump

    def dump_later(*given: Any) -> None:
        write()
        dump(*given)

    monkeypatch.setattr(sqlite_copy, "_PAGES_AT_ONCE", 20)
    monkeypatch.setattr(pg_dump, "dump", dump_later)
    target = tmp_path / "backup.zip"
    report = backed_up(tmp_path, database_url, target, progress=write)
    assert next(at) > 0
    assert report.rows == before
    assert report.rows["subscribers"] == 4
    assert counted(database)["subscribers"] > 4
    assert target.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(target) as archive:
        said = json.loads(archive.read("manifest.json"))
        assert said["rows"] == before
        assert said["schema"] == ["feeds_0001", "notifier_0002"]
        assert said["authority"] == AUTHORITY
        assert archive.read("files/secret_file").decode() == SECRET
        assert archive.read("files/mail.templates/mail.css")
    assert report.files == ("fieldfare.toml", "secret.key", "mails/mail.css")
    assert [*tmp_path.glob(".*")] == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_folder_keeps_the_latest_of_each_installation(
    database: Database, database_url: str, few_topics: Taxonomy, tmp_path: Path, engine: str
) -> None:
    """What a killed run left goes, what is no backup of this one stays, and so does what another
    process is writing.
    """
    filled(database, few_topics)
    folder = tmp_path / "backups"
    folder.mkdir()
    others = folder / "fieldfare-other.example.org-20200101T000000Z.zip"
    others.write_bytes(b"")
    killed, busy = folder / ".fieldfare-backup-killed", folder / ".fieldfare-backup-busy"
    killed.mkdir()
    busy.mkdir()
    (killed / "store.db").write_bytes(b"half")
    with packed.locked(busy):
        reports = [
            backed_up(tmp_path, database_url, folder, most=2, now=SEEN_AT + timedelta(hours=hour))
            for hour in range(3)
        ]
    assert {*folder.iterdir()} == {others, busy, reports[1].file, reports[2].file}
    assert reports[2].removed == (reports[0].file,)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_secrets_are_left_out_where_that_is_asked(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """Settings, too, that hold one themselves."""
    target = tmp_path / "backup.zip"
    report = backed_up(tmp_path, database_url, target, with_secrets=False)
    assert report.files == ("fieldfare.toml", "mails/mail.css")
    assert report.left_out == ("secret.key",)
    (tmp_path / "hook").write_text("whsec_" + "a" * 43)
    hook = '[[webhooks]]\nname = "chat"\nurl = "https://example.org/"\nsecret_path = "hook"\n'
    settings = configured(tmp_path, database_url, f'[store]\nurl = "{{}}"\n{hook}')
    report = back_up(settings, tmp_path / "fieldfare.toml", target, now=SEEN_AT, with_secrets=False)
    assert report.left_out == ("hook",)
    settings = configured(tmp_path, database_url, f'secret = "{SECRET}"\n[store]\nurl = "{{}}"\n')
    report = back_up(settings, tmp_path / "fieldfare.toml", target, now=SEEN_AT, with_secrets=False)
    assert report.left_out == ("fieldfare.toml",)
    assert not beside._holds_secrets(_written(tmp_path, "postgresql://db.example.org/news"))
    assert beside._holds_secrets(_written(tmp_path, "postgresql://me:word@db.example.org/news"))
    assert SECRET.encode() not in target.read_bytes()


def _written(folder: Path, url: str) -> Path:
    file = folder / "other.toml"
    file.write_text(f'[store]\nurl = "{url}"\n')
    return file


def test_of_a_damaged_store_there_is_no_backup_and_the_last_one_stays(
    sqlite_template: Path, tmp_path: Path
) -> None:
    file = tmp_path / "store.db"
    damaged(sqlite_template, file)
    target = tmp_path / "backup.zip"
    target.write_bytes(b"the last one")
    with pytest.raises(StoreError, match="is damaged"):
        backed_up(tmp_path, f"sqlite:///{file}", target)
    assert target.read_bytes() == b"the last one"


def test_where_nothing_is_kept_nothing_is_backed_up(tmp_path: Path) -> None:
    """And no store is made for it."""
    with pytest.raises(StoreError, match="there is no store"):
        backed_up(tmp_path, f"sqlite:///{tmp_path}/none.db", tmp_path / "backup.zip")
    assert {each.name for each in tmp_path.iterdir()} == {"fieldfare.toml", "mails", "secret.key"}


def test_a_place_that_cannot_be_written_is_named(sqlite_template: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupUnusable, match="No such file or directory"):
        backed_up(tmp_path, f"sqlite:///{sqlite_template}", tmp_path / "none" / "backup.zip")


def test_a_pg_dump_that_is_missing_or_too_old_is_told(
    postgres_template: str, postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "bin" / "pg_dump"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    with postgres.database(postgres_template) as url:
        monkeypatch.setenv("PATH", f"{old.parent}:/bin:/usr/bin")
        with pytest.raises(StoreError, match=r"pg_dump is of PostgreSQL 9 and the server of \d+"):
            backed_up(tmp_path, url, tmp_path / "backup.zip")
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(StoreError, match=r"no pg_dump on PATH.*postgresql-client"):
            backed_up(tmp_path, url, tmp_path / "backup.zip")
