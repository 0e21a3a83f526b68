"""The HTTP door: questions, streams, the library. Makes a FastAPI application from an assistant."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ValidationError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException

from assistant import __version__
from assistant.errors import AssistantError, InputError, NotFoundError
from assistant.schema.answer import DeltaEvent, SourcesEvent, Verdict
from assistant.schema.document import LegalLevel
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters
from assistant.serving.desk import Desk, Piece, Reply
from assistant.serving.guards import (
    INTERNAL_MESSAGE,
    BodyLimit,
    Envelope,
    error_payload,
    log_fault,
    strict_json,
)
from assistant.serving.http import wire
from assistant.serving.http.apidocs import docs_html
from assistant.serving.ports import AssistantProvider
from assistant.serving.render.fields import (
    answer_body,
    as_fields,
    checked_body,
    citation_body,
    clause_body,
    document_body,
    hit_body,
    outline_body,
    related_body,
)
from assistant.serving.render.words import checked_summary
from assistant.serving.sessions import SessionStore

logger = logging.getLogger(__name__)
Body = TypeVar("Body", bound=BaseModel)

# Every code that may leave, and the HTTP status it leaves with. A code not listed is a fault of ours: 500.
STATUS_OF_CODE: Mapping[str, int] = {
    "bad_json": 400,
    "not_found": 404,
    "session_not_found": 404,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "bad_input": 422,
    "bad_request": 422,
    "empty_question": 422,
    "question_too_long": 422,
    "bad_characters": 422,
    "empty_text": 422,
    "text_too_long": 422,
    "secret_in_question": 422,
    "model_error": 502,
    "model_output_invalid": 502,
    "busy": 503,
    "index_error": 503,
    "index_not_built": 503,
    "index_stale": 503,
    "index_damaged": 503,
    "model_unavailable": 503,
    "model_timeout": 504,
}
_HTTP_MESSAGES = {
    404: ("not_found", "没有这个地址，请查阅接口说明 /docs。"),
    405: ("method_not_allowed", "这个地址不支持所用的请求方法，请查阅接口说明 /docs。"),
}
_LOOK_S = 0.5  # how often a request without a stream looks whether its client is still there
_CLIENT_GONE = 499  # as nginx writes it into its log; nobody reads the response
_DESCRIPTION = (
    "依据库中条款回答普惠金融政策问题；每句话附条款出处，引文逐字核对；库中没有的，回答“本库未载明”。"
    "出错时回应 {code, message, request_id}，不含所提交的内容。"
)


def create_api(
    provider: AssistantProvider,
    *,
    sessions: SessionStore | None = None,
    slots: int = 4,
    waiting: int = 32,
    patience_s: float = 20.0,
    ping_s: float = 15.0,
) -> FastAPI:
    """The application, with its `Desk` at `app.state.desk`.

    Args:
        provider: gives the assistant, or raises the `AssistantError` that says why there is none.
        sessions: where conversations are kept; a store of its own by default.
        slots, waiting, patience_s: as `Desk` has them.
        ping_s: seconds between signs of life in a stream.
    """
    desk = Desk(provider, sessions=sessions, slots=slots, waiting=waiting, patience_s=patience_s)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    app = FastAPI(
        title="普惠政策助手",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,  # FastAPI's own page loads scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.desk = desk
    app.add_middleware(BodyLimit)
    app.add_middleware(Envelope)  # added last, so outermost
    _add_error_handlers(app)
    _add_health(app, desk)
    _add_questions(app, desk, ping_s)
    _add_verify(app, desk)
    _add_library(app, desk)
    return app


# --- errors -------------------------------------------------------------------------------------


def _request_id(request: Request) -> str:
    return str(request.state.request_id)


def _error_response(request: Request, status: int, code: str, message: str) -> JSONResponse:
    headers = {"Retry-After": "5"} if code == "busy" else None
    return JSONResponse(error_payload(code, message, _request_id(request)), status_code=status, headers=headers)


def _public(exc: AssistantError, request_id: str) -> tuple[int, str, str]:
    """Status, code and message of `exc` as they may leave; what is not meant for users is logged."""
    status = STATUS_OF_CODE.get(exc.code, 500)
    if status == 500:
        log_fault(exc, request_id)
        return status, "internal_error", INTERNAL_MESSAGE
    return status, exc.code, exc.message


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(AssistantError)
    async def on_assistant_error(request: Request, exc: AssistantError) -> Response:
        return _error_response(request, *_public(exc, _request_id(request)))

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, exc: HTTPException) -> Response:
        code, message = _HTTP_MESSAGES.get(exc.status_code, ("bad_request", "请求无法处理，请查阅接口说明 /docs。"))
        response = _error_response(request, exc.status_code, code, message)
        response.headers.update(exc.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def on_validation_error(request: Request, _: RequestValidationError) -> Response:
        return _error_response(request, 422, "bad_request", "请求的地址或参数有误，请查阅接口说明 /docs。")


def _documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    words = {
        400: "不是有效的 JSON",
        404: "文件、条款或会话不存在",
        413: "请求内容过大",
        415: "请求格式不是 application/json",
        422: "问题或字段不能使用",
        500: "服务内部异常",
        503: "索引或模型暂不可用，或提问人数过多",
    }
    return {status: {"model": wire.ErrorBody, "description": words[status]} for status in statuses}


# --- health -------------------------------------------------------------------------------------


def _add_health(app: FastAPI, desk: Desk) -> None:
    @app.get("/livez", summary="进程是否在运行", tags=["运行状态"])
    async def livez() -> wire.LiveBody:
        return wire.LiveBody()

    @app.get(
        "/readyz",
        summary="是否可以作答",
        tags=["运行状态"],
        response_model=wire.ReadyBody,
        responses=_documented(503),
    )
    def readyz(request: Request) -> Response | wire.ReadyBody:
        try:
            assistant = desk.provider()
        except AssistantError as exc:
            return _error_response(request, 503, exc.code, exc.message)
        return wire.ReadyBody(generation=assistant.generation, documents=len(assistant.documents()))

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(docs_html(app.openapi()))


# --- questions ----------------------------------------------------------------------------------


async def _body(request: Request, model: type[Body]) -> Body:
    """The body as `model`. Read here and not by FastAPI, whose reader is more lenient and whose errors echo."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise InputError("请求格式须为 application/json。", code="unsupported_media_type")
    fields = strict_json(await request.body())
    try:
        return model.model_validate(fields)
    except ValidationError as exc:
        raise _refused_fields(exc, model) from None  # its text repeats the input


