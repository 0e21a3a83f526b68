"""责任清单: the page, the file with what people filled in, and the route for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from assistant.corpus.standing import day_in_beijing
from assistant.errors import InputError
from assistant.parsing.legal_level import level_of
from assistant.products.duties.earlier import NOTHING, read_earlier
from assistant.products.duties.fields import duty_fields, table_fields
from assistant.products.duties.model import Degree, Duty, DutyTable
from assistant.products.duties.workbook import export
from assistant.schema.document import DocumentMeta, LegalLevel
from assistant.serving.desk import Desk
from assistant.serving.duty_tables import DutyTables, Wanted, chosen, counts_of, kinds_of
from assistant.serving.http.comparing import MEDIA_TYPES, download
from assistant.serving.http.errors import documented
from assistant.serving.http.pages import show
from assistant.serving.http.paging import Cursor, bad_cursor, named_place, page
from assistant.serving.http.rules import Asker
from assistant.serving.http.wire import IsoDay
from assistant.serving.http.wire_duties import DutyList

_PAGE = 40  # rows of the page
ALL = "all"  # every document, where the page would otherwise begin with one
_Text = Annotated[str, Query(max_length=200)]
_GROUPS = {"": "不分组", "document": "按文件", "kind": "按主体类别", "degree": "按强度"}
_DEGREES = Literal["严禁", "不得", "应当", "要求", "鼓励", "允许"]


def add_duties(app: FastAPI, desk: Desk) -> None:
    """Give an application the page, the file and the route."""
    tables = DutyTables(desk.provider)
    _add_page(app, desk, tables)
    _add_file(app, desk, tables)
    _add_route(app, tables)


# --- the page -----------------------------------------------------------------------------------


def _add_page(app: FastAPI, desk: Desk, tables: DutyTables) -> None:
    @app.get("/duties", include_in_schema=False)
    def page(
        request: Request,
        asker: Asker,
        doc: _Text = "",
        kind: _Text = "",
        actor: _Text = "",
        degree: _Text = "",
        group: _Text = "",
        as_of: _Text = "",
        past: bool = False,
        page: int = 1,
    ) -> Response:
        documents = desk.provider().documents(asker.labels)
        form = {"doc": doc or _first(documents), "kind": kind, "actor": actor.strip(), "degree": degree, "group": group,
                "as_of": as_of, "past": past}  # fmt: skip
        wanted = _wanted(form)
        table = tables.table(wanted, asker.labels) if documents else None
        rows = list(chosen(table, wanted)) if table else []
        return show(request, "duties", active="duties", documents=documents, form=form, table=table, all_of_them=ALL,
                    **_shown(table, rows, group, page))  # fmt: skip


def _shown(table: DutyTable | None, rows: Sequence[Duty], group: str, page: int) -> dict[str, Any]:
    """What the template takes besides the form."""
    ordered = sorted(rows, key=_GROUPING[group]) if group in _GROUPING else list(rows)
    pages = max(1, -(-len(ordered) // _PAGE))
    number = min(max(page, 1), pages)
    return {
        "rows": ordered[(number - 1) * _PAGE : number * _PAGE],
        "count": len(ordered),
        "page": number,
        "pages": pages,
        "kinds": kinds_of(table.duties) if table else (),
        "counts": counts_of(rows),
        "degrees": [degree.value for degree in Degree],
        "groups": _GROUPS,
        "name_of": _NAMING.get(group),
    }


def _kind(duty: Duty) -> str:
    return "、".join(duty.actor.kinds) or "主体类别未载明"


_NAMING: Mapping[str, Any] = {
    "document": lambda duty: duty.source.title,
    "kind": _kind,
    "degree": lambda duty: duty.degree.value,
}
_GROUPING: Mapping[str, Any] = {**_NAMING, "degree": lambda duty: list(Degree).index(duty.degree)}


def _first(documents: Sequence[DocumentMeta]) -> str:
    """The document that the page begins with: one in force, and what an office was sent rather than a statute."""
    day = day_in_beijing(datetime.now(UTC))
    ordered = sorted(documents, key=lambda meta: (not meta.in_force(day), level_of(meta) is LegalLevel.LAW))
    return ordered[0].id if ordered else ""


def _wanted(form: Mapping[str, Any]) -> Wanted:
    """What a form asks for.

    Raises:
        InputError: a field holds what is no degree or no day.
    """
    doc, degree, as_of = str(form.get("doc") or ""), str(form.get("degree") or ""), str(form.get("as_of") or "")
    try:
        return Wanted(
            documents=() if doc in ("", ALL) else (doc,),
            kind=str(form.get("kind") or ""),
            actor=str(form.get("actor") or ""),
            degree=Degree(degree) if degree else None,
            day=date.fromisoformat(as_of) if as_of else None,
            past=str(form.get("past") or "").lower() in {"true", "1", "on"},
        )
    except ValueError as exc:
        raise InputError("日期须写成 2024-06-30 的样子，强度须为清单所列的一种。", code="bad_request") from exc


# --- the file -----------------------------------------------------------------------------------


def _add_file(app: FastAPI, desk: Desk, tables: DutyTables) -> None:
    @app.post("/duties/export", include_in_schema=False)
    async def fill_again(request: Request, asker: Asker) -> Response:
        """The table as a file; what stands in the earlier one that is sent along stands in it again."""
        fields, earlier = await _form(request)
        wanted = _wanted(fields)
        # A workbook that is sent may be large, and many may be sent: each takes a place.
        return await desk.apply(lambda: _file(tables, wanted, asker.labels, earlier), principal=asker, heavy=True)


async def _form(request: Request) -> tuple[dict[str, str], bytes]:
    """The fields of the form, and the file; empty where none was chosen.

    Raises:
        InputError: it is no form.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InputError("请在责任清单页上导出。", code="unsupported_media_type")
    try:
        async with request.form(max_files=1, max_fields=12) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            sent = form.get("earlier")
            return fields, await sent.read() if isinstance(sent, UploadFile) else b""
    except HTTPException as exc:
        raise InputError("表单无法读取，请在责任清单页上重新导出。", code="bad_request") from exc


