"""What is said to readers, in every language that has a catalogue: one file a language, read once.

Knows which languages there are, their plurals, and how they write days, months and numbers. Must
never know who is spoken to, or of what.

A file holds whole sentences by name, ``{}`` where something is filled in, and tables of them:
`Catalogue.say` finds what stands in one as "table.name", `Catalogue.count` the form for a number by
its plural category (CLDR). No sentence is put together of parts: languages order them differently.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import escape

from config.values import cased_language_tag, direction, nearest_language

# Babel is loaded where something is said: to know which languages there are takes none of it.
if TYPE_CHECKING:
    from babel import Locale

__all__ = ["Catalogue", "catalogue", "languages", "nearest"]

FOLDER = Path(__file__).parent

#: What is spoken where nobody wrote a catalogue.
_OTHERWISE = "en"
#: The plural categories there are (CLDR).
_PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})
#: Plain "en" would be that of the United States ("November 24, 2026"), while English without a
#: country is mostly read elsewhere.
_LOCALES = {"en": "en-150"}


# There is one object of each (`catalogue`), so that equal is the same; that makes it a cheap key.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalogue:
    """What is said in one language, and how its days and numbers are written.

    ``tag`` is the language the words are in, which is not that of a site without a catalogue;
    ``direction`` that of its script, ``ltr`` or ``rtl`` (HTML, 3.2.6.4).
    """

    tag: str
    direction: str
    said: Mapping[str, str]
    locale: "Locale"

    def say(self, name: str, /, **values: object) -> str:
        """The sentence of that name with ``values`` filled in; Markup where one of them is.

        Raises KeyError: a name that is in no catalogue is a bug.
        """
        text = self.said[name]
        if not values:
            return text
        if any(hasattr(value, "__html__") for value in values.values()):
            return escape(text).format(**values)
        return text.format(**values)

    def count(self, name: str, number: int, /, **values: object) -> str:
        """The form of a sentence for a number, which it fills in as ``count``."""
        from babel.numbers import format_decimal  # noqa: PLC0415

        written = format_decimal(number, locale=self.locale)
        return self.say(f"{name}.{self.locale.plural_form(number)}", count=written, **values)

    def any_of(self, names: Sequence[str]) -> str:
        """``one, two or three``."""
        from babel.lists import format_list  # noqa: PLC0415

        return format_list(names, "or", self.locale)

    def day(self, day: date, pattern: str = "") -> str:
        """``24 November 2026``, or as the pattern of that name has it (CLDR)."""
        from babel.dates import format_date  # noqa: PLC0415

        return format_date(day, self.said[pattern] if pattern else "long", self.locale)

    def month(self, day: date, *, is_alone: bool = True) -> str:
        """``November 2026``, as a heading, or as it is written within a title."""
        from babel.dates import format_skeleton  # noqa: PLC0415

        text = format_skeleton("yMMMM", day, locale=self.locale)
        return text[0].upper() + text[1:] if is_alone else text

    def weekdays(self, numbers: Collection[int]) -> str:
        """``Tuesday``, ``Monday, Tuesday and Friday``, of Monday as 0."""
        from babel.lists import format_list  # noqa: PLC0415

        names: Mapping[int, str] = self.locale.days["stand-alone"]["wide"]
        return format_list([names[number] for number in sorted(numbers)], "standard", self.locale)

    def hour(self, minute: int) -> str:
        """``07:00``, of minutes since midnight."""
        from babel.dates import format_time  # noqa: PLC0415

        return format_time(time(*divmod(minute, 60)), "short", locale=self.locale)

    def language(self, tag: str) -> str:
        """What a language is called within a sentence; the tag itself where nobody knows."""
        return _name(tag, self.locale)

    @staticmethod
    def own_name(tag: str) -> str:
        """What a language calls itself, where it stands alone; the tag where nobody knows."""
        from babel import Locale, UnknownLocaleError  # noqa: PLC0415

        try:
            name = _name(tag, Locale.parse(tag, sep="-"))
        except (UnknownLocaleError, ValueError):
            return tag
        return tag if name == tag else name[0].upper() + name[1:]


def _name(tag: str, locale: "Locale") -> str:
    """What a language is called in another, with its script and region where the tag says them, and
    no others: which ones are likely is no part of its name. The tag where it has none (CLDR).
    """
    language, *others = tag.split("-")
    name: str | None = locale.languages.get(language)
    within = [locale.scripts.get(part) or locale.territories.get(part) for part in others]
    details = ", ".join(filter(None, within))
    return f"{name} ({details})" if name and details else name or tag


@cache
def languages() -> tuple[str, ...]:
    """Every language there is a catalogue of, by its tag (BCP 47), in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def nearest(tag: str) -> str | None:
    """The language with a catalogue that readers of ``tag`` read, which of de-AT is de."""
    return nearest_language(tag, languages())


def incomplete(beside: Path) -> Iterator[str]:
    """What the files of a language lack that the English ones of ours and ``beside`` ours say, each
    with its file; of what is counted, every plural form of the language (CLDR).
    """
    english, ours = catalogue(_OTHERWISE, beside).said, catalogue(_OTHERWISE).said
    for tag in languages():
        if not (beside / f"{tag}.toml").exists():
            yield f"{beside / tag}.toml: there is no such file"
            continue
        words = catalogue(tag, beside)
        forms = {*words.locale.plural_form.tags, "other"}
        for name in english:
            table, _, form = name.rpartition(".")
            is_counted = bool(table) and form in _PLURALS
            for wanted in sorted(f"{table}.{each}" for each in forms) if is_counted else [name]:
                if wanted not in words.said:
                    folder = FOLDER if name in ours else beside
                    yield f"{folder / tag}.toml: says nothing for {wanted}"


@cache
def catalogue(tag: str, *beside: Path) -> Catalogue:
    """What is said to readers of ``tag``: in that language, in the nearest one, else in English.

    Folders ``beside`` ours hold further files, of the same languages.
    """
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415

    near = tag if tag in languages() else nearest(tag)
    file = near or _OTHERWISE
    said: dict[str, str] = {}
    for folder in (FOLDER, *beside):
        written = tomllib.loads((folder / f"{file}.toml").read_text("utf-8"))
        for name, text in written.items():
            forms = {"": text} if isinstance(text, str) else text
            said |= {f"{name}.{form}".rstrip("."): each for form, each in forms.items()}
    spoken = cased_language_tag(tag) if near else file
    try:
        locale = Locale.parse(_LOCALES.get(spoken, spoken), sep="-")
    except (UnknownLocaleError, ValueError):
        # A region or a variant that nobody knows.
        locale = Locale.parse(_LOCALES.get(file, file), sep="-")
    return Catalogue(tag=spoken, direction=direction(spoken), said=said, locale=locale)