async def _asked(request: Request) -> wire.AskRequest:
    return await _body(request, wire.AskRequest)


def _inquiry(asked: wire.AskRequest) -> Inquiry:
    plain = asked.style == "plain"
    return Inquiry(question=asked.question, follows=asked.follows, filters=_filters(asked), plain=plain)


async def _sought(request: Request) -> wire.SearchRequest:
    return await _body(request, wire.SearchRequest)


async def _to_verify(request: Request) -> wire.VerifyRequest:
    return await _body(request, wire.VerifyRequest)


def _filters(asked: wire.Chosen) -> Filters:
    return Filters(
        as_of=asked.as_of,
        document_ids=frozenset(asked.document_ids) if asked.document_ids is not None else None,
        levels=frozenset(map(LegalLevel, asked.legal_levels)) if asked.legal_levels is not None else None,
        region=asked.region,
        institution=asked.institution,
    )


def _refused_fields(exc: ValidationError, model: type[BaseModel]) -> InputError:
    errors = exc.errors(include_input=False, include_context=False, include_url=False)
    if any(error["type"] == "string_unicode" for error in errors):
        return InputError("请求里有无法识别的字符（如残缺的编码），请重新输入。", code="bad_characters")
    named = {str(error["loc"][0]) for error in errors}
    known = [name for name in model.model_fields if name in named]  # a name of ours is safe to say
    parts = [f"字段 {'、'.join(known)} 缺失或取值不符"] if known else []
    if named - set(known):
        parts.append(f"含有不支持的字段（可用的字段：{'、'.join(model.model_fields)}）")
    return InputError(f"请求有误：{'；'.join(parts)}。请查阅接口说明 /docs。", code="bad_request")


def _body_schema(model: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


_ASK_BODY = _body_schema(wire.AskRequest)
Asked = Annotated[wire.AskRequest, Depends(_asked)]
Sought = Annotated[wire.SearchRequest, Depends(_sought)]
ToVerify = Annotated[wire.VerifyRequest, Depends(_to_verify)]


def _add_questions(app: FastAPI, desk: Desk, ping_s: float) -> None:
    errors = _documented(400, 404, 413, 415, 422, 500, 503)

    @app.post("/api/v1/ask", summary="提问", tags=["问答"], responses=errors, openapi_extra=_ASK_BODY)
    async def ask(request: Request, asked: Asked) -> wire.AskResponse:
        """等答复完整后一次返回。"""
        reply = await _unless_gone(request, desk.ask(_inquiry(asked), asked.session_id))
        return _ask_response(reply, _request_id(request))

    @app.post(
        "/api/v1/ask/stream",
        summary="提问（流式）",
        tags=["问答"],
        response_class=EventSourceResponse,
        responses={
            200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "事件流"},
            **errors,
        },
        openapi_extra=_ASK_BODY,
    )
    async def ask_stream(request: Request, asked: Asked) -> EventSourceResponse:
        """先发 sources，再发若干 delta（各含一段 text），最后恰有一个 done（同“提问”的回应）或 error。"""
        pieces = await desk.stream(_inquiry(asked), asked.session_id)
        return EventSourceResponse(
            _events(pieces, _request_id(request)), ping=ping_s, headers={"X-Accel-Buffering": "no"}
        )

    @app.post(
        "/api/v1/search",
        summary="查找条款",
        tags=["问答"],
        responses=errors,
        openapi_extra=_body_schema(wire.SearchRequest),
    )
    async def search(request: Request, sought: Sought) -> wire.SearchResponse:
        """只列出相近的条款，不作答复，也不记入会话。"""
        inquiry = Inquiry(question=sought.question, filters=_filters(sought))
        found, assistant = await desk.search(inquiry, sought.limit)
        homes = [assistant.document(hit.chunk_id.rpartition("#")[0], inquiry.rights) for hit in found.ranking]
        hits = list(map(hit_body, found.ranking, homes))
        return wire.SearchResponse(
            request_id=_request_id(request),
            query=found.query.standalone,
            degraded=list(found.degraded),
            hits=hits,
        )


