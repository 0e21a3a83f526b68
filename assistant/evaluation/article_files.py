"""Files of articles and of questions about them: `{id, law, article_no, text}` and `{query_id, text, gold}` a line."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from assistant.evaluation.jsonl import Kind, read_lines

_ADVICE = "请对照 eval/README.md 修改"
_ARTICLES = Kind(noun="条文文件", advice=_ADVICE)
_QUERIES = Kind(noun="问题文件", advice=_ADVICE)


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
        EvaluationError: as `jsonl.read_lines`.
    """
    return read_lines(path, Article, _ARTICLES)


def read_queries(path: Path) -> tuple[ArticleQuery, ...]:
    """The questions of a file. Raises as `read_articles`."""
    return read_lines(path, ArticleQuery, _QUERIES, key=None)
