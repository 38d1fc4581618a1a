"""A published file as it goes over the wire: its bytes, validators and header fields.

Knows media types, what RFC 9110 wants beside them, and which encoding is wanted (its section
12.5.3). Must never know where bytes come from.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType

from feeds.times import http_date

Headers = list[tuple[bytes, bytes]]

#: A feed may be one minute old, as often as the daemon looks for news by default; a cache may
#: show it for an hour more while it asks for a newer one (RFC 5861 section 3).
CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=3600"

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src {}; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_OWN_IMAGES = "'self' data:"
#: No script, no frame, nothing from elsewhere: pages need a style sheet and no more.
PAGE_POLICY = _POLICY.format(_OWN_IMAGES)
_REFERRER = ("referrer-policy", "same-origin")
_PAGE = (("content-security-policy", PAGE_POLICY), _REFERRER)
#: Who reads feeds in a browser sees what caches and hubs are told; the others it sees anyway.
_ANYONE = (
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "Date, ETag, IM, Last-Modified, Link, Retry-After"),
)

#: 96 bits: two versions of one file meet once in 2^48.
_ETAG_BYTES = 12

_WEIGHT = re.compile(r"[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*", re.ASCII | re.IGNORECASE)

#: The same few values come with every request; longer tails than this are hostile.
_REMEMBERED_FIELDS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatus:
    """How a file is answered: as what was asked for, or as what is to say of it instead."""

    code: int
    location: str = ""


PRESENT = FileStatus(code=200)


@dataclass(frozen=True, slots=True)
class Media:
    """How files of one extension are labelled, and the fields that go with it."""

    type: str
    extra: tuple[tuple[str, str], ...] = ()


#: By extension; what is not listed is not served.
MEDIA: Mapping[str, Media] = MappingProxyType(
    {
        "atom": Media("application/atom+xml; charset=utf-8", _ANYONE),
        "css": Media("text/css; charset=utf-8"),
        "html": Media("text/html; charset=utf-8", _PAGE),
        "ico": Media("image/x-icon"),
        # Without a charset: JSON has none (RFC 8259, section 11).
        "json": Media("application/feed+json", _ANYONE),
        "opml": Media("text/x-opml; charset=utf-8", _ANYONE),
        "png": Media("image/png"),
        "rss": Media("application/rss+xml; charset=utf-8", _ANYONE),
        "svg": Media("image/svg+xml", _PAGE),
        "txt": Media("text/plain; charset=utf-8"),
        "xml": Media("application/xml; charset=utf-8"),
    }
)


#: A page with pictures of its source, which lie wherever that keeps them.
PICTURED_PAGE = Media(
    "text/html; charset=utf-8",
    (("content-security-policy", _POLICY.format(f"{_OWN_IMAGES} https: http:")), _REFERRER),
)


def cross_origin(path: str) -> tuple[tuple[str, str], ...]:
    """The fields by which pages of other origins may read what is at a path, errors included."""
    media = MEDIA.get(path.rpartition(".")[2])
    return _ANYONE if media and media.extra is _ANYONE else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """One encoding of one state of a file; ``unmodified`` are the header fields of its 304.

    ``etag`` is a strong entity tag, quotes included. ``modified`` is in Unix time a whole second
    that is no other version's; None where it is still to come.
    """

    body: bytes
    etag: str
    modified: int | None
    headers: Headers
    unmodified: Headers
    told: FileStatus = PRESENT

    def as_of(self, now: float) -> "Representation":
        """What is sent at the moment ``now``; while ``modified`` is later, ``now`` in its place.

        Each version has a date of its own, by which who sends it back knows it: the second it was
        written in, or else the one after that of the version before (feeds/publish/files.py).
        Only the second change in one second is dated ahead. Last-Modified is never in the future
        (RFC 9110 8.8.2.1), so that until then the date it has is another's too, and tells nobody
        anything (8.8.2.2): all get the whole.
        """
        if self.modified is None or self.modified <= now:
            return self
        return replace(
            self,
            modified=None,
            headers=_dated(self.headers, int(now)),
            unmodified=_dated(self.unmodified, int(now)),
        )


def represent(
    body: bytes,
    media: Media,
    *,
    modified: int,
    encoding: str | None,
    told: FileStatus = PRESENT,
    links: str = "",
    mark: str = "",
) -> Representation:
    """Everything an answer needs, made once for each version of a file.

    The strong entity tag is a hash of the very bytes sent, so each encoding has its own
    (RFC 9110 8.8.3.3), and ends in ``mark``. ``links`` are what its Link field says, if anything.
    """
    digest = blake2b(body, digest_size=_ETAG_BYTES).digest()
    etag = f'"{urlsafe_b64encode(digest).decode("ascii")}{mark}"'
    lasting = encoded(
        ("etag", etag),
        ("last-modified", http_date(modified)),
        ("cache-control", CACHE_CONTROL),
        ("vary", "Accept-Encoding"),
        *media.extra,
        *((("link", links),) if links else ()),
    )
    own = encoded(("content-type", media.type), ("content-length", str(len(body))))
    packed = encoded(("content-encoding", encoding)) if encoding else []
    place = encoded(("location", told.location)) if told.location else []
    return Representation(
        body=body,
        etag=etag,
        modified=modified,
        headers=lasting + own + packed + place,
        unmodified=lasting,
        told=told,
    )


def _dated(fields: Headers, now: int) -> Headers:
    moment = http_date(now).encode("ascii")
    return [(name, moment if name == b"last-modified" else value) for name, value in fields]


def encoded(*fields: tuple[str, str]) -> Headers:
    """Header fields as ASGI sends them."""
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in fields]


@lru_cache(maxsize=_REMEMBERED_FIELDS)
def preferred(accept_encoding: str, offered: tuple[str, ...]) -> str | None:
    """Which encoding is acceptable, wanted no less than the plain bytes, and most of all of those
    ``offered``, the first of them where several are; None for the plain bytes.

    An empty field asks for plain bytes. An encoding whose weight cannot be read is not
    acceptable; x-gzip means gzip (8.4.1.3).
    """
    weights = dict(map(_weighed, accept_encoding.split(",")))
    others, plain = weights.get("*", 0.0), weights.get("identity", 0.0)
    wanted = {coding: weights.get(coding, others) for coding in offered}
    best = max(offered, key=wanted.__getitem__, default=None)
    return best if best and wanted[best] > 0 and wanted[best] >= plain else None


def _weighed(member: str) -> tuple[str, float]:
    coding, separator, parameter = member.partition(";")
    name = coding.strip(" \t").lower()
    return ("gzip" if name == "x-gzip" else name), _weight(parameter) if separator else 1.0


def _weight(parameter: str) -> float:
    found = _WEIGHT.fullmatch(parameter)
    return float(found[1]) if found else 0.0
