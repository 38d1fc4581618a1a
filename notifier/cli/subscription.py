"""Commands on subscribers: subscribe, unsubscribe, and who there is.

Knows how those are asked for and reported. Must never know how they are done.
"""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from config.values import time_zone
from notifier.cli.invocation import house_for
from notifier.cli.output import AsJson, write_report, write_rows
from notifier.model import Frequency, Weekday


def register(app: typer.Typer) -> None:
    for command in (subscribe, unsubscribe, subscribers):
        app.command()(command)


def _minute(text: str) -> int:
    from datetime import datetime

    try:
        moment = datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a time of day has no zone
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time of day; write HH:MM, as 07:00") from error
    return moment.hour * 60 + moment.minute


def _day(text: str) -> date:
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
        parser=_day, metavar="YYYY-MM-DD", help="No mail before that day; today ends a pause."
    ),
]


def subscribe(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="Where the mail goes.")],
    topic: Annotated[
        list[str], typer.Option(help="What to follow, as KIND:SLUG; again for more of them.")
    ],
    frequency: Annotated[Frequency | None, typer.Option(help="How often.")] = None,
    at: Annotated[
        int | None, typer.Option(parser=_minute, metavar="HH:MM", help="Local time of day.")
    ] = None,
    on: OnDays = None,
    timezone: Annotated[
        ZoneInfo | None, typer.Option(parser=_zone, metavar="ZONE", help="IANA time zone.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of the mail.")] = None,
    quiet: QuietMinutes = None,
    pause_until: PauseUntil = None,
    as_json: AsJson = False,
) -> None:
    """Subscribe somebody who asked you to; active at once, from what is ingested next.

    For an address that is known already topics are added and the options given are changed;
    a new one gets a daily digest at 07:00 in the site's time zone.
    """
    from notifier.app import reports
    from notifier.subscribers.subscribe import Preferences

    preferences = Preferences(
        topics=tuple(topic),
        frequency=frequency,
        minute=at,
        weekdays=frozenset(list(Weekday).index(day) for day in on or ()) or None,
        zone=timezone,
        language=language,
        quiet_minutes=quiet,
        paused_until=pause_until,
    )
    with house_for(context) as house:
        subscriber = reports.told(house.subscribe(address, preferences))
    is_at_once = subscriber.frequency == Frequency.IMMEDIATE and not subscriber.paused_until
    moment = None if is_at_once else subscriber.due_at
    due = moment.isoformat() if moment else "as soon as something is new"
    follows = f"{subscriber.address} follows {', '.join(subscriber.topics)}"
    write_report(subscriber, f"{follows}\nnext digest: {due}", as_json=as_json)


def unsubscribe(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="Who gets no more mail.")],
    as_json: AsJson = False,
) -> None:
    """Unsubscribe somebody who asked you to; what is queued for them is not sent."""
    from notifier.subscribers.subscribe import unsubscribe as leave

    with house_for(context) as house:
        left = leave(house.database, address, now=house.clock())
    text = "unsubscribed" if left else "nobody is subscribed under that address"
    write_report({"unsubscribed": left}, text, as_json=as_json)


def subscribers(context: typer.Context, as_json: AsJson = False) -> None:
    """List who gets what, how often, and when next."""
    from notifier.app import reports

    with house_for(context) as house:
        rows = reports.subscribers(house.database, house.settings.site.timezone)
    write_rows(
        rows,
        ("address", "state", "frequency", "zone", "next", "topics", "problem"),
        lambda row: (
            *(row.address, row.state, row.frequency, row.timezone, row.due_at),
            ", ".join(row.topics),
            row.problem,
        ),
        as_json=as_json,
        empty="nobody is subscribed; `fieldfare subscribe` adds somebody",
    )
