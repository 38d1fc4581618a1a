"""The words of languages, and how a phrase is written."""

import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from feeds.parse import words
from feeds.parse.words import any_phrase, languages, listed, openings, pattern, plain, starts

HOUSE = Path(__file__).parents[4]

#: A language nobody listed: its months by CLDR, what CLDR lacks, and words.
WELSH = """
reporting = ["dywedodd", "croesawodd"]
days = ["heddiw"]
contacts = ["rhagor o wybodaeth ..."]

[months]
cldr = ["cy"]
8 = ["aw"]
"""
DOCUMENT = """Cwrs i'r heddlu

Caerdydd, 3 Awst 2019 – Cwblhaodd deuddeg swyddog gwrs heddiw, dywedodd y genhadaeth.

Croesawodd y llysgennad y llwyddiant hwn a diolch i bawb a weithiodd ar y cwrs am eu cyfraniad.

Rhagor o wybodaeth gan Siôn.
"""
CODE = f"""
import sys
from pathlib import Path
from feeds.parse import words
words.FOLDER = Path(sys.argv[1])
from feeds.draft import Document
from feeds.parse import understand
from feeds.taxonomy import Taxonomy
body = {DOCUMENT!r}.encode()
document = Document(source="", name="", body=body)
[draft] = understand(document, Taxonomy.from_toml("")).drafts
print(draft.issued.day, len(draft.paragraphs), draft.dateline)
"""


def matches(phrase: str, text: str) -> bool:
    return re.fullmatch(any_phrase([phrase]), text) is not None


@pytest.mark.parametrize(
    ("phrase", "texts", "others"),
    [
        ("read more", ["read more"], ["read", "read more of it"]),
        ("[please ]log[ ]in", ["log in", "login", "please login"], ["please", "log  in"]),
        ("(one|another) word", ["one word", "another word"], ["word", "oneanother word"]),
        ("stem*", ["stem", "stems", "stemmed"], ["stem of", "ste"]),
        ("stem+", ["stems"], ["stem"]),
        ("what is ...", ["what is", "what is it", "what is: this"], ["what isnt", "what"]),
        ("sorry...", ["sorry", "sorrys", "sorry for it"], ["so"]),
        ("... policy", ["policy", "the policy", "a b policy"], ["policy on", "metapolicy"]),
        ("for ... call ...", ["for help call us", "for it call"], [f"for {'x' * 60} call us"]),
        ("# of #", ["1 of 12"], ["one of 12"]),
        ("blog \\| it", ["blog | it"], ["blog ", " it"]),
        ("c. d", ["c. d"], ["cx d"]),
    ],
)
def test_a_phrase_is_written_as_people_write(
    phrase: str, texts: list[str], others: list[str]
) -> None:
    """With a few marks for what may be left out or stand there."""
    assert [text for text in texts if not matches(phrase, text)] == []
    assert [text for text in others if matches(phrase, text)] == []


def test_no_phrase_matches_nothing() -> None:
    """Not even the empty text."""
    assert re.fullmatch(any_phrase([]), "") is None


def test_words_are_compared_as_asked() -> None:
    """Folded, or as they are spelled."""
    assert pattern("published").fullmatch("veroffentlicht am")
    assert "fünf" not in plain("days")
    assert {"mércores", "miércoles"} & plain("days", str) == {"miércoles"}
    assert "miercoles" in plain("days")


def test_choices_are_made_for_words_and_beginnings() -> None:
    """All of them."""
    assert {"contact", "contacts", "media", "fur", "за"} <= openings("contacts")
    assert {"ne", "ol", "ав", "сл"} & starts("next", 2) == {"ne", "ol", "сл"}


def test_every_file_says_what_code_asks_for() -> None:
    """A name that nobody asks for is a slip of the pen."""
    asked = "".join(path.read_text("utf-8") for path in (HOUSE / "feeds" / "parse").rglob("*.py"))
    tables = {"facets", "months", "solar_months", "titles", "lines"}
    own = {"languages", "alike", "scripts", "own", *tables}
    names = {name for language in languages() for name in language.written} - own
    assert {name for name in names if not re.search(rf"[\"']{name}[\"']", asked)} == set()
    assert all(listed(name) for name in names)


def test_every_pattern_can_be_made() -> None:
    """Of every list there is."""
    for name in {name for language in languages() for name in language.written}:
        if isinstance(next(iter(listed(name)), None), str):
            assert not pattern(name).fullmatch("\0")


def test_brackets_that_are_meant_are_written_as_they_are() -> None:
    assert "[EMAIL PROTECTED]" in plain("noise", str.upper)


@pytest.mark.one_python
def test_a_new_language_is_one_new_file(tmp_path: Path) -> None:
    """Nothing else: its months are known, its reports are told and its contacts go."""
    folder = copytree(words.FOLDER, tmp_path / "words", ignore=lambda _, names: {"__pycache__"})
    command = [sys.executable, "-c", CODE, str(folder)]
    before = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    (folder / "cy.toml").write_text(WELSH, "utf-8")
    after = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=True)
    assert "2019-08-03" not in before.stdout
    assert after.stdout.split(maxsplit=2) == ["2019-08-03", "2", "Caerdydd, 3 Awst 2019\n"]
