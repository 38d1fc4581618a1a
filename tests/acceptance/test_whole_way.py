"""From document to mailbox, by the command alone, on each engine."""

from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import feedparser
import pytest

from tests.command import SEEDS, Installation, an_installation

TRAINING_GUIDE = (
    "Human rights compliance essential in cybercrime investigations: new OSCE training guide"
)
PLENARY = (
    "OSCE observes plenary session on 2nd Additional Protocol to Budapest Convention on Cybercrime"
)
ISSUERS = [
    {"label": "OSCE Secretariat", "slug": "secretariat"},
    {"label": "Transnational Threats Department", "slug": "transnational-threats-department"},
]
POLICING = {"label": "Policing", "slug": "policing"}
HUMAN_RIGHTS = {"label": "Human rights", "slug": "human-rights"}


@pytest.fixture
def house(tmp_path: Path, empty_database_url: str) -> Installation:
    return an_installation(tmp_path / "house", f'[store]\nurl = "{empty_database_url}"')


def subscribe(house: Installation, address: str, *options: str) -> Any:
    return house.report("subscribe", address, *options)


def titles(house: Installation, feed: str) -> set[str]:
    parsed = feedparser.parse(house.folder / "public" / "feeds" / f"{feed}.atom")
    assert not parsed.bozo
    return {entry.title for entry in parsed.entries}


def state_of(house: Installation) -> dict[str, tuple[int, bytes]]:
    public = house.folder / "public"
    return {
        path: ((public / path).stat().st_mtime_ns, content)
        for path, content in house.published().items()
    }


@pytest.mark.parametrize(
    ("seed", "title", "fields"),
    [
        ("000_17fbf7fc0acc265a.txt", TRAINING_GUIDE, [POLICING, HUMAN_RIGHTS]),
        ("004_010ca814a890adf4.txt", PLENARY, [POLICING]),
    ],
)
def test_a_seed_is_understood_exactly(
    tmp_path: Path, seed: str, title: str, fields: list[dict[str, str]]
) -> None:
    house = an_installation(tmp_path)
    parsed = house.report("parse", str(SEEDS / seed))
    (item,) = parsed["items"]
    assert parsed["form"] == "A"
    assert parsed["refused"] is None
    assert (item["title"], item["issuers"], item["fields"]) == (title, ISSUERS, fields)
    assert (item["issued"], item["issued_from"], item["dateline"]) == (None, None, None)
    assert item["body"].startswith(item["summary"])
    assert "bears no responsibility" not in item["body"]


def test_a_document_from_standard_input_is_understood_the_same(tmp_path: Path) -> None:
    house = an_installation(tmp_path)
    seed = SEEDS / "000_17fbf7fc0acc265a.txt"
    piped = house.report("parse", "-", stdin=seed.read_bytes())
    assert piped["items"] == house.report("parse", str(seed))["items"]


def test_items_are_in_the_feeds_of_their_topics_and_of_what_is_above(house: Installation) -> None:
    house.report("ingest", str(SEEDS))
    house.report("publish")
    both = {TRAINING_GUIDE, PLENARY}
    assert titles(house, "all") == both
    assert titles(house, "fields/policing") == both
    assert titles(house, "fields/human-rights") == {TRAINING_GUIDE}
    assert titles(house, "issuers/transnational-threats-department") == both
    assert titles(house, "issuers/secretariat") == both
    assert titles(house, "fields/elections") == set()


def test_what_its_operator_named_by_a_path_is_published_in_full(tmp_path: Path) -> None:
    """It is the operator's own, as no publisher's summary is; so are the files of a folder."""
    house = an_installation(tmp_path / "house", "", "")
    named = tmp_path / "named.txt"
    named.write_bytes((SEEDS / "004_010ca814a890adf4.txt").read_bytes())
    (item,) = house.report("parse", str(named))["items"]
    last = item["body"].splitlines()[-1]
    assert last not in item["summary"]
    for path, count in ((named, 1), (SEEDS, 2)):
        house.report("ingest", str(path))
        house.report("publish")
        entries = feedparser.parse(house.folder / "public" / "feeds" / "all.atom").entries
        assert len(entries) == count
        assert last in " ".join(entry.content[0].value for entry in entries)


def test_every_topic_of_the_taxonomy_has_a_feed(house: Installation) -> None:
    house = replace(house, taxonomy="")
    report = house.report("publish")
    ends = (".atom", ".rss", ".json")
    feeds, *twins = ([path for path in report["files"] if path.endswith(end)] for end in ends)
    topics = [topic for topic in house.report("topics") if topic["feed"]]
    # What changed is told to machines alone, in one form.
    feeds.remove("feeds/changes.atom")
    assert report["feeds_written"] == len(feeds) == len(topics) + 1
    assert [len(each) for each in twins] == [len(feeds)] * 2


