"""One reader for programs of the team: found, shown, changed, erased; and who must not be mailed.

Knows what is asked for and shown. An address stands in bodies alone: addresses of requests are in
logs. Must never list people whom nobody asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from config.scopes import Scope
from config.values import time_zone
from feeds.parse.push.members import Strict, printable, some_words
from notifier.api.keyset import Cursor, Limit, ListPart, key_in, moment, part_of
from notifier.api.operations import Doing, NoMailbox, Reading
from notifier.model import Frequency, Weekday
from notifier.storage import suppressions
from notifier.storage.suppressions import Suppression
from notifier.subscribers.listed import minute_of_day
from notifier.subscribers.own_data import OwnData
from notifier.subscribers.preferences import Preferences, numbered_days
from notifier.team.noted import Came, TeamAct
from notifier.team.reader_deeds import ReaderDeeds

_Line = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(some_words)]
_Lines = Annotated[list[_Line], Field(max_length=50)]
_Reason = Annotated[str, Field(max_length=500), AfterValidator(printable)]


class AddressNamed(Strict):
    """Whose it is asked for."""

    address: Annotated[str, Field(max_length=500), AfterValidator(printable)]


class AddressBarred(AddressNamed):
    """An address that must not be mailed, and why."""

    reason: _Line = "asked"


class PausedReader(Strict):
    """Until when somebody gets nothing."""

    until: Annotated[date, Field(strict=False)] = Field(
        description="The day on which mails go on, by their calendar."
    )


class AskedByThem(Strict):
    """Who asked for it."""

    reason: _Reason = Field(default="", description="Who asked for it, and how.")


class ChangedReader(Strict):
    """What somebody gets from now on: topics, selections or everything are all that they follow,
    where any is named; of the rest, what is said is changed.
    """

    topics: _Lines = Field(default=[])
    selections: _Lines = Field(default=[])
    everything: bool = False
    muted: _Lines = Field(default=[])
    unmuted: _Lines = Field(default=[])
    frequency: Annotated[Frequency, Field(strict=False)] | None = None
    at: _Line | None = Field(default=None, description="A time of day in their zone, as 07:00.")
    on: Annotated[list[Annotated[Weekday, Field(strict=False)]], Field(max_length=7)] = Field(
        default=[]
    )
    timezone: _Line | None = None
    language: _Line | None = None
    quiet_minutes: Annotated[int, Field(ge=0, le=1_440)] | None = None

    @field_validator("at")
    @classmethod
    def _is_an_hour(cls, value: str | None) -> str | None:
        """Refuses what is no time of day."""
        if value:
            minute_of_day(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str | None) -> str | None:
        """Refuses what is no time zone."""
        return time_zone(value).key if value else value

    @property
    def preferences(self) -> Preferences:
        """What is asked for, as the command has it."""
        return Preferences(
            topics=tuple(self.topics),
            selections=tuple(self.selections),
            everything=self.everything,
            muted=tuple(self.muted),
            unmuted=tuple(self.unmuted),
            frequency=self.frequency,
            minute=minute_of_day(self.at) if self.at else None,
            weekdays=numbered_days(self.on) or None,
            zone=time_zone(self.timezone) if self.timezone else None,
            language=self.language,
            quiet_minutes=self.quiet_minutes,
            is_all=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtReader:
    """Whose an address is, by the id under which they are shown and changed, if it is anybody's;
    and whether, whoever has it, it must not be mailed.
    """

    reader: str | None
    state: str | None
    suppressed: Suppression | None
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestShown:
    """What somebody would get now; what is not new was so before."""

    is_new: bool
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersApi:
    """The requests; ``preview`` is what somebody at an address would get now."""

    deeds: ReaderDeeds
    preview: Callable[[str], DigestShown]

    def operations(self) -> Sequence[Reading | Doing]:
        its, barred, act = "/admin/subscribers/{reader}", "/admin/suppressions", TeamAct
        seeking = partial(Doing, scope=Scope.SUBSCRIBERS_READ, body=AddressNamed)
        reading = partial(Reading, scope=Scope.SUBSCRIBERS_READ)
        doing = partial(Doing, scope=Scope.SUBSCRIBERS_WRITE, subject="reader")
        pausing = partial(doing, body=PausedReader, detail="until")
        asked = partial(doing, body=AskedByThem, detail="reason")
        barring = partial(Doing, scope=Scope.SUPPRESSIONS_WRITE)
        return (
            seeking(
                *("/admin/subscribers/find", "findSubscriber", self.find, act.SOUGHT),
                shown=SoughtReader,
            ),
            reading(its, "readSubscriber", self.told, OwnData),
            reading(f"{its}/preview", "previewDigest", self.shown_digest, DigestShown),
            doing(
                *(f"{its}/change", "changeSubscriber", self.change, act.CHANGED),
                body=ChangedReader,
            ),
            pausing(f"{its}/pause", "pauseSubscriber", self.pause, act.PAUSED),
            doing(f"{its}/resume", "resumeSubscriber", self.resume, act.RESUMED),
            asked(f"{its}/unsubscribe", "unsubscribeSubscriber", self.leave, act.UNSUBSCRIBED),
            asked(f"{its}/erase", "eraseSubscriber", self.erase, act.ERASED),
            Reading(
                *(barred, "listSuppressions", self.suppressed, list[Suppression]),
                scope=Scope.SUPPRESSIONS_READ,
            ),
            barring(
                *(barred, "suppressAddress", self.suppress, act.SUPPRESSED),
                body=AddressBarred,
                detail="reason",
            ),
            barring(
                *(f"{barred}/{{address_hash}}", "liftSuppression", self.lift, act.LIFTED),
                subject="address_hash",
                method="DELETE",
            ),
        )

    def find(self, said: AddressNamed) -> SoughtReader:
        """Find who has an address, by a body that says it."""
        sought = self.deeds.sought(said.address)
        person = sought.person
        return SoughtReader(
            reader=person.public_id if person else None,
            state=person.state if person else None,
            suppressed=sought.suppressed,
            said="Found." if person else "Nobody ever subscribed by that address.",
        )

    def told(self, reader: NoMailbox) -> OwnData:
        """Show what somebody gets, agreed to, and was sent lately, with what became of it."""
        return self.deeds.told(reader)

    def shown_digest(self, reader: NoMailbox) -> DigestShown:
        """Show what somebody would get now: nothing is changed, and its links are nobody's."""
        return self.preview(self.deeds.told(reader).address)

    def change(self, reader: NoMailbox, who: str, said: ChangedReader) -> Came:
        """Change what somebody gets, as they asked for; you answer for what they agreed to."""
        return self.deeds.prefer(reader, said.preferences, who)

    def pause(self, reader: NoMailbox, who: str, said: PausedReader) -> Came:
        """Send somebody nothing before a day; the digest after it covers what was missed."""
        return self.deeds.pause(reader, said.until, who)

    def resume(self, reader: NoMailbox, who: str) -> Came:
        """End somebody's pause."""
        return self.deeds.resume(reader, who)

    def leave(self, reader: NoMailbox) -> Came:
        """Unsubscribe somebody who asked for it; what is queued for them is not sent."""
        return self.deeds.leave(reader)

    def erase(self, reader: NoMailbox) -> Came:
        """Forget somebody who asked for it: a keyed hash stays, so that nothing is sent there."""
        return self.deeds.erase(reader)

    # -- Who must not be mailed --------------------------------------------------------------------

    def suppressed(self, limit: Limit = 50, cursor: Cursor = "") -> ListPart[Suppression]:
        """List the addresses that must not be mailed, by keyed hashes, the latest first."""
        after = key_in(cursor, moment, printable)
        with self.deeds.database.reading() as connection:
            found = suppressions.every(connection, limit + 1, after)
        return part_of(found, limit, lambda each: [each.since.isoformat(), each.address_hash])

    def suppress(self, said: AddressBarred) -> Came:
        """Mail nothing to an address any more, whoever subscribes it."""
        return self.deeds.suppress(said.address, said.reason)

    def lift(self, address_hash: NoMailbox) -> Came:
        """Mail an address again, by the hash that the list, or who looks for its reader, has."""
        return self.deeds.lift(address_hash)
