"""The published directory: whole files, replaced at once, left alone where nothing changed."""

import gzip
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from feeds.errors import PublishError
from feeds.publish.files import Files, digest_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _unpacked(path: Path) -> list[bytes]:
    """What lies packed beside a file, of each kind."""
    kinds = {".gz": gzip.decompress, ".br": brotli.decompress, ".zst": zstd.decompress}
    return [
        unpack(path.with_name(f"{path.name}{end}").read_bytes()) for end, unpack in kinds.items()
    ]


def test_a_file_is_written_plain_and_packed(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert files.write("feeds/fields/a.atom", b"<feed/>")
    written = tmp_path / "feeds/fields/a.atom"
    assert written.read_bytes() == b"<feed/>"
    assert _names(written.parent) == ["a.atom"]
    files.pack()
    assert _names(written.parent) == ["a.atom", "a.atom.br", "a.atom.gz", "a.atom.zst"]
    assert _unpacked(written) == [b"<feed/>"] * 3


def test_what_is_equal_is_left_alone(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("a.html", b"same")
    files.pack()
    for path in tmp_path.iterdir():
        os.utime(path, (1, 1))
    assert not files.write("a.html", b"same")
    files.pack()
    assert [path.stat().st_mtime for path in tmp_path.iterdir()] == [1] * 4


@pytest.mark.parametrize("end", [".gz", ".br", ".zst"])
def test_a_packed_file_that_is_missing_or_empty_is_made_again(tmp_path: Path, end: str) -> None:
    """A power cut may leave it without anything in it."""
    files = Files(tmp_path)
    files.write("a.html", b"same")
    files.pack()
    packed = tmp_path / f"a.html{end}"
    packed.unlink()
    assert not files.write("a.html", b"same")
    files.pack()
    assert _unpacked(tmp_path / "a.html") == [b"same"] * 3
    packed.write_bytes(b"")
    assert not files.write("a.html", b"same")
    files.pack()
    assert _unpacked(tmp_path / "a.html") == [b"same"] * 3


def test_the_same_bytes_are_packed_to_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        files = Files(tmp_path / folder)
        files.write("a.html", b"text" * 1000)
        files.pack()
    for end in (".gz", ".br", ".zst"):
        one, two = (tmp_path / folder / f"a.html{end}" for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_a_reader_of_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    """A file is replaced, never written into."""
    files = Files(tmp_path)
    files.write("a.html", b"old")
    with (tmp_path / "a.html").open("rb") as reader:
        files.write("a.html", b"new and longer")
        assert reader.read() == b"old"


def test_a_write_that_was_cut_off_leaves_the_old_file_and_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plain file is replaced last, so that the next run sees that something is left to do."""
    files = Files(tmp_path)
    files.write("a.html", b"old")
    files.pack()
    replace = os.replace

    def cut_off(source: str, target: str) -> None:
        if target.endswith(".html"):
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", cut_off)
    with pytest.raises(KeyboardInterrupt):
        files.write("a.html", b"new")
    assert (tmp_path / "a.html").read_bytes() == b"old"
    monkeypatch.undo()
    assert files.write("a.html", b"new")
    files.pack()
    assert _unpacked(tmp_path / "a.html") == [b"new"] * 3


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may be longer than 100 bytes: what is written is cut off there, as on a disk that is
    full, and only the next write fails.
    """
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, before)


@pytest.mark.usefixtures("small_files")
def test_a_file_that_is_written_in_part_replaces_none(tmp_path: Path) -> None:
    """Half a feed ends within an entry, and the next run would take it for what it wrote."""
    files = Files(tmp_path)
    files.write("a.atom", b"old")
    with pytest.raises(PublishError, match=r"a\.atom"):
        files.write("a.atom", os.urandom(200))
    assert (tmp_path / "a.atom").read_bytes() == b"old"
    assert _names(tmp_path) == ["a.atom"]


def test_many_files_are_reported_in_the_order_given_if_they_changed(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("b.html", b"b")
    documents = [(f"{name}.html", name.encode()) for name in "cba"]
    assert files.write_all(iter(documents)) == ("c.html", "a.html")


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "feeds").write_bytes(b"a file where a folder should be")
    with pytest.raises(PublishError, match=r"cannot write .*feeds/all\.atom: Not a directory"):
        Files(tmp_path).write("feeds/all.atom", b"")


def test_holding_is_about_files(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("feeds/a.html", b"a")
    assert files.holds("feeds/a.html")
    assert not files.holds("feeds")
    assert not files.holds("feeds/b.html")


def test_a_folder_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("feeds/a.html", b"a")
    for path in (tmp_path / "feeds").iterdir():
        path.unlink()
    (tmp_path / "feeds").rmdir()
    assert Files(tmp_path).write("feeds/a.html", b"a")


def test_what_a_file_is_packed_to_follows_and_never_outlives_it(tmp_path: Path) -> None:
    """Nothing in it tells of which bytes it is, so that it goes before they do."""
    files = Files(tmp_path)
    files.write("a.html", b"old" * 100)
    files.pack()
    assert _unpacked(tmp_path / "a.html") == [b"old" * 100] * 3
    written = {int(path.stat().st_mtime) for path in tmp_path.iterdir()}
    assert len(written) == 1
    files.write("a.html", b"new" * 100)
    assert _names(tmp_path) == ["a.html"]
    files.pack()
    assert _unpacked(tmp_path / "a.html") == [b"new" * 100] * 3
    assert all(int(path.stat().st_mtime) > max(written) for path in tmp_path.iterdir())


def test_what_a_run_did_not_come_to_pack_the_next_one_does(tmp_path: Path) -> None:
    Files(tmp_path).write("a.html", b"same")
    files = Files(tmp_path)
    assert not files.write("a.html", b"same")
    files.pack()
    assert zstd.decompress((tmp_path / "a.html.zst").read_bytes()) == b"same"


def test_many_files_are_packed_before_the_last_is_written(tmp_path: Path) -> None:
    """None has to be remembered for long."""
    files = Files(tmp_path)
    for number in range(1_002):
        files.write(f"{number}.html", b"text")
    assert _unpacked(tmp_path / "0.html") == [b"text"] * 3


def test_what_is_written_again_while_it_is_packed_is_packed_again(tmp_path: Path) -> None:
    """And what is removed then stays removed: nothing beside it is made any more."""
    with closing(Files(tmp_path)) as files:
        for number in range(501):
            files.write(f"{number}.html", b"old" * 10_000)
        for number in range(0, 501, 50):
            files.write(f"{number}.html", b"new" * 10_000)
            files.remove(f"{number + 1}.html")
        files.pack()
    for number in range(0, 500, 50):
        assert _unpacked(tmp_path / f"{number}.html") == [b"new" * 10_000] * 3
        assert not [*tmp_path.glob(f"{number + 1}.html*")]


def test_what_a_killed_run_left_unpacked_and_is_written_anew_is_packed_anew(tmp_path: Path) -> None:
    names = [f"{number:03}.html" for number in range(600)]
    files = Files(tmp_path)
    files.begin("1")
    for name in names:
        files.write(name, b"old" * 20_000)
    files.close()
    with closing(Files(tmp_path)) as again:
        again.begin("1")
        for name in names[:20]:
            again.write(name, b"new" * 20_000)
        again.pack(is_end=True)
    for name in names[:20]:
        assert _unpacked(tmp_path / name) == [b"new" * 20_000] * 3


def test_a_run_that_cannot_be_noted_is_told_of_in_a_sentence(tmp_path: Path) -> None:
    def run() -> None:
        with closing(Files(tmp_path)) as files:
            files.begin("1")
            (tmp_path / ".begun").symlink_to("/dev/full")
            files.write("a.html", b"a")

    with pytest.raises(PublishError, match="No space left"):
        run()


def test_a_file_in_whose_place_something_else_lies_is_packed_by_nobody(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("a/b.html", b"b")
    (tmp_path / "a/b.html").unlink()
    (tmp_path / "a").rmdir()
    (tmp_path / "a").write_bytes(b"a file where a folder was")
    files.pack()
    assert _names(tmp_path) == ["a"]


def test_a_run_that_fails_leaves_nothing_at_work(tmp_path: Path) -> None:
    def run() -> None:
        with closing(Files(tmp_path)) as files:
            for number in range(501):
                files.write(f"{number}.html", b"text" * 10_000)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    names = _names(tmp_path)
    assert len(names) >= 501
    assert not [name for name in names if name.endswith(".new")]


def test_of_two_documents_for_one_place_the_last_one_stays(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("a.html", b"second")
    assert files.write_all([("a.html", b"first"), ("a.html", b"second")]) == ("a.html", "a.html")
    assert (tmp_path / "a.html").read_bytes() == b"second"
    files.pack()
    assert not [*files.compare("a.html", b"second")]


def test_documents_of_any_sizes_are_written_in_their_order(tmp_path: Path) -> None:
    """What is there stays."""
    files = Files(tmp_path)
    sizes = [10, 700_000, 300_000, 300_000, 20, 900_000, 30, 40]
    documents = [(f"{place}.html", b"x" * size) for place, size in enumerate(sizes)]
    files.write(*documents[5])
    files.digests.clear()
    written = files.write_all(documents)
    assert written == tuple(path for path, _ in documents if path != "5.html")
    assert [*files.digests] == [path for path, _ in documents]
    assert files.digests == {path: digest_of(content) for path, content in documents}
    files.pack()
    assert not [fault for path, content in documents for fault in files.compare(path, content)]


def test_what_is_made_of_an_earlier_document_finds_it_written(tmp_path: Path) -> None:
    files = Files(tmp_path)

    def documents() -> Iterator[tuple[str, bytes]]:
        yield "a.html", b"first"
        yield "b.html", files.read("a.html") or b""
        files.remove("a.html")

    assert files.write_all(documents()) == ("a.html", "b.html")
    assert (tmp_path / "b.html").read_bytes() == b"first"
    assert files.read("a.html") is None


def test_what_an_error_left_waiting_is_not_written_later(tmp_path: Path) -> None:
    """Whoever asks for more after an error gets that, and nothing of what was given up."""
    files = Files(tmp_path)
    (tmp_path / "a.html").mkdir()
    with pytest.raises(PublishError):
        files.write_all([("a.html", b"a"), ("b.html", b"b"), ("c.html", b"c")])
    assert files.read("b.html") is None
    files.write("d.html", b"d")
    assert not (tmp_path / "b.html").exists()


def test_packing_ends_with_what_cannot_be_packed(tmp_path: Path) -> None:
    """And no packing is at work any more when that is told."""
    files = Files(tmp_path)
    for number in range(100):
        files.write(f"{number:02}.html", b"text" * 100)
    (tmp_path / ".03.html.br.new").mkdir()
    with pytest.raises(PublishError, match=r"03\.html"):
        files.pack()
    assert not [name for name in _names(tmp_path) if name.endswith(".gz.new")]
    (tmp_path / ".03.html.br.new").rmdir()
    assert not files.write("03.html", b"text" * 100)
    files.pack()
    assert _unpacked(tmp_path / "03.html") == [b"text" * 100] * 3
