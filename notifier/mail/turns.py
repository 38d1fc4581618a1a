"""Whose message leaves next: by turns of the recipients' domains.

Knows what waits to leave. Must never know connections, clocks or replies.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from notifier.model import Envelope


@dataclass(slots=True)
class Turns:
    """What waits to leave, so that no domain with many messages goes before everybody else."""

    _waiting: dict[str, deque[Envelope]] = field(default_factory=dict)
    _count: int = 0

    def __len__(self) -> int:
        return self._count

    def add(self, envelopes: Iterable[Envelope]) -> None:
        """These wait, each behind those of its domain."""
        for envelope in envelopes:
            domain = envelope.recipient.rpartition("@")[2].lower()
            self._waiting.setdefault(domain, deque()).append(envelope)
            self._count += 1

    def take(self) -> Envelope | None:
        """The next one, of the domain whose last turn is longest ago; None where none waits."""
        if not self._waiting:
            return None
        domain = next(iter(self._waiting))
        waiting = self._waiting.pop(domain)
        envelope = waiting.popleft()
        self._count -= 1
        if waiting:
            self._waiting[domain] = waiting
        return envelope
