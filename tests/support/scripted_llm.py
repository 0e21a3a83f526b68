"""A real HTTP server on 127.0.0.1 that plays an OpenAI-compatible endpoint, well behaved or not.

    with ScriptedLlm() as server:
        server.behaviour = Behaviour.WELL
        server.reply = "严禁贷款转存。[1]"
        ...  # point a client at server.base_url

`server.compose`, when set, writes the reply from the request's messages (an obedient stub, say).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

JsonObject = dict[str, Any]


class Behaviour(StrEnum):
    """How the endpoint answers."""

    WELL = "well"
    STALL_BEFORE_HEADERS = "stall before headers"
    STALL_BEFORE_TOKEN = "stall before token"
    STALL_BETWEEN_TOKENS = "stall between tokens"
    HEARTBEAT_ONLY = "heartbeat only"  # comment lines, never a token
    UNAUTHORIZED = "401"
    BAD_REQUEST = "400"
    TOO_MANY = "429"
    TOO_MANY_THEN_WELL = "429 then well"
    TOO_MANY_LONG = "429, Retry-After 3600"
    SERVER_ERROR = "500"
    BAD_GATEWAY_THEN_WELL = "502 then well"
    REDIRECT = "302"
    HTML = "html"
    EMPTY = "empty 200"
    CUT_JSON = "cut json"
    CUT_STREAM = "cut stream"  # ends cleanly, but without finish_reason and [DONE]
    HANG_UP = "hang up"  # the connection breaks amid the chunks
    WRONG_SHAPE = "wrong shape"
    BAD_UTF8 = "bad utf-8"
    NO_DONE = "no done"  # all is said, then the connection stays open
    DONE_TWICE = "done twice"
    ENDLESS = "endless"
    ENDLESS_LINE = "endless line"  # one line that never ends: no event, only bytes
    HUGE_TOKEN = "huge token"
    NULL_CONTENT = "null content"
    LONE_SURROGATE = "lone surrogate"
    ERROR_EVENT = "error event"


class ScriptedLlm:
    """The server, its script and what it was asked."""

    def __init__(self) -> None:
        self.behaviour = Behaviour.WELL
        self.reply = "严禁贷款转存或挪用套利。[1]"
        self.knows_forms = True  # False: a request with a `response_format` gets HTTP 400
        self.compose: Callable[[Sequence[JsonObject]], str] | None = None
        self.requests: list[JsonObject] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []  # of every POST, whatever came with it
        self.released = threading.Event()  # set on exit: ends every stall
        self.hung_up = threading.Event()  # set when a stalled client went away
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False  # joined on close: no handler outlives its test
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer_to(self, request: JsonObject) -> str:
        return self.compose(request["messages"]) if self.compose else self.reply


def _handler(script: ScriptedLlm) -> type[BaseHTTPRequestHandler]:
    class Handler(_LlmHandler):
        server_script = script

    return Handler


class _LlmHandler(BaseHTTPRequestHandler):
    """One request. Chunked, as real endpoints stream."""

    protocol_version = "HTTP/1.1"
    server_script: ScriptedLlm

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self._whole(200, json.dumps({"object": "list", "data": [{"id": "scripted", "object": "model"}]}))

    def do_POST(self) -> None:
        script = self.server_script
        script.paths.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not self.path.endswith("/chat/completions"):
            self._error(404)
            return
        request: JsonObject = json.loads(body)
        script.requests.append(request)
        script.headers.append({name.lower(): value for name, value in self.headers.items()})
        try:
            if "response_format" in request and not script.knows_forms:
                self._error(400)
            else:
                self._behave(script, request)
        except (BrokenPipeError, ConnectionResetError):
            script.hung_up.set()
        self.close_connection = True

    def _behave(self, script: ScriptedLlm, request: JsonObject) -> None:
        first = len(script.requests) == 1
        match script.behaviour:
            case Behaviour.UNAUTHORIZED:
                self._error(401)
            case Behaviour.BAD_REQUEST:
                self._error(400)
            case Behaviour.SERVER_ERROR:
                self._error(500)
            case Behaviour.TOO_MANY:
                self._error(429, retry_after="0")
            case Behaviour.TOO_MANY_LONG:
                self._error(429, retry_after="3600")
            case Behaviour.TOO_MANY_THEN_WELL if first:
                self._error(429, retry_after="0")
            case Behaviour.BAD_GATEWAY_THEN_WELL if first:
                self._error(502)
            case Behaviour.REDIRECT:
                self._whole(302, "", location="http://127.0.0.1:9/elsewhere")
            case Behaviour.HTML:
                self._whole(200, "<!DOCTYPE html>\n<html><body>\n\n登录\n\n</body></html>", kind="text/html")
            case Behaviour.EMPTY:
                self._whole(200, "", kind="text/event-stream")
            case Behaviour.STALL_BEFORE_HEADERS:
                self._stall()
            case _:
                self._stream(script, request)

    def _stream(self, script: ScriptedLlm, request: JsonObject) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in self._parts(script, request):
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            self.wfile.flush()
        if script.behaviour is not Behaviour.HANG_UP:
            self.wfile.write(b"0\r\n\r\n")

    def _parts(self, script: ScriptedLlm, request: JsonObject) -> Iterator[bytes]:
        """The events of the body, one after another."""
        behaviour = script.behaviour
        text = script.answer_to(request)
        yield _event(role="assistant", content="")
        match behaviour:
            case Behaviour.STALL_BEFORE_TOKEN:
                self._stall()
                return
            case Behaviour.HEARTBEAT_ONLY:
                while not script.released.wait(0.05):
                    yield b": keep-alive\n\n"
                return
            case Behaviour.ENDLESS:
                while not script.released.is_set():
                    yield _event(content="严禁贷款转存。" * 20)
                return
            case Behaviour.ENDLESS_LINE:
                while not script.released.is_set():
                    yield b"data: " + b"x" * 65536
                return
            case Behaviour.HUGE_TOKEN:
                yield _event(content="贷" * 200_000)
            case Behaviour.NULL_CONTENT:
                yield _event(content=None)
            case Behaviour.LONE_SURROGATE:
                yield b'data: {"id":"x","object":"chat.completion.chunk","created":0,"model":"m","choices":'
                yield b'[{"index":0,"delta":{"content":"\\ud800"},"finish_reason":null}]}\n\n'
            case Behaviour.BAD_UTF8:
                yield b'data: {"choices":[{"index":0,"delta":{"content":"\xff\xfe"}}]}\n\n'
            case Behaviour.WRONG_SHAPE:
                yield b'data: {"choices":"yes"}\n\n'
            case Behaviour.ERROR_EVENT:
                yield b'data: {"error":{"message":"overloaded","type":"server_error"}}\n\n'
            case _:
                yield from self._text(behaviour, text)
        if behaviour not in (Behaviour.CUT_JSON, Behaviour.CUT_STREAM, Behaviour.HANG_UP):
            yield _event(finish="stop")
            if behaviour is Behaviour.NO_DONE:
                self._stall()
            yield b"data: [DONE]\n\n" * (2 if behaviour is Behaviour.DONE_TWICE else 1)

    def _text(self, behaviour: Behaviour, text: str) -> Iterator[bytes]:
        """`text`, a few characters at a time; what comes amid it."""
        for at in range(0, len(text), 3):
            yield _event(content=text[at : at + 3])
            if behaviour is Behaviour.STALL_BETWEEN_TOKENS:
                self._stall()
                return
            if behaviour is Behaviour.CUT_JSON:
                yield b'data: {"id":"x","choices":[{"index":0,"del\n\n'
                return
            if behaviour in (Behaviour.CUT_STREAM, Behaviour.HANG_UP):
                return

    def _stall(self) -> None:
        """Do nothing until the test is over, or until the client goes away."""
        script = self.server_script
        self.connection.settimeout(0.02)
        while not script.released.is_set():
            try:
                gone = not self.connection.recv(1)
            except TimeoutError:
                continue
            if gone:
                script.hung_up.set()
                return

    def _error(self, status: int, *, retry_after: str | None = None) -> None:
        body = json.dumps({"error": {"message": "scripted", "type": "scripted", "code": status}})
        self._whole(status, body, retry_after=retry_after)

    def _whole(self, status: int, body: str, *, kind: str = "application/json", **extra: str | None) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in extra.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)


def _event(*, finish: str | None = None, **delta: str | None) -> bytes:
    chunk = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "/srv/models/secret-path.gguf",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()
