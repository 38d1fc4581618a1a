"""Drafting: what one run has for each due subscriber, composed and rendered once for all alike.

Knows which decision follows which for one person. Must never know the store or the wire.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Protocol

from feeds.model import TopicRef
from notifier.digest.compose import Shelf, compose
from notifier.digest.schedule import latest_due, next_due, period
from notifier.model import Cadence, Digest, Frequency, Skip, Subscriber, Window
from notifier.storage.deliveries import Queued
from notifier.storage.digests import Planned
from notifier.subscribers.address import mailbox
from notifier.subscribers.links import Links

__all__ = ["Desk", "Draft", "Press", "Render"]


class Render(Protocol):
    """Makes the message that everybody who gets this digest shares, its slots still open.

    The same local day of ``due``, topics, frequency and language give the same bytes.
    """

    def __call__(
        self,
        digest: Digest,
        *,
        topics: tuple[TopicRef, ...],
        cadence: Cadence,
        due: datetime,
        language: str,
    ) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What digests are made with; ``domain`` is the right half of every Message-ID."""

    render: Render
    links: Links
    site_url: str
    domain: str
    max_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is planned for one subscriber, and when they are due again.

    ``is_kept`` says that the plan goes on record: who gets mail at once and finds nothing in an
    item does not need a row for each item of others.
    """

    person: Subscriber
    planned: Planned
    queued: Queued | None
    is_kept: bool
    due_again_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Beat:
    """The moment a cadence reached last: its name, when it was and when the next one comes."""

    due: datetime
    period: str
    next: datetime | None


@dataclass(frozen=True, slots=True)
class _Rendering:
    digest: str
    items: int


class Desk:
    """Drafts for everybody due at ``now``, of the news up to the item number ``upto``."""

    def __init__(self, press: Press, shelf: Shelf, *, upto: int, now: datetime) -> None:
        self._press = press
        self._shelf = shelf
        self._upto = upto
        self._now = now
        self._date = format_datetime(now)
        self._beats: dict[Cadence, _Beat] = {}
        self._renderings: dict[tuple[object, ...], _Rendering | None] = {}
        self._pending: dict[str, bytes] = {}

    def draft(self, person: Subscriber, *, is_suppressed: bool) -> Draft:
        """What this person gets, or why nothing."""
        beat = self._beat(person.cadence)
        # A store brought back from a backup may know fewer items than a cursor counts.
        window = Window(after=min(person.cursor, self._upto), upto=self._upto)
        rendering = None if is_suppressed else self._rendering(person, window, beat)
        nothing = Skip.SUPPRESSED if is_suppressed else Skip.NOTHING_NEW
        return Draft(
            person=person,
            planned=Planned(
                subscriber=person.id,
                period=beat.period,
                window=window,
                items=rendering.items if rendering else 0,
                skipped=None if rendering else nothing,
                planned_at=self._now,
            ),
            queued=self._queued(person, beat.period, rendering) if rendering else None,
            is_kept=bool(rendering) or person.cadence.frequency is not Frequency.IMMEDIATE,
            due_again_at=beat.next,
        )

    def pending(self, names: Iterable[str]) -> dict[str, bytes]:
        """The messages under these names, as far as they are not stored yet."""
        return {name: self._pending[name] for name in names if name in self._pending}

    def stored(self, names: Iterable[str]) -> None:
        """These need not be kept here any more."""
        for name in names:
            del self._pending[name]

    def _beat(self, cadence: Cadence) -> _Beat:
        beat = self._beats.get(cadence)
        if beat is None:
            due = latest_due(cadence, self._now)
            beat = _Beat(due, period(cadence, due, self._upto), next_due(cadence, self._now))
            self._beats[cadence] = beat
        return beat

    def _rendering(self, person: Subscriber, window: Window, beat: _Beat) -> _Rendering | None:
        day = beat.due.astimezone(person.cadence.zone).date()
        key = (
            person.topics,
            person.late,
            window.after,
            person.cadence.frequency,
            day,
            person.language,
        )
        if key not in self._renderings:
            self._renderings[key] = self._rendered(person, window, beat)
        return self._renderings[key]

    def _rendered(self, person: Subscriber, window: Window, beat: _Beat) -> _Rendering | None:
        digest = compose(
            person.topics, self._shelf, window, limit=self._press.max_items, late=person.late
        )
        if digest is None:
            return None
        template = self._press.render(
            digest,
            topics=person.topics,
            cadence=person.cadence,
            due=beat.due,
            language=person.language,
        )
        name = sha256(template).hexdigest()
        self._pending[name] = template
        return _Rendering(name, digest.total)

    def _queued(self, person: Subscriber, period: str, rendering: _Rendering) -> Queued:
        recipient = mailbox(person.address)
        message_id = _message_id(person, period, self._press.domain)
        links = self._press.links
        return Queued(
            subscriber=person.id,
            period=period,
            message_id=message_id,
            recipient=recipient,
            rendering=rendering.digest,
            personal={
                "recipient": recipient,
                "message_id": message_id,
                "date": self._date,
                "unsubscribe_url": links.unsubscribe(person.public_id, person.epoch),
                "view_url": links.view(person.public_id, person.epoch, period),
            },
        )


def _message_id(person: Subscriber, period: str, domain: str) -> str:
    """The same for this person and period whoever plans it, and telling nobody who it is."""
    minted = sha256(f"{person.public_id}\n{period}".encode()).hexdigest()[:32]
    return f"<{period}.{minted}@{domain}>"
