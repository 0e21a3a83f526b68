"""Any server that speaks POST /v1/embeddings: vLLM, TEI, Ollama, llama.cpp, a cloud.

Answers of the server never stand in a message: they may repeat the text or the key.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import weakref
from collections.abc import Sequence
from typing import Any, Self

import httpx
import numpy as np
from pydantic import SecretStr

from assistant.errors import ModelOutputInvalid, ModelTimeout, ModelUnavailable, SettingsError
from assistant.models.protocols import Vectors
from assistant.models.vectors import batches, checked_vectors, embeddable, no_vectors

_NAME = "向量模型服务"
_PROBE = "政策"
_BLANK = "。"  # several servers refuse a blank text
_MAX_BYTES_PER_TEXT = 256 * 1024  # 8,192 numbers of 24 characters take 200 KB
_MAX_BYTES_BESIDE = 1024 * 1024
_LONGEST_PAUSE_S = 5.0
_SERVER_BUSY = 429


class OpenAIEmbedder:
    """Embedder over an OpenAI-compatible endpoint. May be used from several threads.

    One call takes at most `timeout_s` a batch, twice that (and a pause) where the server answers
    429 or 5xx, because that is tried once more. No proxy or key is read from the environment, no
    redirect is followed. A blank text is sent as a full stop.

    Args:
        base_url: ends in /v1; `/embeddings` is put behind it.
        query_prefix: put in front of each question; None and "" put nothing there.
        document_prefix: the same for passages.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: SecretStr | str | None = None,
        batch_size: int = 32,
        timeout_s: float = 30.0,
        query_prefix: str | None = None,
        document_prefix: str | None = None,
        retry_pause_s: float = 0.5,
    ) -> None:
        self._url = _endpoint(base_url)
        self._model = embeddable(model)
        self._batch_size = batch_size
        self._timeout_s = timeout_s
        self._query_prefix = embeddable(query_prefix or "")
        self._document_prefix = embeddable(document_prefix or "")
        self._retry_pause_s = retry_pause_s
        self._lock = threading.Lock()
        self._dimension: int | None = None
        self._client = httpx.Client(
            headers=_headers(api_key), timeout=timeout_s, trust_env=False, follow_redirects=False
        )
        self._closer = weakref.finalize(self, self._client.close)

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self._model!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back. Happens by itself when nobody holds the embedder any more."""
        self._closer()

    @property
    def id(self) -> str:
        """Model, and a hash of the endpoint and the prefixes: one name may mean two models elsewhere."""
        parts = repr((str(self._url), self._query_prefix, self._document_prefix))
        digest = hashlib.sha256(parts.encode("utf-8", "backslashreplace")).hexdigest()
        return f"openai/{self._model}@{digest[:8]}"

    @property
    def dimension(self) -> int:
        """Asks the server for one vector if there was none yet."""
        if self._dimension is None:
            self._request([_PROBE])
        assert self._dimension is not None
        return self._dimension

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, self._query_prefix)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, self._document_prefix)

    def _embed(self, texts: Sequence[str], prefix: str) -> Vectors:
        if not texts:
            return no_vectors(self.dimension)
        runs = batches(texts, self._batch_size)
        return np.concatenate([self._request([_visible(prefix + text) for text in run]) for run in runs])

    def _request(self, texts: list[str]) -> Vectors:
        """Vectors of one batch. The first answer settles the dimension."""
        rows = _rows(self._body(texts), count=len(texts))
        with self._lock:
            vectors = checked_vectors(rows, count=len(texts), dimension=self._dimension, model=_NAME)
            self._dimension = vectors.shape[1]
        return vectors

    def _body(self, texts: list[str]) -> bytes:
        """The server's answer; asks once more where it is only busy or broken for the moment."""
        status, pause, body = self._post(texts)
        if _passing(status):
            time.sleep(min(max(pause, self._retry_pause_s), _LONGEST_PAUSE_S))
            status, _, body = self._post(texts)
        if status != httpx.codes.OK:
            raise _refusal(status)
        return body

    def _post(self, texts: list[str]) -> tuple[int, float, bytes]:
        """Status, seconds to wait as the server wishes, and body."""
        content = json.dumps({"model": self._model, "input": texts}, ensure_ascii=False).encode()
        try:
            with self._client.stream("POST", self._url, content=content) as response:
                body = self._read(response, limit=_MAX_BYTES_BESIDE + _MAX_BYTES_PER_TEXT * len(texts))
                return response.status_code, _retry_after(response), body
        except httpx.TimeoutException as exc:
            raise _timeout() from exc
        except httpx.DecodingError as exc:
            raise ModelOutputInvalid(f"{_NAME}的回复无法解压。请检查该服务或中间代理。") from exc
        except httpx.TransportError as exc:
            raise ModelUnavailable(
                f"无法连接{_NAME}。请确认服务已启动，并检查设置 ASSISTANT_EMBEDDER__BASE_URL。", retryable=True
            ) from exc
        except RuntimeError as exc:  # what httpx raises once `close` was called
            raise ModelUnavailable(f"{_NAME}的连接已关闭，请重新启动助手。") from exc

    def _read(self, response: httpx.Response, *, limit: int) -> bytes:
        """The body, as long as it is neither endless nor drips in for ever."""
        started = time.monotonic()
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > limit:
                raise ModelOutputInvalid(f"{_NAME}的回复过大，已停止读取。请确认设置的地址是向量接口。")
            if time.monotonic() - started > self._timeout_s:
                raise _timeout()
        return bytes(body)


