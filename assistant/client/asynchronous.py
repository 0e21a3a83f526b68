"""The same client for programs that wait for many things at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx
from anyio import to_thread
from pydantic import BaseModel

from assistant.client import kept_calls as calls
from assistant.client.calls import (
    Call,
    Choice,
    Credentials,
    Events,
    StreamPiece,
    Token,
    ask_call,
    read,
    refusal,
    search_call,
    unreachable,
    verify_call,
)
from assistant.serving.http.wire import AskResponse, SearchResponse, VerifyResponse
from assistant.serving.http.wire_given import (
    FeedbackBody,
    FeedbackList,
    ReasonName,
    SessionBody,
    SessionDetail,
    SessionList,
)

Body = TypeVar("Body", bound=BaseModel)


class AsyncClient:
    """As `Client`; close it with `aclose`, or use it in an `async with`."""

    def __init__(
        self,
        base_url: str,
        *,
        token: Token = None,
        timeout_s: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._credentials = Credentials(token)
        self._http = httpx.AsyncClient(base_url=f"{base_url.rstrip('/')}/", timeout=timeout_s, transport=transport)

    async def ask(
        self,
        question: str,
        *,
        session_id: str | None = None,
        plain: bool = False,
        idempotency_key: str | None = None,
        **chosen: Unpack[Choice],
    ) -> AskResponse:
        """As `Client.ask`."""
        return await self._sent(ask_call(question, session_id, plain, chosen, key=idempotency_key))

    async def stream(
        self, question: str, *, session_id: str | None = None, plain: bool = False, **chosen: Unpack[Choice]
    ) -> AsyncGenerator[StreamPiece, None]:
        """As `Client.stream`."""
        call = ask_call(question, session_id, plain, chosen)
        try:
            response = await self._opened(call)
            try:
                events = Events()
                async with aclosing(response.aiter_lines()) as lines:  # type: ignore[type-var]
                    async for line in lines:
                        for piece in events.feed(line):
                            yield piece
                events.end()
            finally:
                await response.aclose()
        except httpx.HTTPError as exc:
            raise unreachable(exc) from exc

    async def search(self, question: str, *, limit: int = 10, **chosen: Unpack[Choice]) -> SearchResponse:
        """As `Client.search`."""
        return await self._sent(search_call(question, limit, chosen))

    async def verify(self, text: str, *, as_of: date | None = None) -> VerifyResponse:
        """As `Client.verify`."""
        return await self._sent(verify_call(text, as_of))

    async def answer(self, answer_id: str) -> AskResponse:
        """An answer that was given, as it was given. Raises as `ask`."""
        return await self._sent(calls.answer_call(answer_id))

    async def sessions(self, *, cursor: str | None = None, limit: int = 20) -> SessionList:
        """A page of conversations, the one used last first; its `next` is the `cursor` of the next. Raises as `ask`."""
        return await self._sent(calls.sessions_call(cursor, limit))

    async def session(self, session_id: str) -> SessionDetail:
        """A conversation with its turns. Raises as `ask`."""
        return await self._sent(calls.session_call(session_id))

    async def rename_session(self, session_id: str, title: str) -> SessionBody:
        """Give a conversation another title. Raises as `ask`."""
        return await self._sent(calls.rename_call(session_id, title))

    async def drop_session(self, session_id: str) -> None:
        """Drop a conversation. Raises as `ask`."""
        await self._sent(calls.drop_call(session_id))

    async def rate(
        self, answer_id: str, *, useful: bool, reason: ReasonName | None = None, comment: str | None = None
    ) -> FeedbackBody:
        """Say what you think of an answer; the last word counts. Raises as `ask`."""
        return await self._sent(calls.rate_call(answer_id, useful, reason, comment))

    async def feedback(self, *, useful: bool | None = None, cursor: str | None = None, limit: int = 20) -> FeedbackList:
        """A page of what people think of answers, for those who may read it. Raises as `ask`."""
        return await self._sent(calls.feedback_call(useful, cursor, limit))

    async def aclose(self) -> None:
        """Give back the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _sent(self, call: Call[Body]) -> Body:
        try:
            response = await self._whole(call)
            if await self._renewed(response):
                response = await self._whole(call)
        except httpx.HTTPError as exc:
            raise unreachable(exc) from exc
        return read(call, response)

    async def _whole(self, call: Call[Body]) -> httpx.Response:
        headers = {**await self._headers(), **call.headers}
        return await self._http.request(call.method, call.path, json=call.sent, params=call.params, headers=headers)

    async def _opened(self, call: Call[AskResponse]) -> httpx.Response:
        response = await self._begun(call)
        if await self._renewed(response):
            await response.aclose()
            response = await self._begun(call)
        if response.status_code != httpx.codes.OK:
            try:
                await response.aread()
            finally:
                await response.aclose()
            raise refusal(response)
        return response

    async def _begun(self, call: Call[AskResponse]) -> httpx.Response:
        path, headers = f"{call.path}/stream", await self._headers()
        request = self._http.build_request("POST", path, json=call.sent, headers=headers)
        return await self._http.send(request, stream=True)

    async def _headers(self) -> dict[str, str]:
        """What is shown; in a thread, because whoever gives tokens may take their time."""
        return await to_thread.run_sync(self._credentials.headers)

    async def _renewed(self, response: httpx.Response) -> bool:
        return await to_thread.run_sync(self._credentials.renewed, response.status_code)
