"""Chat models of any OpenAI-compatible endpoint, through LangChain, with hard time budgets.

An upstream may stall at any point: before it accepts, after it accepted, between two tokens, after
the last one. So it is read by a daemon thread of its own, which feeds a bounded queue; whoever
consumes waits on the queue no longer than the budget allows and then shuts the socket, which
wakes the reader. `GuardedChatModel` keeps away from an endpoint that failed again and again.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import random
import socket
import ssl
import threading
import time
import unicodedata
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import httpx

from assistant.errors import Abandoned, ModelError, ModelOutputInvalid, ModelTimeout, ModelUnavailable
from assistant.models.giving_up import LOOK_S, given_up
from assistant.models.protocols import ChatModel

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_openai import ChatOpenAI

_log = logging.getLogger(__name__)

_QUEUE_PIECES = 64
_POLL_S = 0.1  # how often a reader with a full queue looks whether anyone still listens
_BYTES_PER_CHAR = 1024  # a server may send one event of some 300 bytes for each character
_SPARE_BYTES = 64 * 1024
_RETRY_DELAY_S = (0.2, 0.8)
_RETRYABLE_STATUS = frozenset({429, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Seconds that an answer may take. `connect` holds for name, TCP and TLS together."""

    connect_s: float
    first_token_s: float
    token_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why an attempt ended without a whole reply."""

    error: ModelError
    retry_after_s: float | None = None


class _Sign(StrEnum):
    CONNECTED = "connected"
    END = "end"


class _Attempt:
    """One request on its way: what its reader found, and the means to break it off."""

    def __init__(self, max_bytes: int) -> None:
        self.found: queue.Queue[str | _Sign | _Fault] = queue.Queue(maxsize=_QUEUE_PIECES)
        self.max_bytes = max_bytes
        self.tail = b""  # the last bytes that came, to see [DONE]
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def put(self, item: str | _Sign | _Fault) -> None:
        """Hand `item` over, or forget it when nobody listens any more."""
        while not self.stopped:
            try:
                self.found.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Keep hold of the socket; httpx calls this for every step of a request."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
            if self.stopped:
                self.abort()
        elif event.endswith("send_request_headers.started"):
            self.put(_Sign.CONNECTED)

    def abort(self) -> None:
        """Break the connection off, whatever the reader is waiting for."""
        self._stopped.set()
        with self._lock:
            held = self._socket
        if held is not None:
            # The socket's own method, not that of ssl.SSLSocket: the latter would take the TLS
            # state away under the reader's hands. An OSError says that the peer was faster.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(held, socket.SHUT_RDWR)


class _CappedBytes(httpx.SyncByteStream):
    """A response body that ends with an error once it is longer than any answer can be."""

    def __init__(self, inner: httpx.SyncByteStream, attempt: _Attempt) -> None:
        self._inner = inner
        self._attempt = attempt

    def __iter__(self) -> Iterator[bytes]:
        seen = 0
        for part in self._inner:
            seen += len(part)
            if seen > self._attempt.max_bytes:
                raise _too_long()
            self._attempt.tail = (self._attempt.tail + part)[-64:]
            yield part

    def close(self) -> None:
        self._inner.close()


class LangChainChatModel:
    """A `ChatModel` over LangChain's `ChatOpenAI`. One object serves many threads."""

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str | None = None,
        temperature: float = 0.0,
        connect_timeout_s: float = 2.0,
        first_token_timeout_s: float = 15.0,
        token_timeout_s: float = 10.0,
        total_timeout_s: float = 90.0,
        max_chars: int = 16_000,
    ) -> None:
        self._base_url = base_url
        self._model = model
        self._api_key = api_key or "none"  # local servers want none, the client wants some
        self._temperature = temperature
        self._budget = Budget(
            connect_s=connect_timeout_s,
            first_token_s=first_token_timeout_s,
            token_s=token_timeout_s,
            total_s=total_timeout_s,
        )
        self._max_chars = max_chars
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None
        self._chat: ChatOpenAI | None = None
        self._current = threading.local()  # the attempt that a reader thread is at

    @property
    def id(self) -> str:
        """The model's name as it was set; of a path only the last part."""
        return PurePosixPath(self._model).name

    def stream(self, system: str, user: str) -> Generator[str, None, None]:
        """Pieces of the reply, as `ChatModel.stream`. The connection ends with the generator.

        At most one retry, for 429 and 5xx, before the first piece and inside its deadline.
        """
        from langchain_core.messages import HumanMessage, SystemMessage

        chat = self._opened()
        messages: list[BaseMessage] = [SystemMessage(system), HumanMessage(user)]
        clock = _Clock(self._budget, self._max_chars)
        for retries_left in (1, 0):
            attempt = _Attempt(_SPARE_BYTES + self._max_chars * _BYTES_PER_CHAR)
            threading.Thread(target=self._read, args=(chat, messages, attempt), name="llm-reader", daemon=True).start()
            try:
                fault = yield from _pieces(attempt, clock)
            finally:
                attempt.abort()
            if fault is None:
                _log.info("language model answered: %d chars in %.0f ms", clock.chars, clock.elapsed_s * 1000)
                return
            delay = _retry_delay(fault) if retries_left and not clock.chars else None
            if delay is None or delay >= clock.left_s:
                raise fault.error
            _log.info("language model refused for now; one more try in %.1f s", delay)
            _sleep(delay)

    def close(self) -> None:
        """Let go of the HTTP client. A later `stream` opens a new one."""
        with self._lock:
            http, self._http, self._chat = self._http, None, None
        if http is not None:
            http.close()

    def _opened(self) -> ChatOpenAI:
        with self._lock:
            if self._chat is None:
                try:
                    self._http = self._http_client()
                    self._chat = self._chat_model(self._http)
                except Exception as exc:  # InvalidURL of two HTTP libraries, ValueError, OpenAIError, …
                    raise ModelUnavailable("语言模型的地址或密钥写法有误，请检查 ASSISTANT_LLM__ 开头的设置。") from exc
            return self._chat

    def _http_client(self) -> httpx.Client:
        budget = self._budget
        return httpx.Client(
            trust_env=False,  # no proxy and no .netrc from the environment: prompts go where the settings say
            verify=_tls_context() if self._base_url.startswith("https") else True,
            follow_redirects=False,
            # No connection is kept: each reader opens its own, so that it can be broken off alone.
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=httpx.Timeout(max(budget.first_token_s, budget.token_s), connect=budget.connect_s),
            # Without compression the cap on bytes holds for the text as well.
            headers={"Accept-Encoding": "identity"},
            event_hooks={"request": [self._on_request], "response": [self._on_response]},
        )

    def _chat_model(self, http: httpx.Client) -> ChatOpenAI:
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        return ChatOpenAI(
            base_url=self._base_url,
            model=self._model,
            api_key=SecretStr(self._api_key),
            temperature=self._temperature,
            timeout=http.timeout,
            max_retries=0,  # retries are counted here, inside the deadline
            streaming=True,
            stream_usage=False,  # not every server knows stream_options
            use_responses_api=False,
            openai_proxy="",
            http_client=http,
            http_async_client=httpx.AsyncClient(trust_env=False),  # unused; the default one reads proxies
            cache=False,
            verbose=False,
        )

    def _on_request(self, request: httpx.Request) -> None:
        attempt: _Attempt = self._current.attempt
        request.extensions["trace"] = attempt.trace

    def _on_response(self, response: httpx.Response) -> None:
        if isinstance(response.stream, httpx.SyncByteStream):
            response.stream = _CappedBytes(response.stream, self._current.attempt)

    def _read(self, chat: ChatOpenAI, messages: list[BaseMessage], attempt: _Attempt) -> None:
        """Body of a reader thread: everything that is found or goes wrong goes into the queue."""
        from langsmith import tracing_context

        self._current.attempt = attempt
        try:
            with tracing_context(enabled=False):  # prompts leave for the endpoint only
                ended = _read_pieces(chat, messages, attempt)
        except Exception as exc:  # noqa: BLE001 - the one door where foreign exceptions are translated
            fault = _translated(exc)
            if not attempt.stopped:
                _log.warning("language model failed: %s (%s)", fault.error.code, type(exc).__name__)
            attempt.put(fault)
        else:
            attempt.put(_Sign.END if ended else _Fault(_cut_short()))


