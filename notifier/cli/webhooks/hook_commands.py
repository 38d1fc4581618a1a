"""Commands on webhooks: how each receiver does, whether it takes what it is sent, and once more.

Knows how those are asked for and reported. Must never show an address whole, or a secret.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.invocation import house_for, moment_for
from notifier.cli.output import AsJson, DryRun, write_report, write_rows

if TYPE_CHECKING:
    from feeds.storage import Connection
    from notifier.app.house import House
    from notifier.webhooks import Webhook
    from notifier.webhooks.hook_standing import ToldHook

_Name = Annotated[str, typer.Argument(help="The name of the webhook.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookReport:
    """How a receiver at a ``host`` does; what is ``waiting`` are changes, whether it wants them or
    not.
    """

    name: str
    host: str
    events: str
    waiting: int
    told_at: datetime | None
    missed: int
    failures: int
    problem: str
    since: datetime | None
    again_at: datetime | None
    ended_at: datetime | None

    @property
    def standing(self) -> str:
        """In a line, for people."""
        if self.ended_at:
            return f"ended by its receiver: {self.problem}"
        if self.since:
            return f"failing since {self.since:%Y-%m-%d %H:%M}Z: {self.problem}"
        return self.problem and f"refused an event: {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """A receiver is told from there on: that many changes of ``items`` and other ``events``."""

    name: str
    items: int
    events: int


def register(app: typer.Typer) -> None:
    shown = typer.Typer(invoke_without_command=True)
    shown.callback()(webhooks)
    shown.command("test")(send_test)
    shown.command()(resend)
    app.add_typer(shown, name="webhooks")


def webhooks(context: typer.Context, as_json: AsJson = False) -> None:
    """List who is told what happens here, and how that goes; test and resend are of one of them."""
    if context.invoked_subcommand:
        return
    from notifier.app.told.hook_parts import webhooks as configured
    from notifier.storage.hooks import hook_rows

    with house_for(context) as house, house.database.reading() as connection:
        known = {each.name: each for each in hook_rows.every(connection)}
        hooks = configured(house.settings)
        rows = [_report(connection, hook, known.get(hook.name)) for hook in hooks]
    write_rows(
        rows,
        ("name", "host", "waiting", "told", "missed", "standing"),
        lambda row: (
            *(row.name, row.host, row.waiting),
            *(f"{row.told_at:%Y-%m-%d %H:%M}Z" if row.told_at else "never", row.missed),
            row.standing,
        ),
        as_json=as_json,
        empty="nobody is told; a [[webhooks]] table of the settings names who is",
    )


def _report(connection: "Connection", hook: "Webhook", told: "ToldHook | None") -> HookReport:
    from config.values import host_of
    from notifier.storage.hooks import hook_rows

    # Nobody has begun to tell it yet.
    told = told or hook_rows.at_present(connection, hook.name, hook.url)
    return HookReport(
        name=hook.name,
        host=host_of(hook.url),
        events=" ".join(sorted(hook.events)),
        waiting=sum(hook_rows.waiting(connection, told)),
        told_at=told.told_at,
        missed=told.missed,
        failures=told.failures,
        problem=told.problem,
        since=told.since,
        again_at=told.due_at,
        ended_at=told.ended_at,
    )


def send_test(context: typer.Context, name: _Name, as_json: AsJson = False) -> None:
    """Send an event of type test to a webhook, at once; exit 1 where it is not taken."""
    import secrets

    from feeds.fetch import Posted
    from notifier.app.told.hook_parts import caller
    from notifier.errors import WebhookRefused
    from notifier.webhooks import HookEventKind
    from notifier.webhooks.hook_event import event_id, of_test
    from notifier.webhooks.hook_queue import post

    with house_for(context) as house:
        hook, now = _known(house, name), house.clock()
        event = of_test(event_id(HookEventKind.TEST, secrets.token_hex()), now)
        reply = post(caller(house), hook, event, now)
    if not isinstance(reply, Posted):
        raise WebhookRefused(name, f"it did not take the test: {getattr(reply, 'problem', '')}")
    report = {"name": name, "status": reply.status, "id": event.uid}
    write_report(report, f"{name} took it ({reply.status}): {event.uid}", as_json=as_json)


def resend(
    context: typer.Context,
    name: _Name,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="What happened since then, once more: yesterday, 2026-11-20, 12h or 3d; without"
            " it, what it was not told.",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Tell a webhook at once what waits, or once more what happened since; also one that ended."""
    from dataclasses import replace

    from notifier.errors import WebhookRefused
    from notifier.storage.hooks import hook_log, hook_rows, item_news

    with house_for(context) as house:
        _known(house, name)
        moment = moment_for(since, house) if since else None
        with house.database.writing(dry_run=dry_run) as connection:
            told = next((one for one in hook_rows.every(connection) if one.name == name), None)
            if told is None:
                raise WebhookRefused(name, "no daemon has begun to tell it; `fieldfare run`")
            if moment is not None:
                told = replace(
                    told,
                    items_told=item_news.before(connection, moment),
                    events_told=hook_log.before(connection, moment),
                )
            hook_rows.replay(connection, told)
            items, events = hook_rows.waiting(connection, told)
    write_report(
        ReplayReport(name=name, items=items, events=events),
        f"{name} is told from there: {items} items that changed, {events} other events",
        as_json=as_json,
    )


def _known(house: "House", name: str) -> "Webhook":
    """Raises WebhookRefused, SettingsError."""
    from notifier.app.told.hook_parts import webhooks as configured
    from notifier.errors import WebhookRefused

    for hook in configured(house.settings):
        if hook.name == name:
            return hook
    raise WebhookRefused(name, "there is none; `fieldfare webhooks` lists them")
