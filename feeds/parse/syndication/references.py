"""Addresses and language tags as feeds write them, made whole or dropped.

Knows what an address of an item can look like. Must never know which element it stood in.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

__all__ = ["absolute", "identifier", "items_only", "language_tag", "media_type", "size"]

# The longest address servers and browsers pass on.
_LONGEST_CHARS = 2_048
# Most addresses need no second look.
_PLAIN = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?:/[!-~]*)?")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\ud800-\udfff\ufeff]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_MEDIA_TYPE = re.compile(r"[a-z0-9][\w!#$&^.+-]{0,80}/[a-z0-9][\w!#$&^.+-]{0,80}", re.ASCII)
_TAG = re.compile(r"([a-z]{2,3})(?:-[a-z]{3})?(?:-([a-z]{4}))?(?:-[a-z0-9]{1,8}){0,6}")
# "und", "mul" and "zxx" name no language, "mis" none with a code (BCP 47, 4.1).
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})
# No file is larger, and databases hold no larger number.
_MOST_BYTES = 2**53


def absolute(address: str | None, base: str | None) -> str | None:
    """An http or https address joined to ``base``; None where it is none or has no base."""
    if not address:
        return None
    if len(address) <= _LONGEST_CHARS and _PLAIN.fullmatch(address):
        return address
    text = address.strip()
    if _BLANKS.search(text):
        # As browsers do: line breaks within an address are gone, blanks are escaped.
        text = _BLANKS.sub(lambda found: "%20" if found[0].isspace() else "", text.strip())
    if not text or len(text) > _LONGEST_CHARS:
        return None
    try:
        joined = text if text.startswith(("http://", "https://")) else urljoin(base or "", text)
        parts = urlsplit(joined)
        is_whole = parts.scheme in {"http", "https"} and parts.hostname
    except ValueError:
        return None
    return joined if is_whole else None


def items_only(addresses: Iterable[str | None], home: str | None) -> tuple[str, ...]:
    """Each address that can be one item's, once, in order: neither the site's home nor its root."""
    known = dict.fromkeys(addresses)
    return tuple([each for each in known if each and each != home and not _is_root(each)])


def identifier(text: str) -> str | None:
    """An id without white space around it or controls in it; None where it is no id."""
    kept = _CONTROLS.sub("", text).strip()
    return kept if 0 < len(kept) <= _LONGEST_CHARS else None


def language_tag(text: str | None) -> str | None:
    """``en-GB`` is ``en``, ``sr_latn-RS`` is ``sr-Latn``: language and script (BCP 47)."""
    return _language_tag(text[:40]) if text else None


def media_type(text: str | None) -> str:
    """A media type without its parameters, "" where the text is none."""
    named = (text or "").partition(";")[0].strip().lower()
    return named if _MEDIA_TYPE.fullmatch(named) else ""


def size(text: str | None) -> int | None:
    """A number of bytes above 0: feeds write 0 where they do not know."""
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 16):
        return None
    return int(digits) if 0 < int(digits) < _MOST_BYTES else None


@lru_cache(maxsize=1024)
def _language_tag(text: str) -> str | None:
    found = _TAG.fullmatch(text.strip().lower().replace("_", "-"))
    if found is None or found[1] in _NO_LANGUAGE:
        return None
    return f"{found[1]}-{found[2].title()}" if found[2] else found[1]


def _is_root(address: str) -> bool:
    # "https://example.org/" has three slashes, the last one at its end.
    parts = address.split("/", 3)
    return (len(parts) < 4 or parts[3] in {"", "#"}) and "?" not in address
