"""What is in force: layers, their order, and settings as the house receives them."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from config.options import REPEATED, defaults
from config.settings import load
from tests.configured import settings_from


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fieldfare.toml"


def test_without_file_and_environment_everything_has_its_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing given is enough to start, and paths count from the working folder."""
    monkeypatch.chdir(tmp_path)
    settings = load(None, {"HOME": "/home/someone"})
    assert settings.site.url == "http://127.0.0.1:8025"
    assert settings.site.timezone == ZoneInfo("UTC")
    assert settings.site.minted is None
    assert settings.site.taxonomy.is_file()
    assert settings.store.url == f"sqlite:///{tmp_path}/fieldfare.db"
    assert settings.publish.directory == tmp_path / "public"
    assert settings.mail.maildir == tmp_path / "mail"
    assert settings.sources == ()
    assert settings.daemon.node


def test_the_environment_goes_before_the_file_and_the_file_before_the_defaults(file: Path) -> None:
    """Each option is taken from the highest layer that gives it."""
    settings = settings_from(
        file,
        "[mail.smtp]\nhost = 'relay.example.org'\nport = 25\n",
        FIELDFARE_MAIL__SMTP__PORT="465",
    )
    smtp = settings.mail.smtp
    assert (smtp.host, smtp.port, smtp.security) == ("relay.example.org", 465, "starttls")


def test_the_variable_that_names_the_file_is_no_setting() -> None:
    """FIELDFARE_CONFIG belongs to the command."""
    assert load(None, {"FIELDFARE_CONFIG": "elsewhere.toml"}) == load(None, {})


def test_the_environment_speaks_every_type() -> None:
    """Numbers, dates and zones are text there and arrive as what they are."""
    settings = load(
        None,
        {
            "FIELDFARE_INGEST__BATCH": "1_000",
            "FIELDFARE_SITE__MINTED": "2026-11-24",
            "FIELDFARE_SITE__TIMEZONE": "Europe/Vienna",
            "FIELDFARE_SITE__TITLE": "2026",
        },
    )
    assert settings.ingest.batch == 1000
    assert settings.site.minted == date(2026, 11, 24)
    assert settings.site.timezone == ZoneInfo("Europe/Vienna")
    assert settings.site.title == "2026"


@pytest.mark.parametrize("key", [key for key in defaults() if key[0] not in REPEATED], ids=".".join)
def test_every_option_can_be_given_by_its_variable(key: tuple[str, ...]) -> None:
    """The default, written as text, means the default."""
    variable = "FIELDFARE_" + "__".join(key).upper()
    assert load(None, {variable: str(defaults()[key])}) == load(None, {})


def test_paths_count_from_the_folder_of_the_file(file: Path) -> None:
    """Relative paths, wherever they were given, become absolute; absolute ones stay."""
    settings = settings_from(
        file,
        "[publish]\ndirectory = '/srv/www'\n[store]\nurl = 'sqlite:////var/lib/ff.db'\n"
        "[[sources]]\nname = 'a'\npath = 'in/a'\n",
        FIELDFARE_MAIL__MAILDIR="out",
    )
    assert settings.publish.directory == Path("/srv/www")
    assert settings.store.url == "sqlite:////var/lib/ff.db"
    assert settings.sources[0].path == file.parent / "in/a"
    assert settings.mail.maildir == file.parent / "out"


def test_a_relative_file_makes_absolute_paths_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--config fieldfare.toml` means the same as its whole path."""
    monkeypatch.chdir(tmp_path)
    assert settings_from(Path("fieldfare.toml"), "").publish.directory == tmp_path / "public"


def test_a_source_that_says_only_name_and_path_is_complete(file: Path) -> None:
    """Each source gets the defaults of a source for itself, in the order of the file."""
    settings = settings_from(
        file,
        "[[sources]]\nname = 'b'\npath = 'b'\nfull_text = true\nlanguage = 'de-at'\n"
        "[[sources]]\nname = 'a'\npath = 'a'\n",
    )
    assert [source.name for source in settings.sources] == ["b", "a"]
    assert [source.full_text for source in settings.sources] == [True, False]
    assert [source.language for source in settings.sources] == ["de-AT", "en"]
    assert [source.pattern for source in settings.sources] == ["*.txt", "*.txt"]


def test_a_byte_order_mark_is_no_fault(file: Path) -> None:
    """Editors on Windows write one."""
    file.write_bytes("\ufeff[site]\ntitle = 'Ä'\n".encode())
    assert load(file, {}).site.title == "Ä"


def test_an_empty_table_changes_nothing(file: Path) -> None:
    """A header whose options are all commented out is fine."""
    assert settings_from(file, "[site]\n[mail.smtp]\n") == settings_from(file, "")


def test_settings_do_not_change() -> None:
    """What was checked stays as it was checked."""
    settings = load(None, {})
    with pytest.raises(ValidationError):
        settings.site.title = "Other"  # type: ignore[misc]
