"""What an editor decided about an item outlives whatever its sources show later."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from feeds.errors import NotEdited, UnknownTopic
from feeds.identity.ownership import NOBODYS
from feeds.ingest import edit, retag
from feeds.ingest.edit import Edited, ItemHistory
from feeds.storage.database import Database
from feeds.storage.read_items import shown
from feeds.taxonomy import Taxonomy
from notifier.team.item_deeds import ItemDeeds
from tests.folder_ingest import NOW, FolderIngest, a_page
from tests.pushing import a_receiver

BY = edit.Editor(who="Eva", reason="the mission asked")
LATER = NOW + timedelta(hours=1)


class Desk:
    """An item that a folder showed, and an editor."""

    def __init__(self, intake: FolderIngest) -> None:
        self.intake = intake
        intake.write("1.txt", a_page())
        intake.ingest()
        self.slug = str(intake.item().slug)
        self._how: dict[str, Any] = {"by": BY, "now": LATER, "publish": lambda: 0}

    def correct(self, members: Mapping[str, str | None], **topics: Any) -> Edited:
        taxonomy = self.intake.taxonomy
        said = edit.statement(taxonomy, self.slug, members, **topics)
        return edit.correct(self.intake.database, self.slug, said, taxonomy=taxonomy, **self._how)

    def undo(self) -> Edited:
        taxonomy = self.intake.taxonomy
        return edit.correct(self.intake.database, self.slug, None, taxonomy=taxonomy, **self._how)

    def withdraw(self, **options: Any) -> Edited:
        return edit.withdraw(self.intake.database, self.slug, **self._how | options)

    def revise(self, title: str = "Officers trained again", **changes: str) -> None:
        self.intake.write("1.txt", a_page(title, **changes))
        self.intake.ingest(now=LATER + timedelta(hours=1))

    def is_shown(self) -> bool:
        with self.intake.database.reading() as connection:
            return bool(shown(connection, [1]))

    @property
    def history(self) -> ItemHistory:
        with self.intake.database.reading() as connection:
            return edit.history(connection, self.slug, LATER)

    @property
    def steps(self) -> list[tuple[str, str]]:
        return [(step.deed, step.who) for step in self.history.steps]

    @property
    def topics(self) -> set[str]:
        with self.intake.database.reading() as connection:
            [item] = shown(connection, [1])
            return {str(topic) for topic in item.topics}


@pytest.fixture
def desk(database: Database, few_topics: Taxonomy, tmp_path: Path) -> Desk:
    return Desk(FolderIngest(database, tmp_path, few_topics))


def test_a_correction_outlives_the_next_look(desk: Desk) -> None:
    """The source's newer word is kept, and shown where nothing was corrected."""
    report = desk.correct({"title": "Officers honoured", "issued": "2026-11-20"})
    assert report.changes["title"] == ("Officers trained", "Officers honoured")
    updated = desk.intake.item().updated_at
    desk.revise(title="Officers trained again", body="The course lasted six days.")
    row = desk.intake.item()
    assert (row.title, row.issued_from) == ("Officers honoured", "editor")
    assert "six days" in row.body
    assert row.updated_at > updated
    assert desk.history.corrected["title"] == ("Officers trained again", "Officers honoured")
    assert desk.steps == [("added", "own"), ("corrected", "Eva"), ("revised", "own")]
    assert desk.history.steps[1].reason == "the mission asked"
    assert desk.history.steps[2].changes["title"] == ("Officers trained", "Officers trained again")
    # Looked at once more, it is as it is.
    assert desk.intake.ingest(now=LATER + timedelta(hours=2)).revised == 0
    assert desk.undo().changes["title"] == ("Officers honoured", "Officers trained again")
    assert desk.history.corrected == {}
    assert desk.undo().changes == {}
    assert desk.intake.item().title == "Officers trained again"


def test_where_nothing_new_is_shown_nobody_is_told_to_look_again(desk: Desk) -> None:
    desk.correct({"title": "Officers honoured"})
    row = desk.intake.item()
    desk.intake.write("1.txt", a_page().replace("Officers trained\n", "Officers schooled\n", 1))
    assert desk.intake.ingest(now=LATER + timedelta(hours=1)).revised == 1
    after = desk.intake.item()
    assert (after.title, after.updated_at) == ("Officers honoured", row.updated_at)
    assert after.revision == row.revision + 1


def test_corrections_do_not_slow_a_source_down(desk: Desk) -> None:
    """Five within a day are the editor's, and no clock on a page."""
    for number in range(6):
        desk.correct({"title": f"Officers honoured {number}"})
    desk.revise(body="The course lasted seven days.")
    assert "seven days" in desk.intake.item().body


