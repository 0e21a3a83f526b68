"""A small OpenID provider of a house: real HTTP, real keys, and whatever a test wants wrong with it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from serving_fakes import serving
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "policy-assistant", "the-provider-knows-this"
Claims = dict[str, Any]


@dataclass
class HouseProvider:
    """Signs everybody in as `claims` say, at once."""

    issuer: str = ""
    claims: Claims = field(
        default_factory=lambda: {"sub": "42", "preferred_username": "wang.fang", "roles": ["policy"]}
    )
    twist: Callable[[Claims], Claims] = dict  # the last word on what a token says
    sign: Callable[[Claims], str] | None = None  # in place of the provider's key
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}, private=True))
    published: RSAKey | None = None  # another key than is signed with
    described: dict[str, Any] = field(default_factory=dict)  # more, or other, of itself
    asked: list[str] = field(default_factory=list)  # paths
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        routes = [
            Route("/.well-known/openid-configuration", self.describe),
            Route("/authorize", self.authorize),
            Route("/token", self.token, methods=["POST"]),
            Route("/keys", self.keys),
        ]
        return Starlette(routes=routes)

    def signed(self, claims: Claims) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    async def describe(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        said = {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/out"}  # fmt: skip
        return JSONResponse({**said, **self.described})

    async def keys(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        return JSONResponse({"keys": [(self.published or self.key).as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    async def token(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        said = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        user, _, password = base64.b64decode(request.headers["authorization"].partition(" ")[2]).decode().partition(":")
        asked = self.codes.pop(said.get("code", ""), None)
        if asked is None or (unquote(user), unquote(password)) != (CLIENT, SECRET):
            return JSONResponse({"error": "invalid_grant"}, 400)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(said["code_verifier"].encode()).digest()).rstrip(b"=")
        if challenge.decode() != asked["code_challenge"] or said["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
        }
        token = (self.sign or self.signed)(self.twist(claims))
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": token})


def by_hand(header: dict[str, Any], claims: Claims, sign: Callable[[bytes], bytes] = lambda _: b"") -> str:
    """A token with any header; unsigned unless told how."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    said = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    return f"{said}.{part(sign(said.encode()))}"


def with_secret(secret: bytes, claims: Claims) -> str:
    """A token signed with a secret instead of a key."""
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(secret))


@contextmanager
def house_provider() -> Iterator[HouseProvider]:
    """A provider, served on this machine."""
    provider = HouseProvider()
    with serving(provider.app()) as provider.issuer:
        yield provider
