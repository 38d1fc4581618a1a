r"""The words of languages as data: one file a language, read once, asked all together.

Knows how such a file is read and how a phrase in it is written. Must never know what a word is
looked for in.

Which languages there are, the files say: another one is another file. Each list has a name, and
whoever looks for words asks for the list of that name in all languages: a page may speak several,
and nobody knows yet which.

A phrase is written as people write it. ``[optional ]word``, ``(one|another)``; ``stem*`` goes on
with any letters, ``stem+`` with one at least; ``#`` is a number, ``...`` anything at all, at the
end of a phrase or a little of it within, and with a space before or behind where a word ends or
begins. A backslash makes the next character one like any other.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from feeds.taxonomy.naming import fold

__all__ = ["Language", "any_of", "fold", "languages", "listed", "openings", "plain", "starts"]

FOLDER = Path(__file__).parent

#: What may stand where a phrase leaves something out between its words.
_GAP_CHARS = 40

_PART = re.compile(r"(\\.|^\.\.\. | \.\.\.$|\.\.\. | \.\.\.|\.\.\.|[*+#()\[\]|])")
_CHOICE = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_MEANT = {
    "*": r"\w*",
    "+": r"\w+",
    "#": r"\d+",
    "(": "(?:",
    ")": ")",
    "[": "(?:",
    "]": ")?",
    "|": "|",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One file: the ``tags`` of the language or of its standards, other tags that are ``alike``,
    the ``scripts`` it is written in (ISO 15924), and what the file holds.
    """

    tags: tuple[str, ...]
    alike: frozenset[str]
    scripts: frozenset[str]
    written: Mapping[str, Any]

    def list(self, name: str) -> Sequence[str]:
        """The phrases of a list, named "titles.faq" where it stands in a table."""
        table, _, key = name.rpartition(".")
        return tuple((self.table(table) if table else self.written).get(key, ()))

    def table(self, name: str) -> Mapping[str, Any]:
        """What stands in a table; nothing where the language has none of that name."""
        found: Mapping[str, Any] = self.written.get(name, {})
        return found


@cache
def languages() -> tuple[Language, ...]:
    """All languages, in the order of their files."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        written = tomllib.loads(path.read_text("utf-8"))
        tags = tuple(written.get("languages", [path.stem]))
        alike = frozenset((*tags, *written.get("alike", ())))
        scripts = frozenset(written.get("scripts", ["Latn"]))
        found.append(Language(tags=tags, alike=alike, scripts=scripts, written=written))
    return tuple(found)


@cache
def listed(name: str) -> tuple[str, ...]:
    """The phrases of a list in all languages, as they are written."""
    return tuple(phrase for language in languages() for phrase in language.list(name))


@cache
def plain(name: str, spelled: Callable[[str], str] = fold) -> frozenset[str]:
    """The words of a list that leaves nothing open."""
    return frozenset(map(spelled, _all(name)))


@cache
def openings(name: str) -> frozenset[str]:
    """The words that the phrases of a list begin with, folded."""
    return frozenset(fold(text).partition(" ")[0] for text in _all(name))


@cache
def starts(name: str, chars: int, spelled: Callable[[str], str] = fold) -> frozenset[str]:
    """The first characters of all phrases of a list."""
    return frozenset(spelled(text)[:chars] for text in _all(name))


def _all(name: str) -> Iterator[str]:
    """Every way to write each phrase of a list, its choices made."""
    for phrase in listed(name):
        parts, at = [], 0
        for choice in _CHOICE.finditer(phrase):
            if choice.start() and phrase[choice.start() - 1] == "\\":
                continue
            parts.append([phrase[at : choice.start()]])
            parts.append((choice[1] or f"|{choice[2]}").split("|"))
            at = choice.end()
        parts.append([phrase[at:]])
        yield from ("".join(made).replace("\\", "") for made in product(*parts))


@cache
def any_of(
    name: str,
    spelled: Callable[[str], str] = fold,
    *,
    gap: int = _GAP_CHARS,
    tail: int | None = None,
) -> str:
    """A group of a regular expression that any phrase of a list matches.

    Asked of text that is ``spelled`` like the phrases. Between words stand up to ``gap``
    characters of anything, at the end up to ``tail``, or any number.
    """
    return any_phrase(listed(name), spelled, gap=gap, tail=tail)


@cache
def pattern(
    name: str,
    spelled: Callable[[str], str] = fold,
    *,
    gap: int = _GAP_CHARS,
    tail: int | None = None,
) -> re.Pattern[str]:
    """What any phrase of a list matches, of `any_of`."""
    return re.compile(any_of(name, spelled, gap=gap, tail=tail))


def any_phrase(
    phrases: Sequence[str],
    spelled: Callable[[str], str] = fold,
    *,
    gap: int = _GAP_CHARS,
    tail: int | None = None,
) -> str:
    """The same of phrases that stand elsewhere; without one it matches nothing."""
    texts = dict.fromkeys(_pattern(spelled(phrase), gap, tail) for phrase in phrases)
    return f"(?:{'|'.join(texts)})" if texts else r"(?!)"


def _pattern(phrase: str, gap: int, tail: int | None) -> str:
    end = ".*" if tail is None else f".{{0,{tail}}}"
    parts = _PART.split(phrase)
    last = len(parts) - 2
    return "".join(
        _meant(part, f".{{0,{gap}}}" if at != last or parts[-1] else end, is_first=at == 1)
        if at % 2
        else re.escape(part)
        for at, part in enumerate(parts)
    )


def _meant(part: str, anything: str, *, is_first: bool) -> str:
    if part[0] == "\\":
        return re.escape(part[1])
    if "..." not in part:
        return _MEANT[part]
    if part == "... ":
        return rf"{'.*' if is_first else anything}\b"
    return rf"\b{anything}" if part == " ..." else anything
