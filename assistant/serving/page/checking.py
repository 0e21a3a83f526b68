"""The tab 核对: a draft to paste, and every sentence of it with its verdict."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from assistant.errors import AssistantError
from assistant.schema.principal import Principal
from assistant.serving.desk import Desk
from assistant.serving.guards import INTERNAL_MESSAGE, log_fault
from assistant.serving.http.rules import principal_of
from assistant.serving.page.events import QUIET, with_request
from assistant.serving.page.said import status_html
from assistant.serving.render.html import checked_html, note_html

_EMPTY_REVIEW = (
    "粘贴一段文字（例如同事的草稿或别处得到的答复），逐句核对所引条款是否存在、有效，"
    "数字、主体、约束程度是否与原文一致。"
)


def verify_tab(gr: Any, desk: Desk) -> None:
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

    check.click(fn=with_request(gr, on_check), inputs=draft, outputs=found, trigger_mode="once", **QUIET)


async def review(desk: Desk, text: str, principal: Principal | None = None) -> str:
    """The report on a pasted text as HTML; a fault says what to do next and repeats nothing."""
    try:
        return checked_html((await desk.verify(text, None, principal=principal)).checked)
    except AssistantError as exc:
        return status_html(exc.message, kind="error")
    except Exception as exc:  # noqa: BLE001 - the page must not show a foreign message; the fault is logged
        log_fault(exc, uuid4().hex)
        return status_html(INTERNAL_MESSAGE, kind="error")
