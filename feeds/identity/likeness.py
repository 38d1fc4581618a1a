"""Whether two tellings are of one item, where no name says so.

Knows what copies keep and what they change: quotes, a cut, a dateline, a line below. Must never
know where the tellings were found.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from html import unescape

from rapidfuzz.distance import Indel

from config.values import wide
from feeds.draft import Draft
from feeds.model import Issued, Label, Mark

_MARK = re.compile(r"[^\w\s]|_")
# What `_kept` makes of those of ASCII, all at once.
_ASCII_MARKS = dict.fromkeys([*range(9), *range(14, 28), 127, *b"!\"#%&'()*,-./:;?@[\\]^_`{}"], " ")
_DIGITS = re.compile(r"\d+")
# Longer than any word. A text with a longer one is compared as it stands: sorting the accents of a
# long run takes quadratic time in unicodedata.
_LONGEST_WORD_CHARS = 300
# So much of a text decides: comparing two of these takes 0.3 ms, of whole ones more than reading.
# With the bounds below nothing here takes longer than half a second, whatever a page holds.
_COMPARED_CHARS = 5_000
# A corrected date and two mended sentences leave more than this; two reports of one series less.
_ALIKE = 0.9
# A shorter lead stands in too many texts to say that it was cut from this one.
_SHORTEST_EXCERPT_CHARS = 40
# A longer lead is none that a list has for all its entries.
_OWN_WORDS_CHARS = 200
# So many words make a title that hardly comes twice within a day.
_TELLING_TITLE_WORDS = 4
# The opening words of a text, after which copies agree; fewer are a greeting.
_OPENING_WORDS = (8, 16)
_OPENING_PARAGRAPHS = 4
_OPENING_CHARS = 400
# Longer than any title; what is longer is hostile and not worth keeping.
_TITLE_CHARS = 500
# A batch asks for each key some seven times, in turns: as many as it has are remembered, of feeds
# of thousands of entries too. For each text it asks as often as it has one to be compared to.
_REMEMBERED = 16_384
_TEXTS_REMEMBERED = 256
# Shorter words are in most texts of a language. Its ending aside a word is of so many letters.
_TELLING_WORD_CHARS = 5
_STEM_CHARS = 5
_FEWEST_TELLING_WORDS = 2
_LEAST_SHARE_SAID = 0.2
_SEARCHED_CHARS = 50_000
# A title is in the head of a page, if anywhere in what it keeps for its scripts.
SEARCHED_SOURCE_CHARS = 500_000
_LONGEST_LINE_CHARS = 200
_DATELINE = re.compile(r"^[^\n]{0,80}?\b\d{4}\b[^\n]{0,20}?[-\u2013\u2014]+\s*")
_SOUTH_EAST_ASIAN = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff"
    r"\uaa60-\uaadf]"
)
# What Chinese is written in, by region (CLDR, likely subtags).
_SCRIPTS_OF_CHINESE = {"tw": "hant", "hk": "hant", "mo": "hant", "cn": "hans", "sg": "hans"}


def plain(text: str) -> str:
    """``text`` without punctuation, its words one space apart."""
    if text.isascii():
        return " ".join(text.translate(_ASCII_MARKS).split())
    longest = max(map(len, text.split()), default=0)
    composed = text if longest > _LONGEST_WORD_CHARS else unicodedata.normalize("NFC", text)
    return " ".join(_MARK.sub(lambda mark: _kept(mark[0]), composed).split())


def title_key(title: str) -> int | None:
    """The same number for all spellings of a title; None for one without words."""
    return _key(title[:_TITLE_CHARS], 1, None)


def opening_key(draft: Draft) -> int | None:
    """The same number for texts that open with the same words; None for one of a few words."""
    first = draft.paragraphs[0] if draft.paragraphs else draft.summary
    # Most texts open with a long paragraph.
    is_enough = len(first) >= _OPENING_CHARS or len(draft.paragraphs) <= 1
    start = first if is_enough else "\n".join(draft.paragraphs[:_OPENING_PARAGRAPHS])
    return _key(start[:_OPENING_CHARS], *_OPENING_WORDS)


@lru_cache(maxsize=_REMEMBERED)
def _key(text: str, fewest: int, most: int | None) -> int | None:
    """What stands for a text, if it has enough words; ``most`` of them where it opens a longer one,
    and may do so with a dateline.
    """
    said = text if most is None else _DATELINE.sub("", text, count=1)
    words = plain(said).casefold().split()[:most]
    if len(words) < fewest:
        return None
    kept = " ".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(kept, digest_size=8).digest(), signed=True)


def is_alike(draft: Draft, known: Draft) -> bool:
    """Whether both tell of one item: title or opening, day, issuer and text agree, or nearly.

    A differing number tells items of a series apart ("Daily report 12"), a day two communiques.
    """
    return (
        _share_a_trait(draft, known)
        and not speaks_otherwise(draft, known)
        and _together(draft.issued, known.issued)
        and _share_an_issuer(draft, known)
        and _share_numbers(draft, known)
        and said_alike(draft, known)
        and not _names_another(draft, known)
    )


def is_moved(draft: Draft, known: Draft) -> bool:
    """Whether what is alike is the same at another place, its old one being empty: it was issued
    when the other was, and has its title or its very words.

    Where no day is told, a number in the address tells items of a series apart.
    """
    if draft.issued and known.issued:
        one, other = draft.issued, known.issued
        if one.day != other.day or (one.at and other.at and one.at != other.at):
            return False
    elif _digits(draft.url or "") != _digits(known.url or ""):
        return False
    return title_key(draft.title) == title_key(known.title) or _compared(draft) == _compared(known)


def is_renamed(draft: Draft, known: Draft) -> bool:
    """Whether one has the very words of the other under another title, and its moment of issue;
    or its day, and more words than a list has for all its entries.
    """
    one, other = draft.issued, known.issued
    if one is None or other is None or one.day != other.day or speaks_otherwise(draft, known):
        return False
    text = _compared(draft)
    is_told_alike = one.at == other.at and (one.at is not None or len(text) >= _OWN_WORDS_CHARS)
    return (
        is_told_alike
        and opening_key(draft) is not None
        and text == _compared(known)
        and _share_numbers(draft, known)
    )


def says_the_same(draft: Draft, known: Draft) -> bool:
    """Whether both have one title and the very same words, and were issued together."""
    return (
        title_key(draft.title) == title_key(known.title)
        and opening_key(draft) is not None
        and _compared(draft) == _compared(known)
        and _together(draft.issued, known.issued)
    )


def agrees(draft: Draft, known: Draft) -> bool:
    """Whether what claims to be an item may be it: one title begins the other, or the texts are
    nearly equal.
    """
    titles = (plain(each.title[:_TITLE_CHARS]).casefold() for each in (draft, known))
    one, other = sorted(titles, key=len)
    return (bool(one) and other.startswith(one)) or said_alike(draft, known)


def tells_of(page: Draft, lead: Draft, source: Callable[[], str]) -> bool:
    """Whether a page may be what its lead promises: some of the words of the lead's title, or of
    its summary, are in its text, in whichever form of theirs, or its ``source`` has the title and
    it is no mere line.

    Walls, notes that a page has moved, and what waits for JavaScript say nothing of them.
    """
    titled, summed_up = _telling(lead.title), _telling(lead.summary)
    if len(titled | summed_up) < _FEWEST_TELLING_WORDS:
        return True
    text = plain("\n".join(page.paragraphs)[:_SEARCHED_CHARS]).casefold()
    for stems in filter(None, (titled, summed_up)):
        if sum(stem in text for stem in stems) >= _LEAST_SHARE_SAID * len(stems):
            return True
    if len(text) < _LONGEST_LINE_CHARS:
        return False
    searched = plain(unescape(source()[:SEARCHED_SOURCE_CHARS])).casefold()
    return plain(lead.title[:_TITLE_CHARS]).casefold() in searched


def _telling(text: str) -> set[str]:
    """The stems of the words that tell a text from others: inflected words differ in the end."""
    words = plain(text[:_COMPARED_CHARS]).casefold().split()
    runs = {word for word in words if is_unspaced(word)}
    pairs = {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
    long = (word for word in words if len(word) >= _TELLING_WORD_CHARS and word not in runs)
    return pairs | {word[:_STEM_CHARS] for word in long}


def speaks_otherwise(draft: Draft, known: Draft) -> bool:
    """Whether two tellings are in two languages; a guess does not outweigh an equal title."""
    if draft.language is None or known.language is None:
        return False
    if are_one_language(draft.language, known.language):
        return False
    is_guess = Mark.GUESSED_LANGUAGE in draft.marks or Mark.GUESSED_LANGUAGE in known.marks
    return not (is_guess and title_key(draft.title) == title_key(known.title))


def said_alike(draft: Draft, known: Draft) -> bool:
    """Whether the texts are nearly equal, or the shorter one is cut from the longer."""
    one, other = sorted((_compared(draft), _compared(known)), key=len)
    same_title = title_key(draft.title) == title_key(known.title)
    if not one:
        return same_title and _is_telling(draft, known)
    if not _digits_within(one, other):
        return False
    if one == other:
        return True
    if draft.partial or known.partial:
        return _is_excerpt(one, other)
    return _similar(one, other) or _is_excerpt(one, other)


def _share_a_trait(draft: Draft, known: Draft) -> bool:
    title = title_key(draft.title)
    if title is not None and title == title_key(known.title):
        return True
    if draft.partial or known.partial:
        # One feed may describe all its entries in the same words.
        return False
    opening = opening_key(draft)
    return opening is not None and opening == opening_key(known)


def _names_another(draft: Draft, known: Draft) -> bool:
    """Whether a word by which the titles differ is in one of the texts alone: another town's."""
    titles = [_words(each.title[:_TITLE_CHARS]) for each in (draft, known)]
    if titles[0] == titles[1]:
        return False
    texts = [set(_compared(each).split()) for each in (draft, known)]
    differing = set(titles[0].split()) ^ set(titles[1].split())
    return any((word in texts[0]) != (word in texts[1]) for word in differing)


