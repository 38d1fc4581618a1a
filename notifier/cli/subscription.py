"""Commands on subscribers: subscribe, unsubscribe, and who there is.

Knows how those are asked for and reported. Must never know how they are done.
"""

from typing import Annotated

import typer

from notifier.cli import reader, transfer
from notifier.cli.invocation import house_for
from notifier.cli.output import AsJson, write_report, write_rows
from notifier.cli.preferred import (
    At,
    Everything,
    Language,
    Muted,
    OftenAs,
    OnDays,
    PauseUntil,
    QuietMinutes,
    Selections,
    Topics,
    Unmuted,
    Zone,
    days,
)


def register(app: typer.Typer) -> None:
    app.command()(subscribe)
    app.command()(unsubscribe)
    listed = typer.Typer(invoke_without_command=True)
    listed.callback()(subscribers)
    for command in reader.COMMANDS:
        listed.command()(command)
    transfer.register(listed)
    app.add_typer(listed, name="subscribers")


def subscribe(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="Where the mail goes.")],
    topic: Topics = None,
    select: Selections = None,
    everything: Everything = False,
    mute: Muted = None,
    unmute: Unmuted = None,
    frequency: OftenAs = None,
    at: At = None,
    on: OnDays = None,
    timezone: Zone = None,
    language: Language = None,
    quiet: QuietMinutes = None,
    pause_until: PauseUntil = None,
    as_json: AsJson = False,
) -> None:
    """Subscribe somebody who asked you to; active at once, from what is ingested next.

    Each topic and selection is followed by itself, as often as is said; the options given are
    changed, of all that somebody follows where nothing is named. A new one gets a daily digest at
    07:00 in the site's time zone.
    """
    from notifier.subscribers.preferences import Preferences

    preferences = Preferences(
        topics=tuple(topic or ()),
        selections=tuple(select or ()),
        everything=everything,
        muted=tuple(mute or ()),
        unmuted=tuple(unmute or ()),
        frequency=frequency,
        minute=at,
        weekdays=days(on),
        zone=timezone,
        language=language,
        quiet_minutes=quiet,
        paused_until=pause_until,
    )
    with house_for(context) as house:
        reader.report(house, house.subscribe(address, preferences), as_json=as_json)


def unsubscribe(
    context: typer.Context,
    address: Annotated[
        str, typer.Argument(help="Who gets no more mail, or none of what is named.")
    ],
    topic: Topics = None,
    select: Selections = None,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """Unsubscribe somebody who asked you to; what is queued for them is not sent.

    With topics or selections they get no more of these; who is left with nothing leaves.
    """
    from notifier.subscribers.preferences import Preferences
    from notifier.subscribers.subscribe import named_selections
    from notifier.subscribers.subscribe import unsubscribe as leave

    unwanted = Preferences(
        topics=tuple(topic or ()), selections=tuple(select or ()), everything=everything
    )
    with house_for(context) as house:
        is_named = unwanted != Preferences()
        named = named_selections(house.taxonomy, unwanted) if is_named else ()
        zone = house.settings.site.timezone
        left = leave(house.database, address, named, zone, now=house.clock())
    text = "unsubscribed" if left else "nobody is subscribed under that address, or to that"
    write_report({"unsubscribed": left}, text, as_json=as_json)


def subscribers(context: typer.Context, as_json: AsJson = False) -> None:
    """List who gets what, how often, and when next; the other commands are of one, or of many."""
    if context.invoked_subcommand:
        return
    from notifier.app import reports

    with house_for(context) as house:
        rows = reports.subscribers(house.database, house.settings.site.timezone, house.keyed)
    write_rows(
        rows,
        ("address", "state", "zone", "follows", "next", "problem"),
        lambda row: (
            *(row.address, row.state, row.timezone),
            "; ".join(map(reader.follows, row.digests)),
            min((each.due_at for each in row.digests if each.due_at), default=None),
            row.problem or ("suppressed" if row.suppressed else ""),
        ),
        as_json=as_json,
        empty="nobody is subscribed; `fieldfare subscribe` adds somebody",
    )
