"""What stands before every route: pure ASGI, so that streams pass through untouched.

    Envelope     a request id, security headers, no cross-origin headers; faults become 500
    KnownPaths   404 for every path that this product does not use
    BodyLimit    bodies counted while they arrive; 413 beyond the limit, 408 when they dawdle

and `strict_json`, which reads a body as JSON and refuses what JSON readers disagree about.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import traceback
import uuid
from collections.abc import Iterable
from typing import Any, NoReturn

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import InputError
from assistant.schema.principal import Principal
from assistant.schema.principal import Scope as Right

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
MAX_FILE_BYTES = 20 * 1024 * 1024  # where a file is sent back that was filled in
UPLOADS, UPLOADS_FORM = "/admin/drafts", "/admin/drafts/new"
MAX_UPLOAD_BYTES = 64 * 1024 * 1024  # where files come in, all of a form together, from whoever may edit the library
MAX_TALK_BYTES = 512 * 1024  # where a client sends the whole conversation with every question
_UPLOAD_PATIENCE = 15  # times as long as other bodies may take
_DRAIN_BYTES = 32 * 1024 * 1024
INTERNAL_MESSAGE = "服务内部出现异常，请稍后再试；如仍有问题，请向管理员提供请求编号。"

# The chat page brings inline scripts and styles of Gradio; nothing may come from or go to elsewhere.
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_DATA_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_FORM_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# On the way to the provider of the house and back the address holds a code; nothing there has a form.
_WAY_POLICY = _FORM_POLICY.replace("form-action 'self'", "form-action 'none'")
# What a portal frames: a route that knows the portal says who may, in the state of its request; others may not.
_FRAMED_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors {}"
)
# Our own pages: a style sheet and a script of ours, forms that lead to ourselves.
_READING_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'self'"
)
# The page of uploads sends one file after the other and shows how far each has come.
_UPLOAD_POLICY = _READING_POLICY.replace("base-uri", "connect-src 'self'; base-uri")
# A form of a page with "no-referrer" is sent with "Origin: null", and would then be taken for a stranger's.
_REFERRER = dict.fromkeys((_PAGE_POLICY, _FORM_POLICY, _READING_POLICY, _UPLOAD_POLICY), "same-origin")
_READING_PATHS = re.compile(r"/(read|compare|duties|talks|history|admin|reader)(/|$)")
_FRAMED_PATHS = re.compile(r"/(embed(/|$)|widget\.js$)")
_ANCESTORS = "frame_ancestors"
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_DATA_PATHS = re.compile(r"/(api/|v1/|mcp$|docs$|openapi\.json$|livez$|readyz$|metrics$)")


def error_payload(code: str, message: str, request_id: str) -> dict[str, str]:
    """The body of every error."""
    return {"code": code, "message": message, "request_id": request_id}


def path_of(scope: Scope) -> str:
    """The path as routes have it: without the prefix under which a proxy serves all of this."""
    path, prefix = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(prefix) :] if prefix and path.startswith(f"{prefix}/") else path


def error_body(path: str, status: int, code: str, message: str, request_id: str) -> dict[str, Any]:
    """The same as the clients of an address read it: below /v1/ they know the envelope of OpenAI's API alone."""
    if not path.startswith("/v1/"):
        return error_payload(code, message, request_id)
    kind = _OPENAI_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code, "request_id": request_id}}


def request_id_of(scope: Scope) -> str:
    """The id that `Envelope` gave this request."""
    return str(scope.get("state", {}).get("request_id", ""))


def let_frame(scope: Scope, ancestors: str) -> None:
    """Let the response to this request be framed by these origins, under the policy of framed pages."""
    scope.setdefault("state", {})[_ANCESTORS] = ancestors


