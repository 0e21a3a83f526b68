"""What the chat page sets off, for whoever asks: a question, its other reading, the broom, the opening of the page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from assistant.serving.desk import Desk
from assistant.serving.http.rules import principal_of
from assistant.serving.page.talking import Talk, Update, clear, converse, greet

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def with_request(gr: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """Gradio hands the request to a parameter annotated with its class itself, which is not there before Gradio is."""
    function.__annotations__["request"] = gr.Request
    return function


def events_of(desk: Desk) -> tuple[Callable[..., Any], ...]:
    """What a question, its other reading, the broom and the opening of the page set off, for whoever asks."""

    async def on_ask(question: str | None, talk: Talk, request: Any) -> AsyncGenerator[Update, None]:
        async with aclosing(converse(desk, question or "", talk, principal_of(request.request))) as updates:
            async for update in updates:
                yield update

    async def on_again(talk: Talk, request: Any) -> AsyncGenerator[Update, None]:
        if talk.again is not None:
            said, principal = talk.again, principal_of(request.request)
            async with aclosing(converse(desk, said.question, talk, principal, follows=said.follows)) as updates:
                async for update in updates:
                    yield update

    def on_clear(talk: Talk, request: Any) -> Update:
        return clear(desk, talk, principal_of(request.request))

    def on_load(request: Any) -> tuple[str, str]:
        return greet(desk, principal_of(request.request))

    return on_ask, on_again, on_clear, on_load
