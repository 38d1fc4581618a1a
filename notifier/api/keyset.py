"""A list in parts: each begins behind the last of the one before, whatever came meanwhile.

Knows cursors and links (RFC 8288). Must never know what is listed.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Query
from starlette.datastructures import URL

from feeds.parse.push.members import Fault
from feeds.storage.columns import number_in
from feeds.web.problems import Problem

Row = TypeVar("Row")

_MOST: Final = 200
Limit = Annotated[int, Query(ge=1, le=_MOST, description="At most so many.")]
Cursor = Annotated[
    str,
    Query(
        max_length=2_000,
        description="Where to go on: as the `Link` with `rel=next` of the part before has it.",
    ),
]
_NO_CURSOR: Final = Fault(
    field="query/cursor", problem="is none that was given out; begin without one"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPart(Generic[Row]):
    """Some rows, and where to go on; "" where there are no more."""

    rows: Sequence[Row]
    cursor: str = ""

    def link(self, url: URL) -> str:
        """The field of the head that leads on, from the address that was asked for."""
        kept = [(name, text) for name, text in parse_qsl(url.query) if name != "cursor"]
        return f'<{url.path}?{urlencode([*kept, ("cursor", self.cursor)])}>; rel="next"'


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("is no text")
    return value


def moment(text: str) -> datetime:
    """A moment as cursors spell it. Raises ValueError."""
    return placed(datetime.fromisoformat(text))


def placed(found: datetime) -> datetime:
    """The same in UTC, where it says no zone. Raises ValueError at an end of the calendar."""
    if not MINYEAR < found.year < MAXYEAR:
        raise ValueError("is at an end of the calendar")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def number(text: str) -> int:
    """A number as a store has them. Raises ValueError."""
    found = number_in(text)
    if found is None:
        raise ValueError("is no number of a row")
    return found


def part_of(found: Sequence[Row], limit: int, key: Callable[[Row], Sequence[str]]) -> ListPart[Row]:
    """The first so many of what was ``found``, where one more was asked for; the ``key`` of a row
    says where it stands.
    """
    rows = found[:limit]
    return ListPart(rows=rows, cursor=cursor_of(key(rows[-1])) if len(found) > limit else "")


def cursor_of(key: Sequence[str]) -> str:
    """A key as addresses hold it."""
    return urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def key_in(cursor: str, *kinds: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """The key that a cursor holds, each of its texts read as one of these kinds; None where the
    list begins. Raises Problem: 422.
    """
    if not cursor:
        return None
    try:
        key = map(_text, json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
        return tuple(read(text) for read, text in zip(kinds, key, strict=True))
    except (ValueError, TypeError) as error:
        raise Problem.of_faults(_NO_CURSOR) from error
