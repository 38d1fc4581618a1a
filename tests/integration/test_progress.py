"""Long work tells how far it is, so that whoever waits at a terminal can see it."""

import asyncio
from pathlib import Path

from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.mail.maildir import Maildir
from notifier.mail.send import deliver
from tests.builders import a_draft
from tests.items import a_site, store
from tests.outbox import a_ledger, queue

MESSAGES = 20


class Heard(list[tuple[int, int | None]]):
    """What was told, in order."""

    def __call__(self, done: int, total: int | None) -> None:
        self.append((done, total))


def test_publishing_counts_changes_and_feeds_up_to_all_of_them(
    database: Database, few_topics: Taxonomy, tmp_path: Path
) -> None:
    store(database, few_topics, [a_draft(title=f"Item {number}") for number in range(3)])
    heard = Heard()
    report = publish(database, few_topics, Files(tmp_path), a_site(), progress=heard)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert heard[-1] == (3 + report.feeds_written, 3 + report.feeds_written)


def test_delivery_counts_what_is_on_record(database: Database, tmp_path: Path) -> None:
    queue(database, MESSAGES)
    heard = Heard()
    sending = deliver(a_ledger(database, progress=heard), Maildir(tmp_path))
    assert asyncio.run(sending).accepted == MESSAGES
    assert heard[-1] == (MESSAGES, None)
