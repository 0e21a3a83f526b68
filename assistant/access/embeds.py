"""Portals that embed the assistant, and the tokens they mint for their users.

A portal is an entity with a state; what its tokens may claim is bounded by what the entity may hand on.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import Row, select, update

from assistant.access.secrets import make_secret, weakness_of
from assistant.access.words import checked_labels, checked_name, checked_scopes
from assistant.errors import AssistantError, InputError, NotFoundError, NotSignedIn, RecordsError
from assistant.records.store import Store
from assistant.records.tables import embeds, revoked_tokens
from assistant.schema.principal import READING, Principal, PrincipalKind, Scope

AUDIENCE = "policy-assistant"
MAX_LIFE_S, LEEWAY_S, MIN_RSA_BITS = 3600, 5, 2048
EXCHANGED = "exchanged"  # the key id of tokens that we signed ourselves, for a portal's code
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:\d{1,5})?|http://(127\.0\.0\.1|localhost)(:\d{1,5})?")
_REQUIRED = ["iss", "sub", "aud", "jti", "iat", "exp", "scopes"]
_REFUSED = "令牌无效或已过期，请从门户重新打开。"


class Algorithm(StrEnum):
    """How a portal signs."""

    HS256 = "HS256"
    RS256 = "RS256"


class State(StrEnum):
    """Whether a portal's tokens hold. Paused is the kill switch."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """A portal. `id` is the `iss` of its tokens."""

    id: str
    name: str
    state: State
    algorithm: Algorithm
    key_file: Path
    origins: tuple[str, ...]
    labels: tuple[str, ...]  # every token of it may read documents with these
    departments: tuple[str, ...]  # the `dept` that counts
    scopes: tuple[Scope, ...]
    daily_cap: int | None  # questions of all its users on a day (of Beijing)
    retention_days: int | None  # how long their conversations and answers are kept


class Embeds:
    """The portals of one store; their keys lie in files of `folder`.

    Args:
        own_key: what tokens are signed with that codes are exchanged for.
        leeway_s: how far a portal's clock may be from ours.
    """

    def __init__(self, store: Store, folder: Path, *, own_key: bytes | None = None, leeway_s: int = LEEWAY_S) -> None:
        self._store = store
        self._folder = folder
        self._own_key = own_key
        self._leeway_s = leeway_s
        self._decoder = jwt.PyJWT(options={"enforce_minimum_key_length": True})

    def create(
        self,
        *,
        name: str,
        origins: Iterable[str],
        public_key: bytes | None = None,
        labels: Iterable[str] = (),
        departments: Iterable[str] = (),
        scopes: Iterable[str] = tuple(READING),
        daily_cap: int | None = None,
        retention_days: int | None = None,
    ) -> tuple[Embed, bytes | None]:
        """A new portal in state draft: HS256 with a key made here, or RS256 with its public key.

        Raises:
            InputError: an origin, label, scope or key cannot be used.
        """
        given = checked_scopes(scopes)
        if set(given) - READING:
            raise InputError(f"门户的令牌只能有这些权限：{'、'.join(sorted(READING))}。")
        if public_key is not None:
            _check_public(public_key)
        made = Embed(
            id=secrets.token_hex(8),
            name=checked_name(name),
            state=State.DRAFT,
            algorithm=Algorithm.HS256 if public_key is None else Algorithm.RS256,
            key_file=Path(),
            origins=_checked_origins(origins),
            labels=checked_labels(labels),
            departments=checked_labels(departments),
            scopes=given,
            daily_cap=_checked_number(daily_cap, 10_000_000),
            retention_days=_checked_number(retention_days, 36_500),
        )
        path = self._folder / f"embed-{made.id}.key"
        secret = make_secret(path, public_key.strip() if public_key else None)
        now = self._store.clock()
        with self._store.write() as connection:
            connection.execute(
                embeds.insert().values(
                    id=made.id, name=made.name, state=made.state.value, algorithm=made.algorithm.value,
                    key_file=path.name, origins=list(made.origins), labels=list(made.labels),
                    departments=list(made.departments), scopes=[s.value for s in made.scopes],
                    daily_cap=made.daily_cap, retention_days=made.retention_days, created_at=now, changed_at=now,
                )
            )  # fmt: skip
        return self.get(made.id), secret if public_key is None else None

    def listed(self) -> tuple[Embed, ...]:
        """Every portal, the oldest first."""
        with self._store.read() as connection:
            rows = connection.execute(select(embeds).order_by(embeds.c.created_at, embeds.c.id)).all()
        return tuple(map(self._embed, rows))

    def get(self, embed_id: str) -> Embed:
        """The portal of that id.

        Raises:
            NotFoundError: there is none.
        """
        with self._store.read() as connection:
            row = connection.execute(select(embeds).where(embeds.c.id == embed_id)).one_or_none()
        if row is None:
            raise NotFoundError("没有这个门户，请用 python -m assistant embeds list 查看编号。")
        return self._embed(row)

    def set_state(self, embed_id: str, state: State) -> Embed:
        """Put a portal into a state; pausing makes all its tokens void."""
        self.get(embed_id)
        values = {"state": state.value, "changed_at": self._store.clock()}
        with self._store.write() as connection:
            connection.execute(update(embeds).where(embeds.c.id == embed_id).values(**values))
        return self.get(embed_id)

    def set_limits(self, embed_id: str, *, daily_cap: int | None, retention_days: int | None) -> Embed:
        """Give a portal other limits; `None` is none.

        Raises:
            InputError: a number cannot be used.
        """
        self.get(embed_id)
        values = {
            "daily_cap": _checked_number(daily_cap, 10_000_000),
            "retention_days": _checked_number(retention_days, 36_500),
            "changed_at": self._store.clock(),
        }
        with self._store.write() as connection:
            connection.execute(update(embeds).where(embeds.c.id == embed_id).values(**values))
        return self.get(embed_id)

    def principal(self, token: str) -> Principal:
        """Whom a token vouches for.

        Raises:
            NotSignedIn: the token does not hold, or its portal is not active.
        """
        try:
            return self._principal(token)
        except RecordsError:
            raise
        except (jwt.PyJWTError, AssistantError, OSError, ValueError, TypeError, RecursionError) as exc:
            expired = isinstance(exc, jwt.ExpiredSignatureError)  # only told once the signature held
            code = "credential_expired" if expired else "bad_credential"
            raise NotSignedIn(_REFUSED, code=code) from exc

    def _principal(self, token: str) -> Principal:
        unproved = self._decoder.decode(token, options={"verify_signature": False})
        embed = self.get(_text(unproved.get("iss"), 64))
        if embed.state is not State.ACTIVE:
            raise NotSignedIn(_REFUSED)
        key, algorithm = self._key_of(token, embed)
        claims = self._decoder.decode(
            token,
            key,
            algorithms=[algorithm.value],
            audience=AUDIENCE,
            issuer=embed.id,
            leeway=self._leeway_s,
            options={"require": _REQUIRED, "strict_aud": True},
        )
        if not 0 < claims["exp"] - claims["iat"] <= MAX_LIFE_S:
            raise ValueError("lives too long")
        if self._revoked(embed.id, _text(claims["jti"], 100)):
            raise NotSignedIn(_REFUSED)
        department = _text(claims["dept"], 60) if claims.get("dept") is not None else None
        counts = department if department in embed.departments else None
        asked = claims["scopes"]
        if not isinstance(asked, list):
            raise TypeError("scopes is no list")
        return Principal(
            kind=PrincipalKind.EMBED,
            subject=f"{embed.id}/{_text(claims['sub'], 100)}",
            scopes=frozenset(scope for scope in embed.scopes if scope.value in asked),
            labels=frozenset(embed.labels) | ({counts} if counts else set()),
            department=counts,
            expires_at=int(claims["exp"]) * 1000,
        )

    def _key_of(self, token: str, embed: Embed) -> tuple[bytes, Algorithm]:
        """What a token must be signed with, by which of two keys it names: ours, or the portal's."""
        if self._own_key is not None and jwt.get_unverified_header(token).get("kid") == EXCHANGED:
            return self._own_key, Algorithm.HS256
        return embed.key_file.read_bytes().strip(), embed.algorithm

    def _revoked(self, embed_id: str, jti: str) -> bool:
        named = (revoked_tokens.c.embed_id == embed_id) & (revoked_tokens.c.jti == jti)
        with self._store.read() as connection:
            return connection.execute(select(revoked_tokens.c.jti).where(named)).one_or_none() is not None

    def _embed(self, row: Row[Any]) -> Embed:
        return Embed(
            id=row.id,
            name=row.name,
            state=State(row.state),
            algorithm=Algorithm(row.algorithm),
            key_file=self._folder / Path(row.key_file).name,
            origins=tuple(row.origins),
            labels=tuple(row.labels),
            departments=tuple(row.departments),
            scopes=tuple(map(Scope, row.scopes)),
            daily_cap=row.daily_cap,
            retention_days=row.retention_days,
        )