class _Clock:
    """What is left of a budget, over all attempts at one reply."""

    def __init__(self, budget: Budget, max_chars: int) -> None:
        self._budget = budget
        self._max_chars = max_chars
        self._start = time.monotonic()
        self.chars = 0

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._start

    @property
    def left_s(self) -> float:
        """Until the first token must be there, or the whole once it is."""
        whole = self._budget.total_s if self.chars else min(self._budget.first_token_s, self._budget.total_s)
        return whole - self.elapsed_s

    def wait_s(self, *, connected: bool) -> float:
        """How long the next thing may take from now."""
        step = self._budget.token_s if self.chars else self.left_s
        if not connected:
            step = min(step, self._budget.connect_s)
        return max(min(step, self.left_s), 0.0)

    def count(self, piece: str) -> None:
        self.chars += len(piece)
        if self.chars > self._max_chars:
            raise _too_long()


def _pieces(attempt: _Attempt, clock: _Clock) -> Generator[str, None, _Fault | None]:
    """Pieces as they come in time; returns the fault that ended them, or `None` at a good end."""
    connected = False
    while True:
        try:
            item = _next(attempt, clock.wait_s(connected=connected))
        except queue.Empty as exc:
            raise _late(connected=connected, begun=bool(clock.chars)) from exc
        match item:
            case _Sign.CONNECTED:
                connected = True
            case _Sign.END:
                return None if clock.chars else _Fault(_nothing_came())
            case _Fault():
                return item
            case str():
                clock.count(item)
                if clock.left_s <= 0:
                    raise _late(connected=True, begun=True)
                yield item


