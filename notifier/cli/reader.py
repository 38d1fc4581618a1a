"""Commands on one reader: what they get, changed, paused, erased.

Knows how those are asked for and reported. Must never know how they are done.
"""

from datetime import date
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from notifier.cli.invocation import house_for
from notifier.cli.output import AsJson, write_report
from notifier.cli.preferred import (
    At,
    Everything,
    Language,
    Muted,
    OftenAs,
    OnDays,
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
    from notifier.app.reports import DigestRow, SubscriberRow
    from notifier.model import Subscriber


Somebody = Annotated[str, typer.Argument(help="Whose address it is, in any spelling.")]


def show(context: typer.Context, address: Somebody, as_json: AsJson = False) -> None:
    """Show what somebody gets, how often, and when next."""
    with house_for(context) as house:
        report(house, known(house, address), as_json=as_json)


def change(
    context: typer.Context,
    address: Somebody,
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
    as_json: AsJson = False,
) -> None:
    """Change what somebody gets, and say when the next digest comes.

    What is named is all that they follow from now on, in that order, selections first; the options
    given are changed, of all that they follow where nothing is named.
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
        is_all=True,
    )
    with house_for(context) as house:
        person = _subscribed(house, address)
        report(house, house.subscribe(person.address, preferences), as_json=as_json)


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
        _pause(house, _subscribed(house, address), until, as_json=as_json)


def resume(context: typer.Context, address: Somebody, as_json: AsJson = False) -> None:
    """End somebody's pause: their next digest covers what was missed."""
    with house_for(context) as house:
        person = _subscribed(house, address)
        # By their own calendar, as the end of a pause is.
        _pause(house, person, house.clock().astimezone(person.zone).date(), as_json=as_json)


def _pause(house: "House", person: "Subscriber", until: date, *, as_json: bool) -> None:
    from notifier.subscribers.preferences import Preferences

    changed = house.subscribe(person.address, Preferences(paused_until=until))
    report(house, changed, as_json=as_json)


def known(house: "House", address: str) -> "Subscriber":
    """Whoever has this address. Raises UnusableAddress, UnknownSubscriber."""
    from notifier.storage import subscribers as stored
    from notifier.subscribers.subscribe import checked

    with house.database.reading() as connection:
        return stored.known(connection, checked(address), house.settings.site.timezone)


def _subscribed(house: "House", address: str) -> "Subscriber":
    """The same, who gets digests. Raises PreferenceRefused, too."""
    from notifier.errors import PreferenceRefused

    person = known(house, address)
    if person.state is not SubscriberState.ACTIVE:
        raise PreferenceRefused(
            f"{person.address} gets nothing at present; `fieldfare subscribe` is for who asks to"
        )
    return person


def report(house: "House", person: "Subscriber", *, as_json: bool) -> None:
    from notifier.app import reports

    [subscriber] = reports.told(house.database, [person], house.keyed)
    _tell(subscriber, as_json=as_json)


def _tell(subscriber: "SubscriberRow", *, as_json: bool) -> None:
    """What somebody follows, and when the next digest of each frequency comes."""
    why = "this address must not be mailed; `fieldfare suppressions` says why, and lifts it"
    none = f"none, as {why}" if subscriber.suppressed else ""
    lines = (f"\n  {follows(each)}; {_next(subscriber, each, none)}" for each in subscriber.digests)
    paused = f"; paused until {subscriber.paused_until}" if subscriber.paused_until else ""
    text = f"{subscriber.address} follows{''.join(lines)}"
    if subscriber.state == SubscriberState.LEFT:
        text = f"{subscriber.address} has left"
    elif subscriber.state == SubscriberState.PENDING:
        text = f"{subscriber.address} has not confirmed yet"
    if subscriber.suppressed and subscriber.state != SubscriberState.ACTIVE:
        text = f"{text}; {why}"
    write_report(subscriber, f"{text}{paused}", as_json=as_json)


def follows(digest: "DigestRow") -> str:
    named = (query or "everything" for query in digest.selections)
    return f"{', '.join(named)} ({digest.frequency})"


def _next(subscriber: "SubscriberRow", digest: "DigestRow", none: str) -> str:
    """When it comes, by the clock of whoever gets it."""
    moment = none or "as soon as something is new"
    if digest.quiet_minutes and not none:
        moment = f"{moment} (quiet minutes after each: {digest.quiet_minutes})"
    if digest.due_at:
        local = digest.due_at.astimezone(ZoneInfo(subscriber.timezone))
        moment = f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({subscriber.timezone})"
    return f"next digest: {moment}"


def erase(context: typer.Context, address: Somebody, as_json: AsJson = False) -> None:
    """Forget somebody who asked you to: a keyed hash stays, so that nothing is sent there again.

    What they were sent is counted, and says no more to whom. They may subscribe by themselves.
    """
    from notifier.subscribers.own_data import erase as erased
    from notifier.subscribers.subscribe import checked

    with house_for(context) as house:
        usable, zone = checked(address), house.settings.site.timezone
        done = erased(house.database, usable, house.keyed, zone, now=house.clock())
    text = "erased: no mail goes there, unless its owner asks for it again and confirms that"
    write_report({"erased": done}, text if done else "nobody has that address", as_json=as_json)
    if not done:
        raise typer.Exit(1)


COMMANDS = (show, change, pause, resume, erase)
