"""The chat for portals: `/embed`, which only a portal's own origins may frame, and `widget.js`, which frames it.

No cookie and no inline script. The page knows nobody: it asks the portal around it for a token, and the API with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from assistant.access.embeds import Embeds, State
from assistant.errors import NotFoundError
from assistant.serving.guards import let_frame
from assistant.serving.render.words import DEVELOPMENT

_FILES = {
    "/widget.js": ("widget.js", "text/javascript"),
    "/embed/chat.js": ("chat.js", "text/javascript"),
    "/embed/chat.css": ("chat.css", "text/css"),
}
_CLOSED = "没有这个门户，或者它还没有启用，请门户管理员核对编号和状态。"


def add_embedding(app: FastAPI, embeds: Embeds | None, *, development: bool) -> None:
    """Give an application the pages that portals embed; in development mode without a portal, for this site alone."""

    @app.get("/embed", include_in_schema=False)
    def page(request: Request, portal: str = "") -> Response:
        origins = () if development else _origins(embeds, portal)
        let_frame(request.scope, " ".join(origins) or "'self'")
        return HTMLResponse(_page(origins, development=development), headers={"Cache-Control": "no-store"})

    for path, (name, kind) in _FILES.items():
        _add_file(app, path, (files("assistant.serving.embed") / name).read_bytes(), kind)


def _add_file(app: FastAPI, path: str, content: bytes, kind: str) -> None:
    headers = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}

    @app.get(path, include_in_schema=False)
    def file() -> Response:
        return Response(content, media_type=kind, headers=headers)


def _origins(embeds: Embeds | None, portal: str) -> tuple[str, ...]:
    """Who may frame the page of a portal.

    Raises:
        NotFoundError: there is no such portal, or it is not active; which of them is not said.
    """
    if embeds is None:
        raise NotFoundError(_CLOSED)
    try:
        embed = embeds.get(portal)
    except NotFoundError as exc:
        raise NotFoundError(_CLOSED) from exc
    if embed.state is not State.ACTIVE:
        raise NotFoundError(_CLOSED)
    return embed.origins


def _page(origins: Sequence[str], *, development: bool) -> str:
    note = f'<p role="note" class="dev">{DEVELOPMENT}</p>' if development else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>普惠政策助手</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="stylesheet" href="embed/chat.css"><script src="embed/chat.js" defer></script></head>'
        f'<body data-origins="{escape(" ".join(origins))}" data-open="{"yes" if development else ""}">'
        f"<header><h1>普惠政策助手</h1><p>只依据本库收录的条款作答；库中没有的，会直说“本库未载明”。</p>{note}</header>"
        '<main><div id="log" role="log" aria-label="对话" tabindex="0"></div>'
        '<p id="status" role="status">正在准备……</p>'
        '<div id="ask"><label for="box">请输入问题</label><textarea id="box" rows="2" maxlength="4000" '
        'aria-describedby="hint"></textarea><div id="buttons"><button id="send" type="button">发送</button>'
        '<button id="again" type="button" hidden></button><button id="clear" type="button">清空对话</button></div>'
        '<p id="hint">按回车发送，Shift＋回车换行。</p></div></main>'
        "<noscript>这个页面需要启用 JavaScript。</noscript></body></html>"
    )
