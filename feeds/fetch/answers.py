"""What a response means for whoever asked: its status, its fields, and what can be asked at all.

Knows RFC 9110, and which addresses can be asked. Must never know how the response came, or what its
body says.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from httpx2 import URL, InvalidURL

from feeds.fetch import (
    Answer,
    FetchedPage,
    FetchFailed,
    Missing,
    NotModified,
    Posted,
    RemoteValidators,
    Reply,
    TakenAway,
)
from feeds.times import seconds_of

#: The statuses whose body is the document (RFC 9110 15.3.4: a proxy may have changed a 203).
WITH_BODY = frozenset({200, 203})
#: Statuses of a server in trouble, of ours or its making: worth asking again (RFC 6585 4).
PASSING = frozenset({408, 425, 429, *range(500, 600)})
#: The server asks to be left alone for a while.
BUSY = frozenset({429, 503})

PERMANENT = frozenset({301, 308})
REDIRECTS = PERMANENT | {302, 303, 307}

#: No document has a longer one, and some servers refuse 8,000 (RFC 9110 4.1).
LONGEST_ADDRESS = 8_000

#: Controls, blanks and lone surrogates: browsers drop some of them, and so would a checker miss.
UNWANTED = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]")

#: No server sends us away for longer, be it by mistake or by malice; nor for less, be it by a clock
#: that is behind or in words nobody can read: it asks for a pause.
LONGEST_REST = timedelta(days=7)
SHORTEST_REST = timedelta(minutes=1)
# The first number of a field, as exact as it has to be.
_SECONDS = re.compile(r"\+?0*+([0-9]{1,40})[0-9]*+([.][0-9]*+)?(?= *+(?:s|seconds)?(?:,|\Z))")

#: Longer ones are made to fill our store; nobody needs more than a hash.
_LONGEST_VALIDATOR = 1_000
_LONGEST_LINK_FIELD = 8_000

#: What a field may hold when it is sent back (RFC 9110 5.5).
_FIELD_VALUE = re.compile(r"[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?")
#: RFC 8288 3, as far as rel is concerned.
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r";[ \t]*rel[ \t]*=[ \t]*(?:\"([^\"]*)\"|([^ \t;,\"]+))", re.IGNORECASE)

_WORDS = {
    401: "it asks for a password",
    403: "it refuses us",
    407: "the proxy asks for a password",
    429: "we ask it too often",
    451: "it may not show it for legal reasons",
    503: "it is not available now",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One response. ``fields`` in order, names in small letters, values as Latin-1; ``body``
    unpacked for 200, as sent and perhaps only its start otherwise; its packing may be ``is_cut``.
    It took ``seconds``; on the way to it, permanent redirects alone led to ``moved_to``; it
    ``is_led_to`` where a page sent us on.
    """

    url: URL
    status: int
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    seconds: float = 0.0
    moved_to: str | None = None
    is_led_to: bool = False
    is_cut: bool = False

    def field(self, name: str) -> str | None:
        """The first value of that name, None if there is none."""
        return next((value for key, value in self.fields if key == name), None)

    def all(self, name: str) -> str:
        """Every value of a field that is a list, in one (RFC 9110 5.3)."""
        return ", ".join(value for key, value in self.fields if key == name)


def conditions(validators: RemoteValidators | None) -> tuple[tuple[str, str], ...]:
    """The fields that ask for a document only if it changed, validators as they were sent."""
    known = validators or RemoteValidators()
    given = (("If-None-Match", known.etag), ("If-Modified-Since", known.modified))
    return tuple((name, value) for name, value in given if value and _can_be_sent(value))


def answer_of(received: Received, known: RemoteValidators | None, now: datetime) -> Answer:
    """What became of the request; ``known`` are the validators that were sent with it."""
    url = str(received.url)
    match received.status:
        case 200 | 203:
            links, moment = _links(received), seconds_of(received.field("date") or "")
            return FetchedPage(
                url=url,
                body=received.body,
                media_type=received.field("content-type") or None,
                validators=_validators(received),
                moved_to=received.moved_to,
                hub=links.get("hub"),
                topic=links.get("self"),
                is_cut=received.is_cut,
                answered_at=datetime.fromtimestamp(moment, UTC) if moment is not None else None,
            )
        case 304 if known is not None:
            fresh = _validators(received)
            kept = RemoteValidators(fresh.etag or known.etag, fresh.modified or known.modified)
            return NotModified(url=url, validators=kept, moved_to=received.moved_to)
        case 404:
            return Missing(url=url)
        case 410:
            return TakenAway(url=url)
        case _:
            return _failed(received, now)


