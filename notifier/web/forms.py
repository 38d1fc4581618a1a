"""Forms of private pages: what was typed, that the page which sent it was ours, and how long ago.

Knows HTML forms (application/x-www-form-urlencoded), Fetch Metadata and HMAC. Must never know what
a form is for.
"""

import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from starlette.requests import Request

from config.values import time_zone
from feeds.web.request_limits import body_of
from notifier.keyed_hash import spelt_hash

#: Some hundred topics that are chosen, and all else many times.
_MOST_BYTES: Final = 64_000
_MOST_FIELDS: Final = 1_000
#: The secret signs links, too; a form is none.
_DOMAIN: Final = b"fieldfare form 1\0"
#: Nobody types an address and reads what comes within that time; programs do.
LEAST: Final = timedelta(seconds=2)
#: A page that lay open overnight still sends what was typed.
MOST: Final = timedelta(hours=24)


async def typed(request: Request) -> Mapping[str, Sequence[str]]:
    """What a form sent, each field with its values, without what no store takes in a text (NUL);
    nothing where that is no form.

    Raises BodyTooLong.
    """
    body = await body_of(request, _MOST_BYTES)
    with suppress(ValueError):
        said = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        return {name: [each.replace("\0", "") for each in values] for name, values in said.items()}
    return {}


def is_ours(request: Request, site: str) -> bool:
    """Whether a page of this site sent the request, as far as the browser says who did.

    Fetch Metadata (W3C) says it for all; Origin is "null" where a page sends no referrer, as ours
    do, and is not there where the browser is an old one.
    """
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        return said in {"same-origin", "same-site", "none"}
    origin = request.headers.get("origin", "null")
    return origin == "null" or f"{site}/".startswith(f"{origin}/")


def minted(secret: bytes, now: datetime) -> str:
    """A token for a form that is shown now."""
    second = str(int(now.timestamp()))
    return f"{_mac(second, secret)}.{second}"


def age(token: str, secret: bytes, now: datetime) -> timedelta | None:
    """How long ago a form was shown; None where none was, or nobody knows."""
    mac, _, second = token.partition(".")
    is_made_here = hmac.compare_digest(mac.encode(), _mac(second, secret).encode())
    if not is_made_here:
        return None
    return now - datetime.fromtimestamp(int(second), UTC)


def _mac(second: str, secret: bytes) -> str:
    return spelt_hash(secret, _DOMAIN + second.encode(errors="replace"))


def zone_guessed(accept_language: str, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone of whoever reads the languages of such a field, where that says a country which has
    one alone (CLDR): who reads de-AT is in Vienna, who reads en-US may be anywhere.
    """
    for tag in accept_language.split(","):
        _, _, territory = tag.partition(";")[0].strip().partition("-")
        names = _zones().get(territory.upper(), ())
        if len(names) == 1:
            with suppress(ValueError):
                return time_zone(names[0])
    return otherwise


@cache
def _zones() -> Mapping[str, Sequence[str]]:
    """The zones of each country."""
    from babel.core import get_global  # noqa: PLC0415 - as the catalogue has it

    found: dict[str, list[str]] = {}
    for zone, territory in get_global("zone_territories").items():
        found.setdefault(territory, []).append(zone)
    return found


@cache
def zones() -> Sequence[str]:
    """The names of all zones that people live in."""
    found = (name for names in _zones().values() for name in names)
    return sorted(name for name in found if "/" in name and not name.startswith("Etc/"))
