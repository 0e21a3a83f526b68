"""管理 · 词表: entries of ours and of the house, what a change would change, and changes that two people make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from assistant.errors import AssistantError, InputError
from assistant.records.amendments import Amendment
from assistant.schema.principal import Principal, Scope
from assistant.serving.desk import Desk
from assistant.serving.http.errors import public, request_id_for
from assistant.serving.http.managing.lifecycle import Place, Words, upkeep_of
from assistant.serving.http.managing.shell import Form, Managed, after, read_form, show_admin
from assistant.serving.http.rules import Asker
from assistant.serving.keeping.preview import MOST_QUESTIONS, MOST_TYPED
from assistant.serving.keeping.shown import Names, Shown, shown
from assistant.serving.keeping.tables import KINDS, LAY_WORDS, PHRASINGS, Entry
from assistant.serving.keeping.upkeep import TryOut, Upkeep
from assistant.serving.keeping.work import Job
from assistant.serving.ports import Assistant
from assistant.serving.render.words import OUTCOME_LABELS
from assistant.text.folding import fold

PATH = "/admin/tables"
_PAGE = 50  # entries at a time
_NAMES = {LAY_WORDS: "口语说法", PHRASINGS: "问法"}
_DONE = {
    "proposed": "已提交，等另一人批准。",
    "withdrawn": "已撤回，词表没有改变。",
    "rejected": "已退回，词表没有改变。",
    "approved": "已批准，正在启用。",
}
Id = Annotated[str, Query(max_length=64)]


def add_tables(app: FastAPI, desk: Desk) -> None:
    """Give an application these pages."""
    _add_list(app, desk)
    _add_entry(app, desk)
    _add_preview(app, desk)
    _add_change(app, desk)


def _table(name: str) -> str:
    """The name of a table.

    Raises:
        InputError: there is none of that name.
    """
    if name not in KINDS:
        raise InputError("没有这张词表，请从“词表”页打开。")
    return name


# --- the list -----------------------------------------------------------------------------------


def _add_list(app: FastAPI, desk: Desk) -> None:
    @app.get(PATH, include_in_schema=False)
    def listed(
        request: Request,
        asker: Asker,
        _: Managed,
        table: Id = LAY_WORDS,
        words: Words = "",
        whose: Id = "",
        page: Place = 1,
    ) -> Response:
        upkeep, assistant = upkeep_of(request), desk.provider()
        names = Names(request.app.state.office.registry.users)
        entries, fault = _entries(upkeep, _table(table), asker, assistant)
        found = _chosen(entries, words, whose)
        pages = max(1, -(-len(found) // _PAGE))
        at = min(page, pages)

        def seen(changes: Sequence[Amendment]) -> list[Shown]:
            return [shown(one, asker, names, upkeep.work) for one in changes]

        return show_admin(
            request,
            "admin_tables",
            done=_DONE,
            fault=fault,
            table=table,
            tables=_NAMES,
            shown_entries=found[(at - 1) * _PAGE : at * _PAGE],
            found=len(found),
            count=len(entries),
            own=sum(entry.house for entry in entries),
            chosen={"words": words, "whose": whose},
            page=at,
            pages=pages,
            waiting=seen(upkeep.tables.open_changes(asker, assistant)),
            history=seen(upkeep.tables.history(asker, assistant)),
            titles=_titles(assistant, asker),
            may_edit=asker.may(Scope.CORPUS_EDIT),
        )


def _entries(upkeep: Upkeep, table: str, asker: Principal, assistant: Assistant) -> tuple[tuple[Entry, ...], str]:
    """The entries, or what is wrong with a file that somebody edited by hand."""
    try:
        return upkeep.tables.entries(table, asker, assistant), ""
    except AssistantError as exc:
        return (), exc.message


def _chosen(entries: Sequence[Entry], words: str, whose: str) -> list[Entry]:
    asked = fold(words).split()
    mine = [one for one in entries if not whose or one.house == (whose == "house")]
    return [one for one in mine if all(word in one.told for word in asked)]


def _titles(assistant: Assistant, asker: Principal) -> dict[str, str]:
    return {meta.id: meta.title for meta in assistant.documents(asker.labels)}


# --- one entry ----------------------------------------------------------------------------------


def _add_entry(app: FastAPI, desk: Desk) -> None:
    @app.get(f"{PATH}/entry", include_in_schema=False)
    def entry(request: Request, asker: Asker, _: Managed, table: Id = LAY_WORDS, key: Id = "") -> Response:
        name, before = _table(table), None
        if key:
            before = upkeep_of(request).tables.entry(name, key, asker, desk.provider()).fields
        return _entry(request, desk, asker, name, key, _typed_of(before))

    @app.post(f"{PATH}/entry", include_in_schema=False)
    async def act(request: Request, asker: Asker, _: Managed) -> Response:
        return await run_in_threadpool(_entry_sent, request, desk, asker, await read_form(request))


def _entry_sent(request: Request, desk: Desk, asker: Principal, form: Form) -> Response:
    """What somebody typed: tried, asked for, or told what is wrong with it."""
    upkeep, assistant, action = upkeep_of(request), desk.provider(), form.one("action")
    table, key = _table(form.one("table")), form.one("key")
    before = upkeep.tables.entry(table, key, asker, assistant).fields if key else None
    try:
        removed = action in ("remove", "preview-remove")
        wanted = None if removed else upkeep.tables.checked(table, _sent(table, form), asker, assistant)
        if action in ("preview", "preview-remove"):
            typed = tuple(line.strip() for line in form.one("questions").splitlines() if line.strip())
            asked = TryOut(table=table, before=before, after=wanted, typed=typed, note=form.one("note"))
            job = upkeep.try_out(asker, assistant, asked)
            return after(request, f"{PATH}/preview?job={job.id}")
        change = upkeep.tables.propose(asker, table, before, wanted, note=form.one("note"))
    except AssistantError as exc:
        status, _, message = public(exc, request_id_for(request))
        return _entry(request, desk, asker, table, key, _typed(form), fault=message, status=status)
    return after(request, f"{PATH}/change?id={change.id}", "proposed")


def _sent(table: str, form: Form) -> dict[str, Any]:
    if table == LAY_WORDS:
        return {
            "concept": form.one("concept"),
            "policy": form.listed("policy"),
            "lay": form.listed("lay"),
            "beside": form.ticked("beside"),
        }
    return {name: form.one(name) for name in ("document_id", "clause", "question", "answered_by")}


def _typed(form: Form) -> dict[str, str]:
    names = ("concept", "policy", "lay", "beside", "document_id", "clause", "question", "answered_by")
    return {name: form.one(name) for name in (*names, "note", "questions")}


def _typed_of(fields: Mapping[str, Any] | None, *, note: str = "", questions: str = "") -> dict[str, str]:
    """An entry as the fields of the form hold it."""
    held = fields or {}
    listed = {name: "\n".join(held.get(name, ())) for name in ("policy", "lay")}
    single = ("concept", "document_id", "clause", "question", "answered_by")
    words = {name: str(held.get(name) or "") for name in single}
    return {**words, **listed, "beside": "1" if held.get("beside") else "", "note": note, "questions": questions}


def _entry(
    request: Request,
    desk: Desk,
    asker: Principal,
    table: str,
    key: str,
    typed: Mapping[str, str],
    *,
    job: Job | None = None,
    fault: str = "",
    status: int = 200,
) -> Response:
    return show_admin(
        request,
        "admin_entry",
        status=status,
        fault=fault,
        table=table,
        table_name=_NAMES[table],
        key=key,
        typed=typed,
        job=job,
        documents=desk.provider().documents(asker.labels),
        **_preview_words(),
    )


def _preview_words() -> dict[str, Any]:
    return {"outcomes": OUTCOME_LABELS, "most": MOST_QUESTIONS, "most_typed": MOST_TYPED}


# --- what it would change -----------------------------------------------------------------------


def _add_preview(app: FastAPI, desk: Desk) -> None:
    @app.get(f"{PATH}/preview", include_in_schema=False)
    def look(request: Request, asker: Asker, _: Managed, job: Id = "") -> Response:
        upkeep, assistant = upkeep_of(request), desk.provider()
        found = upkeep.trials.of(job, owner=asker.id)
        asked = found.asked
        if asked.change:
            change = upkeep.tables.change(asked.change, asker, assistant)
            return _change(request, desk, asker, change, job=found)
        gone = asked.before or {}
        key = Entry(table=asked.table, fields=gone, house=True).key if gone else ""
        typed = _typed_of(asked.after or gone, note=asked.note, questions="\n".join(asked.typed))
        return _entry(request, desk, asker, asked.table, key, typed, job=found)

    @app.post(f"{PATH}/preview", include_in_schema=False)
    async def begin(request: Request, asker: Asker, _: Managed) -> Response:
        form = await read_form(request)

        def do(upkeep: Upkeep, change: Amendment) -> str:
            typed = tuple(line.strip() for line in form.one("questions").splitlines() if line.strip())
            asked = TryOut(table=change.kind, before=change.before, after=change.after, typed=typed, change=change.id)
            return f"{PATH}/preview?job={upkeep.try_out(asker, desk.provider(), asked).id}"

        return await run_in_threadpool(_acted, request, desk, asker, form, do)


# --- a change and what becomes of it ------------------------------------------------------------


def _add_change(app: FastAPI, desk: Desk) -> None:
    @app.get(f"{PATH}/change", include_in_schema=False)
    def look(request: Request, asker: Asker, _: Managed, id: Id = "") -> Response:
        return _change(request, desk, asker, upkeep_of(request).tables.change(id, asker, desk.provider()))

    @app.post(f"{PATH}/decide", include_in_schema=False)
    async def decide(request: Request, asker: Asker, _: Managed) -> Response:
        form = await read_form(request)

        def do(upkeep: Upkeep, change: Amendment) -> str:
            if form.one("action") == "approve":
                upkeep.tables.approve(asker, change)
                return f"{PATH}/change?id={change.id}&done=approved"
            upkeep.tables.reject(asker, change)
            return f"{PATH}/change?id={change.id}&done=rejected"

        return await run_in_threadpool(_acted, request, desk, asker, form, do)

    @app.post(f"{PATH}/withdraw", include_in_schema=False)
    async def withdraw(request: Request, asker: Asker, _: Managed) -> Response:
        def do(upkeep: Upkeep, change: Amendment) -> str:
            upkeep.tables.withdraw(asker, change)
            return f"{PATH}/change?id={change.id}&done=withdrawn"

        return await run_in_threadpool(_acted, request, desk, asker, await read_form(request), do)

    @app.post(f"{PATH}/undo", include_in_schema=False)
    async def undo(request: Request, asker: Asker, _: Managed) -> Response:
        def do(upkeep: Upkeep, change: Amendment) -> str:
            return f"{PATH}/change?id={upkeep.tables.undo(asker, change).id}&done=proposed"

        return await run_in_threadpool(_acted, request, desk, asker, await read_form(request), do)


def _acted(
    request: Request, desk: Desk, asker: Principal, form: Form, do: Callable[[Upkeep, Amendment], str]
) -> Response:
    """Do it and lead to where its path says; what is wrong is said on the page of the change."""
    upkeep = upkeep_of(request)
    change = upkeep.tables.change(form.one("change"), asker, desk.provider())
    try:
        path = do(upkeep, change)
    except AssistantError as exc:
        status, _, message = public(exc, request_id_for(request))
        change = upkeep.tables.change(change.id, asker, desk.provider())
        return _change(request, desk, asker, change, fault=message, status=status)
    return after(request, path)


def _change(
    request: Request,
    desk: Desk,
    asker: Principal,
    change: Amendment,
    *,
    job: Job | None = None,
    fault: str = "",
    status: int = 200,
) -> Response:
    upkeep = upkeep_of(request)
    names = Names(request.app.state.office.registry.users)
    return show_admin(
        request,
        "admin_tables_change",
        status=status,
        done=_DONE,
        fault=fault,
        one=shown(change, asker, names, upkeep.work),
        job=job,
        titles=_titles(desk.provider(), asker),
        questions="\n".join(job.asked.typed) if job else "",
        may_edit=asker.may(Scope.CORPUS_EDIT),
        may_approve=asker.may(Scope.CORPUS_APPROVE),
        **_preview_words(),
    )
