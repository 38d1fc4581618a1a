"""From settings to the parts that mails need, each ready to work.

Knows which setting means what to which part. Must never do a part's work.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, SupportsBytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from threading import Event

    from config.settings import RelaySettings, Settings, SmtpSettings
    from feeds.model import Progress
    from feeds.publish.site import Site
    from feeds.storage.database import Database
    from feeds.taxonomy import Taxonomy
    from notifier.app.house import House
    from notifier.digest.contents import Contents
    from notifier.digest.render import Renderer
    from notifier.mail import Transport
    from notifier.mail.dkim import Signer
    from notifier.mail.flow.turns import Turns
    from notifier.mail.ledger import Compose, Ledger
    from notifier.mail.message import Sender
    from notifier.returns.taking import Taking
    from notifier.storage.suppressions import Keyed

    #: The kind of a key, its name in the name service, and the key, if any.
    _Given = tuple[str, str, str]

#: More often than any machine dies in the midst of one message.
_HARMLESS = 1000


def keyed(database: Database) -> Keyed:
    """What hashes addresses that must not be mailed: its key was minted once, for this store.

    The secret of the settings is another: where that is replaced, every no has to last.
    """
    import secrets

    from feeds.storage.database import constant
    from notifier.storage.suppressions import KEY, KEY_BYTES, Keyed

    with database.writing() as connection:
        key = constant(connection, KEY, secrets.token_hex(KEY_BYTES))
    return Keyed(bytes.fromhex(key))


def renderer(settings: Settings, site: Site, taxonomy: Taxonomy) -> Renderer:
    """What makes the messages of digests. Raises SettingsError where a template of the operator's
    is wrong.
    """
    from notifier.digest.named import Named
    from notifier.digest.render import Renderer

    return Renderer(
        sender(settings, site),
        Named(site, taxonomy),
        most_bytes=settings.mail.max_html_bytes,
        folder=templates(settings),
    )


def sender(settings: Settings, site: Site) -> Sender:
    """Who writes; the List-Id follows from the authority, so it never changes."""
    from notifier.mail.message import Sender

    mail = settings.mail
    return Sender(
        name=mail.from_name or site.title,
        address=mail.from_address,
        list_id=f"digest.{site.identity.authority.replace('@', '.')}",
        site_title=site.title,
        site_url=site.url,
        reply_to=mail.reply_to,
        contact=site.contact,
        unsubscribe_mailbox=mail.unsubscribe_mailbox,
    )


def contents(
    settings: Settings, database: Database, keyed: Keyed, site: Site, taxonomy: Taxonomy
) -> Contents:
    """What makes digests, and notices.

    Raises SettingsError where no secret signs their links, or a template of theirs is wrong.
    """
    from feeds.publish.site import item_page
    from notifier.digest.contents import Contents
    from notifier.digest.named import Named
    from notifier.notices.notices import Notices
    from notifier.subscribers.links import MailLinks

    links = MailLinks(
        base_url=site.url,
        secret=settings.signing_key,
        manage_for=timedelta(days=settings.mail.manage_days),
    )
    notices = Notices(
        database=database,
        sender=sender(settings, site),
        named=Named(site, taxonomy),
        links=links,
        keyed=keyed,
        zone=site.timezone,
        page_of=lambda slug: f"{site.url}/{item_page(slug)}",
        shows_latest=settings.mail.welcome == "latest",
    )
    return Contents(
        database=database,
        render=renderer(settings, site, taxonomy).render,
        notices=notices.compose,
        links=links,
        keyed=keyed,
        sender=settings.mail.from_address,
        moved=taxonomy.moved,
        zone=site.timezone,
        max_items=settings.mail.max_items,
    )


def templates(settings: Settings) -> Path | None:
    """The operator's own templates of mails, of which every mail can be made.

    Raises SettingsError with every fault found.
    """
    folder = settings.mail.templates
    if folder is None:
        return None
    from config.settings import SettingsError
    from notifier.digest.overrides import faults

    if found := faults(folder):
        raise SettingsError(tuple(f"mail.templates: {fault}" for fault in found))
    return folder


def signing(settings: Settings) -> Callable[[SupportsBytes], bytes] | None:
    """What signs a message with the keys that are given, if any is. Raises SettingsError."""
    dkim = settings.mail.dkim
    given = (
        ("rsa", dkim.rsa_selector, dkim.rsa_key.get_secret_value()),
        ("ed25519", dkim.ed25519_selector, dkim.ed25519_key.get_secret_value()),
    )
    if not any(key for _, _, key in given):
        return None
    from functools import partial

    from notifier.mail.dkim import signed

    return partial(signed, signers=_signers(settings, given))


def _signers(settings: Settings, given: Sequence[_Given]) -> tuple[Signer, ...]:
    from config.settings import SettingsError
    from notifier.mail.dkim import signer

    author = settings.mail.from_address.rpartition("@")[2]
    domain, faults = settings.mail.dkim.domain or author, []
    found: list[Signer] = []
    if not f".{author}".endswith(f".{domain}"):
        faults.append(f"mail.dkim.domain: {domain} is not that of mail.from_address, nor above it")
    for name, selector, key in given:
        if key and not selector:
            faults.append(f"mail.dkim.{name}_selector: the key needs a name in the name service")
        elif key:
            try:
                found.append(signer(domain, selector, name, key.encode()))
            except ValueError as error:
                faults.append(f"mail.dkim.{name}_key: cannot sign: {error}")
    if faults:
        raise SettingsError(tuple(faults))
    return tuple(found)


def _refuse_unanswerable(settings: Settings) -> None:
    """Into a folder of this machine anything may go; to others no links that lead nowhere, and no
    sender who is nobody (RFC 2606).
    """
    from urllib.parse import urlsplit

    from config.kinds import is_loopback
    from config.settings import SettingsError

    faults, url, author = [], settings.site.url, settings.mail.from_address
    if is_loopback(urlsplit(url).hostname or ""):
        faults.append(
            f"site.url = {url!r}: is this machine, where no link in a mail leads anybody else: set"
            ' the address that readers reach, or mail.transport = "maildir"'
        )
    if author.rpartition("@")[2] in {"example.com", "example.net", "example.org"}:
        faults.append(
            f"mail.from_address = {author!r}: is nobody's, and servers refuse it: set an address of"
            ' yours, or mail.transport = "maildir"'
        )
    if faults:
        raise SettingsError(tuple(faults))


def transports(settings: Settings) -> tuple[Transport, ...]:
    """Which ways mails leave. Raises SettingsError where readers could do nothing with them, or a
    way is named twice or has no password.
    """
    if settings.mail.transport == "maildir":
        from notifier.mail.maildir import Maildir

        return (Maildir(settings.mail.maildir),)
    _refuse_unanswerable(settings)
    from functools import partial

    from config.settings import SettingsError
    from notifier.mail import return_path
    from notifier.mail.smtp.relay import Relay

    smtp = settings.mail.smtp
    made = partial(
        Relay,
        ehlo_name=smtp.ehlo_name,
        timeout_seconds=smtp.timeout_seconds,
        envid=partial(return_path.token, secret=settings.signing_key) if smtp.dsn else None,
    )
    servers: list[tuple[SmtpSettings | RelaySettings, str]] = [
        (smtp, smtp.password.get_secret_value())
    ]
    servers += [(each, _password(each)) for each in settings.relays]
    found = tuple(
        made(
            host=server.host,
            port=server.port,
            security=server.security,
            username=server.username,
            password=password,
            weight=server.weight,
            connections=server.connections,
            messages_per_connection=server.messages_per_connection,
        )
        for server, password in servers
    )
    if len({each.name for each in found}) < len(found):
        raise SettingsError(("[[relays]] host: each must differ from the others and mail.smtp",))
    return found


def _password(relay: RelaySettings) -> str:
    if relay.password_path is None:
        return ""
    try:
        return relay.password_path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        from config.settings import SettingsError

        fault = f"[[relays]] password_path of {relay.name!r}: cannot be read: {error}"
        raise SettingsError((fault,)) from error


def turns(settings: Settings, transports: Sequence[Transport]) -> Turns:
    """Whose mail leaves next, and how fast."""
    from notifier.mail.flow.quotas import EVERYTHING, Quotas, SendingLimits
    from notifier.mail.flow.turns import Turns

    receivers = settings.receivers
    servers: tuple[SmtpSettings | RelaySettings, ...]
    servers = (settings.mail.smtp, *settings.relays)
    rates = {EVERYTHING: settings.mail.messages_per_second}
    rates |= {each.name: each.messages_per_second for each in receivers}
    # Into a Maildir goes what may; a relay has its own name.
    named = zip(transports, servers, strict=False)
    rates |= {each.name: server.messages_per_second for each, server in named}
    limits = SendingLimits(
        rates={name: float(rate) for name, rate in rates.items() if rate},
        connections={each.name: each.connections for each in receivers if each.connections},
        receivers={domain: each.name for each in receivers for domain in each.domains.split()},
    )
    return Turns(quotas=Quotas(limits))


def ledger(
    settings: Settings,
    database: Database,
    keyed: Keyed,
    compose: Compose,
    *,
    clock: Callable[[], datetime],
    jitter: Callable[[], float],
    progress: Progress | None = None,
) -> Ledger:
    """The books of one delivery run."""
    from functools import partial

    from notifier.mail.ledger import Ledger
    from notifier.mail.return_path import address, fields

    mail, by = settings.mail, settings.returns.services
    own = mail.return_path and partial(address, mail.return_path, secret=settings.signing_key)
    told = {"postmark": by.postmark_password, "ses": by.ses_topic}
    told |= {"mailgun": by.mailgun_key, "sendgrid": by.sendgrid_key}
    services = tuple(filter(told.get, told))
    mark = services and partial(fields, secret=settings.signing_key, services=services)
    return Ledger(
        database=database,
        compose=compose,
        sign=signing(settings),
        keyed=keyed,
        node=settings.daemon.node,
        sender=mail.from_address,
        return_path=own or None,
        mark=mark or None,
        give_up_after=timedelta(hours=mail.give_up_after_hours),
        # A Maildir knows a message that it has: nothing there is in doubt.
        doubts=_HARMLESS if mail.transport == "maildir" else int(mail.in_doubt == "resend"),
        clock=clock,
        jitter=jitter,
        progress=progress,
    )


# -- What comes back -------------------------------------------------------------------------------


def taking(house: House) -> Taking:
    """What takes and heeds a mail that came back."""
    from notifier.returns.consequence import PauseRule, SoftRule
    from notifier.returns.returned import ReturnKind
    from notifier.returns.taking import Taking

    rule = house.settings.returns
    return Taking(
        database=house.database,
        keyed=house.keyed,
        rule=SoftRule(most=rule.soft_most, within=timedelta(days=rule.soft_days)),
        pause=PauseRule(
            least=rule.pause_least,
            shares={
                ReturnKind.HARD: rule.pause_bounces,
                ReturnKind.COMPLAINT: rule.pause_complaints,
                ReturnKind.POLICY: rule.pause_refusals,
            },
            lasts=timedelta(hours=rule.pause_hours),
        ),
        zone=house.settings.site.timezone,
        clock=house.clock,
        secret=house.settings.signing_key,
    )


def own_addresses(settings: Settings) -> tuple[str, ...]:
    """Whatever mails come back to, a star in one standing for a token."""
    mail = settings.mail
    return tuple(filter(None, (mail.return_path or mail.from_address, mail.unsubscribe_mailbox)))


def look(house: House, stopping: Event) -> None:
    """What lies in the Maildir and in the mailbox is taken, where settings name them; what is wrong
    with either is in the journal. Raises StoreError.
    """
    from notifier.returns.doors import Door, look
    from notifier.returns.mailbox_door import RemoteMailbox
    from notifier.returns.maildir_door import ReturnsFolder

    settings = house.settings.returns
    doors: list[Door] = [ReturnsFolder(settings.maildir)] if settings.maildir else []
    told = settings.mailbox
    if told.protocol:
        doors.append(
            RemoteMailbox(
                protocol=told.protocol,
                host=told.host,
                port=told.port,
                security=told.security,
                username=told.username,
                password=told.password.get_secret_value(),
                folder=told.folder,
            )
        )
    look(house.journal, doors, taking(house).take, stopping)


@contextmanager
def handed_over(house: House) -> Iterator[None]:
    """A mail server of ours may hand over what comes back, where settings say so.

    Raises CannotListen.
    """
    settings = house.settings.returns
    if not settings.lmtp_port:
        yield
        return
    from notifier.returns.lmtp_door import lmtp

    take = taking(house).take
    own = own_addresses(house.settings)
    with lmtp(settings.lmtp_host, settings.lmtp_port, take, own):
        yield
