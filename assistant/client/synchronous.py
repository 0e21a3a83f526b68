"""The client that waits."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from datetime import date
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx
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


class Client:
    """Asks one service. Safe for several threads; close it, or use it in a `with`.

    Args:
        base_url: where the service is reached, its prefix behind a proxy included.
        token: a key, or a function that gives a token; it is asked again once when a token no longer holds.
        timeout_s: how long to wait for each part of an answer.
        transport: what sends the requests; the network without it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: Token = None,
        timeout_s: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._credentials = Credentials(token)
        self._http = httpx.Client(base_url=f"{base_url.rstrip('/')}/", timeout=timeout_s, transport=transport)

    def ask(
        self,
        question: str,
        *,
        session_id: str | None = None,
        plain: bool = False,
        idempotency_key: str | None = None,
        **chosen: Unpack[Choice],
    ) -> AskResponse:
        """The whole answer. With the `session_id` of the one before, the question may follow it up.

        Under an `idempotency_key` the same question is answered once, however often it is sent within a day.

        Raises:
            InputError: a field cannot be used.
            ServiceError: the service refused, failed or cannot be reached.
        """
        return self._sent(ask_call(question, session_id, plain, chosen, key=idempotency_key))

    def stream(
        self, question: str, *, session_id: str | None = None, plain: bool = False, **chosen: Unpack[Choice]
    ) -> Generator[StreamPiece, None, None]:
        """The answer in pieces: one `SourcesBody`, some `DeltaBody`, one `AskResponse`. Raises as `ask`.

        Closing the iterator ends the work on the answer.
        """
        call = ask_call(question, session_id, plain, chosen)
        try:
            with closing(self._opened(call)) as response:
                events = Events()
                for line in response.iter_lines():
                    yield from events.feed(line)
                events.end()
        except httpx.HTTPError as exc:
            raise unreachable(exc) from exc

    def search(self, question: str, *, limit: int = 10, **chosen: Unpack[Choice]) -> SearchResponse:
        """The nearest clauses, without an answer. Raises as `ask`."""
        return self._sent(search_call(question, limit, chosen))

    def verify(self, text: str, *, as_of: date | None = None) -> VerifyResponse:
        """Every sentence of a text with its verdict. Raises as `ask`."""
        return self._sent(verify_call(text, as_of))

    def answer(self, answer_id: str) -> AskResponse:
        """An answer that was given, as it was given. Raises as `ask`."""
        return self._sent(calls.answer_call(answer_id))

    def sessions(self, *, cursor: str | None = None, limit: int = 20) -> SessionList:
        """A page of conversations, the one used last first; its `next` is the `cursor` of the next. Raises as `ask`."""
        return self._sent(calls.sessions_call(cursor, limit))

    def session(self, session_id: str) -> SessionDetail:
        """A conversation with its turns. Raises as `ask`."""
        return self._sent(calls.session_call(session_id))

    def rename_session(self, session_id: str, title: str) -> SessionBody:
        """Give a conversation another title. Raises as `ask`."""
        return self._sent(calls.rename_call(session_id, title))

    def drop_session(self, session_id: str) -> None:
        """Drop a conversation. Raises as `ask`."""
        self._sent(calls.drop_call(session_id))

    def rate(
        self, answer_id: str, *, useful: bool, reason: ReasonName | None = None, comment: str | None = None
    ) -> FeedbackBody:
        """Say what you think of an answer; the last word counts. Raises as `ask`."""
        return self._sent(calls.rate_call(answer_id, useful, reason, comment))

    def feedback(self, *, useful: bool | None = None, cursor: str | None = None, limit: int = 20) -> FeedbackList:
        """A page of what people think of answers, for those who may read it. Raises as `ask`."""
        return self._sent(calls.feedback_call(useful, cursor, limit))

    def close(self) -> None:
        """Give back the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _sent(self, call: Call[Body]) -> Body:
        try:
            response = self._whole(call)
            if self._credentials.renewed(response.status_code):
                response = self._whole(call)
        except httpx.HTTPError as exc:
            raise unreachable(exc) from exc
        return read(call, response)

    def _whole(self, call: Call[Body]) -> httpx.Response:
        headers = {**self._credentials.headers(), **call.headers}
        return self._http.request(call.method, call.path, json=call.sent, params=call.params, headers=headers)

    def _opened(self, call: Call[AskResponse]) -> httpx.Response:
        """The response of a stream, none of it read yet."""
        response = self._begun(call)
        if self._credentials.renewed(response.status_code):
            response.close()
            response = self._begun(call)
        if response.status_code != httpx.codes.OK:
            with closing(response):
                response.read()
            raise refusal(response)
        return response

    def _begun(self, call: Call[AskResponse]) -> httpx.Response:
        path, headers = f"{call.path}/stream", self._credentials.headers()
        return self._http.send(self._http.build_request("POST", path, json=call.sent, headers=headers), stream=True)
