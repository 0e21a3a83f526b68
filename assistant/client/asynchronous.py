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
        self, question: str, *, session_id: str | None = None, plain: bool = False, **chosen: Unpack[Choice]
    ) -> AskResponse:
        """As `Client.ask`."""
        return await self._sent(ask_call(question, session_id, plain, chosen))

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
            response = await self._http.post(call.path, json=call.sent, headers=await self._headers())
            if await self._renewed(response):
                response = await self._http.post(call.path, json=call.sent, headers=await self._headers())
        except httpx.HTTPError as exc:
            raise unreachable(exc) from exc
        return read(call, response)

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
