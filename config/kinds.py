"""The kinds of values a setting can have, each with the words for what it allows.

Knows the formats and bounds of single values; a refusal is a ValueError without words, as a kind's
``description`` is what a fault and the manual say after "must be". Must never know which option has
which kind.
"""

import platform
import re
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SecretStr
from pydantic import ValidationInfo as Info

from config import values

_T = TypeVar("_T")

_TAXONOMIES = Path(__file__).parent / "taxonomies"
# 32 characters of the url-safe alphabet carry 192 bits, beyond any guessing.
SECRET_CHARACTERS = 32
_DNS_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
# Names of a private network (RFC 6761, RFC 6762): nobody outside could answer. Those of the
# Internet all end with a letter.
_PRIVATE_TOP = ("local", "localhost", "test")
# RFC 4151 section 2.1, in the lower case it asks for: a domain that can be somebody's alone.
_AUTHORITY = re.compile(
    rf"([a-z0-9._-]+@)?(?=[^@]*\.[a-z0-9-]*[a-z]\Z)(?![^@]*\.({'|'.join(_PRIVATE_TOP)})\Z){_DNS_NAME}"
)
_SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
_UNPRINTABLE = re.compile(f"[{values.UNPRINTABLE}]")
_PLACE = re.compile(rf"({_DNS_NAME}|\[[0-9a-f:.]+\])(:\d+)?")
# A password with an @ of its own would be taken for a part of the host, and told with it.
_POSTGRESQL = re.compile(
    r"postgres(?:ql)?(?:\+psycopg)?://(?P<rest>(?:[^/@\s]*@)?[^/@\s]*/[^/?\s]+(\?\S*)?)"
)


def is_loopback(host: str) -> bool:
    """Whether a host name or IP address means this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def authority(text: str) -> str:
    """The naming authority of a tag: URI, unchanged. Raises ValueError (RFC 4151 section 2.1)."""
    if not _AUTHORITY.fullmatch(text):
        raise ValueError(text)
    return text


def optional(check: Callable[[_T], _T]) -> AfterValidator:
    """What ``check`` takes, or nothing."""
    return AfterValidator(lambda value: check(value) if value else value)


def path(value: object, info: Info) -> Path:
    """An absolute path; relative ones count from the folder handed to the validation."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("not a path")
    if not isinstance(info.context, Path):
        raise TypeError("settings are validated with the folder of their file as the context")
    return info.context / value


def optional_path(value: object, info: Info) -> Path | None:
    return path(value, info) if value != "" else None


def folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError("no folder")
    return value


def day(value: object) -> date | None:
    if isinstance(value, str):
        return date.fromisoformat(value) if value else None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("not a day")


def language(text: str) -> str:
    """The one tag of a language (BCP 47, 4.5)."""
    tag = values.canonical_language(text)
    if tag is None or not values.is_language_tag(text, strict=True):
        raise ValueError("not a language tag")
    return tag


def line(text: str) -> str:
    """Refuses control characters, and what no text holds: titles and names end up in mail headers
    and XML.
    """
    if not values.is_one_line(text) or _UNPRINTABLE.search(text):
        raise ValueError("not one line")
    return text


def mailbox(text: str) -> str:
    """A mail address as SMTP takes it everywhere: without SMTPUTF8, its domain as A-labels."""
    address = values.mailbox(values.mail_address(text))
    domain = address.rpartition("@")[2]
    rest, _, top = domain.rpartition(".")
    is_public = rest and top[-1:].isalpha() and top not in _PRIVATE_TOP
    if not address.isascii() or not is_public:
        raise ValueError("not an address that every server takes")
    return address


def return_path(text: str) -> str:
    """An address with a star; of its 64 octets (RFC 5321 section 4.5.3.1.1) a token takes 36."""
    local, _, domain = text.rpartition("@")
    if local.count("*") != 1 or len(local) - 1 > 64 - 36:
        raise ValueError("no star, several, or too long around it")
    return f"{local}@{mailbox(f'a@{domain}').rpartition('@')[2]}"


def selector(text: str) -> str:
    """Refuses what the parser of pages does not take for a CSS selector."""
    # Which only an installation with selectors has to wait for.
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError  # noqa: PLC0415

    try:
        LexborHTMLParser("").css(text)
    except SelectolaxError as error:
        raise ValueError(text) from error
    return text


def web_address(text: str) -> str:
    parts = urlsplit(text)
    if not _is_public(text) or parts.query or parts.fragment:
        raise ValueError("not an address to start links with")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("not https")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def remote_address(text: str) -> str:
    """The address of somebody else's document, without credentials, as it was given."""
    if not _is_public(text):
        raise ValueError("not an address to fetch from")
    return text


