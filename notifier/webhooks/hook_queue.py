"""Receivers of webhooks are told what happened, each by itself, in order, and again until it heard.

Knows the order of calls. Must never know SQL, or what makes an event.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

import structlog

from feeds.fetch import FetchFailed, Posted, Reply, Stopped
from feeds.model import TopicRef
from feeds.storage.changes import FiledItem
from feeds.storage.database import Database, last_number
from feeds.websub.outbound import CLAIM, again_at
from notifier.digest.match import Filed, SelectionIndex
from notifier.storage.hooks import hook_log, hook_rows, item_news, sent_runs
from notifier.storage.hooks.item_news import ChangedItem
from notifier.webhooks import OF_ITEMS, HookEventKind, Webhook
from notifier.webhooks.hook_event import HookEvent, item_kind, of_item, of_run
from notifier.webhooks.hook_signature import signed_fields
from notifier.webhooks.hook_standing import ToldHook, failed, heard, oldest_told, wants_none

if TYPE_CHECKING:
    from feeds.storage import Connection

log = structlog.get_logger(__name__)

#: Read at a time of what a receiver is to be told.
_AT_ONCE: Final = 100
#: To see whether a run of digests is over, mails are looked at one after the other.
_RUNS_EVERY: Final = timedelta(seconds=30)

#: What sends a request to an address: its header fields and its body.
HookCall = Callable[[str, tuple[tuple[str, str], ...], bytes], Reply]


def post(call: HookCall, hook: Webhook, event: HookEvent, now: datetime) -> Reply:
    """What became of one attempt to tell a receiver; no answer is told with its address."""
    body = event.body
    reply = call(hook.url, signed_fields(hook.keys, event.uid, now, body), body)
    if isinstance(reply, FetchFailed) and reply.status:
        # Whoever knows the address of a chat's webhook may write there.
        return replace(reply, problem=f"it answers {reply.status}")
    return reply


#: What happened, behind the number that it has in its log.
_Numbered = tuple[int, HookEvent]


class _Step(NamedTuple):
    """How far a receiver is told by an ``event``, or where there is none for it up to there; what
    it ``missed`` as that was too old.
    """

    event: HookEvent | None
    items_told: int
    events_told: int
    missed: int


@dataclass(kw_only=True)
class HookQueue:
    """The ``hooks``, each of which is told of what it wants, whatever the others say.

    ``moved`` tells what topics are by now, ``page`` the address of an item's page by its slug.
    ``jitter`` is drawn within 0 and 1.
    """

    database: Database
    call: HookCall
    hooks: Sequence[Webhook]
    moved: Mapping[TopicRef, TopicRef]
    page: Callable[[str], str]
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    most: int = 4
    _selections: Mapping[str, SelectionIndex] = field(init=False)
    _runs_at: datetime | None = field(init=False, default=None)
    _tried: int = field(init=False, default=0)
    _is_begun: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._selections = {each.name: SelectionIndex(self.moved) for each in self.hooks}
        for each in self.hooks:
            self._selections[each.name].add(0, each.selection)

    def claim(self, free: int, busy: Collection[str]) -> Mapping[str, Callable[[], object]]:
        """Receivers that were not told all, each with what tells it. Raises StoreError."""
        self._configure()
        self._count_runs()
        now = self.clock()
        with self.database.reading() as connection:
            if not hook_rows.is_any_due(connection, now, busy):
                return {}
        with self.database.writing() as connection:
            claimed = hook_rows.claim(connection, now, now + CLAIM, busy, free)
        by_name = {each.name: each for each in self.hooks}
        return {told.name: partial(self.tell, by_name[told.name], told) for told in claimed}

    def _configure(self) -> None:
        urls = {each.name: each.url for each in self.hooks}
        with self.database.reading() as connection:
            if self._is_begun and hook_rows.are_configured(connection, urls):
                return
        with self.database.writing() as connection:
            hook_rows.configure(connection, urls)
            (sent_runs.begin if self._counts_runs else sent_runs.end)(connection)
        self._is_begun = True

    @property
    def _counts_runs(self) -> bool:
        return any(HookEventKind.DIGEST_SENT in each.events for each in self.hooks)

    def _count_runs(self) -> None:
        """Digests that went out are in the log, where somebody wants to know."""
        now = self.clock()
        # A clock that was set back delays nothing.
        is_early = self._runs_at is not None and timedelta() <= now - self._runs_at < _RUNS_EVERY
        if is_early or not self._counts_runs:
            return
        self._runs_at = now
        with self.database.reading() as connection:
            found = sent_runs.find(connection, self._tried, now)
        self._tried = found.tried
        if found.upto > found.after:
            with self.database.writing() as connection:
                if sent_runs.take(connection, found):
                    hook_log.add(connection, [*map(of_run, found.runs)], now)

    def tell(self, hook: Webhook, told: ToldHook) -> None:
        """The receiver was told of all it does not know, as far as it took it."""
        # As it stood before it took anything: else what is old would be told after what is new.
        count, oldest = 0, oldest_told(told, self.clock())
        while steps := self._following(hook, told, oldest):
            for step in steps:
                after = self._taken(hook, told, step)
                if after is None:
                    return
                told, count = after, count + (step.event is not None)
        self._keep(told, replace(told, due_at=None))
        if count:
            log.info("webhook told", webhook=hook.name, events=count)

    def _taken(self, hook: Webhook, told: ToldHook, step: _Step) -> ToldHook | None:
        """How the receiver stands after a step; None where it is not to be told more for now."""
        reply = post(self.call, hook, step.event, self.clock()) if step.event else None
        now = self.clock()
        beyond = told.beyond(step.items_told, step.events_told, step.missed)
        match reply:
            case None:
                after = beyond
            case Posted():
                after = heard(beyond, now)
            case FetchFailed():
                return self._failed(hook, told, beyond, reply)
            case Stopped():
                self._keep(told, replace(told, due_at=None))
                return None
            case _:
                assert_never(reply)
        after = replace(after, due_at=now + CLAIM)
        # Else it took so long that another node is at it, or it is told anew.
        return after if self._keep(told, after) else None

    def _failed(
        self, hook: Webhook, told: ToldHook, beyond: ToldHook, why: FetchFailed
    ) -> ToldHook | None:
        """It is told again later, in the end of what comes after that."""
        now = self.clock()
        later = again_at(why, told.failures + 1, now, self.jitter())
        after = failed(told, why.status, why.problem, now=now, again_at=later)
        log.warning("webhook not told", webhook=hook.name, problem=after.problem)
        if not wants_none(after):
            self._keep(told, after)
            return None
        log.error("event refused by webhook", webhook=hook.name, problem=after.problem)
        skipped = replace(beyond, missed=beyond.missed + 1, failures=0, refusals=0, since=None)
        skipped = replace(skipped, problem=after.problem, due_at=now + CLAIM)
        return skipped if self._keep(told, skipped) else None

    def _following(self, hook: Webhook, told: ToldHook, oldest: datetime | None) -> Sequence[_Step]:
        """What the receiver is told next, of all since the ``oldest``; none where it knows all."""
        with self.database.reading() as connection:
            upto = last_number(connection, hook_rows.CHANGES)
            if told.items_told < upto:
                found, end = self._of_items(connection, hook, told.items_told, upto)
                fresh = _fresh(hook, oldest, found, end)
                return [_Step(event, at, told.events_told, missed) for event, at, missed in fresh]
            upto = last_number(connection, hook_log.COUNTER)
            if told.events_told < upto:
                found = hook_log.following(connection, told.events_told, _AT_ONCE)
                fresh = _fresh(hook, oldest, found, found[-1][0] if found else upto)
                return [_Step(event, told.items_told, at, missed) for event, at, missed in fresh]
        return ()

    def _of_items(
        self, connection: "Connection", hook: Webhook, after: int, upto: int
    ) -> tuple[Sequence[_Numbered], int]:
        """What happened to items behind a number, and the one up to which that is all."""
        if OF_ITEMS.isdisjoint(hook.events):
            return (), upto
        changed, last = item_news.following(connection, after, _AT_ONCE)
        events = ((each.change, self._event(hook, each)) for each in changed)
        # Of what lies behind the last of them nothing is of an item.
        end = last if last > after else upto
        return [(number, event) for number, event in events if event], end

    def _event(self, hook: Webhook, changed: ChangedItem) -> HookEvent | None:
        index, before = self._selections[hook.name], changed.before
        kind = item_kind(
            was_there=before is not None and _is_of(index, before),
            is_there=changed.is_shown and _is_of(index, changed.now),
            is_back=changed.is_back,
        )
        if kind is None:
            return None
        return of_item(kind, changed.item, self.page(changed.item.slug), changed.at)

    def _keep(self, before: ToldHook, after: ToldHook) -> bool:
        with self.database.writing() as connection:
            return hook_rows.keep(connection, before, after)


def _fresh(
    hook: Webhook, oldest: datetime | None, found: Sequence[_Numbered], end: int
) -> Iterator[tuple[HookEvent | None, int, int]]:
    """Those it wants and is to be told, with their numbers, and that there is nothing more up to
    the ``end``; with each how many were too old.
    """
    missed = 0
    for number, event in found:
        if event.kind not in hook.events:
            continue
        if oldest and event.at < oldest:
            missed += 1
            continue
        yield event, number, missed
        missed = 0
    yield None, end, missed


def _is_of(index: SelectionIndex, item: FiledItem) -> bool:
    return bool(index.entered(None, Filed(item.topics, item.language, item.texts)))