def _next(attempt: _Attempt, wait_s: float) -> str | _Sign | _Fault:
    """What the reader finds within `wait_s`, looking out for whether anybody still waits.

    Raises:
        queue.Empty: nothing was found in time.
        Abandoned: nobody waits any more.
    """
    until = time.monotonic() + wait_s
    while True:
        if given_up():
            raise Abandoned
        left = until - time.monotonic()
        try:
            return attempt.found.get(timeout=max(0.0, min(left, LOOK_S)))
        except queue.Empty:
            if left <= LOOK_S:
                raise


def _sleep(seconds: float) -> None:
    """Wait, unless nobody waits any more."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if given_up():
            raise Abandoned
        time.sleep(min(left, LOOK_S))


def _read_pieces(chat: ChatOpenAI, messages: list[BaseMessage], attempt: _Attempt) -> bool:
    """Feed the queue; True when the server said that this was all."""
    chunks = chat.stream(messages)
    try:
        for chunk in chunks:
            if attempt.stopped:
                return False
            text = str(chunk.text)
            if any(unicodedata.category(char) == "Cs" for char in text):
                raise ModelOutputInvalid("语言模型返回了残缺的字符。")
            if text:
                attempt.put(text)
            if chunk.response_metadata.get("finish_reason"):
                return True  # some servers never send [DONE] after it
    finally:
        if isinstance(chunks, Generator):
            chunks.close()
    return b"[DONE]" in attempt.tail


def _translated(exc: Exception) -> _Fault:
    """A foreign exception as one of ours."""
    import openai

    error: ModelError
    match exc:
        case ModelError():
            error = exc
        case openai.APIStatusError():
            return _status_fault(exc)
        case openai.APITimeoutError() | httpx.TimeoutException():
            error = ModelTimeout("语言模型未在规定时间内回应。", retryable=True)
        case openai.APIResponseValidationError():
            error = ModelOutputInvalid("语言模型返回的内容格式不符。")
        case openai.APIError() | httpx.HTTPError() | OSError():
            error = ModelUnavailable("无法连接语言模型服务，或连接中断；请检查服务是否在运行。", retryable=True)
        case _:  # whatever LangChain and the client raise over a reply that has not the agreed shape
            error = ModelOutputInvalid("语言模型返回的内容格式不符。")
    if error is not exc:
        error.__cause__ = exc
    return _Fault(error)


def _status_fault(exc: Any) -> _Fault:
    """An error answer of the endpoint; `exc` is an `openai.APIStatusError`."""
    status = int(exc.status_code)
    if status in (401, 403):
        _log.error("language model endpoint refuses the API key (HTTP %d)", status)
        message = f"语言模型服务拒绝了密钥（HTTP {status}），请检查 ASSISTANT_LLM__API_KEY。"
    else:
        message = f"语言模型服务返回错误（HTTP {status}）。"
    error = ModelUnavailable(message, retryable=status in _RETRYABLE_STATUS)
    error.__cause__ = exc
    return _Fault(error, _seconds(exc.response.headers.get("retry-after")))


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds; its other form, a date, counts as not given."""
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None


