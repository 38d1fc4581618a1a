"""Mails that are signed for the domain of their sender: opendkim verifies what leaves."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import SEEDS, Installation, an_installation
from tests.keys import ED25519, RSA, pem, write_records

LATER = "2027-03-01T00:00:00Z"
MAIL = '[mail]\nfrom_address = "digest@news.example.net"\n[mail.dkim]\n'
BOTH = (
    f'{MAIL}domain = "example.net"\nrsa_selector = "r1"\nrsa_key_file = "rsa.pem"\n'
    'ed25519_selector = "e1"\ned25519_key_file = "ed25519.pem"\n'
)


def installed(folder: Path, settings: str) -> Installation:
    made = an_installation(folder / "house", settings)
    (folder / "house" / "rsa.pem").write_bytes(pem(RSA))
    (folder / "house" / "ed25519.pem").write_bytes(pem(ED25519))
    return made


def test_both_signatures_are_verified(tmp_path: Path, program: Callable[[str, str], str]) -> None:
    opendkim = program("opendkim", "opendkim")
    house = installed(tmp_path, BOTH)
    house.report("subscribe", "anna@example.org", "--topic", "field:policing", "--language", "ru")
    house.report("ingest", str(SEEDS))
    assert house.report("digest", "--now", LATER)["accepted"] == 1
    [mail] = house.mails()
    write_records(tmp_path / "records", "example.net")
    (tmp_path / "opendkim.conf").write_text(
        # The test is ahead of the time.
        f"Mode v\nTestPublicKeys {tmp_path}/records\nClockDrift 99999999\n"
    )
    sent = tmp_path / "mail"
    # As it left: a Maildir keeps lines as programs on this machine write them.
    sent.write_bytes(mail.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    command = [opendkim, "-x", str(tmp_path / "opendkim.conf"), "-t", str(sent), "-vv"]
    judged = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert judged.count("dkim=pass") == 2, judged
    for kind in ("rsa", "ed25519"):
        assert f"header.a={kind}-sha256" in judged


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ('domain = "example.com"\nrsa_selector = "r1"\nrsa_key_file = "rsa.pem"', "dkim.domain"),
        ('rsa_key_file = "rsa.pem"', "dkim.rsa_selector"),
        ('rsa_selector = "r1"\nrsa_key_file = "ed25519.pem"', "no rsa key"),
    ],
)
def test_what_cannot_sign_is_told_before_anything_is_sent(
    tmp_path: Path, settings: str, problem: str
) -> None:
    house = installed(tmp_path, MAIL + settings)
    house.report("subscribe", "anna@example.org", "--topic", "field:policing")
    house.report("ingest", str(SEEDS))
    done = house.call("digest", "--now", LATER)
    assert done.returncode != 0
    assert problem in done.stderr.decode()
    assert not house.mails()
