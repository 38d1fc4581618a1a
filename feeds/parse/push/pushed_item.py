"""The body of a push: which members an item has, what each may be, and every fault of one.

Knows the shape of one item, whose schema is the contract. Must never know how it was written or
what becomes of it.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from config import values
from feeds.model import Issued, IssuedFrom
from feeds.parse.href import as_read
from feeds.parse.push.members import (
    NAME_CHARS,
    Fault,
    Strict,
    faults_of,
    printable,
    some_words,
    that,
    words,
)

ID_CHARS = 200
#: What an id must be.
ID_RULE = f"1 to {ID_CHARS} characters, none of them a control character"
# What JSON numbers keep exactly (RFC 7493, section 2.2).
_LARGEST_WHOLE = 2**53 - 1

# U+FFFD is what stands for bytes in an address that are no UTF-8: two ids could become one.
_UNNAMEABLE = re.compile(rf"[{values.CONTROLS}{values.UNPRINTABLE}\ufffd]")
_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}(?P<time>[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2}))?",
    re.ASCII,
)


def is_id(text: str) -> bool:
    """Whether a pusher may name an item so."""
    return 0 < len(text) <= ID_CHARS and not _UNNAMEABLE.search(text)


# -- Values ----------------------------------------------------------------------------------------


def _is_address(text: str) -> bool:
    return values.is_web_address(text) and urlsplit(text).username is None


def _issued(value: object) -> Issued:
    try:
        if isinstance(value, str) and (found := _RFC_3339.fullmatch(value)):
            if not found["time"]:
                return Issued(day=date.fromisoformat(value), origin=IssuedFrom.PUSH)
            said = datetime.fromisoformat(value.upper())
            # The day is the one the publisher's own calendar showed.
            return Issued(day=said.date(), at=said.astimezone(UTC), origin=IssuedFrom.PUSH)
    except (ValueError, OverflowError):
        pass
    raise ValueError(
        "must be a date such as 2026-11-20, or a time such as 2026-11-20T09:30:00+01:00"
    )


_Id = Annotated[str, Field(min_length=1, max_length=ID_CHARS), that(is_id, f"must be {ID_RULE}")]
_Title = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(some_words)]
_Summary = Annotated[str, Field(max_length=10_000), AfterValidator(words)]
_Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS), AfterValidator(some_words)]
_Names = Annotated[list[_Name], Field(max_length=100)]
_Line = Annotated[str, Field(max_length=NAME_CHARS), AfterValidator(words)]
_Paragraph = Annotated[str, AfterValidator(some_words)]
_Text = Annotated[str, AfterValidator(printable)]
_Address = Annotated[
    str,
    Field(max_length=2_000, json_schema_extra={"format": "uri"}),
    AfterValidator(as_read),
    that(_is_address, "must be an http or https address such as https://news.example.org/1"),
]
_Language = Annotated[
    str,
    Field(max_length=50),
    that(values.is_language_tag, "must be a language tag (BCP 47) such as en, de or sr-Latn"),
]
_MediaType = Annotated[
    str,
    that(
        lambda text: not text or values.is_media_type(text),
        "must be a media type such as application/pdf, or empty",
    ),
]
_Issued = Annotated[Issued, BeforeValidator(_issued, json_schema_input_type=date | datetime)]


# -- The item --------------------------------------------------------------------------------------


class PushedFile(Strict):
    """A file that belongs to the item."""

    url: _Address = Field(description="Where the file is.")
    media_type: _MediaType = Field(
        default="", description="Its media type.", examples=["application/pdf"]
    )
    length: int | None = Field(
        default=None, ge=0, le=_LARGEST_WHOLE, description="Its size in bytes."
    )
    title: _Line = Field(default="", description="What to call it.")


class PushedItem(Strict):
    """One news item. Its text is told in one of ``paragraphs``, ``html`` and ``text``, or not."""

    id: _Id | None = Field(
        default=None,
        description="Your own id for the item: any text, always the same for the same item."
        " Required by POST; with PUT it may be left out, or repeats the one in the address.",
        examples=["press-2026-0417"],
    )
    title: _Title = Field(description="The headline, as plain text.")
    summary: _Summary = Field(default="", description="A sentence or two, as plain text.")
    paragraphs: Annotated[list[_Paragraph], Field(max_length=10_000)] = Field(
        default=[], description="The text, one paragraph each, as plain text."
    )
    html: _Text | None = Field(
        default=None, description="The text as HTML; all that is not text, link or list is removed."
    )
    text: _Text | None = Field(
        default=None, description="The text as plain text, empty lines between paragraphs."
    )
    url: _Address | None = Field(default=None, description="The item's page at your site.")
    issued: _Issued | None = Field(
        default=None,
        description="When you issued it: a day, or a time with its offset (RFC 3339).",
        examples=["2026-11-20", "2026-11-20T09:30:00+01:00"],
    )
    language: _Language | None = Field(
        default=None, description="Its language (BCP 47); found out where it is missing."
    )
    content_type: _Name | None = Field(
        default=None, description="Its kind, by name.", examples=["Press release"]
    )
    issuers: _Names = Field(default=[], description="Who issued it, by name.")
    fields: _Names = Field(default=[], description="The fields of work it belongs to, by name.")
    countries: _Names = Field(default=[], description="The countries it is about, by name.")
    enclosures: Annotated[list[PushedFile], Field(max_length=50)] = Field(
        default=[], description="Files that belong to it."
    )


_KNOWN = f"{', '.join(PushedItem.model_fields)}, and for files {', '.join(PushedFile.model_fields)}"


def item_of(value: object) -> PushedItem | tuple[Fault, ...]:
    """The item a JSON value describes, or all that is wrong with it, not only the first."""
    faults = _told_twice(value) if isinstance(value, dict) else []
    try:
        item = PushedItem.model_validate(value)
    except ValidationError as error:
        return (*faults, *faults_of(error, _KNOWN))
    return tuple(faults) or item


def _told_twice(members: dict[str, object]) -> list[Fault]:
    """The text told more than once."""
    texts = ("paragraphs", "html", "text")
    given = [name for name in texts if members.get(name) not in (None, [], "")]
    problem = f"must be left out beside {given[0]}: the text is told once" if given else ""
    return [Fault(field=f"/{name}", problem=problem) for name in given[1:]]
