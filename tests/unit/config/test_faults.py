"""What is said about settings that cannot be used: all of it, where, and what is allowed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.faults import shown
from config.settings import SettingsError, load
from tests.configured import faults_of

HIDDEN = "hunter2-geheim"
WRONG = f"""\
titel = "News"
secret = "{HIDDEN}"
secret_file = "secret.key"

[site]
timezone = "Europe/Viena"

[mail]
transport = "pigeon"
smtp.pasword = "{HIDDEN}"

[[sources]]
name = "inbox"
full_text = "yes"
"""
SAID = """\
fieldfare.toml:1: titel: is no setting; the nearest is site.title
fieldfare.toml:10: mail.smtp.pasword: is no setting; the nearest is mail.smtp.password
fieldfare.toml:2: secret and fieldfare.toml:3: secret_file: must not both be given; keep one
environment FIELDFARE_MAIL__HOTS: is no setting; the nearest is FIELDFARE_MAIL__SMTP__HOST
environment FIELDFARE_MAIL__SMTP__PASSWORD_FILE = "gone": cannot be read: No such file or directory
fieldfare.toml:2: secret: must be text of at least 32 characters, as `init` writes it
fieldfare.toml:6: site.timezone = "Europe/Viena": must be an IANA time zone such as Europe/Vienna, \
or UTC
fieldfare.toml:9: mail.transport = "pigeon": must be maildir or smtp
environment FIELDFARE_SERVE__PORT = 0: must be a whole number from 1 to 65535
fieldfare.toml:12: [[sources]] path: must be given, as the kind is folder
fieldfare.toml:14: [[sources]] full_text = "yes": must be true or false
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fieldfare.toml"


def test_a_fault_names_line_value_and_what_is_allowed(file: Path) -> None:
    """The line is the one to correct."""
    assert faults_of(file, "# mail\n\n[mail.smtp]\nhost = 'a'\nport = 99999\n") == [
        "fieldfare.toml:5: mail.smtp.port = 99999: must be a whole number from 1 to 65535"
    ]


def test_a_fault_of_the_environment_names_the_variable(file: Path) -> None:
    """Even where the file gives the same option."""
    text = "[mail.smtp]\nport = 25\n"
    assert faults_of(file, text, FIELDFARE_MAIL__SMTP__PORT="many") == [
        'environment FIELDFARE_MAIL__SMTP__PORT = "many": must be a whole number from 1 to 65535'
    ]


def test_every_fault_is_reported_at_once(file: Path) -> None:
    """One look is enough: unknown keys, refused values, secrets, variables; no secret is said."""
    environ = {
        "FIELDFARE_MAIL__HOTS": HIDDEN,
        "FIELDFARE_MAIL__SMTP__PASSWORD_FILE": "gone",
        "FIELDFARE_SERVE__PORT": "0",
    }
    assert faults_of(file, WRONG, **environ) == SAID.splitlines()
    assert HIDDEN not in SAID


def test_sources_of_one_name_are_a_fault_each_at_its_line(file: Path) -> None:
    """A source's name is part of its items' identity."""
    text = "[[sources]]\nname = 'a'\npath = 'x'\n" * 3
    assert faults_of(file, text) == [
        "fieldfare.toml:5: [[sources]] name: must differ from every other source's name",
        "fieldfare.toml:8: [[sources]] name: must differ from every other source's name",
    ]


def test_a_name_that_a_selection_had_is_no_others(file: Path) -> None:
    """Each has an address, for ever."""
    text = (
        "[[selections]]\nname = 'a'\nquery = 'q=a'\nformer_names = 'b c c'\n"
        "[[selections]]\nname = 'b'\nquery = 'q=b'\nformer_names = 'c d'\n"
    )
    said = "[[selections]] former_names: must differ from every other selection's name"
    assert faults_of(file, text) == [f"fieldfare.toml:{line}: {said}" for line in (4, 8)]
    [fault] = faults_of(file, text.replace("b c c", "A/b"))
    assert fault.startswith(
        'fieldfare.toml:4: [[selections]] former_names = "A/b": must be words of'
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("mail = 3\n", "1: mail: must be a table: [mail]"),
        ("[mail]\nsmtp = 'x'\n", "2: mail.smtp: must be a table: [mail.smtp]"),
        ("[site.title]\nx = 1\n", "2: site.title.x: is no setting; the nearest is site.title"),
        ("[sitte]\n", "1: sitte: is no setting; the nearest is site"),
        ("[mail]\nport = 25\n", "2: mail.port: is no setting; the nearest is mail.smtp.port"),
        ("sources = 5\n", "1: [[sources]]: must be one table a source: [[sources]]"),
        ("[sources]\nname = 'a'\n", "1: [[sources]]: must be one table a source: [[sources]]"),
        ("sources = ['a']\n", "1: [[sources]]: must be one table a source: [[sources]]"),
        (
            "[[sources]]\nname = 'a'\npath = 'a'\npth = 1\n",
            "4: [[sources]] pth: is no setting; the nearest is [[sources]] path",
        ),
    ],
)
def test_what_stands_in_the_wrong_place_is_told_where_it_belongs(
    file: Path, text: str, fault: str
) -> None:
    """An unknown key names the nearest known one; its value may be a secret and stays unsaid."""
    assert faults_of(file, text) == [f"fieldfare.toml:{fault}"]


def test_sources_are_not_given_by_variables(file: Path) -> None:
    """A list of tables has no good form in the environment."""
    assert faults_of(file, "", FIELDFARE_SOURCES__0__PATH="x") == [
        (
            "environment FIELDFARE_SOURCES__0__PATH: is no setting; sources stand in the settings"
            " file, as [[sources]]"
        )
    ]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"[site]\ntitle = = 2\n", "fieldfare.toml:2: is not TOML: Invalid value"),
        (b'a = 1\nb = """\n\n', "fieldfare.toml:4: is not TOML: Unterminated string"),
        (b"[site]\n\ntitle = '\xe4'\n", "fieldfare.toml:3: must be UTF-8 text"),
    ],
)
def test_a_file_that_is_no_toml_names_the_line(file: Path, content: bytes, fault: str) -> None:
    """The environment is checked all the same."""
    file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load(file, {"FIELDFARE_SERVE__PORT": "0"})
    assert [line.replace(f"{file.parent}/", "") for line in caught.value.faults] == [
        fault,
        "environment FIELDFARE_SERVE__PORT = 0: must be a whole number from 1 to 65535",
    ]


def test_a_file_that_is_missing_says_how_to_get_one(file: Path) -> None:
    """The name is the one that was asked for."""
    with pytest.raises(SettingsError) as caught:
        load(file, {})
    assert caught.value.faults == (
        f"{file}: cannot be read: No such file or directory; see `fieldfare init`",
    )


def test_a_long_value_is_cut() -> None:
    """The place says where the rest is."""
    assert shown("x" * 1000) == f'"{"x" * 59}...'


@given(st.text(st.sampled_from("[]=.\"'#\n sitemaloruce1,{}\\"), max_size=80))
def test_any_text_gives_settings_or_faults(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Nothing an operator types ends in a traceback."""
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text(text, encoding="utf-8")
    found: tuple[str, ...] = ()
    try:
        load(file, {})
    except SettingsError as error:
        found = error.faults or ("no words",)
    assert all(fault.startswith(f"{file}:") for fault in found)
