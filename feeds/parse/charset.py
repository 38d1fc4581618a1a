"""Encodings of one byte a character: the one a server declares, or the one its letters tell.

Knows how often declarations are wrong, and how a text read by the wrong table looks. Must never
know what a text says.
"""

import codecs
import re

__all__ = ["declared", "told"]

_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
# To every browser these mean Windows' tables, which hold all of theirs and more.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254"}
# What texts are written in; Python knows codecs that are no encoding of text.
_IN_USE = re.compile(
    r"cp(?:125\d|866)|iso8859-\d+|koi8-[ru]|mac-cyrillic|gb18030|utf-16(?:-[lb]e)?"
)

# A word with letters of two alphabets: "Cafй" is "Café" read by a Cyrillic table.
_TWO_ALPHABETS = re.compile("[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
_CYRILLIC_WORD = re.compile(r"\b[\u0400-\u04ff]{3,}\b")
# In Western languages accented letters stand between plain ones; "Ñåìèíàð" is Cyrillic.
_ACCENTED_WORD = re.compile("[À-ÖØ-öø-ÿ]{3,}")
_ACCENTED = re.compile("[À-ÖØ-öø-ÿ]")
_LEAST_SHARE_OF_LETTERS = 0.6
_CYRILLIC = ("cp1251", "koi8-r")
# Enough to tell; a hostile text is long.
_SAMPLE_CHARS = 20_000


def declared(media_type: str | None) -> str | None:
    """The encoding a Content-Type names (RFC 9110 8.3.2), None for none, or none of a text."""
    found = _CHARSET.search(media_type or "")
    if found is None:
        return None
    try:
        name = codecs.lookup(found[1]).name
    except (LookupError, ValueError):
        return None
    meant = _MEANT.get(name, name)
    return meant if _IN_USE.fullmatch(meant) else None


def told(body: bytes, media_type: str | None) -> str | None:
    """The text of bytes that are no UTF-8; None where no table fits.

    A declaration is believed unless words read so mix two alphabets.
    """
    name = declared(media_type)
    if name and (text := _read(body, name)) and _is_likely(text):
        return text
    western = _read(body, "cp1252")
    return _cyrillic(body, western) if western and _is_cyrillic(western) else western


def _read(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except UnicodeDecodeError:
        return None


def _is_likely(text: str) -> bool:
    sample = text[:_SAMPLE_CHARS]
    mixed = len(_TWO_ALPHABETS.findall(sample))
    return mixed == 0 or mixed * 2 < len(_CYRILLIC_WORD.findall(sample))


def _is_cyrillic(western: str) -> bool:
    sample = western[:_SAMPLE_CHARS]
    in_words = sum(map(len, _ACCENTED_WORD.findall(sample)))
    return in_words > _LEAST_SHARE_OF_LETTERS * len(_ACCENTED.findall(sample))


def _cyrillic(body: bytes, western: str) -> str:
    # One table's capitals are the other's small letters; texts have few capitals.
    readings = (text for name in _CYRILLIC if (text := _read(body, name)))
    return max(
        readings, key=lambda text: sum(map(str.islower, text[:_SAMPLE_CHARS])), default=western
    )
