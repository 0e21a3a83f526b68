"""The sign-in page of the workbench: a form, a cookie that no script can read, no script at all."""

from __future__ import annotations

import asyncio
from html import escape
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from assistant.access.gate import Credential, Failures
from assistant.access.users import SIGNED_IN_MS, Users
from assistant.errors import AccessError, AssistantError, InputError, NotFoundError
from assistant.serving.http.comeback import NEXT, comeback
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.errors import STATUS_OF_CODE
from assistant.serving.http.identity import COOKIE, cookie_of, same_site, source_of
from assistant.serving.http.oidc import LINKS, add_oidc
from assistant.serving.http.style import STYLE
from assistant.serving.http.viewing import COOKIE as VIEW


def add_sign_in(app: FastAPI, door: Doorkeeping) -> None:
    """Give an application its sign-in page; without users there is nobody to sign in."""
    users, secure_cookie = door.users, door.secure_cookie

    def note(kind: str, principal_id: str) -> None:
        if door.ledger is not None:
            door.ledger.acted(kind, principal_id)

    failed = Failures()
    links = LINKS if door.oidc is not None else ""
    one = asyncio.Semaphore(1)  # passwords are compared one at a time; who waits for that holds no thread

    def kept(request: Request) -> dict[str, Any]:
        path = request.scope.get("root_path", "") or "/"
        return {"path": path, "secure": secure_cookie, "httponly": True, "samesite": "strict"}

    add_oidc(app, door, kept)

    @app.get("/signin", include_in_schema=False)
    def page(request: Request) -> Response:
        _there(users)
        onward = comeback(request.query_params.get(NEXT, ""))
        return _page(_onward_links(links, onward), onward=onward)

    @app.post("/signin", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        known, onward = _there(users), ""
        try:
            same_site(request.scope)
            name, password, onward = _form(request, await request.body())
            source = f"{source_of(request.scope)}|{name}"
            failed.refuse(source)
            async with one:
                failed.refuse(source)  # those before it in line may have failed
                try:
                    token, user = await asyncio.to_thread(known.sign_in, name, password)
                except AccessError:
                    failed.note(source)
                    await asyncio.to_thread(note, "user.sign-in-failed", "system:signin")  # the name may be a password
                    raise
            await asyncio.to_thread(note, "user.signed-in", user.principal.id)
        except (AccessError, InputError) as exc:
            return _page(_onward_links(links, onward), exc, onward=onward)
        await _forget(request, door, known)  # one browser, one sign-in
        response = RedirectResponse(f".{onward}" if onward else "./", status_code=303)
        response.set_cookie(COOKIE, token, max_age=SIGNED_IN_MS // 1000, **kept(request))
        response.delete_cookie(VIEW, **kept(request))  # of whoever was here before
        return response

    @app.post("/signout", include_in_schema=False)
    async def sign_out(request: Request) -> Response:
        known = _there(users)
        same_site(request.scope)
        await _forget(request, door, known)
        response = RedirectResponse("./signin", status_code=303)
        for name in (COOKIE, VIEW):
            response.delete_cookie(name, **kept(request))
        return response


async def _forget(request: Request, door: Doorkeeping, users: Users) -> None:
    """End the sign-in that this browser has, if it has one."""
    if token := cookie_of(request.headers):
        door.gate.forget(Credential(token, cookie=True))
        await asyncio.to_thread(users.sign_out, token)


def _there(users: Users | None) -> Users:
    if users is None:
        raise NotFoundError("没有这个地址，请查阅接口说明 /docs。")
    return users


def _form(request: Request, body: bytes) -> tuple[str, str, str]:
    """Name, password, and where to go then."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise InputError("请在登录页填写用户名和密码。", code="unsupported_media_type")
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=10, strict_parsing=True)
        return fields["name"][0][:200], fields["password"][0][:1000], comeback(fields.get(NEXT, [""])[0])
    except (ValueError, KeyError) as exc:
        raise InputError("请填写用户名和密码。", code="bad_request") from exc


def _onward_links(links: str, onward: str) -> str:
    """The links to the provider of the house, which bring people to the same place."""
    return links.replace('"signin/oidc"', f'"signin/oidc?{NEXT}={onward}"') if onward else links


def _page(links: str, fault: AssistantError | None = None, *, onward: str = "") -> Response:
    kept = f'<input type="hidden" name="{NEXT}" value="{onward}">' if onward else ""
    said = f'<p role="alert">{escape(fault.message)}</p>' if fault else ""
    content = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>登录 · 普惠政策助手</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f'<body><main><h1>普惠政策助手</h1>{said}<form method="post" action="signin">{kept}'
        '<label>用户名<input name="name" autocomplete="username" required maxlength="60" autofocus></label>'
        '<label>密码<input name="password" type="password" autocomplete="current-password" required maxlength="200">'
        f"</label><button>登录</button></form>{links}</main></body></html>"
    )
    status = 200 if fault is None else STATUS_OF_CODE.get(fault.code, 422)
    return HTMLResponse(content, status_code=status, headers={"Cache-Control": "no-store"})
