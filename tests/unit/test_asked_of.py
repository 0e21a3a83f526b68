"""Which documents a question is asked of: all, or those that are no statutes of the country."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from assistant import pipeline
from assistant.pipeline import Rooms
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters


def reading(text: str, **fields: Any) -> Any:
    query = SimpleNamespace(filters=Filters(), versions=(), pair=None, named=frozenset())
    empty = dict.fromkeys(("places", "unplaced", "of_document", "sides", "subjects", "statutes"), ())
    return SimpleNamespace(query=query, standalone=text, **{**empty, **fields})


def asked_of(monkeypatch: pytest.MonkeyPatch, asked: Any) -> str:
    near: Any = SimpleNamespace(nearest=None, view=SimpleNamespace(documents=(SimpleNamespace(id="通知"),)))
    whole: Any = SimpleNamespace(nearest=near, view=near.view)
    monkeypatch.setattr(pipeline, "_read", lambda rooms, inquiry, use_llm: asked)
    used, read = pipeline._asked_of(cast(Rooms, whole), Inquiry(question="能续贷吗"), use_llm=False)
    assert read is asked
    return "near" if used is near else "whole"


@pytest.mark.parametrize("text", ["发这个文是为了什么", "全文用了几次不得", "既然文件叫停了", "通知里怎么说"])
def test_this_paper_is_none_of_the_statutes(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert asked_of(monkeypatch, reading(text)) == "near"


@pytest.mark.parametrize("text", ["这个文化公司能贷款吗", "证明文件有哪些", "通知客户要几天", "能续贷吗"])
def test_anything_else_is_asked_of_all(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert asked_of(monkeypatch, reading(text)) == "whole"


@pytest.mark.parametrize(
    "fields",
    [
        {"places": ("第三条",)},
        {"unplaced": ("第三条",)},
        {"of_document": "施行日"},
        {"statutes": ("民法典",)},
        {"sides": ("新", "旧")},
        {"subjects": (("民法典",),)},
    ],
)
def test_a_question_that_says_where_to_look_is_asked_of_all(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]
) -> None:
    assert asked_of(monkeypatch, reading("通知里怎么说", **fields)) == "whole"


@pytest.mark.parametrize(("named", "who"), [({"通知"}, "near"), ({"民法典"}, "whole"), ({"通知", "民法典"}, "whole")])
def test_a_document_named_is_looked_for_where_it_is(monkeypatch: pytest.MonkeyPatch, named: set[str], who: str) -> None:
    asked = reading("通知里怎么说")
    asked.query.named = frozenset(named)
    assert asked_of(monkeypatch, asked) == who
