"""Addresses as names: all spellings of one place are one text.

Knows what in an address says where an item is, and what only how somebody came there. Must never
know what lies at an address, or ask.
"""

import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from config.values import DEFAULT_PORTS
from feeds.taxonomy import Taxonomy

#: One of fewer than five digits may be a day or a year.
_NUMBER_AT_THE_END = re.compile(r"/(\d{5,})/?(?:[?#].*)?$")
# Browsers and servers take no longer ones; no name is made of a text made to be large.
_LONGEST_CHARS = 2_000
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
# RFC 3986, section 2.3: these mean the same with and without their percent sign.
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
#: What campaigns, share buttons and sessions hang on an address.
_TRACKING = re.compile(
    r"(?:utm_\w*|mc_\w*|pk_\w*|mtm_\w*|hsa_\w*|fb_\w*|\w*clid|msclkid|_hs\w*|_ga|_gl|amp|outputtype"
    r"|ref|referrer|ref_src|cmpid|igshid|igsh|phpsessid|jsessionid|session_?id|aspsessionid\w*"
    r"|cfid|cftoken|zanpid|s_cid|_openstat|mkt_tok|spm)",
    re.IGNORECASE,
)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#]*", re.IGNORECASE)


def number_of(url: str | None) -> str | None:
    """The number an address ends in, which survives moves and mirrors."""
    number = _NUMBER_AT_THE_END.search(url or "")
    return number[1] if number else None


def site_number(url: str | None, taxonomy: Taxonomy) -> str | None:
    """What names an item on a numbered site, ``SITE/NUMBER``; None elsewhere."""
    number = number_of(url)
    if url is None or number is None:
        return None
    parts = _split(url)
    site = taxonomy.site_of(parts.hostname or "") if parts else None
    return f"{site.name}/{int(number)}" if site and site.is_numbered else None


def canonical(url: str, taxonomy: Taxonomy) -> str | None:
    """The same text for every spelling of a web address; None where it names no item.

    Without scheme, "www.", default port, fragment, index page, slash at the end and what tracks
    readers, its query sorted (RFC 3986, section 6.2). A mirror of the organisation's own site
    becomes the site; on a numbered one only the number is left. A front page is no item.
    """
    if numbered := site_number(url, taxonomy):
        return numbered
    parts = _split(url)
    if parts is None or not parts.hostname:
        return None
    path = _SESSION.sub("", _ESCAPED.sub(_unescaped, parts.path))
    path = _INDEX.sub("", path).rstrip("/")
    told = _ESCAPED.sub(_unescaped, parts.query).split("&")
    query = "&".join(sorted(part for part in told if part and not _is_tracking(part)))
    if not (path or query):
        return None
    host = _host(parts, taxonomy)
    return f"{host}{path}?{query}" if query else f"{host}{path}"


def without_tracking(url: str) -> str:
    """The same address without what campaigns, share buttons and sessions hang on it."""
    address, mark, fragment = url.partition("#")
    place, _, query = address.partition("?")
    if not query:
        return url
    telling = [part for part in query.split("&") if not _is_tracking(part)]
    return f"{place}?{'&'.join(telling)}{mark}{fragment}" if telling else f"{place}{mark}{fragment}"


@lru_cache(maxsize=1024)
def _split(url: str) -> SplitResult | None:
    if len(url) > _LONGEST_CHARS:
        return None
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in DEFAULT_PORTS else None


def _host(parts: SplitResult, taxonomy: Taxonomy) -> str:
    host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    site = taxonomy.site_of(host)
    for mirror in site.hosts[1:] if site else ():
        if site and (host == mirror or host.endswith(f".{mirror}")):
            host = site.name
    port = parts.port
    return host if port in {None, DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"


def _is_tracking(part: str) -> bool:
    return _TRACKING.fullmatch(part.partition("=")[0]) is not None


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if _UNRESERVED.fullmatch(character) else escape[0].upper()
