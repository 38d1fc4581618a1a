"""The command that shows what would be understood of documents.

Knows drafts and how they are written down. Must never know how they are understood.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.invocation import settings_for
from notifier.cli.output import write_json, write_line, write_lines, write_problem

if TYPE_CHECKING:
    from config.settings import Settings
    from feeds.draft import Draft, Parsed, Refused
    from feeds.model import Label


def register(app: typer.Typer) -> None:
    app.command()(parse)


def parse(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Files, or - for standard input.")
    ],
    url: Annotated[str | None, typer.Option(help="The address they came from.")] = None,
    media_type: Annotated[
        str | None, typer.Option(help="The Content-Type they came with, parameters included.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Read them as this source's settings say.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Report as JSON on standard output, a line a file.")
    ] = False,
) -> None:
    """Show what would be understood of documents, one after the other; nothing is stored.

    A file that cannot be read is said to be one, and the others are read.
    """
    settings = settings_for(context, or_defaults=True)
    if source and source not in {each.name for each in settings.sources}:
        raise typer.BadParameter(f"{source!r} is no source; `fieldfare sources` lists them")
    is_any_unread = False
    for file, result in _read_aside(settings, files, source or "", url, media_type):
        if isinstance(result, OSError):
            is_any_unread = True
            write_problem(f"fieldfare: {file}: {result.strerror}")
            continue
        if as_json:
            write_json(_as_json(file, result), indent=None)
        else:
            _show(result, heading=file if len(files) > 1 else None)
    if is_any_unread:
        raise typer.Exit(2)


def _read_aside(
    settings: "Settings", files: Sequence[str], source: str, url: str | None, media_type: str | None
) -> "Iterator[tuple[str, Parsed | Refused | OSError]]":
    """Each file with what an ingest would make of it: understood in a process of its own as there,
    for files are strangers too.
    """
    from feeds.draft import Document, Reason, Refused
    from feeds.ingest.worker import LIMITS, Ended, aside, within
    from feeds.parse.recognise import Family, family_of
    from notifier.app import parts

    taxonomy, habits = parts.taxonomy(settings), parts.habits(settings, source)
    most = settings.ingest

    def named(file: str) -> Document:
        body = _read(file, most.max_list_bytes + 1)
        return Document(source=source, name=file, body=body, url=url, media_type=media_type)

    def understood(file: str) -> "Parsed | Refused | OSError":
        try:
            document = named(file)
        except OSError as error:
            return error
        is_list = family_of(document.body, media_type) in {Family.FEED, Family.SITEMAP}
        limit = "max_list_bytes" if is_list else "max_document_bytes"
        if len(document.body) > getattr(most, limit):
            return Refused(reason=Reason.TOO_LARGE, evidence=f"see ingest.{limit}")
        return within(LIMITS, document, taxonomy, habits).understood

    for file, result in zip(
        files, aside([partial(understood, each) for each in files]), strict=True
    ):
        if isinstance(result, Ended):
            yield file, result.too_costly(named(file), LIMITS) or result.failed
        else:
            yield file, result


def _read(file: str, most: int) -> bytes:
    """The first bytes of a file. Raises OSError."""
    if file == "-":
        return sys.stdin.buffer.read(most)
    with Path(file).open("rb") as opened:
        return opened.read(most)


def _as_json(file: str, result: "Parsed | Refused") -> dict[str, object]:
    """For programs: what was understood of ``file``, or why nothing was."""
    from feeds.draft import Refused

    if isinstance(result, Refused):
        said = {"form": None, "refused": str(result), "reason": result.reason.value}
        return {"document": file, **said, "items": []}
    return {
        "document": file,
        "form": result.form,
        "refused": None,
        "reason": None,
        "list": result.is_list,
        "next_page": result.next_page,
        "hub": asdict(result.hub) if result.hub else None,
        "locations": [asdict(location) for location in result.locations],
        "items": [_draft_json(draft) for draft in result.drafts],
    }


def _show(result: "Parsed | Refused", *, heading: str | None) -> None:
    """For people: each item, and what a list leads to."""
    from feeds.draft import Refused

    if heading is not None:
        write_line(f"{heading}:")
    if isinstance(result, Refused):
        write_line(f"refused: {result}")
        return
    for draft in result.drafts:
        shown = {name: value for name, value in _draft_json(draft).items() if value}
        write_lines({"form": result.form, **shown})
    if result.is_list:
        rest = f"; older ones at {result.next_page}" if result.next_page else ""
        places = f", {len(result.locations)} addresses" if result.locations else ""
        write_line(f"a list of {len(result.drafts)} items{places}{rest}")


def _draft_json(draft: "Draft") -> dict[str, object]:
    issued = draft.issued
    return {
        "title": draft.title,
        "url": draft.url,
        "issued": issued.day.isoformat() if issued else None,
        "issued_at": issued.at.isoformat() if issued and issued.at else None,
        "issued_from": issued.origin.value if issued else None,
        "dateline": draft.dateline,
        "summary": draft.summary,
        "body": draft.body,
        "markup": draft.markup,
        "partial": draft.partial,
        "language": draft.language,
        "content_type": draft.content_type.text if draft.content_type else None,
        "issuers": _labels(draft.issuers),
        "fields": _labels(draft.fields),
        "countries": _labels(draft.countries),
        "guid": draft.guid,
        "also_at": list(draft.also_at),
        "alternates": {each.language: each.url for each in draft.alternates},
        "authors": [asdict(author) for author in draft.authors],
        "enclosures": [asdict(enclosure) for enclosure in draft.enclosures],
        "marks": sorted(mark.value for mark in draft.marks),
    }


def _labels(labels: Sequence["Label"]) -> list[dict[str, str | None]]:
    return [{"label": label.text, "slug": label.slug} for label in labels]
