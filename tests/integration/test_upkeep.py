"""What a house keeps no longer, after as many days as its settings say."""

from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

from config.settings import load
from feeds.identity.correction import Deed, ItemStep
from feeds.storage.edits import item_history
from notifier.app.house import House
from notifier.app.upkeep import forget
from notifier.model import DeliveryState
from notifier.storage import deliveries, subscribers
from notifier.storage.hooks import hook_rows
from tests import items
from tests.builders import a_draft
from tests.command import an_installation
from tests.outbox import NOW, outbox, people, queue, subscribe


def test_a_house_forgets_who_left_and_who_was_sent_what(tmp_path: Path) -> None:
    made = an_installation(
        tmp_path / "house", settings='site.authority = "example.org"\n[retention]\nleft_days = 3\n'
    )
    moment = [NOW]

    def clock() -> datetime:
        return moment[0]

    with House(load(made.folder / "fieldfare.toml", {}), clock=clock) as house:
        queue(house.database, known=subscribe(house.database, *people(2)))
        items.store(house.database, house.taxonomy, [a_draft()])
        step = ItemStep(at=NOW, deed=Deed.CORRECTED, who="Eva", reason="a slip", changes={})
        with house.database.writing() as connection:
            item_history.record(connection, [(1, step)])
            hook_rows.configure(connection, {"site": "https://hooks.example.org/"})
            subscribers.leave(connection, "reader1", NOW)
        forget(house, Event())
        # No settings name it any more: it would be told all that happens until they do.
        with house.database.reading() as connection:
            assert hook_rows.every(connection) == []
        assert len(outbox(house.database)) == 2
        moment[0] = NOW + timedelta(days=31)
        stopped = Event()
        stopped.set()
        forget(house, stopped)
        assert len(outbox(house.database)) == 2
        forget(house, Event())
        [waiting] = outbox(house.database)
        assert (waiting.state, waiting.recipient) == (DeliveryState.QUEUED, "reader2@example.org")
        with house.database.reading() as connection:
            assert step in item_history.of_item(connection, 1)
        moment[0] = NOW + timedelta(days=800)
        forget(house, Event())
        with house.database.reading() as connection:
            assert item_history.of_item(connection, 1) == []
            known = subscribers.everybody(connection, ZoneInfo("UTC"))
            counts = deliveries.counts(connection)
    assert [each.address for each in known] == ["reader2@example.org"]
    assert (counts[DeliveryState.SUPPRESSED], counts[DeliveryState.QUEUED]) == (1, 1)
