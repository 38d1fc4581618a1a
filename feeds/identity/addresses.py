"""Addresses as names: all spellings of one place are one text.

Knows what in an address says where an item is, and what only how somebody came there. Must never
know what lies at an address, or ask.
"""

import re
from functools import lru_cache
from unicodedata import normalize
from urllib.parse import SplitResult, quote, urlsplit

from config.values import DEFAULT_PORTS, dns_name
from feeds.taxonomy import Taxonomy

#: One of fewer than five digits may be a day or a year.
_NUMBER_AT_THE_END = re.compile(r"/(\d{5,})/?(?:[?#].*)?$")
# Browsers and servers take no longer ones; no name is made of a text made to be large.
_LONGEST_CHARS = 2_000
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
# RFC 3986, section 2.3: these mean the same with and without their percent sign.
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
#: Everything an address may hold stays as it came (RFC 3986, section 2); the rest is encoded.
_IN_ADDRESSES = "!#$%&'()*+,/:;=?@[]~-._"
#: What campaigns, share buttons and sessions hang on an address.
_TRACKING = re.compile(
    r"(?:utm_\w*|mc_\w*|pk_\w*|mtm_\w*|hsa_\w*|fb_\w*|\w*clid|msclkid|_hs\w*|_ga|_gl|amp|outputtype"
    r"|ref|referrer|ref_src|cmpid|igshid|igsh|phpsessid|jsessionid|session_?id|aspsessionid\w*"
    r"|cfid|cftoken|zanpid|s_cid|_openstat|mkt_tok|spm|xtor|ftag|echobox|gad_\w*|[gw]braid|wt_?mc"
    r"|at_(?:medium|campaign|custom\d|format|link_\w*|ptr_\w*)|ns_(?:campaign|mchannel|source|fee"
    r"|linkname)|cmp|ocid|smid|maca|li_fat_id|vero_id|_branch_match_id)",
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

    Without scheme, "www.", default port, fragment, index page, dot segments and what tracks
    readers, its query sorted, its host and letters in ASCII (RFC 3986, section 6.2; RFC 3987,
    section 3.1). A mirror of the organisation's own site becomes the site; on a numbered one only
    the number is left. A front page is no item.
    """
    if numbered := site_number(url, taxonomy):
        return numbered
    parts = _split(url)
    if parts is None or not parts.hostname:
        return None
    told = _path(parts) + _query(parts)
    return f"{_host(parts, taxonomy)}{told}" if told else None


def with_fragment(place: str, url: str) -> str:
    """The name of a part of a place, where the address that leads there states one."""
    telling = [part for part in url.partition("#")[2].split("&") if not _is_tracking(part)]
    fragment = _even("&".join(telling)[:_LONGEST_CHARS])
    return f"{place}#{fragment}" if fragment else place


def other_slash(place: str) -> str:
    """The canonical form with a slash at the end of its path where it has none, or without it."""
    path, mark, query = place.partition("?")
    path = path.removesuffix("/") if path.endswith("/") else f"{path}/"
    return f"{path}{mark}{query}"


def is_elsewhere(url: str, other: str) -> bool:
    """Whether two addresses lead to two places, however they are spelt."""
    return url != other and _place(url) != _place(other)


def path_of(url: str) -> str:
    """The path of an address in its one form; "" for what is no web address, or a front page."""
    parts = _split(url)
    return _path(parts) if parts else ""


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
    text = url.strip()
    if len(text) > _LONGEST_CHARS or not text.isprintable():
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in DEFAULT_PORTS else None


def _place(url: str) -> tuple[str, str, str]:
    parts = _split(url)
    if parts is None or not parts.hostname:
        return "", url, ""
    return _with_port(_ascii(parts.hostname), parts), _path(parts), _query(parts)


def _path(parts: SplitResult) -> str:
    path = _INDEX.sub("/", _resolved(_SESSION.sub("", _even(parts.path))))
    return "" if path == "/" else path


def _query(parts: SplitResult) -> str:
    told = _even(parts.query).split("&")
    query = "&".join(sorted(part for part in told if part and not _is_tracking(part)))
    return f"?{query}" if query else ""


def _resolved(path: str) -> str:
    """Without segments that only lead back or nowhere (RFC 3986, section 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return f"/{'/'.join(kept)}"


def _host(parts: SplitResult, taxonomy: Taxonomy) -> str:
    host = _ascii(parts.hostname or "")
    site = taxonomy.site_of(host)
    for mirror in site.hosts[1:] if site else ():
        if site and (host == mirror or host.endswith(f".{mirror}")):
            host = site.name
    return _with_port(host, parts)


def _with_port(host: str, parts: SplitResult) -> str:
    port = parts.port
    return host if port in {None, DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"


def _ascii(host: str) -> str:
    """A host by the name DNS knows it by, without "www."."""
    return dns_name(host.rstrip(".")).removeprefix("www.")


def _even(text: str) -> str:
    """What an address cannot hold as escapes, composed (RFC 3987, 5.3.2.2), all in one form."""
    text = text if text.isascii() else normalize("NFC", text)
    return _ESCAPED.sub(_unescaped, quote(text, _IN_ADDRESSES, errors="surrogatepass"))


def _is_tracking(part: str) -> bool:
    return _TRACKING.fullmatch(part.partition("=")[0]) is not None


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if _UNRESERVED.fullmatch(character) else escape[0].upper()
