"""The chat page: Gradio, mounted beside the API in one application.

The browser holds no conversation: every event brings a question alone, the rest lives in
`gr.State` and in the session store of the desk. Of all that Gradio serves, only the addresses
that this page needs are let through.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from html import escape
from importlib.resources import files
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from starlette.routing import Match, Mount
from starlette.types import Scope

from assistant.corpus.standing import day_in_beijing, left_out, said
from assistant.errors import AssistantError, InputError
from assistant.safety.personal.screening import SECRET_CODE
from assistant.schema.answer import Answer, DeltaEvent, Outcome, SourcesEvent
from assistant.schema.document import DocumentMeta
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal
from assistant.serving.desk import Desk, Piece, Reply
from assistant.serving.guards import INTERNAL_MESSAGE, KnownPaths, log_fault, path_of
from assistant.serving.http.identity import NeedsPage
from assistant.serving.http.rules import PATHS, principal_of
from assistant.serving.http.viewing import viewing_html
from assistant.serving.offline import go_offline
from assistant.serving.page.quiet import QuietGradio
from assistant.serving.render.html import PAGES_NAV, answer_cards_html, cards_html, checked_html, note_html
from assistant.serving.render.markdown import linked_marks, markdown_escaped
from assistant.serving.render.words import (
    DEVELOPMENT,
    OUTCOME_LABELS,
    ai_label,
    restated_question,
    source_lines,
    titled,
)
from assistant.serving.sessions import SessionNotFoundError

TITLE = "普惠政策助手"
SAMPLE_QUESTIONS = (
    "客户贷款到期一时还不上，能续贷吗？",
    "通知里凡是严禁的，逐条列出来",
    "股份制银行一级分行要做什么？",
    "小微企业贷款利率怎么定？",
)
_MAX_MESSAGES = 60  # shown on the page; what the assistant remembers is the session store's matter
_REDRAW_S = 0.08  # a reader sees no more steps than that, and each one travels
_EMPTY_CARDS = "提问后，这里列出答复所依据的条款，并标出引用的原文。"
_BADGES = {Outcome.ANSWERED: "good", Outcome.PARTIAL: "warn", Outcome.POSSIBLE: "warn", Outcome.NOT_FOUND: "info"}

# What the page asks for. Uploads, proxying, file serving, direct calls and the rest of Gradio stay shut.
_PAGE_PATHS = (
    r"/",
    r"/(config/?|theme\.css)",
    r"/(favicon\.ico|robots\.txt)",
    r"/(assets|static)/[\w./@-]+",
    r"/gradio_api/(startup-events|theme\.css|queue/join|queue/data|cancel|reset)/?",
    r"/gradio_api/heartbeat/\w+",
)

Message = dict[str, str]
# talk, messages, question box, cards, status
Update = tuple["Talk", list[Message], str, str, str]


@dataclass(frozen=True, slots=True)
class Again:
    """The last question, to be asked once more and read the other way."""

    question: str  # masked
    follows: bool  # how it is to be read this time

    @property
    def label(self) -> str:
        """What the button says."""
        return "接着上文重新回答" if self.follows else "按新问题重新回答"


@dataclass(frozen=True, slots=True)
class Talk:
    """One visitor's conversation, as the page shows it. Lives on the server."""

    session_id: str | None = None
    messages: tuple[Message, ...] = field(default=())
    again: Again | None = None  # where the last question may be read the other way

    def say(self, role: str, content: str) -> Talk:
        said = (*self.messages, {"role": role, "content": content})
        return replace(self, messages=said[-_MAX_MESSAGES:])


# --- words --------------------------------------------------------------------------------------


def header_html(*, development: bool = True) -> str:
    """What this is, and what it is not; in development mode that it is open, otherwise the way out."""
    way_out = (
        f'<p role="note"><strong>{DEVELOPMENT}</strong></p>'
        if development
        else '<form method="post" action="signout"><button>退出登录</button></form>'
    )
    return (
        f'<header class="pz-header"><h1>{TITLE}</h1>'
        "<p>只依据本库收录的条款作答，每句话都附出处，引文逐字核对；库中没有的，会直说“本库未载明”。</p>"
        f"{PAGES_NAV}{way_out}</header>"
    )


def library_html(documents: Sequence[DocumentMeta]) -> str:
    """The list of documents, folded up; what takes no part in answers today says why."""
    today = day_in_beijing(datetime.now(UTC))
    items = "".join(
        f"<li>{escape(titled(meta.title))}<span>（{escape(meta.validity.value)}）</span>{_left_out(meta, today)}</li>"
        for meta in documents
    )
    return f'<details class="pz-library"><summary>本库收录 {len(documents)} 份文件</summary><ul>{items}</ul></details>'


