"""What enters and leaves over HTTP about talks."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.products.talks.drafts import TalkForm
from assistant.serving.http.wire import DocumentId, IsoDay

_EXAMPLE: dict[str, Any] = {"audience": "餐饮个体工商户", "topic": "信用贷款与反诈", "minutes": 20}
_DRAFT: dict[str, Any] = {
    "主题": "信用贷款与反诈",
    "听众": "餐饮个体工商户",
    "分钟": 5,
    "政策核对于": "2026-06-30",
    "页": [{"编号": "s1", "类型": "本地信息", "标题": "本地信息", "分钟": 5, "空白": ["网点：待填写"]}],
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TalkRequest(_Strict):
    """要一份宣讲草稿。"""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    audience: str = Field(min_length=1, max_length=200, description="听众。")
    topic: str = Field(min_length=1, max_length=200, description="主题。")
    minutes: int = Field(ge=5, le=180, description="时长（分钟）；各页分钟数加起来等于它。")
    document_ids: list[DocumentId] | None = Field(
        default=None, min_length=1, max_length=50, description="只依据这些文件；不填为全库。"
    )
    as_of: IsoDay = Field(default=None, description="按哪一天的有效文本（YYYY-MM-DD）；不填为今天。")
    use_llm: bool = Field(default=True, description="设置了语言模型时，是否用它改写说法（逐句核对）。")


class TalkExportRequest(_Strict):
    """导出一份草稿（改过的也可以）；逐句重新核对。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"draft": _DRAFT, "format": "docx"}]})

    draft: dict[str, Any] = Field(description="起草时得到的 draft，字段名是中文。")
    format: Literal["pptx", "docx", "register.json", "yaml"] = Field(description="要哪一个文件。")
    mark_unproved: bool = Field(default=False, description="没有通过核对的句子照样导出，句后标明；否则不导出。")
    as_of: IsoDay = Field(default=None, description="按哪一天的有效文本核对；不填为今天。")


class UnprovedBody(_Body):
    """没有通过核对的一处。"""

    where: str = Field(examples=["p12"])
    verdict: str
    reason: str


class TalkResponse(_Body):
    """一份草稿和逐句核对的结果。"""

    request_id: str
    generation: str
    checked_on: str
    draft: TalkForm = Field(description="可以修改后交给导出接口。")
    statements: int
    unproved: list[UnprovedBody]
    notice: str = Field(default="", description="语言模型没有改写成的原因；没有为空。")
