"""Sign-in through the provider of the house: OpenID Connect, authorization code with PKCE, state and nonce.

Authlib speaks the protocol; it is loaded on first use, and nothing is asked of any host before somebody signs in.
Whoever the provider vouches for has a role here only where the settings map one of their groups to it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from assistant.access.secrets import Pepper
from assistant.errors import AssistantError, NotSignedIn

RECENT_S = 1800  # how long ago one may have shown who one is, to do what reaches far
PENDING_S = 600  # how long somebody may take at the provider
_PURPOSE = "oidc-pending"
_KEEP_S = 3600.0  # how long the provider's own description counts
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]  # no secret, no "none"
_REFUSED = "统一登录没有成功，请重新登录。"
NO_ROLE = "您的账号没有使用本系统的权限，请联系管理员。"
_UNVERIFIED = "您的邮箱没有经统一登录核实，不能登录本系统，请联系管理员。"


class SignInUnavailable(AssistantError):
    """The provider does not answer, or not as one should."""

    code = "signin_unavailable"

    def __init__(self) -> None:
        super().__init__("统一登录现在无法使用，请稍后再试，或联系管理员。")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcClient:
    """How this program is known to the provider, and what its word counts for here."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    home: str  # where people reach this program, without a slash at the end
    roles: Mapping[str, str]  # group as the provider names it → role here; the first that somebody has counts
    role_claim: str = "roles"  # with dots for what lies inside: realm_access.roles
    name_claim: str = "preferred_username"
    department_claim: str | None = None
    departments: Mapping[str, str] = field(default_factory=dict)  # as the provider names it → as the labels do
    labels: tuple[str, ...] = ()  # of everybody who signs in so
    leeway_s: int = 5
    timeout_s: float = 10.0

    @property
    def redirect_uri(self) -> str:
        return f"{self.home}/signin/oidc/callback"


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in that has gone to the provider. `sealed` lies in the browser meanwhile."""

    url: str  # where the browser goes
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Somebody for whom the provider vouches, with what that counts for here."""

    external_id: str  # issuer and subject, hashed
    name: str
    role: str | None  # `None`: none of their groups has one
    department: str | None
    labels: tuple[str, ...]
    at: int | None = None  # when they showed who they are, in milliseconds since 1970, where the provider says so


