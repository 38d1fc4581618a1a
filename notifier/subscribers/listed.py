"""Lists of people as files hold them: CSV with named columns, JSON, or an address a line.

Knows how columns are called, here and in the exports of other programs, and how their values are
written. Must never know who is subscribed, or which topics there are.
"""

import csv
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import getaddresses
from enum import StrEnum
from io import StringIO
from typing import Any, Final
from zoneinfo import ZoneInfo

from config.values import time_zone
from notifier.errors import UnreadableList
from notifier.model import Frequency, Weekday
from notifier.subscribers.preferences import Preferences, numbered_days

#: Stands for all news where selections are named.
EVERYTHING: Final = "everything"


class ListColumn(StrEnum):
    """What a list may say of a person, by the name it has in our own."""

    ADDRESS = "address"
    STATE = "state"
    TOPICS = "topics"
    SELECTIONS = "selections"
    FREQUENCY = "frequency"
    AT = "at"
    ON = "on"
    QUIET = "quiet"
    TIMEZONE = "timezone"
    LANGUAGE = "language"
    MUTED = "muted"
    PAUSED_UNTIL = "paused_until"
    SUPPRESSED = "suppressed"


#: What others call them, in small letters, with blanks for all that stands between words.
_ALSO: Final = {
    ListColumn.ADDRESS: ("email", "e mail", "email address", "e mail address", "mail"),
    ListColumn.STATE: ("status",),
    ListColumn.TOPICS: ("topic",),
    ListColumn.SELECTIONS: ("selection",),
    ListColumn.AT: ("hour", "time"),
    ListColumn.ON: ("weekdays", "weekday", "days"),
    ListColumn.TIMEZONE: ("time zone", "zone"),
    ListColumn.LANGUAGE: ("lang", "locale"),
}
_KNOWN: Final = {
    name.replace("_", " "): column
    for column in ListColumn
    for name in (column, *_ALSO.get(column, ()))
}
#: Who gets mail by a list, and who does not, in the words of listmonk, Mailman and others.
_IN: Final = frozenset(("", "active", "confirmed", "enabled", "subscribed"))
_OUT: Final = frozenset(
    "blacklisted blocked blocklisted bounced bounce complained complaint disabled erased inactive"
    " left pending spam unconfirmed unsubscribed".split()
)
_BETWEEN_WORDS = re.compile(r"[\s_\-]+")
_BETWEEN_NAMES = re.compile(r"[;|\n]")
#: What tells columns apart; a comma where none does.
_DELIMITERS: Final = ",;\t|"
# A table of figures takes what begins so for a formula and reckons with it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson:
    """Somebody on a line of a list; ``is_out`` where it says that they get no mail. ``problems``
    are what of it makes no sense, and is not in ``wants``.
    """

    line: int
    address: str
    wants: Preferences
    is_out: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFault:
    """What is wrong with a line, so that nobody is taken from it."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleList:
    """Those on a list, one after the other as they are asked for; ``unread`` are its columns that
    say nothing here.
    """

    people: Iterator[ListedPerson | ListFault]
    unread: tuple[str, ...] = ()


def read_list(content: bytes, named: Mapping[ListColumn, str]) -> PeopleList:
    """The people in a file, of whatever form it is.

    ``named`` says what a column is called where nobody would guess it. A line that cannot be read
    is a fault, and the next one is read. Raises UnreadableList where nothing can be.
    """
    text = _text(content)
    if text.lstrip().startswith("["):
        return PeopleList(people=_of_json(_json(text)))
    # Cells may hold what ends a line elsewhere.
    lines = [*StringIO(text, newline="")]
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise UnreadableList("it is empty")
    if "@" in first:
        return PeopleList(people=_of_addresses(lines))
    delimiter = max(_DELIMITERS, key=first.count)
    rows = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    header = _header(rows)
    columns = _columns(header, named)
    unread = tuple(name for name, column in zip(header, columns, strict=True) if column is None)
    return PeopleList(people=_of_rows(rows, columns), unread=unread)


def in_a_cell(value: object) -> str:
    """A value as a cell of CSV holds it: never taken for a formula (CWE-1236), and read back."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(content: bytes) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableList(f"line {line} is not UTF-8: save it as “CSV UTF-8”") from error


# -- The forms -------------------------------------------------------------------------------------


def _json(text: str) -> Sequence[object]:
    try:
        listed: list[object] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableList(f"it is no JSON: {error}") from error
    return listed


def _of_json(listed: Sequence[object]) -> Iterator[ListedPerson | ListFault]:
    """A list of JSON has places instead of lines."""
    for place, each in enumerate(listed, start=1):
        if isinstance(each, dict):
            told = {_known(name): _cell(value) for name, value in each.items()}
            yield _person(place, {column: text for column, text in told.items() if column})
        else:
            yield ListFault(line=place, problem="it is no object with an address")


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ";".join(map(str, value))
    return "" if value is None else str(value)


