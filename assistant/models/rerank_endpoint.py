"""Any server that reranks over HTTP: POST /v1/rerank as Jina, Cohere, vLLM and llama.cpp have it, POST /rerank of TEI.

A question is waiting, so nothing is tried twice. Answers of the server never stand in a message:
they may repeat the text or the key.
"""

from __future__ import annotations

import json
import math
import time
import weakref
from collections.abc import Sequence
from typing import Any

import httpx
from pydantic import SecretStr

from assistant.errors import ModelOutputInvalid, ModelTimeout, ModelUnavailable, SettingsError
from assistant.models.vectors import embeddable

_NAME = "重排服务"
_MAX_BYTES = 1024 * 1024  # a server may send the passages back
_MAX_BYTES_PER_PASSAGE = 64 * 1024


class RerankEndpoint:
    """CrossEncoder over an endpoint. May be used from several threads.

    No proxy or key is read from the environment, no redirect is followed.

    Args:
        base_url: with /v1 at its end the passages are sent as `documents`, else as `texts` (TEI);
            `/rerank` is put behind it.
        timeout_s: for the whole call.
    """

    def __init__(
        self, base_url: str, model: str, *, api_key: SecretStr | str | None = None, timeout_s: float = 5.0
    ) -> None:
        self._url = _endpoint(base_url)
        self._field = "documents" if base_url.rstrip("/").endswith("/v1") else "texts"
        self._model = model
        self._timeout_s = timeout_s
        self._client = httpx.Client(
            headers=_headers(api_key), timeout=timeout_s, trust_env=False, follow_redirects=False
        )
        self._closer = weakref.finalize(self, self._client.close)

    def __repr__(self) -> str:
        return f"RerankEndpoint({self._model!r})"

    @property
    def id(self) -> str:
        return f"rerank/{self._model}"

    def close(self) -> None:
        """Give the connections back. Happens by itself when nobody holds the endpoint any more."""
        self._closer()

    def score(self, question: str, passages: Sequence[str]) -> list[float]:
        if not passages:
            return []
        asked: dict[str, Any] = {
            "model": self._model,
            "query": embeddable(question),
            self._field: [embeddable(passage) for passage in passages],
        }
        if self._field == "documents":
            asked |= {"top_n": len(passages), "return_documents": False}
        body = self._post(json.dumps(asked, ensure_ascii=False).encode(), limit=len(passages))
        return _scores(body, count=len(passages))

    def _post(self, content: bytes, *, limit: int) -> bytes:
        try:
            with self._client.stream("POST", self._url, content=content) as response:
                body = self._read(response, limit=_MAX_BYTES + _MAX_BYTES_PER_PASSAGE * limit)
                if response.status_code != httpx.codes.OK:
                    raise _refusal(response.status_code)
                return body
        except httpx.TimeoutException as exc:
            raise _timeout() from exc
        except httpx.DecodingError as exc:
            raise ModelOutputInvalid(f"{_NAME}的回复无法解压。请检查该服务或中间代理。") from exc
        except httpx.TransportError as exc:
            raise ModelUnavailable(
                f"无法连接{_NAME}。请确认服务已启动，并检查设置 ASSISTANT_RERANKER__BASE_URL。", retryable=True
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
                raise ModelOutputInvalid(f"{_NAME}的回复过大，已停止读取。请确认设置的地址是重排接口。")
            if time.monotonic() - started > self._timeout_s:
                raise _timeout()
        return bytes(body)


def _endpoint(base_url: str) -> httpx.URL:
    """The URL to post to.

    Raises:
        SettingsError: no http(s) address, or one with a name and password in it.
    """
    wrong = "设置 ASSISTANT_RERANKER__BASE_URL 应是形如 http://127.0.0.1:8000/v1 的网址，不带用户名、密码和参数。"
    try:
        url = httpx.URL(base_url.rstrip("/") + "/rerank")
    except httpx.InvalidURL as exc:
        raise SettingsError(wrong) from exc
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise SettingsError(wrong)
    return url


def _headers(api_key: SecretStr | str | None) -> dict[str, str]:
    key = api_key.get_secret_value() if isinstance(api_key, SecretStr) else api_key
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if not key:
        return headers
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError("设置 ASSISTANT_RERANKER__API_KEY 含有空格、换行或非英文字符，请重新复制密钥。")
    return headers | {"Authorization": f"Bearer {key}"}


def _timeout() -> ModelTimeout:
    return ModelTimeout(
        f"{_NAME}没有在规定时间内回复。请稍后再试，或调大设置 ASSISTANT_RERANKER__TIMEOUT_S。", retryable=True
    )


def _refusal(status: int) -> ModelUnavailable:
    busy = status == httpx.codes.TOO_MANY_REQUESTS or httpx.codes.is_server_error(status)
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        advice = "密钥缺失、有误或没有权限，请检查设置 ASSISTANT_RERANKER__API_KEY"
    elif busy:
        advice = "服务繁忙或出错，请稍后再试"
    else:
        advice = "请检查设置 ASSISTANT_RERANKER__BASE_URL 和 ASSISTANT_RERANKER__MODEL"
    return ModelUnavailable(f"{_NAME}拒绝了请求（HTTP {status}）：{advice}。", retryable=busy)


def _scores(body: bytes, *, count: int) -> list[float]:
    """The scores in `body`, in the order of the passages sent.

    Raises:
        ModelOutputInvalid: not JSON, not an answer to such a request, or not one number a passage.
    """
    try:
        found = json.loads(body)
        items = found if isinstance(found, list) else found.get("results", found.get("data"))
        scores = {item["index"]: item["relevance_score" if "relevance_score" in item else "score"] for item in items}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise ModelOutputInvalid(f"{_NAME}的回复不是约定的格式。请确认设置的地址是重排接口。") from exc
    if len(items) != count or scores.keys() != set(range(count)):
        raise ModelOutputInvalid(f"{_NAME}返回的分数与送去的 {count} 段文本对不上。请检查该服务的版本。")
    if not all(isinstance(s, int | float) and not isinstance(s, bool) and math.isfinite(s) for s in scores.values()):
        raise ModelOutputInvalid(f"{_NAME}返回的分数不是有限的数。请检查该服务。")
    return [float(scores[n]) for n in range(count)]
