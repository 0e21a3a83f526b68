"""Any server that speaks POST /v1/embeddings: vLLM, TEI, Ollama, llama.cpp, a cloud."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from pydantic import SecretStr

from assistant.errors import ModelOutputInvalid
from assistant.models.json_endpoint import JsonEndpoint, Service
from assistant.models.protocols import Vectors
from assistant.models.vectors import batches, checked_vectors, embeddable, no_vectors

_SERVICE = Service(
    name="向量模型服务",
    interface="向量接口",
    settings="ASSISTANT_EMBEDDER__",
    unsuited="请检查设置 ASSISTANT_EMBEDDER__MODEL，或调小 ASSISTANT_EMBEDDER__BATCH_SIZE 后再试",
)
_PROBE = "政策"
_BLANK = "。"  # several servers refuse a blank text
_MAX_BYTES_PER_TEXT = 256 * 1024  # 8,192 numbers of 24 characters take 200 KB
_MAX_BYTES_BESIDE = 1024 * 1024
_LONGEST_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How texts are sent.

    Args:
        query_prefix: put in front of each question; None and "" put nothing there.
        document_prefix: the same for passages.
        retry_pause_s: before a request is tried once more, where the server does not wish for longer.
    """

    batch_size: int = 32
    query_prefix: str | None = None
    document_prefix: str | None = None
    retry_pause_s: float = 0.5


class OpenAIEmbedder:
    """Embedder over an OpenAI-compatible endpoint. May be used from several threads.

    One call takes at most `timeout_s` a batch, twice that (and a pause) where the server answers
    429 or 5xx, because that is tried once more. A blank text is sent as a full stop.

    Args:
        base_url: ends in /v1; `/embeddings` is put behind it.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: SecretStr | str | None = None,
        timeout_s: float = 30.0,
        sending: Sending | None = None,
    ) -> None:
        how = sending or Sending()
        self._endpoint = JsonEndpoint(_SERVICE, base_url, "/embeddings", api_key=api_key, timeout_s=timeout_s)
        self._model = embeddable(model)
        self._batch_size = how.batch_size
        self._query_prefix = embeddable(how.query_prefix or "")
        self._document_prefix = embeddable(how.document_prefix or "")
        self._retry_pause_s = how.retry_pause_s
        self._lock = threading.Lock()
        self._dimension: int | None = None

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self._model!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back. Happens by itself when nobody holds the embedder any more."""
        self._endpoint.close()

    @property
    def id(self) -> str:
        """Model, and a hash of the endpoint and the prefixes: one name may mean two models elsewhere."""
        parts = repr((str(self._endpoint.url), self._query_prefix, self._document_prefix))
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
            vectors = checked_vectors(rows, count=len(texts), dimension=self._dimension, model=_SERVICE.name)
            self._dimension = vectors.shape[1]
        return vectors

    def _body(self, texts: list[str]) -> bytes:
        """The server's answer; asks once more where it is only busy or broken for the moment."""
        asked = {"model": self._model, "input": texts}
        limit = _MAX_BYTES_BESIDE + _MAX_BYTES_PER_TEXT * len(texts)
        reply = self._endpoint.post(asked, limit=limit)
        if reply.passing:
            time.sleep(min(max(reply.pause_s, self._retry_pause_s), _LONGEST_PAUSE_S))
            reply = self._endpoint.post(asked, limit=limit)
        return self._endpoint.accepted(reply)


def _visible(text: str) -> str:
    return text if text.strip() else _BLANK


def _rows(body: bytes, *, count: int) -> list[Any]:
    """The embeddings in `body`, in the order of the texts sent.

    Raises:
        ModelOutputInvalid: not JSON, not an answer to such a request, or not one vector a text.
    """
    try:
        items = json.loads(body)["data"]
        rows = {item["index"]: item["embedding"] for item in items}
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise ModelOutputInvalid(
            f"{_SERVICE.name}的回复不是约定的格式。请确认设置的地址是 OpenAI 兼容的向量接口。"
        ) from exc
    if len(items) != count or rows.keys() != set(range(count)):
        raise ModelOutputInvalid(f"{_SERVICE.name}返回的向量与送去的 {count} 段文本对不上。请检查该服务的版本。")
    return [rows[i] for i in range(count)]
