"""The command that begins an installation: settings, a secret, a taxonomy, an inbox.

Knows what a fresh folder needs, and what only its operator can say. Must never touch items or mail.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from feeds.model import TopicKind
from notifier.cli.invocation import DEFAULT_FILE
from notifier.cli.output import write_line

if TYPE_CHECKING:
    from config.options import Key

SECRET_FILE = "secret.key"  # noqa: S105 - a name, not a secret
#: 32 random bytes, as much as the HMAC-SHA-256 that signs links can use (RFC 2104 section 3).
SECRET_BYTES = 32
TAXONOMY_FILE = "taxonomy.toml"

#: What is asked for on a terminal, in that order.
_ASKED: "Mapping[Key, str]" = {
    (
        "site",
        "organisation",
    ): "What the organisation calls itself (nothing: the example)",
    ("site", "language"): "Language of its pages, as en",
    ("site", "timezone"): "Time zone of its readers, as Europe/Vienna",
    ("site", "url"): "Address at which readers will reach the site",
    ("mail", "from_address"): "Mail address that digests come from",
}


def register(app: typer.Typer) -> None:
    app.command()(init)


def _checked(*key: str) -> Callable[[str], str]:
    """What takes a value that the settings would take. Raises BadParameter."""

    def value(text: str) -> str:
        from config.manual import must_be

        if words := must_be(key, text):
            raise typer.BadParameter(f"{text!r} must be {words}")
        return text

    return value


def _authority(text: str) -> str:
    from config import kinds

    try:
        return kinds.authority(text)
    except ValueError as error:
        message = f"{text!r} is no domain of the Internet or mail address in lower case (RFC 4151)"
        raise typer.BadParameter(message) from error


def _option(flag: str, key: tuple[str, ...], metavar: str, words: str) -> Any:
    return typer.Option(flag, parser=_checked(*key), metavar=metavar, help=words)


_Organisation = Annotated[
    str | None,
    _option(
        "--organisation",
        ("site", "organisation"),
        "NAME",
        "What the organisation calls itself; it gets a taxonomy of its own.",
    ),
]
_Url = Annotated[
    str | None, _option("--url", ("site", "url"), "ADDRESS", "Where readers reach the site.")
]
_Sender = Annotated[
    str | None,
    _option("--from", ("mail", "from_address"), "ADDRESS", "Mail address that digests come from."),
]
_Zone = Annotated[
    str | None,
    _option("--zone", ("site", "timezone"), "ZONE", "Time zone of its readers, as Europe/Vienna."),
]
_Language = Annotated[
    str | None, _option("--language", ("site", "language"), "TAG", "Language of its pages, as en.")
]
_Authority = Annotated[
    str | None,
    typer.Option(
        parser=_authority,
        metavar="DOMAIN",
        help="Domain you own, part of every feed and item id for ever; that of --url without.",
    ),
]


def init(
    directory: Annotated[Path, typer.Argument(help="The folder of the new installation.")] = Path(),
    organisation: _Organisation = None,
    url: _Url = None,
    sender: _Sender = None,
    zone: _Zone = None,
    language: _Language = None,
    authority: _Authority = None,
    field: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A topic; once for each.")
    ] = None,
    issuer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An office that issues news.")
    ] = None,
) -> None:
    """Write commented settings, a fresh secret and a taxonomy; what is there already stays.

    On a terminal, what is not given is asked for.
    """
    values = (organisation, language, zone, url, sender)
    chosen = {key: text for key, text in zip(_ASKED, values, strict=True) if text is not None}
    is_new = not (directory / DEFAULT_FILE).exists()
    if is_new and sys.stdin.isatty():
        chosen = _asked(chosen)
    if is_new and authority is None:
        authority = _named_authority(chosen.get(("site", "url"), ""))
    texts = _texts(chosen, authority or "", {TopicKind.FIELD: field, TopicKind.ISSUER: issuer})
    directory.mkdir(parents=True, exist_ok=True)
    for name, (text, mode) in texts.items():
        path = directory / name
        written = written_once(path, text, mode=mode)
        write_line(f"wrote {path}" if written else f"{path} is there already and stays as it is")
    (directory / "inbox").mkdir(exist_ok=True)
    if chosen and not is_new:
        write_line(f"what you named for {DEFAULT_FILE} is to be written there by you")
    _tell_next(directory)


def _asked(given: "Mapping[Key, str]") -> "dict[Key, str]":
    """What is given, and what a person says to the rest; Enter takes the default."""
    from config.options import defaults

    usual: dict[Key, object] = dict(defaults().items())
    return {
        key: given[key]
        if key in given
        else typer.prompt(text, default=str(usual[key]), value_proc=_checked(*map(str, key)))
        for key, text in _ASKED.items()
    }


def _named_authority(url: str) -> str:
    """The domain of the site where it can be somebody's alone, or what a person names; without one
    there to ask, the command ends and says what to add.
    """
    host = urlsplit(url).hostname or ""
    if host:
        try:
            return _authority(host)
        except typer.BadParameter:
            pass
    if not sys.stdin.isatty():
        message = "name a domain of yours: it is part of every feed and item id for ever"
        raise typer.BadParameter(message, param_hint="--authority")
    said: str = typer.prompt(
        "A domain of yours, part of every feed and item id for ever", value_proc=_authority
    )
    return said


def _texts(
    chosen: "Mapping[Key, str]", authority: str, topics: Mapping[TopicKind, list[str] | None]
) -> Mapping[str, tuple[str, int]]:
    """What stands in each file, with its mode. Raises TaxonomyError."""
    from config.clock import clock
    from config.manual import sample
    from config.options import SOURCES
    from notifier.cli.start.taxonomies import drafted

    name = chosen.get(("site", "organisation"))
    files = {SECRET_FILE: (a_secret(), 0o600)}
    own = dict(chosen)
    if language := chosen.get(("site", "language")):
        # What is too short to tell is in the language of whoever writes it.
        own[SOURCES, "language"] = language
    if name:
        own |= {("site", "title"): name, ("site", "taxonomy"): TAXONOMY_FILE}
        # Whoever has no office of a name issues news all the same.
        topics = {**topics, TopicKind.ISSUER: topics.get(TopicKind.ISSUER) or [name]}
        taxonomy = drafted(name, chosen.get(("site", "language"), "en"), topics)
        files[TAXONOMY_FILE] = (taxonomy, 0o644)
    settings = sample(
        authority=authority, minted=clock().date(), secret_file=SECRET_FILE, chosen=own
    )
    return {str(DEFAULT_FILE): (settings, 0o644), **files}


def _tell_next(directory: Path) -> None:
    has_own = (directory / TAXONOMY_FILE).exists()
    names = f"{TAXONOMY_FILE}, " if has_own else ""
    write_line(f"next: look through {names}{DEFAULT_FILE}, put documents into inbox/, then")
    if directory != Path():
        write_line(f"  cd {directory}")
    for command in ("taxonomy check", "ingest", "run") if has_own else ("config", "ingest", "run"):
        write_line(f"  fieldfare {command}")


def a_secret() -> str:
    """The text of a fresh secret file."""
    import secrets

    return secrets.token_urlsafe(SECRET_BYTES) + "\n"


def written_once(path: Path, text: str, *, mode: int) -> bool:
    """The file is there, made with exactly that mode; False where it was, and is left alone."""
    try:
        path.touch(mode=mode, exist_ok=False)
    except FileExistsError:
        return False
    path.write_text(text, encoding="utf-8")
    return True
