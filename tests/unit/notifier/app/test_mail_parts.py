"""Parts that mails need are made of settings, or every fault of those is told."""

import re
from contextlib import nullcontext
from pathlib import Path

import pytest

from config.settings import SettingsError, load
from notifier.app import mail_parts
from notifier.mail.flow.quotas import SendingLimits
from notifier.mail.smtp.relay import Relay


def test_every_fault_of_a_template_of_mails_is_told(tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    file = tmp_path / "fieldfare.toml"
    file.write_text('[mail]\ntemplates = "mails"\n')
    assert mail_parts.templates(load(file, {})) == tmp_path / "mails"
    for name in ("item.txt", "more.txt"):
        (tmp_path / "mails" / name).write_text("{{ nobody }}")
    with pytest.raises(SettingsError) as caught:
        mail_parts.templates(load(file, {}))
    assert [fault.partition(", line 1: ")[0] for fault in caught.value.faults] == [
        f"mail.templates: {tmp_path / 'mails' / name}" for name in ("item.txt", "more.txt")
    ]


def test_none_of_ones_own_are_none() -> None:
    assert mail_parts.templates(load(None, {})) is None


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[site]\nurl = 'https://news.un.org'\n[mail]\nfrom_address = 'a@news.un.org'\n", []),
        ("[mail]\nfrom_address = 'a@news.un.org'\n", ["site.url"]),
        ("[site]\nurl = 'https://news.un.org'\n[mail]\n", ["mail.from_address"]),
        ("[mail]\n", ["site.url", "mail.from_address"]),
    ],
)
def test_the_world_is_sent_no_mail_of_nobody_with_links_to_nowhere(
    tmp_path: Path, text: str, faults: list[str]
) -> None:
    file = tmp_path / "fieldfare.toml"
    file.write_text(f"secret = '{'s' * 32}'\n{text}transport = 'smtp'\n")
    with pytest.raises(SettingsError) if faults else nullcontext() as caught:
        mail_parts.transports(load(file, {}))
    told = caught.value.faults if caught else ()
    assert [fault.partition(" =")[0] for fault in told] == faults
    assert all("maildir" in fault for fault in told)


def test_a_folder_takes_any_mail() -> None:
    assert mail_parts.transports(load(None, {}))


RELAYS = """
secret = "sssssssssssssssssssssssssssssssss"
[site]
url = "https://news.un.org"
[mail]
transport = "smtp"
from_address = "a@news.un.org"
[mail.smtp]
host = "one.un.org"
weight = 3
[[relays]]
name = "two"
host = "two.un.org"
port = 465
security = "tls"
username = "us"
password_path = "password"
"""


def test_further_mail_servers_have_what_is_theirs(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("of two\n")
    file = tmp_path / "fieldfare.toml"
    file.write_text(RELAYS)
    one, two = mail_parts.transports(load(file, {}))
    assert isinstance(two, Relay)
    assert [(each.name, each.weight) for each in (one, two)] == [
        ("the mail server one.un.org:587", 3),
        ("the mail server two.un.org:465", 1),
    ]
    assert (two.security, two.username, two.password) == ("tls", "us", "of two")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (RELAYS, "[[relays]] password_path of 'two': cannot be read"),
        (
            f"{RELAYS}".replace("two.un.org", "one.un.org")
            .replace("465", "587")
            .replace('password_path = "password"', ""),
            "[[relays]] host: each must differ",
        ),
    ],
)
def test_every_fault_of_a_further_mail_server_is_told(
    tmp_path: Path, text: str, fault: str
) -> None:
    file = tmp_path / "fieldfare.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=re.escape(fault)):
        mail_parts.transports(load(file, {}))


def test_limits_have_the_names_of_what_they_limit(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("of two")
    file = tmp_path / "fieldfare.toml"
    receiver = """
messages_per_second = 7
[[receivers]]
name = "gmail"
domains = "gmail.com *.google.com"
messages_per_second = 20
connections = 5
"""
    given = RELAYS.replace("[mail.smtp]", "messages_per_second = 100\n[mail.smtp]")
    file.write_text(given + receiver)
    settings = load(file, {})
    limits = mail_parts.turns(settings, mail_parts.transports(settings)).quotas.limits
    assert limits.rates == {"": 100, "the mail server two.un.org:465": 7, "gmail": 20}
    assert limits.connections == {"gmail": 5}
    assert limits.receiver("mail.google.com") == "gmail"
    assert mail_parts.turns(load(None, {}), ()).quotas.limits == SendingLimits()
