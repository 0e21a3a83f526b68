"""Many texts at once: files of `{id, text}` a line, and what becomes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr, ValidationError

from assistant.errors import InputError
from assistant.safety.personal.masking import Masked

_LISTED = 5  # lines named in one message


class TextLine(BaseModel):
    """One line of the file that comes in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: StrictStr | StrictInt
    text: StrictStr


def read_texts(path: Path) -> tuple[TextLine, ...]:
    """The lines of a JSONL file in UTF-8, in its order. Blank lines are passed over; no line gives none.

    Raises:
        InputError: `unreadable_file`, or `bad_lines` with their numbers; their content is not repeated.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(
            f"文件 {path} 无法读取，请检查路径，并确认它是 UTF-8 编码的 JSONL 文件。", code="unreadable_file"
        ) from exc
    found: list[TextLine] = []
    wrong: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(TextLine.model_validate(json.loads(line)))
        except (ValueError, RecursionError) as exc:  # ValidationError is a ValueError
            wrong.append(f"第 {number} 行{_reason(exc)}")
    if wrong:
        more = f"等 {len(wrong)} 行" if len(wrong) > _LISTED else ""
        raise InputError(
            f"文件 {path.name} 的{'、'.join(wrong[:_LISTED])}{more}不合格式：每行须是一个 JSON 对象，"
            "有 id（文字或整数）和 text（文字）两个字段，没有别的字段。",
            code="bad_lines",
        )
    return tuple(found)


def _reason(exc: Exception) -> str:
    """Which of our fields is at fault; a name that is not ours may be anything and is not said."""
    if not isinstance(exc, ValidationError):
        return "（不是 JSON 对象）"
    named = {str(error["loc"][0]) for error in exc.errors(include_input=False, include_url=False) if error["loc"]}
    known = [f"{name} 缺失或类型不符" for name in TextLine.model_fields if name in named]
    strange = ["有不认识的字段"] if named - set(TextLine.model_fields) else []
    return f"（{'，'.join((*known, *strange))}）" if known or strange else "（不是 JSON 对象）"


def spans_of(masked: Masked) -> list[dict[str, Any]]:
    """The spans for a program: code points of the original text, half-open."""
    return [{"start": s.start, "end": s.end, "kind": s.kind.value} for s in masked.spans]


def written(line: TextLine, masked: Masked) -> str:
    """A line of JSON: `{id, masked, spans}`."""
    found = {"id": line.id, "masked": masked.text, "spans": spans_of(masked)}
    plain = json.dumps(found, ensure_ascii=False)
    # Half a surrogate pair cannot be written as UTF-8, but as an escape it can.
    return plain if _encodes(plain) else json.dumps(found)


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
