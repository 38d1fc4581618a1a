"""Commands on mail: the digests that are due, and what became of each message.

Knows how those are asked for and reported. Must never know how they are done.
"""

from dataclasses import asdict
from datetime import MAXYEAR, MINYEAR, UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.invocation import By, house_for, person, stopping
from notifier.cli.output import (
    AsJson,
    DryRun,
    Limit,
    progress,
    write_json,
    write_line,
    write_problem,
    write_report,
    write_rows,
)
from notifier.cli.start.trying import mail_test
from notifier.model import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notifier.digest.plan import PlanReport
    from notifier.mail.send import DeliveryReport
    from notifier.storage.transitions import Transition


def register(app: typer.Typer) -> None:
    for command in (digest, deliveries, release, resend):
        app.command()(command)
    switch = typer.Typer(help="Stop all mail at once and let it go on; send one to try the way.")
    switch.command()(pause)
    switch.command()(resume)
    switch.command("test")(mail_test)
    app.add_typer(switch, name="mail")


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no ISO 8601 instant; write one as 2026-11-24T07:00:00+01:00"
        raise typer.BadParameter(message) from error
    if not MINYEAR < moment.year < MAXYEAR:
        raise typer.BadParameter(f"{text!r} is at an end of the calendar: no digest is due there")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


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
    preview: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Write this reader's mail into a folder instead."),
    ] = None,
    into: Annotated[Path, typer.Option(help="The folder of a preview.")] = Path("preview"),
    to: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Send the preview there, too.")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Plan the digests that are due and send them, with what still waits from before.

    A preview is what a reader would get now, and changes nothing: its links are nobody's.
    """
    if preview:
        _show_preview(context, preview, into, now=now, to=to, as_json=as_json)
        return
    from notifier.app import parts

    if to:
        raise typer.BadParameter("name whose mail is to be sent there", param_hint="--preview")
    with (
        house_for(context, logs=True) as house,
        stopping() as stop,
        progress("digest") as on_progress,
    ):
        planned, sent = house.digest(now=now, dry_run=dry_run, stopping=stop, progress=on_progress)
        parts.watch(house).look_at_store()
    if as_json:
        write_json(asdict(planned) | asdict(sent))
    else:
        _show(planned, sent)
    if sent.problem or planned.broken or (sent.failed and not sent.accepted):
        raise typer.Exit(1)


def _show_preview(
    context: typer.Context,
    address: str,
    into: Path,
    *,
    now: datetime | None,
    to: str | None,
    as_json: bool,
) -> None:
    import asyncio

    from notifier.app.preview import preview
    from notifier.mail.offer import offer

    with house_for(context) as house:
        shown = preview(house, address, now or house.clock(), to=to)
        files = [str(file) for file in shown.write(into)]
        sent = asyncio.run(offer(house.transports, shown.envelope)) if to else None
    told = {"files": files, "is_new": shown.is_new, "reply": sent and f"{sent.code} {sent.text}"}
    lines = ["what is new" if shown.is_new else "nothing is new: all there was", *files]
    if sent:
        lines.append(f"to {to}: {told['reply']}")
    write_report(told, "\n".join(lines), as_json=as_json)
    if sent and sent.code != 250:
        raise typer.Exit(1)


def _show(planned: "PlanReport", sent: "DeliveryReport") -> None:
    write_line(
        f"{planned.due} due, {planned.planned} planned; {sent.accepted} accepted, "
        f"{sent.deferred} deferred, {sent.failed} failed, {sent.in_doubt} in doubt, "
        f"{sum(sent.unsent.values())} not sent, {sent.queued} queued"
    )
    for reason, count in planned.skipped.items():
        write_line(f"  skipped {count}: {reason}")
    for reason, count in sent.unsent.items():
        write_line(f"  not sent {count}: {reason}")
    if planned.broken:
        write_line(f"  {planned.broken} to be mended: `fieldfare subscribers` says what is wrong")
    if sent.problem:
        write_problem(sent.problem)


def deliveries(
    context: typer.Context,
    about: Annotated[
        str | None,
        typer.Argument(help="A reader's address, a period such as 2026-11-24, or an id."),
    ] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the messages and what became of each, the latest first.

    Of a reader's, and of one of an id, each step is told: when, by their clock, by which node, what
    was said.
    """
    from notifier.storage import deliveries as stored

    with house_for(context) as house, house.database.reading() as connection:
        rows = stored.latest(connection, limit, state, about)
    if about and ("@" in about or about.isdecimal()) and rows and not as_json:
        for row in rows:
            write_line(f"{row.id}  {row.period}  {row.recipient}  {row.state}")
            _tell(row.steps, row.timezone)
        return
    write_rows(
        rows,
        ("id", "period", "recipient", "state", "since", "attempts", "reply"),
        lambda row: (
            row.id,
            row.period,
            row.recipient,
            row.state,
            _at(row.steps[-1].at, UTC),
            row.attempts,
            row.reply,
        ),
        as_json=as_json,
        empty=(
            "no such deliveries"
            if about or state
            else "no deliveries yet; `fieldfare digest` plans what is due"
        ),
    )


