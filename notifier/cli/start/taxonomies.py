"""Commands on a taxonomy's file: new, check.

Knows how a file is asked for, and which documents names are taken from. Must never know what is
wrong with a taxonomy.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feeds.model import TopicKind
from notifier.cli.invocation import content_of, settings_for
from notifier.cli.output import AsJson, write_json, write_line, write_problem

if TYPE_CHECKING:
    from config.settings import Settings
    from feeds.draft import Document
    from feeds.taxonomy.starter import Suggested

#: Names borne by less are many, and mostly slips; a feed states some dozen entries.
_MOST_NAMES = 60
#: A folder is looked through so far: names recur.
_MOST_FILES = 1_000


_Written = Annotated[Path, typer.Argument(help="Where it is written, or - for standard output.")]
_Fields = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A topic that its news is about; once for each."),
]
_Issuers = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="An office that issues news.")
]
_Types = Annotated[list[str] | None, typer.Option("--type", metavar="NAME", help="A kind of news.")]
_Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="PLACE",
        help="A feed or page by its file or address, or a folder of them: what its items are filed"
        " under.",
    ),
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Write a taxonomy to start from; check one.")
    group.command()(new)
    group.command()(check)
    app.add_typer(group, name="taxonomy")


def new(
    context: typer.Context,
    file: _Written = Path("taxonomy.toml"),
    organisation: Annotated[str, typer.Option(help="What the organisation calls itself.")] = "",
    language: Annotated[str, typer.Option(help="Language of the names, as en.")] = "en",
    field: _Fields = None,
    issuer: _Issuers = None,
    country: Annotated[list[str] | None, typer.Option(metavar="NAME", help="A country.")] = None,
    kind: _Types = None,
    origins: _Origins = None,
) -> None:
    """Write a taxonomy to start from, of names given and names that documents state."""
    from notifier.cli.start.new_installation import written_once

    given = dict(zip(TopicKind, (field, issuer, country, kind), strict=True))
    text = drafted(
        organisation,
        language,
        given,
        stated=_stated(settings_for(context, or_defaults=True), origins or ()),
    )
    if str(file) == "-":
        write_line(text)
        return
    if not written_once(file, text, mode=0o644):
        write_problem(f"fieldfare: {file} is there already and stays as it is")
        raise typer.Exit(1)
    write_line(f"wrote {file}; look through it, then set site.taxonomy = {str(file)!r}")


def drafted(
    organisation: str,
    language: str,
    given: Mapping[TopicKind, Sequence[str] | None],
    stated: "Mapping[TopicKind, Sequence[Suggested]] | None" = None,
) -> str:
    """A sound taxonomy of those names. Raises TaxonomyError where one of them cannot be."""
    from feeds.catalogue import catalogue, nearest
    from feeds.taxonomy.file import read
    from feeds.taxonomy.starter import Suggested, starter

    topics = {
        kind: [*(Suggested(name=name) for name in given.get(kind) or ()), *found]
        for kind in TopicKind
        for found in ((stated or {}).get(kind, ()),)
    }
    said = catalogue(language).said if nearest(language) else {}
    called = (said["kind.field"], said["heading.field"]) if said else None
    text = starter(organisation, language, topics, called)
    read(text)
    return text


def check(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="The file, or - for standard input; that of the settings without it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what is wrong with a taxonomy, and what can hardly be meant, each with its line."""
    from feeds.errors import TaxonomyError
    from feeds.taxonomy.file import doubts_about

    if file is None:
        file = settings_for(context).site.taxonomy
    try:
        text = content_of(file).decode("utf-8")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file}: is not UTF-8: {error}") from error
    is_wrong = False
    try:
        found = doubts_about(text)
    except TaxonomyError as error:
        is_wrong, found = True, error.faults
    if as_json:
        write_json([{"line": line, "wrong": is_wrong, "said": said} for line, said in found])
    else:
        lines = [fault.at(str(file)) + ("" if is_wrong else " (a warning)") for fault in found]
        write_line("\n".join(lines) or f"{file} is sound")
    if is_wrong:
        raise typer.Exit(1)


def _stated(
    settings: "Settings", origins: Sequence[str]
) -> "Mapping[TopicKind, Sequence[Suggested]]":
    """What documents state, the most frequent first; each is read aside, as a stranger."""
    from feeds.ingest.worker import Ended, aside
    from feeds.parse import filed_under
    from feeds.taxonomy.starter import Suggested

    documents = [document for origin in origins for document in _documents(settings, origin)]
    found: Counter[tuple[TopicKind, str]] = Counter()
    for document, names in zip(
        documents, aside([partial(filed_under, each) for each in documents]), strict=True
    ):
        if isinstance(names, Ended):
            write_problem(f"fieldfare: {document.name}: cannot be read")
        else:
            found += names
    return {
        kind: [
            Suggested(name=name, items=items)
            for (its, name), items in found.most_common()
            if its is kind
        ][:_MOST_NAMES]
        for kind in TopicKind
    }


def _documents(settings: "Settings", origin: str) -> "Iterator[Document]":
    """What is at a place, by its address or path. Raises SourceError where nothing can be had."""
    from feeds.draft import Document
    from feeds.errors import SourceError

    most = settings.ingest.max_list_bytes
    if origin.startswith(("http://", "https://")):
        yield _fetched(settings, origin)
        return
    root = Path(origin)
    below = (path for path in root.rglob("[!.]*") if path.is_file())
    files = sorted(below) if root.is_dir() else [root]
    for path in files[:_MOST_FILES]:
        try:
            with path.open("rb") as opened:
                yield Document(source="", name=str(path), body=opened.read(most))
        except OSError as error:
            raise SourceError(origin, f"{path} cannot be read: {error.strerror}") from error


def _fetched(settings: "Settings", address: str) -> "Document":
    from threading import Event

    from config.clock import clock
    from feeds.draft import Document
    from feeds.errors import SourceError
    from feeds.fetch import FetchedPage
    from notifier.app import sources

    fetcher = sources.fetcher(settings, clock=clock, stopping=Event())
    try:
        answer = fetcher.fetch(address, is_list=True)
    finally:
        fetcher.close()
    if not isinstance(answer, FetchedPage):
        raise SourceError(address, f"cannot be had: {getattr(answer, 'problem', answer)}")
    return Document(
        source="", name=address, body=answer.body, url=answer.url, media_type=answer.media_type
    )
