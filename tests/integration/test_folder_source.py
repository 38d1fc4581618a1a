"""A folder as a source, on a real file system with all that may lie in one."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.draft import Reason
from feeds.errors import SourceError
from feeds.identity.ids import bounded
from feeds.sources import Fetched, Gone, Refusal, Same, Seen, Waiting
from feeds.sources.folder import FolderSource
from tests.rights import as_nobody, open_folder

NOW = datetime.now(UTC)
LONG_AGO = (NOW - timedelta(hours=1)).timestamp()
NOTHING: Mapping[str, str] = {}


def a_folder(root: Path, **changes: Any) -> FolderSource:
    settings: dict[str, Any] = {
        "name": "own",
        "root": root,
        "pattern": "*.txt",
        "max_bytes": 1_000,
        "settle_seconds": 0,
    }
    return FolderSource(**settings | changes)


def scanned(source: FolderSource, known: Mapping[str, str] = NOTHING) -> list[Seen]:
    return list(source.scan(known, NOW))


def names(seen: list[Seen]) -> list[str]:
    return [one.name for one in seen]


def refusals(seen: list[Seen]) -> dict[str, str]:
    return {one.name: str(one.refused) for one in seen if isinstance(one, Refusal)}


def write(path: Path, text: str = "text", *, at: float | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if at is not None:
        os.utime(path, (at, at))
    return path


def test_matching_files_are_seen_by_name_at_any_depth(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.txt", "a/b/d.txt", "c.md", "d.TXT", ".hidden.txt", ".git/e.txt"):
        write(tmp_path / name)
    assert names(scanned(a_folder(tmp_path))) == ["a/b/d.txt", "a/c.txt", "b.txt"]
    assert a_folder(tmp_path).expected == 3


def test_a_file_comes_with_its_bytes_and_a_signature(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "Grüße")
    (seen,) = scanned(a_folder(tmp_path))
    assert isinstance(seen, Fetched)
    assert seen.document.body == "Grüße".encode()
    assert seen.document.source == "own"
    assert scanned(a_folder(tmp_path), {"a.txt": seen.signature}) == [Same("a.txt")]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: write(path, "longer text", at=LONG_AGO),
        lambda path: write(path, "TEXT", at=LONG_AGO + 1),
        lambda path: write(path.with_name("b"), "TEXT", at=LONG_AGO).replace(path),
    ],
    ids=["size", "time", "file"],
)
def test_a_signature_changes_with_the_file(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    path = write(tmp_path / "a.txt", at=LONG_AGO)
    (seen,) = scanned(a_folder(tmp_path))
    assert isinstance(seen, Fetched)
    change(path)
    (again,) = scanned(a_folder(tmp_path), {"a.txt": seen.signature})
    assert isinstance(again, Fetched)


# -- Half-written files ----------------------------------------------------------------------------


def test_a_file_written_just_now_waits(tmp_path: Path) -> None:
    write(tmp_path / "young.txt", at=NOW.timestamp() - 1)
    write(tmp_path / "old.txt", at=NOW.timestamp() - 3)
    old, young = scanned(a_folder(tmp_path, settle_seconds=2))
    assert isinstance(old, Fetched)
    assert young == Waiting("young.txt")


def test_a_file_renamed_into_place_goes_straight_in(tmp_path: Path) -> None:
    write(tmp_path / "a.part", at=LONG_AGO).rename(tmp_path / "a.txt")
    (seen,) = scanned(a_folder(tmp_path, settle_seconds=60))
    assert isinstance(seen, Fetched)


def test_a_file_that_nobody_changed_does_not_wait(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", at=NOW.timestamp())
    (seen,) = scanned(a_folder(tmp_path))
    assert isinstance(seen, Fetched)
    known = {"a.txt": seen.signature}
    assert scanned(a_folder(tmp_path, settle_seconds=60), known) == [Same("a.txt")]


def test_a_clock_that_went_wrong_makes_nothing_wait_for_ever(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", at=NOW.timestamp() + 3_600)
    (seen,) = scanned(a_folder(tmp_path, settle_seconds=60))
    assert isinstance(seen, Fetched)


def test_a_file_that_changes_while_it_is_read_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.txt", "half")
    read = os.read

    def read_while_written(descriptor: int, length: int) -> bytes:
        body = read(descriptor, length)
        write(path, "half and more")
        return body

    monkeypatch.setattr(os, "read", read_while_written)
    assert scanned(a_folder(tmp_path)) == [Waiting("a.txt")]


# -- What is no document ---------------------------------------------------------------------------


def test_a_file_too_large_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "read")
    write(tmp_path / "a.txt", "x" * 1_001)
    (seen,) = scanned(a_folder(tmp_path))
    assert isinstance(seen, Refusal)
    assert seen.refused.reason is Reason.TOO_LARGE
    assert seen.refused.evidence == "1,001 bytes: see ingest.max_document_bytes"


def test_what_is_no_file_is_refused_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short (unix(7))
    os.mkfifo("a.txt")
    os.mkfifo("unrelated")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("b.txt")
    write(tmp_path / "c.txt")
    seen = scanned(a_folder(tmp_path))
    what = "the document could not be read (a pipe, socket or device, not a file)"
    assert refusals(seen) == {"a.txt": what, "b.txt": what}
    assert names(seen) == ["a.txt", "b.txt", "c.txt"]


def replaced_once_seen(
    monkeypatch: pytest.MonkeyPatch, path: Path, put: Callable[[], object]
) -> None:
    """Between the look at ``path`` and its opening it goes away, and ``put`` does something."""
    really = os.open

    def opened(name: str, flags: int) -> int:
        if name == str(path):
            path.unlink()
            put()
        return really(name, flags)

    monkeypatch.setattr("feeds.sources.folder.os.open", opened)


def test_a_pipe_that_took_a_files_place_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.txt")
    replaced_once_seen(monkeypatch, path, lambda: os.mkfifo(path))
    assert "a pipe" in refusals(scanned(a_folder(tmp_path)))["a.txt"]


def test_a_link_that_took_a_files_place_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.txt")
    replaced_once_seen(monkeypatch, path, lambda: path.symlink_to("/etc/hostname"))
    assert set(refusals(scanned(a_folder(tmp_path)))) == {"a.txt"}


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "secret.txt").parent
    root = tmp_path / "root"
    write(root / "z.txt")
    (root / "a.txt").symlink_to(outside / "secret.txt")
    (root / "b.txt").symlink_to("../outside/secret.txt")
    (root / "folder").symlink_to(outside)
    (root / "unrelated").symlink_to(outside / "secret.txt")
    seen = scanned(a_folder(root))
    assert names(seen) == ["a.txt", "b.txt", "folder", "z.txt"]
    assert set(refusals(seen)) == {"a.txt", "b.txt", "folder"}
    assert "a link that leads out of the folder" in refusals(seen)["a.txt"]


def test_links_to_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("missing")
    (tmp_path / "b.txt").symlink_to("b.txt")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "c.txt").symlink_to("pipe")
    found = refusals(scanned(a_folder(tmp_path)))
    assert "a link to nothing" in found["a.txt"]
    assert "a link to nothing" in found["b.txt"]
    assert "a pipe" in found["c.txt"]


def test_links_within_the_folder_are_read_and_folders_seen_once(tmp_path: Path) -> None:
    """As a Kubernetes volume shows its files."""
    write(tmp_path / "..data" / "a.txt", "kept here")
    (tmp_path / "a.txt").symlink_to("..data/a.txt")
    write(tmp_path / "folder" / "b.txt")
    (tmp_path / "again").symlink_to("folder")
    (tmp_path / "folder" / "circle").symlink_to("..")
    first, second = scanned(a_folder(tmp_path))
    assert (first.name, second.name) == ("a.txt", "folder/b.txt")
    assert isinstance(first, Fetched)
    assert first.document.body == b"kept here"


def test_a_root_that_is_a_link_itself_is_read(tmp_path: Path) -> None:
    write(tmp_path / "real" / "a.txt")
    (tmp_path / "link").symlink_to("real")
    assert names(scanned(a_folder(tmp_path / "link"))) == ["a.txt"]


def test_names_that_cannot_be_decoded_or_shown_are_escaped(tmp_path: Path) -> None:
    for name in (b"caf\xe9.txt", b"two\nlines.txt", "Приштина.txt".encode()):
        (tmp_path / os.fsdecode(name)).write_text("text")
    seen = scanned(a_folder(tmp_path))
    assert names(seen) == [r"caf\udce9.txt", r"two\nlines.txt", "Приштина.txt"]
    assert all(isinstance(one, Fetched) for one in seen)
    "".join(names(seen)).encode()


def test_a_file_that_goes_while_we_look_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.txt")
    write(tmp_path / "b.txt")
    scan = a_folder(tmp_path).scan(NOTHING, NOW)
    assert next(scan).name == "a.txt"
    (tmp_path / "b.txt").unlink()
    assert list(scan) == []


def test_a_file_that_goes_before_it_is_opened_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.txt")
    replaced_once_seen(monkeypatch, path, lambda: None)
    assert scanned(a_folder(tmp_path)) == []


@pytest.fixture
def deep_folder(tmp_path: Path) -> Iterator[Path]:
    """What is put in here goes away at once: pytest's own clean-up cannot go so deep."""
    yield tmp_path
    subprocess.run(["rm", "-rf", tmp_path], check=True)