def reply_of(received: Received, now: datetime) -> Reply:
    """What became of a form: 2xx is a yes, of whatever kind."""
    if 200 <= received.status < 300:
        return Posted(status=received.status, body=received.body)
    return _failed(received, now)


def retry_after(field: str | None, now: datetime) -> datetime | None:
    """When a server wants us back, None if it does not say (RFC 9110 10.2.3, both forms).

    Whoever says anything wants a pause, however it is written.
    """
    text = (field or "").strip()
    if not text:
        return None
    return min(max(_wanted(text, now), now + SHORTEST_REST), now + LONGEST_REST)


def _wanted(text: str, now: datetime) -> datetime:
    if found := _SECONDS.match(text):
        seconds = min(int(found[1]), round(LONGEST_REST.total_seconds()))
        return now + timedelta(seconds=seconds + bool((found[2] or "").strip(".0")))
    moment = seconds_of(text)
    return now if moment is None else datetime.fromtimestamp(moment, UTC)


def _failed(received: Received, now: datetime) -> FetchFailed:
    why = _WORDS.get(received.status, "")
    return FetchFailed(
        problem=f"{received.url} answers {received.status}" + (f": {why}" if why else ""),
        status=received.status,
        retry_after=retry_after(received.field("retry-after"), now),
        is_lasting=received.status not in PASSING,
        host=received.url.host,
        body=received.body,
    )


def _validators(received: Received) -> RemoteValidators:
    """None where another page led here: that one would be asked with them."""
    if received.is_led_to:
        return RemoteValidators()
    given = (received.field("etag"), received.field("last-modified"))
    return RemoteValidators(*(value if value and _can_be_sent(value) else None for value in given))


def _can_be_sent(value: str) -> bool:
    return len(value) <= _LONGEST_VALIDATOR and _FIELD_VALUE.fullmatch(value) is not None


def _links(received: Received) -> Mapping[str, str]:
    """The first address that Link fields name as "hub", and as "self"."""
    found: dict[str, str] = {}
    for target, parameters in _LINK.findall(received.all("link")[:_LONGEST_LINK_FIELD]):
        for relation in _relations(parameters) & {"hub", "self"}:
            if url := _absolute(received.url, target):
                found.setdefault(relation, url)
    return found


def _relations(parameters: str) -> frozenset[str]:
    found = _REL.search(parameters)
    return frozenset((found[1] or found[2] or "").lower().split()) if found else frozenset()


def _absolute(base: URL, target: str) -> str | None:
    try:
        joined = address(str(base.join(target.strip())))
    except (InvalidURL, ValueError):
        return None
    return None if isinstance(joined, FetchFailed) else str(joined)


# -- Addresses ------------------------------------------------------------------------------------


def address(text: str) -> URL | FetchFailed:
    """An address that can be asked, without its fragment, or why it cannot."""
    if len(text) > LONGEST_ADDRESS:
        return lasting(f"the address is longer than {LONGEST_ADDRESS} characters")
    if UNWANTED.search(text):
        return lasting("the address holds blanks or control characters")
    try:
        url = URL(text).copy_with(fragment=None)
    except (InvalidURL, ValueError) as fault:  # an IDNA fault is a ValueError
        return lasting(f"{text[:200]!r} is no address: {fault}")
    return _checked(url)


def _checked(url: URL) -> URL | FetchFailed:
    if url.scheme not in {"http", "https"}:
        return lasting(f"{url.scheme or 'no scheme'}: is not fetched, only http: and https: are")
    if not url.host:
        return lasting("the address names no host")
    if url.userinfo:
        return lasting("the address holds a name or password, which is not sent")
    if url.port is not None and not 0 < url.port < 65_536:
        return lasting(f"the address names port {url.port}, which there is not")
    return url


def lasting(problem: str) -> FetchFailed:
    """No document, for a reason that does not pass by itself."""
    return FetchFailed(problem=problem, is_lasting=True)
