"""What a single value is, wherever it stands: a web or mail address, a language tag, a media type.

Knows the standards they have. Must never know which option or member holds one, or what is said of
one that is refused: who wants it narrower adds a condition to the one answer given here.
"""

import re
from collections.abc import Container
from contextlib import suppress
from functools import cache, lru_cache, partial
from typing import Any
from unicodedata import normalize
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

# The inside of character classes, so that others can name them together with what they add.
#: Control characters, all of them: Unicode's category Cc.
CONTROLS = r"\x00-\x1f\x7f-\x9f"
#: What is no character, of those below U+10000 (Unicode 23.7).
NONCHARACTERS = r"\ufdd0-\ufdef\ufffe\uffff"
#: What no text holds: control characters other than white space, lone surrogates, what is no
#: character (XML 1.0 section 2.2, with what it advises against), and what stands for notes and
#: things of a program (Unicode in XML, 3).
UNPRINTABLE = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufff9-\ufffc" + NONCHARACTERS
)
#: Marks that nobody sees, and overrides of the writing direction, which make text read as what it
#: is not (UTR 36 section 2.6).
INVISIBLE = r"\u00ad\u200b\u2060\u202a-\u202e\u2066-\u206f\ufeff"
#: Marks of the writing direction that texts need, and addresses (RFC 3987 4.1) and names never do.
DIRECTION_MARKS = r"\u061c\u200e\u200f"
#: Joiners of letters, without which Persian and the scripts of India cannot be written: a table
#: that takes them out.
WITHOUT_JOINERS = dict.fromkeys((0x200C, 0x200D))

#: What an address means that names no port, by its scheme (RFC 9110 4.2).
DEFAULT_PORTS = {"http": 80, "https": 443}

_PLANES = range(0x10000, 0x110000, 0x10000)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
# What sets a part of a text apart from the writing direction around it (UAX 9, 2.4): its starts,
# and its end. Whole, it makes no text read as what it is not.
_ISOLATES = "\u2066\u2067\u2068\u2069"
_ISOLATE = re.compile(f"[{_ISOLATES}]")
_END_OF_ISOLATE = "\u2069"
_UNSEEN_BUT_ISOLATES = re.compile(f"(?![\u2066-\u2069])[{UNPRINTABLE}{INVISIBLE}]")
_UNSEEN = re.compile(f"[{UNPRINTABLE}{INVISIBLE}]")
# The same of what is beyond U+FFFF: no characters, beams of notes, and tags; its group is a black
# flag with those that make it that of a part of a country (UTS 51, ED-14a), which people see: of
# six letters and digits at most, as ISO 3166-2 has them. Few texts have any such sign.
_IS_BEYOND = re.compile(rb"[\xf0-\xf4]")
_UNSEEN_BEYOND = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    f"|[{''.join(f'{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}' for plane in _PLANES)}"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_UNSEEN_BYTES = bytes(each for each in range(0x80) if _UNSEEN.match(chr(each)))
_SEEN_BYTES = bytes({*range(0x80)}.difference(_UNSEEN_BYTES))
_CONTROL = re.compile(f"[{CONTROLS}]")
# It takes milliseconds to compile, and most commands never ask for it.
_wide_sign = cache(
    partial(
        re.compile,
        r"[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6b"
        r"\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003fffd]",
    )
)
# Most addresses need no second look.
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?:/[!-~]*)?")
# Browsers drop some of them, and so would a checker miss what is asked in the end; others make an
# address read as one that it is not.
_NOT_IN_ADDRESS = re.compile(
    rf"[\s{CONTROLS}{INVISIBLE}{DIRECTION_MARKS}\ud800-\udfff{NONCHARACTERS}]"
)
_NOT_IN_IRI = re.compile(r"[<>\"{}|\\^`]")
# Brackets stand around a host alone; a percent sign of its own is read as the start of a code.
_NOT_IN_PATH = re.compile(r"[<>\"{}|\\^`\[\]#]|%(?![0-9A-Fa-f]{2})")
_PUBLISHABLE = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?:/(?>(?:[!$&-;=?-Z_a-z~]|%[0-9A-Fa-f]{2})*))?"
)
# Languages whose script runs from right to left, unless they say that they are in another (CLDR).
_RIGHT_TO_LEFT = re.compile(
    r"(?:ar|arc|ckb|dv|fa|he|iw|ps|sd|syr|ug|ur|yi)(?!-(?:latn|cyrl|deva)\b)\b|[a-z]{2,3}-(?:arab|hebr)\b",
    re.IGNORECASE,
)
# RFC 5646 section 2.1: language, script, region and variants, then whatever else is well-formed.
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-[a-z0-9]{5,8}){0,4}"
    r"(?P<others>(?:-[a-z0-9]{1,8}){0,6})",
    re.ASCII | re.IGNORECASE,
)
# What tags of languages were (IANA's registry; CLDR for sh), and of none or several (BCP 47, 4.1).
_FORMER_LANGUAGES = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro", "sh": "sr-Latn"}
_NO_LANGUAGE = frozenset(("und", "mul", "zxx", "mis"))
_ALIAS = re.compile("[a-z]{2,3}(?:-[A-Z][a-z]{3})?")
# RFC 6838 section 4.2.
_MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
)

