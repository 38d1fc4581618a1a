"""Addresses as somebody wrote them, in the form in which browsers read them.

Knows what of an address is white space around and within it, and what no address may hold. Must
never know whether an address leads anywhere, or who may be given it.
"""

import re
from urllib.parse import quote

# URL standard, 4.4: a parser drops these; what else is white space stands in an address in code.
_DROPPED = re.compile(r"[\t\n\r]+")
_BLANK = re.compile(r"\s")
_NOT_IN_OTHERS = re.compile(r"[\s\"<>{}|\\^`]")
# The host of a web address can hold no code: with a blank it is none.
_WEB = re.compile(r"(?:https?://[^/?#\\]*)?", re.IGNORECASE)


def as_read(text: str) -> str:
    """An address as browsers read it: without white space around it and without tabs and line
    breaks, other blanks behind its host percent-encoded.

    Other signs that no address holds stay in a web address, whose host they may part from its
    path; elsewhere, as in a mail's subject, they are percent-encoded, too.
    """
    address = _DROPPED.sub("", text.strip())
    host = _WEB.match(address)
    end = host.end() if host else 0
    return address[:end] + (_BLANK if end else _NOT_IN_OTHERS).sub(
        lambda odd: quote(odd[0]), address[end:]
    )