def _file(tables: DutyTables, wanted: Wanted, labels: frozenset[str], earlier: bytes) -> Response:
    exported = export(tables.table(wanted, labels), read_earlier(earlier) if earlier else NOTHING)
    name = f"责任清单_{'_'.join(wanted.documents) or '全部文件'}.xlsx"
    return download(exported.content, name, MEDIA_TYPES["xlsx"])


# --- the route ----------------------------------------------------------------------------------


def _add_route(app: FastAPI, tables: DutyTables) -> None:
    @app.get(
        "/api/v1/duties",
        summary="责任清单",
        tags=["责任清单"],
        response_model=DutyList,
        responses={200: {"content": {MEDIA_TYPES["xlsx"]: {}}}, **documented(404, 422, 503)},
    )
    def duties(
        asker: Asker,
        document_id: Annotated[list[str] | None, Query(max_length=50, description="只读这些文件；不填为全库。")] = None,
        actor_kind: Annotated[str, Query(max_length=40, description="只要这类主体，例如“银行机构”。")] = "",
        actor: Annotated[str, Query(max_length=40, description="主体的名称里有这几个字。")] = "",
        degree: Annotated[_DEGREES | None, Query(description="只要这一强度。")] = None,
        as_of: Annotated[IsoDay, Query(description="哪一天的清单（YYYY-MM-DD）；不填为今天。")] = None,
        past: Annotated[bool, Query(description="当日不适用的文件也读，逐行注明。")] = False,
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=200, description="每页最多几行。")] = 50,
        format: Annotated[
            Literal["json", "xlsx"], Query(description="xlsx 为整份清单的文件，不分页、不筛选。")
        ] = "json",
    ) -> Response | DutyList:
        """从条文读出的责任，一个主体、一个行为、一个条件一行，每行带原文和条款；同命令行 `assistant duties`。"""
        wanted = Wanted(
            documents=tuple(document_id or ()),
            kind=actor_kind,
            actor=actor,
            degree=Degree(degree) if degree else None,
            day=as_of,
            past=past,
        )
        if format == "xlsx":
            return _file(tables, wanted, asker.labels, b"")
        return _listed(tables.table(wanted, asker.labels), wanted, cursor, limit)


def _listed(table: DutyTable, wanted: Wanted, cursor: str | None, limit: int) -> DutyList:
    """One page of the rows that are asked for; the cursor is the id of the last one."""
    rows = list(chosen(table, wanted))
    last = named_place(cursor)
    start = 0 if last is None else next((at + 1 for at, duty in enumerate(rows) if duty.id == last), None)
    if start is None:
        raise bad_cursor()
    shown, following = page(rows[start : start + limit + 1], limit, lambda duty: (duty.id,))
    whole = table_fields(table)
    return DutyList.model_validate(
        {
            **{name: whole[name] for name in ("day", "documents", "left_out", "unread")},
            "count": len(rows),
            "duties": [duty_fields(duty) for duty in shown],
            "next": following,
        }
    )
