"""What enters and leaves over HTTP. Strict: an unknown field is refused, a number is not a string."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_EXAMPLE_QUESTION = "客户贷款到期一时还不上，能续贷吗？"
_EXAMPLE_CLAIM = "严禁贷款转存或挪用套利（见《通知》第五部分第（十）项）。"
_EXAMPLE_TITLE = "关于2024年陕西银行业保险业服务小微企业高质量发展的通知"


def _iso_day(value: object) -> object:
    """A date from YYYY-MM-DD alone; numbers and times of day would pass pydantic's own reading."""
    if value is None or type(value) is date:
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("not YYYY-MM-DD")
    return date.fromisoformat(value)


IsoDay = Annotated[
    date | None,
    BeforeValidator(_iso_day),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}),
]
LegalLevelName = Literal["法律", "行政法规", "司法解释", "地方性法规", "部门规章", "地方政府规章", "规范性文件"]
DocumentId = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    """What enters."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


HowFound = Annotated[
    Literal["hybrid", "exact", "previous", "lexical"],
    Field(
        description="怎样检索：hybrid 正常；exact 向量库损坏，改为逐条精确比较，结果相同；"
        "previous 现用索引损坏，用上一版作答；lexical 向量模型用不上，只按词语检索。"
    ),
]


class _Body(BaseModel):
    """What leaves."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    @classmethod
    def of(cls, noun: object, **more: object) -> Self:
        """The body of `noun`: its own fields under the same names, and `more` for what it calls otherwise."""
        own = {name: getattr(noun, name) for name in cls.model_fields if name not in more and hasattr(noun, name)}
        return cls.model_validate({**own, **more})


# What the bodies of other modules are made of.
Entering = _Strict
Leaving = _Body


class Chosen(_Strict):
    """答复可以依据哪些文本；每一项都只会缩小范围。"""

    as_of: IsoDay = Field(default=None, description="按哪一天的有效文本作答（YYYY-MM-DD）；不填为今天。")
    document_ids: list[DocumentId] | None = Field(
        default=None, min_length=1, max_length=50, description="只在这些文件内作答；不填为全库。"
    )
    legal_levels: list[LegalLevelName] | None = Field(
        default=None, min_length=1, max_length=7, description="只依据这些效力级别的文件；不填为全部。"
    )
    region: str | None = Field(
        default=None, min_length=1, max_length=20, description="适用的地区，例如“陕西”；只适用于其他地区的文件不参与。"
    )
    institution: str | None = Field(
        default=None, min_length=1, max_length=40, description="只看写到这类机构的条款，例如“保险公司”。"
    )


class AskRequest(Chosen):
    """一次提问。对话历史只保存在服务端，请求里只带会话编号。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"question": _EXAMPLE_QUESTION}]})

    question: str = Field(
        description="问题，1 至 2000 字。",
        examples=[_EXAMPLE_QUESTION],
        json_schema_extra={"minLength": 1, "maxLength": 2000},
    )
    follows: bool | None = Field(
        default=None,
        description="false：按新问题回答，不接上文；true：一定接上文；不填由程序判断，结果见答复的 follows。",
    )
    session_id: str | None = Field(
        default=None, max_length=64, description="会话编号，由服务端在上一次答复中给出；不填则开始新的会话。"
    )
    style: Literal["plain"] | None = Field(
        default=None, description="plain：除条款原句外，另给逐句核对过的口语版（需要语言模型）；不填为不要口语版。"
    )


class SearchRequest(Chosen):
    """只查找条款，不作答复。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"question": _EXAMPLE_QUESTION}]})

    question: str = Field(
        description="问题，1 至 2000 字。",
        examples=[_EXAMPLE_QUESTION],
        json_schema_extra={"minLength": 1, "maxLength": 2000},
    )
    limit: int = Field(default=10, ge=1, le=20, description="最多列出几条。")


class SpanBody(_Body):
    """文件原文中的一段，按字符（码点）计，含起不含止。"""

    start: int
    end: int


class CitationBody(_Body):
    """一处引用。quotes[i] 在文件原文的 spans[i] 处。"""

    number: int = Field(description="对应答复中的 [n]。", examples=[1])
    document_id: str = Field(examples=["notice_2024_shaanxi"])
    document_title: str = Field(examples=[_EXAMPLE_TITLE])
    address: str = Field(description="条款地址。", examples=["二、（三）"])
    heading: str | None
    clause_text: str = Field(description="条款全文。")
    quotes: list[str] = Field(description="引用的原文。")
    spans: list[SpanBody]
    status: str = Field(
        validation_alias=AliasChoices("status", "validity"), description="时效性。", examples=["现行有效"]
    )
    legal_level: str | None = Field(description="效力级别；无法判断时为 null。", examples=["规范性文件"])
    verdict: str = Field(description="核对结论，OK 为通过。", examples=["OK"])
    verified: bool = Field(description="引文是否已逐字核对通过。")


class StatementBody(_Body):
    """答复中的一句话，及其依据的引用编号。"""

    text: str
    citations: list[int]
    modality: str | None = Field(description="约束程度：禁止、要求、鼓励、允许、载明。", examples=["要求"])
    subject: str | None = Field(description="约束对象。", examples=["各银行机构"])
    quoted: bool = Field(description="是否为条款原话。")


