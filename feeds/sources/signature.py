"""What is remembered of a document that was fetched, to see without reading whether it changed.

Knows validators and digests. Must never know requests, or what a document says.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Self

from feeds.fetch import Validators

_NONE = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A document as it was: its SHA-256, its validators verbatim, its media type.

    ``told`` names what the list that leads to it said of it, "" where that said nothing.
    """

    digest: str
    validators: Validators = _NONE
    media_type: str | None = None
    told: str = ""

    def __str__(self) -> str:
        """One line each, as a header's value holds no line end (RFC 9110 section 5.5)."""
        validators = self.validators
        lines = (self.told, validators.etag, validators.modified, self.media_type)
        # What cannot be sent back as it came is not kept.
        kept = (line if line and line.isprintable() else "" for line in lines)
        return "\n".join((self.digest, *kept))

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """What `str` wrote; None for anything else."""
        lines = (text or "").split("\n")
        if len(lines) != 5 or not lines[0]:
            return None
        digest, told, etag, modified, media_type = lines
        return cls(
            digest=digest,
            told=told,
            validators=Validators(etag=etag or None, modified=modified or None),
            media_type=media_type or None,
        )

    def refreshed(self, validators: Validators, told: str) -> Self:
        """The same document as last seen; silence keeps what was said before."""
        before = self.validators
        kept = Validators(
            etag=validators.etag or before.etag, modified=validators.modified or before.modified
        )
        return replace(self, validators=kept, told=told or self.told)


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
