"""The values a pushed item is made of: what each may be, and how it is kept.

Knows texts, dates and addresses. Must never know which member holds which.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from config import values
from feeds.model import Issued, IssuedFrom

__all__ = [
    "ID_CHARS",
    "NAME_CHARS",
    "Address",
    "Id",
    "Language",
    "Line",
    "MediaType",
    "Moment",
    "Name",
    "Names",
    "Paragraph",
    "Summary",
    "Text",
    "Title",
    "is_id",
]

ID_CHARS = 200
NAME_CHARS = 300
_TITLE_CHARS = 1_000
_SUMMARY_CHARS = 10_000
_ADDRESS_CHARS = 2_000
_TOPICS = 100

# Neither a feed (XML 1.0) nor a header can carry them; tabs and line ends are white space.
_CONTROL = re.compile(rf"[{values.UNPRINTABLE}\x85]")
_RFC_3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?(?:([Zz])|([+-]\d{2}:\d{2})))?",
    re.ASCII,
)


def is_id(text: str) -> bool:
    """Whether a pusher may name an item so."""
    return 0 < len(text) <= ID_CHARS and not _UNNAMEABLE.search(text)


# U+FFFD is what stands for bytes in an address that are no UTF-8: two ids could become one.
_UNNAMEABLE = re.compile(rf"[{values.CONTROLS}{values.UNPRINTABLE}\ufffd]")


def _fault(problem: str) -> PydanticCustomError:
    return PydanticCustomError("fault", "{problem}", {"problem": problem})


def _id(text: str) -> str:
    if not is_id(text):
        raise _fault(f"must be 1 to {ID_CHARS} characters, none of them a control character")
    return text


def _words(text: str) -> str:
    return " ".join(_printable(text).split())


def _some_words(text: str) -> str:
    if not (words := _words(text)):
        raise _fault("must not be empty")
    return words


def _printable(text: str) -> str:
    if found := _CONTROL.search(text):
        raise _fault(f"must not hold control characters (U+{ord(found[0]):04X} is one)")
    return text


def _address(text: str) -> str:
    if not values.is_web_address(text) or urlsplit(text).username is not None:
        raise _fault("must be an http or https address such as https://news.example.org/1")
    return text


def _language(text: str) -> str:
    if not values.is_language_tag(text):
        raise _fault("must be a language tag (BCP 47) such as en, de or sr-Latn")
    return text


def _media_type(text: str) -> str:
    if text and not values.is_media_type(text):
        raise _fault("must be a media type such as application/pdf, or empty")
    return text


def _issued(value: object) -> Issued:
    match = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    try:
        if match:
            return _moment(*match.groups())
    except (ValueError, OverflowError):
        pass
    raise _fault("must be a date such as 2026-11-20, or a time such as 2026-11-20T09:30:00+01:00")


def _moment(
    day: str, clock: str | None, fraction: str | None, _utc: str | None, offset: str | None
) -> Issued:
    if clock is None:
        return Issued(day=date.fromisoformat(day), origin=IssuedFrom.PUSH)
    # Python keeps six digits of a fraction.
    text = f"{day}T{clock}{(fraction or '.0').ljust(7, '0')[:7]}{offset or '+00:00'}"
    said = datetime.fromisoformat(text)
    # The day is the one the publisher's own calendar showed.
    return Issued(day=said.date(), at=said.astimezone(UTC), origin=IssuedFrom.PUSH)


_ISSUED_SCHEMA = {
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
    "examples": ["2026-11-20", "2026-11-20T09:30:00+01:00"],
}

Id = Annotated[str, Field(min_length=1, max_length=ID_CHARS), AfterValidator(_id)]
Title = Annotated[str, Field(min_length=1, max_length=_TITLE_CHARS), AfterValidator(_some_words)]
Summary = Annotated[str, Field(max_length=_SUMMARY_CHARS), AfterValidator(_words)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS), AfterValidator(_some_words)]
Line = Annotated[str, Field(max_length=NAME_CHARS), AfterValidator(_words)]
Paragraph = Annotated[str, AfterValidator(_some_words)]
Text = Annotated[str, AfterValidator(_printable)]
Address = Annotated[
    str,
    Field(max_length=_ADDRESS_CHARS, json_schema_extra={"format": "uri"}),
    AfterValidator(_address),
]
Language = Annotated[str, Field(max_length=50), AfterValidator(_language)]
Moment = Annotated[Issued, BeforeValidator(_issued), WithJsonSchema(_ISSUED_SCHEMA)]
Names = Annotated[list[Name], Field(max_length=_TOPICS)]
MediaType = Annotated[str, AfterValidator(_media_type)]
