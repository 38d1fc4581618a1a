"""Lists whose entries resemble each other: every one is an item, and none revises another."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from feeds.draft import Draft
from feeds.identity.ids import item_slug
from feeds.model import Issued, IssuedFrom, Provenance
from feeds.sources import Fetched
from feeds.storage import read_items
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft
from tests.folder_ingest import IDENTITY, FolderIngest
from tests.integration.test_ingest_identity import House, a_lead, a_story


@pytest.fixture
def house(
    database: Database, tmp_path: Path, osce: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> House:
    return House(FolderIngest(database, tmp_path, osce), monkeypatch)


def a_list(house: House, *drafts: Draft) -> Fetched:
    shown = house.document("list", *drafts)
    house.lists.add(shown.document.body)
    return shown


def a_report(day: int, text: str) -> Draft:
    issued = Issued(day=date(2026, 11, day), origin=IssuedFrom.LISTING)
    return a_lead(title="Daily report", summary=text, issued=issued)


ONE = a_report(12, "Shots were heard near the bridge, and the road was closed until noon.")
TWO = a_report(15, "A convoy of eleven lorries crossed the line with water and medicine.")


def test_entries_of_one_title_are_items_of_their_own(house: House) -> None:
    assert house.show("own", a_list(house, TWO, ONE)) == {"added": 2}
    assert [row.revision for row in house.intake.items()] == [1, 1]


def test_entries_of_one_title_with_addresses_are_items_of_their_own(house: House) -> None:
    """Even of one day, and whole ones."""
    texts = ("Shots were heard near the bridge.", "Eleven lorries crossed the line at night.")
    drafts = [
        a_story("Daily report", paragraphs=(text,), url=f"https://a.test/{number}")
        for number, text in enumerate(texts)
    ]
    assert house.show("own", a_list(house, *drafts)) == {"added": 2}


def test_a_list_that_shows_only_the_latest_entry_is_no_item_that_changes(house: House) -> None:
    for draft in (ONE, TWO):
        assert house.show("own", a_list(house, draft)) == {"added": 1}


def test_what_a_list_tells_twice_in_other_words_is_read_thrice_and_never_revised(
    house: House,
) -> None:
    url = "https://www.osce.org/odihr/123456"
    short, long = (replace(ONE, url=url, summary=ONE.summary[:end]) for end in (50, 60))
    counts = [
        house.show("own", replace(a_list(house, short, long), signature=str(time)))
        for time in range(3)
    ]
    assert counts == [{"added": 1}, {"unchanged": 1}, {"unchanged": 1}]
    whole = a_story("Daily report", url=url, issued=ONE.issued)
    assert house.show("own", a_list(house, short, whole)) == {"revised": 1}


def test_an_id_that_we_could_mint_ourselves_is_nobody_elses(house: House) -> None:
    """Else whoever guesses the id of an item to come would keep it out of the store."""
    minted = IDENTITY.item(item_slug("own", "page"))
    forged = Provenance(entry_id=minted, feed_id="urn:f", feed_title="F")
    other = a_draft(title="Something else", paragraphs=("Nobody knows.",), provenance=forged)
    assert house.show("press", house.document("x", other)) == {"added": 1}
    assert house.show("own", house.document("page", a_story())) == {"added": 1}
    assert house.intake.items()[1].uid == minted
    assert house.intake.items()[0].uid != minted


def test_an_item_is_named_by_the_id_it_came_with(house: House) -> None:
    """Even by one that ends as the id of another item does."""
    house.show("own", house.document("a", a_story()))
    slug = house.intake.items()[0].slug
    origin = Provenance(entry_id=f"tag:press.test,2026:item/{slug}", feed_id="urn:f", feed_title="")
    other = a_draft(title="Something else", paragraphs=("Nobody knows.",), provenance=origin)
    house.show("press", house.document("b", other))
    with house.intake.database.reading() as connection:
        numbers = [read_items.number_of(connection, name) for name in (slug, origin.entry_id, "x")]
    assert numbers == [1, 2, None]