class PlainBody(_Body):
    """口语版。每句与答复中的一句对应；改写后意思有变的，保留条款原句。"""

    text: str = Field(description="口语版正文，[n] 与答复的引用编号相同。")
    statements: list[StatementBody]
    reworded: int = Field(description="改成平常说法的句数，其余为条款原句。")
    prompt_version: str = Field(description="写口语版所用提示词的版本。", examples=["plain.zh.v1"])


class RelatedBody(_Body):
    """与条款有关的一项政策。只列事实，供查阅；不是答复的依据。"""

    id: str
    title: str = Field(examples=["国务院关于推进普惠金融高质量发展的实施意见"])
    kind: str = Field(description="文件种类。", examples=["国务院规范性文件"])
    document_number: str | None = Field(description="文号。", examples=["国发〔2023〕15号"])
    issuer: str | None
    issued: str | None = Field(description="发布日期，精确到年、月或日。", examples=["2023-09-25"])
    effective: str | None = Field(description="施行日期，精确到年、月或日。")
    status: str = Field(description="时效性。", examples=["现行有效"])
    status_detail: str | None
    official_url: str | None = Field(description="发布机关或政府网站的页面地址。")
    official_site: str | None = Field(description="该页面所属的网站。")
    why: str = Field(description="与条款的关系。")
    note: str | None
    named: bool = Field(description="条款是否点名了这份文件。")
    clauses: list[str] = Field(description="所涉的条款。", examples=[["（十）"]])
    unverified: list[str] = Field(description="尚未对照来源核实的字段名。", examples=[["issued", "status"]])
    citations: list[int] = Field(description="与答复中哪几号引用的条款有关；单独查阅条款时为空。")
    document_id: str | None = Field(default=None, description="本库收录了它的原文时，那份文件的编号。")


class AnswerBody(_Body):
    """一次答复。"""

    outcome: Literal["answered", "partial", "possible", "not_found"] = Field(
        description="有依据、部分有依据、可能相关但未能确认（不作答复）、本库未载明。"
    )
    outcome_label: str = Field(examples=["有依据"])
    mode: str = Field(description="extractive 为条款原文摘录，llm 为模型生成后逐句核对。", examples=["extractive"])
    text: str = Field(description="答复正文，[n] 指向 citations 中的第 n 号。")
    standalone_question: str = Field(description="结合上文补全后的问题。")
    follows: bool = Field(description="这一问是否接着上文理解。")
    follows_unsure: bool = Field(
        description="是否接着上文没有把握；可以用 follows=false（按新问题）或 true（接上文）再问一次。"
    )
    statements: list[StatementBody]
    citations: list[CitationBody]
    nearest: list[CitationBody] = Field(description="没有给出答复时，可能相关或意思最接近的条款，不是依据。")
    related: list[RelatedBody] = Field(description="与所引条款有关的政策，仅供查阅，不是依据。")
    notices: list[str] = Field(description="需要告知使用者的情况。")
    degraded: list[str] = Field(description="没有用上的部分。")
    retrieval_mode: HowFound = "hybrid"
    confidence: float | None = Field(
        description="本库能答这个问题的估计概率，0 至 1；由规则直接得出的答复为空。", examples=[0.96]
    )
    generation: str = Field(description="作答所用索引的指纹。")
    prompt_version: str | None = Field(
        description="语言模型作答所用提示词的版本；条款摘录为 null。", examples=["answer.zh.v2"]
    )
    plain: PlainBody | None = Field(description="口语版；没有要求，或没有写成时为 null。")
    ai_generated: str = Field(description="生成方式的说明。", examples=["内容由程序依据条款生成，请以条款原文为准"])


class AskResponse(_Body):
    """答复及其会话编号。"""

    session_id: str = Field(description="下次提问时带上，即可接着问。")
    request_id: str = Field(description="报障时请提供。")
    answer_id: str = Field(description="这次答复的编号，留痕里用的是同一个。")
    answer: AnswerBody
    latency_ms: float


class HitBody(_Body):
    """查到的一条。"""

    rank: int
    score: float = Field(description="只在同一次查找内可比。")
    document_id: str
    document_title: str
    address: str
    heading: str | None
    text: str
    status: str = Field(description="时效性。", examples=["现行有效"])
    legal_level: str | None = Field(description="效力级别；无法判断时为 null。", examples=["规范性文件"])


class SearchResponse(_Body):
    """查找的结果，最相近的在前。"""

    request_id: str
    query: str = Field(description="实际查找的问题。")
    degraded: list[str]
    retrieval_mode: HowFound = "hybrid"
    hits: list[HitBody]


class SourcesBody(_Body):
    """流式答复的第一个事件。"""

    request_id: str
    standalone_question: str
    citations: list[CitationBody]


class DeltaBody(_Body):
    """流式答复中的一段文字。各段相连即为答复正文。"""

    text: str


