"""Text out of the bytes of strangers, and lines out of text.

Knows where a document declares its encoding, what text looks like that was read by a wrong one
before it came here, and what a line is. Must never know what a line means.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence

from config.values import INVISIBLE, NONCHARACTERS
from feeds.draft import Document, Reason, Refused
from feeds.parse.encodings import is_believable, known, named, read, told, without_escapes

Lines = Sequence[str]

# The HTML standard has browsers look this far; before XML a server may print warnings.
_XML = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_META = re.compile(rb"<meta\b[^>]{0,500}", re.IGNORECASE)
_META_BYTES = 4_096
_XML_BYTES = 65_536

# -- Text ------------------------------------------------------------------------------------------

# Text has at most one control character in so many bytes; what has more is another kind of file.
_BYTES_PER_CONTROL = 100
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\v\f\r"))
# Without NEL, which ends a line.
_WINDOWS = {
    byte: sign
    for byte in {*range(0x80, 0xA0)} - {0x85}
    if (sign := bytes([byte]).decode("cp1252", "ignore"))
}
_CONTROLS_IN_UTF_8 = re.compile(rb"\xc2[\x80-\x9f]")
_NULS = "it holds NUL characters"
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode(body: bytes, media_type: str | None = None) -> str | Refused:
    """The text of a document, whichever encoding it came in, or why it has none.

    What its media type declares counts where the bytes leave it open.
    """
    body = without_escapes(body)
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            # Not final, here and below: a text cut off within a character is still a text.
            text = codecs.utf_16_decode(body, "strict", False)[0]  # noqa: FBT003 - takes no keywords
        except UnicodeDecodeError as error:
            return _binary(f"byte {error.start + 1} is in no known encoding")
        return _binary(_NULS) if "\0" in text else of_windows(text)
    written = _utf_8(body)
    if written is not None:
        return _harmless(body, written)
    controls = _evidence_of_controls(body)
    read_so = None if controls else _damaged_utf_8(body) or told(body, media_type)
    if read_so is None:
        return _binary(controls or "its bytes are in no known encoding")
    return of_windows(read_so)


def _harmless(body: bytes, text: str) -> str | Refused:
    """The text that some bytes are in UTF-8, or why it is none."""
    if controls := _evidence_of_controls(body):
        return _binary(controls)
    # In bytes they begin with one byte, and to look for that takes a fifth of the time.
    is_strange = len(text) < len(body) and _CONTROLS_IN_UTF_8.search(body)
    return text.translate(_WINDOWS) if is_strange else text


def _evidence_of_controls(body: bytes) -> str:
    controls = len(body) - len(body.translate(None, _CONTROLS))
    if controls * _BYTES_PER_CONTROL > len(body):
        return f"{controls} of {len(body)} bytes are control characters"
    return _NULS if controls and b"\0" in body else ""


def of_windows(text: str) -> str:
    """``text`` with the characters that Windows' table has where other tables have controls: nobody
    writes those, whatever is declared (as HTML's parser reads references to them).
    """
    if text.isascii() or not _CONTROLS_IN_UTF_8.search(text.encode("utf-8", "replace")):
        return text
    return text.translate(_WINDOWS)


def _binary(evidence: str) -> Refused:
    return Refused(reason=Reason.BINARY, evidence=evidence)


def _utf_8(body: bytes) -> str | None:
    """The text that bytes are in UTF-8; None where they are none."""
    try:
        return codecs.utf_8_decode(body, "strict", False)[0]  # noqa: FBT003 - takes no keywords
    except UnicodeDecodeError:
        return None


def _damaged_utf_8(body: bytes) -> str | None:
    """UTF-8 with at most a few damaged places: other encodings hardly hold a valid sequence."""
    text = body.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    intact = len(text) - len(text.encode("ascii", "ignore")) - damaged
    return text if intact > damaged else None


# -- Pages and feeds -------------------------------------------------------------------------------

# Not XML characters (XML 1.0, section 2.2); no reader would see them either.
NO_XML = bytes({*range(0x20)} - set(b"\t\n\r"))
_NONCHARACTERS = ("\ufffe".encode(), "\uffff".encode())
# A page may hold a few damaged places; more of them mean that the declaration is wrong.
_CHARACTERS_PER_DAMAGED = 200
_BY_FIRST_BYTES = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)


def decode_page(document: Document) -> str | Refused:
    """The text of a page of HTML; a declaration that does not fit its bytes is not believed."""
    body = document.body
    if body.startswith(_BOMS):
        return decode(body)
    # One look tells of most bodies that they hold none.
    nuls = body.count(0) if b"\0" in body else 0
    if 0 < nuls * _BYTES_PER_CONTROL <= len(body):
        body = body.replace(b"\0", b"")
    if (text := _utf_8(body)) is not None:
        return _harmless(body, text) if without_escapes(body) is body else decode(body)
    metas = (meta.decode("latin-1") for meta in _META.findall(document.body[:_META_BYTES]))
    for name in named([document.media_type or "", *metas]):
        text = read(body, name)
        is_read = text.count("\ufffd") * _CHARACTERS_PER_DAMAGED <= len(text)
        if is_read and is_believable(text, name, body):
            return of_windows(text)
    return decode(body)


def recoded(body: bytes, media_type: str | None) -> bytes:
    """XML or JSON in UTF-8, without what is no character of XML; what cannot be read is U+FFFD.

    UTF-8 is tried before what a server or the document declares, in this order (RFC 7303, section
    3): both are wrong more often than another encoding is valid UTF-8 by chance. Of the others only
    character tables are taken.
    """
    head = body[:4].lstrip()
    if marked := next((name for mark, name in _BY_FIRST_BYTES if head.startswith(mark)), None):
        text = body.decode(marked, "replace").encode("utf-8", "ignore")
    else:
        text = _in_utf_8(without_escapes(body.removeprefix(codecs.BOM_UTF8)), media_type)
    text = text.translate(None, NO_XML)
    if b"\xc2" in text and _CONTROLS_IN_UTF_8.search(text):
        text = of_windows(text.decode()).encode()
    for character in _NONCHARACTERS if _NONCHARACTERS[0][:1] in text else ():
        text = text.replace(character, b"")
    return text.removeprefix(codecs.BOM_UTF8)


def _in_utf_8(body: bytes, media_type: str | None) -> bytes:
    try:
        # Without a copy of what may be large; a character cut off at the end goes.
        used = codecs.utf_8_decode(body, "strict", False)[1]  # noqa: FBT003 - takes no keywords
    except UnicodeDecodeError:
        return _in_a_table(body, media_type).encode("utf-8", "ignore")
    return body[:used]


def _in_a_table(body: bytes, media_type: str | None) -> str:
    found = _XML.search(body[:_XML_BYTES])
    names = (*named([media_type or ""]), *known([found[1].decode()] if found else []))
    if name := next((name for name in names if not name.startswith("utf")), None):
        text = read(body, name)
        if is_believable(text, name, body):
            return text
    text = body.decode("utf-8", _STRAY)
    # Another encoding hardly holds a valid sequence of UTF-8.
    intact = len(text) - len(text.encode("ascii", "ignore"))
    is_utf_8 = intact > 2 * (len(body) - len(body.decode("utf-8", "ignore").encode()))
    return text if is_utf_8 else told(body, None) or body.decode("cp1252", "replace")


def _stray(error: UnicodeError) -> tuple[str, int]:
    """A single byte that is no UTF-8 was pasted from a text in Windows' Western table; what breaks
    off within a character is unreadable.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    damaged = error.object[error.start : error.end]
    read = damaged.decode("cp1252", "replace") if len(damaged) == 1 else "\ufffd"
    return read, error.end


_STRAY = "fieldfare-stray"
codecs.register_error(_STRAY, _stray)

# -- Text that was read by the wrong table before it came here -------------------------------------

# Damage is two characters beyond ASCII in a row, or a control character; to look for that first
# is cheap in a text with a few accents and quotes.
_UNUSUAL = re.compile("[^\x00-\x7f](?:[^\x00-\x7f]|(?<=[\x80-\x9f]))")
# UTF-8 read as a one-byte encoding begins each character with one of these, then goes on with one
# or, from "â" on, two from the upper half of that encoding: â€™, Ã©, Ð¸, Å¡. To look for it is
# cheap, to ask ftfy is not.
_NEXT = (
    "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013-\u203a\u20ac\u2122"
)
_SUSPECT = re.compile(
    "[\u00c2-\u00df\u00e2-\u00ef\u0102\u0103\u0413\u0420\u0421\u0432]"
    f"[{_NEXT}](?:(?<![\u00e2-\u00ef].)|[{_NEXT}\ufffd])"
)
# No reader sees them: what mending leaves of them goes.
_UPPER_CONTROLS = re.compile("[\x80-\x9f]")
# A paragraph is mended as a whole; beyond this it is none that a person wrote.
_LONGEST_MENDED_CHARS = 50_000
# Of all damaged texts of a document together: mending takes long.
_MOST_MENDED_CHARS = 100_000
_SEPARATOR = re.compile("[\u2028\u2029\x85]")


def is_suspect(text: str) -> bool:
    """Whether mending may change a text, or anything in it."""
    if text.isascii() or not _UNUSUAL.search(text):
        return False
    return _SUSPECT.search(text) is not None or _UPPER_CONTROLS.search(text) is not None


def mended(text: str) -> str:
    """``text`` as it was meant; nothing but unseen control characters goes where nothing says
    that it was read wrongly.
    """
    if not is_suspect(text):
        return text
    if len(text) <= _LONGEST_MENDED_CHARS and _SUSPECT.search(text):
        text = _decoded_anew(text)
    return seen(text)


def _decoded_anew(text: str) -> str:
    # A tenth of a second, which most runs never need.
    import ftfy  # noqa: PLC0415
    from ftfy.badness import is_bad  # noqa: PLC0415

    if not is_bad(text):
        return text
    meant = ftfy.fix_encoding(text)
    # A separator of lines may come out of it, and what is a line stays one.
    return _SEPARATOR.sub(" ", meant).strip() if _SEPARATOR.search(meant) else meant


def all_mended(texts: Iterable[str]) -> Iterator[str]:
    """Each text as it was meant; no more of them than an article holds."""
    left = _MOST_MENDED_CHARS
    for text in texts:
        if left < 0:
            yield seen(text)
        elif is_suspect(text):
            left -= len(text)
            yield mended(text)
        else:
            yield text


def seen(text: str) -> str:
    """``text`` without control characters of the upper half (C1), which no reader sees."""
    return _UPPER_CONTROLS.sub("", text)


# -- Lines -----------------------------------------------------------------------------------------

# What no reader sees and no XML holds: control characters other than white space, invisible
# marks, and overrides of the writing direction (they make text read as what it is not). Behind an
# accented letter a control character of the upper half may be what is left of another one: it
# stays until the text was mended.
_UNSEEN = re.compile(
    rf"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f{INVISIBLE}{NONCHARACTERS}\ufff9-\ufffc]"
    "(?<![^\x00-\x7f][\x80-\x9f])"
)
# White space within a line, other than a plain space.
_OTHER_SPACES = re.compile("[\t\x1f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Enough to find the place in the document again.
_EXCERPT_CHARS = 60
# Hyphens, an en dash, a bullet, an asterisk.
_MARKS = "-\u2010\u2011\u2013\u2022*"


def readable(text: str) -> Lines:
    """The lines a person sees: no empty ones, white space evened out, nothing invisible."""
    seen = _UNSEEN.sub("", text)
    # Most texts are even already: to see that costs a third of evening out each line.
    if "  " in seen or _OTHER_SPACES.search(seen):
        return [" ".join(words) for line in seen.splitlines() if (words := line.split())]
    return [even for line in seen.splitlines() if (even := line.strip(" "))]


def bullet(line: str) -> str | None:
    """What stands behind the mark of a list item, "" for a mark alone, None for other lines."""
    if line[0] not in _MARKS or line[1:2].strip():
        return None
    return line[2:]


def excerpt(text: str) -> str:
    """The start of a text in quotation marks, as evidence for a person."""
    return repr(text if len(text) <= _EXCERPT_CHARS else f"{text[: _EXCERPT_CHARS - 1]}…")
