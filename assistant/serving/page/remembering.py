"""Conversations that were kept, on the chat page: opened again, taken along, and what is thought of the last answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from uuid import uuid4

from assistant.errors import AssistantError, NotFoundError
from assistant.records.feedback import Reason
from assistant.schema.principal import Principal
from assistant.serving.guards import INTERNAL_MESSAGE, log_fault
from assistant.serving.history import History
from assistant.serving.http.rules import principal_of
from assistant.serving.page.events import QUIET, with_request
from assistant.serving.page.said import EMPTY_CARDS, answer_message, status_html
from assistant.serving.page.talking import Talk, Update
from assistant.serving.render.feedback import MOST_COMMENT, REASONS
from assistant.serving.render.html import answer_cards_html, note_html
from assistant.serving.render.markdown import markdown_escaped
from assistant.serving.render.transcript import Said, Transcript

_GONE = "没有这次对话：可能已经删除、已过保存期，或不是您的。可以直接提问，开始新的对话。"
_THANKS = "评价已记下，谢谢。"
_MORE = "评价已记下，谢谢。可以再选原因、写说明。"
_TOO_EARLY = "答复还没有完成，请等它完成后再评价。"
_SHOWN = 30  # exchanges of a conversation that is opened again
_NO_QUESTION, _NO_ANSWER = "（提到的文件您现在不能看，不再显示。）", "（所依据的文件您现在不能看，不再显示。）"
_OPEN_ONCE = "() => { if (location.search) history.replaceState(null, '', location.pathname); }"


# --- behaviour ----------------------------------------------------------------------------------


def opened(history: History, session_id: str, principal: Principal) -> Update:
    """The page with a conversation that was kept; or without one, saying why."""
    try:
        kept, transcript = history.opened(session_id, principal)
    except AssistantError as exc:
        return _nothing(_GONE if isinstance(exc, NotFoundError) else exc.message)
    except Exception as exc:  # noqa: BLE001 - the page must not show a foreign message; the fault is logged
        log_fault(exc, uuid4().hex)
        return _nothing(INTERNAL_MESSAGE)
    said = transcript.said[-_SHOWN:]
    talk = Talk(session_id=kept.talk.id, answer_id=said[-1].answer_id if said and said[-1].answer else None)
    for one in said:
        talk = talk.say("user", _asked(one)).say("assistant", _answered(one))
    last = said[-1].answer if said else None
    cards = answer_cards_html(last) if last else note_html(EMPTY_CARDS)
    return talk, list(talk.messages), "", cards, status_html(_opened_words(transcript))


def _nothing(words: str) -> Update:
    return Talk(), [], "", note_html(EMPTY_CARDS), status_html(words, kind="error")


def _opened_words(transcript: Transcript) -> str:
    cut = f"只显示最近 {_SHOWN} 次问答，其余在“历史”里。" if transcript.cut or len(transcript.said) > _SHOWN else ""
    return f"已打开“{' '.join(transcript.title.split())}”，可以接着问。以前的答复按当时的条款作出。{cut}"


def _asked(said: Said) -> str:
    return markdown_escaped(said.question if said.question is not None else _NO_QUESTION)


def _answered(said: Said) -> str:
    return answer_message(said.answer, kept=said.read_as) if said.answer else _NO_ANSWER


def rated(
    history: History, talk: Talk, principal: Principal, useful: bool, reason: str | None = None, comment: str = ""
) -> tuple[bool, str]:
    """Whether an opinion on the last answer was kept, and the status line that says so."""
    if talk.answer_id is None:
        return False, status_html(_TOO_EARLY, kind="error")
    try:
        why = Reason(reason) if reason in set(Reason) else None
        history.rate(talk.answer_id, principal, useful=useful, reason=why, comment=comment.strip() or None)
    except AssistantError as exc:
        return False, status_html(exc.message, kind="error")
    except Exception as exc:  # noqa: BLE001 - the page must not show a foreign message; the fault is logged
        log_fault(exc, uuid4().hex)
        return False, status_html(INTERNAL_MESSAGE, kind="error")
    return True, status_html(_THANKS if reason or comment else _MORE)


def links_html(talk: Talk, *, keeps: bool) -> str:
    """Where the present conversation can be looked at and taken along; empty before its first answer."""
    if talk.session_id is None:
        return ""
    path = f"history/{escape(talk.session_id)}"
    words = "" if keeps else "<span>开发模式不保存对话，服务停止后就没有了。</span>"
    return (
        '<p class="pz-kept"><span>这次对话：</span>'
        f'<a href="{path}" target="_blank" rel="noopener">查看</a>'
        f'<a href="{path}/export?kind=docx">导出 Word</a><a href="{path}/export?kind=md">导出 Markdown</a>{words}</p>'
    )


# --- parts of the page --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands under the conversation, from top to bottom."""

    links: Any
    row: Any  # the question whether the last answer was of use, with its buttons
    buttons: tuple[Any, Any]  # useful, useless
    form: Any  # more about the opinion that was given
    more: tuple[Any, Any, Any]  # the reason, the comment, the button
    rating: Any  # the opinion: up or down, empty before there is one


