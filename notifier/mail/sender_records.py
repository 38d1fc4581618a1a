"""What the name service says of a sender, and whether mails of ours agree with it.

Knows SPF, DKIM keys and DMARC as far as anybody can tell them from outside (RFC 7208, 6376, 7489).
Must never ask the name service.
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_TAG = re.compile(r"\s*([A-Za-z_]+)\s*=\s*([^;]*)")


class TrialVerdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of a ``subject``, and what to ``do`` about it where it is not as it should."""

    subject: str
    verdict: TrialVerdict = TrialVerdict.OK
    said: str
    do: str = ""


def spf(domain: str, texts: Sequence[str]) -> Finding:
    """Whether a domain says which servers send for it; not whether ours is one: a relay sends."""
    found = [text for text in texts if text.lower() == "v=spf1" or text[:7].lower() == "v=spf1 "]
    subject = f"SPF of {domain}"
    if not found:
        do = f"add a TXT record at {domain} that names your mail server: v=spf1 mx -all"
        return Finding(subject=subject, verdict=TrialVerdict.WARNING, said="there is none", do=do)
    if len(found) > 1:
        said = f"there are {len(found)}, which counts as an error (RFC 7208 4.5)"
        return Finding(subject=subject, verdict=TrialVerdict.WRONG, said=said, do="make them one")
    if re.search(r"(?:^|\s)\+?all\b", found[0], re.IGNORECASE):
        do = "end it with -all or ~all"
        said = f"lets anybody send: {found[0]}"
        return Finding(subject=subject, verdict=TrialVerdict.WRONG, said=said, do=do)
    return Finding(subject=subject, said=found[0])


def dkim(name: str, texts: Sequence[str], public_key: bytes) -> Finding:
    """Whether what stands at a selector is the public half of the key we sign with."""
    subject = f"DKIM key at {name}"
    if not texts:
        do = "publish the public key there, or sign with none"
        return Finding(subject=subject, verdict=TrialVerdict.WRONG, said="there is none", do=do)
    keys = [_tags(text).get("p", "") for text in texts]
    if public_key in map(_key, keys):
        return Finding(subject=subject, said="is that of the key we sign with")
    said = "is revoked" if not any(keys) else "is another one than that of the key we sign with"
    do = "publish the public half of mail.dkim's key there, or name another selector"
    return Finding(subject=subject, verdict=TrialVerdict.WRONG, said=said, do=do)


def dmarc(domain: str, texts: Sequence[str], *, is_aligned: bool) -> Finding:
    """Whether a domain says what becomes of mails that only pretend to be its own.

    A mail that ``is_aligned`` is signed for the domain, or comes back to it.
    """
    subject = f"DMARC of {domain}"
    found = [tags for text in texts if (tags := _tags(text)).get("v", "").upper() == "DMARC1"]
    if not found:
        do = f"add a TXT record at _dmarc.{domain}: v=DMARC1; p=none; rua=mailto:you@{domain}"
        return Finding(subject=subject, verdict=TrialVerdict.WARNING, said="there is none", do=do)
    policy = found[0].get("p", "none")
    if not is_aligned and policy != "none":
        return Finding(
            subject=subject,
            verdict=TrialVerdict.WARNING,
            said=f"asks for {policy}, and our mails are neither signed for it nor come back to it",
            do="let the relay sign for it, set mail.dkim, or a return path of this domain",
        )
    return Finding(subject=subject, said=f"asks for p={policy}")


def returns_to(domain: str, exchangers: Sequence[str], *, has_address: bool) -> Finding:
    """Whether what comes back finds a way: an MX, or the host itself (RFC 5321 section 5.1)."""
    subject = f"MX of {domain}"
    if list(exchangers) == ["."]:
        do = "set a return path of a domain that takes mails"
        said = "says that it takes no mail (RFC 7505)"
        return Finding(subject=subject, verdict=TrialVerdict.WRONG, said=said, do=do)
    if exchangers:
        return Finding(subject=subject, said=", ".join(exchangers))
    if has_address:
        return Finding(subject=subject, said="none; its own address takes its mail")
    do = "bounces and answers are lost: set a return path of a domain that takes mails"
    return Finding(subject=subject, verdict=TrialVerdict.WRONG, said="there is none", do=do)


def _tags(text: str) -> Mapping[str, str]:
    """Of a list of tags (RFC 6376 section 3.2), without blanks in a value."""
    return {name.lower(): "".join(value.split()) for name, value in _TAG.findall(text)}


def _key(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except Error:
        return b""
