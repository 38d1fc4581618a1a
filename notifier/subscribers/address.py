"""Mail addresses: whether one can be used, and when two are the same.

Knows RFC 5321, 5890 and 6531. Must never know who an address belongs to.
"""

import email_validator
import idna
from email_validator import EmailNotValidError, validate_email

from notifier.errors import AddressRefused

__all__ = ["checked", "folded", "mailbox"]

# Names of a network of one's own: mail does go there, and who runs the house knows which they use.
# This is how the library wants to be told (its README, "Special-use domain names").
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = [
    name
    for name in email_validator.SPECIAL_USE_DOMAIN_NAMES
    if name not in {"local", "localhost", "test"}
]


def checked(text: str) -> str:
    """The address as it is to be kept: trimmed, in NFC, the domain in lower case.

    Whether it answers is not looked up, and names of a private network are allowed: whoever
    runs the installation vouches for them.
    Raises AddressRefused.
    """
    try:
        found = validate_email(
            text.strip(), strict=True, check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError as error:
        raise AddressRefused(text, str(error)) from error
    return found.normalized


def folded(address: str) -> str:
    """The same text for every spelling of one mailbox, for comparison only.

    The local part may be case-sensitive (RFC 5321 section 2.4), yet no receiver of note treats
    it so, and a person who types it otherwise the second time means the same mailbox.
    """
    return mailbox(address).casefold()


def mailbox(address: str) -> str:
    """The address with its domain as A-labels (RFC 5890), as an SMTP command wants it.

    Raises AddressRefused where the domain has no such form.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return f"{local}@{domain.lower()}"
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError as error:
        raise AddressRefused(address, f"its domain is no host name ({error})") from error
