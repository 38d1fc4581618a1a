"""What a token of a program may be for, each in a word that settings, answers and documents say.

Knows the words and their meanings. Must never know what is asked for by one.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Scope(StrEnum):
    """What a token is for (RFC 6749, section 3.3); nothing is for all."""

    ITEMS_PUSH = "items:push"
    STATUS_READ = "status:read"
    DEEDS_READ = "deeds:read"
    SOURCES_WRITE = "sources:write"
    ITEMS_READ = "items:read"
    ITEMS_WRITE = "items:write"
    NAMES_WRITE = "names:write"
    QUARANTINE_READ = "quarantine:read"
    QUARANTINE_WRITE = "quarantine:write"
    SUBSCRIBERS_ASK = "subscribers:ask"
    SUBSCRIBERS_VOUCH = "subscribers:vouch"
    SUBSCRIBERS_READ = "subscribers:read"
    SUBSCRIBERS_WRITE = "subscribers:write"
    SUPPRESSIONS_READ = "suppressions:read"
    SUPPRESSIONS_WRITE = "suppressions:write"
    DELIVERIES_READ = "deliveries:read"
    DELIVERIES_WRITE = "deliveries:write"


#: What programs may be given; a source that is pushed to has a token of its own.
GIVEN: Final = tuple(scope for scope in Scope if scope is not Scope.ITEMS_PUSH)

MEANINGS: Final[Mapping[Scope, str]] = MappingProxyType(
    {
        Scope.ITEMS_PUSH: "hand in items of a source of one's own, revise and withdraw them",
        Scope.STATUS_READ: "see what is wrong, how sources do, and statistics",
        Scope.DEEDS_READ: "see who did what",
        Scope.SOURCES_WRITE: "have a source asked at once",
        Scope.ITEMS_READ: "find and see items, their history, and names nobody knows",
        Scope.ITEMS_WRITE: "correct, withdraw, restore, merge and split items",
        Scope.NAMES_WRITE: "say which topic a name stands for",
        Scope.QUARANTINE_READ: "see what is in quarantine, why, and what it says",
        Scope.QUARANTINE_WRITE: "vouch for what is in quarantine, or put it aside",
        Scope.SUBSCRIBERS_ASK: "have people asked whether they want to subscribe",
        Scope.SUBSCRIBERS_VOUCH: "subscribe people at once, for whose consent you answer",
        Scope.SUBSCRIBERS_READ: "find a reader, see all that is kept of them, and their next mail",
        Scope.SUBSCRIBERS_WRITE: "change, pause, unsubscribe and erase a reader",
        Scope.SUPPRESSIONS_READ: "see which addresses must not be mailed",
        Scope.SUPPRESSIONS_WRITE: "bar an address from all mail, and lift that",
        Scope.DELIVERIES_READ: "see mails by their ids, what came back, and which domains wait",
        Scope.DELIVERIES_WRITE: "release, drop and send mails again, pause all mail and domains",
    }
)


def scopes_in(text: str) -> frozenset[Scope]:
    """The scopes that a text names, separated by blanks. Raises ValueError for another word."""
    return frozenset(map(Scope, text.split()))
