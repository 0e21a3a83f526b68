"""What the routes of OpenAI's format have in common."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from fastapi import Request
from pydantic import BaseModel

from assistant.schema.inquiry import Inquiry
from assistant.serving.desk import Piece
from assistant.serving.http import errors
from assistant.serving.http.openai.saying import Link, link_from
from assistant.serving.http.openai.wire import ErrorEnvelope


class Links:
    """Where clauses are read: below the address that was set, or the one that a request came to."""

    def __init__(self, public_url: str | None) -> None:
        self._public_url = public_url

    def of(self, request: Request) -> Link:
        return link_from(self._public_url or str(request.base_url))


def headers_for(answer_id: str) -> dict[str, str]:
    """The headers of an answer."""
    return {"X-Answer-Id": answer_id, "X-Accel-Buffering": "no"}


def asked_chars(inquiry: Inquiry) -> int:
    """How much was asked, in code points."""
    return len(inquiry.question) + sum(len(turn.content) for turn in inquiry.history)


async def opened(
    stream: Awaitable[AsyncGenerator[Piece, None]], still_known: Callable[[], Awaitable[None]]
) -> AsyncGenerator[Piece, None]:
    """The same pieces once the first of them is there, so that what goes wrong before it has a status of its own.

    They end with an error once whoever asked is known no longer.
    """
    pieces = await stream
    try:
        first = await anext(pieces)
    except BaseException:
        await pieces.aclose()
        raise
    return _resumed(first, pieces, still_known)


async def _resumed(
    first: Piece, rest: AsyncGenerator[Piece, None], still_known: Callable[[], Awaitable[None]]
) -> AsyncGenerator[Piece, None]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            await still_known()
            yield piece


def documented() -> dict[int | str, dict[str, Any]]:
    """Errors as the OpenAPI description has them."""
    told = errors.documented(400, 404, 413, 415, 422, 500, 503)
    return {status: {**about, "model": ErrorEnvelope} for status, about in told.items()}


def stream_docs(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """What comes back, whole or as a stream."""
    return {
        200: {
            "model": model,
            "description": "答复；stream 为 true 时是事件流",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
            "headers": {"X-Answer-Id": {"description": "这次答复的编号。", "schema": {"type": "string"}}},
        }
    }
