"""The settings of one installation, typed, checked and complete.

Knows how sections and layers come together. Must never know what the house does with a setting.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from config import kinds
from config.faults import OWN_WORDS, refusals
from config.layers import from_environment, from_file, stacked, tree
from config.sections import (
    Daemon,
    Fetch,
    Ingest,
    Log,
    Mail,
    Publish,
    Section,
    Serve,
    Site,
    Source,
    Store,
)

__all__ = ["Settings", "SettingsError", "load", "masked"]


class SettingsError(Exception):
    """The settings cannot be used; ``faults`` holds a line for each thing that is wrong."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(Section):
    """Everything that may differ between two installations; every path is absolute."""

    secret: kinds.SigningSecret
    secret_file: kinds.OptionalLocation
    site: Site
    store: Store
    ingest: Ingest
    fetch: Fetch
    publish: Publish
    mail: Mail
    serve: Serve
    daemon: Daemon
    log: Log
    sources: Annotated[tuple[Source, ...], Field(strict=False)]

    @field_validator("sources")
    @classmethod
    def _names_differ(cls, value: tuple[Source, ...]) -> tuple[Source, ...]:
        """Refuses every name that an earlier source has, at its own place in the file."""
        names = [source.name for source in value]
        twins = [_twin(at, name) for at, name in enumerate(names) if name in names[:at]]
        if twins:
            raise ValidationError.from_exception_data("sources", twins)
        return value

    @property
    def signing_key(self) -> bytes:
        """The secret that signs links. Raises SettingsError where none was given."""
        if not self.secret:
            raise SettingsError((_UNSIGNED,))
        return self.secret.get_secret_value().encode()


_UNSIGNED = (
    "secret: is missing: links in mails cannot be signed; run `fieldfare init`, or set secret_file"
    " or FIELDFARE_SECRET to text of at least 32 characters"
)


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings in force: environment before ``*_FILE`` before the file before the defaults.

    Relative paths count from the folder of ``path``, or from the working folder without one.
    Raises SettingsError with everything that is wrong.
    """
    base = path.absolute().parent if path else Path.cwd()
    layers = [from_file(path)] if path else []
    layer = stacked([*layers, from_environment(environ)], base)
    try:
        settings = Settings.model_validate(tree(layer.given), context=base)
    except ValidationError as error:
        refused = tuple(refusals(error, Settings, layer.given))
        raise SettingsError(layer.faults + refused) from None
    if layer.faults:
        raise SettingsError(layer.faults)
    return settings


def masked(settings: Settings) -> dict[str, object]:
    """The settings as nested plain data, with ``***`` for every secret that is set."""
    return settings.model_dump(mode="json")


def _twin(index: int, name: str) -> InitErrorDetails:
    words = PydanticCustomError(OWN_WORDS, "must differ from every other source's name")
    return InitErrorDetails(type=words, loc=(index, "name"), input=name)
