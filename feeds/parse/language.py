"""Which language a text is in, beside what its page says of itself.

Knows a statistical model of languages, and when to trust it. Must never know where the text or
the statement came from.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from feeds.parse.variants import variant

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["Spoken", "spoken"]

# The languages news of this field is written in; among fewer the model errs less.
_LANGUAGES = (
    "ar az be bg bs cs da de el en es et fa fi fr he hr hu hy is it ja ka kk ko ky lt lv mk mn nl "
    "no pl pt ro ru sk sl sq sr sv tr uk zh"
).split()
# Variants of one language with names of their own: what a page says of itself tells them apart
# better than statistics do.
_ALIKE = frozenset("bs cnr hr sh sr".split())
_NORWEGIAN = frozenset("nb nn no".split())
# The model is certain enough from here on, and after so many letters needs no more.
_FEWEST_LETTERS = 50
_SAMPLE_CHARS = 500
_LEAST_CONFIDENCE = 0.75
# A page's statement falls only before a long text that is clearly in another language.
_CONTRADICTION_LETTERS = 150
_CONTRADICTION_CONFIDENCE = 0.98
# Words nearly every sentence of a language has. Nobody else has the English ones: they spare the
# model. The others do where a page states its language; to agree with it takes no more.
_COMMON = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the of and to for with was were by from that which on its their",
        "ru": "и в на с по для что из о к не от до при как его их",
        "uk": "і та в у на з для що із про до не від під як його їх",
        "mk": "и на во за од со да се ќе како што ги го е",
        "sr": "i u na za od sa se je da su koji koja o и у на за од са се је да су који која о",
        "sq": "të e në dhe për me nga një që së i u ka është",
        "ro": "și în de la pentru cu din care un o a al ale pe prin",
        "de": "der die das und in den von mit für des dem im zu auf ist",
        "fr": "de la le les et des du en pour dans par une au aux sur",
        "it": "di e la il per del della le in che dei delle un una con",
        "es": "de la el y en los las del para que por con una se al",
    }.items()
}
_COMMON |= dict.fromkeys(("bs", "hr"), _COMMON["sr"])
# Languages the model does not know, by letters and words that their neighbours have not.
_BY_LETTERS = tuple(
    (language, re.compile(letters), re.compile(also))
    for language, letters, also in (
        ("tg", "[ҷӣӯҶӢӮ]", r"\b(?:ва|дар|аз|ба)\b"),
        ("uz", "[ўЎ]", r"\b(?:ва|билан|учун|ҳам)\b"),
        ("uz", r"[oOgG][ʻʼ‘’'`]\w", r"\b(?:va|bilan|uchun|ham)\b"),
        ("tk", "[ýňÝŇ]", r"\b(?:we|bilen|üçin|boýunça)\b"),
    )
)
_FEWEST_LETTERS_OF_ITS_OWN = 2
_COMMON_SHARE = 0.15
_FEWEST_WORDS = 8


class Spoken(NamedTuple):
    """A language tag, None where nobody can know; ``is_guess`` unless the page said so."""

    language: str | None
    is_guess: bool


def spoken(text: str, stated: str | None, *, is_whole: bool, home: str | None = None) -> Spoken:
    """The language of a text: what its page states, unless a whole text clearly speaks another.

    ``home`` is the one of the South Slavic variants that is at home where the text comes from.
    """
    if stated and not is_whole:
        return Spoken(stated, is_guess=False)
    sample = text[:_SAMPLE_CHARS]
    if stated is None and _is_commonly("en", sample):
        return Spoken("en", is_guess=True)
    letters = sum(map(str.isalpha, sample))
    if letters < (_CONTRADICTION_LETTERS if stated else _FEWEST_LETTERS):
        return Spoken(stated, is_guess=False)
    if stated and _is_commonly(stated.partition("-")[0].lower(), sample):
        return Spoken(stated, is_guess=False)
    language, confidence = _detected(sample, home)
    if stated is None:
        certain = confidence >= _LEAST_CONFIDENCE
        return Spoken(language if certain else None, is_guess=certain)
    contradicted = confidence >= _CONTRADICTION_CONFIDENCE and not _agree(language, stated)
    return Spoken(language if contradicted else stated, is_guess=contradicted)


def _agree(detected: str, stated: str) -> bool:
    primary = stated.partition("-")[0].lower()
    pair = {detected, primary}
    return len(pair) == 1 or pair <= _ALIKE or pair <= _NORWEGIAN


def _detected(sample: str, home: str | None) -> tuple[str, float]:
    if _is_commonly("en", sample):
        return "en", 1.0
    for named, letters, words in _BY_LETTERS:
        if len(letters.findall(sample)) >= _FEWEST_LETTERS_OF_ITS_OWN and words.search(sample):
            return named, 1.0
    ranked = _model().rank(sample)
    language, confidence = ranked[0]
    if language in _ALIKE:
        # Together they are certain; which of them it is, words tell better than statistics.
        confidence = sum(share for name, share in ranked if name in _ALIKE)
        language = variant(sample, home=home, guess=language)
    return language, confidence


def _is_commonly(language: str, sample: str) -> bool:
    """Whether a sample is full of the words that all texts in a language are full of."""
    words = sample.lower().split()
    if len(words) < _FEWEST_WORDS or len(sample) - len(words) < _FEWEST_LETTERS:
        return False
    common = _COMMON.get(language, frozenset())
    return sum(map(common.__contains__, words)) >= _COMMON_SHARE * len(words)


@cache
def _model() -> "LanguageIdentifier":
    # Most of a second, numpy included: only who meets a text that is not plainly English pays it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(_LANGUAGES)
    return model
