"""Commands on subscribers: subscribe, unsubscribe, and who there is.

Knows how those are asked for and reported. Must never know how they are done.
"""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli import transfer
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
    day,
    days,
)
from notifier.model import SubscriberState

if TYPE_CHECKING:
    from notifier.app.house import House
    from notifier.app.reports import DigestRow
    from notifier.model import Subscriber


def register(app: typer.Typer) -> None:
    for command in (subscribe, unsubscribe):
        app.command()(command)
    listed = typer.Typer(invoke_without_command=True)
    listed.callback()(subscribers)
    listed.command()(show)
    listed.command()(pause)
    listed.command()(resume)
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
        _tell(house, house.subscribe(address, preferences), as_json=as_json)


def _tell(house: "House", person: "Subscriber", *, as_json: bool) -> None:
    """What somebody follows, and when the next digest of each frequency comes."""
    from notifier.app import reports

    [subscriber] = reports.told(house.database, [person], house.keyed)
    none = "none, as this address must not be mailed" if subscriber.suppressed else ""
    lines = (f"\n  {_follows(each)}; {_next(each, none)}" for each in subscriber.digests)
    paused = f"; paused until {subscriber.paused_until}" if subscriber.paused_until else ""
    text = f"{subscriber.address} follows{''.join(lines)}"
    if subscriber.state == SubscriberState.LEFT:
        text = f"{subscriber.address} has left"
    elif subscriber.state == SubscriberState.PENDING:
        text = f"{subscriber.address} has not confirmed yet"
    write_report(subscriber, f"{text}{paused}", as_json=as_json)


def _follows(digest: "DigestRow") -> str:
    named = (query or "everything" for query in digest.selections)
    return f"{', '.join(named)} ({digest.frequency})"


def _next(digest: "DigestRow", none: str) -> str:
    moment = digest.due_at.isoformat() if digest.due_at else "as soon as something is new"
    return f"next digest: {none or moment}"


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
    """List who gets what, how often, and when next; show, pause and resume are of one of them."""
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
            "; ".join(map(_follows, row.digests)),
            min((each.due_at for each in row.digests if each.due_at), default=None),
            row.problem,
        ),
        as_json=as_json,
        empty="nobody is subscribed; `fieldfare subscribe` adds somebody",
    )


Somebody = Annotated[str, typer.Argument(help="Whose address it is, in any spelling.")]


def show(context: typer.Context, address: Somebody, as_json: AsJson = False) -> None:
    """Show what somebody gets, how often, and when next."""
    with house_for(context) as house:
        _tell(house, _known(house, address), as_json=as_json)


def pause(
    context: typer.Context,
    address: Somebody,
    until: Annotated[
        date, typer.Argument(parser=day, metavar="YYYY-MM-DD", help="No mail before that day.")
    ],
    as_json: AsJson = False,
) -> None:
    """Send somebody nothing before a day; the first digest after it covers what was missed."""
    with house_for(context) as house:
        _pause(house, _known(house, address), until, as_json=as_json)


def resume(context: typer.Context, address: Somebody, as_json: AsJson = False) -> None:
    """End somebody's pause: their next digest covers what was missed."""
    with house_for(context) as house:
        person = _known(house, address)
        # By their own calendar, as the end of a pause is.
        _pause(house, person, house.clock().astimezone(person.zone).date(), as_json=as_json)


def _pause(house: "House", person: "Subscriber", until: date, *, as_json: bool) -> None:
    from notifier.subscribers.preferences import Preferences

    changed = house.subscribe(person.address, Preferences(paused_until=until))
    _tell(house, changed, as_json=as_json)


def _known(house: "House", address: str) -> "Subscriber":
    """Whoever has this address. Raises UnusableAddress, UnknownSubscriber."""
    from notifier.storage import subscribers as stored
    from notifier.subscribers.subscribe import checked

    with house.database.reading() as connection:
        return stored.known(connection, checked(address), house.settings.site.timezone)
