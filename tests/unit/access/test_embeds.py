"""Tokens that portals mint: what must be in them, and what is refused."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from assistant.access.embeds import AUDIENCE, Algorithm, Embed, Embeds, State, embed_faults
from assistant.errors import InputError, NotFoundError, NotSignedIn
from assistant.schema.principal import PrincipalKind, Scope

ORIGIN = "https://portal.bank.example"


@pytest.fixture(scope="module")
def pair() -> tuple[bytes, bytes]:
    """An RSA key, private and public."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def portal(embeds: Embeds) -> tuple[Embed, bytes]:
    embed, secret = embeds.create(
        name="门户", origins=[ORIGIN], labels=["内部"], departments=["信贷部"], scopes=["ask", "documents"]
    )
    assert secret is not None
    return embeds.set_state(embed.id, State.ACTIVE), secret


def claims(embed: Embed, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": embed.id, "sub": "u-1001", "aud": AUDIENCE, "jti": "once-1", "iat": now, "exp": now + 600,
        "scopes": ["ask", "documents"], "dept": "信贷部", **more,
    }  # fmt: skip


def test_a_token_says_who_comes(embeds: Embeds, portal: tuple[Embed, bytes]) -> None:
    embed, secret = portal
    found = embeds.principal(jwt.encode(claims(embed), secret, "HS256"))
    assert (found.kind, found.subject, found.department) == (PrincipalKind.EMBED, f"{embed.id}/u-1001", "信贷部")
    assert found.scopes == {Scope.ASK, Scope.DOCUMENTS}
    assert found.labels == {"内部", "信贷部"}


def test_a_token_claims_no_more_than_its_portal_may_hand_on(embeds: Embeds, portal: tuple[Embed, bytes]) -> None:
    embed, secret = portal
    wide = claims(embed, scopes=["ask", "verify", "audit:read", 7], dept="合规部", labels=["绝密"])
    found = embeds.principal(jwt.encode(wide, secret, "HS256"))
    assert found.scopes == {Scope.ASK}
    assert found.labels == {"内部"}
    assert found.department is None


def test_a_public_key_will_do(embeds: Embeds, pair: tuple[bytes, bytes]) -> None:
    private, public = pair
    embed, secret = embeds.create(name="p", origins=[ORIGIN], public_key=public)
    assert (embed.algorithm, secret) == (Algorithm.RS256, None)
    embeds.set_state(embed.id, State.ACTIVE)
    assert embeds.principal(jwt.encode(claims(embed), private, "RS256")).subject.endswith("/u-1001")
    forged = _by_hand({"alg": "HS256", "typ": "JWT"}, claims(embed), public)  # the public key as if it were a secret
    with pytest.raises(NotSignedIn):
        embeds.principal(forged)


def _by_hand(header: dict[str, Any], body: dict[str, Any], key: bytes) -> str:
    import hashlib
    import hmac

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    said = f"{part(json.dumps(header).encode())}.{part(json.dumps(body).encode())}"
    return f"{said}.{part(hmac.new(key, said.encode(), hashlib.sha256).digest())}"


NOW = time.time()
WRONG: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no subject": lambda c: {k: v for k, v in c.items() if k != "sub"},
    "no audience": lambda c: {k: v for k, v in c.items() if k != "aud"},
    "no expiry": lambda c: {k: v for k, v in c.items() if k != "exp"},
    "no start": lambda c: {k: v for k, v in c.items() if k != "iat"},
    "no id": lambda c: {k: v for k, v in c.items() if k != "jti"},
    "no scopes": lambda c: {k: v for k, v in c.items() if k != "scopes"},
    "no issuer": lambda c: {k: v for k, v in c.items() if k != "iss"},
    "unknown issuer": lambda c: {**c, "iss": "0" * 16},
    "another audience": lambda c: {**c, "aud": "somebody-else"},
    "several audiences": lambda c: {**c, "aud": [AUDIENCE, "somebody-else"]},
    "two hours": lambda c: {**c, "exp": c["iat"] + 7200},
    "issued tomorrow": lambda c: {**c, "iat": c["iat"] + 86_400, "exp": c["iat"] + 86_400 + 60},
    "not yet": lambda c: {**c, "nbf": c["iat"] + 3000},
    "empty subject": lambda c: {**c, "sub": ""},
    "subject is a number": lambda c: {**c, "sub": 7},
    "long subject": lambda c: {**c, "sub": "x" * 101},
    "subject with a line break": lambda c: {**c, "sub": "a\nb"},
    "scopes as a word": lambda c: {**c, "scopes": "ask"},
    "scopes as a dictionary": lambda c: {**c, "scopes": {"ask": True}},
    "department is a list": lambda c: {**c, "dept": ["信贷部"]},
    "expiry as text": lambda c: {**c, "exp": "tomorrow"},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_token_with_wrong_claims_is_refused(embeds: Embeds, portal: tuple[Embed, bytes], name: str) -> None:
    embed, secret = portal
    with pytest.raises(NotSignedIn) as caught:
        embeds.principal(_by_hand({"alg": "HS256", "typ": "JWT"}, WRONG[name](claims(embed)), secret))
    assert caught.value.code == "bad_credential"


