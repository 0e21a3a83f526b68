"""What the tools give back. An agent reads the fields; each place brings its address, words, standing and link."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.serving.http.wire import CheckedBody, CitationBody, ClauseBody, DocumentBody, HitBody


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)


class Source(CitationBody):
    """一处引用，另带地址。"""

    url: str | None = Field(description="条款的地址；不知道服务的地址时为 null。")


class Asked(_Result):
    """一次答复。"""

    answer_id: str
    outcome: Literal["answered", "partial", "possible", "not_found"] = Field(
        description="有依据、部分有依据、可能相关但未能确认（不是答复）、本库未载明。"
    )
    outcome_label: str
    text: str = Field(description="答复正文，[n] 指向 citations 中的第 n 号。转述时请保留标记，不要增补。")
    citations: list[Source]
    nearest: list[Source] = Field(description="没有给出答复时，可能相关或意思最接近的条款，不是依据。")
    notices: list[str] = Field(description="需要告知使用者的情况。")
    standalone_question: str = Field(description="结合上文补全后的问题。")
    confidence: float | None
    generation: str = Field(description="作答所用索引的指纹。")
    ai_generated: str


class Found(_Result):
    """查找的结果，最相近的在前。"""

    query: str
    degraded: list[str]
    hits: list[HitBody]


class Place(ClauseBody):
    """一个条款，另带地址。"""

    url: str | None = Field(description="条款的地址；不知道服务的地址时为 null。")


class Proved(_Result):
    """逐句的核对结论。"""

    proved: bool = Field(description="凡作核对的句子是否全部通过。")
    summary: str
    sentences: list[CheckedBody]
    generation: str


class Listed(_Result):
    """库中可以查阅的文件。"""

    generation: str
    documents: list[DocumentBody]


class ChangedClause(_Result):
    """一个条款的变化。"""

    change: Literal["added", "removed", "changed", "moved"]
    address: str = Field(description="新文本中的地址；删去的条款为旧文本中的地址。")
    before: str | None
    after: str | None
    moved_from: str | None


class ChangedFact(_Result):
    """文件自身一项信息的变化。"""

    name: str
    before: str
    after: str


class Compared(_Result):
    """两个文本的差别，逐条。"""

    before_id: str
    before_title: str
    after_id: str
    after_title: str
    facts: list[ChangedFact]
    clauses: list[ChangedClause]
