"""The operator's bad night: the disk is gone, yesterday's backup is not."""

import shutil
from pathlib import Path

from tests.command import SEEDS, an_installation

MAIL = '[mail]\ntransport = "maildir"\nspread_minutes = 0\n'
NOW, LATER, LAST = (f"2100-01-0{day}T12:00:00Z" for day in (1, 2, 3))


def test_after_a_restore_nobody_is_mailed_twice(tmp_path: Path) -> None:
    """What came in after the backup, and was mailed, is taken in once more and mailed to nobody."""
    before, after = sorted(SEEDS.glob("*.txt"))
    house = an_installation(tmp_path / "house", MAIL)
    house.report("subscribe", "anna@example.org", "--everything")
    backup = house.report("backup", str(tmp_path / "backup.zip"))
    assert backup["rows"]["subscribers"] == 1
    house.report("ingest", str(before))
    assert house.report("digest", "--now", NOW)["accepted"] == 1

    shutil.rmtree(house.folder)
    house.folder.mkdir()
    said = house.call("restore", str(tmp_path / "backup.zip"))
    assert "`fieldfare release --restored --drop`" in said.stdout.decode(), said.stderr
    house.report("ingest", str(before))
    refused = house.call("digest", "--now", LATER)
    assert refused.returncode == 1
    assert "paused by fieldfare restore" in refused.stderr.decode()
    assert house.report("release", "--restored", "--drop") == {"released": 0}
    assert house.call("release", "--restored").returncode == 1
    assert house.report("digest", "--now", LATER)["accepted"] == 0
    assert house.mails() == []
    house.report("ingest", str(after))
    assert house.report("digest", "--now", LAST)["accepted"] == 1
