"""Files of articles and of questions about them: `{id, law, article_no, text}` and `{query_id, text, gold}` a line."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import EvaluationError

_MOST_BYTES = 1 << 30  # a gz file may hold no more
M = TypeVar("M", bound=BaseModel)


class Article(BaseModel):
    """One article of a statute."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1, pattern=r"^\S+$")
    law: str
    article_no: str = ""
    text: str = Field(min_length=1)


class ArticleQuery(BaseModel):
    """One question, with the ids of the articles that settle it where they are known."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    query_id: str = Field(min_length=1, pattern=r"^\S+$", coerce_numbers_to_str=True)
    text: str = Field(min_length=1)
    gold: tuple[str, ...] = ()


def read_articles(path: Path) -> tuple[Article, ...]:
    """The articles of a file, packed by gzip or not.

    Raises:
        EvaluationError: the file cannot be read, lines have another form, or an id stands twice.
    """
    articles = _read(path, Article)
    if len({article.id for article in articles}) < len(articles):
        raise EvaluationError(f"条文文件 {path.name} 里有重复的 id，请检查")
    return articles


def read_queries(path: Path) -> tuple[ArticleQuery, ...]:
    """The questions of a file. Raises as `read_articles`."""
    return _read(path, ArticleQuery)


def _read(path: Path, model: type[M]) -> tuple[M, ...]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        lines = data.decode("utf-8").split("\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as exc:
        raise EvaluationError(
            f"文件 {path} 无法读取，请检查路径，并确认它是 UTF-8 编码的 JSONL（或其 .gz）文件"
        ) from exc
    if len(data) > _MOST_BYTES:
        raise EvaluationError(f"文件 {path.name} 解压后超过 1 GiB，请拆分后再试")
    found, wrong = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(model.model_validate(json.loads(line)))
        except (ValueError, RecursionError):  # ValidationError is a ValueError
            wrong.append(number)
    if wrong or not found:
        where = f"第 {'、'.join(map(str, wrong[:5]))} 行不合格式" if wrong else "没有内容"
        raise EvaluationError(f"文件 {path.name} {where}，请对照 eval/README.md 修改")
    return tuple(found)
