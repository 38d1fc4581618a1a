"""`digest` killed at any point and run again: nobody is missed, and nobody is mailed twice."""

import random
import time
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from feeds.storage.database import Database
from notifier.storage import VERSIONS
from tests.command import SEEDS, Installation, an_installation
from tests.outbox import NOW, people, subscribe

READERS = 300
KILLS = 6
#: From the start of the command to well into the mailing.
KILL_WITHIN_SECONDS = 1.5


@pytest.fixture
def house(tmp_path: Path, empty_database_url: str) -> Installation:
    """Two items that all of many readers wait for."""
    made = an_installation(tmp_path / "house", f'[store]\nurl = "{empty_database_url}"')
    made.report("migrate")
    database = Database.open(empty_database_url, VERSIONS)
    subscribe(database, *people(READERS, due_at=NOW))
    database.close()
    made.report("ingest", str(SEEDS))
    return made


def test_nobody_is_missed_and_nobody_mailed_twice(house: Installation) -> None:
    # The same points in every run.
    chance = random.Random(20261121)
    later = (NOW + timedelta(hours=1)).isoformat()
    for _ in range(KILLS):
        digest = house.start("digest", "--now", later)
        time.sleep(chance.uniform(0, KILL_WITHIN_SECONDS))
        digest.kill()
        digest.communicate()
    # By itself, as nothing but the real end of a command ends what it has in other threads.
    replace(house, is_cold=True).report("digest", "--now", later)
    recipients = [message_from_bytes(mail.read_bytes())["to"] for mail in house.mails()]
    assert sorted(recipients) == sorted(f"reader{n}@example.org" for n in range(1, READERS + 1))
    states = house.report("status")["deliveries"]
    assert (states["accepted"], states["queued"], states["sending"]) == (READERS, 0, 0)
