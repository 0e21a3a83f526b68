"""What people may think of an answer, in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.records.feedback import Feedback, Reason

USEFUL, USELESS = "有用", "没有用"
REASONS: Mapping[Reason, str] = {
    Reason.WRONG: "答错了",
    Reason.INCOMPLETE: "不完整",
    Reason.OUTDATED: "已过时",
    Reason.WRONG_SOURCE: "出处不对",
    Reason.NOT_ANSWERED: "没有回答",
    Reason.UNCLEAR: "看不懂",
    Reason.OTHER: "其他",
}
MOST_COMMENT = 500  # characters


def feedback_words(given: Feedback) -> str:
    """What somebody thought, on a line."""
    said = (USEFUL if given.useful else USELESS, REASONS[given.reason] if given.reason else "", given.comment or "")
    return "，".join(words for words in said if words)
