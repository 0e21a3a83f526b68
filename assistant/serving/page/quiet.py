"""What goes to and comes from Gradio: only events that the page has, and errors in our envelope.

Gradio answers an event that it does not know with a bare 500, and repeats what it was sent in a 422.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import InputError
from assistant.serving.guards import INTERNAL_MESSAGE, path_of, replaying, send_error, strict_json

_LONGEST_NAME = 100  # of a session; Gradio's own have eleven characters
_WORDS = {
    401: ("unauthorized", "请先登录，再打开对话页面。"),
    404: ("not_found", "没有这个地址，请重新打开对话页面。"),
    405: ("method_not_allowed", "这个地址不支持所用的请求方法。"),
    503: ("busy", "当前提问人数较多，请稍候几秒再试。"),
}
_REFUSED = "对话页面发来的内容有误，请刷新页面后再试。"


class QuietGradio:
    """ASGI around Gradio's page.

    Args:
        events: numbers of the events that the page has.
    """

    def __init__(self, app: ASGIApp, *, events: Collection[int]) -> None:
        self.app = app
        self._events = frozenset(events)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "POST":
            body = (await receive()).get("body", b"")  # all of it: it was taken in before
            try:
                self._check(path_of(scope), body)
            except InputError as exc:
                await send_error(scope, send, 400 if exc.code == "bad_json" else 422, exc.code, exc.message)
                return
            receive = replaying(body, receive)
        envelope = _Envelope(scope, send)
        try:
            await self.app(scope, receive, envelope)
        except RuntimeError as exc:  # how Starlette tells of an error that comes when a stream has begun
            if not isinstance(exc.__cause__, HTTPException):
                raise
            await envelope.ended()

    def _check(self, path: str, body: bytes) -> None:
        """See that Gradio can make something of a body.

        Raises:
            InputError: it cannot.
        """
        said = strict_json(body)
        if not path.rstrip("/").endswith("/queue/join"):
            return
        event, data = said.get("fn_index"), said.get("data")
        known = isinstance(event, int) and not isinstance(event, bool) and event in self._events
        if not known or not isinstance(data, list) or not _is_name(said.get("session_hash")):
            raise InputError(_REFUSED, code="bad_request")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isalnum() and value.isascii()


class _Envelope:
    """A send that puts an error of ours in the place of Gradio's."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._replaced = False

    async def __call__(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start" and message["status"] >= 400:
            self._replaced = True
            status = message["status"]
            fallback = ("bad_request", _REFUSED) if status < 500 else ("internal_error", INTERNAL_MESSAGE)
            await send_error(self._scope, self._send, status, *_WORDS.get(status, fallback))
            return
        await self._send(message)

    async def ended(self) -> None:
        """End a stream whose last event has told the page what is wrong."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
