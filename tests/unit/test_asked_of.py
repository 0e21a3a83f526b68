"""Which documents a question is asked of: all, or those that are no statutes of the country."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from assistants import memory_assistant
from memory_library import MemoryLibrary
from sample_texts import law, notice

from assistant import pipeline
from assistant.corpus.view import LibraryView
from assistant.models.standins import HashingEmbedder
from assistant.pipeline import Rooms
from assistant.schema.document import LegalLevel
from assistant.schema.inquiry import Inquiry
from assistant.schema.retrieval import Filters, Turn


def reading(text: str, **fields: Any) -> Any:
    query = SimpleNamespace(filters=Filters(), versions=(), pair=None, named=frozenset())
    empty = dict.fromkeys(("places", "unplaced", "of_document", "sides", "subjects", "statutes"), ())
    return SimpleNamespace(query=query, standalone=text, **{**empty, **fields})


def asked_of(asked: Any) -> str:
    """Over which documents `asked` goes on; its reading has to be the one made over them."""
    again = reading("read over the other documents")
    near: Any = SimpleNamespace(
        nearest=None,
        view=SimpleNamespace(documents=(SimpleNamespace(id="通知"),)),
        reader=SimpleNamespace(read_again=lambda question, before, filters: again if before is asked else None),
    )
    whole: Any = SimpleNamespace(nearest=near, reader=SimpleNamespace(read=lambda *given, **wishes: asked))
    used, read = pipeline._asked_of(cast(Rooms, whole), Inquiry(question="能续贷吗"), use_llm=False)
    assert (used, read) in ((near, again), (whole, asked))
    return "near" if used is near else "whole"


@pytest.mark.parametrize("text", ["发这个文是为了什么", "全文用了几次不得", "既然文件叫停了", "通知里怎么说"])
def test_this_paper_is_none_of_the_statutes(text: str) -> None:
    assert asked_of(reading(text)) == "near"


@pytest.mark.parametrize("text", ["这个文化公司能贷款吗", "证明文件有哪些", "通知客户要几天", "能续贷吗"])
def test_anything_else_is_asked_of_all(text: str) -> None:
    assert asked_of(reading(text)) == "whole"


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
def test_a_question_that_says_where_to_look_is_asked_of_all(fields: dict[str, Any]) -> None:
    assert asked_of(reading("通知里怎么说", **fields)) == "whole"


@pytest.mark.parametrize(
    "chosen",
    [
        {"filters": Filters(document_ids=frozenset({"民法典"}))},
        {"filters": Filters(levels=frozenset({LegalLevel.LAW}))},
        {"versions": frozenset({"条例_2023"})},
        {"pair": (SimpleNamespace(id="条例_2010"), SimpleNamespace(id="条例_2023"))},
    ],
)
def test_documents_or_versions_that_are_chosen_are_looked_at(chosen: dict[str, Any]) -> None:
    asked = reading("通知里怎么说")
    vars(asked.query).update(chosen)
    assert asked_of(asked) == "whole"


def test_a_region_chosen_leaves_it_open_which_text_is_meant() -> None:
    asked = reading("通知里怎么说")
    asked.query.filters = Filters(region="陕西")
    assert asked_of(asked) == "near"


@pytest.mark.parametrize(("named", "who"), [({"通知"}, "near"), ({"民法典"}, "whole"), ({"通知", "民法典"}, "whole")])
def test_a_document_named_is_looked_for_where_it_is(named: set[str], who: str) -> None:
    asked = reading("通知里怎么说")
    asked.query.named = frozenset(named)
    assert asked_of(asked) == who


@pytest.fixture(scope="module")
def library() -> MemoryLibrary:
    facts: dict[str, Any] = {"issuer": "全国人民代表大会", "document_number": "主席令第一号"}
    return MemoryLibrary([notice(), replace(law(), meta=replace(law().meta, **facts))], HashingEmbedder())


def documents_of(ranked: Sequence[str]) -> set[str]:
    return {clause.partition("#")[0] for clause in ranked}


def test_the_ranking_alone_is_of_this_paper_too(library: MemoryLibrary) -> None:
    served = memory_assistant(library)
    ranked = [hit.chunk_id for hit in served.search(Inquiry(question="通知里贷款期限怎么规定"), limit=100).ranking]
    answer = served.ask(Inquiry(question="通知里贷款期限怎么规定"))
    assert documents_of(ranked) == documents_of(answer.ranked_clauses) == {notice().meta.id}
    everything = served.search(Inquiry(question="贷款期限怎么规定"), limit=100).ranking
    assert documents_of([hit.chunk_id for hit in everything]) == {notice().meta.id, law().meta.id}


class Joining:
    """Joins a follow-up to the turn before it, and counts how often it is asked to."""

    def __init__(self) -> None:
        self.asked = 0

    def rewrite(self, question: str, turns: Sequence[str]) -> str | None:
        self.asked += 1
        return f"{turns[-1]}{question}"


def test_what_a_follow_up_leans_on_is_found_out_once(library: MemoryLibrary) -> None:
    joining = Joining()
    served = memory_assistant(library, follow_ups=joining)
    before = Turn(role="user", content="续贷业务有什么规定？")
    answer = served.ask(Inquiry(question="那么通知里怎么说的？", history=(before,), use_llm=True))
    assert answer.standalone_question == "续贷业务有什么规定？那么通知里怎么说的？"
    assert documents_of(answer.ranked_clauses) == {notice().meta.id}
    assert joining.asked == 1


def test_rooms_without_statutes_are_furnished_when_they_are_first_needed(library: MemoryLibrary) -> None:
    made: list[int] = []
    served = memory_assistant(library)
    furnish = served._furnish

    def counted(view: LibraryView) -> Rooms:
        made.append(len(view.documents))
        return furnish(view)

    served._furnish = counted
    served.ask(Inquiry(question="续贷业务有什么规定？"))
    assert made == []
    for _ in range(2):
        served.ask(Inquiry(question="通知里续贷怎么规定？"))
    assert made == [1]
