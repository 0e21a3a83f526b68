"""HTTP as it is read from a connection: heads that are too large or come too slowly, and connections that are too many.

Everything here happens before a request exists, so the answers are written to the connection itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

logger = logging.getLogger(__name__)

_PHRASES = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
_WORDS = {
    400: ("bad_http", "请求不符合 HTTP 协议，请检查客户端。"),
    408: ("request_timeout", "请求头发送过慢，连接已关闭，请重试。"),
    431: ("headers_too_large", "请求头过大或过多，请精简后再试。"),
    503: ("too_many_connections", "连接数已达上限，请稍候几秒再试。"),
}
_MOST_OVERHEAD = 1024 * 1024  # bytes of a body that are no content: sizes of chunks, their extensions, trailers
_LINGER_S = 2.0  # how long what a client still sends is read, so that it sees why it was refused


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """How much a connection may take before it has asked anything."""

    head_bytes: int = 32 * 1024
    head_fields: int = 100
    head_s: float = 10.0  # from the first silence to the end of the head
    unread_s: float = 20.0  # how long a client may leave what is sent to it lying
    connections: int = 2000
    per_source: int = 1200


@dataclass(slots=True)
class Connections:
    """Connections that are open, by where they come from."""

    sources: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)  # by status

    @property
    def open(self) -> int:
        return self.sources.total()

    def add(self, source: str) -> None:
        self.sources[source] += 1

    def drop(self, source: str) -> None:
        self.sources[source] -= 1
        if self.sources[source] <= 0:
            del self.sources[source]


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a deadline and a size for heads, and a number for connections."""

    limits = WireLimits()
    counted = Connections()

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _status = 400  # with which a head that cannot be read is refused
    _head_bytes = 0
    _overhead = 0
    _reading_head = True
    _source: str | None = None  # while this connection is counted
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        source = self.client[0] if self.client else ""
        if self.counted.open >= self.limits.connections or self.counted.sources[source] >= self.limits.per_source:
            self._refuse(503)
            return
        self._source = source
        self.counted.add(source)
        self._start_clock()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.unread_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        self._stop_waiting()
        if self._source is not None:
            self.counted.drop(self._source)
            self._source = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            self._overhead += len(data)
            if self._overhead > 2 * _MOST_OVERHEAD:
                self.transport.close()
            return
        if self._reading_head:
            self._head_bytes += len(data)
            if self._deadline is None and self.idle:
                self._start_clock()
        else:
            self._overhead += len(data)
        super().data_received(data)
        self._see_what_came()

    def _see_what_came(self) -> None:
        if self._refused:
            return
        if self._reading_head and self._head_bytes > self.limits.head_bytes:
            self._refuse(431)
        elif self._overhead > _MOST_OVERHEAD:
            self._refuse(400)

    @property
    def idle(self) -> bool:
        """Whether no request of this connection is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def on_message_begin(self) -> None:
        self._reading_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) >= self.limits.head_fields:
            self._status = 431
            raise ValueError("too many fields")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_clock()
        self._reading_head, self._head_bytes, self._overhead = False, 0, 0
        if _size(self.headers) + len(self.url) > self.limits.head_bytes:
            self._status = 431
            raise ValueError("too large")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._overhead -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._reading_head = True  # whatever comes now is the next head
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        del msg
        self._refuse(self._status)

    def _start_clock(self) -> None:
        self._stop_clock()
        self._deadline = self.loop.call_later(self.limits.head_s, self._too_slow)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        """Say why, say no more, and close: at once where the client is silent, else after what it still sends."""
        self._refused = True
        self._stop_clock()
        self.counted.refused[status] += 1
        if self.transport.is_closing():
            return
        if self.idle:  # amid another answer a second one would be garbage
            self.transport.write(refusal(status))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.close)

    def eof_received(self) -> None:
        if self._refused:
            self.transport.close()


def refusal(status: int) -> bytes:
    """A whole response that refuses a connection."""
    code, message = _WORDS[status]
    payload = {"code": code, "message": message, "request_id": uuid.uuid4().hex}
    body = json.dumps(payload, ensure_ascii=False).encode()
    lines = [
        f"HTTP/1.1 {status} {_PHRASES[status]}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
        "x-content-type-options: nosniff",
        *(["retry-after: 5"] if status == 503 else []),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _size(fields: Any) -> int:
    return sum(len(name) + len(value) for name, value in fields)


def guarded(limits: WireLimits, counted: Connections) -> type[GuardedProtocol]:
    """The protocol with these limits, for `uvicorn.Config(http=…)`."""
    return type("GuardedProtocol", (GuardedProtocol,), {"limits": limits, "counted": counted})
