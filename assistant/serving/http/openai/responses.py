"""`/v1/responses`: the newer of OpenAI's formats, whose citations its clients keep."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from assistant.errors import AssistantError
from assistant.schema.answer import DeltaEvent
from assistant.serving.desk import Desk, Piece, Reply
from assistant.serving.guards import INTERNAL_MESSAGE, log_fault
from assistant.serving.http.bodies import body_schema, read_body, unless_gone
from assistant.serving.http.errors import public, request_id_for
from assistant.serving.http.lines import event
from assistant.serving.http.openai import wire
from assistant.serving.http.openai.common import Links, asked_chars, documented, headers_for, opened, stream_docs
from assistant.serving.http.openai.conversation import asked_in_responses
from assistant.serving.http.openai.saying import Link, Shown, shown
from assistant.serving.http.rules import Asker
from assistant.serving.render.fields import answer_body


async def _asked(request: Request) -> wire.ResponsesRequest:
    return await read_body(request, wire.ResponsesRequest)


Asked = Annotated[wire.ResponsesRequest, Depends(_asked)]


def add_responses(app: FastAPI, desk: Desk, links: Links, ping_s: float) -> None:
    """Give an application this route."""

    @app.post(
        "/v1/responses",
        summary="提问（Responses）",
        tags=["OpenAI 兼容"],
        response_model=wire.Response,
        responses={**documented(), **stream_docs(wire.Response)},
        openapi_extra=body_schema(wire.ResponsesRequest),
    )
    async def respond(request: Request, asker: Asker, asked: Asked) -> Response:
        """stream 为 true 时是事件流，以 response.completed 结束，出错时以 error 结束。"""
        inquiry = asked_in_responses(asked, asker)
        answer_id, saying = uuid.uuid4().hex, _Saying(asked.model, links.of(request), asked_chars(inquiry))
        if asked.stream:
            pieces = desk.stream(inquiry, kept=False, answer_id=answer_id)
            begun = await unless_gone(request, opened(pieces, request.state.still_known))
            events = _events(begun, _Events(saying, answer_id), request_id_for(request))
            return EventSourceResponse(events, ping=ping_s, headers=headers_for(answer_id))
        reply = await unless_gone(request, desk.ask(inquiry, kept=False))
        return JSONResponse(saying.whole(reply).model_dump(mode="json"), headers=headers_for(reply.id))


class _Saying:
    """One answer in this format."""

    def __init__(self, model: str, link: Link, asked_chars: int) -> None:
        self._model = model
        self._link = link
        self._asked_chars = asked_chars
        self._created = int(time.time())

    def shown(self, reply: Reply) -> Shown:
        return shown(reply.answer, sources=self._model == wire.WITH_SOURCES, link=self._link)

    def begun(self, answer_id: str) -> wire.Response:
        return wire.Response(
            id=f"resp_{answer_id}",
            created_at=self._created,
            status="in_progress",
            metadata={"answer_id": answer_id},
            model=self._model,
            output=[],
            usage=None,
        )

    def whole(self, reply: Reply) -> wire.Response:
        message = self.message(reply)
        said = len(message.content[0].text)
        return wire.Response(
            id=f"resp_{reply.id}",
            created_at=self._created,
            status="completed",
            metadata={
                "outcome": message.outcome,
                "outcome_label": message.outcome_label,
                "answer_id": reply.id,
            },
            model=self._model,
            output=[message],
            usage=wire.ResponseUsage(
                input_tokens=self._asked_chars, output_tokens=said, total_tokens=self._asked_chars + said
            ),
        )

    def message(self, reply: Reply) -> wire.OutputMessage:
        words = self.shown(reply)
        marks = [wire.FlatCitation(**dict(mark)) for mark in words.marks]
        return wire.OutputMessage(
            **dict(wire.Proof.of(reply.id, answer_body(reply.answer))),
            id=f"msg_{reply.id}",
            content=[wire.OutputText(text=words.text, annotations=marks)],
        )


class _Events:
    """The events of one stream, numbered."""

    def __init__(self, saying: _Saying, answer_id: str) -> None:
        self._saying = saying
        self._answer_id = answer_id
        self._number = 0
        self._place = {"item_id": f"msg_{answer_id}", "output_index": 0, "content_index": 0}

    def first(self) -> Iterator[ServerSentEvent]:
        response = self._saying.begun(self._answer_id).model_dump(mode="json")
        item = {"type": "message", "id": f"msg_{self._answer_id}", "status": "in_progress", "role": "assistant"}
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield self._event("response.created", response=response)
        yield self._event("response.in_progress", response=response)
        yield self._event("response.output_item.added", output_index=0, item={**item, "content": []})
        yield self._event("response.content_part.added", **self._place, part=part)

    def words(self, text: str) -> ServerSentEvent:
        return self._event("response.output_text.delta", **self._place, delta=text, logprobs=[])

    def last(self, reply: Reply) -> Iterator[ServerSentEvent]:
        response = self._saying.whole(reply).model_dump(mode="json")
        [item] = response["output"]
        [part] = item["content"]
        yield self.words(self._saying.shown(reply).tail)
        for index, annotation in enumerate(part["annotations"]):
            yield self._event(
                "response.output_text.annotation.added", **self._place, annotation_index=index, annotation=annotation
            )
        yield self._event("response.output_text.done", **self._place, text=part["text"], logprobs=[])
        yield self._event("response.content_part.done", **self._place, part=part)
        yield self._event("response.output_item.done", output_index=0, item=item)
        yield self._event("response.completed", response=response)

    def fault(self, code: str, message: str, request_id: str) -> ServerSentEvent:
        return self._event("error", code=code, message=message, param=None, request_id=request_id)

    def _event(self, kind: str, **fields: Any) -> ServerSentEvent:
        numbered = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return event(numbered, kind)


async def _events(
    pieces: AsyncGenerator[Piece, None], events: _Events, request_id: str
) -> AsyncGenerator[ServerSentEvent, None]:
    async with aclosing(pieces):
        for one in events.first():
            yield one
        try:
            async for piece in pieces:
                if isinstance(piece, DeltaEvent):
                    yield events.words(piece.text)
                elif isinstance(piece, Reply):
                    for one in events.last(piece):
                        yield one
        except AssistantError as exc:
            _, code, message = public(exc, request_id)
            yield events.fault(code, message, request_id)
        except Exception as exc:  # noqa: BLE001 - headers are sent, so the 500 has to travel in the stream; it is logged
            log_fault(exc, request_id)
            yield events.fault("internal_error", INTERNAL_MESSAGE, request_id)
