"""用户: who may sign in, and as what."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import FastAPI, Path, Request
from fastapi.responses import Response

from assistant.access.users import ROLE_NAMES, Role, User
from assistant.schema.principal import Principal
from assistant.serving.http.managing.recent import MINUTES, Recent, is_recent
from assistant.serving.http.managing.shell import Form, Managed, Refusal, after, read_form, show_admin, tried
from assistant.serving.http.rules import Asker
from assistant.serving.office import Office
from assistant.serving.people import People, holds_all_of, is_self, may_be_given
from assistant.serving.render.managing import ROLE_WORDS

PATH = "/admin/users"
_DONE = {
    "changed": "已更改；已登录的须重新登录。",
    "disabled": "用户已停用，已登录的已退出。",
    "enabled": "用户已重新启用，请其登录。",
}
_A_PAGE = 50
UserId = Annotated[str, Path(pattern="^[0-9a-f]{1,64}$")]


def add_users(app: FastAPI) -> None:
    """Give an application the pages of users."""
    _add_list(app)
    _add_changes(app)


def _add_list(app: FastAPI) -> None:
    @app.get(PATH, include_in_schema=False)
    def page(request: Request, asker: Asker, office: Managed) -> Response:
        return _listed(request, asker, office)

    @app.post(PATH, include_in_schema=False)
    async def create(request: Request, asker: Asker, office: Managed, _: Recent) -> Response:
        """The one page on which the first password stands."""
        form = await read_form(request)

        def make() -> tuple[User, str]:
            return People(office.registry).create(
                asker,
                name=form.one("name"),
                role=form.one("role"),
                department=form.one("department") or None,
                labels=form.listed("labels"),
            )

        made = await tried(make)
        if isinstance(made, Refusal):
            return await asyncio.to_thread(_listed, request, asker, office, form, made)
        return _password_page(request, "用户已建立", *made)

    @app.get(f"{PATH}/{{user_id}}", include_in_schema=False)
    def one(request: Request, user_id: UserId, asker: Asker, office: Managed) -> Response:
        return _one(request, asker, office, user_id)


def _add_changes(app: FastAPI) -> None:
    @app.post(f"{PATH}/{{user_id}}", include_in_schema=False)
    async def change(request: Request, user_id: UserId, asker: Asker, office: Managed, _: Recent) -> Response:
        form = await read_form(request)

        def work() -> User:
            return People(office.registry).change(
                asker,
                user_id,
                role=form.one("role"),
                department=form.one("department") or None,
                labels=form.listed("labels"),
            )

        done = await tried(work)
        if isinstance(done, Refusal):
            return await asyncio.to_thread(_one, request, asker, office, user_id, form, done)
        return after(request, f"{PATH}/{user_id}", "changed")

    @app.post(f"{PATH}/{{user_id}}/state", include_in_schema=False)
    async def state(request: Request, user_id: UserId, asker: Asker, office: Managed, _: Recent) -> Response:
        enable, people = (await read_form(request)).one("state") == "enabled", People(office.registry)
        done = await tried(lambda: (people.enable if enable else people.disable)(asker, user_id))
        if isinstance(done, Refusal):
            return await asyncio.to_thread(_one, request, asker, office, user_id, None, done)
        return after(request, f"{PATH}/{user_id}", "enabled" if enable else "disabled")

    @app.post(f"{PATH}/{{user_id}}/password", include_in_schema=False)
    async def password(request: Request, user_id: UserId, asker: Asker, office: Managed, _: Recent) -> Response:
        """The one page on which the new password stands."""
        done = await tried(lambda: People(office.registry).reset_password(asker, user_id))
        if isinstance(done, Refusal):
            return await asyncio.to_thread(_one, request, asker, office, user_id, None, done)
        return _password_page(request, "密码已重设", *done)


def _password_page(request: Request, title: str, user: User, password: str) -> Response:
    facts = {
        "用户名": user.name,
        "角色": ROLE_NAMES[user.role],
        "部门": user.department or "无",
        "标签": "、".join(user.labels) or "无",
    }
    return show_admin(
        request, "admin_secret", title=title, secret=password, what="密码", back=f"{PATH}/{user.id}", facts=facts,
        note="请当面或用安全的方式交给本人。",
    )  # fmt: skip


def _listed(
    request: Request, asker: Principal, office: Office, form: Form | None = None, refusal: Refusal | None = None
) -> Response:
    words, role = request.query_params.get("words", "").strip()[:60], request.query_params.get("role", "")
    everybody = People(office.registry).listed()
    found = [user for user in everybody if _fits(user, words.lower(), role)]
    pages = max(1, -(-len(found) // _A_PAGE))
    said = request.query_params.get("page", "1")
    page = min(max(int(said), 1), pages) if said.isascii() and said.isdigit() and len(said) < 7 else 1
    return show_admin(
        request,
        "admin_users",
        status=refusal.status if refusal else 200,
        fault=refusal.message if refusal else "",
        recent=is_recent(request, office),
        minutes=MINUTES,
        users=found[(page - 1) * _A_PAGE : page * _A_PAGE],
        count=len(found),
        total=len(everybody),
        page=page,
        pages=pages,
        chosen={"words": words, "role": role},
        form=form or Form({}),
        roles=ROLE_WORDS,
        names=ROLE_NAMES,
        givable=may_be_given(asker),
        labels=sorted(asker.labels),
    )


def _fits(user: User, words: str, role: str) -> bool:
    state = "disabled" if user.disabled_at is not None else ""
    right = not role or role in (user.role.value, state)
    about = (user.name, user.department or "", *user.labels)
    return right and (not words or any(words in one.lower() for one in about))


def _one(
    request: Request,
    asker: Principal,
    office: Office,
    user_id: str,
    form: Form | None = None,
    refusal: Refusal | None = None,
) -> Response:
    user = People(office.registry).one(user_id)
    givable = [role for role in Role if role in (*may_be_given(asker), user.role)]
    was = {"role": (user.role.value,), "department": (user.department or "",), "labels": ("、".join(user.labels),)}
    return show_admin(
        request,
        "admin_user",
        done=_DONE,
        status=refusal.status if refusal else 200,
        fault=refusal.message if refusal else "",
        recent=is_recent(request, office),
        minutes=MINUTES,
        user=user,
        form=form or Form(was),
        oneself=is_self(asker, user),
        held=holds_all_of(asker, user),
        roles=ROLE_WORDS,
        givable=givable,
        labels=sorted(asker.labels),
    )
