"""`/v1`: models, answers in both of OpenAI's formats, vectors."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Request

from assistant.errors import InputError
from assistant.serving.desk import Desk
from assistant.serving.http.bodies import body_schema, read_body, unless_gone
from assistant.serving.http.openai import wire
from assistant.serving.http.openai.chat import add_chat
from assistant.serving.http.openai.common import Links, documented
from assistant.serving.http.openai.conversation import check_model
from assistant.serving.http.openai.responses import add_responses
from assistant.serving.http.rules import Asker

_MODELS = (wire.PLAIN, wire.WITH_SOURCES, wire.EMBEDDING)
ModelName = Annotated[str, Path(description="模型的名称。", examples=[wire.PLAIN], max_length=200)]


def add_openai(app: FastAPI, desk: Desk, *, public_url: str | None, ping_s: float) -> None:
    """Give an application these routes.

    Args:
        public_url: where clients reach the application; links to clauses begin with it.
    """
    links = Links(public_url)
    _add_models(app)
    add_chat(app, desk, links, ping_s)
    add_responses(app, desk, links, ping_s)
    _add_embeddings(app, desk)


def _add_models(app: FastAPI) -> None:
    errors: dict[int | str, dict[str, Any]] = {
        status: about for status, about in documented().items() if status in (401, 403, 404, 422)
    }

    @app.get("/v1/models", summary="可用的模型", tags=["OpenAI 兼容"], responses=errors)
    async def models() -> wire.ModelList:
        return wire.ModelList(data=[wire.Model(id=name) for name in _MODELS])

    @app.get("/v1/models/{model}", summary="一个模型", tags=["OpenAI 兼容"], responses=errors)
    async def model(model: ModelName) -> wire.Model:
        check_model(model, _MODELS)
        return wire.Model(id=model)


async def _texts(request: Request) -> wire.EmbeddingsRequest:
    return await read_body(request, wire.EmbeddingsRequest)


def _add_embeddings(app: FastAPI, desk: Desk) -> None:
    @app.post(
        "/v1/embeddings",
        summary="文字的向量",
        tags=["OpenAI 兼容"],
        responses=documented(),
        openapi_extra=body_schema(wire.EmbeddingsRequest),
    )
    async def embeddings(
        request: Request, asker: Asker, asked: Annotated[wire.EmbeddingsRequest, Depends(_texts)]
    ) -> wire.Embeddings:
        check_model(asked.model, (wire.EMBEDDING,))
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        as_queries = asked.input_type == "query"
        vectors = await unless_gone(request, desk.embed(texts, as_queries=as_queries, principal=asker))
        if asked.dimensions not in (None, vectors.shape[1]):
            raise InputError(f"向量的维数是 {vectors.shape[1]}，不能改变。", code="unsupported")
        packed = asked.encoding_format == "base64"
        data = [
            wire.Embedding(
                index=index,
                embedding=base64.b64encode(vector.astype("<f4").tobytes()).decode() if packed else vector.tolist(),
            )
            for index, vector in enumerate(vectors)
        ]
        chars = sum(map(len, texts))
        return wire.Embeddings(
            data=data, model=asked.model, usage=wire.EmbeddingUsage(prompt_tokens=chars, total_tokens=chars)
        )
