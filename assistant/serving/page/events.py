"""What the chat page sets off, for whoever asks: a question, its other reading, the broom, the opening of the page."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from assistant.products.sample_questions import MOST as MOST_SAMPLES
from assistant.products.sample_questions import Samples
from assistant.serving.desk import Desk
from assistant.serving.http.rules import principal_of
from assistant.serving.page.said import samples_note_html
from assistant.serving.page.scope import Scope
from assistant.serving.page.talking import Talk, Update, clear, converse, greet, samples_for
from assistant.serving.samples import SampleShelf

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def with_request(gr: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """Gradio hands the request to a parameter annotated with its class itself, which is not there before Gradio is."""
    function.__annotations__["request"] = gr.Request
    return function


def taking_all(component: Any) -> Any:
    """A component of Gradio that hands on whatever words were chosen: whoever takes them looks whether they are known.

    Gradio's own forgets the choices of a page with the server that gave them, or an hour after the page lost touch, and
    then answers what is chosen there in English. The class is made past Gradio's, which would write a file beside this.
    """

    def preprocess(_: Any, payload: Any) -> Any:
        if isinstance(payload, list):
            return [one for one in payload if isinstance(one, str)]
        return payload if isinstance(payload, str) else None

    return ABCMeta.__new__(type(component), component.__name__, (component,), {"preprocess": preprocess})


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What the parts of the page set off."""

    ask: Callable[..., Any]
    again: Callable[..., Any]
    clear: Callable[..., Any]
    load: Callable[..., Any]
    samples: Callable[..., Any]
    role: Callable[..., Any]


def events_of(gr: Any, desk: Desk) -> Events:
    """What a question, its other reading, the broom and the opening of the page set off, for whoever asks."""
    shelf = SampleShelf(desk.provider, taken=lambda: desk.taken)

    async def on_ask(
        question: str | None, talk: Talk, day: str | None, chosen: list[str] | None, request: Any
    ) -> AsyncGenerator[Update, None]:
        scope = Scope(day or "", tuple(chosen or ()))
        asked = converse(desk, question or "", talk, principal_of(request.request), scope=scope)
        async with aclosing(asked) as updates:
            async for update in updates:
                yield update

    async def on_again(talk: Talk, request: Any) -> AsyncGenerator[Update, None]:
        if (again := talk.again) is not None:
            principal = principal_of(request.request)
            asked = converse(desk, again.question, talk, principal, follows=again.follows, scope=again.scope)
            async with aclosing(asked) as updates:
                async for update in updates:
                    yield update

    def on_clear(talk: Talk, request: Any) -> Update:
        return clear(desk, talk, principal_of(request.request))

    def on_load(request: Any) -> tuple[str, str, Any]:
        shown = greet(desk, principal_of(request.request))
        return shown.library, shown.status, gr.Dropdown(choices=list(shown.choices))

    async def on_samples(request: Any) -> tuple[Any, ...]:
        principal = principal_of(request.request)
        found = await samples_for(shelf, principal.labels if principal else None)
        samples = found or {}
        first = next(iter(samples), None)
        radio = gr.Radio(choices=list(samples), value=first, visible=bool(samples))
        note = samples_note_html(found)
        return samples, radio, note, *buttons(first, samples)

    def on_role(role: str | None, samples: Samples) -> list[Any]:
        """What was held for the page may be gone by now; then the questions that are shown stay."""
        return buttons(role, samples) if role in samples else [gr.skip()] * MOST_SAMPLES

    def buttons(role: str | None, samples: Samples) -> list[Any]:
        said = samples.get(role or "", ())
        return [gr.Button(value=said[n] if n < len(said) else "", visible=n < len(said)) for n in range(MOST_SAMPLES)]

    return Events(
        ask=with_request(gr, on_ask),
        again=with_request(gr, on_again),
        clear=with_request(gr, on_clear),
        load=with_request(gr, on_load),
        samples=with_request(gr, on_samples),
        role=on_role,
    )
