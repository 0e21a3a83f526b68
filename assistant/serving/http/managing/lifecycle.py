"""管理 · 有效期: what needs attention first, one document with its chain, and changes that two people make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from assistant.corpus.lifecycle import Need
from assistant.corpus.restating import Facts, words_for
from assistant.errors import AssistantError, InputError
from assistant.schema.document import Validity
from assistant.schema.principal import Principal, Scope
from assistant.serving.desk import Desk
from assistant.serving.http.errors import public, request_id_for
from assistant.serving.http.managing.shell import Form, Managed, NoOffice, after, read_form, show_admin
from assistant.serving.http.rules import Asker
from assistant.serving.keeping.lifecycle import LifeCycle, Row
from assistant.serving.keeping.shown import NEED_TONES, NEED_WORDS, Names, chosen_rows, shown
from assistant.serving.keeping.upkeep import Upkeep
from assistant.serving.render.links import reading_path

PATH = "/admin/lifecycle"
_PAGE = 40  # documents at a time
_DONE = {
    "proposed": "已提交，等另一人批准。",
    "withdrawn": "已撤回，登记没有改变。",
    "rejected": "已退回，登记没有改变。",
    "approved": "已批准，正在更新索引；完成后自动启用。",
    "decided": "已处理，正在更新索引；完成后自动启用。",
    "care": "已保存。",
}
Words = Annotated[str, Query(max_length=300)]
Place = Annotated[int, Query(ge=1, le=10_000)]


def upkeep_of(request: Request) -> Upkeep:
    """What keeps the library up to date.

    Raises:
        NoOffice: there is no such thing in development mode.
    """
    found = request.app.state.upkeep
    if not isinstance(found, Upkeep):
        raise NoOffice
    return found


def add_lifecycle(app: FastAPI, desk: Desk) -> None:
    """Give an application these pages."""
    _add_list(app, desk)
    _add_document(app, desk)
    _add_facts(app, desk)
    _add_decisions(app, desk)


def waiting_words(request: Request, desk: Desk) -> Mapping[str, Any]:
    """For the first page of 管理: what needs attention, where whoever asks looks after the library."""
    principal = request.scope["state"].get("principal")
    upkeep = request.app.state.upkeep
    keeps = isinstance(principal, Principal) and principal.scopes & {Scope.CORPUS_EDIT, Scope.CORPUS_APPROVE}
    if not (keeps and isinstance(upkeep, Upkeep)):
        return {"attention": []}
    try:
        rows = upkeep.lifecycle.rows(principal, desk.provider())
    except AssistantError:  # no index yet: nothing to look after
        return {"attention": []}
    return {"attention": [row for row in rows if row.needs and row.needs[0] is not Need.UNDATED][:10], **_words()}


def _words() -> dict[str, Any]:
    return {"need_words": NEED_WORDS, "need_tones": NEED_TONES, "document_path": document_path}


def document_path(document_id: str, *, folder: str = PATH) -> str:
    """The page of a document, without the root."""
    return f"{folder}/document?id={quote(document_id, safe='')}"


# --- the list -----------------------------------------------------------------------------------


def _add_list(app: FastAPI, desk: Desk) -> None:
    @app.get(PATH, include_in_schema=False)
    def listed(
        request: Request,
        asker: Asker,
        _: Managed,
        words: Words = "",
        need: Words = "",
        owner: Words = "",
        page: Place = 1,
    ) -> Response:
        rows = upkeep_of(request).lifecycle.rows(asker, desk.provider())
        found = chosen_rows(rows, words=words.strip(), need=need, owner=owner.strip())
        pages = max(1, -(-len(found) // _PAGE))
        at = min(page, pages)
        return show_admin(
            request,
            "admin_lifecycle",
            rows=found[(at - 1) * _PAGE : at * _PAGE],
            found=len(found),
            count=len(rows),
            counts={need: sum(need in row.needs for row in rows) for need in Need},
            chosen={"words": words, "need": need, "owner": owner},
            page=at,
            pages=pages,
            **_words(),
        )


# --- one document -------------------------------------------------------------------------------


def _add_document(app: FastAPI, desk: Desk) -> None:
    @app.get(f"{PATH}/document", include_in_schema=False)
    def document(request: Request, asker: Asker, _: Managed, id: Words = "") -> Response:
        return _document(request, desk, asker, id)


def _document(
    request: Request,
    desk: Desk,
    asker: Principal,
    document_id: str,
    *,
    form: Form | None = None,
    fault: str = "",
    status: int = 200,
) -> Response:
    upkeep = upkeep_of(request)
    life, office = upkeep.lifecycle, request.app.state.office
    rows = life.rows(asker, desk.provider())
    row = next((row for row in rows if row.meta.id == document_id), None) or life.row(asker, desk.provider(), "")
    names = Names(office.registry.users)
    job = upkeep.work.about(row.meta.id)
    return show_admin(
        request,
        "admin_document",
        status=status,
        done=_DONE,
        fault=fault,
        row=row,
        read=reading_path(row.meta.id),
        chain=[(one, reading_path(one.id)) for one in life.chain(row, rows)],
        waiting=shown(row.change, asker, names, upkeep.work) if row.change else None,
        history=[shown(one, asker, names, upkeep.work) for one in life.history(row.meta.id)],
        job=job if job is not None and job.running else None,
        failed=job.message if job is not None and job.message else "",
        others=[one.meta for one in rows if one.meta.id != row.meta.id],
        states=list(Validity),
        typed=_typed(row, form),
        may_edit=asker.may(Scope.CORPUS_EDIT),
        may_approve=asker.may(Scope.CORPUS_APPROVE),
        **_words(),
    )


def _typed(row: Row, form: Form | None) -> dict[str, str]:
    """What the fields of the form hold: what was typed, else what is registered."""
    if form is not None:
        names = ("effective_on", "expired_on", "status", "superseded_by", "source", "note", "newer", "owner")
        return {name: form.one(name) for name in (*names, "recheck_on")}
    line, care = row.line, row.care
    return {
        "effective_on": str(line.effective_on or "") if line else "",
        "expired_on": str(line.expired_on or "") if line else "",
        "status": line.status.value if line else "",
        "superseded_by": (line.superseded_by or "") if line else "",
        "source": (line.source or "") if line else "",
        "note": "",
        "newer": "",
        "owner": care.owner or "",
        "recheck_on": str(care.recheck_on or ""),
    }


# --- what one asks for --------------------------------------------------------------------------


def _add_facts(app: FastAPI, desk: Desk) -> None:
    async def act(request: Request, asker: Principal, do: Callable[[LifeCycle, Row, Form], str]) -> Response:
        form = await read_form(request)
        return await run_in_threadpool(_acted, request, desk, asker, form, do)

    @app.post(f"{PATH}/facts", include_in_schema=False)
    async def facts(request: Request, asker: Asker, _: Managed) -> Response:
        def propose(life: LifeCycle, row: Row, form: Form) -> str:
            rows = {one.meta.id: one for one in life.rows(asker, desk.provider())}
            life.propose(asker, row, _facts(form, rows), note=form.one("note"))
            return "proposed"

        return await act(request, asker, propose)

    @app.post(f"{PATH}/care", include_in_schema=False)
    async def care(request: Request, asker: Asker, _: Managed) -> Response:
        def put(life: LifeCycle, row: Row, form: Form) -> str:
            life.put_care(asker, row, owner=form.one("owner"), recheck_on=day_of(form, "recheck_on", "复核日期"))
            return "care"

        return await act(request, asker, put)

    @app.post(f"{PATH}/withdraw", include_in_schema=False)
    async def withdraw(request: Request, asker: Asker, _: Managed) -> Response:
        def back(life: LifeCycle, _row: Row, form: Form) -> str:
            life.withdraw(asker, form.one("change"))
            return "withdrawn"

        return await act(request, asker, back)


def _add_decisions(app: FastAPI, desk: Desk) -> None:
    async def act(request: Request, asker: Principal, do: Callable[[LifeCycle, Row, Form], str]) -> Response:
        form = await read_form(request)
        return await run_in_threadpool(_acted, request, desk, asker, form, do)

    @app.post(f"{PATH}/decide", include_in_schema=False)
    async def decide(request: Request, asker: Asker, _: Managed) -> Response:
        def decided(life: LifeCycle, _row: Row, form: Form) -> str:
            rows = life.rows(asker, desk.provider())
            if form.one("action") == "approve":
                life.approve(asker, form.one("change"), rows)
                return "approved"
            life.reject(asker, form.one("change"), rows)
            return "rejected"

        return await act(request, asker, decided)

    @app.post(f"{PATH}/supersession", include_in_schema=False)
    async def supersession(request: Request, asker: Asker, _: Managed) -> Response:
        def decided(life: LifeCycle, row: Row, form: Form) -> str:
            life.decide_proposal(asker, row, confirm=form.one("action") == "confirm")
            return "decided"

        return await act(request, asker, decided)


def _acted(
    request: Request, desk: Desk, asker: Principal, form: Form, do: Callable[[LifeCycle, Row, Form], str]
) -> Response:
    """Do it and lead back to the document; what is wrong is said on its page, where everything typed still stands."""
    life, document_id = upkeep_of(request).lifecycle, form.one("id")
    row = life.row(asker, desk.provider(), document_id)
    try:
        code = do(life, row, form)
    except AssistantError as exc:
        status, _, message = public(exc, request_id_for(request))
        return _document(request, desk, asker, document_id, form=form, fault=message, status=status)
    return after(request, document_path(document_id), code)


def _facts(form: Form, rows: Mapping[str, Row]) -> Facts:
    """The facts that a form states.

    Raises:
        InputError: naming the field.
    """
    newer = form.one("newer")
    if newer and newer not in rows:
        raise InputError("“由本库哪份文件取代”须从列表里选。")
    by = words_for(rows[newer].meta) if newer else form.one("superseded_by")
    status = form.one("status")
    if status not in set(Validity):
        raise InputError("“状态”须从列表里选。")
    return Facts(
        effective_on=day_of(form, "effective_on", "施行日期"),
        expired_on=day_of(form, "expired_on", "失效日期"),
        status=Validity(status),
        superseded_by=by or None,
        source=form.one("source") or None,
    )


def day_of(form: Form, name: str, words: str) -> date | None:
    """A day; `None` where the field is empty.

    Raises:
        InputError: it is none; `words` name the field.
    """
    text = form.one(name)
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as exc:
        raise InputError(f"“{words}”须写成 2026-12-31 这样的日期。") from exc
    if found.isoformat() != text:
        raise InputError(f"“{words}”须写成 2026-12-31 这样的日期。")
    return found
