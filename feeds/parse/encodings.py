"""By which table bytes that are no UTF-8 are to be read.

Knows the labels of encodings, how often what is declared is wrong, and what text looks like that
was read by another table. Must never know what the text is of, or where in it a label stood.
"""

import codecs
import re
from collections.abc import Iterable, Iterator

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
_PREFIXED = re.compile(r"^(?:x-)*+(?:cs)?")
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
# "Ñåìèíàð" is Cyrillic, "Àå°üÀÌ" Korean, and "szko³ê" is Polish.
_OF_WESTERN = "\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u20ac\u00a0\u00ab\u00bb"
_FOREIGN = re.compile(f"[^\x00-\x7f{_OF_WESTERN}]{{3,}}")
_BEYOND = re.compile(f"[^\x00-\x7f{_OF_WESTERN}]")
_PATCHED = re.compile(r"[^\W\d_][¥¯±³¶¹¼¾¿][^\W\d_]|[ªº][^\W\d_]")
_LEAST_SHARE_FOREIGN = 0.6
_FEWEST_PATCHED = 2
# Enough to tell; a hostile text is long.
_SAMPLE_CHARS = 20_000
# Tables that statistics tell apart, with more letters than one script has; and it takes some.
_TABLES = (
    "cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257 iso8859_2 iso8859_5 iso8859_6 koi8_r koi8_u "
    "mac_cyrillic cp866 cp874 cp949 cp932 euc_jp gb18030 big5"
).split()
_OF_SEVERAL_BYTES = frozenset({"cp949", "cp932", "euc_jp", "gb18030", "big5"})
_CYRILLIC = ("cp1251", "koi8-r")
_CENTRAL = ["cp1250", "iso8859_2", "cp1257"]
_FEWEST_BYTES_TOLD = 10
_BEYOND_ASCII = bytes(range(0x80, 0x100))


def without_escapes(body: bytes) -> bytes:
    """The same in UTF-8 where its escapes say that it is ISO-2022-JP, which is all in ASCII."""
    if b"\x1b$" not in body:
        return body
    return body.decode("iso2022_jp", "replace").encode()


def told(body: bytes, media_type: str | None) -> str | None:
    """The text of bytes that are no UTF-8; None where no table fits.

    A declaration is believed unless words read so mix two alphabets, or none of them is a word.
    """
    name = declared(media_type)
    if name and (text := _read(body, name)) and is_believable(text, name):
        return text
    western = _read(body, "cp1252")
    if western is None:
        return _by_statistics(body, _TABLES)
    if _is_foreign(western):
        return _by_statistics(body, _TABLES) or _cyrillic(body) or western
    if len(_PATCHED.findall(western[:_SAMPLE_CHARS])) >= _FEWEST_PATCHED:
        return _by_statistics(body, _CENTRAL) or western
    return western


def is_believable(text: str, name: str) -> bool:
    """Whether a text is one that was read by the table of this name, not only declared so."""
    if name != "cp1252":
        return _is_likely(text)
    patched = _PATCHED.findall(text[:_SAMPLE_CHARS])
    return not _is_foreign(text) and len(patched) < _FEWEST_PATCHED


def _read(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
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


def _cyrillic(body: bytes) -> str | None:
    # One table's capitals are the other's small letters; texts have few capitals.
    readings = (text for name in _CYRILLIC if (text := _read(body, name)))
    return max(readings, key=lambda text: sum(map(str.islower, text[:_SAMPLE_CHARS])), default=None)


def _telling(body: bytes) -> bytes:
    """What of a document is written in more than ASCII, as far as it is looked at."""
    parts = body[: 10 * _SAMPLE_CHARS].replace(b">", b"<").split(b"<")
    return b" ".join(part for part in parts if not part.isascii())[:_SAMPLE_CHARS]
