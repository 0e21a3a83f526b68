"""Errors as they leave over HTTP: one envelope, one table of codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from assistant.errors import AssistantError
from assistant.serving.guards import INTERNAL_MESSAGE, error_body, log_fault, path_of
from assistant.serving.http import wire
from assistant.serving.http.pages import told_page, wants_page
from assistant.serving.limits.refusals import TooManyRequests

# Every code that may leave, and the HTTP status it leaves with. A code not listed is a fault of ours: 500.
STATUS_OF_CODE: Mapping[str, int] = {
    "bad_json": 400,
    "unauthorized": 401,
    "bad_credential": 401,
    "credential_expired": 401,
    "forbidden": 403,
    "cross_site": 403,
    "sign_in_again": 403,
    "not_found": 404,
    "session_not_found": 404,
    "model_not_found": 404,
    "not_kept": 404,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "in_progress": 409,
    "nothing_earlier": 409,
    "library_changed": 409,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "bad_input": 422,
    "bad_request": 422,
    "bad_cursor": 422,
    "idempotency_key_reused": 422,
    "unsupported": 422,
    "empty_question": 422,
    "question_too_long": 422,
    "bad_characters": 422,
    "empty_text": 422,
    "text_too_long": 422,
    "secret_in_question": 422,
    "too_many_attempts": 429,
    "too_many_requests": 429,
    "too_many_at_once": 429,
    "daily_cap_reached": 429,
    "model_error": 502,
    "model_output_invalid": 502,
    "busy": 503,
    "signin_unavailable": 503,
    "shutting_down": 503,
    "records_unavailable": 503,
    "records_outdated": 503,
    "audit_unavailable": 503,
    "index_error": 503,
    "source_error": 503,
    "unreadable": 503,
    "evaluation_error": 503,
    "index_not_built": 503,
    "index_stale": 503,
    "index_damaged": 503,
    "model_unavailable": 503,
    "model_timeout": 504,
    "answer_timeout": 504,
}
_HEADERS: Mapping[str, Mapping[str, str]] = {
    "busy": {"Retry-After": "5"},
    "too_many_at_once": {"Retry-After": "5"},
    "shutting_down": {"Retry-After": "5"},
    "in_progress": {"Retry-After": "2"},
    "daily_cap_reached": {"Retry-After": "3600"},
    "audit_unavailable": {"Retry-After": "30"},
    "401": {"WWW-Authenticate": "Bearer"},
    "429": {"Retry-After": "60"},
}
_HTTP_MESSAGES = {
    404: ("not_found", "没有这个地址，请查阅接口说明 /docs。"),
    405: ("method_not_allowed", "这个地址不支持所用的请求方法，请查阅接口说明 /docs。"),
}


def request_id_for(request: Request) -> str:
    """The id that the envelope gave the request."""
    return str(request.state.request_id)


def error_response(request: Request, status: int, code: str, message: str) -> Response:
    """An error in its envelope, with the headers that go with its code; a page where a browser asked for one."""
    if wants_page(request.scope):
        page = told_page(request, status, message, request_id_for(request))
        page.headers.update(headers_of(status, code))
        return page
    body = error_body(path_of(request.scope), status, code, message, request_id_for(request))
    return JSONResponse(body, status_code=status, headers=headers_of(status, code))


def headers_of(status: int, code: str) -> Mapping[str, str]:
    """The headers that go with an error."""
    return _HEADERS.get(code) or _HEADERS.get(str(status)) or {}


def public(exc: AssistantError, request_id: str) -> tuple[int, str, str]:
    """Status, code and message of `exc` as they may leave; what is not meant for users is logged."""
    status = STATUS_OF_CODE.get(exc.code, 500)
    if status == 500:
        log_fault(exc, request_id)
        return status, "internal_error", INTERNAL_MESSAGE
    return status, exc.code, exc.message


def add_error_handlers(app: FastAPI) -> None:
    """Have an application answer every error so."""

    @app.exception_handler(AssistantError)
    async def on_assistant_error(request: Request, exc: AssistantError) -> Response:
        response = error_response(request, *public(exc, request_id_for(request)))
        if isinstance(exc, TooManyRequests):
            response.headers["Retry-After"] = str(exc.wait_s)
        return response

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, exc: HTTPException) -> Response:
        code, message = _HTTP_MESSAGES.get(exc.status_code, ("bad_request", "请求无法处理，请查阅接口说明 /docs。"))
        response = error_response(request, exc.status_code, code, message)
        response.headers.update(exc.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def on_validation_error(request: Request, _: RequestValidationError) -> Response:
        return error_response(request, 422, "bad_request", "请求的地址或参数有误，请查阅接口说明 /docs。")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Errors as the OpenAPI description has them; who may not ask is told by every route."""
    words = {
        400: "不是有效的 JSON",
        401: "没有带上密钥、令牌或登录，或已失效",
        403: "没有使用这项功能的权限",
        404: "没有这一项，或不能看",
        409: "现在的状态做不到，例如同一个请求正在处理",
        413: "请求内容过大",
        415: "请求格式不是 application/json",
        422: "问题或字段不能使用",
        429: "尝试失败的次数过多，或今天的次数已经用完",
        500: "服务内部异常",
        503: "索引或模型暂不可用，或提问人数过多",
    }
    return {status: {"model": wire.ErrorBody, "description": words[status]} for status in (401, 403, *statuses, 429)}
