"""Why a question is not taken, or not answered to the end: each with a code of its own."""

from __future__ import annotations

from assistant.errors import AssistantError


class ServerBusyError(AssistantError):
    """More questions at a time than this process takes."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("当前提问人数较多，请稍候几秒再试。")


class TooManyAtOnce(AssistantError):
    """More questions at a time than one caller gets while others wait."""

    code = "too_many_at_once"

    def __init__(self) -> None:
        super().__init__("您同时提出的问题太多，请等前面的答复完成后再问。")


class TooManyRequests(AssistantError):
    """More than one caller may ask in a while."""

    code = "too_many_requests"

    def __init__(self, wait_s: int) -> None:
        super().__init__("请求过于频繁，请稍候再试。")
        self.wait_s = wait_s  # after so long there is room again


class AnswerTimeout(AssistantError):
    """An answer took longer than one may take."""

    code = "answer_timeout"

    def __init__(self) -> None:
        super().__init__("作答用时过长，已经停止。请缩短问题，或稍后再试。")


class ShuttingDown(AssistantError):
    """The process takes no more questions, and ends answers that last too long."""

    code = "shutting_down"

    def __init__(self) -> None:
        super().__init__("服务正在重启或停止，请稍候几秒再试。")
