"""Options that say what somebody is to get, and how they are written.

Knows their words on the command line. Must never know which command takes them.
"""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from config.values import time_zone
from notifier.model import Frequency, Weekday


def _minute(text: str) -> int:
    from notifier.subscribers.listed import minute_of_day

    try:
        return minute_of_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def day(text: str) -> date:
    """A day as an argument has it."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from error


def _zone(name: str) -> ZoneInfo:
    try:
        return time_zone(name)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; write one as Europe/Vienna") from error


OnDays = Annotated[
    list[Weekday] | None,
    typer.Option(help="The day of a weekly digest, or a day of a daily one; again for more."),
]
QuietMinutes = Annotated[
    int | None,
    typer.Option(min=0, metavar="MINUTES", help="How long immediate mails gather what comes."),
]
PauseUntil = Annotated[
    date | None,
    typer.Option(
        parser=day, metavar="YYYY-MM-DD", help="No mail before that day; today ends a pause."
    ),
]


Topics = Annotated[
    list[str] | None, typer.Option(help="What to follow, as KIND:SLUG; again for more of them.")
]
Selections = Annotated[
    list[str] | None,
    typer.Option(
        metavar="QUERY",
        help="What else, by the address of a selection or its query: any of a kind, all of the"
        " kinds.",
    ),
]
Everything = Annotated[bool, typer.Option("--everything", help="All news.")]
Muted = Annotated[
    list[str] | None, typer.Option(help="A topic to get nothing of, whatever else it is found by.")
]
Unmuted = Annotated[list[str] | None, typer.Option(help="A topic that is muted no more.")]
At = Annotated[int | None, typer.Option(parser=_minute, metavar="HH:MM", help="Local time of day.")]
Zone = Annotated[
    ZoneInfo | None, typer.Option(parser=_zone, metavar="ZONE", help="IANA time zone.")
]
Language = Annotated[str | None, typer.Option(help="Language of the mail.")]
OftenAs = Annotated[Frequency | None, typer.Option(help="How often.")]


def days(named: list[Weekday] | None) -> frozenset[int] | None:
    """The days that are named, Monday being 0; None for none."""
    from notifier.subscribers.preferences import numbered_days

    return numbered_days(named or ()) or None
