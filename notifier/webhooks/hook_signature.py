"""How a request to a receiver is signed, by the Standard Webhooks specification.

Knows that specification (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec).
Must never know what is signed.
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Final

_PREFIX: Final = "whsec_"
#: "Symmetric: ... between 24 bytes (192 bits) and 64 bytes (512 bits)".
_LEAST_BYTES, _MOST_BYTES = 24, 64
#: While one secret replaces another both sign.
_MOST_KEYS: Final = 4


def keys_of(text: str) -> tuple[bytes, ...]:
    """The keys of a file of secrets, one a line. Raises ValueError with what is wrong of it."""
    keys = tuple(map(_key, text.split()))
    if not keys:
        raise ValueError("it holds none")
    if len(keys) > _MOST_KEYS:
        raise ValueError(f"it holds more than {_MOST_KEYS}")
    return keys


def _key(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        raise ValueError(f"a secret begins with {_PREFIX}")
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"behind {_PREFIX} a secret is base64") from error
    if not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError(f"a secret is of {_LEAST_BYTES} to {_MOST_BYTES} bytes")
    return key


def signed_fields(
    keys: Sequence[bytes], uid: str, at: datetime, body: bytes
) -> tuple[tuple[str, str], ...]:
    """The header fields of an attempt ``at`` a moment to tell of what is named by ``uid``."""
    second = str(int(at.timestamp()))
    signed = f"{uid}.{second}.".encode() + body
    digests = (b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
    return (
        ("Content-Type", "application/json"),
        ("webhook-id", uid),
        ("webhook-timestamp", second),
        ("webhook-signature", " ".join(f"v1,{each}" for each in digests)),
    )
