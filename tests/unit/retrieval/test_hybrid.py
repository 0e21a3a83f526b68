"""Dense and lexical rankings become one, over an index in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from memory_library import MemoryLibrary
from sample_texts import law, notice, old_law

from assistant.errors import ModelUnavailable
from assistant.models.protocols import CosineScale, Vectors
from assistant.models.standins import HashingEmbedder
from assistant.parsing.clauses import parse_clauses
from assistant.question.lay_words import ConceptLine, Expander
from assistant.question.search_words import SearchWords
from assistant.retrieval.hybrid import HybridRetriever, Pools, RankingWeights
from assistant.schema.chunk import ChunkKind
from assistant.schema.document import Document, DocumentKind, DocumentMeta
from assistant.schema.retrieval import Filters, LayTerms, Query, Retrieved

TODAY = date(2026, 1, 1)
EXPANDER = Expander([ConceptLine(concept="续贷", policy=("续贷",), lay=("接着用",))])


class BrokenEmbedder(HashingEmbedder):
    """Embeds passages, but no question."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        raise ModelUnavailable("向量模型没有回应")


class BuggyEmbedder(HashingEmbedder):
    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        raise ZeroDivisionError


def library(documents: Sequence[Document] = (), embedder: HashingEmbedder | None = None) -> MemoryLibrary:
    return MemoryLibrary(documents or [notice(), law(), old_law()], embedder or HashingEmbedder())


@pytest.fixture(scope="module")
def held() -> MemoryLibrary:
    return library()


def ask(
    over: MemoryLibrary,
    text: str,
    *,
    embedder: HashingEmbedder | None = None,
    as_of: date | None = None,
    document_ids: frozenset[str] | None = None,
) -> Retrieved:
    retriever = HybridRetriever(over, embedder or HashingEmbedder(), EXPANDER)
    query = Query(text=text, standalone=text, filters=Filters(as_of=as_of, document_ids=document_ids))
    return retriever.retrieve(query, today=TODAY)


QUESTIONS = [
    ("能不能用续贷掩盖信用风险？", "notice#二、（一）"),
    ("股份制银行一级分行要健全什么？", "notice#二、（二）"),
    ("金融下乡月活动由谁组织？", "notice#三、（三）"),
    ("提供虚假材料的能不能发放贷款？", "law_2023#第三条"),
    ("贷款期限最长几年，能续期吗？", "law_2023#第四条"),
]


@pytest.mark.parametrize(("question", "clause"), QUESTIONS)
def test_the_clause_that_says_it_comes_first(held: MemoryLibrary, question: str, clause: str) -> None:
    found = ask(held, question)
    assert found.ranking[0].chunk_id == clause
    assert found.evidence[0].chunk.id == clause
    assert found.degraded == ()


def test_laws_of_a_ranking(held: MemoryLibrary) -> None:
    found = ask(held, "贷款有什么要求？")
    assert [hit.rank for hit in found.ranking] == list(range(1, len(found.ranking) + 1))
    assert [hit.score for hit in found.ranking] == sorted((hit.score for hit in found.ranking), reverse=True)
    assert len({hit.chunk_id for hit in found.ranking}) == len(found.ranking)
    clauses = {chunk.id for chunk in held.chunks(ChunkKind.CLAUSE)}
    assert {hit.chunk_id for hit in found.ranking} <= clauses
    assert [e.chunk.id for e in found.evidence] == [hit.chunk_id for hit in found.ranking[: len(found.evidence)]]
    for evidence in found.evidence:
        spans = [s.chunk.span for s in evidence.sentences]
        assert spans == sorted(spans)
        assert [s.chunk.id for s in evidence.sentences] == [c.id for c in held.sentences_of(evidence.chunk.id)]
        assert -1.0001 <= evidence.dense <= 1.0001


def test_best_sentence_of_the_best_clause(held: MemoryLibrary) -> None:
    best = ask(held, "能不能用续贷掩盖信用风险？").evidence[0]
    assert max(best.sentences, key=lambda s: s.score).chunk.plain == "规范续贷业务，不得用续贷掩盖信用风险。"


def test_a_failed_embedder_leaves_the_words(held: MemoryLibrary) -> None:
    for question, clause in QUESTIONS:
        found = ask(held, question, embedder=BrokenEmbedder())
        assert found.degraded == ("dense",)
        assert found.ranking[0].chunk_id == clause
        assert all(e.dense == 0.0 for e in found.evidence)


def test_other_faults_are_not_hidden(held: MemoryLibrary) -> None:
    with pytest.raises(ZeroDivisionError):
        ask(held, "续贷", embedder=BuggyEmbedder())


def test_only_the_documents_asked_for(held: MemoryLibrary) -> None:
    found = ask(held, "能不能用续贷掩盖信用风险？", document_ids=frozenset({"law_2023"}))
    assert {hit.chunk_id.partition("#")[0] for hit in found.ranking} == {"law_2023"}
    nothing = ask(held, "能不能用续贷掩盖信用风险？", document_ids=frozenset())
    assert (nothing.ranking, nothing.evidence) == ((), ())


