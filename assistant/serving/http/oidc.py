"""Signing in through the provider of the house: there, back again, and out.

What has to be remembered meanwhile lies sealed in a cookie of its own, which comes back with the browser that went:
`SameSite=Lax`, since the way back begins at the provider. The cookie of the sign-in itself is `Strict`, and a browser
sends it only on what our own page begins: so the last step is a page that leads on, and no redirect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from assistant.access.gate import Failures
from assistant.access.oidc import PENDING_S, Oidc
from assistant.access.users import SIGNED_IN_MS, Users
from assistant.errors import AccessError, AssistantError, NotFoundError, NotSignedIn
from assistant.serving.http.comeback import NEXT, comeback
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.errors import STATUS_OF_CODE
from assistant.serving.http.identity import COOKIE, source_of
from assistant.serving.http.viewing import COOKIE as VIEW

PENDING, ONWARD = "pz_oidc", "pz_onward"
LINKS = '<p><a href="signin/oidc">用单位统一登录</a>　<a href="signin/oidc/out">退出单位统一登录</a></p>'
_ANSWER = ("code", "state", "iss")
_LONGEST = 2000  # characters of one part of the answer


def add_oidc(app: FastAPI, door: Doorkeeping, kept: Callable[[Request], dict[str, Any]]) -> None:
    """Give an application these routes; `kept` tells how the cookie of a sign-in is kept."""
    failed = Failures()

    def note(kind: str, principal_id: str) -> None:
        if door.ledger is not None:
            door.ledger.acted(kind, principal_id)

    @app.get("/signin/oidc", include_in_schema=False)
    async def begin(request: Request) -> Response:
        oidc, _ = _there(door)
        onward = comeback(request.query_params.get(NEXT, ""))
        try:
            pending = await asyncio.to_thread(oidc.begin, again=bool(onward))
        except AssistantError as exc:
            return _page(exc)
        response = RedirectResponse(pending.url, status_code=303, headers={"Cache-Control": "no-store"})
        meanwhile = {**kept(request), "samesite": "lax", "max_age": PENDING_S}
        response.set_cookie(PENDING, pending.sealed, **meanwhile)
        if onward:
            response.set_cookie(ONWARD, onward, **meanwhile)
        return response

    @app.get("/signin/oidc/callback", include_in_schema=False)
    async def back(request: Request) -> Response:
        oidc, users = _there(door)
        source = source_of(request.scope)
        answer = {name: value[:_LONGEST] for name, value in request.query_params.items() if name in _ANSWER}
        try:
            failed.refuse(source)
            try:
                vouched = await asyncio.to_thread(oidc.finish, answer, request.cookies.get(PENDING, "")[:_LONGEST])
                token, user = await asyncio.to_thread(users.sign_in_vouched, vouched)
            except NotSignedIn:
                failed.note(source)
                await asyncio.to_thread(note, "user.sign-in-failed", "system:oidc")
                raise
            await asyncio.to_thread(note, "user.signed-in", user.principal.id)
        except AssistantError as exc:
            return _done(_page(exc), kept(request))
        response = _done(_page(None, comeback(request.cookies.get(ONWARD, ""))), kept(request))
        response.set_cookie(COOKIE, token, max_age=SIGNED_IN_MS // 1000, **kept(request))
        response.delete_cookie(VIEW, **kept(request))  # of whoever was here before
        return response

    @app.get("/signin/oidc/out", include_in_schema=False)
    async def out() -> Response:
        oidc, _ = _there(door)
        try:
            place = await asyncio.to_thread(oidc.sign_out_url)
        except AssistantError as exc:
            return _page(exc)
        return RedirectResponse(place or "../../signin", status_code=303, headers={"Cache-Control": "no-store"})


def _there(door: Doorkeeping) -> tuple[Oidc, Users]:
    if door.oidc is None or door.users is None:
        raise NotFoundError("没有这个地址，请查阅接口说明 /docs。")
    return door.oidc, door.users


def _done(response: Response, kept: dict[str, Any]) -> Response:
    for name in (PENDING, ONWARD):
        response.delete_cookie(name, **{**kept, "samesite": "lax"})
    return response


def _page(fault: AssistantError | None, place: str = "") -> Response:
    """A page that leads on: to the workbench, a page of it, or back to the sign-in with what went wrong."""
    inside = f"../..{place}" if place else "../../"
    onward = inside if fault is None else "../../signin" if isinstance(fault, AccessError) else "../signin"
    refresh = f'<meta http-equiv="refresh" content="0;url={inside}">' if fault is None else ""
    words = "已登录，正在打开……" if fault is None else fault.message
    content = (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>统一登录 · 普惠政策助手</title>{refresh}'
        '<meta name="viewport" content="width=device-width,initial-scale=1"></head><body><main>'
        f'<p role="{"status" if fault is None else "alert"}">{escape(words)}</p>'
        f'<p><a href="{onward}">{"打开普惠政策助手" if fault is None else "回到登录页"}</a></p></main></body></html>'
    )
    status = 200 if fault is None else STATUS_OF_CODE.get(fault.code, 503)
    return HTMLResponse(content, status_code=status, headers={"Cache-Control": "no-store"})
