"""Whoever got an item that was wrong is told so once, and nobody else."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import update

from feeds.model import Item
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.taxonomy import Taxonomy
from notifier.digest.named import Named
from notifier.mail.maildir import Maildir
from notifier.mail.send import DeliveryReport, deliver
from notifier.model import DeliveryState, NoticeKind, Subscriber
from notifier.notices.notices import Notices
from notifier.storage import deliveries, digests, senders, sending, subscribers, tables
from notifier.storage.digests import Erratum
from tests import items
from tests.builders import HUMAN_RIGHTS, a_draft, a_label, a_subscriber
from tests.outbox import KEYED, LINKS, SENDER, a_ledger, contents, subscribe
from tests.planning import A_DAY, SEVEN, VIENNA, run

LATER = SEVEN + A_DAY


def reader(name: str, **changes: object) -> Subscriber:
    whole = a_subscriber(topics=(HUMAN_RIGHTS,) if name == "else" else ())
    person = a_subscriber() if name != "else" else whole
    return replace(person, address=f"{name}@example.org", public_id=name, **changes)  # type: ignore[arg-type]


@pytest.fixture
def item(database: Database, few_topics: Taxonomy, tmp_path: Path) -> Item:
    """An item that three readers got in a digest, and a fourth did not."""
    subscribe(database, reader("anna"), reader("bert", language="de"), reader("left"))
    subscribe(database, reader("else"))
    draft = a_draft(title="Officers trained", fields=(a_label("Policing", "policing"),))
    [item] = items.store(database, few_topics, [draft], at=SEVEN - timedelta(hours=1))
    run(database, now=SEVEN)
    assert send(database, few_topics, tmp_path, 0).accepted == 3
    return item


def send(database: Database, taxonomy: Taxonomy, folder: Path, days: int) -> DeliveryReport:
    site = items.a_site()
    notices = Notices(
        database=database,
        sender=SENDER,
        named=Named(site, taxonomy),
        links=LINKS,
        keyed=KEYED,
        zone=VIENNA,
        page_of=lambda slug: f"https://news.example.org/items/{slug}/",
        shows_latest=False,
    )
    made = contents(database)
    made.notices = notices.compose
    ledger = a_ledger(database, compose=made.compose, now=SEVEN + days * A_DAY)
    return asyncio.run(deliver(ledger, Maildir(folder)))


def told(folder: Path) -> dict[str, str]:
    """The text of each correction, by whom it is for."""
    mails = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (folder / "new").iterdir()
    ]
    wrong = [each for each in mails if f"<{NoticeKind.CORRECTION}-" in each["message-id"]]
    texts = {each["to"]: each.get_body(("plain",)) for each in wrong}
    return {to: " ".join(text.get_content().split()) for to, text in texts.items() if text}


def test_whoever_got_it_is_told_once(
    database: Database, few_topics: Taxonomy, item: Item, tmp_path: Path
) -> None:
    with database.writing() as connection:
        subscribers.leave_by_address(connection, "left@example.org", SEVEN)
        [telling] = digests.tellings(connection, item.number)
        assert (telling.period, telling.readers) == ("2026-11-24", 3)
    draft = a_draft(title="Officers honoured", fields=(a_label("Policing", "policing"),))
    items.revise(database, few_topics, item, draft, LATER)
    wrong = Erratum(
        item=item.number,
        change=7,
        at=LATER,
        who="Eva",
        told="Officers trained",
        note="They were not trained, they were honoured.",
    )
    with database.writing() as connection:
        assert digests.readers(connection, item.number) == 2
        assert [digests.tell(connection, wrong) for _ in range(2)] == [2, 0]
        assert digests.tell(connection, replace(wrong, change=8)) == 2
        assert digests.readers(connection, item.number + 1) == 0
    assert send(database, few_topics, tmp_path, 1).accepted == 4
    texts = told(tmp_path)
    assert texts.keys() == {"anna@example.org", "bert@example.org"}
    for text in texts.values():
        assert "Officers trained" in text
        assert f"Officers honoured https://news.example.org/items/{item.slug}/" in text
        assert "they were honoured" in text
        assert "/u/" in text
    assert "Nun heißt es:" in texts["bert@example.org"]
    with database.writing() as connection:
        assert hiding.retract(connection, item.number, LATER)
        assert digests.tell(connection, replace(wrong, change=9)) == 2
    for file in (tmp_path / "new").iterdir():
        file.unlink()
    assert send(database, few_topics, tmp_path, 2).accepted == 2
    assert "It was withdrawn." in told(tmp_path)["anna@example.org"]


def test_a_correction_is_known_as_long_as_a_mail_that_tells_it(
    database: Database, item: Item
) -> None:
    wrong = Erratum(item=item.number, change=7, at=LATER, who="Eva", told="Officers trained")
    with database.writing() as connection:
        assert digests.tell(connection, wrong) == 3
        [number] = digests.errata_of(connection, range(9))
        digests.forget(connection, LATER + A_DAY)
        assert digests.errata_of(connection, [number])
        connection.execute(update(tables.deliveries).values(state=DeliveryState.ACCEPTED))
        last: int | None = 0
        while last is not None:
            last = deliveries.forget(connection, LATER + A_DAY, last, 100)
        digests.forget(connection, LATER + A_DAY)
        assert digests.errata_of(connection, [number]) == {}
        # No mail has the name of one that was sent.
        digests.tell(connection, wrong)
        [another] = digests.errata_of(connection, range(9))
        assert another > number


def test_whoever_waits_for_an_answer_does_not_wait_for_corrections(
    database: Database, item: Item
) -> None:
    wrong = Erratum(item=item.number, change=7, at=LATER, who="Eva", told="Officers trained")
    with database.writing() as connection:
        digests.tell(connection, wrong)
        deliveries.notify(connection, NoticeKind.LINK, {1: "1"}, LATER)
        lease = senders.begin(connection, "one")
        [first] = sending.claim(connection, lease, "one", LATER, 1)
        assert first.notice == NoticeKind.LINK
        senders.pause(connection, senders.Halt(since=LATER, who="Eva", digests_only=True))
        assert sending.claim(connection, lease, "one", LATER, 9) == []
