"""The way to one document: where each response leads on, and the cookies that are set on it.

Knows redirects, by status or by the page itself, and cookies (RFC 6265). Must never know how a
request is made, or what a document says.
"""

import html
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from httpx2 import URL, Cookies, InvalidURL, Request, Response

from config.values import media_type
from feeds.fetch import FetchFailed
from feeds.fetch.answers import (
    LONGEST_ADDRESS,
    PERMANENT,
    UNWANTED,
    WITH_BODY,
    Received,
    address,
    lasting,
)

#: Who is sent on later has read the page by then, or is to see it anew.
_LONGEST_DELAY_SECONDS = 10
#: A page that only sends on is short; in a long one the head comes first.
_HEAD_BYTES = 65_536
_PAGES = frozenset({"", "text/html", "application/xhtml+xml"})

#: Nobody needs more to be sent on (browsers take 4 kB each, RFC 6265 6.1).
_MOST_COOKIES = 20
_LONGEST_COOKIE_CHARS = 4_096
_LONGEST_COOKIES_CHARS = 8_192

# What the head of a page is made of, as far as a tag that sends on may stand in it, or may not.
_PART = re.compile(
    r"<!--|-->|<(?P<close>/?)(?P<name>noscript|script|style|template|title|textarea|body)(?![a-z-])"
    r"|<meta(?P<meta>(?:\s|/)(?>(?:[^<>\"']|\"[^\"]{0,2000}+\"|'[^']{0,2000}+'){0,2000}))>",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"(?P<name>[a-z-]{1,40})\s{0,20}+=\s{0,20}+"
    r"(?:\"(?P<double>[^\"]{0,2000}+)\"|'(?P<single>[^']{0,2000}+)'|(?P<bare>[^\s\"'>]{1,2000}+))",
    re.IGNORECASE,
)
# HTML, "shared declarative refresh steps".
_REFRESH = re.compile(
    r"\s{0,20}+(?P<delay>[0-9]{1,6}+)(?:\.[0-9.]{0,20}+)?\s{0,20}+[;,\s]\s{0,20}+"
    r"(?>(?:url\s{0,20}+=\s{0,20}+)?)(?P<url>.{1,2000})",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(r"(?:\"([^\"]*+)|'([^']*+))")


@dataclass(slots=True, kw_only=True)
class Chain:
    """From address to address, as responses lead on: ``limit`` times at most, never in a circle,
    nor from https: down to http:.

    Statuses that are ``followed`` lead on; ``by_pages`` a page does that sends its reader on at
    once (``meta http-equiv=refresh``, or the field of that name), and cookies go back to the host
    that set them, as long as the chain is. ``moved_to`` is where permanent redirects alone led.
    """

    here: URL
    followed: frozenset[int]
    limit: int
    by_pages: bool = False
    moved_to: str | None = None
    _is_permanent: bool = True
    _is_led: bool = False
    # Addresses and the cookies they were asked with.
    _asked: list[tuple[str, str]] = field(default_factory=list)
    _cookies: defaultdict[str, Cookies] = field(default_factory=lambda: defaultdict(Cookies))
    _cookies_left: int = _MOST_COOKIES

    def cookies(self, url: URL) -> str:
        """What goes back to the host of ``url`` as Cookie; "" for nothing."""
        if url.host not in self._cookies:
            return ""
        asking = Request("GET", url)
        self._cookies[url.host].set_cookie_header(asking)
        told: str = asking.headers.get("cookie", "")
        return told if len(told) <= _LONGEST_COOKIES_CHARS else ""

    def onward(self, received: Received) -> URL | FetchFailed | None:
        """Where we are sent on, and are from now on; None where this response is what was wanted,
        and why nobody follows where nobody does.
        """
        self._asked.append((str(self.here), self.cookies(self.here)))
        if self.by_pages:
            self._keep(received)
        is_redirect = received.status in self.followed
        if is_redirect:
            location = received.field("location")
            if not location:
                return lasting(f"{self.here} redirects ({received.status}) without saying where")
        else:
            location = refresh(received) if self.by_pages else None
        if location is None:
            return None
        there = joined(self.here, location)
        # With a cookie that it did not have, an address may answer otherwise.
        asking = (str(there), self.cookies(there)) if isinstance(there, URL) else None
        # A page that shows itself anew, or opens a program, is the page.
        if not is_redirect and asking in (None, self._asked[-1]):
            return None
        self._is_led = self._is_led or not is_redirect
        there = self._followed(there, asking)
        if isinstance(there, FetchFailed):
            return there
        self._is_permanent = self._is_permanent and received.status in PERMANENT
        self.moved_to = str(there) if self._is_permanent else self.moved_to
        self.here = there
        return there

    def arrived(self, received: Received) -> Received:
        """The last response, with what is known of the way to it."""
        return replace(received, moved_to=self.moved_to, is_led_to=self._is_led)

    def _followed(
        self, there: URL | FetchFailed, asking: tuple[str, str] | None
    ) -> URL | FetchFailed:
        """Where we are sent, or why nobody follows."""
        here = self.here
        if len(self._asked) > self.limit:
            return lasting(f"more than {self.limit} redirects, the last at {here}")
        if isinstance(there, FetchFailed):
            return lasting(f"{here} redirects to where nobody may follow: {there.problem}")
        if asking in self._asked:
            return lasting(f"{here} redirects in a circle, to {there}")
        if here.scheme == "https" and there.scheme == "http":
            return lasting(f"{here} redirects from https to http, to {there}")
        return there

    def _keep(self, received: Received) -> None:
        """The cookies a response sets, those of a sound size and in ASCII."""
        given = [value for name, value in received.fields if name == "set-cookie"]
        sound = [one for one in given if len(one) <= _LONGEST_COOKIE_CHARS and one.isascii()]
        kept = sound[: self._cookies_left]
        self._cookies_left -= len(kept)
        if kept:
            fields = [("set-cookie", value) for value in kept]
            asked = Request("GET", received.url)
            said = Response(200, headers=fields, request=asked)
            self._cookies[received.url.host].extract_cookies(said)


def refresh(received: Received) -> str | None:
    """Where a page sends its reader at once, None where it does not."""
    if received.status not in WITH_BODY:
        return None
    if (told := received.field("refresh")) is not None:
        return _target(told)
    if media_type(received.field("content-type")) not in _PAGES:
        return None
    head = received.body[:_HEAD_BYTES].decode("latin-1")
    return next((url for tag in _metas(head) if (url := _sent_by(tag))), None)


def _metas(head: str) -> Iterator[str]:
    """The attributes of each ``meta`` of a head that counts: in none that is not shown, or that is
    for those without scripts alone.
    """
    within = ""
    for part in _PART.finditer(head):
        name = (part["name"] or "").lower()
        if within:
            is_end = part[0] == "-->" if within == "!--" else name == within and part["close"]
            within = "" if is_end else within
        elif part["meta"] is not None:
            yield part["meta"]
        elif part[0] == "<!--":
            within = "!--"
        elif name == "body":
            return
        elif name and not part["close"]:
            within = name


def _sent_by(tag: str) -> str | None:
    told: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(tag):
        value = next(each for each in found.group("double", "single", "bare") if each is not None)
        told.setdefault(found["name"].lower(), html.unescape(value))
    is_refresh = told.get("http-equiv", "").strip().lower() == "refresh"
    return _target(told.get("content", "")) if is_refresh else None


def _target(told: str) -> str | None:
    found = _REFRESH.match(told)
    if found is None or int(found["delay"]) > _LONGEST_DELAY_SECONDS:
        return None
    quoted = _QUOTED.match(found["url"])
    return ((quoted[1] or quoted[2] or "") if quoted else found["url"]).strip() or None


def joined(here: URL, location: str) -> URL | FetchFailed:
    """A Location as an address; relative ones are allowed (RFC 9110 10.2.2)."""
    text = _legible(location.strip(" \t"))
    if len(text) > LONGEST_ADDRESS or UNWANTED.search(text.replace(" ", "")):
        return address(text)
    try:
        # A blank within is wrong and common; every browser sends it as %20.
        return address(str(here.join(text.replace(" ", "%20"))))
    except (InvalidURL, ValueError) as fault:
        return lasting(f"{text[:200]!r} is no address: {fault}")


def _legible(field: str) -> str:
    """A field, kept as Latin-1, that is UTF-8 in truth, as servers that do not escape send it."""
    try:
        return field.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return field
