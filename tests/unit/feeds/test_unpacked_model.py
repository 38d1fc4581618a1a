"""The model of languages, kept as it was unpacked: the same, ours alone, and never needed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feeds import unpacked_model
from feeds.parse import language
from feeds.unpacked_model import kept

CROATIAN = "Ministarstvo rada poziva poslodavce da prijave potrebe za sezonskim radnicima"


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "fieldfare"


@pytest.fixture(scope="module")
def packed() -> language.ModelTables:
    return language.unpacked()


@pytest.fixture
def unpackings(monkeypatch: pytest.MonkeyPatch, packed: language.ModelTables) -> list[None]:
    """As many as there were, none of which takes its half second."""
    done: list[None] = []

    def unpacked() -> language.ModelTables:
        done.append(None)
        return packed

    monkeypatch.setattr(unpacked_model, "unpacked", unpacked)
    return done


@pytest.fixture
def asked_of() -> Iterator[Callable[[], None]]:
    """The model is made of what is kept, until the end of the test."""

    def ask() -> None:
        language.model.cache_clear()
        language.have_tables_of(kept)

    yield ask
    language.have_tables_of(language.unpacked)
    language.model.cache_clear()


def test_what_was_unpacked_once_says_the_same_without_it(
    caches: Path, unpackings: list[None], asked_of: Callable[[], None]
) -> None:
    before = language.model().rank(CROATIAN)
    for _ in range(2):
        asked_of()
        assert language.model().rank(CROATIAN) == before
    assert len(unpackings) == 1
    (file,) = caches.iterdir()
    assert (file.stat().st_mode & 0o777, caches.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"\0" * 10_000),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(b"[]" + b"\0" * 10_000),
        lambda file: file.chmod(0o666),
    ],
    ids=["empty", "of-zeros", "cut", "another", "of-anybody"],
)
def test_what_is_not_whole_or_not_ours_is_made_anew(
    spoil: Callable[[Path], object], caches: Path, unpackings: list[None]
) -> None:
    kept()
    (file,) = caches.iterdir()
    spoil(file)
    kept()
    kept()
    assert len(unpackings) == 2
    assert [*caches.iterdir()] == [file]


def test_another_model_takes_the_place_of_the_one_before(
    caches: Path, unpackings: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept()
    before = {*caches.iterdir()}
    monkeypatch.setattr(unpacked_model, "wanted", lambda: ("hr", "sr"))
    kept()
    after = {*caches.iterdir()}
    assert (len(unpackings), len(after), after & before) == (2, 1, set())


def test_whoever_may_keep_nothing_unpacks_it(
    tmp_path: Path, unpackings: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    kept()
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", "nowhere")
    kept()
    assert len(unpackings) == 2
    assert [*tmp_path.iterdir()] == [tmp_path / "file"]
