"""What nobody makes who does not know the key: HMAC of SHA-256.

Knows RFC 2104. Must never know what is signed, nor whose the key is.

Both hashes of a key are begun once and copied: for the few bytes of a link, to begin them anew
takes five times as long as all the rest.
"""

import hashlib
from binascii import b2a_base64
from functools import lru_cache
from typing import Final

_BLOCK_BYTES: Final = 64
#: RFC 2104 section 5 allows half of it, and a List-Unsubscribe field has to stay within a line of
#: 75 characters.
_SPELT_BYTES: Final = 16
#: The rest of base64 is padding.
_LETTERS: Final = 22
#: RFC 4648, section 5.
_IN_ADDRESSES: Final = bytes.maketrans(b"+/", b"-_")
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


def keyed_hash(key: bytes, message: bytes) -> bytes:
    """The 32 bytes of HMAC-SHA-256 (RFC 2104 section 2)."""
    begun, ended = _begun(key)
    inner, outer = begun.copy(), ended.copy()
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()


def spelt_hash(key: bytes, message: bytes) -> str:
    """Half of it, which nobody guesses, in 22 letters that stand in an address as they are."""
    spelt = b2a_base64(keyed_hash(key, message)[:_SPELT_BYTES])
    return spelt[:_LETTERS].translate(_IN_ADDRESSES).decode()


# Of an installation there are three.
@lru_cache(16)
def _begun(key: bytes) -> "tuple[hashlib._Hash, hashlib._Hash]":
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(
        _BLOCK_BYTES, b"\0"
    )
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))
