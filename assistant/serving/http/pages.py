"""What our own pages share: how one is answered, and how an error is told to a person."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Scope

from assistant.access.view_as import read_view
from assistant.errors import InputError
from assistant.serving.guards import path_of
from assistant.serving.http.rules import MANAGING
from assistant.serving.render.pages import STATIC, page_html, static_file, static_version

_PAGES = re.compile(r"/(read|compare|duties|talks|history|admin)(/|$)")
_HEADINGS = {401: "需要登录", 403: "没有权限", 404: "没有找到", 422: "无法处理", 429: "请稍后再试", 503: "暂时无法使用"}


def is_page(path: str) -> bool:
    """Whether one of these pages, or a file of theirs, has this path."""
    return _PAGES.match(path) is not None


def wants_page(scope: Scope) -> bool:
    """Whether a browser asks for one of these pages."""
    return is_page(path_of(scope)) and "text/html" in Headers(scope=scope).get("accept", "")


def show(request: Request, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of ours; nobody keeps a copy of it, because rights may change."""
    principal = request.scope["state"].get("principal")
    html = page_html(
        name,
        viewing=read_view(principal.viewing).words if principal and principal.viewing is not None else "",
        lacking=sorted(principal.lacking) if principal else [],
        root=request.scope.get("root_path", ""),
        version=static_version(),
        development=request.app.state.gate.development,
        managing=principal is not None and bool(MANAGING & principal.scopes),
        **values,
    )
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})


async def page_fields(request: Request, *, page: str, most: int) -> dict[str, str]:
    """The fields of a form of one of these pages that brings no file, `most` of them at most.

    Raises:
        InputError: it is no form.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InputError(f"请在{page}页上填写。", code="unsupported_media_type")
    try:
        async with request.form(max_files=0, max_fields=most) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except HTTPException as exc:
        raise InputError(f"表单无法读取，请在{page}页上重新填写。", code="bad_request") from exc


def told_page(request: Request, status: int, message: str, request_id: str) -> HTMLResponse:
    """An error as a page."""
    heading = _HEADINGS.get(status, "出现异常")
    return show(request, "told", status=status, heading=heading, message=message, request_id=request_id, active="")


def add_page_files(app: FastAPI) -> None:
    """Give an application the style sheet and the script of these pages."""
    for name, kind in STATIC.items():
        _add_file(app, f"/reader/{name}", static_file(name), kind)


def _add_file(app: FastAPI, path: str, content: bytes, kind: str) -> None:
    @app.get(path, include_in_schema=False)
    def file() -> Response:
        return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=3600"})
