"""Pages, feeds and mails speak six languages, each whole, and every word of theirs is in a file."""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel import Locale
from jinja2 import Environment, nodes
from lxml import html
from markupsafe import Markup

import feeds.catalogue
import notifier.catalogue
from feeds.catalogue import catalogue, incomplete, languages, nearest
from notifier.errors import UnknownLanguage
from tests.digests import a_digest, rendered

ROOT = Path(__file__).parents[3]
FOLDERS = (feeds.catalogue.FOLDER, notifier.catalogue.FOLDER)
TEMPLATES = sorted(
    path
    for side in ("feeds", "notifier")
    for path in (ROOT / side).rglob("templates/*")
    # The team's are in the words of commands and of the log.
    if path.suffix in {".html", ".txt"} and "admin" not in path.relative_to(ROOT).parts
)
PLURALS = {"zero", "one", "two", "few", "many", "other"}

#: Of pages that are not there yet; each leaves this list when it is said.
TO_COME = frozenset[str]()

#: Names of formats are the same everywhere.
NAMES = {"Atom"}
#: The attributes that a reader sees or hears (HTML, "translatable attributes").
SPOKEN = ("abbr", "alt", "aria-description", "aria-label", "label", "placeholder", "title")
#: What a page says of itself to others.
TOLD = {"description", "og:description", "og:image:alt", "og:site_name", "og:title"}


@cache
def written(folder: Path, language: str) -> dict[str, Any]:
    return tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))


def sentences(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, said in table.items():
        if isinstance(said, str):
            yield above + name, said
        else:
            yield from sentences(said, f"{above}{name}.")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@cache
def counted(folder: Path) -> dict[str, set[str]]:
    """The sentences that are about a number, with what is filled in."""
    tables = written(folder, "en").items()
    return {
        name: placeholders(forms["other"])
        for name, forms in tables
        if isinstance(forms, dict) and set(forms) <= PLURALS
    }


def test_both_sides_speak_the_same_languages() -> None:
    assert languages() == ("de", "en", "es", "fr", "it", "ru")
    for folder in FOLDERS:
        assert {path.stem for path in folder.glob("*.toml")} == set(languages())


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("folder", FOLDERS, ids=["feeds", "notifier"])
def test_a_catalogue_holds_every_sentence_with_what_is_filled_in(
    folder: Path, language: str
) -> None:
    forms = {*Locale.parse(language).plural_form.tags, "other"}
    wanted = {
        name: placeholders(text)
        for name, text in sentences(written(folder, "en"))
        if name.rpartition(".")[0] not in counted(folder)
    }
    for name, filled in counted(folder).items():
        wanted |= {f"{name}.{form}": filled for form in forms}
    said = dict(sentences(written(folder, language)))
    assert {name: placeholders(text) for name, text in said.items()} == wanted
    assert [name for name, text in said.items() if not text or text != text.strip()] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=["feeds", "notifier"])
def test_no_sentence_is_left_in_english(folder: Path) -> None:
    english = dict(sentences(written(folder, "en")))
    for language in set(languages()) - {"en"}:
        said = dict(sentences(written(folder, language)))
        same = {name for name, text in said.items() if english.get(name) == text}
        assert {name for name in same if re.search("[a-z]{2}", english[name])} <= {
            "day_of_week",
            "filed_under",
            # The same word.
            "embedded.audio",
            "embedded.video",
            "formats",
            # No word at all.
            "moment",
        }, language


@pytest.mark.parametrize("folder", FOLDERS, ids=["feeds", "notifier"])
def test_italian_speaks_to_its_reader_in_one_way(folder: Path) -> None:
    """As the guidelines of Italy's public services ask (tu): not in both ways on one page."""
    said = dict(sentences(written(folder, "it")))
    polite = r"\b([Ll]ei|esserle|[Rr]iprovi|[Ss]celga|[Cc]opi|[Pp]rovi|usi|La sua)\b"
    assert {name for name, text in said.items() if re.search(polite, text)} == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=["feeds", "notifier"])
def test_quotation_marks_and_apostrophes_are_those_of_print(folder: Path) -> None:
    """A pattern of a date quotes its letters."""
    for language in languages():
        said = dict(sentences(written(folder, language)))
        straight = {name for name, text in said.items() if re.search("[\"'`]", text)}
        assert straight <= {"day_of_week"}, language
        if language == "fr":
            loose = {
                name for name, text in said.items() if re.search("« | »|[^\\W\\d] ?[:;?!]$", text)
            }
            assert loose == set()


# -- What is used ----------------------------------------------------------------------------------


