"""A recorded answer given once more: the same, or what has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.errors import NotFoundError
from assistant.records.answers import KeptAnswer
from assistant.schema.answer import Mode
from assistant.schema.inquiry import Inquiry
from assistant.serving.ledger import inquiry_of
from assistant.serving.ports import Assistant
from assistant.serving.render.fields import answer_body

_WORDS = {
    "outcome": "结果",
    "mode": "生成方式",
    "text": "正文",
    "standalone_question": "补全后的问题",
    "citations": "引用",
    "nearest": "最接近的条款",
    "related": "相关政策",
    "notices": "提示",
    "degraded": "降级",
    "confidence": "把握",
    "prompt_version": "提示词版本",
    "plain": "口语版",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of it. `changes` are in Chinese; empty when the answer is the same to the last character."""

    answer_id: str
    changes: tuple[str, ...]

    @property
    def same(self) -> bool:
        return not self.changes


def replay(kept: KeptAnswer, assistant: Assistant) -> Replayed:
    """Put the question of a kept answer again, on the same day and with the same rights.

    Args:
        assistant: made for the day on which the question was put (`day_of`).
    """
    inquiry, _ = inquiry_of(kept.inquiry)
    before: Mapping[str, Any] = json.loads(kept.body)
    after: Mapping[str, Any] = json.loads(answer_body(assistant.ask(inquiry)).model_dump_json())
    return Replayed(answer_id=kept.id, changes=tuple(_changes(before, after, inquiry, assistant)))


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any], inquiry: Inquiry, assistant: Assistant
) -> Iterator[str]:
    if before == after:
        return
    if before["generation"] != after["generation"]:
        yield f"索引：当时是 {before['generation'][:16]}，现在是 {after['generation'][:16]}"
        yield from _changed_clauses(before, inquiry, assistant)
    if before["mode"] != Mode.EXTRACTIVE:
        yield "当时的答复由语言模型撰写，重做不保证逐字相同"
    differing = [words for name, words in _WORDS.items() if before.get(name) != after.get(name)]
    if differing:
        yield f"答复中不同的部分：{'、'.join(differing)}"
    elif before["generation"] == after["generation"]:
        yield "答复的其他字段不同"


def _changed_clauses(before: Mapping[str, Any], inquiry: Inquiry, assistant: Assistant) -> Iterator[str]:
    """Clauses that were cited and no longer say the same."""
    for citation in before["citations"]:
        place = f"{citation['document_id']}#{citation['address']}"
        try:
            text = assistant.document(citation["document_id"], inquiry.rights).text
        except NotFoundError:
            yield f"条款 {place}：文件已不在库中"
            continue
        said = ["".join(text[span["start"] : span["end"]].split()) for span in citation["spans"]]
        if said != ["".join(quote.split()) for quote in citation["quotes"]]:
            yield f"条款 {place}：文字已变"