def embed_faults(embed: Embed) -> list[str]:
    """What makes a portal unsafe, in Chinese: its key file or its origins."""
    found = [f"门户 {embed.id} 的来源不是单个网址" for origin in embed.origins if not _ORIGIN.fullmatch(origin)]
    try:
        about, key = embed.key_file.stat(), embed.key_file.read_bytes().strip()
    except OSError:
        return [*found, f"门户 {embed.id} 的密钥文件无法读取：{embed.key_file}"]
    if embed.algorithm is Algorithm.HS256:
        if about.st_mode & 0o077:
            found.append(f"门户 {embed.id} 的密钥文件可被其他用户读取：{embed.key_file}，请运行 chmod 600")
        if weak := weakness_of(key):
            found.append(f"门户 {embed.id} 的密钥{weak}")
        return found
    try:
        _check_public(key)
    except InputError as exc:
        found.append(f"门户 {embed.id} 的公钥不合格：{exc.message}")
    if about.st_mode & 0o022:
        found.append(f"门户 {embed.id} 的公钥文件可被其他用户改写：{embed.key_file}，请运行 chmod 600")
    return found


def _checked_origins(origins: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(origins))
    if not found or not all(_ORIGIN.fullmatch(origin) for origin in found):
        raise InputError("门户来源须逐个写明，形如 https://portal.bank.cn，不能用 *，末尾没有斜线。")
    return found


def _checked_number(number: int | None, most: int) -> int | None:
    if number is not None and not 1 <= number <= most:
        raise InputError(f"每日上限和保留天数须是 1 至 {most} 的整数，不填为没有限制。")
    return number


def _check_public(pem: bytes) -> None:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise InputError("公钥须为 PEM 格式的 RSA 公钥（以 BEGIN PUBLIC KEY 开头）。") from exc
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_RSA_BITS:
        raise InputError(f"公钥须为不短于 {MIN_RSA_BITS} 位的 RSA 公钥。")


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise ValueError("not a text of that length")
    return value
