"""Any server that reranks over HTTP: POST /v1/rerank as Jina, Cohere, vLLM and llama.cpp have it, POST /rerank of TEI.

A question is waiting, so nothing is tried twice.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from pydantic import SecretStr

from assistant.errors import ModelOutputInvalid
from assistant.models.json_endpoint import JsonEndpoint, Service
from assistant.models.vectors import embeddable

_NAME, _INTERFACE = "重排服务", "重排接口"
_MAX_BYTES = 1024 * 1024  # a server may send the passages back
_MAX_BYTES_PER_PASSAGE = 64 * 1024


class RerankEndpoint:
    """CrossEncoder over an endpoint. May be used from several threads.

    Args:
        base_url: with /v1 at its end the passages are sent as `documents`, else as `texts` (TEI);
            `/rerank` is put behind it.
        timeout_s: for the whole call.
        settings: the beginning of its settings' names, for messages.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: SecretStr | str | None = None,
        timeout_s: float = 5.0,
        settings: str = "ASSISTANT_RERANKER__",
    ) -> None:
        service = Service(
            name=_NAME,
            interface=_INTERFACE,
            settings=settings,
            unsuited=f"请检查设置 {settings}BASE_URL 和 {settings}MODEL",
        )
        self._endpoint = JsonEndpoint(service, base_url, "/rerank", api_key=api_key, timeout_s=timeout_s)
        self._field = "documents" if base_url.rstrip("/").endswith("/v1") else "texts"
        self._model = model

    def __repr__(self) -> str:
        return f"RerankEndpoint({self._model!r})"

    @property
    def id(self) -> str:
        return f"rerank/{self._model}"

    def close(self) -> None:
        """Give the connections back. Happens by itself when nobody holds the endpoint any more."""
        self._endpoint.close()

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
        reply = self._endpoint.post(asked, limit=_MAX_BYTES + _MAX_BYTES_PER_PASSAGE * len(passages))
        return _scores(self._endpoint.accepted(reply), count=len(passages))


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
        raise ModelOutputInvalid(f"{_NAME}的回复不是约定的格式。请确认设置的地址是{_INTERFACE}。") from exc
    if len(items) != count or scores.keys() != set(range(count)):
        raise ModelOutputInvalid(f"{_NAME}返回的分数与送去的 {count} 段文本对不上。请检查该服务的版本。")
    if not all(map(_is_number, scores.values())):
        raise ModelOutputInvalid(f"{_NAME}返回的分数不是有限的数。请检查该服务。")
    return [float(scores[n]) for n in range(count)]


def _is_number(score: object) -> bool:
    return isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score)
