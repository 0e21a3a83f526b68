"""Codes for the pages of portals: made for a portal's back end, exchanged by its page, tokens taken back."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request, Response
from pydantic import ConfigDict, Field

from assistant.access.exchange import Exchange
from assistant.access.gate import Failures
from assistant.errors import AccessError, NotFoundError, NotSignedIn
from assistant.schema.principal import READING, Principal
from assistant.serving.http import wire
from assistant.serving.http.bodies import body_schema, read_body
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.errors import documented
from assistant.serving.http.identity import source_of
from assistant.serving.http.rules import Asker

_TAG = "门户"
_NONE_HERE = "没有这个地址，请查阅接口说明 /docs。"
Word = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Secret = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]


class CodeRequest(wire.Entering):
    """为哪个已登录的人要码。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"sub": "u-1001", "dept": "信贷部", "origin": "http://127.0.0.1:8000"}]}
    )

    sub: Word = Field(description="门户里的用户编号，取自门户自己的登录状态。", examples=["u-1001"])
    origin: str = Field(description="门户网页的来源。", examples=["http://127.0.0.1:8000"], max_length=300)
    dept: Annotated[str, Field(min_length=1, max_length=60)] | None = Field(default=None, description="部门。")
    scopes: list[Word] = Field(default=sorted(READING), description="令牌的权限。", min_length=1, max_length=10)


class CodeResponse(wire.Leaving):
    """一次性换取码，交给门户的网页。"""

    code: str = Field(description="60 秒内换一次令牌。")
    expires_in: int = Field(description="秒。")
    jti: str = Field(description="换得的令牌的编号，收回令牌时用。")


class TokenRequest(wire.Entering):
    """用码换令牌。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "CODE", "portal": "PORTAL_ID", "origin": "http://127.0.0.1:8000"}]}
    )

    code: Secret = Field(description="换取码。")
    portal: Secret = Field(description="门户编号。")
    origin: str = Field(description="门户网页的来源，须与要码时相同。", max_length=300)


class TokenResponse(wire.Leaving):
    """令牌，放在 Authorization 头里。"""

    token: str
    expires_in: int = Field(description="秒。")


class RevocationRequest(wire.Entering):
    """收回哪个令牌。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"jti": "5f0c1a2b3c4d4e5f8a9b0c1d2e3f4a5b"}]})

    jti: Word = Field(description="令牌的编号。")


async def _code_asked(request: Request) -> CodeRequest:
    return await read_body(request, CodeRequest)


async def _token_asked(request: Request) -> TokenRequest:
    return await read_body(request, TokenRequest)


async def _revocation_asked(request: Request) -> RevocationRequest:
    return await read_body(request, RevocationRequest)


CodeAsked = Annotated[CodeRequest, Depends(_code_asked)]
TokenAsked = Annotated[TokenRequest, Depends(_token_asked)]
RevocationAsked = Annotated[RevocationRequest, Depends(_revocation_asked)]


def add_exchange(app: FastAPI, door: Doorkeeping) -> None:
    """Give an application these routes; without portals there is nothing behind them."""
    failed = Failures()
    statuses = documented(400, 404, 413, 415, 422, 500, 503)

    @app.post(
        "/api/v1/embed/codes", summary="取一次性换取码", tags=[_TAG], responses=statuses,
        openapi_extra=body_schema(CodeRequest),
    )  # fmt: skip
    async def code(asker: Asker, asked: CodeAsked) -> CodeResponse:
        """门户后台用自己的密钥为已登录的人取码，交给门户的网页。"""
        made = await asyncio.to_thread(
            _there(door.exchange, asker).code,
            asker, subject=asked.sub, origin=asked.origin, department=asked.dept, scopes=tuple(asked.scopes),
        )  # fmt: skip
        return CodeResponse(code=made.text, expires_in=made.expires_in, jti=made.jti)

    @app.post(
        "/api/v1/embed/token", summary="用换取码换令牌", tags=[_TAG],
        responses={**statuses, **documented(429)}, openapi_extra=body_schema(TokenRequest),
    )  # fmt: skip
    async def token(request: Request, asked: TokenAsked) -> TokenResponse:
        """门户的网页换取令牌。码用过、过期，或门户、来源不对，都不能换，码也随之作废。"""
        source = source_of(request.scope)
        failed.refuse(source)
        try:
            _from_there(request, asked.origin)
            made = await asyncio.to_thread(
                _there(door.exchange).token, asked.code, portal=asked.portal, origin=asked.origin
            )
        except AccessError:
            failed.note(source)
            raise
        return TokenResponse(token=made.text, expires_in=made.expires_in)

    @app.post(
        "/api/v1/embed/revocations", status_code=204, response_class=Response, summary="收回令牌", tags=[_TAG],
        responses=statuses, openapi_extra=body_schema(RevocationRequest),
    )  # fmt: skip
    async def revoke(asker: Asker, asked: RevocationAsked) -> Response:
        """门户的人退出登录时，5 秒内令这个编号的令牌失效；没有这个令牌也不报错。"""
        await asyncio.to_thread(_there(door.exchange, asker).revoke, asker.portal or "", asked.jti)
        if door.ledger is not None:
            await asyncio.to_thread(door.ledger.acted, "embed.token-revoked", asker.id, id=asker.portal)
        return Response(status_code=204)


def _there(exchange: Exchange | None, back_end: Principal | None = None) -> Exchange:
    if exchange is None or (back_end is not None and back_end.portal is None):
        raise NotFoundError(_NONE_HERE)
    return exchange


def _from_there(request: Request, origin: str) -> None:
    """See that a browser, where it says which page asks, says ours or the portal's."""
    said = request.headers.get("origin")
    ours = said is not None and urlsplit(said).netloc.lower() == request.headers.get("host", "").lower()
    if said is not None and not ours and said != origin:
        raise NotSignedIn("这个请求不是从门户的网页发出的，没有受理。", code="bad_credential")
