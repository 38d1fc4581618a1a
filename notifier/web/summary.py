"""A subscription in words a person recognises as theirs, and nobody else learns from.

Knows how rhythms and topics are said. Must never give away an address.
"""

from dataclasses import dataclass
from typing import assert_never

from feeds.errors import UnknownTopic
from feeds.model import TopicRef
from feeds.taxonomy import Taxonomy
from notifier.model import Cadence, Frequency, Subscriber

__all__ = ["Summary", "masked", "summarise"]

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a subscription is; ``rhythm`` continues a sentence ("every day at 07:00 ...")."""

    address: str
    rhythm: str
    topics: tuple[str, ...]


def summarise(subscriber: Subscriber, taxonomy: Taxonomy) -> Summary:
    return Summary(
        address=masked(subscriber.address),
        rhythm=_rhythm(subscriber.cadence),
        topics=tuple(_label(topic, taxonomy) for topic in subscriber.topics),
    )


def masked(address: str) -> str:
    """The first character and the domain: enough for its owner, too little for a finder."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _rhythm(cadence: Cadence) -> str:
    hour, minute = divmod(cadence.minute, 60)
    at = f"at {hour:02}:{minute:02} ({cadence.zone.key})"
    match cadence.frequency:
        case Frequency.IMMEDIATE:
            return "as soon as there is any"
        case Frequency.DAILY:
            return f"every day {at}"
        case Frequency.WEEKLY:
            return f"every {_WEEKDAYS[cadence.weekday or 0]} {at}"
        case _:
            assert_never(cadence.frequency)


def _label(topic: TopicRef, taxonomy: Taxonomy) -> str:
    """A topic that left the taxonomy is still followed, and named as it was asked for."""
    try:
        return taxonomy.get(topic).label
    except UnknownTopic:
        return topic.slug
