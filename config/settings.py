"""The settings of one installation, typed, checked and complete.

Knows which option has which kind, and how sections and layers come together; defaults are in
defaults.toml alone. Must never know what the house does with a setting.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from config import kinds
from config.colours import too_faint
from config.faults import OWN_WORDS, Given, naming, refusals
from config.layers import cover, from_environment, from_file, secrets_from_files, tree
from config.options import REPEATED, Key
from config.sections import (
    AdminSettings,
    AlertsSettings,
    ClientSettings,
    DaemonSettings,
    DkimSettings,
    FetchSettings,
    IngestSettings,
    LogSettings,
    NamedSection,
    PublishSettings,
    RetentionSettings,
    ServeSettings,
    ServicesSettings,
    SettingsSection,
    SignUpSettings,
    StoreSettings,
    WebhookSettings,
    WebSubSettings,
)


class SettingsError(Exception):
    """The settings cannot be used; ``faults`` holds a line for each thing that is wrong."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


# The option without which a source of that kind is none.
_NEEDED = {"folder": "path", "web": "url", "push": "token_path"}


class SiteSettings(SettingsSection):
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
        try:
            return kinds.authority(urlsplit(info.data["url"]).hostname or "")
        except ValueError:
            # This machine is everybody's: what needs an authority says that there is none.
            return ""


class LookSettings(SettingsSection):
    """What pages have of the operator's own."""

    logo: kinds.OptionalLocation
    link: kinds.OptionalColour
    link_dark: kinds.OptionalColour
    head: kinds.OptionalColour
    head_dark: kinds.OptionalColour
    imprint: kinds.OptionalRemoteAddress
    privacy: kinds.OptionalRemoteAddress
    footer: kinds.Line
    templates: kinds.OptionalFolder

    @field_validator("logo", "link", "link_dark", "head", "head_dark")
    @classmethod
    def _can_be_seen(cls, value: Path | str | None, info: ValidationInfo) -> Path | str | None:
        """Refuses files that are not there, and colours that some readers could not read."""
        if value and (problem := _problem(str(info.field_name), value)):
            raise PydanticCustomError(OWN_WORDS, "{problem}", {"problem": problem})
        return value


def _problem(option: str, value: Path | str) -> str:
    """What is wrong with an option of a look; empty where nothing is."""
    if isinstance(value, Path):
        is_picture = value.suffix.lower() in {".svg", ".png"} and value.is_file()
        return "" if is_picture else "must be the path of an .svg or .png file, or empty"
    return too_faint(option, value)


def _told_in_secret(value: str, info: ValidationInfo) -> str:
    """Refuses a login that everybody between here and the server could read."""
    place = info.data.get("host", "")
    if value and info.data.get("security") == "none" and not kinds.is_loopback(place):
        raise PydanticCustomError(
            OWN_WORDS,
            "must be empty where security is none, unless the server is this machine: its password"
            " would be readable on the way",
        )
    return value


class SmtpSettings(SettingsSection):
    """The mail server that takes our mails, and how any is spoken to."""

    host: kinds.Host
    port: kinds.Port
    security: Literal["starttls", "tls", "none"]
    username: Annotated[kinds.Line, AfterValidator(_told_in_secret)]
    password: kinds.Password
    password_file: kinds.OptionalLocation
    ehlo_name: kinds.OptionalHostName
    weight: kinds.Weight
    connections: kinds.Count
    messages_per_connection: kinds.Count
    messages_per_second: kinds.Rate
    timeout_seconds: kinds.Seconds
    dsn: kinds.Switch


class RelaySettings(NamedSection):
    """A further mail server, which shares the mails with that of mail.smtp."""

    host: kinds.Host
    port: kinds.Port
    security: Literal["starttls", "tls", "none"]
    username: Annotated[kinds.Line, AfterValidator(_told_in_secret)]
    password_path: kinds.OptionalLocation
    weight: kinds.Weight
    connections: kinds.Count
    messages_per_connection: kinds.Count
    messages_per_second: kinds.Rate


_Domains = Annotated[
    kinds.Line,
    Field(
        pattern=r"^(?:\*\.)?[a-z0-9][a-z0-9.-]*(?: +(?:\*\.)?[a-z0-9][a-z0-9.-]*)*$",
        description="domains in lower case, or *.example.org, separated by spaces",
    ),
]


class ReceiverSettings(NamedSection):
    """Somebody who receives for some domains, and how fast they get mails."""

    domains: _Domains
    messages_per_second: kinds.Rate
    connections: kinds.Rate


class MailSettings(SettingsSection):
    """What mails carry, and which way they leave."""

    transport: Literal["maildir", "smtp"]
    maildir: kinds.Location
    from_name: kinds.Line
    from_address: kinds.Mailbox
    reply_to: kinds.OptionalMailbox
    unsubscribe_mailbox: kinds.OptionalMailbox
    return_path: kinds.ReturnPath
    max_items: kinds.Count
    max_html_bytes: kinds.MailBytes
    templates: kinds.OptionalFolder
    spread_minutes: kinds.Minutes
    hold_minutes: kinds.Minutes
    welcome: Literal["latest", "plain", "none"]
    view_days: kinds.Days
    manage_days: kinds.Days
    in_doubt: Literal["resend", "hold"]
    give_up_after_hours: kinds.Hours
    messages_per_second: kinds.Rate
    smtp: SmtpSettings
    dkim: DkimSettings


