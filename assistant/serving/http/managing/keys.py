"""密钥: the keys of programs, made, looked at and made void."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request
from fastapi.responses import Response

from assistant.access.keys import MAX_DAYS, ApiKey
from assistant.schema.principal import READING, Principal, Scope
from assistant.serving.http.managing.recent import MINUTES, Recent, is_recent
from assistant.serving.http.managing.shell import Form, Managed, Refusal, after, read_form, show_admin, tried
from assistant.serving.http.rules import Asker
from assistant.serving.office import Office
from assistant.serving.render.managing import SCOPE_WORDS, key_state

PATH = "/admin/keys"
_DONE = {"revoked": "密钥已停用，5 秒内失效。"}
KeyId = Annotated[str, Path(pattern="^[0-9A-Za-z_-]{1,64}$")]


def add_keys(app: FastAPI) -> None:
    """Give an application the page of keys."""

    @app.get(PATH, include_in_schema=False)
    def page(request: Request, asker: Asker, office: Managed) -> Response:
        return _shown(request, asker, office)

    @app.post(PATH, include_in_schema=False)
    async def create(request: Request, asker: Asker, office: Managed, _: Recent) -> Response:
        """The one page on which the key itself stands."""
        form = await read_form(request)

        def make() -> tuple[str, ApiKey]:
            return office.create_key(
                asker,
                name=form.one("name"),
                scopes=form.all("scope"),
                labels=form.listed("labels"),
                department=form.one("department") or None,
                days=form.number("days", "有效天数"),
            )

        made = await tried(make)
        if isinstance(made, Refusal):
            return await asyncio.to_thread(_shown, request, asker, office, form, made)
        text, key = made
        return show_admin(
            request, "admin_secret", title="密钥已建立", secret=text, what="密钥", back=PATH, facts=_facts(key)
        )

    @app.post(f"{PATH}/{{key_id}}/revoke", include_in_schema=False)
    def revoke(request: Request, key_id: KeyId, asker: Asker, office: Managed, _: Recent) -> Response:
        office.revoke_key(asker, key_id)
        return after(request, PATH, "revoked")


def _shown(
    request: Request, asker: Principal, office: Office, form: Form | None = None, refusal: Refusal | None = None
) -> Response:
    now = office.registry.store.clock()
    rows = [(key, *key_state(key, now)) for key in reversed(office.registry.keys.listed())]
    values: dict[str, Any] = {
        "usable": [row for row in rows if row[2] == "good"],
        "void": [row for row in rows if row[2] != "good"],
        "form": form or Form({"scope": tuple(sorted(READING))}),
        "scopes": [scope for scope in Scope if scope in asker.scopes],
        "labels": sorted(asker.labels),
    }
    return show_admin(
        request, "admin_keys", done=_DONE, status=refusal.status if refusal else 200, words=SCOPE_WORDS,
        fault=refusal.message if refusal else "", recent=is_recent(request, office), minutes=MINUTES,
        most_days=MAX_DAYS, **values,
    )  # fmt: skip


def _facts(key: ApiKey) -> dict[str, str]:
    return {
        "名称": key.name,
        "编号": key.id,
        "权限": "、".join(SCOPE_WORDS[scope] for scope in key.scopes),
        "标签": "、".join(key.labels) or "无",
        "部门": key.department or "无",
    }