def _is_telling(draft: Draft, known: Draft) -> bool:
    """Whether title and day alone are enough: nothing else is told."""
    if draft.issued is None or known.issued is None or draft.issued.day != known.issued.day:
        return False
    return len(plain(draft.title[:_TITLE_CHARS]).split()) >= _TELLING_TITLE_WORDS


def _compared(draft: Draft) -> str:
    text = "\n".join(draft.paragraphs) or draft.summary
    return _words(text[:_COMPARED_CHARS])


@lru_cache(maxsize=_TEXTS_REMEMBERED)
def _words(text: str) -> str:
    return plain(_DATELINE.sub("", text, count=1)).casefold()


def _similar(one: str, other: str) -> bool:
    return Indel.normalized_similarity(one, other, score_cutoff=_ALIKE) > 0


def _is_excerpt(short: str, long: str) -> bool:
    if len(short) < _SHORTEST_EXCERPT_CHARS:
        return False
    return short in long or _similar(short, long[: len(short)])


def _digits_within(short: str, long: str) -> bool:
    """Whether every number of the first is in the second; the last may be cut in two."""
    numbers = _digits(short)
    if numbers and short.endswith(numbers[-1]):
        numbers = numbers[:-1]
    others = _digits(long)
    # Most of what is compared differs in a number that the other has not at all.
    return set(others).issuperset(numbers) and not Counter(numbers) - Counter(others)