def test_folders_may_be_deeper_than_calls(deep_folder: Path) -> None:
    inside = deep_folder.joinpath(*["d"] * 1_500)
    folder = os.open(deep_folder, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("a.txt", os.O_CREAT, 0o600, dir_fd=folder))
    os.close(folder)
    path = f"{inside.relative_to(deep_folder)}/a.txt"
    assert names(scanned(a_folder(deep_folder))) == [bounded(path)]


# -- What cannot be read ---------------------------------------------------------------------------


def test_a_file_without_the_right_to_read_stops_nothing() -> None:
    with open_folder() as root:
        write(root / "a.txt").chmod(0o000)
        write(root / "b" / "c.txt").parent.chmod(0o000)
        write(root / "d.txt")
        (root / "e.txt").symlink_to("b/c.txt")
        with as_nobody():
            seen = scanned(a_folder(root))
        assert names(seen) == ["a.txt", "b", "d.txt", "e.txt"]
        assert set(refusals(seen)) == {"a.txt", "b", "e.txt"}
        assert "Permission denied" in refusals(seen)["a.txt"]
        (root / "b").chmod(0o755)


def test_a_source_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"source 'own': .*missing cannot be read: No such"):
        scanned(a_folder(tmp_path / "missing"))
    with pytest.raises(SourceError, match="missing"):
        _ = a_folder(tmp_path / "missing").expected