def _tell(steps: "Sequence[Transition]", timezone: str) -> None:
    from notifier.storage.cadences import zone_named

    zone = zone_named(timezone) or UTC
    for step in steps:
        told = (
            step.state,
            f"by {step.node}" if step.node and step.state is DeliveryState.SENDING else "",
            f"({step.cause})" if step.cause else "",
            step.reply,
            f"again from {_at(step.again_at, zone)}" if step.again_at else "",
        )
        write_line(f"  {_at(step.at, zone)}  {'  '.join(filter(None, told))}")


def _at(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds")


def resend(
    context: typer.Context,
    delivery: Annotated[int, typer.Argument(help="Its id, as `deliveries` lists it.")],
    as_json: AsJson = False,
) -> None:
    """Send once more, to the last byte, what was accepted and somebody says never came."""
    from notifier.storage import deliveries as stored

    with house_for(context) as house, house.database.writing() as connection:
        is_queued = stored.resend(connection, delivery, house.clock())
    done = "queued once more: it leaves with the next beat of the daemon, or `fieldfare digest`"
    none = f"no delivery {delivery} was accepted, or its reader has left"
    write_report({"resent": is_queued}, done if is_queued else none, as_json=as_json)
    if not is_queued:
        raise typer.Exit(1)


def release(
    context: typer.Context,
    delivery: Annotated[
        int | None, typer.Argument(help="Its id, as `deliveries` lists it.")
    ] = None,
    drop: Annotated[bool, typer.Option(help="Do not send it any more.")] = False,
    refused: Annotated[
        bool, typer.Option(help="All that failed or waits as a mail server refused us.")
    ] = False,
    restored: Annotated[
        bool, typer.Option(help="All that waited in a backup that was put back; mail goes on.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send once more what failed or is held in doubt, or drop what is held.

    With --refused, mail is offered at once, whatever was wrong with the mail server. With
    --restored --drop, all that is new by now counts as told.
    """
    from notifier.incidents.incident import OF_RELAYS
    from notifier.storage import deliveries as stored
    from notifier.storage.watched import relay_standings

    if [delivery is not None, refused, restored].count(True) != 1 or (drop and refused):
        raise typer.BadParameter("name either one delivery, or --refused, or --restored")
    with house_for(context) as house, house.database.writing() as connection:
        now = house.clock()
        if restored:
            from notifier.app.keeping.restore import released

            count = released(connection, now, send=not drop)
            done = f"{count} {'dropped, all that is new counts as told' if drop else 'queued'}"
            text = "no backup was put back" if count is None else f"{done}; mail goes on"
        elif delivery is None:
            count = relay_standings.offer_again(connection, now)
            text = f"{count} queued once more; mail is offered to the mail server again"
            house.journal.only(OF_RELAYS, (), "")
        else:
            count = stored.release(connection, delivery, now, send=not drop)
            done = "dropped" if drop else "queued once more"
            text = done if count else f"no delivery {delivery} is held in doubt, or failed"
    write_report({"released": int(count or 0)}, text, as_json=as_json)
    if count is None or (delivery is not None and not count):
        raise typer.Exit(1)


def pause(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Why, for whoever reads `status`.")] = "",
    digests: Annotated[
        bool, typer.Option("--digests", help="Digests alone: confirmations still leave.")
    ] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Stop mail: what is on the wire ends, no further message leaves, and no digest is planned.

    Confirmations and other answers to readers wait, too, unless only digests are stopped.
    """
    from notifier.storage import senders

    with house_for(context) as house, house.database.writing() as connection:
        halt = senders.Halt(
            since=house.clock(), who=person(by), reason=reason, digests_only=digests
        )
        senders.pause(connection, halt)
    write_report(halt, f"{halt}; `fieldfare mail resume` ends it", as_json=as_json)


def resume(context: typer.Context, as_json: AsJson = False) -> None:
    """Let mail go on: what waits leaves at its usual pace, and one digest tells what was missed."""
    from notifier.storage import senders

    with house_for(context) as house, house.database.writing() as connection:
        was_paused = senders.resume(connection)
    text = "mail goes on with the next beat of the daemon, or `fieldfare digest`"
    write_report(
        {"resumed": was_paused}, text if was_paused else "mail was not paused", as_json=as_json
    )
