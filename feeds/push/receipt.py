"""What a publisher's system is told of an item it handed in.

Knows the members of an answer, whose schema is the contract. Must never know HTTP, or how an item
came to be so.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from feeds.model import TopicKind


class Outcome(StrEnum):
    """What a push did; ``linked`` says that the item was known from elsewhere already."""

    CREATED = "created"
    LINKED = "linked"
    REVISED = "revised"
    RESTORED = "restored"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"


class TopicShown(BaseModel):
    """A topic the item belongs to."""

    kind: TopicKind
    slug: str
    label: str = Field(description="The name it was given by.")


class NameShown(BaseModel):
    """A name that stands for no topic we know; it is kept with the item."""

    kind: TopicKind
    label: str


class ItemShown(BaseModel):
    """An item as it stands."""

    id: str = Field(description="Your id.")
    uid: str = Field(description="Its permanent id in feeds (atom:id).")
    page: str = Field(description="The address of its page.")
    title: str
    revision: int = Field(ge=1, description="1 when it was new; one more with every change.")
    updated_at: datetime = Field(description="When it last changed significantly.")
    topics: list[TopicShown] = Field(description="The topics understood.")
    unknown_topics: list[NameShown] = Field(description="The names nobody knows.")


class Receipt(ItemShown):
    """An item as it stands, and what the request did to it."""

    outcome: Outcome = Field(
        description="`linked` says that the same item was known from another source already."
    )

    @property
    def is_new(self) -> bool:
        """Whether the pusher's id stands for something since now."""
        return self.outcome in (Outcome.CREATED, Outcome.LINKED)