def remote_addresses(text: str) -> str:
    """Such addresses with a blank between two, each once, in the order given."""
    return " ".join(dict.fromkeys(map(remote_address, line(text).split())))


def slugs(text: str) -> str:
    """Such words with a blank between two, each once, in the order given."""
    words = text.split()
    if not all(re.fullmatch(_SLUG, word) for word in words):
        raise ValueError("not such words")
    return " ".join(dict.fromkeys(words))


def _is_public(text: str) -> bool:
    """Whether an address can be shown to everybody: in ASCII, and without a password."""
    place = urlsplit(text).netloc.lower()
    return values.is_web_address(text) and text.isascii() and bool(_PLACE.fullmatch(place))


def proxy(text: str) -> str:
    parts = urlsplit(text)
    is_known = parts.scheme in {"http", "https", "socks5", "socks5h"}
    if not is_known or not parts.hostname or parts.port == 0 or parts.path.strip("/"):
        raise ValueError("not a proxy")
    return text


def store_address(text: str, info: Info) -> str:
    """A database address as SQLAlchemy takes it: absolute path, explicit driver."""
    if postgresql := _POSTGRESQL.fullmatch(text):
        return f"postgresql+psycopg://{postgresql['rest']}"
    scheme, _, file = text.partition(":///")
    if scheme != "sqlite" or ":memory:" in file or "?" in file:
        raise ValueError("not a database address")
    return f"sqlite:///{path(file, info)}"


def taxonomy(value: object, info: Info) -> Path:
    """The path of a taxonomy file: one of ours by its name, or the operator's own."""
    is_name = isinstance(value, str) and re.fullmatch(r"[a-z0-9_-]+", value)
    file = _TAXONOMIES / f"{value}.toml" if is_name else path(value, info)
    if file.suffix != ".toml" or not file.is_file():
        raise ValueError("no such taxonomy")
    return file


def node(text: str) -> str:
    return text or platform.node() or "localhost"


def long_enough(secret: SecretStr) -> SecretStr:
    if 0 < len(secret) < SECRET_CHARACTERS:
        raise ValueError("too short")
    return secret


def masked_secret(secret: SecretStr) -> str:
    return "***" if secret else ""


Switch = Annotated[bool, Field(description="true or false")]
OptionalPort = Annotated[int, Field(ge=0, le=65_535, description="a port, or 0 for none")]
Port = Annotated[int, Field(ge=1, le=65_535, description="a whole number from 1 to 65535")]
# A statement names as many rows as a batch or a feed has; PostgreSQL takes 65,535 values in one.
Count = Annotated[int, Field(ge=1, le=10_000, description="a whole number from 1 to 10_000")]
Processes = Annotated[int, Field(ge=1, le=64, description="a whole number from 1 to 64")]
Bytes = Annotated[
    int, Field(ge=1, le=10**12, description="a whole number of bytes from 1 to 1_000_000_000_000")
]
#: What stands around the items of a mail takes some 10 kB.
MailBytes = Annotated[
    int,
    Field(ge=20_000, le=10**8, description="a whole number of bytes from 20_000 to 100_000_000"),
]
Seconds = Annotated[
    int, Field(ge=1, le=86_400, description="a whole number of seconds from 1 to 86_400")
]
Pause = Annotated[
    int, Field(ge=0, le=86_400, description="a whole number of seconds from 0 to 86_400")
]
Minutes = Annotated[int, Field(ge=0, le=720, description="a whole number of minutes from 0 to 720")]
#: 0 where there is no limit.
Rate = Annotated[int, Field(ge=0, le=100_000, description="a whole number from 0 to 100_000")]
Weight = Annotated[int, Field(ge=1, le=100, description="a whole number from 1 to 100")]
Rank = Annotated[int, Field(ge=0, le=100, description="a whole number from 0 to 100")]
Hours = Annotated[int, Field(ge=1, le=720, description="a whole number of hours from 1 to 720")]
Days = Annotated[int, Field(ge=0, le=36_500, description="a whole number of days from 0 to 36_500")]

Line = Annotated[str, AfterValidator(line), Field(description="one line of text")]
Name = Annotated[Line, Field(min_length=1, description="one line of text, not empty")]

