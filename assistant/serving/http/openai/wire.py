"""What enters and leaves in OpenAI's format.

What enters is read leniently, since clients send a great many fields: those that could change what is said are
refused or named here, all others are passed over. What leaves has OpenAI's fields, and ours beside them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.serving.http.wire import AnswerBody, Chosen, CitationBody

PLAIN, WITH_SOURCES, EMBEDDING = "policy-assistant", "policy-assistant-with-sources", "policy-assistant-embedding"
_EXAMPLE_QUESTION = "客户贷款到期一时还不上，能续贷吗？"
_MOST_TEXTS = 64
_LONGEST_TEXT = 8000  # code points

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Asked(BaseModel):
    """What enters."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class _Given(BaseModel):
    """What leaves."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


# --- what enters --------------------------------------------------------------------------------


class Part(_Asked):
    """A part of a message."""

    type: str = Field(max_length=100)
    text: str | None = None


class Message(_Asked):
    """A message of the conversation. Only what the user said is read; no other message changes what is answered."""

    role: Role
    content: str | list[Part] | None = None


class StreamOptions(_Asked):
    """How a stream ends."""

    include_usage: bool | None = None


class Format(_Asked):
    """The form that an answer is to have; text is the only one there is."""

    type: str = Field(max_length=100)


class _Wanted(Chosen):
    """What both kinds of question have in common; the fields of `Chosen` come as `extra_body`."""

    model_config = ConfigDict(extra="ignore")

    model: Name = Field(description="policy-assistant，或 policy-assistant-with-sources（在正文末尾另列出处）。")
    stream: bool | None = Field(default=None, description="是否流式返回。")
    tool_choice: str | dict[str, Any] | None = Field(default=None, description="不支持调用工具：只能是 none 或 auto。")


class ChatRequest(_Wanted):
    """一次提问：对话由调用方保存，每次全部带上。只有 user 的话会被读取。"""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"model": PLAIN, "messages": [{"role": "user", "content": _EXAMPLE_QUESTION}]}]}
    )

    messages: list[Message] = Field(min_length=1, max_length=2000, description="对话，最后一条须是 user 的问题。")
    stream_options: StreamOptions | None = Field(default=None, description="流式时是否在最后给出用量。")
    n: int | None = Field(default=None, description="只能是 1。")
    response_format: Format | None = Field(default=None, description="只能是 text。")


class InputItem(_Asked):
    """An item of the conversation; those that are no messages are passed over."""

    type: str = Field(default="message", max_length=100)
    role: Role | None = None
    content: str | list[Part] | None = None


class TextOptions(_Asked):
    """How text is to look."""

    format: Format | None = None


class ResponsesRequest(_Wanted):
    """一次提问（Responses 格式）：对话由调用方保存，每次全部放进 input。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"model": PLAIN, "input": _EXAMPLE_QUESTION}]})

    input: str | list[InputItem] = Field(description="问题，或以 user 的问题结尾的对话。")
    text: TextOptions | None = Field(default=None, description="只支持 text 格式。")
    previous_response_id: str | None = Field(default=None, description="不支持：请把前面的对话放进 input。")
    conversation: str | dict[str, Any] | None = Field(default=None, description="不支持：请把前面的对话放进 input。")
    background: bool | None = Field(default=None, description="不支持在后台作答。")


Text = Annotated[str, Field(min_length=1, max_length=_LONGEST_TEXT)]


