"""A backup as one file: a ZIP archive whose last member, the manifest, says what the others are.

Knows the archive, that what is in it is as it was put there, and where it is worked on. Must never
know a store.
"""

import fcntl
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from feeds.model import Progress
from notifier.errors import BackupUnusable

MANIFEST = "manifest.json"
#: What is in an archive of another number, this program does not know.
FORMAT = 1
_CHUNK_BYTES = 1 << 20
#: Four times as fast as the usual one, for a fifth more bytes; what is packed already is not again.
_LEVEL = 1
_PACKED = ".dump"
_WORK = ".fieldfare-backup-"
_MODE = 0o600
#: What is met in a file that anybody may have written.
_NO_BACKUP = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
    *(AttributeError, KeyError, TypeError, ValueError),
)
_OTHER = "{} in it is not what was put there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file of a backup: of so many bytes, with this SHA-256. Beside the store it has a ``place``,
    relative to the folder of the settings where it stood below that.
    """

    bytes: int
    sha256: str
    place: str = ""
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Of what installation a backup is, of which moment, by which version; ``schema`` are the
    revisions of the store, ``rows`` counts those of each table, ``last_ids`` are the last that it
    gave out by itself. ``left_out`` are files with secrets that are not in it, by their places.
    """

    made_at: datetime
    version: str
    engine: str
    authority: str
    schema: tuple[str, ...]
    rows: Mapping[str, int]
    last_ids: Mapping[str, int]
    left_out: tuple[str, ...]
    members: Mapping[str, Member]
    format: int = FORMAT


def pack(
    target: Path,
    files: Mapping[str, Path],
    places: Mapping[str, tuple[str, bool]],
    progress: Progress | None = None,
) -> dict[str, Member]:
    """An archive of these files, by the names they have in it, is there for `seal`."""
    total, done = sum(path.stat().st_size for path in files.values()), 0
    members = {}
    with _created(target) as archive:
        for name, path in files.items():
            digest, size = sha256(), 0
            archive.compression = _compression(name)
            with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as packed:
                while chunk := source.read(_CHUNK_BYTES):
                    packed.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                    done += len(chunk)
                    if progress:
                        progress(done, total)
            place, is_secret = places.get(name, ("", False))
            members[name] = Member(
                bytes=size, sha256=digest.hexdigest(), place=place, is_secret=is_secret
            )
    return members


def seal(target: Path, manifest: Manifest) -> None:
    """The archive says what it is, and is on disk."""
    with zipfile.ZipFile(target, "a", compression=zipfile.ZIP_DEFLATED) as archive:
        said = asdict(manifest) | {"made_at": manifest.made_at.isoformat()}
        archive.writestr(MANIFEST, json.dumps(said, ensure_ascii=False, indent=2) + "\n")
    with target.open("rb") as written:
        os.fsync(written.fileno())


def manifest_of(file: Path) -> Manifest:
    """What a backup says of itself. Raises BackupUnusable."""
    with _opened(file) as archive:
        said = json.loads(archive.read(MANIFEST))
        if said.get("format") != FORMAT:
            raise BackupUnusable(file, "it was made by a newer fieldfare: install that version")
        members = {name: Member(**member) for name, member in said.pop("members").items()}
        for name in ("schema", "left_out"):
            said[name] = tuple(said[name])
        made_at = datetime.fromisoformat(said.pop("made_at"))
        return Manifest(**said, made_at=made_at, members=members)


def unpack(
    file: Path, manifest: Manifest, folder: Path | None = None, progress: Progress | None = None
) -> dict[str, Path]:
    """Every member is as the manifest says, and a file in ``folder`` if there is one: by its name.

    Raises BackupUnusable; where they would not fit, before any is written.
    """
    total, done = sum(member.bytes for member in manifest.members.values()), 0
    if folder and total > (free := shutil.disk_usage(folder).free):
        said = (
            f"it takes {total} bytes of which {free} are free at {folder.parent}: make room there"
        )
        raise BackupUnusable(file, said)
    paths = {}
    with _opened(file) as archive:
        for number, (name, member) in enumerate(manifest.members.items()):
            # By numbers: no name in an archive decides where anything is written.
            paths[name] = (folder or Path()) / str(number)
            digest = sha256()
            # No more than that comes out of it.
            if archive.getinfo(name).file_size != member.bytes:
                raise BackupUnusable(file, _OTHER.format(name))
            with archive.open(name) as packed, _kept(folder and paths[name]) as keep:
                while chunk := packed.read(_CHUNK_BYTES):
                    keep(chunk)
                    digest.update(chunk)
                    done += len(chunk)
                    if progress:
                        progress(done, total)
            if digest.hexdigest() != member.sha256:
                raise BackupUnusable(file, _OTHER.format(name))
    return paths if folder else {}


def _compression(name: str) -> int:
    return zipfile.ZIP_STORED if name.endswith(_PACKED) else zipfile.ZIP_DEFLATED


@contextmanager
def work_folder(place: Path, file: Path) -> Iterator[Path]:
    """A folder in this place that nobody else may open, gone afterwards; those that killed runs
    left are removed. Raises BackupUnusable, of this file, where there cannot be any.
    """
    try:
        for left in place.glob(f"{_WORK}*"):
            # What another is at, whoever that is, is theirs.
            with suppress(OSError), locked(left):
                shutil.rmtree(left)
        with TemporaryDirectory(dir=place, prefix=_WORK) as name, locked(Path(name)):
            yield Path(name)
    except OSError as error:
        raise BackupUnusable(file, f"{error.filename or place}: {error.strerror}") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else works there. Raises BlockingIOError where somebody does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _created(target: Path) -> Iterator[zipfile.ZipFile]:
    descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
    with (
        os.fdopen(descriptor, "w+b") as file,
        zipfile.ZipFile(file, "w", compresslevel=_LEVEL) as archive,
    ):
        yield archive


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except OSError as error:
        raise BackupUnusable(file, str(error.strerror or error)) from error
    except _NO_BACKUP as error:
        raise BackupUnusable(file, f"it is no backup, or a part of one ({error})") from error


@contextmanager
def _kept(path: Path | None) -> Iterator[Callable[[bytes], object]]:
    if path is None:
        yield lambda _: None
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    with os.fdopen(descriptor, "wb") as file:
        yield file.write
