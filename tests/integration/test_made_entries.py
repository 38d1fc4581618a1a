"""What a run made of items is made once, whatever it remembers meanwhile."""

from collections import Counter

import pytest

from feeds.model import Item
from feeds.publish import made as made_entries
from feeds.publish.build import SiteBuilder
from feeds.publish.made import MadeEntries
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft
from tests.items import a_site, store


def test_what_is_forgotten_is_not_made_again(
    database: Database, osce: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_entries, "_REMEMBERED_BYTES", 1)
    store(database, osce, [a_draft(title=f"Item {number}") for number in range(3)])
    builder, times = SiteBuilder(a_site(), osce), Counter[int]()
    ready = builder.ready

    def counted(item: Item, before: object = None) -> object:
        times[item.number] += 1
        return ready(item)

    monkeypatch.setattr(builder, "ready", counted)
    made = MadeEntries(database, builder)
    first = {**made.ready({1, 2}), **made.ready({3})}
    assert {**made.ready({1, 3}), **made.ready({2})} == first
    assert times == {1: 1, 2: 1, 3: 1}
