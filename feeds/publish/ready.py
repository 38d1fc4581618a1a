"""An item as it stands in feeds and lists: bytes to be joined, made once a revision.

Knows which revision they show. Must never know how they were made or what they mean.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The entry of an item for feeds (``atom``) and for lists on pages (``html``)."""

    item: int
    revision: int
    updated_at: datetime
    atom: bytes
    html: bytes
