"""The page of commands, made of the command line itself, and what templates of mails are given.

Knows how to ask Typer for what there is, and dataclasses for what a report holds. Must never hold a
command's words of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import typer

from config import scopes as of_tokens
from feeds.ingest.edit import Edited
from feeds.ingest.report import IngestReport
from feeds.ingest.retag import Retagged
from feeds.publish.rebuild import PublishReport
from feeds.storage.overview import Held, Listed
from feeds.storage.topics import Unknown
from notifier.account import Account
from notifier.api.documents_api import DocumentsApi
from notifier.api.items_api import ItemsApi
from notifier.api.mails_api import MailsApi
from notifier.api.operations import Doing, summary
from notifier.api.readers_api import ReadersApi
from notifier.app.keeping.backup import BackupReport
from notifier.app.keeping.move import MoveReport
from notifier.app.keeping.restore import RestoreReport
from notifier.app.keeping.store_check import CheckReport
from notifier.app.reports import SourceRow, Status, SubscriberRow, TopicRow
from notifier.app.team.status_api import StatusApi
from notifier.cli import app
from notifier.digest.overrides import ALWAYS, PARTS, PIECES
from notifier.digest.plan import PlanReport
from notifier.incidents.incident import MEANINGS
from notifier.mail.send import DeliveryReport
from notifier.storage.deliveries import Delivery
from notifier.storage.senders import Halt
from notifier.storage.team.deeds import TeamDeed

#: What `--json` prints: one object of these fields together, or a list of such objects.
REPORTS: dict[str, tuple[type, ...] | list[type] | str] = {
    "config": "the settings, nested",
    "migrate": "`{migrated}`",
    "status": (Status,),
    "backup": (BackupReport,),
    "restore": (RestoreReport,),
    "move": (MoveReport,),
    "store check": (CheckReport,),
    "sources": [SourceRow],
    "parse": "an object a document, a line each: `{document, form, refused, reason, list,"
    " next_page, hub, locations, items: [{title, url, issued, issued_at, issued_from, dateline,"
    " summary, body, markup, partial, language, content_type, issuers: [{label, slug}], fields,"
    " countries, guid, also_at, alternates, authors, enclosures, marks}]}`",
    "ingest": (IngestReport,),
    "promote": (IngestReport,),
    "dismiss": "`{dismissed}`",
    "publish": (PublishReport,),
    "topics": [TopicRow],
    "topics --unknown": [Unknown],
    "map": (Retagged,),
    "items": [Listed],
    "items merge": (Edited,),
    "items split": (Edited,),
    "items correct": (Edited,),
    "items withdraw": (Edited,),
    "items restore": (Edited,),
    "items tell": "`{readers, told, now, queued}`",
    "items history": "`{number, change, slug, title, is_shown, steps: [{at, deed, who, is_editor,"
    " reason, changes}], corrected, copies, mails: [{period, readers, first_at, last_at}]}`",
    "quarantine": [Held],
    "subscribe": (SubscriberRow,),
    "unsubscribe": "`{unsubscribed}`",
    "subscribers": [SubscriberRow],
    "subscribers show": (SubscriberRow,),
    "subscribers change": (SubscriberRow,),
    "subscribers pause": (SubscriberRow,),
    "subscribers resume": (SubscriberRow,),
    "subscribers erase": "`{erased}`",
    "digest": (PlanReport, DeliveryReport),
    "deliveries": [Delivery],
    "mail pause": (Halt,),
    "mail resume": "`{resumed}`",
    "release": "`{released}`, how many",
    "resend": "`{resent}`",
    "accounts": [Account],
    "accounts add": (Account,),
    "accounts password": (Account,),
    "accounts role": (Account,),
    "accounts remove": (Account,),
    "audit": [TeamDeed],
}


#: No line of usage is broken, however wide the terminal is.
_WIDTH = 1_000


def commands() -> str:
    """The Markdown of every command, in the order of ``fieldfare --help``."""
    group = typer.main.get_command(app)
    return "\n".join(_told(_context(group), ""))


def names() -> list[str]:
    """Every command as people type it, groups among them."""
    return [name for name, _ in contexts()]


def contexts() -> Iterator[tuple[str, typer.Context]]:
    """Each of them with what the command line knows of it."""
    return _commands(_context(typer.main.get_command(app)), "")


def _context(group: Any) -> typer.Context:
    return typer.Context(group, info_name="fieldfare", terminal_width=_WIDTH)


def _commands(context: typer.Context, above: str) -> Iterator[tuple[str, typer.Context]]:
    for name, command in context.command.commands.items():  # type: ignore[attr-defined]
        below = typer.Context(command, info_name=name, parent=context, terminal_width=_WIDTH)
        yield above + name, below
        if hasattr(command, "commands"):
            yield from _commands(below, f"{above}{name} ")


def _told(root: typer.Context, above: str) -> Iterator[str]:
    for name, context in _commands(root, above):
        yield f"## `{name}`\n"
        yield f"    {context.get_usage().removeprefix('Usage: ')}\n"
        yield f"{(context.command.help or '').strip()}\n"
        listed = [
            record for record in _parameters(context) if record[0] not in {"--help", "--json"}
        ]
        if listed:
            yield from (f"- `{words}` {text}".rstrip() for words, text in listed)
            yield ""
        for asked in (name, f"{name} --unknown"):
            if asked in REPORTS:
                option = asked.removeprefix(name).strip()
                yield f"With `{f'{option} --json'.strip()}`: {_shape(REPORTS[asked])}\n"


def _parameters(context: typer.Context) -> Iterator[tuple[str, str]]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            words, text = record
            yield words, " ".join(text.split())


def _shape(report: tuple[type, ...] | list[type] | str) -> str:
    """Names of fields as they nest: a report within a list is told with its fields."""
    if isinstance(report, str):
        return report
    inner = f"{{{', '.join(name for one in report for name in _fields(one))}}}"
    return f"`[{inner}]`" if isinstance(report, list) else f"`{inner}`"


def _fields(report: type) -> Iterator[str]:
    hints = get_type_hints(report)
    for each in fields(report):
        held = next((kind for kind in get_args(hints[each.name]) if is_dataclass(kind)), None)
        if held is None:
            yield each.name
        else:
            yield f"{each.name}: [{{{', '.join(_fields(held))}}}]"  # type: ignore[arg-type]


def pieces() -> str:
    """The Markdown of what each piece of a mail is given, and what that is made of."""
    lines = ["| piece | is given | which is |", "|---|---|---|"]
    lines += [
        f"| `{piece}` | `{name}` | {what} |"
        for piece, names in PIECES.items()
        for name, what in names.items()
    ]
    lines += [f"| each | `{name}` | {what} |" for name, what in ALWAYS.items()]
    lines += ["", "| of | there is | which is |", "|---|---|---|"]
    lines += [
        f"| `{name}` | `{part}` | {what} |"
        for name, parts in PARTS.items()
        for part, what in parts.items()
    ]
    return "\n".join(lines)


def incidents() -> str:
    """What may go wrong, as a table."""
    lines = ["| kind | severity | what is wrong | what to do |", "|---|---|---|---|"]
    for kind, meaning in MEANINGS.items():
        severity = "critical" if meaning.is_critical else "warning"
        said = [meaning.what, meaning.action]
        what, action = (text.replace("{subject}", "*…*") for text in said)
        lines.append(f"| `{kind}` | {severity} | {what} | {action} |")
    return "\n".join(lines)


def scopes() -> str:
    """What a token of a program may be for, as a table."""
    lines = ["| scope | its token may |", "|---|---|"]
    meanings = of_tokens.MEANINGS
    return "\n".join([*lines, *(f"| `{each}` | {meanings[each]} |" for each in of_tokens.GIVEN)])


def requests() -> str:
    """What programs may ask for of what the team does, as a table."""
    nobody: Any = None
    parts = (
        StatusApi(house=nobody),
        ItemsApi(deeds=nobody, page=str),
        DocumentsApi(deeds=nobody, unknown=list),
        ReadersApi(deeds=nobody, preview=nobody),
        MailsApi(deeds=nobody),
    )
    asked = [each for part in parts for each in part.operations()]
    lines = ["| request | scope | does |", "|---|---|---|"]
    for each in asked:
        method = each.method if isinstance(each, Doing) else "GET"
        path = re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), each.path)
        lines.append(f"| `{method} /api{path}` | `{each.scope}` | {summary(each.work)} |")
    return "\n".join(lines)
