"""Whose word counts: what strangers say of an item of ours is none of ours."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from feeds.draft import Draft
from feeds.errors import NotEdited
from feeds.identity.ownership import OWN_RANK, Ownership
from feeds.ingest import edit
from feeds.model import Provenance
from feeds.sources import Gone
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.folder_ingest import NOW, FolderIngest
from tests.integration.test_ingest_identity import BODY, OTHER, House, a_lead, a_story

URL = "https://www.office.test/news/officers"
OWNERS = Ownership(
    hosts={"site": "office.test", "press": "feeds.office.test", "others": "others.test"},
    ranks={"own": OWN_RANK, "push": OWN_RANK},
)
OURS = a_story("Police officers trained", url=URL)
FALSE = a_story("Police officers arrested", url=URL, paragraphs=(OTHER,))


@pytest.fixture
def house(
    database: Database, tmp_path: Path, osce: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> House:
    return House(FolderIngest(database, tmp_path, osce), monkeypatch)


def show(house: House, source: str, draft: Draft, name: str = "d") -> dict[str, int]:
    return house.show(source, house.document(f"{source} {name}", draft), ownership=OWNERS)


def told(house: House) -> list[tuple[str, str]]:
    """The words of each item and whose they are, in the order they came."""
    return [(row.title, row.source) for row in house.intake.items()]


@pytest.mark.parametrize("owner", ["site", "press", "own", "push"])
def test_what_a_stranger_says_of_our_address_is_an_item_of_its_own(
    house: House, owner: str
) -> None:
    both = {(OURS.title, owner), (FALSE.title, "others")}
    for first, second in ((owner, "others"), ("others", owner)):
        for source in (first, second):
            show(house, source, OURS if source == owner else FALSE, first)
    assert set(told(house)) == both


@pytest.mark.parametrize("owner", ["site", "own", "push"])
def test_a_text_that_a_stranger_had_first_is_the_owners_once_the_owner_speaks(
    house: House, owner: str
) -> None:
    show(house, "others", replace(OURS, fields=(), summary="They say: false."))
    assert show(house, owner, OURS) == {"revised": 1}
    (item,) = house.intake.items()
    assert (item.source, item.summary, item.uid) == (owner, OURS.summary, item.uid)
    assert show(house, "others", replace(FALSE, title=OURS.title)) == {"added": 1}
    assert show(house, owner, replace(OURS, title="Corrected")) == {"revised": 1}
    assert told(house)[0] == ("Corrected", owner)


def test_what_was_an_item_before_its_owner_was_a_source_becomes_the_owners(house: House) -> None:
    house.show("others", house.document("f", FALSE))
    assert show(house, "site", OURS) == {"revised": 1}
    assert told(house) == [(OURS.title, "site")]
    # And it is gone when the owner takes it away, whatever the other one shows.
    assert house.show("site", Gone("site d"), ownership=OWNERS) == {"withdrawn": 1}


def test_an_id_of_anothers_is_not_a_strangers_to_give(house: House) -> None:
    origin = Provenance(entry_id="tag:office.test,2026:7", feed_id="tag:x", feed_title="F")
    theirs = replace(FALSE, url="https://others.test/7", provenance=origin)
    show(house, "others", theirs)
    show(house, "site", replace(OURS, provenance=origin))
    assert told(house) == [(FALSE.title, "others"), (OURS.title, "site")]
    assert [row.uid == origin.entry_id for row in house.intake.items()] == [False, True]


def test_a_lead_of_ours_is_not_completed_by_a_stranger(house: House) -> None:
    show(house, "site", a_lead(url=URL))
    longer = a_story(url=URL, paragraphs=(BODY, "And then everybody was arrested."))
    assert show(house, "others", longer) == {"unchanged": 1}
    assert house.intake.item().body == ""


def test_a_copy_elsewhere_takes_nothing_away(house: House) -> None:
    show(house, "site", OURS)
    show(house, "others", replace(OURS, url="https://others.test/copy"))
    assert house.show("others", Gone("others d"), ownership=OWNERS) == {}
    assert house.show("site", Gone("site d"), ownership=OWNERS) == {"withdrawn": 1}


def test_what_was_withdrawn_is_restored_by_who_withdrew_it_alone(house: House) -> None:
    show(house, "site", OURS)
    house.show("site", Gone("site d"), ownership=OWNERS)
    assert show(house, "press", OURS) == {"unchanged": 1}
    assert house.shown() == []
    assert show(house, "site", OURS) == {"restored": 1}


def test_a_higher_rank_has_the_words_and_a_lower_one_fills_the_gaps(house: House) -> None:
    show(house, "site", replace(OURS, title="Officers trained"))
    assert show(house, "own", replace(OURS, issuers=())) == {"revised": 1}
    assert told(house) == [(OURS.title, "own")]
    assert show(house, "site", replace(OURS, title="Officers")) == {"unchanged": 1}


def test_what_belongs_to_nobody_is_told_by_whoever_tells_it(house: House) -> None:
    url = "https://nobody.test/a"
    show(house, "others", a_lead(url=url))
    assert show(house, "site", a_story(url=url)) == {"revised": 1}


def test_what_is_contested_is_counted(house: House) -> None:
    document = house.document("f", FALSE)
    assert house.report("others", document, ownership=OWNERS).contested == 1


def test_an_item_is_not_hidden_behind_a_third_partys_words_unasked(house: House) -> None:
    show(house, "site", OURS)
    show(house, "others", FALSE)
    show(house, "own", a_story("What we pushed", url=None, paragraphs=(OTHER * 2,)))
    ours, theirs, pushed = (row.slug for row in house.intake.items())
    by = edit.Editor(who="an editor", reason="one")
    merge = partial(edit.merge, house.intake.database, by=by, now=NOW, publish=lambda: 0)
    with pytest.raises(NotEdited, match="'others' is a third party to it"):
        merge(ours, theirs, ownership=OWNERS)
    # Nobody owns what has no address.
    merge(pushed, theirs, ownership=OWNERS, dry_run=True)
    merge(theirs, ours, ownership=OWNERS, dry_run=True)
    merge(ours, pushed, ownership=OWNERS, dry_run=True)
    merge(ours, theirs)
    assert len(house.shown()) == 2
