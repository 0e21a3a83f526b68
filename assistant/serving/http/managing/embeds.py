"""门户: the portals that embed the assistant, registered, switched on and off, and limited."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import FastAPI, Path, Request
from fastapi.responses import Response

from assistant.access.embeds import Embed, State
from assistant.errors import InputError
from assistant.schema.principal import READING, Principal, Scope
from assistant.serving.http.managing.recent import MINUTES, Recent, is_recent
from assistant.serving.http.managing.shell import Form, Managed, Refusal, after, read_form, show_admin, tried
from assistant.serving.http.rules import Asker
from assistant.serving.office import Office
from assistant.serving.render.managing import SCOPE_WORDS, STATE_LOOKS, STATE_WORDS

PATH = "/admin/embeds"
_DONE = {
    "active": "门户已启用。",
    "paused": "门户已停用，它的令牌 5 秒内失效，页面不再打开。",
    "limited": "限额和保留天数已更改。",
}
_READING = [scope for scope in Scope if scope in READING]
EmbedId = Annotated[str, Path(pattern="^[0-9A-Za-z_-]{1,64}$")]


def add_embeds(app: FastAPI) -> None:
    """Give an application the page of portals."""

    @app.get(PATH, include_in_schema=False)
    def page(request: Request, asker: Asker, office: Managed) -> Response:
        return _shown(request, asker, office)

    @app.post(PATH, include_in_schema=False)
    async def create(request: Request, asker: Asker, office: Managed, _: Recent) -> Response:
        """The one page on which the key shared with the portal stands."""
        form = await read_form(request)
        made = await tried(lambda: office.create_embed(asker, _wanted(form)))
        if isinstance(made, Refusal):
            return await asyncio.to_thread(_shown, request, asker, office, form, made)
        embed, secret = made
        return show_admin(
            request, "admin_secret", title="门户已登记", secret=secret.decode() if secret else "", what="共用密钥",
            back=PATH, facts=_facts(embed), note="门户现在是草稿状态：后台接好以后，再回到清单里启用。",
        )  # fmt: skip

    @app.post(f"{PATH}/{{embed_id}}/state", include_in_schema=False)
    async def state(request: Request, embed_id: EmbedId, asker: Asker, office: Managed, _: Recent) -> Response:
        form = await read_form(request)
        wanted = State.ACTIVE if form.one("state") == "active" else State.PAUSED
        await asyncio.to_thread(office.set_embed_state, asker, embed_id, wanted)
        return after(request, PATH, wanted.value)

    @app.post(f"{PATH}/{{embed_id}}/limits", include_in_schema=False)
    async def limits(request: Request, embed_id: EmbedId, asker: Asker, office: Managed, _: Recent) -> Response:
        form = await read_form(request)

        def change() -> Embed:
            cap, days = form.number("daily_cap", "每日上限"), form.number("retention_days", "保留天数")
            return office.set_embed_limits(asker, embed_id, daily_cap=cap, retention_days=days)

        done = await tried(change)
        if isinstance(done, Refusal):
            return await asyncio.to_thread(_shown, request, asker, office, None, done)
        return after(request, PATH, "limited")


def _wanted(form: Form) -> dict[str, object]:
    """A portal as the form asks for it.

    Raises:
        InputError: a number is none, or no scope is ticked.
    """
    if not form.all("scope"):
        raise InputError("请至少勾选一项权限。")
    pem = form.one("public_key")
    return {
        "name": form.one("name"),
        "origins": form.listed("origins"),
        "labels": form.listed("labels"),
        "departments": form.listed("departments"),
        "scopes": form.all("scope"),
        "public_key": pem.encode() if pem else None,
        "daily_cap": form.number("daily_cap", "每日上限"),
        "retention_days": form.number("retention_days", "保留天数"),
    }


def _shown(
    request: Request, asker: Principal, office: Office, form: Form | None = None, refusal: Refusal | None = None
) -> Response:
    return show_admin(
        request,
        "admin_embeds",
        done=_DONE,
        status=refusal.status if refusal else 200,
        fault=refusal.message if refusal else "",
        recent=is_recent(request, office),
        minutes=MINUTES,
        embeds=office.registry.embeds.listed(),
        form=form or Form({"scope": tuple(_READING)}),
        scopes=[scope for scope in _READING if scope in asker.scopes],
        words=SCOPE_WORDS,
        states=STATE_WORDS,
        looks=STATE_LOOKS,
        labels=sorted(asker.labels),
        keep_days=office.keep_days,
    )


def _facts(embed: Embed) -> dict[str, str]:
    return {
        "名称": embed.name,
        "编号（令牌的 iss）": embed.id,
        "签名算法": embed.algorithm.value,
        "来源": "、".join(embed.origins),
    }
