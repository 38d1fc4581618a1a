"""An archive says what is in it, and is refused where that is not so."""

import json
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifier.app.keeping import packed
from notifier.app.keeping.packed import Manifest
from notifier.errors import BackupUnusable

MANIFEST = Manifest(
    made_at=datetime(2026, 11, 24, 7, tzinfo=UTC),
    version="1",
    engine="sqlite",
    authority="example.org",
    schema=("feeds_0001",),
    rows={"items": 1},
    last_ids={"deliveries": 7},
    left_out=(),
    members={},
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "store").write_bytes(b"rows" * 1000)
    (tmp_path / "key").write_bytes(b"secret")
    files = {"store.db": tmp_path / "store", "../evil": tmp_path / "key"}
    made = tmp_path / "archive"
    members = packed.pack(made, files, {"../evil": ("/etc/key", True)})
    packed.seal(made, replace(MANIFEST, members=members))
    return made


def test_what_was_packed_comes_out_as_it_was(archive: Path, tmp_path: Path) -> None:
    """By numbers in the folder, whatever its names are."""
    said = packed.manifest_of(archive)
    assert (said.made_at, said.schema) == (MANIFEST.made_at, MANIFEST.schema)
    assert said.members["../evil"].place == "/etc/key"
    folder = tmp_path / "out"
    folder.mkdir()
    heard: list[tuple[int, int | None]] = []
    paths = packed.unpack(archive, said, folder, lambda *told: heard.append(told))
    assert paths["store.db"].read_bytes() == b"rows" * 1000
    assert paths["../evil"].parent == folder
    assert paths["../evil"].stat().st_mode & 0o777 == 0o600
    assert heard[-1] == (4006, 4006)
    assert archive.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("length", [0, 10, 200, -1])
def test_a_part_of_one_is_none(length: int, archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:length])
    with pytest.raises(BackupUnusable, match="is no backup, or a part of one"):
        packed.manifest_of(archive)


def test_what_is_not_what_was_put_there_is_told(archive: Path) -> None:
    said = packed.manifest_of(archive)
    other = replace(said.members["store.db"], sha256="0" * 64)
    with pytest.raises(BackupUnusable, match=r"store\.db in it is not what was put there"):
        packed.unpack(archive, replace(said, members={"store.db": other}))
    with pytest.raises(BackupUnusable, match="is no backup"):
        packed.unpack(archive, replace(said, members={"none": other}))


def test_no_more_comes_out_of_one_than_it_says_and_than_there_is_room_for(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = packed.manifest_of(archive)
    other = replace(said.members["store.db"], bytes=3)
    with pytest.raises(BackupUnusable, match=r"store\.db in it is not what was put there"):
        packed.unpack(archive, replace(said, members={"store.db": other}), tmp_path)
    free = shutil.disk_usage(tmp_path)._replace(free=4005)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(BackupUnusable, match="takes 4006 bytes of which 4005 are free at"):
        packed.unpack(archive, said, tmp_path)


def test_what_another_works_at_in_one_place_is_left_to_them(tmp_path: Path) -> None:
    """Also where nobody but them may look."""
    theirs = tmp_path / ".fieldfare-backup-theirs"
    theirs.symlink_to(tmp_path / "nowhere")
    with packed.work_folder(tmp_path, tmp_path / "backup.zip") as folder:
        assert folder.is_dir()
    assert theirs.is_symlink()


@pytest.mark.parametrize("said", [[], "no", {"format": 1, "members": []}])
def test_what_says_something_else_of_itself_is_no_backup(said: object, tmp_path: Path) -> None:
    file = tmp_path / "other.zip"
    with zipfile.ZipFile(file, "w") as other:
        other.writestr("manifest.json", json.dumps(said))
    with pytest.raises(BackupUnusable, match="it is no backup"):
        packed.manifest_of(file)


def test_one_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "newer.zip"
    with zipfile.ZipFile(file, "w") as newer:
        newer.writestr("manifest.json", json.dumps({"format": 2}))
    with pytest.raises(BackupUnusable, match="newer fieldfare"):
        packed.manifest_of(file)
    with pytest.raises(BackupUnusable, match="No such file"):
        packed.manifest_of(tmp_path / "none.zip")
