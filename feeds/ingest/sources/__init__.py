"""Where documents come from: what every source can say, one file a kind of source.

Knows the outside of a source. Must never know what its documents mean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from feeds.model import Document, Refused

__all__ = ["Fetched", "Refusal", "Same", "Seen", "Source", "Waiting"]


@dataclass(frozen=True, slots=True)
class Same:
    """The document has the signature it had."""

    name: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The document may be half written; it is looked at again next time."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document that is new or changed, and the signature it has now."""

    document: Document
    signature: str

    @property
    def name(self) -> str:
        return self.document.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A document that cannot be had, and why."""

    name: str
    refused: Refused


Seen = Same | Waiting | Fetched | Refusal


class Source(Protocol):
    """A place documents come from; ``name`` is part of every id minted here."""

    @property
    def name(self) -> str: ...

    @property
    def is_whole(self) -> bool:
        """Whether a scan sees every document there is, so that one not seen is gone."""

    def scan(self, known: Mapping[str, str], now: datetime) -> Iterator[Seen]:
        """Every document, by name, in an order of its own; one at a time is held.

        ``known`` holds signatures by name: a document that still has its own is not read.
        Raises SourceError if the source as a whole cannot be read.
        """

    def count(self) -> int:
        """About how many documents a scan will see."""
