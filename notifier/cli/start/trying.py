"""Commands that try an installation before its readers do: check, mail test.

Knows how what was found is shown. Must never know how anything is tried.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.invocation import house_for, settings_for
from notifier.cli.output import AsJson, write_json, write_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notifier.mail.sender_records import Finding


def register(app: typer.Typer) -> None:
    app.command()(check)


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Try all that an installation needs: settings, store, folders, mail servers, DNS, sources.

    Nothing is changed and no mail is sent; each website is asked once. Exits 1 where something is
    wrong.
    """
    from functools import cache, partial
    from threading import Event

    from config.clock import clock
    from notifier.app import sources, trial
    from notifier.app.trial import here, others
    from notifier.mail.sender_records import TrialVerdict

    settings = settings_for(context)

    fetcher = cache(partial(sources.fetcher, settings, clock=clock, stopping=Event()))
    looks: dict[str, trial.Look] = {
        "settings": partial(here.settings_used, settings),
        "store": partial(here.store, settings),
        "folders": partial(here.folders, settings),
        **others.looks(settings, fetcher, clock),
    }
    found = trial.found(looks)
    if as_json:
        write_json(found)
    else:
        _show(found)
    if any(each.verdict is TrialVerdict.WRONG for each in found):
        raise typer.Exit(1)


def _show(found: "Sequence[Finding]") -> None:
    """A line for each, the subjects padded to one width."""
    width = max(len(each.subject) for each in found)
    for each in found:
        todo = f": {each.do}" if each.do else ""
        write_line(f"{each.verdict:<7}  {each.subject:<{width}}  {each.said}{todo}")


def mail_test(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="Who gets it: an address of yours.")],
    as_json: AsJson = False,
) -> None:
    """Send a mail by the way that all mails go, and tell what each mail server answered."""
    from notifier.app.trial import letter

    with house_for(context) as house:
        sent = letter.send(house, address)
    if as_json:
        write_json(sent)
    else:
        for each in sent:
            write_line(f"{each.transport}: {'accepted' if each.accepted else 'not accepted'}")
            for phase, answer in each.answers:
                write_line(f"  {phase:<11}  {answer}")
            write_line(f"  Message-ID   {each.message_id}")
    if not all(each.accepted for each in sent):
        raise typer.Exit(1)