def _endpoint(base_url: str) -> httpx.URL:
    """The URL to post to.

    Raises:
        SettingsError: no http(s) address, or one with a name and password in it.
    """
    try:
        url = httpx.URL(base_url.rstrip("/") + "/embeddings")
    except httpx.InvalidURL as exc:
        raise SettingsError(
            "设置 ASSISTANT_EMBEDDER__BASE_URL 不是有效的网址，应形如 http://127.0.0.1:8000/v1。"
        ) from exc
    if url.scheme not in {"http", "https"} or not url.host:
        raise SettingsError("设置 ASSISTANT_EMBEDDER__BASE_URL 应以 http:// 或 https:// 开头，并以 /v1 结尾。")
    if url.userinfo or url.query or url.fragment:
        raise SettingsError(
            "设置 ASSISTANT_EMBEDDER__BASE_URL 里不能带用户名、密码或参数；密钥请放在 ASSISTANT_EMBEDDER__API_KEY。"
        )
    return url


def _headers(api_key: SecretStr | str | None) -> dict[str, str]:
    key = api_key.get_secret_value() if isinstance(api_key, SecretStr) else api_key
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if not key:
        return headers
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError("设置 ASSISTANT_EMBEDDER__API_KEY 含有空格、换行或非英文字符，请重新复制密钥。")
    return headers | {"Authorization": f"Bearer {key}"}


def _visible(text: str) -> str:
    return text if text.strip() else _BLANK


def _passing(status: int) -> bool:
    """Whether the same request may well succeed in a moment."""
    return status == _SERVER_BUSY or httpx.codes.is_server_error(status)


def _retry_after(response: httpx.Response) -> float:
    """Seconds in `Retry-After`; 0 where it is absent or a date (RFC 9110, section 10.2.3)."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0


def _timeout() -> ModelTimeout:
    return ModelTimeout(
        f"{_NAME}没有在规定时间内回复。请稍后再试，或调大设置 ASSISTANT_EMBEDDER__TIMEOUT_S。", retryable=True
    )


def _refusal(status: int) -> ModelUnavailable:
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        advice = "密钥缺失、有误或没有权限，请检查设置 ASSISTANT_EMBEDDER__API_KEY"
    elif status == httpx.codes.NOT_FOUND:
        advice = "请检查设置 ASSISTANT_EMBEDDER__BASE_URL（应以 /v1 结尾）和 ASSISTANT_EMBEDDER__MODEL"
    elif _passing(status):
        advice = "服务繁忙或出错，请稍后再试"
    elif httpx.codes.is_redirect(status):
        advice = "地址要求跳转，为保护密钥没有跟随，请把 ASSISTANT_EMBEDDER__BASE_URL 改为最终地址"
    else:
        advice = "请检查设置 ASSISTANT_EMBEDDER__MODEL，或调小 ASSISTANT_EMBEDDER__BATCH_SIZE 后再试"
    return ModelUnavailable(f"{_NAME}拒绝了请求（HTTP {status}）：{advice}。", retryable=_passing(status))


def _rows(body: bytes, *, count: int) -> list[Any]:
    """The embeddings in `body`, in the order of the texts sent.

    Raises:
        ModelOutputInvalid: not JSON, not an answer to such a request, or not one vector a text.
    """
    try:
        items = json.loads(body)["data"]
        rows = {item["index"]: item["embedding"] for item in items}
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise ModelOutputInvalid(f"{_NAME}的回复不是约定的格式。请确认设置的地址是 OpenAI 兼容的向量接口。") from exc
    if len(items) != count or rows.keys() != set(range(count)):
        raise ModelOutputInvalid(f"{_NAME}返回的向量与送去的 {count} 段文本对不上。请检查该服务的版本。")
    return [rows[i] for i in range(count)]
