"""Whether a GET or HEAD is answered in full, with 304, or refused (RFC 9110 section 13).

Knows the precondition fields of a request and the validators of what was selected. Must never
know files, caches or sockets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from feeds.times import seconds_of

#: RFC 9110 8.8.3; a tag may hold commas, so a list of them cannot be split at commas.
_ENTITY_TAG = re.compile(r'[ \t,]*(W/)?("[!\x23-\x7e\x80-\xff]*")')


@dataclass(frozen=True, slots=True, kw_only=True)
class Preconditions:
    """The conditional fields of a request; several lines of one field are joined by commas."""

    if_match: str | None = None
    if_unmodified_since: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None


class Verdict(StrEnum):
    """How to answer: with the representation, with 304, or with 412."""

    SEND = "send"
    NOT_MODIFIED = "not-modified"
    FAILED = "failed"


def evaluate(asked: Preconditions, etag: str, modified: int | None) -> Verdict:
    """How a GET or HEAD of an existing representation is answered.

    ``etag`` is its strong entity tag, quotes included, ``modified`` in whole Unix seconds, None
    where no date tells it from another version yet.
    The order is that of RFC 9110 13.2.2: an entity tag wins over a date, and a field that
    cannot be read is as good as absent where it holds a date, and matches nothing where it
    holds tags.
    """
    if asked.if_match is not None:
        if not _matches(asked.if_match, etag, weakly=False):
            return Verdict.FAILED
    elif _is_newer(modified, asked.if_unmodified_since):
        return Verdict.FAILED
    if asked.if_none_match is not None:
        known = _matches(asked.if_none_match, etag, weakly=True)
    else:
        known = _is_newer(modified, asked.if_modified_since) is False
    return Verdict.NOT_MODIFIED if known else Verdict.SEND


def _matches(field: str, etag: str, *, weakly: bool) -> bool:
    if field.strip(" \t") == "*":
        return True
    return any(tag == etag and (weakly or not weak) for weak, tag in entity_tags(field))


def entity_tags(field: str) -> Iterator[tuple[bool, str]]:
    """Each tag with whether it is a weak one, up to the first thing that is no tag."""
    found = _ENTITY_TAG.match(field)
    while found:
        yield found[1] is not None, found[2]
        found = _ENTITY_TAG.match(field, found.end())


def _is_newer(modified: int | None, since: str | None) -> bool | None:
    """None where no moment is named that can be read, or there is none to compare it with."""
    moment = None if since is None else seconds_of(since)
    return None if moment is None or modified is None else modified > moment
