"""Keys to sign with, and what the name service says of them."""

from base64 import b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

RSA = generate_private_key(65537, 2048)
ED25519 = Ed25519PrivateKey.generate()


def pem(key: PrivateKeyTypes, password: bytes = b"") -> bytes:
    """The private key as its file holds it."""
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def write_records(path: Path, domain: str) -> None:
    """Both public keys as the records of a domain, under ``r1`` and ``e1`` (opendkim.conf(5))."""
    form = PublicFormat.SubjectPublicKeyInfo
    rsa = b64encode(RSA.public_key().public_bytes(Encoding.DER, form)).decode()
    form = PublicFormat.Raw
    edwards = b64encode(ED25519.public_key().public_bytes(Encoding.Raw, form)).decode()
    path.write_text(
        f"r1._domainkey.{domain} v=DKIM1; k=rsa; p={rsa}\n"
        f"e1._domainkey.{domain} v=DKIM1; k=ed25519; p={edwards}\n"
    )
