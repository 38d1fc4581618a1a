"""What is said to readers as gettext's files, for translators who have their own tools.

Run it with ``python -m tests.po write FOLDER [LANGUAGE ...]``, which writes a file a language, of a
new one too, and ``python -m tests.po read FILE ...``, which puts what they hold into the
catalogues. Knows PO files and the layout of a catalogue. Must never lose a comment of one.
"""

import io
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter

from babel import Locale
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

import feeds.catalogue
import notifier.catalogue

#: The rooms that have a catalogue, by what the context of a message begins with.
ROOMS = {"feeds": feeds.catalogue.FOLDER, "notifier": notifier.catalogue.FOLDER}
PLURALS = ("zero", "one", "two", "few", "many", "other")
#: As far as forms differ for whole numbers in any of the languages.
_NUMBERS = (*range(200), 1_000_000)
_SAID = re.compile(r"(\w+) = \".*\"")
_NOTHING_SAID = re.compile(
    rb'"(?:POT-Creation-Date|PO-Revision-Date|Project-Id-Version|Report-Msgid-Bugs-To|'
    rb"Last-Translator|Language-Team): .*\n"
)
_TABLE = re.compile(r"\[(\w+)\]")


def said(room: str, language: str) -> Mapping[str, str]:
    """The sentences of a catalogue by their names; none where there is no such file."""
    file = ROOMS[room] / f"{language}.toml"
    tables = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    return {
        f"{name}.{form}".rstrip("."): text
        for name, forms in tables.items()
        for form, text in ({"": forms} if isinstance(forms, str) else forms).items()
    }


def wanted(room: str, language: str) -> Mapping[str, str]:
    """What a catalogue has to say: each name with the English sentence, plurals by its forms."""
    english = said(room, "en")
    forms = [
        each for each in PLURALS if each in {*Locale.parse(language).plural_form.tags, "other"}
    ]
    found: dict[str, str] = {}
    for name, text in english.items():
        table, _, form = name.rpartition(".")
        if form not in PLURALS or f"{table}.other" not in english:
            found[name] = text
        elif form == "other":
            found |= {f"{table}.{each}": english.get(f"{table}.{each}", text) for each in forms}
    return found


def written(language: str) -> bytes:
    """The PO file of a language: each sentence by its name, which is the context of a message."""
    locale = Locale.parse(language)
    comment = f"# What Fieldfare says to readers in {locale.english_name}."
    catalog = Catalog(locale=locale, fuzzy=False, header_comment=comment)
    for room in ROOMS:
        own = said(room, language)
        for name, english in wanted(room, language).items():
            catalog.add(
                english,
                own.get(name, ""),
                context=f"{room}.{name}",
                auto_comments=[*_hint(name, language)],
                flags=["python-brace-format"] if "{" in english else [],
            )
    file = io.BytesIO()
    write_po(file, catalog, width=0)
    # The same bytes whenever it is written, and nothing that says nothing.
    return _NOTHING_SAID.sub(b"", file.getvalue())


def _hint(name: str, language: str) -> Iterator[str]:
    form = name.rpartition(".")[2]
    if form in PLURALS:
        rule = Locale.parse(language).plural_form
        numbers = [str(number) for number in _NUMBERS if rule(number) == form]
        yield f"for numbers such as {', '.join(numbers[:5]) or '1.5'}"


def put_back(file: bytes) -> Mapping[Path, str]:
    """The catalogues with what a PO file holds, by their places; what it does not hold, or is not
    sure of, is as it was, or missing. Raises ValueError where a sentence lacks what is filled in.
    """
    catalog = read_po(io.BytesIO(file))
    language = str(catalog.locale).replace("_", "-")
    found = {
        message.context: str(message.string)
        for message in catalog
        if message.context and message.string and not message.fuzzy
    }
    made: dict[Path, str] = {}
    for room, folder in ROOMS.items():
        names = wanted(room, language)
        own = {
            name: found.get(f"{room}.{name}", text) for name, text in said(room, language).items()
        }
        own |= {name: found[f"{room}.{name}"] for name in names if f"{room}.{name}" in found}
        for name, text in own.items():
            if filled(text) != filled(names[name]):
                raise ValueError(
                    f"{room}.{name}: {text!r} must fill in {sorted(filled(names[name]))}"
                )
        made[folder / f"{language}.toml"] = _laid_out(room, language, own)
    return made


def filled(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _laid_out(room: str, language: str, own: Mapping[str, str]) -> str:
    """The file of a catalogue, laid out as it was; that of a new one as the English is."""
    folder = ROOMS[room]
    here = folder / f"{language}.toml"
    text = (here if here.exists() else folder / "en.toml").read_text("utf-8")
    if not here.exists():
        text = text.replace("in English", f"in {Locale.parse(language).english_name}", 1)
    lines, table = [], ""
    for line in text.splitlines():
        if found := _TABLE.fullmatch(line):
            table = f"{found[1]}."
        if not (found := _SAID.fullmatch(line)):
            lines.append(line)
        elif found[1] in PLURALS:
            # All forms stand where the last one does.
            if found[1] == "other":
                lines += [
                    f"{form} = {json.dumps(own[f'{table}{form}'], ensure_ascii=False)}"
                    for form in PLURALS
                    if f"{table}{form}" in own
                ]
        elif (name := f"{table}{found[1]}") in own:
            lines.append(f"{found[1]} = {json.dumps(own[name], ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def main(task: str, *arguments: str) -> int:
    if task == "write":
        folder, *tags = arguments
        Path(folder).mkdir(parents=True, exist_ok=True)
        for language in tags or feeds.catalogue.languages():
            file = Path(folder) / f"{language}.po"
            file.write_bytes(written(language))
            print(file)
        return 0
    for argument in arguments:
        for path, text in put_back(Path(argument).read_bytes()).items():
            path.write_text(text, encoding="utf-8")
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
