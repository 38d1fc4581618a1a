"""An OpenID provider for tests: codes, tokens, keys as the standards have them, and their faults.

Knows OpenID Connect Core 1.0, PKCE and JOSE, as a provider. Must never know who asks, or for what.
"""

import base64
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.serving import serving

CLIENT_ID, CLIENT_SECRET = "fieldfare: news", "a secret & more"
ADA = {
    "sub": "248289761001",
    "email": "Ada@Example.org",
    "email_verified": True,
    "preferred_username": "ada",
    "groups": ["/news/editors", "staff"],
}

Claims = dict[str, Any]
Sign = Callable[["OpenIdProvider", Claims], str]


def signed(provider: "OpenIdProvider", claims: Claims) -> str:
    """As it has to be."""
    key = provider.keys[-1]
    alg = "RS256" if isinstance(key, RSAKey) else "ES256"
    return jwt.encode({"alg": alg, "kid": key.kid}, claims, key, [alg])


@dataclass(kw_only=True)
class OpenIdProvider:
    """Whoever comes is ``person``. What is said of them in an ID token ``claims`` changes, and
    ``sign`` signs it; ``beside`` is told at userinfo alone; ``metadata`` stands in for ours.
    """

    clock: Callable[[], datetime]
    person: Claims = field(default_factory=lambda: dict(ADA))
    claims: Claims = field(default_factory=dict)
    beside: Claims = field(default_factory=dict)
    metadata: Claims = field(default_factory=dict)
    sign: Sign = signed
    keys: list[Key] = field(default_factory=lambda: [an_ec_key("one")])
    #: What whoever comes is answered in place of a code.
    refusal: str = ""
    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    _codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
                Route("/userinfo", self._userinfo),
                Route("/logout", self._logout),
            ]
        )

    async def _metadata(self, _request: Request) -> Response:
        self.asked["metadata"] += 1
        places = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "jwks_uri": "keys",
            "userinfo_endpoint": "userinfo",
            "end_session_endpoint": "logout",
        }
        told = {name: f"{self.url}/{path}" for name, path in places.items()}
        more = {"issuer": self.url, "authorization_response_iss_parameter_supported": True}
        return JSONResponse({**told, **more, **self.metadata})

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        said = {"error": self.refusal} if self.refusal else {"code": code}
        back = urlencode({**said, "state": asked["state"], "iss": self.url})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}")

    async def _token(self, request: Request) -> Response:
        self.asked["token"] += 1
        form = dict(parse_qsl((await request.body()).decode(), strict_parsing=True))
        kind, _, pair = request.headers.get("authorization", "").partition(" ")
        told = base64.b64decode(pair).decode() if kind == "Basic" else ":"
        if [unquote_plus(each) for each in told.split(":")] != [CLIENT_ID, CLIENT_SECRET]:
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest())
        is_theirs = asked is not None and (
            asked["redirect_uri"] == form["redirect_uri"]
            and asked["code_challenge"] == challenge.decode().rstrip("=")
            and form["grant_type"] == "authorization_code"
        )
        if asked is None or not is_theirs:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.clock().timestamp())
        usual = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims = {**self.person, **usual, "nonce": asked["nonce"], **self.claims}
        tokens = {"id_token": self.sign(self, claims), "access_token": "an access token"}
        return JSONResponse({"token_type": "Bearer", **tokens})

    async def _keys(self, _request: Request) -> Response:
        self.asked["keys"] += 1
        others = [{"kty": "AKP", "alg": "ML-DSA-44"}, {"kty": "oct", "k": "c2VjcmV0"}, "?"]
        return JSONResponse({"keys": [*others, *(key.as_dict(private=False) for key in self.keys)]})

    async def _userinfo(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer an access token":
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse({"sub": self.person["sub"], **self.beside})

    async def _logout(self, request: Request) -> Response:
        return JSONResponse(dict(request.query_params))


def an_ec_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})


@contextmanager
def provided(clock: Callable[[], datetime]) -> Iterator[OpenIdProvider]:
    """A provider that answers under its own address."""
    provider = OpenIdProvider(clock=clock)
    with serving(provider.app()) as url:
        provider.url = url
        yield provider


# -- Faults ----------------------------------------------------------------------------------------


def unsigned(_provider: OpenIdProvider, claims: Claims) -> str:
    """By the algorithm "none" (RFC 7519, 6)."""
    return f"{_spelt({'alg': 'none'})}.{_spelt(claims)}."


def signed_by_what_is_public(provider: OpenIdProvider, claims: Claims) -> str:
    """By HMAC, with the public key for the secret: whoever takes any algorithm takes that."""
    key = provider.keys[-1]
    assert isinstance(key, ECKey)
    said = f"{_spelt({'alg': 'HS256', 'kid': key.kid})}.{_spelt(claims)}"
    mac = hmac.digest(key.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def signed_by_another(provider: OpenIdProvider, claims: Claims) -> str:
    """By the key of somebody else, who calls it as the provider calls its own."""
    kid = provider.keys[-1].kid
    return jwt.encode({"alg": "ES256", "kid": kid}, claims, an_ec_key("two"), ["ES256"])


def signed_by_what_nobody_knows(_provider: OpenIdProvider, claims: Claims) -> str:
    key = an_ec_key("unknown")
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, ["ES256"])


def _spelt(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
