"""Who may push: a token for each source, and that source alone (RFC 6750).

Knows tokens by their hashes. Must never write one down, or tell how near a wrong one came.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus

from feeds.push.problems import Problem

_CHALLENGE = 'Bearer realm="fieldfare"'


class Tokens:
    """The tokens of all sources that are pushed to."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._hashes = {source: _hash(token) for source, token in tokens.items()}
        if len(set(self._hashes.values())) < len(self._hashes):
            raise ValueError("two sources have the same token, so it tells neither")

    def source(self, token: str | None, meant: str | None) -> str:
        """The source a token is for. Raises Problem: 401, or 403 where another one was meant."""
        if token is None:
            raise _unauthorized("Send the token of your source as `Authorization: Bearer TOKEN`.")
        source = self._of(token)
        if source is None:
            raise _unauthorized("This token is not known.", error="invalid_token")
        if meant is not None and meant != source:
            challenge = f'{_CHALLENGE}, error="insufficient_scope"'
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "This token is for another source than the one you name.",
                headers={"WWW-Authenticate": challenge},
            )
        return source

    def _of(self, token: str) -> str | None:
        """Every token is compared, in the same time, whether one before was equal or not."""
        said = _hash(token)
        equal = [source for source, kept in self._hashes.items() if hmac.compare_digest(said, kept)]
        return equal[0] if equal else None


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


def _unauthorized(detail: str, error: str = "") -> Problem:
    challenge = f'{_CHALLENGE}, error="{error}"' if error else _CHALLENGE
    return Problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge})
