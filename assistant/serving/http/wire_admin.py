"""What enters and leaves where the service is managed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.serving.http.wire_given import Next

ScopeName = Literal[
    "ask", "search", "verify", "documents", "corpus:edit", "corpus:approve", "audit:read", "feedback:read",
    "retention:manage", "keys:manage", "embeds:manage", "users:manage", "view-as",
]  # fmt: skip
ReadingScope = Literal["ask", "search", "verify", "documents"]
Name = Annotated[
    str,
    Field(
        min_length=1, max_length=60, description="1 至 60 个汉字、字母、数字或 - _ . @ （）·。", examples=["信贷门户"]
    ),
]
Label = Annotated[str, Field(min_length=1, max_length=60)]
Labels = Annotated[list[Label], Field(max_length=50)]
DailyCap = Annotated[
    int | None,
    Field(ge=1, le=10_000_000, description="全部使用者每天（北京时间）合计的次数；null 为不限。", examples=[2000]),
]
RetentionDays = Annotated[
    int | None, Field(ge=1, le=36_500, description="会话和答复保留多少天；null 为随系统。", examples=[30])
]
_KEY = "5f0c1a2b3c4d4e5f"


class _Asked(BaseModel):
    """What enters."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Told(BaseModel):
    """What leaves."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


# --- keys ---------------------------------------------------------------------------------------


class KeyRequest(_Asked):
    """一把新的密钥。权限、标签、部门都不能超出办理人自己的。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "信贷门户", "scopes": ["ask"], "days": 365}]})

    name: Name
    scopes: list[ScopeName] = Field(min_length=1, max_length=20, description="权限。", examples=[["ask"]])
    labels: Labels = Field(default=[], description="可以看带这些标签的文件。")
    department: Label | None = Field(default=None, description="所属部门，同时是一个标签。")
    days: int | None = Field(default=None, ge=1, le=3660, description="多少天后失效；不填为不失效。", examples=[365])


class KeyBody(_Told):
    """一把密钥，不含密钥本身。"""

    id: str = Field(examples=[_KEY])
    prefix: str = Field(description="密钥的开头，用来辨认。")
    name: str
    department: str | None
    labels: list[str]
    scopes: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    used_at: datetime | None = Field(description="最近一次使用，精确到分钟。")
    revoked_at: datetime | None = Field(description="停用的时间；可用时为 null。")


class NewKeyBody(KeyBody):
    """新的密钥。`key` 只出现这一次。"""

    key: str = Field(description="密钥，请立即妥善保存。")


class KeyList(_Told):
    """密钥的一页，从早到晚。"""

    keys: list[KeyBody]
    next: Next


# --- portals ------------------------------------------------------------------------------------


class EmbedRequest(_Asked):
    """一个新的门户。权限、标签、部门都不能超出办理人自己的。"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "信贷门户", "origins": ["https://portal.bank.example"], "scopes": ["ask"]}]
        }
    )

    name: Name
    origins: list[Annotated[str, Field(min_length=1, max_length=300)]] = Field(
        min_length=1,
        max_length=50,
        description="门户网页的来源，逐个写明，形如 https://portal.bank.cn。",
        examples=[["https://portal.bank.example"]],
    )
    scopes: list[ReadingScope] = Field(
        default=["ask"], min_length=1, max_length=4, description="令牌可以有的权限。", examples=[["ask"]]
    )
    labels: Labels = Field(default=[], description="每个令牌都可以看带这些标签的文件。")
    departments: Labels = Field(default=[], description="令牌里算数的部门。")
    public_key: str | None = Field(
        default=None, min_length=1, max_length=10_000, description="门户的 RSA 公钥（PEM）；不填则生成共用密钥。"
    )
    daily_cap: DailyCap = None
    retention_days: RetentionDays = None


class EmbedBody(_Told):
    """一个门户，不含密钥。"""

    id: str = Field(description="编号，即令牌的 iss。", examples=[_KEY])
    name: str
    state: Literal["draft", "active", "paused"] = Field(description="草稿、启用、停用。")
    algorithm: Literal["HS256", "RS256"]
    origins: list[str]
    labels: list[str]
    departments: list[str]
    scopes: list[str]
    daily_cap: DailyCap
    retention_days: RetentionDays


class NewEmbedBody(EmbedBody):
    """新的门户。"""

    secret: str | None = Field(description="共用密钥，只出现这一次；给了公钥时为 null。")


class EmbedList(_Told):
    """门户的一页，从早到晚。"""

    embeds: list[EmbedBody]
    next: Next


class StateRequest(_Asked):
    """门户的状态。停用后 5 秒内令牌全部失效。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "active"}]})

    state: Literal["draft", "active", "paused"] = Field(examples=["active"])


class LimitsRequest(_Asked):
    """门户的限额。没有给出的改为不限。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"daily_cap": 2000, "retention_days": 30}]})

    daily_cap: DailyCap = None
    retention_days: RetentionDays = None


# --- corpus and index ---------------------------------------------------------------------------


class CorpusBody(_Told):
    """文件库的现状，只算您看得到的文件。"""

    generation: str = Field(description="正在作答的索引的指纹。")
    documents: int
    by_status: dict[str, int] = Field(description="各种时效的份数。", examples=[{"现行有效": 17}])
    waiting: list[str] = Field(description="时效的变化等待确认的文件。")


class GenerationBody(_Told):
    """一版索引。"""

    name: str = Field(examples=["3f0c5a1b2c3d4e5f"])
    fingerprint: str
    embedder_id: str
    built_at: datetime
    current: bool = Field(description="是否正在使用。")
    documents: int | None = Field(description="文件份数；有您看不到的文件时为 null。")
    clauses: int | None
    chunks: int | None


class GenerationList(_Told):
    """索引各版的一页，新的在前。"""

    generations: list[GenerationBody]
    next: Next


# --- audit and retention ------------------------------------------------------------------------


class RecordBody(_Told):
    """一条留痕。"""

    seq: int
    at: datetime
    kind: str = Field(description="种类：answer、key.created、audit.read 等。", examples=["answer"])
    subject: str = Field(description="谁。", examples=["user:5f0c1a2b3c4d4e5f"])
    facts: dict[str, Any] | None = Field(description="内容；涉及您看不到的文件时为 null。")
    withheld: bool
    prev: str = Field(description="前一条的校验值。")
    hash: str = Field(description="这一条的校验值。")


class RecordList(_Told):
    """留痕的一页，新的在前。查看本身也留痕。"""

    records: list[RecordBody]
    next: Next


class RetentionBody(_Told):
    """保存期。"""

    keep_days: int = Field(description="留痕、答复、会话至少保存多少天。", examples=[366])
    portals: list[EmbedRetention] = Field(description="保存期较短的门户：只管会话和答复，留痕不在其内。")


class EmbedRetention(_Told):
    """一个门户的保存期。"""

    id: str = Field(examples=[_KEY])
    name: str
    retention_days: int


class PurgedBody(_Told):
    """删去了多少。"""

    records: int = Field(description="留痕。")
    answers: int = Field(description="答复。")
    of_portals: int = Field(description="门户的会话和答复。")


RetentionBody.model_rebuild()
