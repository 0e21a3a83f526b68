"""A conversation as a client sends it → the question and the turns before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.errors import InputError, NotFoundError
from assistant.safety.input_gate import clean_question
from assistant.schema.inquiry import Inquiry
from assistant.schema.principal import Principal
from assistant.schema.retrieval import Turn
from assistant.serving.http.bodies import filters_of
from assistant.serving.http.openai.wire import (
    PLAIN,
    WITH_SOURCES,
    ChatRequest,
    InputItem,
    Message,
    Part,
    ResponsesRequest,
)

_MOST_TURNS = 20  # as many as a session keeps
_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
_NO_MESSAGES = frozenset({"function_call", "function_call_output", "reasoning", "item_reference"})


class ModelNotFound(NotFoundError):
    """There is no such model."""

    code = "model_not_found"


def asked_in_chat(asked: ChatRequest, asker: Principal) -> Inquiry:
    """The inquiry of a chat completion.

    Raises:
        InputError: it asks for what is not to be had, or does not end with a question.
        ModelNotFound: there is no such model.
    """
    check_model(asked.model, (PLAIN, WITH_SOURCES))
    _refuse(asked.n not in (None, 1), "一次只给一个答复，n 只能是 1。")
    _refuse(bool(asked.response_format and asked.response_format.type != "text"), _ONLY_TEXT)
    return _inquiry(asked, asked.messages, asker)


def asked_in_responses(asked: ResponsesRequest, asker: Principal) -> Inquiry:
    """The inquiry of a response. Raises as `asked_in_chat`."""
    check_model(asked.model, (PLAIN, WITH_SOURCES))
    _refuse(asked.previous_response_id is not None or asked.conversation is not None, _NO_STORE)
    _refuse(bool(asked.background), "不支持在后台作答，请不要设置 background。")
    _refuse(bool(asked.text and asked.text.format and asked.text.format.type != "text"), _ONLY_TEXT)
    return _inquiry(asked, list(_messages(asked.input)), asker)


def check_model(name: str, known: Sequence[str]) -> None:
    """See that there is such a model.

    Raises:
        ModelNotFound: there is not.
    """
    if name not in known:
        raise ModelNotFound(f"没有这个模型，可用的名称：{'、'.join(known)}。")


_ONLY_TEXT = "答复只有文字这一种格式，请不要要求 JSON 等其他格式。"
_NO_STORE = "服务端不保存这种格式的对话，请把前面的对话放进 input。"
_NO_TOOLS = "这个助手不调用工具，请不要要求必须调用。"


def _refuse(wrong: bool, message: str) -> None:
    if wrong:
        raise InputError(message, code="unsupported")


def _inquiry(asked: ChatRequest | ResponsesRequest, messages: Sequence[Message], asker: Principal) -> Inquiry:
    _refuse(asked.tool_choice not in (None, "none", "auto"), _NO_TOOLS)
    if not messages or messages[-1].role != "user":
        raise InputError("对话须以 user 的问题结尾。", code="bad_request")
    return Inquiry(
        question=_text_of(messages[-1]),
        history=turns_before(messages[:-1]),
        filters=filters_of(asked),
        principal=asker,
    )


def _messages(given: str | Iterable[InputItem]) -> Iterable[Message]:
    if isinstance(given, str):
        yield Message(role="user", content=given)
        return
    for item in given:
        if item.type == "message" and item.role is not None:
            yield Message(role=item.role, content=item.content)
        else:
            _refuse(item.type not in _NO_MESSAGES, "input 里只能有带 role 的消息。")


def turns_before(messages: Iterable[Message]) -> tuple[Turn, ...]:
    """The last turns of a conversation as a client sends it."""
    return tuple(_turns(messages))[-_MOST_TURNS:]


def _turns(messages: Iterable[Message]) -> Iterable[Turn]:
    """What was said before by user and assistant. What could not have been put was never answered either."""
    for message in messages:
        if message.role == "assistant":
            yield Turn(role="assistant", content=_joined(message.content, strict=False))
        elif message.role == "user":
            try:
                yield Turn(role="user", content=clean_question(_joined(message.content, strict=False)))
            except InputError:
                continue


def _text_of(message: Message) -> str:
    return _joined(message.content, strict=True)


def _joined(content: str | Sequence[Part] | None, *, strict: bool) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    texts = [part.text for part in content if part.type in _TEXT_PARTS and part.text is not None]
    _refuse(strict and len(texts) < len(content), "问题只能是文字，不能带图片、声音或文件。")
    return "\n".join(texts)
