"""How a source that is asked by address does, and when it is asked again; how others do.

Knows what an answer or its lack means for the source as a whole. Must never know what it holds,
how it is fetched, or what time it is.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from feeds.times import backoff

if TYPE_CHECKING:
    from feeds.draft import Hub

#: A source that fails is asked once a day still: it may have come back.
LONGEST_PAUSE = timedelta(days=1)
#: Who says that there is news brings forward the next look, and no more often than this.
_SOONEST = timedelta(minutes=5)
#: Looks are spread over this share of their pause, so that not all sources are asked at once.
_SPREAD = 0.1


class State(StrEnum):
    """``moved`` works under another address than the settings have; ``ended`` is never asked."""

    OK = "ok"
    MOVED = "moved"
    FAILING = "failing"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How ``source`` does at the ``address`` of its settings, and in this state ``since`` when.

    ``failures`` counts those in a row, ``problem`` says the last one, or what is wrong with what
    came; one that ``is_lasting`` does not pass by itself. ``moved_to`` is where a permanent
    redirect led; ``hub`` is who announces changes. There is no ``last_success_at`` until its first
    look has come to its end.
    """

    source: str
    address: str
    state: State
    since: datetime
    failures: int = 0
    is_lasting: bool = False
    problem: str = ""
    next_look_at: datetime | None = None
    moved_to: str | None = None
    last_success_at: datetime | None = None
    hub: "Hub | None" = None

    @property
    def asked_at(self) -> str:
        """The address to ask now."""
        return self.moved_to or self.address


def begun(before: Standing | None, source: str, address: str, now: datetime) -> Standing:
    """The standing to go on from: none, or one of another address, begins anew."""
    if before is not None and before.address == address:
        return before
    return Standing(source=source, address=address, state=State.OK, since=now)


def is_due(standing: Standing | None, address: str, now: datetime) -> bool:
    """Whether the source at ``address`` is to be asked by itself; a person may ask any time."""
    if standing is None or standing.address != address:
        return True
    if standing.state is State.ENDED:
        return False
    return standing.next_look_at is None or standing.next_look_at <= now


def is_first_look(standing: Standing | None, address: str) -> bool:
    """Whether the source at ``address`` was never looked at to the end, so that what it shows may
    have stood there for years.
    """
    if standing is None or standing.address != address:
        # How another address did says nothing of what stands here.
        return True
    return standing.last_success_at is None


def next_look(
    failures: int,
    now: datetime,
    every: timedelta,
    jitter: float,
    retry_after: datetime | None = None,
    *,
    is_lasting: bool = False,
) -> datetime:
    """The next time to ask a source after this many failures in a row; 0 after a success.

    The pause doubles with each failure, up to a day or ``every`` if that is longer. What
    ``is_lasting`` (a refusal, an address that cannot be asked) does not pass by itself, so that
    the first one already waits so long. ``jitter`` from 0 to 1 draws the moment from the tenth
    after it; ``retry_after`` only ever delays it.
    """
    longest = max(every, LONGEST_PAUSE)
    first = longest if is_lasting else every
    moment = now + backoff(failures, first=first, longest=longest, spread=_SPREAD, jitter=jitter)
    return moment if retry_after is None else max(moment, retry_after)


def early_look(standing: Standing | None, now: datetime) -> datetime | None:
    """When to ask a source of which somebody says that it has news; None where it is no earlier.

    One that fails or has ended keeps its pause.
    """
    if standing is None or standing.state not in {State.OK, State.MOVED}:
        return None
    planned, last = standing.next_look_at, standing.last_success_at
    moment = now if last is None else max(now, last + _SOONEST)
    return moment if planned is not None and moment < planned else None


def succeeded(
    standing: Standing,
    now: datetime,
    next_look_at: datetime,
    *,
    moved_to: str | None = None,
    hub: "Hub | None" = None,
    problem: str = "",
    is_unfinished: bool = False,
) -> Standing:
    """It answered; ``moved_to`` is where a permanent redirect led just now, ``problem`` what was
    wrong with the answer all the same. Where it ``is_unfinished``, more is asked for at once, and a
    first look is one until that has come to its end.

    RFC 9110 sections 15.4.2 and 15.4.9: such an address replaces the old one.
    """
    place = moved_to or standing.moved_to
    if place == standing.address:
        place = None
    state = State.MOVED if place else State.OK
    is_begun = is_unfinished and standing.last_success_at is None
    return replace(
        _in(standing, state, now),
        failures=0,
        is_lasting=False,
        problem=problem,
        next_look_at=next_look_at,
        moved_to=place,
        last_success_at=None if is_begun else now,
        hub=hub,
    )


def failed(
    standing: Standing,
    problem: str,
    now: datetime,
    next_look_at: datetime | None,
    *,
    is_lasting: bool = False,
) -> Standing:
    """It could not be had; with no next look its publisher took it away for good (RFC 9110
    section 15.5.11). The address it moved to is forgotten: the old one leads to it, or on.
    """
    state = State.FAILING if next_look_at else State.ENDED
    return replace(
        _in(standing, state, now),
        failures=standing.failures + 1,
        is_lasting=is_lasting or next_look_at is None,
        problem=problem,
        next_look_at=next_look_at,
        moved_to=None,
    )


def looked_at(
    before: Standing | None, source: str, address: str, problem: str, now: datetime
) -> Standing:
    """The standing of a source that is looked at all the time; ``problem`` is empty where it did.

    While it stays well it stays equal, so that there is nothing to record.
    """
    standing = begun(before, source, address, now)
    if not problem:
        return replace(_in(standing, State.OK, now), failures=0, is_lasting=False, problem="")
    failures = standing.failures + 1
    failing = _in(standing, State.FAILING, now)
    # What is on this machine is not away for a while by itself.
    return replace(failing, failures=failures, is_lasting=True, problem=problem)


def _in(standing: Standing, state: State, now: datetime) -> Standing:
    return standing if standing.state is state else replace(standing, state=state, since=now)


def exhausts(standing: Standing, patience: timedelta, now: datetime) -> bool:
    """Whether somebody is to look after it: what does not pass by itself, at once; what may, after
    it failed for so long.
    """
    if standing.state not in {State.FAILING, State.ENDED}:
        return False
    return standing.is_lasting or now - standing.since >= patience


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStanding:
    """How a hub does that is told of changed feeds: of how many it does not know, and what is wrong
    ``since`` when, where it failed so many times in a row.
    """

    hub: str
    waiting: int
    failures: int
    problem: str
    since: datetime | None
