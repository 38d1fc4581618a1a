"""Commands on readers and their mail, from `subscribe` to what became of each message.

Knows how those are asked for and reported. Must never know how they are done.
"""

from dataclasses import asdict
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.markup import escape

from notifier.app import reports
from notifier.cli.invocation import invocation, stopping
from notifier.cli.output import AsJson, console, errors, progress, write_json, write_table
from notifier.digest.plan import PlanReport
from notifier.mail.send import DeliveryReport
from notifier.model import DeliveryState, Frequency
from notifier.storage import deliveries as stored
from notifier.subscribers.subscribe import Wishes

Weekday = StrEnum(
    "Weekday", ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
)


def register(app: typer.Typer) -> None:
    for command in (subscribe, unsubscribe, subscribers, digest, deliveries, release):
        app.command()(command)


def _minute(text: str) -> int:
    try:
        moment = datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a time of day has no zone
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time of day; write HH:MM, as 07:00") from error
    return moment.hour * 60 + moment.minute


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        message = f"{name!r} is no IANA time zone; write one as Europe/Vienna"
        raise typer.BadParameter(message) from error


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no ISO 8601 instant; write one as 2026-11-24T07:00:00+01:00"
        raise typer.BadParameter(message) from error
    if not MINYEAR < moment.year < MAXYEAR:
        raise typer.BadParameter(f"{text!r} is at an end of the calendar: no digest is due there")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


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
    on: Annotated[Weekday | None, typer.Option(help="The day of a weekly digest.")] = None,
    timezone: Annotated[
        ZoneInfo | None, typer.Option(parser=_zone, metavar="ZONE", help="IANA time zone.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of the mail.")] = None,
    as_json: AsJson = False,
) -> None:
    """Subscribe somebody who asked you to; active at once, from what is ingested next.

    For an address that is known already topics are added and the options given are changed;
    a new one gets a daily digest at 07:00 in the site's time zone.
    """
    wishes = Wishes(
        topics=tuple(topic),
        frequency=frequency,
        minute=at,
        weekday=None if on is None else list(Weekday).index(on),
        zone=timezone,
        language=language,
    )
    with invocation(context).opened() as app:
        subscriber = reports.told(app.subscribe(address, wishes))
    if as_json:
        write_json(asdict(subscriber))
        return
    due = subscriber.due_at.isoformat() if subscriber.due_at else "as soon as something is new"
    console.print(f"{subscriber.address} follows {', '.join(subscriber.topics)}")
    console.print(f"next digest: {due}")


def unsubscribe(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="Who gets no more mail.")],
    as_json: AsJson = False,
) -> None:
    """Unsubscribe somebody who asked you to; what is queued for them is not sent."""
    with invocation(context).opened() as app:
        left = app.unsubscribe(address)
    if as_json:
        write_json({"unsubscribed": left})
        return
    console.print("unsubscribed" if left else "nobody is subscribed under that address")


def subscribers(context: typer.Context, as_json: AsJson = False) -> None:
    """List who gets what, how often, and when next."""
    with invocation(context).opened() as app:
        rows = reports.subscribers(app)
    if as_json:
        write_json([asdict(row) for row in rows])
        return
    write_table(
        ("address", "state", "frequency", "zone", "next", "topics"),
        [
            (row.address, row.state, row.frequency, row.timezone, row.due_at, ", ".join(row.topics))
            for row in rows
        ],
        empty="nobody is subscribed; `fieldfare subscribe` adds somebody",
    )


def digest(
    context: typer.Context,
    now: Annotated[
        datetime | None,
        typer.Option(
            parser=_instant,
            metavar="INSTANT",
            help="Plan as at this instant (ISO 8601); who is due moves on from it.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Report what is due, send nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Plan the digests that are due and send them, with what still waits from before."""
    with (
        invocation(context).opened() as app,
        stopping() as stop,
        progress("digest") as on_progress,
    ):
        planned, sent = app.digest(now=now, dry_run=dry_run, stopping=stop, progress=on_progress)
    if as_json:
        write_json(asdict(planned) | asdict(sent))
    else:
        _show(planned, sent)
    if sent.problem or planned.broken:
        raise typer.Exit(1)


def _show(planned: PlanReport, sent: DeliveryReport) -> None:
    console.print(
        f"{planned.due} due, {planned.planned} planned; {sent.accepted} accepted, "
        f"{sent.deferred} deferred, {sent.failed} failed, {sent.in_doubt} in doubt"
    )
    for reason, count in planned.skipped.items():
        console.print(f"  skipped {count}: {reason}")
    if planned.broken:
        console.print(f"  {planned.broken} could not be made: the log says why, they stay due")
    if sent.problem:
        errors.print(escape(sent.problem), soft_wrap=True)


def deliveries(
    context: typer.Context,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many rows.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the messages and what became of each, the latest first."""
    with invocation(context).opened() as app, app.database.reading() as connection:
        rows = stored.latest(connection, limit, state)
    if as_json:
        write_json([asdict(row) for row in rows])
        return
    write_table(
        ("id", "period", "recipient", "state", "attempts", "reply"),
        [(row.id, row.period, row.recipient, row.state, row.attempts, row.reply) for row in rows],
        empty="no deliveries yet; `fieldfare digest` plans what is due",
    )


def release(
    context: typer.Context,
    delivery: Annotated[int, typer.Argument(help="Its id, as `deliveries` lists it.")],
    drop: Annotated[bool, typer.Option(help="Do not send it any more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Decide on a message held in doubt after a crash: send it once more, or drop it."""
    with invocation(context).opened() as app, app.database.writing() as connection:
        held = stored.release(connection, delivery, app.clock(), send=not drop)
    if as_json:
        write_json({"released": held})
    else:
        done = "dropped" if drop else "queued once more"
        console.print(done if held else f"no delivery {delivery} is held in doubt")
    if not held:
        raise typer.Exit(1)