def _left_out(meta: DocumentMeta, today: date) -> str:
    found = left_out(meta, today)
    return f"<br><span>不参与作答：{escape(said(found))}</span>" if found else ""


def status_html(text: str, *, kind: str = "quiet") -> str:
    """The line under the chat; `kind` is quiet, busy or error."""
    return f'<p class="pz-status pz-status-{kind}">{escape(text)}</p>'


def answer_message(answer: Answer, *, renewed: bool = False) -> str:
    """An answer as one chat message: outcome, how it was understood, text, notices, sources."""
    badge = f'<span class="pz-badge pz-{_BADGES[answer.outcome]}">{OUTCOME_LABELS[answer.outcome]}</span>'
    blocks = [badge]
    if restated := restated_question(answer):
        blocks.append(f"理解为：{markdown_escaped(restated)}")
    blocks.append(linked_marks(markdown_escaped(answer.text, lists=True), answer.citations))
    notices = (*answer.notices, "上次会话已过期，本次按新的会话作答。") if renewed else answer.notices
    blocks += [f"> 提示：{markdown_escaped(notice)}" for notice in notices]
    if sources := source_lines(answer):
        linked = [linked_marks(markdown_escaped(line), answer.citations) for line in sources]
        blocks.append("\n".join(f'<span class="pz-source">{line}</span>' for line in linked))
    blocks.append(f"*{ai_label(answer.mode)}*")
    return "\n\n".join(blocks)


def done_words(reply: Reply) -> str:
    """What the status line says in the end."""
    cited = len(reply.answer.citations)
    sources = f"引用 {cited} 处条款" if cited else "未引用条款"
    took = f"用时 {reply.latency_ms / 1000:.1f} 秒" if reply.latency_ms >= 100 else "用时不到 0.1 秒"
    return f"{OUTCOME_LABELS[reply.answer.outcome]}，{sources}，{took}。"


def other_reading(answer: Answer) -> Again | None:
    """The question read the other way: one that was joined to the turns before, or that may go on from them."""
    if answer.follows or answer.follows_unsure:
        return Again(answer.question, follows=not answer.follows)
    return None


# --- behaviour ----------------------------------------------------------------------------------


async def converse(
    desk: Desk, question: str, talk: Talk, principal: Principal | None = None, *, follows: bool | None = None
) -> AsyncGenerator[Update, None]:
    """One question from the box to its answer; every step is an update of the page.

    Args:
        follows: whether it goes on from the turns before, where the visitor has said so.
    """
    waiting = talk
    try:
        asked = markdown_escaped(desk.shown(question, talk.session_id, principal))
        waiting = replace(talk, again=None).say("user", asked)
        inquiry = Inquiry(question=question, follows=follows, principal=principal)
        renewed, pieces = await _open(desk, inquiry, talk.session_id)
        yield _update(waiting, "", note_html("正在查找条款……"), status_html("正在查找条款……", kind="busy"))
        async with aclosing(pieces):
            async for update in _answer(pieces, waiting, renewed=renewed):
                yield update
    except InputError as exc:  # nothing was said yet: keep the words in the box
        box = "" if exc.code == SECRET_CODE else question
        yield _update(talk, box, note_html(_EMPTY_CARDS), status_html(exc.message, kind="error"))
    except AssistantError as exc:
        yield _failed(waiting, exc.message)
    except Exception as exc:  # noqa: BLE001 - the page must not show a foreign message; the fault is logged
        log_fault(exc, uuid4().hex)
        yield _failed(waiting, INTERNAL_MESSAGE)


async def _open(desk: Desk, inquiry: Inquiry, session_id: str | None) -> tuple[bool, AsyncGenerator[Piece, None]]:
    """The stream, and whether an expired conversation had to be begun anew."""
    try:
        return False, await desk.stream(inquiry, session_id)
    except SessionNotFoundError:
        return True, await desk.stream(inquiry)


