"""By which table bytes that are no UTF-8 are to be read.

Knows the labels of encodings, how often what is declared is wrong, and what text looks like that
was read by another table. Must never know what the text is of, or where in it a label stood.
"""

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import combinations, starmap
from math import log

_CHARSET = re.compile(r"""charset\s*+=\s*+["']?+\s*+([\w.:-]{2,40})""", re.IGNORECASE)
# To every browser these mean tables that hold all of theirs and more (WHATWG Encoding, 4.2).
_MEANT = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# Labels of that standard that Python knows under other names, and those it does not know at all.
_PREFIXED = re.compile(r"^(?>(?:x-)*)(?:cs)?")
_SPELT = re.compile(
    r"^(?:(iso)-?(8859)-?([0-9]{1,2})(?:-?[ei])?$|(?:windows|dos|cp)-?(?=[0-9]{3}|31j))"
)
_NAMED = {
    "logical": "iso8859-8",
    "visual": "iso8859-8",
    "sun_eu_greek": "iso8859-7",
    "isolatin9": "iso8859-15",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "mac": "mac-roman",
    "mac-ukrainian": "mac-cyrillic",
    "gb_2312": "gb18030",
    "gb_2312-80": "gb18030",
    "cn-big5": "big5",
    "eucpkdfmtjapanese": "euc-jp",
    "cp31j": "cp932",
    "euckr": "cp949",
    "ksc56011987": "cp949",
    "iso-ir-149": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc_5601": "cp949",
}
# What texts are written in; Python knows codecs that are no encoding of text, and EBCDIC.
_IN_USE = re.compile(
    r"cp(?:125\d|1125|437|7[237]\d|8[5-6]\d|874|9(?:32|36|49|50))|iso8859-\d+|koi8-[rtu]|mac-\w+|gb18030|big5\w*|shift_jis\w*|euc_\w+|iso2022_\w+"
    r"|utf-(?:8|16(?:-[lb]e)?)"
)

# -- Labels ----------------------------------------------------------------------------------------


def declared(media_type: str | None) -> str | None:
    """The encoding a Content-Type names (RFC 9110 8.3.2), None for none, or none of a text."""
    return next(named([media_type or ""]), None)


def named(texts: Iterable[str]) -> Iterator[str]:
    """What some texts name behind "charset", as Python calls it."""
    return known(found[1] for text in texts if (found := _CHARSET.search(text)))


def known(labels: Iterable[str]) -> Iterator[str]:
    """What Python calls the encodings of these labels; none for those of no text."""
    for label in labels:
        found = _codec(label) or _codec(_spelt(label))
        meant = _MEANT.get(found, found)
        if _IN_USE.fullmatch(meant):
            yield meant


def _codec(label: str) -> str:
    try:
        return codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""


def _spelt(label: str) -> str:
    name = _PREFIXED.sub("", label.lower())
    name = _SPELT.sub(lambda found: "-".join(filter(None, found.groups())) or "cp", name)
    return _NAMED.get(name, name)


# -- Bytes that say what they are ------------------------------------------------------------------

