"""The HTTP door: questions, streams, the library. Makes a FastAPI application from an assistant."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import HTMLResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from assistant import __version__
from assistant.errors import AssistantError
from assistant.proof.verifier import all_proved
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal
from assistant.schema.retrieval import mode_of
from assistant.serving.conversations import KeptSessions
from assistant.serving.desk import Desk, Piece
from assistant.serving.given import GivenAnswers
from assistant.serving.guards import (
    INTERNAL_MESSAGE,
    BodyLimit,
    Envelope,
    error_payload,
    log_fault,
)
from assistant.serving.http import wire
from assistant.serving.http.admin import add_admin
from assistant.serving.http.admin_library import add_admin_library
from assistant.serving.http.apidocs import docs_html
from assistant.serving.http.bodies import body_schema, filters_of, read_body, unless_gone
from assistant.serving.http.description import describe
from assistant.serving.http.doorkeeping import Doorkeeping
from assistant.serving.http.embedding import add_embedding
from assistant.serving.http.errors import add_error_handlers, documented, error_response, public, request_id_for
from assistant.serving.http.events import AnswerEvents, reply_text, stream_docs
from assistant.serving.http.exchange import add_exchange
from assistant.serving.http.given import ANSWER_ID, NotKept, add_given, given
from assistant.serving.http.identity import Identity
from assistant.serving.http.library import add_library
from assistant.serving.http.lines import event
from assistant.serving.http.metrics import add_metrics
from assistant.serving.http.openai.routes import add_openai
from assistant.serving.http.rules import Asker, authorize, unruled
from assistant.serving.http.signin import add_sign_in
from assistant.serving.http.texts import add_texts
from assistant.serving.http.viewing import ViewAs, add_viewing
from assistant.serving.http.workbench import add_workbench
from assistant.serving.limits.fair_pool import Bounds
from assistant.serving.limits.rates import RequestRate
from assistant.serving.mcp.http import McpDoor, add_mcp
from assistant.serving.office import Office
from assistant.serving.once import Answered, AskedOnce
from assistant.serving.ports import AssistantProvider
from assistant.serving.render.fields import checked_body, hit_body
from assistant.serving.render.words import checked_summary
from assistant.serving.sessions import SessionStore
from assistant.serving.watching.health import Health
from assistant.serving.watching.requests import Watched
from assistant.serving.watching.watching import Watching

logger = logging.getLogger(__name__)

_DESCRIPTION = (
    "依据库中条款回答普惠金融政策问题；每句话附条款出处，引文逐字核对；库中没有的，回答“本库未载明”。"
    "出错时回应 {code, message, request_id}，不含所提交的内容。"
)


def create_api(
    provider: AssistantProvider,
    *,
    doorkeeping: Doorkeeping | None = None,
    sessions: SessionStore | None = None,
    bounds: Bounds | None = None,
    watching: Watching | None = None,
    ping_s: float = 15.0,
    public_url: str | None = None,
) -> FastAPI:
    """The application, with its `Desk` at `app.state.desk`.

    Args:
        provider: gives the assistant, or raises the `AssistantError` that says why there is none.
        doorkeeping: who is let in; the chat page asks the same gate, at `app.state.gate`.
        sessions: where conversations are kept; a store of its own by default.
        bounds: as `Desk` has them.
        watching: what counts and traces; metrics that nobody reads by default.
        ping_s: seconds between signs of life in a stream.
        public_url: where clients reach this application; without it, where each request came to.
    """
    door = doorkeeping or Doorkeeping()
    sessions = sessions if sessions is not None else _kept_sessions(door.office)
    desk = Desk(provider, sessions=sessions, bounds=bounds, ledger=door.ledger)
    desk.admit = door.admit if door.use or door.rates else None

    watch = watching or Watching()
    desk.watchers = watch.watchers
    watch.metrics.watch_parts(desk, watch.connections, door.rates)
    tools = McpDoor(desk, public_url)

    app = FastAPI(
        title="普惠政策助手",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,  # FastAPI's own page loads scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan(desk, tools, watch),
        redirect_slashes=False,
        dependencies=[Depends(authorize)],
    )
    app.state.desk, app.state.gate, app.state.health = desk, door.gate, watch.health
    _guard(app, door, watch)
    add_error_handlers(app)
    _add_identity(app, door)
    _add_health(app, desk, watch.health, development=door.gate.development)
    _add_questions(app, desk, ping_s, _asked_once(door.office, provider))
    _add_search(app, desk)
    _add_verify(app, desk)
    _add_kept(app, desk, door.office)
    add_workbench(app, desk, door, public_url=public_url)
    add_openai(app, desk, public_url=public_url, ping_s=ping_s)
    add_mcp(app, tools)
    add_metrics(app, watch)
    if open_by_oversight := unruled(app):
        raise RuntimeError(f"no rule in rules.py for {open_by_oversight}")
    return app


def _add_identity(app: FastAPI, door: Doorkeeping) -> None:
    add_sign_in(app, door)
    add_embedding(app, door.embeds, development=door.gate.development)
    add_exchange(app, door)
    add_viewing(app, door)


def _guard(app: FastAPI, door: Doorkeeping, watch: Watching) -> None:
    """What stands before every route, the innermost first."""
    app.add_middleware(BodyLimit)
    app.add_middleware(ViewAs, ledger=door.ledger)
    if door.rates is not None:
        app.add_middleware(RequestRate, rates=door.rates)
    app.add_middleware(Identity, gate=door.gate)
    app.add_middleware(Watched, metrics=watch.metrics)
    app.add_middleware(Envelope)


def _lifespan(desk: Desk, tools: McpDoor, watch: Watching) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        lag = asyncio.create_task(watch.metrics.watch_loop())
        async with tools.open():
            yield
        desk.close()
        lag.cancel()

    return lifespan


def _kept_sessions(office: Office | None) -> SessionStore | None:
    """Conversations over the records, where there are any."""
    return KeptSessions(office.registry.answers, office.registry.talks) if office else None


def _asked_once(office: Office | None, provider: AssistantProvider) -> AskedOnce | None:
    """What answers a request once, where there are records."""
    return AskedOnce(office.registry, provider) if office else None


def _add_kept(app: FastAPI, desk: Desk, office: Office | None) -> None:
    """What needs no answer made: texts, the library, what was given, what is managed; and the description of all."""
    describe(app)
    add_texts(app)
    add_library(app, desk)
    add_given(app, GivenAnswers(office.registry, desk.provider) if office else None)
    add_admin(app, office)
    add_admin_library(app, desk)


# --- health -------------------------------------------------------------------------------------


def _how(degraded: Collection[str]) -> wire.HowFound:
    return mode_of(degraded).value


def _add_health(app: FastAPI, desk: Desk, health: Health, *, development: bool) -> None:
    @app.get("/livez", summary="进程是否在运行", tags=["运行状态"])
    async def livez() -> wire.LiveBody:
        return wire.LiveBody()

    @app.get(
        "/readyz",
        summary="是否可以作答",
        tags=["运行状态"],
        response_model=wire.ReadyBody,
        responses=documented(503),
    )
    def readyz(request: Request) -> Response | wire.ReadyBody:
        try:
            desk.refuse_if_draining()
            assistant = desk.provider()
        except AssistantError as exc:
            return error_response(request, 503, exc.code, exc.message)
        return wire.ReadyBody(
            generation=assistant.generation,
            documents=len(assistant.documents(frozenset())),
            retrieval_mode=_how(assistant.degraded),
            degraded=list(assistant.degraded),
            damaged=list(health.names),
        )

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(docs_html(app.openapi(), development=development))


# --- questions ----------------------------------------------------------------------------------


async def _asked(request: Request) -> wire.AskRequest:
    return await read_body(request, wire.AskRequest)


def _inquiry(asked: wire.AskRequest, asker: Principal) -> Inquiry:
    plain = asked.style == "plain"
    return Inquiry(
        question=asked.question, follows=asked.follows, filters=filters_of(asked), plain=plain, principal=asker
    )


async def _sought(request: Request) -> wire.SearchRequest:
    return await read_body(request, wire.SearchRequest)


async def _to_verify(request: Request) -> wire.VerifyRequest:
    return await read_body(request, wire.VerifyRequest)


_ASK_BODY = body_schema(wire.AskRequest)
Asked = Annotated[wire.AskRequest, Depends(_asked)]
Sought = Annotated[wire.SearchRequest, Depends(_sought)]
ToVerify = Annotated[wire.VerifyRequest, Depends(_to_verify)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern="^[!-~]{1,255}$",
        description="同一个请求的标记：24 小时内再次发送，得到同一个回应，不会再答一遍。",
        examples=["6f1c2d3e-order-17"],
    ),
]


def _add_questions(app: FastAPI, desk: Desk, ping_s: float, once: AskedOnce | None) -> None:
    errors = documented(400, 404, 409, 413, 415, 422, 500, 503)

    @app.post(
        "/api/v1/ask",
        summary="提问",
        tags=["问答"],
        response_model=wire.AskResponse,
        responses={200: {"headers": ANSWER_ID}, **errors},
        openapi_extra=_ASK_BODY,
    )
    async def ask(request: Request, asker: Asker, asked: Asked, key: IdempotencyKey = None) -> Response:
        """等答复完整后一次返回。"""
        request_id = request_id_for(request)

        async def made() -> Answered:
            inquiry = _inquiry(asked, asker)
            reply = await unless_gone(request, desk.ask(inquiry, asked.session_id, request_id=request_id))
            return Answered(answer_id=reply.id, response=reply_text(reply, request_id))

        if key is None:
            answered = await made()
        elif once is None:
            raise NotKept
        else:
            answered = await once.answer(key, asked.model_dump_json(), asker, made)
        return given(answered.answer_id, answered.response, again=answered.again)

    @app.post(
        "/api/v1/ask/stream",
        summary="提问（流式）",
        tags=["问答"],
        response_class=EventSourceResponse,
        responses={**stream_docs(ANSWER_ID), **documented(400, 404, 413, 415, 422, 500, 503)},
        openapi_extra=_ASK_BODY,
    )
    async def ask_stream(request: Request, asker: Asker, asked: Asked) -> EventSourceResponse:
        """先发 sources，再发若干 delta（各含一段 text），最后恰有一个 done（同“提问”的回应）或 error。"""
        answer_id, request_id = uuid.uuid4().hex, request_id_for(request)
        inquiry = _inquiry(asked, asker)
        opening = desk.stream(inquiry, asked.session_id, answer_id=answer_id, request_id=request_id)
        pieces = await unless_gone(request, opening)
        return EventSourceResponse(
            _events(pieces, AnswerEvents(answer_id, request_id), request_id, request.state.still_known),
            ping=ping_s,
            headers={"X-Accel-Buffering": "no", "X-Answer-Id": answer_id},
        )


def _add_search(app: FastAPI, desk: Desk) -> None:
    @app.post(
        "/api/v1/search",
        summary="查找条款",
        tags=["问答"],
        responses=documented(400, 404, 413, 415, 422, 500, 503),
        openapi_extra=body_schema(wire.SearchRequest),
    )
    async def search(request: Request, asker: Asker, sought: Sought) -> wire.SearchResponse:
        """只列出相近的条款，不作答复，也不记入会话。"""
        inquiry = Inquiry(question=sought.question, filters=filters_of(sought), principal=asker)
        found, assistant = await desk.search(inquiry, sought.limit)
        homes = [assistant.document(hit.chunk_id.rpartition("#")[0], inquiry.rights) for hit in found.ranking]
        hits = list(map(hit_body, found.ranking, homes))
        return wire.SearchResponse(
            request_id=request_id_for(request),
            query=found.query.standalone,
            degraded=list(found.degraded),
            retrieval_mode=_how(found.degraded),
            hits=hits,
        )


def _add_verify(app: FastAPI, desk: Desk) -> None:
    @app.post(
        "/api/v1/verify",
        summary="核对一段文字",
        tags=["核对"],
        responses=documented(400, 413, 415, 422, 500, 503),
        openapi_extra=body_schema(wire.VerifyRequest),
    )
    async def verify(request: Request, asker: Asker, asked: ToVerify) -> wire.VerifyResponse:
        """逐句核对：所引文件和条款是否存在、有效，引文、数字、主体、约束程度是否与原文一致。"""
        review = await desk.verify(asked.text, asked.as_of, principal=asker)
        return wire.VerifyResponse(
            request_id=request_id_for(request),
            generation=review.generation,
            proved=all_proved(review.checked),
            summary=checked_summary(review.checked),
            sentences=list(map(checked_body, review.checked)),
            latency_ms=review.latency_ms,
        )


async def _events(
    pieces: AsyncGenerator[Piece, None],
    events: AnswerEvents,
    request_id: str,
    still_known: Callable[[], Awaitable[None]],
) -> AsyncGenerator[ServerSentEvent, None]:
    async with aclosing(pieces):
        try:
            async for piece in pieces:
                await still_known()
                yield events.of(piece)
        except AssistantError as exc:
            _, code, message = public(exc, request_id)
            yield event(error_payload(code, message, request_id), "error")
        except Exception as exc:  # noqa: BLE001 - headers are sent, so the 500 has to travel as an event; it is logged
            log_fault(exc, request_id)
            yield event(error_payload("internal_error", INTERNAL_MESSAGE, request_id), "error")
