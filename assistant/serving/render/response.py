"""The response to a question as text, in the three parts that the records keep: opening, answer, closing."""

from __future__ import annotations

import json

from assistant.schema.answer import Answer
from assistant.serving.http.lines import one_line
from assistant.serving.render.fields import answer_body


def response_text(answer: Answer, *, session_id: str, request_id: str, answer_id: str, latency_ms: float) -> str:
    """An `AskResponse` as JSON: the same text whether it is given, ends a stream, or is given again."""
    opening = opening_of(session_id=session_id, request_id=request_id, answer_id=answer_id)
    return opening + answer_json(answer) + closing_of(latency_ms)


def answer_json(answer: Answer) -> str:
    """The answer, without a character that ends a line of a stream."""
    return one_line(answer_body(answer).model_dump_json())


def opening_of(*, session_id: str, request_id: str, answer_id: str) -> str:
    """What stands before the answer."""
    fields = {"session_id": session_id, "request_id": request_id, "answer_id": answer_id}
    return json.dumps(fields, separators=(",", ":"))[:-1] + ',"answer":'


def closing_of(latency_ms: float) -> str:
    """What stands behind it."""
    return f',"latency_ms":{json.dumps(latency_ms)}}}'
