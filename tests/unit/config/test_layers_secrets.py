"""Where secrets come from, and that nobody hears them."""

from pathlib import Path
from typing import cast

import pytest

from config.settings import SettingsError, load, masked
from tests.configured import faults_of, settings_from

SECRET = "0123456789abcdef0123456789abcdef"
HIDDEN = "hunter2-geheim"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fieldfare.toml"


def test_a_secret_comes_from_its_file_without_the_line_break(file: Path) -> None:
    """Files end with a line break, secrets do not."""
    file.with_name("secret.key").write_text(f"{SECRET}\n")
    file.with_name("pw").write_text("päss word \r\n", encoding="utf-8")
    settings = settings_from(
        file, "secret_file = 'secret.key'\n", FIELDFARE_MAIL__SMTP__PASSWORD_FILE="pw"
    )
    assert settings.signing_key == SECRET.encode()
    assert settings.mail.smtp.password.get_secret_value() == "päss word "
    assert settings.secret_file == file.with_name("secret.key")


def test_a_secret_of_the_environment_makes_the_file_of_the_settings_void(file: Path) -> None:
    """The lower layer's file is not even read, so it may be missing."""
    settings = settings_from(file, "secret_file = 'gone.key'\n", FIELDFARE_SECRET=SECRET)
    assert settings.signing_key == SECRET.encode()
    assert settings.secret_file is None


def test_a_secret_file_of_the_environment_goes_before_a_secret_in_the_settings(file: Path) -> None:
    """Both ways of one layer go before both ways of the layer below."""
    file.with_name("run.key").write_text(SECRET[::-1])
    settings = settings_from(file, f"secret = '{SECRET}'\n", FIELDFARE_SECRET_FILE="run.key")
    assert settings.signing_key == SECRET[::-1].encode()


def test_an_empty_secret_is_none(file: Path) -> None:
    """`FIELDFARE_SECRET=` hides nothing: container tools set variables they have no value for."""
    settings = settings_from(
        file, f"secret = '{SECRET}'\n", FIELDFARE_SECRET="", FIELDFARE_SECRET_FILE=""
    )
    assert settings.signing_key == SECRET.encode()


def test_what_needs_no_secret_works_without_one() -> None:
    """Only signing needs it, and says how to get one."""
    settings = load(None, {})
    with pytest.raises(SettingsError, match=r"fieldfare init.*FIELDFARE_SECRET"):
        assert settings.signing_key


def test_masked_settings_are_plain_and_tell_no_secret(file: Path) -> None:
    """`fieldfare config` can be pasted into a question to others."""
    settings = settings_from(
        file,
        "[[sources]]\nname = 'a'\npath = 'a'\n[store]\nurl = 'postgres://ff:pw@db/n?password=pw'\n",
        FIELDFARE_SECRET=SECRET,
        FIELDFARE_MAIL__SMTP__USERNAME="ff",
    )
    plain = masked(settings)
    assert plain["secret"] == "***"
    assert plain["store"] == {
        "url": "postgresql+psycopg://ff:***@db/n?password=***",
        "url_file": None,
    }
    assert isinstance(plain["mail"], dict)
    assert plain["mail"]["smtp"]["password"] == ""
    assert isinstance(plain["site"], dict)
    assert plain["site"]["timezone"] == "UTC"
    assert isinstance(plain["sources"], list)
    assert plain["sources"][0]["path"] == str(file.parent / "a")