# -- Explicit paths --------------------------------------------------------------------------------


def test_one_file_can_be_named_whatever_it_is_called(tmp_path: Path) -> None:
    write(tmp_path / "a.md")
    write(tmp_path / "b.txt")
    source = a_folder(tmp_path / "a.md")
    assert names(scanned(source)) == ["a.md"]
    assert source.expected == 1
    assert not source.is_whole


def test_a_part_of_a_source_keeps_its_names(tmp_path: Path) -> None:
    for name in ("a/b.txt", "a/c.txt", "d.txt"):
        write(tmp_path / name)
    source = a_folder(tmp_path, only=tmp_path / "a")
    assert names(scanned(source)) == ["a/b.txt", "a/c.txt"]
    assert names(scanned(a_folder(tmp_path, only=tmp_path / "a" / "c.txt"))) == ["a/c.txt"]
    assert not source.is_whole
    assert a_folder(tmp_path).is_whole


def test_what_lies_elsewhere_is_no_part_of_a_source(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b.txt")
    other = write(tmp_path / "other.txt")
    with pytest.raises(SourceError, match="does not lie below"):
        scanned(a_folder(tmp_path / "a", only=other))


def test_what_a_complete_folder_no_longer_holds_is_gone(tmp_path: Path) -> None:
    """Only where somebody said it is complete, and never because it is not mounted."""
    kept = write(tmp_path / "kept.txt")
    known = {"kept.txt": "1", "deleted.txt": "2"}
    assert Gone("deleted.txt") not in scanned(a_folder(tmp_path), known)
    assert scanned(a_folder(tmp_path, complete=True), known)[-1] == Gone("deleted.txt")
    assert Gone("deleted.txt") not in scanned(a_folder(tmp_path, complete=True, only=kept), known)
    kept.unlink()
    assert scanned(a_folder(tmp_path, complete=True), known) == []


def test_a_folder_that_cannot_be_listed_withdraws_nothing() -> None:
    known = {"kept.txt": "1", "closed/a.txt": "2"}
    with open_folder() as root:
        write(root / "kept.txt")
        write(root / "closed" / "a.txt").parent.chmod(0)
        with as_nobody():
            seen = scanned(a_folder(root, complete=True), known)
        (root / "closed").chmod(0o755)
    assert not [one for one in seen if isinstance(one, Gone)]
