"""文件: files uploaded, what reading them gave, what is stated of them, and handing them on."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import FastAPI, Path, Query, Request
from fastapi.responses import Response

from assistant.curation.drafts import Drafts, is_theirs, lacking, may_be_dropped
from assistant.curation.facts import WORDS, labels_of
from assistant.curation.reports import approvals_needed
from assistant.errors import InputError
from assistant.records.changes import Change, ChangeKind
from assistant.schema.document import Validity
from assistant.schema.principal import Principal, Scope
from assistant.serving.desk import Desk
from assistant.serving.guards import MAX_UPLOAD_BYTES, UPLOADS
from assistant.serving.http.managing.draft_lines import add_draft_lines
from assistant.serving.http.managing.drafting import Drafting, names_of
from assistant.serving.http.managing.shell import Form, Refusal, after, read_form, show_admin, tried
from assistant.serving.http.rules import Asker
from assistant.serving.render import drafts as words

PATH = UPLOADS
ChangeId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
_DONE = {
    "uploaded": "文件已保存，正在读取。",
    "saved": "登记事项已保存。",
    "submitted": "已提交，等待另一位同事审批。",
    "dropped": "已撤销，文件已删除。",
    "reading": "正在重新读取。",
}
_REFRESH_S = 3


def add_drafts(app: FastAPI, desk: Desk) -> None:
    """Give an application the pages of drafts; `app.state.drafts` is where they are prepared."""

    @app.get(PATH, include_in_schema=False)
    def listed(
        request: Request, asker: Asker, drafts: Drafting, sort: Annotated[str, Query(max_length=20)] = "time"
    ) -> Response:
        changes = drafts.listed(asker)
        how = sort if sort in words.SORTS else "time"
        page = show_admin(
            request,
            "drafts",
            done=_DONE,
            changes=sorted(changes, key=words.SORTS[how][1]),
            stages={change.id: drafts.stage(change.id) for change in changes},
            sort=how,
            words=words,
            names=names_of(drafts),
            may=asker.may(Scope.CORPUS_EDIT),
        )
        return _awaiting(page, any(drafts.stage(change.id) for change in changes))

    @app.get(f"{PATH}/new", include_in_schema=False)
    def upload_form(request: Request, asker: Asker, drafts: Drafting) -> Response:
        return _new(request, asker, drafts, desk)

    @app.post(PATH, include_in_schema=False)
    async def upload(request: Request, asker: Asker, drafts: Drafting) -> Response:
        form = await read_form(request, files=drafts.rules.max_files)
        files = [(file.name, file.content) for file in form.files]
        made = await tried(lambda: drafts.upload(asker, files, labels=form.all("label")))
        if isinstance(made, Refusal):
            return await asyncio.to_thread(_new, request, asker, drafts, desk, made)
        return after(request, PATH, "uploaded")

    @app.post(f"{PATH}/removals", include_in_schema=False)
    async def remove(request: Request, asker: Asker, drafts: Drafting) -> Response:
        form = await read_form(request)
        made = await tried(lambda: drafts.remove(asker, form.one("document"), form.one("note")))
        if isinstance(made, Refusal):
            return await asyncio.to_thread(_new, request, asker, drafts, desk, made)
        return after(request, f"{PATH}/{made.id}", "submitted")

    @app.get(f"{PATH}/{{change_id}}", include_in_schema=False)
    def one(request: Request, change_id: ChangeId, asker: Asker, drafts: Drafting) -> Response:
        return _one(request, asker, drafts, drafts.one(asker, change_id))

    @app.post(f"{PATH}/{{change_id}}", include_in_schema=False)
    async def act(request: Request, change_id: ChangeId, asker: Asker, drafts: Drafting) -> Response:
        form = await read_form(request)
        done = await tried(lambda: _do(drafts, asker, change_id, form))
        if isinstance(done, Refusal):
            return await asyncio.to_thread(_refused, request, asker, drafts, change_id, form, done)
        return after(request, PATH if done == "dropped" else f"{PATH}/{change_id}", done)

    add_draft_lines(app, desk)


def _do(drafts: Drafts, asker: Principal, change_id: str, form: Form) -> str:
    """What a form asks for; the code of what was done."""
    match form.one("act"):
        case "save":
            said = {name: form.one(name) for name in WORDS}
            drafts.state(asker, change_id, said, labels=form.all("label"), approved=form.all("approved"))
            return "saved"
        case "read":
            drafts.read_again(asker, change_id)
            return "reading"
        case "submit":
            drafts.submit(asker, change_id, form.one("note"))
            return "submitted"
        case "drop":
            drafts.drop(asker, change_id)
            return "dropped"
    raise InputError("请用页面上的按钮。")


def _new(request: Request, asker: Principal, drafts: Drafts, desk: Desk, refusal: Refusal | None = None) -> Response:
    return show_admin(
        request,
        "drafts_new",
        status=refusal.status if refusal else 200,
        fault=refusal.message if refusal else "",
        rules=drafts.rules,
        most_mb=MAX_UPLOAD_BYTES // 2**20,
        labels=sorted(asker.labels),
        documents=sorted(desk.provider().documents(asker.labels), key=lambda meta: meta.title),
        may=asker.may(Scope.CORPUS_EDIT),
    )


def _refused(
    request: Request, asker: Principal, drafts: Drafts, change_id: str, form: Form, refusal: Refusal
) -> Response:
    return _one(request, asker, drafts, drafts.one(asker, change_id), form, refusal)


def _one(
    request: Request,
    asker: Principal,
    drafts: Drafts,
    change: Change,
    form: Form | None = None,
    refusal: Refusal | None = None,
) -> Response:
    stage = drafts.stage(change.id)
    typed = {name: form.one(name) for name in WORDS} if form and form.one("act") == "save" else None
    known = {**change.report.get("stated", {}), **change.facts}
    page = show_admin(
        request,
        "draft",
        status=refusal.status if refusal else 200,
        done=_DONE,
        fault=refusal.message if refusal else "",
        change=change,
        stage=stage,
        stopped=words.is_reading(change) and not stage,
        values=typed or {name: str(known.get(name, "")) for name in WORDS},
        stated=change.report.get("stated", {}),
        fields=WORDS,
        states=[one.value for one in Validity],
        labels=sorted(asker.labels),
        chosen=set(form.all("label")) if typed and form else labels_of(change),
        needed=approvals_needed(change.report),
        missing=lacking(change),
        alike=drafts.alike(asker, change),
        twin=drafts.twin(asker, change),
        note=form.one("note") if form else change.note,
        theirs=is_theirs(asker, change) and asker.may(Scope.CORPUS_EDIT),
        droppable=may_be_dropped(asker, change) and asker.may(Scope.CORPUS_EDIT),
        is_file=change.kind is ChangeKind.ADD,
        words=words,
        names=names_of(drafts),
    )
    return _awaiting(page, bool(stage))


def _awaiting(page: Response, reading: bool) -> Response:
    """The page, asked for again in a while as long as something is read; nobody types on it meanwhile."""
    if reading:
        page.headers["Refresh"] = str(_REFRESH_S)
    return page
