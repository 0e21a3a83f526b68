"""Calls about what was given before: answers, conversations, feedback."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from assistant.client.calls import UNUSABLE, Call
from assistant.errors import InputError
from assistant.serving.http import wire
from assistant.serving.http import wire_given as bodies

Body = TypeVar("Body", bound=BaseModel)
_MOST = 100


class Done(BaseModel):
    """Nothing came back, as should be."""


def answer_call(answer_id: str) -> Call[wire.AskResponse]:
    """An answer that was given."""
    return Call(f"api/v1/answers/{_name(answer_id)}", None, wire.AskResponse, method="GET")


def sessions_call(cursor: str | None, limit: int) -> Call[bodies.SessionList]:
    """A page of conversations."""
    return Call("api/v1/sessions", None, bodies.SessionList, method="GET", params=_page(cursor, limit))


def session_call(session_id: str) -> Call[bodies.SessionDetail]:
    """A conversation with its turns."""
    return Call(_session(session_id), None, bodies.SessionDetail, method="GET")


def rename_call(session_id: str, title: str) -> Call[bodies.SessionBody]:
    """Another title."""
    sent = _sent(bodies.RenameRequest, title=title)
    return Call(_session(session_id), sent, bodies.SessionBody, method="PATCH")


def drop_call(session_id: str) -> Call[Done]:
    """A conversation dropped."""
    return Call(_session(session_id), None, Done, method="DELETE")


def rate_call(
    answer_id: str, useful: bool, reason: bodies.ReasonName | None, comment: str | None
) -> Call[bodies.FeedbackBody]:
    """What somebody thinks of an answer."""
    rating = "up" if useful else "down"
    sent = _sent(bodies.FeedbackRequest, rating=rating, reason=reason, comment=comment)
    return Call(f"api/v1/answers/{_name(answer_id)}/feedback", sent, bodies.FeedbackBody)


def feedback_call(useful: bool | None, cursor: str | None, limit: int) -> Call[bodies.FeedbackList]:
    """A page of what people think."""
    rating = {} if useful is None else {"rating": "up" if useful else "down"}
    params = {**_page(cursor, limit), **rating}
    return Call("api/v1/feedback", None, bodies.FeedbackList, method="GET", params=params)


def _session(session_id: str) -> str:
    return f"api/v1/sessions/{_name(session_id)}"


def _name(text: str) -> str:
    if not text.strip(".") or len(text) > _MOST:
        raise InputError(UNUSABLE, code="bad_request")
    return quote(text, safe="")


def _page(cursor: str | None, limit: int) -> dict[str, str | int]:
    if not 1 <= limit <= _MOST:
        raise InputError(UNUSABLE, code="bad_request")
    return {"limit": limit, **({"cursor": cursor} if cursor else {})}


def _sent(request: type[BaseModel], **fields: Any) -> dict[str, Any]:
    try:
        return request.model_validate(fields).model_dump(mode="json", exclude_none=True)
    except ValidationError as exc:
        raise InputError(UNUSABLE, code="bad_request") from exc
