"""Another organisation replaces one file, and its news goes the whole way by the command alone."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path
from shutil import copy

import pytest

from tests.command import Installation, an_installation

SECOND = Path(__file__).parents[1] / "second"
DOCUMENTS = ("form-a.txt", "form-b.txt", "form-c.txt", "page.html")
#: A listing knows the title and lead of two more.
LISTED = 2
#: The documents keep their days, whenever the test runs.
FRESH = "[ingest]\narchive_after_days = 3650\n"


@pytest.fixture
def house(tmp_path: Path) -> Installation:
    site = f'taxonomy = "{SECOND / "lakes.toml"}"\ntitle = "News of the lakes"\n'
    settings = f'[site]\n{site}organisation = "LAKES"\n{FRESH}'
    made = an_installation(tmp_path / "house", settings, is_cold=True, taxonomy="")
    for name in (*DOCUMENTS, "listing.txt"):
        copy(SECOND / name, made.folder / "inbox" / name)
    return made


def test_its_documents_become_feeds_and_a_digest(house: Installation) -> None:
    """Parsed, ingested, published and mailed, by its own names."""
    topics = ("--topic", "field:fish", "--topic", "issuer:harbour-office")
    told = house.report("subscribe", "anna@example.org", *topics, "--frequency", "daily")
    assert house.report("ingest", str(house.folder / "inbox"))["added"] == len(DOCUMENTS) + LISTED
    house.report("publish")
    feeds = house.folder / "public" / "feeds"
    fish = (feeds / "fields" / "fish.atom").read_text("utf-8")
    assert "Pike return to the northern bay" in fish
    assert "Otters counted from the air" in fish
    assert (feeds / "issuers" / "harbour-office.atom").exists()
    assert house.report("digest", "--now", told["digests"][0]["due_at"])["accepted"] == 1
    [mail] = house.mails()
    mailed = message_from_bytes(mail.read_bytes(), policy=default)
    assert mailed["Subject"]
    text = "".join(part.get_content() for part in mailed.walk() if not part.is_multipart())
    assert "Pike return to the northern bay" in text
    assert "LAKES" in text
    for path in house.folder.rglob("public/**/*"):
        assert path.is_dir() or b"OSCE" not in path.read_bytes()
