"""What somebody wants as the fields of a form have it: filled in from what they get, read and
checked as it was typed, and made a choice.

Knows the fields of the page that changes a subscription. Must never write to the store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from config.values import is_one_line
from feeds.catalogue import languages
from feeds.selection import Selection
from notifier.model import EVERY_DAY, Followed, Frequency, Subscriber
from notifier.storage.cadences import zone_named
from notifier.subscribers.change import timings
from notifier.subscribers.choice import Choice
from notifier.subscribers.preferences import LONGEST_PAUSE, spelt_hour
from notifier.subscribers.subscribe import USUAL_MINUTE
from notifier.web.offers import Offers, minute_of

#: What is not to come any more.
NEVER = "never"
#: Nobody follows more at once.
_MOST_ADDED = 50
_LONGEST = 500
_DAYS = frozenset(map(str, EVERY_DAY))


class Row(NamedTuple):
    """What is followed, by its query: how often it comes, and at which place among the others."""

    query: str
    often: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is in the form."""

    rows: tuple[Row, ...]
    added: tuple[str, ...]
    often: str
    hour: str
    days: frozenset[str]
    weekday: str
    zone: str
    language: str
    pause: str
    muted: tuple[str, ...]

    @classmethod
    def of(cls, person: Subscriber) -> "Wishes":
        """What somebody gets at present."""
        rows = (
            Row(each.selection.query, each.frequency, str(place))
            for place, each in enumerate(person.followed, 1)
        )
        daily, weekly = map(person.cadences.get, (Frequency.DAILY, Frequency.WEEKLY))
        scheduled = daily or weekly
        minute = scheduled.minute if scheduled else USUAL_MINUTE
        until = person.paused_until
        return cls(
            rows=tuple(rows),
            added=(),
            often=person.followed[0].frequency if person.followed else Frequency.DAILY,
            hour=spelt_hour(minute),
            days=frozenset(map(str, daily.weekdays if daily else EVERY_DAY)),
            weekday=str(min(weekly.weekdays)) if weekly else "0",
            zone=person.zone.key,
            language=person.language,
            pause=until.isoformat() if until else "",
            muted=tuple(map(str, person.muted)),
        )

    @classmethod
    def typed(cls, sent: Mapping[str, Sequence[str]]) -> "Wishes":
        """What was sent; what is no text of a line is none."""
        fields = {
            name: [each.strip()[:_LONGEST] if is_one_line(each) else "" for each in values]
            for name, values in sent.items()
        }

        def one(name: str) -> str:
            return fields.get(name, [""])[0]

        rows = zip(*(fields.get(name, []) for name in ("select", "often", "place")), strict=False)
        return cls(
            rows=tuple(Row(*row) for row in rows),
            added=tuple(dict.fromkeys(fields.get("add", [])))[:_MOST_ADDED],
            often=one("often_added"),
            hour=one("hour"),
            days=frozenset(fields.get("days", [])),
            weekday=one("weekday"),
            zone=one("zone"),
            language=one("language"),
            pause=one("pause"),
            muted=tuple(fields.get("muted", [])),
        )

    def faults(self, person: Subscriber, offers: Offers, now: datetime) -> dict[str, str]:
        """What is wrong, by the field it is beside, as a name of the catalogue."""
        faults: dict[str, str] = {}
        often = {row.often for row in self.rows} | ({self.often} if self.added else set())
        zone = zone_named(self.zone)
        if not often <= {*Frequency, NEVER}:
            faults["select"] = "fault.often"
        elif not self._followed(person, offers):
            faults["select"] = "fault.nothing_left"
        if minute_of(self.hour) is None:
            faults["hour"] = "fault.hour"
        if (Frequency.DAILY in often and not self.days) or self.days - _DAYS:
            faults["days"] = "fault.days"
        if self.weekday not in _DAYS:
            faults["weekday"] = "fault.weekday"
        if zone is None:
            faults["zone"] = "fault.zone"
        if self.language not in languages():
            faults["language"] = "fault.language"
        until, today = self._until(), now.astimezone(zone).date()
        if self.pause and (until is None or not today <= until <= today + LONGEST_PAUSE):
            faults["pause"] = "fault.pause"
        return faults

    def choice(self, person: Subscriber, offers: Offers, now: datetime) -> Choice:
        """All that is wanted from now on, of wishes without a fault."""
        zone = zone_named(self.zone) or person.zone
        followed = self._followed(person, offers)
        days = {
            Frequency.IMMEDIATE: EVERY_DAY,
            Frequency.DAILY: frozenset(map(int, self.days)),
            Frequency.WEEKLY: frozenset({int(self.weekday)}),
        }
        wanted = {each.frequency: days[each.frequency] for each in followed}
        until = self._until()
        muted = [each for each in person.muted if str(each) in self.muted]
        return Choice(
            followed=tuple(followed),
            cadences=timings(person, wanted, minute_of(self.hour) or 0, zone),
            zone=zone,
            language=self.language,
            muted=tuple(muted),
            paused_until=until if until and until > now.astimezone(zone).date() else None,
        )

    def _until(self) -> date | None:
        try:
            return date.fromisoformat(self.pause)
        except ValueError:
            return None

    def _followed(self, person: Subscriber, offers: Offers) -> Sequence[Followed]:
        """What somebody has and keeps, by its place, and what they add."""
        has = {each.selection.query: each.selection for each in person.followed}
        kept = [row for row in self.rows if row.query in has and row.often != NEVER]
        found: dict[Selection, Frequency] = {
            has[row.query]: Frequency(row.often) for row in sorted(kept, key=_place)
        }
        if self.often != NEVER:
            for each in offers.selections(self.added):
                found.setdefault(each, Frequency(self.often))
        return [Followed(selection=each, frequency=often) for each, often in found.items()]


def _place(row: Row) -> int:
    """As it was typed; what is no number comes last."""
    return int(row.place) if row.place.isdecimal() else len(row.query) + 10**6
