"""Passwords as they are kept: hashed by Argon2id (RFC 9106).

Knows the library. Must never know an account, or log what it is given.
"""

from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: The second of the profiles that RFC 9106 recommends (section 4): 64 MiB, three passes. One takes
#: some 50 ms of a core.
_HASHER: Final = PasswordHasher()


def hashed(password: str) -> str:
    """What is kept of a password, with its salt and how it was made."""
    return _HASHER.hash(password)


def is_it(kept: str | None, password: str) -> bool:
    """Whether that is the password of which ``kept`` was made; to know that nobody's is takes as
    long.
    """
    try:
        _HASHER.verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobodys() -> str:
    return hashed("nobody's")
