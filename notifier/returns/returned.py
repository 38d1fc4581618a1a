"""What came back, in words: which kind of mail, of which delivery, and what it says.

Knows the kinds. Must never know where a mail came in, nor what follows from it.
"""

from dataclasses import dataclass
from enum import StrEnum


class ReturnKind(StrEnum):
    """hard: there is no such mailbox, or no longer. full: it has no room. soft: it could not be
    brought for another reason of the reader's side, or in time. policy: they refuse us, or this
    message. delayed: it is being tried still. complaint: a reader called it abuse. unsubscribe: a
    reader wants no more. auto-reply: a machine answered in somebody's stead. challenge: it asks us
    to prove that we are somebody. other: anything else, as a reader's own words, or a delivery that
    went well.
    """

    HARD = "hard"
    FULL = "full"
    SOFT = "soft"
    POLICY = "policy"
    DELAYED = "delayed"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    AUTO_REPLY = "auto-reply"
    CHALLENGE = "challenge"
    OTHER = "other"


#: The way of whatever is no event of a service.
BY_MAIL = "mail"

#: Those that say that a mail was not brought.
BOUNCES = frozenset({ReturnKind.HARD, ReturnKind.FULL, ReturnKind.SOFT, ReturnKind.POLICY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Whose mail it is about, by what only this installation signs: the ``delivery`` of a return
    path or an envelope id, or the reader, by the ``public_id`` of a link in what came back.
    """

    delivery: int | None = None
    public_id: str = ""

    def __bool__(self) -> bool:
        return bool(self.delivery or self.public_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedMail:
    """What a mail, or one event of a service, says.

    ``key`` is the same whenever it comes again. ``recipient`` is whom it says that it could not
    reach, empty where it says none; ``status`` is an enhanced status code (RFC 3463), empty where
    there is none. ``diagnostic`` is what was said, for a person.
    ``way`` is which way it came: by mail, or the name of the service that told it.
    """

    key: str
    kind: ReturnKind
    claims: Claims = Claims()
    recipient: str = ""
    status: str = ""
    diagnostic: str = ""
    way: str = BY_MAIL
