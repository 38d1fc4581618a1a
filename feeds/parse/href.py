"""Addresses as somebody wrote them, in the form in which browsers read them.

Knows what of an address is white space around and within it, what nobody sees of it, and what no
address may hold. Must never know whether an address leads anywhere, or who may be given it.
"""

import re
from functools import lru_cache
from urllib.parse import quote, urljoin

from config.values import CONTROLS, DIRECTION_MARKS, INVISIBLE, is_web_address

# URL standard, 4.4: a parser drops tabs and ends of lines. What nobody sees is no part of it either
# (RFC 3987, 4.1); what else is white space stands in an address in code.
_DROPPED = re.compile(rf"[{CONTROLS}{INVISIBLE}{DIRECTION_MARKS}\ud800-\udfff]+")
_BLANK = re.compile(r"\s")
_NOT_IN_OTHERS = re.compile(r"[\s\"<>{}|\\^`]")
# The host of a web address can hold no code: with a blank it is none.
_HOST = re.compile(r"(?:(?:https?:)?//[^/?#\\]*)?", re.IGNORECASE)
# Most links of a page: to join them by the rules of RFC 3986 changes nothing of them.
_PLAIN_PATH = re.compile(r"/(?:[\w-][\w.-]*/)*(?:[\w-][\w.-]*)?(?:\?[\w=&-]+)?", re.ASCII)
_LONGEST_PLAIN_CHARS = 2_000
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*+:", re.IGNORECASE)


def as_read(text: str) -> str:
    """An address as browsers read it: without white space around it, and without tabs, line breaks
    and what nobody sees, other blanks behind its host percent-encoded.

    Other signs that no address holds stay in a web address, whose host they may part from its
    path, and in a relative one; elsewhere, as in a mail's subject, they are percent-encoded, too.
    """
    is_even = text.isprintable()
    address = (text if is_even else _DROPPED.sub("", text)).strip()
    is_other = _OTHER_SCHEME.match(address) is not None
    if is_even and not is_other and " " not in address:
        return address
    host = _HOST.match(address)
    end = host.end() if host else 0
    return address[:end] + (_NOT_IN_OTHERS if is_other else _BLANK).sub(
        lambda odd: quote(odd[0]), address[end:]
    )


def joined_plainly(base: str | None, address: str) -> str | None:
    """What most addresses of pages are, a path, joined to the web address ``base``; None where
    joining the two takes more than to put one behind the other.
    """
    if not base or address[0] != "/" or len(address) > _LONGEST_PLAIN_CHARS:
        return None
    root = _root(base) if _PLAIN_PATH.fullmatch(address) else None
    return None if root is None else root + address


# A document has one base, or a few.
@lru_cache(maxsize=64)
def _root(base: str) -> str | None:
    """What stands before the path of a web address; None of another one."""
    try:
        joined = urljoin(base, "/")
    except ValueError:
        return None
    return joined[:-1] if is_web_address(joined) and joined.isprintable() else None
