"""What is asked over HTTP, read from a request; and an answer that stops when nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from assistant.errors import InputError
from assistant.schema.document import Clause, Document, LegalLevel
from assistant.schema.retrieval import Filters
from assistant.serving.guards import strict_json
from assistant.serving.http import wire

Body = TypeVar("Body", bound=BaseModel)
T = TypeVar("T")

_FULL_WIDTH = str.maketrans("()", "（）")
_LOOK_S = 0.5  # how often a request without a stream looks whether its client is still there
_CLIENT_GONE = 499  # as nginx writes it into its log; nobody reads the response


async def read_body(request: Request, model: type[Body]) -> Body:
    """The body as `model`. Read here and not by FastAPI, whose reader is more lenient and whose errors echo."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise InputError("请求格式须为 application/json。", code="unsupported_media_type")
    return validated(model, strict_json(await request.body()))


def validated(model: type[Body], fields: Mapping[str, Any]) -> Body:
    """`fields` as `model`.

    Raises:
        InputError: naming what is wrong by the names of our own fields alone.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as exc:
        raise _refused_fields(exc, model) from None  # its text repeats the input


def filters_of(asked: wire.Chosen) -> Filters:
    return Filters(
        as_of=asked.as_of,
        document_ids=frozenset(asked.document_ids) if asked.document_ids is not None else None,
        levels=frozenset(map(LegalLevel, asked.legal_levels)) if asked.legal_levels is not None else None,
        region=asked.region,
        institution=asked.institution,
    )


def clause_at(document: Document, address: str) -> Clause | None:
    """The clause of an address as it was typed, with brackets of either width."""
    return document.find(address) or document.find(address.translate(_FULL_WIDTH))


def _refused_fields(exc: ValidationError, model: type[BaseModel]) -> InputError:
    errors = exc.errors(include_input=False, include_context=False, include_url=False)
    if any(error["type"] == "string_unicode" for error in errors):
        return InputError("请求里有无法识别的字符（如残缺的编码），请重新输入。", code="bad_characters")
    named = {str(error["loc"][0]) for error in errors}
    known = [name for name in model.model_fields if name in named]  # a name of ours is safe to say
    parts = [f"字段 {'、'.join(known)} 缺失或取值不符"] if known else []
    if named - set(known):
        parts.append(f"含有不支持的字段（可用的字段：{'、'.join(model.model_fields)}）")
    return InputError(f"请求有误：{'；'.join(parts)}。请查阅接口说明 /docs。", code="bad_request")


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


async def unless_gone(request: Request, answer: Coroutine[Any, Any, T]) -> T:
    """The answer, unless the client hangs up first: then the work is stopped."""
    task = asyncio.create_task(answer)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=_LOOK_S)
            if not task.done() and await request.is_disconnected():
                raise HTTPException(_CLIENT_GONE)
        return task.result()
    finally:
        task.cancel()