# More than is allowed is masked: what is faulty is shown too, with an @ or a slash in its password,
# and so is what forgot its scheme.
_PASSWORD_IN_QUERY = re.compile(
    r"(p(?:a|%61)(?:s|%73){2}[\w%]{0,20}?(?:=|%3d))[^&]*", re.IGNORECASE
)
_PASSWORD_OF_USER = re.compile(r"(://[^:/@]*:).*@")
_USER = re.compile(
    r"(?i)(?<![a-z0-9+.-])((?!postgres|mysql)[a-z][a-z0-9+.-]{0,20}://)(?:[^:/@]*:.*|[^/]*)@"
)
_USER_WITHOUT_SCHEME = re.compile(r"(?<![^\s\"'])[^\s:/@\"']{1,64}:(?!//)\S{0,500}@")

#: Below the top-level domain of a country, what states and schools have together: public suffixes
#: in most countries, which some never asked to be listed (gov.hr, gov.si, government.bg).
_OF_COUNTRIES = frozenset("gov gouv gob gub go gv govt government gouvernement mil edu ac".split())

# Most need no second look, and what looks again takes a tenth of a second to load.
_PLAIN_MAIL_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]{1,20}(?:\.[A-Za-z0-9_+-]{1,20}){0,2}"
    r"@(?:[A-Za-z0-9](?:-?[A-Za-z0-9]){0,30}\.){1,2}(?P<top>[A-Za-z]{2,20})"
)
#: Names no mail goes to (RFC 6761, RFC 7686); to local, localhost, test of one's own it does.
_WITHOUT_MAIL = ("arpa", "invalid", "onion")


