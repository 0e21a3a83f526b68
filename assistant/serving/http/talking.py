"""宣讲: the routes for programs, and the page with its form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from assistant.errors import InputError
from assistant.products.talks.choosing import Brief
from assistant.products.talks.drafts import form_of, json_of, read_draft
from assistant.products.talks.model import FEWEST_MINUTES, Proved
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal
from assistant.schema.retrieval import Filters
from assistant.serving.desk import Desk
from assistant.serving.exported_talks import keep_export
from assistant.serving.http import wire_talks
from assistant.serving.http.bodies import body_schema, read_body
from assistant.serving.http.comparing import download
from assistant.serving.http.errors import documented, request_id_for
from assistant.serving.http.pages import page_fields, show
from assistant.serving.http.rules import Asker
from assistant.serving.office import Office
from assistant.serving.talk_desk import MEDIA_TYPES, Drafted, TalkWish, drafted, file_name, file_of, judged, with_edits

_MOST_FIELDS = 1000
_DEFAULT_MINUTES = "20"
_FILES = {"pptx": "下载 PPTX", "docx": "下载 DOCX", "register.json": "下载登记表", "yaml": "下载草稿"}


async def _wanted(request: Request) -> wire_talks.TalkRequest:
    return await read_body(request, wire_talks.TalkRequest)


async def _to_export(request: Request) -> wire_talks.TalkExportRequest:
    return await read_body(request, wire_talks.TalkExportRequest)


Wanted = Annotated[wire_talks.TalkRequest, Depends(_wanted)]
ToExport = Annotated[wire_talks.TalkExportRequest, Depends(_to_export)]


def add_talks(app: FastAPI, desk: Desk, *, base: str | None = None) -> None:
    """Give an application the routes and the page.

    Args:
        base: the address of the service, under which its readers find clauses.
    """
    _add_routes(app, desk, base)
    _add_page(app, desk, base)


# --- routes -------------------------------------------------------------------------------------


def _add_routes(app: FastAPI, desk: Desk, base: str | None) -> None:
    @app.post(
        "/api/v1/talks",
        summary="起草宣讲材料",
        tags=["宣讲"],
        responses=documented(400, 404, 413, 415, 422, 500, 503),
        openapi_extra=body_schema(wire_talks.TalkRequest),
    )
    async def draft(request: Request, asker: Asker, asked: Wanted) -> wire_talks.TalkResponse:
        """按听众、主题、时长起草；每句话都有条款，逐句核对。"""
        brief = Brief(audience=asked.audience, topic=asked.topic, minutes=asked.minutes)
        chosen = frozenset(asked.document_ids) if asked.document_ids is not None else None
        wish = TalkWish(brief=brief, labels=asker.labels, documents=chosen, day=asked.as_of, use_llm=asked.use_llm)
        return _body(await _draft(desk, wish, asker), request_id_for(request))

    @app.post(
        "/api/v1/talks/export",
        summary="导出宣讲材料",
        tags=["宣讲"],
        responses={
            200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}},
            **documented(400, 413, 415, 422, 500, 503),
        },
        openapi_extra=body_schema(wire_talks.TalkExportRequest),
        response_class=Response,
    )
    async def export(request: Request, asker: Asker, asked: ToExport) -> Response:
        """逐句重新核对后写成文件；没有通过的不导出，除非要求标明。"""

        def write() -> bytes:
            talk = read_draft(json.dumps(asked.draft, ensure_ascii=False).encode())
            proved = judged(desk.provider(), talk, asker.labels, asked.as_of)
            content = file_of(proved, asked.format, marked=asked.mark_unproved, base=base)
            _keep(request, asker, proved, asked.format)
            return content

        content = await desk.apply(write, principal=asker, heavy=True)
        return download(content, file_name(asked.format), MEDIA_TYPES[asked.format])


def _keep(request: Request, asker: Principal, proved: Proved, kind: str) -> None:
    """Keep what is exported, where records are kept."""
    if isinstance(office := request.app.state.office, Office):
        keep_export(office.registry, asker.id, proved, kind)


async def _draft(desk: Desk, wish: TalkWish, asker: Principal) -> Drafted:
    """The draft for a wish; it takes a place, and counts, as a question does."""
    filters = Filters(document_ids=wish.documents, as_of=wish.day)
    assistant = await desk.assistant_for(Inquiry(question=wish.brief.topic, filters=filters, principal=asker))
    return await desk.apply(lambda: drafted(assistant, wish), principal=asker, heavy=True)


def _body(found: Drafted, request_id: str) -> wire_talks.TalkResponse:
    talk, proved = found.talk, found.proved
    return wire_talks.TalkResponse(
        request_id=request_id,
        generation=talk.generation,
        checked_on=talk.checked_on.isoformat(),
        draft=form_of(talk),
        statements=len(proved.judged),
        unproved=[
            wire_talks.UnprovedBody(where=name, verdict=one.verdict.value, reason=one.reason)
            for name, one in proved.unproved
        ],
        notice=found.notice,
    )


# --- the page -----------------------------------------------------------------------------------


def _add_page(app: FastAPI, desk: Desk, base: str | None) -> None:
    @app.get("/talks", include_in_schema=False)
    def page(request: Request, asker: Asker) -> Response:
        return _shown(request, desk, asker, {})

    @app.post("/talks", include_in_schema=False)
    async def work(request: Request, asker: Asker) -> Response:
        """A draft made, looked at again with what was edited, or written as a file."""
        fields = await page_fields(request, page="宣讲", most=_MOST_FIELDS)
        action = fields.get("action", "")
        if action == "draft":
            found = await _draft(desk, _wish(fields, asker), asker)
            return _shown(request, desk, asker, fields, found.proved, found.notice)
        proved = await desk.apply(lambda: _judged_again(desk, fields, asker), principal=asker, heavy=True)
        marked = "mark" in fields
        if action in MEDIA_TYPES and (marked or not proved.unproved or action == "yaml"):

            def write() -> bytes:
                content = file_of(proved, action, marked=marked, base=base)
                _keep(request, asker, proved, action)
                return content

            content = await desk.apply(write, principal=asker, heavy=True)
            return download(content, file_name(action), MEDIA_TYPES[action])
        return _shown(request, desk, asker, fields, proved, "" if action == "look" else _REFUSED)


_REFUSED = "还有没有通过核对的地方（见下面标红的几处），没有导出。请改好；确实要用的，勾选“照样导出并标明”。"


def _judged_again(desk: Desk, fields: Mapping[str, str], asker: Principal) -> Proved:
    talk = with_edits(read_draft(fields.get("draft", "").encode()), fields)
    return judged(desk.provider(), talk, asker.labels)


def _wish(fields: Mapping[str, str], asker: Principal) -> TalkWish:
    minutes = fields.get("minutes", "").strip()
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 4):
        raise InputError("时长须为整数分钟。", code="bad_request")
    doc = fields.get("doc", "")
    brief = Brief(audience=fields.get("audience", ""), topic=fields.get("topic", ""), minutes=int(minutes))
    return TalkWish(brief=brief, labels=asker.labels, documents=frozenset({doc}) if doc else None)


def _shown(
    request: Request,
    desk: Desk,
    asker: Principal,
    fields: Mapping[str, str],
    proved: Proved | None = None,
    notice: str = "",
) -> Response:
    values: dict[str, Any] = {
        "documents": desk.provider().documents(asker.labels),
        "form": {name: fields.get(name, "") for name in ("audience", "topic", "doc")},
        "minutes": proved.talk.minutes if proved else _DEFAULT_MINUTES,
        "fewest": FEWEST_MINUTES,
        "proved": proved,
        "draft": json_of(proved.talk) if proved else "",
        "notice": notice,
        "files": _FILES,
    }
    return show(request, "talks", active="talks", **values)