def test_only_what_held_on_that_day(held: MemoryLibrary) -> None:
    def laws(found: Retrieved) -> set[str]:
        return {hit.chunk_id.partition("#")[0] for hit in found.ranking} - {"notice"}

    assert laws(ask(held, "贷款期限")) == {"law_2023"}
    assert laws(ask(held, "贷款期限", as_of=date(2015, 1, 1))) == {"law_2010"}
    assert laws(ask(held, "旧版的贷款期限")) == {"law_2010", "law_2023"}


def test_the_same_question_has_the_same_ranking(held: MemoryLibrary) -> None:
    again = library()
    for question, _ in QUESTIONS:
        assert ask(held, question) == ask(held, question) == ask(again, question)


def test_the_order_of_documents_does_not_matter() -> None:
    forth, back = library([notice(), law()]), library([law(), notice()])
    for question, _ in QUESTIONS:
        one, other = ask(forth, question).ranking, ask(back, question).ranking
        assert [hit.chunk_id for hit in one] == [hit.chunk_id for hit in other]
        assert [hit.score for hit in one] == pytest.approx([hit.score for hit in other], abs=1e-4)


def test_ties_break_by_id() -> None:
    twins = [replace(law(), meta=replace(law().meta, id=name)) for name in ("b", "c", "a")]
    found = ask(library(twins), "贷款期限最长几年，能续期吗？")
    assert [hit.chunk_id for hit in found.ranking[:3]] == ["a#第四条", "b#第四条", "c#第四条"]
    assert len({hit.score for hit in found.ranking[:3]}) == 1


def twin(name: str, **facts: Any) -> Document:
    return replace(law(), meta=replace(law().meta, id=name, effective_on=None, **facts))


def test_ties_go_to_the_higher_level_and_then_to_the_later_text() -> None:
    twins = [
        twin("a", issuer="某局", document_number="某规〔2024〕3号", issued_on=date(2024, 1, 1)),
        twin("b", issuer="国务院", document_number="国务院令第9号", issued_on=date(2019, 1, 1)),
        twin("c", issuer="国务院", document_number="国务院令第8号", issued_on=date(2022, 1, 1)),
        twin("e"),
    ]
    found = ask(library(twins), "贷款期限最长几年，能续期吗？")
    assert [hit.chunk_id for hit in found.ranking[:4]] == [f"{name}#第四条" for name in "cbae"]


def test_what_an_office_was_sent_stands_above_a_statute_as_near() -> None:
    statute = twin("d", issuer="全国人民代表大会", document_number="主席令第一号", issued_on=date(2001, 1, 1))
    held = library([statute, twin("a", issuer="某局", document_number="某规〔2024〕3号")])
    found = ask(held, "贷款期限最长几年，能续期吗？")
    assert [hit.chunk_id for hit in found.ranking[:2]] == ["a#第四条", "d#第四条"]


def test_a_statute_that_says_it_stands_above_what_an_office_was_sent_and_does_not() -> None:
    statute = twin("d", issuer="全国人民代表大会", document_number="主席令第一号", issued_on=date(2001, 1, 1))
    found = ask(library([statute, notice()]), "提供虚假材料的能不能发放贷款？")
    assert found.ranking[0].chunk_id == "d#第三条"
    assert {hit.chunk_id.partition("#")[0] for hit in found.ranking} == {"d", "notice"}


def test_a_question_without_a_known_word_and_without_vectors_finds_nothing(held: MemoryLibrary) -> None:
    found = ask(held, "zzz qqq", embedder=BrokenEmbedder())
    assert (found.ranking, found.evidence, found.degraded) == ((), (), ("dense",))


def test_lay_words_are_searched_as_policy_terms(held: MemoryLibrary) -> None:
    asked = "钱能接着用吗"
    words = SearchWords(held.sparse, EXPANDER).of(asked)
    found = HybridRetriever(held, HashingEmbedder(), EXPANDER).retrieve(
        Query(text=asked, standalone=asked, search=words), today=TODAY
    )
    assert "续贷" in words
    plain = HybridRetriever(held, HashingEmbedder(), EXPANDER).retrieve(
        Query(text=asked, standalone=asked), today=TODAY
    )
    rank, rank_of_its_words = (
        next(hit.rank for hit in f.ranking if hit.chunk_id == "notice#二、（一）") for f in (found, plain)
    )
    assert rank < rank_of_its_words
    assert rank <= 3


def test_the_question_on_its_own_feet_is_searched(held: MemoryLibrary) -> None:
    retriever = HybridRetriever(held, HashingEmbedder(), EXPANDER)
    query = Query(text="那怎么办？", standalone="提供虚假材料的能发放贷款吗？那怎么办？")
    assert retriever.retrieve(query, today=TODAY).ranking[0].chunk_id == "law_2023#第三条"


