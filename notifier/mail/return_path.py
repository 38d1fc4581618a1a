"""The token of a delivery, which comes back with its bounce: ``token`` mints it, ``delivery`` reads
it. One for the return path (VERP), for ENVID (RFC 3461 section 4.4), and for the ``fields`` that a
service repeats with what it tells of a mail.

Knows HMAC and what a local part holds. Must never know an address, nor whether a delivery is there.
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Iterable
from typing import Final

from notifier.keyed_hash import keyed_hash

#: The secret signs other things too; a token is none of them.
_DOMAIN: Final = b"fieldfare return path 1\0"
#: RFC 2104 section 5 asks for 80 bits at least, and each guess costs its maker a mail to us: half
#: of SHA-256's output, which it would rather have, leaves a local part of 64 octets (RFC 5321
#: section 4.5.3.1.1) too little for a name.
_MAC_BYTES: Final = 10
#: The number of a row has 19 digits at most, and base32 needs eight letters for five bytes.
_TOKEN: Final = re.compile(r"([1-9][0-9]{0,18})\.([a-z2-7]{16})", re.ASCII | re.IGNORECASE)


def token(delivery: int, secret: bytes) -> str:
    """``DELIVERY.SIGNATURE``, which nobody mints without the ``secret``: at most 36 octets, letters
    of one case, digits and a dot, so that it stands in a local part and in an xtext as it is.
    """
    return f"{delivery}.{_mac(delivery, secret)}"


def delivery(token: str, secret: bytes) -> int | None:
    """The delivery of a token that was minted with the ``secret``, None for any other text.

    Some servers change the case of a local part, so it does not count.
    """
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    number = int(found[1])
    return number if hmac.compare_digest(found[2].lower(), _mac(number, secret)) else None


def address(pattern: str, delivery: int, secret: bytes) -> str:
    """The return path of a delivery: the ``pattern``, its token in place of the star."""
    return pattern.replace("*", token(delivery, secret))


#: What each keeps of a mail whose return path and Message-ID it replaces:
#: https://postmarkapp.com/support/article/1125-custom-metadata-faq
#: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html (headers of the mail)
#: https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages (variables)
#: https://www.twilio.com/docs/sendgrid/for-developers/sending-email/unique-arguments
_FIELDS: Final = {
    "postmark": "X-PM-Metadata-delivery: {}\r\n",
    "ses": "X-Fieldfare-Delivery: {}\r\n",
    "mailgun": 'X-Mailgun-Variables: {{"delivery": "{}"}}\r\n',
    "sendgrid": 'X-SMTPAPI: {{"unique_args": {{"delivery": "{}"}}}}\r\n',
}


def fields(delivery: int, secret: bytes, services: Iterable[str]) -> bytes:
    """The header fields by which each of these services names the delivery: postmark, ses, mailgun,
    sendgrid.
    """
    named = token(delivery, secret)
    return "".join(_FIELDS[service].format(named) for service in services).encode()


def _mac(delivery: int, secret: bytes) -> str:
    full = keyed_hash(secret, _DOMAIN + str(delivery).encode("ascii"))
    return b32encode(full[:_MAC_BYTES]).decode("ascii").lower()