async def _answer(pieces: AsyncGenerator[Piece, None], waiting: Talk, *, renewed: bool) -> AsyncGenerator[Update, None]:
    text, cards, shown_at = "", note_html("正在查找条款……"), 0.0
    writing = status_html("正在作答……", kind="busy")
    async for piece in pieces:
        match piece:
            case SourcesEvent():
                cards = cards_html(piece.citations) if piece.citations else cards
            case DeltaEvent():
                text += piece.text
                if time.monotonic() - shown_at >= _REDRAW_S:
                    yield _update(waiting.say("assistant", markdown_escaped(text, lists=True)), "", cards, writing)
                    shown_at = time.monotonic()
            case Reply():
                said = waiting.say("assistant", answer_message(piece.answer, renewed=renewed))
                talk = replace(said, session_id=piece.session_id, again=other_reading(piece.answer))
                yield _update(talk, "", answer_cards_html(piece.answer), status_html(done_words(piece)))


def _update(talk: Talk, box: str, cards: str, status: str) -> Update:
    return talk, list(talk.messages), box, cards, status


def _failed(talk: Talk, message: str) -> Update:
    said = talk.say("assistant", f"**未能作答**\n\n{markdown_escaped(message)}")
    return _update(said, "", note_html(_EMPTY_CARDS), status_html(message, kind="error"))


def clear(desk: Desk, talk: Talk, principal: Principal | None = None) -> Update:
    """Forget the conversation, here and in the session store."""
    if talk.session_id is not None:
        desk.forget(talk.session_id, principal)
    return _update(Talk(), "", note_html(_EMPTY_CARDS), status_html("对话已清空。"))


def greet(desk: Desk, principal: Principal | None = None) -> tuple[str, str]:
    """The library and the status line, when the page opens."""
    try:
        documents = desk.provider().documents(principal.labels if principal else None)
    except AssistantError as exc:
        return "", status_html(exc.message, kind="error")
    return viewing_html(principal) + library_html(documents), status_html("可以提问了。按回车发送，Shift＋回车换行。")


# --- the page -----------------------------------------------------------------------------------


def mount_chat(app: FastAPI) -> FastAPI:
    """Mount the chat page at `/` of an application made by `create_api`."""
    go_offline()
    import gradio as gr

    static = files("assistant.serving.page") / "static"
    page = _build_page(gr, app.state.desk, development=app.state.gate.development)
    page.queue(max_size=64, api_open=False, default_concurrency_limit=None)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=gr.themes.Base(font=["Noto Sans CJK SC", "sans-serif"], font_mono=["monospace"]),
        css=(static / "chat.css").read_text("utf-8"),
        js=(static / "chat.js").read_text("utf-8"),
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=1,  # no uploads; the address is shut as well
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
    )
    mounted = app.router.routes.pop()
    if not isinstance(mounted, Mount):
        raise TypeError("Gradio no longer mounts its page as the last route")
    quiet = QuietGradio(mounted.app, events=page.fns)
    app.router.routes.append(_PageMount("", NeedsPage(KnownPaths(quiet, patterns=_PAGE_PATHS))))
    return app


