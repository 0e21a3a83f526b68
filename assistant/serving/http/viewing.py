"""“View as” for administrators: one request by header or parameter, or the workbench until they leave it.

    X-View-As: department=%E4%BF%A1%E8%B4%B7%E9%83%A8&label=%E5%86%85%E9%83%A8&role=reader        or ?view_as=…

Every response says as whom it was given. What changes anything is refused, and what was looked at is recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access.users import ROLE_NAMES, Role
from assistant.access.view_as import View, read_view, seen_as, view_of
from assistant.errors import AssistantError, InputError, NotAllowed
from assistant.schema.principal import Principal, PrincipalKind
from assistant.schema.principal import Scope as Right
from assistant.serving.guards import path_of
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.errors import STATUS_OF_CODE
from assistant.serving.http.identity import refuse
from assistant.serving.http.pages import is_page
from assistant.serving.http.rules import MANAGING, Asker
from assistant.serving.http.style import STYLE
from assistant.serving.ledger import Ledger

COOKIE = "pz_view"
HEADER, LACKING, PARAMETER = "X-View-As", "X-View-As-Lacking", "view_as"
_ANSWERED = frozenset({"/api/v1/ask", "/api/v1/ask/stream"})  # recorded with the answer
_READS = _ANSWERED | {"/api/v1/search", "/api/v1/verify"}
_PAGE = "/gradio_api/"  # what the workbench asks
_LEAVES = frozenset({"/viewas", "/signout"})
_READ_ONLY = "以他人身份查看时只能提问、查找、核对和看文件，请先结束查看。"


class ViewAs:
    """Puts whom an administrator views as in the place of the administrator."""

    def __init__(self, app: ASGIApp, *, ledger: Ledger | None) -> None:
        self.app = app
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = scope["state"].get("principal") if scope["type"] == "http" else None
        said = _said(scope, principal) if principal is not None else None
        if principal is None or said is None:
            await self.app(scope, receive, send)
            return
        try:
            seen = seen_as(principal, read_view(said))
            scope["state"]["principal"] = seen
            await self._admit(scope, seen)
        except AssistantError as exc:
            await refuse(scope, send, exc)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                _mark(MutableHeaders(scope=message), seen)
            await send(message)

        await self.app(scope, receive, send_marked)

    async def _admit(self, scope: Scope, seen: Principal) -> None:
        """Let pass what reads, and record it.

        Raises:
            NotAllowed: it may change something.
            AuditUnavailable: it could not be recorded.
        """
        path, method = path_of(scope), scope["method"]
        reads = method == "POST" and (path in _READS or path.startswith(_PAGE))
        if not reads and method not in {"GET", "HEAD"}:
            raise NotAllowed(_READ_ONLY)
        looks = path.startswith("/api/") or is_page(path)
        if self._ledger is not None and looks and path not in _ANSWERED:
            await asyncio.to_thread(self._ledger.acted, "view-as.read", seen.id, view_as=seen.viewing, path=path)


def _said(scope: Scope, principal: Principal) -> str | None:
    """The view that a request asks for; the workbench's own counts for whoever is signed in there alone."""
    headers = Headers(scope=scope)
    said: str | None = headers.get(HEADER)
    if said is not None:
        return said
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True).get(PARAMETER)
    if asked:
        return str(asked[0])
    if principal.kind is not PrincipalKind.USER or not principal.may(Right.VIEW_AS) or path_of(scope) in _LEAVES:
        return None  # a view that somebody else left in this browser shuts nobody out
    return _kept(headers)


def _kept(headers: Mapping[str, str]) -> str | None:
    try:
        held = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return str(held.value) if held and held.value else None


def _mark(headers: MutableHeaders, seen: Principal) -> None:
    headers[HEADER] = seen.viewing or ""
    headers["Cache-Control"] = "no-store"
    if seen.lacking:
        headers[LACKING] = urlencode([("label", label) for label in sorted(seen.lacking)])


# --- the page -----------------------------------------------------------------------------------


