"""Where a redirect may lead, and which of them are for good.

Knows addresses and the 3xx statuses (RFC 9110 15.4). Must never know what is sent there.
"""

import re
from dataclasses import dataclass, replace

from httpx2 import URL, InvalidURL

from feeds.fetch import FetchFailed

PERMANENT = frozenset({301, 308})
REDIRECTS = PERMANENT | {302, 303, 307}

#: No document has a longer one, and some servers refuse 8,000 (RFC 9110 4.1).
LONGEST_ADDRESS = 8_000

#: Controls, blanks and lone surrogates: browsers drop some of them, and so would a checker miss.
_UNWANTED = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A way through redirects: ``here`` is to be asked now, ``seen`` was asked before.

    ``moved_to`` is how far permanent redirects alone led.
    """

    here: URL
    seen: tuple[str, ...] = ()
    moved_to: str | None = None
    is_permanent: bool = True


def address(text: str) -> URL | FetchFailed:
    """An address that can be asked, without its fragment, or why it cannot."""
    if len(text) > LONGEST_ADDRESS:
        return _lasting(f"the address is longer than {LONGEST_ADDRESS} characters")
    if _UNWANTED.search(text):
        return _lasting("the address holds blanks or control characters")
    try:
        url = URL(text).copy_with(fragment=None)
    except (InvalidURL, ValueError) as fault:  # an IDNA fault is a ValueError
        return _lasting(f"{text[:200]!r} is no address: {fault}")
    return _checked(url)


def _checked(url: URL) -> URL | FetchFailed:
    if url.scheme not in {"http", "https"}:
        return _lasting(f"{url.scheme or 'no scheme'}: is not fetched, only http: and https: are")
    if not url.host:
        return _lasting("the address names no host")
    if url.userinfo:
        return _lasting("the address holds a name or password, which is not sent")
    if url.port is not None and not 0 < url.port < 65_536:
        return _lasting(f"the address names port {url.port}, which there is not")
    return url


def follow(trail: Trail, status: int, location: str | None, limit: int) -> Trail | FetchFailed:
    """The next step, or why there is none.

    Followed are ``limit`` redirects; never in a circle, nor from https: down to http:.
    """
    here = str(trail.here)
    if not location:
        return _lasting(f"{here} redirects ({status}) without saying where")
    if len(trail.seen) >= limit:
        return _lasting(f"more than {limit} redirects, the last at {here}")
    there = _joined(trail.here, location)
    if isinstance(there, FetchFailed):
        return _lasting(f"{here} redirects to where nobody may follow: {there.problem}")
    seen = (*trail.seen, here)
    if str(there) in seen:
        return _lasting(f"{here} redirects in a circle, to {there}")
    if trail.here.scheme == "https" and there.scheme == "http":
        return _lasting(f"{here} redirects from https to http, to {there}")
    is_permanent = trail.is_permanent and status in PERMANENT
    moved_to = str(there) if is_permanent else trail.moved_to
    return replace(trail, here=there, seen=seen, moved_to=moved_to, is_permanent=is_permanent)


def _joined(here: URL, location: str) -> URL | FetchFailed:
    """A Location as an address; relative ones are allowed (RFC 9110 10.2.2)."""
    text = _legible(location.strip(" \t"))
    if len(text) > LONGEST_ADDRESS or _UNWANTED.search(text.replace(" ", "")):
        return address(text)
    try:
        # A blank within is wrong and common; every browser sends it as %20.
        return address(str(here.join(text.replace(" ", "%20"))))
    except (InvalidURL, ValueError) as fault:
        return _lasting(f"{text[:200]!r} is no address: {fault}")


def _legible(field: str) -> str:
    """A field, kept as Latin-1, that is UTF-8 in truth, as servers that do not escape send it."""
    try:
        return field.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return field


def _lasting(problem: str) -> FetchFailed:
    return FetchFailed(problem=problem, is_lasting=True)
