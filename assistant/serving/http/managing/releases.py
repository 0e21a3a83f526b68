"""管理 · 发布: what waits for another person, the publication looked at, published, rolled back and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from assistant.errors import AssistantError, InputError
from assistant.schema.principal import Principal, Scope
from assistant.serving.desk import Desk
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.errors import public, request_id_for
from assistant.serving.http.managing.recent import Recent
from assistant.serving.http.managing.shell import Managed, NoOffice, after, read_form, show_admin
from assistant.serving.http.rules import Asker
from assistant.serving.releasing.desk import ReleaseDesk
from assistant.serving.releasing.shown import (
    KINDS,
    STATES,
    UNSEEN,
    figures_of,
    publication_shown,
    published_shown,
    title_of,
    when,
)

PATH = "/admin/releases"
PREVIEW = f"{PATH}/preview"
_DONE = {
    "approved": "已批准。可以预览这次发布。",
    "returned": "已退回登记人。",
    "published": "已发布，正在运行的服务几秒内改用新的索引。",
    "rolled-back": "已退回上一版索引，正在运行的服务几秒内改用。",
    "taken-back": "撤回这次发布的变更已登记，等另一人审批。",
    "stopped": "预览已停止，什么都没有改变。",
}


def _releases_of(request: Request, _: Managed) -> ReleaseDesk:
    found = request.app.state.releases
    if not isinstance(found, ReleaseDesk):
        raise NoOffice
    return found


Releasing = Annotated[ReleaseDesk, Depends(_releases_of)]


def add_releases(app: FastAPI, desk: Desk, door: Doorkeeping) -> None:
    """Give an application these pages."""
    app.state.releases = door.releases.desk(desk.provider) if door.releases is not None else None
    _add_list(app)
    _add_preview(app)
    _add_acts(app)


# --- the list -----------------------------------------------------------------------------------


def _add_list(app: FastAPI) -> None:
    @app.get(PATH, include_in_schema=False)
    def listed(request: Request, asker: Asker, releases: Releasing) -> Response:
        return _list(request, asker, releases)

    @app.post(f"{PATH}/changes/{{change_id}}", include_in_schema=False)
    async def decide(request: Request, change_id: str, asker: Asker, releases: Releasing) -> Response:
        form = await read_form(request)
        action, words = form.one("action"), form.one("words")

        def act() -> str:
            if action == "approve":
                releases.approve(asker, change_id, words, seen=_moment(form.one("seen")))
                return "approved"
            if action == "return":
                releases.send_back(asker, change_id, words)
                return "returned"
            raise InputError("请选择批准或退回。")

        return await _done(request, asker, releases, act, PATH)


def _moment(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


def _list(request: Request, asker: Principal, releases: ReleaseDesk, fault: str = "", status: int = 200) -> Response:
    names = {user.principal.id: user.name for user in releases.registry.users.listed()}
    generations, publications = releases.generations(), releases.publications()
    current = next((info.name for info in generations if info.current), "")
    of_generation: dict[str, Any] = {}
    for one in reversed(publications):
        of_generation[one.generation] = published_shown(one, asker, names)
    return show_admin(
        request,
        "admin_releases",
        status=status,
        fault=fault,
        done=_DONE,
        rows=releases.waiting(asker),
        kinds=KINDS,
        states=STATES,
        unseen=UNSEEN,
        title_of=title_of,
        figures_of=figures_of,
        when=when,
        names=names,
        job=releases.job(),
        may_approve=asker.may(Scope.CORPUS_APPROVE),
        generations=generations,
        current=current,
        of_generation=of_generation,
        published=[published_shown(one, asker, names) for one in publications],
        behind=bool(publications) and current == publications[0].before and current != publications[0].generation,
    )


# --- the preview --------------------------------------------------------------------------------


def _add_preview(app: FastAPI) -> None:
    @app.get(PREVIEW, include_in_schema=False)
    def preview(request: Request, asker: Asker, releases: Releasing) -> Response:
        return _preview(request, asker, releases)

    @app.post(PREVIEW, include_in_schema=False)
    async def begin(request: Request, asker: Asker, releases: Releasing) -> Response:
        form = await read_form(request, fields=1000)

        def act() -> str:
            releases.begin(asker, form.all("change"))
            return ""

        return await _done(request, asker, releases, act, PREVIEW)

    @app.post(f"{PATH}/stop", include_in_schema=False)
    def stop(request: Request, releases: Releasing) -> Response:
        releases.stop()
        return after(request, PATH, "stopped")

    @app.post(f"{PATH}/publish", include_in_schema=False)
    async def publish(request: Request, asker: Asker, releases: Releasing, _: Recent) -> Response:
        form = await read_form(request)

        def act() -> str:
            releases.publish(asker, form.one("preview"), form.one("reason"))
            return "published"

        return await _done(request, asker, releases, act, PATH, PREVIEW)


def _preview(request: Request, asker: Principal, releases: ReleaseDesk, fault: str = "", status: int = 200) -> Response:
    job = releases.job()
    values: Mapping[str, Any] = {"prepared": None}
    if job is not None and job.result is not None:
        prepared = job.result
        now = [releases.registry.changes.get(change.id) for change in prepared.changes]
        values = {
            "prepared": prepared,
            "shown": publication_shown(prepared, asker, releases.provider()),
            "waiting": sum(change.state.value != "approved" for change in now),
            "own": any(change.created_by == asker.id for change in now),
            "gate": prepared.gate,
            "drafts": {one.document_id: key for key, one in prepared.aside.outcomes.items()},
        }
    answer = show_admin(
        request,
        "admin_release_preview",
        status=status,
        fault=fault,
        job=job,
        message=releases.message(asker, job) if job is not None else "",
        may_approve=asker.may(Scope.CORPUS_APPROVE),
        **values,
    )
    if job is not None and job.running:
        answer.headers["Refresh"] = "4"  # where no script looks again
    return answer


# --- back ---------------------------------------------------------------------------------------


def _add_acts(app: FastAPI) -> None:
    @app.post(f"{PATH}/rollback", include_in_schema=False)
    async def roll_back(request: Request, asker: Asker, releases: Releasing, _: Recent) -> Response:
        form = await read_form(request)

        def act() -> str:
            releases.roll_back(asker, form.one("served"))
            return "rolled-back"

        return await _done(request, asker, releases, act, PATH)

    @app.post(f"{PATH}/takeback/{{publication_id}}", include_in_schema=False)
    async def take_back(
        request: Request, publication_id: str, asker: Asker, releases: Releasing, _: Recent
    ) -> Response:
        def act() -> str:
            releases.take_back(asker, publication_id)
            return "taken-back"

        return await _done(request, asker, releases, act, PATH)


async def _done(
    request: Request, asker: Principal, releases: ReleaseDesk, act: Any, path: str, back: str = PATH
) -> Response:
    """What follows an act: the page, or the one it came from with what was wrong."""
    try:
        code = await run_in_threadpool(act)
    except AssistantError as exc:
        status, _, message = public(exc, request_id_for(request))
        shown = _preview if back == PREVIEW else _list
        return await run_in_threadpool(shown, request, asker, releases, message, status)
    return after(request, path, code)
