"""What a mail says, in every language there are texts for, with plurals and dates as it has them.

Knows languages, plural rules and how a date is written. Must never know which items a mail holds,
or fall back to another language unasked.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from feeds.model import Issued, IssuedFrom
from notifier.errors import UnknownLanguage

# Babel is loaded where it writes something: to know which languages there are takes none of it.
if TYPE_CHECKING:
    from babel import Locale

_FOLDER = files("notifier.digest") / "templates" / "texts"
_ENDING = ".toml"

Forms = Mapping[str, str]


# There is one object a language (`texts_in`), so that equal is the same; that makes it a cheap key.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """One language's file: sentences, ``{}`` where something is filled in; forms by CLDR plural
    category; dates as CLDR patterns.
    """

    language: str
    day_pattern: str
    date_pattern: str
    date_in_text: str
    date_unknown: str
    also_in: str
    view: str
    why: str
    change_by_reply: str
    change_by_mail: str
    unsubscribe: str
    feeds: str
    title: Forms
    subject: Forms
    items: Forms
    more: Forms

    def counted(self, forms: Forms, count: int, **words: str) -> str:
        """The plural form for ``count``, with the count and ``words`` filled in."""
        from babel.numbers import format_decimal  # noqa: PLC0415

        locale = _locale(self.language)
        number = format_decimal(count, locale=locale)
        return forms[locale.plural_form(count)].format(count=number, **words)

    def weekday(self, day: date) -> str:
        """``Tuesday 24 November``."""
        return self._date(day, self.day_pattern)

    def issued(self, issued: Issued | None) -> str:
        """``24 November 2026``, or that nobody stated it; evidence is told from a statement."""
        if issued is None:
            return self.date_unknown
        day = self._date(issued.day, self.date_pattern)
        is_evidence = issued.origin is IssuedFrom.DATELINE
        return self.date_in_text.format(date=day) if is_evidence else day

    def _date(self, day: date, pattern: str) -> str:
        from babel.dates import format_date  # noqa: PLC0415

        return format_date(day, pattern, locale=_locale(self.language))


@cache
def texts_in(language: str) -> Texts:
    """The texts in ``language``. Raises UnknownLanguage rather than choose another."""
    if language not in languages():
        raise UnknownLanguage(language, languages())
    text = (_FOLDER / f"{language}{_ENDING}").read_text("utf-8")
    return Texts(language=language, **tomllib.loads(text))


@cache
def languages() -> tuple[str, ...]:
    """Every language mails are written in, by its code (BCP 47), in alphabetical order."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING)))


@cache
def _locale(language: str) -> "Locale":
    from babel import Locale  # noqa: PLC0415

    return Locale.parse(language)