def is_web_address(text: str) -> bool:
    """Whether ``text`` is an absolute http or https address: it names a host, and a port that can
    be, without blanks and control characters. More is taken than RFC 3987 has, as browsers do.
    """
    if _PLAIN_ADDRESS.fullmatch(text):
        return True
    if _NOT_IN_ADDRESS.search(text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def published_address(text: str | None) -> str | None:
    """An absolute http or https address as others may be given it: what an IRI cannot hold is
    percent-encoded (RFC 3987, section 3.1), and a name or password in it is nobody's business.

    None where it is none, or where programs differ in which host it names.
    """
    if text and _PUBLISHABLE.fullmatch(text):
        return text
    if not text or not is_web_address(text):
        return None
    scheme, _, rest = text.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    path, mark, fragment = rest[len(host) :].partition("#")
    named = host.rpartition("@")[2]
    if _NOT_IN_IRI.search(host) or "@" in named:
        return None
    path, fragment = (_NOT_IN_PATH.sub(_percent_encoded, part) for part in (path, fragment))
    return f"{scheme}://{named}{path}{mark}{fragment}"


def _percent_encoded(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def host_of(address: str) -> str:
    """The host of an address as people say it, without "www."; "" where it names none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def dns_name(host: str) -> str:
    """A host by the name DNS knows it by, as it stands where it can have none."""
    if host.isascii():
        return host
    with suppress(UnicodeError):
        return normalize("NFKC", host).lower().encode("idna").decode()
    return host


def are_related(host: str, other: str) -> bool:
    """Whether two hosts are of one registrable domain, as the public suffix list tells them.

    So feeds.example.org is related to news.example.org, but a.github.io not to b.github.io, nor to
    github.io; an address or a name without a dot is related to itself alone.
    """
    if host == other:
        return True
    # The list takes a tenth of a second to load, and most hosts need no look at it.
    tail = host.rsplit(".", 2)[-2:]
    if tail != other.rsplit(".", 2)[-2:] or len(tail) < 2 or tail[1].isdecimal():
        return False
    domain = registrable_domain(host)
    return domain is not None and domain == registrable_domain(other)


def is_above_or_below(host: str, other: str) -> bool:
    """Whether one host is the other, or below it, within one registrable domain."""
    is_chained = host.endswith(f".{other}") or other.endswith(f".{host}")
    return host == other or (is_chained and are_related(host, other))


@lru_cache(maxsize=4096)
def registrable_domain(host: str) -> str | None:
    """What a publisher registered of the name of a host; None for a public suffix."""
    suffixes = _public_suffixes()
    domain: str | None = suffixes.privatesuffix(host)
    label, _, top = (domain or "").partition(".")
    if domain is None or len(top) != 2 or label not in _OF_COUNTRIES:
        return domain
    # Registered once, and given to offices that are publishers each: www.gov.hr, vlada.gov.hr.
    below = host.removesuffix(domain).rstrip(".")
    return f"{below.rpartition('.')[2]}.{domain}" if below else None


@cache
def _public_suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415

    return PublicSuffixList()


def masked_url(text: str) -> str:
    """``text`` with ``***`` for what is secret in an address in it: passwords, and users, whose
    names are often tokens, but those of databases.
    """
    text = _USER_WITHOUT_SCHEME.sub("***@", _PASSWORD_IN_QUERY.sub(r"\1***", text))
    return _PASSWORD_OF_USER.sub(r"\1***@", _USER.sub(r"\1***@", text))


def time_zone(name: str) -> ZoneInfo:
    """The zone of that name in IANA's database. Raises ValueError for what is none there, as a
    folder of it ("Europe"), and for what is another one on each machine, or counts leap seconds.
    """
    with suppress(KeyError, OSError, ValueError):
        if not name.startswith(("localtime", "posix", "right/", "Factory")):
            return ZoneInfo(name)
    raise ValueError(f"{name!r} is no IANA time zone")


def mail_address(text: str) -> str:
    """A mail address as it is to be kept: in NFC, its domain in lower case and in its own letters.

    Whether it answers is not looked up, and names of a private network are allowed: whoever runs
    the installation vouches for them. Raises ValueError, which says what is wrong (RFC 5321, 5890,
    6531).
    """
    plain = _PLAIN_MAIL_ADDRESS.fullmatch(text)
    if plain and plain["top"].lower() not in _WITHOUT_MAIL:
        local, _, domain = text.rpartition("@")
        return f"{local}@{domain.lower()}"
    import email_validator  # noqa: PLC0415

    # This is how the library wants to be told (its README, "Special-use domain names").
    email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = _WITHOUT_MAIL
    found = email_validator.validate_email(
        text, strict=True, check_deliverability=False, globally_deliverable=False
    )
    return found.normalized


def mailbox(address: str) -> str:
    """A mail address with its domain as A-labels (RFC 5890), as an SMTP command wants it.

    Raises ValueError where the domain has no such form.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return f"{local}@{domain.lower()}"
    import idna  # noqa: PLC0415 - most domains are ASCII

    return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"


def is_language_tag(text: str, *, strict: bool = False) -> bool:
    """Whether ``text`` is a language tag, in any case; ``strict`` allows nothing but language,
    script, region and variants, in that order (RFC 5646 section 2.1).
    """
    found = _LANGUAGE.fullmatch(text)
    return found is not None and not (strict and found["others"])


@lru_cache(maxsize=256)
def cased_language_tag(tag: str) -> str:
    """A language tag in the case RFC 5646 section 2.1.1 recommends."""
    first, *rest = tag.lower().split("-")
    cased = [{2: str.upper, 4: str.title}.get(len(part), str)(part) for part in rest]
    return "-".join([first, *cased])


@lru_cache(maxsize=1024)
def canonical_language(text: str) -> str | None:
    """``EN_gb`` is ``en-GB``, ``iw`` is ``he``, ``zh-cmn-Hans`` is ``zh-Hans``: the one tag of a
    language, with script, region and variants, without what extends them (BCP 47, 4.5; CLDR).

    None for what is no tag, or says that no one language is known, as ``und`` and ``mul`` do.
    """
    tag = text.strip().replace("_", "-").lower()
    language, *others = tag.split("-")
    if not is_language_tag(tag) or language in _NO_LANGUAGE:
        return None
    # A dialect's own three letters may stand behind its language's.
    if others and len(others[0]) == 3 and others[0].isalpha():
        del others[0]
    now = _FORMER_LANGUAGES.get(language, language)
    if len(language) == 3:
        from babel.core import get_global  # noqa: PLC0415 - most have two letters

        # By two letters where it has them; what is of one region is no name of it.
        alias = get_global("language_aliases").get(language, "").replace("_", "-")
        now = alias if _ALIAS.fullmatch(alias) else language
    language, _, script = now.partition("-")
    if script and not (others and len(others[0]) == 4 and others[0].isalpha()):
        others.insert(0, script)
    while not is_language_tag("-".join((language, *others)), strict=True):
        del others[-1]
    return cased_language_tag("-".join((language, *others)))


def primary_language(tag: str) -> str:
    """The language itself of a tag, whatever script and region (RFC 5646 section 2.2.1)."""
    return tag.partition("-")[0].lower()


def nearest_language(tag: str, known: Container[str]) -> str | None:
    """The one of the tags known that readers of ``tag`` read: for de-AT it is de, for sr-Latn never
    one that leaves its script open; None where there is none (RFC 4647, section 3.4).
    """
    parts = cased_language_tag(tag).split("-")
    kept = 2 if len(parts) > 1 and len(parts[1]) == 4 and parts[1].isalpha() else 1
    steps = ("-".join(parts[:end]) for end in range(len(parts), kept - 1, -1))
    return next((each for each in steps if each in known), None)


def direction(tag: str) -> str:
    """``rtl`` or ``ltr``: that of a language's script, or of the one that it says it is in."""
    return "rtl" if _RIGHT_TO_LEFT.match(tag) else "ltr"


def is_media_type(text: str) -> bool:
    """Whether ``text`` is a media type without parameters (RFC 6838 section 4.2)."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def media_type(content_type: str | None) -> str:
    """The media type a Content-Type names, in lower case; "" where it names none."""
    named = (content_type or "").partition(";")[0].strip().lower()
    return named if is_media_type(named) else ""


def wide(text: str) -> int:
    """How many signs of ``text`` are wide (UAX 11): each says as much as several letters do."""
    return 0 if text.isascii() else len(_wide_sign().findall(text))


def is_one_line(text: str) -> bool:
    """Whether ``text`` can stand in a mail header or an attribute: without control characters."""
    return _CONTROL.search(text) is None


def holds_unseen(text: str) -> bool:
    """Whether ``text`` holds what no text does, what nobody sees, or what isolates a part of it."""
    # Of ASCII a fourth of the time tells it.
    if text.isascii():
        return len(text.encode().translate(None, _UNSEEN_BYTES)) < len(text)
    # It is told of the signs beyond ASCII in a third of the time.
    encoded = text.encode("utf-8", "surrogatepass").translate(None, _SEEN_BYTES)
    signs = encoded.decode("utf-8", "surrogatepass")
    if _UNSEEN.search(signs):
        return True
    # Tags are told by what stands before them.
    beyond = _UNSEEN_BEYOND.finditer(text) if _IS_BEYOND.search(encoded) else ()
    return not all(each[1] for each in beyond)


def visible(text: str, *, with_isolates: bool = False) -> str:
    """``text`` without what no text holds or nobody sees, but for what isolates a part of it."""
    if not holds_unseen(text):
        return text
    left = (_UNSEEN_BUT_ISOLATES if with_isolates else _UNSEEN).sub("", text)
    return _UNSEEN_BEYOND.sub(r"\1", left)


def isolated(paragraph: str) -> str:
    """One paragraph without isolates that do not end in it, or end what never began."""
    if paragraph.isascii() or not any(map(paragraph.__contains__, _ISOLATES)):
        return paragraph
    begun: list[int] = []
    whole: set[int] = set()
    for mark in _ISOLATE.finditer(paragraph):
        if mark[0] != _END_OF_ISOLATE:
            begun.append(mark.start())
        elif begun:
            whole |= {begun.pop(), mark.start()}
    return _ISOLATE.sub(lambda mark: mark[0] if mark.start() in whole else "", paragraph)


def on_one_line(text: str) -> str:
    """``text`` with single blanks for white space and control characters, and nothing unseen."""
    return " ".join(_CONTROL.sub(" ", _INVISIBLE.sub("", text)).split())
