"""Which language a text is in, beside what its page says of itself.

Knows a statistical model of languages, when to trust it, and the words that tell the standards of
one language apart, as Bosnian, Croatian and Serbian are. Must never know where the text or the
statement came from.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from config.values import canonical_language, primary_language
from feeds.parse.words import any_of, languages

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# The letters of scripts (ISO 15924), and how many of a text's are of the one it is written in.
_LETTERS = {
    "Latn": r"A-Za-z\u00c0-\u024f",
    "Cyrl": r"\u0400-\u052f",
    "Grek": r"\u0370-\u03ff\u1f00-\u1fff",
    "Armn": r"\u0530-\u058f",
    "Geor": r"\u10a0-\u10ff\u1c90-\u1cbf",
    "Hebr": r"\u0590-\u05ff",
    "Arab": r"\u0600-\u06ff\u0750-\u077f",
    "Deva": r"\u0900-\u097f",
    "Beng": r"\u0980-\u09ff",
    "Taml": r"\u0b80-\u0bff",
    "Thai": r"\u0e01-\u0e3a\u0e40-\u0e4e",
    "Hang": r"\uac00-\ud7af",
    "Kana": r"\u3040-\u30ff",
    "Hani": r"\u4e00-\u9fff",
}
_SHARE_OF_ITS_SCRIPT = 0.7
# Scripts that one language is written in; Japanese mixes its own with Chinese characters.
_OWN = {
    "Grek": "el",
    "Armn": "hy",
    "Geor": "ka",
    "Hebr": "he",
    "Taml": "ta",
    "Thai": "th",
    "Hang": "ko",
    "Kana": "ja",
}
_SHARE_OF_KANA = 0.2
_FEWEST_OF_A_SCRIPT = 6
# The model is certain enough from here on, and after so many letters needs no more.
_FEWEST_LETTERS = 50
_SAMPLE_CHARS = 500
_LEAST_CONFIDENCE = 0.75
_BEGINNING_CHARS = 120
# A page's statement falls only before a long text that is clearly in another language.
_CONTRADICTION_LETTERS = 150
_CONTRADICTION_CONFIDENCE = 0.98
_COMMON_SHARE = 0.15
_FEWEST_WORDS = 8
# What the words of a text are to say for it to be told by them alone: so many of them, that part of
# all, and so many times as many as of any other language. Where the model would be asked it says
# the same of each such text of the corpus, and takes twenty times as long.
_FEWEST_SURE = 5
_SURE_SHARE = 0.12
_SURE_LEAD = 1.5
# So many of them are enough not to doubt a language that speaks for itself already.
_FEWEST_COMMON = 2

_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[a-z]")
_SERBIAN, _CROATIAN, _BOSNIAN = "sr", "hr", "bs"


class Spoken(NamedTuple):
    """A language tag, None where nobody can know; ``is_guess`` unless the page said so."""

    language: str | None
    is_guess: bool


def spoken(
    text: str,
    stated: str | None,
    *,
    is_whole: bool,
    home: str | None = None,
    called: Mapping[str, str] | None = None,
) -> Spoken:
    """The language of a text: what its page states, unless it is in another script, or a whole
    text clearly speaks another.

    ``home`` is the one of some standards of one language that is at home where the text comes
    from, ``called`` what they call whom the texts are of, where that tells them apart.
    """
    sample = text[:_SAMPLE_CHARS]
    stated = canonical_language(stated) if stated else None
    stated = stated if stated and is_written_so(sample, stated) else None
    if stated and not is_whole:
        return Spoken(stated, is_guess=False)
    words = _words_of(sample)
    if stated and _is_commonly(primary_language(stated), words):
        return Spoken(stated, is_guess=False)
    told = _at_sight(sample, words)
    if stated is None and told:
        return Spoken(told, is_guess=True)
    letters = sum(map(str.isalpha, sample))
    if letters < (_CONTRADICTION_LETTERS if stated else _FEWEST_LETTERS):
        return Spoken(stated, is_guess=False)
    language, confidence = (told, 1.0) if told else _detected(sample, home, called or {})
    if stated is None:
        certain = confidence >= _LEAST_CONFIDENCE
        return Spoken(language if certain else None, is_guess=certain)
    contradicted = confidence >= _CONTRADICTION_CONFIDENCE and not _agree(language, stated)
    return Spoken(language if contradicted else stated, is_guess=contradicted)


def speaks_another(text: str, language: str) -> bool:
    """Whether the words of a text speak another language than that, too few as they may be to say
    which.
    """
    sample = text[:_SAMPLE_CHARS]
    own = sum(map(_common(primary_language(language)).__contains__, sample.lower().split()))
    if own >= _FEWEST_COMMON:
        return False
    told = _at_sight(sample, _words_of(sample))
    detected, confidence = (told, 1.0) if told else _detected(sample, None, {})
    return confidence >= _LEAST_CONFIDENCE and not _agree(detected, language)


def _words_of(sample: str) -> list[str]:
    """The words of a sample, none of one that is too short to be told by them."""
    words = sample.lower().split()
    is_short = len(words) < _FEWEST_WORDS or len(sample) - len(words) < _FEWEST_LETTERS
    return [] if is_short else words


def _at_sight(sample: str, words: list[str]) -> str | None:
    """English by its words, the language that alone is written in the letters of a text, or one
    that its words tell from all others.
    """
    if _is_commonly("en", words):
        return "en"
    # Of most texts one look tells that they are in none of those.
    if not sample.isascii() and _letters(frozenset(_OWN)).search(sample):
        most = _count_of(_LETTERS, sample)
        for script, language in _OWN.items():
            least = _SHARE_OF_KANA if script == "Kana" else _SHARE_OF_ITS_SCRIPT
            if _count_of((script,), sample) >= max(least * most, _FEWEST_OF_A_SCRIPT):
                return language
    return _by_words(words)


def _by_words(words: list[str]) -> str | None:
    found = [*chain.from_iterable(filter(None, map(_speakers().get, words)))]
    if len(found) < max(_FEWEST_SURE, _SURE_SHARE * len(words)):
        return None
    (tag, times), *others = Counter(found).most_common(2)
    is_common = times >= max(_FEWEST_SURE, _SURE_SHARE * len(words))
    is_sure = is_common and all(times >= _SURE_LEAD * each for _, each in others)
    return (tag if is_sure else "") or None


@cache
def _speakers() -> Mapping[str, tuple[str, ...]]:
    """The tags of all languages that a word is common in; "" of one in several standards."""
    found: dict[str, tuple[str, ...]] = {}
    for language in languages():
        tag = language.tags[0] if len(language.tags) == 1 else ""
        for word in language.list("common"):
            found[word] = (*found.get(word, ()), tag)
    return found


def is_written_so(text: str, tag: str) -> bool:
    """Whether a text may be in a language by its script; so it may where nobody knows."""
    scripts = _scripts(tag)
    # Of most texts one look tells it.
    if scripts is None or (text.isascii() and "Latn" in scripts):
        return True
    strange = _count_of(_LETTERS.keys() - scripts, text)
    # Most texts hold hardly one, and need no second count.
    if strange < _FEWEST_OF_A_SCRIPT:
        return True
    return strange < _SHARE_OF_ITS_SCRIPT * _count_of(_LETTERS, text)


def _count_of(scripts: Iterable[str], text: str) -> int:
    """How many letters of these scripts a text holds."""
    return sum(map(len, _letters(frozenset(scripts)).findall(text)))


@lru_cache(maxsize=256)
def _scripts(tag: str) -> frozenset[str] | None:
    """The scripts a language is written in; None where nobody knows."""
    language, *others = tag.split("-")
    said = frozenset({each.title() for each in others} & _LETTERS.keys())
    known = (each.scripts for each in languages() if language.lower() in each.alike)
    return said or next(known, None)


@cache
def _letters(scripts: frozenset[str]) -> re.Pattern[str]:
    return re.compile(f"[{''.join(_LETTERS[script] for script in sorted(scripts))}]+")


def _agree(detected: str, stated: str) -> bool:
    pair = {detected, primary_language(stated)}
    return len(pair) == 1 or any(pair <= language.alike for language in languages())


def _detected(sample: str, home: str | None, called: Mapping[str, str]) -> tuple[str, float]:
    # Of most texts the beginning tells it, and to ask for more takes as much longer as that is.
    language, standards, confidence = _ranked(sample[:_BEGINNING_CHARS])
    if len(sample) > _BEGINNING_CHARS and confidence < _CONTRADICTION_CONFIDENCE:
        language, standards, confidence = _ranked(sample)
    if len(standards) > 1:
        # Together they are certain; which of them it is, words tell better than statistics.
        language = standard(sample, home=home, guess=language, called=called)
    return language, confidence


def _ranked(sample: str) -> tuple[str, Collection[str], float]:
    """The likeliest language, all standards it is one of, and how certain these are together."""
    ranked = model().rank(sample)
    language = ranked[0][0]
    standards = next((each.tags for each in languages() if language in each.tags), (language,))
    return language, standards, sum(share for name, share in ranked if name in standards)


def _is_commonly(language: str, words: list[str]) -> bool:
    """Whether words are full of those that all texts in a language are full of.

    Nobody else has the English ones: they spare the model. The others do where a page states its
    language; to agree with it takes no more.
    """
    count = sum(map(_common(language).__contains__, words))
    return count > 0 and count >= _COMMON_SHARE * len(words)


@cache
def _common(language: str) -> frozenset[str]:
    return frozenset(
        word for each in languages() if language in each.tags for word in each.list("common")
    )


class ModelTables(NamedTuple):
    """What a model of languages is made of, as `LanguageIdentifier` takes it: how likely each part
    of a word is in each of them and how likely each is at all, and how the parts are found.
    """

    shares: Any
    priors: Any
    languages: Sequence[str]
    moves: Any
    parts: Any
    rows: Any


@cache
def wanted() -> tuple[str, ...]:
    """The languages a text is taken to be in: among fewer than it knows, the model errs less."""
    return tuple(sorted({tag for language in languages() for tag in language.tags}))


def unpacked() -> ModelTables:
    """The tables that the model's own package brings along, of the `wanted` languages."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE  # noqa: PLC0415 - as below
    from py3langid.modelio import load_model  # noqa: PLC0415

    shares, priors, names, moves, rows, parts = load_model(MODEL_DIR / MODEL_FILE)
    columns = [place for place, name in enumerate(names) if name in wanted()]
    # A text takes some hundreds of rows, whose numbers lie apart where columns were chosen.
    chosen = shares[:, columns].copy(order="C")
    return ModelTables(
        chosen, priors[columns], [names[each] for each in columns], moves, parts, rows
    )