def test_an_expired_token_says_so_only_when_it_was_genuine(embeds: Embeds, portal: tuple[Embed, bytes]) -> None:
    embed, secret = portal
    old = claims(embed, iat=int(NOW) - 700, exp=int(NOW) - 100)
    for key, code in ((secret, "credential_expired"), (b"x" * 40, "bad_credential")):
        with pytest.raises(NotSignedIn) as caught:
            embeds.principal(jwt.encode(old, key, "HS256"))
        assert caught.value.code == code


def test_forged_and_broken_tokens_are_refused(embeds: Embeds, portal: tuple[Embed, bytes]) -> None:
    embed, secret = portal
    good = jwt.encode(claims(embed), secret, "HS256")
    head, body, sign = good.split(".")
    unsigned = _by_hand({"alg": "none"}, claims(embed), b"").rpartition(".")[0] + "."
    for wrong in (
        unsigned, f"{head}.{body}.", f"{head}.{body}.{sign[:-2]}", f"{head}..{sign}", "..", "a.b.c",
        _by_hand({"alg": "HS512"}, claims(embed), secret), _by_hand({}, claims(embed), secret),
        _by_hand({"alg": "HS256", "crit": ["x"], "x": 1}, claims(embed), secret),
        f"{head}.{base64.urlsafe_b64encode(b'[' * 9000).decode()}.{sign}",
    ):  # fmt: skip
        with pytest.raises(NotSignedIn):
            embeds.principal(wrong)
    assert embeds.principal(good)


@pytest.mark.parametrize("state", [State.DRAFT, State.PAUSED])
def test_a_portal_that_is_not_active_lets_nobody_in(embeds: Embeds, portal: tuple[Embed, bytes], state: State) -> None:
    embed, secret = portal
    embeds.set_state(embed.id, state)
    with pytest.raises(NotSignedIn):
        embeds.principal(jwt.encode(claims(embed), secret, "HS256"))


def test_a_key_that_was_made_short_signs_nothing(embeds: Embeds, portal: tuple[Embed, bytes]) -> None:
    embed, _ = portal
    embed.key_file.write_bytes(b"short-key")
    with pytest.raises(NotSignedIn):
        embeds.principal(_by_hand({"alg": "HS256"}, claims(embed), b"short-key"))
    assert any("太短" in fault for fault in embed_faults(embed))


def test_faults_of_a_portal_are_named(embeds: Embeds, portal: tuple[Embed, bytes]) -> None:
    embed, _ = portal
    assert embed_faults(embed) == []
    embed.key_file.chmod(0o644)
    assert any("chmod 600" in fault for fault in embed_faults(embed))
    embed.key_file.unlink()
    assert any("无法读取" in fault for fault in embed_faults(embed))


@pytest.mark.parametrize(
    "origins", [[], ["*"], ["https://*.bank.example"], ["http://portal.bank.example"], [ORIGIN + "/"], ["null"]]
)
def test_origins_are_named_one_by_one(embeds: Embeds, origins: list[str]) -> None:
    with pytest.raises(InputError):
        embeds.create(name="p", origins=origins)
    assert embeds.listed() == ()


def test_short_or_foreign_public_keys_are_refused(embeds: Embeds) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    pem = small.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for wrong in (pem, b"not a key", b""):
        with pytest.raises(InputError):
            embeds.create(name="p", origins=[ORIGIN], public_key=wrong)
    with pytest.raises(InputError):
        embeds.create(name="p", origins=[ORIGIN], scopes=["users:manage"])
    with pytest.raises(NotFoundError):
        embeds.get("nobody")
