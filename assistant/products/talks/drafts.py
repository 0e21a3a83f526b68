"""A talk as a file that people edit: YAML (or JSON) with Chinese names, and back.

What is edited is judged again when it is exported; nothing in the file is trusted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import InputError
from assistant.products.talks.model import FEWEST_MINUTES, MOST_MINUTES, UNWRITABLE, Point, Slide, SlideKind, Talk

_MOST_CHARS = 1_000_000
_HEAD = (
    "# 宣讲草稿：可以改标题、分钟、说法，删页、调换次序，填空白；改完运行 assistant talk export 本文件。\n"
    "# 导出时逐句重新核对：与条款不一致的说法不会悄悄放行。请不要改“原文、文件、条款、条款校验”。\n"
)


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PointForm(_Form):
    """One point as it stands in the file."""

    id: str = Field(alias="编号", min_length=1, max_length=40)
    question: str = Field(default="", alias="问", max_length=400)
    text: str = Field(alias="说法", min_length=1, max_length=2000)
    quote: str = Field(alias="原文", min_length=1, max_length=2000)
    document: str = Field(alias="文件", min_length=1, max_length=200)
    address: str = Field(alias="条款", min_length=1, max_length=200)
    subject: str = Field(default="", alias="对象", max_length=200)
    clause_hash: str = Field(alias="条款校验", max_length=64)
    written: bool = Field(default=False, alias="语言模型改写")


class SlideForm(_Form):
    """One slide as it stands in the file."""

    id: str = Field(alias="编号", min_length=1, max_length=40)
    kind: SlideKind = Field(alias="类型")
    title: str = Field(alias="标题", min_length=1, max_length=2000)  # it may name a document, and titles may be long
    minutes: int = Field(alias="分钟", ge=0, le=MOST_MINUTES)
    points: tuple[PointForm, ...] = Field(default=(), alias="要点", max_length=60)
    fixed: tuple[str, ...] = Field(default=(), alias="固定提示", max_length=30)
    blanks: tuple[str, ...] = Field(default=(), alias="空白", max_length=30)


class TalkForm(_Form):
    """A draft as it stands in the file."""

    topic: str = Field(alias="主题", min_length=1, max_length=400)
    audience: str = Field(alias="听众", min_length=1, max_length=400)
    minutes: int = Field(alias="分钟", ge=FEWEST_MINUTES, le=MOST_MINUTES)
    checked_on: date = Field(alias="政策核对于")
    generation: str = Field(default="", alias="索引版本", max_length=200)
    slides: tuple[SlideForm, ...] = Field(alias="页", min_length=1, max_length=200)


class _WithoutAliases(yaml.SafeLoader):
    """A few lines with aliases may stand for millions; no draft needs one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)


def form_of(talk: Talk) -> TalkForm:
    """The talk as its file has it."""
    return TalkForm.model_validate(asdict(talk))


def talk_of(form: TalkForm) -> Talk:
    """The talk that a file describes.

    Raises:
        InputError: two points or slides bear one id, no file may hold a character, or the minutes do not sum up.
    """
    names = [point.id for slide in form.slides for point in slide.points]
    if len(set(names)) < len(names) or len({slide.id for slide in form.slides}) < len(form.slides):
        raise InputError("草稿里有重复的编号，请让每一页、每一个要点的编号各不相同。")
    if any(UNWRITABLE.search(words) for words in _words_of(form)):
        raise InputError("草稿里有看不见、写不进文件的字符（多半是粘贴带来的），请删去后再试。")
    if (total := sum(slide.minutes for slide in form.slides)) != form.minutes:
        raise InputError(f"各页分钟数加起来是 {total}，与总时长 {form.minutes} 分钟不符，请改一改再导出。")
    return Talk(
        audience=form.audience,
        topic=form.topic,
        minutes=form.minutes,
        checked_on=form.checked_on,
        generation=form.generation,
        slides=tuple(
            Slide(
                id=slide.id,
                kind=slide.kind,
                title=slide.title,
                minutes=slide.minutes,
                points=tuple(Point(**point.model_dump()) for point in slide.points),
                fixed=slide.fixed,
                blanks=slide.blanks,
            )
            for slide in form.slides
        ),
    )


def _words_of(form: TalkForm) -> Iterator[str]:
    yield from (form.topic, form.audience)
    for slide in form.slides:
        yield from (slide.title, *slide.fixed, *slide.blanks)
        for point in slide.points:
            yield from (point.question, point.text, point.quote, point.document, point.address, point.subject)


def fields_of(talk: Talk) -> dict[str, Any]:
    """The talk as plain values, with the names of the file; what is empty is left out."""
    return form_of(talk).model_dump(mode="json", by_alias=True, exclude_defaults=True)


def yaml_of(talk: Talk) -> str:
    """The talk as YAML."""
    return _HEAD + yaml.safe_dump(fields_of(talk), allow_unicode=True, sort_keys=False, width=1000)


def json_of(talk: Talk) -> str:
    """The talk as JSON."""
    return json.dumps(fields_of(talk), ensure_ascii=False, indent=2)


def read_draft(raw: bytes) -> Talk:
    """The talk in a file of YAML or JSON.

    Raises:
        InputError: it is not one, or cannot be exported as it is.
    """
    if len(raw) > _MOST_CHARS:
        raise InputError("草稿文件过大，请确认选的是 assistant talk draft 写出的文件。")
    try:
        return talk_of(TalkForm.model_validate(_parsed(raw.decode("utf-8-sig"))))
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False, include_context=False)[0]
        known = {name for form in (TalkForm, SlideForm, PointForm) for name in _names(form)}
        place = " → ".join(_shown(step) for step in first["loc"] if isinstance(step, int) or step in known)
        raise InputError(f"草稿文件的“{place or '开头'}”写法有误，请对照 docs/talks.md 修改。") from None
    except (ValueError, yaml.YAMLError, RecursionError) as exc:  # a day such as 2024-13-01 is a bare ValueError
        mark = getattr(exc, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark is not None else ""
        raise InputError(f"草稿文件{where}无法读取，请检查编码（UTF-8）、缩进和引号。") from None


def _parsed(text: str) -> Any:
    """JSON is read as such: the reader of YAML takes a hundred times as long over it."""
    if text.lstrip().startswith("{"):
        with suppress(json.JSONDecodeError):
            return json.loads(text)
    return yaml.load(text, Loader=_WithoutAliases)  # noqa: S506 - a SafeLoader


def _names(form: type[BaseModel]) -> list[str]:
    return [str(field.alias) for field in form.model_fields.values()]


def _shown(step: int | str) -> str:
    return f"第 {step + 1} 个" if isinstance(step, int) else step