class ErrorBody(_Body):
    """出错时的回应。不含所提交的内容。"""

    code: str = Field(description="给程序看的代码，保持稳定。", examples=["empty_question"])
    message: str = Field(description="给人看的说明。", examples=["请输入您想问的问题。"])
    request_id: str


class LeftOutBody(_Body):
    """为什么一份文件现在不参与作答，以及写明这一点的原文。"""

    reason: Literal["not_yet", "expired", "repealed", "superseded"] = Field(
        description="尚未施行、已过有效期、已废止、已被新的文本取代。"
    )
    words: str = Field(description="同上，用文字说明。", examples=["尚未施行，2031-01-01 起施行"])
    since: date | None = Field(description="从哪一天起；不知道时为 null。")
    quote: str | None = Field(description="写明这一点的原文；只有登记信息时为 null。")
    where: str | None = Field(description="原文所在的条款，在另一份文件里时带上它的标题。", examples=["第九条"])


class DocumentBody(_Body):
    """库中的一份文件。为 null 的项，文件自身未载明。"""

    id: str
    title: str
    kind: str
    status: str
    legal_level: str | None = Field(description="效力级别；无法判断时为 null。", examples=["规范性文件"])
    issuer: str | None
    document_number: str | None
    year: int | None
    region: str | None
    issued_on: date | None
    effective_on: date | None
    expired_on: date | None
    superseded_by: str | None
    aliases: list[str]
    source_sha256: str
    left_out: LeftOutBody | None = Field(description="今天不参与作答的原因；参与作答时为 null。")


class DocumentList(_Body):
    """库中文件的一页，按编号排列。"""

    generation: str
    documents: list[DocumentBody]
    next: str | None = Field(description="下一页的 cursor；没有下一页时为 null。")


class ClauseLine(_Body):
    """条款目录中的一行。"""

    address: str
    level: str
    heading: str | None
    span: SpanBody


class HiddenBody(_Body):
    """文件里没有收入正文的文字。"""

    kind: str = Field(description="种类：vanish、white、comment、footnote 等。", examples=["vanish"])
    text: str
    where: str = Field(description="所在之处：它前面的文字，或者页码；不知道时为空。")


class DocumentDetail(DocumentBody):
    """一份文件及其条款目录。"""

    hidden: list[HiddenBody] = Field(description="读者看不到的、或者不属于正文的文字，都没有收入正文。")
    lost: list[str] = Field(
        description="无法收为文字的内容及其所在之处。", examples=[["图片 1 处（“办理流程如下：”处）"]]
    )
    warnings: list[str] = Field(description="解析时发现、需要人工核对的情况。")
    clauses: list[ClauseLine]


class ClauseBody(_Body):
    """一个条款。"""

    document_id: str
    document_title: str
    address: str
    level: str
    heading: str | None
    text: str = Field(description="文件原文在 span 处的切片，一字不改。")
    plain: str = Field(description="便于阅读的文字：去掉了分页造成的断行。")
    span: SpanBody
    children: list[str] = Field(description="下级条款的地址。")
    status: str
    related: list[RelatedBody] = Field(default=[], description="与该条款有关的政策，仅供查阅，不是依据。")


class VerifyRequest(_Strict):
    """一段要核对的文字。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": _EXAMPLE_CLAIM}]})

    text: str = Field(
        description="要核对的文字，1 至 20000 字。",
        examples=[_EXAMPLE_CLAIM],
        json_schema_extra={"minLength": 1, "maxLength": 20000},
    )
    as_of: IsoDay = Field(default=None, description="按哪一天有效的文本核对（YYYY-MM-DD）；不填为今天。")


class PlaceBody(_Body):
    """核对时对照的条款。"""

    document_id: str
    document_title: str
    address: str
    clause_text: str = Field(description="条款的文字，列项之前带上它承接的那句话。")
    span: SpanBody = Field(description="在文件原文中的位置。")


class CheckedBody(_Body):
    """一句话及其核对结论。"""

    text: str
    span: SpanBody = Field(description="在所提交文字中的位置。")
    verdict: str | None = Field(description="OK 为通过；标题、问句等不作核对，为 null。", examples=["OK"])
    label: str = Field(description="结论的中文说法。")
    reason: str = Field(description="为什么。")
    rule: str | None = Field(description="作出结论的核对规则，供排查误报；没有用到规则时为 null。")
    citations: list[PlaceBody]


class VerifyResponse(_Body):
    """逐句的核对结论，次序同原文。"""

    request_id: str = Field(description="报障时请提供。")
    generation: str = Field(description="核对所用索引的指纹。")
    proved: bool = Field(description="凡作核对的句子是否全部通过。")
    summary: str
    sentences: list[CheckedBody]
    latency_ms: float


class LiveBody(_Body):
    """进程在运行。"""

    status: Literal["ok"] = "ok"


class ReadyBody(_Body):
    """可以作答。"""

    status: Literal["ready"] = "ready"
    generation: str
    documents: int
    retrieval_mode: HowFound = "hybrid"
    degraded: list[str] = Field(default=[], description="目前每次作答都用不上的部分。")
    damaged: list[str] = Field(default=[], description="自检发现已损坏的文件；为空即完好。")
