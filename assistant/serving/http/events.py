"""The events of an answer: one `sources`, some `delta`, one `done` or `error`, each with an id to go on from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sse_starlette import ServerSentEvent

from assistant.records.answers import KeptAnswer
from assistant.schema.answer import DeltaEvent, SourcesEvent
from assistant.serving.desk import Piece, Reply
from assistant.serving.http import wire
from assistant.serving.http.lines import one_line
from assistant.serving.render.fields import as_fields, citation_body
from assistant.serving.render.response import response_text

_PLACE = re.compile(r"sources|done|[0-9]{1,9}")
_AT_A_TIME = 200  # characters of a delta that is given again


class AnswerEvents:
    """Makes the events of one answer. The id of a delta says how much of the text has been given with it."""

    def __init__(self, answer_id: str, request_id: str) -> None:
        self._answer_id, self._request_id = answer_id, request_id
        self._given = 0

    def of(self, piece: Piece) -> ServerSentEvent:
        """The event that a piece of a new answer is."""
        match piece:
            case SourcesEvent():
                return self.sources(piece.standalone_question, list(map(citation_body, piece.citations)))
            case DeltaEvent():
                return self.delta(piece.text)
            case Reply():
                return self.done(reply_text(piece, self._request_id))

    def sources(self, question: str, citations: Sequence[wire.CitationBody]) -> ServerSentEvent:
        body = wire.SourcesBody(request_id=self._request_id, standalone_question=question, citations=list(citations))
        return self._event("sources", _json(as_fields(body)), "sources")

    def delta(self, text: str) -> ServerSentEvent:
        self._given += len(text)
        return self._event("delta", _json({"text": text}), str(self._given))

    def done(self, response: str) -> ServerSentEvent:
        return self._event("done", response, "done")

    def again(self, kept: KeptAnswer, response: str, last_event_id: str) -> Iterator[ServerSentEvent]:
        """The events of an answer that was given before, behind the one that was received last."""
        answer = wire.AnswerBody.model_validate_json(kept.body)
        place = last_event_id.removeprefix(f"{self._answer_id}.")
        if not _PLACE.fullmatch(place):
            yield self.sources(answer.standalone_question, answer.citations)
        text = "" if place == "done" else answer.text
        self._given = min(int(place), len(text)) if _PLACE.fullmatch(place) and place.isdecimal() else 0
        for start in range(self._given, len(text), _AT_A_TIME):
            yield self.delta(text[start : start + _AT_A_TIME])
        yield self.done(response)

    def _event(self, name: str, data: str, place: str) -> ServerSentEvent:
        return ServerSentEvent(data=data, event=name, id=f"{self._answer_id}.{place}")


def reply_text(reply: Reply, request_id: str) -> str:
    """The response that a reply is."""
    return response_text(
        reply.answer,
        session_id=reply.session_id,
        request_id=request_id,
        answer_id=reply.id,
        latency_ms=reply.latency_ms,
    )


def stream_docs(answer_headers: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    """The stream as the OpenAPI description has it: `itemSchema` says what each event is."""
    return {
        200: {
            "description": "事件流：先 sources，再若干 delta，最后恰有一个 done 或 error",
            "content": {"text/event-stream": {"itemSchema": _ITEM}},
            "headers": dict(answer_headers),
        }
    }


def _item(name: str, model: str) -> dict[str, Any]:
    content = {"contentMediaType": "application/json", "contentSchema": {"$ref": f"#/components/schemas/{model}"}}
    properties = {"event": {"const": name}, "id": {"type": "string"}, "data": {"type": "string", **content}}
    return {"type": "object", "properties": properties, "required": ["event", "data"]}


STREAMED = {"sources": wire.SourcesBody, "delta": wire.DeltaBody, "done": wire.AskResponse, "error": wire.ErrorBody}
_ITEM = {"oneOf": [_item(name, model.__name__) for name, model in STREAMED.items()]}


def _json(data: Mapping[str, Any]) -> str:
    return one_line(json.dumps(data, ensure_ascii=False))
