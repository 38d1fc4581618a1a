"""Words of the model as they stand in the cells of a row, and back.

Knows the spelling of a cell. Must never know a query.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from feeds.model import Enclosure, Issued, IssuedFrom, Mark, Provenance

__all__ = [
    "enclosures",
    "from_enclosures",
    "from_marks",
    "from_provenance",
    "issued",
    "marks",
    "provenance",
]


def issued(row: Row[*tuple[Any, ...]]) -> Issued | None:
    """The issue date of a row of items."""
    if row.issued_on is None:
        return None
    return Issued(day=row.issued_on, at=row.issued_at, origin=IssuedFrom(row.issued_from))


def from_enclosures(files: Sequence[Enclosure]) -> list[dict[str, object]]:
    return [
        {"url": each.url, "type": each.media_type, "length": each.length, "title": each.title}
        for each in files
    ]


def enclosures(cell: Iterable[Mapping[str, Any]]) -> tuple[Enclosure, ...]:
    return tuple(
        Enclosure(
            url=each["url"], media_type=each["type"], length=each["length"], title=each["title"]
        )
        for each in cell
    )


def from_provenance(origin: Provenance | None) -> dict[str, object] | None:
    if origin is None:
        return None
    updated = origin.feed_updated
    return {
        "entry_id": origin.entry_id,
        "feed_id": origin.feed_id,
        "feed_title": origin.feed_title,
        "feed_updated": updated.isoformat() if updated else None,
    }


def provenance(cell: Mapping[str, Any] | None) -> Provenance | None:
    if cell is None:
        return None
    updated = cell["feed_updated"]
    return Provenance(
        entry_id=cell["entry_id"],
        feed_id=cell["feed_id"],
        feed_title=cell["feed_title"],
        feed_updated=datetime.fromisoformat(updated) if updated else None,
    )


def from_marks(marks: Iterable[Mark]) -> str:
    return " ".join(sorted(marks))


def marks(cell: str) -> frozenset[Mark]:
    return frozenset(map(Mark, cell.split()))