class MailboxSettings(SettingsSection):
    """A mailbox at another machine that mails come back to; none where there is no protocol."""

    protocol: Literal["imap", "pop3", ""]
    host: kinds.Host
    port: kinds.Port
    security: Literal["starttls", "tls", "none"]
    username: Annotated[kinds.Line, AfterValidator(_told_in_secret)]
    password: kinds.Password
    password_file: kinds.OptionalLocation
    folder: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9 ._/-]+$", description="a folder such as INBOX/Bounces")
    ]


class ReturnsSettings(SettingsSection):
    """Where mails come back to, and when those that could not be brought count."""

    maildir: kinds.OptionalLocation
    lmtp_host: kinds.Host
    lmtp_port: kinds.OptionalPort
    every_seconds: kinds.Seconds
    soft_most: kinds.Count
    soft_days: kinds.Days
    pause_least: kinds.Count
    pause_bounces: kinds.Count
    pause_complaints: kinds.Count
    pause_refusals: kinds.Count
    pause_hours: kinds.Hours
    mailbox: MailboxSettings
    services: ServicesSettings


class SourceSettings(NamedSection):
    """Where documents come from: a folder, a website, or a publisher that pushes."""

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
    rank: kinds.Rank
    full_text: kinds.Switch
    images: kinds.Switch
    pdf_text: kinds.Switch
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


class SelectionSettings(NamedSection):
    """A selection that has a feed of its own."""

    former_names: kinds.Slugs
    title: kinds.Line
    query: kinds.Query


class Settings(SettingsSection):
    """Everything that may differ between two installations; every path is absolute."""

    secret: kinds.SigningSecret
    secret_file: kinds.OptionalLocation
    site: SiteSettings
    store: StoreSettings
    ingest: IngestSettings
    fetch: FetchSettings
    publish: PublishSettings
    look: LookSettings
    websub: WebSubSettings
    mail: MailSettings
    returns: ReturnsSettings
    signup: SignUpSettings
    alerts: AlertsSettings
    retention: RetentionSettings
    serve: ServeSettings
    admin: AdminSettings
    daemon: DaemonSettings
    log: LogSettings
    sources: Annotated[tuple[SourceSettings, ...], Field(strict=False)]
    selections: Annotated[tuple[SelectionSettings, ...], Field(strict=False)]
    relays: Annotated[tuple[RelaySettings, ...], Field(strict=False)]
    receivers: Annotated[tuple[ReceiverSettings, ...], Field(strict=False)]
    clients: Annotated[tuple[ClientSettings, ...], Field(strict=False)]
    webhooks: Annotated[tuple[WebhookSettings, ...], Field(strict=False)]

    @field_validator("sources", "selections", "relays", "receivers", "clients", "webhooks")
    @classmethod
    def _names_differ(
        cls, value: tuple[NamedSection, ...], info: ValidationInfo
    ) -> tuple[NamedSection, ...]:
        """Refuses every name that another of them has or had, at its own place in the file."""
        table = str(info.field_name)
        names = [(at, "name", each.name) for at, each in enumerate(value)]
        # Those in use come before those of the past, whoever stands first in the file.
        names += [
            (at, "former_names", name)
            for at, each in enumerate(value)
            if isinstance(each, SelectionSettings)
            for name in each.former_names.split()
        ]
        twins = [
            _twin(at, key, name, table)
            for place, (at, key, name) in enumerate(names)
            if name in {each[2] for each in names[:place]}
        ]
        if twins:
            raise ValidationError.from_exception_data(table, twins)
        return value

    @property
    def signing_key(self) -> bytes:
        """The secret that signs links. Raises SettingsError where none was given."""
        if not self.secret:
            raise SettingsError((_UNSIGNED,))
        return self.secret.get_secret_value().encode()


_UNSIGNED = (
    "secret: is missing: links in mails cannot be signed; run `fieldfare init`, or set secret_file"
    " or FIELDFARE_SECRET to text of at least 32 characters"
)


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings in force: environment before ``*_FILE`` before the file before the defaults.

    Relative paths count from the folder of ``path``, or from the working folder without one.
    Raises SettingsError with everything that is wrong.
    """
    base = path.absolute().parent if path else Path.cwd()
    faults: list[str] = []
    given: dict[Key, Given] = {}
    if path:
        cover(given, from_file(path, faults), faults)
    cover(given, from_environment(environ, faults), faults)
    given |= secrets_from_files(given, base, faults)
    try:
        settings = Settings.model_validate(tree(given), context=base)
    except ValidationError as error:
        raise SettingsError((*faults, *refusals(error, Settings, given))) from None
    admin = settings.admin
    if admin.oidc.issuer or admin.proxy.field or not admin.passwords:
        faults += [f"{naming(key, given)}: {problem}" for key, problem in admin.wrong_ways_in()]
    if faults:
        raise SettingsError(tuple(faults))
    return settings


def masked(settings: Settings) -> dict[str, object]:
    """The settings as nested plain data, with ``***`` for every secret that is set."""
    return settings.model_dump(mode="json")


def _twin(index: int, key: str, name: str, table: str) -> InitErrorDetails:
    said = "must differ from every other {what}'s name"
    words = PydanticCustomError(OWN_WORDS, said, {"what": REPEATED[table]})
    return InitErrorDetails(type=words, loc=(index, key), input=name)
