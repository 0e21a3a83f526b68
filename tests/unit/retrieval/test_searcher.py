"""Every search that a question makes, over a retriever that keeps what it was asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from found_by_hand import found
from read_by_hand import read
from sample_texts import law, notice

from assistant.question.parts import Part
from assistant.question.reading import PartReading
from assistant.retrieval.searcher import Searcher
from assistant.schema.retrieval import Filters, Query, Retrieved, Treated

TODAY = date(2026, 1, 1)
DOCUMENTS = [notice(), law()]


class Kept:
    """Finds the same for every query, and keeps the queries."""

    def __init__(self) -> None:
        self.queries: list[Query] = []

    def retrieve(self, query: Query, *, today: date) -> Retrieved:
        assert today == TODAY
        self.queries.append(query)
        return replace(found(query.text, DOCUMENTS, {}), query=query)

    def treats(self, question: str) -> Treated:
        return Treated(like="续贷" in question)


def searcher(kept: Kept) -> Searcher:
    return Searcher(kept, today=lambda: TODAY)


def part(text: str, documents: frozenset[str] | None = None, chosen: frozenset[str] | None = None) -> PartReading:
    query = Query(text=text, standalone=text, filters=Filters(document_ids=chosen))
    return PartReading(part=Part(text=text, documents=documents), query=query, asked=read(text).asked)


def test_the_words_that_matter_are_searched_and_the_whole_question_is_compared() -> None:
    kept = Kept()
    reading = replace(read("续贷怎么办？"), search=Query(text="续贷怎么办？", standalone="续贷"))
    evidence = searcher(kept).evidence(reading, rewrite=True)
    assert [query.standalone for query in kept.queries] == ["续贷"]
    assert evidence.treated == Treated(like=True)


def test_each_side_is_searched() -> None:
    kept = Kept()
    sides = (Query(text="甲", standalone="甲"), Query(text="乙", standalone="乙"))
    assert len(searcher(kept).sides(replace(read("问"), sides=sides))) == 2
    assert tuple(kept.queries) == sides
    assert searcher(kept).sides(read("问")) == ()


def test_a_part_is_searched_in_the_documents_that_it_names() -> None:
    kept = Kept()
    here, whole = frozenset({"law_2023"}), frozenset({"notice"})
    searcher(kept).part(part("贷款期限最长几年", documents=here), whole)
    searcher(kept).part(part("多久答复"), whole)
    searcher(kept).part(part("续贷业务要满足哪些条件才能办"), whole)
    assert [query.document_ids for query in kept.queries] == [here, whole, None]


def test_a_choice_of_documents_is_never_widened() -> None:
    kept = Kept()
    chosen = frozenset({"notice"})
    searcher(kept).part(part("贷款期限", documents=frozenset({"law_2023"}), chosen=chosen), None)
    searcher(kept).part(part("贷款期限", documents=frozenset({"law_2023", "notice"}), chosen=chosen), None)
    assert [query.document_ids for query in kept.queries] == [chosen, chosen]
