"""What editors say of items, and what the sources say of these where that is not shown.

Knows the table ``corrections``. Must never know which word counts.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from feeds.draft import Draft
from feeds.identity.correction import Correction
from feeds.model import Issued, IssuedFrom, Label, Mark, TopicKind, TopicRef
from feeds.storage.columns import among
from feeds.storage.engines import upsert
from feeds.storage.tables import corrections


def known(
    connection: Connection, numbers: Collection[int]
) -> Mapping[int, tuple[Correction, Mapping[str, Any]]]:
    """What editors say of these items, and what is stated by their sources, for `stated`."""
    rows = connection.execute(select(corrections).where(among(corrections.c.item, numbers)))
    return {row.item: (_correction(row.said), row.stated) for row in rows}


def stated(shown: Draft, cell: Mapping[str, Any]) -> Draft:
    """What the sources say of an item that is ``shown`` as an editor corrected it."""
    return replace(
        shown.filed(_labels(cell["labels"])),
        title=cell["title"],
        summary=cell["summary"],
        paragraphs=tuple(cell["paragraphs"]),
        markup=cell["markup"],
        issued=_issued(cell["issued"]),
        language=cell["language"],
        marks=frozenset(map(Mark, cell["marks"])),
    )


def keep(connection: Connection, said: Mapping[int, tuple[Correction, Draft]]) -> None:
    """Of these items, by number, editors say that, and their sources that."""
    rows = [
        {"item": item, "said": _told(correction), "stated": _spelt(draft)}
        for item, (correction, draft) in said.items()
    ]
    upsert(connection, corrections, rows)


def forget(connection: Connection, item: int) -> None:
    """Nothing is said of it but by its sources."""
    connection.execute(delete(corrections).where(corrections.c.item == item))


def _spelt(draft: Draft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "summary": draft.summary,
        "paragraphs": draft.paragraphs,
        "markup": draft.markup,
        "issued": _day(draft.issued),
        "language": draft.language,
        "labels": _names(draft.labels),
        "marks": sorted(draft.marks),
    }


def _told(said: Correction) -> dict[str, Any]:
    return {
        "title": said.title,
        "summary": said.summary,
        "paragraphs": said.paragraphs,
        "issued": _day(said.issued),
        "language": said.language,
        "added": _names(said.added),
        "removed": sorted(map(str, said.removed)),
    }


def _correction(cell: Mapping[str, Any]) -> Correction:
    text = cell["paragraphs"]
    return Correction(
        title=cell["title"],
        summary=cell["summary"],
        paragraphs=None if text is None else tuple(text),
        issued=_issued(cell["issued"]),
        language=cell["language"],
        added=_labels(cell["added"]),
        removed=frozenset(map(TopicRef.parse, cell["removed"])),
    )


def _names(labels: Iterable[Label]) -> list[list[str | None]]:
    return [[label.kind, label.text, label.slug] for label in labels]


def _labels(cell: Iterable[tuple[str, str, str | None]]) -> tuple[Label, ...]:
    return tuple(Label(kind=TopicKind(kind), text=text, slug=slug) for kind, text, slug in cell)


def _day(issued: Issued | None) -> list[str | None] | None:
    if issued is None:
        return None
    at = issued.at.isoformat() if issued.at else None
    return [issued.day.isoformat(), at, issued.origin]


def _issued(cell: tuple[str, str | None, str] | None) -> Issued | None:
    if cell is None:
        return None
    day, at, origin = cell
    return Issued(
        day=date.fromisoformat(day),
        at=datetime.fromisoformat(at) if at else None,
        origin=IssuedFrom(origin),
    )
