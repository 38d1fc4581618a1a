"""The kinds of values a setting can have, each with the words for what it allows.

Knows formats and bounds. Must never know which option has which kind: a kind's ``description`` is
what a fault and the README say after "must be".
"""

from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SecretStr

from config import formats

Switch = Annotated[bool, Field(description="true or false")]
Port = Annotated[int, Field(ge=1, le=65_535, description="a whole number from 1 to 65535")]
# A statement names as many rows as a batch or a feed has; PostgreSQL takes 65,535 values in one.
Count = Annotated[int, Field(ge=1, le=10_000, description="a whole number from 1 to 10_000")]
Bytes = Annotated[
    int,
    Field(ge=1, le=10**12, description="a whole number of bytes from 1 to 1_000_000_000_000"),
]
Seconds = Annotated[
    int, Field(ge=1, le=86_400, description="a whole number of seconds from 1 to 86_400")
]
Pause = Annotated[
    int, Field(ge=0, le=86_400, description="a whole number of seconds from 0 to 86_400")
]
Hours = Annotated[int, Field(ge=1, le=720, description="a whole number of hours from 1 to 720")]
Days = Annotated[int, Field(ge=0, le=36_500, description="a whole number of days from 0 to 36_500")]

Line = Annotated[str, AfterValidator(formats.line), Field(description="one line of text")]
Name = Annotated[
    str, AfterValidator(formats.name), Field(description="one line of text, not empty")
]
Slug = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description="lower-case letters and digits, with single hyphens between them",
    ),
]
Host = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._:-]+$", description="a host name or an IP address")
]
Selector = Annotated[
    Line,
    AfterValidator(formats.selector),
    Field(description="a CSS selector such as div.content > h1, or empty"),
]
Node = Annotated[Line, AfterValidator(formats.node)]
Language = Annotated[
    str,
    AfterValidator(formats.language),
    Field(description="a BCP 47 language tag such as en, de or sr-Latn"),
]
Zone = Annotated[
    ZoneInfo,
    BeforeValidator(formats.zone),
    Field(description="an IANA time zone such as Europe/Vienna, or UTC"),
]
Day = Annotated[
    date | None,
    BeforeValidator(formats.day),
    Field(description="a date such as 2026-11-24, or empty"),
]
Mailbox = Annotated[
    str,
    AfterValidator(formats.mailbox),
    Field(description="a mail address such as digest@example.org, in ASCII before the @"),
]
OptionalMailbox = Annotated[
    str,
    AfterValidator(formats.optional_mailbox),
    Field(description="a mail address such as press@example.org, or empty"),
]
Authority = Annotated[
    str,
    AfterValidator(formats.optional_authority),
    Field(
        description="a DNS name or mail address of yours in lower case (RFC 4151), or empty where"
        " site.url has a host name"
    ),
]
WebAddress = Annotated[
    str,
    AfterValidator(formats.web_address),
    Field(
        description="an https address such as https://news.example.org, without ? and #"
        " (http only where the host is this machine: localhost, 127.0.0.1)"
    ),
]
OptionalRemoteAddress = Annotated[
    str,
    AfterValidator(formats.optional_remote_address),
    Field(description="an http or https address such as https://www.example.org/news, or empty"),
]
OptionalProxy = Annotated[
    str,
    AfterValidator(formats.optional_proxy),
    PlainSerializer(formats.masked_url),
    # A printed settings object must not tell the password.
    Field(
        repr=False,
        description="an address such as http://proxy.example.org:3128 or socks5://..., or empty",
    ),
]
StoreAddress = Annotated[
    str,
    AfterValidator(formats.store_address),
    PlainSerializer(formats.masked_url),
    # A printed settings object must not tell the password.
    Field(
        repr=False,
        description="sqlite:///PATH of a file, or postgresql://USER@HOST/DATABASE",
    ),
]
Taxonomy = Annotated[
    Path,
    BeforeValidator(formats.taxonomy),
    Field(description="the name of a file in config/taxonomies, or the path of a .toml file"),
]
Location = Annotated[Path, BeforeValidator(formats.path), Field(description="a path, not empty")]
OptionalLocation = Annotated[
    Path | None, BeforeValidator(formats.optional_path), Field(description="a path, or empty")
]
Password = Annotated[SecretStr, PlainSerializer(formats.masked_secret), Field(description="text")]
SigningSecret = Annotated[
    Password,
    AfterValidator(formats.long_enough),
    Field(
        description=f"text of at least {formats.SECRET_CHARACTERS} characters, as `init` writes it"
    ),
]
