"""Translators get gettext's files, and what they write comes back into the catalogues."""

import shutil
import tomllib
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

from feeds.catalogue import languages
from tests import po
from tests.po import ROOMS, main, put_back, said, wanted, written


@pytest.mark.parametrize("language", languages())
def test_what_is_not_changed_comes_back_to_the_letter(language: str) -> None:
    for path, text in put_back(written(language)).items():
        assert text == path.read_text("utf-8")


def test_a_message_has_its_name_its_english_and_its_form() -> None:
    catalog = read_po(BytesIO(written("ru")))
    few = catalog.get("{count} new items: {topics}", context="notifier.subject.few")
    assert few
    assert few.string == "{count} новых материала: {topics}"
    assert few.auto_comments == ["for numbers such as 2, 3, 4, 22, 23"]
    assert "python-brace-format" in few.flags
    one = catalog.get("{count} new item: {topics}", context="notifier.subject.one")
    assert one
    assert one.auto_comments == ["for numbers such as 1, 21, 31, 41, 51"]


def test_what_a_translator_changed_is_said() -> None:
    file = written("de").replace(b"Abbestellen", b"Abmelden")
    [text] = [text for path, text in put_back(file).items() if path.parent == ROOMS["notifier"]]
    assert tomllib.loads(text)["leave_now"] == "Abmelden"
    assert text.startswith("# What mails and private pages say in German.")


def test_what_nobody_is_sure_of_stays_as_it_was() -> None:
    file = written("de").replace(
        b'msgctxt "notifier.leave_now"', b'#, fuzzy\nmsgctxt "notifier.leave_now"'
    )
    file = file.replace(b"Abbestellen", b"Abmelden")
    [text] = [text for path, text in put_back(file).items() if path.parent == ROOMS["notifier"]]
    assert tomllib.loads(text)["leave_now"] == "Abbestellen"


def test_a_sentence_that_lacks_what_is_filled_in_is_refused() -> None:
    file = written("de").replace(b"Auch unter {topics}", b"Auch unter {topic}")
    assert file != written("de")
    with pytest.raises(ValueError, match=r"notifier\.also_in: .*\['topics'\]"):
        put_back(file)


def test_a_new_language_has_the_forms_that_it_needs() -> None:
    catalog = read_po(BytesIO(written("pl")), locale="pl")
    assert {message.context for message in catalog if message.id} == {
        f"{room}.{name}" for room in ROOMS for name in wanted(room, "pl")
    }
    for message in catalog:
        if message.id:
            message.string = str(message.id)
    made = put_back(_po(catalog))
    for room, folder in ROOMS.items():
        tables = tomllib.loads(made[folder / "pl.toml"])
        assert "Polish" in made[folder / "pl.toml"].partition("\n")[0]
        if room == "notifier":
            assert list(tables["more"]) == ["one", "few", "many", "other"]
        assert set(said(room, "en")) - {name for name in said(room, "en") if "." in name} <= set(
            tables
        )


def _po(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalog)
    return file.getvalue()


def test_files_are_written_and_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = {room: Path(shutil.copytree(folder, tmp_path / room)) for room, folder in ROOMS.items()}
    monkeypatch.setattr(po, "ROOMS", rooms)
    main("write", str(tmp_path / "po"))
    assert {file.stem for file in (tmp_path / "po").iterdir()} == {*languages()}
    file = tmp_path / "po" / "fr.po"
    file.write_bytes(file.read_bytes().replace(b"Se d\xc3\xa9sabonner", b"Partir"))
    assert main("read", str(file)) == 0
    assert str(rooms["notifier"] / "fr.toml") in capsys.readouterr().out
    assert said("notifier", "fr")["leave_now"] == "Partir"
