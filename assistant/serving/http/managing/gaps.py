"""未答问题: what was asked in vain, who sees to it, and what settled it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request
from fastapi.responses import Response

from assistant.curation.gaps import Gap, counted_departments
from assistant.errors import InputError
from assistant.records.gaps import GapMoved, Settled
from assistant.schema.principal import Principal
from assistant.serving.desk import Desk
from assistant.serving.gap_desk import TENDING, GapDesk
from assistant.serving.http.managing.shell import Form, Managed, after, read_form, show_admin
from assistant.serving.http.rules import Asker
from assistant.serving.office import Office
from assistant.serving.render import curation as words
from assistant.serving.withheld import Withheld

PLACE = "/admin/gaps"
_PAGE = 25
_MOST_DIGITS = 15
_SHOWS = {"": "待处理", "mine": "分派给我的", "closed": "已了结", "all": "全部"}
_DONE = {
    "assigned": "已保存分派和说明。",
    "closed": "已了结。以后再有人问而仍未答上，会重新列入“待处理”。",
    "reopened": "已重新打开。",
    "joined": "已并为一组。",
    "stopped": "已停止归并，下面是上一次的结果。",
    "going": "已继续归并。",
}
GapId = Annotated[str, Path(pattern="^[0-9A-Za-z_-]{1,64}$")]


def add_gaps(app: FastAPI, desk: Desk, office: Office | None) -> None:
    """Give an application these pages."""
    gaps = GapDesk(office.registry, desk.provider, office.gold_file) if office else None
    app.state.gaps = gaps
    _add_list(app)
    _add_one(app, desk)


def gaps_of(request: Request) -> GapDesk:
    """Where gaps are seen to; `Managed` has seen that there is such a place."""
    found: GapDesk = request.app.state.gaps
    return found


# --- the list -----------------------------------------------------------------------------------


def _add_list(app: FastAPI) -> None:
    @app.get(PLACE, include_in_schema=False)
    def page(
        request: Request,
        asker: Asker,
        _: Managed,
        show: Annotated[str, Query(max_length=20)] = "",
        dept: Annotated[str, Query(max_length=60)] = "",
        page: int = 1,
    ) -> Response:
        desk = gaps_of(request)
        shown = desk.shown(asker)
        wanted = [gap for gap in shown.gaps if _SHOWN.get(show, _open)(gap, asker)]
        chosen = sorted((gap for gap in wanted if not dept or _from(gap, dept)), key=_order)
        pages = max(1, -(-len(chosen) // _PAGE))
        number = min(max(page, 1), pages)
        return show_admin(
            request,
            "gaps",
            done=_DONE,
            shown=shown,
            rows=chosen[(number - 1) * _PAGE : number * _PAGE],
            count=len(chosen),
            asked_times=sum(len(gap.questions) for gap in chosen),
            departments=counted_departments(wanted),
            form={"show": show if show in _SHOWS else "", "dept": dept},
            shows=_SHOWS,
            page=number,
            pages=pages,
            names=desk.names(),
            words=words,
        )

    @app.post(PLACE, include_in_schema=False)
    async def steer(request: Request, _: Asker, __: Managed) -> Response:
        """Stop what is being put together, or go on."""
        form = await read_form(request, fields=2, longest=100)
        sheet = gaps_of(request).sheet
        if form.one("action") == "stop":
            sheet.stop()
            return after(request, PLACE, "stopped")
        sheet.go_on()
        return after(request, PLACE, "going")


def _open(gap: Gap, _: Principal) -> bool:
    return gap.open


_SHOWN: dict[str, Callable[[Gap, Principal], bool]] = {
    "": _open,
    "mine": lambda gap, asker: gap.open and gap.state is not None and gap.state.assigned_to == asker.id,
    "closed": lambda gap, _: not gap.open,
    "all": lambda _, __: True,
}


def _from(gap: Gap, department: str) -> bool:
    return any(one.department == department for one in gap.questions)


def _order(gap: Gap) -> tuple[int, int, str]:
    return -len(gap.questions), -gap.last_asked, gap.id


# --- one of them --------------------------------------------------------------------------------


def _add_one(app: FastAPI, desk: Desk) -> None:
    @app.get(PLACE + "/{gap_id}", include_in_schema=False)
    def one(request: Request, asker: Asker, _: Managed, gap_id: GapId) -> Response:
        return _shown(request, desk, asker, gap_id)

    @app.post(PLACE + "/{gap_id}", include_in_schema=False)
    async def act(request: Request, asker: Asker, _: Managed, gap_id: GapId) -> Response:
        form = await read_form(request, fields=40, longest=4000)
        gaps = gaps_of(request)
        try:
            code = await asyncio.to_thread(_act, gaps, gap_id, asker, form)
        except (InputError, GapMoved) as exc:
            status = 409 if isinstance(exc, GapMoved) else 422
            return await asyncio.to_thread(_shown, request, desk, asker, gap_id, status=status, fault=exc.message)
        return after(request, f"{PLACE}/{gap_id}", code)


def _act(gaps: GapDesk, gap_id: str, asker: Principal, form: Form) -> str:
    """Do what a form asks for; the code of what was done."""
    version = _version(form.one("version"))
    match form.one("action"):
        case "assign":
            gaps.assign(gap_id, asker, to=form.one("to"), note=form.one("note"), version=version)
            return "assigned"
        case "document":
            gaps.close(gap_id, asker, settled=Settled.DOCUMENT, settled_id=form.one("document"), version=version)
            return "closed"
        case "gold":
            gaps.close(gap_id, asker, settled=Settled.GOLD, settled_id=form.one("case"), version=version)
            return "closed"
        case "reopen":
            gaps.reopen(gap_id, asker, version=version)
            return "reopened"
        case "join":
            gaps.join(gap_id, asker, others=form.all("other"), version=version)
            return "joined"
        case _:
            raise InputError("请在页面上选择要做的事。", code="bad_request")


def _version(said: str) -> int:
    """The moment that a form brings of the state that it was filled in over."""
    if not (said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS):
        raise InputError("请在页面上填写。", code="bad_request")
    return int(said)


def _shown(
    request: Request, desk: Desk, asker: Principal, gap_id: str, *, status: int = 200, fault: str = ""
) -> Response:
    gaps = gaps_of(request)
    gap, alike = gaps.gap(gap_id, asker)
    documents = gaps.documents(asker)
    note = gap.state.note if gap.state else None
    hidden = bool(note) and Withheld(desk.provider(), asker.labels).words(note or "")
    values: dict[str, Any] = {
        "gap": gap,
        "alike": alike,
        "documents": documents,
        "titles": {meta.id: meta.title for meta in documents},
        "cases": gaps.cases(asker),
        "helpers": gaps.helpers(),
        "names": gaps.names(),
        "may": bool(asker.scopes & TENDING) and asker.viewing is None,
        "note": "（所提到的文件您现在不能看）" if hidden else note,
        "questions": _newest(gap),
        "words": words,
    }
    return show_admin(request, "gap", status=status, done=_DONE, fault=fault, **values)


def _newest(gap: Gap) -> Sequence[Any]:
    return sorted(gap.questions, key=lambda one: (-one.at, one.id))