def test_topics_are_added_and_taken_away_for_good(desk: Desk) -> None:
    desk.correct({}, added=["field:elections"], removed=["field:policing"])
    assert {"field:elections"} <= desk.topics
    assert "field:policing" not in desk.topics
    desk.revise(fields="Policing")
    assert "field:policing" not in desk.topics
    with desk.intake.database.writing() as connection:
        retag.retag(connection, desk.intake.taxonomy, LATER, everything=True)
    assert {"field:elections"} <= desk.topics
    assert "field:policing" not in desk.topics
    desk.correct({}, removed=["field:elections"])
    assert "field:elections" not in desk.topics
    with pytest.raises(NotEdited, match="it is not filed so"):
        desk.correct({}, removed=["field:human-rights"])


def test_a_statement_is_held_to_what_a_source_may_say(desk: Desk) -> None:
    with pytest.raises(UnknownTopic, match="did you mean field:elections"):
        desk.correct({}, added=["field:election"])
    with pytest.raises(NotEdited, match="must be a language tag"):
        desk.correct({"language": "no language", "title": "x"})
    with pytest.raises(NotEdited, match="/title: must not be empty"):
        desk.correct({"title": " "})
    with pytest.raises(NotEdited, match="say what is to be corrected"):
        desk.correct({})
    assert desk.steps == [("added", "own")]


def test_only_an_editor_brings_back_what_an_editor_withdrew(desk: Desk) -> None:
    with pytest.raises(NotEdited, match="say why"):
        desk.withdraw(by=edit.Editor(who="Eva"))
    desk.withdraw(dry_run=True)
    assert desk.is_shown()
    for _ in ("once", "and again"):
        desk.withdraw()
    assert not desk.is_shown()
    desk.revise()
    desk.intake.write("2.txt", a_page("Officers trained again"))
    assert desk.intake.ingest(now=LATER + timedelta(hours=2)).added == 0
    assert not desk.is_shown()
    assert desk.history.copies == [("own", "2.txt")]
    desk.withdraw(back=True, now=LATER + timedelta(hours=3))
    assert desk.is_shown()
    assert desk.intake.item().title == "Officers trained again"
    assert [deed for deed, _ in desk.steps] == ["added", "withdrawn", "revised", "restored"]


def test_an_editor_brings_back_what_its_source_withdrew(desk: Desk) -> None:
    look = partial(desk.intake.ingest, source=desk.intake.source(complete=True))
    desk.intake.write("2.txt", a_page("Something else", body="Of other words altogether."))
    look(now=LATER)
    (desk.intake.folder / "1.txt").unlink()
    assert look(now=LATER).withdrawn == 1
    desk.withdraw(back=True)
    look(now=LATER + timedelta(hours=2))
    assert desk.is_shown()
    assert [deed for deed, _ in desk.steps] == ["added", "withdrawn", "restored"]


def test_a_copy_is_said_and_an_item_by_itself_once_somebody_says_so(desk: Desk) -> None:
    desk.intake.write("2.txt", a_page().replace("lasted five days", "lasted for five days"))
    report = desk.intake.ingest(now=LATER)
    assert (report.added, report.unchanged, report.copies) == (0, 2, 1)
    [copy] = report.items
    assert (copy.document, copy.slug) == ("2.txt", desk.slug)
    assert copy.reason == "its words are nearly the same"
    assert desk.intake.ingest(now=LATER).items == ()
    apart = partial(edit.set_apart, desk.intake.database, desk.slug, by=BY, now=LATER)
    with pytest.raises(NotEdited, match="no copy of it"):
        apart("1.txt")
    assert apart("2.txt") == "own"
    for added in (1, 0, 0):
        desk.intake.write("1.txt", a_page())
        report = desk.intake.ingest(now=LATER + timedelta(hours=1))
        assert (report.added, report.revised, report.copies) == (added, 0, 0)
    assert len(desk.intake.items()) == 2
    assert desk.history.copies == []
    assert desk.steps[-1] == ("split", "Eva")
    desk.intake.write("2.txt", a_page().replace("lasted five days", "lasted for six days"))
    assert desk.intake.ingest(now=LATER + timedelta(hours=2)).revised == 1


def test_the_team_makes_an_item_of_a_copy_at_once(desk: Desk) -> None:
    desk.intake.write("2.txt", a_page().replace("lasted five days", "lasted for five days"))
    assert desk.intake.ingest(now=LATER).copies == 1
    published = []

    def publish() -> int:
        published.append(desk.slug)
        return 1

    does = ItemDeeds(
        database=desk.intake.database,
        taxonomy=desk.intake.taxonomy,
        ownership=NOBODYS,
        read_again=a_receiver(desk.intake.database, desk.intake.taxonomy).read_again,
        publish=publish,
        hold=timedelta(),
        clock=lambda: LATER,
    )
    assert does.split(desk.slug, BY, "2.txt").said == "2.txt of own is an item by itself."
    assert (len(desk.intake.items()), len(published)) == (2, 1)


def test_what_is_deleted_from_a_folder_stays_and_that_is_told(desk: Desk) -> None:
    desk.intake.write("2.txt", a_page("Something else", body="Of other words altogether."))
    desk.intake.ingest()
    (desk.intake.folder / "1.txt").unlink()
    report = desk.intake.ingest(now=LATER)
    assert (report.absent, report.withdrawn) == (1, 0)
    assert desk.is_shown()