def _of_addresses(lines: Iterable[str]) -> Iterator[ListedPerson | ListFault]:
    """As Mailman writes them: an address a line, or a name and then the address in brackets."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        match getaddresses([text]):
            case [(_, address)] if "@" in address:
                yield _person(number, {ListColumn.ADDRESS: address})
            case _:
                problem = f"{text!r} is no single address; columns need a first line of their names"
                yield ListFault(line=number, problem=problem)


def _header(rows: Iterator[list[str]]) -> Sequence[str]:
    """The first row that says anything. Raises UnreadableList."""
    try:
        return next((row for row in rows if any(map(str.strip, row))), [])
    except csv.Error as error:
        raise UnreadableList(f"its first line is no CSV: {error}") from error


def _columns(header: Sequence[str], named: Mapping[ListColumn, str]) -> Sequence[ListColumn | None]:
    """Which column stands at each place. Raises UnreadableList."""
    names = [name.strip() for name in header]
    wanted = {text: column for column, text in named.items()}
    if missing := [text for text in wanted if text not in names]:
        raise UnreadableList(f"it has no column {missing[0]!r}, but {', '.join(names)}")
    columns = [wanted.get(name) or _known(name, but=named) for name in names]
    if ListColumn.ADDRESS not in columns:
        raise UnreadableList(
            f"no column of it is one of addresses: {', '.join(names)}; say which is"
        )
    told = [column for column in columns if column]
    if twice := next((column for column in told if told.count(column) > 1), None):
        raise UnreadableList(f"several columns of it are its {twice}: say which is")
    return columns


def _known(name: str, but: Container[ListColumn] = ()) -> ListColumn | None:
    column = _KNOWN.get(_BETWEEN_WORDS.sub(" ", name.strip().lower()))
    return column if column and column not in but else None


def _of_rows(rows: Any, columns: Sequence[ListColumn | None]) -> Iterator[ListedPerson | ListFault]:
    """``rows`` is a reader of the module csv, which knows its line."""
    while True:
        before = rows.line_num
        try:
            row = next(rows, None)
        except csv.Error as error:
            to = f" up to line {rows.line_num}" if rows.line_num > before + 1 else ""
            yield ListFault(line=before + 1, problem=f"it is no CSV{to}: {error}")
            continue
        if row is None:
            return
        if any(map(str.strip, row)):
            yield _of_row(before + 1, row, columns)


def _of_row(
    line: int, row: Sequence[str], columns: Sequence[ListColumn | None]
) -> ListedPerson | ListFault:
    if any(map(str.strip, row[len(columns) :])):
        problem = f"it has {len(row)} cells, and the first line names {len(columns)}"
        return ListFault(line=line, problem=problem)
    cells = zip(columns, row, strict=False)
    return _person(line, {column: _plain(cell) for column, cell in cells if column})


def _plain(cell: str) -> str:
    """A cell without what keeps it from being a formula."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


# -- The values ------------------------------------------------------------------------------------


def _person(line: int, told: Mapping[ListColumn, str]) -> ListedPerson:
    problems: list[str] = []

    def value(column: ListColumn, read: Callable[[str], Any]) -> Any:
        text = told.get(column, "")
        if not text:
            return None
        try:
            return read(text)
        except ValueError as error:
            problems.append(f"{column}: {error}")
            return None

    selections = told.get(ListColumn.SELECTIONS, "").replace(";", " ").split()
    wants = Preferences(
        topics=_names(told.get(ListColumn.TOPICS, "")),
        selections=tuple(each for each in selections if each.lower() != EVERYTHING),
        everything=any(each.lower() == EVERYTHING for each in selections),
        muted=_names(told.get(ListColumn.MUTED, "")),
        frequency=value(ListColumn.FREQUENCY, _frequency),
        minute=value(ListColumn.AT, minute_of_day),
        weekdays=value(ListColumn.ON, _weekdays),
        quiet_minutes=value(ListColumn.QUIET, _count),
        zone=value(ListColumn.TIMEZONE, _zone),
        language=told.get(ListColumn.LANGUAGE) or None,
        paused_until=value(ListColumn.PAUSED_UNTIL, date.fromisoformat),
    )
    is_out = any([value(ListColumn.STATE, _is_out), value(ListColumn.SUPPRESSED, _is_yes)])
    return ListedPerson(
        line=line,
        address=told.get(ListColumn.ADDRESS, ""),
        wants=wants,
        is_out=is_out,
        problems=tuple(problems),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in map(str.strip, _BETWEEN_NAMES.split(text)) if name)


def _frequency(text: str) -> Frequency:
    try:
        return Frequency(text.lower())
    except ValueError as error:
        raise ValueError(f"{text!r} is none of {', '.join(Frequency)}") from error


def minute_of_day(text: str) -> int:
    """The minute of the day that is written HH:MM. Raises ValueError."""
    try:
        moment = datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a time of day has no zone
    except ValueError as error:
        raise ValueError(f"{text!r} is no time of day; write HH:MM, as 07:00") from error
    return moment.hour * 60 + moment.minute


def _weekdays(text: str) -> frozenset[int]:
    found = [name.lower() for name in text.replace(";", " ").replace(",", " ").split()]
    if unknown := next((name for name in found if name not in [*Weekday]), None):
        raise ValueError(f"{unknown!r} is none of {', '.join(Weekday)}")
    return numbered_days(found)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is no number of minutes")
    return int(text)


def _zone(text: str) -> ZoneInfo:
    return time_zone(text)


def _is_out(text: str) -> bool:
    name = text.lower()
    if name not in _IN | _OUT:
        raise ValueError(f"{text!r} tells nobody whether mail may go there")
    return name in _OUT


def _is_yes(text: str) -> bool:
    answers = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if text.lower() not in answers:
        raise ValueError(f"{text!r} is neither yes nor no")
    return answers[text.lower()]
