"""The words of pushing: what a publisher hands over, and what it is told in return.

Knows the verdicts on a pushed item. Must never know HTTP, or how a verdict is reached.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feeds.model import Label
from feeds.parse.push import Fault

__all__ = [
    "AlreadyThere",
    "Faults",
    "KeyReused",
    "NotThere",
    "Outcome",
    "Push",
    "Receipt",
    "Unreadable",
    "Verdict",
    "Withdrawn",
]


class Outcome(StrEnum):
    """What a push did; ``linked`` says that the item was known from elsewhere already."""

    CREATED = "created"
    LINKED = "linked"
    REVISED = "revised"
    RESTORED = "restored"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"

    @property
    def is_new(self) -> bool:
        """Whether the pusher's id stands for something since now."""
        return self in (Outcome.CREATED, Outcome.LINKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """An item as handed over by ``source``, its ``media_type`` one of those of the form.

    ``id`` is the one in the address, None where the document alone names the item. ``replaces``
    says whether what is known under the id may change. ``key`` is the Idempotency-Key.
    """

    source: str
    body: bytes
    media_type: str
    id: str | None = None
    replaces: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """An item under its pusher's ``id``, and what was just done to it, if anything."""

    id: str
    uid: str
    slug: str
    title: str
    revision: int
    updated_at: datetime
    labels: tuple[Label, ...]
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The document is none in its format."""

    problem: str


@dataclass(frozen=True, slots=True)
class Faults:
    """The document is readable, and these things in it are wrong."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The Idempotency-Key was another request's."""


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """The id stands for an item that says something else, or is ``withdrawn``."""

    id: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class NotThere:
    """The id stands for nothing."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The id stands for an item that was withdrawn."""


Verdict = Receipt | Unreadable | Faults | KeyReused | AlreadyThere | NotThere | Withdrawn
