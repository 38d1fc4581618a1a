"""The members of a JSON body: texts that can be shown, and every fault of one by its place.

Knows JSON Pointers, and what pydantic says. Must never know what a body is about.
"""

import re
from collections.abc import Callable

from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from config import values

NAME_CHARS = 300

#: More faults than these help nobody.
_MOST_FAULTS = 100

# Neither a feed (XML 1.0) nor a header can carry them; tabs and line ends are white space.
_CONTROL = re.compile(rf"[{values.UNPRINTABLE}\x85]")


class Fault(BaseModel, frozen=True):
    """One thing that is wrong with the document."""

    field: str = Field(
        description="Which member, as a JSON Pointer (RFC 6901); empty for the whole document.",
        examples=["/issued"],
    )
    problem: str = Field(description="What is wrong, and what is allowed.")

    def __str__(self) -> str:
        return f"{self.field or 'the item'}: {self.problem}"


def printable(text: str) -> str:
    """The text, which holds nothing but characters to be seen. Raises ValueError."""
    if found := _CONTROL.search(text):
        raise ValueError(f"must not hold control characters (U+{ord(found[0]):04X} is one)")
    return text


def words(text: str) -> str:
    """The words of a text, one blank between two. Raises ValueError."""
    return " ".join(printable(text).split())


def some_words(text: str) -> str:
    """The same of a text that has any. Raises ValueError."""
    if not (said := words(text)):
        raise ValueError("must not be empty")
    return said


def that(is_right: Callable[[str], bool], problem: str) -> AfterValidator:
    """Refuses other texts with this ``problem``."""

    def checked(text: str) -> str:
        if not is_right(text):
            raise ValueError(problem)
        return text

    return AfterValidator(checked)


class Strict(BaseModel, frozen=True, extra="forbid", strict=True, hide_input_in_errors=True):
    """Nothing is converted, and nothing overlooked."""


def faults_of(error: ValidationError, known: str) -> tuple[Fault, ...]:
    """All that is wrong with a body, in our words; ``known`` are the members that there are."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return tuple(_in_our_words(each, known) for each in details[:_MOST_FAULTS])


def _in_our_words(error: ErrorDetails, known: str) -> Fault:
    # A JSON Pointer; a step that is far too long is cut.
    steps = (str(step)[:NAME_CHARS].replace("~", "~0").replace("/", "~1") for step in error["loc"])
    ours = {
        "missing": "is missing",
        "model_type": "must be a JSON object",
        "extra_forbidden": f"is unknown; known are {known}",
    }
    problem = ours.get(error["type"], error["msg"].removeprefix("Value error, "))
    return Fault(field="".join(f"/{step}" for step in steps), problem=problem)