async def send_error(
    scope: Scope,
    send: Send,
    status: int,
    code: str,
    message: str,
    *,
    close: bool = False,
    more: bool = False,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """Send an error as JSON; with `more` the response is left open, for `finish` to end."""
    payload = error_body(path_of(scope), status, code, message, request_id_of(scope))
    body = json.dumps(payload, ensure_ascii=False).encode()
    sent = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    if close:
        sent.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": more})


class Envelope:
    """Outermost: names the request, sets headers, turns a fault of ours into a plain 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex  # ours, never the client's: it goes into logs
        scope.setdefault("state", {})["request_id"] = request_id
        policy = _policy(path_of(scope))
        started = False

        async def send_dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                allowed = scope["state"].get(_ANCESTORS)
                said = policy if allowed is None else _FRAMED_POLICY.format(allowed)
                _dress(MutableHeaders(scope=message), request_id, said)
            await send(message)

        try:
            await self.app(scope, receive, send_dressed)
        except Exception as exc:  # noqa: BLE001 - the last line of defence; nothing is lost, see log_fault
            log_fault(exc, request_id)
            if not started:
                await send_error(scope, send_dressed, 500, "internal_error", INTERNAL_MESSAGE)


def _policy(path: str) -> str:
    if path in {"/signin", "/signout", "/viewas"}:
        return _FORM_POLICY
    if path.startswith("/signin/"):
        return _WAY_POLICY
    if _FRAMED_PATHS.match(path):
        return _FRAMED_POLICY.format("'none'")
    if path == UPLOADS_FORM:
        return _UPLOAD_POLICY
    if _READING_PATHS.match(path):
        return _READING_POLICY
    return _DATA_POLICY if _DATA_PATHS.match(path) else _PAGE_POLICY


def _dress(headers: MutableHeaders, request_id: str, policy: str) -> None:
    for name in [name for name in headers if name.lower().startswith("access-control-")]:
        del headers[name]
    headers["X-Request-ID"] = request_id
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = _REFERRER.get(policy, "no-referrer")
    headers["Content-Security-Policy"] = policy


def log_fault(exc: BaseException, request_id: str) -> None:
    """Log where a fault came from. Its message stays out: it may repeat what a user typed."""
    frames = traceback.extract_tb(exc.__traceback__)[-8:]
    where = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    logger.error("request %s failed: %s at %s", request_id, type(exc).__name__, where)
    logger.debug("request %s", request_id, exc_info=exc)


class KnownPaths:
    """Lets through only the paths that match one of `patterns` as a whole."""

    def __init__(self, app: ASGIApp, *, patterns: Iterable[str]) -> None:
        self.app = app
        self._known = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._known.fullmatch(path_of(scope)):
            await send_error(scope, send, 404, "not_found", "没有这个地址，请查阅接口说明 /docs。")
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)


class BodyLimit:
    """Takes in a whole body before the application sees any of it."""

    def __init__(self, app: ASGIApp, *, max_bytes: int = MAX_BODY_BYTES, timeout_s: float = 20.0) -> None:
        self.app = app
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
            return
        limit = max(self._max_bytes, _more_than_usual(path_of(scope)), _uploaded(scope))
        patience = self._timeout_s * (_UPLOAD_PATIENCE if limit == MAX_UPLOAD_BYTES else 1)
        try:
            async with asyncio.timeout(patience):
                body = None if self._announced(scope) > limit else await self._collect(receive, limit)
        except TimeoutError:
            await send_error(scope, send, 408, "request_timeout", "请求内容发送过慢，请重试。", close=True)
            return
        if body is None:
            await self._refuse(scope, receive, send, limit)
            return
        await self.app(scope, replaying(body, receive), send)

    @staticmethod
    def _announced(scope: Scope) -> int:
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        return int(lengths[0]) if lengths and lengths[0].isdigit() and len(lengths[0]) < 19 else 0

    @staticmethod
    async def _collect(receive: Receive, limit: int) -> bytes | None:
        """The body, or `None` as soon as it grows beyond the limit."""
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > limit:
                return None
            if not message.get("more_body", False):  # a disconnect has no more either
                return bytes(body)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        """Answer 413, then read on for a while: a client still sending would otherwise never see the answer."""
        message = f"请求内容过大，上限为 {limit // 1024} KiB，请精简后再试。"
        await send_error(scope, send, 413, "body_too_large", message, close=True, more=True)
        try:
            async with asyncio.timeout(self._timeout_s):
                await _drain(receive, _DRAIN_BYTES)
        except TimeoutError:
            logger.info("request %s kept sending after 413", request_id_of(scope))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _more_than_usual(path: str) -> int:
    if path in ("/duties/export", "/admin/audit/verify"):
        return MAX_FILE_BYTES
    whole = path.startswith("/v1/") or path in ("/talks", "/api/v1/talks/export")
    return MAX_TALK_BYTES if whole else 0


def _uploaded(scope: Scope) -> int:
    """What files may come to; only whoever may edit the library sends any."""
    principal = scope.get("state", {}).get("principal")
    may = isinstance(principal, Principal) and principal.may(Right.CORPUS_EDIT)
    return MAX_UPLOAD_BYTES if may and path_of(scope) == UPLOADS else 0


async def _drain(receive: Receive, limit: int) -> None:
    left = limit
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body", False):
            return


def replaying(body: bytes, receive: Receive) -> Receive:
    """A receive that gives `body` once, then whatever the connection has to say."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def strict_json(body: bytes) -> dict[str, Any]:
    """`body` as a JSON object.

    Raises:
        InputError: `bad_json` for what is not one object in UTF-8, and for NaN, Infinity, duplicate
            keys and depth or numbers beyond reason. Halves of surrogate pairs pass; fields refuse them.
    """
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_constant)
    except (ValueError, RecursionError) as exc:  # also UnicodeDecodeError and over-long integers
        raise _bad_json() from exc
    if not isinstance(value, dict):
        raise _bad_json()
    return value


def _bad_json() -> InputError:
    return InputError("请求内容不是有效的 JSON 对象（须为 UTF-8，键不重复），请检查后再试。", code="bad_json")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError("not a JSON number")
