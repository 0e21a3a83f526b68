"""Where everything of the chat page stands, and which event each part sets off."""

from __future__ import annotations

from typing import Any

from assistant.products.sample_questions import MOST as MOST_SAMPLES
from assistant.serving.desk import Desk
from assistant.serving.history import History
from assistant.serving.page import remembering
from assistant.serving.page.checking import verify_tab
from assistant.serving.page.events import QUIET, events_of, taking_all
from assistant.serving.page.said import EMPTY_CARDS, SAMPLES_AWAITED, TITLE, header_html, status_html
from assistant.serving.page.talking import Talk
from assistant.serving.render.html import note_html


def build_page(gr: Any, desk: Desk, history: History, *, development: bool) -> Any:
    """Lay out the page and tie its events."""
    on = events_of(gr, desk)

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
                    kept = remembering.parts_of(gr)
                    again = gr.Button("", visible=False, size="sm", elem_id="pz-again")
                    with gr.Row(elem_id="pz-ask"):
                        box = _question_box(gr)
                        send = gr.Button("发送", variant="primary", scale=0, min_width=80, elem_id="pz-send")
                    day, chosen = _scope_form(gr)
                    held = gr.State({}, time_to_live=4 * 3600)
                    note, role = _samples_head(gr)
                    with gr.Row(elem_id="pz-samples"):
                        samples = [_sample(gr) for _ in range(MOST_SAMPLES)]
                        new = "新对话" if desk.keeps else "清空对话"
                        wipe = gr.Button(new, size="sm", scale=0, min_width=0, elem_id="pz-clear")
                with gr.Column(scale=2, min_width=300, elem_id="pz-right"):
                    gr.HTML("<h2>条款依据</h2>", elem_id="pz-cards-title")
                    cards = gr.HTML(note_html(EMPTY_CARDS), elem_id="pz-cards")
                    library = gr.HTML("", elem_id="pz-library")
            with gr.Tab("核对", id="verify"):
                verify_tab(gr, desk)

        outputs = [talk, chat, box, cards, status]
        asking: dict[str, Any] = {"fn": on.ask, "inputs": [box, talk, day, chosen], "outputs": outputs, **QUIET}
        asked = [gr.on([box.submit, send.click, day.submit], trigger_mode="once", **asking)]
        for sample in samples:
            typed = sample.click(fn=None, js="words => words", inputs=sample, outputs=box, **QUIET)
            asked.append(typed.then(**asking))
        asked.append(again.click(fn=on.again, inputs=talk, outputs=outputs, trigger_mode="once", **QUIET))
        # First the answer is stopped, then the page is emptied: in one step a late piece would be drawn again.
        stopped = wipe.click(fn=None, cancels=asked, **QUIET)
        emptied = stopped.then(fn=on.clear, inputs=talk, outputs=outputs, **QUIET)
        for done in (*asked, emptied):
            done.then(fn=offered, inputs=talk, outputs=again, **QUIET)
        load = page.load(fn=on.load, outputs=[library, status, chosen], **QUIET)
        page.load(fn=on.samples, outputs=[held, role, note, *samples], **QUIET)
        role.input(fn=on.role, inputs=[role, held], outputs=samples, **QUIET)
        remembering.tie(gr, history, kept, load=load, done=(*asked, emptied), outputs=outputs)
    return page


def _scope_form(gr: Any) -> tuple[Any, Any]:
    """A day and documents that answers are limited to; folded up, for most ask of everything as it is today."""
    with gr.Accordion("限定日期和文件（可不填）", open=False, elem_id="pz-scope"):
        day = gr.Textbox(
            label="截至日期：只看这一天有效的文本",
            placeholder="例如 2024-06-30；不填就是今天",
            max_lines=1,
            elem_id="pz-day",
        )
        chosen = taking_all(gr.Dropdown)(
            label="文件：只依据选中的作答",
            info="不选就是全部文件",
            choices=[],
            multiselect=True,
            elem_id="pz-chosen",
        )
    return day, chosen


def _samples_head(gr: Any) -> tuple[Any, Any]:
    """What is said of the sample questions, and whose they are."""
    note = gr.HTML(status_html(SAMPLES_AWAITED, kind="busy"), elem_id="pz-samples-note")
    role = taking_all(gr.Radio)(label="示例问题（取自本库，按身份）", choices=[], visible=False, elem_id="pz-role")
    return note, role


def _sample(gr: Any) -> Any:
    return gr.Button("", visible=False, size="sm", scale=0, min_width=0, elem_classes="pz-sample")


def _chat(gr: Any) -> Any:
    return gr.Chatbot(
        label="对话",
        show_label=False,
        container=False,
        height="100%",
        elem_id="pz-chat",
        placeholder=(
            "### 请就库中文件提问\n\n例如某件事能不能做、哪些行为被禁止、某类机构要做什么。\n\n"
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
