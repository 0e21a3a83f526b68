"""API keys: 256 random bits each, of which the store keeps a prefix for finding and a MAC for proving.

A random key needs no slow hash; a MAC under a pepper that lies outside the database makes a stolen database useless.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update

from assistant.access.secrets import Pepper
from assistant.access.words import checked_labels, checked_name, checked_scopes
from assistant.errors import InputError, NotFoundError, NotSignedIn, RecordsError
from assistant.records.store import Store
from assistant.records.tables import keys
from assistant.schema.principal import Principal, PrincipalKind, Scope

_log = logging.getLogger(__name__)
START = "pz_"
_SHAPE = re.compile(r"pz_([a-z2-7]{10})_[A-Za-z0-9_-]{43}")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PURPOSE = "api-key"
_DAY_MS = 86_400_000
_TOUCH_MS = 60_000  # the time of last use is true to a minute
MAX_DAYS = 3660
REFUSED = "密钥无效、已过期或已停用，请向管理员索取新的密钥。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as the store knows it: nothing here opens anything."""

    id: str
    prefix: str
    name: str
    department: str | None
    labels: tuple[str, ...]
    scopes: tuple[Scope, ...]
    created_at: int
    created_by: str
    expires_at: int | None
    used_at: int | None
    revoked_at: int | None
    embed_id: str | None = None


class ApiKeys:
    """The keys of one store."""

    def __init__(self, store: Store, pepper: Pepper) -> None:
        self._store = store
        self._pepper = pepper
        self._nobody = pepper.mac(_PURPOSE, "nobody")  # compared with when there is no such key

    def create(
        self,
        *,
        name: str,
        scopes: Iterable[str],
        labels: Iterable[str] = (),
        department: str | None = None,
        days: int | None = None,
        portal: str | None = None,
        by: str,
    ) -> tuple[str, ApiKey]:
        """A new key: its text, which is shown this once, and what is kept of it.

        Args:
            portal: the portal for whose pages it gets codes; such a key has that scope and no other.

        Raises:
            InputError: a name, label or scope cannot be used.
        """
        given = checked_scopes(scopes)
        if (portal is not None) != (Scope.EMBED_CODES in given) or (portal is not None and len(given) > 1):
            raise InputError("权限 embeds:codes 只能单独给门户后台的密钥，并须指明是哪个门户。")
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise InputError(f"有效期须为 1 到 {MAX_DAYS} 天。")
        prefix = "".join(secrets.choice(_ALPHABET) for _ in range(10))
        text = f"{START}{prefix}_{secrets.token_urlsafe(32)}"
        now = self._store.clock()
        made = ApiKey(
            id=secrets.token_hex(8),
            prefix=prefix,
            name=checked_name(name),
            department=checked_name(department) if department else None,
            labels=checked_labels(labels),
            scopes=given,
            created_at=now,
            created_by=by,
            expires_at=now + days * _DAY_MS if days else None,
            used_at=None,
            revoked_at=None,
            embed_id=portal,
        )
        with self._store.write() as connection:
            connection.execute(keys.insert().values(**_row(made), mac=self._pepper.mac(_PURPOSE, text)))
        return text, made

    def listed(self) -> tuple[ApiKey, ...]:
        """Every key, the oldest first."""
        with self._store.read() as connection:
            return tuple(map(_key, connection.execute(select(keys).order_by(keys.c.created_at, keys.c.id))))

    def revoke(self, key_id: str) -> ApiKey:
        """Make a key void, for good.

        Raises:
            NotFoundError: there is none of that id.
        """
        with self._store.write() as connection:
            row = connection.execute(select(keys).where(keys.c.id == key_id)).one_or_none()
            if row is None:
                raise NotFoundError("没有这把密钥，请用 python -m assistant keys list 查看编号。")
            if row.revoked_at is None:
                connection.execute(update(keys).where(keys.c.id == key_id).values(revoked_at=self._store.clock()))
        return _key(row)

    def principal(self, text: str) -> Principal:
        """Whose key this is. A key that never was and one that is void cost and say the same.

        Raises:
            NotSignedIn: it opens nothing.
        """
        shape = _SHAPE.fullmatch(text)
        prefix = shape.group(1) if shape else ""
        with self._store.read() as connection:
            row = connection.execute(select(keys).where(keys.c.prefix == prefix)).one_or_none()
        same = hmac.compare_digest(row.mac if row else self._nobody, self._pepper.mac(_PURPOSE, text))
        now = self._store.clock()
        if row is None or not same or row.revoked_at is not None or (row.expires_at or now + 1) <= now:
            raise NotSignedIn(REFUSED, code="bad_credential")
        self._touch(row, now)
        key = _key(row)
        return Principal(
            kind=PrincipalKind.KEY,
            subject=key.id,
            scopes=frozenset(key.scopes),
            labels=frozenset(key.labels) | ({key.department} if key.department else set()),
            department=key.department,
            expires_at=key.expires_at,
            portal=key.embed_id,
        )

    def _touch(self, row: Row[Any], now: int) -> None:
        """Note the use; that this fails keeps nobody out."""
        if row.used_at is not None and now - row.used_at < _TOUCH_MS:
            return
        try:
            with self._store.write() as connection:
                connection.execute(update(keys).where(keys.c.id == row.id).values(used_at=now))
        except RecordsError:
            _log.warning("the use of key %s could not be noted", row.id)


def _row(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "prefix": key.prefix,
        "name": key.name,
        "department": key.department,
        "labels": list(key.labels),
        "scopes": _names(key.scopes),
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
        "embed_id": key.embed_id,
    }


def _names(scopes: Sequence[Scope]) -> list[str]:
    return [scope.value for scope in scopes]


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        prefix=row.prefix,
        name=row.name,
        department=row.department,
        labels=tuple(row.labels),
        scopes=tuple(map(Scope, row.scopes)),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
        embed_id=row.embed_id,
    )
