"""Which values an option takes, how the house receives them, and which are refused."""

from pathlib import Path

import pytest

from config.kinds import path
from config.settings import SettingsError, load
from tests.configured import faults_of, settings_from


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fieldfare.toml"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("https://News.Example.org/", "https://news.example.org"),
        ("https://news.example.org/press/", "https://news.example.org/press"),
        ("https://news.example.org:8443", "https://news.example.org:8443"),
        ("http://localhost:8025/", "http://localhost:8025"),
    ],
)
def test_the_address_of_the_site_can_be_continued(text: str, taken: str) -> None:
    """It ends without a slash, its host in lower case."""
    assert load(None, {"FIELDFARE_SITE__URL": text}).site.url == taken


@pytest.mark.parametrize(
    "text",
    [
        "postgres://ff:pw@db/news",
        "postgresql://ff:pw@db/news",
        "postgresql+psycopg://ff:pw@db/news",
    ],
)
def test_every_spelling_of_postgresql_becomes_the_one_of_sqlalchemy(text: str) -> None:
    """The driver is named, so that SQLAlchemy does not look for another."""
    settings = load(None, {"FIELDFARE_STORE__URL": text})
    assert settings.store.url == "postgresql+psycopg://ff:pw@db/news"


@pytest.mark.parametrize(
    ("url", "authority", "taken"),
    [
        ("https://news.example.org:8443/x", "", "news.example.org"),
        ("https://news.example.org", "osce.org", "osce.org"),
        ("https://news.example.org", "press@osce.org", "press@osce.org"),
        ("http://[::1]:8025", "example.org", "example.org"),
    ],
)
def test_the_authority_is_the_host_where_nobody_chose_one(
    url: str, authority: str, taken: str
) -> None:
    """RFC 4151 section 2.1: a DNS name or a mail address."""
    environ = {"FIELDFARE_SITE__URL": url, "FIELDFARE_SITE__AUTHORITY": authority}
    assert load(None, environ).site.authority == taken


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("EN", "en"),
        ("de-at", "de-AT"),
        ("sr-latn-rs", "sr-Latn-RS"),
        ("ca-VALENCIA", "ca-valencia"),
    ],
)
def test_language_tags_have_the_recommended_case(text: str, taken: str) -> None:
    """RFC 5646 section 2.1.1."""
    assert load(None, {"FIELDFARE_SITE__LANGUAGE": text}).site.language == taken


def test_a_mail_domain_is_written_as_smtp_needs_it() -> None:
    """A-labels go everywhere; SMTPUTF8 does not (RFC 6531)."""
    settings = load(None, {"FIELDFARE_MAIL__FROM_ADDRESS": "digest@Müller.example"})
    assert settings.mail.from_address == "digest@xn--mller-kva.example"


def test_a_taxonomy_of_ones_own_is_a_path(file: Path) -> None:
    """Another organisation replaces that file and nothing else."""
    own = file.with_name("ours.toml")
    own.touch()
    assert settings_from(file, "[site]\ntaxonomy = 'ours.toml'\n").site.taxonomy == own


def test_hubs_are_addresses_each_once() -> None:
    hubs = "https://hub.example.org/a?b=1  http://127.0.0.1:9000 https://hub.example.org/a?b=1"
    taken = load(None, {"FIELDFARE_WEBSUB__HUBS": hubs}).websub.hubs
    assert taken == "https://hub.example.org/a?b=1 http://127.0.0.1:9000"
    assert load(None, {}).websub.hubs == ""


def test_the_name_of_the_node_is_kept(file: Path) -> None:
    """Nodes that share a store can be told apart by names one chose."""
    assert settings_from(file, "[daemon]\nnode = 'two'\n").daemon.node == "two"


