"""What the sections of settings share, and those whose options do not hang together.

Knows which option has which kind; defaults are in defaults.toml alone. Must never know what the
house does with a setting.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

from config import kinds
from config.scopes import GIVEN, scopes_in


class SettingsSection(BaseModel):
    """What all sections share: they do not change, and take nothing unknown."""

    # Strict: TOML has types, so "25" for a port is a slip; the environment's texts come converted.
    # Built with the settings they stand in, not each by itself before that.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True
    )


class NamedSection(SettingsSection):
    """One of a table that may be there several times."""

    name: kinds.Slug


def _given(text: str) -> str:
    """Refuses what is no scope of a program's, and none at all."""
    if not scopes_in(text) or not scopes_in(text) <= {*GIVEN}:
        raise ValueError("no such scopes")
    return text


class ClientSettings(NamedSection):
    """A program of your own, such as a website, that asks by a token."""

    token_path: kinds.Location
    scopes: Annotated[
        kinds.Line,
        Field(description=f"some of {', '.join(GIVEN)}, separated by spaces"),
        AfterValidator(_given),
    ]


class StoreSettings(SettingsSection):
    """Where everything is kept; ``url`` as SQLAlchemy takes it."""

    url: kinds.StoreAddress
    url_file: kinds.OptionalLocation


class IngestSettings(SettingsSection):
    """Limits of taking documents in."""

    max_document_bytes: kinds.Bytes
    max_list_bytes: kinds.Bytes
    archive_after_days: kinds.Days
    batch: kinds.Count


class FetchSettings(SettingsSection):
    """How documents are fetched by HTTP; ``proxy`` None goes straight to the host."""

    user_agent: kinds.Line
    every_seconds: kinds.Seconds
    timeout_seconds: kinds.Seconds
    document_seconds: kinds.Seconds
    pause_seconds: kinds.Pause
    max_redirects: kinds.Count
    private_hosts: kinds.Line
    proxy: kinds.OptionalProxy


class PublishSettings(SettingsSection):
    """Where feeds and pages go, and how long they are."""

    directory: kinds.Location
    bucket: kinds.Bucket
    entries_per_feed: kinds.Count
    items_per_page: kinds.Count
    search: kinds.Switch
    unreferenced_days: kinds.Days


class WebSubSettings(SettingsSection):
    """Who is told the moment a feed changes; ``hubs`` are addresses, each once."""

    hubs: kinds.RemoteAddresses
    hub: kinds.Switch
    max_subscriptions: kinds.Count


class DkimSettings(SettingsSection):
    """With which keys mails are signed; none where the keys are left out."""

    domain: kinds.OptionalHostName
    rsa_selector: kinds.OptionalLabels
    rsa_key: kinds.Password
    rsa_key_file: kinds.OptionalLocation
    ed25519_selector: kinds.OptionalLabels
    ed25519_key: kinds.Password
    ed25519_key_file: kinds.OptionalLocation


class ServicesSettings(SettingsSection):
    """By what each service that sends our mails is known where it tells what came back; it tells
    nothing where that is empty.
    """

    postmark_password: Annotated[
        kinds.SigningSecret,
        Field(description=f"text of at least {kinds.SECRET_CHARACTERS} characters, or empty"),
    ]
    postmark_password_file: kinds.OptionalLocation
    ses_topic: Annotated[
        str,
        Field(
            pattern=r"^(arn:aws[a-z-]{0,20}:sns:[a-z0-9-]{1,40}:[0-9]{12}:[A-Za-z0-9_-]{1,256})?$",
            description="an ARN such as arn:aws:sns:eu-west-1:123456789012:returns, or empty",
        ),
    ]
    mailgun_key: kinds.Password
    mailgun_key_file: kinds.OptionalLocation
    sendgrid_key: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", description="a key as SendGrid shows it")
    ]


class AlertsSettings(SettingsSection):
    """When something counts as wrong, and who is told of it."""

    mail_to: kinds.OptionalMailbox
    wait_seconds: kinds.Seconds
    queue_minutes: kinds.Count
    source_hours: kinds.Hours
    disk_free_bytes: kinds.Bytes
    clock_seconds: kinds.Seconds


class RetentionSettings(SettingsSection):
    """For how many days what was is kept that nobody needs any more."""

    left_days: kinds.Days
    deliveries_days: kinds.Days
    incidents_days: kinds.Days
    history_days: kinds.Days


class SignUpSettings(SettingsSection):
    """Whether readers subscribe by themselves, and how often anybody may ask."""

    on_pages: kinds.Switch
    mails_per_address: kinds.Count
    per_network: kinds.Count
    per_hour: kinds.Count
    keep_network: kinds.Switch


class ServeSettings(SettingsSection):
    """What the web server listens on."""

    host: kinds.Host
    port: kinds.Port
    processes: kinds.Processes
    cache_bytes: kinds.Bytes


# Networks whose addresses nobody has on the Internet (RFC 1918, 4193, 4291, 6598).
_INSIDE_4 = [
    IPv4Network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
]
_INSIDE_6 = [IPv6Network(text) for text in ("fc00::/7", "fe80::/10")]


def _issuer(text: str) -> str:
    """The address of an OpenID provider, as it was given: it is compared to the last character."""
    kinds.web_address(text)
    return text


def _proxies(text: str) -> str:
    """Addresses and networks with a blank between two. Refuses a network with a part of the
    Internet: that are too many to be one's own proxies.
    """
    networks = [ip_network(word) for word in text.split()]
    if not all(each.num_addresses == 1 or _is_inside(each) for each in networks):
        raise ValueError("a network of everybody's")
    return " ".join(map(str, networks))


