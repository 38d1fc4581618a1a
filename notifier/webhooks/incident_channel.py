"""Receivers of webhooks learn of incidents: by the log of events, or past it where it is away.

Knows both ways, by the same names. Must never know what is wrong, or when somebody is told of it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from feeds.errors import StoreError
from feeds.fetch import FetchFailed, Stopped
from feeds.storage.database import Database
from notifier.incidents.tell import Tidings
from notifier.storage.hooks import hook_log
from notifier.webhooks import HookEventKind, Webhook
from notifier.webhooks.hook_event import HookEvent, of_incident
from notifier.webhooks.hook_queue import HookCall, post

#: Nobody waits for the store for longer: it may be what is broken.
_PATIENCE_SECONDS = 5
#: Told of while the store is away, and to be in the log once it is back: the last of a storm.
_MOST_HELD = 1000


@dataclass(kw_only=True)
class IncidentChannel:
    """What tells ``hooks``, all of which want to know of incidents; ``hurry`` has the log read."""

    database: Database
    call: HookCall
    hooks: Sequence[Webhook]
    hurry: Callable[[], object]
    clock: Callable[[], datetime]
    _held: dict[str, HookEvent] = field(default_factory=dict, init=False)

    def tell(self, news: Tidings) -> str:
        """It is in the log, of which each receiver hears in its turn, or they heard of it at once;
        or why not.
        """
        events = [
            *(of_incident(HookEventKind.OPENED, one, news.at) for one in news.begun),
            *(of_incident(HookEventKind.ENDED, one, news.at) for one in news.over),
        ]
        held = self._held | {each.uid: each for each in events}
        self._held = dict([*held.items()][-_MOST_HELD:])
        try:
            with self.database.writing(patience_seconds=_PATIENCE_SECONDS) as connection:
                hook_log.add(connection, [*self._held.values()], self.clock())
        except StoreError:
            # That it is back is told, too: then all of it is in the log.
            return "; ".join(self._told_at_once(events))
        self._held = {}
        self.hurry()
        return ""

    def _told_at_once(self, events: Sequence[HookEvent]) -> Iterator[str]:
        """Why a receiver does not know; one that took it hears of it by the same name again."""
        for hook in self.hooks:
            for event in events:
                if event.kind not in hook.events:
                    continue
                match post(self.call, hook, event, self.clock()):
                    case FetchFailed(problem=problem):
                        yield f"webhook {hook.name}: {problem}"
                        break
                    case Stopped():
                        yield "it was not sent, as the daemon ends"
                        return
                    case _:
                        pass
