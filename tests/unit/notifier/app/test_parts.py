"""What settings mean to the parts of the house."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.settings import Settings, SettingsError, load
from feeds.errors import TaxonomyError
from feeds.selection import Selection
from feeds.taxonomy import Taxonomy
from notifier.app import parts


def settings_with(folder: Path, *queries: str) -> Settings:
    tables = (
        f'[[selections]]\nname = "number-{number}"\nquery = "{query}"\n'
        for number, query in enumerate(queries)
    )
    file = folder / "fieldfare.toml"
    file.write_text("".join(tables))
    return load(file, {})


def test_a_saved_selection_is_what_its_query_asks_for(tmp_path: Path, osce: Taxonomy) -> None:
    settings = settings_with(tmp_path, "q=Border&field=policing")
    [saved] = parts.selections(settings, osce)
    assert (saved.name, saved.title) == ("number-0", "")
    assert saved.selection == Selection.parse("field=policing&q=border")


def test_the_names_it_had_stay_in_their_order(tmp_path: Path, osce: Taxonomy) -> None:
    file = tmp_path / "fieldfare.toml"
    text = '[[selections]]\nname = "now"\nquery = "q=a"\nformer_names = " one  two "\n'
    file.write_text(text)
    [saved] = parts.selections(load(file, {}), osce)
    assert (saved.name, saved.first_name, saved.former_names) == ("now", "one", ("one", "two"))


def test_one_that_asks_for_a_topic_that_is_no_more_stops_no_other(
    tmp_path: Path, osce: Taxonomy
) -> None:
    settings = settings_with(tmp_path, "field=astrography&q=police", "field=policing")
    with capture_logs() as told:
        [saved] = parts.selections(settings, osce)
    assert saved.name == "number-1"
    [warning] = told
    assert (warning["log_level"], warning["selection"]) == ("warning", "number-0")
    assert "field:astrography" in warning["problem"]


def test_every_query_that_is_none_is_told(tmp_path: Path, osce: Taxonomy) -> None:
    settings = settings_with(tmp_path, "fields=policing", "q=a&q=b")
    with pytest.raises(SettingsError) as caught:
        parts.selections(settings, osce)
    assert [fault.partition(": ")[0] for fault in caught.value.faults] == [
        "[[selections]] number-0",
        "[[selections]] number-1",
    ]


def test_a_fault_of_a_taxonomy_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[[field]]\nslug = "policing"\n')
    file = tmp_path / "fieldfare.toml"
    file.write_text('[site]\ntaxonomy = "own.toml"\n')
    with pytest.raises(TaxonomyError) as caught:
        parts.taxonomy(load(file, {}))
    assert str(caught.value).startswith(f"{tmp_path / 'own.toml'}:1: field entry 1")
