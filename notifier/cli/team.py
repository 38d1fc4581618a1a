"""Commands on the team: whose accounts there are, and what was done by them.

Knows how those are asked for and reported. Must never print a password, or take one as an argument.
"""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.account import TeamRole
from notifier.cli.invocation import house_for
from notifier.cli.output import AsJson, Limit, write_report, write_rows

if TYPE_CHECKING:
    from feeds.storage.database import Database
    from notifier.account import Account

_Name = Annotated[str, typer.Argument(help="The name of the account.")]
_RoleAs = Annotated[TeamRole, typer.Option(help="What they may do; an operator may do all.")]


def register(app: typer.Typer) -> None:
    shown = typer.Typer(invoke_without_command=True)
    shown.callback()(accounts)
    for command in (add, password, role, remove):
        shown.command()(command)
    app.add_typer(shown, name="accounts")
    app.command()(audit)


def accounts(context: typer.Context, as_json: AsJson = False) -> None:
    """List who of the team may come in; add, password, role and remove are of one of them."""
    if context.invoked_subcommand:
        return
    from notifier.storage.team import accounts as stored

    with house_for(context) as house, house.database.reading() as connection:
        rows = stored.every(connection)
    write_rows(
        rows,
        ("name", "role"),
        lambda row: (row.name, row.role),
        as_json=as_json,
        empty="nobody may come in; `fieldfare accounts add` lets somebody",
    )


def add(
    context: typer.Context,
    name: _Name,
    role: _RoleAs = TeamRole.EDITOR,
    no_password: Annotated[
        bool,
        typer.Option("--no-password", help="Let a proxy or an OpenID provider say who they are."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let somebody in, by a password that is asked for, or read from standard input."""
    from notifier.account import Account, checked_name
    from notifier.errors import AccountRefused
    from notifier.storage.team import accounts as stored

    account = Account(name=checked_name(name), role=role)
    with house_for(context) as house:
        kept = None if no_password else _asked_for(account.name)
        with house.database.writing() as connection:
            if not stored.add(connection, account, kept):
                raise AccountRefused(account.name, "there is one already; `accounts password`")
    _tell(account, "may come in", as_json=as_json)


def password(context: typer.Context, name: _Name, as_json: AsJson = False) -> None:
    """Give somebody another password; wherever they were in, they have to come in again."""
    from notifier.storage.team import accounts as stored

    with house_for(context) as house:
        account = _known(house.database, name)
        kept = _asked_for(account.name)
        with house.database.writing() as connection:
            stored.set_password(connection, account.name, kept)
    _tell(account, "has another password", as_json=as_json)


def role(
    context: typer.Context,
    name: _Name,
    to: Annotated[TeamRole, typer.Argument(help="What they may do from now on.")],
    as_json: AsJson = False,
) -> None:
    """Let somebody do more, or less, from now on."""
    from dataclasses import replace

    from notifier.storage.team import accounts as stored

    with house_for(context) as house:
        account = replace(_known(house.database, name), role=to)
        with house.database.writing() as connection:
            stored.set_role(connection, account.name, to)
    _tell(account, f"is an {to}", as_json=as_json)


def remove(context: typer.Context, name: _Name, as_json: AsJson = False) -> None:
    """Let somebody in no more, from this moment; what they did stays told."""
    from notifier.storage.team import accounts as stored

    with house_for(context) as house:
        account = _known(house.database, name)
        with house.database.writing() as connection:
            stored.remove(connection, account.name)
    _tell(account, "comes in no more", as_json=as_json)


def audit(context: typer.Context, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List what the team and its programs did, the latest first."""
    from notifier.storage.team import deeds

    with house_for(context) as house, house.database.reading() as connection:
        rows = deeds.latest(connection, limit)
    write_rows(
        rows,
        ("at", "account", "deed", "subject", "detail", "outcome"),
        lambda row: (
            *(f"{row.at:%Y-%m-%d %H:%M:%SZ}", row.account, row.deed, row.subject),
            *(row.detail, row.outcome),
        ),
        as_json=as_json,
        empty="nothing was done there so far",
    )


def _known(database: "Database", name: str) -> "Account":
    """The account of that name. Raises AccountRefused."""
    from notifier.account import checked_name
    from notifier.errors import AccountRefused
    from notifier.storage.team import accounts as stored

    with database.reading() as connection:
        found = stored.known(connection, checked_name(name))
    if found is None:
        raise AccountRefused(name, "there is none; `fieldfare accounts` lists them")
    return found[0]


def _asked_for(name: str) -> str:
    """The hash of a password that somebody types twice, or that is a line of standard input.

    Raises AccountRefused.
    """
    from notifier.account import checked_password
    from notifier.admin.sign_in.passwords import hashed

    if sys.stdin.isatty():
        typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    return hashed(checked_password(name, typed))


def _tell(account: "Account", what: str, *, as_json: bool) -> None:
    write_report(account, f"{account.name} {what}", as_json=as_json)
