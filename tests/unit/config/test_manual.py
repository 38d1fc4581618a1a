"""What people read about the settings agrees with what is in force."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel

from config.faults import field_at
from config.manual import must_be, options, reference, sample
from config.options import REQUIRED, defaults
from config.sections import ClientSettings, WebhookSettings
from config.settings import (
    ReceiverSettings,
    RelaySettings,
    SelectionSettings,
    Settings,
    SourceSettings,
    masked,
)
from tests.configured import settings_from

SECRET = "0123456789abcdef0123456789abcdef"
TEXT = sample(authority="news.example.org", minted=date(2026, 11, 24), secret_file="secret.key")
LINES = TEXT.splitlines()
TABLES: dict[str, type[BaseModel]] = {
    "sources": SourceSettings,
    "selections": SelectionSettings,
    "relays": RelaySettings,
    "receivers": ReceiverSettings,
    "clients": ClientSettings,
    "webhooks": WebhookSettings,
}
COMMENTED = [at for at, line in enumerate(LINES) if re.match(r"#[a-z_]+ = ", line)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.key").write_text(SECRET)
    return tmp_path


def fields(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        annotation = TABLES.get(name, field.annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from fields(annotation, (*above, name))
        else:
            yield (*above, name)


def test_the_model_and_the_defaults_have_the_same_options_in_the_same_order() -> None:
    """Neither can drift from the other."""
    assert list(fields(Settings)) == list(defaults())
    assert [option.key for option in options()] == list(defaults())


def test_defaults_stand_in_one_place_only() -> None:
    """A field of the model never has a default of its own."""
    assert all(field_at(Settings, key).is_required() for key in defaults())


def test_every_option_has_a_line_of_meaning() -> None:
    """It ends like a sentence, and fits a line."""
    for option in options():
        assert re.fullmatch(r"[A-Z].{10,96}\.", option.meaning), option.key


def test_the_sample_loads_as_it_is(folder: Path) -> None:
    """What `init` writes works at once, with one source ready."""
    settings = settings_from(folder / "fieldfare.toml", TEXT)
    assert settings.signing_key == SECRET.encode()
    assert settings.site.authority == "news.example.org"
    assert settings.site.minted == date(2026, 11, 24)
    assert [source.name for source in settings.sources] == ["inbox"]
    assert settings.sources[0].path == folder / "inbox"


@pytest.mark.parametrize("at", COMMENTED)
def test_uncommenting_a_line_of_the_sample_changes_nothing(folder: Path, at: int) -> None:
    """Each shows its default, and is valid."""
    text = "\n".join([*LINES[:at], LINES[at].removeprefix("#"), *LINES[at + 1 :]])
    assert settings_from(folder / "fieldfare.toml", text) == settings_from(
        folder / "fieldfare.toml", TEXT
    )


def test_uncommenting_everything_changes_nothing(folder: Path) -> None:
    """All defaults at once are those of the house."""
    text = re.sub(r"^#(?=[a-z0-9_]+ = )", "", TEXT, flags=re.MULTILINE)
    assert masked(settings_from(folder / "fieldfare.toml", text)) == masked(
        settings_from(folder / "fieldfare.toml", TEXT)
    )


def test_every_option_is_in_the_sample_once() -> None:
    """What is there to decide, or to change, can be seen in the file."""
    assert sum(bool(re.match(r"#? *[a-z0-9_]+ = ", line)) for line in LINES) == len(defaults())
    assert max(map(len, LINES)) <= 100


def test_awkward_names_are_quoted(folder: Path) -> None:
    """A file name may hold quotes."""
    (folder / 'a"b\\c').write_text(SECRET)
    text = sample(authority="example.org", minted=date(2026, 1, 1), secret_file='a"b\\c')
    assert settings_from(folder / "fieldfare.toml", text).signing_key == SECRET.encode()


def test_the_reference_is_a_table_of_all_options() -> None:
    """Name, default, what is allowed, meaning; required ones have no default."""
    head, rule, *rows = reference().splitlines()
    assert head == "| Option | Default | Must be | Meaning |"
    assert rule == "|---|---|---|---|"
    assert len(rows) == len(defaults())
    assert all(row.count("|") == 5 for row in rows)
    assert sum("| none |" in row for row in rows) == len(REQUIRED)
    assert (
        '| `mail.smtp.security` | `"starttls"` | starttls, tls or none | Encryption of the'
        " connection: starttls upgrades it, tls starts encrypted, none stays readable. |"
    ) in rows


def test_what_somebody_decided_stands_in_the_sample(folder: Path) -> None:
    text = sample(
        authority="news.example.org",
        minted=date(2026, 1, 1),
        secret_file="secret.key",
        chosen={("site", "organisation"): 'The "Board"', ("site", "timezone"): "Europe/Vienna"},
    )
    settings = settings_from(folder / "fieldfare.toml", text)
    assert settings.site.organisation == 'The "Board"'
    assert str(settings.site.timezone) == "Europe/Vienna"


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        (("site", "timezone"), "Europe/Vienna", None),
        (("site", "timezone"), "Vienna", "an IANA time zone"),
        (("site", "url"), "ftp://x", "an https address"),
        (("mail", "from_address"), "nobody", "a mail address"),
    ],
)
def test_what_a_value_must_be_is_told_before_it_is_written(
    key: tuple[str, ...], text: str, words: str | None
) -> None:
    said = must_be(key, text)
    assert said is None if words is None else words in str(said)
