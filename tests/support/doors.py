"""A production door over a registry of its own: callers of every kind, ready to be tried on every route."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from assistant.access.embeds import AUDIENCE, State
from assistant.access.gate import GuardedGate
from assistant.access.registry import Registry, open_registry
from assistant.access.secrets import make_secret
from assistant.assembly import today_in_beijing
from assistant.records.store import sqlite_url
from assistant.schema.principal import READING
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.keeping.upkeep import build_upkeep
from assistant.serving.office import Office
from assistant.settings import Settings

PASSWORD = "correct-horse-7"
ALL = [scope.value for scope in sorted(READING)]


@dataclass(frozen=True)
class Callers:
    """What each of them sends with a request."""

    registry: Registry
    gate: GuardedGate
    headers: Mapping[str, Mapping[str, str]]

    @property
    def door(self) -> Doorkeeping:
        return door_of(self.registry, self.gate)


def door_of(registry: Registry, gate: GuardedGate | None = None, *, home: Path = Path("nowhere")) -> Doorkeeping:
    """The door of a registry, as a production server has it; `home` holds indexes and corpus."""
    return Doorkeeping(
        gate=gate or registry.gate(), users=registry.users, secure_cookie=False, embeds=registry.embeds,
        use=registry.use, exchange=registry.exchange,
        office=Office(
            registry, indexes_dir=home / "indexes", corpus_dir=home / "corpus", keep_days=366, data_dir=home,
        ),
        upkeep=build_upkeep(
            Settings(indexes_dir=home / "indexes", corpus_dir=home / "corpus", data_dir=home), registry,
            today=today_in_beijing,
        ),
    )  # fmt: skip


@contextmanager
def opened(folder: Path, url: str | None = None) -> Iterator[Registry]:
    """A registry with a pepper of its own."""
    pepper = folder / "secrets" / "pepper"
    if not pepper.exists():
        make_secret(pepper)
    registry = open_registry(url or sqlite_url(folder), pepper_file=pepper, secrets_dir=folder / "secrets")
    yield registry
    registry.close()


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def callers(registry: Registry) -> Callers:
    """Strangers, callers with one scope, of two departments, with every label, and of the portal."""

    def key(scopes: list[str] = ALL, **more: Any) -> dict[str, str]:
        return bearer(registry.keys.create(name="k", scopes=scopes, by="test", **more)[0])

    revoked = registry.keys.create(name="gone", scopes=ALL, labels=["内部"], by="test")
    registry.keys.revoke(revoked[1].id)
    gone = registry.store.clock
    registry.store.clock = lambda: gone() - 2 * 86_400_000
    expired = key(labels=["内部"], days=1)
    registry.store.clock = gone
    embed, secret = registry.embeds.create(name="门户", origins=["https://portal.example"], departments=["信贷部"])
    registry.embeds.set_state(embed.id, State.ACTIVE)
    assert secret is not None

    def token(make: Callable[[dict[str, Any]], dict[str, Any]] = dict, signed: bytes = secret) -> dict[str, str]:
        now = int(time.time())
        claims = {
            "iss": embed.id,
            "sub": "u",
            "aud": AUDIENCE,
            "jti": secrets.token_hex(8),
            "iat": now,
            "exp": now + 600,
        }
        return bearer(jwt.encode(make({**claims, "scopes": ALL}), signed, "HS256"))

    def signed_in(name: str, role: str, department: str | None) -> dict[str, str]:
        registry.users.create(name=name, password=PASSWORD, role=role, department=department, labels=["内部"])
        return {"Cookie": f"pz_signin={registry.users.sign_in(name, PASSWORD)[0]}"}

    headers: dict[str, dict[str, str]] = {
        "nobody": {},
        "wrong key": bearer("pz_aaaaaaaaaa_" + "x" * 43),
        "revoked key": bearer(revoked[0]),
        "expired key": expired,
        "key as basic": {"Authorization": "Basic " + revoked[0]},
        "forged token": token(signed=b"x" * 48),
        "expired token": token(lambda c: {**c, "iat": c["iat"] - 900, "exp": c["iat"] - 300}),
        "wrong cookie": {"Cookie": "pz_signin=" + "x" * 43},
        "only ask": key(["ask"]),
        "only documents": key(["documents"], labels=["内部"], department="信贷部"),
        "public reader": key(),
        "staff": key(labels=["内部"]),
        "other department": key(labels=["内部"], department="合规部"),
        "department": key(labels=["内部"], department="信贷部"),
        "portal, no department": token(),
        "portal, department": token(lambda c: {**c, "dept": "信贷部"}),
        "portal, other department": token(lambda c: {**c, "dept": "合规部"}),
        "admin": signed_in("guan.li", "admin", "信贷部"),
        "auditor": signed_in("shen.ji", "auditor", None),
        "approver": signed_in("shen.pi", "approver", "信贷部"),
    }
    return Callers(registry, registry.gate(), headers)
