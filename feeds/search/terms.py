"""Texts as the terms they are found by: one spelling of a word, its accents and endings left out.

Knows scripts, and the endings of six languages. Must never know who looks for what, or where terms
are kept.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import Stemmer

from config.values import primary_language

#: By the first part of a language's tag: the Snowball stemmer, and the accents its rules look for.
#: Who leaves them out means the same, so a word is what its shortest stem is with any one of them;
#: the German stemmer itself takes ä, ae and a for one.
_STEMMED = {
    "de": ("german", {}),
    "en": ("english", {}),
    "es": ("spanish", dict(zip("aeiou", "áéíóú", strict=True))),
    "fr": ("french", {"e": "éè"}),
    "it": ("italian", dict(zip("aeiou", "àèìòù", strict=True))),
    "ru": ("russian", {}),
}
STEMMED = frozenset(_STEMMED)

#: Stands where one text ends and the next begins, so that no phrase goes across.
BREAK = "-"

# An index of a term is small; longer ones are no words.
_LONGEST_TERM_CHARS = 60
# What PostgreSQL tells apart in one document (16,383 positions, 1 MB), less what else stands there.
_MOST_TERMS = 16_000
_LONGEST_TEXT_CHARS = 100_000
_REMEMBERED_WORDS = 30_000

# Scripts whose words have no blanks between them, and Korean, whose words grow together.
_WITHOUT_BLANKS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e80-\u0eff\u1000-\u109f\u1780-\u17d3\u3005-\u3007\u3041-\u3096"
    "\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Letters of a word that `\w` does not hold: signs of vowels of India, accents left where they are.
_SIGNS = "\u0300-\u036f\u0483-\u0487\u0900-\u0963\u0966-\u0dff\u0f18-\u0fbc"
_LETTERS = rf"[^\W{_WITHOUT_BLANKS}]"
_RUN = re.compile(rf"[{_WITHOUT_BLANKS}]++|{_LETTERS}(?>(?:{_LETTERS}++|[{_SIGNS}]++)*)")
_WORD = re.compile(rf"\w[\w{_SIGNS}]*+")
_NO_BLANKS = re.compile(f"[{_WITHOUT_BLANKS}]")

_LETTER = re.compile(r"\w")
_ACCENTS = re.compile(r"(?<=[a-z\u00df-\u024f\u0370-\u03ff])[\u0300-\u036f]++|(?<=е)\u0308")
# The points of Hebrew and Arabic, and the stroke that makes a word longer.
_POINTS = re.compile(
    r"[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]++"
)
_SPELT = str.maketrans(
    dict.fromkeys("’ʼ‘`´′＇", "'")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
    | {"_": " ", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th"}
)
# "the mission's" is of the mission.
_POSSESSIVE = re.compile(r"(?<=\w)'s(?!\w)")
# Articles and the like that lost their vowel: "l'Ukraine", "dell'arte".
_ELIDED = re.compile(
    r"(?<!\w)(?:[cdjlmnst]|qu|lorsqu|puisqu|jusqu|un|(?:co|da|de|ne|que|su|a)ll)'(?=\w)"
)
# Within words of Ukrainian it is a letter.
_JOINED = re.compile(r"(?<=[\u0400-\u052f])'(?=[\u0400-\u052f])")
# "U.S." is "US".
_DOTTED = re.compile(r"(?<![\w.])[^\W\d_](?>(?:\.[^\W\d_])+)(?!\w)\.?")


class Run(NamedTuple):
    """Letters without anything between them, of a script with blanks between words or without."""

    text: str
    has_blanks: bool


def runs(text: str) -> Iterator[Run]:
    """What a text is made of, in its order and in one spelling."""
    plain = _plain(text)
    is_mixed = _NO_BLANKS.search(plain) is not None
    for run in (_RUN if is_mixed else _WORD).findall(plain):
        # Signs that stand alone are no word.
        if _LETTER.search(run):
            yield Run(run, not (is_mixed and _NO_BLANKS.match(run)))


def term(word: str, language: str | None) -> str:
    """What a word of `runs` is found by in a language that has a stemmer, or in any other."""
    if language in STEMMED and not word.isdigit():
        return _stem(word[:_LONGEST_TERM_CHARS], language)
    return word[:_LONGEST_TERM_CHARS]


def pairs(run: str) -> tuple[str, ...]:
    """Each two letters beside each other, by which a run without blanks is found from within."""
    return tuple(run[at : at + 2] for at in range(len(run) - 1))


def terms_of(texts: Sequence[str], language: str) -> list[str]:
    """What texts in a language are found by, in their order, with a `BREAK` between two.

    The last letter of a run without blanks stands there alone: each letter begins a term.
    """
    primary = primary_language(language)
    found: list[str] = []
    for text in texts:
        for run, has_blanks in runs(text[:_LONGEST_TEXT_CHARS]):
            if has_blanks:
                found.append(term(run, primary))
            else:
                found += (*pairs(run), run[-1])
        found.append(BREAK)
    return found[:_MOST_TERMS]


def _plain(text: str) -> str:
    lower = text.casefold()
    if lower.isascii():
        lower = lower.replace("_", " ")
    else:
        apart = unicodedata.normalize("NFKD", lower).casefold().translate(_SPELT)
        bare = _POINTS.sub("", _ACCENTS.sub("", apart))
        lower = _JOINED.sub("", unicodedata.normalize("NFC", bare))
    if "'" in lower:
        lower = _ELIDED.sub(" ", _POSSESSIVE.sub(" ", lower))
    return _DOTTED.sub(lambda found: f"{found[0].replace('.', '')} ", lower)


@lru_cache(maxsize=_REMEMBERED_WORDS)
def _stem(word: str, language: str) -> str:
    name, accents = _STEMMED[language]
    stemmer = _stemmer(name)
    spelt = [word]
    for at, letter in enumerate(word):
        spelt += (f"{word[:at]}{each}{word[at + 1 :]}" for each in accents.get(letter, ""))
    # What lost all its letters, or got accents by its ending, is found as it stands.
    stems = (_plain(stemmer.stemWord(each)) for each in spelt)
    return min(filter(None, stems), key=lambda stem: (len(stem), stem), default=word)


@cache
def _stemmer(name: str) -> Stemmer.Stemmer:
    # It remembers nothing: we do.
    return Stemmer.Stemmer(name, 0)
