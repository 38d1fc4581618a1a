"""Where the news comes from, and how each source does, as rows that people and programs read.

Knows the settings of sources and their standings. Must never change anything.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feeds.standing import Standing, State
from feeds.storage import Connection, standings
from notifier.app.house import App

__all__ = ["ToldSource", "sources", "states"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldSource:
    """A source as reports name it; ``state`` is None where nothing was asked so far, or ever is.

    ``problem`` says what is wrong in this state ``since`` when; ``items`` counts those that it was
    the first to bring.
    """

    name: str
    kind: str
    address: str
    state: str | None
    since: datetime | None
    problem: str
    failures: int
    moved_to: str | None
    last_success: datetime | None
    next_look: datetime | None
    items: int


def sources(app: App) -> list[ToldSource]:
    """Every source of the settings, in their order."""
    with app.database.reading() as connection:
        known = standings.every(connection)
        counts = standings.item_counts(connection)
    return [
        _told(
            source.name,
            source.kind,
            _address(source.kind, source.url, source.path),
            known.get(source.name),
            counts.get(source.name, 0),
        )
        for source in app.settings.sources
    ]


def states(app: App, connection: Connection) -> Mapping[State, int]:
    """How many sources of the settings are in which state."""
    known = standings.every(connection)
    places = {
        source.name: _address(source.kind, source.url, source.path)
        for source in app.settings.sources
    }
    return Counter(one.state for name, one in known.items() if one.address == places.get(name))


def _address(kind: str, url: str, path: Path | None) -> str:
    return url if kind == "web" else str(path or "")


def _told(name: str, kind: str, address: str, found: Standing | None, items: int) -> ToldSource:
    # The standing of another address says how the source did there.
    standing = found if found and found.address == address else None
    return ToldSource(
        name=name,
        kind=kind,
        address=address,
        state=standing.state.value if standing else None,
        since=standing.since if standing else None,
        problem=standing.problem if standing else "",
        failures=standing.failures if standing else 0,
        moved_to=standing.moved_to if standing else None,
        last_success=standing.last_success_at if standing else None,
        next_look=standing.next_look_at if standing else None,
        items=items,
    )