def _add_verify(app: FastAPI, desk: Desk) -> None:
    @app.post(
        "/api/v1/verify",
        summary="核对一段文字",
        tags=["核对"],
        responses=_documented(400, 413, 415, 422, 500, 503),
        openapi_extra=_body_schema(wire.VerifyRequest),
    )
    async def verify(request: Request, asked: ToVerify) -> wire.VerifyResponse:
        """逐句核对：所引文件和条款是否存在、有效，引文、数字、主体、约束程度是否与原文一致。"""
        review = await desk.verify(asked.text, asked.as_of)
        return wire.VerifyResponse(
            request_id=_request_id(request),
            generation=review.generation,
            proved=all(one.verdict in (None, Verdict.OK) for one in review.checked),
            summary=checked_summary(review.checked),
            sentences=list(map(checked_body, review.checked)),
            latency_ms=review.latency_ms,
        )


async def _unless_gone(request: Request, answer: Coroutine[Any, Any, Reply]) -> Reply:
    """The answer, unless the client hangs up first: then the work is stopped."""
    task = asyncio.create_task(answer)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=_LOOK_S)
            if not task.done() and await request.is_disconnected():
                raise HTTPException(_CLIENT_GONE)
        return task.result()
    finally:
        task.cancel()


def _ask_response(reply: Reply, request_id: str) -> wire.AskResponse:
    return wire.AskResponse(
        session_id=reply.session_id,
        request_id=request_id,
        answer=answer_body(reply.answer),
        latency_ms=reply.latency_ms,
    )


async def _events(pieces: AsyncGenerator[Piece, None], request_id: str) -> AsyncGenerator[ServerSentEvent, None]:
    async with aclosing(pieces):
        try:
            async for piece in pieces:
                yield _event(piece, request_id)
        except AssistantError as exc:
            _, code, message = _public(exc, request_id)
            yield _sse("error", error_payload(code, message, request_id))
        except Exception as exc:  # noqa: BLE001 - headers are sent, so the 500 has to travel as an event; it is logged
            log_fault(exc, request_id)
            yield _sse("error", error_payload("internal_error", INTERNAL_MESSAGE, request_id))


def _event(piece: Piece, request_id: str) -> ServerSentEvent:
    match piece:
        case SourcesEvent():
            sources = wire.SourcesBody(
                request_id=request_id,
                standalone_question=piece.standalone_question,
                citations=list(map(citation_body, piece.citations)),
            )
            return _sse("sources", as_fields(sources))
        case DeltaEvent():
            return _sse("delta", {"text": piece.text})
        case Reply():
            return _sse("done", as_fields(_ask_response(piece, request_id)))


def _sse(event: str, data: Mapping[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(data=json.dumps(data, ensure_ascii=False), event=event)


# --- the library --------------------------------------------------------------------------------

DocumentId = Annotated[str, Path(description="文件编号。", examples=["notice_2024_shaanxi"], max_length=200)]
Address = Annotated[str, Path(description="条款地址。", examples=["二、（三）"], max_length=200)]
_HALF_WIDTH = str.maketrans("()", "（）")


def _add_library(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/v1/documents", summary="文件清单", tags=["文件"], responses=_documented(503))
    def documents() -> wire.DocumentList:
        assistant = desk.provider()
        listed = list(map(document_body, assistant.documents()))
        return wire.DocumentList(generation=assistant.generation, documents=listed)

    @app.get(
        "/api/v1/documents/{document_id}",
        summary="一份文件及其条款目录",
        tags=["文件"],
        responses=_documented(404, 422, 503),
    )
    def document(document_id: DocumentId) -> wire.DocumentDetail:
        return outline_body(desk.provider().document(document_id))

    @app.get(
        "/api/v1/documents/{document_id}/clauses/{address:path}",
        summary="一个条款",
        tags=["文件"],
        responses=_documented(404, 422, 503),
    )
    def clause(document_id: DocumentId, address: Address) -> wire.ClauseBody:
        assistant = desk.provider()
        found = assistant.document(document_id)
        place = found.find(address) or found.find(address.translate(_HALF_WIDTH))
        if place is None:
            raise NotFoundError("这份文件没有该地址的条款，请先查阅文件的条款目录，再填写其中的地址。")
        related = list(map(related_body, assistant.related_to(found.id, place.address)))
        return clause_body(found, place, related=related)
