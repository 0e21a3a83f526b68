"""Whose answer goes out: that of the documents nearest to an office, or that of the whole library."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from assistant import pipeline
from assistant.pipeline import Rooms
from assistant.schema.chunk import ChunkId
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters, Hit, Query, Retrieved


def found(*ids: str) -> Retrieved:
    hits = tuple(Hit(chunk_id=ChunkId(i), rank=n, score=1.0 / n, retriever="fused") for n, i in enumerate(ids, start=1))
    return Retrieved(query=Query(text="", standalone=""), ranking=hits, evidence=())


@dataclass(frozen=True)
class FakeWorked:
    """As much of `Worked` as the choice looks at."""

    answered: bool
    confidence: float | None
    selection: object | None = "chosen"
    found: Retrieved = field(default_factory=lambda: found("通知#1", "通知#2", "通知#3", "通知#4"))


def rooms(worked: FakeWorked, *, nearest: Any = None, overruled: bool = False) -> Any:
    return SimpleNamespace(
        worked=worked,
        nearest=nearest,
        view=SimpleNamespace(documents=(SimpleNamespace(id="通知"),)),
        searcher=SimpleNamespace(evidence=lambda reading, rewrite: found("法#1", "通知#2", "法#2")),
        answerer=SimpleNamespace(overruled=lambda reading, found, selection: overruled),
    )


def reading(text: str = "能续贷吗", **fields: Any) -> Any:
    query = SimpleNamespace(filters=Filters(), versions=(), pair=None, named=frozenset(), **fields.pop("query", {}))
    empty = dict.fromkeys(("places", "unplaced", "of_document", "sides", "subjects", "statutes"), ())
    return SimpleNamespace(query=query, standalone=text, **{**empty, **fields})


def chosen(monkeypatch: pytest.MonkeyPatch, near: FakeWorked, whole: FakeWorked, asked: Any, **more: Any) -> str:
    near_rooms = rooms(near)
    all_rooms = rooms(whole, nearest=near_rooms, **more)
    monkeypatch.setattr(pipeline, "_work", lambda rooms, reading, use_llm: rooms.worked)
    monkeypatch.setattr(pipeline, "_read", lambda rooms, inquiry, use_llm: asked)
    used, worked = pipeline._nearest_first(cast(Rooms, all_rooms), Inquiry(question="能续贷吗"), use_llm=False)
    who = "near" if used is near_rooms else "whole"
    ranked = [hit.chunk_id for hit in worked.found.ranking]
    wanted = ["通知#1", "通知#2", "通知#3", "通知#4"]
    if who == "near":  # the whole library's ranking beside its own
        wanted += ["法#1", "法#2"]
        assert [hit.rank for hit in worked.found.ranking] == [1, 2, 3, 4, 5, 6]
    assert ranked == wanted
    assert worked.confidence == cast(Any, used).worked.confidence
    return who


@pytest.mark.parametrize(
    ("near", "whole", "who"),
    [
        (FakeWorked(True, 0.95), FakeWorked(True, 0.99), "near"),  # sure enough
        (FakeWorked(True, 0.70), FakeWorked(True, 0.60), "near"),
        (FakeWorked(True, 0.70), FakeWorked(True, 0.70), "near"),
        (FakeWorked(True, 0.70), FakeWorked(True, 0.71), "whole"),
        (FakeWorked(True, 0.70), FakeWorked(False, 0.90), "near"),
        (FakeWorked(True, 0.70), FakeWorked(True, None), "whole"),  # a rule answers by itself
        (FakeWorked(False, 0.95), FakeWorked(False, 0.10), "whole"),
        (FakeWorked(True, None), FakeWorked(True, 0.10), "whole"),
        (FakeWorked(True, 0.95, None), FakeWorked(True, 0.10), "whole"),
    ],
)
def test_the_surer_goes_out(monkeypatch: pytest.MonkeyPatch, near: FakeWorked, whole: FakeWorked, who: str) -> None:
    assert chosen(monkeypatch, near, whole, reading()) == who


@pytest.mark.parametrize("text", ["发这个文是为了什么", "全文用了几次不得", "既然文件叫停了", "通知里怎么说"])
def test_this_paper_is_the_nearest(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert chosen(monkeypatch, FakeWorked(True, 0.3), FakeWorked(True, 0.8), reading(text)) == "near"


@pytest.mark.parametrize("text", ["这个文化公司能贷款吗", "证明文件有哪些", "通知客户要几天"])
def test_other_papers_are_not(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert chosen(monkeypatch, FakeWorked(True, 0.3), FakeWorked(True, 0.8), reading(text)) == "whole"


def test_a_higher_text_is_never_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    near, whole = FakeWorked(True, 0.95), FakeWorked(True, 0.5)
    assert chosen(monkeypatch, near, whole, reading(), overruled=True) == "whole"


@pytest.mark.parametrize(
    "asked",
    [
        reading(places=("第三条",)),
        reading(unplaced=("第三条",)),
        reading(of_document="施行日"),
        reading(statutes=("民法典",)),
        reading(sides=("新", "旧")),
        reading(subjects=(("民法典",),)),
    ],
)
def test_a_question_that_says_where_to_look_goes_to_the_whole(monkeypatch: pytest.MonkeyPatch, asked: Any) -> None:
    assert chosen(monkeypatch, FakeWorked(True, 0.99), FakeWorked(True, 0.1), asked) == "whole"


@pytest.mark.parametrize(("named", "who"), [({"通知"}, "near"), ({"民法典"}, "whole"), ({"通知", "民法典"}, "whole")])
def test_a_document_named_is_looked_for_where_it_is(monkeypatch: pytest.MonkeyPatch, named: set[str], who: str) -> None:
    asked = reading()
    asked.query.named = frozenset(named)
    assert chosen(monkeypatch, FakeWorked(True, 0.99), FakeWorked(True, 0.1), asked) == who
