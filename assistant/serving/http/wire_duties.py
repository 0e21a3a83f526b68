"""What leaves over HTTP about duties."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CarrierBody(_Body):
    """主体承自的上一句。"""

    address: str
    quote: str


class DutySourceBody(_Body):
    """一条责任的出处。"""

    document: str
    title: str
    document_number: str | None
    address: str = Field(examples=["第九条第一款"])
    quote: str = Field(description="原文整句。")
    validity: str
    effective_on: date | None
    in_force: bool


class DutyBody(_Body):
    """一条责任：一个主体、一个行为、一个条件。"""

    id: str = Field(description="文件编号#条款-文字的校验值；条款改号而文字不变的，校验值不变。")
    actor: str | None = Field(description="主体；原文没有写的为 null。")
    actor_shown: str = Field(examples=["未载明（承上文：各银行机构）"])
    carried_from: CarrierBody | None
    actor_kinds: list[str]
    degree: str = Field(description="要求强度：严禁、不得、应当、要求、鼓励、允许。", examples=["应当"])
    act: str
    objects: list[str]
    conditions: list[str]
    exceptions: list[str]
    deadlines: list[str]
    related: list[str]
    sources: list[DutySourceBody]


class ReadBody(_Body):
    """读了的文件。"""

    id: str
    title: str


class LeftBody(_Body):
    """没有读的文件。"""

    title: str
    why: str


class UnreadBody(_Body):
    """没有读成行的内容。"""

    document: str
    what: str
    count: int
    places: list[str]


class DutyList(_Body):
    """责任清单的一页。"""

    day: date = Field(description="按哪一天的时效。")
    documents: list[ReadBody]
    left_out: list[LeftBody] = Field(description="当日不适用、没有读的文件。")
    unread: list[UnreadBody] = Field(description="有约束性词语而没有成行的，和没有读的表格、问答等。")
    count: int = Field(description="符合条件的共几行。")
    duties: list[DutyBody]
    next: str | None = Field(description="下一页的 cursor；没有下一页时为 null。")
