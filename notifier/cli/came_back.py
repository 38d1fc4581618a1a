"""Commands on what came back of mails, and on what followed: addresses and domains that wait.

Knows how those are asked for and reported. Must never know how they are done.
"""

from pathlib import Path
from typing import Annotated

import typer

from notifier.cli.invocation import content_of, house_for
from notifier.cli.output import AsJson, Limit, write_json, write_line, write_report, write_rows


def register(app: typer.Typer) -> None:
    returned = typer.Typer(invoke_without_command=True)
    returned.callback()(returns)
    returned.command()(read)
    app.add_typer(returned, name="returns")
    barred = typer.Typer(invoke_without_command=True)
    barred.callback()(suppressions)
    barred.command()(add)
    barred.command()(lift)
    app.add_typer(barred, name="suppressions")
    waiting = typer.Typer(invoke_without_command=True)
    waiting.callback()(pauses)
    waiting.command()(end)
    app.add_typer(waiting, name="pauses")


def returns(
    context: typer.Context,
    of: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Of this reader's.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List what came back of mails and what followed, the latest first; read takes more."""
    if context.invoked_subcommand:
        return
    from notifier.model import folded
    from notifier.storage.returns import latest
    from notifier.subscribers.subscribe import checked

    with house_for(context) as house, house.database.reading() as connection:
        rows = latest(connection, limit, folded(checked(of)) if of else "")
    write_rows(
        rows,
        ("at", "way", "kind", "delivery", "domain", "status", "followed", "said"),
        lambda row: (
            *(f"{row.at:%Y-%m-%d %H:%M:%SZ}", row.way, row.kind, row.delivery, row.domain),
            *(row.status, row.consequence, row.diagnostic),
        ),
        as_json=as_json,
        empty="nothing came back",
    )


def read(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Mails; - is one.")],
    as_json: AsJson = False,
) -> None:
    """Take mails that came back another way, and heed them as any; each counts once."""
    from notifier.app.mail_parts import taking

    contents = [content_of(file) for file in files]
    with house_for(context, logs=True) as house:
        taken = [taking(house).take(content) for content in contents]
    if as_json:
        write_json(taken)
        return
    for file, one in zip(files, taken, strict=True):
        said = " ".join(filter(None, (one.kind, one.status, one.diagnostic)))
        write_line(f"{file}: {said}; {one.consequence}")


def suppressions(context: typer.Context, as_json: AsJson = False) -> None:
    """List the addresses that must not be mailed, and why; add and lift are of one of them."""
    if context.invoked_subcommand:
        return
    from notifier.app.reports import suppressed

    with house_for(context) as house:
        rows = suppressed(house.database, house.keyed)
    write_rows(
        rows,
        ("address", "why", "said", "since"),
        lambda row: (
            row.address or f"(nobody's here: {row.address_hash[:12]})",
            *(row.reason, row.detail, f"{row.since:%Y-%m-%d %H:%M:%SZ}"),
        ),
        as_json=as_json,
        empty="no address is suppressed",
    )


Address = Annotated[str, typer.Argument(help="The address, in any spelling.")]


def add(
    context: typer.Context,
    address: Address,
    reason: Annotated[str, typer.Option(help="Why, kept with it.")] = "asked",
    as_json: AsJson = False,
) -> None:
    """Mail nothing to an address any more, whoever subscribes it; what waits for it is not sent."""
    from notifier.storage import suppressions as stored
    from notifier.subscribers.subscribe import checked

    with house_for(context) as house:
        address_hash = house.keyed(checked(address))
        with house.database.writing() as connection:
            stored.bar(connection, address_hash, reason, house.clock())
    write_report({"suppressed": True}, f"{address} is not mailed any more", as_json=as_json)


def lift(context: typer.Context, address: Address, as_json: AsJson = False) -> None:
    """Mail an address again, as whoever confirms from it does by themselves."""
    from notifier.storage import suppressions as stored
    from notifier.subscribers.subscribe import checked

    with house_for(context) as house:
        address_hash = house.keyed(checked(address))
        with house.database.writing() as connection:
            lifted = stored.lift(connection, address_hash)
    text = "it may be mailed again" if lifted else "that address was not suppressed"
    write_report({"lifted": lifted}, text, as_json=as_json)
    if not lifted:
        raise typer.Exit(1)


def pauses(context: typer.Context, as_json: AsJson = False) -> None:
    """List the domains whose digests wait, as too much came back of them; end is of one of them."""
    if context.invoked_subcommand:
        return
    from notifier.storage.returns import paused

    with house_for(context) as house, house.database.reading() as connection:
        rows = [*paused(connection, house.clock()).values()]
    write_rows(
        rows,
        ("domain", "since", "until"),
        lambda row: (row.domain, *(f"{at:%Y-%m-%d %H:%M:%SZ}" for at in (row.since, row.until))),
        as_json=as_json,
        empty="no domain is paused",
    )


def end(
    context: typer.Context,
    domain: Annotated[str, typer.Argument(help="The domain, as the list has it.")],
    as_json: AsJson = False,
) -> None:
    """End a pause: digests to the domain go out, and what came back before counts no more."""
    from notifier.storage import returns

    with house_for(context) as house, house.database.writing() as connection:
        waited = returns.let_go(connection, domain, house.clock())
    is_ended = waited is not None
    text = f"{waited} digests that waited are to be sent" if is_ended else "it is not paused"
    write_report({"ended": is_ended, "sent": waited or 0}, text, as_json=as_json)
    if not is_ended:
        raise typer.Exit(1)
