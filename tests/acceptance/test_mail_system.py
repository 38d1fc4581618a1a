"""Digests at a real mail system: Postfix takes, defers and refuses them, Dovecot shows them."""

import subprocess
from collections.abc import Callable
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from feeds.storage.database import Database
from notifier.mail.message import SLOTS
from notifier.storage import VERSIONS
from tests import outbox
from tests.builders import a_subscriber
from tests.command import SEEDS, Installation, an_installation, until
from tests.mail_system import MailSystem
from tests.outbox import NOW

LANGUAGES = ("en", "fr", "de", "it", "ru", "es")
LATER = "2027-03-01T00:00:00Z"
#: What SpamAssassin may say: of the way a mail came here; that it has HTML, which costs nothing;
#: that it is of a list that says so, which is to its credit; and that a test is ahead of the time.
HARMLESS = {"ALL_TRUSTED", "HTML_MESSAGE", "MAILING_LIST_MULTI", "T_DATE_IN_FUTURE_96_Q"}
NEXT_DAY = "2027-03-02T00:00:00Z"


@pytest.fixture
def house(tmp_path: Path, system: MailSystem) -> Installation:
    settings = (
        '[site]\nurl = "https://news.example.net"\n'
        '[mail]\ntransport = "smtp"\nfrom_address = "digest@news.example.net"\n'
        'from_name = "Nächste Neuigkeiten"\nunsubscribe_mailbox = "leave@news.example.net"\n'
        f'[mail.smtp]\nhost = "127.0.0.1"\nport = {system.port}\nsecurity = "none"\n'
    )
    return an_installation(tmp_path / "house", settings)


def subscribe(house: Installation, *names: str, language: str = "en") -> None:
    for name in names:
        topic = ("--topic", "field:policing", "--language", language)
        house.report("subscribe", f"{name}@example.org", *topic)


def arrived(system: MailSystem, *names: str) -> list[EmailMessage]:
    """The message to each, read as a mail program reads it."""
    addresses = [f"{name}@example.org" for name in names]
    mails = system.mails(*addresses)
    return [message_from_bytes(mails[each], policy=policy.SMTPUTF8) for each in addresses]


def test_a_digest_in_each_language_is_read_as_it_was_written(
    house: Installation, system: MailSystem
) -> None:
    for language in LANGUAGES:
        subscribe(house, f"reader-{language}", language=language)
    house.report("ingest", str(SEEDS))
    assert house.report("digest", "--now", LATER)["accepted"] == len(LANGUAGES)
    mails = arrived(system, *(f"reader-{language}" for language in LANGUAGES))
    for language, mail in zip(LANGUAGES, mails, strict=True):
        assert mail["Content-Language"] == language
        assert mail["From"].addresses[0].display_name == "Nächste Neuigkeiten"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["List-Unsubscribe"].startswith("<https://news.example.net/u/")
        assert not mail.defects
        text, html = mail.iter_parts()
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert f'lang="{language}"' in html.get_content()
        # Whole, in letters of its own: as it was made, and as it came.
        assert "\N{REPLACEMENT CHARACTER}" not in text.get_content() + html.get_content()
        assert not any(f"\0{name}\0" in html.get_content() for name in SLOTS)
        assert max(map(len, text.get_content().splitlines())) < 200


def test_a_mailbox_beyond_ascii_gets_its_digest(house: Installation, system: MailSystem) -> None:
    subscribe(house, "jürgen", "ольга")
    house.report("ingest", str(SEEDS))
    assert house.report("digest", "--now", LATER)["accepted"] == 2
    told = [str(mail["To"]) for mail in arrived(system, "jürgen", "ольга")]
    assert told == ["jürgen@example.org", "ольга@example.org"]


def test_what_one_mailbox_says_holds_up_no_other(house: Installation, system: MailSystem) -> None:
    subscribe(house, "nobody", "full", "policy", "anna")
    house.report("ingest", str(SEEDS))
    house.call("digest", "--now", LATER)
    rows = house.report("deliveries")
    states = {row["recipient"].partition("@")[0]: row["state"] for row in rows}
    assert (states["nobody"], states["policy"]) == ("failed", "failed")
    assert (states["full"], states["anna"]) == ("deferred", "accepted")
    arrived(system, "anna")


def test_postfix_stopped_and_started_loses_nothing(house: Installation, system: MailSystem) -> None:
    subscribe(house, "carla", "daniel")
    house.report("ingest", str(SEEDS))
    system.stop()
    stopped = house.call("digest", "--now", LATER)
    assert stopped.returncode == 1
    assert b"mail server" in stopped.stderr
    system.start()
    assert house.report("digest", "--now", LATER)["accepted"] == 2
    assert house.report("digest", "--now", NEXT_DAY)["accepted"] == 0


def test_postfix_stopped_amid_a_run_costs_nobody_a_mail(
    house: Installation, system: MailSystem
) -> None:
    readers = [
        a_subscriber(public_id=f"amid{number}", address=f"amid{number}@example.org", due_at=NOW)
        for number in range(600)
    ]
    names = [reader.address for reader in readers]
    house.report("migrate")
    with closing(Database.open(f"sqlite:///{house.folder / 'fieldfare.db'}", VERSIONS)) as database:
        outbox.subscribe(database, *readers)
    house.report("ingest", str(SEEDS))
    run = house.start("digest", "--now", LATER)
    until(lambda: len(system.counts(*names)) > 20)
    system.stop()
    run.communicate()
    assert run.poll() == 1
    system.start()
    house.call("digest", "--now", NEXT_DAY)
    rows = house.report("deliveries", "--limit", "10000")
    doubts = {row["recipient"]: row["in_doubt"] for row in rows if row["state"] == "accepted"}
    assert len(doubts) == len(names)
    until(lambda: len(system.counts(*names)) == len(names))
    copies = system.counts(*names)
    assert {who: count for who, count in copies.items() if count > 1 + doubts[who]} == {}


def test_spamassassin_finds_nothing_of_ours(
    house: Installation, system: MailSystem, program: Callable[[str, str], str], tmp_path: Path
) -> None:
    spamassassin = program("spamassassin", "spamassassin")
    for language in LANGUAGES:
        subscribe(house, f"emil-{language}", language=language)
    house.report("ingest", str(SEEDS))
    house.report("digest", "--now", LATER)
    mails = system.mails(*(f"emil-{language}@example.org" for language in LANGUAGES))
    for mail in mails.values():
        judged = subprocess.run(
            [spamassassin, "--local", "--test-mode"], input=mail, capture_output=True, check=True
        ).stdout
        status = str(message_from_bytes(judged, policy=policy.default)["X-Spam-Status"])
        print(" ".join(status.split()))
        hit = status.partition("tests=")[2].partition("autolearn")[0]
        assert {rule.strip() for rule in hit.split(",")} <= HARMLESS, status