Query = Annotated[
    Line, Field(min_length=1, description="a query such as field=policing&issuer=secretariat")
]
Slug = Annotated[
    str,
    Field(
        pattern=f"^{_SLUG}$",
        description="lower-case letters and digits, with single hyphens between them",
    ),
]
Slugs = Annotated[
    str,
    optional(slugs),
    Field(
        description="words of lower-case letters, digits and single hyphens, separated by spaces,"
        " or empty"
    ),
]
Host = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._:-]+$", description="a host name or an IP address")
]
OptionalHostName = Annotated[
    str,
    Field(
        pattern=r"^(([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.){1,40}[a-z][a-z0-9-]{1,62})?$",
        description="a full host name such as mail.example.org in lower case, or empty",
    ),
]
OptionalLabels = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9._-]*$", description="labels of a domain such as s2026, or empty"),
]
Selector = Annotated[
    Line,
    optional(selector),
    Field(description="a CSS selector such as div.content > h1, or empty"),
]
Node = Annotated[Line, AfterValidator(node)]
Roles = Annotated[
    str,
    Field(
        pattern=r"^(?:(?:ingest|publish|digests|delivery)(?: +|$))*$",
        description="some of ingest, publish, digests and delivery, separated by spaces, or empty",
    ),
]
Language = Annotated[
    str,
    AfterValidator(language),
    Field(description="a BCP 47 language tag such as en, de or sr-Latn"),
]
Zone = Annotated[
    ZoneInfo,
    BeforeValidator(lambda value: values.time_zone(str(value))),
    Field(description="an IANA time zone such as Europe/Vienna, or UTC"),
]
Day = Annotated[
    date | None, BeforeValidator(day), Field(description="a date such as 2026-11-24, or empty")
]
Mailbox = Annotated[
    str,
    AfterValidator(mailbox),
    Field(description="a mail address such as digest@example.org, in ASCII before the @"),
]
ReturnPath = Annotated[
    str,
    optional(return_path),
    Field(description="a mail address with one * before its @, as bounces+*@example.org, or empty"),
]
OptionalMailbox = Annotated[
    str, optional(mailbox), Field(description="a mail address such as press@example.org, or empty")
]
Authority = Annotated[
    str,
    optional(authority),
    Field(
        description="a DNS name of the Internet or a mail address, yours, in lower case (RFC"
        " 4151), or empty where site.url has such a name"
    ),
]
WebAddress = Annotated[
    str,
    AfterValidator(web_address),
    Field(
        description="an https address such as https://news.example.org, without ? and #"
        " (http only where the host is this machine: localhost, 127.0.0.1)"
    ),
]
OptionalColour = Annotated[
    str,
    Field(pattern=r"^(#[0-9A-Fa-f]{6})?$", description="a colour such as #8a4320, or empty"),
]
Bucket = Annotated[
    str,
    Field(
        pattern=r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]{0,200})?)?$",
        description="an address such as s3://bucket or s3://bucket/folder, or empty",
    ),
]
OptionalRemoteAddress = Annotated[
    str,
    optional(remote_address),
    Field(description="an http or https address such as https://www.example.org/news, or empty"),
]
RemoteAddresses = Annotated[
    str,
    optional(remote_addresses),
    Field(
        description="http or https addresses such as https://hub.example.org/, separated by"
        " spaces, or empty"
    ),
]
OptionalProxy = Annotated[
    str,
    optional(proxy),
    PlainSerializer(values.masked_url),
    # A printed settings object must not tell the password.
    Field(
        repr=False,
        description="an address such as http://proxy.example.org:3128 or socks5://..., or empty",
    ),
]
StoreAddress = Annotated[
    str,
    AfterValidator(store_address),
    PlainSerializer(values.masked_url),
    # A printed settings object must not tell the password.
    Field(
        repr=False,
        description="sqlite:///PATH of a file, or postgresql://USER:PASSWORD@HOST/DATABASE, an @ in"
        " the password being %40",
    ),
]
Taxonomy = Annotated[
    Path,
    BeforeValidator(taxonomy),
    Field(description="the name of a file in config/taxonomies, or the path of a .toml file"),
]
Location = Annotated[Path, BeforeValidator(path), Field(description="a path, not empty")]
OptionalLocation = Annotated[
    Path | None, BeforeValidator(optional_path), Field(description="a path, or empty")
]
OptionalFolder = Annotated[
    OptionalLocation,
    optional(folder),
    Field(description="the path of a folder that is there, or empty"),
]
Password = Annotated[SecretStr, PlainSerializer(masked_secret), Field(description="text")]
SigningSecret = Annotated[
    Password,
    AfterValidator(long_enough),
    Field(description=f"text of at least {SECRET_CHARACTERS} characters, as `init` writes it"),
]