def test_a_machine_without_a_name_is_localhost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node always has a name."""
    monkeypatch.setattr("platform.node", lambda: "")
    assert load(None, {}).daemon.node == "localhost"


@pytest.mark.parametrize(
    "address", ["digest@example.org", "digest@1.example.org", "digest@xn--p1ai.xn--p1ai"]
)
def test_an_address_of_the_internet_is_taken(address: str) -> None:
    """A digit before the last dot, or within the last name, tells nothing."""
    settings = load(None, {"FIELDFARE_MAIL__FROM_ADDRESS": address})
    assert settings.mail.from_address == address


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("site.title", ""),
        ("site.title", "two\nlines"),
        ("site.url", "news.example.org"),
        ("site.url", "ftp://news.example.org"),
        ("site.url", "https://"),
        ("site.url", "https://user:pw@news.example.org"),
        ("site.url", "https://news.example.org/?a=b"),
        ("site.url", "https://news.example.org/#top"),
        ("site.url", "https://news.example.org/a b"),
        ("site.url", "https://news.example.org:0"),
        ("site.url", "https://news.example.org:99999"),
        ("site.url", "http://127.0.0.1.example.org"),
        ("site.url", "http://localhost.example.org"),
        ("site.url", "http://10.0.0.1"),
        ("site.language", "english"),
        ("site.language", "e"),
        ("site.language", "de_AT"),
        ("site.timezone", ""),
        ("site.timezone", "Europe"),
        ("site.timezone", "../etc/passwd"),
        ("site.contact", "press"),
        ("site.contact", "Press <press@example.org>"),
        ("site.authority", "OSCE.org"),
        ("site.authority", "osce.org/news"),
        ("site.authority", "-osce.org"),
        ("site.authority", "localhost"),
        ("site.authority", "news.local"),
        ("site.authority", "me@127.0.0.1"),
        ("site.minted", "yesterday"),
        ("site.minted", "2026-02-30"),
        ("site.taxonomy", "nobody"),
        ("site.taxonomy", "fieldfare.yaml"),
        ("site.taxonomy", ""),
        ("store.url", "mysql://db/news"),
        ("store.url", "postgresql://db"),
        ("store.url", "postgresql://ff:p@ss@db/news"),
        ("store.url", "postgresql://ff:p/ss@db/news"),
        ("store.url", "sqlite://"),
        ("store.url", "sqlite:///"),
        ("store.url", "sqlite:///:memory:"),
        ("store.url", "sqlite:///a.db?mode=ro"),
        ("publish.directory", ""),
        ("mail.from_address", ""),
        ("mail.from_address", "digest@localhost"),
        ("mail.from_address", "digest@example.com1"),
        ("mail.from_address", "digest@192.0.2.1"),
        ("mail.from_address", "digest@[192.0.2.1]"),
        ("mail.from_address", "digest@news.local"),
        ("mail.from_address", "digest@mail.LOCALHOST"),
        ("mail.from_address", "digest@news.test"),
        ("mail.from_address", "digest@news.invalid"),
        ("mail.from_address", "digest@news.onion"),
        ("mail.from_address", "digest@news.arpa"),
        ("mail.from_address", "dïgest@example.org"),
        ("mail.reply_to", "nobody@"),
        ("mail.smtp.host", ""),
        ("mail.smtp.host", "smtp://relay"),
        ("mail.smtp.port", "0"),
        ("mail.smtp.port", "65536"),
        ("mail.give_up_after_hours", "0"),
        ("ingest.archive_after_days", "-1"),
        ("ingest.batch", "0"),
        ("ingest.batch", "1.5"),
        ("ingest.batch", "10001"),
        ("publish.entries_per_feed", "10001"),
        ("websub.hubs", "hub.example.org"),
        ("websub.hubs", "https://a.example.org/ ftp://b.example.org/"),
        ("websub.hubs", "https://me:secret@hub.example.org/"),
        ("serve.cache_bytes", "-1"),
        ("serve.processes", "0"),
        ("serve.processes", "65"),
        ("daemon.ingest_seconds", "0"),
        ("log.level", "loud"),
    ],
)
def test_a_value_that_cannot_work_is_refused(option: str, value: str) -> None:
    """Whatever would fail later, or mean something else, fails now and names its variable."""
    variable = "FIELDFARE_" + option.replace(".", "__").upper()
    with pytest.raises(SettingsError) as caught:
        load(None, {variable: value})
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].startswith(f"environment {variable} = ")


@pytest.mark.parametrize(
    ("option", "literal"),
    [
        ("serve.port", '"8025"'),
        ("serve.port", "true"),
        ("serve.port", "80.0"),
        ("site.title", "5"),
        ("site.timezone", "1"),
        ("site.minted", "2026-11-24T00:00:00"),
        ("publish.directory", "['a']"),
        ("publish.directory", '"a\\u0000b"'),
        ("secret_file", "1"),
    ],
)
def test_a_value_of_another_type_is_refused(file: Path, option: str, literal: str) -> None:
    """TOML has types: text that looks like a number is a slip."""
    (fault,) = faults_of(file, f"{option} = {literal}\n")
    assert fault.startswith(f"fieldfare.toml:1: {option} = ")


@pytest.mark.parametrize("host", ["[::1]", "127.0.0.1:8025", "localhost", "[2001:db8::1]"])
def test_a_host_that_is_anybodys_is_no_authority(host: str) -> None:
    """Nor is a number (RFC 4151 section 2.1): what two mint there may be the same id."""
    scheme = "https" if "db8" in host else "http"
    assert load(None, {"FIELDFARE_SITE__URL": f"{scheme}://{host}"}).site.authority == ""


def test_a_refused_address_alone_is_the_fault() -> None:
    """The authority that would have come from it is not one more."""
    with pytest.raises(SettingsError) as caught:
        load(None, {"FIELDFARE_SITE__URL": "x"})
    assert len(caught.value.faults) == 1


def test_validating_without_a_base_folder_is_a_bug() -> None:
    """Relative paths never count from wherever the process happens to be."""

    class NoContext:
        context = None

    with pytest.raises(TypeError, match="folder of their file"):
        path("a", NoContext())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "is_taken"), [("div.text > h1", True), ("", True), ("h1[[", False)]
)
def test_a_selector_that_finds_nothing_ever_is_refused(
    file: Path, text: str, is_taken: bool
) -> None:
    """Rather than left out in silence."""
    place = "https://news.example.org/"
    file.write_text(
        f'[[sources]]\nname = "news"\nkind = "web"\nurl = "{place}"\npage_title = "{text}"\n'
    )
    if is_taken:
        assert load(file, {}).sources[0].page_title == text
        return
    with pytest.raises(SettingsError, match="must be a CSS selector"):
        load(file, {})


@pytest.mark.parametrize("title", ["News\x07", "News\ufdd0"])
def test_a_title_that_cannot_be_published_is_a_fault(title: str) -> None:
    """It would stand in every feed, and on every page."""
    with pytest.raises(SettingsError, match="SITE__TITLE"):
        load(None, {"FIELDFARE_SITE__TITLE": title})
    assert load(None, {"FIELDFARE_SITE__TITLE": "\u2067أخبار\u2069 OSCE"}).site.title


@pytest.mark.parametrize(
    ("roles", "is_taken"),
    [
        ("", True),
        ("delivery", True),
        ("ingest publish digests delivery", True),
        ("publish  ingest", True),
        ("deliver", False),
        ("ingestpublish", False),
        ("ingest,publish", False),
    ],
)
def test_a_node_has_the_roles_there_are(tmp_path: Path, roles: str, is_taken: bool) -> None:
    text = f'[daemon]\nroles = "{roles}"\n'
    if is_taken:
        assert settings_from(tmp_path / "fieldfare.toml", text).daemon.roles == roles
    else:
        with pytest.raises(SettingsError, match="must be some of ingest, publish"):
            settings_from(tmp_path / "fieldfare.toml", text)
