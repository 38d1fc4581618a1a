"""Bounces, complaints and absence notes, as a real mail system brings them back."""

import re
import smtplib
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import unquote

import pytest
import trustme

from tests.command import SEEDS, Installation, a_free_port, an_installation, until
from tests.mail_system import FAR, HOME, MailSystem
from tests.returned_otherwise import complaint, written
from tests.smtp import Answer, SmtpServer, smtp_server

#: What a server far away says of whom.
REFUSED = {
    "dead": "550 5.1.1 no such user here",
    "brimful": "552 5.2.2 mailbox full",
    "blocked": "550 5.7.1 your network is on a list of ours",
}
READERS = (*REFUSED, "angry", "leaving", "absent", "content")


def far_away(verb: str, about: str) -> Answer:
    return REFUSED.get(about.partition("@")[0]) if verb == "RCPT" else None


@pytest.fixture
def far(system: MailSystem, authority: trustme.CA) -> Iterator[SmtpServer]:
    """Where the readers have their mailboxes, some of which are none."""
    with smtp_server(authority, port=system.far_port, script=far_away) as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, system: MailSystem, far: SmtpServer) -> Installation:
    settings = f"""\
[site]
url = "https://{HOME}"
[mail]
transport = "smtp"
from_address = "digest@{HOME}"
return_path = "bounces+*@{HOME}"
unsubscribe_mailbox = "leave@{HOME}"
[mail.smtp]
port = {system.port}
security = "none"
[returns]
lmtp_port = {system.home_port}
[serve]
port = {a_free_port()}
"""
    made = an_installation(tmp_path / "house", settings)
    for name in READERS:
        made.report("subscribe", f"{name}@{FAR}", "--topic", "field:policing")
    made.report("ingest", str(SEEDS))
    return made


def hand_in(system: MailSystem, recipient: str, text: str) -> None:
    """A mail from somebody to us, by the mail system."""
    with smtplib.SMTP("127.0.0.1", system.port, "reader.far.example.org") as client:
        client.sendmail("somebody@far.example.org", [recipient], text.encode())


def test_what_comes_back_by_a_real_mail_system_does_what_it_should(
    house: Installation, system: MailSystem, far: SmtpServer
) -> None:
    url = f"http://127.0.0.1:{house.report('config')['serve']['port']}"
    with house.running(url):
        house.report("digest", "--now", "2027-03-01T00:00:00Z")
        until(lambda: len(far.mails) == len(READERS) - len(REFUSED))
        mails = {mail.recipients[0].partition("@")[0]: mail for mail in far.mails}
        # Postfix itself tells of the others, to the return path of each.
        until(lambda: len(house.report("returns")) == len(REFUSED))
        angry, absent = (mails[name].sender for name in ("angry", "absent"))
        returned = f"Return-Path: <{angry}>\nSubject: 2 items\n"
        hand_in(system, angry, complaint("abuse", "Far-FBL/1.0", returned))
        hand_in(system, f"leave@{HOME}", written(way_out(mails["leaving"].data), ""))
        away = written("Out of office: 2 items", "I am away.", "Auto-Submitted: auto-replied")
        hand_in(system, absent, away)
        until(lambda: len(house.report("returns")) == len(REFUSED) + 3)
    followed = {(row["kind"], row["consequence"]) for row in house.report("returns")}
    assert followed == {
        ("hard", "suppress"),
        ("full", "none"),
        ("policy", "alarm"),
        ("complaint", "object"),
        ("unsubscribe", "leave"),
        ("auto-reply", "none"),
    }
    states = {row["address"].partition("@")[0]: row["state"] for row in house.report("subscribers")}
    assert {name for name, state in states.items() if state == "left"} == {"angry", "leaving"}
    silent = {row["address"].partition("@")[0] for row in house.report("suppressions")}
    assert silent == {"dead", "angry"}


def way_out(mail: bytes) -> str:
    """The unsubscribe link in the head of a mail, as the mailto of List-Unsubscribe asks for it."""
    head = message_from_bytes(mail, policy=policy.SMTP)["List-Unsubscribe"]
    asked = re.search(r"mailto:[^>]*subject=([^>]+)>", head)
    assert asked
    return unquote(asked[1])