def test_a_subscriber_gets_one_mail_with_each_item_once(house: Installation) -> None:
    topics = ("field:policing", "issuer:transnational-threats-department")
    options = [word for topic in topics for word in ("--topic", topic)]
    told = subscribe(house, "anna@example.org", *options, "--timezone", "Europe/Vienna")
    house.report("ingest", str(SEEDS))
    report = house.report("digest", "--now", told["digests"][0]["due_at"])
    assert (report["due"], report["planned"], report["accepted"]) == (1, 1, 1)
    (mail,) = house.mails()
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    text = message.get_body(("plain",))
    assert text
    unwrapped = " ".join(text.get_content().split())
    assert unwrapped.count(TRAINING_GUIDE) == unwrapped.count(PLENARY) == 1
    assert message["to"] == "anna@example.org"
    # One click needs https (RFC 8058), and this site is none's but ours.
    assert message["list-unsubscribe"].startswith("<http://127.0.0.1")
    assert message["list-unsubscribe-post"] is None


def test_nothing_new_is_no_mail_and_the_reason_is_reported(house: Installation) -> None:
    told = subscribe(house, "erika@example.org", "--topic", "field:elections")
    house.report("ingest", str(SEEDS))
    report = house.report("digest", "--now", told["digests"][0]["due_at"])
    assert (report["planned"], report["skipped"]) == (0, {"nothing-new": 1})
    assert house.mails() == []


def test_a_subscription_covers_what_is_ingested_after_it(house: Installation) -> None:
    house.report("ingest", str(SEEDS))
    told = subscribe(house, "late@example.org", "--topic", "field:policing")
    assert house.report("digest", "--now", told["digests"][0]["due_at"])["skipped"] == {
        "nothing-new": 1
    }


def test_an_archive_is_published_and_mailed_to_nobody(house: Installation) -> None:
    told = subscribe(house, "anna@example.org", "--topic", "field:policing")
    house.report("ingest", str(SEEDS), "--backfill")
    house.report("publish")
    assert titles(house, "fields/policing") == {TRAINING_GUIDE, PLENARY}
    assert house.report("digest", "--now", told["digests"][0]["due_at"])["planned"] == 0


def test_a_second_time_changes_nothing(house: Installation) -> None:
    told = subscribe(house, "anna@example.org", "--topic", "field:policing")
    house.report("ingest", str(SEEDS))
    house.report("publish")
    house.report("digest", "--now", told["digests"][0]["due_at"])
    before, mails = state_of(house), [mail.read_bytes() for mail in house.mails()]

    assert house.report("ingest", str(SEEDS))["unchanged"] == len(list(SEEDS.glob("*.txt")))
    assert house.report("publish", "--all")["files"] == []
    assert house.report("publish")["files"] == []
    again = house.report("digest", "--now", told["digests"][0]["due_at"])
    assert (again["due"], again["planned"], again["accepted"]) == (0, 0, 0)

    assert state_of(house) == before
    assert [mail.read_bytes() for mail in house.mails()] == mails


def test_two_installations_publish_the_same_bytes(tmp_path: Path) -> None:
    settings = '[site]\nauthority = "example.org"\nminted = 2026-01-01'
    houses = [an_installation(tmp_path / name, settings) for name in ("one", "two")]
    feeds = []
    for house in houses:
        house.report("publish")
        feeds.append(house.published())
    assert feeds[0] == feeds[1]


def test_subscribing_twice_is_subscribing_once(house: Installation) -> None:
    first = subscribe(house, "anna@example.org", "--topic", "field:policing")
    second = subscribe(house, "Anna@Example.org", "--topic", "field:policing")
    assert (second["id"], second["digests"]) == (first["id"], first["digests"])
    assert len(house.report("subscribers")) == 1


def test_who_unsubscribed_gets_nothing_that_was_planned(house: Installation) -> None:
    told = subscribe(house, "anna@example.org", "--topic", "field:policing")
    house.report("ingest", str(SEEDS))
    assert house.report("unsubscribe", "anna@example.org") == {"unsubscribed": True}
    assert house.report("digest", "--now", told["digests"][0]["due_at"])["due"] == 0
    assert house.report("unsubscribe", "anna@example.org") == {"unsubscribed": False}
