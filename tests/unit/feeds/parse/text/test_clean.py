"""What stands around and between the paragraphs of an article, told by its lines."""

import pytest

from feeds.parse.text import clean
from feeds.taxonomy import Taxonomy

TEXT = (
    "The ferry between the two towns is to run at night as well, the harbour office said on Friday "
    "evening, for the first time since the old bridge was closed for repairs in March."
)
MORE = TEXT.replace("ferry", "bus"), TEXT.replace("ferry", "tram")


@pytest.mark.parametrize(
    "line",
    [
        "By Anna Example", "BY ANNA EXAMPLE and JON SAMPLE - AP Writers", "Von Anna Beispiel",
        "Par: Jeanne Exemple", "Text Size", "Drucken", "Lire aussi :", "(Credit: Anna Example/CN)",
        "Foto: Anna Beispiel", "Fot. example/stock", "Loading...",
    ],
)  # fmt: skip
def test_lines_of_buttons_writers_and_pictures_go(osce: Taxonomy, line: str) -> None:
    assert clean.paragraphs([line, TEXT], "T", osce) == (TEXT,)


@pytest.mark.parametrize(
    "line",
    [
        "By Friday all was over.", "By the way", "Byron Smith Jones", "Foto distrutta",
        "Von der Fähre", "Di nuovo insieme",
        "Photo: a word of Greek origin, meaning light.", "Printing is an art", "Comments are free",
    ],
)  # fmt: skip
def test_lines_that_are_like_them_stay(osce: Taxonomy, line: str) -> None:
    assert clean.paragraphs([line, TEXT], "T", osce) == (line, TEXT)


@pytest.mark.parametrize(
    "label", ["Comments", "Comments (12)", "3 Kommentare", "Leave a comment", "КОМЕНТАРИ:"]
)
def test_an_article_ends_where_its_readers_begin(osce: Taxonomy, label: str) -> None:
    lines = [label, TEXT, *MORE, label, "At last!", "No."]
    assert clean.paragraphs(lines, "T", osce)[-1] == MORE[-1]
