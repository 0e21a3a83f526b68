"""历史: one's conversations on a page of ours, opened again, named, dropped, rated; and one of them as a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response

from assistant.errors import InputError
from assistant.records.feedback import Reason
from assistant.schema.principal import Principal
from assistant.serving.desk import Desk
from assistant.serving.given import GivenAnswers
from assistant.serving.history import File, History
from assistant.serving.http.comparing import MEDIA_TYPES, download
from assistant.serving.http.errors import documented
from assistant.serving.http.given import SessionId
from assistant.serving.http.pages import page_fields, show
from assistant.serving.http.paging import Cursor, numbered_place, page
from assistant.serving.http.rules import Asker
from assistant.serving.render.feedback import MOST_COMMENT, REASONS, feedback_words
from assistant.serving.render.transcript import shown_of
from assistant.serving.transcripts import FILES, minute_of

_LISTED, _SHOWN = 20, 20  # conversations, and exchanges of one, on a page
_MOST_TITLE = 60
_MOST_FIELDS = 8
_ID = re.compile("[0-9A-Za-z_-]{1,64}")
_DONE = {"renamed": "名称已改好。", "rated": "评价已记下，谢谢。再评一次，以后一次为准。", "dropped": "对话已删除。"}
Kind = Literal["docx", "md"]


def add_history(app: FastAPI, desk: Desk, *, base: str | None = None) -> None:
    """Give an application the page and the file; `add_given` has put there what was given.

    Args:
        base: the address of the service, under which the readers of a file find clauses.
    """
    given = app.state.given
    history = History(desk, given if isinstance(given, GivenAnswers) else None, base=base)
    app.state.history = history
    _add_route(app, desk, history)
    _add_list(app, history)
    _add_talk(app, desk, history)


# --- the file -----------------------------------------------------------------------------------


def _add_route(app: FastAPI, desk: Desk, history: History) -> None:
    @app.get(
        "/api/v1/sessions/{session_id}/export",
        summary="把一个会话导出为文件",
        tags=["会话"],
        response_class=Response,
        responses={
            200: {"content": {MEDIA_TYPES[kind]: {} for kind in FILES}},
            **documented(404, 422, 500, 503),
        },
    )
    async def export(
        session_id: SessionId,
        asker: Asker,
        format: Annotated[Kind, Query(description="docx（Word）或 md（Markdown）。")] = "docx",
    ) -> Response:
        """问题、答复、结论、提示和每处引用：标题、地址、时效、核对结论、原文；只有本人的会话，至多最近 200 次问答。"""
        return await _file(desk, history, session_id, asker, format)


async def _file(desk: Desk, history: History, session_id: str, asker: Principal, kind: str) -> Response:
    """A long conversation takes its time: it takes a place."""
    found: File = await desk.apply(lambda: history.file(session_id, asker, kind), principal=asker, heavy=True)
    return download(found.content, found.name, MEDIA_TYPES[kind])


# --- the pages ----------------------------------------------------------------------------------


def _add_list(app: FastAPI, history: History) -> None:
    @app.get("/history", include_in_schema=False)
    def listed(
        request: Request, asker: Asker, cursor: Cursor = None, done: Annotated[str, Query(max_length=20)] = ""
    ) -> Response:
        found = history.talks(asker, after=numbered_place(cursor), limit=_LISTED + 1)
        talks, after = page(found, _LISTED, lambda one: one.place)
        return show(request, "history", active="history", keeps=history.keeps, talks=talks, after=after,
                    first=cursor is None, minute_of=minute_of, done=_DONE.get(done, ""))  # fmt: skip


def _add_talk(app: FastAPI, desk: Desk, history: History) -> None:
    @app.get("/history/{session_id}", include_in_schema=False)
    def opened(
        request: Request,
        session_id: SessionId,
        asker: Asker,
        page: Annotated[int | None, Query(ge=1, le=1000)] = None,
        done: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        return _opened(request, history, session_id, asker, page=page, done=_DONE.get(done, ""))

    @app.get("/history/{session_id}/export", include_in_schema=False)
    async def export(session_id: SessionId, asker: Asker, kind: Kind) -> Response:
        return await _file(desk, history, session_id, asker, kind)

    @app.post("/history/{session_id}", include_in_schema=False)
    async def change(request: Request, session_id: SessionId, asker: Asker) -> Response:
        """Another title, an opinion on an answer, or the end of it."""
        fields = await page_fields(request, page="历史", most=_MOST_FIELDS)
        return await desk.apply(lambda: _changed(request, history, session_id, asker, fields), principal=asker)


def _opened(
    request: Request,
    history: History,
    session_id: str,
    asker: Principal,
    *,
    page: int | None = None,
    done: str = "",
    fault: str = "",
    fields: Mapping[str, str] | None = None,
) -> Response:
    """A conversation on a page; without a number its last page, where one goes on."""
    kept, transcript = history.opened(session_id, asker)
    pages = max(1, -(-len(transcript.said) // _SHOWN))
    number = min(page or pages, pages)
    start = (number - 1) * _SHOWN
    said = transcript.said[start : start + _SHOWN]
    ratings = history.ratings([one.answer_id for one in said], asker)
    values: dict[str, Any] = {
        "talk": kept.talk,
        "title": transcript.title,
        "cut": transcript.cut,
        "turns": [(start + at, shown_of(one)) for at, one in enumerate(said, start=1)],
        "ratings": {answer_id: (one, feedback_words(one)) for answer_id, one in ratings.items()},
        "reasons": {reason.value: words for reason, words in REASONS.items()},
        "minute_of": minute_of,
        "page": number,
        "pages": pages,
        "keeps": history.keeps,
        "done": done,
        "fault": fault,
        "typed": fields or {},
    }
    return show(request, "talk", active="history", status=422 if fault else 200, **values)


def _changed(
    request: Request, history: History, session_id: str, asker: Principal, fields: Mapping[str, str]
) -> Response:
    home = request.scope.get("root_path", "")
    try:
        match fields.get("action", ""):
            case "rename":
                history.rename(session_id, asker, _title(fields))
                done = "renamed"
            case "rate":
                _rate(history, asker, fields)
                done = "rated"
            case "drop":
                history.drop(session_id, asker)
                return RedirectResponse(f"{home}/history?done=dropped", status_code=303)
            case _:
                raise InputError("请用页面上的按钮。", code="bad_request")
    except InputError as exc:
        number = fields.get("page", "")
        at = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else None
        return _opened(request, history, session_id, asker, page=at, fault=exc.message, fields=fields)
    answer_id = fields.get("answer", "")
    place = f"#a-{answer_id}" if done == "rated" else ""
    asked = f"&page={fields['page']}" if re.fullmatch("[0-9]{1,4}", fields.get("page", "")) else ""
    return RedirectResponse(f"{home}/history/{session_id}?done={done}{asked}{place}", status_code=303)


def _title(fields: Mapping[str, str]) -> str:
    title = " ".join(fields.get("title", "").split())
    if not 0 < len(title) <= _MOST_TITLE:
        raise InputError(f"名称须为 1 至 {_MOST_TITLE} 字，请改好再保存。", code="bad_request")
    return title


def _rate(history: History, asker: Principal, fields: Mapping[str, str]) -> None:
    answer_id, rating, reason = (fields.get(name, "") for name in ("answer", "rating", "reason"))
    comment = fields.get("comment", "").strip()
    if rating not in ("up", "down"):
        raise InputError("请先选“有用”或“没有用”，再提交。", code="bad_request")
    if reason not in ("", *Reason) or not _ID.fullmatch(answer_id):
        raise InputError("原因请从列表里选，再提交。", code="bad_request")
    if len(comment) > MOST_COMMENT:
        raise InputError(f"说明至多 {MOST_COMMENT} 字，请改短再提交。", code="bad_request")
    history.rate(
        answer_id,
        asker,
        useful=rating == "up",
        reason=Reason(reason) if reason else None,
        comment=comment or None,
    )
