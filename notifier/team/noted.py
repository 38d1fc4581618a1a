"""What the team does is noted: that it is about to be done, and then what came of it.

Knows what each deed is called. Must never know how somebody asks for one, or whether they may.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol, TypeVar

import structlog

from feeds.errors import FeedsError
from feeds.storage.database import Database
from notifier.errors import NotifierError
from notifier.storage.team import deeds
from notifier.storage.team.deeds import TeamDeed

log = structlog.get_logger(__name__)

_MOST_CHARACTERS: Final = 300


class TeamAct(StrEnum):
    """What somebody did, as it is told later."""

    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    LOOKED = "asked a source at once"
    PROMOTED = "vouched for"
    DISMISSED = "put aside"
    MAPPED = "mapped a name"
    CORRECTED = "corrected an item"
    RELEASED = "gave an item back to its sources"
    WITHDREW = "withdrew an item"
    RESTORED = "restored an item"
    MERGED = "merged an item into another"
    SPLIT = "showed an item by itself"
    SOUGHT = "looked for a reader"
    CHANGED = "changed what a reader gets"
    PAUSED = "paused a reader's mails"
    RESUMED = "ended a reader's pause"
    UNSUBSCRIBED = "unsubscribed"
    ERASED = "erased a reader"
    SUPPRESSED = "suppressed an address"
    LIFTED = "lifted a suppression"
    HALTED = "stopped all mail"
    WENT_ON = "let mail go on"
    LET_GO = "released a mail"
    DROPPED = "dropped a mail"
    RESENT = "sent a mail once more"
    OFFERED = "released all that was refused"
    ENDED = "ended a domain's pause"


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a deed, in a sentence; whether anything ``changed`` by it."""

    said: str
    changed: bool = True


class Sayable(Protocol):
    """What says in a sentence what came of a deed."""

    @property
    def said(self) -> str: ...


Told = TypeVar("Told", bound=Sayable)


def noted(database: Database, deed: TeamDeed, act: Callable[[], Told]) -> tuple[int, Told]:
    """What came of an ``act``, with the number under which the ``deed`` was noted before.

    Raises FeedsError, NotifierError, of which is noted why it was not done.
    """
    cut = {name: getattr(deed, name)[:_MOST_CHARACTERS] for name in ("deed", "subject", "detail")}
    with database.writing() as connection:
        number = deeds.begin(connection, replace(deed, **cut))
    try:
        done = act()
    except (FeedsError, NotifierError) as problem:
        _end(database, number, f"not done: {problem}")
        raise
    _end(database, number, done.said)
    log.info("team", account=deed.account, deed=deed.deed, number=number)
    return number, done


def _end(database: Database, number: int, outcome: str) -> None:
    with database.writing() as connection:
        deeds.end(connection, number, outcome[:_MOST_CHARACTERS])
