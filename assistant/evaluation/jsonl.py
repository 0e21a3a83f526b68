"""Files of JSON lines, read into models: one reader, one way to say which lines are at fault."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from assistant.errors import EvaluationError, InputError

_LISTED = 5  # lines named in one message
_MOST_BYTES = 1 << 30  # a file, unpacked, may hold no more
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a file is called in messages, and what to do when it cannot be used."""

    noun: str  # 用例文件
    advice: str  # 请对照 eval/README.md 修改
    error: type[EvaluationError] | type[InputError] = EvaluationError


def read_lines(path: Path, model: type[M], kind: Kind, *, key: str | None = "id") -> tuple[M, ...]:
    """The lines of a file, packed by gzip or not, in their order. Blank lines are passed over.

    Args:
        key: the field that no two lines may share; `None` when they may share any.

    Raises:
        EvaluationError, InputError: as `kind` says. The file cannot be read, holds no line, two lines share the
            key, or lines have another form; the lines are named, their content is not repeated.
    """
    found: list[M] = []
    wrong: list[str] = []
    seen: set[object] = set()
    for number, line in enumerate(_text(path, kind).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            read = model.model_validate(json.loads(line))
        except (ValueError, RecursionError) as exc:  # ValidationError is a ValueError
            wrong.append(f"第 {number} 行{_fields(exc, model)}")
            continue
        value = getattr(read, key) if key else None
        if key and value in seen:
            wrong.append(f"第 {number} 行（编号与前面重复）")
        seen.add(value)
        found.append(read)
    if wrong:
        more = f"等 {len(wrong)} 行" if len(wrong) > _LISTED else ""
        raise kind.error(f"{kind.noun} {path.name} 的{'、'.join(wrong[:_LISTED])}{more}不合格式，{kind.advice}")
    if not found:
        raise kind.error(f"{kind.noun} {path.name} 里没有内容，请检查文件")
    return tuple(found)


def _text(path: Path, kind: Kind) -> str:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise kind.error(f"{kind.noun} {path.name} 超过 1 GiB，请拆分后再试")
        return data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as exc:
        raise kind.error(f"{kind.noun} {path} 无法读取，请检查路径，并确认它是 UTF-8 编码的 JSONL 文件") from exc


def _fields(exc: Exception, model: type[BaseModel]) -> str:
    """Which known fields are at fault; names that are not ours may be anything and are not said."""
    if not isinstance(exc, ValidationError):
        return "（不是 JSON 对象）"
    errors = exc.errors(include_input=False, include_url=False)
    named = {str(error["loc"][0]) for error in errors if error["loc"]}
    known = [name for name in model.model_fields if name in named]
    strange = "有不认识的字段" if named - set(known) else ""
    whole = [str(error["ctx"]["error"]) for error in errors if not error["loc"] and "error" in error.get("ctx", {})]
    said = "，".join(filter(None, ("、".join(known), strange, *whole)))
    return f"（{said or '不是 JSON 对象'}）"