class EmbeddingsRequest(_Asked):
    """求一段或几段文字的向量，所用模型与索引相同。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{"model": EMBEDDING, "input": "续贷的条件"}]})

    model: Name = Field(description=EMBEDDING)
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=_MOST_TEXTS)] = Field(
        description=f"一段文字，或至多 {_MOST_TEXTS} 段；每段 1 至 {_LONGEST_TEXT} 字。不接受 token 编号。"
    )
    encoding_format: Literal["float", "base64"] | None = Field(default=None, description="默认 float。")
    dimensions: int | None = Field(default=None, description="只能是模型自身的维数。")
    input_type: Literal["query", "document"] | None = Field(
        default=None, description="文字是问题还是被查找的段落；默认 document。"
    )


# --- what leaves --------------------------------------------------------------------------------


class UrlCitation(_Given):
    """一处引用标记。下标按字符（码点）计，含起不含止。"""

    start_index: int = Field(description="标记 [n] 的起点。")
    end_index: int = Field(description="标记 [n] 的终点。")
    claim_start: int = Field(description="该标记所证明的那句话的起点。")
    claim_end: int = Field(description="该标记所证明的那句话的终点。")
    number: int = Field(description="对应 citations 中的第 n 号。")
    title: str
    url: str = Field(description="条款的地址，须凭密钥或登录打开。")


class FlatCitation(UrlCitation):
    """同上，Responses 格式。"""

    type: Literal["url_citation"] = "url_citation"


class Annotation(_Given):
    """同上，Chat Completions 格式。"""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class Proof(_Given):
    """OpenAI 的格式里没有的：结论和它的依据。"""

    answer_id: str = Field(description="这次答复的编号，同响应头 X-Answer-Id。")
    outcome: Literal["answered", "partial", "possible", "not_found"] = Field(
        description="有依据、部分有依据、可能相关但未能确认（不作答复）、本库未载明。"
    )
    outcome_label: str = Field(examples=["有依据"])
    standalone_question: str = Field(description="结合上文补全后的问题。")
    citations: list[CitationBody]
    nearest: list[CitationBody] = Field(description="没有给出答复时，可能相关或意思最接近的条款，不是依据。")
    notices: list[str] = Field(description="需要告知使用者的情况；正文末尾也有。")
    confidence: float | None
    generation: str = Field(description="作答所用索引的指纹。")

    @classmethod
    def of(cls, answer_id: str, answer: AnswerBody) -> Proof:
        """What of an answer OpenAI's fields do not say."""
        own = {name: getattr(answer, name) for name in Proof.model_fields if name != "answer_id"}
        return Proof(answer_id=answer_id, **own)


class AssistantMessage(Proof):
    """答复。"""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(_Given):
    """唯一的一个答复。"""

    index: Literal[0] = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Usage(_Given):
    """用量，按字数计，不是 token。"""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(_Given):
    """一次答复。"""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class NoDetails(_Given):
    """Nothing is cached, and nothing reasons."""

    cached_tokens: Literal[0] = 0


class NoReasoning(_Given):
    """As above."""

    reasoning_tokens: Literal[0] = 0


class ResponseUsage(_Given):
    """用量，按字数计，不是 token。"""

    input_tokens: int
    input_tokens_details: NoDetails = NoDetails()
    output_tokens: int
    output_tokens_details: NoReasoning = NoReasoning()
    total_tokens: int


class OutputText(_Given):
    """答复的文字。"""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[FlatCitation]
    logprobs: list[None] = []


class OutputMessage(Proof):
    """答复。"""

    type: Literal["message"] = "message"
    id: str
    status: Literal["completed"] = "completed"
    role: Literal["assistant"] = "assistant"
    content: list[OutputText]


class PlainText(_Given):
    """The one form there is."""

    type: Literal["text"] = "text"


class ResponseText(_Given):
    """As above."""

    format: PlainText = PlainText()


class Response(_Given):
    """一次答复（Responses 格式）。"""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Literal["in_progress", "completed"]
    error: None = None
    incomplete_details: None = None
    instructions: None = None
    metadata: dict[str, str] = Field(description="outcome、outcome_label、answer_id，供只认标准字段的程序。")
    model: str
    output: list[OutputMessage]
    parallel_tool_calls: Literal[False] = False
    previous_response_id: None = None
    store: Literal[False] = False
    temperature: None = None
    text: ResponseText = ResponseText()
    tool_choice: Literal["none"] = "none"
    tools: list[None] = []
    top_p: None = None
    truncation: Literal["disabled"] = "disabled"
    usage: ResponseUsage | None


class Embedding(_Given):
    """一段文字的向量。"""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str = Field(description="长度为 1；base64 为小端 float32。")


class EmbeddingUsage(_Given):
    """用量，按字数计，不是 token。"""

    prompt_tokens: int
    total_tokens: int


class Embeddings(_Given):
    """次序同所提交的文字。"""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage


class Model(_Given):
    """一个可用的名称。"""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "policy-assistant"


class ModelList(_Given):
    """可用的名称。"""

    object: Literal["list"] = "list"
    data: list[Model]


class ErrorDetail(_Given):
    """出错时的说明，不含所提交的内容。"""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: None = None
    code: str = Field(examples=["model_not_found"])
    request_id: str


class ErrorEnvelope(_Given):
    """出错时的回应。"""

    error: ErrorDetail
