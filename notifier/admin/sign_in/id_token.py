"""What an ID token has to say before anybody is believed to be whom it names.

Knows OpenID Connect Core 1.0 and the claims of a token whose signature is known to be good. Must
never know how it came, or whose account it opens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from joserfc.errors import ClaimError
from joserfc.jwt import JWTClaimsRegistry

from notifier.account import Person
from notifier.errors import ProviderFault, SignInRefused

#: By how many seconds two clocks that are set differ.
_LEEWAY_SECONDS: Final = 60
#: No provider has longer ones (Core 2).
_LONGEST_SUBJECT: Final = 255
#: What says of an address that whoever is named has it.
_VERIFIED: Final = "email_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTerms:
    """What a token is to be: of that issuer, for that client, for the sign-in with that nonce."""

    issuer: str
    client_id: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Which claim names somebody, and which their groups; none where ``groups`` is empty."""

    person: str
    groups: str = ""

    def is_told(self, claims: Mapping[str, Any]) -> bool:
        """Whether the claims say all that is asked for."""
        wanted = {self.person, self.groups or self.person}
        if self.person == "email":
            wanted.add(_VERIFIED)
        return wanted <= {*claims}


def check(claims: Mapping[str, Any], terms: TokenTerms, now: datetime) -> None:
    """The token is of whom we asked, for us, for this sign-in, and of now (Core 3.1.3.7).

    Raises ProviderFault.
    """
    registry = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": terms.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": terms.client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": terms.nonce},
    )
    try:
        registry.validate({**claims})
    except ClaimError as fault:
        raise ProviderFault(f"the ID token is not for this sign-in: {fault}") from fault
    # It is noted and logged as it is; one that were cut would be another's, too.
    if not (claims["sub"].isprintable() and len(claims["sub"]) <= _LONGEST_SUBJECT):
        raise ProviderFault("the ID token is not for this sign-in: its subject is nobody's")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    # Who is one of several that it is for has to be the one that asked.
    if claims.get("azp", None if several else terms.client_id) != terms.client_id:
        raise ProviderFault("the ID token is not for this sign-in: another client asked for it")


def person_in(claims: Mapping[str, Any], naming: Naming) -> Person:
    """Whom the claims name. Raises SignInRefused."""
    subject = claims["sub"]
    told = claims.get(naming.person)
    if not isinstance(told, str) or not told:
        raise SignInRefused(f"it is not told by the claim {naming.person} who you are", subject)
    if naming.person == "email" and claims.get(_VERIFIED) is not True:
        raise SignInRefused("nobody made sure that your mail address is yours", subject)
    # Names and addresses that differ in case are one person's; subjects are not (Core 2), and those
    # that no account can be called after are nobody's.
    if naming.person == "sub" and told != told.lower():
        raise SignInRefused("your subject is no name of an account", subject)
    groups = claims.get(naming.groups, ()) if naming.groups else ()
    listed = groups if isinstance(groups, list) else [groups]
    texts = (each for each in listed if isinstance(each, str))
    return Person(subject=subject, name=told, groups=frozenset(texts))
