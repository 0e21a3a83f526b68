"""What goes wrong with a language model, in errors of ours and in words for people."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from typing import Any

import httpx

from assistant.errors import ModelError, ModelOutputInvalid, ModelTimeout, ModelUnavailable

_log = logging.getLogger(__name__)
_RETRY_DELAY_S = (0.2, 0.8)
_RETRYABLE_STATUS = frozenset({429, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True)
class ReplyFault:
    """Why an attempt ended without a whole reply."""

    error: ModelError
    retry_after_s: float | None = None


def translated(exc: Exception) -> ReplyFault:
    """A foreign exception as one of ours."""
    import openai

    error: ModelError
    match exc:
        case ModelError():
            error = exc
        case openai.APIStatusError():
            return _status_fault(exc)
        case openai.APITimeoutError() | httpx.TimeoutException():
            error = ModelTimeout("语言模型未在规定时间内回应。", retryable=True)
        case openai.APIResponseValidationError():
            error = ModelOutputInvalid("语言模型返回的内容格式不符。")
        case openai.APIError() | httpx.HTTPError() | OSError():
            error = ModelUnavailable("无法连接语言模型服务，或连接中断；请检查服务是否在运行。", retryable=True)
        case _:  # whatever LangChain and the client raise over a reply that has not the agreed shape
            error = ModelOutputInvalid("语言模型返回的内容格式不符。")
    if error is not exc:
        error.__cause__ = exc
    return ReplyFault(error)


def _status_fault(exc: Any) -> ReplyFault:
    """An error answer of the endpoint; `exc` is an `openai.APIStatusError`."""
    status = int(exc.status_code)
    if status in (401, 403):
        _log.error("language model endpoint refuses the API key (HTTP %d)", status)
        message = f"语言模型服务拒绝了密钥（HTTP {status}），请检查 ASSISTANT_LLM__API_KEY。"
    else:
        message = f"语言模型服务返回错误（HTTP {status}）。"
    error = ModelUnavailable(message, retryable=status in _RETRYABLE_STATUS)
    error.__cause__ = exc
    return ReplyFault(error, _seconds(exc.response.headers.get("retry-after")))


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds; its other form, a date, counts as not given."""
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None


def retry_delay(fault: ReplyFault) -> float | None:
    """Seconds to wait before another attempt, `None` for none; jitter keeps clients apart."""
    if not isinstance(fault.error, ModelUnavailable) or not fault.error.retryable:
        return None
    if not hasattr(fault.error.__cause__, "status_code"):
        return None  # refused or broken off: asking again at once would only double the wait
    return (fault.retry_after_s or 0.0) + random.uniform(*_RETRY_DELAY_S)  # noqa: S311 - no secret


def late(*, connected: bool, begun: bool) -> ModelTimeout:
    what = "回答中途停顿过久或总时长超限" if begun else "未在规定时间内开始回答" if connected else "连接超时"
    return ModelTimeout(f"语言模型{what}。", retryable=True)


def too_long() -> ModelOutputInvalid:
    return ModelOutputInvalid("语言模型返回的内容过长，已停止接收。")


def nothing_came() -> ModelOutputInvalid:
    return ModelOutputInvalid("语言模型没有返回任何文字。")


def cut_short() -> ModelOutputInvalid:
    return ModelOutputInvalid("语言模型的回答中途截断。")
