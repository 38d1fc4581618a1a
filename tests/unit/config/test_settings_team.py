"""Ways for the team to come in: which settings would let anybody in, or nobody, and are refused."""

from pathlib import Path

import pytest

from tests.configured import faults_of, settings_from

OIDC = '[admin.oidc]\nissuer = "https://id.example.org/o/news/"\nclient_id = "news"\n'
PROXY = '[admin.proxy]\nfield = "Remote-User"\naddresses = "127.0.0.1"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fieldfare.toml"


def test_an_issuer_is_kept_to_its_last_character(file: Path) -> None:
    """A provider is who it says, slash and all (Discovery 4.3)."""
    oidc = settings_from(file, OIDC).admin.oidc
    assert oidc.issuer == "https://id.example.org/o/news/"
    local = OIDC.replace("https://id.example.org/o/news/", "http://127.0.0.1:8080")
    assert settings_from(file, local).admin.oidc.issuer == "http://127.0.0.1:8080"


def test_proxies_are_addresses_and_networks_of_ones_own(file: Path) -> None:
    text = PROXY.replace("127.0.0.1", "192.0.2.7 10.0.0.0/8  fd00::/64 ::1")
    proxy = settings_from(file, text).admin.proxy
    assert proxy.addresses == "192.0.2.7/32 10.0.0.0/8 fd00::/64 ::1/128"


@pytest.mark.parametrize(
    "addresses", ["0.0.0.0/0", "::/0", "192.0.2.0/24", "8.0.0.0/6", "2001:db8::/64", "10.0.0.1/8"]
)
def test_a_network_of_the_internet_is_no_proxy(file: Path, addresses: str) -> None:
    """Nor one that is spelled as if it were another."""
    [fault] = faults_of(file, PROXY.replace("127.0.0.1", addresses))
    assert "must be addresses or private networks" in fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[admin.proxy]\nfield = "Remote-User"\n', "whoever sends the field would be in"),
        (PROXY.replace("Remote-User", "Remote User"), "the name of a field"),
        ('[admin.oidc]\nissuer = "https://id.example.org"\n', "client_id: must be given"),
        (OIDC.replace("https:", "http:"), "the https address of a provider"),
        (f'{OIDC}scopes = "email"\n', "openid, and other scopes"),
        (f'{OIDC}groups = "groups"\n', "nobody could come in"),
        (f'{OIDC}operators = "chiefs"\n', "by what the groups"),
        (f'{PROXY}editors = "staff"\n', "by what the groups"),
        (f'{PROXY}groups = "Groups"\neditors = "cn=news,ou=staff"\n', "editors: must be plain"),
        ("[admin]\npasswords = false\n", "nobody could come in"),
        (f'{OIDC}groups = "groups"\neditors = "staff"\n{PROXY}', "proxy.groups: must say it as"),
        (f'{OIDC}{PROXY}groups = "Groups"\neditors = "staff"\n', "oidc.groups: must say it as"),
    ],
)
def test_what_would_let_anybody_in_or_nobody_is_refused(file: Path, text: str, fault: str) -> None:
    [told] = faults_of(file, text)
    assert fault in told


def test_passwords_may_go_where_another_way_is(file: Path) -> None:
    for way in (OIDC, PROXY):
        assert not settings_from(file, f"[admin]\npasswords = false\n{way}").admin.passwords
    by_groups = f'{OIDC}groups = "groups"\neditors = "staff"\n'
    assert settings_from(file, by_groups).admin.oidc.editors == "staff"
