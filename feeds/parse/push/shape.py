"""The members of a pushed item, and in which words a fault is told.

Knows the shape of one item. Must never know how it was written or what becomes of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from feeds.parse.push.values import (
    NAME_CHARS,
    Address,
    Id,
    Language,
    Line,
    MediaType,
    Moment,
    Name,
    Names,
    Paragraph,
    Summary,
    Text,
    Title,
)

__all__ = ["Fault", "PushedFile", "PushedItem", "faults_of"]

_PARAGRAPHS = 10_000
_FILES = 50
# What JSON numbers keep exactly (RFC 7493, section 2.2).
_LARGEST_WHOLE = 2**53 - 1

#: More faults than these help nobody.
_MOST_FAULTS = 100

_BODIES = ("paragraphs", "html", "text")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: ``field`` as a JSON Pointer (RFC 6901), "" for the whole."""

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field or 'the item'}: {self.problem}"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class PushedFile(_Strict):
    """A file that belongs to the item."""

    url: Address = Field(description="Where the file is.")
    media_type: MediaType = Field(
        default="", description="Its media type.", examples=["application/pdf"]
    )
    length: int | None = Field(
        default=None, ge=0, le=_LARGEST_WHOLE, description="Its size in bytes."
    )
    title: Line = Field(default="", description="What to call it.")


class PushedItem(_Strict):
    """One news item. Its text is told in one of ``paragraphs``, ``html`` and ``text``, or not."""

    id: Id | None = Field(
        default=None,
        description="Your own id for the item: any text, always the same for the same item."
        " Required by POST; with PUT it may be left out, or repeats the one in the address.",
        examples=["press-2026-0417"],
    )
    title: Title = Field(description="The headline, as plain text.")
    summary: Summary = Field(default="", description="A sentence or two, as plain text.")
    paragraphs: Annotated[list[Paragraph], Field(max_length=_PARAGRAPHS)] = Field(
        default=[], description="The text, one paragraph each, as plain text."
    )
    html: Text | None = Field(
        default=None, description="The text as HTML; all that is not text, link or list is removed."
    )
    text: Text | None = Field(
        default=None, description="The text as plain text, empty lines between paragraphs."
    )
    url: Address | None = Field(default=None, description="The item's page at your site.")
    issued: Moment | None = Field(
        default=None, description="When you issued it: a day, or a time with its offset (RFC 3339)."
    )
    language: Language | None = Field(
        default=None, description="Its language (BCP 47); found out where it is missing."
    )
    content_type: Name | None = Field(
        default=None, description="Its kind, by name.", examples=["Press release"]
    )
    issuers: Names = Field(default=[], description="Who issued it, by name.")
    fields: Names = Field(default=[], description="The fields of work it belongs to, by name.")
    countries: Names = Field(default=[], description="The countries it is about, by name.")
    enclosures: Annotated[list[PushedFile], Field(max_length=_FILES)] = Field(
        default=[], description="Files that belong to it."
    )


def faults_of(value: object) -> PushedItem | tuple[Fault, ...]:
    """The item a JSON value describes, or all that is wrong with it, not only the first."""
    faults = list(_bodies(value))
    try:
        item = PushedItem.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        faults += map(_told, details[:_MOST_FAULTS])
        return tuple(faults)
    return tuple(faults) or item


def _bodies(value: object) -> Iterator[Fault]:
    """The text told more than once."""
    members: dict[str, Any] = value if isinstance(value, dict) else {}
    given = [name for name in _BODIES if members.get(name) not in (None, [], "")]
    for name in given[1:]:
        yield Fault(f"/{name}", f"must be left out beside {given[0]}: the text is told once")


def _told(error: ErrorDetails) -> Fault:
    pointer = "".join(f"/{_escaped(str(step))}" for step in error["loc"])
    return Fault(pointer, _IN_OUR_WORDS.get(error["type"], error["msg"]))


def _escaped(step: str) -> str:
    """A step of a JSON Pointer; one that is far too long is cut."""
    return step[:NAME_CHARS].replace("~", "~0").replace("/", "~1")


_IN_OUR_WORDS = {
    "missing": "is missing",
    "model_type": "must be a JSON object",
    "extra_forbidden": f"is unknown; known are {', '.join(PushedItem.model_fields)}, and for files"
    f" {', '.join(PushedFile.model_fields)}",
}