def test_as_many_pieces_of_evidence_as_wanted(held: MemoryLibrary) -> None:
    retriever = HybridRetriever(held, HashingEmbedder(), EXPANDER, pools=Pools(evidence=2))
    found = retriever.retrieve(Query(text="贷款", standalone="贷款"), today=TODAY)
    assert len(found.evidence) == 2
    assert len(found.ranking) > 2


class Remembering(HashingEmbedder):
    """Keeps what it was asked to embed."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[list[str]] = []

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.questions.append(list(texts))
        return super().embed_queries(texts)


def test_a_follow_up_is_searched_between_the_conversation_and_its_last_turn(held: MemoryLibrary) -> None:
    embedder = Remembering()
    whole, last = "能不能用续贷掩盖信用风险？那金融下乡月活动呢？", "那金融下乡月活动呢？"
    query = Query(text=last, standalone=whole, context=("能不能用续贷掩盖信用风险？",), last_turn=last)

    def closest(share: float) -> float:
        """The cosine of the clause that the last turn asks for."""
        embedder.questions.clear()
        retriever = HybridRetriever(held, embedder, EXPANDER, weights=RankingWeights(last_turn=share))
        evidence = retriever.retrieve(query, today=TODAY).evidence
        assert embedder.questions == [[whole, last]]
        return next(e.dense for e in evidence if e.chunk.id == "notice#三、（三）")

    assert closest(0.0) < closest(0.5) < closest(1.0)


def test_clauses_that_do_not_name_the_institution_fall_out(held: MemoryLibrary) -> None:
    retriever = HybridRetriever(held, HashingEmbedder(), EXPANDER)
    query = Query(text="要健全什么？", standalone="要健全什么？", addressee=("股份制银行",))
    found = retriever.retrieve(query, today=TODAY)
    assert [hit.chunk_id for hit in found.ranking] == ["notice#二、（二）"]
    assert [hit.rank for hit in found.ranking] == [1]


class Shifted(HashingEmbedder):
    """The same vectors, and the word that the published model would put everything nearer."""

    cosine_scale = CosineScale(0.1, 0.8)


def test_a_scale_changes_how_near_is_told_and_no_order(held: MemoryLibrary) -> None:
    query = Query(text="续贷有什么要求", standalone="续贷有什么要求")
    plain = HybridRetriever(held, HashingEmbedder(), EXPANDER).retrieve(query, today=TODAY)
    shifted = HybridRetriever(held, Shifted(), EXPANDER).retrieve(query, today=TODAY)
    assert [hit.chunk_id for hit in shifted.ranking] == [hit.chunk_id for hit in plain.ranking]
    told = [(one.dense, other.dense) for one, other in zip(plain.evidence, shifted.evidence, strict=True)]
    assert all(other == pytest.approx(0.1 * one + 0.8) for one, other in told if one)


def street(title: str, issuer: str | None = None) -> Document:
    text = "第一条　市场摆摊登记应当提交身份证明和经营场地的材料。\n第二条　登记满三年的应当续期。"
    meta = DocumentMeta(id=title, title=title, kind=DocumentKind.LAW, issuer=issuer)
    return Document(meta=meta, text=text, clauses=parse_clauses(text, DocumentKind.LAW))


STREET = street("城区摆摊管理办法")


@pytest.mark.parametrize(
    ("documents", "terms", "added"),
    [
        ([notice(), STREET], ("金融下乡",), False),  # words of the notice, and the question is the street's
        ([notice(), STREET], ("续期", "金融下乡"), True),  # one of them is a word of the street's rules as well
        ([notice(), law(), STREET], ("金融下乡",), False),
    ],
)
def test_terms_of_the_lay_table_draw_no_question_to_the_document_they_were_written_for(
    documents: list[Document], terms: tuple[str, ...], added: bool
) -> None:
    asked = "市场摆摊登记应当提交哪些材料？"
    more = " ".join((asked, *terms))
    retriever = HybridRetriever(library(documents), HashingEmbedder(), EXPANDER)
    query = Query(text=asked, standalone=asked, search=more, lay=LayTerms(terms=terms, own=asked))
    found = retriever.retrieve(query, today=TODAY)
    same = retriever.retrieve(replace(query, lay=None, search=more if added else asked), today=TODAY)
    assert found.ranking == same.ranking
    assert found.ranking[0].chunk_id == "城区摆摊管理办法#第一条"


def test_a_statute_that_lacks_the_terms_keeps_none_out() -> None:
    statute = street("中华人民共和国摆摊法", "全国人民代表大会常务委员会")
    retriever = HybridRetriever(library([notice(), statute]), HashingEmbedder(), EXPANDER)
    asked = "市场摆摊登记应当提交哪些材料？"
    query = Query(
        text=asked, standalone=asked, search=f"{asked} 金融下乡", lay=LayTerms(terms=("金融下乡",), own=asked)
    )
    found = retriever.retrieve(query, today=TODAY)
    assert found.ranking == retriever.retrieve(replace(query, lay=None), today=TODAY).ranking