@cache
def mentioned() -> frozenset[str]:
    """Every text that stands in code or in the code of a template."""
    found: set[str] = set()
    for side in ("feeds", "notifier"):
        for path in (ROOT / side).rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            found |= {
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
    for path in TEMPLATES:
        found |= set(constants(path))
    return frozenset(found)


def constants(path: Path) -> Iterator[str]:
    """The texts in the code of a template."""
    for node in Environment().parse(path.read_text("utf-8")).find_all(nodes.Const):
        if isinstance(node.value, str):
            yield node.value


@pytest.mark.one_python
@pytest.mark.parametrize("folder", FOLDERS, ids=["feeds", "notifier"])
def test_every_sentence_is_said_somewhere(folder: Path) -> None:
    """By its name, by that of its table, or by what a name that is put together begins with."""
    begun = tuple(text for text in mentioned() if re.fullmatch("[a-z][a-z_]*[._]", text))
    silent = {
        name
        for name, _ in sentences(written(folder, "en"))
        if not (mentioned() | TO_COME) & {name, name.partition(".")[0]}
        and not name.startswith(begun)
    }
    assert silent == set()


def literal(path: Path) -> Iterator[str]:
    """What a template says itself: words in its text, in what is read aloud, and in its code."""
    source = path.read_text("utf-8")
    tokens = Environment().lex(source)
    data = "".join(text if kind == "data" else "" for _, kind, text in tokens)
    # A macro may be a piece of a tag.
    data = re.sub(r' (?:dir|lang|aria-[a-z]+)="(?:true|-fault)?"', "", data)
    if path.suffix == ".html":
        page = html.document_fromstring(f"<html>{data}</html>")
        for element in page.iter("*"):
            if element.tag not in {"style", "script"}:
                yield from filter(None, (element.text, element.tail))
            yield from (element.get(each) or "" for each in SPOKEN)
            if (element.get("name") or element.get("property")) in TOLD:
                yield element.get("content") or ""
    else:
        yield data
    # A name of a template, a sentence, an attribute or a class is no word for readers.
    yield from (text for text in constants(path) if not re.fullmatch(r" ?[a-z_.:-]*|[A-Z]", text))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_holds_a_word(path: Path) -> None:
    words = {text.strip() for text in literal(path) if re.search(r"[^\W\d_]", text)}
    assert words - NAMES == set()


# -- What is said ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "near"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE-at", "de"),
        ("de-CH-1996", "de"),
        ("es-419", "es"),
        ("ru-Latn", None),
        ("nl", None),
        ("sr-Latn", None),
        ("pt-BR", None),
        ("no language", None),
    ],
)
def test_the_nearest_language_is_one_that_its_readers_read(tag: str, near: str | None) -> None:
    assert nearest(tag) == near


@pytest.mark.parametrize(
    ("tag", "speaks", "latest"),
    [
        ("de-AT", "de-AT", "Neueste Meldungen"),
        ("nl", "en", "Latest"),
        ("sr-Latn", "en", "Latest"),
        ("de-AX", "de-AX", "Neueste Meldungen"),
        ("de-1996", "de-1996", "Neueste Meldungen"),
        ("ru", "ru", "Последние материалы"),
    ],
)
def test_what_is_said_is_in_the_language_it_says_it_is_in(
    tag: str, speaks: str, latest: str
) -> None:
    words = catalogue(tag)
    assert (words.tag, words.say("latest")) == (speaks, latest)
    assert catalogue(tag) is words


def test_a_reader_of_mails_never_gets_another_language_than_the_one_they_chose() -> None:
    with pytest.raises(UnknownLanguage, match=r"pt.*de, en, es, fr, it, ru") as refused:
        rendered(a_digest(), "pt")
    assert (refused.value.language, refused.value.known) == ("pt", languages())


def test_what_no_catalogue_holds_is_an_error() -> None:
    with pytest.raises(KeyError, match="no_such_sentence"):
        catalogue("en").say("no_such_sentence")


def test_markup_is_filled_in_as_it_is_and_text_as_text() -> None:
    words = catalogue("en")
    assert words.say("part_of", feed="<b>") == "Part of <b>"
    said = words.say("closed_feed", title=Markup("<b>1</b>"))
    assert isinstance(said, Markup)
    assert said == "<b>1</b> (closed)"
    assert words.say("holds_field.of", organisation="A & B", topic=Markup("<i>x</i>")) == (
        "A &amp; B news on <i>x</i>, newest first."
    )


