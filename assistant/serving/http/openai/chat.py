"""`/v1/chat/completions`: one message, or a stream of pieces of it."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from assistant.errors import AssistantError
from assistant.schema.answer import DeltaEvent
from assistant.serving.desk import Desk, Piece, Reply
from assistant.serving.guards import INTERNAL_MESSAGE, error_body, log_fault
from assistant.serving.http.bodies import body_schema, read_body, unless_gone
from assistant.serving.http.errors import public, request_id_for
from assistant.serving.http.lines import event
from assistant.serving.http.openai import wire
from assistant.serving.http.openai.common import Links, asked_chars, documented, headers_for, opened, stream_docs
from assistant.serving.http.openai.conversation import asked_in_chat
from assistant.serving.http.openai.saying import Shown, shown
from assistant.serving.http.rules import Asker
from assistant.serving.render.fields import answer_body

PATH = "/v1/chat/completions"


async def _asked(request: Request) -> wire.ChatRequest:
    return await read_body(request, wire.ChatRequest)


Asked = Annotated[wire.ChatRequest, Depends(_asked)]


def add_chat(app: FastAPI, desk: Desk, links: Links, ping_s: float) -> None:
    """Give an application this route."""

    @app.post(
        PATH,
        summary="提问（Chat Completions）",
        tags=["OpenAI 兼容"],
        response_model=wire.ChatCompletion,
        responses={**documented(), **stream_docs(wire.ChatCompletion)},
        openapi_extra=body_schema(wire.ChatRequest),
    )
    async def chat(request: Request, asker: Asker, asked: Asked) -> Response:
        """stream 为 true 时是 data: 行，最后一个带内容的 delta 附 annotations 与 citations，以 [DONE] 结束。"""
        inquiry = asked_in_chat(asked, asker)
        answer_id, saying = uuid.uuid4().hex, _Saying(asked, links.of(request), asked_chars(inquiry))
        if asked.stream:
            pieces = desk.stream(inquiry, kept=False, answer_id=answer_id)
            begun = await unless_gone(request, opened(pieces, request.state.still_known))
            events = _events(begun, saying, answer_id, request_id_for(request))
            return EventSourceResponse(events, ping=ping_s, headers=headers_for(answer_id))
        reply = await unless_gone(request, desk.ask(inquiry, kept=False))
        return JSONResponse(saying.whole(reply).model_dump(mode="json"), headers=headers_for(reply.id))


class _Saying:
    """One answer in this format."""

    def __init__(self, asked: wire.ChatRequest, link: Any, asked_chars: int) -> None:
        self._model = asked.model
        self._usage_wanted = bool(asked.stream_options and asked.stream_options.include_usage)
        self._link = link
        self._asked_chars = asked_chars
        self._created = int(time.time())

    def whole(self, reply: Reply) -> wire.ChatCompletion:
        words = self._shown(reply)
        return wire.ChatCompletion(
            id=f"chatcmpl-{reply.id}",
            created=self._created,
            model=self._model,
            choices=[wire.Choice(message=_message(reply, words, words.text))],
            usage=self._usage(words),
        )

    def piece(self, answer_id: str, delta: dict[str, Any], *, finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._chunk(answer_id, [choice])

    def last(self, reply: Reply) -> list[dict[str, Any]]:
        """The last words with everything that proves the answer, the end, and how much it was."""
        words = self._shown(reply)
        proof = _message(reply, words, words.tail).model_dump(mode="json", exclude={"role", "refusal"})
        chunks = [self.piece(reply.id, proof), self.piece(reply.id, {}, finish="stop")]
        if self._usage_wanted:
            chunks.append({**self._chunk(reply.id, []), "usage": self._usage(words).model_dump()})
        return chunks

    def _chunk(self, answer_id: str, choices: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{answer_id}",
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "choices": list(choices),
        }

    def _shown(self, reply: Reply) -> Shown:
        return shown(reply.answer, sources=self._model == wire.WITH_SOURCES, link=self._link)

    def _usage(self, words: Shown) -> wire.Usage:
        said = len(words.text)
        return wire.Usage(
            prompt_tokens=self._asked_chars, completion_tokens=said, total_tokens=self._asked_chars + said
        )


def _message(reply: Reply, words: Shown, content: str) -> wire.AssistantMessage:
    return wire.AssistantMessage(
        **dict(wire.Proof.of(reply.id, answer_body(reply.answer))),
        content=content,
        annotations=[wire.Annotation(url_citation=mark) for mark in words.marks],
    )


async def _events(
    pieces: AsyncGenerator[Piece, None], saying: _Saying, answer_id: str, request_id: str
) -> AsyncGenerator[ServerSentEvent, None]:
    async with aclosing(pieces):
        yield event(saying.piece(answer_id, {"role": "assistant", "content": ""}))
        try:
            async for piece in pieces:
                if isinstance(piece, DeltaEvent):
                    yield event(saying.piece(answer_id, {"content": piece.text}))
                elif isinstance(piece, Reply):
                    for chunk in saying.last(piece):
                        yield event(chunk)
        except AssistantError as exc:
            yield event(error_body(PATH, *public(exc, request_id), request_id))
        except Exception as exc:  # noqa: BLE001 - headers are sent, so the 500 has to travel in the stream; it is logged
            log_fault(exc, request_id)
            yield event(error_body(PATH, 500, "internal_error", INTERNAL_MESSAGE, request_id))
    yield ServerSentEvent(data="[DONE]")
