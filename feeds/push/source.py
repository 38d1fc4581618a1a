"""What was handed to us as a source: exactly one document, or that one is withdrawn.

Knows what is shown. Must never know who handed it over, or how.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from feeds.draft import Document
from feeds.sources import Fetched, Gone, Seen

__all__ = ["PushedSource"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedSource:
    """Shows ``pushed`` whether it was seen before or not: whoever pushes it means it."""

    name: str
    pushed: Document | Gone

    @property
    def is_whole(self) -> bool:
        return False

    def scan(self, _known: Mapping[str, str], _now: datetime) -> Iterator[Seen]:
        """The document, or its end."""
        pushed = self.pushed
        if isinstance(pushed, Document):
            signature = sha256(pushed.body).hexdigest()
            yield Fetched(document=pushed, signature=signature)
        else:
            yield pushed

    @property
    def expected(self) -> int:
        return 1
