"""Whether those an installation depends on do their part: mail servers, name service, sources.

Knows what each is asked. Must never send a mail, or store what it is told.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from notifier.mail import sender_records
from notifier.mail.sender_records import Finding, TrialVerdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from config.settings import Settings, SourceSettings
    from feeds.fetch.client import Fetcher
    from notifier.app.trial import Look
    from notifier.mail.smtp.relay import Relay

#: Who cannot be reached within this is told as such; a mail in earnest is given a minute.
_SECONDS = 10.0
#: A digest with its HTML, in base64 and with all around it; a server that takes less refuses some.
_LARGEST_MAIL_BYTES = 500_000
#: What it is called that an OpenID provider says who somebody is.
_SIGN_IN = "sign-in"
#: Links expire and digests come by the clock, so that minutes matter; servers' clocks differ.
_DOUBTFUL, _WRONG = timedelta(seconds=30), timedelta(minutes=5)


def looks(
    settings: Settings, fetcher: Callable[[], Fetcher], clock: Callable[[], datetime]
) -> Mapping[str, Look]:
    """What is asked of whom, by what it is called."""
    found: dict[str, Look] = {}
    if settings.mail.transport == "smtp":
        found |= _mail(settings)
    for source in settings.sources:
        found[f"source {source.name}"] = partial(_source, source, fetcher, clock)
    if settings.admin.pages and settings.admin.oidc.issuer:
        found[_SIGN_IN] = partial(_provider, settings, fetcher, clock)
    return found


def _mail(settings: Settings) -> Mapping[str, Look]:
    from config.settings import SettingsError
    from notifier.app import mail_parts
    from notifier.mail.smtp.relay import Relay

    try:
        relays = mail_parts.transports(settings)
    except SettingsError:
        # Told of the settings.
        return {}
    asked: dict[str, Look] = {
        each.name: partial(_relay, each) for each in relays if isinstance(each, Relay)
    }
    author = settings.mail.from_address.rpartition("@")[2]
    back = (settings.mail.return_path or settings.mail.from_address).rpartition("@")[2]
    signs = _public_keys(settings)
    asked[f"SPF of {back}"] = partial(_spf, back)
    asked[f"MX of {back}"] = partial(_exchangers, back)
    for name, key in signs.items():
        asked[f"DKIM key at {name}"] = partial(_dkim, name, key)
    aligned = bool(signs) or author == back
    asked[f"DMARC of {author}"] = partial(_dmarc, author, is_aligned=aligned)
    return asked


def _public_keys(settings: Settings) -> Mapping[str, bytes]:
    """What is to stand in the name service for the keys that sign, by its name there."""
    from notifier.mail.dkim import public_key

    dkim = settings.mail.dkim
    domain = dkim.domain or settings.mail.from_address.rpartition("@")[2]
    given = (
        ("rsa", dkim.rsa_selector, dkim.rsa_key.get_secret_value()),
        ("ed25519", dkim.ed25519_selector, dkim.ed25519_key.get_secret_value()),
    )
    return {
        f"{selector}._domainkey.{domain}": public_key(kind, key.encode())
        for kind, selector, key in given
        if key and selector
    }


def _relay(relay: Relay) -> Iterator[Finding]:
    from notifier.errors import TransportUnavailable

    tried = replace(relay, timeout_seconds=min(relay.timeout_seconds, _SECONDS))
    try:
        offer = asyncio.run(tried.offered())
    except TransportUnavailable as error:
        do = "look at its settings: host, port, security, username and password"
        yield Finding(subject=relay.name, verdict=TrialVerdict.WRONG, said=error.problem, do=do)
        return
    let_in = f"logged in as {relay.username}" if relay.username else "without logging in"
    secured = offer.tls or "not encrypted"
    named = " ".join(sorted(each.upper() for each in offer.extensions)) or "no extensions"
    yield Finding(subject=relay.name, said=f"{secured}, {let_in}; {named}")
    size = offer.extensions.get("size", "").strip()
    if size.isdigit() and 0 < int(size) < _LARGEST_MAIL_BYTES:
        said = f"takes mails of {int(size):,} bytes at most"
        do = "raise its limit, or lower mail.max_html_bytes"
        yield Finding(subject=relay.name, verdict=TrialVerdict.WARNING, said=said, do=do)


def _answers(name: str, kind: str) -> list[str] | None:
    """What the name service has under a name; None where it does not answer."""
    import dns.exception
    import dns.resolver

    try:
        found = dns.resolver.resolve(name, kind, lifetime=_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException:
        return None
    if kind == "TXT":
        return [b"".join(each.strings).decode("utf-8", "replace") for each in found]
    if kind == "MX":
        return [
            str(each.exchange) if len(str(each.exchange)) == 1 else str(each.exchange).rstrip(".")
            for each in sorted(found, key=lambda each: each.preference)
        ]
    return [str(each) for each in found]


def _unanswered(subject: str) -> Finding:
    do = "ask again later, or from a machine that can ask"
    said = "the name service does not answer"
    return Finding(subject=subject, verdict=TrialVerdict.WARNING, said=said, do=do)


def _spf(domain: str) -> Iterable[Finding]:
    texts = _answers(domain, "TXT")
    return [_unanswered(f"SPF of {domain}") if texts is None else sender_records.spf(domain, texts)]


def _dkim(name: str, key: bytes) -> Iterable[Finding]:
    texts = _answers(name, "TXT")
    if texts is None:
        return [_unanswered(f"DKIM key at {name}")]
    return [sender_records.dkim(name, texts, key)]


def _dmarc(domain: str, *, is_aligned: bool) -> Iterable[Finding]:
    texts = _answers(f"_dmarc.{domain}", "TXT")
    above = domain.partition(".")[2]
    if texts == [] and "." in above:
        # That of the organisation's domain counts for all below it (RFC 7489 section 6.6.3).
        texts = _answers(f"_dmarc.{above}", "TXT")
    if texts is None:
        return [_unanswered(f"DMARC of {domain}")]
    return [sender_records.dmarc(domain, texts, is_aligned=is_aligned)]


def _exchangers(domain: str) -> Iterable[Finding]:
    found = _answers(domain, "MX")
    if found is None:
        return [_unanswered(f"MX of {domain}")]
    addresses = found or _answers(domain, "A") or _answers(domain, "AAAA")
    return [sender_records.returns_to(domain, found, has_address=bool(addresses))]


def _source(
    source: SourceSettings, fetcher: Callable[[], Fetcher], clock: Callable[[], datetime]
) -> Iterator[Finding]:
    subject = f"source {source.name}"
    if source.kind == "push":
        yield Finding(subject=subject, said="is pushed to: nothing to look at")
    elif source.kind == "folder":
        yield _folder(subject, source.path or Path())
    else:
        yield from _website(subject, source, fetcher(), clock)


def _folder(subject: str, folder: Path) -> Finding:
    try:
        number = len([each for each in folder.iterdir() if not each.name.startswith(".")])
    except OSError as error:
        said, do = f"{folder}: {error.strerror}", "make the folder, or let us read it"
        return Finding(subject=subject, verdict=TrialVerdict.WRONG, said=said, do=do)
    return Finding(subject=subject, said=f"{folder} holds {number} files and folders")


def _website(
    subject: str, source: SourceSettings, fetcher: Fetcher, clock: Callable[[], datetime]
) -> Iterator[Finding]:
    from feeds.fetch import Denied, FetchedPage, FetchFailed

    answer = fetcher.fetch(source.url, is_list=True)
    match answer:
        case FetchedPage():
            yield Finding(subject=subject, said=f"{answer.url} has {len(answer.body):,} bytes")
            if answer.answered_at:
                yield _clock(answer.answered_at - clock(), answer.url)
        case Denied():
            do = "ask its publisher for leave, or take another way"
            said = f"robots.txt keeps us from {source.url}"
            yield Finding(subject=subject, verdict=TrialVerdict.WRONG, said=said, do=do)
        case FetchFailed(problem=problem):
            do = f"open {source.url} in a browser; look at the source's url"
            yield Finding(subject=subject, verdict=TrialVerdict.WRONG, said=problem, do=do)
        case _:
            do = "look at the source's url"
            said = f"there is nothing at {source.url}"
            yield Finding(subject=subject, verdict=TrialVerdict.WRONG, said=said, do=do)


def _provider(
    settings: Settings, fetcher: Callable[[], Fetcher], clock: Callable[[], datetime]
) -> Iterator[Finding]:
    from notifier.app.team.ways_in import provider
    from notifier.errors import ProviderFault

    try:
        count = provider(settings, fetcher().call, clock).key_count()
    except ProviderFault as fault:
        do = "look at admin.oidc.issuer; a host of your own network needs fetch.private_hosts"
        yield Finding(subject=_SIGN_IN, verdict=TrialVerdict.WRONG, said=str(fault), do=do)
        return
    said = f"{settings.admin.oidc.issuer} signs by one key of {count}"
    verdict = TrialVerdict.OK if count else TrialVerdict.WRONG
    do = "" if count else "give the provider a key of RSA, ECDSA or Ed25519 to sign by"
    yield Finding(subject=_SIGN_IN, verdict=verdict, said=said, do=do)


def _clock(behind: timedelta, place: str) -> Finding:
    apart = abs(behind)
    words = "behind" if behind > timedelta() else "ahead of"
    said = f"is {apart.total_seconds():,.0f} seconds {words} that of {place}"
    verdict = TrialVerdict.OK
    if apart >= _DOUBTFUL:
        verdict = TrialVerdict.WRONG if apart >= _WRONG else TrialVerdict.WARNING
    do = "" if verdict is TrialVerdict.OK else "let a time service set this machine's clock"
    return Finding(subject="clock", verdict=verdict, said=said, do=do)