# A word with letters of two alphabets: "Cafй" is "Café" read by a Cyrillic table.
_TWO_ALPHABETS = re.compile("[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
_CYRILLIC_WORD = re.compile(r"\b[\u0400-\u04ff]{3,}\b")
# In Western languages accented letters stand between plain ones, and few signs beside them;
# "Ñåìèíàð" is Cyrillic, "Àå°üÀÌ" Korean.
_OF_WESTERN = "\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u20ac\u00a0\u00ab\u00bb"
_FOREIGN = re.compile(f"[^\x00-\x7f{_OF_WESTERN}]{{3,}}")
_BEYOND = re.compile(f"[^\x00-\x7f{_OF_WESTERN}]")
_LEAST_SHARE_FOREIGN = 0.6
# Enough to tell; a hostile text is long.
_SAMPLE_CHARS = 20_000
# Tables that statistics tell apart, with more letters than one script has; and it takes some.
_TABLES = (
    "cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257 iso8859_2 iso8859_5 iso8859_6 koi8_r koi8_u "
    "mac_cyrillic cp866 cp874 cp949 cp932 euc_jp gb18030 big5"
).split()
_OF_SEVERAL_BYTES = frozenset({"cp949", "cp932", "euc_jp", "gb18030", "big5"})
_SMALL = ("cp1251", "koi8-r", "cp1253")
# A text may hold a few damaged places; more of them mean that it is in another table.
_CHARACTERS_PER_DAMAGED = 200
_FEWEST_BYTES_TOLD = 10
_WESTERN = "cp1252"
# Tables of Latin letters, each with the letters beyond ASCII of its languages, the most frequent
# ones first: Czech, Slovak, Polish, Hungarian, Croatian and its neighbours, Slovene, Romanian;
# Lithuanian, Latvian, Estonian; French, German, Spanish, Portuguese, Italian, Swedish and Finnish,
# Danish and Norwegian, Icelandic, Dutch, Albanian, Catalan, Estonian; Turkish; Vietnamese in two
# characters a letter.
_OF_CENTRAL_EUROPE = (
    "áíéěšřžčýůúťďňó",
    "áíéčýžšúľťôňďäóŕĺ",
    "łóężąśćńź",
    "áéőöóíüűú",
    "čšžćđ",
    "čšž",
    "ăîâşţșț",
)
_OF_THE_BALTIC = ("ėšųįžąūčę", "āīšēņļūžčģķ", "äõüöšž")
_LATIN = {
    _WESTERN: (
        "éèàêçôîûùâëïüœæ",
        "üäöß",
        "óíáéñúü¿¡ºª",
        "ãçáéíóêõàâúôüºª",
        "èàùòìéî",
        "äöåé",
        "øåæéö",
        "áíðóöþéúæý",
        "éëïóöü",
        "ëç",
        "óéàèíúçïüò·",
        "äõüöšž",
    ),
    "cp1250": _OF_CENTRAL_EUROPE,
    "iso8859-2": _OF_CENTRAL_EUROPE,
    "cp1254": ("ışüğöçİâîû",),
    "cp1257": _OF_THE_BALTIC,
    "iso8859-13": _OF_THE_BALTIC,
    "cp1258": ("\u0301\u0300đ\u0323ưôâăêơ\u0309\u0303áàíéóúèùìòãõý",),
}
# Letters, the marks of Vietnamese, and signs within words: "szko³ê" is Polish; then signs beside
# words: "by± mo¿e", but not "m³", "«ja»" and the like.
_TOLD_BY = re.compile(
    "(?![\x00-\x7f\xb2\xb3\xb9\xbc-\xbe])(?:[^\\W\\d_]|[\u0300-\u0323\x80-\x9f\ufffd])"
    "|(?<=[^\\W\\d_])[\xa1-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7](?=[^\\W\\d_])"
)
_BESIDE_WORDS = re.compile(
    r"(?<=[^\W\d_])[\xa1-\xa8\xac\xae-\xb1\xb4-\xb8\xbc-\xbf](?![^\W\d_])"
    r"|(?<![^\W\d_])[\xa2-\xa8\xac\xae-\xb1\xb4-\xb8\xbc-\xbe](?=[^\W\d_])"
)
# So much is lost by a letter that a language has not, and by such a sign; and so much better must
# another table be: more than what chance makes of a few.
_STRANGE = -8.0
_ODD = -4.0
_CLEARLY = 6.0
_ALIKE = 1.5
_BEYOND_ASCII = bytes(range(0x80, 0x100))


def without_escapes(body: bytes) -> bytes:
    """The same in UTF-8 where its escapes say that it is ISO-2022-JP, which is all in ASCII."""
    # One byte is found twenty times as quickly as two, and few documents hold this one.
    if b"\x1b" not in body or b"\x1b$" not in body:
        return body
    return body.decode("iso2022_jp", "replace").encode()


def told(body: bytes, media_type: str | None) -> str | None:
    """The text of bytes that are no UTF-8; None where no table fits.

    A declaration is believed unless words read so mix two alphabets, or none of them is a word.
    """
    name = declared(media_type)
    if name and (text := _read(body, name)) and is_believable(text, name, body):
        return text
    western = _read(body, "cp1252")
    if western is not None and _is_foreign(western):
        return _by_statistics(body, _TABLES) or _by_capitals(body) or western
    table = table_by_letters(body)
    text = read(body, table) if table != _WESTERN else western
    if text is not None and text.count("\ufffd") * _CHARACTERS_PER_DAMAGED <= len(text):
        return text
    return western or _by_statistics(body, _TABLES)


def is_believable(text: str, name: str, body: bytes) -> bool:
    """Whether a text is one that was read by the table of this name, not only declared so."""
    if name in _LATIN:
        return not _is_foreign(text) and table_by_letters(body, name) == name
    return _is_likely(text)


def read(body: bytes, name: str, errors: str = "replace") -> str:
    """The text of bytes in a table; what is none of its characters is U+FFFD, and what it takes
    two characters for, as Vietnamese does, is one.
    """
    text = body.decode(name, errors)
    return unicodedata.normalize("NFC", text) if name == "cp1258" else text


def _read(body: bytes, name: str) -> str | None:
    try:
        return read(body, name, "strict")
    except UnicodeDecodeError:
        return None


def _is_likely(text: str) -> bool:
    sample = text[:_SAMPLE_CHARS]
    mixed = len(_TWO_ALPHABETS.findall(sample))
    return mixed == 0 or mixed * 2 < len(_CYRILLIC_WORD.findall(sample))


def _is_foreign(western: str) -> bool:
    sample = western[:_SAMPLE_CHARS]
    in_runs = sum(map(len, _FOREIGN.findall(sample)))
    return in_runs > _LEAST_SHARE_FOREIGN * len(_BEYOND.findall(sample))


def table_by_letters(body: bytes, stated: str = _WESTERN) -> str:
    """The table of Latin letters that makes words of some language of bytes; the ``stated`` one
    where it has all of them and none does so much better.
    """
    # What a letter tells, it tells within its word.
    sample = b" ".join(word for word in _telling(body).split() if not word.isascii())
    if not sample:
        return stated
    made = {name: _most_likely(sample.decode(name, "replace"), name) for name in _LATIN}
    best = max(made, key=lambda name: made[name])
    # A table that has not all of them needs no more to be the wrong one.
    is_clear = "\ufffd" in sample.decode(stated, "replace") or made[best] > made[stated] + _CLEARLY
    return best if is_clear else stated


def _most_likely(text: str, table: str) -> float:
    """How likely a text is in the language of a table that it is likeliest in, as a logarithm; of
    the Western ones any two may stand together.
    """
    found = Counter(_TOLD_BY.findall(text.lower()))
    # One that has none of the letters makes no other one likelier.
    known = [each for each in _LATIN[table] if not found.keys().isdisjoint(each)]
    languages = [*map(_shares, known)]
    if table == _WESTERN:
        languages += starmap(_together, combinations(known, 2))
    return _ODD * len(_BESIDE_WORDS.findall(text)) + max(
        sum(times * shares.get(letter, _STRANGE) for letter, times in found.items())
        for shares in languages or ({},)
    )


@cache
def _together(one: str, other: str) -> Mapping[str, float]:
    first, second = _shares(one), _shares(other)
    return {
        letter: max(first.get(letter, _STRANGE), second.get(letter, _STRANGE)) - log(2)
        for letter in first.keys() | second.keys()
    }


@cache
def _shares(letters: str) -> Mapping[str, float]:
    """How often each of some letters is met, the first one most often, as logarithms."""
    parts = [1 / (place + _ALIKE) for place in range(len(letters))]
    return {letter: log(part / sum(parts)) for letter, part in zip(letters, parts, strict=True)}


def _by_statistics(body: bytes, tables: list[str]) -> str | None:
    """What the letters of a longer text tell: "Ťažká reč" in a table of Central Europe."""
    sample = _telling(body)
    if len(sample) - len(sample.translate(None, _BEYOND_ASCII)) < _FEWEST_BYTES_TOLD:
        return None
    # Few texts come so far.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    found = from_bytes(sample, cp_isolation=tables, preemptive_behaviour=False)
    best = found.best()
    if best is None:
        return None
    if not best.coherence:
        # Too short to weigh letters: what fits several bytes a character does so by no chance.
        fit = [each for each in found if each.chaos == best.chaos]
        fit = [each for each in fit if each.encoding in _OF_SEVERAL_BYTES] or fit
        if len(fit) > 1:
            return None
        best = fit[0]
    text = _read(body, best.encoding)
    return text if text and _is_likely(text) else None


def _by_capitals(body: bytes) -> str | None:
    """Cyrillic or Greek that is too short to weigh: one table's capitals are another's small
    letters, and texts have few capitals.
    """
    readings = (text for name in _SMALL if (text := _read(body, name)))
    return max(readings, key=lambda text: sum(map(str.islower, text[:_SAMPLE_CHARS])), default=None)


def _telling(body: bytes) -> bytes:
    """What of a document is written in more than ASCII, as far as it is looked at."""
    parts = body[: 10 * _SAMPLE_CHARS].replace(b">", b"<").split(b"<")
    return b" ".join(part for part in parts if not part.isascii())[:_SAMPLE_CHARS]
