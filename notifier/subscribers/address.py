"""Mail addresses of subscribers: whether one can be used, and when two are the same.

Knows what is refused, and how it is said. Must never know who an address belongs to.
"""

from config import values
from notifier.errors import UnusableAddress


def checked(text: str) -> str:
    """The address as it is to be kept (`config.values.mail_address`), without blanks around it.

    Raises UnusableAddress.
    """
    try:
        return values.mail_address(text.strip())
    except ValueError as error:
        raise UnusableAddress(text, str(error)) from error


def folded(address: str) -> str:
    """The same text for every spelling of one mailbox, for comparison only.

    The local part may be case-sensitive (RFC 5321 section 2.4), yet no receiver of note treats
    it so, and a person who types it otherwise the second time means the same mailbox.
    """
    return mailbox(address).casefold()


def mailbox(address: str) -> str:
    """The address as an SMTP command wants it, its domain as A-labels (RFC 5890).

    Raises UnusableAddress where the domain has no such form.
    """
    try:
        return values.mailbox(address)
    except ValueError as error:
        raise UnusableAddress(address, f"its domain is no host name ({error})") from error