def parts_of(gr: Any) -> Parts:
    """Lay them out; nothing of it shows before there is an answer."""
    links = gr.HTML("", elem_id="pz-taken")
    with gr.Row(visible=False, elem_id="pz-rate") as row:
        gr.HTML("<p>这次答复有用吗？</p>")
        up = gr.Button("有用", size="sm", scale=0, min_width=0, elem_id="pz-up")
        down = gr.Button("没有用", size="sm", scale=0, min_width=0, elem_id="pz-down")
    with gr.Column(visible=False, elem_id="pz-why") as form:
        reasons = [(words, reason.value) for reason, words in REASONS.items()]
        reason = gr.Radio(reasons, label="原因（可不选）", elem_id="pz-reason")
        comment = gr.Textbox(
            label="说明（可不填，个人信息会遮盖）", max_length=MOST_COMMENT, lines=2, max_lines=4, elem_id="pz-comment"
        )
        send = gr.Button("提交原因和说明", size="sm", elem_id="pz-rate-send")
    return Parts(links, row, (up, down), form, (reason, comment, send), gr.State(""))


def tie(gr: Any, history: History, parts: Parts, *, load: Any, done: Sequence[Any], outputs: Sequence[Any]) -> None:
    """Tie their events.

    Args:
        load: the event of the page's opening.
        done: the events after which an answer is there, or none is any more.
        outputs: talk, messages, question box, cards, status.
    """
    talk, status = outputs[0], outputs[4]
    reason, comment, send = parts.more

    def on_shown(talk: Talk, request: Any) -> tuple[Any, ...]:
        offered = history.keeps and talk.answer_id is not None and principal_of(request.request).viewing is None
        shown, folded = gr.Row(visible=offered), gr.Column(visible=False)
        return links_html(talk, keeps=history.keeps), shown, folded, None, "", ""

    def on_open(request: Any) -> Any:
        session_id = request.request.query_params.get("session", "")
        return opened(history, session_id, principal_of(request.request)) if session_id else gr.skip()

    def on_more(talk: Talk, rating: str, why: str | None, words: str | None, request: Any) -> tuple[Any, ...]:
        kept, said = rated(history, talk, principal_of(request.request), rating == "up", why, words or "")
        left = (None, "") if kept else (gr.skip(), gr.skip())  # what was refused is not lost
        return said, gr.Column(visible=not kept), *left

    shown = {
        "fn": with_request(gr, on_shown),
        "inputs": talk,
        "outputs": [parts.links, parts.row, parts.form, reason, comment, parts.rating],
        **QUIET,
    }
    opening = load.then(fn=with_request(gr, on_open), outputs=list(outputs), **QUIET)
    opening.then(**shown).then(fn=None, js=_OPEN_ONCE, **QUIET)
    for event in done:
        event.then(**shown)
    for button, rating in zip(parts.buttons, ("up", "down"), strict=True):
        clicked = with_request(gr, _rating(gr, history, rating))
        button.click(fn=clicked, inputs=talk, outputs=[status, parts.form, parts.rating, reason, comment], **QUIET)
    send.click(
        fn=with_request(gr, on_more),
        inputs=[talk, parts.rating, reason, comment],
        outputs=[status, parts.form, reason, comment],
        **QUIET,
    )


def _rating(gr: Any, history: History, rating: str) -> Callable[..., Any]:
    """What a click on one of the two buttons sets off: it counts at once, and more may be said."""

    def on_rate(talk: Talk, request: Any) -> tuple[Any, ...]:
        kept, said = rated(history, talk, principal_of(request.request), rating == "up")
        return said, gr.Column(visible=kept), rating, None, ""

    return on_rate
