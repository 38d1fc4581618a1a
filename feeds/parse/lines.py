"""Text out of bytes, and lines out of text.

Knows encodings, line ends and what a list item looks like. Must never know what a line means.
"""

import codecs
import re
from collections.abc import Sequence

from feeds.draft import Reason, Refused
from feeds.parse import charset

Lines = Sequence[str]

# Text has at most one control character in so many bytes; what has more is another kind of file.
_BYTES_PER_CONTROL = 100
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\v\f\r"))

# What no reader sees and no XML holds: control characters other than white space, invisible
# marks, and overrides of the writing direction (they make text read as what it is not). Behind an
# accented letter a control character of the upper half may be what is left of another one: it
# stays until the text was mended.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
    "(?<![^\x00-\x7f][\x80-\x9f])"
)

# White space within a line, other than a plain space.
_OTHER_SPACES = re.compile("[\t\x1f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

# Enough to find the place in the document again.
_EXCERPT_CHARS = 60

# Hyphens, an en dash, a bullet, an asterisk.
_MARKS = "-\u2010\u2011\u2013\u2022*"


def decode(body: bytes, media_type: str | None = None) -> str | Refused:
    """The text of a document, whichever encoding it came in, or why it has none.

    What its media type declares counts where the bytes leave it open.
    """
    is_utf_16 = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    controls = 0 if is_utf_16 else len(body) - len(body.translate(None, _CONTROLS))
    if controls * _BYTES_PER_CONTROL > len(body):
        return _binary(f"{controls} of {len(body)} bytes are control characters")
    try:
        text = _utf_16(body) if is_utf_16 else _utf_8(body) or charset.told(body, media_type)
    except UnicodeDecodeError as error:
        return _binary(f"byte {error.start + 1} is in no known encoding")
    if text is None:
        return _binary("its bytes are in no known encoding")
    return _binary("it holds NUL characters") if "\0" in text else text


def _binary(evidence: str) -> Refused:
    return Refused(reason=Reason.BINARY, evidence=evidence)


def _utf_16(body: bytes) -> str:
    # Not final, here and below: a text cut off within a character is still a text.
    return codecs.utf_16_decode(body, "strict", False)[0]  # noqa: FBT003 - takes no keywords


def _utf_8(body: bytes) -> str | None:
    """UTF-8 with at most a few damaged places: other encodings hardly hold a valid sequence."""
    try:
        return codecs.utf_8_decode(body, "strict", False)[0]  # noqa: FBT003 - takes no keywords
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
        damaged = text.count("\ufffd")
        intact = len(text) - len(text.encode("ascii", "ignore")) - damaged
        return text if intact > damaged else None


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
