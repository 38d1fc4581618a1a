"""The sections of the settings: which option has which kind.

Knows every section but how they come together; defaults are in defaults.toml alone. Must never
know where a value was given.
"""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from config import formats, kinds
from config.faults import OWN_WORDS

__all__ = [
    "Daemon",
    "Fetch",
    "Ingest",
    "Log",
    "Mail",
    "Publish",
    "Section",
    "Serve",
    "Site",
    "Smtp",
    "Source",
    "Store",
]


class Section(BaseModel):
    """What all sections share: they do not change, and take nothing unknown."""

    # Strict: TOML has types, so "25" for a port is a slip; the environment's texts come converted.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Site(Section):
    """Who publishes, and under which address; ``minted`` is None until the store fixes it."""

    title: kinds.Name
    organisation: kinds.Line
    url: kinds.WebAddress
    language: kinds.Language
    timezone: kinds.Zone
    contact: kinds.OptionalMailbox
    authority: kinds.Authority
    minted: kinds.Day
    taxonomy: kinds.Taxonomy

    @field_validator("authority")
    @classmethod
    def _host_where_empty(cls, value: str, info: ValidationInfo) -> str:
        if value or "url" not in info.data:
            return value
        return formats.authority(urlsplit(info.data["url"]).hostname or "")


class Store(Section):
    """Where everything is kept; ``url`` as SQLAlchemy takes it."""

    url: kinds.StoreAddress


class Ingest(Section):
    """Limits of taking documents in."""

    max_document_bytes: kinds.Bytes
    archive_after_days: kinds.Days
    batch: kinds.Count


class Publish(Section):
    """Where feeds and pages go, and how long they are."""

    directory: kinds.Location
    entries_per_feed: kinds.Count
    items_per_page: kinds.Count


class Smtp(Section):
    """The mail server that takes our mails."""

    host: kinds.Host
    port: kinds.Port
    security: Literal["starttls", "tls", "none"]
    username: kinds.Line
    password: kinds.Password
    password_file: kinds.OptionalLocation
    connections: kinds.Count
    messages_per_connection: kinds.Count
    timeout_seconds: kinds.Seconds


class Mail(Section):
    """What mails carry, and which way they leave."""

    transport: Literal["maildir", "smtp"]
    maildir: kinds.Location
    from_name: kinds.Line
    from_address: kinds.Mailbox
    reply_to: kinds.OptionalMailbox
    unsubscribe_mailbox: kinds.OptionalMailbox
    max_items: kinds.Count
    in_doubt: Literal["resend", "hold"]
    give_up_after_hours: kinds.Hours
    smtp: Smtp


class Serve(Section):
    """What the web server listens on."""

    host: kinds.Host
    port: kinds.Port
    cache_bytes: kinds.Bytes


class Daemon(Section):
    """How often the daemon looks for work; ``node`` is never empty here."""

    node: kinds.Node
    ingest_seconds: kinds.Seconds
    publish_seconds: kinds.Seconds
    digests_seconds: kinds.Seconds
    delivery_seconds: kinds.Seconds


class Log(Section):
    """How the log looks, and how much of it there is."""

    style: Literal["auto", "console", "json"]
    level: Literal["debug", "info", "warning", "error"]


class Fetch(Section):
    """How documents are fetched by HTTP; ``proxy`` None goes straight to the host."""

    user_agent: kinds.Line
    every_seconds: kinds.Seconds
    timeout_seconds: kinds.Seconds
    document_seconds: kinds.Seconds
    pause_seconds: kinds.Pause
    max_redirects: kinds.Count
    private_hosts: kinds.Line
    proxy: kinds.OptionalProxy


class Source(Section):
    """Where documents come from: a folder, a website, or a publisher that pushes."""

    name: kinds.Slug
    kind: Literal["folder", "web", "push"]
    path: kinds.OptionalLocation
    pattern: kinds.Name
    settle_seconds: kinds.Pause
    url: kinds.OptionalRemoteAddress
    follow: kinds.Switch
    listing_pages: kinds.Count
    complete: kinds.Switch
    websub: kinds.Switch
    token_path: kinds.OptionalLocation
    form: Literal["text", "html", "feed", "sitemap", ""]
    date_order: Literal["day-first", "month-first", ""]
    language: kinds.Language
    full_text: kinds.Switch
    credit: kinds.Line
    listing_entry: kinds.Selector
    listing_title: kinds.Selector
    listing_date: kinds.Selector
    listing_lead: kinds.Selector
    page_title: kinds.Selector
    page_date: kinds.Selector
    page_text: kinds.Selector

    @field_validator("path", "url", "token_path")
    @classmethod
    def _is_there_for_its_kind(cls, value: object, info: ValidationInfo) -> object:
        """Refuses a folder without a path, a website without an address, a pusher without token."""
        kind = info.data.get("kind")
        if not value and _NEEDED.get(str(kind)) == info.field_name:
            raise PydanticCustomError(
                OWN_WORDS, "must be given, as the kind is {kind}", {"kind": kind}
            )
        return value


# The option without which a source of that kind is none.
_NEEDED = {"folder": "path", "web": "url", "push": "token_path"}
