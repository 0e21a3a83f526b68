"""The one gate that every question passes before anything else looks at it."""

from __future__ import annotations

import unicodedata

from assistant.errors import InputError

MAX_QUESTION_CHARS = 2000  # code points
MAX_TEXT_CHARS = 20_000  # code points of a text to be checked
_INVISIBLE = {"Cf", "Zl", "Zp", "Zs", "Cc", "Mn"}


def clean_question(text: str) -> str:
    """`text` without leading and trailing blanks, safe to search, log and print.

    Raises:
        InputError: `empty_question` when nothing visible is left, `question_too_long` above 2,000
            code points, `bad_characters` for NUL, lone surrogates and other control characters.
            The message never repeats the text.
    """
    if len(text) > MAX_QUESTION_CHARS:
        raise InputError(f"问题过长，请控制在 {MAX_QUESTION_CHARS} 字以内后再问。", code="question_too_long")
    if any(_is_broken(char) for char in text):
        raise InputError("问题里有无法识别的字符（如空字符或残缺的编码），请重新输入后再问。", code="bad_characters")
    if all(unicodedata.category(char) in _INVISIBLE for char in text):
        raise InputError("请输入您想问的问题。", code="empty_question")
    return text.strip()


def clean_text(text: str) -> str:
    """A text to be checked, as it is: its offsets are given back.

    Raises:
        InputError: `empty_text` when nothing visible is left, `text_too_long` above 20,000 code
            points, `bad_characters` as for questions. The message never repeats the text.
    """
    if len(text) > MAX_TEXT_CHARS:
        raise InputError(f"文字过长，请控制在 {MAX_TEXT_CHARS} 字以内，分几次核对。", code="text_too_long")
    if any(_is_broken(char) for char in text):
        raise InputError("文字里有无法识别的字符（如空字符或残缺的编码），请重新粘贴后再核对。", code="bad_characters")
    if all(unicodedata.category(char) in _INVISIBLE for char in text):
        raise InputError("请粘贴要核对的文字。", code="empty_text")
    return text


def _is_broken(char: str) -> bool:
    """NUL and other C0/C1 controls save tab and line breaks, and halves of surrogate pairs."""
    return unicodedata.category(char) in {"Cc", "Cs"} and char not in "\t\n\r"