class _PageMount(Mount):
    """A mount at the root that leaves the API's addresses alone, so that 404 and 405 there stay the API's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and _is_api(path_of(scope)):
            return Match.NONE, {}
        return super().matches(scope)


def _is_api(path: str) -> bool:
    return path in PATHS or path[1:] in _ROOTS or path[1:].startswith(tuple(f"{root}/" for root in _ROOTS))


_ROOTS = ("api", "v1", "embed", "signin", "reader", "read", "compare", "duties", "talks", "admin")


def _with_request(gr: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """Gradio hands the request to a parameter annotated with its class itself, which is not there before Gradio is."""
    function.__annotations__["request"] = gr.Request
    return function


def _events_of(desk: Desk) -> tuple[Callable[..., Any], ...]:
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


def _build_page(gr: Any, desk: Desk, *, development: bool) -> Any:
    """Lay out the page and tie its events."""
    on_ask, on_again, on_clear, on_load = (_with_request(gr, function) for function in _events_of(desk))

    def offered(talk: Talk) -> Any:
        return gr.Button(value=talk.again.label if talk.again else "", visible=talk.again is not None)

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        talk = gr.State(Talk(), time_to_live=4 * 3600)
        gr.HTML(header_html(development=development), elem_id="pz-top")
        with gr.Tabs(elem_id="pz-tabs"):
            with gr.Tab("问答", id="ask"), gr.Row(elem_id="pz-main", equal_height=False):
                with gr.Column(scale=3, min_width=300, elem_id="pz-left"):
                    chat = _chat(gr)
                    status = gr.HTML(status_html("正在准备……", kind="busy"), elem_id="pz-status")
                    again = gr.Button("", visible=False, size="sm", elem_id="pz-again")
                    with gr.Row(elem_id="pz-ask"):
                        box = _question_box(gr)
                        send = gr.Button("发送", variant="primary", scale=0, min_width=80, elem_id="pz-send")
                    with gr.Row(elem_id="pz-samples"):
                        samples = [
                            gr.Button(text, size="sm", scale=0, min_width=0, elem_classes="pz-sample")
                            for text in SAMPLE_QUESTIONS
                        ]
                        wipe = gr.Button("清空对话", size="sm", scale=0, min_width=0, elem_id="pz-clear")
                with gr.Column(scale=2, min_width=300, elem_id="pz-right"):
                    gr.HTML("<h2>条款依据</h2>", elem_id="pz-cards-title")
                    cards = gr.HTML(note_html(_EMPTY_CARDS), elem_id="pz-cards")
                    library = gr.HTML("", elem_id="pz-library")
            with gr.Tab("核对", id="verify"):
                _verify_tab(gr, desk)

        outputs = [talk, chat, box, cards, status]
        asking: dict[str, Any] = {"fn": on_ask, "inputs": [box, talk], "outputs": outputs, **_QUIET}
        asked = [gr.on([box.submit, send.click], trigger_mode="once", **asking)]
        for sample, text in zip(samples, SAMPLE_QUESTIONS, strict=True):
            typed = sample.click(fn=None, js=f"() => {json.dumps(text)}", outputs=box, **_QUIET)
            asked.append(typed.then(**asking))
        asked.append(again.click(fn=on_again, inputs=talk, outputs=outputs, trigger_mode="once", **_QUIET))
        # First the answer is stopped, then the page is emptied: in one step a late piece would be drawn again.
        stopped = wipe.click(fn=None, cancels=asked, **_QUIET)
        emptied = stopped.then(fn=on_clear, inputs=talk, outputs=outputs, **_QUIET)
        for done in (*asked, emptied):
            done.then(fn=offered, inputs=talk, outputs=again, **_QUIET)
        page.load(fn=on_load, outputs=[library, status], **_QUIET)
    return page


_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_EMPTY_REVIEW = (
    "粘贴一段文字（例如同事的草稿或别处得到的答复），逐句核对所引条款是否存在、有效，"
    "数字、主体、约束程度是否与原文一致。"
)


def _verify_tab(gr: Any, desk: Desk) -> None:
    """A draft to paste, and every sentence of it with its verdict."""
    draft = gr.Textbox(
        label="要核对的文字",
        placeholder="例如：严禁贷款转存或挪用套利（见《通知》第五部分第（十）项）。",
        lines=6,
        max_lines=14,
        elem_id="pz-draft",
    )
    check = gr.Button("核对", variant="primary", elem_id="pz-check")
    found = gr.HTML(note_html(_EMPTY_REVIEW), elem_id="pz-review")

    async def on_check(text: str | None, request: Any) -> str:
        return await review(desk, text or "", principal_of(request.request))

    check.click(fn=_with_request(gr, on_check), inputs=draft, outputs=found, trigger_mode="once", **_QUIET)


async def review(desk: Desk, text: str, principal: Principal | None = None) -> str:
    """The report on a pasted text as HTML; a fault says what to do next and repeats nothing."""
    try:
        return checked_html((await desk.verify(text, None, principal=principal)).checked)
    except AssistantError as exc:
        return status_html(exc.message, kind="error")
    except Exception as exc:  # noqa: BLE001 - the page must not show a foreign message; the fault is logged
        log_fault(exc, uuid4().hex)
        return status_html(INTERNAL_MESSAGE, kind="error")


def _chat(gr: Any) -> Any:
    return gr.Chatbot(
        label="对话",
        show_label=False,
        container=False,
        height="100%",
        elem_id="pz-chat",
        placeholder=(
            "### 请就库中文件提问\n\n例如贷款到期能否续贷、哪些行为被禁止、某类机构要做什么。\n\n"
            "答复只来自条款原文；查不到依据时，会直接告诉您。"
        ),
        buttons=[],
        layout="bubble",
        sanitize_html=True,
        allow_tags=False,
        latex_delimiters=[],
        allow_file_downloads=False,
        feedback_options=None,
    )


def _question_box(gr: Any) -> Any:
    return gr.Textbox(
        label="请输入问题",
        show_label=False,
        container=False,
        placeholder="请输入问题，按回车发送",
        lines=1,
        max_lines=5,
        scale=1,
        autofocus=True,
        elem_id="pz-box",
    )
