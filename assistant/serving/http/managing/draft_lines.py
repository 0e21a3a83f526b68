"""The tree of a draft beside its text, line by line, and what people say of single lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Path, Query, Request
from fastapi.responses import Response

from assistant.curation.draft_reading import corrections_of
from assistant.curation.drafts import Drafts, is_theirs
from assistant.curation.overlay import Act, Correction
from assistant.errors import InputError
from assistant.parsing.corrections import HEADING_LEVELS
from assistant.products.compare.compare import compare
from assistant.products.compare.report import NOTE, UNLIKE, summary
from assistant.records.changes import Change
from assistant.schema.document import Document, Level
from assistant.schema.principal import Principal, Scope
from assistant.serving.desk import Desk
from assistant.serving.guards import UPLOADS
from assistant.serving.http.managing.drafting import Drafting
from assistant.serving.http.managing.shell import Form, Refusal, after, read_form, show_admin, tried
from assistant.serving.http.rules import Asker
from assistant.serving.reading.comparison import DIFFERING, sheet_of
from assistant.serving.reading.lines import line_at, page_of_line, sheet_of_lines
from assistant.serving.render import drafts as words

ChangeId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
_DONE = {"corrected": "已按校对重新整理条款树。", "undone": "已撤销这一行的校对。"}
_REFRESH_S = "2"
_UNDO = "undo"


def add_draft_lines(app: FastAPI, desk: Desk) -> None:
    """Give an application these pages."""

    @app.get(f"{UPLOADS}/{{change_id}}/lines", include_in_schema=False)
    def lines(
        request: Request,
        change_id: ChangeId,
        asker: Asker,
        drafts: Drafting,
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
        show: Annotated[str, Query(max_length=10)] = "",
    ) -> Response:
        return _lines(request, asker, drafts, change_id, page, marked=show == "marked")

    @app.post(f"{UPLOADS}/{{change_id}}/lines", include_in_schema=False)
    async def correct(request: Request, change_id: ChangeId, asker: Asker, drafts: Drafting) -> Response:
        form = await read_form(request)
        page, marked = _page_of(form), form.one("show") == "marked"
        done = await tried(lambda: _corrected(drafts, asker, change_id, form))
        if isinstance(done, Refusal):
            return await asyncio.to_thread(
                lambda: _lines(request, asker, drafts, change_id, page, marked=marked, refusal=done)
            )
        line, code = done
        asked = urlencode({"page": page, **({"show": "marked"} if marked else {}), "done": code})
        return after(request, f"{UPLOADS}/{change_id}/lines?{asked}#l{line}")

    @app.get(f"{UPLOADS}/{{change_id}}/compare", include_in_schema=False)
    def beside(
        request: Request,
        change_id: ChangeId,
        asker: Asker,
        drafts: Drafting,
        other: Annotated[str, Query(alias="with", max_length=200)],
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    ) -> Response:
        def shown(change: Change, document: Document) -> Response:
            held = desk.provider().document(other, asker.labels)
            found = compare(held, document)
            return show_admin(
                request, "draft_compare", change=change, words=words, other=other, comparison=found,
                sheet=sheet_of(found, DIFFERING, page), summary=summary(found), unlike=UNLIKE, note=NOTE,
                title=words.title_of(change),
            )  # fmt: skip

        return _with_document(request, asker, drafts, change_id, shown)


def _with_document(
    request: Request,
    asker: Principal,
    drafts: Drafts,
    change_id: str,
    shown: Callable[[Change, Document], Response],
) -> Response:
    """A page of the document of a change, or one that says that it is being read."""
    change = drafts.one(asker, change_id)
    document = drafts.document(asker, change)
    if document is not None:
        return shown(change, document)
    page = show_admin(
        request,
        "draft_waiting",
        change=change,
        words=words,
        stage=drafts.stage(change_id),
        title=words.title_of(change),
    )
    page.headers["Refresh"] = _REFRESH_S
    return page


def _lines(
    request: Request,
    asker: Principal,
    drafts: Drafts,
    change_id: str,
    page: int,
    *,
    marked: bool,
    refusal: Refusal | None = None,
) -> Response:
    def shown(change: Change, document: Document) -> Response:
        quality = change.report.get("quality", {})
        look_at = [*quality.get("gaps", ()), *quality.get("suspects", ())]
        sheet = sheet_of_lines(document, corrections_of(change), frozenset(look_at), page=page, marked=marked)
        places = [(address, line) for address in look_at if (line := line_at(document, address))]
        return show_admin(
            request,
            "draft_lines",
            status=refusal.status if refusal else 200,
            done=_DONE,
            fault=refusal.message if refusal else "",
            change=change,
            title=words.title_of(change),
            sheet=sheet,
            marked=marked,
            places=[(address, line, page_of_line(document, line)) for address, line in places],
            said=[(line, said, page_of_line(document, line)) for line, said in words.said_of(change)],
            theirs=is_theirs(asker, change) and asker.may(Scope.CORPUS_EDIT),
            words=words,
        )

    return _with_document(request, asker, drafts, change_id, shown)


def _page_of(form: Form) -> int:
    return max(form.number("page", "页码") or 1, 1)


def _corrected(drafts: Drafts, asker: Principal, change_id: str, form: Form) -> tuple[int, str]:
    """The line that a form speaks of, and the code of what was done."""
    line = form.number("line", "行号") or 0
    act = form.one("act")
    if act == _UNDO:
        drafts.correct(asker, change_id, line, None)
        return line, "undone"
    try:
        said = Act(act)
        level = Level(form.one("level")) if said is Act.HEADING else None
    except ValueError as exc:
        raise InputError("请选择这一行是什么。") from exc
    heading = level is not None and level in HEADING_LEVELS
    number = (form.number("number", "编号") or 0) if heading else 0
    suffix = (form.number("suffix", "之几") or 0) if level is Level.ARTICLE else 0
    one = Correction(line=line, words=form.one("hash"), act=said, level=level, number=number, suffix=suffix)
    drafts.correct(asker, change_id, line, one)
    return line, "corrected"
