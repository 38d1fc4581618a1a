"""The house: parts are made when they are asked for, once, and closed in order."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from config.settings import SettingsError
from feeds.errors import StoreError
from feeds.fetch.client import Fetcher
from feeds.storage.database import Database
from notifier.app.house import House
from tests.configured import settings_from

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
PARTS = {"database", "identity", "taxonomy", "site", "fetcher", "receiver", "planner", "transport"}


def house_in(folder: Path, text: str = "") -> House:
    text = f'site.authority = "example.org"\n{text}'
    return House(settings_from(folder / "fieldfare.toml", text), clock=lambda: NOW)


def made(house: House) -> set[str]:
    """The parts that were made so far."""
    return PARTS & vars(house).keys()


def test_nothing_is_made_that_nobody_asks_for(tmp_path: Path) -> None:
    """No store either."""
    with house_in(tmp_path) as house:
        assert house.taxonomy.topics
        assert made(house) == {"taxonomy"}
    assert not [*tmp_path.glob("*.db*")]


def test_a_part_is_made_once(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        assert house.database is house.database
        assert house.identity.minted == NOW.date()
        assert house.site.identity is house.identity
        assert made(house) == {"database", "identity", "site"}


def test_a_store_is_nobodys_without_an_authority(tmp_path: Path) -> None:
    """Ids that were minted for this machine would be those of every other one."""
    settings = settings_from(tmp_path / "fieldfare.toml", "")
    with House(settings, clock=lambda: NOW) as house:
        for _ in range(2):
            with pytest.raises(SettingsError, match=r"site\.authority: name a domain of yours"):
                _ = house.identity


def test_a_part_that_cannot_be_made_breaks_no_other(tmp_path: Path) -> None:
    """Without a secret no digest can be made, and everything else goes on."""
    with house_in(tmp_path) as house:
        with pytest.raises(SettingsError):
            _ = house.contents
        assert made(house) == {"database", "identity", "site", "taxonomy"}
        assert house.database.is_current()


def test_what_was_opened_is_closed_the_last_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As who came later may still need who was there before; what was not asked for is not."""
    closed: list[str] = []

    def watch(owner: type[Database | Fetcher]) -> None:
        close = owner.close

        def told(part: Any) -> None:
            closed.append(owner.__name__)
            close(part)

        monkeypatch.setattr(owner, "close", told)

    watch(Database)
    watch(Fetcher)
    with house_in(tmp_path) as house:
        _ = house.database, house.fetcher, house.transports
        assert closed == []
    assert closed == ["Fetcher", "Database"]


def test_a_store_that_cannot_be_opened_leaves_nothing_to_close(tmp_path: Path) -> None:
    """And is tried anew by who asks again."""
    with house_in(tmp_path, 'store.url = "sqlite:///nowhere/at/all.db"') as house:
        for _ in range(2):
            with pytest.raises(StoreError):
                _ = house.database
        assert made(house) == set()


def test_who_waits_is_ended_by_the_event_that_was_given(tmp_path: Path) -> None:
    """And by one of the house's own where none was."""
    stopping = Event()
    settings = settings_from(tmp_path / "fieldfare.toml", "")
    assert House(settings, clock=lambda: NOW, stopping=stopping).stopping is stopping
    assert not House(settings, clock=lambda: NOW).stopping.is_set()


def test_a_new_secret_forgets_no_suppression(tmp_path: Path) -> None:
    """It signs links; a leaked one is replaced, and who must not be mailed stays so."""
    hashes = set()
    for secret in ("a" * 32, "b" * 32):
        with house_in(tmp_path, f'secret = "{secret}"\n') as house:
            hashes.add(house.keyed("dead@example.org"))
    assert len(hashes) == 1


def test_another_store_has_another_key(tmp_path: Path) -> None:
    hashes = set()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        with house_in(tmp_path / name) as house:
            hashes.add(house.keyed("dead@example.org"))
    assert len(hashes) == 2
