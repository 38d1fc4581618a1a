"""Accounts: who of the team may come in, what they may do there, and what a password has to be.

Knows names, roles and passwords as they are typed. Must never know how a password is kept.
"""

import re
from collections.abc import Collection
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


class Way(StrEnum):
    """By what somebody came in."""

    PASSWORD = "password"  # noqa: S105 - the word
    OIDC = "oidc"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may come in."""

    name: str
    role: TeamRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody as another service knows them: by a ``name``, as it spells that, in ``groups``; what
    they are called may change, and their ``subject`` does not, where it has one.
    """

    name: str
    groups: frozenset[str]
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRule:
    """Which groups, as another service names them, make an operator, and which an editor."""

    operators: frozenset[str]
    editors: frozenset[str]

    def role(self, groups: Collection[str]) -> TeamRole | None:
        """The role of who is in these; None for whoever is none of the team."""
        if not self.operators.isdisjoint(groups):
            return TeamRole.OPERATOR
        return None if self.editors.isdisjoint(groups) else TeamRole.EDITOR


#: What logs, reports and addresses show as it is. By ASCII alone, as some signs beside it have a
#: small letter that is of it: the sign of Kelvin (U+212A) would make somebody else of "Kim".
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?", re.ASCII | re.IGNORECASE)
#: NIST SP 800-63B (revision 4, 3.1.1.2) asks for fifteen where nothing else is asked for, and that
#: much longer ones are taken.
LEAST_CHARACTERS: Final = 15
MOST_CHARACTERS: Final = 256
#: Fewer are a pattern on the keyboard.
_LEAST_DIFFERENT: Final = 6


def checked_name(typed: str) -> str:
    """The name of an account, in small letters; two that differ in anything else are two people's.

    Raises AccountRefused.
    """
    if not _NAME.fullmatch(typed):
        raise AccountRefused(
            typed, "a name has letters of a to z, digits, and dots, hyphens or @ between them"
        )
    return typed.lower()


def checked_password(name: str, typed: str) -> str:
    """A password that is none of those tried first. Raises AccountRefused."""
    if len(typed) < LEAST_CHARACTERS:
        raise AccountRefused(name, f"a password has at least {LEAST_CHARACTERS} characters")
    if len(typed) > MOST_CHARACTERS:
        raise AccountRefused(name, f"a password has at most {MOST_CHARACTERS} characters")
    if len({*typed}) < _LEAST_DIFFERENT or name in typed.lower():
        raise AccountRefused(name, "that password is too easy: other words, and not the name")
    return typed
