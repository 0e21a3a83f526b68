"""Chat models of any OpenAI-compatible endpoint, through LangChain, with hard time budgets.

How a reply is waited for stands in `reply_stream.py`, what may go wrong in `chat_faults.py`; `breaker.py` keeps
away from an endpoint that failed again and again.
"""

from __future__ import annotations

import logging
import ssl
import threading
import unicodedata
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import httpx

from assistant.errors import ModelOutputInvalid, ModelUnavailable
from assistant.models.chat_faults import ReplyFault, cut_short, retry_delay, translated
from assistant.models.reply_stream import Attempt, Budget, CappedBytes, Clock, Sign, pieces_in_time, sleep

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_openai import ChatOpenAI

_log = logging.getLogger(__name__)

_BYTES_PER_CHAR = 1024  # a server may send one event of some 300 bytes for each character
_SPARE_BYTES = 64 * 1024
_UNKNOWN_FIELD = frozenset({400, 404, 422})  # what servers answer to a field that they do not know


class LangChainChatModel:
    """A `ChatModel` over LangChain's `ChatOpenAI`. One object serves many threads."""

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str | None = None,
        temperature: float = 0.0,
        budget: Budget | None = None,
    ) -> None:
        self._base_url = base_url
        self._model = model
        self._api_key = api_key or "none"  # local servers want none, the client wants some
        self._temperature = temperature
        self._budget = budget or Budget()
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None
        self._chat: ChatOpenAI | None = None
        self._current = threading.local()  # the attempt that a reader thread is at
        self._knows_no_form = False  # the server refused to hold a reply to a form

    @property
    def id(self) -> str:
        """The model's name as it was set; of a path only the last part."""
        return PurePosixPath(self._model).name

    def stream(self, system: str, user: str, *, budget: Budget | None = None) -> Generator[str, None, None]:
        """Pieces of the reply, as `ChatModel.stream`. The connection ends with the generator.

        At most one retry, for 429 and 5xx, before the first piece and inside its deadline.

        Args:
            budget: of this reply alone.
        """
        return self._stream(system, user, budget or self._budget)

    def stream_json(
        self, system: str, user: str, schema: Mapping[str, object], *, budget: Budget | None = None
    ) -> Generator[str, None, None]:
        """As `FormingChatModel.stream_json`. A server that refuses the form is asked without it from then on."""
        limits = budget or self._budget
        if not self._knows_no_form:
            form = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": dict(schema)}}
            try:
                yield from self._stream(system, user, limits, {"extra_body": {"response_format": form}})
            except ModelUnavailable as exc:
                if getattr(exc.__cause__, "status_code", None) not in _UNKNOWN_FIELD:
                    raise
            else:
                return
        with closing(self._stream(system, user, limits)) as reply:
            for piece in reply:
                self._knows_no_form = True  # at once: whoever reads may have enough before the end
                yield piece

    def _stream(
        self, system: str, user: str, budget: Budget, fields: Mapping[str, object] | None = None
    ) -> Generator[str, None, None]:
        """The reply within `budget`, with further `fields` of the request."""
        from langchain_core.messages import HumanMessage, SystemMessage

        chat = self._opened()
        asked = _Asked([SystemMessage(system), HumanMessage(user)], {"timeout": _timeout(budget), **(fields or {})})
        clock = Clock(budget)
        for retries_left in (1, 0):
            attempt = Attempt(_SPARE_BYTES + budget.chars * _BYTES_PER_CHAR)
            threading.Thread(target=self._read, args=(chat, asked, attempt), name="llm-reader", daemon=True).start()
            try:
                fault = yield from pieces_in_time(attempt, clock)
            finally:
                attempt.abort()
            if fault is None:
                _log.info("language model answered: %d chars in %.0f ms", clock.chars, clock.elapsed_s * 1000)
                return
            delay = retry_delay(fault) if retries_left and not clock.chars else None
            if delay is None or delay >= clock.left_s:
                raise fault.error
            _log.info("language model refused for now; one more try in %.1f s", delay)
            sleep(delay)

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
        return httpx.Client(
            trust_env=False,  # no proxy and no .netrc from the environment: prompts go where the settings say
            verify=_tls_context() if self._base_url.startswith("https") else True,
            follow_redirects=False,
            # No connection is kept: each reader opens its own, so that it can be broken off alone.
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=_timeout(self._budget),
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
        attempt: Attempt = self._current.attempt
        request.extensions["trace"] = attempt.trace

    def _on_response(self, response: httpx.Response) -> None:
        if isinstance(response.stream, httpx.SyncByteStream):
            response.stream = CappedBytes(response.stream, self._current.attempt)

    def _read(self, chat: ChatOpenAI, asked: _Asked, attempt: Attempt) -> None:
        """Body of a reader thread: everything that is found or goes wrong goes into the queue."""
        from langsmith import tracing_context

        self._current.attempt = attempt
        try:
            with tracing_context(enabled=False):  # prompts leave for the endpoint only
                ended = _read_pieces(chat, asked, attempt)
        except Exception as exc:  # noqa: BLE001 - the one door where foreign exceptions are translated
            fault = translated(exc)
            if not attempt.stopped:
                _log.warning("language model failed: %s (%s)", fault.error.code, type(exc).__name__)
            attempt.put(fault)
        else:
            attempt.put(Sign.END if ended else ReplyFault(cut_short()))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request: its messages, and the fields beside them."""

    messages: list[BaseMessage]
    fields: dict[str, Any]


def _timeout(budget: Budget) -> httpx.Timeout:
    """How long the socket may be silent; `Clock` holds to the finer limits."""
    return httpx.Timeout(max(budget.first_token_s, budget.token_s), connect=budget.connect_s)


def _read_pieces(chat: ChatOpenAI, asked: _Asked, attempt: Attempt) -> bool:
    """Feed the queue; True when the server said that this was all."""
    chunks = chat.stream(asked.messages, **asked.fields)
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


def _tls_context() -> ssl.SSLContext:
    """The machine's own authorities, where a bank puts its private one, and certifi's."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