def test_printed_settings_tell_no_secret() -> None:
    """A log line or a traceback with the settings in it is harmless."""
    settings = load(
        None, {"FIELDFARE_SECRET": SECRET, "FIELDFARE_STORE__URL": "postgres://ff:geheim@db/news"}
    )
    assert SECRET not in repr(settings)
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\n", "must hold the secret, and is empty"),
        (b"\xff" * 40, "must be a file of UTF-8 text"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_secret_file_that_holds_none_is_a_fault(
    file: Path, content: bytes | None, problem: str
) -> None:
    """A misspelled path must not mean "no password"."""
    if content is not None:
        file.with_name("pw").write_bytes(content)
    assert faults_of(file, "[mail.smtp]\npassword_file = 'pw'\n") == [
        f'fieldfare.toml:2: mail.smtp.password_file = "pw": {problem}'
    ]


def test_the_address_of_a_store_may_stand_in_a_file(file: Path) -> None:
    """A container gets what has a password in it as a file, and the rest by its environment."""
    (address := file.with_name("store")).write_text("postgres://ff:pw@db/news\n")
    settings = settings_from(file, "", FIELDFARE_STORE__URL_FILE=str(address))
    assert settings.store.url == "postgresql+psycopg://ff:pw@db/news"


def test_a_secret_too_short_in_its_file_is_a_fault_of_who_named_the_file(file: Path) -> None:
    """The line, or the variable, leads to the file."""
    file.with_name("key").write_text(HIDDEN)
    assert faults_of(file, "\nsecret_file = 'key'\n") == [
        "fieldfare.toml:2: secret: must be text of at least 32 characters, as `init` writes it"
    ]
    assert faults_of(file, "", FIELDFARE_SECRET_FILE="key") == [
        (
            "environment FIELDFARE_SECRET_FILE: must be text of at least 32 characters, as `init`"
            " writes it"
        )
    ]


def test_both_ways_in_the_environment_are_a_fault(file: Path) -> None:
    """Nobody can tell which one was meant."""
    long = "x" * 40
    assert faults_of(file, "", FIELDFARE_SECRET=long, FIELDFARE_SECRET_FILE="key") == [
        (
            "environment FIELDFARE_SECRET and environment FIELDFARE_SECRET_FILE: must not both be"
            " given; keep one"
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"mysql://ff:{HIDDEN}@db/news",
        f"mysql://ff:{HIDDEN}@with@signs:and/slashes@db/news",
        f"mysql://db/news?password={HIDDEN}&x=y",
    ],
)
def test_a_password_in_an_address_is_not_repeated(text: str) -> None:
    """The address of a database often holds one."""
    with pytest.raises(SettingsError) as caught:
        load(None, {"FIELDFARE_STORE__URL": text})
    assert HIDDEN not in str(caught.value)
    assert "***" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("STORE__URL", f"postgresql://ff:{HIDDEN}@x@db/news"),
        ("STORE__URL", f"postgresql://db?PASSWORD={HIDDEN}"),
        ("STORE__URL", f"sqlite:///x?sslpassword={HIDDEN}"),
        ("STORE__URL", f"postgresql:ff:{HIDDEN}@db/news"),
        ("STORE__URL", f"sqlite:///x?dsn=password%3D{HIDDEN}"),
        ("STORE__URL", f"sqlite:///x?P%61ssword={HIDDEN}"),
        ("FETCH__PROXY", f"ff:{HIDDEN}@proxy:3128"),
        ("FETCH__PROXY", f"ftp://{HIDDEN}@proxy:3128"),
        ("FETCH__PROXY", f"http://{HIDDEN}:x@"),
        ("FETCH__PROXY", f"http://{HIDDEN}:x/y@"),
        ("SITE__URL", f"https://{HIDDEN}@news.example.org"),
    ],
)
def test_neither_a_password_nor_who_asks_a_proxy_is_told_in_a_fault(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(None, {f"FIELDFARE_{name}": text})
    assert HIDDEN not in str(caught.value)
    assert "***" in str(caught.value)


def test_who_asks_a_proxy_is_not_told() -> None:
    """The name of who asks is often a token."""
    settings = load(None, {"FIELDFARE_FETCH__PROXY": f"http://{HIDDEN}:pw@proxy:3128"})
    fetch = masked(settings)["fetch"]
    assert isinstance(fetch, dict)
    assert fetch["proxy"] == "http://***@proxy:3128"
    assert HIDDEN not in repr(settings)


def test_where_a_webhook_is_told_is_not_told_on(file: Path) -> None:
    """Whoever knows the address of a chat's may write there."""
    url = f"https://hooks.example.org/services/{HIDDEN}"
    hook = f"[[webhooks]]\nname = 'a'\nurl = '{url}'\nsecret_path = 'a'\nevents = 'item.added'\n"
    settings = settings_from(file, hook)
    [shown] = cast("list[dict[str, object]]", masked(settings)["webhooks"])
    assert shown["url"] == "https://hooks.example.org/***"
    assert HIDDEN not in repr(settings)


@pytest.mark.parametrize(
    ("host", "security", "is_refused"),
    [
        ("relay.example.org", "none", True),
        ("192.0.2.1", "none", True),
        ("relay.example.org", "starttls", False),
        ("relay.example.org", "tls", False),
        ("localhost", "none", False),
        ("::1", "none", False),
    ],
)
def test_a_login_travels_encrypted_or_not_at_all(
    file: Path, host: str, security: str, is_refused: bool
) -> None:
    """RFC 4954 section 4: a server must not even offer it otherwise."""
    text = f"[mail.smtp]\nhost = '{host}'\nsecurity = '{security}'\nusername = 'ff'\n"
    if is_refused:
        (fault,) = faults_of(file, text)
        assert fault.startswith("fieldfare.toml:4: mail.smtp.username: must be empty where")
    else:
        assert settings_from(file, text).mail.smtp.username == "ff"
