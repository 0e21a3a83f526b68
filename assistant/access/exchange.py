"""One-time codes of portals, the tokens they are exchanged for, and tokens that are taken back.

    portal's back end ── its key ──▶ code (60 s, once) ── the portal's page ──▶ token (10 minutes, many requests)

A code is bound to one portal and one of its origins; whatever is wrong with the way it is shown, it is spent. Tokens
are used many times until they expire, so their `jti` is no nonce: it names the token, for taking it back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import jwt
from sqlalchemy import delete, func, insert, select

from assistant.access.embeds import AUDIENCE, EXCHANGED, LEEWAY_S, MAX_LIFE_S, Embeds, State
from assistant.access.secrets import Pepper
from assistant.errors import AccessError, InputError, NotFoundError, NotSignedIn
from assistant.records.store import Store
from assistant.records.tables import embed_codes, revoked_tokens
from assistant.schema.principal import Principal

CODE_S, TOKEN_S = 60, 600
MOST_WAITING = 5000  # codes of one portal that nobody has exchanged yet
_PURPOSE, _KEY = "embed-code", "embed-token"
_REFUSED = "换取码无效、已用过或已过期，请从门户重新打开。"
_CLOSED = "没有这个门户，或者它还没有启用，请门户管理员核对编号和状态。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code just made, and what the token will be known by."""

    text: str
    jti: str
    expires_in: int = CODE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token just made."""

    text: str
    expires_in: int = TOKEN_S


def signing_key(pepper: Pepper) -> bytes:
    """What tokens are signed with that codes are exchanged for."""
    return pepper.key(_KEY)


class Exchange:
    """The codes of one store."""

    def __init__(self, store: Store, embeds: Embeds, pepper: Pepper) -> None:
        self._store = store
        self._embeds = embeds
        self._pepper = pepper

    def code(
        self, back_end: Principal, *, subject: str, origin: str, department: str | None, scopes: tuple[str, ...]
    ) -> Code:
        """A code for a user of the portal whose back end asks. What it claims counts as a token's claims do.

        Raises:
            NotFoundError: the portal is gone or not active.
            InputError: the origin is not one of the portal's.
            AccessError: too many codes wait to be exchanged.
        """
        embed = self._embeds.get(back_end.portal or "")
        if embed.state is not State.ACTIVE:
            raise NotFoundError(_CLOSED)
        if origin not in embed.origins:
            raise InputError("origin 不是这个门户登记的来源，请照 embeds create 的 --origin 填写。")
        code, jti, now = secrets.token_urlsafe(32), secrets.token_hex(16), self._store.clock()
        claims = {"sub": subject, "dept": department, "scopes": list(scopes), "jti": jti}
        with self._store.write() as connection:
            connection.execute(delete(embed_codes).where(embed_codes.c.expires_at <= now))
            waiting = select(func.count()).select_from(embed_codes).where(embed_codes.c.embed_id == embed.id)
            if connection.execute(waiting).scalar_one() >= MOST_WAITING:
                raise AccessError("还没有换取的码过多，请一分钟后再试。", code="too_many_attempts")
            made = {"embed_id": embed.id, "origin": origin, "claims": claims, "expires_at": now + CODE_S * 1000}
            connection.execute(insert(embed_codes).values(mac=self._mac(code), **made))
        return Code(text=code, jti=jti)

    def token(self, code: str, *, portal: str, origin: str) -> Token:
        """The token for a code, which is spent by this. Each failure says the same.

        Raises:
            NotSignedIn: the code does not hold here.
        """
        spend = delete(embed_codes).where(embed_codes.c.mac == self._mac(code)).returning(embed_codes)
        with self._store.write() as connection:
            row = connection.execute(spend).one_or_none()
        now = self._store.clock()
        if row is None or row.expires_at <= now or (row.embed_id, row.origin) != (portal, origin):
            raise NotSignedIn(_REFUSED, code="bad_credential")
        claims: dict[str, Any] = {k: v for k, v in row.claims.items() if v is not None}
        times = {"iat": now // 1000, "exp": now // 1000 + TOKEN_S}
        said = {"iss": row.embed_id, "aud": AUDIENCE, **claims, **times}
        text = jwt.encode(said, signing_key(self._pepper), "HS256", headers={"kid": EXCHANGED})
        self._embeds.principal(text)  # the portal may have been paused since, or the token taken back
        return Token(text=text)

    def revoke(self, portal: str, jti: str) -> None:
        """Make every token of a portal void that bears this id, used or not; it holds within 5 s, and for good.

        Raises:
            NotFoundError: there is no such portal.
        """
        self._embeds.get(portal)
        now = self._store.clock()
        with self._store.write() as connection:
            connection.execute(delete(revoked_tokens).where(revoked_tokens.c.forget_at <= now))
            mine = (revoked_tokens.c.embed_id == portal) & (revoked_tokens.c.jti == jti)
            connection.execute(delete(revoked_tokens).where(mine))
            # No token that exists now outlives this; one minted later under the same id is refused as long.
            forget_at = now + (2 * MAX_LIFE_S + LEEWAY_S) * 1000
            connection.execute(insert(revoked_tokens).values(embed_id=portal, jti=jti, forget_at=forget_at))

    def _mac(self, code: str) -> str:
        return self._pepper.mac(_PURPOSE, code)