def _retry_delay(fault: _Fault) -> float | None:
    """Seconds to wait before another attempt, `None` for none; jitter keeps clients apart."""
    if not isinstance(fault.error, ModelUnavailable) or not fault.error.retryable:
        return None
    if not hasattr(fault.error.__cause__, "status_code"):
        return None  # refused or broken off: asking again at once would only double the wait
    return (fault.retry_after_s or 0.0) + random.uniform(*_RETRY_DELAY_S)  # noqa: S311 - no secret


def _tls_context() -> ssl.SSLContext:
    """The machine's own authorities, where a bank puts its private one, and certifi's."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _late(*, connected: bool, begun: bool) -> ModelTimeout:
    what = "回答中途停顿过久或总时长超限" if begun else "未在规定时间内开始回答" if connected else "连接超时"
    return ModelTimeout(f"语言模型{what}。", retryable=True)


def _too_long() -> ModelOutputInvalid:
    return ModelOutputInvalid("语言模型返回的内容过长，已停止接收。")


def _nothing_came() -> ModelOutputInvalid:
    return ModelOutputInvalid("语言模型没有返回任何文字。")


def _cut_short() -> ModelOutputInvalid:
    return ModelOutputInvalid("语言模型的回答中途截断。")


class BreakerState(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"  # all
    OPEN = "open"  # none
    HALF_OPEN = "half-open"  # one probe


class CircuitBreaker:
    """Opens after `failures` failures in a row; after `probe_after_s` lets one call through to see."""

    def __init__(
        self, *, failures: int = 5, probe_after_s: float = 15.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._probe_after_s = probe_after_s
        self._clock = clock
        self._lock = threading.Lock()
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._opened_at = 0.0
        self._era = 0  # grows with each change of state; results from an earlier era count no more

    @property
    def state(self) -> BreakerState:
        with self._lock:
            return self._state

    def enter(self) -> int | None:
        """A ticket for one call, to be handed back to `leave`; `None`: keep away."""
        with self._lock:
            if self._state is BreakerState.CLOSED:
                return self._era
            if self._state is BreakerState.OPEN and self._clock() - self._opened_at >= self._probe_after_s:
                self._become(BreakerState.HALF_OPEN)
                return self._era
            return None

    def leave(self, ticket: int, *, healthy: bool | None) -> None:
        """Say how a call went; `None` when it was broken off before anything could be seen."""
        with self._lock:
            if ticket != self._era:
                return
            probing = self._state is BreakerState.HALF_OPEN
            if healthy:
                self._failures = 0
                if probing:
                    self._become(BreakerState.CLOSED)
            elif healthy is None:
                if probing:  # the next call is the probe; `_opened_at` lies far enough back
                    self._become(BreakerState.OPEN)
            else:
                self._failures += 1
                if probing or self._failures >= self._limit:
                    self._opened_at = self._clock()
                    self._become(BreakerState.OPEN)

    def _become(self, state: BreakerState) -> None:
        self._state = state
        self._era += 1
        self._failures = 0
        _log.warning("language model circuit breaker: %s", state.value)


class GuardedChatModel:
    """A `ChatModel` behind a `CircuitBreaker`.

    An unusable reply (`ModelOutputInvalid`) does not count as a failure: the endpoint is there,
    and one odd question must not take the model away from everybody.
    """

    def __init__(self, chat: ChatModel, breaker: CircuitBreaker | None = None) -> None:
        self._chat = chat
        self.breaker = breaker or CircuitBreaker()

    @property
    def id(self) -> str:
        return self._chat.id

    def stream(self, system: str, user: str) -> Generator[str, None, None]:
        """As `ChatModel.stream`; refuses at once while the breaker is open."""
        ticket = self.breaker.enter()
        if ticket is None:
            raise ModelUnavailable("语言模型近来连续失败，暂停调用，稍后自动再试。")
        healthy: bool | None = None
        pieces = self._chat.stream(system, user)
        try:
            for piece in pieces:
                healthy = True
                yield piece
            healthy = True
        except ModelOutputInvalid:
            healthy = True
            raise
        except ModelError:
            healthy = False
            raise
        finally:
            self.breaker.leave(ticket, healthy=healthy)
            if isinstance(pieces, Generator):
                pieces.close()