def _is_inside(network: IPv4Network | IPv6Network) -> bool:
    if isinstance(network, IPv4Network):
        return any(network.subnet_of(own) for own in _INSIDE_4)
    return any(network.subnet_of(own) for own in _INSIDE_6)


_FieldName = Annotated[
    str,
    Field(
        pattern=r"^([A-Za-z][A-Za-z0-9-]{0,63})?$",
        description="the name of a field such as Remote-User, or empty",
    ),
]


class OidcSettings(SettingsSection):
    """The OpenID provider that may say who somebody is; none where there is no issuer."""

    issuer: Annotated[
        str,
        kinds.optional(_issuer),
        Field(
            description="the https address of a provider, without ? and # (http only where the host"
            " is this machine), or empty"
        ),
    ]
    client_id: kinds.Line
    client_secret: kinds.Password
    client_secret_file: kinds.OptionalLocation
    label: kinds.Name
    scopes: Annotated[
        str,
        Field(
            pattern=r"^openid( [!#-\[\]-~]{1,100}){0,20}$",
            description="openid, and other scopes after it, separated by spaces",
        ),
    ]
    person: kinds.Name
    groups: kinds.Line
    operators: kinds.Line
    editors: kinds.Line


class NamingProxySettings(SettingsSection):
    """The proxies that may say who somebody is; none where there is no field for that."""

    addresses: Annotated[
        str,
        kinds.optional(_proxies),
        Field(
            description="addresses or private networks such as 127.0.0.1 or 10.0.7.0/24, separated"
            " by spaces, or empty"
        ),
    ]
    field: _FieldName
    groups: _FieldName
    operators: kinds.Line
    editors: kinds.Line
    leave: kinds.OptionalRemoteAddress


class AdminSettings(SettingsSection):
    """Whether the team has pages, who comes in there, for how long they need not again, and what
    they did is kept.
    """

    pages: kinds.Switch
    passwords: kinds.Switch
    session_hours: kinds.Count
    audit_days: kinds.Days
    oidc: OidcSettings
    proxy: NamingProxySettings

    def wrong_ways_in(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Each option by which nobody could come in, or anybody, with what is wrong with it."""
        oidc, proxy = self.oidc, self.proxy
        if oidc.issuer and not oidc.client_id:
            yield ("admin", "oidc", "client_id"), "must be given, as issuer is"
        if proxy.field and not proxy.addresses:
            problem = "names no proxy: whoever sends the field would be in"
            yield ("admin", "proxy", "addresses"), problem
        if not (self.passwords or oidc.issuer or proxy.field):
            problem = "must be true where nothing else says who somebody is: nobody could come in"
            yield ("admin", "passwords"), problem
        for name, way in (("oidc", oidc), ("proxy", proxy)):
            has_groups = bool(way.operators or way.editors)
            if way.groups and not has_groups:
                problem = "needs operators or editors, too: nobody could come in"
                yield ("admin", name, "groups"), problem
            if has_groups and not way.groups:
                problem = "must say by what the groups of operators and editors are told"
                yield ("admin", name, "groups"), problem
        # Whoever chooses a name at one would be somebody whom the other knows.
        if oidc.issuer and proxy.field and bool(oidc.groups) != bool(proxy.groups):
            name = "proxy" if oidc.groups else "oidc"
            problem = "must say it as the other way does: both go by groups, or both by accounts"
            yield ("admin", name, "groups"), problem
        # Of a list each part would count as a group: whoever is in ou=staff would be of the team.
        for name in ("operators", "editors"):
            if "=" in getattr(proxy, name):
                problem = (
                    "must be plain names: a field has commas between groups, and cn=a,ou=b has one"
                )
                yield ("admin", "proxy", name), problem


def _hook_address(text: str) -> str:
    """Refuses what everybody between here and there could read."""
    parts = urlsplit(kinds.remote_address(text))
    if parts.scheme != "https" and not kinds.is_loopback(parts.hostname or ""):
        raise ValueError("not https")
    return text


def _hook_shown(text: str) -> str:
    """Where it is; not how it goes on, as whoever knows the address of a chat may write there."""
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/***"


_EVENTS = "item.added item.revised item.withdrawn digest.sent incident.opened incident.ended"
_ANY_EVENT = _EVENTS.replace(".", r"\.").replace(" ", "|")


class WebhookSettings(NamedSection):
    """A program of somebody's that is told what happens here."""

    url: Annotated[
        str,
        AfterValidator(_hook_address),
        PlainSerializer(_hook_shown),
        # A printed settings object must not tell it.
        Field(
            repr=False,
            description="an https address such as https://hooks.example.org/news (http only where"
            " the host is this machine: localhost, 127.0.0.1)",
        ),
    ]
    secret_path: kinds.Location
    events: Annotated[
        str,
        Field(
            pattern=f"^(?:(?:{_ANY_EVENT})(?: +|$))+$",
            description=f"some of {_EVENTS}, separated by spaces",
        ),
    ]
    query: Annotated[
        kinds.Line, Field(description="a query such as field=policing&issuer=secretariat, or empty")
    ]


class DaemonSettings(SettingsSection):
    """How often the daemon looks for work; ``node`` is never empty here."""

    node: kinds.Node
    roles: kinds.Roles
    ingest_seconds: kinds.Seconds
    publish_seconds: kinds.Seconds
    announce_seconds: kinds.Seconds
    digests_seconds: kinds.Seconds
    delivery_seconds: kinds.Seconds


class LogSettings(SettingsSection):
    """How the log looks, and how much of it there is."""

    style: Literal["auto", "console", "journal", "json"]
    level: Literal["debug", "info", "warning", "error"]
    requests: kinds.Switch
