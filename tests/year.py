"""The digests of a year, one line for each that is not a plain day after the last: `make year`.

Knows zones whose clocks are odd. Must never decide when a digest is due: that is what is looked at.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.digest.schedule import next_due, period
from notifier.model import Cadence, Frequency

_DAY = timedelta(days=1)
#: A zone, a year of it, and the minute that its clocks skip or show twice.
YEARS = (
    ("Europe/Vienna", 2026, 150),
    ("Asia/Kathmandu", 2026, 150),
    ("Australia/Lord_Howe", 2026, 105),
    ("Australia/Lord_Howe", 2026, 135),
    ("Africa/Casablanca", 2026, 150),
    ("Pacific/Apia", 2011, 150),
    ("Pacific/Apia", 2026, 150),
)


def digests(zone: str, year: int, minute: int) -> Iterator[tuple[str, datetime]]:
    """The day of each daily digest of a year, and when it is due."""
    cadence = Cadence(frequency=Frequency.DAILY, minute=minute, zone=ZoneInfo(zone))
    due = next_due(cadence, datetime(year - 1, 12, 30, tzinfo=UTC))
    while (day := period(cadence, due, 0)) <= f"{year}-12-31":
        if day >= f"{year}-01-01":
            yield day, due
        due = next_due(cadence, due)


def odd(zone: str, year: int, minute: int) -> Iterator[str]:
    """Those that are not due just a day after the last one, as the clock on the wall shows them."""
    before: datetime | None = None
    for day, due in digests(zone, year, minute):
        if before and due - before != _DAY:
            shown = due.astimezone(ZoneInfo(zone))
            yield f"{day} at {shown:%H:%M %z}, {(due - before) / timedelta(hours=1):g} h on"
        before = due


def table() -> str:
    """All of it, as a page has it."""
    lines = [
        "| zone | year | wanted | digests | all a day after the last but |",
        "|---|---|---|---|---|",
    ]
    for zone, year, minute in YEARS:
        wanted = f"{minute // 60:02}:{minute % 60:02}"
        count = sum(1 for _ in digests(zone, year, minute))
        exceptions = "; ".join(odd(zone, year, minute)) or "none"
        lines.append(f"| {zone} | {year} | {wanted} | {count} | {exceptions} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
