"""An OpenID provider: where it is asked, by which keys it signs, and what it says of somebody.

Knows Discovery, the code flow and JOSE, as a client. Must never know a browser, or an account.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import quote, quote_plus, urlencode

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey, import_key
from pydantic import BaseModel, ConfigDict, ValidationError

from feeds.fetch import FetchFailed, Posted, Reply
from notifier.account import Person
from notifier.admin.sign_in.id_token import Naming, TokenTerms, check, person_in
from notifier.errors import ProviderFault

#: Those by which nobody signs who only checks; "none" and HMAC are not among them (RFC 8725 3.1).
ALGORITHMS: Final = frozenset(
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)
) | {"EdDSA", "Ed25519"}
#: What a provider says of itself, and its keys, change some times a year; a key that was taken from
#: it is not to be believed for long.
_KEPT: Final = timedelta(hours=1)
#: Whoever sends us tokens of unknown keys makes us ask for those no more often.
_LEAST: Final = timedelta(seconds=30)
_MOST_CHARACTERS_TOLD: Final = 100
#: Beside its own errors, what a library raises that is given something else than it expects.
_ODD: Final = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class ProviderMetadata(BaseModel):
    """What a provider says of itself (Discovery 1.0, section 3), as far as it is used here."""

    model_config = ConfigDict(frozen=True, strict=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    # Where it is left out.
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False


class Call(Protocol):
    """One request that follows no redirect: a POST of the content, a GET without one."""

    def __call__(
        self, url: str, fields: tuple[tuple[str, str], ...] = (), content: bytes | None = None
    ) -> Reply: ...


@dataclass(slots=True, kw_only=True)
class Provider:
    """A provider that knows us by ``client_id``, and sends people back to the address ``back``."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    back: str
    call: Call
    clock: Callable[[], datetime]
    #: Each with the moment at which it was had.
    _metadata: tuple[ProviderMetadata, datetime] | None = field(default=None, init=False)
    _keys: tuple[KeySet, datetime] | None = field(default=None, init=False)

    def way_in(self, state: str, nonce: str, challenge: str) -> str:
        """Where somebody tells the provider who they are (Core 3.1.2.1; RFC 7636).

        Raises ProviderFault.
        """
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "scope": self.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with(self.metadata().authorization_endpoint, asked)

    def way_out(self, page: str) -> str:
        """Where somebody tells the provider that they go, who is then shown ``page``; "" where it
        has none (RP-Initiated Logout 1.0). Raises ProviderFault.
        """
        there = self.metadata().end_session_endpoint
        asked = {"client_id": self.client_id, "post_logout_redirect_uri": page}
        return _with(there, asked) if there else ""

    def check_issuer(self, told: str) -> None:
        """An answer is of this provider, as far as answers say (RFC 9207). Raises ProviderFault."""
        is_silent = self.metadata().authorization_response_iss_parameter_supported and not told
        if is_silent or (told and told != self.issuer):
            raise ProviderFault("the answer is not of the provider that was asked")

    def person(self, code: str, verifier: str, nonce: str, naming: Naming) -> Person:
        """Of whom the code is, which is used up by that. Raises ProviderFault, SignInRefused."""
        tokens = self._tokens(code, verifier)
        claims = self._verified(_text(tokens, "id_token"))
        terms = TokenTerms(issuer=self.issuer, client_id=self.client_id, nonce=nonce)
        check(claims, terms, self.clock())
        if not naming.is_told(claims) and self.metadata().userinfo_endpoint:
            claims = {**self._told(_text(tokens, "access_token"), claims["sub"]), **claims}
        return person_in(claims, naming)

    def key_count(self) -> int:
        """By how many keys it signs that we can check. Raises ProviderFault."""
        return len(self._known_keys().keys)

    def metadata(self) -> ProviderMetadata:
        """What the provider says of itself. Raises ProviderFault."""
        if self._metadata and self._is_within(_KEPT, self._metadata[1]):
            return self._metadata[0]
        place = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = ProviderMetadata.model_validate_json(self._asked(place))
        except ValidationError as error:
            raise ProviderFault(f"{place} is no description of a provider") from error
        # Else anybody who can write there could speak for another (Discovery 4.3).
        if found.issuer != self.issuer:
            raise ProviderFault(f"{place} is of another issuer, {_shown(found.issuer)}")
        places = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        others = filter(None, (found.userinfo_endpoint, found.end_session_endpoint))
        secured = self.issuer.partition(":")[0]
        if not all(each.startswith((f"{secured}:", "https:")) for each in (*places, *others)):
            raise ProviderFault(f"{place} names an address without TLS")
        self._metadata = found, self.clock()
        return found

    # -- What is asked -----------------------------------------------------------------------------

    def _tokens(self, code: str, verifier: str) -> Mapping[str, Any]:
        """What the provider gives for a code (Core 3.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": verifier,
        }
        metadata = self.metadata()
        fields = [("Content-Type", "application/x-www-form-urlencoded")]
        if not self.client_secret:
            form["client_id"] = self.client_id
        elif "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            # Both are encoded as in a form before (RFC 6749 2.3.1).
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
            fields.append(("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
        else:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        place = metadata.token_endpoint
        return _object(place, self._asked(place, (*fields,), urlencode(form).encode()))

    def _told(self, token: str, subject: str) -> Mapping[str, Any]:
        """What the provider says beside an ID token of who that is of (Core 5.3)."""
        place = self.metadata().userinfo_endpoint
        found = _object(place, self._asked(place, (("Authorization", f"Bearer {token}"),)))
        if found.get("sub") != subject:
            raise ProviderFault(f"{place} tells of somebody else")
        return found

    def _asked(
        self, place: str, fields: tuple[tuple[str, str], ...] = (), content: bytes | None = None
    ) -> bytes:
        reply = self.call(place, fields, content)
        match reply:
            case Posted():
                return reply.body
            case FetchFailed():
                raise ProviderFault(f"{reply.problem}{_error_in(reply.body)}")
            case _:
                raise ProviderFault("the daemon ends")

    # -- What is signed ----------------------------------------------------------------------------

    def _verified(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that the provider signed. Raises ProviderFault."""
        try:
            try:
                return jwt.decode(token, self._known_keys(), ALGORITHMS).claims
            except InvalidKeyIdError:
                return jwt.decode(token, self._known_keys(_LEAST), ALGORITHMS).claims
        except _ODD as fault:
            raise ProviderFault(
                f"the ID token is not signed as it has to be: {_shown(str(fault))}"
            ) from fault

    def _known_keys(self, kept: timedelta = _KEPT) -> KeySet:
        """The keys of the provider as they were so long ago at most. Raises ProviderFault."""
        if self._keys and self._is_within(kept, self._keys[1]):
            return self._keys[0]
        place = self.metadata().jwks_uri
        listed = _object(place, self._asked(place)).get("keys")
        if not isinstance(listed, list):
            raise ProviderFault(f"{place} lists no keys")
        keys = KeySet([key for each in listed if (key := _public(each))])
        self._keys = keys, self.clock()
        return keys

    def _is_within(self, kept: timedelta, had_at: datetime) -> bool:
        """Whether it is kept for no longer than that; a clock that was set back keeps nothing."""
        return timedelta() <= self.clock() - had_at < kept


def _public(described: Any) -> Key | None:
    """A key by which a signature is checked; None for one of another kind, or that is none."""
    if not isinstance(described, dict) or described.get("kty") not in {"RSA", "EC", "OKP"}:
        return None
    try:
        key = import_key(described)
    except _ODD:
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None


def _object(place: str, body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderFault(f"{place} does not answer by JSON") from error
    if not isinstance(found, dict):
        raise ProviderFault(f"{place} does not answer by an object")
    return found


def _text(answer: Mapping[str, Any], name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str):
        raise ProviderFault(f"the provider gives no {name}")
    return found


def _error_in(body: bytes) -> str:
    """Which of its words for errors an answer holds (RFC 6749 5.2)."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    said = found.get("error") if isinstance(found, dict) else None
    return f" ({_shown(said)})" if isinstance(said, str) else ""


def _shown(text: str) -> str:
    """What a stranger says, for a line of the log."""
    return "".join(each if each.isprintable() else "�" for each in text[:_MOST_CHARACTERS_TOLD])


def _with(place: str, asked: Mapping[str, str]) -> str:
    """The address, which may have a query, asking for that, too."""
    return f"{place}{'&' if '?' in place else '?'}{urlencode(asked, quote_via=quote)}"
