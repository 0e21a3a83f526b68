"""The routes of what was given: answers again, conversations, feedback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Path, Query, Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from assistant.errors import NotFoundError
from assistant.records.answers import KeptAnswer
from assistant.records.conversations import Conversation
from assistant.records.feedback import Feedback, Reason
from assistant.serving.given import Exchange, GivenAnswers
from assistant.serving.http import wire
from assistant.serving.http import wire_given as bodies
from assistant.serving.http.bodies import body_schema, read_body
from assistant.serving.http.errors import documented, request_id_for
from assistant.serving.http.events import AnswerEvents, stream_docs
from assistant.serving.http.paging import Cursor, Limit, numbered_place, page
from assistant.serving.http.rules import Asker
from assistant.serving.render.response import closing_of, opening_of

ANSWER_ID = {"X-Answer-Id": {"description": "这次答复的编号。", "schema": {"type": "string"}}}
_NOT_KEPT = "开发模式不保存答复和会话，这个地址只在正式模式（ASSISTANT_MODE=production）可用，见 docs/security.md。"
AnswerId = Annotated[
    str,
    Path(
        description="答复编号，即 answer_id。",
        examples=["5f0c1a2b3c4d4e5f8a9b0c1d2e3f4a5b"],
        pattern="^[0-9A-Za-z_-]{1,64}$",
    ),
]
SessionId = Annotated[
    str, Path(description="会话编号。", examples=["0a1b2c3d4e5f4a5b8c9d0e1f2a3b4c5d"], pattern="^[0-9A-Za-z_-]{1,64}$")
]


class NotKept(NotFoundError):
    """In development mode nothing is kept."""

    code = "not_kept"

    def __init__(self) -> None:
        super().__init__(_NOT_KEPT)


def add_given(app: FastAPI, answers: GivenAnswers | None) -> None:
    """Give an application these routes; where nothing is kept they say so."""
    app.state.given = answers
    _add_answers(app)
    _add_sessions(app)
    _add_feedback(app)


def _given(request: Request) -> GivenAnswers:
    found = request.app.state.given
    if not isinstance(found, GivenAnswers):
        raise NotKept
    return found


Kept = Annotated[GivenAnswers, Depends(_given)]


def given(answer_id: str, response: str, *, again: bool = False) -> Response:
    """An answer as it leaves: the text that is kept, and no other; `again` if the same request had it before."""
    headers = {"X-Answer-Id": answer_id, **({"Idempotent-Replayed": "true"} if again else {})}
    return Response(response, media_type="application/json", headers=headers)


def response_of(kept: KeptAnswer) -> str:
    """The response of an answer that was given: to the last byte, where its door recorded it."""
    opening, closing = kept.opening, kept.closing
    if not opening:  # recorded by an earlier version
        opening = opening_of(session_id=kept.session_id or "", request_id="", answer_id=kept.id)
        closing = closing_of(0.0)
    return opening + kept.body + closing


def moment(at: int) -> datetime:
    """A time of the records."""
    return datetime.fromtimestamp(at / 1000, UTC)


# --- answers ------------------------------------------------------------------------------------


def _add_answers(app: FastAPI) -> None:
    errors = documented(404, 422, 500, 503)

    @app.get(
        "/api/v1/answers/{answer_id}",
        summary="一次给出过的答复",
        tags=["答复"],
        response_model=wire.AskResponse,
        responses={200: {"headers": ANSWER_ID}, **errors},
    )
    def answer(answer_id: AnswerId, asker: Asker, answers: Kept) -> Response:
        """与当时的回应逐字节相同。只有提问的人和有 audit:read 权限的人能看；所依据的文件不能看了，答复也不能看。"""
        return given(answer_id, response_of(answers.answer(answer_id, asker)))

    @app.get(
        "/api/v1/answers/{answer_id}/events",
        summary="一次给出过的答复（流式）",
        tags=["答复"],
        response_class=EventSourceResponse,
        responses={**stream_docs(ANSWER_ID), **errors},
    )
    def events(
        request: Request,
        answer_id: AnswerId,
        asker: Asker,
        answers: Kept,
        last_event_id: Annotated[
            str, Header(max_length=200, description="收到的最后一个事件的 id；带上它，就从下一个事件起。")
        ] = "",
    ) -> EventSourceResponse:
        """答复已经完整时，按编号再取一遍事件流：sources、若干 delta，恰有一个 done，其内容与当时相同。"""
        kept = answers.answer(answer_id, asker)
        said = AnswerEvents(kept.id, request_id_for(request)).again(kept, response_of(kept), last_event_id)
        return EventSourceResponse(_sent(said), headers={"X-Accel-Buffering": "no", "X-Answer-Id": kept.id})


async def _sent(events: Iterable[ServerSentEvent]) -> AsyncIterator[ServerSentEvent]:
    for event in events:
        yield event


# --- conversations ------------------------------------------------------------------------------


async def _new_title(request: Request) -> bodies.RenameRequest:
    return await read_body(request, bodies.RenameRequest)


def _add_sessions(app: FastAPI) -> None:
    errors = documented(404, 422, 500, 503)
    changing = documented(400, 404, 413, 415, 422, 500, 503)

    @app.get("/api/v1/sessions", summary="会话清单", tags=["会话"], responses=errors)
    def sessions(
        asker: Asker,
        answers: Kept,
        cursor: Cursor = None,
        limit: Limit = 20,
    ) -> bodies.SessionList:
        """自己的会话，最近用过的在前。"""
        found, after = page(
            answers.talks(asker, after=numbered_place(cursor), limit=limit + 1), limit, lambda one: one.place
        )
        return bodies.SessionList(sessions=list(map(_session, found)), next=after)

    @app.get("/api/v1/sessions/{session_id}", summary="一个会话及其问答", tags=["会话"], responses=errors)
    def session(session_id: SessionId, asker: Asker, answers: Kept) -> bodies.SessionDetail:
        found = answers.talk(session_id, asker)
        return bodies.SessionDetail(**_session(found.talk).model_dump(), turns=list(map(_turn, found.exchanges)))

    @app.patch(
        "/api/v1/sessions/{session_id}",
        summary="给会话改名",
        tags=["会话"],
        responses=changing,
        openapi_extra=body_schema(bodies.RenameRequest),
    )
    def rename(
        session_id: SessionId,
        asker: Asker,
        answers: Kept,
        asked: Annotated[bodies.RenameRequest, Depends(_new_title)],
    ) -> bodies.SessionBody:
        return _session(answers.rename(session_id, asker, asked.title))

    @app.delete(
        "/api/v1/sessions/{session_id}",
        summary="删除一个会话",
        tags=["会话"],
        status_code=204,
        responses=errors,
    )
    def drop(request: Request, session_id: SessionId, asker: Asker, answers: Kept) -> Response:
        """本人不再看得到它和其中的答复，也不能接着问；留痕和重做所需的记录按保存期保留。"""
        answers.drop(session_id, asker)
        request.app.state.desk.forget(session_id, asker)
        return Response(status_code=204)


def _session(talk: Conversation) -> bodies.SessionBody:
    return bodies.SessionBody(
        id=talk.id, title=talk.title, created_at=moment(talk.created_at), used_at=moment(talk.used_at)
    )


def _turn(one: Exchange) -> bodies.TurnBody:
    answer = wire.AnswerBody.model_validate_json(one.kept.body) if one.kept else None
    return bodies.TurnBody(
        answer_id=one.answer_id, at=moment(one.at), question=one.question, answer=answer, withheld=answer is None
    )


# --- feedback -----------------------------------------------------------------------------------


async def _rated(request: Request) -> bodies.FeedbackRequest:
    return await read_body(request, bodies.FeedbackRequest)


def _add_feedback(app: FastAPI) -> None:
    @app.post(
        "/api/v1/answers/{answer_id}/feedback",
        summary="评价一次答复",
        tags=["答复"],
        status_code=201,
        responses=documented(400, 404, 413, 415, 422, 500, 503),
        openapi_extra=body_schema(bodies.FeedbackRequest),
    )
    def rate(
        answer_id: AnswerId,
        asker: Asker,
        answers: Kept,
        asked: Annotated[bodies.FeedbackRequest, Depends(_rated)],
    ) -> bodies.FeedbackBody:
        """只能评价自己得到的答复；再评一次，以后一次为准。"""
        reason = Reason(asked.reason) if asked.reason else None
        useful = asked.rating == "up"
        return _feedback(answers.rate(answer_id, asker, useful=useful, reason=reason, comment=asked.comment))

    @app.get("/api/v1/feedback", summary="评价清单", tags=["答复"], responses=documented(404, 422, 500, 503))
    def ratings(
        asker: Asker,
        answers: Kept,
        cursor: Cursor = None,
        limit: Limit = 20,
        rating: Annotated[
            str | None,
            Query(pattern="^(up|down)$", description="只列出有用的或没有用的；不填为全部。", examples=["down"]),
        ] = None,
    ) -> bodies.FeedbackList:
        """所有人的评价，新的在前，不写是谁的。"""
        useful = None if rating is None else rating == "up"
        listed = answers.ratings(asker, useful=useful, after=numbered_place(cursor), limit=limit + 1)
        found, after = page(listed, limit, lambda one: one.place)
        return bodies.FeedbackList(feedback=list(map(_feedback, found)), next=after)


def _feedback(one: Feedback) -> bodies.FeedbackBody:
    return bodies.FeedbackBody(
        id=one.id,
        answer_id=one.answer_id,
        rating="up" if one.useful else "down",
        reason=one.reason.value if one.reason else None,
        comment=one.comment,
        created_at=moment(one.created_at),
    )