def add_viewing(app: FastAPI, door: Doorkeeping) -> None:
    """Give an application the page on which an administrator chooses."""

    def note(kind: str, principal: Principal, view: View | None) -> None:
        if door.ledger is not None:
            door.ledger.acted(kind, principal.id, **({"view_as": view.said} if view else {}))

    @app.get("/viewas", include_in_schema=False)
    def page(request: Request) -> Response:
        held = _kept(request.headers)
        return _page(read_view(held) if held else None)

    @app.post("/viewas", include_in_schema=False)
    async def choose(request: Request, asker: Asker) -> Response:
        try:
            view = _chosen(await request.body())
        except InputError as exc:
            return _page(None, exc)
        await asyncio.to_thread(note, "view-as.begun" if view else "view-as.ended", asker, view)
        response = RedirectResponse("./", status_code=303)
        path = request.scope.get("root_path", "") or "/"
        if view is None:
            response.delete_cookie(COOKIE, path=path, secure=door.secure_cookie, httponly=True, samesite="strict")
        else:
            response.set_cookie(
                COOKIE, view.said, path=path, secure=door.secure_cookie, httponly=True, samesite="strict"
            )
        return response


def _chosen(body: bytes) -> View | None:
    """The view that the form asks for; `None` to leave it.

    Raises:
        InputError: it cannot be one.
    """
    try:
        found = parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=10)
    except ValueError as exc:
        raise InputError("请在页面上填写。", code="bad_request") from exc
    if "leave" in found:
        return None
    labels = found.get("labels", [""])[0].replace("，", ",").replace("、", ",").split(",")
    role = found.get("role", [Role.READER.value])[0]
    return view_of(found.get("department", [""])[0], (label.strip() for label in labels), role)


def _page(view: View | None, fault: InputError | None = None) -> Response:
    said = f'<p role="alert">{escape(fault.message)}</p>' if fault else ""
    now = f"<p>现在查看的身份：{escape(view.words)}。</p>" if view else ""
    leave = '<button name="leave" value="yes">结束查看</button>' if view else ""
    roles = "".join(f'<option value="{role.value}">{ROLE_NAMES[role]}</option>' for role in Role)
    content = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>以部门身份查看 · 普惠政策助手</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main><h1>以部门身份查看</h1>{said}{now}<p>看这个部门看得到的文件和答复：只能看和问，不能更改，全程留痕；"
        '您自己没有的标签不会因此得到。</p><form method="post" action="viewas">'
        '<label>部门<input name="department" maxlength="60"></label>'
        '<label>标签（用逗号分开）<input name="labels" maxlength="300"></label>'
        f'<label>角色<select name="role">{roles}</select></label><button>开始查看</button> {leave}</form>'
        '<p><a href="./">回到对话</a></p></main></body></html>'
    )
    status = 200 if fault is None else STATUS_OF_CODE.get(fault.code, 422)
    return HTMLResponse(content, status_code=status, headers={"Cache-Control": "no-store"})


def viewing_html(principal: Principal | None) -> str:
    """What the workbench shows above its list of documents: as whom it is seen, or that one may choose; and 管理."""
    if principal is None or principal.kind is not PrincipalKind.USER:
        return ""
    if principal.viewing is None:
        ways = {"admin": ("管理", MANAGING), "viewas": ("以部门身份查看", {Right.VIEW_AS})}
        links = [f'<a href="{path}">{words}</a>' for path, (words, scopes) in ways.items() if scopes & principal.scopes]
        return f"<p>{'　'.join(links)}</p>" if links else ""
    lacking = "、".join(sorted(principal.lacking))
    less = f"您没有标签 {escape(lacking)}，看到的可能比他们少。" if lacking else ""
    return (
        f'<div role="note" class="pz-viewing"><p><strong>正在以他人身份查看（只读，已留痕）：'
        f"{escape(read_view(principal.viewing).words)}。</strong>{less}</p>"
        '<form method="post" action="viewas"><button name="leave" value="yes">结束查看</button></form></div>'
    )
