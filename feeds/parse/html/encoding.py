"""The text of a page, whatever its bytes, its server and the page itself say of its encoding.

Knows where a page declares an encoding and how often that is wrong. Must never know what the
text says.
"""

import codecs
import re

from feeds.draft import Document, Refused
from feeds.parse.lines import decode

# The HTML standard has browsers look this far.
_META_BYTES = 4_096
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,500}", re.IGNORECASE)
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What pages are written in; the first two names mean the third to every browser.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
_IN_USE = re.compile(
    r"cp(?:125\d|866|932|949|950)|iso8859-\d+|koi8-[ru]|mac-cyrillic|gb18030|big5\w*|shift_jis|"
    r"euc_(?:jp|kr)|iso2022_jp|utf-(?:8|16(?:-[lb]e)?)"
)
# A page may hold a few damaged places; more of them mean that the declaration is wrong.
_CHARACTERS_PER_DAMAGED = 200


def text_of(document: Document) -> str | Refused:
    """The document's characters; a declaration that does not fit its bytes is not believed."""
    body = document.body
    if body.startswith(_BOMS):
        return decode(body)
    body = _without_few_nuls(body)
    if body.isascii() or _is_utf_8(body):
        return decode(body)
    for name in _declared(document):
        if (text := _read_as(body, name)) is not None:
            return text
    return decode(body)


def _without_few_nuls(body: bytes) -> bytes:
    nuls = body.count(0)
    return body.replace(b"\0", b"") if 0 < nuls * 100 <= len(body) else body


def _is_utf_8(body: bytes) -> bool:
    # Other encodings hardly hold a valid sequence, so what is valid is meant.
    try:
        codecs.utf_8_decode(body, "strict", False)  # noqa: FBT003 - takes no keywords
    except UnicodeDecodeError:
        return False
    return True


def _declared(document: Document) -> list[str]:
    """Encodings the server and the page name, as Python calls them."""
    texts = [document.media_type or ""]
    texts += [meta.decode("latin-1") for meta in _META.findall(document.body[:_META_BYTES])]
    names = (found[1] for text in texts if (found := _CHARSET.search(text)))
    return [known for name in names if (known := _known(name))]


def _known(name: str) -> str | None:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    meant = _MEANT.get(found, found)
    return meant if _IN_USE.fullmatch(meant) else None


def _read_as(body: bytes, encoding: str) -> str | None:
    text = body.decode(encoding, "replace")
    damaged = text.count("\ufffd")
    return text if damaged * _CHARACTERS_PER_DAMAGED <= len(text) else None
