"""Accounts: who of the team may come in, what they may do there, and what a password has to be.

Knows names, roles and passwords as they are typed. Must never know how a password is kept.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from notifier.errors import AccountRefused


class TeamRole(StrEnum):
    """What somebody may do: an editor looks after items, names and sources; an operator after all
    that, readers and mails, too.
    """

    EDITOR = "editor"
    OPERATOR = "operator"

    def includes(self, other: "TeamRole") -> bool:
        """Whether whoever has this one may do what is the ``other``'s."""
        return self is TeamRole.OPERATOR or self is other


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may come in."""

    name: str
    role: TeamRole


#: What logs, reports and addresses show as it is.
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?", re.ASCII)
#: NIST SP 800-63B (revision 4, 3.1.1.2) asks for fifteen where nothing else is asked for, and that
#: much longer ones are taken.
LEAST_CHARACTERS: Final = 15
MOST_CHARACTERS: Final = 256
#: Fewer are a pattern on the keyboard.
_LEAST_DIFFERENT: Final = 6


def checked_name(typed: str) -> str:
    """The name of an account, in small letters. Raises AccountRefused."""
    name = typed.strip().lower()
    if not _NAME.fullmatch(name):
        raise AccountRefused(
            typed, "a name has letters of a to z, digits, and dots, hyphens or @ between them"
        )
    return name


def checked_password(name: str, typed: str) -> str:
    """A password that is none of those tried first. Raises AccountRefused."""
    if len(typed) < LEAST_CHARACTERS:
        raise AccountRefused(name, f"a password has at least {LEAST_CHARACTERS} characters")
    if len(typed) > MOST_CHARACTERS:
        raise AccountRefused(name, f"a password has at most {MOST_CHARACTERS} characters")
    if len({*typed}) < _LEAST_DIFFERENT or name in typed.lower():
        raise AccountRefused(name, "that password is too easy: other words, and not the name")
    return typed