_sources: list[Callable[[], ModelTables]] = [unpacked]


def have_tables_of(source: Callable[[], ModelTables]) -> None:
    """The model is made of what ``source`` gives, which may have it faster, once it is needed."""
    _sources[:] = [source]


@cache
def model() -> "LanguageIdentifier":
    """What tells the language of a text by its letters."""
    # It takes its time, numpy's included: only who meets a text that its words do not tell pays it.
    from py3langid.langid import LanguageIdentifier  # noqa: PLC0415

    shares, priors, names, moves, parts, rows = _sources[0]()
    return LanguageIdentifier(shares, priors, names, moves, parts, norm_probs=True, tk_row=rows)


# -- One language in several standards -------------------------------------------------------------


def standard(text: str, *, home: str | None, guess: str, called: Mapping[str, str]) -> str:
    """Whether a text is in Bosnian, Croatian or Serbian: the one its words speak for, else the
    one at home where it comes from, else the ``guess`` unless its words speak against it.

    One old vowel became "e" in Serbia, "ije" or "je" to the west: "vreme" and "vrijeme".
    """
    small = text.casefold()
    if len(_CYRILLIC.findall(small)) > len(_LATIN.findall(small)):
        return _SERBIAN
    eastern = _count("ekavian", small, called.get(_SERBIAN))
    western = _count("ijekavian", small)
    croatian = _count("croatian", small, called.get(_CROATIAN))
    other = _count("not_croatian", small)
    if eastern > western:
        return _SERBIAN
    if croatian > other:
        return _CROATIAN
    if home:
        return home
    is_wrong = western > eastern if guess == _SERBIAN else guess == _CROATIAN and other > croatian
    return _BOSNIAN if is_wrong else guess


def _count(name: str, text: str, also: str | None = None) -> int:
    return len(_words(name, also).findall(text))


@lru_cache(maxsize=64)
def _words(name: str, also: str | None) -> re.Pattern[str]:
    # A name has endings, as all words have.
    more = rf"|{re.escape(also.casefold())}\w*" if also else ""
    return re.compile(rf"\b(?:{any_of(name, str)}{more})\b")