@lru_cache(maxsize=_TEXTS_REMEMBERED)
def _digits(text: str) -> Sequence[str]:
    return _DIGITS.findall(text)


def _together(one: Issued | None, other: Issued | None) -> bool:
    return one is None or other is None or abs((one.day - other.day).days) <= 1


def _share_numbers(draft: Draft, known: Draft) -> bool:
    """Whether two titles have the same numbers: others tell items of a series apart."""
    return _digits(draft.title[:_TITLE_CHARS]) == _digits(known.title[:_TITLE_CHARS])


def _share_an_issuer(draft: Draft, known: Draft) -> bool:
    if draft.issuers == known.issuers:
        return True
    one, other = _named(draft.issuers), _named(known.issuers)
    return not (one and other) or not one.isdisjoint(other)


def _named(labels: Sequence[Label]) -> set[str]:
    return {str(label.ref) if label.ref else plain(label.text).casefold() for label in labels}


@cache
def _kept(mark: str) -> str:
    # Punctuation, control and format characters, accents of their own such as an ASCII quote make
    # room; not currency and mathematics: 5 % and 5 $ are not the same.
    category = unicodedata.category(mark)
    return " " if category[0] in "PC" or category == "Sk" else mark


def are_one_language(tag: str, other: str) -> bool:
    """Whether two language tags name one language in one script, wherever it is spoken: en-US and
    en-GB do, zh-TW and zh-CN do not, nor sr-Latn and sr-Cyrl.
    """
    (language, script), (another, its_script) = map(_language_and_script, (tag, other))
    return language == another and (not (script and its_script) or script == its_script)


@lru_cache(maxsize=256)
def _language_and_script(tag: str) -> tuple[str, str]:
    language, *others = tag.lower().split("-")
    scripts = (part for part in others[:1] if len(part) == 4 and part.isalpha())
    regions = (_SCRIPTS_OF_CHINESE.get(part, "") for part in others if language == "zh")
    return language, next(scripts, "") or next(filter(None, regions), "")


def is_unspaced(word: str) -> bool:
    """Whether what stands between two blanks is more than a word: in wide signs, and in the scripts
    of South-East Asia (UAX 14, class SA), none are written between words.
    """
    if word.isascii():
        return False
    return wide(word[:1]) > 0 or _SOUTH_EAST_ASIAN.match(word) is not None
