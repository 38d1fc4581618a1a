"""Signs messages for the domain they come from (DKIM, RFC 6376, RFC 8463).

Knows keys, canonical forms and which fields are signed. Must never know what a message says, or
which way it leaves.

It is made here, on the primitives of `cryptography`, as the library for it stamps each signature
with the time of day: a message that is sent once more has to be the same to the last byte.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Final, SupportsBytes

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

#: RFC 8301 section 3.2: verifiers need not take shorter ones.
_LEAST_BITS: Final = 1024
#: What says who writes to whom about what, and how a reader leaves (RFC 6376 section 5.4.1, RFC
#: 8058 section 4). Fields that are not there are signed as well: nobody can add them on the way.
_SIGNED: Final = (
    *("from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("content-language", "auto-submitted", "list-id", "list-help", "list-post"),
    *("list-unsubscribe", "list-unsubscribe-post"),
)
#: Signed once more than they are there: a second one would break the signature.
_ONLY_ONCE: Final = ("from", "subject", "date")
_NAMES: Final = ":\r\n\t ".join((":".join(_SIGNED[:9]), ":".join((*_SIGNED[9:], *_ONLY_ONCE))))
_BLANKS = re.compile(rb"[ \t]{2,}|\t")
_FIELDS = re.compile(rb"\r\n(?![ \t])")
#: RFC 5322 section 2.1.1 asks for lines of 78.
_LINE: Final = 70

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs for a domain with one of its keys, whose public half stands in the name service under
    ``selector``.
    """

    domain: str
    selector: str
    algorithm: str
    sign: Sign

    def field(self, fields: Mapping[bytes, bytes], body_hash: str, at: int) -> bytes:
        """The field that signs these canonical fields and the body, its end of line with it."""
        # In the order of their names there; what is not there counts as nothing.
        signed = b"".join(fields.get(name.encode(), b"") for name in _SIGNED)
        tags = (
            f"v=1; a={self.algorithm}; c=relaxed/relaxed; d={self.domain};\r\n\ts={self.selector};"
            f" t={at};\r\n\th={_NAMES};\r\n\tbh={body_hash};\r\n\tb="
        )
        own = b"dkim-signature:" + _relaxed(tags.encode())
        signature = b64encode(self.sign(signed + own)).decode()
        folded = (signature[start : start + _LINE] for start in range(0, len(signature), _LINE))
        lines = "\r\n\t ".join(folded)
        return f"DKIM-Signature: {tags}{lines}\r\n".encode()


def signer(domain: str, selector: str, kind: str, key: bytes) -> Signer:
    """A signer with this private key (PEM) of a ``kind``, "rsa" or "ed25519".

    Raises ValueError where it is none that can sign so.
    """
    try:
        private = load_pem_private_key(key, password=None)
    except TypeError as error:
        raise ValueError("it is locked with a password") from error
    sign: Sign
    if kind == "ed25519" and isinstance(private, Ed25519PrivateKey):
        # What is signed is the hash (RFC 8463 section 3).
        edwards = private.sign
        sign = lambda told: edwards(sha256(told).digest())  # noqa: E731
    elif kind == "rsa" and isinstance(private, RSAPrivateKey) and private.key_size >= _LEAST_BITS:
        rsa = private.sign
        sign = lambda told: rsa(told, PKCS1v15(), SHA256())  # noqa: E731
    else:
        raise ValueError(f"it is no {kind} key, or a too short one (RSA: {_LEAST_BITS} bits)")
    return Signer(domain=domain, selector=selector, algorithm=f"{kind}-sha256", sign=sign)


def public_key(kind: str, key: bytes) -> bytes:
    """What stands in the name service for a private key (PEM) that can sign (RFC 6376 section
    3.6.1, RFC 8463 section 4).
    """
    public = load_pem_private_key(key, password=None).public_key()
    if kind == "ed25519":
        return public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signed(message: SupportsBytes, signers: Sequence[Signer]) -> bytes:
    """The message with a signature of each. The same message always gets the same ones: they are of
    the time in its Date.
    """
    whole = bytes(message)
    head, _, body = whole.partition(b"\r\n\r\n")
    fields = dict(_canonical(field) for field in _FIELDS.split(head))
    date = parsedate_to_datetime(fields[b"date"].partition(b":")[2].decode())
    body_hash = b64encode(sha256(_relaxed_body(body)).digest()).decode()
    made = [each.field(fields, body_hash, int(date.timestamp())) for each in signers]
    return b"".join((*made, whole))


def _canonical(field: bytes) -> tuple[bytes, bytes]:
    """The name of a field, and the whole of it, "relaxed" (RFC 6376 section 3.4.2)."""
    name, _, value = field.partition(b":")
    name = name.strip().lower()
    return name, name + b":" + _relaxed(value) + b"\r\n"


def _relaxed(value: bytes) -> bytes:
    unfolded = value.replace(b"\r\n", b"")
    return _BLANKS.sub(b" ", unfolded).strip(b" ")


def _relaxed_body(body: bytes) -> bytes:
    """RFC 6376 section 3.4.4."""
    # Most bodies have none of these; to look for each blank takes most of the time otherwise.
    if b"\t" in body or b"  " in body:
        body = _BLANKS.sub(b" ", body)
    plain = body.replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return plain + b"\r\n" if plain else b""