class Oidc:
    """The provider of the house.

    Args:
        pepper: seals what the browser keeps while somebody is at the provider.
    """

    def __init__(self, client: OidcClient, pepper: Pepper, *, clock: Callable[[], float] = time.time) -> None:
        self.client = client
        self._pepper = pepper
        self._clock = clock
        self._lock = Lock()
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: Any = None

    def begin(self, *, again: bool = False) -> Pending:
        """Where the browser goes to sign in.

        Args:
            again: whoever is signed in at the provider already is to show once more who they are.

        Raises:
            SignInUnavailable: the provider does not answer.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        endpoint = self._endpoint("authorization_endpoint")
        more = {"prompt": "login", "max_age": str(RECENT_S)} if again else {}  # with `max_age` it says when they did
        with self._session() as session:
            url, _ = session.create_authorization_url(
                endpoint, state=state, code_verifier=verifier, nonce=nonce, **more
            )
        until = int(self._clock()) + PENDING_S
        kept = json.dumps([state, nonce, verifier, until], separators=(",", ":")).encode().hex()
        return Pending(str(url), f"{kept}.{self._pepper.mac(_PURPOSE, kept)}")

    def finish(self, answer: Mapping[str, str], sealed: str) -> Vouched:
        """Who has come back, by what the provider added to the address and what the browser kept.

        Raises:
            NotSignedIn: the answer is another browser's, old, or of another provider; or the token does not hold.
            SignInUnavailable: the provider does not answer.
        """
        state, nonce, verifier = self._unsealed(sealed)
        code = answer.get("code", "")
        if not code or not hmac.compare_digest(answer.get("state", "").encode(), state.encode()):
            raise NotSignedIn(_REFUSED, code="bad_credential")
        if answer.get("iss", self.client.issuer) != self.client.issuer:  # RFC 9207
            raise NotSignedIn(_REFUSED, code="bad_credential")
        return self._vouched(self._claims(self._fetched(code, verifier), nonce))

    def sign_out_url(self) -> str | None:
        """Where the browser goes to sign out at the provider too; `None` where it knows of no such place."""
        endpoint = self._described().get("end_session_endpoint")
        if not isinstance(endpoint, str):
            return None
        back = {"client_id": self.client.client_id, "post_logout_redirect_uri": f"{self.client.home}/signin"}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(back)}"

    # --- what comes back ---

    def _unsealed(self, sealed: str) -> tuple[str, str, str]:
        kept, _, mac = sealed.partition(".")
        if not hmac.compare_digest(self._pepper.mac(_PURPOSE, kept).encode(), mac.encode("utf-8", "surrogatepass")):
            raise NotSignedIn(_REFUSED, code="bad_credential")
        state, nonce, verifier, until = json.loads(bytes.fromhex(kept))
        if until <= self._clock():
            raise NotSignedIn(_REFUSED, code="bad_credential")
        return state, nonce, verifier

    def _fetched(self, code: str, verifier: str) -> Mapping[str, Any]:
        """The tokens that the provider gives for a code."""
        import httpx2
        from authlib.common.errors import AuthlibBaseError

        endpoint = self._endpoint("token_endpoint")
        try:
            with self._session() as session:
                found: Mapping[str, Any] = session.fetch_token(endpoint, code=code, code_verifier=verifier)
        except AuthlibBaseError as exc:
            raise NotSignedIn(_REFUSED, code="bad_credential") from exc
        except (httpx2.HTTPError, ValueError) as exc:
            raise SignInUnavailable from exc
        return found

    def _claims(self, fetched: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """What the id token says, every check passed."""
        from authlib.common.errors import AuthlibBaseError
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        client = self.client
        expected = {"iss": client.issuer, "aud": client.client_id}
        wanted = {name: {"essential": True, "value": value} for name, value in expected.items()}
        told = {"nonce": nonce, "client_id": client.client_id, "access_token": fetched.get("access_token")}
        try:
            token = self._decoded(fetched["id_token"])
            claims = CodeIDToken(token.claims, token.header, wanted, told)
            claims.validate(now=int(self._clock()), leeway=client.leeway_s)
        except (JoseError, AuthlibBaseError, KeyError, ValueError, TypeError) as exc:
            raise NotSignedIn(_REFUSED, code="bad_credential") from exc
        return dict(claims)

    def _decoded(self, text: str) -> Any:
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError

        try:
            return jwt.decode(text, self._key_set(), algorithms=_ALGORITHMS)
        except InvalidKeyIdError:  # the provider may have changed its keys
            return jwt.decode(text, self._key_set(again=True), algorithms=_ALGORITHMS)

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        client, name = self.client, claims.get(self.client.name_claim)
        if client.name_claim == "email" and claims.get("email_verified") is not True:
            raise NotSignedIn(_UNVERIFIED, code="bad_credential")
        groups = _several(_inside(claims, client.role_claim))
        role = next((role for group, role in client.roles.items() if group in groups), None)
        departments = _several(_inside(claims, client.department_claim)) if client.department_claim else ()
        department = next((here for there, here in client.departments.items() if there in departments), None)
        known = f"{client.issuer}\0{claims['sub']}".encode("utf-8", "surrogatepass")
        return Vouched(
            external_id=hashlib.sha256(known).hexdigest(),
            name=name if isinstance(name, str) else "",
            role=role,
            department=department,
            labels=client.labels,
            at=_moment(claims.get("auth_time")),
        )

    # --- the provider ---

    def _session(self) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        client = self.client
        return OAuth2Client(
            client.client_id, client.client_secret, scope="openid profile email", redirect_uri=client.redirect_uri,
            code_challenge_method="S256", timeout=client.timeout_s, follow_redirects=False,
        )  # fmt: skip

    def _endpoint(self, name: str) -> str:
        found = self._described().get(name)
        secure = isinstance(found, str) and urlsplit(found).scheme == urlsplit(self.client.issuer).scheme
        if not isinstance(found, str) or not secure:
            raise SignInUnavailable
        return found

    def _described(self) -> Mapping[str, Any]:
        """What the provider says of itself."""
        with self._lock:
            if self._metadata is None or self._clock() - self._metadata[0] > _KEEP_S:
                found = self._get(f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self.client.issuer:
                    raise SignInUnavailable
                self._metadata = self._clock(), found
            return self._metadata[1]

    def _key_set(self, *, again: bool = False) -> Any:
        from joserfc.jwk import KeySet

        address = self._endpoint("jwks_uri")
        with self._lock:
            if self._keys is None or again:
                self._keys = KeySet.import_key_set(self._get(address))  # type: ignore[arg-type]
            return self._keys

    def _get(self, address: str) -> dict[str, Any]:
        try:
            response = httpx.get(address, timeout=self.client.timeout_s, follow_redirects=False)
            response.raise_for_status()
            found = response.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
            raise SignInUnavailable from exc
        if not isinstance(found, dict):
            raise SignInUnavailable
        return found


def _inside(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that name, or what lies at that path of names with dots."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _moment(seconds: Any) -> int | None:
    """Seconds since 1970 as a token has them, in milliseconds; what is no such number is none."""
    return int(seconds * 1000) if isinstance(seconds, int | float) and 0 < seconds < 1e11 else None


def _several(found: Any) -> tuple[str, ...]:
    """A text or a list of texts, as texts."""
    listed = found if isinstance(found, list) else [found]
    return tuple(one for one in listed if isinstance(one, str))
