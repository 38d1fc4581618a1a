"""Mojibake mended: text that was decoded by the wrong table on its way here.

Knows how such text looks. Must never change text that is merely unusual.
"""

import re
from collections.abc import Iterable, Iterator

__all__ = ["all_mended", "is_suspect", "mended", "seen"]

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
_CONTROLS = re.compile("[\x80-\x9f]")
# A paragraph is mended as a whole; beyond this it is none that a person wrote.
_LONGEST_CHARS = 50_000
# Of all damaged texts of a document together: mending takes long.
_MOST_CHARS = 100_000


def is_suspect(text: str) -> bool:
    """Whether mending may change a text, or anything in it."""
    if text.isascii() or not _UNUSUAL.search(text):
        return False
    return _SUSPECT.search(text) is not None or _CONTROLS.search(text) is not None


def mended(text: str) -> str:
    """``text`` as it was meant; nothing but unseen control characters goes where nothing says
    that it was read wrongly.
    """
    if not is_suspect(text):
        return text
    if len(text) <= _LONGEST_CHARS and _SUSPECT.search(text):
        text = _decoded_anew(text)
    return seen(text)


def _decoded_anew(text: str) -> str:
    # A tenth of a second, which most runs never need.
    import ftfy  # noqa: PLC0415
    from ftfy.badness import is_bad  # noqa: PLC0415

    return ftfy.fix_encoding(text) if is_bad(text) else text


def all_mended(texts: Iterable[str]) -> Iterator[str]:
    """Each text as it was meant; no more of them than an article holds."""
    left = _MOST_CHARS
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
    return _CONTROLS.sub("", text)
