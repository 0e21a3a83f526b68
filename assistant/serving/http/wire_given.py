"""What enters and leaves about answers that were given: conversations, feedback; and texts that are masked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.serving.http.wire import AnswerBody, ClauseBody, ClauseLine, SpanBody

Next = Annotated[
    str | None,
    Field(description="下一页的 cursor；没有下一页时为 null。", examples=["WzE3OTU5MTA0MDAwMDAsIjVmMGMxYTJiIl0"]),
]
ReasonName = Literal["wrong", "incomplete", "outdated", "wrong_source", "not_answered", "unclear", "other"]
_EXAMPLE_ID = "5f0c1a2b3c4d4e5f8a9b0c1d2e3f4a5b"


class _Asked(BaseModel):
    """What enters."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Given(BaseModel):
    """What leaves."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


# --- conversations ------------------------------------------------------------------------------


class SessionBody(_Given):
    """一个会话。"""

    id: str = Field(description="会话编号，提问时作为 session_id。", examples=[_EXAMPLE_ID])
    title: str = Field(
        description="名称，起初是第一个问题的开头；个人信息已遮盖。", examples=["客户贷款到期还不上，能续贷吗？"]
    )
    created_at: datetime
    used_at: datetime = Field(description="最近一次提问的时间。")


class SessionList(_Given):
    """会话的一页，最近用过的在前。"""

    sessions: list[SessionBody]
    next: Next


class TurnBody(_Given):
    """一问一答。"""

    answer_id: str = Field(description="答复编号。", examples=[_EXAMPLE_ID])
    at: datetime
    question: str | None = Field(description="问题，个人信息已遮盖；提到您现在不能看的文件时为 null。")
    answer: AnswerBody | None = Field(description="答复；所依据的文件您现在不能看时为 null。")
    withheld: bool = Field(description="答复是否因为权限的变化而不再显示。")


class SessionDetail(SessionBody):
    """一个会话和其中的问答，从早到晚，至多最近 200 次。"""

    turns: list[TurnBody]


class RenameRequest(_Asked):
    """会话的新名称。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "续贷条件"}]})

    title: str = Field(
        min_length=1, max_length=60, description="1 至 60 字；其中的个人信息会遮盖。", examples=["续贷条件"]
    )


# --- feedback -----------------------------------------------------------------------------------


class FeedbackRequest(_Asked):
    """对一次答复的评价。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rating": "down", "reason": "incomplete", "comment": "没有提到农户。"}]}
    )

    rating: Literal["up", "down"] = Field(description="有用、没有用。", examples=["down"])
    reason: ReasonName | None = Field(
        default=None,
        description="答错、不完整、已过时、出处不对、没有回答、看不懂、其他。",
        examples=["incomplete"],
    )
    comment: str | None = Field(
        default=None, max_length=500, description="至多 500 字；其中的个人信息会遮盖。", examples=["没有提到农户。"]
    )


class FeedbackBody(_Given):
    """一条评价。每人对每次答复一条，以最后一次为准。"""

    id: str = Field(examples=[_EXAMPLE_ID])
    answer_id: str = Field(examples=[_EXAMPLE_ID])
    rating: Literal["up", "down"]
    reason: ReasonName | None
    comment: str | None
    created_at: datetime


class FeedbackList(_Given):
    """评价的一页，新的在前。您看不到的文件的答复不在其中。"""

    feedback: list[FeedbackBody]
    next: Next


# --- texts --------------------------------------------------------------------------------------


class MaskRequest(_Asked):
    """一段要遮盖的文字。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "客户电话13812345678，想续贷。"}]})

    text: str = Field(
        description="1 至 20000 字。",
        examples=["客户电话13812345678，想续贷。"],
        json_schema_extra={"minLength": 1, "maxLength": 20000},
    )


class MaskedSpan(SpanBody):
    """遮盖了的一处，在所提交文字中的位置。"""

    kind: str = Field(description="种类：mobile、id_card、bank_card、name 等。", examples=["mobile"])


class MaskResponse(_Given):
    """遮盖之后的文字。"""

    masked: str = Field(examples=["客户电话［手机号］，想续贷。"])
    spans: list[MaskedSpan]


class ClauseList(_Given):
    """条款目录的一页，次序同原文。"""

    document_id: str
    clauses: list[ClauseLine]
    next: Next


class VersionBody(_Given):
    """同一文件的另一个文本里的这一条。"""

    document_id: str
    document_title: str
    status: str = Field(description="时效性。", examples=["已修订"])
    effective_on: date | None
    address: str | None = Field(description="那个文本里同一地址的条款；没有时为 null。", examples=["第四条"])
    same_words: bool | None = Field(description="两处文字是否相同（不计空白）；没有同一地址时为 null。")


class ClauseDetail(ClauseBody):
    """一个条款，连同它的上下文和其他文本。"""

    parent: str | None = Field(description="上级条款的地址。", examples=["第一章"])
    before: str | None = Field(description="同级的前一条。", examples=["第三条"])
    after: str | None = Field(description="同级的后一条。", examples=["第五条"])
    versions: list[VersionBody] = Field(description="库中同一文件的其他文本。")
