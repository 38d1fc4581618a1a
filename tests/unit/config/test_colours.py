"""Whether colours can be told from what they stand on, and that an operator's can."""

import re
from pathlib import Path

import pytest

from config.colours import GROUNDS, INKS, contrast, ink_on, least_contrast
from config.settings import SettingsError, load
from feeds.publish.look import STYLE


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#ffffff", "#777777", 4.48),
        ("#1d2229", "#fbf9f5", 15.2),
        ("#8a4320", "#8a4320", 1.0),
    ],
)
def test_the_ratio_of_two_colours_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.05)


@pytest.mark.parametrize(
    ("ground", "ink"),
    [("#000000", "#ffffff"), ("#3F5266", "#ffffff"), ("#a9b8c8", "#12161b"), ("#ffd24d", INKS[1])],
)
def test_words_are_white_or_black_as_they_are_read_better(ground: str, ink: str) -> None:
    assert ink_on(ground) == ink


def test_a_colour_is_judged_on_the_ground_it_is_worst_on() -> None:
    assert least_contrast("#8a4320", "light") == contrast("#8a4320", GROUNDS["light"][0])


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    rules = STYLE.read_text("utf-8")
    found = [re.findall(rf"--{name}: (#\w+);", rules) for name in ("page", "card")]
    assert list(zip(*found, strict=True)) == [GROUNDS["light"], GROUNDS["dark"]]


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("LINK", "#aaaaaa", "must stand out from the light pages (#fbf9f5 and #ffffff) by 4.5"),
        ("LINK", "#aaaaaa", "it does by 2.2"),
        ("LINK_DARK", "#003366", "must stand out from the dark pages (#12161b and #1b2128)"),
        ("HEAD", "#7c7c7c", "words on it, white or black,"),
        ("HEAD_DARK", "#7c7c7c", "words on it, white or black,"),
        ("LINK", "red", "a colour such as #8a4320, or empty"),
        ("LOGO", "arms.gif", "the path of an .svg or .png file, or empty"),
        ("LOGO", "none.svg", "the path of an .svg or .png file, or empty"),
        ("TEMPLATES", "nowhere", "must be the path of a folder that is there, or empty"),
        ("IMPRINT", "javascript:alert(1)", "an http or https address"),
    ],
)
def test_what_some_readers_could_not_read_is_refused(option: str, value: str, told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(None, {f"FIELDFARE_LOOK__{option}": value})
    (fault,) = raised.value.faults
    assert f"FIELDFARE_LOOK__{option}" in fault
    assert told in fault


def test_what_all_can_read_is_taken(tmp_path: Path) -> None:
    logo = tmp_path / "arms.PNG"
    logo.write_bytes(b"")
    given = {"LINK": "#005EA5", "HEAD": "#003366", "LOGO": str(logo), "TEMPLATES": str(tmp_path)}
    look = load(None, {f"FIELDFARE_LOOK__{name}": value for name, value in given.items()}).look
    assert (look.link, look.head, look.logo, look.templates) == (
        *("#005EA5", "#003366"),
        logo,
        tmp_path,
    )