@pytest.mark.parametrize(
    ("language", "title", "day", "month", "hour"),
    [
        (
            "en",
            "Your daily digest, Tuesday 24 November",
            "24 November 2026",
            "November 2026",
            "07:00",
        ),
        (
            "de",
            "Ihr täglicher Überblick, Dienstag, 24. November",
            "24. November 2026",
            "November 2026",
            "07:00",
        ),
        (
            "fr",
            "Votre bulletin quotidien, mardi 24 novembre",
            "24 novembre 2026",
            "Novembre 2026",
            "07:00",
        ),
        (
            "es",
            "Su resumen diario, martes 24 de noviembre",
            "24 de noviembre de 2026",
            "Noviembre de 2026",
            "7:00",
        ),
        (
            "it",
            "La tua rassegna quotidiana, martedì 24 novembre",
            "24 novembre 2026",
            "Novembre 2026",
            "07:00",
        ),
        (
            "ru",
            "Ваш ежедневный обзор, вторник, 24 ноября",
            "24 ноября 2026\u202fг.",
            "Ноябрь 2026\u202fг.",
            "07:00",
        ),
    ],
)
def test_dates_are_written_as_people_write_them(
    language: str, title: str, day: str, month: str, hour: str
) -> None:
    words, when = catalogue(language, notifier.catalogue.FOLDER), date(2026, 11, 24)
    assert words.say("digest.daily", day=words.day(when, "day_of_week")) == title
    assert (words.day(when), words.month(when), words.hour(7 * 60)) == (day, month, hour)
    within = month if language in {"en", "de"} else month[0].lower() + month[1:]
    assert words.month(when, is_alone=False) == within


def test_counts_are_written_as_the_language_groups_and_inflects_them() -> None:
    assert catalogue("de").count("items", 12_345) == "12.345 Meldungen"
    said = [catalogue("ru").count("items", number) for number in (1, 3, 5, 21)]
    assert said == ["1 материал", "3 материала", "5 материалов", "21 материал"]


@pytest.mark.parametrize(
    ("language", "tag", "name"),
    [
        ("de", "fr", "Französisch"),
        ("ru", "en-GB", "английский (Великобритания)"),
        ("en", "sr-Latn", "Serbian (Latin)"),
        ("en", "zh-Hant-TW", "Chinese (Traditional, Taiwan)"),
        # Nothing is added that is only likely.
        ("en", "he", "Hebrew"),
        ("en", "cnr", "cnr"),
        ("en", "qaa-x", "qaa-x"),
    ],
)
def test_a_language_has_a_name_in_each_other(language: str, tag: str, name: str) -> None:
    assert catalogue(language).language(tag) == name


def test_days_of_the_week_are_numbered_from_monday() -> None:
    assert catalogue("de").weekdays({6, 0, 2}) == "Montag, Mittwoch und Sonntag"


@pytest.mark.parametrize(
    ("tag", "name"),
    [("fr", "Français"), ("ru", "Русский"), ("cnr", "cnr"), ("qaa", "qaa"), ("e", "e")],
)
def test_a_language_calls_itself_so(tag: str, name: str) -> None:
    assert catalogue("en").own_name(tag) == name


def test_the_scripts_of_all_run_from_the_left() -> None:
    assert {catalogue(tag).direction for tag in languages()} == {"ltr"}


def test_what_a_language_lacks_is_told_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever adds a language learns it at the start, not at the first page that needs it."""
    assert [*incomplete(FOLDERS[1])] == []
    ours, beside = tmp_path / "ours", tmp_path / "beside"
    for folder in (ours, beside):
        folder.mkdir()
        (folder / "en.toml").write_text('a = "A"\n[items]\none = "{count} item"\nother = "items"\n')
    (beside / "en.toml").write_text('b = "B"\n[table]\nother_key = "C"\n')
    (ours / "pl.toml").write_text('a = "A"\n[items]\none = "{count}"\nmany = "{count}"\n')
    (beside / "pl.toml").write_text('[table]\nother_key = "C"\n')
    (ours / "de.toml").write_text('a = "A"\n[items]\none = "1"\nother = "2"\n')
    monkeypatch.setattr("feeds.catalogue.FOLDER", ours)
    for each in (languages, catalogue):
        each.cache_clear()
    try:
        assert sorted({*incomplete(beside)}) == [
            f"{beside}/de.toml: there is no such file",
            f"{beside}/pl.toml: says nothing for b",
            f"{ours}/pl.toml: says nothing for items.few",
            f"{ours}/pl.toml: says nothing for items.other",
        ]
    finally:
        for each in (languages, catalogue):
            each.cache_clear()
